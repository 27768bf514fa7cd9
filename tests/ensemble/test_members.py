"""Members: their numbers in place, their random streams, and what two scenarios have in common."""

from __future__ import annotations

import pickle
from functools import cache

import numpy as np
import pytest

import simulator.run as room
from simulator.build import build
from simulator.build.streams import stream
from simulator.ensemble import Ensemble
from simulator.errors import InputError
from simulator.scenario import load
from tests.fixtures.worlds import paper_built, paper_scenario, paper_tables, paper_with

WHY = {"reason": "seen in three studies", "source": "this test"}


def uniform(low, high, **more):
    return {"distribution": "uniform", "low": low, "high": high, **WHY, **more}


FACTOR = {"product": "device", "value": uniform(0.8, 1.2)}
YIELD = {"process": "recycle_device", "material": "copper", "value": {"2030-01-01": uniform(0.5, 0.9)}}
OUTAGE = {"kind": "outage", "name": "stop", "where": {"process": "mine_copper"}, "start": "2025-01-01"}
DRAWN_OUTAGE = {**OUTAGE, "duration_days": uniform(30, 300), "severity": uniform(0.2, 0.9)}
DEMAND = {"demand": {"factors": [FACTOR]}}


@cache
def ensemble():
    return Ensemble.of(paper_with(DEMAND), paper_tables(), 16)


def test_points_become_numbers_by_the_law_of_each():
    found = ensemble()
    assert found.points.shape == found.values.shape == (16, len(found.factors))
    for column, factor in enumerate(found.factors):
        assert found.values[:, column] == pytest.approx([factor.value(u) for u in found.points[:, column]])
    column = found.names.index("demand.factors[device].value")
    assert found.values[:, column] == pytest.approx(0.8 + 0.4 * found.points[:, column])


def test_a_member_is_a_scenario_of_plain_numbers():
    found = ensemble()
    member = found.member(5)
    values = dict(zip(found.names, found.values[5], strict=True))
    assert member.values == values and member.member == 5
    assert member.scenario.demand.factors[0].value.values == (values["demand.factors[device].value"],)
    assert member.scenario.parameters["tau_level_days"] == values["assumptions.tau_level_days"]
    assert (member.scenario.written, member.scenario.ensemble) == ((), None)
    assert member.tables is paper_tables()
    again = load(member.scenario.resolved(), tables=paper_tables())
    assert again.resolved() == member.scenario.resolved()
    assert pickle.loads(pickle.dumps(member.scenario)) == member.scenario


def test_numbers_given_go_in_and_the_rest_stays_central():
    found = ensemble()
    member = found.at({"demand.factors[device].value": 1.1, "assumptions.spot_reserve": 0.2}, member=3)
    assert member.scenario.demand.factors[0].value.values == (1.1,)
    assert member.scenario.parameters == {"spot_reserve": 0.2}
    assert member.member == 3
    centre = found.at({}).scenario
    assert centre.resolved() == paper_with({"demand": {"factors": [{**FACTOR, "value": 1.0}]}}).resolved()
    assert found.at(found.central).scenario.demand == centre.demand


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda e: e.member(16), "a member from 0 to 15"),
        (lambda e: e.at({"demand.factors[devise].value": 1.0}), "demand.factors[device].value"),
        (lambda e: Ensemble.of(e.scenario, e.tables, 0), "a whole number >= 1"),
    ],
    ids=["member", "name", "none"],
)
def test_what_is_not_there_is_told(call, told):
    with pytest.raises(InputError, match=r".") as raised:
        call(ensemble())
    assert told in str(raised.value)


def test_numbers_that_do_not_go_together_are_told_with_the_member():
    routes = [
        {"product": "device", "route": route, "value": uniform(0.1, 0.6)} for route in ("repair", "disposal")
    ]
    found = Ensemble.of(paper_with({"recovery": {"routing": routes}}), paper_tables(), 16)
    told = ""
    for index in range(16):
        try:
            found.member(index)
        except InputError as error:
            told = f"{index} {error}"
    assert "shares of all routes that sum to at most 1" in told
    assert f"member {told.split()[0]}" in told


def test_a_cell_that_was_multiplied_is_not_multiplied_again_when_a_member_is_checked():
    rates = {"table": "collection_rates", "where": {"product": "device"}, "column": "rate", "use": "factor"}
    rate = max(row["rate"] for row in paper_tables()["collection_rates"].where(product="device"))
    entry = rates | uniform(0.99, 1 / rate)
    both = {**DEMAND, "recovery": {"yields": [YIELD]}, "ensemble": {"tables": [entry]}}
    found = Ensemble.of(paper_with(both), paper_tables(), 16)
    assert all(found.member(index).tables is not paper_tables() for index in range(16))


# ------------------------------------------------------------------------------ where numbers stand


def test_counts_are_whole_and_reviews_whole_minutes():
    world = {"agents": {"extraction": uniform(2, 6)}, "review_days": {"mine_copper": {"days": uniform(5, 9)}}}
    found = Ensemble.of(paper_with({"world": world}), paper_tables(), 32)
    worlds = [found.member(index).scenario.world for index in range(32)]
    assert {each.agents.extraction for each in worlds} == {2, 3, 4, 5, 6}
    for each in worlds:
        minutes = each.review_days["mine_copper"].days * 1440
        assert minutes == pytest.approx(round(minutes), abs=1e-9)


def test_numbers_of_an_event_with_one_start_are_drawn_by_the_ensemble():
    found = Ensemble.of(paper_with({"disruptions": [DRAWN_OUTAGE]}), paper_tables(), 16)
    names = ["disruptions[stop].duration_days", "disruptions[stop].severity"]
    assert [name for name in found.names if name.startswith("disr")] == names
    member = found.member(2)
    event = member.scenario.disruptions[0]
    assert (event.duration_days, event.severity) == tuple(member.values[name] for name in names)
    random = {key: value for key, value in DRAWN_OUTAGE.items() if key != "start"}
    often = paper_with({"disruptions": [{**random, "random": {"rate_per_year": 1}}]})
    assert not [n for n in Ensemble.of(often, paper_tables()).names if n.startswith("disr")]


def test_numbers_of_tables_take_the_place_of_cells_or_multiply_them():
    rows = [
        {"table": "collection_rates", "where": {"product": "device"}, "column": "rate", **uniform(0.2, 0.4)},
        {"table": "elasticities", "column": "value", "use": "factor", **uniform(0.5, 1.5)},
    ]
    found = Ensemble.of(paper_with({"ensemble": {"tables": rows}}), paper_tables(), 8)
    member = found.member(1)
    rate = member.values["collection_rates[device].rate"]
    factor = member.values["elasticities[*].value"]
    assert {row["rate"] for row in member.tables["collection_rates"].where(product="device")} == {rate}
    before, after = (t["elasticities"].column("value") for t in (paper_tables(), member.tables))
    np.testing.assert_array_equal(after, before * factor)
    assert member.tables.hash != paper_tables().hash
    assert found.at({}).tables is paper_tables()
    assert member.tables["supply"] is paper_tables()["supply"]


def test_a_preset_is_expanded_anew_for_each_member():
    from tests.fixtures.worlds import battery_tables

    entry = {"preset": "drc_cobalt_2025", "severity_factor": uniform(0.5, 0.9)}
    said = {"schema_version": 1, "extends": "reference", "disruptions": [entry]}
    found = Ensemble.of(load(said, tables=battery_tables()), battery_tables(), 4)
    name = "disruptions[drc_cobalt_2025].severity_factor"
    one, half = (found.at({name: value}).scenario.disruptions for value in (0.8, 0.4))
    assert len(one) == len(half) == len(found.scenario.disruptions)
    assert [b.severity for b in half] == pytest.approx([a.severity / 2 for a in one])


# ------------------------------------------------------------------------------- common random numbers


def test_two_scenarios_have_the_numbers_in_common_that_both_draw():
    one = Ensemble.of(paper_with(DEMAND), paper_tables(), 32)
    both = {**DEMAND, "recovery": {"yields": [YIELD]}, "disruptions": [DRAWN_OUTAGE]}
    factors = [{"product": "other_copper", "value": uniform(0.9, 1.1)}, FACTOR]
    two = Ensemble.of(paper_with({**both, "demand": {"factors": factors}}), paper_tables(), 16)
    shared = set(one.names) & set(two.names)
    assert shared == set(one.names) and len(two.names) == len(one.names) + 4
    for name in shared:
        left, right = (e.values[:16, e.names.index(name)] for e in (one, two))
        assert left.tobytes() == right.tobytes(), name


def test_sampling_and_members_come_from_the_scenario():
    block = {"members": 7, "sampling": "latin", "assumptions": False}
    found = Ensemble.of(paper_with({**DEMAND, "ensemble": block}), paper_tables())
    assert (found.n_members, found.sampling, found.seed) == (7, "latin", 1)
    assert (np.sort((found.points[:, 0] * 7).astype(int)) == np.arange(7)).all()
    assert Ensemble.of(paper_scenario(), paper_tables()).n_members == 100
    with_pair = {**block, "correlations": [{"between": ["assumptions.spot_reserve"] * 2, "rank": 0.5}]}
    with pytest.raises(InputError):
        paper_with({**DEMAND, "ensemble": with_pair})


def test_correlated_numbers_are_drawn_together():
    name, other = "assumptions.tau_level_days", "demand.factors[device].value"
    block = {"correlations": [{"between": [other, name], "rank": 0.9}]}
    found = Ensemble.of(paper_with({**DEMAND, "ensemble": block}), paper_tables(), 256)
    left, right = (found.values[:, found.names.index(n)].argsort().argsort() for n in (name, other))
    assert np.corrcoef(left, right)[0, 1] == pytest.approx(0.9, abs=0.03)


# --------------------------------------------------------------------------------------- streams


def test_streams_are_told_apart_by_all_that_they_are_for():
    first = stream(1, "firms", "mine_copper", "NORTH").random(4)
    assert (stream(1, "firms", "mine_copper", "NORTH", member=0).random(4) == first).all()
    for other in (
        stream(2, "firms", "mine_copper", "NORTH"),
        stream(1, "firms", "mine_copper", "SOUTH"),
        stream(1, "cash", "mine_copper", "NORTH"),
        stream(1, "firms", "mine_copper", "NORTH", member=1),
        stream(1, "firms", "mine_copper", "NORTH", member=2),
    ):
        assert not (other.random(4) == first).any()


def rates(built):
    return built.blueprint.slots.base


def test_member_0_has_the_streams_of_a_run_without_one_and_others_their_own():
    scenario, tables = paper_scenario("stationary", "world.agents.extraction=20"), paper_tables()
    alone = paper_built("stationary", "world.agents.extraction=20")
    assert (rates(build(scenario, tables, 0)) == rates(alone)).all()
    first, again, second = (build(scenario, tables, member) for member in (1, 1, 2))
    assert (rates(first) == rates(again)).all()
    assert len(rates(first)) != len(rates(alone)) or (rates(first) != rates(alone)).any()
    assert len(rates(first)) != len(rates(second)) or (rates(first) != rates(second)).any()


def test_random_events_come_otherwise_in_each_member_and_another_event_changes_none():
    random = {**OUTAGE, "severity": uniform(0, 1), "duration_days": 30, "random": {"rate_per_year": 2}}
    random.pop("start")
    more = {**random, "name": "more", "where": {"process": "mine_cobalt"}}
    built = {
        (events, member): build(paper_with({"disruptions": list(found)}), paper_tables(), member).plan.events
        for events, found in enumerate(((random,), (more, random)))
        for member in (0, 1)
    }
    told = {
        key: [(e.start, e.severity) for e in found if e.name.startswith("stop")]
        for key, found in built.items()
    }
    assert told[0, 0] != told[0, 1]
    assert told[0, 0] == told[1, 0] and told[0, 1] == told[1, 1]


def test_a_run_of_a_member_repeats_and_says_which_it_is():
    found = Ensemble.of(paper_with(DEMAND, "period.end=2026-01-01"), paper_tables(), 4)
    drawn = found.member(3)
    one, two = (room.run(drawn.scenario, drawn.tables, member=drawn.member) for _ in range(2))
    assert one.equals(two) and one.attrs["member"] == 3
    other = found.member(2)
    assert not room.run(other.scenario, other.tables, member=2).equals(one)
