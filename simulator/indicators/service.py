"""How well needs are met, how deep and long they are not, and what it costs: pure functions of arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.indicators.rates import Array, Floats, share


def availability(met: Array, need: Array) -> Array:
    """Share of the first manufacturing tier's need that stock on hand could meet.

    Parameters
    ----------
    met, need : (...) float [t]
        Sums over the firms (and the months) that are taken together.

    Returns
    -------
    (...) float [1]
        1 where there is no need.

    Source
    ------
    Model, section 13; proposal of this project.
    """
    return share(met, need, 1.0)


def availability_base_need(met: Array, base_need: Array) -> Array:
    """Share met of the need on the announced demand path, at most one.

    Firms that failed count with the need they would have had, so bankruptcy cannot raise it.

    Parameters
    ----------
    met, base_need : (...) float [t]

    Returns
    -------
    (...) float [1]
        1 where there is no need.

    Source
    ------
    Model, section 13; proposal of this project.
    """
    return np.minimum(share(met, base_need, 1.0), 1.0)


def availability_final(delivered: Array, demanded: Array) -> Array:
    """Material content delivered to final users over content demanded.

    Parameters
    ----------
    delivered, demanded : (...) float [t]

    Returns
    -------
    (...) float [1]
        1 where nothing is demanded.

    Source
    ------
    Model, section 13; proposal of this project.
    """
    return share(delivered, demanded, 1.0)


def cover(stock: Array, need_per_day: Array) -> Array:
    """Days of need that stock covers.

    Parameters
    ----------
    stock : (...) float [t]
    need_per_day : (...) float [t / d]

    Returns
    -------
    (...) float [d]
        Not a number where there is no need.

    Source
    ------
    Model, section 13.
    """
    return share(stock, need_per_day, np.nan)


def market_share(sales: Array, whole: Array) -> Array:
    """Share of a group of sellers in what is sold on a market.

    Parameters
    ----------
    sales, whole : (...) float [USD]

    Returns
    -------
    (...) float [1]
        0 where nothing is sold, or no more than rounding (1e-9 of the largest market).

    Source
    ------
    Usual definition of statistics of enterprises by size class.
    """
    return share(sales, whole, 0.0, tiny=1e-9 * float(np.max(whole)))


class Resilience(NamedTuple):
    """How deep and how long an indicator fell below its baseline.

    Attributes
    ----------
    depth : (...) float [1]
        Largest loss of an interval.
    area : (...) float [d]
        Loss summed over time, in availability-days: the resilience triangle.
    days_to_recover : (...) float [d]
        From the start of the first interval with a loss to the end of the last one below
        `level` of the baseline; 0 without such an interval, infinite when the last interval is one.
    worst : (...) int
        Number of the interval with the largest loss.
    """

    depth: Floats
    area: Floats
    days_to_recover: Floats
    worst: NDArray[np.int64]


def resilience(
    value: ArrayLike, baseline: ArrayLike, days: ArrayLike, level: float = 0.95, tiny: float = 1e-9
) -> Resilience:
    """Depth, area and duration of a loss against a baseline.

    Parameters
    ----------
    value, baseline : (time, ...) float [1]
        Means over the intervals, of the run with and without the event; `baseline` broadcasts.
    days : (time,) float [d]
        Length of each interval.
    level : float [1]
        Share of the baseline that counts as recovered.
    tiny : float [1]
        Losses up to this are rounding.

    Returns
    -------
    Resilience

    Source
    ------
    Bruneau et al. 2003, doi:10.1193/1.1623497 (recalled).
    """
    now = np.asarray(value, dtype=float)
    base = np.broadcast_to(np.asarray(baseline, dtype=float), now.shape)
    length = np.asarray(days, dtype=float)
    loss = np.maximum(base - now, 0.0)
    end = np.cumsum(length)
    has_loss, is_low = loss > tiny, now < level * base - tiny
    first = (end - length)[np.argmax(has_loss, axis=0)]
    last = end[len(end) - 1 - np.argmax(is_low[::-1], axis=0)]
    duration = np.where(is_low.any(axis=0), last - first, 0.0)
    return Resilience(
        depth=loss.max(axis=0),
        area=np.tensordot(length, loss, axes=(0, 0)),
        days_to_recover=np.where(is_low[-1], np.inf, duration),
        worst=np.argmax(loss, axis=0),
    )


def shortage_months(value: ArrayLike, level: float = 0.95) -> NDArray[np.int64]:
    """Count of intervals in which a share of needs stays below a level.

    Parameters
    ----------
    value : (time, ...) float [1]
    level : float [1]

    Returns
    -------
    (...) int

    Source
    ------
    Model, section 13; the level is that of `resilience`.
    """
    return np.asarray((np.asarray(value, dtype=float) < level).sum(axis=0), dtype=np.int64)


def cost_per_tonne(cost: Array, gained: Array) -> Array:
    """Cost of a policy per tonne that it made available.

    Parameters
    ----------
    cost : (...) float [USD]
        With the policy less without.
    gained : (...) float [t]
        Material delivered with the policy less without.

    Returns
    -------
    (...) float [USD / t]
        Infinite where a cost made nothing available, not a number where there is neither.

    Source
    ------
    Model, section 13: cost-effectiveness ratio, usual definition.
    """
    none = np.where(np.asarray(cost) > 0, np.inf, np.nan)
    return share(cost, gained, 0.0) + np.where(np.asarray(gained) > 0, 0.0, none)


def against_match(ally: Array, match: Array) -> Array:
    """What members of the alliance have more than like firms outside.

    Parameters
    ----------
    ally, match : (...) float [any, the same]
        Rates or shares of the two groups; sums must be divided by their firms first.

    Returns
    -------
    (...) float [as given]

    Source
    ------
    Difference of matched groups: Rosenbaum & Rubin 1983, doi:10.1093/biomet/70.1.41 (recalled).
    """
    return ally - match
