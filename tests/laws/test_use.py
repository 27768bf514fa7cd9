"""The use stage: survival falls, stocks balance, live cohorts equal the standard dynamic stock model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simulator.world.lifetime import FAMILIES, hazard, survival, survival_table, weibull_shape
from simulator.world.use import (
    by_cohort,
    dynamic_stock,
    enter,
    hibernate,
    initial_cohorts,
    leaving_share,
    mass_of,
    retire,
    stock_driven,
)

MONTH = 1.0 / 12.0
LIFETIMES = st.tuples(st.sampled_from(FAMILIES), st.floats(0.3, 60.0), st.floats(0.1, 1.0)).map(
    lambda x: (x[0], x[1], x[1] * x[2])
)
INFLOWS = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=40).map(np.array)


@settings(deadline=None, max_examples=150)
@given(LIFETIMES)
def test_survival_falls_from_at_most_one_towards_none(lifetime):
    family, mean, sd = lifetime
    share = survival(family, np.linspace(0.0, 60.0 * mean, 4001), mean, sd)
    assert np.all(np.diff(share) <= 1e-15)
    assert share.max() <= 1.0
    assert share.min() >= 0.0
    assert share[-1] < 0.01
    if family != "normal":
        assert share[0] == pytest.approx(1.0, abs=1e-15)


@settings(deadline=None, max_examples=60)
@given(LIFETIMES, st.floats(0.2, 5.0))
def test_a_longer_life_stretches_the_age_scale(lifetime, factor):
    family, mean, sd = lifetime
    stretched = survival_table(200, family, mean, sd, factor=factor)
    assert stretched == pytest.approx(survival_table(200, family, mean * factor, sd * factor), abs=1e-12)


@pytest.mark.parametrize("family", ["weibull", "lognormal", "gamma"])
@pytest.mark.parametrize(("mean", "sd"), [(10.0, 3.0), (15.0, 12.0), (4.0, 1.0)])
def test_mean_and_spread_are_those_of_the_lifetime(family, mean, sd):
    age = np.linspace(0.0, 80.0 * mean, 400_001)
    share = survival(family, age, mean, sd)
    assert np.trapezoid(share, age) == pytest.approx(mean, rel=1e-4)
    assert np.trapezoid(2.0 * age * share, age) == pytest.approx(mean**2 + sd**2, rel=1e-3)


def test_families_are_those_of_the_textbook():
    age = np.array([0.0, 0.5, 3.0, 5.0, 9.0])
    scale = {
        "normal": stats.norm(5.0, 3.0),
        "folded_normal": stats.foldnorm(5.0 / 3.0, 0.0, 3.0),
        "truncated_normal": stats.truncnorm(-5.0 / 3.0, np.inf, 5.0, 3.0),
        "gamma": stats.gamma(25.0 / 9.0, scale=9.0 / 5.0),
    }
    for family, textbook in scale.items():
        assert survival(family, age, 5.0, 3.0) == pytest.approx(textbook.sf(age), rel=1e-12), family
    assert weibull_shape(1.0, 1.0) == pytest.approx(1.0)
    assert survival("weibull", age, 5.0, shape=1.0) == pytest.approx(np.exp(-age / 5.0))
    assert survival("gamma", age, 5.0, shape=1.0) == pytest.approx(np.exp(-age / 5.0))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("bathtub", 1.0, 10.0, 2.0), "unknown"),
        (("weibull", 1.0, 0.0, 2.0), "mean"),
        (("weibull", 1.0, 10.0), "shape"),
        (("lognormal", 1.0, 10.0, None, 2.0), "deviation"),
        (("normal", 1.0, 10.0, 0.0), "deviation"),
    ],
)
def test_impossible_lifetimes_are_refused(arguments, word):
    with pytest.raises(ValueError, match=word):
        survival(*arguments)


@settings(deadline=None, max_examples=150)
@given(INFLOWS, LIFETIMES, st.sampled_from(["start", "middle", "end"]), st.sampled_from([1, 6]))
def test_stock_balances_inflow_and_outflow(inflow, lifetime, entry, n_points):
    table = survival_table(len(inflow), *lifetime, entry=entry, n_points=n_points)
    stock, outflow = dynamic_stock(inflow, table)
    gap = inflow - outflow - np.diff(stock, prepend=0.0)
    assert np.abs(gap).max() <= 1e-12 * max(inflow.sum(), 1e-300)
    assert min(stock.min(), outflow.min()) >= 0.0


@settings(deadline=None, max_examples=100)
@given(INFLOWS, LIFETIMES)
def test_stock_driven_undoes_dynamic_stock(inflow, lifetime):
    family, mean, sd = lifetime
    # A long life keeps the first share in use well above zero; else the inverse has no digits left.
    table = survival_table(len(inflow), family, mean + 5.0, sd)
    stock, outflow = dynamic_stock(inflow, table)
    back, out = stock_driven(stock, table)
    assert back == pytest.approx(inflow, rel=1e-9, abs=1e-9 * max(inflow.max(), 1e-300))
    assert out == pytest.approx(outflow, rel=1e-9, abs=1e-9 * max(inflow.max(), 1e-300))


@settings(deadline=None, max_examples=60)
@given(LIFETIMES, st.integers(2, 400))
def test_hazards_compound_to_survival(lifetime, n):
    table = survival_table(n, *lifetime, step=MONTH)
    chance = hazard(table)
    assert chance.min() >= 0.0
    assert chance.max() <= 1.0
    assert np.cumprod(1.0 - chance) == pytest.approx(table, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), LIFETIMES)
def test_live_cohorts_equal_the_dynamic_stock_model(seed, n_years, lifetime):
    rng = np.random.default_rng(seed)
    rows, months, history = 3, 30, 12 * n_years
    total = history + months
    sales = rng.random((rows, n_years)) * 1e3
    inflow = rng.random((rows, months)) * 1e3
    mass = inflow[:, :, None] * rng.random((rows, months, 2))
    table = np.tile(survival_table(total, *lifetime, step=MONTH), (rows, 1))
    units, content = np.zeros((rows, total)), np.zeros((rows, total, 2))
    units[:, :history] = initial_cohorts(sales, table, 12)
    content[:, :history] = 0.5
    hazards = by_cohort(hazard(table))
    found_stock, found_outflow, left_mass = [], [], np.zeros((rows, 2))
    start_mass = mass_of(units, content)
    for month in range(months):
        now = history + month
        enter(units, content, now, inflow[:, month] * 0.25, mass[:, month] * 0.25)
        enter(units, content, now, inflow[:, month] * 0.75, mass[:, month] * 0.75)
        retired = retire(units, hazards, now)
        left_mass += mass_of(retired, content)
        found_outflow.append(retired.sum(axis=1))
        found_stock.append(units.sum(axis=1))
    for row in range(rows):
        flow = np.append(np.repeat(sales[row] / 12.0, 12), inflow[row])
        stock, outflow = dynamic_stock(flow, table[row])
        scale = flow.sum()
        assert np.abs(np.array(found_stock)[:, row] - stock[history:]).max() <= 1e-9 * scale
        assert np.abs(np.array(found_outflow)[:, row] - outflow[history:]).max() <= 1e-9 * scale
    in_use = mass_of(units, content)
    assert start_mass + mass.sum(axis=1) == pytest.approx(in_use + left_mass, rel=1e-12)


def test_first_cohort_may_be_left_out():
    table = survival_table(60, "fixed", 2.0, step=MONTH)[None, :]
    units, content = np.zeros((1, 60)), np.ones((1, 60, 1))
    units[:, :30] = 1.0
    whole = units.copy()
    retired = retire(units, by_cohort(hazard(table)), 29, first=5)
    everything = retire(whole, by_cohort(hazard(table)), 29)
    assert retired.tolist() == everything[:, 5:].tolist()
    assert mass_of(retired, content, first=5).tolist() == [[retired.sum()]]


def test_stationary_cohorts_stay():
    # History as long as the table, which ends: nobody lives beyond it.
    years, months = 40, 24
    table = survival_table(12 * years + months, "weibull", 8.0, shape=2.0, step=MONTH)[None, :]
    table[:, 12 * years :] = 0.0
    units = np.zeros((1, 12 * years + months))
    units[:, : 12 * years] = initial_cohorts(np.full((1, years), 120.0), table, 12)
    before = units.sum()
    hazards = by_cohort(hazard(table))
    for month in range(months):
        units[:, 12 * years + month] += 10.0
        assert retire(units, hazards, 12 * years + month).sum() == pytest.approx(10.0, rel=1e-12)
    assert units.sum() == pytest.approx(before, rel=1e-12)


def test_delivery_of_nothing_leaves_content_alone():
    units, content = np.zeros((2, 3)), np.full((2, 3, 1), 7.0)
    enter(units, content, 1, np.array([0.0, 4.0]), np.array([[0.0], [8.0]]))
    assert units[:, 1].tolist() == [0.0, 4.0]
    assert content[:, 1, 0].tolist() == [7.0, 2.0]


@settings(deadline=None, max_examples=80)
@given(st.floats(0.0, 20.0), st.floats(0.01, 2.0), st.lists(st.floats(0.0, 1e3), min_size=1, max_size=30))
def test_hibernation_keeps_mass(mean, interval, retired):
    pool, out = np.array([[5.0]]), 0.0
    for flow in retired:
        released = hibernate(pool, np.array([[flow]]), interval, np.array([mean]))
        assert released.min() >= 0.0
        out += released.item()
    assert pool.item() + out == pytest.approx(5.0 + sum(retired), rel=1e-12)
    if mean == 0.0:
        assert pool.item() == pytest.approx(0.0, abs=1e-12)


@settings(deadline=None, max_examples=50)
@given(st.floats(0.05, 20.0), st.integers(1, 12))
def test_hibernation_does_not_depend_on_the_interval(mean, parts):
    whole, split, released = np.array([[3.0]]), np.array([[3.0]]), 0.0
    once = hibernate(whole, np.array([[2.0]]), 1.0, np.array([mean])).item()
    for _ in range(parts):
        released += hibernate(split, np.array([[2.0 / parts]]), 1.0 / parts, np.array([mean])).item()
    assert released == pytest.approx(once, rel=1e-11)
    assert split.item() == pytest.approx(whole.item(), rel=1e-11)


def test_steady_hibernation_holds_flow_times_delay():
    pool = np.array([[2.0 * 7.5], [0.0]])
    flow = np.array([[2.0 / 12.0], [1.0]])
    released = hibernate(pool, flow, 1.0 / 12.0, np.array([7.5, 0.0]))
    assert released == pytest.approx(flow, rel=1e-13)
    assert pool[:, 0] == pytest.approx([15.0, 0.0], rel=1e-13)
    assert leaving_share(2.0, np.array([2.0, 0.0])) == pytest.approx([1.0 - np.exp(-1.0), 1.0])
