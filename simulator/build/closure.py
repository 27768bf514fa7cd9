"""The base year by label: how supply, demand and recovery of each material close, and how they move on.

Rules of closure (docs/model.md, base year): one balance per material; every use is a product or in the
remainder; content is scaled to the use's tonnes by one printed factor; a surplus is a change of stocks that
ends; recovered scrap of primary-only balances is added to supply and demand alike.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.build.kept import kept
from simulator.build.products import BASE_CASE, NEW_SCRAP, OLD_SCRAP, Products
from simulator.build.select import dated_rows, near
from simulator.errors import Fault, InputError, Place
from simulator.world.lifetime import survival_table
from simulator.world.state import MONTHS_PER_YEAR, Floats
from simulator.world.use import dynamic_stock, hibernate

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario
    from simulator.scenario.tables import Tables


REVIEWS_TO_TREATMENT = 2
"""Reviews from the end of a month to the treatment of what was collected in it."""


class Closure(Products):
    """Everything about the base year and its continuation that has a label.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
    member : int
        Member of the ensemble.

    Raises
    ------
    InputError
        When the tables do not carry the world.
    """

    def __init__(self, scenario: Scenario, tables: Tables, member: int = 0) -> None:
        super().__init__(scenario, tables, member)
        self._close_secondary()

    # ------------------------------------------------------------------ end of life

    def survival(self, product: str, n: int, factor: float = 1.0) -> Floats:
        """Survival (month,) of a product's cohorts."""
        row: dict[str, Any] = self.tables["products"].one(product=product)
        return survival_table(
            n, str(row["lifetime_family"]), float(row["lifetime_mean_yr"]), row["lifetime_sd_yr"],
            row["lifetime_shape"], step=1 / MONTHS_PER_YEAR, factor=factor,
        )  # fmt: skip

    @kept
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
        rows = near(self.tables[table], keys)
        found = dated_rows(rows, keys, column, np.array([float(self.base_year)]))
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
        use = self.regional(product, "use")
        return float(use @ np.array([self.recovered_in(product, material, r) for r in self.table_regions]))

    @kept
    def recovered_in(self, product: str, material: str, region: str) -> float:
        """Share of end-of-life material that comes back in the base year in a region of the tables."""
        good = f"eol_{product}"
        process = self.treats(good)
        if process is None:
            return 0.0
        collected = self.rate("collection_rates", "rate", {"product": product, "region": region})
        routed = self.rate("routing", "share", {"product": product, "region": region, "route": "recycling"})
        return collected * routed * self.recycling_yield(process, good, material)

    def _close_secondary(self) -> None:
        """Scale stocks in use so that base-year scrap is what the tables say; else add it to both sides."""
        self.secondary: dict[str, float] = {}
        self.mined = {m: self._supply(m, "extraction") for m in self.materials}
        self.refined_total = {m: self._supply(m, "processing") for m in self.materials}
        self.stated_secondary = {
            m: float(self.refined_total[m].sum() - self.mined[m].sum())
            for m in self.materials
            if self.counts(m) == OLD_SCRAP
        }
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
        """End-of-life units and tonnes that recyclers treat in the base year, sales at base.

        A month's products are collected at its end, sent at the next review and treated at the one after: the
        first reviews of the year treat the base flow, so that flow is the mean of the other months.
        """
        item = self.products[name]
        sales = np.full(MONTHS_PER_YEAR, item.units / MONTHS_PER_YEAR)
        _, past = self.past_sales(name)
        inflow = np.concatenate([np.repeat(past / MONTHS_PER_YEAR, MONTHS_PER_YEAR), sales])
        table = self.survival(name, len(inflow))
        n = len(past) * MONTHS_PER_YEAR
        treated = MONTHS_PER_YEAR - REVIEWS_TO_TREATMENT
        units = self.delayed(name, dynamic_stock(inflow, table)[1][n:])[:treated]
        tonnes = {}
        for m in item.materials:
            content = np.concatenate(
                [
                    np.repeat(self.past_content(name, m), MONTHS_PER_YEAR),
                    np.full(MONTHS_PER_YEAR, item.content[m]),
                ]
            )
            flow = self.delayed(name, dynamic_stock(inflow * content, table)[1][n:])[:treated]
            tonnes[m] = float(flow.mean()) * MONTHS_PER_YEAR
        return float(units.mean()) * MONTHS_PER_YEAR, tonnes

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

    def stated_by_group(self, material: str, stage: str) -> dict[str, float]:
        """Tonnes of the base year by region of the tables."""
        out: dict[str, float] = {}
        for row in self.tables["supply"].where(material=material, stage=stage):
            group = self.old_region[str(row["iso3"])]
            out[group] = out.get(group, 0.0) + float(row["tonnes"])
        return out

    def counted_scrap(self, material: str) -> dict[str, float]:
        """Old scrap [t] recovered in the base year by region of the tables."""
        out: dict[str, float] = {}
        for name in (n for n, item in self.products.items() if material in item.materials):
            for row in self.tables["regional_shares"].where(item=name, kind="use"):
                group = str(row["region"])
                tonnes = self.end_of_life[name][1][material] * float(row["share"])
                out[group] = out.get(group, 0.0) + tonnes * self.recovered_in(name, material, group)
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

    def demand_refined(self, material: str) -> float:
        """Tonnes of the base year's uses that take refined metal."""
        return sum(
            self.use_tonnes(name, material)[self.base_year]
            for name, item in self.products.items()
            if material in item.materials and self.takes_refined(name, material)
        )

    def scrap_round(self, material: str) -> float:
        """Tonnes of new scrap that come back as refined metal in the base year."""
        return sum(p.units * p.scrap_recovered.get(material, 0.0) for p in self.products.values())

    @cached_property
    def primary(self) -> dict[str, float]:
        """Tonnes of refined primary metal in the base year, by material."""
        out = {}
        for m in self.materials:
            total = float(self.refined_total[m].sum())
            if self.counts(m) == NEW_SCRAP:
                wanted = self.demand_refined(m) - self.scrap_round(m)
                total = min(wanted, float(self.mined[m].sum()))
            out[m] = total - self.stated_secondary.get(m, 0.0)
        return out

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
            if self.counts(m) == NEW_SCRAP:
                out[m] = self.primary[m] + self.scrap_round(m) - self.demand_refined(m)
            else:
                out[m] = float(self.refined_total[m].sum()) - self.demand_refined(m)
        return out
