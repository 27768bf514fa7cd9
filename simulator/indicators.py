"""Indicators: pure functions of result arrays (model, sections 7 and 13).

Each function takes numpy arrays or xarray DataArrays of one shape and gives the same kind back.
A share of nothing has a stated value, so that no division by zero hides in a chart.
Long because every indicator stands here with its formula and source, and nowhere else.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Array: TypeAlias = Any
"""numpy array, xarray DataArray or number."""


def share(part: Array, whole: Array, empty: float, tiny: float = 1e-12) -> Array:
    """Part of a whole, with a stated value where there is no whole.

    Parameters
    ----------
    part, whole : (...) float [any, the same]
    empty : float [1]
        Value where the whole is not above `tiny`.
    tiny : float [as whole]

    Returns
    -------
    (...) float [1]

    Source
    ------
    Arithmetic.
    """
    is_there = whole > tiny
    if hasattr(whole, "where"):
        return (part / whole.where(is_there, 1.0)).where(is_there, empty)
    return np.where(is_there, part / np.where(is_there, whole, 1.0), empty)[()]


def collection_rate(collected: Array, generated: Array) -> Array:
    """Collection rate CR: share of end-of-life material that collectors take.

    Parameters
    ----------
    collected, generated : (...) float [t]

    Returns
    -------
    (...) float [1]
        0 where nothing came to its end.

    Source
    ------
    UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return share(collected, generated, 0.0)


def process_efficiency(recovered: Array, collected: Array) -> Array:
    """Recycling process efficiency rate RPR: share of collected material that is recovered.

    Parameters
    ----------
    recovered : (...) float [t]
        From old scrap.
    collected : (...) float [t]

    Returns
    -------
    (...) float [1]
        0 where nothing was collected.

    Source
    ------
    UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return share(recovered, collected, 0.0)


def eol_recycling_rate(recovered: Array, generated: Array) -> Array:
    """End-of-life recycling rate EOL-RR = CR x RPR.

    Parameters
    ----------
    recovered : (...) float [t]
        From old scrap.
    generated : (...) float [t]
        Material in products at the end of their life.

    Returns
    -------
    (...) float [1]
        0 where nothing came to its end.

    Source
    ------
    UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return share(recovered, generated, 0.0)


def recycled_content(primary: Array, old_scrap: Array, new_scrap: Array) -> Array:
    """Recycled content RC: secondary material of both kinds over all input.

    Parameters
    ----------
    primary, old_scrap, new_scrap : (...) float [t]
        Material entering manufacture by origin.

    Returns
    -------
    (...) float [1]
        0 where there is no input.

    Source
    ------
    UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return share(old_scrap + new_scrap, primary + old_scrap + new_scrap, 0.0)


def old_scrap_ratio(old_scrap: Array, new_scrap: Array) -> Array:
    """Old-scrap ratio OSR: old scrap over all secondary material.

    Parameters
    ----------
    old_scrap, new_scrap : (...) float [t]
        Recovered material by origin.

    Returns
    -------
    (...) float [1]
        0 where nothing is recovered.

    Source
    ------
    UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return share(old_scrap, old_scrap + new_scrap, 0.0)


def eol_recycling_input_rate(primary: Array, old_scrap: Array) -> Array:
    """EOL-RIR of the EU: old-scrap secondary over primary and old-scrap secondary.

    New scrap is left out of both sides; `old_scrap_input_rate` has it in the denominator.

    Parameters
    ----------
    primary, old_scrap : (...) float [t]
        Material entering manufacture by origin.

    Returns
    -------
    (...) float [1]
        0 where there is no input.

    Source
    ------
    Talens Peiró et al. 2018, EC JRC, doi:10.2760/909515 (recalled).
    """
    return share(old_scrap, primary + old_scrap, 0.0)


def old_scrap_input_rate(primary: Array, old_scrap: Array, new_scrap: Array) -> Array:
    """Old-scrap secondary over all input, new scrap too.

    Parameters
    ----------
    primary, old_scrap, new_scrap : (...) float [t]
        Material entering manufacture by origin.

    Returns
    -------
    (...) float [1]
        0 where there is no input.

    Source
    ------
    Variant of EOL-RIR with new scrap in the denominator; proposal of this project for the name.
    """
    return share(old_scrap, primary + old_scrap + new_scrap, 0.0)


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


def hhi(amount: ArrayLike, axis: int = -1) -> Floats:
    """Herfindahl-Hirschman index: sum of squared shares of those listed.

    Shares are over the sum of what is listed, never over a printed total.

    Parameters
    ----------
    amount : (..., supplier, ...) float [any]
        Not negative.
    axis : int
        Axis of the suppliers.

    Returns
    -------
    (...) float [1]
        Between 1/n and 1; 0 where there is no supply.

    Source
    ------
    Herfindahl 1950, Hirschman 1945 (recalled).
    """
    value = np.asarray(amount, dtype=float)
    shares = share(value, value.sum(axis=axis, keepdims=True), 0.0, 0.0)
    result: Floats = np.sum(shares**2, axis=axis)
    return result


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


def mean_uses(recycling_rate: Array) -> Array:
    """Mean number of times an atom is used before it is lost.

    Parameters
    ----------
    recycling_rate : (...) float [1]
        EOL-RR, below 1.

    Returns
    -------
    (...) float [1]

    Source
    ------
    Geometric series 1 / (1 - EOL-RR); Eckelman & Daigo 2008, doi:10.1016/j.ecolecon.2008.02.015 (recalled).
    """
    return 1.0 / (1.0 - recycling_rate)


def recycled_content_bound(recycling_rate: Array, growth: Array, lifetime: Array) -> Array:
    """Recycled content that growth allows: what comes back was sold one lifetime ago.

    Parameters
    ----------
    recycling_rate : (...) float [1]
        EOL-RR.
    growth : (...) float [1 / yr]
        Of sales.
    lifetime : (...) float [yr]
        Fixed.

    Returns
    -------
    (...) float [1]

    Source
    ------
    RC = EOL-RR (1 + g)^-L; UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return recycling_rate * (1.0 + growth) ** -lifetime
