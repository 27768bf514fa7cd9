"""Values of a distribution by the share that lies below them; correlations of normal scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

from simulator.scenario.distribution import Distribution
from simulator.scenario.schema_ensemble import Correlation


def quantile(drawn: Distribution, u: float, least: float, most: float) -> float:
    """Value of a distribution below which a share of it lies, cut to a range.

    Parameters
    ----------
    drawn : Distribution
    u : float [1]
        Share, in [0, 1).
    least, most : float
        Range; what lies outside is left out and the rest scaled up (normal, log-normal).

    Returns
    -------
    float

    Source
    ------
    Inverse transform sampling; L. Devroye, Non-Uniform Random Variate Generation, 1986, chapter II.
    """
    family = drawn.distribution
    low, high = drawn.support
    if family == "discrete":
        weights = np.array(drawn.weights or [1.0] * len(drawn.values))
        place = int(np.searchsorted(np.cumsum(weights) / weights.sum(), u, side="right"))
        return drawn.values[min(place, len(drawn.values) - 1)]
    if family == "empirical":
        return float(np.quantile(drawn.values, u))
    low = least if low is None else max(low, least)
    high = most if high is None else min(high, most)
    if family == "uniform":
        return low + (high - low) * u
    if family == "loguniform":
        return math.exp(math.log(low) + (math.log(high) - math.log(low)) * u)
    if family == "triangular":
        return _triangular(low, cast(float, drawn.mode), high, u)
    if family == "beta":
        return low + (high - low) * float(betaincinv(drawn.a, drawn.b, u))
    if family == "normal":
        return _cut_normal(cast(float, drawn.mean), cast(float, drawn.sd), low, high, u)
    centre = math.log(cast(float, drawn.median))
    least, most = (math.log(end) if end > 0 else -math.inf for end in (low, high))
    return math.exp(_cut_normal(centre, cast(float, drawn.sigma), least, most, u))


def _triangular(low: float, mode: float, high: float, u: float) -> float:
    width = high - low
    if width <= 0:
        return mode
    left = (mode - low) / width
    if u < left:
        return low + math.sqrt(u * width * (mode - low))
    return high - math.sqrt((1 - u) * width * (high - mode))


def _cut_normal(mean: float, sd: float, low: float, high: float, u: float) -> float:
    """Value of a normal distribution between two ends."""
    below, above = (float(ndtr((end - mean) / sd)) for end in (low, high))
    return min(high, max(low, mean + sd * float(ndtri(below + u * (above - below)))))


def central(drawn: Distribution, least: float, most: float) -> float:
    """Value that stands for a distribution where nothing is drawn.

    Parameters
    ----------
    drawn : Distribution
    least, most : float
        Range of its key.

    Returns
    -------
    float
        The mode of a triangular distribution, the median of all others.
    """
    if drawn.distribution == "triangular":
        return cast(float, drawn.mode)
    return quantile(drawn, 0.5, least, most)


def pearson(together: Sequence[str], correlations: Sequence[Correlation]) -> NDArray[np.float64]:
    """Correlations of normal scores.

    Parameters
    ----------
    together : sequence of str
        Names of the factors.
    correlations : sequence of Correlation

    Returns
    -------
    (factor, factor) float [1]
    """
    matrix = np.eye(len(together))
    for pair in correlations:
        i, j = (together.index(name) for name in pair.between)
        matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * pair.rank / 6)
    return matrix
