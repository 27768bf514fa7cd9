"""Which policy is safe over all futures: regret and satisficing.

A future is a member (the same draw for every policy), or a member at a level of something that nobody
chooses. The regret of a policy in a future is what it leaves on the table there: the best that any of the
policies reaches in that future, less what this one reaches. A policy satisfices in a future where its outcome
is on the good side of a threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[np.float64]]

HIGHER_IS_BETTER = "higher"
LOWER_IS_BETTER = "lower"
SENSES = (HIGHER_IS_BETTER, LOWER_IS_BETTER)


@dataclass(frozen=True)
class Standing:
    """How one policy does over all futures, in one outcome.

    Attributes
    ----------
    policy : str
    outcome : str
    mean, worst, best : float
        Of the outcome itself; `worst` and `best` in the sense of the outcome.
    regret_max, regret_mean : float
        Unit of the outcome.
    regret_max_future : str
        Where the largest regret is.
    share_best : float [1]
        Futures in which no other policy is better.
    satisfied : float [1]
        Futures on the good side of the threshold; NaN without one.
    rank_regret_max, rank_regret_mean, rank_satisfied : int
        From 1; equal policies share the better rank. `rank_satisfied` is 0 without a threshold.
    """

    policy: str
    outcome: str
    mean: float
    worst: float
    best: float
    regret_max: float
    regret_max_future: str
    regret_mean: float
    share_best: float
    satisfied: float
    rank_regret_max: int
    rank_regret_mean: int
    rank_satisfied: int


def regrets(values: Numbers, sense: str = HIGHER_IS_BETTER) -> Numbers:
    """Regret of each policy in each future.

    Parameters
    ----------
    values : (policy, future) float
    sense : str
        Of `SENSES`.

    Returns
    -------
    (policy, future) float
        At least zero, and zero for the best policy of each future.

    Source
    ------
    Savage, L. J. (1951), The theory of statistical decision, J. Am. Stat. Assoc. 46, 55-67.
    """
    signed = np.asarray(values, dtype=float) * (1.0 if sense == HIGHER_IS_BETTER else -1.0)
    return np.asarray(signed.max(axis=0) - signed)


def satisfied(values: Numbers, threshold: float, sense: str = HIGHER_IS_BETTER) -> Numbers:
    """Whether each policy is on the good side of a threshold in each future; on it is good enough.

    Parameters
    ----------
    values : (policy, future) float
    threshold : float
    sense : str
        Of `SENSES`.

    Returns
    -------
    (policy, future) bool
    """
    known = np.asarray(values, dtype=float)
    return np.asarray(known >= threshold if sense == HIGHER_IS_BETTER else known <= threshold)


def all_satisfied(
    values: Mapping[str, Numbers], thresholds: Mapping[str, float], senses: Mapping[str, str]
) -> Numbers:
    """Share of futures in which a policy meets the thresholds of all outcomes together.

    Parameters
    ----------
    values : mapping of str to (policy, future) float
        By outcome.
    thresholds : mapping of str to float
        Of the outcomes that have one.
    senses : mapping of str to str

    Returns
    -------
    (policy,) float [1]

    Source
    ------
    Starr, M. K. (1963), Product Design and Decision Theory: the domain criterion.
    """
    met = [satisfied(values[name], limit, senses[name]) for name, limit in thresholds.items()]
    return np.asarray(np.logical_and.reduce(met).mean(axis=1))


def standings(
    values: Numbers,
    policies: Sequence[str],
    futures: Sequence[str],
    *,
    outcome: str = "outcome",
    sense: str = HIGHER_IS_BETTER,
    threshold: float | None = None,
    weights: Numbers | None = None,
) -> list[Standing]:
    """Table of policies in one outcome, in the order of the policies.

    Parameters
    ----------
    values : (policy, future) float
        All known; futures in which one policy has no result are to be left out before.
    policies, futures : sequence of str
        Their names.
    outcome : str
    sense : str
        Of `SENSES`.
    threshold : float, optional
    weights : (future,) float [1], optional
        Of the futures in means; all alike if left out.

    Returns
    -------
    list of Standing

    Raises
    ------
    ValueError
        The names do not fit the table, a value is not known, or there are no futures.
    """
    known = np.asarray(values, dtype=float)
    if known.shape != (len(policies), len(futures)) or not known.size:
        raise ValueError(f"{known.shape} values for {len(policies)} policies and {len(futures)} futures")
    if not np.isfinite(known).all():
        raise ValueError("a future in which a policy has no result cannot be compared")
    is_high = sense == HIGHER_IS_BETTER
    lost = regrets(known, sense)
    means = np.average(known, axis=1, weights=weights)
    regret_mean, regret_max = np.average(lost, axis=1, weights=weights), lost.max(axis=1)
    share = np.full(len(policies), np.nan)
    if threshold is not None:
        met = satisfied(known, threshold, sense).astype(float)
        share = np.average(met, axis=1, weights=weights)
    ranks = _ranks(regret_max), _ranks(regret_mean)
    ranks_met = _ranks(-share) if threshold is not None else [0] * len(policies)
    return [
        Standing(
            policy=policies[i],
            outcome=outcome,
            mean=float(means[i]),
            worst=float(known[i].min() if is_high else known[i].max()),
            best=float(known[i].max() if is_high else known[i].min()),
            regret_max=float(regret_max[i]),
            regret_max_future=futures[int(lost[i].argmax())] if regret_max[i] > 0.0 else "",
            regret_mean=float(regret_mean[i]),
            share_best=float(np.average((lost[i] == 0.0).astype(float), weights=weights)),
            satisfied=float(share[i]),
            rank_regret_max=ranks[0][i],
            rank_regret_mean=ranks[1][i],
            rank_satisfied=ranks_met[i],
        )
        for i in range(len(policies))
    ]


def regret_rows(found: Sequence[Standing]) -> list[dict[str, Any]]:
    """Rows of a regret chart: a bar per policy and outcome, the safest first.

    Parameters
    ----------
    found : sequence of Standing

    Returns
    -------
    list of dict
        Keys are the fields of `Standing`.
    """
    order = sorted(found, key=lambda each: (each.outcome, each.rank_regret_max, each.policy))
    return [asdict(each) for each in order]


def _ranks(values: Numbers) -> list[int]:
    """Rank from 1, the least first; equal ones share the better rank."""
    return [1 + int(np.sum(values < value)) for value in values]
