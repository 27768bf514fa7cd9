"""What the firms of each stage make of each material, what their capacity could, and the largest of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from simulator.terms import FIRM_STAGES
from simulator.world.state import MINUTES_PER_DAY, Blueprint, Floats, Ints, Kind, Role

if TYPE_CHECKING:
    from simulator.run.state import State

NAMES = ("stage_output", "stage_capacity", "stage_largest")


class StageOutput:
    """Output of firms in tonnes of material, closed by region and stage.

    Capacity counts in units of a firm's good; what a unit holds is that of the interval in which the firm
    last made something. By-product firms can make what their hosts allow, so their capacity is their output.

    Parameters
    ----------
    world : Blueprint
    n_periods : int
    period : int [min]
    """

    def __init__(self, world: Blueprint, n_periods: int, period: int) -> None:
        firms, slots = world.firms, world.slots
        n, m, stages = len(firms), world.n_materials, len(FIRM_STAGES)
        self.world, self.days = world, period / MINUTES_PER_DAY
        self.mass, self.units = np.zeros((n, m)), np.zeros(n)
        self._content = np.zeros((n, m))
        mines = np.flatnonzero((slots.role == Role.OUTPUT) & (firms.kind[slots.firm] == Kind.SOURCE))
        self._content[slots.firm[mines], slots.material[mines]] = 1.0
        self._follows = firms.kind == Kind.BY_PRODUCT
        chosen = np.flatnonzero(firms.size >= 0)
        cell = firms.region[chosen] * stages + firms.stage[chosen]
        self._cells = sparse.csr_array(
            (np.ones(len(chosen)), (cell, chosen)), shape=(world.n_regions * stages, n)
        )
        self._by_stage = chosen[np.argsort(firms.stage[chosen], kind="stable")]
        self._stages, self._first = np.unique(firms.stage[self._by_stage], return_index=True)
        by_cell = (n_periods, world.n_regions, m, stages)
        self.series = {name: np.zeros(by_cell) for name in NAMES[:2]}
        self.series[NAMES[2]] = np.zeros((n_periods, m, stages))

    def made(self, firms: slice | Ints, units: Floats, mass: Floats) -> None:
        """Output of firms, each once: `units` (firm,) [unit], `mass` (firm, material) [t]."""
        self.mass[firms] += mass
        self.units[firms] += units

    def made_of(self, firms: slice, material: Ints, made: Floats) -> None:
        """Output (firm,) [t] of firms that make one material each."""
        self.mass[np.arange(firms.start, firms.stop), material] += made
        self.units[firms] += made

    def close(self, state: State, row: int) -> None:
        """Write a period and start the next."""
        mass, units = self.mass, self.units
        np.divide(mass, units[:, None], out=self._content, where=units[:, None] > 0)
        able = np.where(self._follows, units, state.capacity * self.days)
        shape = (self.world.n_regions, len(FIRM_STAGES), self.world.n_materials)
        for name, each in ((NAMES[0], mass), (NAMES[1], self._content * able[:, None])):
            self.series[name][row] = (self._cells @ each).reshape(shape).transpose(0, 2, 1)
        firms = self._by_stage
        if len(firms):
            one = mass[firms] / np.maximum(state.enterprises[firms], 1.0)[:, None]
            self.series[NAMES[2]][row][:, self._stages] = np.maximum.reduceat(one, self._first, axis=0).T
        self.mass[...] = 0.0
        self.units[...] = 0.0
