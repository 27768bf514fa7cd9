"""Use and end of life: cohorts in use, hibernation, collection, routing, once a model month."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.run.record import Recorder
from simulator.run.state import State
from simulator.world.lifetime import hazard
from simulator.world.recovery import ROUTES, collect
from simulator.world.state import (
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    MONTHS_PER_YEAR,
    Blueprint,
    Cohorts,
    Floats,
    by_material,
    sums,
)
from simulator.world.use import by_cohort, enter, hibernate, mass_of, retire

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY
REPAIR, REMANUFACTURE, RECYCLING, DISPOSAL = range(len(ROUTES))


class Fleet:
    """Live cohorts of one product (or of its reused units) in all regions.

    Attributes
    ----------
    units : (region, cohort) float [unit]
    content : (region, cohort, material) float [t/unit]
        Only the product's own materials.
    cohort : int
        Cohort of the current month.
    """

    def __init__(self, cohorts: Cohorts, n_months: int) -> None:
        n_regions, past = cohorts.units.shape
        total = past + n_months
        self.materials = cohorts.materials
        self.units = np.zeros((n_regions, total))
        self.units[:, :past] = cohorts.units
        self.content = np.zeros((n_regions, total, len(self.materials)))
        self.content[:, :past] = cohorts.content
        self.cohort = past
        self._hazards = by_cohort(hazard(cohorts.survival[None, :total]))

    def held(self) -> Floats:
        """Mass (region, material of the product) [t] in use."""
        return mass_of(self.units[:, : self.cohort], self.content)

    def step(self, inflow: Floats, mass: Floats) -> tuple[Floats, Floats]:
        """One month: new products enter, then every cohort loses what retires.

        Parameters
        ----------
        inflow : (region,) float [unit]
        mass : (region, material of the product) float [t]

        Returns
        -------
        (region,) float [unit]
        (region, material of the product) float [t]
            Retired.
        """
        enter(self.units, self.content, self.cohort, inflow, mass)
        gone = retire(self.units, self._hazards, self.cohort)
        self.cohort += 1
        return gone.sum(axis=1), mass_of(gone, self.content)


class Usage:
    """Everything that happens to products between delivery and collectors.

    Attributes
    ----------
    in_use_mass : (product, region, material) float [t]
    """

    def __init__(self, world: Blueprint) -> None:
        self.world = world
        use = world.use
        self.fleets = [Fleet(cohorts, world.n_months) for cohorts in use.cohorts]
        self.reused = [Fleet(cohorts, world.n_months) if cohorts else None for cohorts in use.reused]
        shape = (len(use.cohorts), world.n_regions, world.n_materials)
        self.in_use_mass = np.zeros(shape)
        for product, fleet in enumerate(self.fleets):
            self.in_use_mass[product][:, fleet.materials] = fleet.held()
        cells = shape[0] * shape[1]
        self._pool = np.concatenate(
            [use.hibernating.reshape(cells, 1), use.hibernating_mass.reshape(cells, -1)], axis=1
        )
        self._delay = np.repeat(use.hibernation, world.n_regions)
        self._again: tuple[Floats, Floats] = (np.zeros(shape[:2]), np.zeros(shape))

    def in_use(self) -> Floats:
        """Mass (product, region, material) [t] in products in use."""
        return self.in_use_mass

    @property
    def hibernating_mass(self) -> Floats:
        """Mass (product, region, material) [t] kept but no longer used."""
        return self._pool[:, 1:].reshape(self.in_use_mass.shape)

    def step(self, state: State, record: Recorder) -> None:
        """One month: retire, take what has arrived into use, hibernate, collect, route."""
        units, mass = self._arrived(state)
        retired, retired_mass = self._turn_over(units, mass)
        available, available_mass = self._hibernate(retired, retired_mass, record)
        self._collect(state, available, available_mass, record)

    def _arrived(self, state: State) -> tuple[Floats, Floats]:
        """Products that reached final users since the last step, taken off their slots."""
        world = self.world
        slot = world.user_slot
        shape = self.in_use_mass.shape
        units = np.zeros(shape[:2])
        mass = np.zeros(shape)
        units[world.user_product, world.user_region] = state.qty[slot]
        mass[world.user_product, world.user_region] = by_material(state.mass[slot])
        state.qty[slot] = 0.0
        state.mass[slot] = 0.0
        return units, mass

    def _turn_over(self, units: Floats, mass: Floats) -> tuple[Floats, Floats]:
        world = self.world
        retired, retired_mass = np.zeros_like(units), np.zeros_like(mass)
        if world.rules.end_of_life_frozen:
            self.in_use_mass += mass - world.use.frozen_mass * DAYS
            return world.use.frozen_units * DAYS, world.use.frozen_mass * DAYS
        self._step_fleets(self.fleets, units, mass, retired, retired_mass)
        self._step_fleets(self.reused, *self._again, retired, retired_mass)
        self.in_use_mass += mass - retired_mass
        np.maximum(self.in_use_mass, 0.0, out=self.in_use_mass)
        return retired, retired_mass

    @staticmethod
    def _step_fleets(
        fleets: Sequence[Fleet | None], units: Floats, mass: Floats, retired: Floats, retired_mass: Floats
    ) -> None:
        for product, fleet in enumerate(fleets):
            if fleet is not None:
                gone, gone_mass = fleet.step(units[product], mass[product][:, fleet.materials])
                retired[product] += gone
                retired_mass[product][:, fleet.materials] += gone_mass

    def _hibernate(self, retired: Floats, retired_mass: Floats, record: Recorder) -> tuple[Floats, Floats]:
        record.flow[record.hibernate] += retired_mass.sum(axis=(0, 1))
        cells = retired.size
        inflow = np.concatenate([retired.reshape(cells, 1), retired_mass.reshape(cells, -1)], axis=1)
        out = hibernate(self._pool, inflow, 1 / MONTHS_PER_YEAR, self._delay)
        available, available_mass = out[:, 0].reshape(retired.shape), out[:, 1:].reshape(retired_mass.shape)
        record.eol_generated += available_mass
        return available, available_mass

    def _collect(self, state: State, available: Floats, mass: Floats, record: Recorder) -> None:
        world, month = self.world, state.now_month
        paths = world.paths
        firm, cell = world.collector_firm, world.collector_cell
        able = state.capacity[firm] * state.uptime[firm] * DAYS
        if world.rules.has_overtime:
            able = able * (1 + world.firms.overtime[firm])
        whole = sums(cell, able, available.size)
        rate = np.minimum(1.0, paths.collection[month] * state.collection_factor)
        taken = collect(available, rate, whole.reshape(available.shape))
        part = np.divide(taken, available, out=np.zeros_like(taken), where=available > 0)
        taken_mass = mass * part[:, :, None]
        record.eol_collected += taken_mass
        record.flow[record.collect] += taken_mass.sum(axis=(0, 1))
        self._leave_loop(mass - taken_mass, record)
        routing = paths.routing[month]
        self._reuse(state, taken, taken_mass, routing[:, :, REPAIR] + routing[:, :, REMANUFACTURE], record)
        dropped = taken_mass * routing[:, :, DISPOSAL, None]
        record.flow[record.collection_disposal] += dropped.sum(axis=(0, 1))
        share = np.divide(able, whole[cell], out=np.zeros_like(able), where=whole[cell] > 0)
        slot = world.collector_slot
        to_recycling = routing[:, :, RECYCLING]
        state.qty[slot] += (taken * to_recycling).ravel()[cell] * share
        feed = (taken_mass * to_recycling[:, :, None]).reshape(-1, world.n_materials)[cell] * share[:, None]
        state.mass[slot, 1::3] += feed
        made = taken.ravel()[cell] * share
        state.made[firm] += made
        record.collected(firm, made, DAYS)

    def _leave_loop(self, mass: Floats, record: Recorder) -> None:
        """Uncollected products go to named fates."""
        by_product = mass.sum(axis=1)
        for column, link in enumerate(record.fate_links.values()):
            record.flow[link] += self.world.use.fates[:, column] @ by_product

    def _reuse(self, state: State, taken: Floats, mass: Floats, share: Floats, record: Recorder) -> None:
        """Repaired and remanufactured products re-enter use and displace a part of new sales."""
        world = self.world
        units, again = taken * share, mass * share[:, :, None]
        self._again = (units, again)
        self.in_use_mass += again
        record.flow[record.reuse] += again.sum(axis=(0, 1))
        displaced = units * world.use.displacement[:, None]
        state.displaced += displaced[world.user_product, world.user_region]
