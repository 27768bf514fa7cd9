"""How policies act: rates, shares and stocks under a lever (docs/model.md, section Policies)."""

from __future__ import annotations

import numpy as np

from simulator.world.state import Bools, Floats, Ints, sums

ROUNDS = 8
"""Rounds in which what exceeds a cap is handed to others; each fills at least one region."""


def lifted_by_deposit(rate: Floats, deposit: Floats, worth: float, elasticity: float) -> Floats:
    """Collection rate when users get money back.

    Parameters
    ----------
    rate : (month,) float [1]
    deposit : (month,) float [USD/unit]
    worth : float [USD/unit]
        Value of the metals in it.
    elasticity : float [1]

    Returns
    -------
    (month,) float [1]
        At most 1, or the old rate where that is higher; the very rate where the deposit is 0.

    Source
    ------
    The collection response to the value of waste, taken for a deposit too: proposal of this project.
    """
    if worth <= 0:
        return rate
    return np.where(deposit > 0, np.minimum(1.0, rate * (1.0 + deposit / worth) ** elasticity), rate)


def raised_share(routes: Floats, chosen: int, least: Floats) -> Floats:
    """Shares of routes when one has a least share; the others give way in proportion.

    Parameters
    ----------
    routes : (month, route) float [1]
        Rows sum to 1.
    chosen : int
    least : (month,) float [1]

    Returns
    -------
    (month, route) float [1]
        The very rows where the route has its least share already.

    Source
    ------
    Proposal of this project.
    """
    old = routes[:, chosen]
    short = least > old
    rest = np.divide(1.0 - least, 1.0 - old, out=np.ones_like(old), where=short & (old < 1.0))
    out = np.where(short[:, None], routes * rest[:, None], routes)
    out[:, chosen] = np.where(short, least, old)
    return out


def banned(shares: Floats, strength: Floats) -> Floats:
    """Shares of fates among what is still not collected when some fates are banned.

    Parameters
    ----------
    shares : (fate,) float [1]
        Sum to 1.
    strength : (month, fate) float [1]

    Returns
    -------
    (month, fate) float [1]
        Sum to 1; the old shares where everything is banned: what collectors have no room for must stay.

    Source
    ------
    Proposal of this project.
    """
    left = shares * (1.0 - strength)
    whole = left.sum(axis=1, keepdims=True)
    return np.where(whole > 0, left / np.where(whole > 0, whole, 1.0), shares)


def capped(share: Floats, home: Bools, most: float, room: Floats) -> Floats:
    """Shares of regions in what each buyer takes when no foreign region may have more than a cap.

    Parameters
    ----------
    share : (buyer, region) float [1]
    home : (buyer, region) bool
        Never capped.
    most : float [1]
    room : (buyer, region) float [1]
        Weight of the suppliers there that could take more; 0 where there is none.

    Returns
    -------
    (buyer, region) float [1]
        Rows keep their sum. What nobody else can take stays where it was: a buyer without other suppliers is
        not stopped. The very row where no region has too much.

    Source
    ------
    Regulation (EU) 2024/1252, Art. 5(1), for the rule; how what is too much is handed on: proposal of this
    project.
    """
    whole = share.sum(axis=1, keepdims=True)
    limit = np.where(home, np.inf, most * whole)
    excess = np.maximum(0.0, share - limit)
    over = excess.sum(axis=1)
    if not over.any():
        return share
    rows = np.flatnonzero(over > 0)
    out = share[rows] - excess[rows]
    can = np.where(excess[rows] > 0, 0.0, room[rows])
    limit, left = limit[rows], over[rows]
    for _ in range(ROUNDS):
        weight = np.where(out < limit, can, 0.0)
        total = weight.sum(axis=1)
        rate = np.divide(left, total, out=np.zeros_like(left), where=total > 0)
        more = np.minimum(weight * rate[:, None], limit - out)
        out = out + more
        left = np.maximum(0.0, left - more.sum(axis=1))
        if not (left > 1e-12).any():
            break
    out += excess[rows] * (left / over[rows])[:, None]
    result = share.copy()
    result[rows] = out
    return result


def preferred(
    offer: Floats, source: Ints, buyer: Ints, wants: Bools, lacks: Floats, n_sources: int
) -> tuple[Floats, Floats]:
    """Offers of recyclers when some buyers lack secondary material: these are served from the others' part.

    Parameters
    ----------
    offer : (relation,) float [unit/d]
        As split by need.
    source, buyer : (relation,) int
        Recycler's slot and buyer's slot, both counted from 0.
    wants : (relation,) bool
        The relation's buyer lacks some.
    lacks : (buyer,) float [unit/d]
    n_sources : int

    Returns
    -------
    (relation,) float [unit/d]
        Sums by recycler are kept; the very offers where nobody lacks anything.
    (relation,) float [unit/d]
        What buyers that lack some get on top.

    Source
    ------
    Proposal of this project.
    """
    pool = sums(source, np.where(wants, 0.0, offer), n_sources)
    weight = np.where(wants, pool[source], 0.0)
    whole = sums(buyer, weight, len(lacks))
    share = np.divide(weight, whole[buyer], out=np.zeros_like(weight), where=whole[buyer] > 0)
    asked = lacks[buyer] * share
    total = sums(source, asked, n_sources)
    part = np.divide(pool, total, out=np.ones_like(pool), where=total > pool)
    more = asked * part[source]
    given = sums(source, more, n_sources)
    keep = np.divide(pool - given, pool, out=np.ones_like(pool), where=pool > 0)
    kept = offer * np.where(wants, 1.0, np.maximum(0.0, keep)[source])
    return kept + more, more


def reserve_days(
    days: Floats, target: float, released: Bools, month_days: float, build_days: float, release_days: float
) -> Floats:
    """Days of need that a reserve is to last a month later.

    Parameters
    ----------
    days : (slot,) float [d]
    target : float [d]
    released : (slot,) bool
        It is being released.
    month_days, build_days, release_days : float [d]

    Returns
    -------
    (slot,) float [d]
        Rises by an equal step each month to the target; falls by one when it is released or the target is
        lower.

    Source
    ------
    Proposal of this project.
    """
    up = np.minimum(target, days + target * (month_days / build_days))
    step = np.maximum(target, days.max(initial=0.0)) * (month_days / release_days)
    down = np.maximum(0.0, days - step)
    falls = released | (days > target)
    floor = np.where(released, 0.0, target)
    return np.where(falls, np.maximum(floor, down), up)


def reserved_stock(held: Floats, stock: Floats, need: Floats, days: Floats, usual: Floats) -> Floats:
    """Part of the stock that is reserved: what there is beyond usual stock, up to the reserve aimed at.

    A reserve once built is kept when other stock runs short: only its release sets it free.

    Parameters
    ----------
    held, stock : (slot,) float [unit]
        Reserved until now; stock on hand.
    need : (slot,) float [unit/d]
    days : (slot,) float [d]
        Reserve aimed at.
    usual : (slot,) float [d]
        Usual stock.

    Returns
    -------
    (slot,) float [unit]

    Source
    ------
    Proposal of this project.
    """
    aim = need * days
    spare = np.maximum(0.0, stock - need * usual)
    return np.minimum(np.minimum(aim, np.maximum(held, spare)), np.maximum(0.0, stock))


def secondary_share(mass: Floats, weight: Floats, cell: Ints, n: int) -> Floats:
    """Share of old and new scrap in what makers take in.

    Parameters
    ----------
    mass : (slot, origin) float [t]
        Of the slot's material.
    weight : (slot,) float [t/d]
        What is taken in.
    cell : (slot,) int
    n : int
        Cells.

    Returns
    -------
    (n,) float [1]
        Not a number where nothing is taken in.

    Source
    ------
    Recycled content: secondary over all input.
    """
    whole = mass.sum(axis=1)
    there = whole > 0
    part = np.divide(mass[:, 1] + mass[:, 2], whole, out=np.zeros_like(whole), where=there)
    weight = weight * there
    top, bottom = sums(cell, part * weight, n), sums(cell, weight, n)
    return np.divide(top, bottom, out=np.full(n, np.nan), where=bottom > 0)
