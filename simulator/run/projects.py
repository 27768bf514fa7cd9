"""Projects in a run: each month prices are reviewed, classes move, capacity comes, deposits shrink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.terms import UNFC_CLASSES
from simulator.world import projects as law
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    TINY,
    Blueprint,
    Bools,
    Floats,
    Ints,
    Kind,
    Mode,
    sums,
)

if TYPE_CHECKING:
    from simulator.run.accounts import Accounts

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY
NEVER = np.inf


class Pipelines:
    """Projects of one run.

    A month begins with its promotions (`step`) and ends with what was made in it (`look`). Instants inside
    the month are exact: capacity of the month is the mean of what works in it.

    Parameters
    ----------
    world : Blueprint
    state : State
    ledger : Ledger
    accounts : Accounts, optional
        None: every application for finance is approved.

    Attributes
    ----------
    unfc : (project,) int
        Class, place in `terms.UNFC_CLASSES`.
    count : (project,) int
        Reviews in a row at or above break-even.
    permitted, financed, opened : (project,) float [min]
        Instants at which each is or will be so; infinite before they are known.
    left, held : (project,) float, (region, material) float [t]
        Quantities that projects and mines at work still have.
    works : (project,) float [unit/d]
        Mean capacity of the month, before outages.
    """

    def __init__(
        self, world: Blueprint, state: State, ledger: Ledger, accounts: Accounts | None = None
    ) -> None:
        plan = world.economy.projects
        if plan is None:
            raise ValueError("the world has no projects")
        self.world, self.state, self.plan, self.accounts = world, state, plan, accounts
        n, firms = len(plan), world.firms
        self.unfc = plan.start_class.copy()
        self.count = np.zeros(n, dtype=np.int64)
        self.permitted, self.financed, self.opened = (np.full(n, NEVER) for _ in range(3))
        self.built_from = np.where(plan.start_class == law.APPROVED, 0.0, NEVER)
        self.justified_from = np.where(plan.start_class == law.JUSTIFIED, 0.0, NEVER)
        dated = plan.opens >= 0
        self.opened[dated] = plan.opens[dated]
        waits = (plan.start_class == law.APPROVED) & ~dated
        self.opened[waits] = plan.build[waits]
        self.left, self.held = plan.quantity.copy(), plan.held.copy()
        self.works = np.zeros(n)
        self.extra = np.zeros(len(firms))
        self.weight = sums(firms.sector, firms.base_rate, world.n_sectors)
        regions = np.array([region for _, region in world.labels.sectors], dtype=np.int64)
        self._cell: Ints = regions[plan.sector] * world.n_materials + plan.material
        self._mines = np.flatnonzero(plan.mines >= 0)
        self._mine_cell: Ints = regions[self._mines] * world.n_materials + plan.mines[self._mines]
        self._seen = state.made.copy()
        self._offtake = [Contracts(world, sector) for sector in np.unique(plan.sector).tolist()]
        self._register(ledger)
        self._begin(0)

    def _register(self, ledger: Ledger) -> None:
        world, n = self.world, len(self.plan)
        shape = (world.n_regions, world.n_materials)
        self._pipeline = ledger.last("pipeline", (*shape, len(UNFC_CLASSES)))
        self._beyond = ledger.last("beyond_reserves", shape)
        self._years = ledger.last("reserve_years", shape)
        self._mined = ledger.sum("mine_output", shape)
        self._class = ledger.last("project_class", (n,))
        self._left = ledger.last("project_left", (n,))
        self._opened = ledger.last("project_opened", (n,))
        self._capacity = ledger.last("project_capacity", (n,))
        self._output = ledger.sum("project_output", (n,))
        self._spending = ledger.sum("project_spending", (n,))
        self._cum = np.zeros((self.held.size, 2))  # produced, unused of each region and material

    # ------------------------------------------------------------------ the month that ends

    def look(self) -> None:
        """What was made in the month, and where it came from; before accounts are settled."""
        state, plan, world = self.state, self.plan, self.world
        made = sums(world.firms.sector, state.made - self._seen, world.n_sectors)
        self._seen = state.made.copy()
        size = sums(world.firms.sector, state.capacity, world.n_sectors)
        whole = size[plan.sector]
        part = np.divide(self._effective(), whole, out=np.zeros(len(plan)), where=whole > 0)
        own = made[plan.sector] * np.minimum(1.0, part)
        if plan.loss > 0 or np.isfinite(self.left).any():
            borne, out = law.taken(own, self.left, plan.loss)
            finite = np.isfinite(self.left)
            own = np.where(finite, borne, own)
            self._write(self._cell[finite], borne[finite], out[finite])
            self.left[finite] -= out[finite]
            self._close(finite)
        self._output += own
        self._draw_mines(made - sums(plan.sector, own, world.n_sectors), made)
        self._show()

    def _close(self, finite: Bools) -> None:
        """Projects with nothing left but rounding are over."""
        over = finite & (self.unfc == law.ON_PRODUCTION) & (self.left <= TINY * self.plan.quantity)
        self.unfc[over] = law.PRODUCED
        self.left[over] = 0.0

    def _effective(self) -> Floats:
        """Capacity (project,) [unit/d] as its firms have it: what was given up and skills included."""
        state, firms, n = self.state, self.world.firms, self.world.n_sectors
        base = sums(firms.sector, firms.capacity * state.alive, n)
        real = sums(firms.sector, firms.capacity * (state.alive * state.kept * state.skill), n)
        factor = np.divide(real, base, out=np.zeros(n), where=base > 0)
        return self.works * factor[self.plan.sector]

    def _write(self, cell: Ints, produced: Floats, out: Floats) -> None:
        """Add output and losses [t] to what each region (cells: region by material) has produced."""
        n = self.held.size
        self._cum[:, 0] += sums(cell, produced, n)
        self._cum[:, 1] += sums(cell, out - produced, n)

    def _draw_mines(self, base: Floats, made: Floats) -> None:
        """Output (sector,) [t] of mines at work, taken out of what they hold."""
        mine, cell, n = self._mines, self._mine_cell, self.held.size
        self._mined.ravel()[:] += sums(cell, made[mine], n)
        own = sums(cell, np.maximum(0.0, base[mine]), n).reshape(self.held.shape)
        known = np.isfinite(self.held)
        borne, out = law.taken(own[known], self.held[known], self.plan.loss)
        self._write(np.flatnonzero(known), borne, out)
        self.held[known] -= out
        self._beyond[known] += own[known] - borne

    def _show(self) -> None:
        """Classes, quantities and years of production as they are."""
        plan, shape = self.plan, self.held.shape
        finite = np.isfinite(self.left)
        n_classes = len(UNFC_CLASSES)
        row = self._cell[finite] * n_classes + self.unfc[finite]
        table = sums(row, self.left[finite], self._pipeline.size).reshape(self._pipeline.shape)
        table[..., law.PRODUCED], table[..., law.UNUSED] = self._cum.T.reshape(2, *shape)
        table[..., law.ON_PRODUCTION] += np.where(np.isfinite(self.held), self.held, 0.0)
        table[..., law.ON_HOLD] += plan.resting
        self._pipeline[...] = table
        self._class[...] = self.unfc
        self._left[...] = np.where(finite, self.left, np.nan)
        self._opened[...] = np.where(self.unfc <= law.ON_PRODUCTION, self.opened / MINUTES_PER_DAY, np.nan)
        self._capacity[...] = self.works * DAYS_PER_YEAR
        on = finite & (self.unfc == law.ON_PRODUCTION)
        opened = sums(self._cell[on], self.left[on], self.held.size).reshape(shape)
        held = np.where(np.isfinite(self.held), self.held + opened, np.where(opened > 0, opened, np.nan))
        rate = self._mined / (DAYS / DAYS_PER_YEAR)
        self._years[...] = np.divide(held, rate, out=np.full_like(held, np.nan), where=rate > 0)

    # ------------------------------------------------------------------ the month that begins

    def step(self) -> None:
        """Promotions and capacity of the month that begins now."""
        self._seen = self.state.made.copy()  # accounts may have settled it
        month = self.state.now // MINUTES_PER_MONTH
        if month < self.world.n_months:
            self._begin(month)

    def _begin(self, month: int) -> None:
        plan = self.plan
        now, until = month * MINUTES_PER_MONTH, (month + 1) * MINUTES_PER_MONTH
        if len(plan):
            price, smooth = self._prices(self.state.log_sold), self._prices(self.state.smooth_sold)
            waits = np.isin(self.unfc, (law.ON_HOLD, law.PENDING)) & (plan.opens < 0)
            if month > 0:
                self.count = np.where(waits, law.in_a_row(self.count, price, plan.break_even), 0)
            for project in np.flatnonzero(self.unfc > law.ON_PRODUCTION).tolist():
                self._advance(project, month, float(now), float(until), float(smooth[project]))
            self._spend(float(now), float(until))
        self._work(month, float(now), float(until))

    def _prices(self, log_price: Floats) -> Floats:
        """Price over base (project,) that firms of the sector get, by their base output."""
        firms, n = self.world.firms, self.world.n_sectors
        total = sums(firms.sector, firms.base_rate * np.exp(log_price), n)
        mean = np.divide(total, self.weight, out=np.ones(n), where=self.weight > 0)
        return np.asarray(mean[self.plan.sector])

    def _advance(self, project: int, month: int, now: float, until: float, smooth: float) -> None:
        """Promote a project as far as the month allows."""
        plan = self.plan
        if plan.opens[project] >= 0 or self.unfc[project] == law.APPROVED:
            self._open(project, until)
            return
        if self.unfc[project] in (law.ON_HOLD, law.PENDING):
            if self.count[project] < plan.reviews:
                return
            self.count[project] = 0
            self.unfc[project] = law.NEXT[int(self.unfc[project])]
            if self.unfc[project] == law.PENDING:
                return
            self.justified_from[project] = now
        if self.unfc[project] == law.JUSTIFIED and self._approved(project, month, now, until, smooth):
            self.unfc[project] = law.APPROVED
            self.built_from[project] = self.financed[project]
            self.opened[project] = self.financed[project] + plan.build[project]
            self._open(project, until)

    def _open(self, project: int, until: float) -> None:
        if self.opened[project] < until:
            self.unfc[project] = law.ON_PRODUCTION

    def _approved(self, project: int, month: int, now: float, until: float, smooth: float) -> bool:
        """Whether a justified project has its permit and its money before the month ends."""
        plan = self.plan
        if not plan.permits or plan.finance == "none":
            return False
        if self.permitted[project] == NEVER:
            self.permitted[project] = self.justified_from[project] + plan.permit[month, project]
        if self.permitted[project] >= until:
            return False
        if self.financed[project] == NEVER:
            if law.worth(smooth, float(plan.break_even[project]), plan.rate, plan.horizon) < 0:
                return False
            wait = self._wait(int(plan.sector[project])) if plan.finance == "bank" else 0.0
            self.financed[project] = max(now, float(self.permitted[project])) + wait
        return bool(self.financed[project] < until)

    def _wait(self, sector: int) -> float:
        """Time [min] until a project of a sector has its money."""
        if self.accounts is None:
            return self.plan.finance_time
        firms = self.world.firms
        mine = np.flatnonzero(firms.sector == sector)
        approval = float(np.average(self.accounts.approval()[mine], weights=firms.base_rate[mine]))
        return self.plan.finance_time / approval if approval > 0 else NEVER

    def _spend(self, now: float, until: float) -> None:
        """Capital is spent evenly while a project is built; with no time of building, at its opening."""
        plan = self.plan
        known = np.isfinite(self.opened)
        end = np.where(known, self.opened, 0.0)
        begin = np.where(known, np.minimum(self.built_from, end), 0.0)
        begin = np.where(np.isfinite(self.built_from) & known, begin, np.maximum(0.0, end - plan.build))
        length = end - begin
        share = np.divide(
            np.clip(np.minimum(end, until) - np.maximum(begin, now), 0.0, None),
            length,
            out=np.where((end >= now) & (end < until), 1.0, 0.0),
            where=length > 0,
        )
        self._spending += np.where(known, plan.capital * share, 0.0)

    # ------------------------------------------------------------------ capacity

    def _work(self, month: int, now: float, until: float) -> None:
        """Give the sectors' firms the capacity of the month, and take what deposits no longer bear."""
        plan, state, firms, n = self.plan, self.state, self.world.firms, self.world.n_sectors
        on = (self.unfc == law.ON_PRODUCTION) & (self.left > 0)
        opened = np.where(on, self.opened, NEVER)
        share = law.ramped(opened, plan.ramp.astype(float), now, until)
        most = law.most_output(self.left, plan.loss, DAYS)
        before = self.works
        self.works = np.minimum(plan.capacity * share, most)
        base = sums(firms.sector, firms.capacity * state.alive, n)
        more = np.divide(sums(plan.sector, self.works, n), base, out=np.zeros(n), where=base > 0)
        extra = more[firms.sector] * state.alive - self._depleted(month)
        if (extra != self.extra).any():
            state.added = state.added + (extra - self.extra)
            self.extra = extra
            state.refresh()
        growth = np.maximum(0.0, self.works - before)
        if growth.any():
            self._equip(growth, base)
            grown = sums(plan.sector, growth, n)
            for contracts in self._offtake:
                if grown[contracts.sector] > 0 and plan.offtake > 0:
                    contracts.sign(state, plan.offtake)

    def _equip(self, growth: Floats, base: Floats) -> None:
        """Working capital for capacity that comes, part of a project's capital: stocks and cash as is usual.

        Without it a firm that grows fast would end as it fills its stocks.
        """
        accounts, plan, state, firms = self.accounts, self.plan, self.state, self.world.firms
        if accounts is None:
            return
        finance, n = accounts.finance, self.world.n_sectors
        stock = sums(self.world.slots.firm, accounts.usual_stock * state.slot_price, len(firms))
        fixed = finance.own_cost * finance.fixed_share * firms.base_rate
        usual = (stock + finance.cash_days * fixed) * (finance.is_firm & state.alive)
        more = np.divide(sums(plan.sector, growth, n), base, out=np.zeros(n), where=base > 0)
        amount = usual * more[firms.sector]
        payees = np.flatnonzero(amount > 0)
        accounts.receive(payees, amount[payees], "outside")
        per_unit = np.divide(sums(firms.sector, usual, n), base, out=np.zeros(n), where=base > 0)
        self._spending += growth * per_unit[plan.sector]

    def _depleted(self, month: int) -> Floats:
        """Part (firm,) [1] of base capacity that mines at work have no reserves for."""
        plan, state, world = self.plan, self.state, self.world
        firms = world.firms
        if not plan.depletion:
            return np.zeros(len(firms))
        own = world.paths.capacity[month, firms.sector] + state.added - self.extra
        material = plan.mines[firms.sector]
        mine = np.flatnonzero((material >= 0) & (firms.kind == Kind.SOURCE))
        cell = firms.region[mine] * world.n_materials + material[mine]
        wanted = sums(cell, (firms.capacity * own * state.alive)[mine], self.held.size)
        most = law.most_output(self.held.ravel(), plan.loss, DAYS)
        short = np.zeros(self.held.size)
        bound = (wanted > 0) & np.isfinite(most)
        short[bound] = 1.0 - np.minimum(1.0, most[bound] / wanted[bound])
        out = np.zeros(len(firms))
        out[mine] = short[cell] * own[mine]
        return out


class Contracts:
    """Orders that the projects of one sector have sold ahead.

    Parameters
    ----------
    world : Blueprint
    sector : int
    """

    def __init__(self, world: Blueprint, sector: int) -> None:
        self.world, self.sector = world, sector
        slots, relations = world.slots, world.relations
        ordered = np.isin(relations.mode, (Mode.PULL, Mode.OFFER))
        own = ordered & (world.firms.sector[slots.firm[relations.source]] == sector)
        buyers = np.unique(relations.target[own & (relations.flow > 0)])
        place = np.full(len(slots), -1)
        place[buyers] = np.arange(len(buyers))
        self.n = len(buyers)
        self.rows = np.flatnonzero(ordered & (place[relations.target] >= 0))
        self.buyer: Ints = place[relations.target[self.rows]]
        self.own: Bools = own[self.rows]
        self.supplier = slots.firm[relations.source[self.rows]]

    def sign(self, state: State, offtake: float) -> None:
        """Raise shares of the sector's firms to the part that is sold ahead of what is usual."""
        if not self.n:
            return
        firms = self.world.firms
        able = np.divide(state.capacity, firms.capacity, out=np.zeros(len(firms)), where=firms.capacity > 0)
        usual = state.base_share[self.rows] * able[self.supplier]
        whole = sums(self.buyer, usual, self.n)
        whole[whole <= 0] = 1.0
        wanted = offtake * usual / whole[self.buyer]
        share = state.share[self.rows]
        if (self.own & (wanted > share)).any():
            state.share[self.rows] = law.sold_ahead(share, wanted, self.own, self.buyer, self.n)
            for tier in state.tiers:
                for batch in tier.batches:
                    state.set_pipeline(batch)
