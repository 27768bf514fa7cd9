"""Limits on exports, duties and delays on the way: what each does, to the tonne and the minute."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from simulator.build import build
from simulator.run.member import Member
from simulator.world.prices import capped_share
from simulator.world.state import MINUTES_PER_DAY, MINUTES_PER_MONTH
from simulator.world.trade_events import Delay, Grant, added_time, arrivals, monthly_limit, sets_out
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")

MONTH = MINUTES_PER_MONTH
NORTH, SOUTH = 0, 1
MONEY = ("rules.prices=true", "rules.finance=true")
SHORT = "period.end=2030-01-01"
COPPER = {"from": "SOUTH", "material": "copper", "stage": "processing"}
YEARS = {"start": "2026-01-01", "end": "2028-01-01"}
CALM = slice(26, 47)
"""Months wholly inside these two years."""


def restriction(name="limit", form="quota", **words):
    return {"name": name, "kind": "export_restriction", "form": form, **COPPER, **YEARS, **words}


def tariff(rate, name="duty", **words):
    return {"name": name, "kind": "tariff", **COPPER, **YEARS, "rate": rate, **words}


def closure(**words):
    return {"name": "way", "kind": "transport", "from": "SOUTH", "to": "NORTH", **YEARS, **words}


@cache
def _run(text, sets):
    changes = {"disruptions": eval(text)} if text else {}
    scenario = worlds.paper_with(changes, SHORT, *sets)
    return worlds.room.run(scenario, worlds.paper_tables())


def run(*events, sets=MONEY):
    """Result of the paper world with these events; each is run once."""
    return _run(repr(list(events)) if events else "", sets)


def exports(ds, good="refined_copper"):
    return ds["trade"].sel(good=good, region_from="SOUTH", region_to="NORTH").values


def same(one, other):
    assert set(other.data_vars) == set(one.data_vars)
    for name in one.data_vars:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=str(name))


# ---------------------------------------------------------------------- laws


def test_a_licence_lets_nothing_through_then_a_ramp_then_its_share():
    grant = Grant(start=100, end=10_000, share=0.8, processing=200, ramp=400)
    assert grant.granted(0, 300) == 0.0
    assert grant.granted(300, 700) == pytest.approx(0.8 * 400 / 2)
    assert grant.granted(300, 500) == pytest.approx(0.8 * 200 * 0.25)
    assert grant.granted(700, 1000) == pytest.approx(0.8 * 300)
    assert grant.granted(9_900, 20_000) == pytest.approx(0.8 * 100)
    whole = grant.granted(0, 20_000)
    parts = sum(grant.granted(a, a + 7) for a in range(0, 20_000, 7))
    assert parts == pytest.approx(whole, rel=1e-9)
    # so short a time that it ends within the ramp
    assert Grant(0, 100, 1.0, 0, 200).granted(0, 1000) == pytest.approx(100 * 0.25)


def test_a_month_that_is_touched_in_part_counts_in_part():
    usual = np.full(4, 10.0)
    grant = Grant(start=MONTH + MONTH // 2, end=3 * MONTH, share=0.2)
    limit, law, force = monthly_limit(grant, usual)
    np.testing.assert_allclose(limit, [np.inf, 1.0, 2.0, np.inf], rtol=1e-12)
    np.testing.assert_allclose(law, [0.0, 1.0, 2.0, 0.0], rtol=1e-12)
    np.testing.assert_allclose(force, [0.0, 0.5, 1.0, 0.0], rtol=1e-12)
    leaky, *_ = monthly_limit(grant, usual, leak=0.5)
    np.testing.assert_allclose(leaky, [np.inf, 3.0, 6.0, np.inf], rtol=1e-12)
    assert np.isinf(monthly_limit(Grant(0, 9 * MONTH, 1.0, processing=MONTH), usual)[0]).all()
    quota, *_ = monthly_limit(grant, usual, quota=np.full(4, 4.0))
    np.testing.assert_allclose(quota, [np.inf, 2.0, 4.0, np.inf], rtol=1e-12)
    # half of the month all that is asked leaves, on the other half no more than the limit
    share = capped_share(np.array([[0, 0]]), np.array([6.0, 2.0]), limit[1:2], 1.0 - force[1:2])
    assert share @ [6.0, 2.0] == pytest.approx(4.0 + 1.0)
    few = capped_share(np.array([[0, 0]]), np.array([1.0, 0.5]), limit[1:2], 1.0 - force[1:2])
    np.testing.assert_array_equal(few, 1.0)


def test_of_two_limits_the_strictest_holds():
    group = np.array([[0, 0, -1], [1, -1, -1]])
    share = capped_share(group, np.array([4.0, 6.0, 5.0]), np.array([5.0, 1.0]))
    np.testing.assert_allclose(share, [0.25, 0.5, 1.0])
    np.testing.assert_array_equal(capped_share(group, np.zeros(3), np.zeros(2)), 1.0)


def takes(delays, now, lead=50):
    """Whole time of goods that are ready now."""
    leaves = sets_out(delays, now)
    return leaves - now + lead + added_time(delays, lead, leaves)


def test_goods_wait_for_a_way_to_open_or_go_round():
    shut = Delay(100, 200, is_closed=True)
    assert [takes((shut,), now) for now in (99, 100, 199, 200)] == [50, 150, 51, 50]
    detour = Delay(100, 200, is_closed=True, detour=30)
    assert [takes((detour,), now) for now in (120, 190)] == [80, 60]
    queue = Delay(200, 300, extra=7)
    assert takes((shut, queue), 150) == 50 + 50 + 7
    slow = Delay(0, 1000, factor=1.5)
    assert takes((queue, slow), 250) == 75  # the largest
    again = Delay(150, 260, is_closed=True)
    assert takes((shut, again), 120) == 140 + 50
    assert takes((Delay(0, 9, factor=0.0),), 5) == 1  # never before it leaves
    # buyers plan with the way round and the queue, not with the wait
    assert added_time((shut,), 50, 150) == 0
    assert added_time((detour, queue), 50, 120) == 30


@pytest.mark.parametrize(("extra", "interval"), [(10, 30), (30, 30), (75, 30), (1, 7)])
def test_a_delay_holds_on_average_at_any_interval(extra, interval):
    found = arrivals((Delay(0, 1000, extra=extra),), 40, 100, interval)
    times, parts = np.array(found).T
    assert parts.sum() == pytest.approx(1.0)
    assert times @ parts == pytest.approx(40 + extra)
    assert ((times - 40) % interval == 0).all()


def test_only_what_is_sent_while_it_lasts_is_late():
    late = Delay(85, 1000, extra=10)
    assert arrivals((late,), 40, 80, 30) == [(40, 1.0)]
    assert arrivals((late,), 40, 90, 30) == [(40, pytest.approx(25 / 30)), (70, pytest.approx(5 / 30))]
    assert arrivals((late,), 40, 120, 30) == [(40, pytest.approx(20 / 30)), (70, pytest.approx(10 / 30))]
    over = Delay(60, 75, extra=10)  # it has caught up before the next review
    assert arrivals((over,), 40, 90, 30) == [(40, 1.0)]
    shut = Delay(80, 200, is_closed=True)
    assert arrivals((shut,), 40, 90, 30) == [(40, pytest.approx(20 / 30)), (150, pytest.approx(10 / 30))]
    assert arrivals((shut,), 40, 120, 30) == [(120, 1.0)]
    assert arrivals((shut,), 40, 210, 30) == [(40, 1.0)]
    faster = Delay(0, 1000, factor=0.75)
    assert arrivals((faster,), 40, 120, 30) == [(10, pytest.approx(1 / 3)), (40, pytest.approx(2 / 3))]


# ---------------------------------------------------------------------- limits on exports


def test_a_quota_binds_to_the_tonne_and_parts_the_price_at_home_from_that_abroad():
    base, ds = run(), run(restriction(severity=0.4))
    usual = exports(base)
    assert exports(ds)[CALM].max() <= 0.6 * usual[0] * (1 + 1e-9)
    np.testing.assert_allclose(exports(ds)[CALM], 0.6 * usual[0], rtol=1e-9)
    np.testing.assert_array_equal(exports(ds)[:24], usual[:24])
    price = ds["price"].sel(good="refined_copper")
    home, abroad = price.sel(region="SOUTH")[CALM], price.sel(region="NORTH")[CALM]
    assert float(home.min()) < 0.95 < 1.05 < float(abroad.max())
    used = ds["export_left"] / ds["export_limit"]
    np.testing.assert_allclose(used.values[CALM, SOUTH, 0], 1.0, rtol=1e-9)
    assert ds["export_held_back"].values[CALM, SOUTH, 0] == pytest.approx(0.4 * usual[0], rel=1e-9)
    assert (ds["export_limit"].values[:24] == 0).all()
    assert float(ds["mass_residual"].max()) < 1e-9


def test_a_loose_limit_changes_nothing_but_stays_known():
    base, ds = run(), run(restriction(tonnes_per_year=1e6))
    np.testing.assert_allclose(ds["price"].values, base["price"].values, atol=1e-12)
    np.testing.assert_allclose(ds["trade"].values, base["trade"].values, rtol=1e-9, atol=1e-12)
    assert float((ds["export_left"] / ds["export_limit"])[CALM].max()) < 1e-3


def test_a_quota_in_tonnes_is_that_many_tonnes():
    ds = run(restriction(tonnes_per_year={"2026-01-01": 36.0}))
    np.testing.assert_allclose(exports(ds)[CALM], 3.0, rtol=1e-9)


def test_a_ban_lets_nothing_leave_but_what_leaks():
    ds = run(restriction(form="ban"))
    np.testing.assert_array_equal(exports(ds)[CALM], 0.0)
    assert (ds["export_limit"].values[CALM] == 0).all()
    leaky = run(restriction(form="ban", leak=0.1))
    np.testing.assert_allclose(exports(leaky)[CALM], 0.1 * exports(run())[0], rtol=1e-9)
    assert exports(ds)[47:50].max() > exports(run())[0]  # what waited leaves when it ends


def test_licences_stop_exports_then_let_a_share_through():
    days = MONTH / MINUTES_PER_DAY
    event = restriction(form="licence", severity=0.2, processing_days=3 * days, ramp_days=2 * days)
    usual, sent = exports(run())[0], exports(run(event))
    np.testing.assert_allclose(sent[25:27], 0.0, atol=1e-12)
    assert 0 < sent[28] < sent[29] < 0.8 * usual
    np.testing.assert_allclose(sent[30:34], 0.8 * usual, rtol=1e-9)
    assert sent[31:47].max() <= 0.8 * usual * (1 + 1e-9)  # buyers have found others by then


def test_of_two_restrictions_the_strictest_holds():
    tight = restriction("tight", severity=0.7)
    both = run(restriction("loose", severity=0.3), tight)
    np.testing.assert_allclose(exports(both), exports(run(tight)), rtol=1e-12)
    assert list(both["restriction"].values) == ["loose", "tight"]


def test_what_is_not_named_is_not_held_back():
    ds = run(restriction(severity=0.9, good="ore_copper", material="", stage=""), sets=worlds.FIXED_PRICES)
    base = run(sets=worlds.FIXED_PRICES)
    assert exports(ds, "ore_copper")[CALM].max() < 0.2 * exports(base, "ore_copper")[0]
    assert exports(ds, "cell")[26] == pytest.approx(exports(base, "cell")[26], rel=1e-6)


@pytest.mark.parametrize(
    "event",
    [
        restriction(severity=0.0, announced="2025-01-01"),
        restriction(form="licence", severity=0.0, processing_days=90),
        tariff(0.0),
        closure(extra_days=0),
        closure(factor=1.0),
    ],
    ids=["quota", "licence", "tariff", "extra_days", "factor"],
)
def test_without_strength_nothing_changes_bit_for_bit(event):
    same(run(), run(event))


# ---------------------------------------------------------------------- duties


def test_a_duty_moves_shares_and_goes_to_the_state():
    base, ds = run(), run(tariff(0.5))
    sent, usual = exports(ds), exports(base)[0]
    np.testing.assert_array_equal(sent[:24], exports(base)[:24])
    assert sent[46] < 0.9 * usual
    assert (np.diff(sent[49:]) > 0).all()  # on the way back
    assert float(ds["tariff_paid"].sel(region="SOUTH").sum()) == 0.0
    paid = ds["tariff_paid"].sel(region="NORTH").values
    assert (paid[:24] == 0).all()
    worth = ds["price"].sel(good="refined_copper", region="NORTH").values * sent
    base_price = float(ds["price_base"].sel(good="refined_copper", region="NORTH"))
    np.testing.assert_allclose(paid[CALM], 0.5 * base_price * worth[CALM], rtol=1e-6)
    taken = ds["money_flow"].sel(payment=[f"{who}>state" for who in ("firms", "households", "outside")])
    assert float(taken.sum()) == pytest.approx(float(paid.sum()), rel=1e-9)
    assert float(ds["money_residual"].max()) < 1e-9
    # makers of the North pass it on
    cell = ds["price"].sel(good="cell", region="NORTH").values
    assert cell[46] > 1.02


def test_duties_add():
    twice = run(tariff(0.2), tariff(0.3, "more"))
    np.testing.assert_allclose(exports(twice), exports(run(tariff(0.5))), rtol=1e-9)


# ---------------------------------------------------------------------- ways


class Watched(Member):
    """Tells what arrives when."""

    def _arrive(self, minute):
        load = sum(shipment.load[:, -1].sum() for shipment in self.arriving[minute])
        self.got = {**getattr(self, "got", {}), minute: load}
        super()._arrive(minute)


@cache
def arrive(text=""):
    changes = {"disruptions": eval(text)} if text else {}
    scenario = worlds.paper_with(changes, "period.end=2028-01-01", *worlds.FIXED_PRICES)
    member = Watched(build(scenario, worlds.paper_tables()).blueprint)
    return member.got if member.run() else {}, member.record.series


@pytest.mark.parametrize("corridor", [None, "narrows"])
def test_a_closed_way_delays_arrivals_by_one_transit_time(corridor):
    start, lead = 731 * MINUTES_PER_DAY, 40 * MINUTES_PER_DAY
    event = closure(closed=True, duration_days=100)
    del event["end"]
    if corridor:
        event |= {"corridor": corridor}
        del event["from"], event["to"]
    usual, base = arrive()
    found, series = arrive(repr([event]))
    hit = [t for t in usual if found.get(t, 0.0) < usual[t] * (1 - 1e-9)]
    assert start + lead <= min(hit) < start + lead + MONTH
    for minute in usual:
        if minute < min(hit):
            assert found[minute] == pytest.approx(usual[minute], rel=1e-12)
    reopened = start + 100 * MINUTES_PER_DAY + lead
    missing = sum(usual[t] - found.get(t, 0.0) for t in usual if min(hit) <= t < reopened)
    assert found[reopened] == pytest.approx(missing, rel=0.05)
    until = (start + lead) // MONTH
    np.testing.assert_allclose(series["production"][:until], base["production"][:until], rtol=1e-9)
    assert series["mass_residual"].max() < 1e-9


@pytest.mark.parametrize(
    ("words", "days"),
    [({"extra_days": 9}, 9), ({"factor": 1.25}, 10), ({"corridor": "strait", "closed": True}, 20)],
    ids=["extra_days", "factor", "way_round"],
)
def test_what_takes_longer_is_missing_for_so_many_days(words, days):
    event = closure(**words) | {"from": "*", "to": "*"}
    if "corridor" in words:
        del event["from"], event["to"]
    usual, _ = arrive()
    found, series = arrive(repr([event]))
    lead, start = 40 * MINUTES_PER_DAY, 731 * MINUTES_PER_DAY
    first = -(-start // MONTH) * MONTH + lead  # what the first review after the start sends
    for minute in usual:
        if minute % MONTH == lead % MONTH and minute < first:
            assert found[minute] == pytest.approx(usual[minute], rel=1e-12)
    missing = (usual[first] - found[first]) / usual[first] * MONTH / MINUTES_PER_DAY
    assert missing == pytest.approx(days, rel=0.1)  # buyers plan with it: they order a little more
    assert found[first + MONTH] > 0.95 * usual[first + MONTH]
    assert series["mass_residual"].max() < 1e-9


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "event", [restriction(good="eol_device", material="", stage="", severity=0.5)], ids=["no trade"]
)
def test_an_event_that_meets_no_trade_is_refused(event):
    with pytest.raises(worlds.room.InputError) as refused:
        run(event)
    assert "event_without_trade" in str([fault.rule for fault in refused.value.faults])
