"""What a scenario may say about disruptions: the kinds that hit firms, products and stocks.

Kinds that hit trade and money stand in `schema_trade_events`, the union of all of them in `schema_events`.
Every number that may be a distribution is drawn when a world is built; see `simulator.build.events`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Literal

from simulator.scenario.distribution import Amount, Length, Offset, Share, SignedShare, Table
from simulator.scenario.parts import (
    ANY,
    NAME_TEXT,
    PRODUCT_TEXT,
    REGION_TEXT,
    Day,
    Filters,
    Name,
    Part,
    said,
)


class Where(Filters):
    """Which firms a disruption hits: all that fit every key. A key takes one label or a list of them."""

    share: float = said(
        "Share of the capacity of the firms that fit.", 0.5, default=1.0, unit="1", gt=0, le=1
    )


class RecoveryShape(Part):
    """How what was lost comes back after a disruption's end."""

    shape: Literal["step", "linear", "exponential", "table"] = said(
        "At once, in a straight line, fast at first, or through the points of a table.",
        "linear",
        default="step",
    )
    days: float = said(
        "Length of the straight line, or time constant of the exponential; 0 for a step and a table.",
        180,
        default=0.0,
        unit="d",
        ge=0,
    )
    table: Table = said(
        "For `table`: part of the loss that is left so many days after the end, straight lines between; "
        "1 at the end itself, and 0 at the last day.",
        {"30": 0.5, "90": 0},
        default={},
        allowed="days with shares from 0 to 1: {30: 0.5, 90: 0}",
    )

    @property
    def knots(self) -> tuple[tuple[float, float], ...]:
        """Days after the end and part of the loss left then, in order of days."""
        return tuple(sorted((float(day), float(left)) for day, left in self.table.items()))


class Random(Part):
    """Starts that come at random: a Poisson process with a rate."""

    rate_per_year: float = said("Starts a year, on average.", 0.2, unit="1/yr", ge=0)
    from_: Day | None = said(
        "Day from which it may start; the period's start if left out.",
        "2026-01-01",
        default=None,
        alias="from",
    )
    to: Day | None = said(
        "Day before which it must start; the period's end if left out.", "2036-01-01", default=None
    )


class Event(Part):
    """What all kinds of disruptions have."""

    example: ClassVar[dict[str, Any]] = {}
    """One that works in the world battery_materials."""

    name: Name = said("Name of the disruption, once per scenario.", "an_event", allowed=NAME_TEXT)
    announced: Day | None = said(
        "Day from which firms may know; `start` if left out.", "2026-01-01", default=None, allowed=""
    )
    start: Day | None = said("First day; give this or `random`.", "2026-01-01", default=None)
    start_offset_days: Offset = said(
        "Added to `start`, and to `announced`.",
        {"distribution": "uniform", "low": 0, "high": 90},
        default=0.0,
        unit="d",
    )
    random: Random | None = said(
        "Starts at random, each with its own draw of every distribution; give this or `start`.",
        {"rate_per_year": 0.2, "from": "2026-01-01", "to": "2036-01-01"},
        default=None,
    )
    preset: str = said("Preset that it comes from; Loopcast fills it in.", "drc_cobalt_2025", default="")
    source: str = said("Where the numbers come from.", "USGS MCS 2026, cobalt", default="")


class LastingEvent(Event):
    """A disruption with an end."""

    may_go_on: ClassVar[bool] = False
    """Whether it lasts to the period's end where neither `end` nor `duration_days` is given."""

    end: Day | None = said(
        "Day on which recovery begins; give this or `duration_days`.", "2027-01-01", default=None
    )
    duration_days: Length | None = said(
        "Length until recovery begins; give this or `end`.", 365, default=None, unit="d"
    )

    @property
    def lasts_days(self) -> float:
        """Length from the start until recovery begins [d] as stated; 0 where it is open or drawn."""
        if isinstance(self.duration_days, (int, float)):
            return float(self.duration_days)
        return float((self.end - self.start).days) if self.end and self.start else 0.0

    @property
    def announced_on(self) -> date | None:
        """Day from which firms may know."""
        return self.announced or self.start


_ONSET = "Days over which the loss grows to its full size, in a straight line; they belong to the duration."


class FadingEvent(LastingEvent):
    """A disruption whose loss sets in and fades."""

    onset_days: Amount = said(_ONSET, 10, default=0.0, unit="d")
    recovery: RecoveryShape = said(
        "How what was lost comes back.", {"shape": "linear", "days": 180}, default=RecoveryShape()
    )


class Outage(FadingEvent):
    """Capacity that is gone for a time. Overlapping outages multiply what is left."""

    example: ClassVar[dict[str, Any]] = {
        "name": "drc_outage",
        "kind": "outage",
        "where": {"process": "mine_cobalt_from_copper", "region": "CAF"},
        "start": "2026-01-01",
        "duration_days": 365,
        "severity": 0.8,
        "onset_days": 14,
        "recovery": {"shape": "table", "table": {"30": 0.5, "90": 0}},
    }
    kind: Literal["outage"] = said("Kind of disruption.", "outage")
    where: Where = said("Whom it hits.", {"process": "mine_cobalt_from_copper", "region": "CAF"})
    severity: Share = said("Share of capacity that is gone; 0 changes nothing.", 1.0, unit="1")


class Workforce(FadingEvent):
    """Persons who are absent: output is limited by those who are there. Multiplies with outages."""

    example: ClassVar[dict[str, Any]] = {
        "name": "sick_leave",
        "kind": "workforce",
        "where": {"size": ["micro", "small"]},
        "random": {"rate_per_year": 2, "from": "2026-01-01", "to": "2028-01-01"},
        "duration_days": {"distribution": "lognormal", "median": 45, "sigma": 0.4},
        "severity": {"distribution": "triangular", "low": 0.05, "mode": 0.15, "high": 0.4},
    }
    kind: Literal["workforce"] = said("Kind of disruption.", "workforce")
    where: Where = said("Whom it hits.", {"size": ["micro", "small"], "region": "EU27"})
    severity: Share = said("Share of persons absent; 0 changes nothing.", 0.3, unit="1")


class DemandShock(FadingEvent):
    """Final demand that is lost, or comes on top. Overlapping ones multiply."""

    example: ClassVar[dict[str, Any]] = {
        "name": "car_slump",
        "kind": "demand",
        "product": "ev_battery",
        "region": "EU27",
        "start": "2027-01-01",
        "duration_days": 180,
        "severity": 0.3,
    }
    kind: Literal["demand"] = said("Kind of disruption.", "demand")
    product: str = said(PRODUCT_TEXT, "ev_battery", default=ANY, allowed="a product of the world, or *")
    region: str = said(REGION_TEXT, "EU27", default=ANY, allowed="a region of the world, or *")
    severity: SignedShare = said(
        "Share of demand that is lost; negative for demand that comes on top; 0 changes nothing.",
        0.3,
        unit="1",
    )


class CollectionStop(FadingEvent):
    """Collection that stands still: what is not collected goes where the product's uncollected units go."""

    example: ClassVar[dict[str, Any]] = {
        "name": "no_collection",
        "kind": "collection_stop",
        "product": "ev_battery",
        "start": "2027-01-01",
        "duration_days": 60,
        "severity": 1.0,
    }
    kind: Literal["collection_stop"] = said("Kind of disruption.", "collection_stop")
    product: str = said(PRODUCT_TEXT, "ev_battery", default=ANY, allowed="a product of the world, or *")
    region: str = said(REGION_TEXT, "EU27", default=ANY, allowed="a region of the world, or *")
    severity: Share = said("Share of collection that stops; 0 changes nothing.", 1.0, unit="1")


class StockLoss(Event):
    """Stocks on hand that are destroyed at one instant; their mass goes to the fate `disposal`."""

    example: ClassVar[dict[str, Any]] = {
        "name": "warehouse_fire",
        "kind": "stock_loss",
        "where": {"stage": "processing", "region": "CHN", "material": "lithium"},
        "start": "2027-03-01",
        "severity": 0.5,
    }
    kind: Literal["stock_loss"] = said("Kind of disruption.", "stock_loss")
    where: Where = said("Whose stocks.", {"stage": "processing", "region": "CHN"})
    good: str = said(
        "Good of which stocks are lost; all goods that the firms hold if left out.",
        "refined_lithium",
        default="",
        allowed="a good of the world",
    )
    severity: Share = said("Share of the stocks on hand that is lost; 0 changes nothing.", 0.5, unit="1")
