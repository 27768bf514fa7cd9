"""Shocks of finance of a scenario, for the run."""

from __future__ import annotations

from simulator.build.events import of_kind
from simulator.build.exogenous import firms_that_fit
from simulator.build.plan import Plan
from simulator.errors import Fault, InputError, Place
from simulator.scenario.schema_trade_events import FinanceShock
from simulator.world.credit import CreditShock
from simulator.world.state import Firms


def make_credit(plan: Plan, firms: Firms) -> tuple[CreditShock, ...]:
    """Shocks of finance, in the order of the scenario; those that are nothing are left out.

    Parameters
    ----------
    plan : Plan
    firms : Firms

    Returns
    -------
    tuple of CreditShock

    Raises
    ------
    InputError
        When a shock hits no firm, or firms have no accounts.
    """
    shocks = []
    for each in plan.events:
        if not isinstance(each.event, FinanceShock):
            continue
        fits = firms_that_fit(plan, each.event.where, firms)
        if not fits.any():
            raise _fault(plan, each.event.name, "no firm fits", "a target that something fits", "where_empty")
        if not plan.scenario.rules.finance:
            found = "firms have no accounts (rules.finance: false)"
            raise _fault(plan, each.event.name, found, "rules.finance: true", "finance_without_accounts")
    for each, event in of_kind(plan.events, FinanceShock):
        shocks.append(
            CreditShock(
                start=each.start,
                end=each.end,
                reach=firms_that_fit(plan, event.where, firms).astype(float) * event.where.share,
                credit_cut=each.value("credit_cut"),
                extra_interest=each.value("extra_interest"),
                delay=each.value("receivables_delay_days"),
            )
        )
    return tuple(shocks)


def _fault(plan: Plan, name: str, found: str, allowed: str, rule: str) -> InputError:
    place = Place(plan.scenario.name, path=f"disruptions {name}")
    return InputError([Fault(place, found, allowed, rule=rule)])
