"""A result held against the observations of a case: points, comparisons, the case, all cases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from simulator.validation.cases import Case, spans_of, window_of
from simulator.validation.measures import MEASURES, Path
from simulator.validation.observations import Observation
from simulator.validation.periods import Span, span
from simulator.validation.schema import Comparison, Simulated
from simulator.validation.scores import Judged, Scale, judge_date, judge_value, mean

if TYPE_CHECKING:
    import xarray as xr

YEAR_AGO = 1


@dataclass(frozen=True)
class Point:
    """One observation and what was simulated for it.

    Attributes
    ----------
    variable, period, source, basis : str
        Of the observation.
    when : Span
    observed, low, high : float
        In the unit of the comparison; nan where only a band, or only a date, was observed.
    simulated : float
        nan where the run has none, or a date is compared.
    day : date or None
        Simulated date, where dates are compared.
    judged : Judged
    """

    variable: str
    period: str
    source: str
    basis: str
    when: Span
    observed: float
    low: float
    high: float
    simulated: float
    day: date | None
    judged: Judged


@dataclass(frozen=True)
class Compared:
    """A comparison with its points.

    Attributes
    ----------
    comparison : Comparison
    points : tuple of Point
    path : Path
    scale : float
        What the values of the path are divided by.
    shift : float
        What is taken from them first.
    """

    comparison: Comparison
    points: tuple[Point, ...]
    path: Path
    scale: float = 1.0
    shift: float = 0.0

    @property
    def is_timing(self) -> bool:
        """Whether dates are compared."""
        return self.comparison.aspect.endswith("_date")

    @property
    def score(self) -> float:
        """Mean score of the points."""
        return mean(point.judged.score for point in self.points)


@dataclass(frozen=True)
class Outcome:
    """A case as it came out.

    Attributes
    ----------
    case : Case
    compared : tuple of Compared
    parameters : dict of str to float
        Assumptions that ruled the run.
    parameter_hash : str
    """

    case: Case
    compared: tuple[Compared, ...]
    parameters: dict[str, float]
    parameter_hash: str

    @property
    def groups(self) -> dict[str, float]:
        """Score of each variable."""
        names = list(dict.fromkeys(each.comparison.group for each in self.compared))
        return {
            name: mean(each.score for each in self.compared if each.comparison.group == name)
            for name in names
        }

    @property
    def score(self) -> float:
        """Mean over the variables."""
        return mean(self.groups.values())

    @property
    def points(self) -> list[Point]:
        """All points."""
        return [point for each in self.compared for point in each.points]


def group_scores(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Score of each variable over all cases that have it."""
    names = sorted({name for outcome in outcomes for name in outcome.groups})
    return {
        name: mean(outcome.groups[name] for outcome in outcomes if name in outcome.groups) for name in names
    }


def overall(outcomes: Sequence[Outcome]) -> float:
    """Mean over cases."""
    return mean(outcome.score for outcome in outcomes)


def compare(ds: xr.Dataset, case: Case, scale: Scale) -> tuple[Compared, ...]:
    """All comparisons of a case.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of the case's scenario.
    case : Case
    scale : Scale

    Returns
    -------
    tuple of Compared
    """
    return tuple(held(ds, comparison, case.observations, scale) for comparison in case.file.comparisons)


def held(
    ds: xr.Dataset, comparison: Comparison, observations: Sequence[Observation], scale: Scale
) -> Compared:
    """One comparison.

    Parameters
    ----------
    ds : xarray.Dataset
    comparison : Comparison
    observations : sequence of Observation
        Of the case.
    scale : Scale

    Returns
    -------
    Compared
    """
    base = [found for text in comparison.base if (found := span(text))]
    path = simulated_path(ds, comparison.simulated, base)
    has_level = bool(base) and comparison.simulated.measure != "recycling_relief"  # its base is inside it
    level = path.over(*base) if has_level else 1.0
    is_difference = comparison.aspect == "difference"
    shift = level if is_difference else 0.0
    over = comparison.per * (1.0 if is_difference or comparison.aspect == "change" else level)
    rows = _rows(comparison, observations)
    points = tuple(
        _point(row, when, comparison, path, (shift, over), observations, scale) for row, when in rows
    )
    return Compared(comparison, points, path, over, shift)


def simulated_path(ds: xr.Dataset, simulated: Simulated, base: Sequence[Span]) -> Path:
    """The simulated quantity over time.

    Parameters
    ----------
    ds : xarray.Dataset
    simulated : Simulated
    base : sequence of Span
        When things were as usual, for measures that ask for it.

    Returns
    -------
    Path
    """
    everywhere = [str(name) for name in ds["region"].values]
    region = [name for name in simulated.region or everywhere if name not in simulated.without]
    words: dict[str, object] = {"region": region}
    function, needs = MEASURES[simulated.measure]
    for key in needs:
        if key == "to":
            words[key] = list(simulated.to) or [name for name in everywhere if name not in region]
        elif key != "region":
            words[key] = list(getattr(simulated, key))
    if simulated.measure == "recycling_relief":
        words["base"] = base
    return function(ds, **words)


def _rows(comparison: Comparison, observations: Sequence[Observation]) -> list[tuple[Observation, Span]]:
    """Observations of a comparison, its base left out unless asked for."""
    chosen = []
    for row in observations:
        if row.variable not in comparison.observed:
            continue
        is_base = comparison.observed_base == "same" and row.period in comparison.base
        if row.period in comparison.periods or (not comparison.periods and not is_base):
            when = spans_of(comparison, row.period)
            chosen += [(row, when)] if when is not None else []
    return chosen


def _point(
    row: Observation,
    when: Span,
    comparison: Comparison,
    path: Path,
    of: tuple[float, float],
    observations: Sequence[Observation],
    scale: Scale,
) -> Point:
    """One observation judged."""
    aspect = comparison.aspect
    window = window_of(comparison) or when
    if aspect.endswith("_date"):
        day = _day(aspect, path, window, of[1] * comparison.back_at)
        nothing = math.nan
        judged = judge_date(day, when, scale)
        numbers = (nothing, nothing, nothing, nothing)
        return Point(row.variable, row.period, row.source, row.basis, when, *numbers, day, judged)
    value, low, high = _observed(row, when, comparison, path, observations)
    simulated = _value(aspect, path, when, window, of)
    if aspect == "change":
        judged = judge_value(1 + simulated, 1 + low, 1 + high, scale)
    else:
        unit = abs(value) if aspect == "difference" and math.isfinite(value) else 1.0
        judged = judge_value(simulated, low, high, scale, unit)
    return Point(
        row.variable, row.period, row.source, row.basis, when, value, low, high, simulated, None, judged
    )


def _observed(
    row: Observation, when: Span, comparison: Comparison, path: Path, observations: Sequence[Observation]
) -> tuple[float, float, float]:
    """Value and band of an observation in the unit of the comparison."""
    if comparison.aspect == "change":
        factor = 0.01 * comparison.factor
        return row.value * factor, row.low * factor, row.high * factor
    factor = comparison.factor / (when.months if path.is_flow and _is_amount(comparison) else 1.0)
    bases = [
        other.value * comparison.factor / (spanned.months if path.is_flow else 1.0)
        for other in observations
        if other.variable == row.variable and other.period in comparison.base
        if (spanned := spans_of(comparison, other.period)) is not None
    ]
    if comparison.observed_base == "same" and bases and comparison.aspect != "difference":
        factor /= mean(bases)
    return row.value * factor, row.low * factor, row.high * factor


def _is_amount(comparison: Comparison) -> bool:
    """Whether observations are amounts of their period, not ratios already."""
    return comparison.observed_base == "same"


def _value(aspect: str, path: Path, when: Span, window: Span, of: tuple[float, float]) -> float:
    """Simulated value of an aspect."""
    shift, over = of
    if aspect == "change":
        before = Span(_year_before(when.start), _year_before(when.end))
        if not (path.covers(before) and path.covers(when)):
            return math.nan
        return path.over(when) / path.over(before) - 1
    if aspect in ("peak", "lowest"):
        return path.extreme(window, aspect == "peak")[0] / over if path.covers(window) else math.nan
    return (path.over(when) - shift) / over if path.covers(when) else math.nan


def _day(aspect: str, path: Path, window: Span, level: float) -> date | None:
    """Simulated date of an aspect."""
    if not path.covers(window):
        return None
    if aspect != "back_date":
        return path.extreme(window, aspect == "peak_date")[1]
    lowest = path.extreme(window, highest=False)[1]
    return path.reaches(level, Span(lowest, window.end), upwards=True)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - YEAR_AGO, day=min(day.day, 28) if day.month == 2 else day.day)
