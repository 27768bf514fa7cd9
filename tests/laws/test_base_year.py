"""The base year: balanced tables, agents, firms, relations that carry exactly what is needed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.world.base_year import BalanceError, draw_firms, ras, split_agents, stand_for
from simulator.world.relations import draw_relations, fit_relations

SEEDS = st.integers(0, 2**32 - 1)


def odds(table):
    return table[:-1, :-1] * table[1:, 1:] / (table[:-1, 1:] * table[1:, :-1])


@settings(deadline=None, max_examples=50)
@given(SEEDS, st.integers(2, 8), st.integers(2, 8), st.floats(0.1, 3.0))
def test_ras_keeps_totals_and_odds_ratios(seed, n, m, skew):
    rng = np.random.default_rng(seed)
    prior = np.exp(skew * rng.standard_normal((n, m)))
    rows = np.exp(skew * rng.standard_normal(n))
    columns = np.exp(skew * rng.standard_normal(m))
    columns *= rows.sum() / columns.sum()
    table = ras(prior, rows, columns, good="any")
    assert np.allclose(table.sum(axis=1), rows, rtol=1e-11, atol=0)
    assert np.allclose(table.sum(axis=0), columns, rtol=1e-11, atol=0)
    assert np.allclose(odds(table), odds(prior), rtol=1e-9, atol=0)


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.sampled_from([1e-6, 0.5, 1024.0, 1e9]))
def test_ras_scales_with_its_totals(seed, factor):
    rng = np.random.default_rng(seed)
    prior, rows = rng.random((4, 5)) + 0.01, rng.random(4) + 0.1
    columns = rng.random(5) + 0.1
    columns *= rows.sum() / columns.sum()
    small = ras(prior, rows, columns, good="any")
    assert np.allclose(ras(prior, rows * factor, columns * factor, good="any"), small * factor, rtol=1e-11)


def test_ras_names_good_and_totals():
    with pytest.raises(BalanceError, match=r"ore_lithium: supply 100 and use 101"):
        ras(np.ones((2, 2)), [60, 40], [30, 71], good="ore_lithium")


def test_ras_names_what_zeros_leave_open():
    with pytest.raises(BalanceError, match=r"refined_nickel.*supply of CHN, USA"):
        ras(np.eye(2), [60, 40], [30, 70], good="refined_nickel", row_names=["CHN", "USA"])
    with pytest.raises(BalanceError, match=r"supply of USA and use of EU27"):
        ras(
            [[1, 0], [0, 0]],
            [60, 40],
            [60, 40],
            good="any",
            row_names=["CHN", "USA"],
            column_names=["CHN", "EU27"],
        )


def test_ras_of_nothing_is_nothing():
    assert not ras(np.ones((2, 3)), np.zeros(2), np.zeros(3), good="any").any()


@settings(deadline=None, max_examples=100)
@given(
    st.integers(0, 60),
    st.lists(st.sampled_from([0.0, 1e-9, 1e-3, 0.2, 1.0, 1.0, 30.0, 1e6]), min_size=1, max_size=14),
)
def test_every_sector_with_flow_has_an_agent(n, weights):
    weight = np.array(weights)
    seats = split_agents(n, weight)
    assert np.array_equal(seats > 0, weight > 0)
    if weight.any():
        assert seats.sum() == max(n, np.count_nonzero(weight))
    larger = weight[:, None] > weight[None, :]
    assert (seats[:, None] - seats[None, :])[larger].min(initial=0) >= 0
    assert np.array_equal(seats, split_agents(n, weight * 1024.0))


SHARE = (0.05, 0.12, 0.19, 0.64)
ENTERPRISES = (0.70, 0.22, 0.06, 0.02)


@settings(deadline=None, max_examples=100)
@given(SEEDS, st.integers(1, 40), st.floats(1e-6, 1e12), st.floats(0.0, 2.0), st.integers(0, 3))
def test_firms_make_what_their_sector_makes(seed, n, output, sigma, empty):
    share = np.array(SHARE)
    share[:empty] = 0.0
    size, made = draw_firms(np.random.default_rng(seed), n, output, share, ENTERPRISES, sigma)
    assert len(size) == len(made) == n
    assert made.min() > 0.0
    assert math.isclose(math.fsum(made), output, rel_tol=3e-16)
    assert len(np.unique(size)) == min(n, 4 - empty)
    by_class = np.bincount(size, made, 4) / output
    if n >= 4 - empty:
        assert np.allclose(by_class, share / share.sum(), rtol=1e-12)
    again = draw_firms(np.random.default_rng(seed), n, output, share, ENTERPRISES, sigma)
    assert np.array_equal(size, again[0])
    assert np.array_equal(made, again[1])


def test_few_firms_keep_the_largest_classes():
    size, made = draw_firms(np.random.default_rng(0), 2, 100.0, SHARE, ENTERPRISES, 0.5)
    assert size.tolist() == [2, 3]
    assert made == pytest.approx([36.0, 64.0])
    assert draw_firms(np.random.default_rng(0), 1, 100.0, SHARE, ENTERPRISES, 0.5)[0].tolist() == [3]


def test_a_sector_needs_a_firm_and_a_class():
    with pytest.raises(ValueError, match="needs an agent"):
        draw_firms(np.random.default_rng(0), 0, 1.0, SHARE, ENTERPRISES, 0.5)
    with pytest.raises(ValueError, match="needs an agent"):
        draw_firms(np.random.default_rng(0), 3, 1.0, np.zeros(4), ENTERPRISES, 0.5)


def test_agents_stand_for_enterprises():
    enterprises, persons = stand_for([6e6, 4e6], [3e4, 8e4], [2.0, 500.0])
    assert persons.tolist() == [200.0, 50.0]
    assert enterprises.tolist() == [100.0, 0.1]


def market(seed, n_suppliers, n_buyers, rows, columns, skew, zeros):
    """A random good: firms in sectors, and a balanced table between these."""
    rng = np.random.default_rng(seed)
    rows, columns = min(rows, n_suppliers), min(columns, n_buyers)
    supplier_sector = np.append(np.arange(rows), rng.integers(0, rows, n_suppliers - rows))
    buyer_sector = np.append(np.arange(columns), rng.integers(0, columns, n_buyers - columns))
    table = np.exp(skew * rng.standard_normal((rows, columns)))
    table[rng.random((rows, columns)) < zeros] = 0.0
    table[np.arange(rows), rng.integers(0, columns, rows)] += 1e-3
    table[rng.integers(0, rows, columns), np.arange(columns)] += 1e-3
    output = np.exp(rng.standard_normal(n_suppliers))
    output *= (table.sum(axis=1) / np.bincount(supplier_sector, output))[supplier_sector]
    need = np.exp(2.0 * rng.standard_normal(n_buyers))
    need *= (table.sum(axis=0) / np.bincount(buyer_sector, need))[buyer_sector]
    return rng, need, buyer_sector, output, supplier_sector, table


MARKETS = st.builds(
    market,
    SEEDS,
    st.integers(1, 60),
    st.integers(1, 80),
    st.integers(1, 14),
    st.integers(1, 14),
    st.sampled_from([0.0, 1.0, 3.0, 6.0]),
    st.sampled_from([0.0, 0.3, 0.8]),
)


@settings(deadline=None, max_examples=150)
@given(MARKETS, st.sampled_from([0.0, 0.5, 3.0]))
def test_relations_carry_needs_and_pair_totals(case, mean_extra):
    rng, need, buyer_sector, output, supplier_sector, table = case
    supplier, buyer = draw_relations(
        rng, need, buyer_sector, output, supplier_sector, table, mean_extra, good="any"
    )
    traded = table > 1e-12 * table.sum(axis=0)
    assert len(np.unique(supplier * len(need) + buyer)) == len(supplier)
    assert np.array_equal(np.unique(supplier), np.arange(len(output)))
    assert np.array_equal(np.unique(buyer), np.arange(len(need)))
    drawn = np.zeros(table.shape, dtype=bool)
    drawn[supplier_sector[supplier], buyer_sector[buyer]] = True
    assert drawn[traded].all()

    with np.errstate(all="raise", under="ignore"):
        found = fit_relations(supplier, buyer, need, buyer_sector, output, supplier_sector, table, good="any")
    assert found.flow.min() > 0.0
    assert len(found.flow) >= found.n_added
    key = found.supplier * len(need) + found.buyer
    assert np.all(np.diff(key) > 0)
    assert np.isin(supplier * len(need) + buyer, key)[
        traded[supplier_sector[supplier], buyer_sector[buyer]]
    ].all()
    bought = np.bincount(found.buyer, found.flow, len(need))
    assert np.allclose(bought, need, rtol=1e-14, atol=0)
    pairs = np.zeros(table.shape)
    np.add.at(pairs, (supplier_sector[found.supplier], buyer_sector[found.buyer]), found.flow)
    assert np.allclose(pairs[traded], table[traded], rtol=1e-10, atol=0)
    assert np.bincount(found.supplier, found.flow, len(output)).min() > 0.0


@settings(deadline=None, max_examples=20)
@given(MARKETS)
def test_the_same_stream_draws_the_same_relations(case):
    _, *firms = case
    first = draw_relations(np.random.default_rng(1), *firms, 1.0, good="any")
    again = draw_relations(np.random.default_rng(1), *firms, 1.0, good="any")
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_relations_are_added_where_a_buyer_cannot_be_served():
    # One buyer needs 90 of 100 but knows only the sector that makes 10.
    table = np.array([[10.0], [90.0]])
    found = fit_relations([0, 1], [0, 1], [90.0, 10.0], [0, 0], [10.0, 90.0], [0, 1], table, good="any")
    assert found.n_added > 0
    assert np.bincount(found.supplier, found.flow) == pytest.approx([10.0, 90.0], rel=1e-10)
    assert np.bincount(found.buyer, found.flow) == pytest.approx([90.0, 10.0], rel=1e-15)


def test_relations_that_suffice_stay_alone():
    table = np.array([[30.0, 0.0], [0.0, 70.0]])
    found = fit_relations([0, 1], [0, 1], [30.0, 70.0], [0, 1], [30.0, 70.0], [0, 1], table, good="any")
    assert found.n_added == 0
    assert found.flow.tolist() == [30.0, 70.0]


def test_needs_that_differ_from_the_table_are_named():
    with pytest.raises(BalanceError, match="refined_cobalt"):
        fit_relations([0], [0], [11.0], [0], [10.0], [0], [[10.0]], good="refined_cobalt")


def test_a_sector_without_firms_is_named():
    with pytest.raises(BalanceError, match=r"ore_copper.*supplier sectors 1"):
        draw_relations(
            np.random.default_rng(0), [100.0], [0], [100.0], [0], [[60.0], [40.0]], 1.0, good="ore_copper"
        )


def test_a_hundred_thousand_firms_fit_in_seconds():
    case = market(5, 20_000, 80_000, 28, 28, 2.0, 0.0)
    rng, *firms = case
    supplier, buyer = draw_relations(rng, *firms, 2.0, good="any")
    found = fit_relations(supplier, buyer, *firms, good="any")
    assert np.allclose(np.bincount(found.buyer, found.flow), firms[0], rtol=1e-14, atol=0)
