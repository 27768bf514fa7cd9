"""Access to data, markets, technology, finance and skills: neutral at the base score, exact away from it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulator.build import Built, build
from simulator.build.access import base_scores
from simulator.run.clock import Rank
from simulator.run.member import Member
from simulator.terms import PAYMENTS, PROGRAMME_KINDS, SCORES
from simulator.world import msme
from simulator.world.msme import DATA, FINANCE, MARKET, NEVER, SKILLS, TECHNOLOGY
from simulator.world.state import MINUTES_PER_MONTH, Kind, Mode, Role
from tests.fixtures.worlds import battery_built, battery_tables, paper_tables, paper_with

ALL_OFF = {"mechanisms": dict.fromkeys(SCORES, False)}
NOT_YET = {"2033-12-30": 1.0}
"""A value whose date comes after the last month of the paper world has begun."""


def built(changes, *sets, name="outage") -> Built:
    return build(paper_with(changes, *sets, name=name), paper_tables())


def series(world: Built):
    record = Member(world.blueprint).run()
    return record.series


def same(a, b) -> bool:
    return all(np.array_equal(a[name], b[name], equal_nan=True) for name in a)


@pytest.fixture(scope="module")
def usual():
    return series(built({}))


def everything(**words):
    return [
        {"name": kind, "kind": kind, "start": "2024-01-01", "reach_per_year": 12, "uptake": 1, **words}
        for kind in PROGRAMME_KINDS
    ]


# ---------------------------------------------------------------------- nothing moves, nothing changes


@pytest.mark.parametrize("score", SCORES)
def test_at_the_base_score_nothing_changes(usual, score):
    world = built({"access": [{"score": score, "value": NOT_YET}]})
    assert world.blueprint.economy.access is not None
    assert same(usual, series(world))


@pytest.mark.parametrize("score", SCORES)
def test_switched_off_a_score_has_no_effect(usual, score):
    said = {"access": [{"score": score, "value": 1.0}], "mechanisms": {score: False}}
    assert same(usual, series(built(said)))


@pytest.mark.parametrize("words", [{"reach_per_year": 0}, {"effect": 0}, {"uptake": 0}])
def test_programmes_without_reach_effect_or_uptake_change_nothing(usual, words):
    assert same(usual, series(built({"programmes": everything(**words)})))


def test_programmes_change_nothing_where_no_score_acts(usual):
    assert same(usual, series(built({"programmes": everything(), **ALL_OFF})))


@pytest.mark.parametrize("score", [s for s in SCORES if s != "finance"])
def test_each_score_has_an_effect(usual, score):
    assert not same(usual, series(built({"access": [{"score": score, "value": {"2025-01-01": 1.0}}]})))


# ---------------------------------------------------------------------- what each score does


def test_no_to_full_technology_raises_what_is_recovered_by_the_ratio_of_yields():
    got = []
    for value in (0.0, 1.0):
        world = built({"access": [{"score": "technology", "value": value}]}, name="stationary")
        got.append(series(world)["recovered"][:12].sum(axis=(0, 1, 2)))
    best = world.blueprint.economy.access.best_yield
    assert best > 1
    np.testing.assert_allclose(got[1], got[0] * best, rtol=1e-9, atol=1e-12)


def test_better_equipment_never_makes_material():
    world = built({"access": [{"score": "technology", "value": 1.0}]}, name="stationary").blueprint
    economy = replace(world.economy, access=replace(world.economy.access, best_yield=50.0))
    record = Member(replace(world, economy=economy)).run()
    assert np.abs(record.series["mass_residual"]).max() < 1e-9


def test_skills_raise_capacity_in_proportion():
    world = built({"access": [{"score": "skills", "value": 1.0}]}, name="stationary").blueprint
    access, member = world.economy.access, Member(world)
    before = member.state.capacity.copy()
    member.clock.run(0)
    rise = access.productivity * (1.0 - access.base[SKILLS]) * (world.firms.size >= 0)
    np.testing.assert_allclose(member.state.capacity, before * (1.0 + rise), rtol=1e-14)


def test_finance_is_told_to_who_lends():
    world = built({"access": [{"score": "finance", "size": "micro", "value": 0.9}]}, "rules.finance=true")
    world = world.blueprint
    member = Member(world)
    np.testing.assert_array_equal(member.state.finance_access, world.economy.access.base[FINANCE])
    member.clock.run(0)
    micro = world.firms.size == 0
    assert (member.state.finance_access[micro] == 0.9).all()
    np.testing.assert_array_equal(
        member.state.finance_access[~micro], world.economy.access.base[FINANCE][~micro]
    )


def test_a_guarantee_lifts_the_covered_part_of_a_loan_to_full_access():
    said = {"name": "fund", "kind": "credit_guarantee", "start": "2024-01-01", "reach_per_year": 12}
    world = built({"programmes": [{**said, "uptake": 1, "effect": 0.6}]}).blueprint
    access = world.economy.access
    joined = access.programmes[0].joins == 0
    base = access.base[FINANCE][joined]
    np.testing.assert_allclose(msme.scores_at(access, 0)[FINANCE][joined], base + 0.6 * (1 - base))


def test_effects_halve_and_scores_stay_in_bounds():
    assert msme.remaining([-1, 0, 3, 6], 3.0).tolist() == [0, 1, 0.5, 0.25]
    world = built({"programmes": everything(effect=1)}).blueprint
    for month in (0, 50, world.n_months - 1):
        score = msme.scores_at(world.economy.access, month)
        assert score.min() >= 0
        assert score.max() <= 1


def test_buyers_who_know_see_an_outage_and_others_what_they_got():
    fill, working = np.array([1.0, 1.0, 0.4]), np.array([0.25, 1.0, 0.7])
    assert msme.seen_fill(fill, np.zeros(3), working).tolist() == fill.tolist()
    assert msme.seen_fill(fill, np.ones(3), working).tolist() == [0.25, 1.0, 0.4]
    base = np.array([0.2, 0.5, 1.0])
    assert msme.informed(base, base).tolist() == [0, 0, 0]
    assert msme.informed(np.ones(3), base).tolist() == [1, 1, 0]
    assert msme.informed(np.zeros(3), base).tolist() == [0, 0, 0]


# ---------------------------------------------------------------------- partners


def test_partners_come_by_the_inverse_of_the_search_done():
    found = np.array([0.5, 3.0, 9.5])
    assert msme.partner_clock(found, np.ones(10)).tolist() == found.tolist()
    np.testing.assert_allclose(msme.partner_clock(found, np.full(10, 2.0)), found / 2)
    pace = np.r_[np.zeros(4), np.ones(6)]
    assert msme.partner_clock(found, pace).tolist() == [4.5, 7.0, np.inf]
    pace = np.r_[np.ones(4), np.full(6, 3.0)]
    np.testing.assert_allclose(msme.partner_clock(np.array([4.0, 7.0]), pace), [4.0, 5.0])


def newcomers(world):
    relations = world.relations
    late = (relations.flow == 0) & (relations.mode == Mode.PULL) & (relations.ready > 0)
    return {
        (int(s), int(t)): int(r)
        for s, t, r in zip(relations.source[late], relations.target[late], relations.ready[late], strict=True)
    }


def test_better_access_to_markets_brings_the_same_partners_sooner_and_others_besides():
    few = newcomers(battery_built("reference").blueprint)
    said = '[{"score": "market", "size": "small", "value": {"2025-01-01": 0.9}}]'
    world = battery_built("reference", f"access={said}").blueprint
    more = newcomers(world)
    buyer_size = {pair: world.firms.size[world.slots.firm[pair[1]]] for pair in more}
    assert set(few) <= set(more)
    for pair, ready in few.items():
        assert more[pair] <= ready if buyer_size[pair] == 1 else more[pair] == ready
    end = world.n_months * MINUTES_PER_MONTH
    treated = [pair for pair in more if buyer_size[pair] == 1]
    added = [pair for pair in set(more) - set(few) if more[pair] < end]
    assert {buyer_size[pair] for pair in added} == {1}
    known = [pair for pair in treated if pair in few and few[pair] < end]
    # the search is 0.9 / base as fast for all but the first year, and some partners are met again
    assert 1.4 < (len(known) + len(added)) / len(known) < 2.2


# ---------------------------------------------------------------------- who is treated


def test_only_firms_in_a_programme_are_moved():
    where = {"region": "NORTH", "size": ["micro", "small"]}
    said = [{**one, "where": where} for one in everything(reach_per_year=1, uptake=0.7)]
    many = {"schema_version": 1, "name": "paper", "materials": ["copper", "cobalt"]}
    many |= {"products": ["device", "other_copper", "other_cobalt"]}
    many |= {"agents": {"manufacturing": 60, "component": 40, "recycling": 30}}
    world = built({"programmes": said, "world": many})
    world = world.blueprint
    member = Member(world)
    member.clock.run(30 * MINUTES_PER_MONTH)
    state, firms = member.state, world.firms
    levers = {
        DATA: (state.informed, 0), MARKET: (state.switch_gain, 1), TECHNOLOGY: (state.recovery_gain, 1),
        SKILLS: (state.skill, 1),
    }  # fmt: skip
    for programme in world.economy.access.programmes:
        joined = programme.joins < NEVER
        assert joined.any()
        assert (firms.region[joined] == 0).all()
        assert (firms.size[joined] <= 1).all()
        if programme.score in levers:
            lever, neutral = levers[programme.score]
            assert (lever[joined] != neutral).all()
            assert (lever[~joined] == neutral).all()
        else:
            moved = state.finance_access != world.economy.access.base[FINANCE]
            np.testing.assert_array_equal(moved, joined)


def test_a_larger_reach_and_uptake_only_add_firms():
    def joins(reach, uptake):
        said = {"name": "a", "kind": "training", "start": "2025-01-01", "reach_per_year": reach}
        world = battery_built("reference", f"programmes={json.dumps([{**said, 'uptake': uptake}])}")
        return world.blueprint.economy.access.programmes[0].joins

    few, many = joins(0.05, 0.4), joins(0.2, 0.6)
    assert 0 < (few < NEVER).sum() < (many < NEVER).sum()
    assert (many <= few).all()


def test_what_a_programme_costs_and_reaches():
    said = [{"name": "course", "kind": "training", "start": "2025-01-01", "reach_per_year": 0.5, "uptake": 1,
             "cost_usd": 1000, "half_life_years": 1e9}]  # fmt: skip
    world = built({"programmes": said}).blueprint
    ledger = Member(world).run().ledger.series
    joins = world.economy.access.programmes[0].joins
    assert joins.min() >= 12
    assert joins[joins < NEVER].max() < 36
    for region in range(world.n_regions):
        joined = world.firms.enterprises[(joins < NEVER) & (world.firms.region == region)].sum()
        assert joined > 0
        assert ledger["programme_cost"][:, region].sum() == pytest.approx(1000 * joined)
        assert ledger["programme_reach"][-1, region, 0] == pytest.approx(joined)


def test_a_programme_costs_nothing_where_nobody_takes_part_and_the_state_pays_it_all():
    many = [{**one, "where": {"region": "NORTH"}} for one in everything(reach_per_year=1, uptake=0.7)]
    world = built({"programmes": many}, "rules.prices=true", "rules.finance=true").blueprint
    ledger = Member(world).run().ledger.series
    cost, reach = ledger["programme_cost"], ledger["programme_reach"]
    assert cost[:, 0].any() and reach[:, 0].any()
    assert not cost[:, 1:].any() and not reach[:, 1:].any()
    paid = ledger["money_flow"][:, PAYMENTS.index("state>outside")]
    np.testing.assert_allclose(cost.sum(axis=(1, 2)), paid, rtol=1e-12)


# ---------------------------------------------------------------------- scores of the base year


def test_base_scores_lie_about_the_mean_of_their_class():
    plan, world = battery_built("reference").plan, battery_built("reference").blueprint
    score = base_scores(plan, world.firms)
    spread = plan.closure.value("access_spread")
    rows = battery_tables()["access"]
    for row in rows.where(region="*"):
        if row["score"] == "finance":
            continue
        size = ("micro", "small", "medium", "large").index(str(row["size"]))
        own = score[SCORES.index(str(row["score"]))][world.firms.size == size]
        assert np.abs(own / row["value"] - 1).max() <= spread + 1e-12
        assert own.mean() == pytest.approx(row["value"], rel=4 * spread / np.sqrt(3 * len(own)))


# ---------------------------------------------------------------------- the evidence as a guard rail


@cache
def cost_of_steady_noise(value, seed):
    """Stock held and backlog, in days of base flow, of a steady world with noisy demand."""
    said = {"access": [{"score": "data", "value": value}]}
    world = built(said, "period.end=2044-01-01", name="stationary").blueprint
    rng = np.random.default_rng(seed)
    noise = np.exp(0.3 * rng.standard_normal(world.paths.demand.shape) - 0.045)
    world = replace(world, paths=replace(world.paths, demand=world.paths.demand * noise))
    member = Member(world)
    makes = np.isin(world.firms.kind[world.slots.firm], (Kind.SOURCE, Kind.CONVERT))
    own = makes & (world.slots.role != Role.SCRAP) & (world.slots.base > 0)
    flows = world.relations.flow > 0
    held: list[float] = []
    late: list[float] = []

    def look():
        if member.clock.now > 24 * MINUTES_PER_MONTH:
            held.append((member.state.qty[own] / world.slots.base[own]).mean())
            late.append((member.state.backlog[flows] / world.relations.flow[flows]).mean())

    member.clock.every(MINUTES_PER_MONTH, MINUTES_PER_MONTH, Rank.RECORD, 1, look, member.until)
    member.run()
    return np.mean(held), np.mean(late)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("penalty", [1.0, 9.0])
def test_shared_data_are_worth_little_in_a_steady_chain(seed, penalty):
    """Cachon and Fisher 2000: 2.2 % of cost on average, 12.1 % at most."""
    (stock, late), (stock_1, late_1) = (cost_of_steady_noise(value, seed) for value in (0.0, 1.0))
    saving = 1 - (stock_1 + penalty * late_1) / (stock + penalty * late)
    assert -0.02 < saving < 0.12
