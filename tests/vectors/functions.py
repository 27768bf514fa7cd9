"""Functions that vectors name: each turns `given` into what `expect` holds."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from simulator import indicators
from simulator.world import alliance, business, disruptions, firms, investment, lifetime, trade, use
from simulator.world import survival as survival_of_enterprises
from simulator.world.base_year import BalanceError
from simulator.world.base_year import ras as balance
from tests.vectors.alone import zero_revenue
from tests.vectors.chains import serial_chain, single_source_outage

__all__ = ["serial_chain", "single_source_outage"]

DAY = 1440

# Vectors that nothing answers yet.
PENDING: set[str] = set()


def _step(step=None):
    return 1.0 / step["per_year"] if step else 1.0


def _table(n, lifetime_, step=None, **options):
    return lifetime.survival_table(n, **lifetime_, step=_step(step), **options)


def dynamic_stock(inflow, lifetime):
    stock, outflow = use.dynamic_stock(inflow, _table(len(inflow), lifetime))
    return {"stock": stock, "outflow": outflow, "stock_change": np.diff(stock, prepend=0.0)}


def stationary_stock(lifetime, n, step=None, **options):
    table = _table(n, lifetime, step, **options)
    return use.dynamic_stock(np.full(n, _step(step)), table)[0][-1]


def survival(lifetime, age):
    from simulator.world.lifetime import survival as law

    return law(age=age, **lifetime)


def lognormal_at_scores(lifetime, mu, sigma):
    return survival(lifetime, np.exp(mu + sigma * np.array([-1.0, 0.0, 1.0])))


def survival_by_scale(scale, shape, age):
    mean = scale * math.gamma(1.0 + 1.0 / shape)
    return survival({"family": "weibull", "mean": mean, "shape": shape}, age)


def inflow_after_round_trip(lifetime, bell):
    inflow = np.exp(-(np.linspace(bell["low"], bell["high"], bell["n"]) ** 2))
    table = _table(len(inflow), lifetime)
    stock, outflow = use.dynamic_stock(inflow, table)
    back, out = use.stock_driven(stock, table)
    return {"largest_difference": max(np.abs(back - inflow).max(), np.abs(out - outflow).max())}


def survival_by_hazards(lifetime, step, n):
    from simulator.world.lifetime import hazard

    return np.prod(1.0 - hazard(_table(n, lifetime, step)))


def stock_driven(lifetime, target, growth, n):
    return use.stock_driven(target * (1.0 + growth) ** np.arange(n), _table(n, lifetime))[0]


def recycling_rates(
    final_inflow, fabrication_yield, new_scrap_recovered, collection_rate, process_efficiency
):
    fabrication_input = final_inflow / fabrication_yield
    new = (fabrication_input - final_inflow) * new_scrap_recovered
    collected = final_inflow * collection_rate
    old = collected * process_efficiency
    primary = fabrication_input - new - old
    return {
        "fabrication_input": fabrication_input,
        "new_scrap": new,
        "old_scrap": old,
        "primary": primary,
        "collection_rate": indicators.collection_rate(collected, final_inflow),
        "process_efficiency": indicators.process_efficiency(old, collected),
        "eol_recycling_rate": indicators.eol_recycling_rate(old, final_inflow),
        "recycled_content": indicators.recycled_content(primary, old, new),
        "old_scrap_ratio": indicators.old_scrap_ratio(old, new),
        "old_scrap_input_rate": indicators.old_scrap_input_rate(primary, old, new),
        "eol_recycling_input_rate": indicators.eol_recycling_input_rate(primary, old),
    }


def recycled_content_bound(recycling_rate, growth, lifetime):
    return indicators.recycled_content_bound(np.array(recycling_rate), np.array(growth), np.array(lifetime))


def mean_uses(recycling_rate):
    return indicators.mean_uses(np.array(recycling_rate))


def _orders(interval, cover, adjustment, alpha, n=2000):
    """Orders after one unit of demand at the first review, all else at rest."""
    level, trend = np.zeros(1), np.zeros(1)
    position, order = np.zeros(1), np.zeros(1)
    orders = np.zeros(n)
    for k in range(n):
        demand = np.array([1.0 if k == 0 else 0.0])
        firms.forecast(level, trend, demand / interval, alpha, 0.0, 1.0)
        position += order - demand
        order = firms.order_up_to(
            level,
            interval,
            level * cover,
            position,
            np.zeros(1),
            np.zeros(1),
            interval / adjustment,
            clip=False,
        )
        orders[k] = order[0]
    return orders


def order_variance(**rule):
    return np.sum(_orders(**rule) ** 2)


def order_response(**rule):
    orders = _orders(**rule)
    return {"first": orders[:4], "sum": orders.sum()}


def _forecasts(alpha, demand):
    level, trend = np.zeros(1), np.zeros(1)
    path = []
    for d in demand:
        firms.forecast(level, trend, np.array([d]), alpha, 0.0, 1.0)
        path.append(firms.expected_rate(level, trend, 1.0, np.ones(1))[0])
    return np.array(path)


def forecast_variance(alpha):
    return [np.sum(_forecasts(a, [1.0] + [0.0] * 2000) ** 2) for a in alpha]


def forecast_step(alpha, reviews):
    return _forecasts(alpha, [1.0] * max(reviews))[np.array(reviews) - 1]


def mean_uptime(outage, interval_days, reviews=1):
    start = outage["start"] * DAY
    curve = disruptions.UptimeCurve(start, start + outage["days"] * DAY, outage["severity"])
    cuts = np.rint(np.linspace(0, interval_days * DAY, reviews + 1)).astype(int)
    parts = [disruptions.mean_uptime([curve], np.ones((1, 1)), a, b)[0] for a, b in pairwise(cuts)]
    return np.array(parts) @ np.diff(cuts) / cuts[-1]


def input_limit(fill):
    n = len(fill)
    return firms.input_limit(np.array(fill), np.ones(n), np.zeros(1, dtype=int))[0]


def ration(stock, orders):
    return trade.allocate(
        np.array([float(stock)]), np.array(orders, dtype=float), np.zeros(len(orders), dtype=int)
    )


def resilience(depth, recovery_days, days):
    middle = np.arange(days) + 0.5
    loss = depth * np.maximum(0.0, 1.0 - middle / recovery_days)
    return {"area": indicators.resilience(1.0 - loss, 1.0, np.ones(days)).area}


def preference_update(share, fill, rate):
    n = len(share)
    one_buyer = np.zeros(n, dtype=np.int64)
    return trade.switch(
        np.array(share),
        np.array(fill, dtype=float),
        np.zeros(n),
        one_buyer,
        1,
        np.zeros(n),
        rate,
        np.ones(1, dtype=bool),
    )


def ras(prior, rows, columns):
    table = balance(prior, rows, columns, good="any")
    return {"table": table, "odds_ratio": table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])}


def ras_error(good, prior, rows, columns):
    try:
        balance(prior, rows, columns, good=good)
    except BalanceError as error:
        assert good in str(error)
        return {"good": error.good, "row_total": error.row_total, "column_total": error.column_total}
    return {"good": "no error"}


def hhi(amount):
    return indicators.hhi(list(amount.values()))


def supply_risk(world, reliance, recycling_input, substitution, sourcing=None):
    """SR of the EU; of the world's supply alone where nothing is known of sourcing."""
    of_world, of_buyer = (
        indicators.governed_hhi(each["share"], each["wgi"], each["t"]) for each in (world, sourcing or world)
    )
    rest = (reliance, recycling_input, substitution)
    risk = indicators.eu_supply_risk(of_world, of_buyer, *rest)
    return {"world": of_world, "sourcing": of_buyer, "supply_risk": risk}


def geopolrisk(output, imports, estimate, own):
    concentration = indicators.hhi(list(output.values()))
    unstable = [instability(estimate[iso3]) for iso3 in imports]
    risk = indicators.import_risk(list(imports.values()), unstable, float(own))
    score = indicators.geopolrisk_score(concentration, risk)
    return {"hhi": concentration, "import_risk": risk, "score": score}


def instability(estimate):
    from simulator.build.suppliers import instability as law

    return [law(each) for each in estimate] if isinstance(estimate, list) else law(estimate)


def import_reliance(imports, exports, production):
    return indicators.net_import_reliance(*(np.array(x, dtype=float) for x in (imports, exports, production)))


def primary_equivalent(secondary, refined, residue):
    return indicators.primary_equivalent(secondary, np.float64(refined), np.float64(residue))


def learning(rate, output):
    base = np.ones(len(output))
    return investment.learning_factor(base, np.array(output, dtype=float) - 1.0, np.full(len(output), rate))


def present_value(rate, years):
    return investment.annuity(rate, years)


def adoption(time, innovation, imitation):
    return business.bass(time, innovation, imitation)


def adoption_peak(innovation, imitation):
    return business.bass_peak(innovation, imitation)


def pooled_stock(n, rho):
    return [alliance.pooled_safety_stock(each, rho) for each in n]


def shortage_left_by_pool(n, z, draws=100_000, seed=1):
    """Units short in pools of members alike over those without: drawn demands, the engine's own law."""
    demand = np.random.default_rng(seed).normal(10.0, 1.0, draws * n)
    stock, pool = np.full(draws * n, 10.0 + z), np.repeat(np.arange(draws), n)
    given, received = alliance.lend(stock, demand, np.zeros(draws * n), pool, draws, 1.0)
    left = np.maximum(0.0, demand - (stock - given + received))
    return left.sum() / np.maximum(0.0, demand - stock).sum()


def newborn_parameters(early, early_share, late, late_share):
    shape, scale = survival_of_enterprises.newborn_parameters(early, early_share, late, late_share)
    return {"shape": shape, "scale": scale}


def newborn_survival(early, early_share, late, late_share, age):
    shape, scale = survival_of_enterprises.newborn_parameters(early, early_share, late, late_share)
    return survival_by_scale(scale, shape, age)


def cash_survival(days, median, spread):
    return survival_of_enterprises.cash_survival(days, median, spread)


def alive_without_revenue(median, spread, firms, reviews):
    return zero_revenue(median, spread, firms, reviews)
