"""What a world may say: a file in worlds/, or a mapping in the scenario."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from simulator.scenario.dated import is_number
from simulator.scenario.parts import MERGED_PATTERN, NAME_TEXT, Labels, Name, Part, said
from simulator.scenario.schema_sourcing import Cover, Source, as_cover


def _days(raw: Any) -> Any:
    return {"days": raw} if is_number(raw) else raw


class Regions(Part):
    """Which regions the world has."""

    groups: Literal["default"] = said(
        "Grouping of countries to start from: `default` is the column `region` of inputs/regions.csv.",
        "default",
        default="default",
    )
    carve: tuple[str, ...] = said(
        "Countries (ISO3) that become regions of their own; the region they leave keeps the rest.",
        ["COD"],
        default=(),
        allowed="ISO3 codes of inputs/regions.csv",
    )
    merge: dict[Annotated[str, Field(pattern=MERGED_PATTERN, max_length=8)], Labels] = said(
        "New regions out of whole ones: `{EUR: [EU27, REU]}`. Merging comes after carving.",
        {"EUR": ["EU27", "REU"]},
        default={},
        allowed="a mapping of new codes (capital letters and digits) to lists of two or more regions",
    )


_AGENTS = "Firms simulated in this stage, over all processes and regions, each standing for many enterprises."


class Agents(Part):
    """How many firms stand for each stage. Every process of every region with flow gets at least one."""

    extraction: int = said(_AGENTS, 200, default=1, unit="firms", ge=1)
    processing: int = said(_AGENTS, 160, default=1, unit="firms", ge=1)
    component: int = said(_AGENTS, 80, default=1, unit="firms", ge=1)
    manufacturing: int = said(_AGENTS, 320, default=1, unit="firms", ge=1)
    collection: int = said(_AGENTS, 120, default=1, unit="firms", ge=1)
    recycling: int = said(_AGENTS, 120, default=1, unit="firms", ge=1)
    least: dict[str, int] = said(
        "Least number of firms in each process of a region, so that a small country has firms of every size "
        "class of its own; they come on top.",
        {"EECA": 8},
        default={},
        unit="firms",
        allowed="a mapping of regions of the world to whole numbers from 1 on",
    )


class Review(Part):
    """How often the firms of a process look at orders and stock."""

    days: float = said("Time between two reviews; a whole number of minutes.", 7, unit="d", gt=0)
    phase_days: float = said(
        "First review this long after the start; a whole number of minutes, less than `days`.",
        0,
        default=0.0,
        unit="d",
        ge=0,
    )


class World(Part):
    """Materials, products, regions and firms of a run: a file in worlds/ or a mapping in the scenario."""

    schema_version: Literal[1] = said("Version of the file format.", 1, default=1)
    name: Name = said("Name of the world.", "battery_materials", default="world", allowed=NAME_TEXT)
    title: str = said("Name for readers.", "Battery materials", default="")
    description: str = said("What it holds and why.", "Lithium and copper in 14 regions.", default="")
    year: int | None = said(
        "Base year in the past that the world is calibrated to: output by country, prices and places of use "
        "are those of the tables inputs/history_*.csv, demand is closed to supply. The period must start in "
        "it. Left out: the year of inputs/supply.csv.",
        2009,
        default=None,
        unit="yr",
        ge=2000,
        le=2023,
        allowed="a year for which inputs/history_supply.csv has every material of the world",
    )
    materials: tuple[str, ...] = said(
        "Materials followed, of inputs/materials.csv. A by-product needs the material it comes with.",
        ["lithium", "cobalt", "nickel", "copper"],
        min_length=1,
        allowed="a list of one or more materials",
    )
    products: tuple[str, ...] = said(
        "Products for final users, of inputs/products.csv. Each must contain a material that is followed.",
        ["ev_battery", "other_lithium"],
        min_length=1,
        allowed="a list of one or more products",
    )
    regions: Regions = said("Regions.", {"carve": ["COD"]}, default=Regions())
    agents: Agents = said("Number of firms by stage.", {"extraction": 200}, default=Agents())
    review_days: dict[str, Annotated[Review, BeforeValidator(_days)]] = said(
        "Days between reviews, by process or stage (a process goes before its stage); elsewhere a model "
        "month (30.4375 d). A number, or a mapping with `days` and `phase_days`.",
        {"mine_lithium": {"days": 7, "phase_days": 0}},
        default={},
        unit="d",
        allowed="a mapping of processes or stages to days",
    )
    sourcing: tuple[Source, ...] = said(
        "Where a material comes from in the base year, where that differs from inputs/supply.csv.",
        [{"material": "lithium", "stage": "processing", "region": "CHN", "share": 0.4}],
        default=(),
    )
    cover_days: dict[str, Annotated[Cover, BeforeValidator(as_cover)]] = said(
        "Days of stock that firms aim at, by process or stage (a process goes before its stage); elsewhere "
        "by size class as in inputs/covers.csv. A number is the stock of inputs; a mapping has `input` and "
        "`output`.",
        {"manufacturing": {"input": 30, "output": 7}},
        default={},
        unit="d",
        allowed="a mapping of processes or stages to days",
    )
    utilisation: dict[str, float] = said(
        "Part of capacity used in the base year, by process or stage (a process goes before its stage); "
        "elsewhere as in inputs/processes.csv.",
        {"manufacturing": 0.9},
        default={},
        unit="1",
        allowed="a mapping of processes or stages to numbers above 0 and at most 1",
    )
