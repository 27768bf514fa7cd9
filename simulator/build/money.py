"""Money of firms at the base year: own costs, cash days, credit lines, who pays whom."""

from __future__ import annotations

import numpy as np

from simulator.build.plan import Plan
from simulator.terms import SIZES
from simulator.world.finance import Finance, FinanceRules
from simulator.world.market import Market
from simulator.world.state import Firms, Floats, Kind, Relations, Slots, sums


def make_finance(plan: Plan, firms: Firms, slots: Slots, relations: Relations, market: Market) -> Finance:
    """Accounts of the base year: what a firm earns there beyond its cost is paid out.

    Parameters
    ----------
    plan : Plan
    firms : Firms
    slots : Slots
    relations : Relations
    market : Market
        Base prices and unit costs.

    Returns
    -------
    Finance
    """
    is_firm = firms.size >= 0
    n = len(firms)
    source, target = slots.firm[relations.source], slots.firm[relations.target]
    paid = market.price[slots.good[relations.source], firms.region[target]]
    value = relations.flow * paid
    sales, bought = sums(source, value, n) * is_firm, sums(target, value, n) * is_firm
    own = np.maximum(0.0, market.unit_cost * sales - bought)
    rate = firms.base_rate
    column = {name: _by_size(plan, firms, name) for name in _COLUMNS}
    kind = firms.kind
    return Finance(
        is_firm=is_firm,
        own_cost=np.divide(own, rate, out=np.zeros(n), where=is_firm & (rate > 0)),
        wage_share=_wages(plan, firms, sales, own, bought),
        fixed_share=column["fixed_share"],
        cash_days=column["cash_days"] * _spread(plan, firms, column["cash_days_spread"]),
        credit_days=column["credit_days"],
        credit_days_access=column["credit_days_access"],
        interest=column["interest_per_year"],
        interest_access=column["interest_access"],
        approval=column["approval"],
        approval_access=column["approval_access"],
        turnover=column["turnover_per_year"],
        reorganised=column["reorganised"] > 0,
        sales=sales,
        unit_cost=np.where(is_firm, market.unit_cost, 0.0),
        input_share=np.divide(bought, sales, out=np.zeros(n), where=sales > 0),
        inputs_follow=kind == Kind.RECYCLE,
        source_firm=source,
        target_firm=target,
        from_outside=np.flatnonzero(~is_firm[source] & is_firm[target]),
        to_users=np.flatnonzero(is_firm[source] & (kind[target] == Kind.USER)),
        to_outside=np.flatnonzero(is_firm[source] & (kind[target] == Kind.HOLDER)),
        rules=_rules(plan),
    )


_COLUMNS = (
    "cash_days",
    "cash_days_spread",
    "fixed_share",
    "credit_days",
    "credit_days_access",
    "interest_per_year",
    "interest_access",
    "approval",
    "approval_access",
    "turnover_per_year",
    "reorganised",
)


def _by_size(plan: Plan, firms: Firms, column: str) -> Floats:
    """Column of finance_by_size.csv for each firm, 0 outside industry."""
    table = plan.closure.tables["finance_by_size"]
    return np.array([*(float(table.one(size=size)[column]) for size in SIZES), 0.0])[firms.size]


def _spread(plan: Plan, firms: Firms, spread: Floats) -> Floats:
    """Cash days of each firm over the median of its class, drawn once for each sector."""
    score = np.zeros(len(firms))
    closure = plan.closure
    for sector, item in enumerate(plan.items):
        members = np.flatnonzero((firms.sector == sector) & (firms.size >= 0))
        if len(members):
            rng = closure.draws("cash", item.process, closure.regions[item.region])
            score[members] = rng.standard_normal(len(members))
    return np.exp(score * spread)


def _wages(plan: Plan, firms: Firms, sales: Floats, own: Floats, bought: Floats) -> Floats:
    """Part of own cost that is wages: value added without the margin."""
    table = plan.closure.tables["labour"]
    share = np.zeros(len(plan.stage_code) + 1)
    for stage, code in plan.stage_code.items():
        if (firms.stage == code).any():
            share[code] = float(table.one(stage=stage)["value_added_share"])
    margin = sales - own - bought
    wages = np.clip(share[firms.stage] * sales - margin, 0.0, own)
    return np.divide(wages, own, out=np.zeros(len(firms)), where=own > 0)


def _rules(plan: Plan) -> FinanceRules:
    value = plan.closure.value
    return FinanceRules(
        has_births=plan.scenario.rules.births,
        stock_credit=value("stock_credit_share"),
        sale_discount=value("stock_sale_discount"),
        tau_turnover=value("tau_turnover_days"),
        tau_fixed=value("tau_fixed_days"),
        loan_years=value("loan_years"),
        takeover_days=value("takeover_days"),
        takeover_share=value("takeover_share"),
    )
