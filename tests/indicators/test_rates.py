"""Indicators: same numbers from numpy and xarray, stated values where there is nothing to share."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import indicators

AMOUNT = st.floats(0.0, 1e9)
TRIPLE = st.tuples(AMOUNT, AMOUNT, AMOUNT)

TWO = {
    indicators.collection_rate: 0.0,
    indicators.process_efficiency: 0.0,
    indicators.eol_recycling_rate: 0.0,
    indicators.availability: 1.0,
    indicators.availability_base_need: 1.0,
    indicators.availability_final: 1.0,
}


@pytest.mark.parametrize("function", TWO, ids=lambda f: f.__name__)
def test_share_of_nothing_has_a_stated_value(function):
    part, whole = np.array([1.0, 0.0]), np.array([2.0, 0.0])
    found = function(part, whole)
    assert found.tolist() == [0.5, TWO[function]]
    labelled = function(xr.DataArray(part, dims="region"), xr.DataArray(whole, dims="region"))
    assert isinstance(labelled, xr.DataArray)
    assert labelled.dims == ("region",)
    assert labelled.values.tolist() == found.tolist()
    assert function(1.0, 2.0) == 0.5


@settings(deadline=None)
@given(TRIPLE)
def test_recycling_rates_fit_together(amounts):
    primary, old, new = (np.array(x) for x in amounts)
    content = indicators.recycled_content(primary, old, new)
    ratio = indicators.old_scrap_ratio(old, new)
    assert indicators.old_scrap_input_rate(primary, old, new) == pytest.approx(content * ratio, abs=1e-12)
    rate = indicators.eol_recycling_input_rate(primary, old)
    assert rate >= indicators.old_scrap_input_rate(primary, old, new) - 1e-12
    for value in (content, ratio, rate):
        assert 0.0 <= value <= 1.0


@settings(deadline=None)
@given(st.floats(1e-3, 1e9), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_recycling_rate_is_collection_times_efficiency(generated, collected_share, recovered_share):
    collected = generated * collected_share
    recovered = collected * recovered_share
    product = indicators.collection_rate(collected, generated) * indicators.process_efficiency(
        recovered, collected
    )
    assert indicators.eol_recycling_rate(recovered, generated) == pytest.approx(product, abs=1e-9)


def test_more_than_the_base_need_counts_as_all_of_it():
    assert indicators.availability_base_need(np.array([3.0, 1.0]), np.array([2.0, 2.0])).tolist() == [
        1.0,
        0.5,
    ]


def test_cover_without_need_is_not_a_number():
    found = indicators.cover(np.array([30.0, 5.0]), np.array([2.0, 0.0]))
    assert found[0] == 15.0
    assert np.isnan(found[1])


@settings(deadline=None)
@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=20), st.sampled_from([1e-3, 7.0, 1e6]))
def test_concentration_lies_between_one_nth_and_one(amounts, factor):
    found = indicators.hhi(amounts)
    assert 1.0 / len(amounts) - 1e-12 <= found <= 1.0 + 1e-12
    assert indicators.hhi(np.array(amounts) * factor) == pytest.approx(found)
    assert indicators.hhi([*amounts, 0.0]) == pytest.approx(found)


def test_concentration_along_an_axis():
    assert indicators.hhi([[1.0, 0.0], [1.0, 0.0]], axis=0).tolist() == [0.5, 0.0]
    assert indicators.hhi([[1.0, 0.0], [1.0, 1.0]], axis=1).tolist() == [1.0, 0.5]


def test_resilience_of_a_known_course():
    value = np.array([1.0, 0.6, 0.8, 0.97, 1.0, 1.0])
    found = indicators.resilience(value, 1.0, np.full(6, 30.0))
    assert found.depth == pytest.approx(0.4)
    assert found.area == pytest.approx(30.0 * 0.63)
    assert found.days_to_recover == 60.0
    assert found.worst == 1


def test_resilience_without_loss_and_without_recovery():
    value = np.array([[1.0, 1.0, 0.98], [1.0, 0.5, 0.98]])
    found = indicators.resilience(value, np.array([1.0, 1.0, 1.0]), np.array([10.0, 20.0]))
    assert found.days_to_recover.tolist() == [0.0, np.inf, 0.0]
    assert found.area == pytest.approx([0.0, 10.0, 0.6])
    assert found.depth == pytest.approx([0.0, 0.5, 0.02])


@settings(deadline=None)
@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=24),
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=24),
)
def test_a_deeper_loss_never_has_a_smaller_area(first, second):
    n = min(len(first), len(second))
    high, low = np.maximum(first[:n], second[:n]), np.minimum(first[:n], second[:n])
    days = np.full(n, 30.4375)
    better, worse = indicators.resilience(high, 1.0, days), indicators.resilience(low, 1.0, days)
    assert better.area <= worse.area + 1e-9
    assert better.depth <= worse.depth
    assert better.days_to_recover <= worse.days_to_recover + 1e-9 or np.isinf(worse.days_to_recover)


def test_growth_and_uses():
    assert indicators.mean_uses(0.5) == 2.0
    assert indicators.recycled_content_bound(0.5, 0.0, 12.0) == 0.5
    labelled = indicators.mean_uses(xr.DataArray([0.0, 0.9], dims="material"))
    assert labelled.values == pytest.approx([1.0, 10.0])


def test_market_share_is_sales_over_all_sales_and_nothing_of_nothing():
    sales = np.array([[30.0, 10.0], [0.0, 0.0]])
    found = indicators.market_share(sales, sales.sum(axis=1, keepdims=True))
    assert found.tolist() == [[0.75, 0.25], [0.0, 0.0]]
