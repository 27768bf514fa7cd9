"""Root causes of what is missing: by how much who is short, and of what (docs/root_causes.md)."""

from __future__ import annotations

import numpy as np

from simulator.world.state import Floats

SMALLEST = float(np.finfo(float).tiny)
"""Amounts up to this have no causes [unit]."""


def shared_layers(gap: Floats) -> Floats:
    """Split the output that is missing over all that hold it back.

    Each layer of the missing output is shared equally by those that are short of it: what alone is the
    scarcest answers alone for the part that nothing else lacks.

    Parameters
    ----------
    gap : (firm, limit) float [unit]
        By how much each limit (own capacity, each input) falls short of the output aimed at; 0 where it does
        not.

    Returns
    -------
    (firm, limit) float [unit]
        Sums to the largest gap of each firm.

    Source
    ------
    Shapley value of the airport game: Littlechild and Owen 1973, Management Science 20(3).
    """
    width = gap.shape[1]
    order = np.argsort(gap, axis=1, kind="stable")
    rising = np.take_along_axis(gap, order, axis=1)
    layer = np.diff(rising, axis=1, prepend=0.0)
    part = np.cumsum(layer / np.arange(width, 0, -1), axis=1)
    out = np.empty_like(gap)
    np.put_along_axis(out, order, part, axis=1)
    return out


def own_parts(aim: Floats, can: Floats, full: Floats, factors: Floats) -> Floats:
    """Split what a firm itself cannot make over lack of capacity and what keeps capacity from work.

    Parameters
    ----------
    aim, can : (firm,) float [unit]
        Output aimed at, and what capacity allows.
    full : (firm,) float [unit]
        What capacity would allow with all factors at 1.
    factors : (factor, firm) float [1]
        Parts of capacity that work: not disrupted, not idled, not failed.

    Returns
    -------
    (1 + factor, firm) float [1]
        Shares that sum to 1: beyond full capacity, then pro rata to the part that each factor takes.

    Source
    ------
    Proposal of this project.
    """
    missing = aim - can
    beyond = np.clip(np.maximum(0.0, aim - full), 0.0, np.maximum(missing, 0.0))
    capacity = np.divide(beyond, missing, out=np.ones_like(missing), where=missing > 0)
    taken = 1.0 - np.clip(factors, 0.0, 1.0)
    whole = taken.sum(axis=0)
    capacity = np.where(whole > 0, capacity, 1.0)
    share = np.divide(taken, whole, out=np.zeros_like(taken), where=whole > 0)
    return np.vstack([capacity[None], share * (1.0 - capacity)])


def aim_of(wanted: Floats, expected: Floats, possible: Floats, tiny: float) -> Floats:
    """Output that a firm falls short of.

    A backlog that stands for months is not missed anew each month: where a firm falls short of the orders of
    an interval, these are the aim; only where it makes them and still leaves orders open, all it wants is.

    Parameters
    ----------
    wanted, expected, possible : (firm,) float [unit]
        Wanted in all, expected orders of the interval, and what limits allow.
    tiny : float [1]
        Shortfall, as a share, that counts as none.

    Returns
    -------
    (firm,) float [unit]

    Source
    ------
    Proposal of this project; as for need.
    """
    aim = np.minimum(wanted, expected)
    return np.where(aim - possible > tiny * aim, aim, wanted)


def mixed(amount: Floats, whole: Floats | None = None) -> Floats:
    """Shares of causes in amounts.

    Parameters
    ----------
    amount : (holder, root) float [unit]
    whole : (holder,) float [unit], optional
        Its sums by row, where they are known already.

    Returns
    -------
    (holder, root) float [1]
        Rows that sum to 1, or to 0 where there is nothing.

    Source
    ------
    Plain division.
    """
    if whole is None:
        whole = amount.sum(axis=1)
    scale = np.divide(1.0, whole, out=np.zeros_like(whole), where=whole > SMALLEST)
    return np.asarray(amount * scale[:, None])


def carried(pool: Floats, asked: Floats, left: Floats, now: Floats) -> Floats:
    """Causes of orders that are open after a dispatch.

    All open orders are served alike, so what was open before keeps its causes and shrinks with the rest; what
    is newly left open has the causes of now.

    Parameters
    ----------
    pool : (supplier, root) float [unit]
        Causes of orders that were open before.
    asked, left : (supplier,) float [unit]
        Open before the dispatch, new orders included, and after it.
    now : (supplier, root) float [1]
        Mix of the causes of now.

    Returns
    -------
    (supplier, root) float [unit]
        Rows sum to what is left where there are causes at all.

    Source
    ------
    Proposal of this project: perfect mixing of open orders.
    """
    kept = np.divide(left, asked, out=np.zeros_like(left), where=asked > 0)
    old = pool.sum(axis=1)
    stays = np.minimum(old * np.minimum(kept, 1.0), left)
    scale = np.divide(stays, old, out=np.zeros_like(old), where=old > SMALLEST)
    return np.asarray(pool * scale[:, None] + now * (left - stays)[:, None])
