"""Relations between firms: offers, allocation, spot round, switching (docs/model.md)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from simulator.world.state import Floats, Ints, sums

Summing = Callable[[Floats], Floats]
ALLOCATIONS = ("proportional", "largest", "essential", "oldest")
TRACE = 1e-200
"""Spare stock below this share of what is asked for counts as none [1]."""


def split_offers(offer: Floats, weight: Floats, supplier: Ints, total: Floats | None = None) -> Floats:
    """Split what supply-driven firms will have over their known buyers.

    Parameters
    ----------
    offer : (supplier,) float [unit]
    weight : (relation,) float [unit/d]
        Buyer's need on the relation; an offer is split pro rata.
    supplier : (relation,) int
    total : (supplier,) float [unit/d], optional
        Sums of the weight, where they are known already.

    Returns
    -------
    (relation,) float [unit]
        Sums to the offer of each supplier with a buyer in need.

    Source
    ------
    Proposal of this project.
    """
    if total is None:
        total = sums(supplier, weight, len(offer))
    rate = np.divide(offer, total, out=np.zeros_like(offer), where=total > 0)
    return np.asarray(weight * rate.take(supplier))


def take_offers(offered: Floats, quantity: Floats, buyer: Ints, first: Ints) -> tuple[Floats, Floats]:
    """Part of its offers that each buyer takes: all it wants, before it orders elsewhere.

    Parameters
    ----------
    offered : (relation,) float [unit]
        Sorted by buyer.
    quantity : (buyer,) float [unit]
        What each buyer wants in all; it never takes more.
    buyer : (relation,) int
    first : (buyer,) int
        First relation of each buyer.

    Returns
    -------
    (relation,) float [unit]
        Taken.
    (buyer,) float [unit]
        Still wanted.

    Source
    ------
    Proposal of this project.
    """
    reached = np.add.reduceat(offered, first)
    kept = np.ones_like(quantity)
    np.divide(quantity, reached, out=kept, where=reached > quantity)
    return offered * kept.take(buyer), np.maximum(0.0, quantity - reached)


def allocate(
    stock: Floats,
    backlog: Floats,
    supplier: Ints,
    rule: str = "proportional",
    priority: Floats | None = None,
    asked: Floats | None = None,
) -> Floats:
    """Share a supplier's stock over the backlogs of its relations.

    Parameters
    ----------
    stock : (supplier,) float [unit]
    backlog : (relation,) float [unit]
    supplier : (relation,) int
    rule : str
        `proportional`, or a rule that serves relations one after the other by falling `priority`
        (`largest`, `essential`, `oldest`); equal priorities share proportionally.
    priority : (relation,) float [1], optional
    asked : (supplier,) float [unit], optional
        Sums of the backlog, where they are known already.

    Returns
    -------
    (relation,) float [unit]
        At most the backlog; sums to at most the stock.

    Source
    ------
    Proportional: Cachon and Lariviere 1999, Management Science 45(8); sequential: lexicographic
    allocation, ibid.
    """
    if rule == "proportional":
        if asked is None:
            asked = sums(supplier, backlog, len(stock))
        fill = np.ones_like(stock)
        np.divide(stock, asked, out=fill, where=asked > stock)
        return backlog * fill.take(supplier)
    if priority is None:
        raise ValueError("a sequential rule needs priorities")
    return _allocate_in_turn(stock, backlog, supplier, priority)


def _allocate_in_turn(stock: Floats, backlog: Floats, supplier: Ints, priority: Floats) -> Floats:
    """Serve groups of equal priority one after the other, proportionally inside a group."""
    order = np.lexsort((-priority, supplier))
    source, rank, asked = supplier[order], priority[order], backlog[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (source[1:] != source[:-1]) | (rank[1:] != rank[:-1])
    group = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    group_source = source[first]
    group_asked = np.bincount(group, asked)
    before = np.cumsum(group_asked) - group_asked
    head = np.ones(len(first), dtype=bool)
    head[1:] = group_source[1:] != group_source[:-1]
    before -= before[np.flatnonzero(head)][np.cumsum(head) - 1]
    left = np.clip(stock[group_source] - before, 0.0, group_asked)
    fill = np.divide(left, group_asked, out=np.ones_like(left), where=group_asked > 0)
    shipped = np.empty_like(backlog)
    shipped[order] = asked * fill[group]
    return shipped


def spot_round(
    unfilled: Floats,
    spare: Floats,
    supplier: Ints,
    buyer: Ints,
    allowed: np.ndarray,
    by_supplier: Summing,
    by_buyer: Summing,
) -> Floats:
    """Ask other known suppliers for what is still unfilled, in proportion to what they can spare.

    Parameters
    ----------
    unfilled : (buyer,) float [unit]
    spare : (supplier,) float [unit]
    supplier, buyer : (relation,) int
    allowed : (relation,) bool
    by_supplier, by_buyer : callable
        Sums of values (relation,) by supplier and by buyer.

    Returns
    -------
    (relation,) float [unit]
        Sums to at most `unfilled` by buyer and at most `spare` by supplier.

    Source
    ------
    Proposal of this project.
    """
    weight = np.where(allowed, spare.take(supplier), 0.0)
    total = by_buyer(weight)
    # a trace left by rounding is nothing to be shared: what is asked over it would overflow
    rate = np.divide(unfilled, total, out=np.zeros_like(unfilled), where=total > TRACE * unfilled)
    asked = weight * rate.take(buyer)
    wanted = by_supplier(asked)
    fill = np.ones_like(spare)
    np.divide(spare, wanted, out=fill, where=wanted > spare)
    return asked * fill.take(supplier)


def switch(
    share: Floats,
    fill: Floats,
    log_price: Floats,
    buyer: Ints,
    n_buyers: int,
    floor: Floats,
    rate: float | Floats,
    active: np.ndarray,
    anchor: Floats | None = None,
    back: float = 0.0,
    by_buyer: Summing | None = None,
) -> Floats:
    """Shift the preference shares of all buyers towards suppliers that deliver, and that are cheaper.

    Parameters
    ----------
    share : (relation,) float [1]
        Sums to 1 over the relations of a buyer's slot.
    fill : (relation,) float [1]
        Shipped over asked since the last review.
    log_price : (relation,) float [1]
        Logarithm of the price index on the relation; all 0 while prices are 1.
    buyer : (relation,) int
    n_buyers : int
    floor : (relation,) float [1]
        Share below which no relation falls.
    rate : float or (relation,) float
        Per review.
    active : (buyer,) bool
        Slots at which a supplier fell short or became dearer; others keep their shares bit for bit.
    anchor : (relation,) float [1], optional
        Share that habit draws back to.
    back : float [1]
        Part of the way back that is made in one review.
    by_buyer : callable, optional
        Sums of values (relation,) by buyer; prepared ones take less time than counting.

    Returns
    -------
    (relation,) float [1]

    Source
    ------
    Multiplicative weights, Arora, Hazan and Kale 2012, Theory of Computing 8(1): share x exp(rate x score),
    normalised, score = fill - log price; the share-weighted mean is taken off so that equal scores change
    nothing, and the floor keeps relations alive through a long ban: proposal of this project. So is the way
    back: without it a small lasting difference of prices drives all orders to one supplier, which then falls
    short, and regional output swings for ever (tests/laws).
    """
    if by_buyer is None:
        by_buyer = partial(sums, buyer, n=n_buyers)
    score = fill - log_price
    pull = score - by_buyer(share * score).take(buyer)
    pull *= rate
    if anchor is not None and back > 0:
        known = (share > 0) & (anchor > 0)  # the others are drawn by log 1: no pull
        pull += back * np.log(np.where(known, anchor, 1.0) / np.where(known, share, 1.0))
    new = np.exp(pull, out=pull)
    new *= share
    np.maximum(new, floor, out=new)
    total = by_buyer(new)
    total[total <= 0] = 1.0
    new /= total.take(buyer)
    return new if active.all() else np.where(active.take(buyer), new, share)


def place_anew(leaves: Floats, room: Floats, buyer: Ints, first: Ints) -> tuple[Floats, Floats]:
    """Orders that buyers withdraw from suppliers that fall short and place with those that fill theirs.

    Without it what waits at a supplier that is cut off counts as goods to come, year after year: refiners
    without ore order less of those who have it, and mines stand still in a shortage (docs/validation.md).

    Parameters
    ----------
    leaves : (relation,) float [unit]
        What a buyer would withdraw, sorted by buyer; 0 at suppliers that fill their orders.
    room : (relation,) float [unit]
        Most that it would place anew; 0 at suppliers that fall short.
    buyer : (relation,) int
    first : (buyer,) int
        First relation of each buyer.

    Returns
    -------
    taken, placed : (relation,) float [unit]
        The same sum by buyer: the smaller of both sums.

    Source
    ------
    Proposal of this project. Customers withdraw orders that are late and order elsewhere: Sterman 2000,
    Business Dynamics, chapter 18 (recalled).
    """
    whole, open_room = np.add.reduceat(leaves, first), np.add.reduceat(room, first)
    moved = np.minimum(whole, open_room)
    part = np.divide(moved, whole, out=np.zeros_like(moved), where=whole > 0)
    filled = np.divide(moved, open_room, out=np.zeros_like(moved), where=open_room > 0)
    return leaves * part.take(buyer), room * filled.take(buyer)


def fill_rate(shipped: Floats, asked: Floats, nothing: Floats) -> Floats:
    """Shipped over asked; 1 where next to nothing was asked.

    Parameters
    ----------
    shipped, asked : (relation,) float [unit]
    nothing : (relation,) float [unit]
        Up to this a quantity counts as nothing; not negative.

    Returns
    -------
    (relation,) float [1]

    Source
    ------
    Proposal of this project.
    """
    small = asked <= nothing
    rate = shipped / np.where(small, 1.0, asked)  # a division with a mask takes several times as long
    return np.where(small, 1.0, rate)
