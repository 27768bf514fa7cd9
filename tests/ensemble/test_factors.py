"""Which numbers are drawn, from what, and what stands for them in a single run."""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from scipy import stats

import simulator.run as room
from simulator.build.setting import Setting
from simulator.errors import InputError
from simulator.scenario import load
from simulator.scenario.distribution import Distribution
from simulator.scenario.document import examples
from simulator.scenario.factors import BASE_YEAR, declared_distribution, factors_of, undrawn
from simulator.scenario.json_schema import json_schema
from simulator.scenario.marks import of_plain
from simulator.scenario.quantiles import quantile
from simulator.scenario.shape import at
from simulator.scenario.written import put_plain, taken
from tests.fixtures.worlds import battery_tables, paper, paper_scenario, paper_tables, paper_with

WHY = {"reason": "seen in three studies", "source": "this test"}
DEMAND = {"distribution": "uniform", "low": 0.8, "high": 1.2, **WHY}
COLLECTED = {"distribution": "triangular", "low": 0.5, "mode": 0.6, "high": 0.9, **WHY}
CHANGES = {
    "demand": {"factors": [{"product": "device", "value": DEMAND}]},
    "recovery": {
        "collection": [
            {"product": "device", "region": "NORTH", "value": 0.7},
            {"product": "device", "value": {"2030-01-01": COLLECTED, "interpolate": "linear"}},
        ]
    },
    "parameters": {"tau_order_days": {"distribution": "normal", "mean": 100, "sd": 20, **WHY}},
    "world": {"agents": {"extraction": {"distribution": "discrete", "values": [2, 4], **WHY}}},
}
NAMES = [
    "demand.factors[device].value",
    "parameters.tau_order_days",
    "recovery.collection[device].value.2030-01-01",
    "world.agents.extraction",
]


def test_distributions_of_a_file_are_named_by_labels_and_put_their_centre_in():
    scenario = paper_with(CHANGES)
    assert [each.name for each in scenario.written] == NAMES
    assert scenario.demand.factors[0].value.values == (1.0,)
    assert scenario.recovery.collection[1].value.values == (0.6,)
    assert scenario.parameters["tau_order_days"] == pytest.approx(100, abs=0.01)  # cut at 30 and 365
    assert scenario.world.agents.extraction in (2, 4)
    assert isinstance(scenario.world.agents.extraction, int)


def test_a_single_run_is_that_of_the_central_numbers():
    centre = paper_with(
        {"demand": {"factors": [{"product": "device", "value": 1.0}]}}, "period.end=2026-01-01"
    )
    drawn = paper_with({"demand": CHANGES["demand"]}, "period.end=2026-01-01")
    assert room.run(drawn, paper_tables()).equals(room.run(centre, paper_tables()))
    assert drawn.resolved()["demand"]["factors"][0]["value"] == DEMAND


def test_editors_take_a_distribution_for_any_number_but_a_fixed_one(tmp_path):
    schema = json_schema()
    good = {"schema_version": 1, "extends": "reference", **json.loads(json.dumps(CHANGES))}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    told = []
    for changes in (
        {},
        {"seed": DEMAND},
        {"demand": {"factors": [{"product": "device", "value": {"low": 1}}]}},
    ):
        (tmp_path / "one.json").write_text(json.dumps(good | changes))
        command = [sys.executable, "-m", "check_jsonschema", "--schemafile", tmp_path / "schema.json"]
        told.append(subprocess.run([*command, tmp_path / "one.json"], capture_output=True).returncode)
    assert told == [0, 1, 1]


def test_what_is_resolved_loads_to_the_same():
    scenario = paper_with(CHANGES)
    again = load(scenario.resolved(), tables=paper_tables())
    assert again.resolved() == scenario.resolved()
    assert again.written == scenario.written


def test_lines_without_a_label_of_their_own_go_by_number():
    rows = [{"product": "device", "value": DEMAND}, {"product": "device", "region": "*", "value": 1}]
    with pytest.raises(InputError):
        paper_with({"demand": {"factors": rows}})
    rows = [{"product": "device", "value": DEMAND}, {"product": "device", "region": "NORTH", "value": DEMAND}]
    names = [each.name for each in paper_with({"demand": {"factors": rows}}).written]
    assert names == ["demand.factors[device, NORTH].value", "demand.factors[device].value"]


def every_number():
    """Numbers in the examples of the page of keys: the way to each, and a tree with a distribution there."""
    for _, example in examples():
        plain = json.loads(json.dumps(example, default=str))
        for loc, value in leaves(plain):
            if (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and loc[0] not in ("overrides", "ensemble")
            ):
                tree = copy.deepcopy(plain)
                put_plain(tree, loc, Distribution(distribution="uniform", low=0, high=1, **WHY))
                yield loc, tree


def leaves(data, loc=()):
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, inner in items:
        yield from leaves(inner, (*loc, step))
    if not isinstance(data, dict | list):
        yield loc, data


def test_any_number_of_a_scenario_may_be_a_distribution():
    """A number is taken out, refused with a reason, or of a disruption that takes a distribution itself."""
    seen = set()
    for loc, tree in every_number():
        _, written, findings = taken(of_plain(tree, "here"), {})
        said = at(loc, raw=tree)
        assert written or findings or (said is not None and "distribution" in said.variants), loc
        seen.add(tuple(step for step in loc if isinstance(step, str)))
    assert len(seen) > 50


@pytest.mark.parametrize(
    ("block", "name"),
    [
        ({"review_days": {"mine_copper": {**DEMAND, "low": 5, "high": 9}}}, "review_days.mine_copper.days"),
        (
            {"cover_days": {"manufacturing": {**DEMAND, "low": 5, "high": 9}}},
            "cover_days.manufacturing.input",
        ),
    ],
    ids=["review", "cover"],
)
def test_short_forms_may_be_distributions(block, name):
    (each,) = paper_with({"world": block}).written
    assert (each.name, each.central) == (f"world.{name}", 7.0)


def test_a_share_of_those_who_join_may_be_a_distribution():
    alliance = {"name": "a", "start": "2025-01-01", "join": {**DEMAND, "high": 1.0}}
    scenario = paper_with({"alliance": alliance})
    assert [each.name for each in scenario.written] == ["alliance.join"]
    assert scenario.alliance is not None and scenario.alliance.join == pytest.approx(0.9)


def test_distributions_inside_presets_keep_their_way():
    scenario = load(
        {
            "schema_version": 1,
            "extends": "reference",
            "disruptions": [
                {"preset": "drc_cobalt_2025", "severity_factor": {**DEMAND, "low": 0.5, "high": 0.9}}
            ],
        },
        tables=battery_tables(),
    )
    (each,) = scenario.written
    assert each.name == "disruptions[drc_cobalt_2025].severity_factor"
    entries = scenario.resolved()["disruptions"]
    assert [entry["preset"] for entry in entries] == ["drc_cobalt_2025"]
    assert entries[0]["severity_factor"]["distribution"] == "uniform"
    assert load(scenario.resolved(), tables=battery_tables()).written == scenario.written


# --------------------------------------------------------------------------------- declared numbers


def test_declared_numbers_are_drawn_as_their_rows_say():
    tables, scenario = battery_tables(), load("reference", tables=battery_tables())
    assert scenario.ensemble is not None and scenario.ensemble.members == 100
    found = {factor.name: factor for factor in factors_of(scenario, tables)}
    left_out = {each.name for each in undrawn(scenario, tables)}
    drawn = [row for row in tables["assumptions"] if f"assumptions.{row['name']}" not in left_out]
    assert sorted(found) == sorted(f"assumptions.{row['name']}" for row in drawn)
    assert list(found) == sorted(found)
    of_model = [row for row in tables["assumptions"] if row["used_in"] == "model"]
    assert {f"assumptions.{row['name']}" for row in of_model if row["distribution"] != "fixed"} <= set(found)
    for row in drawn:
        factor = found[f"assumptions.{row['name']}"]
        low, high = factor.ends
        assert row["low"] <= low < high <= row["high"]
        assert factor.central == row["value"]
        assert (factor.reason, factor.source, factor.unit) == (row["reason"], row["source"], row["unit"])
    level = found["assumptions.tau_level_days"]
    assert level.value(0.5) == pytest.approx(math.sqrt(60 * 730))
    assert found["assumptions.spot_reserve"].value(0.25) == pytest.approx(0.25)


def test_what_a_scenario_states_is_not_drawn_and_its_distribution_takes_the_place():
    stated = paper_scenario("stationary", "parameters.tau_level_days=90")
    assert "assumptions.tau_level_days" not in {f.name for f in factors_of(stated, paper_tables())}
    names = Counter(factor.name for factor in factors_of(paper_with(CHANGES), paper_tables()))
    assert names["assumptions.tau_order_days"] == 1 and "parameters.tau_order_days" not in names
    none = paper_with({**CHANGES, "ensemble": {"assumptions": False}})
    assert [factor.name for factor in factors_of(none, paper_tables())] == [
        "assumptions.tau_order_days",
        *(name for name in NAMES if not name.startswith("parameters")),
    ]


@pytest.mark.parametrize("family", ["uniform", "log-uniform", "triangular", "normal"])
def test_families_of_declared_numbers(family):
    row = {"distribution": family, "value": 3.0, "low": 1.0, "high": 9.0, "reason": "r", "source": "s"}
    law = declared_distribution(row)
    shares = np.linspace(0.01, 0.99, 9)
    known = {
        "uniform": stats.uniform(1, 8),
        "log-uniform": stats.loguniform(1, 9),
        "triangular": stats.triang(0.25, 1, 8),
        "normal": stats.truncnorm(-1, 3, 3, 2),
    }[family]
    np.testing.assert_allclose([quantile(law, u, 1.0, 9.0) for u in shares], known.ppf(shares), rtol=1e-9)


def test_empirical_goes_in_straight_lines_between_what_was_observed():
    drawn = {**WHY, "distribution": "empirical", "values": [1.4, 0.8, 1.0]}
    (each,) = paper_with({"demand": {"factors": [{"product": "device", "value": drawn}]}}).written
    assert [each.value(u) for u in (0.25, 0.5, 0.75)] == pytest.approx([0.9, 1.0, 1.2])
    assert each.central == 1.0


# --------------------------------------------------------------------------------------- base year


def test_numbers_that_rebuild_the_base_year_are_those_read_while_it_is_built(monkeypatch):
    from simulator.build.agents import lay_slots
    from simulator.build.lay_out import lay_agents
    from simulator.build.network import Network
    from simulator.build.plan import Plan

    seen: set[str] = set()
    value = Setting.value
    monkeypatch.setattr(Setting, "value", lambda self, name: (seen.add(name), value(self, name))[1])
    tables = battery_tables()
    for scenario in ("announced_supply", "tajikistan_programmes"):
        plan = Plan(load(scenario, tables=tables), tables)
        agents, batch = lay_agents(plan)
        slots = lay_slots(plan.sectors, agents, batch)
        Network(plan.closure, plan.sectors, agents, slots).relations(plan.goods)
    assert seen == BASE_YEAR


def test_numbers_of_tables_and_worlds_rebuild_the_base_year():
    entry = {
        "table": "elasticities",
        "where": {"material": "*"},
        "column": "value",
        "use": "factor",
        **DEMAND,
    }
    scenario = paper_with({**CHANGES, "ensemble": {"tables": [entry]}})
    found = {factor.name: factor for factor in factors_of(scenario, paper_tables())}
    rebuilds = {name for name, factor in found.items() if factor.rebuilds_base_year}
    assert {"elasticities[*].value", "world.agents.extraction", "assumptions.home_preference"} <= rebuilds
    assert not {"assumptions.tau_price_days", "assumptions.tau_order_days"} & rebuilds
    assert found["elasticities[*].value"].central == 1.0


def test_a_scenario_without_distributions_is_as_it_was():
    assert paper_scenario().written == ()
    assert "ensemble" not in paper_scenario().resolved()
    assert "member" not in paper("stationary", "period.end=2025-01-01").attrs
