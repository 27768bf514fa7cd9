"""Who buys from whom in the base year: relations drawn, then fitted to balanced tables (model, section 4).

Firms of one good are two lists, suppliers and buyers; a relation is a pair of their numbers.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.world.base_year import TOTALS_TOLERANCE, BalanceError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SMALLEST_SHARE = 1e-12
"""Flow of a pair of sectors below this share of what the buyers' sector takes counts as none,
unless it is the suppliers' largest."""

ROUNDS = 40
"""Rounds of scaling before relations are added along the deficits."""

PASSES = 40
"""Times relations are added to the buyers of one sector before each is given every supplier sector."""


class Relations(NamedTuple):
    """Relations of one good, sorted by supplier, then buyer.

    Attributes
    ----------
    supplier, buyer : (relation,) int
    flow : (relation,) float [unit of the good / time]
    n_added : int
        Relations that the fit had to add to those drawn.
    """

    supplier: Integers
    buyer: Integers
    flow: Floats
    n_added: int


def draw_relations(
    rng: np.random.Generator,
    need: ArrayLike,
    buyer_sector: ArrayLike,
    output: ArrayLike,
    supplier_sector: ArrayLike,
    sector_table: ArrayLike,
    mean_extra: ArrayLike,
    *,
    good: str,
) -> tuple[Integers, Integers]:
    """Draw which suppliers each buyer of a good knows.

    A buyer with need knows 1 + Poisson(mean_extra) suppliers: their sector by the buyers' column
    of the table, the firm within it by output. Relations are added until every pair of
    sectors with flow has one and every supplier with output has a buyer.

    Parameters
    ----------
    rng : numpy.random.Generator
        Stream of this good.
    need : (buyer,) float [unit of the good / time]
    buyer_sector : (buyer,) int
        Column of the table.
    output : (supplier,) float [unit of the good / time]
    supplier_sector : (supplier,) int
        Row of the table.
    sector_table : (supplier sector, buyer sector) float [unit of the good / time]
    mean_extra : float or (buyer,) float [1]
        Mean number of suppliers beyond the first.
    good : str
        Named in the error.

    Returns
    -------
    supplier, buyer : (relation,) int
        Sorted by supplier, then buyer; no pair twice.

    Raises
    ------
    BalanceError
        When a sector has flow in the table but no firm.

    Source
    ------
    Proposal of this project (model, section 4).
    """
    need, output = np.asarray(need, dtype=float), np.asarray(output, dtype=float)
    buyer_sector, supplier_sector = np.asarray(buyer_sector), np.asarray(supplier_sector)
    table = _clean(sector_table)
    _check_firms(good, table, output, supplier_sector, need, buyer_sector)
    rows, columns = np.divmod(np.arange(table.size), table.shape[1])
    buyers = np.flatnonzero(need > 0.0)
    n_known = 1 + rng.poisson(np.broadcast_to(np.asarray(mean_extra, dtype=float), need.shape)[buyers])
    buyer = np.repeat(buyers, n_known)
    cell = _pick(rng, table.ravel(), columns, buyer_sector[buyer])
    supplier = _pick(rng, output, supplier_sector, rows[cell])

    idle = np.setdiff1d(np.flatnonzero(output > 0.0), supplier)
    cell = _pick(rng, table.ravel(), rows, supplier_sector[idle])
    supplier = np.append(supplier, idle)
    buyer = np.append(buyer, _pick(rng, need, buyer_sector, columns[cell]))

    covered = np.zeros(table.shape, dtype=bool)
    covered[supplier_sector[supplier], buyer_sector[buyer]] = True
    row, column = np.nonzero((table > 0.0) & ~covered)
    supplier = np.append(supplier, _pick(rng, output, supplier_sector, row))
    buyer = np.append(buyer, _pick(rng, need, buyer_sector, column))
    supplier, buyer = np.divmod(np.unique(supplier * len(need) + buyer), max(len(need), 1))
    return supplier, buyer


def _clean(sector_table: ArrayLike) -> Floats:
    """Table without the flows that are too small to be traded."""
    table = np.asarray(sector_table, dtype=float)
    traded = (table > SMALLEST_SHARE * table.sum(axis=0)) | (table == table.max(axis=1, keepdims=True))
    return np.where(traded, table, 0.0)


def _check_firms(
    good: str, table: Floats, output: Floats, supplier_sector: Integers, need: Floats, buyer_sector: Integers
) -> None:
    """Refuse a sector with flow but no firm, or a firm whose sector has no flow."""
    for word, total, amount, sector in (
        ("supplier", table.sum(axis=1), output, supplier_sector),
        ("buyer", table.sum(axis=0), need, buyer_sector),
    ):
        firms = np.bincount(sector, amount, len(total))
        wrong = np.flatnonzero((firms > 0.0) != (total > 0.0))
        if len(wrong):
            which = ", ".join(map(str, wrong))
            detail = f"{word} sectors {which} have flow without firms or firms without flow"
            raise BalanceError(good, output.sum(), need.sum(), detail)


def _pick(rng: np.random.Generator, weight: Floats, group: Integers, wanted: Integers) -> Integers:
    """Pick one member of each wanted group with odds by weight."""
    member = np.flatnonzero(weight > 0.0)
    member = member[np.argsort(group[member], kind="stable")]
    if not len(wanted) or not len(member):
        return np.zeros(0, dtype=np.int64)
    n_groups = int(group.max()) + 1
    ends = np.cumsum(np.bincount(group[member], minlength=n_groups))
    sums = np.cumsum(weight[member] / np.bincount(group, weight, n_groups)[group[member]])
    edges = np.append(0.0, sums)
    starts = np.append(0, ends[:-1])
    low, high = edges[starts[wanted]], edges[ends[wanted]]
    place = np.searchsorted(sums, low + (high - low) * rng.random(len(wanted)), side="right")
    return member[np.clip(place, starts[wanted], ends[wanted] - 1)]


def fit_relations(
    supplier: ArrayLike,
    buyer: ArrayLike,
    need: ArrayLike,
    buyer_sector: ArrayLike,
    output: ArrayLike,
    supplier_sector: ArrayLike,
    sector_table: ArrayLike,
    *,
    good: str,
    tolerance: float = 1e-10,
) -> Relations:
    """Flow on each relation so that buyers' needs and the totals of sector pairs hold.

    Iterative proportional fitting on (supplier sector, buyer); where the relations drawn do
    not allow a solution, or only one at which some of them vanish, relations are added along
    the deficits. Suppliers' drawn outputs guide the start, so a supplier carries about its own.

    Parameters
    ----------
    supplier, buyer : (relation,) int
        From `draw_relations`. Those between sectors without flow are dropped.
    need : (buyer,) float [unit of the good / time]
    buyer_sector : (buyer,) int
    output : (supplier,) float [unit of the good / time]
    supplier_sector : (supplier,) int
    sector_table : (supplier sector, buyer sector) float [unit of the good / time]
        Its columns sum to the needs of their buyers.
    good : str
        Named in the error.
    tolerance : float [1]
        Largest open difference of a pair's total, relative to it.

    Returns
    -------
    Relations
        Every flow positive; sums over a buyer's relations equal its need to the last digits.

    Raises
    ------
    BalanceError
        When a column of the table differs from its buyers' needs, or a sector with flow has no firm.

    Source
    ------
    Deming & Stephan 1940, doi:10.1214/aoms/1177731829 (recalled).
    Adding along deficits: proposal of this project.
    """
    needs, outputs = np.asarray(need, dtype=float), np.asarray(output, dtype=float)
    column_of, row_of = np.asarray(buyer_sector, dtype=np.int64), np.asarray(supplier_sector, dtype=np.int64)
    seller, user = np.asarray(supplier, dtype=np.int64), np.asarray(buyer, dtype=np.int64)
    table = _clean(sector_table)
    table = _to_needs(table, np.bincount(column_of, needs, table.shape[1]).astype(float), good)
    _check_firms(good, table, outputs, row_of, needs, column_of)
    kept = (table[row_of[seller], column_of[user]] > 0.0) & (needs[user] > 0.0)
    seller, user = seller[kept], user[kept]

    start = _start(seller, user, needs, outputs)
    value, new_row, new_user, new_flow = _fit_columns(
        row_of[seller], user, start, needs, column_of, table, tolerance / 4.0
    )
    flow = _share_out(seller, row_of[seller] * len(needs) + user, value, start, outputs)
    chosen = _new_suppliers(new_row, new_flow, row_of, outputs, seller, flow)
    seller, user, flow = np.append(seller, chosen), np.append(user, new_user), np.append(flow, new_flow)
    for _ in range(2):
        flow *= (needs / np.maximum(np.bincount(user, flow, len(needs)), 1e-300))[user]
    order = np.lexsort((user, seller))
    return Relations(seller[order], user[order], flow[order], len(new_flow))


def _fit_columns(
    row: Integers,
    buyer: Integers,
    start: Floats,
    need: Floats,
    sector: Integers,
    table: Floats,
    tolerance: float,
) -> tuple[Floats, Integers, Integers, Floats]:
    """Fit the buyers of each sector by themselves.

    Returns
    -------
    value : (relation,) float
        Flow from the relation's supplier sector to its buyer, all its relations together.
    row, buyer, flow : (added,) arrays
        Pairs (supplier sector, buyer) that were added.
    """
    value = np.zeros_like(start)
    place = np.zeros(len(need), dtype=np.int64)
    rows_added, buyers_added, flows_added = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
    by_column = _groups(sector[buyer], table.shape[1])
    for column, members in enumerate(_groups(sector, table.shape[1])):
        rows, buyers = np.flatnonzero(table[:, column]), members[need[members] > 0.0]
        if not len(buyers):
            continue
        place[buyers] = np.arange(len(buyers))
        here = by_column[column]
        cell = np.searchsorted(rows, row[here]) * len(buyers) + place[buyer[here]]
        drawn = np.bincount(cell, start[here], len(rows) * len(buyers)).astype(float).reshape(len(rows), -1)
        fitted = _fit_sector(drawn, table[rows, column], need[buyers], tolerance)
        value[here] = fitted.ravel()[cell]
        new_row, new_buyer = np.nonzero((fitted > 0.0) & (drawn <= 0.0))
        rows_added.append(rows[new_row])
        buyers_added.append(buyers[new_buyer])
        flows_added.append(fitted[new_row, new_buyer])
    return value, np.concatenate(rows_added), np.concatenate(buyers_added), np.concatenate(flows_added)


def _groups(group: Integers, n: int) -> list[Integers]:
    """Members of each group, rising."""
    return np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group, minlength=n))[:-1])


def _to_needs(table: Floats, need: Floats, good: str) -> Floats:
    """Table with columns scaled to needs; a difference above rounding is an error."""
    column = table.sum(axis=0)
    wrong = np.flatnonzero(np.abs(column - need) > TOTALS_TOLERANCE * np.maximum(column, need))
    if len(wrong):
        raise BalanceError(
            good, math.fsum(column), math.fsum(need), f"buyer sectors {', '.join(map(str, wrong))} do not"
        )
    return table * np.divide(need, column, out=np.ones_like(need), where=column > 0.0)


def _start(supplier: Integers, buyer: Integers, need: Floats, output: Floats, rounds: int = 10) -> Floats:
    """Starting flows that lie near suppliers' outputs and buyers' needs."""
    start = output[supplier] * need[buyer]
    start = np.where(start > 0.0, start, start[start > 0.0].min(initial=1.0))
    for _ in range(rounds):
        start *= (output / np.maximum(np.bincount(supplier, start, len(output)), 1e-300))[supplier]
        start *= (need / np.maximum(np.bincount(buyer, start, len(need)), 1e-300))[buyer]
    return np.maximum(start, 1e-6 * need[buyer])


def _new_suppliers(
    row: Integers, value: Floats, sector: Integers, output: Floats, supplier: Integers, flow: Floats
) -> Integers:
    """Give each added relation to the supplier of its sector that is most below its drawn output."""
    short = np.where(output > 0.0, output - np.bincount(supplier, flow, len(output)), -np.inf)
    chosen = np.zeros(len(row), dtype=np.int64)
    order = np.lexsort((-value, row))
    for first, last in _runs(row[order]):
        members = np.flatnonzero(sector == row[order[first]])
        left = short[members]
        for place in order[first:last]:
            best = int(np.argmax(left))
            chosen[place] = members[best]
            left[best] -= value[place]
    return chosen


def _runs(values: Integers) -> list[tuple[int, int]]:
    """Start and end of each run of equal values."""
    cuts = np.flatnonzero(np.diff(values)) + 1
    bounds = [0, *cuts.tolist(), len(values)]
    return [(a, b) for a, b in pairwise(bounds) if b > a]


def _share_out(supplier: Integers, cell: Integers, value: Floats, start: Floats, output: Floats) -> Floats:
    """Split the flow of each (supplier sector, buyer) over its relations, near to suppliers' outputs."""
    cell = np.unique(cell, return_inverse=True)[1]
    flow = start.copy()
    for round_ in range(11):
        if round_:
            flow *= (output / np.maximum(np.bincount(supplier, flow, len(output)), 1e-300))[supplier]
        flow *= value / np.bincount(cell, flow)[cell]
        flow = np.maximum(flow, 1e-6 * value)
    return flow * (value / np.bincount(cell, flow)[cell])


def _fit_sector(drawn: Floats, total: Floats, need: Floats, tolerance: float) -> Floats:
    """Flows from supplier sectors (rows) to the buyers of one sector (columns): totals and needs hold.

    `drawn` is positive where a relation is; the result may be positive elsewhere too, all
    zeros filled being always a solution.
    """
    alike = total[:, None] * (need / need.sum())
    if len(need) == 1 or len(total) == 1:
        return alike
    prior = np.where(drawn > 0.0, np.maximum(drawn, 1e-3 * alike), 0.0)
    lost = ~prior.any(axis=0)
    prior[np.argmax(total), lost] = alike[np.argmax(total), lost]
    lost = ~prior.any(axis=1)
    prior[lost, np.argmax(need)] = alike[lost, np.argmax(need)]
    for pass_ in range(PASSES):
        left, right, worst = _scale(prior, total, need, ROUNDS * (1 + pass_ // 4), tolerance)
        if worst <= tolerance:
            return left[:, None] * prior * right
        _relieve(prior, left[:, None] * prior * right, total, alike)
    return alike


def _scale(
    prior: Floats, total: Floats, need: Floats, rounds: int, tolerance: float
) -> tuple[Floats, Floats, float]:
    """Factors of rows and columns after scaling by turns, and the largest open row total."""
    right = np.ones_like(need)
    worst = np.inf
    for _ in range(rounds):
        left = total / (prior @ right)
        right = need / (left @ prior)
        worst = float(np.abs(left * (prior @ right) / total - 1.0).max())
        if worst <= tolerance:
            break
    return left, right, worst


def _relieve(prior: Floats, value: Floats, total: Floats, alike: Floats) -> None:
    """Let supplier sectors that sell too little sell to buyers that take from those that sell too much."""
    ratio = total / value.sum(axis=1)
    surplus = value[ratio < 1.0].sum(axis=0)
    for row in np.flatnonzero(ratio - 1.0 >= 0.5 * (ratio.max() - 1.0)):
        free = np.where(prior[row] > 0.0, 0.0, surplus)
        best = np.argsort(-free, kind="stable")[: np.count_nonzero(free)]
        wanted = 2.0 * (total[row] - value[row].sum())
        best = best[: int(np.searchsorted(np.cumsum(free[best]), wanted)) + 1]
        prior[row, best] = alike[row, best]
