"""Failures of firms, what becomes of their stock, orders and capacity, and entrants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.terms import ACCOUNTS, CAUSES, FIRM_STAGES, SIZES
from simulator.world import finance as law
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
    Role,
    sums,
)

if TYPE_CHECKING:
    from simulator.run.accounts import Accounts

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY
FIRMS, BANKS, HOUSEHOLDS = (ACCOUNTS.index(name) for name in ("firms", "banks", "households"))
LIQUIDITY, STRUCTURAL, EXOGENOUS = range(len(CAUSES))
NEVER = np.iinfo(np.int64).max


class Failures:
    """Who fails, who starts, and what that does to trade.

    Attributes
    ----------
    dead : (firm,) bool
        Failed and not taken over.
    owed : (firm,) float [USD]
        What banks have lost by a dead firm.
    entry : (firm,) int [min]
        Instant from which its capacity may be taken over.
    """

    def __init__(self, world: Blueprint, state: State, accounts: Accounts, ledger: Ledger) -> None:
        self.world, self.state, self.accounts = world, state, accounts
        n = len(world.firms)
        self.dead = np.zeros(n, dtype=bool)
        self.owed = np.zeros(n)
        self.entry = np.full(n, NEVER)
        shape = (world.n_regions, len(FIRM_STAGES), len(SIZES))
        self._failures = ledger.sum("failures", (*shape, len(CAUSES)))
        self._births = ledger.sum("births", shape)
        self._index(world)

    def _index(self, world: Blueprint) -> None:
        """Groups that shares are split in, and slots that can take over one another's goods."""
        firms, slots, relations, finance = world.firms, world.slots, world.relations, self.accounts.finance
        pushed = relations.mode == Mode.PUSH
        self._group = np.where(pushed, len(slots) + relations.source, relations.target)
        self._n_groups = 2 * len(slots)
        self._member = np.where(pushed, finance.target_firm, finance.source_firm)
        self._pushed = pushed
        is_maker = firms.kind[slots.firm] == Kind.CONVERT
        self._adjusts = is_maker & (slots.role == Role.INPUT)  # slots that know what they have on order
        alike = np.stack([firms.process[slots.firm], slots.good, slots.role], axis=1)
        self._alike = np.unique(alike, axis=0, return_inverse=True)[1].ravel()
        self._held = np.flatnonzero(finance.is_firm[slots.firm])
        self._month_turnover = finance.turnover * (DAYS / DAYS_PER_YEAR)
        self._has_turnover = bool(finance.turnover.any())

    # ------------------------------------------------------------------ a month

    def step(self) -> None:
        """Usual turnover, failures, takeovers."""
        if self._has_turnover:
            self._turn_over()
        accounts, finance = self.accounts, self.accounts.finance
        scale = TINY * DAYS * finance.sales
        failing = law.fails(accounts.cash, accounts.limit, scale) & self.state.alive & finance.is_firm
        if failing.any():
            self._fail(np.flatnonzero(failing))
        if finance.rules.has_births and self.dead.any():
            self._take_over()

    def _turn_over(self) -> None:
        """Enterprises that end and start in expectation; without births their capacity goes with them."""
        state, accounts = self.state, self.accounts
        ended = state.enterprises * state.alive * self._month_turnover
        counted = sums(accounts.cell, ended[accounts.firm], accounts.n_cells)
        self._failures.reshape(-1, len(CAUSES))[:, EXOGENOUS] += counted
        if accounts.finance.rules.has_births:
            self._births.ravel()[:] += counted
            return
        stay = 1.0 - self._month_turnover
        state.kept = state.kept * stay
        state.enterprises *= stay
        state.refresh()

    def _fail(self, firms: Ints) -> None:
        """Firms end: orders, shares, stock and debts are dealt with, in this order."""
        state, accounts = self.state, self.accounts
        structural = accounts.margins[:, firms].mean(axis=0) < 0.0
        cell = np.zeros(len(self.dead), dtype=np.int64)
        cell[accounts.firm] = accounts.cell
        code = cell[firms] * len(CAUSES) + np.where(structural, STRUCTURAL, LIQUIDITY)
        np.add.at(self._failures.reshape(-1), code, state.enterprises[firms])
        accounts.failed[firms] = state.enterprises[firms]
        state.alive[firms] = False
        self.dead[firms] = True
        if accounts.finance.rules.has_births:
            self.entry[firms] = state.now + round(accounts.finance.rules.takeover_days * MINUTES_PER_DAY)
        state.refresh()
        accounts.saving[firms] = 0.0
        self._forget(firms)
        gone = np.zeros(len(self.dead), dtype=bool)
        gone[firms] = True
        self._cancel(gone)
        self._move_shares(gone)
        self._return_backlog(gone)
        self.pass_on()
        self._close_estates(firms)

    def _forget(self, firms: Ints) -> None:
        """A dead firm expects and needs nothing."""
        state = self.state
        slots = np.flatnonzero(np.isin(self.world.slots.firm, firms))
        for array in (state.level, state.trend, state.expected, state.received, state.heard):
            array[slots] = 0.0
        for array in (state.need_rate, state.supply, state.stock_gap):
            array[slots] = 0.0

    # ------------------------------------------------------------------ orders and shares

    def _cancel(self, gone: Bools) -> None:
        """Open orders of dead firms are struck from their suppliers' books."""
        state, relations = self.state, self.world.relations
        mine = np.flatnonzero(gone[self.accounts.finance.target_firm] & ~self._pushed)
        np.subtract.at(state.on_order, relations.target[mine], state.backlog[mine])
        state.backlog[mine] = 0.0
        state.offered[mine] = 0.0

    def _move_shares(self, gone: Bools) -> None:
        """A dead partner's share goes to the living ones of the buyer (where goods are pushed: the supplier).

        Where nobody is left, shares stay: orders wait for a successor, and the spot round serves them.
        """
        state, group, n = self.state, self._group, self._n_groups
        hit = sums(group, state.share * gone[self._member], n) > 0
        living = state.alive[self._member]
        weight = state.share * living
        whole = sums(group, weight, n)
        weight = np.where((whole <= 0)[group], state.base_share * living, weight)
        whole = sums(group, weight, n)
        change = (hit & (whole > 0))[group]
        state.share[change] = weight[change] / whole[group][change]
        self._renew_pipelines()

    def _return_backlog(self, gone: Bools) -> None:
        """What dead firms owed: makers may order anew, final users and holders wait at others."""
        state, relations = self.state, self.world.relations
        mine = gone[self.accounts.finance.source_firm] & ~self._pushed & (state.share == 0.0)
        open_ = np.where(mine, state.backlog, 0.0)
        state.backlog[mine] = 0.0
        state.offered[mine] = 0.0
        waiting = sums(relations.target, open_, len(self.world.slots))
        state.on_order[self._adjusts] -= waiting[self._adjusts]
        waiting[self._adjusts] = 0.0
        asks = state.share * ~self._pushed
        moved = np.flatnonzero((waiting[relations.target] > 0) & (asks > 0))
        more = asks[moved] * waiting[relations.target[moved]]
        state.backlog[moved] += more
        state.received += sums(relations.source[moved], more, len(self.world.slots))

    def _renew_pipelines(self) -> None:
        for tier in self.state.tiers:
            for batch in tier.batches:
                self.state.set_pipeline(batch)

    # ------------------------------------------------------------------ stock and debts

    def pass_on(self) -> None:
        """Stock of dead firms, and goods that still arrive there, are sold to others of the trade.

        Inside the region if anybody is left there, else to all of the process; if nobody is left, it stays.
        """
        if not self.dead.any():
            return
        state, slots = self.state, self.world.slots
        left = self._held[self.dead[slots.firm[self._held]]]
        left = left[(state.qty[left] > 0) | (state.mass[left] != 0).any(axis=1)]
        region = self.world.firms.region[slots.firm]
        able = self._held[state.alive[slots.firm[self._held]]]
        for one in left:
            heirs = able[self._alike[able] == self._alike[one]]
            near = heirs[region[heirs] == region[one]]
            heirs = near if len(near) else heirs
            weight = self._weight(heirs)
            if weight.sum() > 0:
                self._sell(int(one), heirs, weight / weight.sum())
        self._close_estates(np.unique(slots.firm[left]))

    def _weight(self, slots: Ints) -> Floats:
        """Size (slot,) of those who may buy, by capacity now."""
        return np.asarray(self.state.capacity[self.world.slots.firm[slots]])

    def _sell(self, slot: int, heirs: Ints, part: Floats) -> None:
        state, accounts, slots = self.state, self.accounts, self.world.slots
        price = state.slot_price[slot] * (1.0 - accounts.finance.rules.sale_discount)
        value = state.qty[slot] * price * part
        state.pile[heirs] += part[:, None] * state.pile[slot]
        state.pile[slot] = 0.0
        np.subtract.at(accounts.cash, slots.firm[heirs], value)
        accounts.cash[slots.firm[slot]] += value.sum()
        accounts.book(FIRMS, FIRMS, float(value.sum()))

    def _close_estates(self, firms: Ints) -> None:
        """What dead firms have left goes to banks, then owners; what they owe is lost to banks."""
        accounts = self.accounts
        cash = accounts.cash[firms]
        there, short = np.maximum(0.0, cash), np.maximum(0.0, -cash)
        back = np.minimum(there, accounts.debt[firms] + self.owed[firms])
        from_debt = np.minimum(back, accounts.debt[firms])
        accounts.cash[firms] = 0.0
        accounts.book(FIRMS, BANKS, float(back.sum()))
        accounts.book(FIRMS, HOUSEHOLDS, float((there - back).sum()))
        accounts.book(BANKS, FIRMS, float(short.sum()))
        lost = short + accounts.debt[firms] - from_debt
        accounts.loss[firms] += lost
        self.owed[firms] += lost - (back - from_debt)
        accounts.debt[firms] = 0.0
        accounts.due[firms] = 0.0

    # ------------------------------------------------------------------ entrants

    def _take_over(self) -> None:
        """Entrants buy a part of dead firms' capacity once it pays again."""
        accounts = self.accounts
        ready = self.dead & (self.entry <= self.state.now) & (accounts.unit_margin() > 0.0)
        if ready.any():
            self._start(np.flatnonzero(ready))

    def _start(self, firms: Ints) -> None:
        world, state, accounts = self.world, self.state, self.accounts
        share = accounts.finance.rules.takeover_share
        state.kept[firms] *= share
        state.enterprises[firms] *= share
        state.alive[firms] = True
        state.used[firms] = 1.0
        self.dead[firms] = False
        self.entry[firms] = NEVER
        self.owed[firms] = 0.0
        state.refresh()
        size = accounts.size()
        accounts.turnover[firms] = accounts.finance.sales[firms] * size[firms]
        accounts.margins[:, firms] = accounts.unit_margin()[firms]
        mine = np.flatnonzero(np.isin(world.slots.firm, firms) & (world.slots.role == Role.OUTPUT))
        state.level[mine] = world.slots.base[mine] * size[world.slots.firm[mine]]
        state.expected[mine] = state.level[mine]
        self._share_again(firms)
        self._return_backlog(self.dead)
        equity = np.maximum(0.0, accounts._aim()[firms] - accounts.cash[firms])
        accounts.receive(firms, equity, "households")
        births = np.zeros(len(self.dead))
        births[firms] = state.enterprises[firms]
        self._births.ravel()[:] += sums(accounts.cell, births[accounts.firm], accounts.n_cells)

    def _share_again(self, firms: Ints) -> None:
        """Entrants get their predecessors' base share, less what was lost of capacity; the others shrink."""
        state, group, n = self.state, self._group, self._n_groups
        new = np.isin(self._member, firms)
        fair = np.where(new, state.base_share * np.minimum(1.0, state.kept[self._member]), 0.0)
        whole = sums(group, fair, n)
        rest = np.where(new, 0.0, state.share * state.alive[self._member])
        others = sums(group, rest, n)
        change = (whole > 0)[group]
        room = np.where(others > 0, np.maximum(0.0, 1.0 - whole), 0.0)
        scale = np.divide(room, others, out=np.zeros(n), where=others > 0)
        total = np.where(room > 0, 1.0, whole)
        share = np.where(
            new, np.divide(fair, total[group], out=np.zeros_like(fair), where=change), rest * scale[group]
        )
        state.share[change] = share[change]
        self._renew_pipelines()
