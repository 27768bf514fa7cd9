"""Laws of the alliance: stock and money are kept, nobody is worse off than stated, a placebo does nothing."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulator.build import Built
from simulator.run.member import Member
from simulator.run.record import Recorder
from simulator.world import alliance as law
from simulator.world.state import sums
from tests.fixtures.worlds import STEADY, battery_built, outage, paper_built

QUIET = ("rules.prices=false", "rules.finance=false")
MONEY = ("rules.prices=true", "rules.finance=true", "rules.births=true")
SHOCK = outage(where={"process": "refine_copper", "region": "CHN"}, start="2025-01-01", duration_days=120)
SMALL = {"size": ["micro", "small", "medium"]}
SERVICES = {
    "pool": {"pooled_stock": {"share": 0.5}},
    "information": {"shared_information": True},
    "matching": {"matching": {"partners_per_year": 2.0, "qualification_factor": 0.5}},
    "guarantee": {"guarantee": {"cover": 0.5, "fund_usd": 1.0e7}},
    "fee": {"fee_share": 0.001},
}
ALL = {key: value for service in SERVICES.values() for key, value in service.items()}


def said(**words):
    return "alliance=" + json.dumps({"name": "ace", "start": "2024-01-01", **words})


@cache
def ran(name: str, *sets: str, shipped: bool = True) -> tuple[Built, Recorder]:
    built = (battery_built if shipped else paper_built)(name, *sets)
    return built, Member(built.blueprint).run()


def same(left: Recorder, right: Recorder, until: int | None = None) -> bool:
    """Whether two runs agree to the last bit, but for what is only recorded of groups."""
    pairs = [(left.series, right.series), (left.ledger.series, right.ledger.series)]
    return all(
        np.array_equal(a[key][:until], b[key][:until], equal_nan=True)
        for a, b in pairs
        for key in a.keys() & b.keys()
    )


# ---------------------------------------------------------------------- the pool

amounts = st.lists(
    st.tuples(*[st.floats(0, 1e6) for _ in range(3)], st.integers(0, 3)), min_size=1, max_size=12
)


@given(amounts, st.floats(0, 1))
def test_what_is_lent_is_received_and_nobody_gives_what_it_needs(rows, most):
    stock, need, kept, pool = (np.array(column) for column in zip(*rows, strict=True))
    given_, received = law.lend(stock, need, kept, pool, 4, most)
    np.testing.assert_allclose(sums(pool, given_, 4), sums(pool, received, 4), rtol=1e-9, atol=1e-9)
    assert (given_ >= 0).all() and (received >= 0).all()
    spare = np.maximum(0.0, stock - need - kept)
    assert (given_ <= most * spare * (1 + 1e-12)).all()
    assert (received <= np.maximum(0.0, need - stock) * (1 + 1e-12)).all()
    assert not (given_[need > stock] > 0).any()


def test_nobody_lends_while_nobody_is_in_need():
    stock, need = np.array([5.0, 8.0]), np.array([5.0, 2.0])
    given_, received = law.lend(stock, need, np.zeros(2), np.zeros(2, dtype=int), 1, 1.0)
    assert not given_.any() and not received.any()


@given(st.integers(1, 60), st.floats(0, 1))
def test_a_pool_needs_less_stock_and_a_common_shock_leaves_no_gain(n, rho):
    ratio = law.pooled_safety_stock(n, rho)
    assert ratio <= 1 + 1e-12
    assert law.pooled_safety_stock(n, 1.0) == pytest.approx(1.0)
    assert law.pooled_safety_stock(n, 0.0) == pytest.approx(1 / np.sqrt(n))


@pytest.mark.parametrize(("n", "rho"), [(4, 0.0), (9, 0.25), (9, 1.0)])
def test_pooled_stock_at_the_published_ratio_serves_as_often(n, rho):
    """Members alike who hold ratio x their own safety stock run short as a pool as often as alone."""
    draws, z = 40_000, 1.0
    rng = np.random.default_rng(3)
    own, common = rng.normal(size=(draws, n)), rng.normal(size=(draws, 1))
    demand = (10.0 + np.sqrt(1 - rho) * own + np.sqrt(rho) * common).ravel()
    stock = np.full(draws * n, 10.0 + z * law.pooled_safety_stock(n, rho))
    pool = np.repeat(np.arange(draws), n)
    given_, received = law.lend(stock, demand, np.zeros(draws * n), pool, draws, 1.0)
    short = np.maximum(0.0, demand - (stock - given_ + received)).reshape(draws, n).sum(axis=1) > 1e-9
    assert short.mean() == pytest.approx(0.1587, abs=4 * np.sqrt(0.16 * 0.84 / draws))


# ---------------------------------------------------------------------- the fund


@given(st.floats(0, 1e6), st.floats(0, 1), st.lists(st.floats(0, 1e6, width=32), min_size=1, max_size=6))
def test_the_fund_never_pays_more_than_it_has(balance, cover, losses):
    paid = law.pay_out(balance, cover, np.array(losses))
    assert paid.sum() <= balance * (1 + 1e-12) + 1e-300
    assert (paid <= cover * np.array(losses) * (1 + 1e-12)).all()


def test_guarantees_reach_as_far_as_the_fund_and_call_nothing_back():
    member, line = np.array([True, True, False]), np.array([100.0, 300.0, 100.0])
    nothing, before = np.zeros(3), np.ones(3)
    assert law.credit_gain(1e9, 0.5, 5.0, member, line, nothing, before).tolist() == [1.5, 1.5, 1.0]
    assert law.credit_gain(20.0, 0.5, 5.0, member, line, nothing, before) == pytest.approx([1.25, 1.25, 1.0])
    assert law.credit_gain(0.0, 0.5, 5.0, member, line, nothing, before).tolist() == [1.0, 1.0, 1.0]
    drawn, granted = np.array([130.0, 0.0, 130.0]), np.array([1.5, 1.5, 1.0])
    assert law.credit_gain(0.0, 0.5, 5.0, member, line, drawn, granted) == pytest.approx([1.3, 1.0, 1.0])


# ---------------------------------------------------------------------- joining and leaving


def test_members_stay_while_the_benefit_is_a_little_below_the_fee():
    benefit = np.array([0.012, 0.008, 0.004])
    outside, inside = np.zeros(3, dtype=bool), np.ones(3, dtype=bool)
    assert law.join_or_leave(outside, benefit, 0.01, 0.5).tolist() == [True, False, False]
    assert law.join_or_leave(inside, benefit, 0.01, 0.5).tolist() == [True, True, False]


def test_rounding_is_no_benefit():
    assert not law.join_or_leave(np.zeros(1, dtype=bool), np.array([1e-12]), 0.0, 0.5).any()


@given(*[st.floats(0, 1) for _ in range(5)])
def test_what_is_thought_to_be_avoided_is_a_share(helped, lost, prior, trust, least):
    assert 0 <= law.avoided_loss(helped, lost, prior, trust, least) <= 1
    assert law.avoided_loss(0.0, 0.0, prior, trust, 0.0) == pytest.approx(prior)
    assert law.avoided_loss(0.0, 1.0, prior, 1.0, 0.0) == 0


def test_outsiders_weigh_what_the_members_like_them_weigh():
    joined, cell = np.array([True, True, False, False, True, False]), np.array([0, 0, 0, 1, 2, -1])
    world = np.zeros(6, dtype=int), 1
    assert law.outside_weight(joined, cell, np.ones(6), *world).tolist() == [[0, 0, 2, 0, 0, 0]]
    measure = np.array([1.0, 2.0, 6.0, 1.0, 1.0, 1.0])
    assert law.outside_weight(joined, cell, measure, *world)[0, 2] == pytest.approx(0.5)
    assert not law.outside_weight(np.ones(6, dtype=bool), cell, measure, *world).any()


# ---------------------------------------------------------------------- in a run


@pytest.mark.parametrize("join", ["all", "benefit", 0.5])
def test_a_placebo_changes_no_bit(join):
    sets = ("period.end=2026-01-01", SHOCK, *MONEY)
    _, without = ran("reference", *sets)
    built, placebo = ran("reference", *sets, said(join=join))
    assert same(without, placebo)
    assert built.blueprint.economy.alliance.may_join.any()


def test_a_placebo_changes_no_bit_on_paper():
    _, without = ran("outage", *MONEY, shipped=False)
    _, placebo = ran("outage", *MONEY, said(), shipped=False)
    assert same(without, placebo)
    assert (placebo.ledger.series["ally_firms"][..., 0].sum(axis=1) > 0).all()


def test_matching_at_rate_0_is_no_alliance():
    sets = ("period.end=2026-01-01", SHOCK)
    _, without = ran("reference", *sets)
    _, idle = ran("reference", *sets, said(matching={"partners_per_year": 0.0, "qualification_factor": 0.5}))
    assert same(without, idle)
    assert not idle.ledger.series["matched"].any()


@pytest.mark.parametrize("service", [*SERVICES, "all"])
def test_masses_and_money_close_with_every_service(service):
    words = ALL if service == "all" else SERVICES[service]
    sets = ("period.end=2027-01-01", SHOCK, *MONEY)
    _, without = ran("reference", *sets)
    _, record = ran("reference", *sets, said(where=SMALL, join=0.5, **words))
    assert record.series["mass_residual"].max() <= 1e-9
    assert record.ledger.series["money_residual"].max() <= 1e-9
    assert not same(without, record)
    paid_in, paid_out, balance = record.ledger.series["fund"].T
    np.testing.assert_allclose(paid_in, balance + paid_out, rtol=1e-12)
    assert (balance >= 0).all() and (np.diff(paid_in) >= 0).all() and (np.diff(paid_out) >= 0).all()


@pytest.mark.parametrize("service", ["pool", "information", "guarantee", "fee"])
def test_nothing_happens_before_the_first_day(service):
    sets = ("period.end=2026-01-01", SHOCK, *MONEY)
    _, without = ran("reference", *sets)
    _, record = ran("reference", *sets, said(where=SMALL, **SERVICES[service] | {"start": "2025-02-01"}))
    assert same(without, record, until=12)


@pytest.mark.parametrize("words", [SERVICES["matching"], ALL])
def test_partners_do_nothing_before_the_first_day(words):
    """To rounding: partners add lines to the network, and sums over them round another way."""
    sets = ("period.end=2026-01-01", SHOCK, *QUIET)
    _, without = ran("reference", *sets)
    _, record = ran("reference", *sets, said(where=SMALL, **words | {"start": "2025-02-01"}))
    made, planned = without.series["production"][:12], record.series["production"][:12]
    np.testing.assert_allclose(planned, made, rtol=1e-9, atol=1e-12 * made.max())
    assert not record.ledger.series["matched"][:13].any()


@pytest.mark.parametrize("words", [SERVICES["pool"], SERVICES["information"], SERVICES["guarantee"]])
def test_a_world_at_rest_stays_at_rest(words):
    _, record = ran("reference", *STEADY, *MONEY, "period.end=2027-01-01", said(**words))
    made = record.series["production"]
    np.testing.assert_allclose(made, np.broadcast_to(made[0], made.shape), rtol=1e-9, atol=1e-9 * made.max())
    assert not record.ledger.series["pooled"].any()
    fill = record.ledger.series["ally_fill"][..., 0]
    assert np.isfinite(fill).any(axis=1).all()
    assert fill[np.isfinite(fill)] == pytest.approx(1.0, abs=1e-9)


@settings(max_examples=6, deadline=None, phases=[Phase.generate])
@given(
    st.floats(0, 1), st.floats(0, 1), st.floats(0, 4), st.floats(0, 1), st.floats(0, 0.01), st.floats(0, 1e9),
    st.sampled_from(["all", "benefit", 0.3]), st.booleans(),
)  # fmt: skip
def test_no_alliance_breaks_a_law(share, most, partners, cover, fee, fund, join, tells):
    words = {
        "pooled_stock": {"share": share, "most_per_event": most}, "shared_information": tells,
        "matching": {"partners_per_year": partners, "qualification_factor": 0.5}, "fee_share": fee,
        "guarantee": {"cover": cover, "fund_usd": fund},
    }  # fmt: skip
    built = battery_built("reference", "period.end=2026-07-01", SHOCK, *MONEY, said(join=join, **words))
    member = Member(built.blueprint)
    record = member.run()
    assert (member.state.qty >= 0).all() and (member.state.mass >= -1e-9).all()
    assert record.series["mass_residual"].max() <= 1e-9
    assert record.ledger.series["money_residual"].max() <= 1e-9
