"""How long products stay in use: distributions, survival tables, hazards (model, section 6).

A survival table S holds, for each age a in whole steps, the share of a cohort still in use at
the end of the step in which its age is a; S[0] belongs to the end of the step of entry.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

FAMILIES = ("weibull", "lognormal", "normal", "folded_normal", "truncated_normal", "gamma", "fixed")

ENTRIES = {"start": 1.0, "middle": 0.5, "end": 0.0}
"""Share of the step of entry that a product has already been in use at its end."""


def survival(
    family: str, age: ArrayLike, mean: float, sd: float | None = None, shape: float | None = None
) -> Floats:
    """Share of a cohort still in use at a given age.

    Parameters
    ----------
    family : str
        `weibull` (by mean and `shape`, else by mean and sd), `lognormal` and `gamma` (mean and sd of the
        lifetime itself; gamma also by `shape`), `normal` (plain: some are lost at age 0),
        `folded_normal` and `truncated_normal` (mean and sd of the normal before it is folded or cut at 0),
        `fixed` (all leave at age = mean).
    age : (...,) float [yr]
    mean : float [yr]
        > 0.
    sd : float, optional [yr]
    shape : float, optional [1]

    Returns
    -------
    (...,) float [1]
        In [0, 1], falls with age.

    Raises
    ------
    ValueError
        For an unknown family, a mean that is not positive or a missing spread.

    Source
    ------
    Textbook distributions; conventions of `normal`, `folded_normal`, `fixed`: ODYM, Pauliuk & Heeren 2020,
    doi:10.1111/jiec.12952 (recalled).
    """
    a = np.asarray(age, dtype=float)
    if family not in FAMILIES:
        raise ValueError(f"unknown lifetime family: {family}")
    if not mean > 0.0:
        raise ValueError("the mean lifetime must be above 0")
    if family == "fixed":
        return np.where(a < mean, 1.0, 0.0)
    if shape is None and not (sd is not None and sd > 0.0):
        raise ValueError(f"{family} needs a standard deviation above 0 or a shape")
    spread = float(sd or 0.0)
    if family == "weibull":
        k = shape if shape is not None else weibull_shape(mean, spread)
        return np.exp(-((np.maximum(a, 0.0) / (mean / math.gamma(1.0 + 1.0 / k))) ** k))
    if family == "gamma":
        k = shape if shape is not None else (mean / spread) ** 2
        return special.gammaincc(k, np.maximum(a, 0.0) * (k / mean))
    if spread == 0.0:
        raise ValueError(f"{family} needs a standard deviation above 0")
    if family == "lognormal":
        sigma = math.sqrt(math.log1p((spread / mean) ** 2))
        with np.errstate(divide="ignore"):
            z = (np.log(np.maximum(a, 0.0)) - (math.log(mean) - 0.5 * sigma**2)) / sigma
        return special.ndtr(-z)
    above = special.ndtr(-(a - mean) / spread)
    if family == "folded_normal":
        return above + special.ndtr((-a - mean) / spread)
    if family == "truncated_normal":
        return np.minimum(above / special.ndtr(mean / spread), 1.0)
    return above


def weibull_shape(mean: float, sd: float) -> float:
    """Shape of the Weibull distribution with a given mean and standard deviation.

    Parameters
    ----------
    mean, sd : float [yr]
        > 0.

    Returns
    -------
    float [1]

    Source
    ------
    Textbook moments: (sd / mean)^2 + 1 = G(1 + 2/k) / G(1 + 1/k)^2, solved for k.
    """
    from scipy.optimize import brentq

    wanted = math.log1p((sd / mean) ** 2)

    def gap(log_k: float) -> float:
        k = math.exp(log_k)
        return math.lgamma(1.0 + 2.0 / k) - 2.0 * math.lgamma(1.0 + 1.0 / k) - wanted

    return math.exp(brentq(gap, math.log(0.05), math.log(500.0), xtol=1e-14, rtol=1e-14))


def survival_table(
    n: int,
    family: str,
    mean: float,
    sd: float | None = None,
    shape: float | None = None,
    *,
    step: float = 1.0,
    entry: str = "end",
    n_points: int = 1,
    factor: float = 1.0,
) -> Floats:
    """Survival by age in whole steps.

    Parameters
    ----------
    n : int
        Ages 0 … n - 1.
    family, mean, sd, shape
        As in `survival`, in years.
    step : float [yr]
        Length of a step; 1/12 for months.
    entry : {"start", "middle", "end"}
        When in their step products enter; `end` gives S[0] = survival at age 0.
    n_points : int
        With more than one, entry is spread evenly over the step (Gauss-Legendre) and `entry` is not used.
    factor : float [1]
        Factor on every lifetime: the age scale is stretched, the form stays.

    Returns
    -------
    (n,) float [1]
        Share of a cohort in use at the end of the step in which its age is a.

    Source
    ------
    flodym, stock models with sub-step quadrature (idea; pik-piam/flodym, MIT); ODYM for `end`.
    """
    if n_points > 1:
        node, weight = np.polynomial.legendre.leggauss(n_points)
        offset, weight = 0.5 * (node + 1.0), 0.5 * weight
    else:
        offset, weight = np.array([ENTRIES[entry]]), np.ones(1)
    age = (np.arange(n) + offset[:, None]) * (step / factor)
    return weight @ survival(family, age, mean, sd, shape)


def hazard(survivors: ArrayLike) -> Floats:
    """Share of those still in use that retires in each step.

    Parameters
    ----------
    survivors : (..., age) float [1]
        Survival table.

    Returns
    -------
    (..., age) float [1]
        h[0] = 1 - S[0] for the step of entry, then 1 - S[a] / S[a - 1]; 1 where none is left.

    Source
    ------
    Textbook life table; model, section 6.
    """
    s = np.asarray(survivors, dtype=float)
    before = np.concatenate([np.ones_like(s[..., :1]), s[..., :-1]], axis=-1)
    kept = np.divide(s, before, out=np.zeros_like(s), where=before > 0.0)
    return np.clip(1.0 - kept, 0.0, 1.0)
