"""A network that was drawn before is used again exactly where it would be drawn alike."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

import simulator.run as room
from simulator.build import build, held
from simulator.build.agents import lay_slots
from simulator.build.lay_out import lay_agents
from simulator.build.network import Network
from simulator.build.plan import Plan
from tests.fixtures.worlds import paper_scenario, paper_tables, paper_with

END = "period.end=2026-01-01"


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    monkeypatch.setattr(held, "_held", type(held._held)())


def network(scenario, tables=None, member=0):
    plan = Plan(scenario, tables or paper_tables(), member)
    agents, batch = lay_agents(plan)
    return Network(plan.closure, plan.sectors, agents, lay_slots(plan.sectors, agents, batch)), plan.goods


def key(*sets, member=0, tables=None):
    return held.content(*network(paper_scenario("growth", *sets), tables, member))


@pytest.mark.parametrize("name", sorted(held._READ))
def test_each_number_that_is_read_is_part_of_the_key(name):
    row = next(row for row in paper_tables()["assumptions"] if row["name"] == name)
    assert key(f"parameters.{name}={(row['low'] + 3 * row['high']) / 4}") != key()


@pytest.mark.parametrize(
    "other",
    [
        {"sets": ("seed=2",)},
        {"sets": ("period.end=2040-01-01",)},
        {"sets": ("world.agents.extraction=7",)},
        {"sets": (), "member": 1},
    ],
    ids=str,
)
def test_seed_member_period_and_agents_are_part_of_the_key(other):
    assert key(*other.pop("sets"), **other) != key()


def test_sizes_of_firms_count_where_there_are_several():
    many = "world.agents.extraction=20"
    assert key(many, "parameters.lognormal_size_sigma=0.9") != key(many)
    assert key("parameters.lognormal_size_sigma=0.9") == key()  # a lone firm has the whole output


@pytest.mark.parametrize(
    "same",
    ["parameters.tau_price_days=100", "rules.spot=false", "name=other", "trace=[NORTH-mine_copper-01]"],
)
def test_what_the_network_does_not_see_is_not(same):
    assert key(same) == key()


def test_all_declared_numbers_that_drawing_reads_are_named(monkeypatch):
    drawn, goods = network(paper_scenario("growth"))
    seen, value = set(), drawn.closure.value
    monkeypatch.setattr(drawn.closure, "value", lambda name: (seen.add(name), value(name))[1])
    drawn.relations(goods)
    assert seen <= set(held._READ)


def test_a_network_used_again_is_the_one_that_would_be_drawn():
    first, goods = network(paper_scenario("growth"))
    again, _ = network(paper_scenario("growth", "parameters.tau_price_days=100"))
    fresh, _ = network(paper_scenario("growth"))
    drawn = fresh.relations(goods)
    for one in (first, again):
        found = held.relations_of(one, goods)
        for part in fields(found):
            np.testing.assert_array_equal(getattr(found, part.name), getattr(drawn, part.name))
        np.testing.assert_array_equal(one.base, fresh.base)
        np.testing.assert_array_equal(one.agents.rate, fresh.agents.rate)
        assert one.n_added == fresh.n_added
    assert len(held._held) == 1


def test_a_run_does_not_change_the_network_it_shares():
    scenario = paper_with({}, END, name="growth")
    first = room.run(scenario, paper_tables())
    room.run(paper_with({}, END, "rules.spot=false", name="growth"), paper_tables())
    assert len(held._held) == 1
    assert room.run(scenario, paper_tables()).equals(first)


def test_few_are_kept(monkeypatch):
    monkeypatch.setattr(held, "_MOST_BYTES", 1)
    for seed in (1, 2):
        build(paper_scenario("growth", f"seed={seed}"), paper_tables())
    assert len(held._held) == 1
