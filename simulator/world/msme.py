"""What access to data, markets, technology, finance and skills does for a firm (model, section 10).

A score of 0 is no access, 1 the best there is. Tables, yields and capacities describe firms as they are, so
every effect is measured from a firm's base score: at its base score a firm does what it did without this
file, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DATA, MARKET, TECHNOLOGY, FINANCE, SKILLS = range(5)
"""Rows of scores, in the order of `terms.SCORES`."""

MONTHS = 12
"""Months of a year."""


@dataclass(frozen=True)
class Programme:
    """A programme for enterprises: who takes part when, and what it does to one score.

    Attributes
    ----------
    score : int
        Row that it acts on.
    effect : float [1]
        Rise of the score; where the programme covers loans, share of a loan that is covered.
    covers : bool
        Covers loans: for the covered share a firm is as good a risk as one with full access.
    half_life : float [yr]
    cost : float [USD]
        For each enterprise that takes part.
    joins : (firm,) int
        Month in which a firm takes part; negative before the start, `NEVER` if it does not.
    """

    score: int
    effect: float
    covers: bool
    half_life: float
    cost: float
    joins: Ints


NEVER = 1 << 30
"""Month that no run reaches."""


@dataclass(frozen=True)
class Access:
    """Access scores of all firms and what moves them.

    Attributes
    ----------
    base : (score, firm) float [1]
    courses : (course, 2, month) float [1]
        Scores that a scenario states: a number, and the part of the base score that is added to it.
    follows : (score, firm) int
        Course that a firm's score follows, -1 for its base score.
    programmes : tuple of Programme
    acts : (score,) bool
        Whether a score has an effect.
    final_weight : float [1]
        Weight of final demand in the forecast at full access to data.
    best_yield : float [1]
        Recycling yield at full access to technology over that without.
    cost_saving : float [1]
        Part of its own cost that a firm saves between no and full access to technology.
    switching : float [1]
        Rise of the switching rate between no and full access to markets.
    productivity : float [1]
        Rise of productivity between no and full skills.
    """

    base: Floats
    courses: Floats
    follows: Ints
    programmes: tuple[Programme, ...]
    acts: tuple[bool, ...]
    final_weight: float
    best_yield: float
    cost_saving: float
    switching: float
    productivity: float


def remaining(age: ArrayLike, half_life: float) -> Floats:
    """Part of a programme's effect that is left.

    Parameters
    ----------
    age : (...,) float [yr]
        Time since taking part; negative before.
    half_life : float [yr]

    Returns
    -------
    (...,) float [1]
        0 before taking part.

    Source
    ------
    Exponential decay: proposal of this project. Effects of training and of business meetings lasted one to a
    few years: McKenzie 2021; Cai and Szeidl 2018, Quarterly Journal of Economics 133(3).
    """
    years = np.asarray(age, dtype=float)
    return np.where(years >= 0, np.exp2(-np.maximum(years, 0.0) / half_life), 0.0)


def scores_at(access: Access, month: int) -> Floats:
    """Scores of one month.

    Parameters
    ----------
    access : Access
    month : int

    Returns
    -------
    (score, firm) float [1]
        Base score, or what the scenario states, raised by programmes; from 0 to 1. The very base score where
        nothing moves it, and where the score has no effect.

    Source
    ------
    Proposal of this project.
    """
    score = access.base.copy()
    stated = access.follows >= 0
    if stated.any():
        constant, part = access.courses[access.follows[stated], :, month].T
        score[stated] = constant + part * access.base[stated]
    for programme in access.programmes:
        left = programme.effect * remaining((month - programme.joins) / MONTHS, programme.half_life)
        row = score[programme.score]
        score[programme.score] = row + left * (1.0 - row) if programme.covers else np.minimum(1.0, row + left)
    for row_number, acts in enumerate(access.acts):
        if not acts:
            score[row_number] = access.base[row_number]
    return score


def informed(score: Floats, base: Floats) -> Floats:
    """Part of a supplier's outage that a firm sees as soon as it begins.

    Parameters
    ----------
    score, base : (firm,) float [1]
        Access to data.

    Returns
    -------
    (firm,) float [1]
        0 up to the base score, 1 at full access.

    Source
    ------
    Proposal of this project. Data act through what a firm knows and when, never through a faster reaction to
    orders, which alone would amplify their swings (Chen et al. 2000, Management Science 46(3), recalled).
    """
    room = 1.0 - base
    gained = np.divide(score - base, room, out=np.zeros_like(base), where=room > 0)
    return np.maximum(0.0, gained)


def seen_fill(fill: Floats, knows: Floats, working: Floats) -> Floats:
    """Delivery that a buyer reckons with: what came last time, or what the supplier's outage will leave.

    Parameters
    ----------
    fill : (relation,) float [1]
        Shipped over asked at the last review.
    knows : (relation,) float [1]
        Part of an outage that the buyer sees at once.
    working : (relation,) float [1]
        Share of the supplier's capacity that works.

    Returns
    -------
    (relation,) float [1]
        The very fill where the buyer knows nothing or all works.

    Source
    ------
    Proposal of this project.
    """
    return np.minimum(fill, 1.0 - knows * (1.0 - working))


def shared_demand(received: Floats, level: Floats, growth: Floats, weight: Floats) -> Floats:
    """Rate of demand that a firm forecasts from: orders received, and what final demand says of them.

    Parameters
    ----------
    received : (slot,) float [unit/d]
        Orders received.
    level : (slot,) float [unit/d]
        Level of the last forecast.
    growth : (slot,) float [1]
        Announced output of the sector over that at the last review.
    weight : (slot,) float [1]
        Weight of the signal.

    Returns
    -------
    (slot,) float [unit/d]
        The very orders where the weight is 0.

    Source
    ------
    Value of shared demand information: Cachon and Fisher 2000, Management Science 46(8), cost 2.2 % lower on
    average and at most 12.1 %; the form is a proposal of this project.
    """
    return (1.0 - weight) * received + weight * (level * growth)


def recovery_gain(score: Floats, base: Floats, best: float) -> Floats:
    """Factor on the yields of a recycler.

    Parameters
    ----------
    score, base : (firm,) float [1]
        Access to technology.
    best : float [1]
        Yield at full access over that without.

    Returns
    -------
    (firm,) float [1]
        From no to full access it grows by the factor `best` exactly.

    Source
    ------
    Yield = worst + score x (best - worst): proposal of this project.
    """
    return (1.0 + score * (best - 1.0)) / (1.0 + base * (best - 1.0))


def moved(score: Floats, base: Floats, by: float) -> Floats:
    """Factor that changes in proportion to the change of a score.

    Parameters
    ----------
    score, base : (firm,) float [1]
    by : float [1]
        Change of the factor for a full step of the score.

    Returns
    -------
    (firm,) float [1]
        1 at the base score.

    Source
    ------
    Straight line: proposal of this project. Productivity through training: McKenzie 2021, Oxford Review of
    Economic Policy 37(2), profits and sales 5 to 10 % higher.
    """
    return 1.0 + by * (score - base)


def partner_clock(found: Floats, pace: Floats) -> Floats:
    """Instants at which partners are found when the pace of search changes.

    Parameters
    ----------
    found : (partner,) float [month]
        Instants at the base pace.
    pace : (month,) float [1]
        Pace over that of the base.

    Returns
    -------
    (partner,) float [month]
        When the search has done what it would have done by `found` at the base pace; infinite where it never
        does.

    Source
    ------
    Time change of a Poisson process: arrivals at rate pace are those at rate 1, at the inverse of the
    integral of the pace.
    """
    done = np.concatenate([[0.0], np.cumsum(pace)])
    after = np.searchsorted(done, found, side="left")
    month = np.clip(after - 1, 0, len(pace) - 1)
    rest = np.divide(found - done[month], pace[month], out=np.zeros_like(found), where=pace[month] > 0)
    return np.where(after >= len(done), np.inf, month + rest)
