"""Which labels a world has: what inputs/ holds, cut to the world's choice."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from simulator.errors import InputError, nearest
from simulator.scenario.schema import World
from simulator.scenario.tables import Tables
from simulator.terms import FIRM_STAGES, SIZES

Rows = list[dict[str, Any]]


class Labels:
    """Labels of a world.

    Parameters
    ----------
    world : World
    tables : Tables
        A table that could not be read counts as empty; what rests on it is then not checked.
    """

    def __init__(self, world: World, tables: Tables) -> None:
        self.world, self.tables = world, tables

    def rows(self, name: str) -> Rows:
        """Rows of a table, none if it is not there."""
        try:
            return list(self.tables[name].rows)
        except (InputError, KeyError):
            return []

    def column(self, table: str, name: str) -> list[str]:
        """Different texts of a column, sorted."""
        return sorted({str(row[name]) for row in self.rows(table) if row.get(name) is not None})

    @cached_property
    def region_of(self) -> dict[str, str]:
        """Region of each country, before carving."""
        return {str(row["iso3"]): str(row["region"]) for row in self.rows("regions") if row.get("iso3")}

    @cached_property
    def table_regions(self) -> list[str]:
        """Regions of inputs/regions.csv."""
        return sorted(set(self.region_of.values()))

    @cached_property
    def carved(self) -> dict[str, str]:
        """Region of each country, carving done."""
        carve = {iso3 for iso3 in self.world.regions.carve if iso3 in self.region_of}
        return {iso3: iso3 if iso3 in carve else region for iso3, region in self.region_of.items()}

    @cached_property
    def world_region_of(self) -> dict[str, str]:
        """Region of each country in the world: carved, then merged."""
        new = {old: code for code, olds in self.world.regions.merge.items() for old in olds}
        return {iso3: new.get(region, region) for iso3, region in self.carved.items()}

    @cached_property
    def regions(self) -> list[str]:
        """Regions of the world."""
        return sorted(set(self.world_region_of.values()))

    def region_like(self, label: object) -> str:
        """Region that was probably meant: of a country (code or name), or with a name like it."""
        if not isinstance(label, str):
            return ""
        for row in self.rows("regions"):
            if label.lower() in (str(row.get("iso3")).lower(), str(row.get("country")).lower()):
                return self.world_region_of.get(str(row["iso3"]), "")
        return nearest(label, self.regions)

    @cached_property
    def region_now(self) -> dict[str, str]:
        """Region of the world in which most of a table's region is; for tables by region."""
        found: dict[str, str] = {}
        merged = {old: code for code, olds in self.world.regions.merge.items() for old in olds}
        for region in self.table_regions:
            found[region] = merged.get(region, region)
        return found

    @cached_property
    def products(self) -> list[str]:
        """Products of the world that inputs/products.csv has."""
        known = self.column("products", "product")
        return [product for product in self.world.products if product in known]

    @cached_property
    def goods(self) -> dict[str, dict[str, Any]]:
        """Row of each good."""
        return {str(row["good"]): row for row in self.rows("goods")}

    @cached_property
    def components(self) -> set[str]:
        """Components of the world's products, as far as they hold a material that is followed."""
        makers = {row.get("output"): str(row["process"]) for row in self.rows("processes")}
        parts = {
            good
            for product in self.world.products
            for good in self.inputs.get(makers.get(product, ""), ())
            if self.goods.get(good, {}).get("kind") == "component"
        }
        return {part for part in parts if self.taken(makers.get(part, ""))}

    @cached_property
    def inputs(self) -> dict[str, set[str]]:
        """Goods that each process takes."""
        found: dict[str, set[str]] = {}
        for row in self.rows("process_inputs"):
            found.setdefault(str(row["process"]), set()).add(str(row["input"]))
        return found

    def taken(self, process: str) -> set[str]:
        """Materials of the world that a process takes as such."""
        goods = self.inputs.get(process, set())
        return {str(self.goods.get(good, {}).get("material")) for good in goods} & set(self.world.materials)

    def has_good(self, good: str) -> bool:
        """Whether a good occurs in the world."""
        row = self.goods.get(good)
        if row is None:
            return False
        if row.get("material"):
            return row["material"] in self.world.materials
        root = str(row.get("product") or good)
        return root in self.world.products or root in self.components

    @cached_property
    def treats(self) -> dict[str, set[tuple[str, str]]]:
        """Goods and materials of each recycling process, as far as they occur in the world."""
        found: dict[str, set[tuple[str, str]]] = {}
        for row in self.rows("recycling_yields"):
            if self.has_good(str(row["good"])) and row["material"] in self.world.materials:
                found.setdefault(str(row["process"]), set()).add((str(row["good"]), str(row["material"])))
        return found

    @cached_property
    def contents(self) -> dict[str, set[str]]:
        """Materials in each product."""
        found: dict[str, set[str]] = {}
        for row in self.rows("content"):
            if row.get("kg_per_unit"):
                found.setdefault(str(row["product"]), set()).add(str(row["material"]))
        return found

    @cached_property
    def processes(self) -> dict[str, dict[str, Any]]:
        """Row of each process that occurs in the world."""
        found = {}
        for row in self.rows("processes"):
            process, output = str(row["process"]), row.get("output")
            if self.has_good(str(output)) if output else (process in self.treats or not self.treats):
                found[process] = row
        return found

    def materials_of(self, process: str) -> set[str]:
        """Materials that a process makes or treats."""
        output = self.processes[process].get("output")
        if not output:
            return {material for _, material in self.treats.get(process, set())} or set(self.world.materials)
        good = self.goods[str(output)]
        if good.get("material"):
            return {str(good["material"])}
        root = str(good.get("product") or output)
        if root in self.components:
            return self.taken(process)
        return self.contents.get(root, set()) & set(self.world.materials)

    def sizes_of(self, stage: str) -> set[str]:
        """Size classes with firms in a stage."""
        rows = [row for row in self.rows("size_classes") if row["stage"] == stage]
        return {str(row["size"]) for row in rows if row.get("enterprise_share")} if rows else set(SIZES)

    def regions_of(self, process: str) -> set[str]:
        """Regions of the world in which a process has, or will have, output; all where no table tells."""
        rows = self.rows("supply") + self.rows("capacity_paths")
        by_country = {str(row["iso3"]) for row in rows if row["process"] == process and row.get("tonnes")}
        if any(row["process"] == process for row in rows):
            return {self.world_region_of[iso3] for iso3 in by_country if iso3 in self.world_region_of}
        output = self.processes[process].get("output")
        shares = [
            row
            for row in self.rows("regional_shares")
            if row["kind"] == "manufacturing" and row["item"] in (process, output)
        ]
        if not shares or self.world.regions.carve:
            return set(self.regions)
        return {
            self.region_now.get(str(row["region"]), str(row["region"])) for row in shares if row.get("share")
        }


def unique(labels: Iterable[str]) -> list[str]:
    """Labels once each, in their order."""
    return list(dict.fromkeys(labels))


def stage_names() -> tuple[str, ...]:
    """Stages made of firms."""
    return FIRM_STAGES
