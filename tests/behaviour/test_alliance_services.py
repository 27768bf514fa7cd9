"""What membership does when supply fails: pool, information, partners, guarantees; who joins; others."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from simulator.build import Built, build
from simulator.run import alliance as room
from simulator.run.member import Member
from simulator.run.record import Recorder
from simulator.world import alliance as law
from simulator.world.state import MINUTES_PER_MONTH, Kind, Mode
from tests.fixtures.worlds import STEADY, battery_built, outage, paper_tables, paper_with

CHINA = outage(where={"process": "refine_copper", "region": "CHN"}, start="2025-01-01", duration_days=120)
LITHIUM = outage(where={"process": "refine_lithium", "share": 0.5}, start="2025-01-01", duration_days=120)
SMALL = {"size": ["micro", "small", "medium"]}
QUIET = ("rules.prices=false", "rules.finance=false")
MONEY = ("rules.prices=true", "rules.finance=true", "rules.births=true")
MANY = {
    "schema_version": 1, "name": "paper", "materials": ["copper", "cobalt"],
    "products": ["device", "other_copper", "other_cobalt"],
    "agents": {"extraction": 12, "processing": 24, "component": 12, "manufacturing": 40, "collection": 8,
               "recycling": 8},
}  # fmt: skip
"""The paper world with many firms in each sector."""


def said(**words):
    return "alliance=" + json.dumps({"name": "ace", "start": "2024-01-01", "where": SMALL, **words})


class Watched(room.Alliances):
    """Keeps each month what the firms could make and who is a member."""

    def __init__(self, *args):
        super().__init__(*args)
        self.fills, self.counts, self.failed = [], [], 0
        type(self).last = self

    def pool(self):
        super().pool()
        self.fills.append(self.fill.copy())

    def step(self):
        super().step()
        self.counts.append(int(self.joined.sum()))
        if self.accounts is not None:
            self.failed += int(((self.accounts.failed > 0) & self.joined).sum())


@cache
def ran(*sets: str) -> tuple[Built, Recorder, Watched]:
    own = () if MONEY[0] in sets else QUIET
    return watched(battery_built("reference", *STEADY, *own, *sets))


def watched(built: Built) -> tuple[Built, Recorder, Watched]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "Alliances", Watched)
        record = Member(built.blueprint).run()
    return built, record, Watched.last


def members(built: Built) -> np.ndarray:
    alliance = built.blueprint.economy.alliance
    return alliance.may_join & (alliance.draw < alliance.joins)


# ---------------------------------------------------------------------- pool


@pytest.mark.parametrize("shock", [CHINA, LITHIUM])
def test_the_more_is_pooled_the_more_members_can_make(shock):
    made, moved, outside = [], [], []
    for share in (0.0, 0.5, 1.0):
        built, record, seen = ran(
            "period.end=2027-01-01", shock, said(join=0.5, pooled_stock={"share": share})
        )
        makers = built.blueprint.firms.kind == Kind.CONVERT
        fills = np.array(seen.fills[12:24])
        made.append(fills[:, members(built) & makers].mean())
        outside.append(fills[:, ~members(built) & makers].mean())
        moved.append(record.ledger.series["pooled"].sum())
    assert made[0] < made[1] < made[2]
    assert moved[0] == 0 < moved[1] < moved[2]
    assert abs(outside[2] - outside[0]) < 0.3 * (made[2] - made[0])


def test_a_cap_on_each_event_holds_back_stock():
    moved = []
    for most in (0.0, 0.1, 1.0):
        words = {"share": 1.0, "most_per_event": most}
        _, record, _ = ran("period.end=2027-01-01", CHINA, said(join=0.5, pooled_stock=words))
        moved.append(record.ledger.series["pooled"].sum())
    assert moved[0] == 0 < moved[1] < moved[2]


def test_pooling_helps_on_paper():
    made, delivered = [], []
    for share in (0.0, 1.0):
        words = {"name": "ace", "start": "2024-01-01", "pooled_stock": {"share": share}}
        scenario = paper_with({"world": MANY, "alliance": words}, *QUIET, name="outage")
        built, record, seen = watched(build(scenario, paper_tables()))
        makers = built.blueprint.firms.kind == Kind.CONVERT
        made.append(np.array(seen.fills[26:44])[:, makers].mean())
        delivered.append(record.series["delivered"].sum(axis=(0, 2)))
        assert record.series["mass_residual"].max() <= 1e-9
    assert made[1] > made[0]
    assert (delivered[1] > delivered[0]).all()


# ---------------------------------------------------------------------- information


def test_all_members_react_the_day_one_is_hit_and_outsiders_after_the_first_missed_delivery():
    end = "period.end=2026-01-01"
    built, _, _ = ran(end, CHINA, said(join=0.5, shared_information=True))
    world = built.blueprint
    relations, firm = world.relations, world.slots.firm
    hit = world.outages.exposure[0] > 0
    orders = np.isin(relations.mode, (Mode.PULL, Mode.OFFER)) & (relations.flow > 0)
    makers = np.flatnonzero(world.firms.kind == Kind.CONVERT)
    buys = np.unique(firm[relations.target[hit[firm[relations.source]] & orders]])
    others = np.unique(firm[relations.target[~hit[firm[relations.source]] & orders]])
    able = np.intersect1d(np.intersect1d(buys, others), makers)  # who buys from both can shift
    run = Member(world)
    first = {}
    for month in range(1, 18):
        run.clock.run(month * MINUTES_PER_MONTH)
        moved = np.abs(run.state.share - run.state.base_share) > 1e-6
        for buyer in np.intersect1d(able, np.unique(firm[relations.target[moved & orders]])).tolist():
            first.setdefault(buyer, month)
    month_of_outage = 13  # the first review after it began
    inside = members(built)
    both = np.array(
        [hit[firm[relations.source[orders & (firm[relations.target] == b)]]].mean() for b in able]
    )
    able = able[(both > 0) & (both < 1)]
    when = np.array([first.get(buyer, 99) for buyer in able.tolist()])
    assert inside[able].any() and (~inside[able]).any()
    assert (when[inside[able]] == month_of_outage).mean() > 0.9
    assert (when[~inside[able]] > month_of_outage).all()


def test_who_leaves_knows_what_it_knew_before():
    built, _, seen = ran("period.end=2025-01-01", said(join=0.5, shared_information=True))
    state, inside = seen.state, members(built)
    assert (state.informed[inside] == 1).all() and not state.informed[~inside].any()
    seen.joined[:] = False
    seen.begin()  # founded already: only the services act
    assert not state.informed.any() and not state.final_weight.any()


# ---------------------------------------------------------------------- partners


def test_partners_are_members_who_have_met_and_qualified():
    words = {"partners_per_year": 2.0, "qualification_factor": 0.5}
    built, record, _ = ran("period.end=2027-01-01", CHINA, said(join=0.5, matching=words))
    world, inside = built.blueprint, members(built)
    found = world.economy.alliance.found
    partners = np.flatnonzero(found >= 0)
    firm = world.slots.firm
    ends = firm[world.relations.source[partners]], firm[world.relations.target[partners]]
    assert len(partners) and inside[ends[0]].all() and inside[ends[1]].all()
    assert (world.firms.kind[ends[0]] == Kind.RECYCLE).all()
    wait = 0.5 * built.plan.closure.value("qualification_days")
    assert found[partners].min() >= wait * 24 * 60 - 1
    matched = record.ledger.series["matched"]
    assert matched.sum() > 0 and not matched[: int(found[partners].min() // MINUTES_PER_MONTH)].any()


# ---------------------------------------------------------------------- money


def test_fees_and_guarantees_move_money_and_none_is_lost():
    sets = ("period.end=2027-01-01", CHINA, *MONEY)
    _, record, seen = ran(*sets, said(fee_share=0.001, guarantee={"cover": 0.5, "fund_usd": 1.0e9}))
    series = record.ledger.series
    paid_in, paid_out, balance = series["fund"].T
    fund = series["money"][:, 5]
    np.testing.assert_allclose(fund, balance, rtol=1e-9)
    np.testing.assert_allclose(paid_in, balance + paid_out, rtol=1e-12)
    fees = 0.001 * series["ally_sales"][..., 0].sum(axis=1)
    assert np.diff(paid_in).sum() > 0 and paid_in[0] == pytest.approx(1.0e9 + fees[0], rel=0.2)
    assert paid_out[-1] > 0 and seen.accounts is not None


def test_guarantees_save_some_members_not_most():
    """Evidence: 4 to 5 % fewer defaults. Members that fail, as agents, over three draws of the world."""
    failed = []
    for fund in (0.0, 1.0e12):
        words = {"start": "2025-01-01", "join": 0.5, "guarantee": {"cover": 0.5, "fund_usd": fund}}
        count = 0
        for seed in (1, 2, 3):
            sets = ("world=battery_materials", "period.end=2029-01-01", f"seed={seed}", said(**words))
            _, _, seen = watched(battery_built("covid_like_shock", *sets))
            count += seen.failed
        failed.append(count)
    assert failed[0] > 10
    assert 0.5 * failed[0] < failed[1] < failed[0]


# ---------------------------------------------------------------------- who joins


def test_firms_join_after_losses_and_leave_when_they_are_forgotten():
    sets = ("period.end=2034-01-01", CHINA)
    counts = {}
    for fee in (0.001, 0.01):
        words = {"join": "benefit", "fee_share": fee, "pooled_stock": {"share": 1.0}}
        counts[fee] = np.array(ran(*sets, said(**words))[2].counts)
        assert counts[fee][:11].max() == 0  # nobody has lost anything
        assert counts[fee].max() > 0
        assert counts[fee][-1] < 0.5 * counts[fee].max()
    assert counts[0.01].max() < counts[0.001].max()


def test_nobody_pays_for_a_placebo():
    _, record, seen = ran("period.end=2026-01-01", CHINA, said(join="benefit", fee_share=0.001))
    assert max(seen.counts) == 0 and not record.ledger.series["fund"].any()


# ---------------------------------------------------------------------- members against others


def test_a_random_placebo_shows_no_gap_in_expectation():
    """Members drawn anew many times against outsiders like them: the mean gap is within its error."""
    built, _, seen = ran("period.end=2026-06-01", CHINA, said(join=0.5))
    alliance, rng = built.blueprint.economy.alliance, np.random.default_rng(4)
    fill = np.array(seen.fills[12:20]).mean(axis=0)
    gaps, world = [], (np.zeros(len(fill), dtype=int), 1)
    for _ in range(400):
        joined = alliance.may_join & (rng.random(len(fill)) < 0.5)
        (weight,) = law.outside_weight(joined, alliance.cells[0], np.ones(len(fill)), *world)
        ally = joined & np.isin(alliance.cells[0], alliance.cells[0][weight > 0])
        gaps.append(fill[ally].mean() - (weight * fill).sum() / weight.sum())
    gaps = np.array(gaps)
    assert fill.min() < 0.9  # there is something to see
    assert abs(gaps.mean()) < 4 * gaps.std() / np.sqrt(len(gaps)) + 1e-4


def test_groups_start_alike():
    """Outsiders count in the measure of the members they are compared with."""
    _, record, _ = ran("period.end=2026-01-01", *MONEY, said(join=0.5))
    series = record.ledger.series
    sales, firms = (series[name].sum(axis=1) for name in ("ally_sales", "ally_firms"))
    assert sales[0, 0] == pytest.approx(sales[0, 1], rel=0.02)
    assert firms[0, 0] == pytest.approx(firms[0, 1], rel=1e-9)
