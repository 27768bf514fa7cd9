"""Uptime: exact over any interval, nothing lost without a loss, overlaps multiply."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.world.disruptions import UptimeCurve, mean_factor, mean_uptime, uptime

DAY = 1440
MONTH = 43_830


@st.composite
def curves(draw):
    start = draw(st.integers(-200, 400)) * DAY + draw(st.integers(0, DAY))
    days = draw(st.integers(0, 200))
    shape = draw(st.sampled_from(["step", "linear", "exponential", "table"]))
    steps = draw(st.lists(st.integers(1, 90), min_size=1, max_size=3))
    parts = draw(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3))
    knots = [(sum(steps[: i + 1]) * DAY, parts[i]) for i in range(len(steps))]
    return UptimeCurve(
        start=start,
        end=start + days * DAY,
        severity=draw(st.floats(0.0, 1.0)),
        shape=shape,
        recovery=0 if shape in ("step", "table") else draw(st.integers(0, 200)) * DAY,
        onset=draw(st.sampled_from([0, 0, days // 2, days])) * DAY,
        table=(*knots[:-1], (knots[-1][0], 0.0)) if shape == "table" else (),
    )


INSTANTS = st.integers(-100 * DAY, 700 * DAY)


@settings(deadline=None, max_examples=200)
@given(st.lists(curves(), min_size=1, max_size=3), st.lists(INSTANTS, min_size=3, max_size=3, unique=True))
def test_integral_adds_over_split_intervals(outages, times):
    t0, t1, t2 = sorted(times)
    exposure = np.array([[1.0, 0.0, 0.3]] * len(outages))
    both = mean_uptime(outages, exposure, t0, t1) * (t1 - t0) + mean_uptime(outages, exposure, t1, t2) * (
        t2 - t1
    )
    assert both / (t2 - t0) == pytest.approx(mean_uptime(outages, exposure, t0, t2), abs=2e-12)
    assert both.min() >= 0.0
    assert both.max() <= (t2 - t0) * (1.0 + 1e-12)


@settings(deadline=None, max_examples=50)
@given(curves(), st.integers(1, 60), INSTANTS)
def test_one_outage_is_the_integral_of_its_course(outage, n_days, t0):
    # Sums over 200,001 instants are near enough to tell a wrong formula from a right one.
    t1 = t0 + n_days * DAY
    times = np.linspace(t0, t1, 200_001)
    middle = 0.5 * (times[1:] + times[:-1])
    found = mean_uptime([outage], [[1.0]], t0, t1)[0]
    assert found == pytest.approx(1.0 - outage.deficit(middle).mean(), abs=2e-5)


@settings(deadline=None, max_examples=60)
@given(st.lists(curves(), min_size=2, max_size=3), INSTANTS)
def test_overlaps_multiply_what_remains(outages, t0):
    t1 = t0 + 20 * DAY
    exposure = np.array([[1.0, 0.5]] * len(outages))
    times = np.linspace(t0, t1, 40_001)
    middle = 0.5 * (times[1:] + times[:-1])
    remain = np.prod([1.0 - x.deficit(middle) for x in outages], axis=0).mean()
    found = mean_uptime(outages, exposure, t0, t1)
    assert found[0] == pytest.approx(remain, abs=1e-4)
    instant = uptime(outages, exposure, t0)
    assert instant[1] == pytest.approx(np.prod([1.0 - 0.5 * x.deficit(t0) for x in outages]), abs=1e-15)


@settings(deadline=None, max_examples=100)
@given(st.lists(curves(), min_size=1, max_size=3), INSTANTS, st.integers(0, 400))
def test_no_severity_or_no_exposure_changes_no_bit(outages, t0, n_days):
    t1 = t0 + n_days * DAY
    empty = [replace(x, severity=0.0) for x in outages]
    assert np.array_equal(mean_uptime(empty, np.ones((len(empty), 5)), t0, t1), np.ones(5))
    assert np.array_equal(mean_uptime(outages, np.zeros((len(outages), 5)), t0, t1), np.ones(5))
    assert mean_uptime([*empty, *outages], np.ones((2 * len(outages), 3)), t0, t1) == pytest.approx(
        mean_uptime(outages, np.ones((len(outages), 3)), t0, t1), abs=1e-15
    )


@settings(deadline=None, max_examples=60)
@given(curves(), st.integers(0, 2000))
def test_shifting_an_outage_shifts_its_effect(outage, shift):
    moved = replace(outage, start=outage.start + shift, end=outage.end + shift)
    a = mean_uptime([outage], [[1.0]], outage.start - DAY, outage.start + MONTH)
    assert a == pytest.approx(
        mean_uptime([moved], [[1.0]], moved.start - DAY, moved.start + MONTH), abs=1e-14
    )


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 40), st.integers(0, 330 * DAY))
def test_ten_days_lost_are_ten_days_lost(n_reviews, start):
    outage = UptimeCurve(start, start + 10 * DAY, 1.0)
    cuts = np.rint(np.linspace(0, 12 * MONTH, n_reviews + 1)).astype(int)
    lost = sum((1.0 - mean_uptime([outage], [[1.0]], a, b)[0]) * (b - a) for a, b in pairwise(cuts))
    assert lost == pytest.approx(10 * DAY, rel=1e-12)


def test_full_outage_leaves_exactly_nothing():
    outages = [UptimeCurve(0, 400 * DAY, 1.0), UptimeCurve(0, 400 * DAY, 1.0, "linear", DAY)]
    assert mean_uptime(outages[:1], [[1.0]], 0, MONTH)[0] == 0.0
    assert mean_uptime(outages, [[1.0], [1.0]], 0, MONTH)[0] == pytest.approx(0.0, abs=1e-15)


def test_known_recoveries():
    linear = UptimeCurve(0, 10 * DAY, 0.5, "linear", 20 * DAY)
    assert mean_uptime([linear], [[1.0]], 0, 40 * DAY)[0] == pytest.approx(1.0 - (5.0 + 5.0) / 40.0)
    exponential = UptimeCurve(0, 10 * DAY, 0.5, "exponential", 20 * DAY)
    lost = 5.0 + 10.0 * (1.0 - np.exp(-1.0))
    assert mean_uptime([exponential], [[1.0]], 0, 30 * DAY)[0] == pytest.approx(1.0 - lost / 30.0)
    assert uptime([linear], [[1.0, 0.5]], 10 * DAY).tolist() == [0.5, 0.75]


def test_onset_and_table_in_closed_form():
    slow = UptimeCurve(0, 20 * DAY, 0.6, onset=10 * DAY)
    assert uptime([slow], [[1.0]], 5 * DAY)[0] == pytest.approx(0.7)
    assert mean_uptime([slow], [[1.0]], 0, 30 * DAY)[0] == pytest.approx(1.0 - 0.6 * (5.0 + 10.0) / 30.0)
    assert mean_uptime([slow], [[1.0]], 2 * DAY, 4 * DAY)[0] == pytest.approx(1.0 - 0.6 * 0.3)
    table = UptimeCurve(0, 10 * DAY, 0.8, "table", table=((30 * DAY, 0.5), (90 * DAY, 0.0)))
    assert uptime([table], [[1.0]], 25 * DAY)[0] == pytest.approx(1.0 - 0.8 * 0.75)
    lost = 10.0 + 30.0 * 0.75 + 60.0 * 0.25
    assert mean_uptime([table], [[1.0]], 0, 200 * DAY)[0] == pytest.approx(1.0 - 0.8 * lost / 200.0)
    assert mean_uptime([table], [[1.0]], 100 * DAY, 200 * DAY)[0] == 1.0


def test_an_onset_that_meets_a_table_in_closed_form():
    slow = UptimeCurve(0, 30 * DAY, 0.5, onset=30 * DAY)
    table = UptimeCurve(-DAY, 0, 0.4, "table", table=((30 * DAY, 0.0),))
    # with s from 0 to 1 over the month: (1 - 0.5 s) (1 - 0.4 (1 - s)) = 0.6 + 0.1 s - 0.2 s^2
    both = mean_uptime([slow, table], [[1.0], [1.0]], 0, 30 * DAY)[0]
    assert both == pytest.approx(0.6 + 0.05 - 0.2 / 3.0, abs=1e-13)


def test_factors_may_add_and_multiply():
    lost, more = UptimeCurve(0, 60 * DAY, 0.5), UptimeCurve(30 * DAY, 60 * DAY, 0.4)
    found = mean_factor([lost, more], [[1.0, 0.0, 1.0], [0.0, -1.0, -1.0]], 0, 60 * DAY)
    assert found == pytest.approx([0.5, 1.2, 0.5 * (0.5 + 0.5 * 1.4)])
    assert np.array_equal(mean_factor([lost], [[1.0]], 60 * DAY, 90 * DAY), [1.0])


def test_two_exponential_recoveries_in_closed_form():
    a = UptimeCurve(-DAY, 0, 0.8, "exponential", 3 * DAY)
    b = UptimeCurve(-DAY, 0, 0.6, "exponential", 7 * DAY)

    def fall(days):
        return days * (1.0 - np.exp(-30.0 / days))

    exact = 1.0 - (0.8 * fall(3.0) + 0.6 * fall(7.0) - 0.48 * fall(2.1)) / 30.0
    assert mean_uptime([a, b], [[1.0], [1.0]], 0, 30 * DAY)[0] == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": 1, "end": 0, "severity": 0.5},
        {"start": 0, "end": 1, "severity": 1.5},
        {"start": 0, "end": 1, "severity": 0.5, "recovery": -1},
        {"start": 0, "end": 1, "severity": 0.5, "shape": "cubic"},
        {"start": 0, "end": 1, "severity": 0.5, "onset": 2},
        {"start": 0, "end": 1, "severity": 0.5, "shape": "table"},
        {"start": 0, "end": 1, "severity": 0.5, "shape": "table", "table": ((2, 0.5), (1, 0.0))},
        {"start": 0, "end": 1, "severity": 0.5, "shape": "table", "table": ((2, 1.5),)},
    ],
)
def test_impossible_outages_are_refused(wrong):
    with pytest.raises(ValueError, match=r"outage|shape"):
        UptimeCurve(**wrong)
