"""Investment: what firms expect, what they want to build, whether it pays and is financed; learning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.world.state import MONTHS_PER_YEAR, TINY, Bools, Floats, Ints


@dataclass(frozen=True)
class Expansion:
    """Firms that build capacity of their own, and the terms on which they do.

    Attributes
    ----------
    invests : (firm,) bool
        By-products never do: they come with their hosts' capacity.
    lead : (firm,) int [month]
        From the decision to the first month in which the capacity works; at least 1.
    capital : (firm,) float [USD]
        Cost of base capacity once more.
    capital_per_sales : (firm,) float [yr]
        The same over a year's sales at base prices.
    unit_cost, input_share : (firm,) float [1]
        Total unit cost and purchases of inputs over the base price.
    inputs_follow : (firm,) bool
        The price of inputs follows the firm's own: recyclers.
    target : (firm,) float [1]
        Part of capacity that is to be in use: that of the base year.
    begun : (month, sector) float [1]
        Capacity over base that was begun before the start, by the month in which it comes on line; zero for
        stages whose announced projects are in the path of capacity.
    own_share : float [1]
        Part of a loan-financed investment that own means must pay.
    anticipation : float [1]
        Weight of announced demand in the outlook, against the firm's own trend of orders.
    outlook : float [d]
        Time constant with which a trend of orders is expected to fade.
    tau_level, tau_trend : float [d]
        Smoothing of orders, and of the waste that comes to collectors and recyclers.
    round_months : int [month]
        Time between two decisions of one firm.
    band : float [1]
        Gap, as a share of capacity, below which nobody builds.
    step : float [1/yr]
        Largest investment in a year, over capacity.
    rate : float [1/yr]
        Discount rate.
    horizon : float [yr]
        Years over which capacity must pay.
    pay_before : (firm,) int [month]
        Time before the start at which capacity is paid, on average; at most `lead`.
    learning : (process,) float [1]
        Fall of own cost per doubling of experience.
    experience : (process,) float [unit]
        Output made before the start, in the process's unit.
    """

    invests: Bools
    lead: Ints
    capital: Floats
    capital_per_sales: Floats
    unit_cost: Floats
    input_share: Floats
    inputs_follow: Bools
    target: Floats
    begun: Floats
    own_share: float
    anticipation: float
    outlook: float
    tau_level: float
    tau_trend: float
    round_months: int
    band: float
    step: float
    rate: float
    horizon: float
    pay_before: Ints
    learning: Floats
    experience: Floats


def outlook_at(
    level: Floats, trend: Floats, damping: float, months: Ints, growth: Floats, anticipation: float
) -> Floats:
    """Demand that a firm expects when what it decides on now would work.

    Parameters
    ----------
    level : (firm,) float [unit/d]
        Smoothed orders.
    trend : (firm,) float [unit/d per month]
    damping : float [1]
        Factor by which the trend is expected to shrink in a month, below 1.
    months : (firm,) int [month]
        Time until then.
    growth : (firm,) float [1]
        Announced demand then over announced demand now.
    anticipation : float [1]
        Weight of announced demand.

    Returns
    -------
    (firm,) float [unit/d]
        Not negative.

    Source
    ------
    Damped trend of Gardner and McKenzie 1985; the mix with announced demand is a proposal of this project.
    """
    total = damping * (1 - damping**months) / (1 - damping)
    own = np.maximum(0.0, level + trend * total)
    return np.asarray((1 - anticipation) * own + anticipation * level * growth)


def announced_growth(course: Floats, sector: Ints, now: int, ahead: Ints, damping: float) -> Floats:
    """Announced demand some months ahead over that of now.

    Beyond the end of the course the growth of its last year goes on and fades as a trend does.

    Parameters
    ----------
    course : (month, sector) float [1]
        Announced demand over base.
    sector : (firm,) int
    now : int [month]
    ahead : (firm,) int [month]
    damping : float [1]
        Factor by which a trend shrinks in a month, below 1.

    Returns
    -------
    (firm,) float [1]
        1 where nothing is asked now.

    Source
    ------
    Proposal of this project.
    """
    last = len(course) - 1
    before = max(0, last - MONTHS_PER_YEAR)
    today, final = course[now, sector], course[last, sector]
    growth = np.ones(len(sector))
    np.divide(course[np.minimum(now + ahead, last), sector], today, out=growth, where=today > 0)
    known = (course[before, sector] > 0) & (final > 0) & (last > before)
    monthly = np.zeros(len(sector))
    np.divide(final, course[before, sector], out=monthly, where=known)
    monthly = np.log(np.where(known, monthly, 1.0)) / max(1, last - before)
    beyond = np.maximum(0, now + ahead - last)
    return np.asarray(growth * np.exp(monthly * damping * (1 - damping**beyond) / (1 - damping)))


def wanted_capacity(
    demand: Floats, target: Floats, coming: Floats, band: float, gain: float, most: Floats
) -> Floats:
    """Capacity that firms decide to ask money for in one step.

    Parameters
    ----------
    demand : (firm,) float [unit/d]
        Expected when it would work.
    target : (firm,) float [1]
        Part of capacity to be in use.
    coming : (firm,) float [unit/d]
        Capacity that there will be by then anyway: announced, built and being built.
    band : float [1]
        Gap, as a share of `coming`, below which nothing is built.
    gain : float [1]
        Share of a gap that comes up for decision in the step.
    most : (firm,) float [unit/d]
        Largest amount in the step.

    Returns
    -------
    (firm,) float [unit/d]

    Source
    ------
    Capacity for expected demand at normal use, decided in rounds; proposal of this project.
    """
    gap = demand / target - coming
    return np.where(gap > band * coming, np.minimum(gain * gap, most), 0.0)


def annuity(rate: float, years: float) -> float:
    """Present value of one unit of money a year.

    Parameters
    ----------
    rate : float [1/yr]
        Discount rate, not negative.
    years : float [yr]

    Returns
    -------
    float [yr]

    Source
    ------
    Textbook: (1 - (1 + r)^-n)/r, n without interest.
    """
    return float(-np.expm1(-years * np.log1p(rate)) / rate) if rate > 0 else years


def unit_cost_now(
    price: Floats, unit_cost: Floats, input_share: Floats, cost_index: Floats, own: Floats, follows: Bools
) -> Floats:
    """Cost of a unit at today's prices of inputs and today's own productivity, over the base price.

    Parameters
    ----------
    price : (firm,) float [1]
        Price that the firm gets.
    unit_cost, input_share : (firm,) float [1]
        Of the base year.
    cost_index : (firm,) float [1]
        1 + what inputs cost more than in the base year, over the base price.
    own : (firm,) float [1]
        Own cost over base: experience, access to technology and skills.
    follows : (firm,) bool
        The price of inputs follows the firm's own.

    Returns
    -------
    (firm,) float [1]
        Exactly `unit_cost` at base prices and base own cost.

    Source
    ------
    Sum of inputs and own cost.
    """
    dearer = np.where(follows, input_share * (price - 1.0), cost_index - 1.0)
    return np.asarray(unit_cost + dearer + (unit_cost - input_share) * (own - 1.0))


def net_value(
    price: Floats, cost: Floats, capital: Floats, rate: float, horizon: float, before: Floats
) -> Floats:
    """Net present value of capacity for a year's sales at base prices, on the day it starts to work.

    Parameters
    ----------
    price, cost : (firm,) float [1]
        Smoothed price and unit cost, over the base price.
    capital : (firm,) float [yr]
        Cost of the capacity over a year's sales.
    rate : float [1/yr]
    horizon : float [yr]
        Time in which the capacity must pay.
    before : (firm,) float [yr]
        Time before the start at which it is paid.

    Returns
    -------
    (firm,) float [yr]
        In years of sales.

    Source
    ------
    Textbook: annuity of the margin less capital with interest during construction.
    """
    return np.asarray((price - cost) * annuity(rate, horizon) - capital * (1 + rate) ** before)


def financed(
    wanted: Floats, value: Floats, means: Floats, own_share: float, approval: Floats
) -> tuple[Floats, Floats, Floats]:
    """What is built of what is wanted, and why the rest is not.

    Who can pay all, pays all. Who cannot asks for a loan for as much as own means can carry a share of;
    a part of what is asked for is approved.

    Parameters
    ----------
    wanted : (firm,) float [USD]
    value : (firm,) float [yr]
        Net present value.
    means : (firm,) float [USD]
        Cash and undrawn credit, free of earlier promises; infinite where money sets no limit.
    own_share : float [1]
    approval : (firm,) float [1]

    Returns
    -------
    (firm,) float [USD]
        Paid by own means.
    (firm,) float [USD]
        Paid by loans.
    (reason, firm) float [USD]
        Not built, in the order of `terms.REASONS`: unprofitable, own means too small, not approved. With
        what is paid it sums to what is wanted.

    Source
    ------
    Proposal of this project; what is approved after the ECB survey on the access to finance (inputs/).
    """
    worth = np.where(value > 0, wanted, 0.0)
    means = np.clip(means, 0.0, None)
    possible = worth.copy()
    np.divide(means, own_share, out=possible, where=own_share * worth > means)
    short = possible > means  # own money alone does not do
    if own_share < 1:
        alone = (np.where(short, means, 0.0) - own_share * np.where(short, possible, 0.0)) / (1 - own_share)
        alone = np.where(short, np.maximum(0.0, alone), possible)
    else:
        alone = possible
    asked = possible - alone
    given = approval * asked
    loans = (1 - own_share) * given
    blocked = np.stack([wanted - worth, worth - possible, asked - given])
    return alone + own_share * given, loans, blocked


def learning_factor(experience: Floats, excess: Floats, learning: Floats) -> Floats:
    """Own cost per unit through experience, over what it would be at constant base output.

    Parameters
    ----------
    experience : (process,) float [unit]
        All that would have been made by now at base output; above 0 where there is learning.
    excess : (process,) float [unit]
        Made beyond that.
    learning : (process,) float [1]
        Fall of cost per doubling, below 1.

    Returns
    -------
    (process,) float [1]
        Exactly 1 where output stays at base.

    Source
    ------
    Wright 1936: cost ~ X^log2(1 - b).
    """
    ratio = np.ones_like(experience)
    changed = np.abs(excess) > TINY * experience
    np.divide(experience + excess, experience, out=ratio, where=changed & (experience > 0))
    return np.asarray(np.maximum(ratio, TINY) ** np.log2(1 - learning))
