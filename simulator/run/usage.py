"""Use and end of life: cohorts in use, hibernation, collection, routing, once a model month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simulator.run.record import Recorder
from simulator.run.state import State
from simulator.world.business import Service
from simulator.world.lifetime import hazard
from simulator.world.recovery import ROUTES, collect
from simulator.world.state import (
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    MONTHS_PER_YEAR,
    Blueprint,
    Floats,
    by_material,
    sums,
)
from simulator.world.use import Cohorts, by_cohort, enter, hibernate, mass_of, retire

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


class Returned(NamedTuple):
    """Products used as a service that have become available at the end of their life.

    Attributes
    ----------
    product : int
    units : (region,) float [unit]
    rate : float [1]
        Share that comes back, at least.
    """

    product: int
    units: Floats
    rate: float


class ServiceFleet:
    """Products that stay their maker's: they live longer and wait less (docs/model.md).

    Beside them runs the fleet that their users would have had: what they bought and what they did not have to
    buy, with the usual life. What that fleet would have replaced and this one does not is not sold.

    Attributes
    ----------
    displaced : (region,) float [unit]
        Sales that the longer life made unnecessary in the last month.
    pool : (region, 1 + material) float [unit, t]
        Units kept but no longer used.
    """

    def __init__(self, service: Service, n_months: int, n_materials: int) -> None:
        self.service = service
        self.fleet = Fleet(service.life, n_months)
        n_regions = len(service.life.units)
        self.displaced = np.zeros(n_regions)
        self.pool = np.zeros((n_regions, 1 + n_materials))
        self._usual = np.zeros((n_regions, n_months))
        self._hazards = by_cohort(hazard(service.survival[None, :n_months]))

    def takes(self, units: Floats, month: int) -> Floats:
        """Part (region,) [1] of the units that arrive which becomes a service.

        Others buy what they would have bought: what is not sold any more is missing from this part alone.

        Parameters
        ----------
        units : (region,) float [unit]
        month : int
        """
        share = self.service.share[month]
        would = units + self.displaced
        part = np.divide(share * would - self.displaced, units, out=share.copy(), where=units > 0)
        return np.asarray(np.clip(part, 0.0, 1.0))

    def step(self, inflow: Floats, mass: Floats) -> tuple[Floats, Floats]:
        """One month; arguments and results as of `Fleet.step`."""
        cohort = self.fleet.cohort
        gone, gone_mass = self.fleet.step(inflow, mass)
        self._usual[:, cohort] += inflow + self.displaced
        self.displaced = retire(self._usual, self._hazards, cohort).sum(axis=1) - gone
        return gone, gone_mass


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
        self.business = world.economy.business
        self.services: list[ServiceFleet] = []
        if self.business is not None and not world.rules.end_of_life_frozen:
            materials = world.n_materials
            self.services = [ServiceFleet(s, world.n_months, materials) for s in self.business.services]
        self._owned = len(self.services)
        self.policies = world.economy.policies
        if self.policies is not None and not world.rules.end_of_life_frozen:
            laws = self.policies.services  # products that live longer by law stay their users'
            self.services += [ServiceFleet(s, world.n_months, world.n_materials) for s in laws]
        self._again: tuple[Floats, Floats] = (np.zeros(shape[:2]), np.zeros(shape))

    def in_use(self) -> Floats:
        """Mass (product, region, material) [t] in products in use."""
        return self.in_use_mass

    @property
    def hibernating_mass(self) -> Floats:
        """Mass (product, region, material) [t] kept but no longer used."""
        held = self._pool[:, 1:].reshape(self.in_use_mass.shape)
        if self.services:
            held = held.copy()
            for service in self.services:
                held[service.service.product] += service.pool[:, 1:]
        return held

    def step(self, state: State, record: Recorder) -> None:
        """One month: retire, take what has arrived into use, hibernate, collect, route."""
        units, mass = self._arrived(state)
        served = [self._serve(service, units, mass, state) for service in self.services]
        retired, retired_mass = self._turn_over(units, mass)
        available, available_mass = self._hibernate(state, retired, retired_mass, record)
        returned = [
            self._give_back(service, *gone, available, available_mass, record)
            for service, gone in zip(self.services, served, strict=True)
        ]
        self._collect(state, available, available_mass, returned[: self._owned], record)

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

    def _serve(
        self, service: ServiceFleet, units: Floats, mass: Floats, state: State
    ) -> tuple[Floats, Floats]:
        """Take a service's part off what arrived; what retires of it, units (region,) and mass."""
        world, product = self.world, service.service.product
        part = service.takes(units[product], state.now_month)
        inflow, inflow_mass = units[product] * part, mass[product] * part[:, None]
        units[product] -= inflow
        mass[product] -= inflow_mass
        gone, gone_mass = service.step(inflow, inflow_mass[:, service.fleet.materials])
        retired_mass = np.zeros_like(inflow_mass)
        retired_mass[:, service.fleet.materials] = gone_mass
        self.in_use_mass[product] += inflow_mass - retired_mass
        mine = world.user_product == product
        state.displaced[mine] += service.displaced[world.user_region[mine]]
        return gone, retired_mass

    @staticmethod
    def _give_back(
        service: ServiceFleet,
        retired: Floats,
        retired_mass: Floats,
        available: Floats,
        available_mass: Floats,
        record: Recorder,
    ) -> Returned:
        """Put what a service's users give back beside the rest that has become available."""
        said = service.service
        inflow = np.concatenate([retired[:, None], retired_mass], axis=1)
        delay = np.full(len(inflow), said.hibernation)
        out = hibernate(service.pool, inflow, 1 / MONTHS_PER_YEAR, delay)
        record.routes.local[record.hibernate] += retired_mass
        record.eol_generated[said.product] += out[:, 1:]
        available[said.product] += out[:, 0]
        available_mass[said.product] += out[:, 1:]
        return Returned(said.product, out[:, 0], said.collection)

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

    def _hibernate(
        self, state: State, retired: Floats, retired_mass: Floats, record: Recorder
    ) -> tuple[Floats, Floats]:
        delay = self._delay
        if self.business is not None:
            delay = self.business.hibernation[state.now_month].ravel()
        record.routes.local[record.hibernate] += retired_mass.sum(axis=0)
        cells = retired.size
        inflow = np.concatenate([retired.reshape(cells, 1), retired_mass.reshape(cells, -1)], axis=1)
        out = hibernate(self._pool, inflow, 1 / MONTHS_PER_YEAR, delay)
        available, available_mass = out[:, 0].reshape(retired.shape), out[:, 1:].reshape(retired_mass.shape)
        record.eol_generated += available_mass
        return available, available_mass

    def _collect(
        self, state: State, available: Floats, mass: Floats, returned: Sequence[Returned], record: Recorder
    ) -> None:
        world, month = self.world, state.now_month
        paths = world.paths
        firm, cell = world.collector_firm, world.collector_cell
        able = state.capacity[firm] * state.uptime[firm] * DAYS
        if world.rules.has_overtime:
            able = able * (1 + world.firms.overtime[firm])
        whole = sums(cell, able, available.size)
        rate = np.minimum(1.0, paths.collection[month] * state.collection_factor)
        taken = self._taken(available, rate, whole.reshape(available.shape), returned)
        part = np.divide(taken, available, out=np.zeros_like(taken), where=available > 0)
        taken_mass = mass * part[:, :, None]
        record.eol_collected += taken_mass
        record.routes.local[record.collect] += taken_mass.sum(axis=0)
        self._leave_loop(mass - taken_mass, month, record)
        routing = paths.routing[month]
        self._reuse(state, taken, taken_mass, routing[:, :, REPAIR] + routing[:, :, REMANUFACTURE], record)
        dropped = taken_mass * routing[:, :, DISPOSAL, None]
        record.routes.local[record.collection_disposal] += dropped.sum(axis=0)
        share = np.divide(able, whole[cell], out=np.zeros_like(able), where=whole[cell] > 0)
        slot = world.collector_slot
        to_recycling = routing[:, :, RECYCLING]
        state.qty[slot] += (taken * to_recycling).ravel()[cell] * share
        feed = (taken_mass * to_recycling[:, :, None]).reshape(-1, world.n_materials)[cell] * share[:, None]
        state.mass[slot, 1::3] += feed
        made = taken.ravel()[cell] * share
        state.made[firm] += made
        record.collected(firm, made, DAYS)
        held = taken_mass.reshape(-1, world.n_materials)[cell] * share[:, None]
        record.stages.made(firm, made, held)

    @staticmethod
    def _taken(available: Floats, rate: Floats, capacity: Floats, returned: Sequence[Returned]) -> Floats:
        """Units (product, region) taken by collectors, and those that makers have brought to them."""
        taken = collect(available, rate, capacity)
        if not returned:
            return taken
        back, brought = np.zeros_like(available), np.zeros_like(available)
        for given in returned:
            back[given.product] += given.units
            brought[given.product] += given.units * np.maximum(given.rate, rate[given.product])
        others = collect(np.maximum(0.0, available - back), rate, capacity)
        return np.where(back > 0, others + brought * (capacity > 0), taken)

    def _leave_loop(self, mass: Floats, month: int, record: Recorder) -> None:
        """Uncollected products go to named fates."""
        if self.policies is not None and self.policies.fates is not None:
            fates = self.policies.fates[month]
            for column, link in enumerate(record.fate_links.values()):
                record.routes.local[link] += np.einsum("pr,prm->rm", fates[:, :, column], mass)
            return
        for column, link in enumerate(record.fate_links.values()):
            record.routes.local[link] += np.tensordot(self.world.use.fates[:, column], mass, axes=1)

    def _reuse(self, state: State, taken: Floats, mass: Floats, share: Floats, record: Recorder) -> None:
        """Repaired and remanufactured products re-enter use and displace a part of new sales."""
        world = self.world
        units, again = taken * share, mass * share[:, :, None]
        self._again = (units, again)
        self.in_use_mass += again
        record.routes.local[record.reuse] += again.sum(axis=0)
        share = world.use.displacement[:, None]
        if self.business is not None:
            share = self.business.displacement[state.now_month]
        displaced = units * share
        state.displaced += displaced[world.user_product, world.user_region]
