"""Members of the alliance against outsiders like them: series of both, by region of the members."""

from __future__ import annotations

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.terms import GROUPS
from simulator.world import alliance as law
from simulator.world.state import Blueprint, Bools, Floats, Ints, sums

ALLY, MATCH, ALONE = range(len(GROUPS))


class Groups:
    """Members, outsiders like them who count in their measure, and members whom nobody outside is like.

    Who is compared with whom is a list of entries: a firm, the region and group in which it is told, and what
    it counts there. A member has one entry, of its own region; an outsider has one for each region with
    members that it is like.

    Parameters
    ----------
    world : Blueprint
        With an alliance.
    state : State
    ledger : Ledger

    Attributes
    ----------
    level : int
        Of likeness: 0 for the same sector, 1 for the same process, 2 for the same stage; of one size class.
    firm, place : (entry,) int
        The place is region * groups + group.
    enterprises, sales : (entry,) float [1]
        What an enterprise, or a dollar of sales, of the firm counts there.
    """

    def __init__(self, world: Blueprint, state: State, ledger: Ledger) -> None:
        alliance, market = world.economy.alliance, world.economy.market
        if alliance is None:
            raise ValueError("the world has no alliance")
        self.world, self.state, self.cells = world, state, alliance.cells
        self._base_sales = np.zeros(len(world.firms)) if market is None else market.sales
        self._shape = (world.n_regions, len(GROUPS))
        self._firms = ledger.last("ally_firms", self._shape)
        self._sales = ledger.sum("ally_sales", self._shape)
        self._failures = ledger.sum("ally_failures", self._shape)
        self._fill = ledger.last("ally_fill", self._shape)

    def form(self, joined: Bools) -> None:
        """Find who is compared with whom.

        Outsiders of the same sector if any member of any region has such, else of the same process, else of
        the same stage; members whom nobody outside is like are told apart. Where that is all of them, nobody
        is left out: they are told as members, without anybody beside them.

        Parameters
        ----------
        joined : (firm,) bool
        """
        firms, regions = self.world.firms, self.world.n_regions
        one = np.ones(len(firms))
        for level, cell in enumerate(self.cells):
            self.level, weight = level, law.outside_weight(joined, cell, one, firms.region, regions)
            if weight.any():
                break
        like = np.isin(cell, cell[weight.any(axis=0)]) | (not weight.any())
        region, match = np.nonzero(weight)
        member = np.flatnonzero(joined)
        own = np.where(like[member], ALLY, ALONE)
        self.firm: Ints = np.concatenate([member, match])
        self.place: Ints = np.concatenate(
            [firms.region[member] * len(GROUPS) + own, region * len(GROUPS) + MATCH]
        )

        def counts(measure: Floats) -> Floats:
            of_match = law.outside_weight(joined, cell, measure, firms.region, regions)[region, match]
            return np.concatenate([np.ones(len(member)), of_match])

        self.enterprises, self.sales = counts(firms.enterprises), counts(self._base_sales)

    def record(self, sales: Floats, failed: Floats, fill: Floats) -> None:
        """Add a month.

        Parameters
        ----------
        sales : (firm,) float [USD]
            Of the month.
        failed : (firm,) float [1]
            Enterprises that failed.
        fill : (firm,) float [1]
            Part of the output wanted that could be made; its mean is over enterprises alive.
        """
        alive = self.enterprises * (self.state.enterprises * self.state.alive)[self.firm]
        self._firms[:] = self._by_place(alive)
        self._failures += self._by_place(self.enterprises * failed[self.firm])
        self._sales += self._by_place(self.sales * sales[self.firm])
        made = self._by_place(alive * fill[self.firm])
        self._fill[:] = np.nan
        np.divide(made, self._firms, out=self._fill, where=self._firms > 0)

    def _by_place(self, values: Floats) -> Floats:
        """Sums (region, group) of the entries' values."""
        n = self._shape[0] * self._shape[1]
        return sums(self.place, values, n).reshape(self._shape)
