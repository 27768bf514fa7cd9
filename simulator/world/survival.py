"""How long enterprises live: without revenue, and after their start (docs/model.md, section Money)."""

from __future__ import annotations

import numpy as np
from scipy import special

from simulator.world.state import Floats


def cash_survival(days: Floats, median: float, spread: float) -> Floats:
    """Share of firms alive that long without any revenue or credit.

    Parameters
    ----------
    days : (item,) float [d]
    median : float [d]
        Median over firms of the days that their cash lasts.
    spread : float [1]
        Standard deviation of its logarithm.

    Returns
    -------
    (item,) float [1]

    Source
    ------
    Log-normal cash days: 1 - Phi(ln(T / median) / spread); range after Bosio et al. 2020.
    """
    return np.asarray(special.ndtr(-np.log(np.asarray(days, dtype=float) / median) / spread))


def newborn_parameters(
    early: float, early_share: float, late: float, late_share: float
) -> tuple[float, float]:
    """Weibull life of new enterprises through two shares of survivors.

    Parameters
    ----------
    early, late : float [yr]
    early_share, late_share : float [1]
        Share alive at each age.

    Returns
    -------
    float [1]
        Shape.
    float [yr]
        Scale.

    Source
    ------
    ln(-ln S) is linear in ln t; survivors after 1 and 5 years: Eurostat business demography.
    """
    first, last = np.log(-np.log(early_share)), np.log(-np.log(late_share))
    shape = float((last - first) / np.log(late / early))
    return shape, float(early / np.exp(first / shape))
