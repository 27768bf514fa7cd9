"""What firms do in a year, by region, process and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from simulator.run.ledger import Ledger
from simulator.terms import SIZES
from simulator.world.state import Blueprint, Floats

if TYPE_CHECKING:
    from simulator.run.state import State


class FirmYears:
    """Enterprises, jobs and what parts of the economy tell of each firm, closed by year.

    Parameters
    ----------
    world : Blueprint
    state : State
        At the start of the run.
    ledger : Ledger
        Its arrays of firms are read and emptied at the end of a year.

    Attributes
    ----------
    start : (region, process, size) float [1]
        Enterprises before the first interval.
    years : list of dict of str to (region, process, size, ...) float
        Closed years by variable of `terms.VARIABLES`.
    """

    def __init__(self, world: Blueprint, state: State, ledger: Ledger) -> None:
        firms, n_processes = world.firms, len(world.labels.processes)
        self.state, self.ledger = state, ledger
        self._shape = (world.n_regions, n_processes, len(SIZES))
        chosen = np.flatnonzero(firms.size >= 0)
        cell = np.ravel_multi_index(
            (firms.region[chosen], firms.process[chosen], firms.size[chosen]), self._shape
        )
        self._cells = sparse.csr_array(
            (np.ones(len(chosen)), (cell, chosen)), shape=(int(np.prod(self._shape)), len(firms))
        )
        self._jobs, self._n_periods = np.zeros(len(firms)), 0
        self.start = self._by_process(state.enterprises * state.alive)
        self.years: list[dict[str, Floats]] = []

    def close(self, labour: Floats, ends_year: bool) -> None:
        """End a period, and the year with it: `labour` (firm,) [persons] of the period."""
        self._jobs += labour
        self._n_periods += 1
        if not ends_year:
            return
        found = {
            "n_firms_by_process": self._by_process(self.state.enterprises * self.state.alive),
            "jobs_by_process": self._by_process(self._jobs) / self._n_periods,
        }
        for name, each in self.ledger.of_firms.items():
            found[name] = self._by_process(each)
            each[...] = 0.0
        self.years.append(found)
        self._jobs[...], self._n_periods = 0.0, 0

    def _by_process(self, values: Floats) -> Floats:
        """Sums (region, process, size, ...) of what each firm (firm, ...) has."""
        return np.asarray((self._cells @ values).reshape(*self._shape, *values.shape[1:]))
