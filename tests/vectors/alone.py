"""Accounts by themselves: firms that pay fixed cost and get nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from simulator.run.accounts import Accounts
from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.world.state import MINUTES_PER_MONTH
from tests.fixtures import worlds


def without_revenue(cash_days, reviews):
    """Months (firm,) after which each of many firms without sales and credit fails; `reviews` + 1: lives on.

    The firms are those of the paper world, as often as needed.
    """
    world = worlds.paper_built("stationary", "rules.finance=true", "rules.births=true").blueprint
    finance = world.economy.finance
    firm = np.flatnonzero(finance.is_firm)
    month = np.full(len(cash_days), reviews + 1)
    for first in range(0, len(cash_days), len(firm)):
        drawn = cash_days[first : first + len(firm)]
        days = np.zeros(len(world.firms))
        days[firm[: len(drawn)]] = drawn
        alone = replace(
            finance,
            cash_days=days,
            fixed_share=np.ones(len(days)),
            credit_days=np.zeros(len(days)),
            credit_days_access=np.zeros(len(days)),
            rules=replace(finance.rules, tau_fixed=np.inf, stock_credit=0.0),
        )
        state = State(replace(world, economy=replace(world.economy, finance=alone)))
        accounts = Accounts(state.world, state, Ledger(1))  # nothing has a price, so nothing is sold
        for review in range(1, reviews + 1):
            state.now = review * MINUTES_PER_MONTH
            state.set_month(state.month(state.now))
            accounts.step()
            died = accounts.failed[firm[: len(drawn)]] > 0
            month[first : first + len(drawn)][died] = review
    return month


def zero_revenue(median, spread, firms, reviews):
    """Share alive after each monthly review, cash days at the quantiles of a log-normal."""
    score = ndtri((np.arange(firms) + 0.5) / firms)
    month = without_revenue(median * np.exp(spread * score), reviews)
    return np.array([(month > review).mean() for review in range(1, reviews + 1)])
