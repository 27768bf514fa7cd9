"""The base year by label: how supply, demand and recovery of each material close, and how they move on.

Rules of closure (docs/model.md, base year): one balance per material; every use is a product or in the
remainder; content is scaled to the use's tonnes by one printed factor; a surplus is a change of stocks that
ends; recovered scrap of primary-only balances is added to supply and demand alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import Fault, InputError, Place
from simulator.run.select import dated_rows
from simulator.run.setting import Setting
from simulator.world.lifetime import survival_table
from simulator.world.state import MONTHS_PER_YEAR, Floats
from simulator.world.use import dynamic_stock, hibernate

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario
    from simulator.scenario.tables import Tables

BASE_CASE = "base"


@dataclass
class Product:
    """A product and its base year.

    Attributes
    ----------
    units, table_units : float [unit/yr]
        Sold in the base year, world; with and without the recovered scrap that closure adds.
    content : dict of str to float [t/unit]
        Contained per unit sold, calibrated.
    factor : dict of str to float [1]
        Calibrated over published content.
    gross : dict of str to float [t/unit]
        Refined material taken in per unit made, scrap included.
    stock_factor : float [1]
        Factor on stocks in use that closes secondary supply.
    """

    name: str
    unit: str
    component: str | None
    maker: str
    taker: str  # process that takes refined material for it
    process_yield: float
    materials: list[str]
    units: float = 0.0
    table_units: float = 0.0
    content: dict[str, float] = field(default_factory=dict)
    factor: dict[str, float] = field(default_factory=dict)
    gross: dict[str, float] = field(default_factory=dict)
    scrap_recovered: dict[str, float] = field(default_factory=dict)
    stock_factor: float = 1.0


class Closure(Setting):
    """Everything about the base year and its continuation that has a label.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables

    Raises
    ------
    InputError
        When the tables do not carry the world.
    """

    def __init__(self, scenario: Scenario, tables: Tables) -> None:
        super().__init__(scenario, tables)
        self.processes = {str(row["process"]): row for row in tables["processes"]}
        self.products = {name: self._product(name) for name in self.world.products}
        self._calibrate()
        self._close_secondary()

    # ------------------------------------------------------------------ products

    def _product(self, name: str) -> Product:
        row = self.tables["products"].one(product=name)
        makers = [p for p, r in self.processes.items() if r["output"] == name]
        component = row["component"]
        taker = (
            makers[0]
            if not component
            else next(p for p, r in self.processes.items() if r["output"] == component)
        )
        contained = {str(r["material"]) for r in self.tables["content"].where(product=name)}
        return Product(
            name=name,
            unit=str(row["unit"]),
            component=str(component) if component else None,
            maker=makers[0],
            taker=taker,
            process_yield=float(self.processes[taker]["process_yield"]),
            materials=[m for m in self.materials if m in contained],
        )

    def mix_content(self, product: str, material: str, years: Floats) -> Floats:
        """Published content [t/unit] of the mix of variants sold in given years."""
        total = np.zeros(len(years))
        shares = self.tables["variant_shares"].where(product=product)
        variants = sorted({str(row["variant"]) for row in self.tables["content"].where(product=product)})
        for variant in variants:
            rows = self.tables["content"].where(product=product, variant=variant, material=material)
            if not rows:
                continue
            kg = np.interp(
                years, *np.array(sorted((float(r["cohort_year"]), float(r["kg_per_unit"])) for r in rows)).T
            )
            mine = [r for r in shares if r["variant"] == variant]
            share = np.ones(len(years))
            if mine:
                share = np.interp(
                    years, *np.array(sorted((float(r["year"]), float(r["share"])) for r in mine)).T
                )
            elif shares:
                share = np.zeros(len(years))
            total += share * kg / 1000
        return total

    def use_tonnes(self, product: str, material: str) -> dict[int, float]:
        """Tonnes of the uses that a product carries, by year of the demand case; the base year always."""
        case = self.scenario.demand.case
        share: dict[str, float] = {}
        remainder = f"other_{material}"
        for row in self.tables["uses"].where(material=material):
            carrier = str(row["product"])
            if carrier not in self.world.products:
                carrier = remainder  # a product left out of the world stays in the remainder
            if carrier == product:
                share[str(row["use"])] = share.get(str(row["use"]), 0.0) + float(row["share"])
        out: dict[int, float] = {}
        for row in self.tables["demand"].where(material=material):
            year = int(row["year"])
            if row["use"] in share and row["demand_case"] in (BASE_CASE, case):
                out[year] = out.get(year, 0.0) + share[str(row["use"])] * float(row["tonnes"])
        return out

    def _calibrate(self) -> None:
        """Content per unit such that units x content is the use's tonnes in the base year."""
        base = np.array([float(self.base_year)])
        faults = []
        for product in self.products.values():
            row = self.tables["products"].one(product=product.name)
            tonnes = {m: self.use_tonnes(product.name, m)[self.base_year] for m in product.materials}
            published = {m: float(self.mix_content(product.name, m, base)[0]) for m in product.materials}
            anchor = str(row["anchor_material"])
            stated = row["units_2024"]
            if product.unit == "t":
                stated = tonnes[anchor]
            product.units = product.table_units = float(stated)
            for m in product.materials:
                loss = 1 / product.process_yield - 1
                back = self.scrap_back(product, m)
                contained = tonnes[m] / (1 + loss * (1 - back))
                product.content[m] = contained / product.units
                product.factor[m] = product.content[m] / published[m]
                product.gross[m] = product.content[m] * (1 + loss)
                product.scrap_recovered[m] = product.content[m] * loss * back
                if product.unit == "t" and product.factor[m] <= 0:
                    faults.append(product.name)
        if faults:
            raise InputError(
                [
                    Fault(
                        Place(str(self.tables.folder)),
                        ", ".join(faults),
                        "products with content",
                        rule="no_content",
                    )
                ]
            )

    def scrap_back(self, product: Product, material: str) -> float:
        """Share of new scrap that comes back as refined material in the base year."""
        good = f"scrap_{product.component or product.name}"
        row = self.processes[product.taker]
        if not float(row["new_scrap_share"]):
            return 0.0
        process = self.treats(good)
        if process is None:
            return 0.0
        got = self.recycling_yield(process, good, material)
        return float(row["new_scrap_share"]) * self.value("collection_new_scrap_share") * got

    def treats(self, good: str) -> str | None:
        """Recycling process that takes a good."""
        for row in self.tables["process_inputs"].where(input=good):
            if row["process"] in self.processes:
                return str(row["process"])
        return None

    @cache  # noqa: B019 - lives as long as one build
    def recycling_yield(self, process: str, good: str, material: str) -> float:
        """Recycling yield of the base year [1]."""
        rows = self.tables["recycling_yields"].where(process=process, good=good, material=material)
        found = dated_rows(rows, {}, "yield", np.array([float(self.base_year)]))
        return 0.0 if found is None else float(found[0])

    # ------------------------------------------------------------------ end of life

    def survival(self, product: str, n: int, factor: float = 1.0) -> Floats:
        """Survival (month,) of a product's cohorts."""
        row: dict[str, Any] = self.tables["products"].one(product=product)
        return survival_table(
            n, str(row["lifetime_family"]), float(row["lifetime_mean_yr"]), row["lifetime_sd_yr"],
            row["lifetime_shape"], step=1 / MONTHS_PER_YEAR, factor=factor,
        )  # fmt: skip

    @cache  # noqa: B019 - lives as long as one build
    def past_sales(self, product: str) -> tuple[Floats, Floats]:
        """Years and world sales [unit/yr] before the base year, oldest first."""
        rows = self.tables["sales_history"].where(product=product)
        known = {int(r["year"]): float(r["units"]) for r in rows if int(r["year"]) < self.base_year}
        stated = {int(r["year"]): float(r["units"]) for r in rows}
        if not known:
            return np.zeros(0), np.zeros(0)
        years = np.arange(min(known), self.base_year)
        units = np.interp(years, list(known), list(known.values()))
        if self.products[product].unit == "t" and self.base_year in stated:
            units = units * (self.products[product].table_units / stated[self.base_year])
        return years.astype(float), units

    def past_content(self, product: str, material: str) -> Floats:
        """Calibrated content [t/unit] of past sales by year."""
        years, _ = self.past_sales(product)
        return self.mix_content(product, material, years) * self.products[product].factor[material]

    def rate(self, table: str, column: str, keys: dict[str, str]) -> float:
        """Value of the base year from a dated table of rates; an error where none fits."""
        found = dated_rows(self.tables[table].rows, keys, column, np.array([float(self.base_year)]))
        if found is None:
            what = ", ".join(f"{k} = {v}" for k, v in keys.items())
            raise InputError(
                [
                    Fault(
                        Place(self.tables[table].file),
                        f"no row for {what}",
                        "one row, or * for all",
                        rule="no_rate",
                    )
                ]
            )
        return float(found[0])

    def recovered_share(self, product: str, material: str) -> float:
        """Share of end-of-life material that comes back in the base year, mean over regions by use."""
        good = f"eol_{product}"
        process = self.treats(good)
        if process is None:
            return 0.0
        got = self.recycling_yield(process, good, material)
        use = self.regional(product, "use")
        rate = [
            self.rate("collection_rates", "rate", {"product": product, "region": r})
            * self.rate("routing", "share", {"product": product, "region": r, "route": "recycling"})
            for r in self.table_regions
        ]
        return float(use @ np.array(rate)) * got

    def _close_secondary(self) -> None:
        """Scale stocks in use so that base-year scrap is what the tables say; else add it to both sides."""
        self.secondary: dict[str, float] = {}
        self.mined = {m: self._supply(m, "extraction") for m in self.materials}
        self.refined_total = {m: self._supply(m, "processing") for m in self.materials}
        self.stated_secondary = {}
        for m in self.materials:
            total, mined = self.refined_total[m].sum(), self.mined[m].sum()
            if total > mined * (1 + 1e-9):
                self.stated_secondary[m] = float(total - mined)
        first = {name: self._first_year(name) for name in self.products}
        for m, wanted in self.stated_secondary.items():
            fixed = bulk = 0.0
            scaled = []
            for name, item in self.products.items():
                if m not in item.materials:
                    continue
                tonnes = first[name][1][m] * self.recovered_share(name, m)
                if item.unit == "t":
                    bulk += tonnes
                    scaled.append(item)
                else:
                    fixed += tonnes
            if bulk <= 0 or wanted <= fixed:
                raise InputError(
                    [
                        Fault(
                            Place(self.tables["sales_history"].file),
                            f"no scrap of {m} to close on",
                            "a history of sales in t",
                            rule="no_scrap",
                        )
                    ]
                )
            for item in scaled:
                item.stock_factor = (wanted - fixed) / bulk
        self.end_of_life: dict[str, tuple[float, dict[str, float]]] = {}
        for name, item in self.products.items():
            units, mass = first[name]
            factor = item.stock_factor
            self.end_of_life[name] = (units * factor, {m: t * factor for m, t in mass.items()})
        for m in self.materials:
            self.secondary[m] = sum(
                self.end_of_life[n][1][m] * self.recovered_share(n, m)
                for n, p in self.products.items()
                if m in p.materials
            )
        self._add_secondary_to_demand()

    def _first_year(self, name: str) -> tuple[float, dict[str, float]]:
        """End-of-life units and tonnes of the base year, sales at base."""
        item = self.products[name]
        sales = np.full(MONTHS_PER_YEAR, item.units / MONTHS_PER_YEAR)
        _, past = self.past_sales(name)
        inflow = np.concatenate([np.repeat(past / MONTHS_PER_YEAR, MONTHS_PER_YEAR), sales])
        table = self.survival(name, len(inflow))
        n = len(past) * MONTHS_PER_YEAR
        units = self.delayed(name, dynamic_stock(inflow, table)[1][n:])
        tonnes = {}
        for m in item.materials:
            content = np.concatenate(
                [
                    np.repeat(self.past_content(name, m), MONTHS_PER_YEAR),
                    np.full(MONTHS_PER_YEAR, item.content[m]),
                ]
            )
            tonnes[m] = float(self.delayed(name, dynamic_stock(inflow * content, table)[1][n:]).sum())
        return float(units.sum()), tonnes

    def delayed(self, product: str, flow: Floats) -> Floats:
        """Retirement (month,) after hibernation, in steady state before the first month."""
        delay = float(self.tables["products"].one(product=product)["hibernation_mean_yr"])
        pool = np.array([[flow[0] * delay * MONTHS_PER_YEAR]])
        out = np.empty_like(flow)
        for i, retired in enumerate(flow):
            out[i] = hibernate(pool, np.array([[retired]]), 1 / MONTHS_PER_YEAR, np.array([delay]))[0, 0]
        return out

    def _add_secondary_to_demand(self) -> None:
        """Balances of primary material only: recovered scrap is supply and demand of the remainder."""
        self.added: dict[str, float] = {}
        for m in self.materials:
            name = f"other_{m}"
            if m in self.stated_secondary or name not in self.products:
                self.added[m] = 0.0
                continue
            item = self.products[name]
            self.added[m] = self.secondary[m]
            item.units += self.secondary[m]

    # ------------------------------------------------------------------ supply

    def _supply(self, material: str, stage: str) -> Floats:
        """Tonnes (region,) of the base year."""
        out = np.zeros(len(self.regions))
        for row in self.tables["supply"].where(material=material, stage=stage):
            out[self.regions.index(self.region_of[str(row["iso3"])])] += float(row["tonnes"])
        return out

    def supply_of(self, process: str, year: int | None = None) -> Floats:
        """Tonnes (region,) of one process: base year from `supply`, else from `capacity_paths`."""
        out = np.zeros(len(self.regions))
        rows = (
            self.tables["supply"].where(process=process)
            if year is None
            else self.tables["capacity_paths"].where(process=process, year=year)
        )
        for row in rows:
            out[self.regions.index(self.region_of[str(row["iso3"])])] += float(row["tonnes"])
        return out

    @cached_property
    def path_years(self) -> list[int]:
        """Years of announced capacity."""
        return sorted({int(row["year"]) for row in self.tables["capacity_paths"]})

    def demand_total(self, material: str) -> dict[int, float]:
        """Tonnes of all uses by year of the case."""
        out: dict[int, float] = {}
        for row in self.tables["demand"].where(material=material):
            if row["demand_case"] in (BASE_CASE, self.scenario.demand.case):
                year = int(row["year"])
                out[year] = out.get(year, 0.0) + float(row["tonnes"])
        return out

    @cached_property
    def stock_change(self) -> dict[str, float]:
        """Tonnes a year by which supply exceeds demand in the base year, by material."""
        out = {}
        for m in self.materials:
            out[m] = float(self.refined_total[m].sum() - self.demand_total(m)[self.base_year])
        return out
