"""Who starts where a whole sector has failed reckons with prices of today, on both sides."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from simulator.run.accounts import Accounts
from simulator.run.markets import Markets
from simulator.run.member import Member
from simulator.world import prices
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

SLUMP = 'demand.factors=[{"product":"*","value":{"2026-01-01":0.6,"2027-01-01":1.0}}]'


def part(member, kind):
    """A part of the economy of a run."""
    bound = (
        getattr(action, "__self__", None) for actions in member.parts.months.values() for action in actions
    )
    return next(each for each in bound if isinstance(each, kind))


@cache
def after_slump():
    """The shipped world at rest, but for a year in which demand is 40 % lower: whole sectors fail."""
    sets = (*worlds.STEADY, "period.end=2036-01-01", "rules.prices=true", "rules.finance=true", SLUMP)
    built = worlds.battery_built("reference", *sets)
    member = Member(built.blueprint)
    found = []
    markets, accounts = part(member, Markets), part(member, Accounts)

    def look():
        state, dead = member.state, accounts.failures.dead
        rows = markets._order
        buyer = markets.log_price[markets._cell]
        unasked = np.setdiff1d(np.flatnonzero(dead), markets._firm[state.share[rows] > 0])
        found.append((dead.copy(), unasked, state.log_sold.copy(), markets._firm, buyer.copy()))

    member.clock.every(43_830, 43_830, 8, 1, look, member.until)
    return built, member.run(), found


def test_where_nobody_needs_a_good_its_price_is_that_of_elsewhere():
    value, need = np.array([0.0, 0.6, 2.0, 1.0]), np.array([1.0, 2.0, 0.0, 0.0])
    found = prices.follow_world(value, need, np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(found, [0.0, 0.6, 0.4, 0.0])
    same = np.array([0.1, 0.2])
    assert prices.follow_world(same, np.ones(2), np.zeros(2, dtype=int)) is same


def test_a_failed_firm_sees_the_price_that_its_buyers_pay():
    """Not the base year's: with dear inputs nobody would ever start again."""
    _, _, found = after_slump()
    seen = 0
    for _, unasked, sold, firm, buyer in found:
        for one in unasked[np.isin(unasked, firm)]:
            there = buyer[firm == one]
            assert there.min() - 1e-12 <= sold[one] <= there.max() + 1e-12
            seen += 1
    assert seen > 100


def test_sectors_that_failed_come_back():
    """Nine years after a year of low demand all that users ask for is made again."""
    built, record, found = after_slump()
    dead = np.array([each[0].sum() for each in found])
    n = built.blueprint.economy.finance.is_firm.sum()
    assert dead.max() > 0.05 * n
    assert dead[-1] < 0.01 * n
    late = slice(-12, None)
    got, asked = (record.series[name][late].sum(axis=0) for name in ("delivered", "demand"))
    assert (got >= 0.99 * asked).all()
