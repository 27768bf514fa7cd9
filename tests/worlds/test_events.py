"""Every kind of disruption and every preset of the page runs in a shipped world."""

from __future__ import annotations

import csv
import json
from functools import cache

import numpy as np
import pytest

import simulator.run as room
from simulator import results
from simulator.errors import InputError
from simulator.scenario import load
from simulator.scenario.document import examples
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

EXAMPLES = {
    path.split("[")[1][:-1]: part["disruptions"][0]
    for path, part in examples()
    if path.startswith("disruptions[")
}
WORLDS = ("battery_materials", "technology_metals", "energy_transition")
NOWHERE = {"tohoku_2011": "silicon_wafer", "ukraine_neon_2022": "neon"}


@cache
def presets():
    """Names of the presets that each world can use, each in the first that can."""
    with (worlds.tables.shipped("inputs") / "disruptions.csv").open(encoding="utf-8", newline="") as file:
        names = list(dict.fromkeys(row["preset"] for row in csv.DictReader(file)))
    found = {world: [] for world in WORLDS}
    refused = {}
    for name in names:
        for world in WORLDS:
            try:
                scenario(world, [{"preset": name, "start": "2024-02-01"}])
            except InputError as error:
                refused[name] = str(error)
            else:
                found[world].append(name)
                refused.pop(name, None)
                break
    return found, refused


def scenario(world, disruptions, end="2024-06-01"):
    """Scenario of a shipped world over a few months."""
    given = {
        "schema_version": 1,
        "world": world,
        "period": {"start": "2024-01-01", "end": end},
        "demand": {"case": "base"},
        "disruptions": disruptions,
    }
    return load(given, tables=worlds.battery_tables())


def run(world, disruptions, end="2024-06-01"):
    return room.run(scenario(world, disruptions, end), worlds.battery_tables())


def test_the_example_of_every_kind_runs():
    assert len(EXAMPLES) == 10
    names = [each.get("name", each.get("preset")) for each in EXAMPLES.values()]
    ds = run("battery_materials", list(EXAMPLES.values()), "2028-01-01")
    told = json.loads(ds.attrs["events"])
    assert {each["kind"] for each in told} == {kind for kind in EXAMPLES if kind != "preset"}
    assert {each["preset"] for each in told} == {"", EXAMPLES["preset"]["preset"]}
    assert len({each["name"] for each in told}) == len(told) >= len(names)
    assert float(results.mass_closure(ds).max()) <= 1e-9


@pytest.mark.parametrize("world", WORLDS)
def test_every_preset_runs_where_its_material_is(world):
    names = presets()[0][world]
    assert len(names) >= 3
    ds = run(world, [{"preset": name, "start": "2024-02-01"} for name in names])
    told = json.loads(ds.attrs["events"])
    assert {each["preset"] for each in told} == set(names)
    assert all(each["severity"] is None or 0 < each["severity"] <= 1 for each in told)
    assert float(results.mass_closure(ds).max()) <= 1e-9


def test_presets_without_a_material_in_any_world_say_which():
    refused = presets()[1]
    assert set(refused) == set(NOWHERE)
    assert all(NOWHERE[name] in text for name, text in refused.items())


def test_a_preset_of_no_size_changes_no_bit():
    calm = run("battery_materials", [])
    nothing = run(
        "battery_materials",
        [
            {"preset": name, "start": "2024-02-01", "severity_factor": 0}
            for name in presets()[0]["battery_materials"]
        ],
    )
    for name in calm.data_vars:
        assert np.array_equal(calm[name].values, nothing[name].values, equal_nan=True), name


def test_what_a_preset_became_loads_again_and_means_the_same():
    first = scenario("battery_materials", [{"preset": "drc_cobalt_2025", "start": "2024-02-01"}])
    again = load(first.resolved(), tables=worlds.battery_tables())
    assert again.disruptions == first.disruptions
    assert [event.start.isoformat() for event in first.disruptions] == [
        "2024-02-01",
        "2024-09-24",
        "2024-12-10",
    ]


def test_a_country_of_its_own_is_hit_as_it_was_and_a_region_in_part():
    words = [{"preset": "drc_cobalt_2025", "start": "2024-02-01"}]
    region = scenario("battery_materials", words).disruptions[0]
    given = {"extends": "reference", "schema_version": 1, "world": {"regions": {"carve": ["COD"]}}}
    alone = load({**given, "disruptions": words}, tables=worlds.battery_tables()).disruptions[0]
    assert (region.from_, alone.from_) == (("CAF",), ("COD",))
    assert (region.form, alone.form, alone.severity) == ("quota", "ban", 1.0)
    assert 0.9 < region.severity < 1.0
