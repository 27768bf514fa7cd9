"""The alliance in a run: its members, what its services do, and its fund."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.run.allies import Groups
from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.terms import ACCOUNTS, FUND_ENTRIES
from simulator.world import alliance as law
from simulator.world.firms import gain, input_limit, wanted_output
from simulator.world.state import (
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    TINY,
    Blueprint,
    Bools,
    Floats,
    Ints,
    Kind,
    by_material,
    sums,
)

if TYPE_CHECKING:
    from simulator.run.accounts import Accounts
    from simulator.run.tiers import Batch

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY


class Alliances:
    """Members of the alliance and its four services.

    Parameters
    ----------
    world : Blueprint
    state : State
    ledger : Ledger
    accounts : Accounts or None
        None in a world without money: then fees and the fund are written down and nobody feels them.

    Attributes
    ----------
    joined : (firm,) bool
        On the books, whether alive or not; nobody before the start.
    fill : (firm,) float [1]
        Part of the output wanted at the last review that could be made.
    loss, helped : (firm,) float [1]
        What could not, and what could through the pool, remembered.
    avoided : float [1]
        Share of losses that membership is thought to avoid.
    seen : (2,) float [1]
        Help and losses of members in months with any, remembered; `watched` float [d] counts those months.
    paid_in, paid_out : float [USD]
        Of the fund, since the start.
    """

    def __init__(
        self, world: Blueprint, state: State, ledger: Ledger, accounts: Accounts | None = None
    ) -> None:
        alliance = world.economy.alliance
        if alliance is None:
            raise ValueError("the world has no alliance")
        self.world, self.state, self.alliance, self.accounts = world, state, alliance, accounts
        n = len(world.firms)
        self.joined = np.zeros(n, dtype=bool)
        self.fill, self._helped = np.ones(n), np.zeros(n)
        self.loss, self.helped = np.zeros(n), np.zeros(n)
        self.sales = np.zeros(n)
        self.paid_in = self.paid_out = 0.0
        self.has_started = False
        self.avoided = alliance.prior if any(alliance.serves) else 0.0
        self.watched, self.seen = 0.0, np.zeros(2)
        self._alive = state.alive.copy()
        self._sent = np.zeros(len(world.relations))
        self._raised: dict[str, tuple[Floats, Floats]] = {}
        self._met = np.zeros(len(world.relations), dtype=bool)
        self._matched = np.flatnonzero(alliance.found >= 0)
        self._allow(self._matched, False)
        self._makers = [
            batch
            for tier in state.tiers
            for batch in tier.batches
            if batch.kind in (Kind.SOURCE, Kind.CONVERT)
        ]
        self._pooled = np.flatnonzero(alliance.pool >= 0)
        self._n_pools = int(alliance.pool.max(initial=-1)) + 1
        self._memory = gain(DAYS, alliance.memory)
        market = world.economy.market
        self._margin = np.ones(n) if market is None else 1.0 - market.input_share
        m = world.n_materials
        self._moved = ledger.sum("pooled", (m,))
        self._secondary = ledger.sum("matched", (m,))
        self._book = ledger.last("fund", (len(FUND_ENTRIES),))
        self.groups = Groups(world, state, ledger)
        self.groups.form(self.joined)

    # ------------------------------------------------------------------ at the start of a month

    def begin(self) -> None:
        """Found the alliance on its day; tell members what they share; let partners who met trade."""
        alliance, state = self.alliance, self.state
        if not self.has_started and state.now >= alliance.start:
            self.has_started = True
            self._endow()
            if alliance.by_benefit:
                self._join_and_leave()
            else:
                self.joined = alliance.may_join & (alliance.draw < alliance.joins)
            self.groups.form(self.joined)
        self._inform()
        self._introduce()

    @property
    def members(self) -> Bools:
        """Firms (firm,) that are in the alliance and alive."""
        return np.asarray(self.joined & self.state.alive)

    @property
    def balance(self) -> float:
        """What is in the fund [USD]."""
        return max(0.0, self.paid_in - self.paid_out)

    def _endow(self) -> None:
        amount = self.alliance.endowment
        self.paid_in += amount
        if self.accounts is not None and amount > 0:
            self.accounts.transfer("state", "fund", amount)
        self._guarantee()

    def _guarantee(self) -> None:
        """Banks lend more to members as far as the fund reaches."""
        accounts, alliance = self.accounts, self.alliance
        if accounts is not None and alliance.cover > 0:
            before = accounts.credit_gain
            line, drawn = accounts.limit / before, np.maximum(0.0, -accounts.cash)
            accounts.credit_gain = law.credit_gain(
                self.balance, alliance.cover, alliance.leverage, self.members, line, drawn, before
            )

    def _inform(self) -> None:
        """Members know at least what the alliance tells; who leaves knows what others like it do."""
        if self.alliance.informs:
            self._raise("informed", self.alliance.information)
            self._raise("final_weight", self.alliance.final_weight)

    def _raise(self, name: str, least: float) -> None:
        now: Floats = getattr(self.state, name)
        if name in self._raised:  # where nobody has set it since, what it was before we did
            ours, before = self._raised[name]
            now = np.where(now == ours, before, now)
        raised = np.where(self.members, np.maximum(now, least), now)
        self._raised[name] = raised.copy(), now.copy()
        setattr(self.state, name, raised)

    def _introduce(self) -> None:
        """Partners who have met and qualified get the share of one more partner among the buyer's."""
        if not len(self._matched):
            return
        alliance, state, relations = self.alliance, self.state, self.world.relations
        edges = self._matched
        firm = self.world.slots.firm
        knows = self.members
        both = knows[firm[relations.source[edges]]] & knows[firm[relations.target[edges]]]
        new = edges[both & (alliance.found[edges] <= state.now) & ~self._met[edges]]
        if not len(new):
            return
        self._met[new] = True
        n = len(self.world.slots)
        known = sums(relations.target, (state.base_share > 0).astype(float), n)
        more = sums(relations.target[new], np.ones(len(new)), n)
        part = 1.0 / np.maximum(known + more, 1.0)
        for share in (state.share, state.base_share):
            share *= (1.0 - more * part)[relations.target]
            share[new] = part[relations.target[new]]
        self._allow(new, True)
        touched = np.unique(relations.target[new])
        for batch in self._makers:
            inputs = batch.inputs
            if ((touched >= inputs.start) & (touched < inputs.stop)).any():
                state.set_pipeline(batch)

    def _allow(self, edges: Ints, allowed: bool) -> None:
        """Partners who have not met through the alliance do not know each other."""
        for tier in self.state.tiers:
            mine = edges[(edges >= tier.relations.start) & (edges < tier.relations.stop)]
            tier.may_spot[mine - tier.relations.start] = allowed
            for batch in tier.batches:
                if not allowed:
                    batch.newcomer_share[np.isin(batch.buying, edges)] = 0.0

    # ------------------------------------------------------------------ between orders and goods

    def pool(self) -> None:
        """Lend stock to members in need, and see who can make what."""
        world, state = self.world, self.state
        n = len(world.slots)
        backlog = sums(world.relations.source, state.backlog, n)
        need, recipe = np.zeros(n), np.zeros(n)
        goals = [self._goal(batch, backlog, recipe, need) for batch in self._makers]
        alone = self._filled(recipe, goals)
        if self.alliance.serves[0] and len(self._pooled) and self._lend(recipe, need, goals):
            self.fill = self._filled(recipe, goals)
            self._helped = np.maximum(0.0, self.fill - alone)
        else:
            self.fill = alone
            self._helped = np.zeros(len(alone))

    def _filled(self, recipe: Floats, goals: list[tuple[Floats, Floats]]) -> Floats:
        """Part (firm,) [1] of the output wanted that can be made from the stock on hand."""
        world, state = self.world, self.state
        fill = np.ones(len(world.firms))
        for batch, (wanted, goal) in zip(self._makers, goals, strict=True):
            able = goal
            if batch.kind == Kind.CONVERT:
                inputs = batch.inputs
                able = np.minimum(goal, input_limit(state.qty[inputs], recipe[inputs], batch.input_first))
            # as for need: a backlog that stands for months is not wanted anew every month
            new = np.minimum(wanted, state.expected[batch.outputs] * batch.days)
            some = new > TINY * world.firms.base_rate[batch.firms] * batch.days
            part = np.divide(able, new, out=np.ones_like(able), where=some)
            fill[batch.firms] = np.minimum(1.0, part)
        return fill

    def _goal(self, batch: Batch, backlog: Floats, recipe: Floats, need: Floats) -> tuple[Floats, Floats]:
        """Output (firm,) [unit] wanted at this review, and the part that capacity allows; fills in needs."""
        world, state, firms, outputs = self.world, self.state, batch.firms, batch.outputs
        state.set_uptime(batch.interval)
        target = state.expected[outputs] * world.firms.cover_out[firms]
        wanted = wanted_output(backlog[outputs], target, state.qty[outputs])
        can = state.capacity[firms] * state.used[firms] * (batch.days * state.uptime[firms])
        if world.rules.has_overtime:
            can = can * (1 + world.firms.overtime[firms])
        goal = np.minimum(wanted, can)
        if batch.kind == Kind.CONVERT:
            inputs = batch.inputs
            data = world.paths.recipe[state.now_month, world.slots.recipe[inputs]]
            recipe[inputs] = data * state.intensity[inputs]
            need[inputs] = recipe[inputs] * goal[batch.input_firm]
        return wanted, goal

    def _lend(self, recipe: Floats, need: Floats, goals: list[tuple[Floats, Floats]]) -> bool:
        """Move stock between members of a pool; nobody gets what its other inputs do not let it use.

        False where nobody is in need.
        """
        world, state, alliance = self.world, self.state, self.alliance
        slots = self._pooled[self.members[world.slots.firm[self._pooled]]]
        if not (state.qty[slots] < need[slots] * (1 - TINY)).any():
            return False
        firm, pool = world.slots.firm[slots], alliance.pool[slots]
        target = state.need_rate[slots] * world.firms.cover_in[firm]
        kept = (1 - alliance.pool_share) * target
        stock = state.qty[slots]
        _, received = law.lend(stock, need[slots], kept, pool, self._n_pools, alliance.pool_most)
        hoped = state.qty.copy()
        hoped[slots] += received
        for batch, (_, goal) in zip(self._makers, goals, strict=True):
            if batch.kind == Kind.CONVERT:
                inputs = batch.inputs
                able = np.minimum(goal, input_limit(hoped[inputs], recipe[inputs], batch.input_first))
                need[inputs] = np.minimum(need[inputs], recipe[inputs] * able[batch.input_firm])
        given, received = law.lend(stock, need[slots], kept, pool, self._n_pools, alliance.pool_most)
        self._move(slots, pool, given, received)
        return True

    def _move(self, slots: Ints, pool: Ints, given: Floats, received: Floats) -> None:
        """Carry quantity, content and origins from those who give to those who receive."""
        state, n = self.state, self._n_pools
        part = np.divide(given, state.qty[slots], out=np.zeros_like(given), where=given > 0)
        load = state.pile[slots] * np.minimum(part, 1.0)[:, None]
        whole = np.stack([sums(pool, column, n) for column in load.T], axis=1)
        got = sums(pool, received, n)[pool]
        share = np.divide(received, got, out=np.zeros_like(received), where=got > 0)
        state.pile[slots] += share[:, None] * whole[pool] - load
        self._moved += by_material(load[:, :-1]).sum(axis=0)
        if self.accounts is not None:
            self._pay_for_stock(self.accounts, slots, pool, given, received)

    def _pay_for_stock(
        self, accounts: Accounts, slots: Ints, pool: Ints, given: Floats, received: Floats
    ) -> None:
        """Who receives stock pays its price to those who give."""
        world, n = self.world, self._n_pools
        price = self.state.slot_price[slots]
        due, worth = received * price, given * price
        paid, whole = sums(pool, due, n), sums(pool, worth, n)
        part = np.divide(paid, whole, out=np.zeros(n), where=whole > 0)
        firm = world.slots.firm[slots]
        accounts.cash += sums(firm, worth * part[pool] - due, len(world.firms))
        firms = ACCOUNTS.index("firms")
        accounts.book(firms, firms, float(due.sum()))

    # ------------------------------------------------------------------ at the end of a month

    def keep_books(self) -> None:
        """Sales of the month by firm, and what partners of the alliance sold, before accounts are settled."""
        world, state = self.world, self.state
        sent = state.sent - self._sent
        source = world.relations.source
        self.sales = sums(world.slots.firm[source], sent * state.paid, len(world.firms))
        edges = self._matched
        if len(edges):
            bought = np.where(self._met[edges], sent[edges], 0.0)
            material = world.slots.material[source[edges]]
            self._secondary += sums(material, bought, world.n_materials)
        if world.economy.finance is None:  # nobody starts the count anew
            self._sent = state.sent.copy()

    def step(self) -> None:
        """Fees, failures, who joins and leaves, what is recorded."""
        alliance, state = self.alliance, self.state
        died = self.state.enterprises * (self._alive & ~state.alive)
        self._alive = state.alive.copy()
        if self.has_started:
            self._take_fees()
            self._cover_losses()
        self._record(died if self.accounts is None else self.accounts.failed)
        self.loss += self._memory * (1.0 - self.fill - self.loss)
        self.helped += self._memory * (self._helped - self.helped)
        if self.has_started and alliance.by_benefit:
            self._learn()
            self._join_and_leave()
        self._guarantee()

    def _take_fees(self) -> None:
        fees = self.alliance.fee * self.sales * self.members
        whole = float(fees.sum())
        self.paid_in += whole
        if self.accounts is not None and whole > 0:
            payers = np.flatnonzero(fees > 0)
            self.accounts.pay(payers, fees[payers], "fund")

    def _cover_losses(self) -> None:
        """The fund pays its part of what banks lost by members."""
        if self.accounts is None or self.alliance.cover == 0:
            return
        paid = law.pay_out(self.balance, self.alliance.cover, self.accounts.loss * self.joined)
        whole = min(float(paid.sum()), self.balance)
        if whole > 0:
            self.paid_out += whole
            self.accounts.transfer("fund", "banks", whole)

    def _learn(self) -> None:
        """What membership is seen to avoid: of what members would have lost, what the pool let them make."""
        alliance, members = self.alliance, self.members
        visible, hidden = alliance.serves
        if not (visible and members.any()):
            return
        now = np.array([self._helped[members].mean(), 1.0 - self.fill[members].mean()])
        if now.sum() > law.NOISE:
            self.watched += DAYS
            self.seen += self._memory * (now - self.seen)
        trust = gain(self.watched, alliance.memory)
        least = alliance.prior if hidden else 0.0
        self.avoided = law.avoided_loss(self.seen[0], self.seen[1], alliance.prior, trust, least)

    def _join_and_leave(self) -> None:
        alliance = self.alliance
        benefit = law.expected_benefit(self.loss, self.helped, self.avoided, self._margin)
        wants = law.join_or_leave(self.joined, benefit, alliance.fee, alliance.hysteresis)
        joined = alliance.may_join & wants
        if (joined != self.joined).any():
            self.joined = joined
            self.groups.form(self.joined)

    def _record(self, failed: Floats) -> None:
        self._book[:] = self.paid_in, self.paid_out, self.balance
        self.groups.record(self.sales, failed, self.fill)
