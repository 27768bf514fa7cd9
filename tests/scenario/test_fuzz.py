"""Whatever the file holds, the answer is a scenario or a list of faults: never a traceback."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.scenario import load
from simulator.scenario.document import examples
from simulator.scenario.read import read_text
from simulator.scenario.schema import Scenario

KEYS = sorted(
    {*Scenario.model_fields, "product", "region", "value", "where", "kind", "start", "severity", "days"}
)
WORDS = [
    "*",
    "CHN",
    "ev_battery",
    "lithium",
    "refine_lithium",
    "2030-01-01",
    "outage",
    "linear",
    "1e3",
    "NO",
    "",
    "\0",
]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.sampled_from(WORDS),
    st.sampled_from([0, 1, 10**400, 1e308, -1e308, 5e-324, float("inf"), float("nan"), 2**63]),
    st.text(max_size=12),
    st.dates(),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
MANY = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
REFERENCE = {"schema_version": 1, "extends": "reference"}


def answered(source, tables):
    try:
        load(source, tables=tables)
    except InputError as error:
        assert error.faults
        assert str(error)
        str(error).encode()


@MANY
@given(data=st.binary(max_size=300))
def test_any_bytes(data, tmp_path, shipped_tables):
    path = tmp_path / "any.yaml"
    path.write_bytes(data)
    answered(path, shipped_tables)


@MANY
@given(text=st.text(alphabet="ab:-[]{}#&*!|>'\"%@`,?\n\t 0123.\\", max_size=80))
def test_any_signs_of_yaml(text):
    node, faults = read_text(text, "x")
    assert node is not None or faults


@MANY
@given(tree=st.dictionaries(st.sampled_from(KEYS), TREES, max_size=5))
def test_any_values_under_known_keys(tree, shipped_tables):
    answered({**REFERENCE, **tree}, shipped_tables)


@MANY
@given(tree=st.dictionaries(st.sampled_from(KEYS), TREES, max_size=4))
def test_any_values_in_a_file(tree, tmp_path, shipped_tables):
    path = tmp_path / "any.yaml"
    path.write_text(
        "schema_version: 1\nextends: reference\n" + json.dumps({"rules": tree}, default=str)[1:-1]
    )
    answered(path, shipped_tables)


@MANY
@given(key=st.text(alphabet="abdemstru.[]0123=", max_size=20), tree=TREES)
def test_any_set(key, tree, shipped_tables):
    try:
        load("drc_cobalt_outage_2026", tables=shipped_tables, sets=[f"{key}={json.dumps(tree, default=str)}"])
    except InputError as error:
        assert str(error)


BLOCKS = ("access", "mechanisms", "programmes", "business_models", "alliance")
SHIPPED = load(
    load("high_recovery_drc_cobalt_outage_2026").resolved()
    | {name: Scenario.model_fields[name].examples[0] for name in BLOCKS}
    | {
        "disruptions": [
            part["disruptions"][0] for path, part in examples() if path.startswith("disruptions[")
        ]
    }
).resolved()


def places(value, way=()):
    if way:
        yield way
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, inner in children:
        yield from places(inner, (*way, step))


@MANY
@given(way=st.sampled_from(sorted(places(SHIPPED), key=str)), tree=TREES)
def test_one_value_of_a_good_scenario_replaced(way, tree, shipped_tables):
    changed = json.loads(json.dumps(SHIPPED))
    inner = changed
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = tree
    answered(changed, shipped_tables)


@pytest.mark.parametrize("size", [1_000_001, 50_000_000])
def test_huge_files_are_refused_unread(size, tmp_path, shipped_tables):
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(size)
    with pytest.raises(InputError) as raised:
        load(path, tables=shipped_tables)
    assert [fault.rule for fault in raised.value.faults] == ["file_size"]


def test_a_long_file_is_read_in_time(tmp_path, shipped_tables):
    path = tmp_path / "long.yaml"
    path.write_text("schema_version: 1\nextends: reference\ntrace:\n" + "- CHN-refine_lithium-01\n" * 5000)
    with pytest.raises(InputError) as raised:
        load(path, tables=shipped_tables)
    assert {fault.rule for fault in raised.value.faults} == {"trace_twice"}
