"""How far a simulated value lies from an observed one, as an error, a score from 0 to 1, and a verdict.

A ratio error is the natural logarithm of simulated over observed, counted from the nearest end of the
observed band where there is one; its score is the smaller over the larger, so a factor of two scores one
half. A timing error is in days from the observed period; its score halves with every `halving_days`. The
score of a comparison is the mean over its points, that of a variable the mean over its comparisons, that of a
case the mean over its variables, and the whole the mean over cases.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from simulator.validation.periods import Span

if TYPE_CHECKING:
    from simulator.scenario.tables import Tables

FORMULA = (
    "Score of a value: the smaller over the larger of simulated and observed (nearest end of the observed "
    "band), of a date: halves with every {halving:.0f} d; hit: within a factor of {factor:g}, or "
    "{days:.0f} d. Values below {floor:g} of the base count as that. Score of a comparison: mean of points; "
    "of a variable, a case, the whole: mean over comparisons, variables, cases."
)


@dataclass(frozen=True)
class Scale:
    """What counts as near.

    Attributes
    ----------
    hit_factor : float [1]
        A value within this factor of the observed band is a hit.
    hit_days : float [d]
        A date within so many days of the observed period is a hit.
    halving_days : float [d]
        Timing error that halves the score.
    floor : float [1]
        Values below this share of the base count as this share: a ratio of nothing has no meaning.
    """

    hit_factor: float
    hit_days: float
    halving_days: float
    floor: float

    @classmethod
    def of(cls, tables: Tables) -> Scale:
        """Scale of the table `assumptions`."""
        names = ("hit_factor", "hit_days", "halving_days", "floor")
        return cls(*(tables.assumption(f"validation_{name}") for name in names))

    @property
    def text(self) -> str:
        """The formula with its numbers."""
        return FORMULA.format(
            halving=self.halving_days, factor=self.hit_factor, days=self.hit_days, floor=self.floor
        )


@dataclass(frozen=True)
class Judged:
    """An error and what it is worth.

    Attributes
    ----------
    error : float [1] or [d]
        Logarithm of a ratio, or days; 0 inside the band, positive where simulated is higher or later; nan
        where the run does not reach so far.
    score : float [1]
        0 to 1.
    is_hit : bool
    """

    error: float
    score: float
    is_hit: bool


MISSING = Judged(float("nan"), 0.0, False)
"""Nothing simulated: a miss."""


def judge_value(simulated: float, low: float, high: float, scale: Scale, unit: float = 1.0) -> Judged:
    """A simulated value against an observed band.

    Parameters
    ----------
    simulated : float [any]
    low, high : float [the same]
        Ends of the band; the observed value twice where there is none. One may be infinite.
    scale : Scale
    unit : float [the same]
        Size of the base; the floor is a share of it.

    Returns
    -------
    Judged
    """
    if not math.isfinite(simulated):
        return MISSING
    floor = scale.floor * unit
    value, bottom, top = (max(number, floor) for number in (simulated, low, high))
    error = math.log(value / min(max(value, bottom), top))
    return Judged(error, math.exp(-abs(error)), abs(error) <= math.log(scale.hit_factor) + 1e-12)


def judge_date(simulated: date | None, observed: Span, scale: Scale) -> Judged:
    """A simulated date against the period in which it was observed.

    Parameters
    ----------
    simulated : date or None
        None where it never came.
    observed : Span
    scale : Scale

    Returns
    -------
    Judged
    """
    if simulated is None:
        return MISSING
    last = observed.end.toordinal() - 1
    day = simulated.toordinal()
    error = float(day - min(max(day, observed.start.toordinal()), last))
    return Judged(error, 0.5 ** (abs(error) / scale.halving_days), abs(error) <= scale.hit_days)


def mean(scores: Iterable[float]) -> float:
    """Mean; nan of nothing."""
    numbers = list(scores)
    return sum(numbers) / len(numbers) if numbers else float("nan")
