"""Members of the alliance against outsiders like them: series of both groups."""

from __future__ import annotations

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.terms import GROUPS
from simulator.world import alliance as law
from simulator.world.state import Blueprint, Bools, Floats


class Groups:
    """Members and the outsiders like them, who count in the measure of the members.

    Parameters
    ----------
    world : Blueprint
        With an alliance.
    state : State
    ledger : Ledger

    Attributes
    ----------
    ally, match : int
        Firms of the two groups; no outsiders where nobody outside is like any member.
    """

    def __init__(self, world: Blueprint, state: State, ledger: Ledger) -> None:
        alliance, market = world.economy.alliance, world.economy.market
        if alliance is None:
            raise ValueError("the world has no alliance")
        self.world, self.state, self.cells = world, state, alliance.cells
        self._base_sales = np.zeros(len(world.firms)) if market is None else market.sales
        shape = (len(GROUPS),)
        self._firms = ledger.last("ally_firms", shape)
        self._sales = ledger.sum("ally_sales", shape)
        self._failures = ledger.sum("ally_failures", shape)
        self._fill = ledger.last("ally_fill", shape)

    def form(self, joined: Bools) -> None:
        """Find who is compared with whom.

        Outsiders of the same sector if any member has such, else of the same process, else of the same stage;
        members whom nobody outside is like are left out.

        Parameters
        ----------
        joined : (firm,) bool
        """
        firms = self.world.firms
        one = np.ones(len(firms))
        for cell in self.cells:
            outside = law.outside_weight(joined, cell, one)
            if outside.any():
                break
        self.ally = np.flatnonzero(joined & np.isin(cell, cell[outside > 0]))
        self.match = np.flatnonzero(outside)
        weights = [law.outside_weight(joined, cell, of) for of in (one, firms.enterprises, self._base_sales)]
        self._weights = [each[self.match] for each in weights]

    def record(self, joined: Bools, sales: Floats, failed: Floats, fill: Floats) -> None:
        """Add a month.

        Parameters
        ----------
        joined : (firm,) bool
        sales : (firm,) float [USD]
            Of the month.
        failed : (firm,) float [1]
            Enterprises that failed.
        fill : (firm,) float [1]
            Part of the output wanted that could be made.
        """
        alive = self.state.alive
        ally = self.ally if len(self.ally) else np.flatnonzero(joined)
        one = np.ones(len(ally))
        number = self.state.enterprises * alive
        self._firms[:], self._fill[:] = 0.0, np.nan
        groups = [(ally, [one, one, one]), (self.match, self._weights)]
        for group, (firms, (each, enterprises, size)) in enumerate(groups):
            self._firms[group] = (enterprises * number[firms]).sum()
            self._failures[group] += (enterprises * failed[firms]).sum()
            self._sales[group] += (size * sales[firms]).sum()
            works = each * alive[firms]
            if works.any():
                self._fill[group] = (works * fill[firms]).sum() / works.sum()
