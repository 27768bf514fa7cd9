"""Products in use: dynamic stocks, live cohorts, hibernation (model, section 6).

Survival tables and hazards come from `simulator.world.lifetime`: S[a] is the share of a cohort in use
at the end of the step in which its age is a. A row is a product in a region (or in its second life).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Cohorts:
    """Units of one product in use at the start, by region and month of entry, oldest first.

    Attributes
    ----------
    units : (region, cohort) float [unit]
    content : (region, cohort, material of the product) float [t/unit]
    materials : (material of the product,) int
    survival : (month of age,) float [1]
        Share still in use; the first value may be below 1. As long as the oldest age that can occur.
    """

    units: Floats
    content: Floats
    materials: Ints
    survival: Floats


@dataclass(frozen=True)
class UseStage:
    """Products in use at the start, and what becomes of them.

    Attributes
    ----------
    cohorts : (product,) of Cohorts
    reused : (product,) of Cohorts or None
        Life of reused units; None where nothing is ever reused.
    hibernation : (product,) float [yr]
        Mean time that a product is kept after use.
    hibernating : (product, region) float [unit]
    hibernating_mass : (product, region, material) float [t]
    frozen_units : (product, region) float [unit/d]
        Retirement of the base year.
    frozen_mass : (product, region, material) float [t/d]
    fates : (product, fate) float [1]
        Where uncollected products go: landfill, exported, informal, unknown.
    displacement : (product,) float [1]
        New sales displaced by one reused unit.
    """

    cohorts: tuple[Cohorts, ...]
    reused: tuple[Cohorts | None, ...]
    hibernation: Floats
    hibernating: Floats
    hibernating_mass: Floats
    frozen_units: Floats
    frozen_mass: Floats
    fates: Floats
    displacement: Floats


def dynamic_stock(inflow: ArrayLike, survivors: ArrayLike) -> tuple[Floats, Floats]:
    """Stock and outflow that follow from inflow.

    Parameters
    ----------
    inflow : (time,) float [unit / step]
    survivors : (age,) float [1]
        Survival table with at least as many ages as steps.

    Returns
    -------
    stock : (time,) float [unit]
        At the end of each step.
    outflow : (time,) float [unit / step]
        inflow - outflow = change of stock.

    Source
    ------
    Inflow-driven dynamic stock model: van der Voet et al. 2002; Pauliuk & Heeren 2020,
    doi:10.1111/jiec.12952 (recalled).
    """
    flow = np.asarray(inflow, dtype=float)
    n = len(flow)
    s = np.asarray(survivors, dtype=float)[:n]
    lost = np.append(1.0, s[:-1]) - s
    return np.convolve(flow, s)[:n], np.convolve(flow, lost)[:n]


def stock_driven(target: ArrayLike, survivors: ArrayLike) -> tuple[Floats, Floats]:
    """Inflow and outflow that keep a stock on its target.

    Parameters
    ----------
    target : (time,) float [unit]
        Stock at the end of each step.
    survivors : (age,) float [1]
        Survival table, S[0] > 0.

    Returns
    -------
    inflow, outflow : (time,) float [unit / step]
        Inflow is negative where the target falls faster than products retire.

    Source
    ------
    Stock-driven dynamic stock model: Müller 2006, doi:10.1016/j.ecolecon.2005.09.025;
    Pauliuk & Heeren 2020, doi:10.1111/jiec.12952 (recalled).
    """
    stock = np.asarray(target, dtype=float)
    n = len(stock)
    s = np.asarray(survivors, dtype=float)[:n]
    inflow = np.zeros(n)
    for t in range(n):
        inflow[t] = (stock[t] - inflow[:t] @ s[t:0:-1]) / s[0]
    return inflow, np.convolve(inflow, np.append(1.0, s[:-1]) - s)[:n]


def by_cohort(hazards: ArrayLike) -> Floats:
    """Hazards turned round, so that the ages of all cohorts are a slice of them.

    Parameters
    ----------
    hazards : (row, age) float [1]
        From `hazard`; as many ages as there will ever be cohorts.

    Returns
    -------
    (row, age) float [1]
        Oldest age first; contiguous.

    Source
    ------
    Proposal of this project.
    """
    return np.ascontiguousarray(np.asarray(hazards, dtype=float)[:, ::-1])


def initial_cohorts(sales: ArrayLike, survivors: ArrayLike, per_year: int) -> Floats:
    """Survivors of past sales at the base date.

    Parameters
    ----------
    sales : (row, year) float [unit / yr]
        Oldest year first; the last year ends at the base date. Each year's sales are even over its steps.
    survivors : (row, age) float [1]
        Survival tables in steps; at least year x per_year ages.
    per_year : int
        Steps of a year.

    Returns
    -------
    (row, cohort) float [unit]
        Units in use, oldest cohort first, year x per_year cohorts; the next cohort to enter
        is number year x per_year.

    Source
    ------
    Inflow-driven dynamic stock model (van der Voet et al. 2002, recalled).
    """
    entered = np.repeat(np.asarray(sales, dtype=float) / per_year, per_year, axis=1)
    s = np.asarray(survivors, dtype=float)[:, : entered.shape[1]]
    return entered * s[:, ::-1]


def enter(units: Floats, content: Floats, cohort: int, inflow: ArrayLike, mass: ArrayLike) -> None:
    """Put delivered products into the cohort of the current step, in place.

    Deliveries of one step mix: content per unit is their mean.

    Parameters
    ----------
    units : (row, cohort) float [unit]
    content : (row, cohort, material) float [t / unit]
    cohort : int
        Cohort of the current step.
    inflow : (row,) float [unit]
    mass : (row, material) float [t]
        What the delivered products hold.

    Source
    ------
    Proposal of this project (model, section 6).
    """
    have, mean = units[:, cohort], content[:, cohort]
    total = have + np.asarray(inflow, dtype=float)
    held = have[:, None] * mean + np.asarray(mass, dtype=float)
    np.divide(held, total[:, None], out=mean, where=total[:, None] > 0.0)
    have[:] = total


def retire(units: Floats, hazards: Floats, cohort: int, first: int = 0) -> Floats:
    """Take the products that retire in the current step out of every cohort, in place.

    Call it once a step after `enter`: then units follow `dynamic_stock`. Hazards may change between
    steps (a longer life, a second one): they act on live cohorts.

    Parameters
    ----------
    units : (row, cohort) float [unit]
        Cohorts beyond `cohort` are not touched.
    hazards : (row, age) float [1]
        From `by_cohort`.
    cohort : int
        Cohort of the current step, of age 0.
    first : int
        Oldest cohort that still has units.

    Returns
    -------
    (row, cohort + 1 - first) float [unit]
        Units retired of each cohort.

    Source
    ------
    Proposal of this project (model, section 6); equal to Pauliuk & Heeren 2020, doi:10.1111/jiec.12952.
    """
    live = units[:, first : cohort + 1]
    retired = live * hazards[:, hazards.shape[1] - (cohort + 1 - first) :]
    live -= retired
    return retired


def mass_of(units: Floats, content: Floats, first: int = 0) -> Floats:
    """Material in units of cohorts.

    Parameters
    ----------
    units : (row, n) float [unit]
        Of the cohorts first … first + n - 1.
    content : (row, cohort, material) float [t / unit]
    first : int

    Returns
    -------
    (row, material) float [t]

    Source
    ------
    Sum over cohorts of units x content (model, section 6).
    """
    part = content[:, first : first + units.shape[1]]
    return np.matmul(units[:, None, :], part)[:, 0, :]


def leaving_share(interval: float, mean: ArrayLike) -> Floats:
    """Share of a hibernating stock that becomes collectable within an interval.

    Parameters
    ----------
    interval : float [yr]
    mean : (row,) float [yr]
        Mean delay, exponentially distributed; 0 means none.

    Returns
    -------
    (row,) float [1]

    Source
    ------
    Exponential delay: 1 - exp(-interval / mean).
    """
    delay = np.asarray(mean, dtype=float)
    # a delay far below the interval is none: exp(-1000) is nothing
    waits = delay > interval / 1000.0
    return -np.expm1(-interval / np.where(waits, delay, 1.0)) * waits + ~waits


def hibernate(pool: Floats, retired: ArrayLike, interval: float, mean: ArrayLike) -> Floats:
    """Pass retired products through the hibernating stock, in place.

    Retirement is spread evenly over the interval, so a constant flow R keeps a stock of R x mean
    whatever the interval.

    Parameters
    ----------
    pool : (row, material) float [any]
        Hibernating stock at the start of the interval, left at its end.
    retired : (row, material) float [as pool]
        What retired in the interval.
    interval : float [yr]
    mean : (row,) float [yr]
        Mean delay; 0 means none.

    Returns
    -------
    (row, material) float [as pool]
        What became collectable.

    Source
    ------
    Proposal of this project: exact solution of dH/dt = R - H / mean over the interval.
    """
    delay = np.asarray(mean, dtype=float)
    share = leaving_share(interval, delay)
    fresh = 1.0 - share * delay / interval
    flow = np.asarray(retired, dtype=float)
    released = pool * share[:, None] + flow * fresh[:, None]
    pool += flow - released
    np.maximum(pool, 0.0, out=pool)
    return released
