"""The alliance in a run: members, what its services do, its fund, and firms like its members outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.terms import FUND_ENTRIES, GROUPS
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
    from simulator.run.tiers import Batch

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY


class Alliances:
    """Members of the alliance and its four services.

    Attributes
    ----------
    joined : (firm,) bool
        On the books, whether alive or not; nobody before the start.
    fill : (firm,) float [1]
        Part of the output wanted at the last review that could be made.
    loss : (firm,) float [1]
        What was not, remembered.
    paid_in, paid_out, balance : float [USD]
        Of the fund.
    """

    def __init__(self, world: Blueprint, state: State, ledger: Ledger) -> None:
        alliance = world.economy.alliance
        if alliance is None:
            raise ValueError("the world has no alliance")
        self.world, self.state, self.alliance = world, state, alliance
        n = len(world.firms)
        self.joined = np.zeros(n, dtype=bool)
        self.fill, self.loss = np.ones(n), np.zeros(n)
        self.sales = np.zeros(n)
        self.paid_in = self.paid_out = self.balance = 0.0
        self.has_started = False
        self.avoided, self.others_loss = alliance.prior, 0.0
        self._alive = state.alive.copy()
        self._sent = np.zeros(len(world.relations))
        self._base_informed, self._base_weight = state.informed.copy(), state.final_weight.copy()
        self._met = np.zeros(len(world.relations), dtype=bool)
        self._matched = np.flatnonzero(alliance.found >= 0)
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
        self._base_sales = np.zeros(n) if market is None else market.sales
        m, groups = world.n_materials, (len(GROUPS),)
        self._moved = ledger.sum("pooled", (m,))
        self._secondary = ledger.sum("matched", (m,))
        self._book = ledger.last("fund", (len(FUND_ENTRIES),))
        self._firms = ledger.last("ally_firms", groups)
        self._sales = ledger.sum("ally_sales", groups)
        self._failures = ledger.sum("ally_failures", groups)
        self._fill = ledger.last("ally_fill", groups)
        self._pair()

    # ------------------------------------------------------------------ at the start of a month

    def begin(self) -> None:
        """Found the alliance on its day; tell members what they share; let partners who met trade."""
        alliance, state = self.alliance, self.state
        if not self.has_started and state.now >= alliance.start:
            self.has_started = True
            self.paid_in += alliance.endowment
            self.balance += alliance.endowment
            if alliance.by_benefit:
                self._join_and_leave()
            else:
                self.joined = alliance.may_join & (alliance.draw < alliance.joins)
            self._pair()
        self._inform()
        self._introduce()

    @property
    def members(self) -> Bools:
        """Firms (firm,) that are in the alliance and alive."""
        return np.asarray(self.joined & self.state.alive)

    def _inform(self) -> None:
        alliance, state = self.alliance, self.state
        if not alliance.informs:
            return
        if self.world.economy.access is None:  # nobody else sets them
            state.informed, state.final_weight = self._base_informed.copy(), self._base_weight.copy()
        knows = self.members
        state.informed[knows] = np.maximum(state.informed[knows], alliance.information)
        state.final_weight[knows] = np.maximum(state.final_weight[knows], alliance.final_weight)

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
        touched = np.unique(relations.target[new])
        for batch in self._makers:
            inputs = batch.inputs
            if ((touched >= inputs.start) & (touched < inputs.stop)).any():
                state.set_pipeline(batch)

    # ------------------------------------------------------------------ between orders and goods

    def pool(self) -> None:
        """Lend stock to members in need, and see who can make what."""
        world, state = self.world, self.state
        n = len(world.slots)
        backlog = sums(world.relations.source, state.backlog, n)
        need, recipe = np.zeros(n), np.zeros(n)
        goals = [self._goal(batch, backlog, recipe, need) for batch in self._makers]
        if self.alliance.pool_share > 0 and len(self._pooled):
            self._lend(recipe, need, goals)
        for batch, (wanted, goal) in zip(self._makers, goals, strict=True):
            able = goal
            if batch.kind == Kind.CONVERT:
                inputs = batch.inputs
                able = np.minimum(goal, input_limit(state.qty[inputs], recipe[inputs], batch.input_first))
            base = world.firms.base_rate[batch.firms] * batch.days
            asked = wanted > TINY * base
            self.fill[batch.firms] = np.divide(able, wanted, out=np.ones_like(able), where=asked)

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

    def _lend(self, recipe: Floats, need: Floats, goals: list[tuple[Floats, Floats]]) -> None:
        """Move stock between members of a pool; nobody gets what its other inputs do not let it use."""
        world, state, alliance = self.world, self.state, self.alliance
        slots = self._pooled[self.members[world.slots.firm[self._pooled]]]
        if not (state.qty[slots] < need[slots] * (1 - TINY)).any():
            return
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
        if self.has_started:
            self._take_fees()
        died = self._alive & ~state.alive
        self._alive = state.alive.copy()
        self._record(died)
        self.loss += self._memory * (1.0 - self.fill - self.loss)
        if self.has_started and alliance.by_benefit:
            self._learn()
            self._join_and_leave()

    def _take_fees(self) -> None:
        fees = self.alliance.fee * self.sales * self.members
        whole = float(fees.sum())
        self.paid_in += whole
        self.balance += whole

    def _learn(self) -> None:
        """What membership is seen to avoid: members' losses against those of firms like them outside."""
        alliance, alive = self.alliance, self.state.alive
        pairs = alive[self._ally] & alive[self._match]
        if pairs.any():
            age = (self.state.now - alliance.start) / MINUTES_PER_DAY
            mine, theirs = self.loss[self._ally[pairs]].mean(), self.loss[self._match[pairs]].mean()
            self.others_loss = float(theirs)
            self.avoided = law.avoided_loss(mine, theirs, alliance.prior, gain(age, alliance.memory))

    def _join_and_leave(self) -> None:
        alliance = self.alliance
        benefit = law.expected_benefit(self.loss, self.joined, self.avoided, self.others_loss, self._margin)
        wants = law.join_or_leave(self.joined, benefit, alliance.fee, alliance.hysteresis)
        joined = alliance.may_join & wants
        if (joined != self.joined).any():
            self.joined = joined
            self._pair()

    def _pair(self) -> None:
        """Members and the outsiders most like them; members whom nobody outside is like are left out."""
        match = law.first_outside(self.joined, self.alliance.peers)
        self._ally = np.flatnonzero(match >= 0)
        self._match = match[self._ally]
        ours, theirs = self._base_sales[self._ally], self._base_sales[self._match]
        self._scale = np.divide(ours, theirs, out=np.ones_like(ours), where=theirs > 0)

    def _record(self, died: Bools) -> None:
        """Series of members and of outsiders like them, who count in the measure of their members."""
        alive, ally, match = self.state.alive, self._ally, self._match
        enterprises = self.world.firms.enterprises
        if not len(ally):
            ally, match = np.flatnonzero(self.joined), np.zeros(0, dtype=np.int64)
        weight = enterprises[ally]
        counted: list[tuple[int, Ints, Floats]] = [(0, ally, np.ones(len(ally)))]
        if len(match):
            counted.append((1, match, self._scale))
        self._firms[:], self._fill[:] = 0.0, np.nan
        for group, firms, scale in counted:
            self._firms[group] = (weight * alive[firms]).sum()
            self._sales[group] += (scale * self.sales[firms]).sum()
            self._failures[group] += (weight * died[firms]).sum()
            if alive[firms].any():
                self._fill[group] = self.fill[firms][alive[firms]].mean()
        self._book[:] = self.paid_in, self.paid_out, self.balance
