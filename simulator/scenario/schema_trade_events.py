"""What a scenario may say about disruptions of trade, transport and money, and presets of disruptions."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from simulator.scenario.dated import Factor
from simulator.scenario.distribution import Amount, Share
from simulator.scenario.parts import ANY, Day, Labels, Part, said
from simulator.scenario.schema_disruptions import LastingEvent, Where

_FROM = "Regions from which goods leave, or `*` for all."
_TO = "Regions to which they go, or `*` for all others."
_REGIONS = "a region of the world, a list of them, or *"
_STAGES = "Stage whose output is meant, with `material`; all goods that hold it as ore or metal if left out."


class TradeEvent(LastingEvent):
    """A disruption of goods that cross the borders between regions."""

    may_go_on: ClassVar[bool] = True

    from_: Labels = said(_FROM, "CHN", alias="from", allowed=_REGIONS)
    to: Labels = said(_TO, ["EU27", "USA"], default=(ANY,), allowed=_REGIONS)
    good: str = said(
        "Good; give this or `material`.", "refined_lithium", default="", allowed="a good of the world"
    )
    material: str = said(
        "Material: its ore and refined metal, of every stage or of `stage`.",
        "cobalt",
        default="",
        allowed="a material of the world",
    )
    stage: Literal["", "extraction", "processing", "component", "manufacturing"] = said(
        _STAGES, "extraction", default="", allowed="extraction, processing, component, manufacturing"
    )


class ExportRestriction(TradeEvent):
    """Exports that are held back: by a quota, by licences, by a ban. Of several the strictest holds."""

    example: ClassVar[dict[str, Any]] = {
        "name": "cobalt_quota",
        "kind": "export_restriction",
        "form": "quota",
        "from": "CAF",
        "material": "cobalt",
        "stage": "extraction",
        "start": "2026-01-01",
        "end": "2028-01-01",
        "severity": 0.5,
        "enforcement": 0.5,
    }
    kind: Literal["export_restriction"] = said("Kind of disruption.", "export_restriction")
    form: Literal["quota", "licence", "ban"] = said(
        "A quota caps what leaves; licences stop all until they are granted, then let a share through; a ban "
        "stops all.",
        "quota",
    )
    severity: Share | None = said(
        "Share of the reference exports that is held back; 0 changes nothing. A ban holds back all.",
        0.4,
        default=None,
        unit="1",
    )
    tonnes_per_year: Factor | None = said(
        "Quota in tonnes, instead of `severity`.",
        {"2026-01-01": 96600},
        default=None,
        unit="t/yr",
    )
    processing_days: Amount = said(
        "Licence: nothing leaves for so long after the start.", 60, default=0.0, unit="d"
    )
    ramp_days: Amount = said(
        "Licence: days after that over which exports come back to what is granted, in a straight line.",
        90,
        default=0.0,
        unit="d",
    )
    leak: Share = said(
        "Share of what is held back that leaves all the same; then nothing else evades.",
        0.05,
        default=0.0,
        unit="1",
    )
    enforcement: Share = said(
        "With `rules.illicit_trade`: how far a quota is kept from being evaded; 0 as usual, 1 altogether.",
        0.5,
        default=0.0,
        unit="1",
    )


class Tariff(TradeEvent):
    """A duty on goods that cross a border. Several add."""

    example: ClassVar[dict[str, Any]] = {
        "name": "cell_tariff",
        "kind": "tariff",
        "from": "CHN",
        "to": ["USA", "EU27"],
        "good": "ev_cell",
        "start": "2026-01-01",
        "rate": {"2026-01-01": 0.25, "2027-01-01": 0.5},
    }
    kind: Literal["tariff"] = said("Kind of disruption.", "tariff")
    rate: Factor = said("Duty over the price; 0 changes nothing.", 0.25, unit="1")
    enforcement: Share = said(
        "With `rules.illicit_trade`: how far the duty is kept from being evaded; 0 as usual, 1 altogether.",
        0.5,
        default=0.0,
        unit="1",
    )


class Transport(LastingEvent):
    """Goods that are longer on their way. Of several delays the largest holds."""

    may_go_on: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "name": "long_way_round",
        "kind": "transport",
        "from": "CHN",
        "to": "EU27",
        "start": "2026-03-01",
        "duration_days": 30,
        "extra_days": 10,
    }
    kind: Literal["transport"] = said("Kind of disruption.", "transport")
    corridor: str = said(
        "Corridor of inputs/corridors.csv; give this or `from` and `to`.",
        "suez",
        default="",
        allowed="a corridor of inputs/corridors.csv",
    )
    from_: Labels = said(_FROM, "CHN", default=(), alias="from", allowed=_REGIONS)
    to: Labels = said(_TO, "EU27", default=(), allowed=_REGIONS)
    factor: Amount | None = said("Factor on the time under way; 1 changes nothing.", 1.5, default=None)
    extra_days: Amount | None = said(
        "Days on top of the time under way; 0 changes nothing.", 10, default=None, unit="d"
    )
    closed: bool = said(
        "Nothing sets out while it lasts: what would have, waits until it opens.",
        True,
        default=False,
    )


class FinanceShock(LastingEvent):
    """Credit that is cut, interest that rises, customers that pay late."""

    example: ClassVar[dict[str, Any]] = {
        "name": "credit_crunch",
        "kind": "finance",
        "where": {"size": ["micro", "small", "medium"]},
        "start": "2026-01-01",
        "duration_days": 365,
        "credit_cut": 0.5,
        "receivables_delay_days": 30,
    }
    kind: Literal["finance"] = said("Kind of disruption.", "finance")
    where: Where = said("Whom it hits.", {"size": ["micro", "small"], "region": "EU27"})
    credit_cut: Share = said("Share of credit lines that is gone.", 0.5, default=0.0, unit="1")
    extra_interest: Amount = said("Added to the interest.", 0.03, default=0.0, unit="1/yr")
    receivables_delay_days: Amount = said("Days by which customers pay later.", 30, default=0.0, unit="d")


class Preset(Part):
    """A named event of the past: its disruptions, with their sources, come from inputs/disruptions.csv."""

    example: ClassVar[dict[str, Any]] = {
        "preset": "drc_cobalt_2025",
        "start": "2027-01-01",
        "severity_factor": 0.8,
    }
    preset: str = said("Name of the preset.", "drc_cobalt_2025", allowed="a preset of inputs/disruptions.csv")
    start: Day | None = said(
        "First day: the whole preset moves, with announcement and end; its own date if left out.",
        "2027-01-01",
        default=None,
    )
    severity_factor: float = said(
        "Factor on every severity and delay, cut at 1; 0 changes nothing.",
        0.8,
        default=1.0,
        unit="1",
        ge=0,
    )
