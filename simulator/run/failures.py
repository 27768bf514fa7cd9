"""Failures of firms, what becomes of their stock, orders and capacity, and entrants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.partners import Partners
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
    Role,
    sums,
)

if TYPE_CHECKING:
    from simulator.run.accounts import Accounts

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY
FIRMS, BANKS, HOUSEHOLDS = (ACCOUNTS.index(name) for name in ("firms", "banks", "households"))
LIQUIDITY, STRUCTURAL, EXOGENOUS = range(len(CAUSES))
NEVER = np.iinfo(np.int64).max
MANY = 2.0
"""Enterprises from which on a firm fails in parts: one enterprise fails as a whole."""


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
    coming : list of (instant [min], firms, capacity (item,) [1 of base], enterprises (item,))
        What entrants may take over where a part of a firm's enterprises has failed.
    """

    def __init__(self, world: Blueprint, state: State, accounts: Accounts, ledger: Ledger) -> None:
        self.world, self.state, self.accounts = world, state, accounts
        n = len(world.firms)
        self.dead = np.zeros(n, dtype=bool)
        self.owed = np.zeros(n)
        self.entry = np.full(n, NEVER)
        self.coming: list[tuple[int, Ints, Floats, Floats]] = []
        shape = (world.n_regions, len(FIRM_STAGES), len(SIZES))
        self._failures = ledger.sum("failures", (*shape, len(CAUSES)))
        self._failures_of = ledger.by_firm("failures_by_process", (n, len(CAUSES)))
        self._births = ledger.sum("births", shape)
        finance = accounts.finance
        self.partners = Partners(world, state, finance.source_firm, finance.target_firm)
        self._index(world)

    def _index(self, world: Blueprint) -> None:
        """Slots that can take over one another's goods."""
        firms, slots, finance = world.firms, world.slots, self.accounts.finance
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
        if self.state.no_failure.any():  # what they lack adds up as credit drawn until protection ends
            failing &= ~self.state.no_failure
        if failing.any():
            firms = np.flatnonzero(failing)
            works_on = finance.reorganised[firms] & finance.rules.has_births
            works_on[works_on] = self._would_earn(firms[works_on])
            many = (self.state.enterprises[firms] >= MANY) & ~finance.reorganised[firms]
            self._count(firms[~many], np.ones(int((~many).sum())))
            if works_on.any():
                self._reorganise(firms[works_on])
            if many.any():
                self._thin_out(firms[many])
            if not (works_on | many).all():
                self._fail(firms[~works_on & ~many])
        if finance.rules.has_births:
            self._come_back()
            if self.dead.any():
                self._take_over()

    def _turn_over(self) -> None:
        """Enterprises that end and start in expectation; without births their capacity goes with them."""
        state, accounts = self.state, self.accounts
        ended = state.enterprises * state.alive * self._month_turnover
        counted = sums(accounts.cell, ended[accounts.firm], accounts.n_cells)
        self._failures.reshape(-1, len(CAUSES))[:, EXOGENOUS] += counted
        self._failures_of[:, EXOGENOUS] += ended
        if accounts.finance.rules.has_births:
            self._births.ravel()[:] += counted
            return
        stay = 1.0 - self._month_turnover
        state.kept = state.kept * stay
        state.enterprises *= stay
        state.refresh()

    def _count(self, firms: Ints, part: Floats) -> None:
        """Enter failures by cause: a part (item,) of the enterprises that firms stand for."""
        if not len(firms):
            return
        state, accounts = self.state, self.accounts
        structural = accounts.margins[:, firms].mean(axis=0) < -TINY  # who pays all it can has none: rounding
        cell = np.zeros(len(self.dead), dtype=np.int64)
        cell[accounts.firm] = accounts.cell
        cause, failed = np.where(structural, STRUCTURAL, LIQUIDITY), part * state.enterprises[firms]
        np.add.at(self._failures.reshape(-1), cell[firms] * len(CAUSES) + cause, failed)
        self._failures_of[firms, cause] += failed  # each firm once
        accounts.failed[firms] = failed

    def _thin_out(self, firms: Ints) -> None:
        """Of a firm that stands for many enterprises those fail whose means are used up first.

        Their stock and orders go to the others, which are the same firm here; banks lose what they drew. An
        entrant may take over a part of their capacity later.
        """
        state, accounts = self.state, self.accounts
        rules = accounts.finance.rules
        short = -accounts.limit[firms] - accounts.cash[firms]
        part = law.failing_part(short, accounts.means_at_rest()[firms])
        self._count(firms, part)
        accounts.receivables.write_off(firms, part)
        relief = short + part * accounts.limit[firms]
        accounts.cash[firms] += relief
        accounts.book(BANKS, FIRMS, float(relief.sum()))
        accounts.loss[firms] += relief + part * accounts.debt[firms]
        accounts.debt[firms] *= 1.0 - part
        accounts.due[firms] *= 1.0 - part
        lost, ended = part * state.kept[firms], part * state.enterprises[firms]
        state.kept[firms] -= lost
        state.enterprises[firms] -= ended
        state.refresh()
        if rules.has_births:
            due = state.now + round(rules.takeover_days * MINUTES_PER_DAY)
            share = rules.takeover_share
            self.coming.append((due, firms, share * lost, share * ended))

    def _come_back(self) -> None:
        """Entrants take over capacity of enterprises that failed, where it would pay."""
        state, accounts = self.state, self.accounts
        due = [firms for instant, firms, *_ in self.coming if instant <= state.now]
        if not due:
            return
        # whether it pays depends on no other entrant, so each firm is asked once however many wait
        asked = np.unique(np.concatenate(due))
        asked = asked[state.alive[asked]]
        would = np.zeros(len(self.dead), dtype=bool)
        would[asked] = self._would_earn(asked)
        waiting: list[tuple[int, Ints, Floats, Floats]] = []
        for instant, firms, kept, enterprises in self.coming:
            enters = would[firms]
            if instant > state.now or not enters.any():
                waiting.append((instant, firms, kept, enterprises))
                continue
            chosen = firms[enters]
            target = np.maximum(0.0, accounts.means_at_rest()[chosen])
            equity = target * kept[enters] / np.maximum(state.kept[chosen], TINY)
            state.kept[chosen] += kept[enters]
            state.enterprises[chosen] += enterprises[enters]
            accounts.receive(chosen, equity, "households")
            births = np.zeros(len(self.dead))
            births[chosen] = enterprises[enters]
            self._births.ravel()[:] += sums(accounts.cell, births[accounts.firm], accounts.n_cells)
            state.refresh()
            if not enters.all():
                waiting.append((instant, firms[~enters], kept[~enters], enterprises[~enters]))
        self.coming = waiting

    def _reorganise(self, firms: Ints) -> None:
        """Plants work on under new owners: old owners, banks and suppliers lose, all else stays."""
        self.accounts.receivables.write_off(firms, np.ones(len(firms)))
        self._close_estates(firms)
        self.owed[firms] = 0.0
        self._found(firms)

    def _fail(self, firms: Ints) -> None:
        """Firms end: orders, shares, stock and debts are dealt with, in this order."""
        state, accounts = self.state, self.accounts
        rules = accounts.finance.rules
        state.alive[firms] = False
        self.dead[firms] = True
        if rules.has_births:
            wait = np.where(accounts.finance.reorganised[firms], 0.0, rules.takeover_days)
            self.entry[firms] = state.now + np.round(wait * MINUTES_PER_DAY).astype(np.int64)
        state.refresh()
        accounts.saving[firms] = 0.0
        accounts.receivables.write_off(firms, np.ones(len(firms)))
        self._forget(firms)
        self.partners.leave(firms)
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

    def settle_estates(self) -> None:
        """What customers of dead firms still paid goes on to whom it belongs."""
        firms = np.flatnonzero(self.dead & (self.accounts.cash != 0.0))
        if len(firms):
            self._close_estates(firms)

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
        """Entrants buy a part of dead firms' capacity once its share of what buyers need would pay."""
        ready = self.dead & (self.entry <= self.state.now)
        if not ready.any():
            return
        firms = np.flatnonzero(ready)
        pays, orders = self._pays(firms)
        if pays.any():
            self._start(firms[pays], orders[pays])

    def _would_earn(self, firms: Ints) -> Bools:
        """Whether (item,) firms would cover their cost at today's prices and their fair share of orders."""
        return self._pays(firms)[0] if len(firms) else np.zeros(0, dtype=bool)

    def _pays(self, firms: Ints) -> tuple[Bools, Floats]:
        accounts, finance = self.accounts, self.accounts.finance
        margin = accounts.unit_margin()[firms]
        orders = np.ones(len(firms))
        earns = margin > 0  # who loses on each unit need not be asked what it would sell
        if earns.any():
            there = self.state.alive.astype(float)
            there[firms] = 1.0
            orders[earns] = self.partners.fair_orders(firms[earns], there)
        fixed = ((finance.unit_cost - finance.input_share) * finance.fixed_share)[firms]
        return earns & law.pays(margin, fixed, orders), orders

    def _start(self, firms: Ints, orders: Floats) -> None:
        world, state, accounts = self.world, self.state, self.accounts
        finance = accounts.finance
        share = np.where(finance.reorganised[firms], 1.0, finance.rules.takeover_share)
        state.kept[firms] *= share
        state.enterprises[firms] *= share
        state.alive[firms] = True
        state.used[firms] = 1.0
        self.dead[firms] = False
        self.entry[firms] = NEVER
        self.owed[firms] = 0.0
        state.refresh()
        size = accounts.size()
        accounts.laid_out[firms] = 1.0
        accounts.turnover[firms] = accounts.finance.sales[firms] * size[firms]
        accounts.margins[:, firms] = accounts.unit_margin()[firms]
        mine = np.flatnonzero(np.isin(world.slots.firm, firms) & (world.slots.role == Role.OUTPUT))
        start = size.copy()
        start[firms] = np.minimum(size[firms], orders)
        state.level[mine] = world.slots.base[mine] * start[world.slots.firm[mine]]
        state.expected[mine] = state.level[mine]
        self.partners.join(firms)
        self._found(firms)

    def _found(self, firms: Ints) -> None:
        """New owners bring the target and a month's cost: goods are paid before the first is sold."""
        accounts = self.accounts
        size = accounts.size()
        first = (accounts.finance.unit_cost * accounts.finance.sales * size)[firms] * DAYS
        equity = np.maximum(0.0, accounts._aim()[firms] - accounts.cash[firms]) + first
        accounts.receive(firms, equity, "households")
        births = np.zeros(len(self.dead))
        births[firms] = self.state.enterprises[firms]
        self._births.ravel()[:] += sums(accounts.cell, births[accounts.firm], accounts.n_cells)
