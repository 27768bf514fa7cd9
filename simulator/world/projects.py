"""Projects by class: when they are promoted, what they add, what they take out of their deposit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.terms import UNFC_CLASSES
from simulator.world.investment import annuity
from simulator.world.state import Bools, Floats, Ints

PRODUCED, UNUSED, ON_PRODUCTION, APPROVED, JUSTIFIED, PENDING, ON_HOLD, UNCLARIFIED, NOT_VIABLE = range(
    len(UNFC_CLASSES)
)
NEXT = {ON_HOLD: PENDING, PENDING: JUSTIFIED, JUSTIFIED: APPROVED, APPROVED: ON_PRODUCTION}
"""Class that each class is promoted to; others are not promoted."""


@dataclass(frozen=True)
class Pipeline:
    """Projects of a world, and what mines at work hold.

    Attributes
    ----------
    name : tuple of str
    sector : (project,) int
        Sector whose firms get the capacity.
    material : (project,) int
        Material of the deposit; -1 for plants.
    start_class : (project,) int
        Place in `terms.UNFC_CLASSES`.
    quantity : (project,) float [t]
        By the confidence chosen; infinite where it is not known and for plants.
    capacity : (project,) float [unit/d]
    break_even : (project,) float [1]
        Price over base at which it pays, its capital included.
    permit : (month, project) int [min]
        Time that a permit asked for in the month takes.
    build, ramp : (project,) int [min]
    capital : (project,) float [USD]
    opens : (project,) int [min]
        Planned opening; -1 where rules decide.
    reviews : int
        Monthly reviews in a row at or above break-even until a project is justified.
    permits : bool
        Permits are granted at all.
    finance : str
        `bank`, `free` or `none`.
    finance_time : float [min]
        Time to finance where every application is approved.
    rate, horizon : float [1/yr, yr]
        Discount rate, and years over which a project must pay.
    loss : float [1]
        Part of what leaves a deposit that is lost or used in operations.
    offtake : float [1]
        Part of its usual share of orders that a project has sold ahead.
    depletion : bool
        Mines at work end with their quantity.
    mines : (sector,) int
        Material of sectors that mine, else -1.
    held : (region, material) float [t]
        Quantity of mines at work; NaN where no reserves are known.
    resting : (region, material) float [t]
        Reserves where no mine works: on hold.
    """

    name: tuple[str, ...]
    sector: Ints
    material: Ints
    start_class: Ints
    quantity: Floats
    capacity: Floats
    break_even: Floats
    permit: Ints
    build: Ints
    ramp: Ints
    capital: Floats
    opens: Ints
    reviews: int
    permits: bool
    finance: str
    finance_time: float
    rate: float
    horizon: float
    loss: float
    offtake: float
    depletion: bool
    mines: Ints
    held: Floats
    resting: Floats

    def __len__(self) -> int:
        """Count of projects."""
        return len(self.name)


def counted(g1: float, g2: float, g3: float, confidence: str) -> float:
    """Quantity that counts at a confidence.

    Parameters
    ----------
    g1, g2, g3 : float [t]
        Of high, moderate and low confidence, each beyond the one before.
    confidence : str
        `P90`, `P50` or `P10`.

    Returns
    -------
    float [t]

    Source
    ------
    UNFC Update 2019, ECE Energy Series 61, Annex I: G1 is the low, G1 + G2 the best, G1 + G2 + G3 the high
    estimate.
    """
    return g1 + (g2 if confidence != "P90" else 0.0) + (g3 if confidence == "P10" else 0.0)


def in_a_row(count: Ints, price: Floats, break_even: Floats) -> Ints:
    """Reviews in a row with a price at or above break-even, this one included.

    Parameters
    ----------
    count : (project,) int
        Before this review.
    price, break_even : (project,) float [1]
        Over base.

    Returns
    -------
    (project,) int
        0 where the price is below.

    Source
    ------
    Proposal of this project: the class E2 is "expected to become viable", so a lasting price decides.
    """
    return np.where(price >= break_even, count + 1, 0)


def worth(price: float, break_even: float, rate: float, horizon: float) -> float:
    """Net present value of a project's capacity for a year's sales at base prices.

    Parameters
    ----------
    price : float [1]
        Smoothed price over base.
    break_even : float [1]
        Holds cost, capital and interest during construction, so that the value there is 0.
    rate : float [1/yr]
    horizon : float [yr]

    Returns
    -------
    float [yr]
        In years of sales.

    Source
    ------
    `investment.net_value` with cost = break-even less capital (1 + r)^before / annuity.
    """
    return (price - break_even) * annuity(rate, horizon)


def ramped(opened: Floats, ramp: Floats, start: float, end: float) -> Floats:
    """Mean part of full capacity that works in an interval.

    Parameters
    ----------
    opened : (project,) float [min]
        Instant of opening; infinite before it is known.
    ramp : (project,) float [min]
        Length of the straight line to full capacity.
    start, end : float [min]

    Returns
    -------
    (project,) float [1]

    Source
    ------
    Straight line; that plants take a year or more to reach their design: McNulty 1998, Mining Engineering 50.
    """
    return np.asarray((_area(end - opened, ramp) - _area(start - opened, ramp)) / (end - start))


def _area(since: Floats, ramp: Floats) -> Floats:
    """Full-capacity time [min] up to an instant since opening."""
    since = np.maximum(0.0, since)
    inside = np.minimum(since, ramp)
    line = np.divide(inside**2, 2 * ramp, out=np.zeros_like(inside), where=ramp > 0)
    return np.asarray(line + np.maximum(0.0, since - ramp))


def most_output(left: Floats, loss: float, days: float) -> Floats:
    """Output per day that what is left allows for in an interval.

    Parameters
    ----------
    left : (item,) float [t]
    loss : float [1]
        Part of what is taken out that is lost.
    days : float [d]

    Returns
    -------
    (item,) float [t/d]
        Infinite where what is left is.

    Source
    ------
    Mass balance of the deposit.
    """
    return np.asarray(left * (1.0 - loss) / days)


def taken(made: Floats, left: Floats, loss: float) -> tuple[Floats, Floats]:
    """What output takes out of deposits.

    Parameters
    ----------
    made : (item,) float [t]
        Output.
    left : (item,) float [t]
    loss : float [1]

    Returns
    -------
    (item,) float [t]
        Output that the deposit bears; the rest comes from elsewhere.
    (item,) float [t]
        Taken out of it, losses included: never more than is left.

    Source
    ------
    Mass balance of the deposit.
    """
    out = np.minimum(made / (1.0 - loss), left)
    return np.minimum(made, out * (1.0 - loss)), out


def sold_ahead(share: Floats, wanted: Floats, own: Bools, buyer: Ints, n: int) -> Floats:
    """Shares of buyers' orders after a project has sold a part of its output ahead.

    Parameters
    ----------
    share : (relation,) float [1]
        Sums to 1 over the relations of a buyer.
    wanted : (relation,) float [1]
        Share that the project's contracts bring at least, on its own relations.
    own : (relation,) bool
        Relations of the project's firms.
    buyer : (relation,) int
    n : int
        Count of buyers.

    Returns
    -------
    (relation,) float [1]
        Never less on own relations; the others of the buyer shrink alike. Where all relations are own, or
        nothing is left for others, shares are scaled to 1.

    Source
    ------
    Off-take agreements as a condition of project finance; proposal of this project.
    """
    new = np.where(own, np.maximum(share, wanted), 0.0)
    mine = np.minimum(1.0, np.bincount(buyer, new, minlength=n))
    others = np.bincount(buyer, np.where(own, 0.0, share), minlength=n)
    scale = np.divide(1.0 - mine, others, out=np.ones(n), where=others > 0)
    new = np.where(own, new, share * scale[buyer])
    total = np.bincount(buyer, new, minlength=n)
    total[total <= 0] = 1.0
    return np.asarray(new / total[buyer])
