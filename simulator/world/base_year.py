"""The base year as a calibrated equilibrium: balanced tables, agents and firms (model, section 4).

Relations between the firms are drawn and fitted in `simulator.world.relations`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.errors import ExitCode, LoopcastError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TOTALS_TOLERANCE = 1e-9
"""Relative difference up to which two totals that should be one count as rounding."""


class BalanceError(LoopcastError):
    """A table of flows that no scaling can balance.

    Attributes
    ----------
    good : str
        Good whose flows do not balance.
    row_total, column_total : float [unit of the good]
        What suppliers give and what users take.
    detail : str
        Which rows and columns stay open, empty where the totals alone differ.
    """

    exit_code = ExitCode.INPUT

    def __init__(self, good: str, row_total: float, column_total: float, detail: str = "") -> None:
        self.good = good
        self.row_total = float(row_total)
        self.column_total = float(column_total)
        self.detail = detail
        text = f"{good}: supply {self.row_total:.12g} and use {self.column_total:.12g} do not balance"
        super().__init__(f"{text}; {detail}" if detail else text)


def ras(
    prior: ArrayLike,
    rows: ArrayLike,
    columns: ArrayLike,
    *,
    good: str,
    tolerance: float = 1e-12,
    max_rounds: int = 50_000,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
) -> Floats:
    """Table nearest to a prior that has given row and column totals (RAS).

    Odds ratios and zeros of the prior stay.

    Parameters
    ----------
    prior : (n, m) float [any]
        Not negative.
    rows : (n,) float [unit of the good]
        Supply of each row.
    columns : (m,) float [unit of the good]
        Use of each column.
    good : str
        Named in the error.
    tolerance : float [1]
        Largest open difference of a total, relative to that total.
    max_rounds : int
        Rounds after which the table counts as one that cannot balance.
    row_names, column_names : sequence of str, optional
        Named in the error; numbers stand in for them.

    Returns
    -------
    (n, m) float [unit of the good]

    Raises
    ------
    BalanceError
        When the totals differ by more than 1e-9, or the zeros of the prior leave no solution.

    Source
    ------
    Deming & Stephan 1940, doi:10.1214/aoms/1177731829; Stone 1961 for the name (recalled).
    """
    table = np.array(prior, dtype=float)
    row_total, column_total = np.asarray(rows, dtype=float), np.asarray(columns, dtype=float)
    supply, use = math.fsum(row_total), math.fsum(column_total)
    if abs(supply - use) > TOTALS_TOLERANCE * max(abs(supply), abs(use)):
        raise BalanceError(good, supply, use)
    if min(table.min(initial=0.0), row_total.min(initial=0.0), column_total.min(initial=0.0)) < 0.0:
        raise BalanceError(good, supply, use, "a negative prior or total")
    if use <= 0.0:
        return np.zeros_like(table)
    row_total = row_total * (use / supply)
    table *= (row_total > 0.0)[:, None] & (column_total > 0.0)
    last = np.inf
    for round_ in range(1, max_rounds + 1):
        table *= _factor(row_total, table.sum(axis=1))[:, None]
        table *= _factor(column_total, table.sum(axis=0))
        open_rows = _open(table.sum(axis=1), row_total)
        worst = open_rows.max()
        if worst <= tolerance:
            break
        if round_ % 500 == 0:
            if worst > 0.9 * last:
                break
            last = worst
    open_columns = _open(table.sum(axis=0), column_total)
    if max(open_rows.max(), open_columns.max()) > tolerance:
        bad = np.flatnonzero(open_rows > max(tolerance, 0.01 * open_rows.max()))
        bad_columns = np.flatnonzero(open_columns > tolerance)
        raise BalanceError(good, supply, use, _open_text(bad, row_names, bad_columns, column_names))
    return table


def _factor(wanted: Floats, got: Floats) -> Floats:
    """Scale factors that bring sums to their totals, 1 where there is nothing to scale."""
    return np.divide(wanted, got, out=np.ones_like(wanted), where=got > 0.0)


def _open(got: Floats, wanted: Floats) -> Floats:
    """Difference of each sum from its total, relative to the total."""
    return np.divide(np.abs(got - wanted), wanted, out=np.abs(got), where=wanted > 0.0)


def _open_text(
    rows: Integers, row_names: Sequence[str] | None, columns: Integers, column_names: Sequence[str] | None
) -> str:
    """Say which totals the zeros of the prior leave open."""
    parts = []
    for word, which, names in (("supply", rows, row_names), ("use", columns, column_names)):
        if len(which):
            parts.append(f"{word} of {', '.join(str(i) if names is None else names[i] for i in which)}")
    return "the zeros of the prior leave open: " + " and ".join(parts)


def split_agents(n_agents: int, weight: ArrayLike) -> Integers:
    """Number of agents of each sector of a stage.

    Seats go by the square root of base output, so that small sectors are seen without
    large ones losing their detail; every sector with flow has one at least, even where
    that makes more than `n_agents`.

    Parameters
    ----------
    n_agents : int
        Agents of the stage.
    weight : (sector,) float [any, the same for all]
        Base output in a unit that sectors share (value, mass).

    Returns
    -------
    (sector,) int
        0 where the sector has no flow; sums to max(n_agents, sectors with flow) where there is any.

    Source
    ------
    Largest remainder method (Hamilton); square root: proposal of this project.
    """
    root = np.sqrt(np.maximum(np.asarray(weight, dtype=float), 0.0))
    return _seats(n_agents, root)


def _seats(n: int, weight: Floats) -> Integers:
    """Seats by largest remainder with one at least where the weight is positive; ties to the first."""
    seats = (weight > 0.0).astype(np.int64)
    if n <= seats.sum() or not seats.any():
        return seats
    free = weight > 0.0
    while True:
        left = n - int(seats[~free].sum())
        quota = np.where(free, left * weight / weight[free].sum(), 0.0)
        low = free & (quota < 1.0)
        if not low.any():
            break
        free &= ~low
    whole = np.floor(quota + 1e-9).astype(np.int64)
    seats = np.where(free, whole, seats)
    remainder = np.where(free, np.round(quota - whole, 9), -1.0)
    seats[np.argsort(-remainder, kind="stable")[: n - int(seats.sum())]] += 1
    return seats


def draw_firms(
    rng: np.random.Generator,
    n_firms: int,
    output: float,
    output_share: ArrayLike,
    enterprise_share: ArrayLike,
    sigma: float,
) -> tuple[Integers, Floats]:
    """Size class and base output of the agents of one sector.

    Every class with output has an agent when there are enough of them. With fewer agents
    than classes the classes with the largest output stay, and the output of the others goes
    to the nearest class that stays. Agents beyond one per class go by the root of
    (output share x enterprise share): a class matters by what it makes and by how many it has.
    Within a class outputs are log-normal.

    Parameters
    ----------
    rng : numpy.random.Generator
        Stream of this sector.
    n_firms : int
        Agents, > 0.
    output : float [unit of the good / time]
        Base output of the sector, > 0.
    output_share, enterprise_share : (size,) float [1]
        Structure of the sector; need not sum to one.
    sigma : float [1]
        Standard deviation of the logarithm of output within a class.

    Returns
    -------
    size : (n_firms,) int
        Rising.
    output : (n_firms,) float [unit of the good / time]
        Positive; sums to `output` (to the last digit when summed exactly).

    Source
    ------
    Log-normal firm sizes: Gibrat 1931 (recalled); the rest is a proposal of this project.
    """
    share = np.maximum(np.asarray(output_share, dtype=float), 0.0)
    if n_firms < 1 or share.sum() <= 0.0:
        raise ValueError("a sector with output needs an agent and a size class with output")
    share = _keep_classes(share / share.sum(), n_firms)
    enterprises = np.maximum(np.asarray(enterprise_share, dtype=float), 1e-6)
    count = _seats(n_firms, np.sqrt(share * enterprises))
    size = np.repeat(np.arange(len(share)), count)
    relative = np.exp(sigma * rng.standard_normal(n_firms))
    within = relative / np.bincount(size, relative, len(share))[size]
    result = float(output) * share[size] * within
    result[np.argmax(result)] += float(output) - math.fsum(result)
    return size, result


def _keep_classes(share: Floats, n: int) -> Floats:
    """Output share of the n largest classes, the others' added to the nearest class kept."""
    has = np.flatnonzero(share > 0.0)
    if len(has) <= n:
        return share
    kept = np.sort(has[np.argsort(-share[has], kind="stable")[:n]])
    result = np.zeros_like(share)
    result[kept] = share[kept]
    for lost in np.setdiff1d(has, kept):
        distance = np.abs(kept - lost)
        near = kept[distance == distance.min()]
        result[near[np.argmax(share[near])]] += share[lost]
    return result


def stand_for(
    value_added: ArrayLike, productivity: ArrayLike, persons_per_enterprise: ArrayLike
) -> tuple[Floats, Floats]:
    """Real enterprises and persons that each agent stands for.

    Parameters
    ----------
    value_added : (firm,) float [USD_2024 / yr]
        Value of base output times the stage's share of value added.
    productivity : (firm,) float [USD_2024 / person / yr]
        Value added per person in the agent's size class, > 0.
    persons_per_enterprise : (firm,) float [person]
        Mean persons of an enterprise of its stage and size class, > 0.

    Returns
    -------
    enterprises : (firm,) float [1]
        Weight of the agent; below 1 where the data's mean enterprise makes more than the agent.
    persons : (firm,) float [person]

    Source
    ------
    Proposal of this project: persons = value added / productivity, enterprises = persons / mean persons.
    """
    persons = np.asarray(value_added, dtype=float) / np.asarray(productivity, dtype=float)
    return persons / np.asarray(persons_per_enterprise, dtype=float), persons
