"""What a scenario may say about disruptions: whom they hit, when, for how long, how capacity comes back."""

from __future__ import annotations

from datetime import date
from typing import Literal

from simulator.scenario.parts import NAME_TEXT, Day, Filters, Name, Part, said


class Where(Filters):
    """Which firms a disruption hits: all that fit every key. A key takes one label or a list of them."""

    share: float = said(
        "Share of the capacity of the firms that fit.", 0.5, default=1.0, unit="1", gt=0, le=1
    )


class RecoveryShape(Part):
    """How capacity comes back after a disruption's end."""

    shape: Literal["step", "linear", "exponential"] = said(
        "At once, in a straight line, or fast at first.", "linear", default="step"
    )
    days: float = said(
        "Length of the straight line, or time constant of the exponential; 0 for a step.",
        180,
        default=0.0,
        unit="d",
        ge=0,
    )


class Outage(Part):
    """Capacity that is gone for a time. Overlapping outages multiply what is left."""

    name: Name = said("Name of the disruption, once per scenario.", "drc_outage", allowed=NAME_TEXT)
    kind: Literal["outage"] = said("Kind of disruption.", "outage")
    where: Where = said("Whom it hits.", {"process": "mine_cobalt_from_copper", "region": "CAF"})
    announced: Day | None = said(
        "Day from which firms may know; `start` if left out.", "2026-01-01", default=None, allowed=""
    )
    start: Day = said("First day.", "2026-01-01")
    end: Day | None = said(
        "Day on which recovery begins; give this or `duration_days`.", "2027-01-01", default=None
    )
    duration_days: float | None = said(
        "Length until recovery begins; give this or `end`.", 365, default=None, unit="d", gt=0
    )
    severity: float = said("Share of capacity that is gone; 0 changes nothing.", 1.0, unit="1", ge=0, le=1)
    recovery: RecoveryShape = said(
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
