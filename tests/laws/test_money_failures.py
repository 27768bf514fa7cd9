"""Who fails, and what failure does to goods, orders, shares and capacity."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulator.build import build
from simulator.run.accounts import Accounts
from simulator.run.member import Member
from simulator.scenario import load
from simulator.world import finance as law
from simulator.world.state import Kind, Mode, sums
from tests.fixtures import worlds
from tests.vectors.alone import without_revenue

pytestmark = pytest.mark.xdist_group("battery")

MONTH = 30.4375
CHINA = worlds.outage(where={"region": ["CHN"]}, start="2025-01-01", duration_days=240)
FIXED = ("period.end=2029-01-01", "rules.finance=true", "rules.prices=false")


def battery(*sets):
    return worlds.battery_built("reference", *FIXED, *sets).blueprint


@cache
def after_outage(births="true"):
    """The shipped world, five years with eight months without any of China's industry."""
    member = watched(battery(CHINA, f"rules.births={births}"))
    member.run()
    return member


def watched(world, looks=()):
    """A member whose settlements are watched."""
    seen = []
    settle = Accounts.step

    def step(self):
        before = (self.failures.dead.copy(), self.state.sent.copy(), self.state.made.copy())
        settle(self)
        seen.append((*before, self.failed.copy()))
        for look in looks:
            look(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Accounts, "step", step)
        member = Member(world)
    member.seen = seen
    member.books = next(
        action.__self__
        for actions in member.parts.months.values()
        for action in actions
        if isinstance(getattr(action, "__self__", None), Accounts)
    )
    return member


# ---------------------------------------------------------------------- when


def test_without_revenue_a_firm_fails_at_the_first_review_after_its_last_day():
    days = np.array([1.0, 30.0, 30.4, 30.5, 45.0, 60.0, 61.0, 91.0, 92.0, 400.0])
    np.testing.assert_array_equal(without_revenue(days, 4), [1, 1, 1, 2, 2, 2, 3, 3, 4, 5])


def test_a_firm_that_covers_the_whole_month_to_the_hour_lives_on():
    assert without_revenue(np.array([MONTH, 2 * MONTH]), 3).tolist() == [2, 3]


def test_smaller_firms_fail_more_often_because_their_cash_is_shorter():
    member = after_outage()
    rate = failed_by_size(member)
    assert rate[0] > rate[3] and rate[1] > rate[3]


def failed_by_size(member, chosen=None):
    """Share of agents (size,) that ever failed."""
    firms = member.world.firms
    ever = np.array([failed > 0 for *_, failed in member.seen]).any(axis=0)
    chosen = firms.size >= 0 if chosen is None else chosen
    return np.array([ever[chosen & (firms.size == size)].mean() for size in range(4)])


def same_for_all_sizes():
    """Shipped tables in which size classes hold the same cash, credit and stocks."""
    own = worlds.battery_tables()
    like = {
        "finance_by_size": own["finance_by_size"].one(size="small"),
        "covers": own["covers"].one(size="small"),
    }
    like["finance_by_size"] = like["finance_by_size"] | {
        "cash_days": 60.0,
        "credit_days": 0.0,
        "credit_days_access": 0.0,
    }
    tables = {}
    for name, row in like.items():
        rows = [row | {"size": each["size"]} for each in own[name].rows]
        tables[name] = replace(own[name], rows=rows)
    return replace(own, tables={**own.tables, **tables})


def test_equal_cash_days_give_equal_failure_rates():
    """The same shock to all sizes, which hold the same cash and stocks: within sampling error, by stage."""
    own = same_for_all_sizes()
    everywhere = worlds.outage(
        where={"size": ["micro", "small", "medium", "large"]},
        start="2024-02-01",
        duration_days=120,
        severity=0.8,
    )
    sets = (*FIXED, "rules.births=true", "period.end=2025-01-01", everywhere)
    world = build(load("reference", tables=own, sets=sets), own).blueprint
    member = watched(world)
    member.run()
    firms, is_firm = world.firms, world.economy.finance.is_firm
    ever = np.array([failed > 0 for *_, failed in member.seen]).any(axis=0)
    assert 0.05 < ever[is_firm].mean() < 0.9
    score = []
    for stage in range(6):
        small, large = (np.isin(firms.size, s) & (firms.stage == stage) for s in ((0, 1), (2, 3)))
        pooled = ever[small | large].mean()
        spread = np.sqrt(pooled * (1 - pooled) * (1 / small.sum() + 1 / large.sum()))
        if spread > 0:
            score.append((ever[small].mean() - ever[large].mean()) / spread)
    assert len(score) >= 4
    assert abs(np.mean(score)) * np.sqrt(len(score)) < 2.6


# ---------------------------------------------------------------------- what follows


def test_the_dead_ship_and_make_nothing():
    member = after_outage()
    finance = member.world.economy.finance
    assert sum(int(dead.sum()) for dead, *_ in member.seen) > 10
    for dead, sent, made, _ in member.seen:
        assert not sent[dead[finance.source_firm]].any()
        assert not made[dead].any()


def test_the_dead_order_nothing_and_are_asked_for_nothing():
    def look(books):
        state, relations, dead = books.state, books.world.relations, books.failures.dead
        pushed = relations.mode == Mode.PUSH
        bought = dead[books.finance.target_firm] & ~pushed
        assert not state.backlog[bought].any()
        sold = dead[books.finance.source_firm] & ~pushed & (state.share == 0)
        assert not state.backlog[sold].any()
        assert not books.cash[dead].any() and not books.debt[dead].any()

    watched(battery(CHINA, "rules.births=true"), [look]).run()


def test_shares_of_every_buyer_still_sum_to_one():
    def look(books):
        state, relations = books.state, books.world.relations
        pushed = relations.mode == Mode.PUSH
        n = len(books.world.slots)
        whole = sums(relations.target, np.where(pushed, 0.0, state.share), n)
        buys = sums(relations.target, np.where(pushed, 0.0, state.base_share), n) > 0
        np.testing.assert_allclose(whole[buys], 1.0, rtol=1e-9)
        split = sums(relations.source, np.where(pushed, state.share, 0.0), n)
        gives = sums(relations.source, np.where(pushed, state.base_share, 0.0), n) > 0
        nobody = np.abs(split[gives]) < 1e-12  # no recycler is left: goods wait
        np.testing.assert_allclose(split[gives][~nobody], 1.0, rtol=1e-9)
        living = sums(relations.source, np.where(pushed, state.alive[books.finance.target_firm], 0.0), n)
        assert not living[gives][nobody].any()

    watched(battery(CHINA, "rules.births=true"), [look]).run()


def test_what_is_on_order_is_backlog_and_goods_under_way():
    member = after_outage()
    state, world = member.state, member.world
    way = np.zeros(len(world.slots))
    for shipments in member.arriving.values():
        for shipment in shipments:
            np.add.at(way, shipment.group.slots, shipment.load[:, -1])
    waiting = sums(world.relations.target, state.backlog, len(world.slots))
    maker = (world.firms.kind[world.slots.firm] == Kind.CONVERT) & (world.slots.role == 0)
    np.testing.assert_allclose(
        state.on_order[maker], (way + waiting)[maker], atol=1e-6 * world.slots.base[maker].max()
    )


def test_no_unit_that_users_asked_for_is_lost():
    """Asked = delivered + given up + still waiting, with failures among their suppliers."""
    member = after_outage()
    world, series = member.world, member.record.series
    waiting = np.zeros(len(world.slots))
    np.add.at(waiting, world.relations.target, member.state.backlog)
    asked = sum_of(series["demand"]) - sum_of(series["delivered"]) - sum_of(series["unmet"])
    left = np.zeros_like(asked)
    np.add.at(left, (world.user_product, world.user_region), waiting[world.user_slot])
    scale = sum_of(series["demand"]).max(axis=1, keepdims=True)
    np.testing.assert_allclose(asked / scale, left / scale, atol=1e-9)


def sum_of(series):
    return series.sum(axis=0)


@pytest.mark.parametrize("births", ["true", "false"])
def test_masses_close_after_failures(births):
    member = after_outage(births)
    assert sum(int((failed > 0).sum()) for *_, failed in member.seen) > 50
    assert float(member.record.series["mass_residual"].max()) <= 1e-9


# ---------------------------------------------------------------------- births


def test_without_births_nobody_comes_back_and_enterprises_dwindle():
    member = after_outage("false")
    count = np.array([dead.sum() for dead, *_ in member.seen])
    assert (np.diff(count) >= 0).all() and count[-1] > 0
    ledger = member.record.ledger.series
    assert not ledger["births"].any()
    firms, finance = member.world.firms, member.world.economy.finance
    ever = np.array([failed > 0 for *_, failed in member.seen]).any(axis=0)
    alive = member.state.alive & finance.is_firm & ~ever
    stay = (1 - finance.turnover / 12) ** 60
    np.testing.assert_allclose(member.state.enterprises[alive], (firms.enterprises * stay)[alive], rtol=1e-9)
    assert (member.state.kept[alive] <= stay[alive] + 1e-12).all()


def test_with_births_a_part_of_the_capacity_comes_back_after_the_delay():
    member = after_outage("true")
    finance, firms = member.world.economy.finance, member.world.firms
    failed = np.array([failed for *_, failed in member.seen])
    small = finance.is_firm & ~finance.reorganised & (firms.enterprises >= 2)
    once = np.flatnonzero(small & ((failed > 0).sum(axis=0) == 1))
    assert len(once) >= 5
    ended = failed[:, once].sum(axis=0)
    back = member.state.enterprises[once] - (firms.enterprises[once] - ended)
    share = finance.rules.takeover_share * ended
    came = back > 0.5 * share
    assert came.mean() > 0.5
    np.testing.assert_allclose(back[came], share[came], rtol=1e-9)
    np.testing.assert_allclose(back[~came], 0.0, atol=1e-9)


def test_many_enterprises_fail_one_after_the_other_one_as_a_whole():
    """The part that fails is what is short over short and means: 0 where nothing is short, never all."""
    short, means = np.array([0.0, 1.0, 1e9, 3.0]), np.array([10.0, 9.0, 1.0, 3.0])
    np.testing.assert_allclose(law.failing_part(short, means), [0.0, 0.1, 1.0, 0.5], atol=1e-8)
    member = after_outage("false")
    finance, dead = member.world.economy.finance, member.books.failures.dead
    assert dead.any()
    assert (dead <= ((member.state.enterprises < 2) | finance.reorganised)).all()


def test_usual_turnover_is_counted_and_changes_no_capacity_with_births():
    member = watched(battery("rules.births=true", *worlds.STEADY))
    member.run()
    ledger = member.record.ledger.series
    firms, finance = member.world.firms, member.world.economy.finance
    a_year = float((firms.enterprises * finance.turnover)[finance.is_firm].sum())
    assert ledger["failures"][..., 2].sum() == pytest.approx(5 * a_year)
    assert ledger["births"].sum() == pytest.approx(5 * a_year)
    assert (member.state.kept == 1).all()


def test_failures_are_rare_where_nothing_happens():
    """In the reference with prices at base; what fails there sells to traders whose purchases end."""
    ds = worlds.battery("reference", *FIXED, "rules.births=true", "period.end=2036-01-01")
    failed = float(ds["failures"].sel(cause=["liquidity", "structural"]).sum())
    assert failed / 12 < 0.01 * float(ds["n_firms"][0].sum())


def test_larger_plants_that_would_earn_work_on_under_new_owners():
    """No sector dies out because its one large plant has run out of cash: owners and banks lose."""
    member = after_outage("true")
    finance = member.world.economy.finance
    failed = member.record.ledger.series["failures"][..., :2].sum(axis=(0, 1, 2, 4))  # by size
    assert failed[3] > 0
    dead = np.array([dead for dead, *_ in member.seen])
    large = np.flatnonzero(finance.reorganised & finance.is_firm & (member.world.firms.kind == Kind.CONVERT))
    assert not dead[-1, large].any()
    assert member.state.kept[large].min() > 0.8


def test_a_sector_hit_for_a_year_comes_back():
    """Without owners who carry on, refiners and miners of cobalt died in turns for ever after it."""
    ds = worlds.battery("drc_cobalt_outage_2026")
    price = ds["price"].sel(good="refined_cobalt").mean("region")
    assert float(price.max()) > 3
    assert 0.8 < float(price.sel(time="2032").mean()) < 1.3
    late = ds["production"].sel(process="refine_cobalt", time=slice("2029", "2034")).sum("region")
    assert float(late.min()) > 0.5 * float(late.max())
