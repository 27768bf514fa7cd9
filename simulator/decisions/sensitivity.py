"""Which uncertain numbers matter: one at a time (tornado), Morris' screening, Sobol's shares of variance.

A design says at which probability of its own distribution each factor stands in each run. So any
distribution will do, and designs and their analysis know nothing of what is run between them:

    design = plan("sobol", n_factors=3, n=1024, seed=1)
    outcome = ...                                   # one number per row of the design
    found = analyse("sobol", names, design, outcome, seed=1)

Morris and Sobol are SALib's; the tornado is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import Fault, InputError, Place

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[np.float64]]

METHODS = ("tornado", "morris", "sobol")
LOW, HIGH = 0.05, 0.95
"""Probabilities between which the tornado and Morris' screening move a factor [1]."""
CENTRAL = float("nan")
"""In a design: the factor stands at its central value."""
LEVELS = 4
"""Levels of Morris' grid: the usual choice, with steps of two thirds of the range."""
N_USUAL = {"tornado": 1, "morris": 10, "sobol": 64}
"""Trajectories of Morris and base points of Sobol if nobody chooses."""
EDGE = 2.0**-32
"""Closest that a probability comes to 0 and 1; the sequence has 30 bits."""
CONFIDENCE = 0.95
RESAMPLES = 100
"""Of the bootstrap behind the confidence of Morris and Sobol."""
FLAT = 1e-9
"""An outcome that varies by less than this part of itself does not vary: rounding [1]."""


@dataclass(frozen=True)
class Swing:
    """A bar of the tornado.

    Attributes
    ----------
    factor : str
    low, high : float
        Values of the factor at 5 % and 95 % of its distribution.
    at_low, central, at_high : float
        Outcome with the factor there, the others at their central values.
    swing : float
        Largest less smallest of the three outcomes.
    rank : int
        From 1, the largest swing first.
    """

    factor: str
    low: float
    high: float
    at_low: float
    central: float
    at_high: float
    swing: float
    rank: int


@dataclass(frozen=True)
class Elementary:
    """Morris' measures of a factor, all in the unit of the outcome, per way from 5 % to 95 % of the factor.

    Attributes
    ----------
    factor : str
    mu_star : float
        Mean size of the elementary effects.
    mu_star_conf : float
        Half of its 95 % interval.
    mu : float
        Mean of the effects with their signs.
    sigma : float
        Their standard deviation: effects that depend on the other factors, or bend.
    rank : int
        From 1, the largest `mu_star` first.
    """

    factor: str
    mu_star: float
    mu_star_conf: float
    mu: float
    sigma: float
    rank: int


@dataclass(frozen=True)
class Indices:
    """Sobol's indices of a factor.

    Attributes
    ----------
    factor : str
    s1, s1_conf : float [1]
        Share of the variance that the factor has alone, and half of its 95 % interval.
    st, st_conf : float [1]
        Share with all that it does together with others, and half of its interval.
    rank : int
        From 1, the largest `st` first.
    is_clear : bool
        The interval of `st` does not hold zero.
    """

    factor: str
    s1: float
    s1_conf: float
    st: float
    st_conf: float
    rank: int
    is_clear: bool


def n_runs(method: str, n_factors: int, n: int) -> int:
    """Runs that a method needs.

    Parameters
    ----------
    method : str
        Of `METHODS`.
    n_factors : int
    n : int
        Trajectories (Morris) or base points (Sobol); not used by the tornado.

    Returns
    -------
    int
    """
    return {
        "tornado": 1 + 2 * n_factors,
        "morris": n * (n_factors + 1),
        "sobol": n * (n_factors + 2),
    }[method]


def plan(method: str, n_factors: int, n: int, seed: int) -> Numbers:
    """Runs of a method.

    Parameters
    ----------
    method : str
        Of `METHODS`.
    n_factors : int
    n : int
        Trajectories (Morris) or base points (Sobol, a power of two); not used by the tornado.
    seed : int
        Of the draws; the same seed gives the same design.

    Returns
    -------
    (run, factor) float [1]
        Probability, strictly between 0 and 1, at which each factor stands; NaN: its central value.

    Raises
    ------
    InputError
        SALib is not installed, or `n` will not do.
    """
    if method == "tornado":
        points: Numbers = np.full((1 + 2 * n_factors, n_factors), CENTRAL)
        for factor in range(n_factors):
            points[1 + 2 * factor, factor], points[2 + 2 * factor, factor] = LOW, HIGH
        return points
    _check_n(method, n)
    _need_salib()
    names = [str(i) for i in range(n_factors)]
    if method == "morris":
        from SALib.sample import morris

        drawn = morris.sample(_problem(names, LOW, HIGH), n, num_levels=LEVELS, seed=seed)
        return np.asarray(drawn, dtype=float)
    from SALib.sample import sobol

    drawn = sobol.sample(_problem(names, 0.0, 1.0), n, calc_second_order=False, seed=seed)
    return np.asarray(np.clip(drawn, EDGE, 1.0 - EDGE), dtype=float)


def analyse(
    method: str,
    names: Sequence[str],
    design: Numbers,
    outcome: Numbers,
    *,
    seed: int,
    values: Numbers | None = None,
) -> list[Swing] | list[Elementary] | list[Indices]:
    """What a method says of each factor, the most important first.

    Trajectories and base points with a run that failed (NaN) are left out as a whole.

    Parameters
    ----------
    method : str
        Of `METHODS`.
    names : sequence of str
        Of the factors.
    design : (run, factor) float [1]
        From `plan`.
    outcome : (run,) float
    seed : int
        Of the bootstrap.
    values : (run, factor) float, optional
        What the factors were in each run; for the tornado.

    Returns
    -------
    list of Swing, Elementary or Indices
    """
    result = np.asarray(outcome, dtype=float)
    if method == "tornado":
        return tornado(names, result, values)
    block = len(names) + (1 if method == "morris" else 2)
    whole = np.isfinite(result).reshape(-1, block).all(axis=1)
    kept = np.repeat(whole, block)
    if whole.sum() < 2:
        raise InputError(
            [Fault(Place("--n"), f"{whole.sum()} whole sets of runs", "two or more", rule="runs_failed")]
        )
    _need_salib()
    if method == "morris":
        return _elementary(names, design[kept], result[kept], seed)
    return _indices(names, result[kept], seed)


def n_whole(names: Sequence[str], method: str, outcome: Numbers) -> int:
    """Trajectories or base points without a failed run.

    Parameters
    ----------
    names : sequence of str
    method : str
        Morris or Sobol.
    outcome : (run,) float

    Returns
    -------
    int
    """
    block = len(names) + (1 if method == "morris" else 2)
    return int(np.isfinite(np.asarray(outcome, dtype=float)).reshape(-1, block).all(axis=1).sum())


def tornado(names: Sequence[str], outcome: Numbers, values: Numbers | None = None) -> list[Swing]:
    """Bars of a tornado, the longest first.

    Parameters
    ----------
    names : sequence of str
        Of the factors.
    outcome : (run,) float
        Central, then low and high of each factor.
    values : (run, factor) float, optional
        What the factors were.

    Returns
    -------
    list of Swing
        Of equal swings the factor named first comes first.
    """
    central = float(outcome[0])
    ends = np.asarray(outcome[1:], dtype=float).reshape(-1, 2)
    swings = [_reach(central, float(low), float(high)) for low, high in ends]
    ranks = _ranks(swings)
    found = []
    for i, name in enumerate(names):
        low, high = (CENTRAL, CENTRAL) if values is None else (values[1 + 2 * i, i], values[2 + 2 * i, i])
        bar = (float(low), float(high), float(ends[i, 0]), central, float(ends[i, 1]))
        found.append(Swing(name, *bar, swings[i], ranks[i]))
    return sorted(found, key=lambda each: each.rank)


def tornado_rows(found: Sequence[Swing]) -> list[dict[str, Any]]:
    """Rows of a tornado chart: outcome at both ends as distance from the central one, the longest first.

    Parameters
    ----------
    found : sequence of Swing

    Returns
    -------
    list of dict
        The fields of `Swing`, and `low_less_central`, `high_less_central`: outcome there less central.
    """
    return [
        {
            **asdict(each),
            "low_less_central": each.at_low - each.central,
            "high_less_central": each.at_high - each.central,
        }
        for each in found
    ]


def _reach(central: float, low: float, high: float) -> float:
    three = np.array([central, low, high])
    reach = float(three.max() - three.min())
    return 0.0 if reach <= FLAT * float(np.abs(three).max()) else reach


def _elementary(names: Sequence[str], design: Numbers, outcome: Numbers, seed: int) -> list[Elementary]:
    from SALib.analyze import morris

    analyze = partial(morris.analyze, _problem(names, LOW, HIGH), design, outcome, num_levels=LEVELS)
    keys = ("mu_star", "mu_star_conf", "mu", "sigma")
    size, conf, mean, spread = _told(analyze, keys, outcome, seed, len(names))
    ranks = _ranks(size)
    found = [Elementary(name, size[i], conf[i], mean[i], spread[i], ranks[i]) for i, name in enumerate(names)]
    return sorted(found, key=lambda each: each.rank)


def _indices(names: Sequence[str], outcome: Numbers, seed: int) -> list[Indices]:
    from SALib.analyze import sobol

    analyze = partial(sobol.analyze, _problem(names, 0.0, 1.0), outcome, calc_second_order=False)
    keys = ("S1", "S1_conf", "ST", "ST_conf")
    alone, alone_conf, total, total_conf = _told(analyze, keys, outcome, seed, len(names))
    ranks = _ranks(total)
    found = [
        Indices(name, alone[i], alone_conf[i], total[i], total_conf[i], ranks[i], total[i] > total_conf[i])
        for i, name in enumerate(names)
    ]
    return sorted(found, key=lambda each: each.rank)


def _told(
    analyze: Callable[..., Mapping[str, Any]], keys: Sequence[str], outcome: Numbers, seed: int, n: int
) -> list[list[float]]:
    """Measures of SALib by factor; zeros where the outcome does not vary."""
    if np.ptp(outcome) <= FLAT * np.abs(outcome).max():
        return [[0.0] * n for _ in keys]
    told = analyze(num_resamples=RESAMPLES, conf_level=CONFIDENCE, seed=seed)
    return [[float(number) for number in told[key]] for key in keys]


def _ranks(sizes: Sequence[float]) -> list[int]:
    """Rank from 1, the largest first; of equal ones the first comes first, what is not known last."""
    order = np.argsort(-np.nan_to_num(np.asarray(sizes), nan=-np.inf), kind="stable")
    ranks = np.empty(len(sizes), dtype=int)
    ranks[order] = np.arange(1, len(sizes) + 1)
    return [int(rank) for rank in ranks]


def _problem(names: Sequence[str], low: float, high: float) -> dict[str, Any]:
    """A fresh one each time: SALib adds to it."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[low, high]] * len(names)}


def _check_n(method: str, n: int) -> None:
    is_power = n > 0 and n & (n - 1) == 0
    if method == "sobol" and not (is_power and n > 1):
        below = 1 << max(1, n.bit_length() - 1)
        near = below if n - below <= 2 * below - n else 2 * below
        fault = Fault(Place("--n"), str(n), "a power of two, from 2 on", str(near), rule="n_no_power")
        raise InputError([fault])
    if method == "morris" and n < 2:
        raise InputError([Fault(Place("--n"), str(n), "two trajectories or more", rule="n_too_small")])


def _need_salib() -> None:
    try:
        import SALib  # noqa: F401
    except ImportError:
        allowed = "--method tornado, or SALib: pip install 'loopcast[sensitivity]'"
        fault = Fault(Place("--method"), "SALib is not installed", allowed, rule="extra_missing")
        raise InputError([fault]) from None
