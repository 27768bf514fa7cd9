"""What a scenario may say: frozen types, one per mapping of the file (more in `schema_<what>`).

Attribute names are the YAML keys. The text under a field is its page in docs/scenarios.md, its entry in the
JSON Schema and the hover of an editor; unit, allowed values and an example go with it. Shapes and single
numbers are checked here, everything that needs the tables of inputs/ in `check`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from simulator.scenario.dated import Dated, Factor, Rate
from simulator.scenario.parts import (
    ANY,
    NAME_PATTERN,
    NAME_TEXT,
    PRODUCT_TEXT,
    REGION_TEXT,
    SCHEMA_VERSION,
    TRACE_PATTERN,
    Day,
    Filters,
    Labels,
    Name,
    Part,
    Row,
    said,
)
from simulator.scenario.schema_disruptions import Outage, RecoveryShape, Where
from simulator.scenario.schema_economy import (
    AccessScore,
    Alliance,
    BusinessModel,
    Guarantee,
    Matching,
    Mechanisms,
    PooledStock,
    Programme,
)
from simulator.scenario.schema_ensemble import Draws
from simulator.scenario.schema_events import Disruption
from simulator.scenario.schema_policies import Policy
from simulator.scenario.schema_projects import Project, Projects
from simulator.scenario.schema_recovery import Recovery
from simulator.scenario.schema_rules import Rules
from simulator.scenario.schema_world import Agents, Regions, Review, World
from simulator.scenario.written import Written, keys_that_fit, put_plain

__all__ = [
    "ANY",
    "NAME_PATTERN",
    "NAME_TEXT",
    "SCHEMA_VERSION",
    "AccessScore",
    "Agents",
    "Alliance",
    "BusinessModel",
    "Capacity",
    "Dated",
    "Factor",
    "Filters",
    "Guarantee",
    "Matching",
    "Mechanisms",
    "Outage",
    "Part",
    "Period",
    "Policy",
    "PooledStock",
    "Programme",
    "Project",
    "Projects",
    "Rate",
    "Recovery",
    "RecoveryShape",
    "Regions",
    "Review",
    "Rules",
    "Scenario",
    "Where",
    "World",
    "choose",
]


class Period(Part):
    """What is simulated, from the first day to the day after the last."""

    start: Day = said("First day.", "2024-01-01")
    end: Day = said("Day after the last one.", "2041-01-01")
    record_days: float | None = said(
        "Length of a reporting interval, a whole number of minutes; a model month (30.4375 d) if left out.",
        30.5,
        default=None,
        unit="d",
        gt=0,
    )


_REGION, _PRODUCT = REGION_TEXT, PRODUCT_TEXT


class DemandFactor(Row):
    """Factor on the demand for a product."""

    product: str = said(_PRODUCT, "ev_battery", allowed="a product of the world, or *")
    region: str = said(_REGION, "EU27", default=ANY, allowed="a region of the world, or *")
    value: Factor = said("Factor on demand.", 1.1, unit="1")


class Demand(Part):
    """What final users want."""

    case: Literal["base", "STEPS", "APS", "NZE", "trend"] = said(
        "Demand case of inputs/demand.csv: `base` holds the base year, the others are the IEA's scenarios; "
        "`trend`, for a world with a past base year, goes on as inputs/history_trends.csv says.",
        "STEPS",
        default="STEPS",
    )
    factors: tuple[DemandFactor, ...] = said(
        "Factors on that demand.", [{"product": "ev_battery", "value": 1.1}], default=()
    )


CapacityPath = Literal["base", "announced", "announced_then_demand", "demand", "invest"]
_CAPACITY = (
    "How capacity of this stage moves: `base` stays at that of the base year; `announced` follows "
    "inputs/capacity_paths.csv "
    "and holds its last value; `announced_then_demand` takes the larger of announced and demand's path; "
    "`demand` follows announced demand with the stage's lead time; `invest` follows announced where the data "
    "have a path and stays at the base year elsewhere, and firms add what they themselves invest in."
)


class Capacity(Part):
    """How much the firms of each stage can make."""

    extraction: CapacityPath = said(_CAPACITY, "announced", default="announced_then_demand")
    processing: CapacityPath = said(_CAPACITY, "announced", default="announced_then_demand")
    component: CapacityPath = said(_CAPACITY, "demand", default="demand")
    manufacturing: CapacityPath = said(_CAPACITY, "demand", default="demand")
    collection: CapacityPath = said(_CAPACITY, "demand", default="demand")
    recycling: CapacityPath = said(_CAPACITY, "demand", default="demand")


class Scenario(Part):
    """A scenario: what is simulated and what differs from the data in inputs/."""

    schema_version: Literal[1] = said("Version of the file format.", 1)
    name: Name = said(
        "Name of the scenario and of its folder in outputs/; the file's name if left out.",
        "high_recovery",
        default="scenario",
        allowed=NAME_TEXT,
    )
    title: str = said("Name for readers; the name if left out.", "Recovery at EU level", default="")
    description: str = said(
        "What is assumed and where it comes from; shown on the page.",
        "Collection of 90 % by 2031.",
        default="",
    )
    extends: Labels = said(
        "Scenarios to start from: a name beside the file, a path, or a list; of a list, the later one wins.",
        "reference",
        default=(),
        allowed="the name of a scenario beside this file, a path, or a list of them",
    )
    world: World = said(
        "Name of a file in worlds/ beside the scenario, a path, or a mapping.",
        "battery_materials",
        allowed="the name of a file in worlds/, a path, or a mapping",
    )
    period: Period = said("Simulated time.", {"start": "2024-01-01", "end": "2041-01-01"})
    seed: int = said("Start of all random draws.", 1, default=1, ge=0)
    demand: Demand = said("Demand.", {"case": "STEPS"}, default=Demand())
    capacity: Capacity = said("Capacity by stage.", {"extraction": "announced"}, default=Capacity())
    recovery: Recovery = said(
        "Recovery rates.", {"collection": [{"product": "ev_battery", "value": 0.9}]}, default=Recovery()
    )
    end_of_life: Literal["live", "frozen"] = said(
        "`live`: products retire by lifetime; `frozen`: end-of-life goods stay at the base year's flow.",
        "live",
        default="live",
    )
    rules: Rules = said("Rules of the firms.", {"spot": True}, default=Rules())
    essential: tuple[str, ...] | None = said(
        "Products that are essential to people, such as those for food, water, energy and health: what users "
        "lack of them is a result of its own, and the rule `allocation: essential` serves their makers "
        "first. Left out: the flag in inputs/products.csv.",
        ["electricity_network"],
        default=None,
        allowed="a list of products of the world",
    )
    disruptions: tuple[Disruption, ...] = said(
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
    policies: tuple[Policy, ...] = said(
        "Policies: levers of a state, each with its cost in the result.",
        [{"name": "no_landfill", "kind": "landfill_ban", "region": "EU27", "value": 0.9}],
        default=(),
    )
    access: tuple[AccessScore, ...] = said(
        "Access scores of enterprises.", [{"score": "finance", "size": "micro", "value": 0.8}], default=()
    )
    mechanisms: Mechanisms = said("Effects of access scores.", {"data": False}, default=Mechanisms())
    programmes: tuple[Programme, ...] = said(
        "Programmes for enterprises.",
        [
            {
                "name": "training_eu",
                "kind": "training",
                "where": {"size": ["micro", "small"], "region": "EU27"},
                "start": "2026-01-01",
                "end": "2031-01-01",
            }
        ],
        default=(),
    )
    business_models: tuple[BusinessModel, ...] = said(
        "Business models that enterprises adopt.",
        [
            {
                "name": "leasing",
                "kind": "product_as_service",
                "product": "ev_battery",
                "start": "2026-01-01",
                "potential": 0.3,
            }
        ],
        default=(),
    )
    alliance: Alliance | None = said(
        "An alliance of enterprises; none if left out.",
        {
            "name": "mrm_ace",
            "where": {"size": ["micro", "small", "medium"]},
            "start": "2025-01-01",
            "join": "benefit",
            "fee_share": 0.001,
            "shared_information": True,
        },
        default=None,
    )
    projects: Projects | None = said(
        "Mines, old tailings and plants that may come, by class of the United Nations classification; none "
        "if left out.",
        {
            "add": [
                {
                    "name": "north_mine",
                    "process": "mine_lithium",
                    "region": "EU27",
                    "e": "E2",
                    "f": "F2.1",
                    "g1_t": 150000,
                    "capacity_per_year": 10000,
                    "break_even": 1.2,
                }
            ]
        },
        default=None,
    )
    parameters: dict[str, float] = said(
        "Other values for names of inputs/assumptions.csv, inside the range declared there.",
        {"tau_order_days": 90},
        default={},
        unit="as in inputs/assumptions.csv",
        allowed="a mapping of assumptions to numbers",
    )
    ensemble: Draws | None = said(
        "How many members are run, and what is drawn for each, where the whole range of results is asked for "
        "(docs/ensembles.md); a single run takes central values.",
        {"members": 100},
        default=None,
    )
    trace: tuple[Annotated[str, Field(pattern=TRACE_PATTERN)], ...] = said(
        "Firms whose full history is written: `<region>-<process>-<number>`.",
        ["CHN-refine_lithium-01"],
        default=(),
        allowed="<region>-<process>-<number>, such as CHN-refine_lithium-01",
    )
    overrides: dict[Name, dict[str, Any]] = said(
        "Named sets of changes to this scenario, for `--override NAME`.",
        {"slow": {"parameters": {"tau_order_days": 120}}},
        default={},
        allowed="a mapping of names to parts of a scenario",
    )

    _written: tuple[Written, ...] = PrivateAttr(default=())
    _unexpanded: tuple[Disruption, ...] | None = PrivateAttr(default=None)

    def resolved(self) -> dict[str, Any]:
        """Everything the run is told, as plain JSON-able data in a fixed order.

        Returns
        -------
        dict
            Loads again to the same scenario; without `extends` and `overrides`, which were applied.
        """
        whole = self.as_written()
        plain = whole.model_dump(
            mode="json", exclude={"extends", "overrides"}, exclude_none=True, by_alias=True
        )
        plain["parameters"] = dict(sorted(plain["parameters"].items()))
        for each in self._written:
            if keys_that_fit(whole, each.loc):
                put_plain(plain, each.loc, each.drawn)
        return plain

    @property
    def written(self) -> tuple[Written, ...]:
        """Distributions that stand in place of numbers; the numbers themselves are their central values."""
        return self._written

    def as_written(self) -> Scenario:
        """Scenario with the ways of its file: presets are unexpanded where numbers of theirs are drawn.

        Returns
        -------
        Scenario
        """
        inside = any(each.loc[0] == "disruptions" for each in self._written)
        if self._unexpanded is None or not inside:
            return self
        return self.model_copy(update={"disruptions": self._unexpanded})

    def with_distributions(self, written: Sequence[Written]) -> Scenario:
        """The same scenario, its numbers being the central values of distributions.

        Parameters
        ----------
        written : sequence of Written
            None of them: the present numbers stand as if they had been written.

        Returns
        -------
        Scenario
        """
        found = self.model_copy()
        found._written = tuple(written)
        found._unexpanded = self.disruptions if written else None
        return found


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
        there = [getattr(row, key) for key in labels]
        if all(own in (ANY, label) for own, label in zip(there, labels.values(), strict=True)):
            stars = there.count(ANY)
            if stars <= fewest:
                best, fewest = row.value, stars
    return best
