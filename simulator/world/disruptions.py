"""What a disruption leaves of capacity, demand or collection, as an exact function of continuous time.

Time is in whole minutes since the start of the scenario (model, sections 2 and 11). The deficit of one
event rises evenly to its severity over the onset, stays there until the end, then falls: at once
(`step`), evenly (`linear`), with a time constant (`exponential`) or through the points of a `table`.
Overlapping events multiply what remains.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SHAPES = ("step", "linear", "exponential", "table")

TAIL = 40.0
"""Time constants after which an exponential recovery counts as complete: exp(-40) is below rounding."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True)
class UptimeCurve:
    """Course of one event, the same for all that it hits.

    Attributes
    ----------
    start, end : int [min]
        The deficit is full on [start + onset, end).
    severity : float [1]
        Share lost, in [0, 1].
    shape : {"step", "linear", "exponential", "table"}
        Course of the recovery after `end`.
    recovery : int [min]
        Length of a linear, time constant of an exponential recovery; 0 means at once.
    onset : int [min]
        Time over which the deficit grows evenly to its full size; at most the duration.
    table : tuple of (int [min], float [1])
        For `table`: times after `end`, rising, and the part of the deficit left then; straight lines from 1
        at `end` through them; nothing is lost from the last one on.
    """

    start: int
    end: int
    severity: float
    shape: str = "step"
    recovery: int = 0
    onset: int = 0
    table: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        if self.end < self.start or not 0.0 <= self.severity <= 1.0 or self.recovery < 0:
            raise ValueError(f"an outage needs start <= end, severity in [0, 1], recovery >= 0: {self}")
        if self.shape not in SHAPES:
            raise ValueError(f"unknown shape of recovery: {self.shape}")
        if not 0 <= self.onset <= self.end - self.start:
            raise ValueError(f"an outage needs an onset from 0 to its duration: {self}")
        times = [0, *(time for time, _ in self.table)]
        if (self.shape == "table") != bool(self.table) or times != sorted(set(times)):
            raise ValueError(f"the shape table needs a table with rising times: {self}")
        if not all(0.0 <= left <= 1.0 for _, left in self.table):
            raise ValueError(f"a table of recovery holds parts from 0 to 1: {self}")

    @property
    def over(self) -> int:
        """First minute at which nothing is lost any more [min]."""
        if self.shape == "step":
            return self.end
        if self.shape == "table":
            return self.end + self.table[-1][0]
        return self.end + (self.recovery if self.shape == "linear" else math.ceil(TAIL * self.recovery))

    def is_active(self, t0: int, t1: int) -> bool:
        """Whether anything is lost between two instants [min]."""
        is_loss = self.severity > 0.0 and self.end > self.start
        return is_loss and self.start < max(t1, t0 + 1) and self.over > t0

    def deficit(self, t: ArrayLike) -> Floats:
        """Share of capacity lost at an instant.

        Parameters
        ----------
        t : (...,) float or int [min]

        Returns
        -------
        (...,) float [1]

        Source
        ------
        Proposal of this project (model, section 11).
        """
        time = np.asarray(t, dtype=float)
        after = np.maximum(time - self.end, 0.0)
        if self.shape == "table":
            at, parts = self._knots()
            left = np.where(time < self.over, np.interp(after, at, parts), 0.0)
        elif self.shape == "step" or self.recovery == 0:
            left = np.where(time < self.end, 1.0, 0.0)
        elif self.shape == "linear":
            left = np.maximum(1.0 - after / self.recovery, 0.0)
        else:
            left = np.where(time < self.over, np.exp(-after / self.recovery), 0.0)
        if self.onset:
            left = left * np.clip((time - self.start) / self.onset, 0.0, 1.0)
        hit = (time >= self.start) & (self.end > self.start)
        return np.where(hit, self.severity * left, 0.0)

    def deficit_integral(self, t0: int, t1: int) -> float:
        """Capacity lost between two instants, in minutes of full capacity.

        Parameters
        ----------
        t0, t1 : int [min]
            t0 <= t1.

        Returns
        -------
        float [min]
            Exact: closed form of each piece.

        Source
        ------
        Proposal of this project (model, section 2).
        """
        if not self.is_active(t0, t1):
            return 0.0
        full: float = max(0, min(t1, self.end) - max(t0, self.start + self.onset))
        if self.onset:
            first = max(t0, self.start) - self.start, min(t1, self.start + self.onset) - self.start
            if first[1] > first[0]:
                full += (first[1] - first[0]) * 0.5 * (first[0] + first[1]) / self.onset
        a, b = max(t0, self.end) - self.end, min(t1, self.over) - self.end
        tail = 0.0
        if b > a and self.shape == "linear":
            tail = (b - a) * (1.0 - 0.5 * (a + b) / self.recovery)
        elif b > a and self.shape == "exponential":
            tail = -self.recovery * math.exp(-a / self.recovery) * math.expm1(-(b - a) / self.recovery)
        elif b > a and self.shape == "table":
            at, parts = self._knots()
            times = np.unique(np.clip([a, *at, b], a, b))
            tail = float(np.trapezoid(np.interp(times, at, parts), times))
        return self.severity * (full + tail)

    def _knots(self) -> tuple[Floats, Floats]:
        """Times after `end` [min] and part of the deficit left, the end itself included."""
        at, parts = zip(*((0, 1.0), *self.table), strict=True)
        return np.array(at, dtype=float), np.array(parts)


@dataclass(frozen=True)
class StockLoss:
    """Stocks that are destroyed at one instant.

    Attributes
    ----------
    at : int [min]
    slots : (slot,) int
        Stocks that are hit.
    share : float [1]
        Part of each that is lost.
    """

    at: int
    slots: NDArray[np.int64]
    share: float


def uptime(curves: Sequence[UptimeCurve], exposure: ArrayLike, t: float) -> Floats:
    """Share of capacity that works at one instant.

    Parameters
    ----------
    curves : sequence of UptimeCurve, length D
    exposure : (D, firm) float [1]
        How far each outage reaches each firm, in [0, 1].
    t : float [min]

    Returns
    -------
    (firm,) float [1]
        Product over outages of 1 - exposure x deficit; exactly 1 where nothing is lost.

    Source
    ------
    Proposal of this project (model, section 11): overlaps multiply what remains.
    """
    reach = np.asarray(exposure, dtype=float)
    result = np.ones(reach.shape[1])
    for curve, x in zip(curves, reach, strict=True):
        result *= 1.0 - x * curve.deficit(t)
    return result


def mean_uptime(curves: Sequence[UptimeCurve], exposure: ArrayLike, t0: int, t1: int) -> Floats:
    """Mean share of capacity that works over an interval.

    Parameters
    ----------
    curves : sequence of UptimeCurve, length D
    exposure : (D, firm) float [1]
        How far each outage reaches each firm, in [0, 1].
    t0, t1 : int [min]
        Ends of the interval; where they are equal the value at that instant is given.

    Returns
    -------
    (firm,) float [1]
        Exactly 1 where nothing is lost. One outage at a time: closed form; overlaps:
        Gauss-Legendre between all break points, error below 1e-12.

    Source
    ------
    Proposal of this project (model, sections 2 and 11).
    """
    reach = np.asarray(exposure, dtype=float)
    if t1 <= t0:
        return uptime(curves, reach, t0)
    active = [k for k, curve in enumerate(curves) if curve.is_active(t0, t1)]
    if not active:
        return np.ones(reach.shape[1])
    if len(active) == 1:
        return 1.0 - reach[active[0]] * (curves[active[0]].deficit_integral(t0, t1) / (t1 - t0))
    patterns, which = np.unique(reach[active], axis=1, return_inverse=True)
    return np.clip(_overlap([curves[k] for k in active], patterns, t0, t1), 0.0, 1.0)[which.ravel()]


def mean_factor(curves: Sequence[UptimeCurve], reach: ArrayLike, t0: int, t1: int) -> Floats:
    """Mean factor on a rate over an interval; where demand comes on top the factor is above 1.

    Parameters
    ----------
    curves : sequence of UptimeCurve, length D
    reach : (D, cell) float [1]
        1 where an event takes, -1 where it adds, 0 where it does nothing.
    t0, t1 : int [min]
        t0 < t1.

    Returns
    -------
    (cell,) float [1]
        Mean of the product over events of 1 - reach x deficit, as exact as `mean_uptime`.

    Source
    ------
    Proposal of this project (model, section 11): factors on demand multiply.
    """
    whole = np.asarray(reach, dtype=float)
    active = [k for k, curve in enumerate(curves) if curve.is_active(t0, t1)]
    if not active:
        return np.ones(whole.shape[1])
    patterns, which = np.unique(whole[active], axis=1, return_inverse=True)
    return _overlap([curves[k] for k in active], patterns, t0, t1)[which.ravel()]


def _overlap(curves: Sequence[UptimeCurve], exposure: Floats, t0: int, t1: int) -> Floats:
    """Mean of the product of what several outages leave, by pieces.

    Parameters
    ----------
    curves : sequence of UptimeCurve, length D
    exposure : (D, pattern) float [1]
    t0, t1 : int [min]

    Returns
    -------
    (pattern,) float [1]
    """
    result = np.ones(exposure.shape[1])
    for k, x in enumerate(exposure.T):
        hit = [curve for curve, reach in zip(curves, x, strict=True) if reach != 0.0]
        if len(hit) < 2:
            lost = sum(curve.deficit_integral(t0, t1) for curve in hit)
            result[k] = 1.0 - x.sum() * (lost / (t1 - t0))  # all others are 0
            continue
        left, right = _pieces(hit, t0, t1)
        times = left[:, None] + (right - left)[:, None] * (0.5 * (_NODES + 1.0))
        remain = np.ones_like(times)
        for curve, reach in zip(curves, x, strict=True):
            remain *= 1.0 - reach * curve.deficit(times)
        result[k] = 1.0 - ((right - left) @ ((1.0 - remain) @ (0.5 * _WEIGHTS))) / (t1 - t0)
    return result


def _pieces(curves: Sequence[UptimeCurve], t0: int, t1: int) -> tuple[Floats, Floats]:
    """Ends of intervals inside which every curve is smooth and changes by less than exp(1)."""
    cuts = {float(t0), float(t1)}
    for curve in curves:
        breaks = [curve.start, curve.start + curve.onset, curve.end, curve.over]
        breaks += [curve.end + time for time, _ in curve.table]
        cuts |= {float(t) for t in breaks if t0 < t < t1}
        if curve.shape == "exponential" and curve.recovery:
            first, last = max(t0, curve.end), min(t1, curve.over)
            n = math.ceil((last - first) / curve.recovery)
            cuts |= {float(t) for t in np.linspace(first, last, n + 1)} if n > 0 else set()
    edges = np.array(sorted(cuts))
    return edges[:-1], edges[1:]
