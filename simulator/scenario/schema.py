"""What a scenario and a world may say: frozen types, one per mapping of the files.

Attribute names are the YAML keys. The text under a field is its page in docs/scenarios.md, its entry in the JSON Schema and
the hover of an editor; `unit`, `allowed` and `example` go with it. Shapes and single numbers are checked here,
everything that needs the tables of inputs/ in `check`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from simulator.scenario.dated import Dated, Factor, Rate, as_date, is_number

SCHEMA_VERSION = 1
"""Version of the file format that this Loopcast reads."""

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
MERGED_PATTERN = r"^[A-Z][A-Z0-9]*$"
TRACE_PATTERN = r"^[A-Z][A-Z0-9]*-[a-z][a-z0-9_]*-[0-9]{2,}$"
ANY = "*"
"""Stands for every label of a dimension."""


def _said(
    text: str, example: Any, *, default: Any = ..., unit: str = "", allowed: str = "", **limits: Any
) -> Any:
    """Field with its text, unit, example and, where types alone do not say it, what is allowed."""
    extra: dict[str, Any] = {"unit": unit} if unit else {}
    if allowed:
        extra["allowed"] = allowed
    return Field(default, description=text, examples=[example], json_schema_extra=extra or None, **limits)


def _one_or_many(raw: Any) -> Any:
    return (raw,) if isinstance(raw, str) else raw


def _date(raw: Any) -> Any:
    return as_date(raw) or raw


def _days(raw: Any) -> Any:
    return {"days": raw} if is_number(raw) else raw


Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Labels = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Day = Annotated[date, BeforeValidator(_date)]
NAME_TEXT = "a name: lower-case letters, digits and _, first a letter, at most 64"


class Part(BaseModel):
    """A mapping of a file: unknown keys are faults, nothing is converted, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Regions(Part):
    """Which regions the world has."""

    groups: Literal["default"] = _said(
        "Grouping of countries to start from: `default` is the column `region` of inputs/regions.csv.",
        "default",
        default="default",
    )
    carve: tuple[str, ...] = _said(
        "Countries (ISO3) that become regions of their own; the region they leave keeps the rest.",
        ["COD"],
        default=(),
        allowed="ISO3 codes of inputs/regions.csv",
    )
    merge: dict[Annotated[str, Field(pattern=MERGED_PATTERN, max_length=8)], Labels] = _said(
        "New regions out of whole ones: `{EUR: [EU27, REU]}`. Merging comes after carving.",
        {"EUR": ["EU27", "REU"]},
        default={},
        allowed="a mapping of new codes (capital letters and digits) to lists of two or more regions",
    )


_AGENTS = "Firms simulated in this stage, over all processes and regions; weights say how many enterprises each stands for."


class Agents(Part):
    """How many firms stand for each stage. Every process of every region with flow gets at least one."""

    extraction: int = _said(_AGENTS, 200, default=1, unit="firms", ge=1)
    processing: int = _said(_AGENTS, 160, default=1, unit="firms", ge=1)
    component: int = _said(_AGENTS, 80, default=1, unit="firms", ge=1)
    manufacturing: int = _said(_AGENTS, 320, default=1, unit="firms", ge=1)
    collection: int = _said(_AGENTS, 120, default=1, unit="firms", ge=1)
    recycling: int = _said(_AGENTS, 120, default=1, unit="firms", ge=1)


class Review(Part):
    """How often the firms of a process look at orders and stock."""

    days: float = _said("Time between two reviews; a whole number of minutes.", 7, unit="d", gt=0)
    phase_days: float = _said(
        "First review this long after the start; a whole number of minutes, less than `days`.",
        0,
        default=0.0,
        unit="d",
        ge=0,
    )


class World(Part):
    """Materials, products, regions and firms of a run: a file in worlds/ or a mapping in the scenario."""

    schema_version: Literal[1] = _said("Version of the file format.", 1, default=1)
    name: Name = _said("Name of the world.", "battery_materials", default="world", allowed=NAME_TEXT)
    title: str = _said("Name for readers.", "Battery materials", default="")
    description: str = _said("What it holds and why.", "Lithium and copper in 14 regions.", default="")
    materials: tuple[str, ...] = _said(
        "Materials followed, of inputs/materials.csv. A by-product needs the material it comes with.",
        ["lithium", "cobalt", "nickel", "copper"],
        min_length=1,
        allowed="a list of one or more materials",
    )
    products: tuple[str, ...] = _said(
        "Products for final users, of inputs/products.csv. Every material they contain must be followed.",
        ["ev_battery", "other_lithium"],
        min_length=1,
        allowed="a list of one or more products",
    )
    regions: Regions = _said("Regions.", {"carve": ["COD"]}, default=Regions())
    agents: Agents = _said("Number of firms by stage.", {"extraction": 200}, default=Agents())
    review_days: dict[str, Annotated[Review, BeforeValidator(_days)]] = _said(
        "Days between reviews, by process or stage (a process goes before its stage); a model month (30.4375 d) elsewhere. "
        "A number, or a mapping with `days` and `phase_days`.",
        {"mine_lithium": {"days": 7, "phase_days": 0}},
        default={},
        unit="d",
        allowed="a mapping of processes or stages to days",
    )


class Period(Part):
    """What is simulated, from the first day to the day after the last."""

    start: Day = _said("First day.", "2024-01-01")
    end: Day = _said("Day after the last one.", "2041-01-01")


class Row(Part):
    """A line of a list that sets a value for labels. Of lines that fit, the one with fewest `*` wins, then the later one."""


_REGION = "Region of the world, or `*` for all."
_PRODUCT = "Product of the world, or `*` for all."


class DemandFactor(Row):
    """Factor on the demand for a product."""

    product: str = _said(_PRODUCT, "ev_battery")
    region: str = _said(_REGION, "EU27", default=ANY)
    value: Factor = _said("Factor on demand.", 1.1, unit="1")


class Demand(Part):
    """What final users want."""

    case: Literal["base", "STEPS", "APS", "NZE"] = _said(
        "Demand case of inputs/demand.csv: `base` holds 2024, the others are the IEA's scenarios.",
        "STEPS",
        default="STEPS",
    )
    factors: tuple[DemandFactor, ...] = _said(
        "Factors on that demand.", [{"product": "ev_battery", "value": 1.1}], default=()
    )


CapacityPath = Literal["base", "announced", "announced_then_demand", "demand"]
_CAPACITY = (
    "How capacity of this stage moves: `base` stays at 2024; `announced` follows inputs/capacity_paths.csv and holds its last value; "
    "`announced_then_demand` takes the larger of announced and demand's path; `demand` follows announced demand with the stage's lead time."
)


class Capacity(Part):
    """How much the firms of each stage can make."""

    extraction: CapacityPath = _said(_CAPACITY, "announced", default="announced_then_demand")
    processing: CapacityPath = _said(_CAPACITY, "announced", default="announced_then_demand")
    component: CapacityPath = _said(_CAPACITY, "demand", default="demand")
    manufacturing: CapacityPath = _said(_CAPACITY, "demand", default="demand")
    collection: CapacityPath = _said(_CAPACITY, "demand", default="demand")
    recycling: CapacityPath = _said(_CAPACITY, "demand", default="demand")


class CollectionRate(Row):
    """Share of end-of-life products that collectors get."""

    product: str = _said(_PRODUCT, "ev_battery")
    region: str = _said(_REGION, "EU27", default=ANY)
    value: Rate = _said("Collected over end-of-life.", {"2031-01-01": 0.9, "interpolate": "linear"}, unit="1")


class RouteShare(Row):
    """Share of collected products that takes a route."""

    product: str = _said(_PRODUCT, "ev_battery")
    region: str = _said(_REGION, "EU27", default=ANY)
    route: Literal["repair", "remanufacture", "recycling", "disposal"] = _said(
        "Where the collected product goes. The shares of a product's routes sum to at most 1.", "repair"
    )
    value: Rate = _said("Share of what was collected.", 0.05, unit="1")


class RecyclingYield(Row):
    """Share of a material in treated goods that recyclers recover."""

    process: str = _said("Recycling process, or `*` for all.", "recycle_battery")
    good: str = _said("Good treated (`eol_<product>` or `scrap_<good>`), or `*` for all.", "*", default=ANY)
    material: str = _said("Material of the world, or `*` for all.", "lithium")
    region: str = _said(_REGION, "*", default=ANY)
    value: Rate = _said("Recovered over content treated.", 0.8, unit="1")


class NewScrapShare(Row):
    """Share of manufacturers' scrap that reaches recyclers."""

    good: str = _said("New scrap (`scrap_<good>`), or `*` for all.", "scrap_ev_cell")
    region: str = _said(_REGION, "*", default=ANY)
    value: Rate = _said("Share that reaches recyclers; the rest is lost.", 0.95, unit="1")


class Recovery(Part):
    """Recovery rates: the heart of a scenario. What is not said here keeps the value of inputs/."""

    collection: tuple[CollectionRate, ...] = _said(
        "Collection rates.", [{"product": "ev_battery", "value": 0.9}], default=()
    )
    routing: tuple[RouteShare, ...] = _said(
        "Ways of collected products.", [{"product": "ev_battery", "route": "repair", "value": 0.05}], default=()
    )
    yields: tuple[RecyclingYield, ...] = _said(
        "Recycling yields.", [{"process": "recycle_battery", "material": "lithium", "value": 0.8}], default=()
    )
    new_scrap: tuple[NewScrapShare, ...] = _said(
        "New scrap that reaches recyclers.", [{"good": "scrap_ev_cell", "value": 0.95}], default=()
    )


class Rules(Part):
    """Rules of the firms that can be switched."""

    allocation: Literal["proportional", "largest", "essential", "oldest"] = _said(
        "Who is served first when stock is short.", "proportional", default="proportional"
    )
    spot: bool = _said("Unfilled orders are asked of other known suppliers.", True, default=True)
    switching: bool = _said("Buyers move shares to suppliers that deliver.", True, default=True)
    overtime: bool = _said("Capacity may be exceeded by the process's overtime.", True, default=True)
    trend: bool = _said("Forecasts follow a trend.", True, default=True)
    stock_change: Literal["until_end", "forever"] = _said(
        "Whether the base year's build-up of traders' stocks ends (assumption `stock_change_end_year`) or goes on.",
        "until_end",
        default="until_end",
    )


class Where(Part):
    """Which firms a disruption hits: all that fit every key. A key takes one label or a list of them."""

    stage: Labels = _said("Stages made of firms.", "extraction", default=(), allowed="a stage or a list of stages")
    process: Labels = _said(
        "Processes.", "mine_cobalt_from_copper", default=(), allowed="a process or a list of processes"
    )
    region: Labels = _said(
        "Regions of the world; a country carved out no longer belongs to its region.",
        "CAF",
        default=(),
        allowed="a region or a list of regions",
    )
    material: Labels = _said(
        "Materials that the process makes or treats.",
        "cobalt",
        default=(),
        allowed="a material or a list of materials",
    )
    size: Labels = _said(
        "Size classes.",
        ["micro", "small"],
        default=(),
        allowed="micro, small, medium or large, or a list of them",
    )
    share: float = _said("Share of the capacity of the firms that fit.", 0.5, default=1.0, unit="1", gt=0, le=1)

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """Keys that were given, with their labels."""
        keys = ("stage", "process", "region", "material", "size")
        return {key: getattr(self, key) for key in keys if getattr(self, key)}


class RecoveryShape(Part):
    """How capacity comes back after a disruption's end."""

    shape: Literal["step", "linear", "exponential"] = _said(
        "At once, in a straight line, or fast at first.", "linear", default="step"
    )
    days: float = _said(
        "Length of the straight line, or time constant of the exponential; 0 for a step.",
        180,
        default=0.0,
        unit="d",
        ge=0,
    )


class Outage(Part):
    """Capacity that is gone for a time. Overlapping outages multiply what is left."""

    name: Name = _said("Name of the disruption, once per scenario.", "drc_outage", allowed=NAME_TEXT)
    kind: Literal["outage"] = _said("Kind of disruption.", "outage")
    where: Where = _said("Whom it hits.", {"process": "mine_cobalt_from_copper", "region": "CAF"})
    announced: Day | None = _said(
        "Day from which firms may know; `start` if left out.", "2026-01-01", default=None, allowed=""
    )
    start: Day = _said("First day.", "2026-01-01")
    end: Day | None = _said(
        "Day on which recovery begins; give this or `duration_days`.", "2027-01-01", default=None
    )
    duration_days: float | None = _said(
        "Length until recovery begins; give this or `end`.", 365, default=None, unit="d", gt=0
    )
    severity: float = _said("Share of capacity that is gone; 0 changes nothing.", 1.0, unit="1", ge=0, le=1)
    recovery: RecoveryShape = _said(
        "How capacity comes back.", {"shape": "linear", "days": 180}, default=RecoveryShape()
    )

    @property
    def announced_on(self) -> date:
        """Day from which firms may know."""
        return self.announced or self.start

    @property
    def lasts_days(self) -> float:
        """Length from the start until recovery begins [d]."""
        if self.duration_days is not None:
            return float(self.duration_days)
        return float((self.end - self.start).days) if self.end else 0.0


class Scenario(Part):
    """A scenario: what is simulated and what differs from the data in inputs/."""

    schema_version: Literal[1] = _said("Version of the file format.", 1)
    name: Name = _said(
        "Name of the scenario and of its folder in outputs/; the file's name if left out.",
        "high_recovery",
        default="scenario",
        allowed=NAME_TEXT,
    )
    title: str = _said("Name for readers; the name if left out.", "Recovery at EU level", default="")
    description: str = _said(
        "What is assumed and where it comes from; shown on the page.", "Collection of 90 % by 2031.", default=""
    )
    extends: Labels = _said(
        "Scenario or list of scenarios to start from: a name beside the file, or a path. Of a list, the later one wins.",
        "reference",
        default=(),
        allowed="the name of a scenario beside this file, a path, or a list of them",
    )
    world: World = _said(
        "Name of a file in worlds/ beside the scenario, a path, or a mapping.",
        "battery_materials",
        allowed="the name of a file in worlds/, a path, or a mapping",
    )
    period: Period = _said("Simulated time.", {"start": "2024-01-01", "end": "2041-01-01"})
    seed: int = _said("Start of all random draws.", 1, default=1, ge=0)
    demand: Demand = _said("Demand.", {"case": "STEPS"}, default=Demand())
    capacity: Capacity = _said("Capacity by stage.", {"extraction": "announced"}, default=Capacity())
    recovery: Recovery = _said(
        "Recovery rates.", {"collection": [{"product": "ev_battery", "value": 0.9}]}, default=Recovery()
    )
    end_of_life: Literal["live", "frozen"] = _said(
        "`live`: products retire by their lifetime; `frozen`: end-of-life goods stay at the base year's flow.",
        "live",
        default="live",
    )
    rules: Rules = _said("Rules of the firms.", {"spot": True}, default=Rules())
    disruptions: tuple[Outage, ...] = _said(
        "Disruptions.",
        [
            {
                "name": "drc_outage",
                "kind": "outage",
                "where": {"process": "mine_cobalt_from_copper", "region": "CAF"},
                "start": "2026-01-01",
                "duration_days": 365,
                "severity": 1.0,
            }
        ],
        default=(),
    )
    parameters: dict[str, float] = _said(
        "Other values for names of inputs/assumptions.csv, inside the range declared there.",
        {"tau_order_days": 90},
        default={},
        unit="as in inputs/assumptions.csv",
        allowed="a mapping of assumptions to numbers",
    )
    trace: tuple[Annotated[str, Field(pattern=TRACE_PATTERN)], ...] = _said(
        "Firms whose full history is written: `<region>-<process>-<number>`.",
        ["CHN-refine_lithium-01"],
        default=(),
        allowed="<region>-<process>-<number>, such as CHN-refine_lithium-01",
    )
    overrides: dict[Name, dict[str, Any]] = _said(
        "Named sets of changes to this scenario, for `--override NAME`.",
        {"slow": {"parameters": {"tau_order_days": 120}}},
        default={},
        allowed="a mapping of names to parts of a scenario",
    )

    def resolved(self) -> dict[str, Any]:
        """Everything the run is told, as plain JSON-able data in a fixed order.

        Returns
        -------
        dict
            Loads again to the same scenario; without `extends` and `overrides`, which were applied.
        """
        plain = self.model_dump(mode="json", exclude={"extends", "overrides"}, exclude_none=True)
        plain["parameters"] = dict(sorted(plain["parameters"].items()))
        return plain


def choose(rows: tuple[Any, ...], **labels: str) -> Dated | None:
    """Value of the line that fits labels best: fewest `*`, then the later one.

    Parameters
    ----------
    rows : tuple of Row
        Lines of one list, such as `scenario.recovery.collection`.
    **labels : str
        Every key of the line but `value`, such as `product="ev_battery", region="CHN"`.

    Returns
    -------
    Dated or None
        None where no line fits: the value of inputs/ holds.
    """
    best: Dated | None = None
    fewest = len(labels) + 1
    for row in rows:
        said = [getattr(row, key) for key in labels]
        if all(there in (ANY, label) for there, label in zip(said, labels.values(), strict=True)):
            stars = said.count(ANY)
            if stars <= fewest:
                best, fewest = row.value, stars
    return best
