"""Investment of firms in a run: once a month they look ahead, decide and pay; what is ready starts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.terms import FIRM_STAGES, REASONS, SIZES
from simulator.world import investment as law
from simulator.world.firms import forecast, gain
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    MONTHS_PER_YEAR,
    Blueprint,
    Floats,
    Ints,
    Kind,
    Role,
    sums,
)

if TYPE_CHECKING:
    from simulator.run.accounts import Accounts

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY


class Expansions:
    """Capacity that firms build: wanted, made, under construction, on line.

    Parameters
    ----------
    world : Blueprint
    state : State
    ledger : Ledger
    accounts : Accounts, optional
        None: money sets no limit.

    Attributes
    ----------
    pipeline : dict of int to (firm,) float [1]
        Capacity over base that starts to work at the end of a month (counted from 1).
    coming : (firm,) float [1]
        Its sum.
    bills : dict of int to (2, firm) float [USD]
        What falls due at the end of a month: by own means, by loans.
    level, trend : (firm,) float [unit/d, unit/d per month]
        Orders, or waste treated and collected, smoothed.
    promised : (firm,) float [USD]
        Sum of the first; firms save for it.
    """

    def __init__(
        self, world: Blueprint, state: State, ledger: Ledger, accounts: Accounts | None = None
    ) -> None:
        plan = world.economy.expansion
        if plan is None:
            raise ValueError("no stage of the world invests")
        self.world, self.state, self.plan, self.accounts = world, state, plan, accounts
        self._usual_plan = plan
        firms, n = world.firms, len(world.firms)
        self.pipeline: dict[int, Floats] = {}
        self.coming, self.promised = np.zeros(n), np.zeros(n)
        self.bills: dict[int, Floats] = {}
        self.was_alive = state.alive.copy()
        for month in np.flatnonzero(plan.begun.any(axis=1)).tolist():
            self._start(month, plan.begun[month, firms.sector] * plan.invests)
        self.leads: list[int] = np.unique(plan.lead[plan.invests]).tolist()
        self._seen, self._looked = np.zeros(n), 0
        self._excess, self._usual = np.zeros(len(plan.learning)), plan.experience.copy()
        self._index()
        cells = (world.n_regions, len(FIRM_STAGES), len(SIZES))
        self._wanted = ledger.sum("investments_wanted", cells)
        self._made = ledger.sum("investments_made", cells)
        self._blocked = ledger.sum("investments_blocked", (*cells, len(REASONS)))
        self._of_firms = [
            ledger.by_firm(f"investments_{name}_by_process", (n, *more))
            for name, more in (("wanted", ()), ("made", ()), ("blocked", (len(REASONS),)))
        ]
        self._added = ledger.sum("capacity_added", (world.n_regions, len(world.labels.process_stage)))

    def _index(self) -> None:
        """Whose outlook comes from orders, whose from waste."""
        world, plan = self.world, self.plan
        firms, slots = world.firms, world.slots
        self._ordered = np.flatnonzero(plan.invests & np.isin(firms.kind, (Kind.SOURCE, Kind.CONVERT)))
        output = np.full(len(firms), -1, dtype=np.int64)
        outputs = np.flatnonzero(slots.role == Role.OUTPUT)
        output[slots.firm[outputs]] = outputs
        self._slot = output[self._ordered]
        market = world.economy.market  # where prices move, makers' cost index holds what they have learnt
        moves = market is not None and market.rules.moves
        self._in_index = np.isin(firms.kind, (Kind.SOURCE, Kind.CONVERT)) & moves
        self.level, self.trend = firms.base_rate.copy(), np.zeros(len(firms))
        self._gains = (gain(DAYS, plan.tau_level), gain(DAYS, plan.tau_trend))
        self._review = np.where(firms.kind == Kind.COLLECT, MINUTES_PER_MONTH, firms.review)
        self._days = self._review / MINUTES_PER_DAY
        self._phase = np.where(firms.kind == Kind.COLLECT, 0, firms.phase)
        self._ahead = plan.lead + plan.round_months
        self._damping = float(np.exp(-DAYS / plan.outlook))
        cell = (firms.region * len(FIRM_STAGES) + firms.stage) * len(SIZES) + firms.size
        self._cell = np.where(plan.invests, cell, 0)
        self._place = firms.region * len(world.labels.process_stage) + firms.process

    def set_lead(self, more: Ints) -> None:
        """Add to the lead time of what is decided on from now on.

        Parameters
        ----------
        more : (firm,) int [month]
            Below 0: sooner; a month is always left.
        """
        lead = np.maximum(1, self._usual_plan.lead + more)
        if (lead != self.plan.lead).any():
            before = np.minimum(lead, self._usual_plan.pay_before)
            self.plan = replace(self._usual_plan, lead=lead, pay_before=before)
            self.leads = np.unique(lead[self.plan.invests]).tolist()
            self._ahead = lead + self.plan.round_months

    # ------------------------------------------------------------------ what firms see

    def look(self) -> None:
        """Orders heard, waste that came, and experience of the month; before accounts are settled."""
        firms, state = self.world.firms, self.state
        n_reviews = self._n_reviews(state.now) - self._n_reviews(self._looked)
        self._looked = state.now
        days = n_reviews * self._days
        made = state.made - self._seen
        n = len(self._usual)
        usual = firms.base_rate * days
        self._usual += sums(firms.process, usual, n)
        self._excess += sums(firms.process, made - usual, n)
        state.cost_factor = law.learning_factor(self._usual, self._excess, self.plan.learning)[firms.process]
        rate = np.divide(made, days, out=self.level.copy(), where=days > 0)
        rate[self._ordered] = state.heard[self._slot] / self._days[self._ordered]
        forecast(self.level, self.trend, rate, *self._gains, 1.0)  # a damped trend would come out too small
        self._seen = state.made.copy()

    def _n_reviews(self, instant: int) -> Ints:
        return np.asarray(np.maximum(0, instant - self._phase) // self._review)

    def _demand(self, now: int) -> Floats:
        """Expected (firm,) [unit/d] when what is decided on now would work."""
        world, plan, ahead = self.world, self.plan, self._ahead
        growth = law.announced_growth(world.paths.normal, world.firms.sector, now, ahead, self._damping)
        return law.outlook_at(self.level, self.trend, self._damping, ahead, growth, plan.anticipation)

    # ------------------------------------------------------------------ a month

    def step(self) -> None:
        """Pay what is due, put on line what is ready, decide."""
        month = self.state.now // MINUTES_PER_MONTH
        self._seen = self.state.made.copy()  # accounts may have settled it
        self._forget()
        self._pay(month)
        self._finish(month)
        self._decide(month)

    def _forget(self) -> None:
        """What firms that have failed were building is lost."""
        gone = self.was_alive & ~self.state.alive
        self.was_alive = self.state.alive.copy()
        if gone.any():
            for built in self.pipeline.values():
                built[gone] = 0.0
            for bill in self.bills.values():
                bill[:, gone] = 0.0
            if self.accounts is not None:
                self.accounts.saving[gone] = np.maximum(0.0, self.accounts.saving - self.promised)[gone]
            self.coming[gone] = self.promised[gone] = 0.0

    def _pay(self, month: int) -> None:
        bill = self.bills.pop(month, None)
        if bill is None or self.accounts is None:
            return
        self.promised = np.maximum(0.0, self.promised - bill[0])
        self.accounts.saving = np.maximum(0.0, self.accounts.saving - bill[0])
        payers = np.flatnonzero(bill.any(axis=0))
        self.accounts.lend(payers, bill[1, payers])
        self.accounts.pay(payers, bill[:, payers].sum(axis=0), "outside")

    def _finish(self, month: int) -> None:
        ready = self.pipeline.pop(month, None)
        if ready is None or not ready.any():
            return
        state, firms = self.state, self.world.firms
        self.coming = np.maximum(0.0, self.coming - ready)
        state.added = state.added + ready
        state.refresh()
        yearly = ready * firms.capacity * state.kept * state.skill * DAYS_PER_YEAR
        self._added.ravel()[:] += sums(self._place, yearly, self._added.size)

    def _decide(self, month: int) -> None:
        state, plan, firms = self.state, self.plan, self.world.firms
        path, now = self.world.paths.capacity, state.now_month
        then = np.minimum(now + self._ahead, self.world.n_months - 1)
        one = firms.capacity * state.kept * state.skill
        there = one * (path[now, firms.sector] + state.added)
        coming = one * (path[then, firms.sector] + state.added + self.coming)
        share = gain(1.0, plan.round_months)
        most = there * (plan.step / MONTHS_PER_YEAR)
        wanted = law.wanted_capacity(self._demand(now), plan.target, coming, plan.band, share, most)
        wanted = np.where(plan.invests & state.alive & (one > 0), wanted, 0.0)
        if not wanted.any():
            return
        more = np.divide(wanted, one, out=np.zeros_like(wanted), where=one > 0)
        cost = plan.capital * more * state.kept
        self._build(month, more, *self._finance(cost), cost)

    def _finance(self, cost: Floats) -> tuple[Floats, Floats, Floats]:
        """Own means, loans (firm,) [USD] and what is not built (reason, firm) [USD] of what is wanted."""
        plan, state, accounts = self.plan, self.state, self.accounts
        price = np.exp(state.smooth_sold)
        now = law.unit_cost_now(
            price,
            plan.unit_cost,
            plan.input_share,
            state.cost_index,
            state.own_cost * np.where(self._in_index, 1.0, state.cost_factor),
            plan.inputs_follow,
        )
        if state.fee_share is not None:  # makers' cost index holds theirs
            now = now - state.fee_share * ~self._in_index
        before = plan.pay_before / MONTHS_PER_YEAR
        value = law.net_value(price, now, plan.capital_per_sales, plan.rate, plan.horizon, before)
        if accounts is None:
            means, approval = np.full_like(cost, np.inf), np.ones_like(cost)
        else:
            means, approval = accounts.means() - self.promised, accounts.approval()
        return law.financed(cost, value, means, plan.own_share, approval)

    def _build(
        self, month: int, more: Floats, own: Floats, loans: Floats, blocked: Floats, cost: Floats
    ) -> None:
        """Start what is financed, write down what was wanted."""
        plan = self.plan
        made = own + loans
        built = more * np.divide(made, cost, out=np.zeros_like(made), where=cost > 0)
        for lead in self.leads:
            chosen = plan.invests & (plan.lead == lead)
            self._start(month + lead, np.where(chosen, built, 0.0))
            for before in np.unique(plan.pay_before[chosen]).tolist():
                due = chosen & (plan.pay_before == before)
                self._owe(month + max(1, lead - before), np.where(due, own, 0.0), np.where(due, loans, 0.0))
        n = self._wanted.size
        self._wanted.ravel()[:] += sums(self._cell, cost, n)
        self._made.ravel()[:] += sums(self._cell, made, n)
        for i, part in enumerate(blocked):
            self._blocked[..., i] += sums(self._cell, part, n).reshape(self._wanted.shape)
        for total, each in zip(self._of_firms, (cost, made, blocked.T), strict=True):
            total += each

    def _start(self, month: int, built: Floats) -> None:
        """Capacity over base (firm,) [1] that starts to work at the end of a month."""
        if built.any():
            self.pipeline[month] = self.pipeline.get(month, 0.0) + built
            self.coming = self.coming + built

    def _owe(self, month: int, own: Floats, loans: Floats) -> None:
        if own.any() or loans.any():
            self.bills[month] = self.bills.get(month, 0.0) + np.stack([own, loans])
            self.promised = self.promised + own
            if self.accounts is not None:
                self.accounts.saving = self.accounts.saving + own
