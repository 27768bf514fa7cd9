"""How the world moves on from its base year: demand, content, capacity, recovery; by label and month."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from simulator.build.business import Models
from simulator.build.closure import Closure
from simulator.build.kept import kept
from simulator.build.policy_rates import PolicyRates
from simulator.build.products import BASE_CASE
from simulator.build.select import dated_rows, near
from simulator.scenario.schema import choose
from simulator.world.recovery import ROUTES
from simulator.world.state import DAYS_PER_YEAR, MONTHS_PER_YEAR, Floats
from simulator.world.use import dynamic_stock

if TYPE_CHECKING:
    from simulator.scenario.dated import Dated

Z95 = 1.6448536269514722  # 95 % quantile of the standard normal: low and high are read as 5 and 95 %


class Courses:
    """Exogenous courses of a scenario.

    Parameters
    ----------
    closure : Closure
    """

    def __init__(self, closure: Closure) -> None:
        self.base = closure
        self.scenario = closure.scenario
        self.n = closure.n_months
        self.regions = closure.regions
        self.models = Models(closure)
        self.policies = PolicyRates(closure)

    # ------------------------------------------------------------------ products

    @kept
    def tonnes(self, product: str, material: str) -> Floats:
        """Tonnes a year (month,) of the uses that a product carries, as the tables say."""
        return self.base.course(self.base.use_tonnes(product, material))

    @kept
    def table_units(self, product: str) -> Floats:
        """World sales (month,) [unit/yr] of the demand case, before factors and added scrap."""
        item = self.base.products[product]
        anchor = str(self.base.tables["products"].one(product=product)["anchor_material"])
        path = self.tonnes(product, anchor)
        if self.scenario.demand.case == BASE_CASE:
            return np.full(self.n, item.table_units)  # the base year holds, its mix of variants too
        mix = self.base.mix_content(product, anchor, self.base.years)
        return np.asarray(item.table_units * (path / path[0]) / (mix / mix[0]))

    @kept
    def content(self, product: str, material: str) -> Floats:
        """Content (month,) [t/unit] of units sold, so that units x content is the use's tonnes."""
        item = self.base.products[product]
        path = self.tonnes(product, material)
        contained = item.content[material] * item.table_units * (path / path[0])
        return np.asarray(contained / self.table_units(product))

    @cached_property
    def _retired(self) -> dict[str, tuple[Floats, dict[str, Floats]]]:
        """Retirement per month by product, on the demand case: units and tonnes, world."""
        out = {}
        for name, item in self.base.products.items():
            _, past = self.base.past_sales(name)
            months = len(past) * MONTHS_PER_YEAR
            inflow = np.concatenate(
                [np.repeat(past / MONTHS_PER_YEAR, MONTHS_PER_YEAR), self.table_units(name) / MONTHS_PER_YEAR]
            )
            table = self.base.survival(name, len(inflow))
            units = dynamic_stock(inflow, table)[1][months:] * item.stock_factor
            tonnes = {}
            for m in item.materials:
                content = np.concatenate(
                    [np.repeat(self.base.past_content(name, m), MONTHS_PER_YEAR), self.content(name, m)]
                )
                tonnes[m] = dynamic_stock(inflow * content, table)[1][months:] * item.stock_factor
            out[name] = (units, tonnes)
        return out

    def retired(self, product: str) -> tuple[Floats, dict[str, Floats]]:
        """Expected retirement per month: units and tonnes, world."""
        return self._retired[product]

    @kept
    def end_of_life(self, product: str) -> tuple[Floats, dict[str, Floats]]:
        """Expected end-of-life flow per month after hibernation: units and tonnes, world."""
        units, tonnes = self._retired[product]
        if self.scenario.end_of_life == "frozen":
            first, mass = self.base.end_of_life[product]
            return np.full(self.n, first / MONTHS_PER_YEAR), {
                m: np.full(self.n, t / MONTHS_PER_YEAR) for m, t in mass.items()
            }
        return self.base.delayed(product, units), {
            m: self.base.delayed(product, t) for m, t in tonnes.items()
        }

    def added(self, material: str) -> Floats:
        """Tonnes a year (month,) of recovered scrap that closure adds to the remainder's demand."""
        base = self.base.added[material]
        name = f"other_{material}"
        if not base:
            return np.zeros(self.n)
        back = self.base.recovered_share(name, material)
        own = self.end_of_life(name)[1][material] * MONTHS_PER_YEAR * back
        return np.asarray(np.maximum(0.0, base + own - own[0]))

    @kept
    def units(self, product: str) -> Floats:
        """World sales (month,) [unit/yr] of the demand case, added scrap included."""
        out = self.table_units(product)
        for m in self.base.products[product].materials:
            if product == f"other_{m}":
                out = out + self.added(m)  # as closure adds it: a unit takes in a tonne
        return out

    def factor(self, product: str) -> Floats:
        """The scenario's factor (month, region) on the demand for a product."""
        out = np.ones((self.n, len(self.regions)))
        for i, region in enumerate(self.regions):
            value = choose(self.scenario.demand.factors, product=product, region=region)
            if value is not None:
                out[:, i] = value.series(self.base.dates, 1.0)
        return out

    def index(self, product: str) -> Floats:
        """World demand (month,) over base demand, factors included."""
        share = self.base.regional(product, "use")
        return self.units(product) / self.base.products[product].units * (self.factor(product) @ share)

    # ------------------------------------------------------------------ capacity

    def lead(self, stage: str) -> tuple[float, float, float]:
        """Lead time of new capacity [yr]: low, central, high."""
        row = self.base.tables["lead_times"].one(stage=stage)
        factor = self.base.value("lead_time_factor")
        return (
            factor * float(row["low_yr"]),
            factor * float(row["central_yr"]),
            factor * float(row["high_yr"]),
        )

    def online(self, stage: str) -> Floats:
        """Share (month, region) of capacity decided on at the start that works already.

        Lead times are log-normal around the central value, low and high as 5 and 95 %.
        """
        low, central, high = self.lead(stage)
        sigma = math.log(high / low) / (2 * Z95)
        out = np.zeros((self.n, len(self.regions)))
        for i, region in enumerate(self.regions):
            years = np.maximum(self._years(stage, region), 1e-9)
            if sigma <= 0:
                out[:, i] = np.where(years >= central, 1.0, 0.0)
            else:
                out[:, i] = ndtr(np.log(years / central) / sigma)
        return out

    def _years(self, stage: str, region: str) -> Floats:
        """Years (month,) since the start, as lead times see them where policies change permits."""
        shifted = self.policies.years_since(stage, region)
        return self.base.days / DAYS_PER_YEAR if shifted is None else shifted

    @cached_property
    def stock_left(self) -> Floats:
        """Part (month,) of the base year's change of stocks that goes on: it falls to nothing in a year."""
        if self.scenario.rules.stock_change == "forever":
            return np.ones(self.n)
        return np.clip(self.base.value("stock_change_end_year") - self.base.years, 0.0, 1.0)

    def need(self, material: str) -> Floats:
        """Supply (month,) that demand asks for, over that of the base year, changes of stocks included."""
        change = self.base.stock_change[material]
        wanted = self.base.course(self.base.demand_total(material)) + change * self.stock_left
        return np.asarray(wanted / wanted[0])

    def capacity_from_data(self, process: str, stage: str, material: str, base: Floats) -> Floats:
        """Capacity (month, region) over base for a process with announced paths.

        Parameters
        ----------
        base : (region,) float [t/yr]
            Base output on the path.
        """
        rule = getattr(self.scenario.capacity, stage)
        flat = np.ones((self.n, len(self.regions)))
        if rule == "base":
            return flat
        need = self.need(material)[:, None]
        if rule == "demand":
            return np.asarray(flat * need)
        stated = {int(row["year"]) for row in self.base.tables["capacity_paths"].where(process=process)}
        by_year = {year: self.base.supply_of(process, year) for year in sorted(stated)}
        announced = flat
        if any(by_year.get(self.base.base_year, ())):  # else nothing is announced
            for i, start in enumerate(by_year[self.base.base_year]):
                if start > 0:
                    announced[:, i] = self.base.course({y: v[i] / start for y, v in by_year.items()})
            announced *= self._with_new_places(by_year, announced, base)[:, None]
        if rule in ("announced", "invest"):  # what firms add themselves comes in the run
            return announced
        world = (announced * base).sum(axis=1) / base.sum()
        gap = np.maximum(0.0, need[:, 0] - world)
        return np.asarray(announced + gap[:, None] * self.online(stage))

    def normal_from_data(self, stage: str, material: str, capacity: Floats) -> Floats:
        """Normal output (month, region) over base: the path of capacity; where firms invest, what is asked.

        Parameters
        ----------
        capacity : (month, region) float [1]
        """
        if getattr(self.scenario.capacity, stage) != "invest":
            return capacity
        return np.broadcast_to(self.need(material)[:, None], capacity.shape)

    def _with_new_places(self, by_year: dict[int, Floats], announced: Floats, base: Floats) -> Floats:
        """Factor (month,) that gives places with output the announced output of places still without.

        A place that starts after the base year has no firms and no customers there; its tonnes reach the
        market through the places that do.
        """
        total = self.base.course({year: float(tonnes.sum()) for year, tonnes in by_year.items()})
        start = by_year[self.base.base_year]
        return np.asarray(total / (announced @ start))

    def capacity_from_demand(self, stage: str, region: int, announced: Floats, scenario: Floats) -> Floats:
        """Capacity (month,) over base in a region for stages that follow demand.

        The demand case is announced and met in time; what the scenario changes is seen at the start and
        met after the stage's lead time.
        """
        if getattr(self.scenario.capacity, stage) in ("base", "invest"):
            return np.ones_like(scenario)
        late = self._years(stage, self.regions[region]) >= self.lead(stage)[1]
        return np.where(late, scenario, announced)

    # ------------------------------------------------------------------ recovery

    def _over(self, value: Dated | None, base: Floats, with_scenario: bool) -> Floats:
        """Course (month,) of a rate: the tables', and what the scenario says instead."""
        if value is None or not with_scenario:
            return base
        return np.asarray(value.series(self.base.dates, base))

    def _stated(self, table: str, column: str, keys: dict[str, str]) -> Floats | None:
        """Course (month,) of a rate in the tables; None where no row fits."""
        return dated_rows(near(self.base.tables[table], keys), keys, column, self.base.years)

    @kept
    def collection(self, product: str, with_scenario: bool = True) -> Floats:
        """Collection rate (month, region) [1]."""
        out = np.zeros((self.n, len(self.regions)))
        for i, (region, label) in enumerate(zip(self.regions, self.base.table_regions, strict=True)):
            stated = self._stated("collection_rates", "rate", {"product": product, "region": label})
            value = choose(self.scenario.recovery.collection, product=product, region=region)
            out[:, i] = self._over(value, np.zeros(self.n) if stated is None else stated, with_scenario)
            if with_scenario:
                out[:, i] = self.models.collected(product, region, out[:, i])
                out[:, i] = self.policies.collected(product, region, out[:, i])
        return out

    @kept
    def routing(self, product: str, with_scenario: bool = True) -> Floats:
        """Shares (month, region, route) of collected products; they always sum to one."""
        out = self.routing_without_models(product, with_scenario)
        if not with_scenario:
            return out
        regions = enumerate(self.regions)
        return np.stack([self.models.routed(product, region, out[:, i]) for i, region in regions], axis=1)

    @kept
    def routing_without_models(self, product: str, with_scenario: bool = True) -> Floats:
        """The same without business models.

        What a scenario adds to a route is taken from recycling; where it states recycling, from disposal.
        """
        out = np.zeros((self.n, len(self.regions), len(ROUTES)))
        recycling, disposal = ROUTES.index("recycling"), ROUTES.index("disposal")
        rows = self.scenario.recovery.routing
        for i, (region, label) in enumerate(zip(self.regions, self.base.table_regions, strict=True)):
            for j, route in enumerate(ROUTES):
                stated = self._stated(
                    "routing", "share", {"product": product, "region": label, "route": route}
                )
                value = choose(rows, product=product, region=region, route=route)
                out[:, i, j] = self._over(
                    value, np.zeros(self.n) if stated is None else stated, with_scenario
                )
            is_stated = choose(rows, product=product, region=region, route="recycling") is not None
            rest = disposal if is_stated and with_scenario else recycling
            out[:, i, rest] = np.maximum(0.0, out[:, i, rest] + 1 - out[:, i].sum(axis=1))
        out /= out.sum(axis=2, keepdims=True)
        if with_scenario:
            for i, region in enumerate(self.regions):
                out[:, i] = self.policies.routed(product, region, out[:, i])
        return out

    @kept
    def recovery_yield(self, process: str, good: str, region: str, with_scenario: bool = True) -> Floats:
        """Recycling yields (month, material) [1] of one good in one region."""
        out = np.zeros((self.n, len(self.base.materials)))
        for j, material in enumerate(self.base.materials):
            keys = {"process": process, "good": good, "material": material}
            stated = self._stated("recycling_yields", "yield", keys)
            if stated is not None:
                value = choose(self.scenario.recovery.yields, **keys, region=region)
                out[:, j] = self._over(value, stated, with_scenario)
        return out

    def new_scrap(self, good: str, with_scenario: bool = True) -> Floats:
        """Share (month, region) of new scrap that reaches recyclers [1]."""
        stated = np.full(self.n, self.base.value("collection_new_scrap_share"))
        values = [choose(self.scenario.recovery.new_scrap, good=good, region=r) for r in self.regions]
        out = [self._over(value, stated, with_scenario) for value in values]
        if with_scenario:
            out = [self.models.scrap_kept(good, r, o) for r, o in zip(self.regions, out, strict=True)]
        return np.stack(out, axis=1)
