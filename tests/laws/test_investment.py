"""Investment: what is wanted is built or blocked, not earlier than the lead time, and never twice."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.run.expansion import Expansions
from simulator.run.member import Member
from simulator.world import investment as law
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")

INVEST = tuple(f"capacity.{stage}=invest" for stage in worlds.STAGES)
ANNOUNCED = ("capacity.extraction=announced", "capacity.processing=announced")
MAKERS = tuple(f"capacity.{stage}=invest" for stage in worlds.STAGES[2:])
SERIES = ("investments_wanted", "investments_made", "investments_blocked", "capacity_added")

money = st.floats(0, 1e9)
share = st.floats(0, 1)


# ---------------------------------------------------------------------- laws on arrays


@given(wanted=money, value=st.floats(-2, 2), means=st.floats(-1e8, 1e9), own_share=share, approval=share)
def test_what_is_wanted_is_built_or_blocked(wanted, value, means, own_share, approval):
    own, loans, blocked = law.financed(
        *np.array([[wanted], [value], [means]]), own_share, np.array([approval])
    )
    assert own[0] >= 0 and loans[0] >= 0 and blocked.min() >= -1e-9 * wanted
    assert own[0] + loans[0] + blocked.sum() == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    assert own[0] <= max(0.0, means) * (1 + 1e-12) + 1e-9 * wanted
    if value <= 0:
        assert blocked[0, 0] == wanted


@given(wanted=money, value=st.floats(1e-6, 2), own_share=share, approval=share)
def test_without_limit_of_money_all_that_pays_is_built(wanted, value, own_share, approval):
    args = np.array([wanted]), np.array([value]), np.array([np.inf]), own_share, np.array([approval])
    own, loans, blocked = law.financed(*args)
    assert own[0] == wanted and loans[0] == 0 and not blocked.any()


@given(means=st.floats(0, 90), more=st.floats(0, 50), approval=share)
def test_more_means_never_build_less(means, more, approval):
    def built(cash):
        one = np.ones(1)
        own, loans, _ = law.financed(100 * one, one, cash * one, 0.3, approval * one)
        return float((own + loans)[0])

    assert built(means + more) >= built(means) - 1e-9


def test_who_lacks_own_means_borrows_and_some_are_refused():
    """100 wanted, 30 of own money, banks want 30 %: all on credit; 20 of own money carry 66.7."""
    one = np.ones(2)
    own, loans, blocked = law.financed(100 * one, one, np.array([30.0, 20.0]), 0.3, 0.9 * one)
    np.testing.assert_allclose(own, [27, 18])
    np.testing.assert_allclose(loans, [63, 42])
    np.testing.assert_allclose(blocked, [[0, 0], [0, 100 / 3], [10, 20 / 3]], atol=1e-12)


@given(demand=st.floats(1.1, 4), share_=st.floats(0.02, 1), band=st.floats(0.001, 0.1))
def test_a_lasting_gap_is_closed_once(demand, share_, band):
    """What is under way counts: repeated decisions reach the gap from below and stop."""
    one, coming = np.ones(1), np.ones(1)
    for _ in range(1000):
        coming = coming + law.wanted_capacity(demand * one, one, coming, band, share_, np.inf * one)
    assert coming[0] <= demand * (1 + 1e-12)
    assert demand <= coming[0] * (1 + band) * (1 + 1e-12)


@given(course=st.lists(st.floats(0.1, 10), min_size=2, max_size=40), now=st.integers(0, 39))
def test_growth_ahead_is_one_where_nothing_changes(course, now):
    ahead = np.array([1, 7, 200])
    flat = np.repeat(course[0], len(course))[:, None]
    sector = np.zeros(3, dtype=int)
    now = min(now, len(course) - 1)
    assert (law.announced_growth(flat, sector, now, ahead, 0.98) == 1.0).all()
    inside = np.array([len(course) - 1 - now])
    found = law.announced_growth(np.array(course)[:, None], sector[:1], now, inside, 0.98)
    assert found[0] == pytest.approx(course[-1] / course[now])


def test_outlook_mixes_own_trend_and_announced_growth():
    args = (np.array([100.0]), np.array([1.0]), 0.5, np.array([60]), np.array([1.6]))
    np.testing.assert_allclose(law.outlook_at(*args, 0.0), 101.0)  # 1 x (0.5 + 0.25 + ...)
    np.testing.assert_allclose(law.outlook_at(*args, 1.0), 160.0)
    np.testing.assert_allclose(law.outlook_at(*args, 0.5), 130.5)


def test_value_by_hand():
    """Margin 0.4 of the price for ten years at 5 % less capital of 2 years of sales, paid a year ahead."""
    one = np.ones(1)
    found = law.net_value(one, 0.6 * one, 2 * one, 0.05, 10.0, one)
    np.testing.assert_allclose(found, 0.4 * 7.721735 - 2 * 1.05, rtol=1e-6)


@given(unit=st.floats(0.3, 0.9), inputs=st.floats(0, 0.3), follows=st.booleans())
def test_unit_cost_stays_where_nothing_moved(unit, inputs, follows):
    one = np.ones(1)
    found = law.unit_cost_now(one, unit * one, inputs * one, one, one, np.array([follows]))
    assert found[0] == unit


def test_output_of_the_base_year_teaches_nothing_new():
    found = law.learning_factor(np.array([10.0, 10.0, 0.0]), np.array([0.0, 1e-13, 0.0]), np.array([0.2] * 3))
    assert (found == 1.0).all()


# ---------------------------------------------------------------------- runs


def ledger(built):
    return Member(built.blueprint).run()


@pytest.mark.parametrize("prices, finance", [("false", "false"), ("true", "false"), ("true", "true")])
def test_at_rest_nothing_is_wanted_and_no_bit_changes(prices, finance):
    # without births firms that end in a usual year leave capacity to replace
    rules = (f"rules.prices={prices}", f"rules.finance={finance}", f"rules.births={finance}")
    calm = ledger(worlds.paper_built("stationary", *rules))
    run = ledger(worlds.paper_built("stationary", *rules, *MAKERS))
    for name in SERIES:
        assert not run.ledger.series[name].any(), name
    for name, series in calm.series.items():
        np.testing.assert_array_equal(series, run.series[name], err_msg=name)
    for name, series in calm.ledger.series.items():
        np.testing.assert_array_equal(series, run.ledger.series[name], err_msg=name)


def test_at_rest_mines_that_may_invest_do_what_is_announced():
    calm = ledger(worlds.paper_built("stationary", *ANNOUNCED))
    run = ledger(worlds.paper_built("stationary", *INVEST))
    assert not run.ledger.series["investments_wanted"].any()
    for name, series in calm.series.items():
        np.testing.assert_array_equal(series, run.series[name], err_msg=name)


def test_no_stage_invests_no_part():
    assert worlds.paper_built("growth").blueprint.economy.expansion is None


def free(built, **changes):
    """World in which capacity costs nothing: all that is wanted pays."""
    world = built.blueprint
    plan = world.economy.expansion
    changes = {"capital_per_sales": np.zeros_like(plan.capital_per_sales), **changes}
    return replace(world, economy=replace(world.economy, expansion=replace(plan, **changes)))


class Watched(Expansions):
    """Keeps what was started when, for when, and what was on line when."""

    def __init__(self, *args):
        self.started, self.on_line, self.hoped = [], [], []
        super().__init__(*args)

    def _start(self, month, built):
        self.started.append((self.state.now // 43_830, month, built.copy()))
        super()._start(month, built)

    def _decide(self, month):
        self.hoped.append(self._demand(self.state.now_month) / self.plan.target / self.world.firms.capacity)
        super()._decide(month)
        self.on_line.append((month, self.state.added.copy(), self.coming.copy()))


@cache
def watched(*sets):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simulator.run.expansion.Expansions", Watched)
        member = Member(free(worlds.paper_built("growth", *INVEST, *sets)))
        seen = [m.__self__ for acts in member.parts.months.values() for m in acts if hasattr(m, "__self__")]
        record = member.run()
    return next(each for each in seen if isinstance(each, Watched)), record


def test_capacity_starts_when_the_lead_time_has_passed():
    part, _ = watched("parameters.invest_begun_share=0")
    assert part.started
    for decided, starts, built in part.started:
        firms = np.flatnonzero(built)
        np.testing.assert_array_equal(part.plan.lead[firms], starts - decided)
    for month, added, coming in part.on_line:
        ready = sum((b for _, starts, b in part.started if starts <= month), np.zeros_like(added))
        under_way = sum((b for at, s, b in part.started if at <= month < s), np.zeros_like(added))
        np.testing.assert_allclose(added, ready, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(coming, under_way, rtol=1e-9, atol=1e-12)


def test_what_had_begun_comes_within_the_lead_time():
    part, _ = watched()
    begun = [(starts, built) for decided, starts, built in part.started if decided == 0]
    assert begun
    for starts, built in begun:
        assert (part.plan.lead[np.flatnonzero(built)] > starts).all()


def test_nobody_builds_more_than_he_ever_expected_to_need():
    part, _ = watched("parameters.invest_begun_share=0")
    world = part.world
    chosen = part.plan.invests
    most = np.zeros(len(chosen))
    for hoped, (_, added, coming) in zip(part.hoped, part.on_line, strict=True):
        most = np.maximum(most, hoped)
        announced = world.paths.capacity[:, world.firms.sector].min(axis=0)
        built = (added + coming)[chosen]
        assert (built <= np.maximum(0.0, most - announced)[chosen] + 1e-9).all()


def test_by_products_and_stages_that_do_not_invest_build_nothing():
    sets = ("capacity.component=invest", "capacity.extraction=announced", "capacity.processing=announced")
    built = worlds.paper_built("growth", *sets)
    stage = built.blueprint.firms.stage
    component = built.plan.stage_code["component"]
    assert set(stage[built.blueprint.economy.expansion.invests]) == {component}
    member = Member(built.blueprint)
    wanted = member.run().ledger.series["investments_wanted"]
    assert wanted[:, :, component].sum() > 0
    assert np.delete(wanted, component, axis=2).sum() == 0
    assert not member.state.added[stage != component].any()
    by_product = worlds.paper_built("growth", *INVEST).blueprint
    assert not by_product.economy.expansion.invests[
        by_product.host_sector[by_product.firms.sector] >= 0
    ].any()


def test_all_is_made_where_all_pays_and_money_sets_no_limit():
    _, record = watched()
    wanted, made, blocked = (record.ledger.series[name] for name in SERIES[:3])
    assert wanted.sum() > 0
    np.testing.assert_array_equal(wanted, made)
    assert not blocked.any()


@pytest.mark.parametrize("finance", ["false", "true"])
def test_wanted_is_made_and_blocked_in_each_region(finance):
    built = worlds.paper_built("growth", *INVEST, "rules.prices=true", f"rules.finance={finance}")
    series = ledger(built).ledger.series
    wanted, made, blocked = (series[name] for name in SERIES[:3])
    assert wanted.sum() > 0 and (made <= wanted * (1 + 1e-12)).all()
    np.testing.assert_allclose(made + blocked.sum(axis=-1), wanted, rtol=1e-9, atol=1e-9 * wanted.max())


class Booked(Expansions):
    """Keeps what each firm wanted, made and did not."""

    def __init__(self, *args):
        self.kept = []
        super().__init__(*args)

    def _build(self, month, more, own, loans, blocked, cost):
        self.kept.append((cost, own + loans, blocked))
        super()._build(month, more, own, loans, blocked, cost)


def test_investment_is_told_of_the_region_that_the_firm_is_in(monkeypatch):
    """Firm by firm: region, stage and size have what their firms wanted, made and did not."""
    monkeypatch.setattr("simulator.run.expansion.Expansions", Booked)
    world = worlds.paper_built("growth", *INVEST, "rules.prices=true", "rules.finance=true").blueprint
    member = Member(world)
    acts = [getattr(act, "__self__", None) for many in member.parts.months.values() for act in many]
    part = next(each for each in acts if isinstance(each, Booked))
    series = {name: values.sum(axis=0) for name, values in member.run().ledger.series.items()}
    wanted, made, blocked = (np.zeros_like(series[name]) for name in SERIES[:3])
    firms = world.firms
    for i in range(len(firms)):
        cell = firms.region[i], firms.stage[i], firms.size[i]
        wanted[cell] += sum(cost[i] for cost, _, _ in part.kept)
        made[cell] += sum(done[i] for _, done, _ in part.kept)
        blocked[cell] += sum(lost[:, i] for _, _, lost in part.kept)
    assert world.n_regions > 1 and (wanted.sum(axis=(1, 2)) > 0).all() and blocked.any()
    for name, expected in zip(SERIES, (wanted, made, blocked), strict=False):
        np.testing.assert_allclose(series[name], expected, rtol=1e-9, atol=1e-9 * wanted.max())


def test_a_region_whose_firms_do_not_invest_wants_nothing():
    world = free(worlds.paper_built("growth", *INVEST))
    plan = world.economy.expansion
    plan = replace(plan, invests=plan.invests & (world.firms.region == 0))
    series = Member(replace(world, economy=replace(world.economy, expansion=plan))).run().ledger.series
    for name in SERIES[:2]:
        assert series[name][:, 0].any() and not series[name][:, 1:].any(), name


def test_a_run_is_the_same_twice():
    built = worlds.paper_built("growth", *INVEST, "rules.prices=true")
    first, second = ledger(built).ledger.series, ledger(built).ledger.series
    for name in SERIES:
        np.testing.assert_array_equal(first[name], second[name])


def test_recyclers_and_collectors_follow_the_waste():
    """They treat what they would with capacity that follows demand, although the path stays at 2024."""
    built = worlds.paper_built("growth", *INVEST)
    sector = [i for i, item in enumerate(built.plan.items) if item.stage in ("collection", "recycling")]

    def made(blueprint):
        return Member(blueprint).run().series["production"][-12:, sector].sum(axis=0)

    followed = made(worlds.paper_built("growth").blueprint)
    np.testing.assert_allclose(made(free(built)), followed, rtol=0.1)  # scrap comes where cells are made
