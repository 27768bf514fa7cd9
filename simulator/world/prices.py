"""How prices form: need against supply, stocks, cost, limits on exports (docs/model.md, section Prices)."""

from __future__ import annotations

import numpy as np

from simulator.world.state import Bools, Floats, Ints, sums

SCARCEST = 0.05
"""Smallest supply, as a share of need, that tightness is reckoned with."""


def capped_share(group: Ints, asked: Floats, limit: Floats, free: Floats | None = None) -> Floats:
    """Part of what is asked on each relation that its limit allows.

    Parameters
    ----------
    group : (layer, relation) int
        -1 where there is no limit.
    asked : (relation,) float [unit/d]
    limit : (group,) float [unit/d]
        What may leave while the limit is in force.
    free : (group,) float [1], optional
        Part of the time without the limit: that part of what is asked leaves besides.

    Returns
    -------
    (relation,) float [1]
        Of several limits the strictest.

    Source
    ------
    Proportional rationing of a quota; proposal of this project.
    """
    share = np.ones(len(asked))
    most = np.r_[np.inf, limit]
    held = np.ones(len(most)) if free is None else np.r_[1.0, 1.0 - free]
    for row in group:
        whole = sums(row + 1, asked, len(most)) * held
        part = np.ones(len(most))
        np.divide(most, whole, out=part, where=whole > most)
        if free is not None:
            part = 1.0 - held * (1.0 - part)
        np.minimum(share, part[row + 1], out=share)
    return share


def is_limited(group: Ints, limit: Floats) -> Bools:
    """Relations on which a limit is in force, binding or not.

    Parameters
    ----------
    group : (layer, relation) int
    limit : (group,) float [unit/d]

    Returns
    -------
    (relation,) bool

    Source
    ------
    Plain look-up.
    """
    return np.asarray(np.isfinite(np.r_[np.inf, limit])[group + 1].any(axis=0))


def supply_by_relation(
    need: Floats, supply: Floats, source: Ints, asked: Floats | None = None
) -> tuple[Floats, Floats]:
    """Supply that each relation can count on: the supplier's, split by need.

    Parameters
    ----------
    need : (relation,) float [unit/d]
    supply : (slot,) float [unit/d]
    source : (relation,) int
    asked : (slot,) float [unit/d], optional
        Sums of the need, where they are known already.

    Returns
    -------
    (relation,) float [unit/d]
    (slot,) float [unit/d]
        Need by supplier.

    Source
    ------
    Proposal of this project.
    """
    if asked is None:
        asked = sums(source, need, len(supply))
    rate = np.divide(supply, asked, out=np.zeros_like(supply), where=asked > 0)
    return need * rate.take(source), asked


def keep_home(
    supply: Floats, need: Floats, allowed: Floats, source: Ints, free: Bools, n_slots: int
) -> Floats:
    """Supply by relation when limits hold a part of it back: that is offered where nothing is limited.

    Parameters
    ----------
    supply, need : (relation,) float [unit/d]
    allowed : (relation,) float [1]
        Part of the need that limits allow; supply never exceeds it.
    source : (relation,) int
    free : (relation,) bool
        Without a limit: relations at home, and abroad to those whom the limits do not name.
    n_slots : int

    Returns
    -------
    (relation,) float [unit/d]

    Source
    ------
    Proposal of this project; an export control parts the price at home from that abroad.
    """
    may = np.where(allowed < 1, np.minimum(supply, allowed * need), supply)
    excess = sums(source, supply - may, n_slots)
    open_need = sums(source, need * free, n_slots)
    rate = np.divide(excess, open_need, out=np.zeros_like(excess), where=open_need > 0)
    return np.asarray(may + need * free * rate[source])


def reach_world(amount: Floats, need: Floats, good: Ints, apart: Bools, reach: float) -> Floats:
    """Supply (or stock) of each market when a part of it can be reached from everywhere.

    Without this, prices of one good in two regions stay apart for decades although nothing hinders trade, and
    small markets swing (tests/laws).

    Parameters
    ----------
    amount, need : (market,) float [unit/d]
    good : (market,) int
    apart : (market,) bool
        Cut off by a limit on exports: neither reaches the world nor is reached.
    reach : float [1]

    Returns
    -------
    (market,) float [unit/d]
        Sums to the amount by good.

    Source
    ------
    Law of one price through arbitrage; the form is a proposal of this project.
    """
    n = int(good.max(initial=0)) + 1
    open_need = np.where(apart, 0.0, need)
    whole, asked = sums(good, np.where(apart, 0.0, amount), n), sums(good, open_need, n)
    mean = np.divide(whole, asked, out=np.zeros(n), where=asked > 0)[good]
    return np.asarray(np.where(apart, amount, (1 - reach) * amount + reach * open_need * mean))


def tightness(flow: Floats, need: Floats, supply: Floats, gain: float) -> Floats:
    """Smoothed logarithm of need over supply.

    Parameters
    ----------
    flow : (market,) float [1]
        Of the step before.
    need, supply : (market,) float [unit/d]
        A market without need keeps its value.
    gain : float [1]

    Returns
    -------
    (market,) float [1]

    Source
    ------
    Proposal of this project.
    """
    there = need > 0
    ratio = np.ones_like(need)
    np.divide(need, np.maximum(supply, SCARCEST * need), out=ratio, where=there)
    return np.where(there, flow + gain * (np.log(ratio) - flow), flow)


def follow_world(value: Floats, need: Floats, good: Ints) -> Floats:
    """Price (or tightness) where nobody needs the good: that of where it is needed.

    Left alone, a market whose buyers are dead would keep its last price for ever, and nobody would start
    again where inputs look dear that could be had cheaply.

    Parameters
    ----------
    value : (market,) float [1]
    need : (market,) float [unit/d]
    good : (market,) int

    Returns
    -------
    (market,) float [1]
        Unchanged where there is need; else the good's mean weighted by need, 0 if nobody needs it.

    Source
    ------
    Law of one price through arbitrage; the form is a proposal of this project.
    """
    if (need > 0).all():
        return value
    n = int(good.max(initial=0)) + 1
    whole, there = sums(good, need * value, n), sums(good, need, n)
    mean = np.divide(whole, there, out=np.zeros(n), where=there > 0)
    return np.where(need > 0, value, mean[good])


def target_price(
    log_cost: Floats, flow: Floats, gap: Floats, eta: Floats, tau_gap: float, limit: float
) -> Floats:
    """Logarithm of the price that balances a market.

    Parameters
    ----------
    log_cost : (market,) float [1]
        Cost push of its suppliers.
    flow : (market,) float [1]
        Smoothed tightness.
    gap : (market,) float [d]
        Stock missing at buyers and suppliers, in days of need.
    eta : (market,) float [1]
    tau_gap : float [d]
    limit : float [1]

    Returns
    -------
    (market,) float [1]

    Source
    ------
    Isoelastic clearing, ln P = ln(need/supply) / (supply + |demand| elasticity); the stock term is a
    proposal of this project.
    """
    return np.asarray(log_cost + np.clip(flow / eta + gap / tau_gap, -limit, limit))


def netback(price: Floats, unit_cost: Floats, input_share: Floats) -> Floats:
    """Most that a processor can pay for its input: the price of its product less its own cost.

    Parameters
    ----------
    price : (firm,) float [1]
        Price that it gets, base year 1.
    unit_cost, input_share : (firm,) float [1]
        Total cost, and purchases, over the base price; the share above 0.

    Returns
    -------
    (firm,) float [1]
        Price index of the input; at least a twentieth.

    Source
    ------
    Netback pricing of concentrates (refined price less treatment charge).
    """
    return np.maximum(SCARCEST, (price - (unit_cost - input_share)) / input_share)
