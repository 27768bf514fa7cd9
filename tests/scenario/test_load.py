"""How files become one scenario: parents, worlds, override sets, --set."""

from __future__ import annotations

import json
from datetime import date

import pytest
from pydantic import ValidationError

import simulator
from simulator.errors import InputError
from simulator.scenario import find, load
from simulator.scenario.marks import of_plain
from simulator.scenario.read import block_yaml, read_text

SHIPPED = (
    "reference",
    "announced_supply",
    "high_recovery",
    "drc_cobalt_outage_2026",
    "high_recovery_drc_cobalt_outage_2026",
    "lithium_refining_outage_2027",
)
PERIOD = {"start": "2024-01-01", "end": "2041-01-01"}
WHOLE = {"schema_version": 1, "name": "whole", "world": "battery_materials", "period": PERIOD}


def write(folder, name, text):
    path = folder / f"{name}.yaml"
    path.write_text(f"schema_version: 1\nname: {name}\n{text}", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_load_and_tell_their_sources(name, shipped_tables):
    scenario = load(name, tables=shipped_tables)
    assert scenario.name == name
    assert scenario.title
    assert len(scenario.description) > 100
    assert (
        find(name)
        .read_text(encoding="utf-8")
        .startswith("# yaml-language-server: $schema=scenario.schema.json\n")
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_resolved_loads_to_the_same(name, shipped_tables):
    scenario = load(name, tables=shipped_tables)
    plain = scenario.resolved()
    assert json.loads(json.dumps(plain)) == plain
    again = load(plain, tables=shipped_tables)
    assert again.resolved() == plain
    written = read_text(block_yaml(plain), "x")[0]
    assert written is not None
    assert json.dumps(plain) == json.dumps(load(name, tables=shipped_tables).resolved())


def test_shipped_scenarios_say_what_the_issue_asks(shipped_tables):
    both = load("high_recovery_drc_cobalt_outage_2026", tables=shipped_tables)
    high = load("high_recovery", tables=shipped_tables)
    outage = load("drc_cobalt_outage_2026", tables=shipped_tables)
    assert both.recovery == high.recovery
    assert both.disruptions == outage.disruptions
    assert (both.capacity, both.demand) == (high.capacity, outage.demand)
    [stop] = outage.disruptions
    assert (stop.start, stop.lasts_days, stop.severity) == (date(2026, 1, 1), 365.0, 1.0)
    assert stop.where.filters == {"process": ("mine_cobalt_from_copper",), "region": ("CAF",)}
    [half] = load("lithium_refining_outage_2027", tables=shipped_tables).disruptions
    assert (half.severity, half.lasts_days, half.announced_on) == (0.5, 273.0, date(2027, 1, 1))
    supply = load("announced_supply", tables=shipped_tables).capacity
    assert (supply.extraction, supply.processing, supply.component) == ("announced", "announced", "demand")
    lithium = next(row for row in high.recovery.yields if row.material == "lithium").value
    assert [lithium.at(date(year, 12, 31), 0.5) for year in (2024, 2027, 2031, 2040)] == [0.5, 0.5, 0.8, 0.8]


def test_mappings_merge_and_lists_replace(tmp_path, shipped_tables):
    write(
        tmp_path,
        "parent",
        "extends: reference\nrules: {spot: false}\ntitle: Parent\ntrace: [CHN-refine_lithium-01]\n"
        "recovery: {collection: [{product: ev_battery, value: 0.7}, {product: ev_motor, value: 0.9}]}\n",
    )
    child = write(
        tmp_path,
        "child",
        "extends: parent\nrules: {trend: false}\n"
        "recovery: {collection: [{product: grid_battery, value: 0.8}]}\n",
    )
    scenario = load(child, tables=shipped_tables)
    assert (scenario.rules.spot, scenario.rules.trend, scenario.rules.switching) == (False, False, True)
    assert [row.product for row in scenario.recovery.collection] == ["grid_battery"]
    assert scenario.trace == ("CHN-refine_lithium-01",)
    assert scenario.title == ""


def test_of_a_list_the_later_parent_wins_and_each_file_counts_once(tmp_path, shipped_tables):
    write(tmp_path, "base", "extends: reference\nseed: 1\nrules: {spot: true, trend: true}\n")
    write(tmp_path, "left", "extends: base\nseed: 2\nrules: {spot: false}\n")
    write(tmp_path, "right", "extends: base\nrules: {trend: false}\n")
    child = write(tmp_path, "child", "extends: [left, right]\n")
    scenario = load(child, tables=shipped_tables)
    # Were `base` read again for `right`, it would take back what `left` says.
    assert (scenario.seed, scenario.rules.spot, scenario.rules.trend) == (2, False, False)
    flipped = write(tmp_path, "flipped", "extends: [right, left]\nseed: 3\n")
    assert load(flipped, tables=shipped_tables).seed == 3


def test_extends_takes_a_path(tmp_path, shipped_tables):
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep", "parent", "extends: reference\nseed: 7\n")
    child = write(tmp_path, "child", "extends: deep/parent.yaml\n")
    assert load(child, tables=shipped_tables).seed == 7


def test_a_named_world_replaces_and_a_mapping_merges(tmp_path, shipped_tables):
    (tmp_path / "worlds").mkdir()
    (tmp_path / "worlds" / "light.yaml").write_text(
        "schema_version: 1\nmaterials: [lithium]\nproducts: [other_lithium]\nagents: {extraction: 5}\n"
    )
    named = load(write(tmp_path, "named", "extends: reference\nworld: light\n"), tables=shipped_tables)
    assert named.world.name == "light"
    assert named.world.materials == ("lithium",)
    assert named.world.agents.processing == 1
    carved = load(
        write(tmp_path, "carved", "extends: named\nworld: {regions: {carve: [AUS]}}\n"), tables=shipped_tables
    )
    assert carved.world.regions.carve == ("AUS",)
    assert carved.world.agents.extraction == 5


def test_a_world_may_stand_in_the_scenario(told):
    world = {"materials": ["lithium"], "products": ["other_lithium"], "review_days": {"mine_lithium": 7}}
    scenario = {**WHOLE, "world": world}
    assert told(scenario) == []
    assert load(scenario).world.review_days["mine_lithium"].days == 7


def test_name_is_the_files_if_left_out(tmp_path, shipped_tables):
    path = tmp_path / "quiet.yaml"
    path.write_text("schema_version: 1\nextends: reference\n")
    assert load(path, tables=shipped_tables).name == "quiet"


def test_sets_change_one_value(shipped_tables):
    def changed(*sets):
        return load("drc_cobalt_outage_2026", tables=shipped_tables, sets=sets)

    assert changed("demand.case=APS").demand.case == "APS"
    assert changed("disruptions[0].severity=0.25").disruptions[0].severity == 0.25
    assert changed("disruptions[0].where.region=[CAF, MEA]").disruptions[0].where.region == ("CAF", "MEA")
    assert changed("parameters.tau_order_days=90", "parameters.tau_order_days=91").parameters == {
        "tau_order_days": 91
    }
    assert changed("period.end=2030-01-01").period.end == date(2030, 1, 1)
    assert changed("world.regions.carve=[COD]").world.regions.carve == ("COD",)
    assert changed("disruptions=[]").disruptions == ()
    collection = changed(
        "recovery.collection=[{product: ev_battery, value: {2030-01-01: 0.9}}]"
    ).recovery.collection
    assert collection[0].value.values == (0.9,)


@pytest.mark.parametrize(
    ("text", "path", "rule"),
    [
        ("seed", "", "set_form"),
        ("=3", "", "set_form"),
        ("a..b=3", "", "set_form"),
        ("[0]=3", "", "set_form"),
        ("sede=3", "sede", "unknown_key"),
        ("seed=-1", "seed", "number_range"),
        ("seed=", "seed", "empty_value"),
        ("rules.spot=yes", "rules.spot", "type"),
        ("trace=[1", "trace", "yaml_syntax"),
        ("disruptions[3].severity=1", "disruptions[3]", "set_index"),
        ("trace[0]=CHN-refine_lithium-01", "trace[0]", "set_index"),
        ("seed.deep=3", "seed.deep", "set_key"),
        ("schema_version=2", "schema_version", "set_key"),
        ("extends=high_recovery", "extends", "set_key"),
        ("world=battery_material", "world", "world_unknown"),
        ("demand.factors=[{product: boat, value: 1}]", "demand.factors[0].product", "product_of_world"),
    ],
)
def test_faults_of_sets_name_the_set(text, path, rule, shipped_tables):
    with pytest.raises(InputError) as raised:
        load("drc_cobalt_outage_2026", tables=shipped_tables, sets=[text])
    [fault] = raised.value.faults
    assert (fault.place.path, fault.rule) == (path, rule)
    assert str(fault).startswith(f"--set {text}  {path}" if path else f"--set {text}\n")


def test_override_sets_apply_in_order_before_sets(tmp_path, shipped_tables):
    path = write(
        tmp_path,
        "child",
        "extends: reference\noverrides:\n  one: {seed: 11, rules: {spot: false}}\n  two: {seed: 12}\n",
    )
    assert load(path, tables=shipped_tables).seed == 1
    assert load(path, tables=shipped_tables, override=["one"]).seed == 11
    both = load(path, tables=shipped_tables, override=["one", "two"])
    assert (both.seed, both.rules.spot) == (12, False)
    assert load(path, tables=shipped_tables, override=["two", "one"]).seed == 11
    assert load(path, tables=shipped_tables, override=["one"], sets=["seed=13"]).seed == 13


def test_shipped_override(shipped_tables):
    scenario = load("lithium_refining_outage_2027", tables=shipped_tables, override=["all_of_it"])
    assert scenario.disruptions[0].severity == 1


def test_unknown_override_set(shipped_tables):
    with pytest.raises(InputError) as raised:
        load("lithium_refining_outage_2027", tables=shipped_tables, override=["all_of_them"])
    assert str(raised.value) == (
        "--override all_of_them  overrides\n"
        "  found    all_of_them\n  allowed  all_of_it\n  nearest  all_of_it"
    )


def test_a_scenario_does_not_change(shipped_tables):
    scenario = load("reference", tables=shipped_tables)
    with pytest.raises(ValidationError):
        scenario.seed = 3


def test_faults_of_data_have_a_path_and_no_line(told):
    assert told({**WHOLE, "seed": -1, "demand": {"case": "STEP"}}) == [
        ("demand.case", "choice"),
        ("seed", "number_range"),
    ]
    assert told({"schema_version": 1}) == [("period", "missing_key"), ("world", "missing_key")]
    assert told([1, 2]) == [("", "root_mapping")]


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), 10**400, -(10**5000)],
    ids=["nan", "inf", "-inf", "large", "long"],
)
def test_numbers_are_finite(value, told):
    outage = {"name": "a", "kind": "outage", "where": {"process": "refine_lithium"}, "start": "2026-01-01"}
    rows = [{"product": "ev_battery", "value": value}]
    for part, path in (
        ({"parameters": {"tau_order_days": value}}, "parameters.tau_order_days"),
        (
            {"disruptions": [{**outage, "duration_days": value, "severity": 1}]},
            "disruptions[0].duration_days",
        ),
        ({"recovery": {"collection": rows}}, "recovery.collection[0].value"),
        ({"demand": {"factors": rows}}, "demand.factors[0].value"),
    ):
        assert [place for place, _ in told({**WHOLE, **part})] == [path], value


def test_python_data_is_taken_as_it_is():
    import numpy as np

    tree = of_plain({"a": np.float64(0.5), "b": (1, 2), date(2030, 1, 1): 1}, "x")
    assert tree.value["a"].value == 0.5
    assert [node.value for node in tree.value["b"].value] == [1, 2]
    assert list(tree.value) == ["a", "b", "2030-01-01"]


def test_faults_of_tables_and_scenario_come_together(tmp_path, repository):
    import shutil

    folder = tmp_path / "inputs"
    shutil.copytree(repository / "inputs", folder)
    table = folder / "labour.csv"
    table.write_text(table.read_text().replace("0.", "x.", 1))
    with pytest.raises(InputError) as raised:
        load({**WHOLE, "seed": -1}, inputs=folder)
    files = {fault.place.file.rpartition("/")[2] for fault in raised.value.faults}
    assert files == {"labour.csv", "scenario"}


def test_no_such_inputs_folder(tmp_path):
    with pytest.raises(InputError) as raised:
        load(WHOLE, inputs=tmp_path / "none")
    assert "none" in str(raised.value)


def test_entries_of_the_package(shipped_tables):
    assert simulator.load("reference", tables=shipped_tables).name == "reference"
    assert {"load", "run"} <= set(dir(simulator))
    with pytest.raises(AttributeError):
        simulator.nothing  # noqa: B018


def test_names_of_files_are_not_followed_into_special_files(told):
    for name in ("/dev/zero", "/dev", "../" * 50, "a\0b", "x" * 5000, "~", "."):
        faults = told({**WHOLE, "extends": name})
        assert faults, name
