"""A firm's review: forecast, orders, output (docs/model.md), vectorised over the firms of a tier."""

from __future__ import annotations

import numpy as np

from simulator.world.state import Floats


def gain(interval: float, time_constant: float) -> float:
    """Share of a gap closed in an interval by first-order adjustment.

    Parameters
    ----------
    interval, time_constant : float [d]

    Returns
    -------
    float [1]
        In (0, 1]; halving the interval leaves the path in time unchanged.

    Source
    ------
    Exact solution of dx/dt = (x* - x)/tau over one interval.
    """
    return float(-np.expm1(-interval / time_constant))


def forecast(
    level: Floats, trend: Floats, rate: Floats, level_gain: float, trend_gain: float, damping: float
) -> None:
    """Update the damped Holt forecast of orders in place.

    Parameters
    ----------
    level : (slot,) float [unit/d]
    trend : (slot,) float [unit/d per review]
    rate : (slot,) float [unit/d]
        Orders received since the last review over the interval.
    level_gain, trend_gain : float [1]
    damping : float [1]
        Factor by which the trend shrinks in one review.

    Source
    ------
    Gardner and McKenzie 1985, Management Science 31(10), damped trend; gains from time constants are a
    proposal of this project.
    """
    predicted = level + damping * trend
    step = predicted + level_gain * (rate - predicted) - level
    level += step
    if trend_gain > 0:
        trend *= damping
        trend += trend_gain * (step - trend)


def expected_rate(level: Floats, trend: Floats, damping: float, reviews: Floats) -> Floats:
    """Rate of orders expected at the horizon.

    Parameters
    ----------
    level : (slot,) float [unit/d]
    trend : (slot,) float [unit/d per review]
    damping : float [1]
    reviews : (slot,) float [1]
        Whole reviews to the horizon, ceil(h / interval).

    Returns
    -------
    (slot,) float [unit/d]
        Not negative.

    Source
    ------
    As `forecast`: level + trend x sum of damping^k, k = 1 ... reviews.
    """
    if damping < 1:
        total = damping * (1 - damping**reviews) / (1 - damping)
    else:
        total = reviews
    return np.maximum(0.0, level + trend * total)


def order_up_to(
    rate: Floats,
    interval: float,
    target_stock: Floats,
    stock: Floats,
    pipeline: Floats,
    on_order: Floats,
    order_gain: float,
    clip: bool = True,
) -> Floats:
    """Quantity that a buyer orders of one input.

    Parameters
    ----------
    rate : (slot,) float [unit/d]
        Expected use.
    interval : float [d]
    target_stock, stock : (slot,) float [unit]
    pipeline : (slot,) float [unit]
        What is under way when all runs as expected.
    on_order : (slot,) float [unit]
        Backlog at suppliers plus shipments under way.
    order_gain : float [1]
        Share of the gap that is ordered at one review.
    clip : bool
        Orders are never negative; off only to study the linear regime.

    Returns
    -------
    (slot,) float [unit]

    Source
    ------
    APVIOBPCS with equal gains for stock and pipeline: John, Naim and Towill 1994, Int. J. Manufacturing
    System Design 1(4).
    """
    quantity = rate * interval + order_gain * ((target_stock - stock) + (pipeline - on_order))
    return np.maximum(0.0, quantity) if clip else quantity


def held_back(quantity: Floats, use: Floats, waiting: Floats, order_gain: float) -> Floats:
    """Part of the need that a buyer does not order because earlier orders are still unfilled.

    Suppliers hear it as demand all the same. Without it a lasting shortage is read as falling demand: orders
    sink to what is delivered, forecasts follow, targets shrink, and output spirals down although nothing got
    scarcer (shown in tests/laws).

    Parameters
    ----------
    quantity : (slot,) float [unit]
        Ordered now.
    use : (slot,) float [unit]
        Expected use in the interval.
    waiting : (slot,) float [unit]
        Unfilled backlog at suppliers.
    order_gain : float [1]

    Returns
    -------
    (slot,) float [unit]
        At most what brings the demand heard up to the expected use; 0 where all earlier orders were filled.

    Source
    ------
    Proposal of this project.
    """
    return np.minimum(order_gain * waiting, np.maximum(0.0, use - quantity))


def wanted_output(backlog: Floats, target_stock: Floats, stock: Floats) -> Floats:
    """Output that would serve the backlog and leave the stock at target.

    Parameters
    ----------
    backlog, target_stock, stock : (firm,) float [unit]

    Returns
    -------
    (firm,) float [unit]

    Source
    ------
    Proposal of this project (make to order with a target stock).
    """
    return np.maximum(0.0, backlog + target_stock - stock)


def input_limit(stock: Floats, recipe: Floats, first: np.ndarray) -> Floats:
    """Output that the scarcest input allows (Leontief).

    Parameters
    ----------
    stock : (slot,) float [unit of input]
    recipe : (slot,) float [unit of input / unit of output]
        An input that is not needed has recipe 0.
    first : (firm,) int
        Index of each firm's first input slot; slots are sorted by firm and each firm has one at least.

    Returns
    -------
    (firm,) float [unit of output]

    Source
    ------
    Leontief production function.
    """
    ratio = np.full_like(stock, np.inf)
    np.divide(stock, recipe, out=ratio, where=recipe > 0)
    return np.minimum.reduceat(ratio, first)
