"""Shocks of finance that a scenario states, for the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.build.exogenous import firms_that_fit
from simulator.build.plan import Plan
from simulator.world.credit import CreditShock
from simulator.world.state import Firms

if TYPE_CHECKING:
    from simulator.scenario.schema_disruptions import Where


def credit_shock(
    plan: Plan,
    firms: Firms,
    where: Where,
    *,
    start: int,
    end: int,
    credit_cut: float,
    extra_interest: float,
    delay: float,
) -> CreditShock:
    """One shock of finance.

    Parameters
    ----------
    plan : Plan
    firms : Firms
    where : Where
        Firms that it hits: their credit, their interest, what their customers owe them.
    start, end : int [min]
    credit_cut : float [1]
    extra_interest : float [1/yr]
    delay : float [d]

    Returns
    -------
    CreditShock
    """
    reach = firms_that_fit(plan, where, firms) * where.share
    return CreditShock(start, end, reach, credit_cut, extra_interest, delay)
