"""What firms need to know to invest, from tables: lead times, cost of capacity, what has begun."""

from __future__ import annotations

import numpy as np

from simulator.build.base_prices import costs_of
from simulator.build.plan import Plan
from simulator.world.investment import Expansion
from simulator.world.market import Market
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    MONTHS_PER_YEAR,
    Firms,
    Floats,
    Kind,
    sums,
)

INVEST = "invest"


def make_expansion(plan: Plan, firms: Firms, market: Market) -> Expansion | None:
    """Investment of firms; None when no stage of the scenario invests.

    Parameters
    ----------
    plan : Plan
    firms : Firms
    market : Market

    Returns
    -------
    Expansion or None
    """
    value, rules = plan.closure.value, plan.scenario.capacity
    stages = [stage for stage in plan.stage_code if getattr(rules, stage) == INVEST]
    if not stages:
        return None
    codes = [plan.stage_code[stage] for stage in stages]
    invests = np.isin(firms.stage, codes) & (firms.size >= 0) & (firms.kind != Kind.BY_PRODUCT)
    lead = np.ones(len(firms), dtype=np.int64)
    for stage, code in zip(stages, codes, strict=True):
        months = plan.courses.lead(stage)[1] * MONTHS_PER_YEAR
        lead[firms.stage == code] = max(1, round(months))
    per_sales = np.zeros(len(plan.processes))
    for i, process in enumerate(plan.processes):
        if process in plan.closure.processes:
            per_sales[i] = float(costs_of(plan, process)["capital_per_sales_yr"])
    capital = per_sales[firms.process]
    return Expansion(
        invests=invests,
        lead=lead,
        capital=capital * market.sales * DAYS_PER_YEAR,
        capital_per_sales=capital,
        unit_cost=market.unit_cost,
        input_share=market.input_share,
        inputs_follow=firms.kind == Kind.RECYCLE,
        target=firms.utilisation,
        begun=_begun(plan),
        own_share=value("invest_own_share"),
        anticipation=value("anticipation"),
        outlook=value("invest_outlook_days"),
        tau_level=value("tau_level_days"),
        tau_trend=value("tau_trend_days"),
        round_months=max(1, round(value("invest_round_days") * MINUTES_PER_DAY / MINUTES_PER_MONTH)),
        band=value("invest_band"),
        step=value("invest_step_per_year"),
        rate=value("discount_rate"),
        horizon=value("invest_horizon_years"),
        pay_before=np.minimum(lead, round(value("invest_building_years") * MONTHS_PER_YEAR / 2)),
        learning=_learning(plan),
        experience=_experience(plan, firms),
    )


def _begun(plan: Plan) -> Floats:
    """Capacity (month, sector) over base that was begun before the start, by the month it comes on line.

    Mines and refineries begun are announced, and so in the path of capacity. For other stages the data have
    no projects: what announced demand asks within the lead time is taken as begun.
    """
    out = np.zeros((plan.closure.n_months, len(plan.items)))
    share = plan.closure.value("invest_begun_share")
    announced = {str(row["stage"]) for row in plan.closure.tables["capacity_paths"]}
    for i, item in enumerate(plan.items):
        if item.stage in announced or getattr(plan.scenario.capacity, item.stage, "") != INVEST:
            continue
        months = min(plan.closure.n_months, max(1, round(plan.courses.lead(item.stage)[1] * MONTHS_PER_YEAR)))
        course = np.broadcast_to(item.normal, (plan.closure.n_months,))[:months]
        highest = np.maximum.accumulate(np.maximum(course, 1.0))
        out[1:months, i] = share * np.diff(highest)
    return out


def _learning(plan: Plan) -> Floats:
    """Fall of own cost per doubling (process,) by stage."""
    value = plan.closure.value
    rate = {
        "extraction": value("learning_extraction"),
        "processing": value("learning_processing"),
        "component": value("learning_component"),
        "manufacturing": value("learning_manufacturing"),
        "collection": value("learning_collection"),
        "recycling": value("learning_recycling"),
    }
    rows = plan.closure.processes
    return np.array([rate[str(rows[p]["stage"])] if p in rows else 0.0 for p in plan.processes])


def _experience(plan: Plan, firms: Firms) -> Floats:
    """Output made before the start (process,): for makers by the sales of their product, else declared."""
    base = sums(firms.process, firms.base_rate, len(plan.processes)) * DAYS_PER_YEAR
    years = np.full(len(plan.processes), plan.closure.value("experience_years"))
    for i, process in enumerate(plan.processes):
        row = plan.closure.processes.get(process)
        if row is not None and row["stage"] in ("component", "manufacturing"):
            product = plan.sectors.product_of(process)
            past = plan.closure.past_sales(product)[1]
            if len(past):
                years[i] = float(past.sum()) / plan.closure.products[product].table_units
    return np.asarray(base * years)
