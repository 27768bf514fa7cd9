"""End of life in the base year and the rates that follow it, by label."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.build.closure import Closure
from simulator.build.courses import Courses
from simulator.world.recovery import ROUTES
from simulator.world.state import DAYS_PER_YEAR, Floats

RECYCLING = ROUTES.index("recycling")
REUSE = (ROUTES.index("repair"), ROUTES.index("remanufacture"))


class Feed(NamedTuple):
    """What a recycler gets of one good.

    Attributes
    ----------
    units : float [unit/d]
        In the base year.
    content : (material,) float [t/unit]
    announced, wanted : (month,) float [1]
        Over base: with the rates of the tables, and with those of the scenario.
    """

    units: float
    content: Floats
    announced: Floats
    wanted: Floats


class Recovery:
    """Flows of end-of-life products in the base year, and the rates by month.

    Parameters
    ----------
    closure : Closure
    courses : Courses

    Attributes
    ----------
    use_share : dict of str to (region,) float [1]
    collection, base_collection : dict of str to (month, region), (region,) float [1]
    routing, base_routing : dict of str to (month, region, route), (region, route) float [1]
    eol_units : dict of str to (region,) float [unit/d]
        End-of-life products of the base year.
    eol_content : dict of str to (material,) float [t/unit]
        Their mean content.
    displaced : dict of str to (region,) float [unit/d]
        New sales that reuse displaces in the base year.
    secondary_old : dict of str to (region,) float [t/d]
        Old scrap recovered in the base year, by material.
    """

    def __init__(self, closure: Closure, courses: Courses) -> None:
        self.closure, self.courses = closure, courses
        products = closure.products
        self.use_share = {p: closure.regional(p, "use") for p in products}
        self.collection = {p: courses.collection(p) for p in products}
        self.routing = {p: courses.routing(p) for p in products}
        self.base_collection = {p: courses.collection(p, False)[0] for p in products}
        self.base_routing = {p: courses.routing(p, False)[0] for p in products}
        self.eol_units: dict[str, Floats] = {}
        self.eol_content: dict[str, Floats] = {}
        for p, (units, tonnes) in closure.end_of_life.items():
            self.eol_units[p] = units / DAYS_PER_YEAR * self.use_share[p]
            content = np.array([tonnes.get(m, 0.0) for m in closure.materials])
            self.eol_content[p] = content / units if units > 0 else content * 0
        self.displaced = {p: self._displaced(p) for p in products}
        self.secondary_old = {m: self._recovered(m) for m in closure.materials}

    def _displaced(self, product: str) -> Floats:
        reuse = self.base_routing[product][:, REUSE].sum(axis=1)
        share = float(self.closure.tables["displacement"].one(product=product)["share"])
        return np.asarray(self.eol_units[product] * self.base_collection[product] * reuse * share)

    def recycled(self, product: str) -> Floats:
        """Products (region,) [unit/d] that go to recyclers in the base year."""
        rate = self.base_collection[product] * self.base_routing[product][:, RECYCLING]
        return np.asarray(self.eol_units[product] * rate)

    def _recovered(self, material: str) -> Floats:
        total = np.zeros(len(self.closure.regions))
        column = self.closure.materials.index(material)
        for p, item in self.closure.products.items():
            process = self.closure.treats(f"eol_{p}")
            if process is not None and material in item.materials:
                got = self.closure.recycling_yield(process, f"eol_{p}", material)
                total += self.recycled(p) * self.eol_content[p][column] * got
        return total

    def expected(self, product: str) -> Floats:
        """End-of-life flow (month,) over that of the base year."""
        flow = self.courses.end_of_life(product)[0]
        return np.asarray(flow / flow[0]) if flow[0] > 0 else np.ones(len(flow))

    def feed(self, product: str, region: int) -> Feed | None:
        """What recyclers of a region get of a product at its end of life; None where there is none."""
        units = float(self.recycled(product)[region])
        if units <= 0:
            return None
        start = self.base_collection[product][region] * self.base_routing[product][region, RECYCLING]
        routed = self.courses.routing(product, False)[:, region, RECYCLING]
        known = self.courses.collection(product, False)[:, region] * routed / start
        new = self.collection[product][:, region] * self.routing[product][:, region, RECYCLING] / start
        expected = self.expected(product)
        return Feed(units, self.eol_content[product], expected * known, expected * new)
