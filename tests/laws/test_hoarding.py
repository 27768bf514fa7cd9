"""Precautionary demand: before an announced shortage buyers stock up, after it they run stock down again."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulator.run.clock import Rank
from simulator.run.member import Member
from simulator.world import precaution as law
from simulator.world.state import MINUTES_PER_MONTH
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")

MONEY = ("rules.finance=true", "rules.births=true", "rules.prices=true")
FEAR = "rules.hoarding=true"
QUOTA = {
    "name": "quota",
    "kind": "export_restriction",
    "form": "quota",
    "from": "SOUTH",
    "material": "copper",
    "stage": "processing",
    "announced": "2025-07-01",
    "start": "2026-01-01",
    "end": "2029-01-01",
    "severity": 0.4,
}
OUTAGE = {
    "name": "mine",
    "kind": "outage",
    "where": {"process": "mine_copper", "region": "SOUTH"},
    "announced": "2025-07-01",
    "start": "2026-01-01",
    "duration_days": 30,
    "severity": 0.5,
}
ANNOUNCED, START = 18, 24
"""Months of the announcement and of the start."""


def says(event, **words):
    return "disruptions=" + json.dumps([{**event, **words}])


@cache
def run(*sets):
    return worlds.paper("stationary", *MONEY, *sets)


@cache
def watched(*sets):
    """Days of cover (month, slot) on hand and on top of the usual, and the member."""
    member = Member(worlds.paper_built("stationary", *MONEY, *sets).blueprint)
    rows = []

    def look():
        state = member.state
        need = state.need_rate
        cover = np.divide(state.qty, need, out=np.zeros_like(need), where=need > 0)
        rows.append((cover, state.precaution.copy()))

    member.clock.every(MINUTES_PER_MONTH, MINUTES_PER_MONTH, Rank.RECORD, 1, look, member.until)
    member.run()
    return np.array([cover for cover, _ in rows]), np.array([extra for _, extra in rows]), member


def same(one, two):
    return set(one.data_vars) == set(two.data_vars) and all(
        np.array_equal(one[name], two[name], equal_nan=True) for name in one.data_vars
    )


# ---------------------------------------------------------------------- nothing


def test_without_anything_to_fear_no_bit_changes():
    calm = run("rules.hoarding=false")
    assert same(calm, run(FEAR))
    for event in (QUOTA, OUTAGE):
        assert same(calm, run(FEAR, says(event, severity=0.0))), event["name"]
        assert same(calm, run(FEAR, says(event, severity=0.0, announced=event["start"]))), event["name"]


def test_nobody_stocks_up_in_a_world_without_the_rule():
    _, extra, member = watched("rules.hoarding=false", says(QUOTA))
    assert member.world.economy.precaution is None
    assert not extra.any()
    assert "extra_cover" not in run("rules.hoarding=false", says(QUOTA))


# ---------------------------------------------------------------------- before, during, after


def hit():
    """The input that the quota alarms most."""
    _, extra, _ = watched(FEAR, says(QUOTA))
    return int(extra[START - 1].argmax())


def test_buyers_stock_up_between_announcement_and_start():
    cover, extra, _ = watched(FEAR, says(QUOTA))
    calm, _, _ = watched("rules.hoarding=false", says(QUOTA))
    slot = hit()
    assert not extra[: ANNOUNCED - 1].any()
    np.testing.assert_array_equal(cover[: ANNOUNCED - 1], calm[: ANNOUNCED - 1])
    assert cover[START - 1, slot] > calm[START - 1, slot] + 5.0  # days
    assert calm[START - 1, slot] == pytest.approx(calm[0, slot], rel=1e-6)


def test_an_announcement_raises_the_price_before_anything_is_short():
    on, off = run(FEAR, says(QUOTA)), run("rules.hoarding=false", says(QUOTA))
    before = {"good": "refined_copper", "time": slice("2025-08-01", "2025-12-31")}
    assert float(on["price"].sel(before).max()) > 1.03
    assert float(off["price"].sel(before).max()) == pytest.approx(1.0, abs=1e-6)
    assert float(on["extra_cover"].sel(material="copper", time="2025-12").max()) > 3.0


def test_it_unwinds_and_a_limit_that_never_binds_does_not_keep_cover_high():
    """Three years of a quota that takes a hundredth: its alarm is small and gone long before it ends."""
    for severity, most in ((0.4, 12.0), (0.01, 0.3)):
        cover, extra, _ = watched(FEAR, says(QUOTA, severity=severity))
        slot = int(extra[START - 1].argmax())
        assert 0 < extra[:, slot].max() < most
        assert extra[START + 24, slot] < 0.15 * extra[:, slot].max(), "two years into the quota"
        assert abs(cover[-1, slot] / cover[0, slot] - 1) < 0.03


def test_a_tariff_is_anticipated_and_more_by_those_who_know_more():
    tariff = {k: v for k, v in QUOTA.items() if k not in ("form", "severity")} | {
        "kind": "tariff",
        "rate": 0.25,
    }
    _, extra, _ = watched(FEAR, says(tariff))
    assert extra[START - 1].max() > 2.0
    assert not extra[: ANNOUNCED - 1].any()
    goal = np.ones(2)
    known = law.take_up(np.zeros(2), goal, 30.0, 60.0, np.array([1.0, 2.0]))
    assert known[1] > known[0]


def test_alarm_fades_from_the_announcement_on():
    assert law.alarm_level(0.8, 0.0, 365.0) == 0.0
    assert law.alarm_level(0.8, -5.0, 365.0) == 0.0
    assert law.alarm_level(0.8, 365.0, 365.0) == pytest.approx(0.8 / np.e)


def test_deliveries_that_fall_short_alarm_more_than_the_announcement_alone():
    """Sign of the second part: a loss that starves buyers downstream of those whom it hits."""
    long = says(OUTAGE, severity=1.0, duration_days=120)
    fearless = watched(FEAR, long, "parameters.hoarding_fear=0")[1]
    fearful = watched(FEAR, long)[1]
    assert (fearful >= fearless - 1e-9)[: START + 1].all()
    assert (fearful.max(axis=0) > fearless.max(axis=0) + 1.0).any()


# ---------------------------------------------------------------------- long after


@pytest.mark.parametrize("eta", [0.4, 0.8])
def test_fear_is_over_twenty_years_after_a_shock(eta):
    """Prices are as calm as without fear. Fear of every shortfall, news or not, made them swing for ever."""
    built = worlds.paper_built("stationary", *MONEY, FEAR, worlds.YEARS_25, says(OUTAGE)).blueprint
    market = replace(built.economy.market, eta=np.full(len(built.economy.market), eta))

    def swing(precaution):
        economy = replace(built.economy, market=market, precaution=precaution)
        member = Member(replace(built, economy=economy))
        member.run()
        path = np.log(member.record.ledger.series["price"][240:]).reshape(60, -1)
        return float(np.nanmax(path.std(axis=0))), float(member.state.precaution.max())

    calm, extra = swing(built.economy.precaution)
    assert calm < 0.015
    assert extra < 1e-3
