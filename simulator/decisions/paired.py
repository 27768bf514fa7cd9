"""Differences between two scenarios, member by member, and whether there are enough members.

Members of two ensembles with the same seed share their draws, so each pair differs only by what the files
differ in. The difference of each pair is taken first, its mean and median after.

Two intervals are given. Student's, of the mean, is the one that verdicts follow: it assumes that means of
many differences are near normal. That of the median, from the sign test, assumes nothing but independent
members. Members out of a Sobol sequence lie more evenly than independent ones: both intervals are then
rather too wide than too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    Numbers = np.ndarray[Any, np.dtype[np.float64]]

HIGHER = "higher"
LOWER = "lower"
NO_CHANGE = "no detectable change"
TOO_FEW = "too few members"

LEVEL = 0.95
"""Confidence of an interval that nobody chose otherwise [1]."""
ROUNDING = 1e-9
"""Differences smaller than this part of what is compared are rounding: laws hold to it [1]."""
MOST_MEMBERS = 10**9
"""Where counting the members needed ends."""


@dataclass(frozen=True)
class Interval:
    """An estimate and where it may lie.

    Attributes
    ----------
    value, low, high : float
        In the unit of the outcome; NaN where there are too few members.
    """

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of what lies between the ends."""
        return (self.high - self.low) / 2.0

    @property
    def holds_zero(self) -> bool:
        """Whether zero lies in it, ends included."""
        return self.low <= 0.0 <= self.high


NOT_KNOWN = Interval(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class Difference:
    """One outcome of a scenario less that of the baseline, over pairs of members.

    Attributes
    ----------
    outcome, scenario, baseline : str
    n : int
        Pairs in which both are known.
    n_missing : int
        Pairs left out because one of them is not known.
    mean, median : Interval
    share_higher, share_lower : float [1]
        Pairs in which the scenario is higher, and in which it is lower.
    level : float [1]
    verdict : str
        `HIGHER`, `LOWER`, `NO_CHANGE` or `TOO_FEW`.
    n_needed : int or None
        Members at which the mean seen would be told from zero; None if it is zero.
    gain : float [1]
        How many times more members unpaired runs would need for the same interval; NaN if there is nothing
        to compare.
    """

    outcome: str
    scenario: str
    baseline: str
    n: int
    n_missing: int
    mean: Interval
    median: Interval
    share_higher: float
    share_lower: float
    level: float
    verdict: str
    n_needed: int | None
    gain: float


@dataclass(frozen=True)
class Step:
    """The mean and its interval over the first members.

    Attributes
    ----------
    n : int
    mean : Interval
    """

    n: int
    mean: Interval


def differences(scenario: Numbers, baseline: Numbers) -> Numbers:
    """Differences of the pairs in which both are known; rounding is zero.

    Parameters
    ----------
    scenario, baseline : (member,) float
        NaN where a member failed or has no such outcome.

    Returns
    -------
    (pair,) float

    Raises
    ------
    ValueError
        They have not the same number of members.
    """
    a, b = np.asarray(scenario, dtype=float), np.asarray(baseline, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"{a.size} and {b.size} members cannot be paired")
    found = apart(a, b)
    return found[np.isfinite(found)]


def apart(scenario: Numbers, baseline: Numbers) -> Numbers:
    """Differences of pairs of any shape, NaN where one is not known; parameters as in `differences`."""
    found = scenario - baseline
    least = ROUNDING * np.maximum(np.abs(scenario), np.abs(baseline))
    return np.asarray(np.where(np.abs(found) <= least, 0.0, found))


def of_mean(values: Numbers, level: float = LEVEL) -> Interval:
    """Student's interval of a mean.

    Parameters
    ----------
    values : (pair,) float
    level : float [1]

    Returns
    -------
    Interval
        Without ends if there are fewer than two values.

    Source
    ------
    Student (1908), Biometrika 6, 1-25.
    """
    if len(values) == 0:
        return NOT_KNOWN
    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean, float("nan"), float("nan"))
    half = student(len(values), level) * float(np.std(values, ddof=1)) / np.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def of_median(values: Numbers, level: float = LEVEL) -> Interval:
    """Interval of a median by the sign test: two order statistics; holds for any distribution.

    Parameters are those of `of_mean`; there are no ends where there are too few values for any (fewer than
    six at 95 %).

    Source
    ------
    Conover, W. J. (1999), Practical Nonparametric Statistics, 3rd ed., section 3.2.
    """
    n = len(values)
    if n == 0:
        return NOT_KNOWN
    ordered = np.sort(values)
    median = float(np.median(ordered))
    below = _sign_test(n, level)
    if below < 0:
        return Interval(median, float("nan"), float("nan"))
    return Interval(median, float(ordered[below]), float(ordered[n - 1 - below]))


def compare(
    scenario: Numbers,
    baseline: Numbers,
    *,
    names: tuple[str, str] = ("scenario", "baseline"),
    outcome: str = "outcome",
    level: float = LEVEL,
) -> Difference:
    """Difference of one outcome between two scenarios.

    Parameters
    ----------
    scenario, baseline : (member,) float
        One member of each in every place.
    names : tuple of str
        Of both.
    outcome : str
    level : float [1]

    Returns
    -------
    Difference
    """
    apart = differences(scenario, baseline)
    mean = of_mean(apart, level)
    known = np.isfinite(scenario) & np.isfinite(baseline)
    alone = (
        sum(float(np.var(side[known], ddof=1)) for side in (scenario, baseline)) if len(apart) > 1 else 0.0
    )
    together = float(np.var(apart, ddof=1)) if len(apart) > 1 else 0.0
    return Difference(
        outcome=outcome,
        scenario=names[0],
        baseline=names[1],
        n=len(apart),
        n_missing=len(known) - len(apart),
        mean=mean,
        median=of_median(apart, level),
        share_higher=float(np.mean(apart > 0.0)) if len(apart) else float("nan"),
        share_lower=float(np.mean(apart < 0.0)) if len(apart) else float("nan"),
        level=level,
        verdict=verdict(mean),
        n_needed=members_needed(apart, abs(mean.value), level) if len(apart) > 1 else None,
        gain=alone / together if together > 0.0 else float("nan"),
    )


def verdict(mean: Interval) -> str:
    """The word for an interval: where it holds zero, there is no detectable change.

    Parameters
    ----------
    mean : Interval

    Returns
    -------
    str
    """
    if not np.isfinite(mean.half_width):
        return TOO_FEW
    if mean.holds_zero:
        return NO_CHANGE
    return HIGHER if mean.value > 0.0 else LOWER


def members_needed(values: Numbers, half_width: float, level: float = LEVEL) -> int | None:
    """Members at which the interval of the mean would be that narrow, as far as these values tell.

    Parameters
    ----------
    values : (pair,) float
        At least two.
    half_width : float
        Wanted, in the unit of the values.
    level : float [1]

    Returns
    -------
    int or None
        None if no number of members is enough.
    """
    spread = float(np.std(values, ddof=1))
    if not half_width > 0.0:
        return None if spread > 0.0 or half_width < 0.0 or not values.any() else 2

    def is_enough(n: int) -> bool:
        return bool(student(n, level) * spread / np.sqrt(n) <= half_width)

    few, many = 1, 2
    while not is_enough(many):
        few, many = many, 2 * many
        if many > MOST_MEMBERS:
            return None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if is_enough(middle) else (middle, many)
    return many


def convergence(values: Numbers, level: float = LEVEL) -> list[Step]:
    """How the mean and its interval settle as members are added, at 2, 4, 8 … and all members.

    Parameters
    ----------
    values : (member,) float
        In the order of the members; those that are not known are left out.
    level : float [1]

    Returns
    -------
    list of Step
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    counts: list[int] = []
    n = 2
    while n < len(known):
        counts.append(n)
        n *= 2
    if len(known):
        counts.append(len(known))
    return [Step(n, of_mean(known[:n], level)) for n in counts]


def exceedance(values: Numbers) -> list[tuple[float, float]]:
    """Curve of exceedance: each value and the share of members that reach or pass it.

    Parameters
    ----------
    values : (member,) float

    Returns
    -------
    list of (float, float [1])
        Values rise, shares fall; equal values stand once.
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    steps, counts = np.unique(known, return_counts=True)
    reached = np.cumsum(counts[::-1])[::-1] / max(len(known), 1)
    return [(float(step), float(share)) for step, share in zip(steps, reached, strict=True)]


def sentence(found: Difference, unit: str = "") -> str:
    """What a difference says, for people.

    Parameters
    ----------
    found : Difference
    unit : str

    Returns
    -------
    str
    """
    of = f"{found.outcome}: {found.scenario} against {found.baseline}"
    ends = f"{100.0 * found.level:g} % interval {found.mean.low:.4g} to {found.mean.high:.4g}"
    mean = f"{found.mean.value:+.4g} {unit}".rstrip()
    if found.verdict == TOO_FEW:
        return f"{of}: {TOO_FEW} to tell ({found.n})"
    if found.verdict == NO_CHANGE:
        return f"{of}: {NO_CHANGE} ({mean}, {ends}, {found.n} members)"
    size = f"{abs(found.mean.value):.4g} {unit}".rstrip()
    return f"{of}: {found.verdict} by {size} ({ends}, {found.n} members)"


@cache
def student(n: int, level: float) -> float:
    """Half of an interval that holds a part of Student's distribution [1] with n - 1 degrees of freedom."""
    from scipy.stats import t

    return float(t.ppf(0.5 + level / 2.0, n - 1))


@cache
def _sign_test(n: int, level: float) -> int:
    """Values below the lower end of the interval of a median; -1 where there are too few for any."""
    from scipy.stats import binom

    below = int(binom.ppf((1.0 - level) / 2.0, n, 0.5))
    while below >= 0 and binom.cdf(below, n, 0.5) > (1.0 - level) / 2.0:
        below -= 1
    return below


def steps_as_rows(steps: Sequence[Step]) -> list[dict[str, float]]:
    """Convergence as rows of a table.

    Parameters
    ----------
    steps : sequence of Step

    Returns
    -------
    list of dict
        Keys n, mean, low, high, half_width.
    """
    return [
        {"n": step.n, "mean": mean.value, "low": mean.low, "high": mean.high, "half_width": mean.half_width}
        for step in steps
        for mean in (step.mean,)
    ]
