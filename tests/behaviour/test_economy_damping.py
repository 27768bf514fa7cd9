"""Nothing oscillates without a cause: orders calm down and come back after one shock, prices and money on."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from simulator.run.clock import Rank
from simulator.run.member import Member
from simulator.world.state import MINUTES_PER_MONTH, Role
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

MONEY = ("rules.prices=true", "rules.finance=true", "rules.births=true")
SHOCKS = {
    "mine_half_off_for_a_month": worlds.outage(
        where={"process": "mine_copper", "region": "SOUTH"},
        start="2026-01-01",
        duration_days=30,
        severity=0.5,
    ),
    "refining_half_off_for_a_quarter": worlds.outage(
        where={"process": "refine_lithium", "region": "CHN"},
        start="2026-01-01",
        duration_days=90,
        severity=0.5,
    ),
    "mine_off_for_a_year": worlds.outage(
        where={"process": "mine_lithium", "region": "OCE"}, start="2026-01-01", duration_days=365
    ),
    "demand_up_for_a_quarter": (
        'demand.factors=[{"product":"*","value":{"2026-01-01":1.2,"2026-04-01":1.0}}]'
    ),
}
AT = 24
"""Month of the shock."""
CASES = [
    ("paper", "mine_half_off_for_a_month", 4),
    ("paper", "demand_up_for_a_quarter", 8),
    ("battery", "refining_half_off_for_a_quarter", 6),
    ("battery", "demand_up_for_a_quarter", 5),
    ("battery", "mine_off_for_a_year", 10),
]
"""World, shock, years after which all orders are back within 2 %.

The mine that is off for a year takes long because saving of a dear material is undone over years.
"""
NOTICED = 0.0015
"""Standard deviation below which windows are not compared."""


@cache
def orders(world, shock):
    """Orders that makers heard (month, good) in the world, over those of the first month."""
    sets = (worlds.YEARS_25, *MONEY, SHOCKS[shock])
    if world == "paper":
        built = worlds.paper_built("stationary", *sets)
    else:
        built = worlds.battery_built("reference", *worlds.STEADY, *sets)
    member = Member(built.blueprint)
    slots, heard = built.blueprint.slots, []
    makes = np.flatnonzero((slots.role == Role.OUTPUT) & (slots.base > 0))
    n = built.blueprint.n_goods

    def look():
        heard.append(np.bincount(slots.good[makes], member.state.heard[makes], n))

    month = MINUTES_PER_MONTH
    member.clock.every(month, month, Rank.RECORD, 1, look, member.until)
    member.run()
    found = np.array(heard)
    found = found[:, found[0] > 0]
    return found / found[0]


@pytest.mark.parametrize(("world", "shock", "years"), CASES)
def test_orders_come_back(world, shock, years):
    found = orders(world, shock)
    np.testing.assert_allclose(found[:AT], 1.0, rtol=0, atol=1e-9)
    assert np.abs(found[AT:] - 1).max() > 0.02  # there was a shock
    assert np.abs(found[AT + 12 * years :] - 1).max() < 0.02


@pytest.mark.parametrize(("world", "shock", "years"), CASES)
def test_orders_vary_less_and_less(world, shock, years):
    """Standard deviation of each good's orders in five windows after the shock; the worst good counts."""
    found = orders(world, shock)
    edges = [AT, 60, 120, 180, 240, 300]
    spread = [found[a:b].std(axis=0).max() for a, b in pairwise(edges)]
    for before, after in pairwise(spread):
        assert after < max(0.9 * before, NOTICED)
    assert spread[-1] < max(0.05 * spread[0], NOTICED)
