"""What `case.yaml` may say: an episode, the scenario that repeats it, and what is held against what."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from simulator.scenario.parts import NAME_TEXT, Labels, Name, Part, said
from simulator.validation.measures import MEASURES
from simulator.validation.periods import PERIOD_TEXT

Aspect = Literal["level", "change", "difference", "peak", "lowest", "peak_date", "lowest_date", "back_date"]
ASPECT_NAMES = {
    "level": "value in a period, over that of the base period where there is one",
    "change": "change on the same period a year before, in per cent",
    "difference": "value in a period less that of the base period",
    "peak": "highest value in the window",
    "lowest": "lowest value in the window",
    "peak_date": "when it is highest in the window",
    "lowest_date": "when it is lowest in the window",
    "back_date": "when, after its lowest value in the window, it is first back at `back_at` of the base",
}


def _text(raw: Any) -> Any:
    """A year or a day that YAML read as such, as it was written."""
    if isinstance(raw, date):
        return raw.isoformat()
    return str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw


def _texts(raw: Any) -> Any:
    """One period or many, as texts."""
    return tuple(map(_text, raw)) if isinstance(raw, (list, tuple)) else (_text(raw),)


def _text_values(raw: Any) -> Any:
    return {_text(key): _text(value) for key, value in raw.items()} if isinstance(raw, dict) else raw


Periods = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class Simulated(Part):
    """A quantity of the result."""

    measure: Literal[
        "price",
        "price_ratio",
        "exports",
        "output",
        "concentration",
        "cover",
        "use",
        "recycling_relief",
    ] = said("Which quantity.", "exports")
    good: Labels = said("Goods.", "refined_gallium", default=(), allowed="a good or a list of goods")
    process: Labels = said(
        "Processes.", "refine_gallium", default=(), allowed="a process or a list of processes"
    )
    material: Labels = said("Materials.", "gallium", default=(), allowed="a material or a list of materials")
    region: Labels = said(
        "Regions: of the buyers (price), shippers (exports) or makers (output); all if left out.",
        "CHN",
        default=(),
        allowed="a region or a list of regions",
    )
    without: Labels = said(
        "Regions left out of `region`.", "CHN", default=(), allowed="a region or a list of regions"
    )
    to: Labels = said(
        "Regions of the buyers of exports; all others if left out.",
        "JKT",
        default=(),
        allowed="a region or a list of regions",
    )
    over: Labels = said(
        "Regions whose price stands below the line of a price ratio.",
        "CHN",
        default=(),
        allowed="a region or a list of regions",
    )

    @property
    def needs(self) -> tuple[str, ...]:
        """Labels that the measure takes."""
        return MEASURES[self.measure][1]


class Comparison(Part):
    """One simulated quantity and the observations it is held against."""

    name: Name = said("Name, once per case.", "export_price", allowed=NAME_TEXT)
    title: str = said("What is compared, for readers.", "Price for buyers outside China")
    group: Literal["price", "trade", "output", "demand", "stock", "recycling", "concentration"] = said(
        "Variable under which its score is counted.", "price"
    )
    observed: Labels = said(
        "Column `variable` of observations.csv; a list pools them, each over its own base.",
        "exports, China customs, gallium",
        allowed="a variable of observations.csv, or a list of them",
    )
    periods: Periods = said(
        "Rows to use, by their column `date_or_period`; all of the variable but the base if left out.",
        ["2011-Q3", "2014-Q4"],
        default=(),
        allowed="periods of observations.csv",
    )
    dates: Annotated[dict[str, str], BeforeValidator(_text_values)] = said(
        "How periods are read that are no dates.",
        {"peak 2011": "2011-08"},
        default={},
        allowed=f"a mapping of periods to {PERIOD_TEXT}",
    )
    simulated: Simulated = said("Quantity of the result.", {"measure": "price", "good": "refined_gallium"})
    aspect: Aspect = said("What of it is compared.", "level", default="level")
    base: Periods = said(
        "Periods whose mean is 1, for the simulated quantity and, but for `observed_base`, for what was "
        "observed.",
        "2009",
        default=(),
        allowed=PERIOD_TEXT,
    )
    observed_base: Literal["same", "none"] = said(
        "`same`: observations are divided by theirs in the base periods; `none`: they are ratios already.",
        "same",
        default="same",
    )
    per: float = said(
        "The simulated ratio is divided by this: a quota over the exports of the base, for example.",
        0.69,
        default=1.0,
        unit="1",
        gt=0,
    )
    factor: float = said(
        "Observations times this are in the unit of the simulated quantity.", 0.01, default=1.0, gt=0
    )
    window: str = said(
        "Months looked through for a peak, low or return: first and last.",
        "2010-07/2012-12",
        default="",
        allowed="two months, such as 2010-07/2012-12",
    )
    back_at: float = said(
        "Share of the base at which a quantity is back.", 0.9, default=0.9, unit="1", gt=0, le=1
    )
    note: str = said("What to know when reading it.", "The quota did not cover all products.", default="")


class CaseFile(Part):
    """A documented episode."""

    schema_version: Literal[1] = said("Version of the file format.", 1)
    title: str = said("Name for readers.", "Rare earths 2010 to 2014")
    tests: str = said("What the case tests.", "Two prices, and how long a crisis lasts.")
    description: str = said("What happened, and what is left out.", "China cut its quota.", default="")
    scenario: Any = said(
        "Scenario that repeats the episode: a file in the folder, the name of a scenario, or a mapping.",
        "scenario.yaml",
        allowed="a file in the folder, the name of a scenario, or a mapping",
    )
    comparisons: tuple[Comparison, ...] = said(
        "What is held against what.", [], min_length=1, allowed="a list of one or more comparisons"
    )
