"""Shocks of finance: credit that is cut, interest that rises, customers that pay late (docs/model.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CreditShock:
    """One shock.

    Attributes
    ----------
    start, end : int [min]
    reach : (firm,) float [1]
        1 where the firm is hit, a share where only part of its business is.
    credit_cut : float [1]
        Share of credit lines that is gone.
    extra_interest : float [1/yr]
    delay : float [d]
        Time by which customers pay late.
    """

    start: int
    end: int
    reach: Floats
    credit_cut: float
    extra_interest: float
    delay: float


def part_of_interval(start: int, end: int, t0: int, t1: int) -> float:
    """Part of an interval in which a shock lasts.

    Parameters
    ----------
    start, end : int [min]
        Of the shock.
    t0, t1 : int [min]
        Of the interval, t0 < t1.

    Returns
    -------
    float [1]

    Source
    ------
    Overlap of two intervals.
    """
    return max(0, min(end, t1) - max(start, t0)) / (t1 - t0)


def still_owed(sold: Sequence[Floats], months: Floats) -> Floats:
    """What customers have not paid yet of goods that they got over time.

    Parameters
    ----------
    sold : sequence of (relation,) float [USD]
        Sales of each month, the last month first.
    months : (relation,) float [month]
        Time by which they pay late.

    Returns
    -------
    (relation,) float [USD]
        The sales of so many months: of the last of them a part, as sales are spread over a month.

    Source
    ------
    Days of sales outstanding, textbook.
    """
    owed = np.zeros_like(months)
    for age, value in enumerate(sold):
        owed += np.clip(months - age, 0.0, 1.0) * value
    return owed
