"""Sectors of a world: what each process makes and takes in each region, in the base year and after."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simulator.build.chain import Chain
from simulator.build.closure import Closure
from simulator.build.courses import Courses
from simulator.build.recovery import Feed, Recovery
from simulator.errors import Fault, InputError, Place
from simulator.world.state import DAYS_PER_YEAR, TINY, Floats, Kind


@dataclass
class Sector:
    """One process in one region; users and holders too.

    Attributes
    ----------
    rate : float [unit of output/d]
        Base output; recyclers in t treated, collectors in units collected, users in units bought.
    weight : float [t/d]
        Content of the output: a measure that all sectors share.
    takes, gives : dict of str to float [unit/d]
        Base flows by good.
    capacity, normal : (month,) float [1]
        Over base.
    """

    process: str
    stage: str
    region: int
    kind: Kind
    rate: float
    weight: float
    takes: dict[str, float] = field(default_factory=dict)
    gives: dict[str, float] = field(default_factory=dict)
    capacity: Floats = field(default_factory=lambda: np.ones(1))
    normal: Floats = field(default_factory=lambda: np.ones(1))
    host: int = -1
    host_share: Floats = field(default_factory=lambda: np.zeros(1))


class Sectors:
    """All sectors with flow.

    Parameters
    ----------
    closure : Closure
    courses : Courses
    chain : Chain

    Attributes
    ----------
    items : list of Sector
    refining_yield : dict of str to float [1]
        By material, from the closure of mine and refinery output.
    recovery : Recovery
    """

    def __init__(self, closure: Closure, courses: Courses, chain: Chain) -> None:
        self.closure, self.courses, self.chain = closure, courses, chain
        self.n = closure.n_months
        self.n_regions = len(closure.regions)
        self.items: list[Sector] = []
        self.refined = closure.refined
        self.refining_yield: dict[str, float] = {}
        self.material_of = {
            str(r["good"]): str(r["material"]) for r in closure.tables["goods"] if r["material"]
        }
        self.recovery = Recovery(closure, courses)
        for process in chain.processes:
            stage = str(closure.processes[process]["stage"])
            build = {
                "extraction": self._mine, "processing": self._refine, "component": self._make,
                "manufacturing": self._make, "collection": self._collect,
            }.get(stage)  # fmt: skip
            if build is not None:
                build(process, stage)
        for process in chain.processes:
            if chain.kind[process] == Kind.RECYCLE:
                self._recycle(process)
        self._users()
        self._holders()
        self._link_hosts()

    def _add(self, sector: Sector) -> None:
        if sector.rate > 0:
            self.items.append(sector)

    # ------------------------------------------------------------------ primary

    def _mine(self, process: str, stage: str) -> None:
        base = self.closure
        material = self.material_of[self.chain.outputs[process][0]]
        yearly = base.supply_of(process)
        path = self.courses.capacity_from_data(process, stage, material, yearly)
        normal = self.courses.normal_from_data(stage, material, path)
        for r, tonnes in enumerate(yearly):
            rate = tonnes / DAYS_PER_YEAR
            good = self.chain.outputs[process][0]
            self._add(
                Sector(
                    process,
                    stage,
                    r,
                    self.chain.kind[process],
                    rate,
                    rate,
                    {},
                    {good: rate},
                    path[:, r],
                    normal[:, r],
                )
            )

    def _refine(self, process: str, stage: str) -> None:
        base = self.closure
        good = self.chain.outputs[process][0]
        material = self.material_of[good]
        stated, whole = base.supply_of(process), base.refined_total[material]
        primary = self._primary(process, material)
        primary[primary < TINY * primary.sum()] = 0.0  # rounding is no refinery
        primary *= base.primary[material] * (stated.sum() / whole.sum()) / primary.sum()
        self.refining_yield[process] = self._refining_yield(process, material)
        path = self.courses.capacity_from_data(process, stage, material, stated)
        normal = self.courses.normal_from_data(stage, material, path)
        for r, tonnes in enumerate(primary):
            rate = tonnes / DAYS_PER_YEAR
            takes = dict.fromkeys(self.chain.inputs[process], rate / self.refining_yield[process])
            self._add(
                Sector(
                    process,
                    stage,
                    r,
                    self.chain.kind[process],
                    rate,
                    rate,
                    takes,
                    {good: rate},
                    path[:, r],
                    normal[:, r],
                )
            )

    def _primary(self, process: str, material: str) -> Floats:
        """Refined output (region,) [t/yr] less the old scrap counted in it, before it is scaled to the whole.

        Scrap is taken off by region of the tables, where its tonnes are known, and off its countries
        alike: so a country carved out leaves the rest as it was.
        """
        base = self.closure
        whole = base.stated_by_group(material, "processing")
        scrap = base.counted_scrap(material) if material in base.stated_secondary else {}
        out = np.zeros(self.n_regions)
        for row in base.tables["supply"].where(process=process):
            group = base.old_region[str(row["iso3"])]
            left = max(0.0, 1 - scrap.get(group, 0.0) / whole[group]) if whole[group] > 0 else 0.0
            out[base.regions.index(base.region_of[str(row["iso3"])])] += float(row["tonnes"]) * left
        return out

    def _refining_yield(self, process: str, material: str) -> float:
        """Stated, or what closes primary metal on the ore that no product takes."""
        base = self.closure
        if base.processes[process]["process_yield"] is not None:
            return base.process_yield(process)
        to_products = sum(
            base.use_tonnes(name, material)[base.base_year]
            for name, item in base.products.items()
            if material in item.materials and not base.takes_refined(name, material)
        )
        return float(base.primary[material] / (base.mined[material].sum() - to_products))

    # ------------------------------------------------------------------ manufacturing

    def product_of(self, process: str) -> str:
        """Product that a manufacturing process works for."""
        output = self.chain.outputs[process][0]
        for p, item in self.closure.products.items():
            if output == p or output in item.components:
                return p
        raise InputError(
            [
                Fault(
                    Place(self.closure.tables["processes"].file),
                    process,
                    "a process of a product",
                    rule="no_product",
                )
            ]
        )

    def _make(self, process: str, stage: str) -> None:
        base = self.closure
        name = self.product_of(process)
        item = base.products[name]
        good = self.chain.outputs[process][0]
        share = base.regional(good, "manufacturing")
        index = self.courses.index(name)
        announced = self.courses.units(name) / item.units
        content = sum(base.content_of(good).values())
        amount = item.components.get(good, 1.0)
        for r in range(self.n_regions):
            capacity = self.courses.capacity_from_demand(stage, r, announced, index)
            rate = item.units * amount / DAYS_PER_YEAR * share[r]
            takes = {}
            for each in self.chain.inputs[process]:
                material = self.material_of.get(each)
                takes[each] = rate * (
                    item.gross[material] / amount if material else self._per_unit(process, each)
                )
            gives = {good: rate}
            loss = 1 / base.process_yield(process) - 1
            kept = float(base.processes[process]["new_scrap_share"]) * base.value(
                "collection_new_scrap_share"
            )
            if loss > 0 and kept > 0 and f"scrap_{good}" in self.chain.goods:
                gives[f"scrap_{good}"] = rate * loss * kept
            self._add(
                Sector(process, stage, r, Kind.CONVERT, rate, rate * content, takes, gives, capacity, index)
            )

    def _per_unit(self, process: str, good: str) -> float:
        row = self.closure.tables["process_inputs"].one(process=process, input=good)
        return float(row["amount"]) / self.closure.process_yield(process)

    # ------------------------------------------------------------------ collection and recycling

    def _collect(self, process: str, stage: str) -> None:
        good = self.chain.outputs[process][0]
        product = str(self.closure.goods[good]["product"])
        recovery = self.recovery
        expected = recovery.expected(product)
        base_rate = self.courses.collection(product, False)
        for r in range(self.n_regions):
            start = recovery.base_collection[product][r]
            taken = recovery.eol_units[product][r] * start
            if taken <= 0:
                continue
            announced = expected * base_rate[:, r] / start
            wanted = expected * recovery.collection[product][:, r] / start
            capacity = self.courses.capacity_from_demand(stage, r, announced, wanted)
            weight = taken * recovery.eol_content[product].sum()
            gives = {good: float(recovery.recycled(product)[r])}
            self._add(Sector(process, stage, r, Kind.COLLECT, taken, weight, {}, gives, capacity, wanted))

    def _recycle(self, process: str) -> None:
        """Recyclers treat what is collected and scrapped in their own region."""
        for r in range(self.n_regions):
            found = {good: self._feed(good, r) for good in self.chain.inputs[process]}
            feeds = {good: feed for good, feed in found.items() if feed is not None}
            if not feeds:
                continue
            weight = {good: feed.units * feed.content.sum() for good, feed in feeds.items()}
            treated = sum(weight.values())
            announced = sum(weight[good] * feed.announced for good, feed in feeds.items()) / treated
            wanted = sum(weight[good] * feed.wanted for good, feed in feeds.items()) / treated
            capacity = self.courses.capacity_from_demand("recycling", r, announced, wanted)
            takes = {good: feed.units for good, feed in feeds.items()}
            gives = self._recovered(process, feeds)
            self._add(
                Sector(
                    process, "recycling", r, Kind.RECYCLE, treated, treated, takes, gives, capacity, wanted
                )
            )

    def _recovered(self, process: str, feeds: dict[str, Feed]) -> dict[str, float]:
        """Refined goods [t/d] that recyclers get out of their input; 0 where a scenario may change that."""
        gives = {}
        for refined in self.chain.outputs[process]:
            m = self.material_of[refined]
            column = self.closure.materials.index(m)
            got = sum(
                feed.units * feed.content[column] * self.closure.recycling_yield(process, good, m)
                for good, feed in feeds.items()
            )
            gives[refined] = float(got)
        return gives

    def _feed(self, good: str, region: int) -> Feed | None:
        """What a recycler gets of one good in its region; None where there is none."""
        if self.closure.goods[good]["kind"] == "end_of_life":
            product = str(self.closure.goods[good]["product"])
            return self.recovery.feed(product, region) if product in self.closure.products else None
        makers = [s for s in self.items if s.region == region and good in s.gives]
        if not makers:
            return None
        held = self.closure.content_of(good)
        content = np.array([held.get(m, 0.0) for m in self.closure.materials])
        scenario = self.courses.new_scrap(good)[:, region] / self.closure.value("collection_new_scrap_share")
        normal = makers[0].normal
        return Feed(sum(s.gives[good] for s in makers), content, normal, normal * scenario)

    # ------------------------------------------------------------------ outside industry

    def _users(self) -> None:
        for p, item in self.closure.products.items():
            content = sum(item.content.values())
            for r in range(self.n_regions):
                rate = item.units / DAYS_PER_YEAR * self.recovery.use_share[p][r]
                self._add(Sector(p, "use", r, Kind.USER, rate, rate * content, {p: rate}))

    def _holders(self) -> None:
        """Holders of stocks outside industry: they buy a base-year surplus or sell what covers a deficit."""
        base = self.closure
        for m in base.materials:
            change = base.stock_change[m] / DAYS_PER_YEAR
            if abs(change) * DAYS_PER_YEAR <= TINY * base.refined_total[m].sum():
                continue
            good = self.refined[m]
            used = np.zeros(self.n_regions)
            for sector in self.items:
                used[sector.region] += sector.takes.get(good, 0.0)
            for r, share in enumerate(used / used.sum()):
                rate = abs(change) * share
                takes, gives = ({good: rate}, {}) if change > 0 else ({}, {good: rate})
                self._add(Sector(f"hold_{m}", "stock_change", r, Kind.HOLDER, rate, rate, takes, gives))

    def _link_hosts(self) -> None:
        where = {(s.process, s.region): i for i, s in enumerate(self.items)}
        for sector in self.items:
            host = self.chain.host.get(sector.process)
            if sector.kind != Kind.BY_PRODUCT or host is None:
                continue
            if host not in self.chain.processes:
                sector.host_share = sector.rate * self._host_course(sector, host)
                continue
            index = where.get((host, sector.region))
            if index is None:
                self._refuse_host(sector, host)
            else:
                sector.host = index
                sector.host_share = sector.rate / self.items[index].rate * self._dated_ratio(sector, host)

    def _host_course(self, sector: Sector, host: str) -> Floats:
        """Output of a host outside the world over its base value: an exogenous series."""
        base = self.closure
        by_year: dict[int, float] = {}
        region = base.regions[sector.region]
        for row in base.tables["host_series"].where(host=host):
            if base.region_of[str(row["iso3"])] == region:
                by_year[int(row["year"])] = by_year.get(int(row["year"]), 0.0) + float(row["quantity"])
        if base.base_year not in by_year:
            self._refuse_host(sector, host)
        if self.closure.scenario.capacity.extraction == "base":
            return np.ones(self.n)
        return base.course({year: value / by_year[base.base_year] for year, value in by_year.items()})

    def _refuse_host(self, sector: Sector, host: str) -> None:
        place = Place(self.closure.tables["by_products"].file)
        found = f"{sector.process} in {self.closure.regions[sector.region]} has no {host} there"
        raise InputError([Fault(place, found, "a host with output in the same region", rule="no_host")])

    def _dated_ratio(self, sector: Sector, host: str) -> Floats:
        """Course of by-product per host output over its base value, from announced paths."""
        base = self.closure
        by_year = {}
        for year in base.path_years:
            own, whole = (
                base.supply_of(sector.process, year)[sector.region],
                base.supply_of(host, year)[sector.region],
            )
            if whole > 0:
                by_year[year] = own / whole
        start = by_year.get(base.base_year)
        if not start or self.closure.scenario.capacity.extraction == "base":
            return np.ones(self.n)
        return base.course({y: v / start for y, v in by_year.items()})
