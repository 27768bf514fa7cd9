"""What customers owe for goods they have got, when they pay late; and shocks of finance in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.terms import FIRM_STAGES, SIZES
from simulator.world import credit as law
from simulator.world.state import MINUTES_PER_DAY, MINUTES_PER_MONTH, Blueprint, Floats, Ints, sums

if TYPE_CHECKING:
    from simulator.run.accounts import Accounts

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY


class CreditShocks:
    """Writes what shocks of finance make of credit lines, interest and the time in which customers pay.

    Parameters
    ----------
    world : Blueprint
    state : State
    accounts : Accounts
    ledger : Ledger
    """

    def __init__(self, world: Blueprint, state: State, accounts: Accounts, ledger: Ledger) -> None:
        self.shocks, self.state = world.economy.credit, state
        self._source_firm = accounts.finance.source_firm
        accounts.receivables.show(ledger)

    def step(self) -> None:
        """Cuts multiply, interest adds up, and of several delays the largest holds."""
        state = self.state
        if state.now == 0:
            return
        delay = np.zeros(len(state.alive))
        for shock in self.shocks:
            part = law.part_of_interval(shock.start, shock.end, state.now - MINUTES_PER_MONTH, state.now)
            if part > 0:
                state.credit_factor *= 1.0 - shock.credit_cut * part * shock.reach
                state.extra_interest += shock.extra_interest * part * shock.reach
                np.maximum(delay, shock.delay * part * shock.reach, out=delay)
        if delay.any():
            np.maximum(state.pay_delay, delay[self._source_firm], out=state.pay_delay)


class Receivables:
    """Sales that customers have not paid yet.

    While nobody pays late nothing is kept and nothing is computed.

    Attributes
    ----------
    owed : (relation,) float [USD]
    is_open : bool
        Somebody owes something.
    """

    def __init__(self, world: Blueprint, accounts: Accounts) -> None:
        self.world, self.accounts = world, accounts
        self.owed = np.zeros(len(world.relations))
        self.is_open = False
        self._sold: list[Floats] = []
        self._lost: Floats | None = None
        self._late: Floats | None = None

    def show(self, ledger: Ledger) -> None:
        """Make what is owed, and lost, results of the run."""
        shape = (self.world.n_regions, len(FIRM_STAGES), len(SIZES))
        self._lost, self._late = ledger.sum("bad_debt", shape), ledger.last("receivables", shape)

    def settle(self, value: Floats) -> Floats:
        """Payments of a month.

        Parameters
        ----------
        value : (relation,) float [USD]
            Of goods sent since the last step.

        Returns
        -------
        (relation,) float [USD]
            What was owed before, plus what was sold, less what is owed now.
        """
        delay = self.accounts.state.pay_delay
        if not self.is_open and not delay.any():
            return value
        months = delay / DAYS
        self._sold.insert(0, value.copy())
        del self._sold[int(np.ceil(months.max())) + 1 :]
        whole = self.owed + value
        self.owed = np.minimum(law.still_owed(self._sold, months), whole)
        self.is_open = bool(self.owed.any())
        if not self.is_open:
            self._sold.clear()
        if self._late is not None:
            self._late.ravel()[:] = self._by_cell(self.owed)
        return whole - self.owed

    def payable(self) -> Floats:
        """What firms owe to their suppliers (firm,) [USD]."""
        return sums(self.accounts.finance.target_firm, self.owed, len(self.world.firms))

    def write_off(self, firms: Ints, part: Floats) -> None:
        """Suppliers lose what failed customers owe them.

        Parameters
        ----------
        firms : (item,) int
            Customers, each once.
        part : (item,) float [1]
            Part of the enterprises behind each that has failed.
        """
        if not self.is_open:
            return
        gone = np.zeros(len(self.world.firms))
        gone[firms] = part
        by_relation = gone[self.accounts.finance.target_firm]
        lost = self.owed * by_relation
        self.owed -= lost
        for value in self._sold:
            value *= 1.0 - by_relation
        if self._lost is not None and self._late is not None:
            self._lost.ravel()[:] += self._by_cell(lost)
            self._late.ravel()[:] = self._by_cell(self.owed)

    def _by_cell(self, amount: Floats) -> Floats:
        """Sum (cell,) [USD] of an amount by relation over suppliers of a region, stage and size."""
        accounts = self.accounts
        by_firm = sums(accounts.finance.source_firm, amount, len(self.world.firms))
        return sums(accounts.cell, by_firm[accounts.firm], accounts.n_cells)
