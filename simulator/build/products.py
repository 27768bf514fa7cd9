"""Products of a world: what they hold, who makes them, and the content that makes the base year's uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulator.build.kept import kept
from simulator.build.select import dated_rows
from simulator.build.setting import Setting
from simulator.errors import Fault, InputError, Place
from simulator.world.state import Floats

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario
    from simulator.scenario.tables import Row, Tables

BASE_CASE = "base"
NOTHING, OLD_SCRAP, NEW_SCRAP = "nothing", "old_scrap", "new_scrap"
"""What stated refined output holds besides primary metal (column `refined_counts` of the materials table)."""


@dataclass
class Product:
    """A product and its base year.

    Attributes
    ----------
    maker : str
        Process that makes it.
    taker : dict of str to str
        Process that takes each material for it: the maker's, or that of a component.
    made_into : dict of str to str
        Good that the taker makes of each material: the product itself or a component.
    components : dict of str to float
        Components and their amount per unit.
    units, table_units : float [unit/yr]
        Sold in the base year, world; with and without the recovered scrap that closure adds.
    content : dict of str to float [t/unit]
        Contained per unit sold, calibrated.
    factor : dict of str to float [1]
        Calibrated over published content.
    gross : dict of str to float [t/unit]
        Material taken in per unit made, scrap included.
    scrap_recovered : dict of str to float [t/unit]
        Part of the scrap that comes back as refined material.
    stock_factor : float [1]
        Factor on stocks in use that closes secondary supply.
    """

    name: str
    unit: str
    maker: str
    taker: dict[str, str]
    made_into: dict[str, str]
    components: dict[str, float]
    units: float = 0.0
    table_units: float = 0.0
    content: dict[str, float] = field(default_factory=dict)
    factor: dict[str, float] = field(default_factory=dict)
    gross: dict[str, float] = field(default_factory=dict)
    scrap_recovered: dict[str, float] = field(default_factory=dict)
    stock_factor: float = 1.0

    @property
    def materials(self) -> list[str]:
        """Materials that it holds."""
        return list(self.taker)


class Products(Setting):
    """Products, processes and their base-year content.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
    member : int
        Member of the ensemble.
    """

    def __init__(self, scenario: Scenario, tables: Tables, member: int = 0) -> None:
        super().__init__(scenario, tables, member)
        tables = self.tables
        self.processes: dict[str, Row] = {str(row["process"]): row for row in tables["processes"]}
        self.goods: dict[str, Row] = {str(row["good"]): row for row in tables["goods"]}
        self.inputs: dict[str, dict[str, float | None]] = {}
        for row in tables["process_inputs"]:
            self.inputs.setdefault(str(row["process"]), {})[str(row["input"])] = row["amount"]
        self.products = {name: self._product(name) for name in self.world.products}
        self._calibrate()

    def counts(self, material: str) -> str:
        """What stated refined output holds besides primary metal."""
        row = self.tables["materials"].one(material=material)
        return str(row.get("refined_counts") or (OLD_SCRAP if material == "copper" else NOTHING))

    def process_yield(self, process: str) -> float:
        """Stated yield of a process; 1 where the table leaves it to closure."""
        stated = self.processes[process]["process_yield"]
        return 1.0 if stated is None else float(stated)

    def _maker(self, good: str) -> str:
        return next(name for name, row in self.processes.items() if row["output"] == good)

    def _takes(self, process: str, material: str) -> bool:
        """Whether a process takes a material as such, refined or as ore."""
        return any(self.goods[good]["material"] == material for good in self.inputs.get(process, {}))

    def _product(self, name: str) -> Product:
        row = self.tables["products"].one(product=name)
        maker = self._maker(name)
        held = {str(r["material"]) for r in self.tables["content"].where(product=name)}
        taker, made_into, components = {}, {}, {}
        parts = {g: a for g, a in self.inputs.get(maker, {}).items() if self.goods[g]["kind"] == "component"}
        for m in (m for m in self.materials if m in held):
            taker[m], made_into[m] = maker, name
            for part, amount in parts.items():
                if self._takes(self._maker(part), m):
                    taker[m], made_into[m] = self._maker(part), part
                    components[part] = float(amount or 1.0)
        return Product(name, str(row["unit"]), maker, taker, made_into, components)

    def content_of(self, good: str) -> dict[str, float]:
        """Content [t/unit] by material of a product, a component or the new scrap of either."""
        name = str(self.goods[good]["product"]) if self.goods[good]["kind"] == "new_scrap" else good
        if name in self.products:
            return self.products[name].content
        item = next(p for p in self.products.values() if name in p.components)
        return {
            m: item.content[m] / item.components[name] for m in item.materials if item.made_into[m] == name
        }

    @cached_property
    def refined(self) -> dict[str, str]:
        """Refined good of each material."""
        return {str(r["material"]): str(r["good"]) for r in self.goods.values() if r["kind"] == "refined"}

    def takes_refined(self, product: str, material: str) -> bool:
        """Whether a product takes a material as refined metal (else as ore)."""
        return self.refined[material] in self.inputs.get(self.products[product].taker[material], {})

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
        uses = {str(row["use"]) for row in self.tables["uses"].where(material=material)}
        share = {
            use: part for use in sorted(uses) if (part := self.carriers(use, material).get(product, 0.0))
        }
        out: dict[int, float] = {}
        for row in self.tables["demand"].where(material=material):
            year = int(row["year"])
            if row["use"] in share and row["demand_case"] in (BASE_CASE, case):
                out[year] = out.get(year, 0.0) + share[str(row["use"])] * float(row["tonnes"])
        return out

    def carriers(self, use: str, material: str) -> dict[str, float]:
        """Products that carry a use of a material, with their shares; those left out count as remainder."""
        out: dict[str, float] = {}
        for row in self.tables["uses"].where(use=use, material=material):
            name = str(row["product"])
            if name not in self.world.products:
                name = f"other_{material}"
            out[name] = out.get(name, 0.0) + float(row["share"])
        return out

    def ore_share(self, use: str, material: str) -> float:
        """Share of a use whose products take ore instead of refined metal."""
        carriers = self.carriers(use, material)
        return sum(
            s
            for name, s in carriers.items()
            if name in self.products and not self.takes_refined(name, material)
        )

    def _calibrate(self) -> None:
        """Content per unit such that units x content is the use's tonnes in the base year."""
        base = np.array([float(self.base_year)])
        for product in self.products.values():
            row = self.tables["products"].one(product=product.name)
            stated = row["units_2024"]
            if product.unit == "t":
                stated = self.use_tonnes(product.name, str(row["anchor_material"]))[self.base_year]
            product.units = product.table_units = float(stated)
            for m in product.materials:
                tonnes = self.use_tonnes(product.name, m)[self.base_year]
                published = float(self.mix_content(product.name, m, base)[0])
                if not published > 0 or not tonnes > 0:
                    self._refuse_content(product.name, m)
                loss = 1 / self.process_yield(product.taker[m]) - 1
                back = self.scrap_back(product, m)
                # a use counts what is taken in, new scrap too, or what recovered scrap leaves to buy
                taken = 1 + loss if self.counts(m) == NEW_SCRAP else 1 + loss * (1 - back)
                product.content[m] = tonnes / taken / product.units
                product.factor[m] = product.content[m] / published
                product.gross[m] = product.content[m] * (1 + loss)
                product.scrap_recovered[m] = product.content[m] * loss * back

    def _refuse_content(self, product: str, material: str) -> None:
        found = f"{product} holds {material}, but a table gives it no content or no tonnes"
        raise InputError(
            [Fault(Place(self.tables["content"].file), found, "both above 0", rule="no_content")]
        )

    def scrap_back(self, product: Product, material: str) -> float:
        """Share of new scrap that comes back as refined material in the base year."""
        good = f"scrap_{product.made_into[material]}"
        share = float(self.processes[product.taker[material]]["new_scrap_share"])
        process = self.treats(good)
        if not share or process is None:
            return 0.0
        return (
            share * self.value("collection_new_scrap_share") * self.recycling_yield(process, good, material)
        )

    def treats(self, good: str) -> str | None:
        """Recycling process that takes a good."""
        for row in self.tables["process_inputs"].where(input=good):
            if row["process"] in self.processes:
                return str(row["process"])
        return None

    @kept
    def recycling_yield(self, process: str, good: str, material: str) -> float:
        """Recycling yield of the base year [1]."""
        rows = self.tables["recycling_yields"].where(process=process, good=good, material=material)
        found = dated_rows(rows, {}, "yield", np.array([float(self.base_year)]))
        return 0.0 if found is None else float(found[0])
