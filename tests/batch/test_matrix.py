"""A matrix file is read as strictly as a scenario, and its cells have names one can read."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.batch.cells import chosen, plan_batch
from simulator.batch.matrix import KEYS, is_matrix, read_matrix
from simulator.errors import InputError
from simulator.scenario.limits import MOST_CELLS
from tests.fixtures.worlds import PAPER

HEAD = f"schema_version: 1\nscenarios: [{PAPER / 'growth.yaml'}]\n"


def planned(tmp_path, inputs, text, **more):
    path = tmp_path / "matrix.yaml"
    path.write_text(text)
    return plan_batch([str(path)], tmp_path / "out", inputs=inputs, **more)


def test_all_scenarios_at_all_levels(tmp_path, inputs):
    text = (
        f"schema_version: 1\nscenarios: [{PAPER / 'growth.yaml'}, {PAPER / 'outage.yaml'}]\n"
        "levels:\n  demand.case: [STEPS, base]\n  rules.spot: {with_spot: true, no_spot: false}\nmembers: 3\n"
    )
    batch = planned(tmp_path, inputs, text)
    assert [cell.name for cell in batch.cells] == [
        f"{name}__case_{case}__{spot}"
        for name in ("growth", "outage")
        for case in ("steps", "base")
        for spot in ("with_spot", "no_spot")
    ]
    last = batch.cells[-1]
    assert last.scenario.demand.case == "base" and last.scenario.rules.spot is False
    assert last.scenario.name == last.name
    assert {cell.n_members for cell in batch.cells} == {3} and batch.n_members == 24
    assert planned(tmp_path, inputs, text, members=5).n_members == 40


def test_without_members_each_runs_once_with_central_values(tmp_path, inputs):
    batch = planned(tmp_path, inputs, HEAD)
    assert [(cell.name, cell.n_members, cell.is_drawn) for cell in batch.cells] == [("growth", 1, False)]


def test_scenarios_beside_the_matrix_come_first(tmp_path, inputs):
    (tmp_path / "own.yaml").write_text(f"schema_version: 1\nextends: {PAPER / 'growth.yaml'}\n")
    batch = planned(tmp_path, inputs, "schema_version: 1\nscenarios: [own]\nlevels: {seed: [1, 2]}\n")
    assert [cell.name for cell in batch.cells] == ["own__seed_1", "own__seed_2"]


BAD = {
    "key_unknown": (HEAD + "level: {}\n", "nearest  levels"),
    "schema_version": (HEAD.replace("1", "2", 1), "2"),
    "matrix_scenarios": ("schema_version: 1\nscenarios: reference\n", "a list of scenarios"),
    "matrix_scenario": (f"schema_version: 1\nscenarios: [{PAPER / 'growth.yaml'}, 3]\n", "found    3"),
    "matrix_levels": (HEAD + "levels: [a]\n", "a mapping of keys"),
    "matrix_values": (HEAD + "levels: {seed: 3}\n", "a list of values"),
    "matrix_key": (HEAD + "levels: {name: [a]}\n", "a key as in `--set`"),
    "matrix_label": (HEAD + "levels: {seed: {../up: 1}}\n", "small letters"),
    "matrix_twice": (HEAD + "levels: {seed: [1, 1]}\n", "each level once"),
    "matrix_members": (HEAD + "members: 0\n", "a whole number from 1"),
    "matrix_size": (HEAD + f"levels: {{seed: {list(range(MOST_CELLS + 1))}}}\n", f"at most {MOST_CELLS}"),
    "yaml_duplicate_key": (HEAD + "members: 1\nmembers: 2\n", "first in line 3"),
    "cell_name": (
        HEAD + "levels: {seed: {" + "a" * 40 + ": 1}, rules.spot: {" + "b" * 40 + ": true}}\n",
        "64",
    ),
}


@pytest.mark.parametrize("rule", BAD)
def test_faults_of_the_file(tmp_path, inputs, rule):
    text, said = BAD[rule]
    with pytest.raises(InputError) as raised:
        planned(tmp_path, inputs, text)
    assert rule in {fault.rule for fault in raised.value.faults}
    assert said in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_a_bad_level_is_told_at_its_place(tmp_path, inputs):
    with pytest.raises(InputError) as raised:
        planned(tmp_path, inputs, HEAD + "levels:\n  demand.case:\n    - STEPS\n    - STEPZ\n")
    (fault,) = raised.value.faults
    assert (fault.place.line, fault.place.path) == (6, "demand.case")
    assert "nearest  STEPS" in str(fault)


def test_a_missing_scenario_is_told_where_it_is_named(tmp_path, inputs):
    with pytest.raises(InputError) as raised:
        planned(tmp_path, inputs, "schema_version: 1\nscenarios: [growht]\n")
    assert "growht" in str(raised.value)


def test_two_scenarios_of_one_name_are_refused(tmp_path, inputs):
    with pytest.raises(InputError, match="both would write to one folder"):
        plan_batch([str(PAPER / "growth.yaml")] * 2, tmp_path, inputs=inputs)


def test_a_matrix_stands_alone(tmp_path, inputs):
    path = tmp_path / "matrix.yaml"
    path.write_text(HEAD)
    with pytest.raises(InputError, match="one matrix file alone"):
        plan_batch([str(path), "reference"], tmp_path, inputs=inputs)


@pytest.mark.parametrize("name", ["../up", "a/b", "..", ".hidden", "con:aux", "x" * 300, "a\\nb"])
def test_names_that_are_no_folder_are_refused(tmp_path, inputs, name):
    (tmp_path / "odd.yaml").write_text(
        f'schema_version: 1\nextends: {PAPER / "growth.yaml"}\nname: "{name}"\n'
    )
    with pytest.raises(InputError, match="name"):
        plan_batch([str(tmp_path / "odd.yaml")], tmp_path / "out", inputs=inputs)
    with pytest.raises(InputError):
        planned(tmp_path, inputs, "schema_version: 1\nscenarios: [odd]\nlevels: {seed: [1, 2]}\n")
    assert not (tmp_path / "out").exists()


def test_a_file_that_expands_without_bound_is_refused(tmp_path, inputs):
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    with pytest.raises(InputError) as raised:
        planned(tmp_path, inputs, HEAD + "levels:\n" + "".join(f"  {line}\n" for line in lines))
    assert "yaml_size" in {fault.rule for fault in raised.value.faults}


@pytest.mark.parametrize("text", ["growth", "growth:", "growth:x", "growth:3", "growht:0", "../x:0", ":0"])
def test_only_names_a_member_that_there_is(batch, text):
    with pytest.raises(InputError):
        chosen(batch(members=3), [text])


def test_only_gives_the_member(batch):
    ((cell, member),) = chosen(batch(members=3), ["growth:2"])
    assert (cell.name, member) == ("growth", 2)


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["demand.case", "STEPS", "../x", "seed", "growth", 10**400, float("inf"), 2**63, "\0"]),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answered(path):
    is_matrix(str(path))
    try:
        read_matrix(str(path))
    except InputError as error:
        assert error.faults
        str(error).encode()


@MANY
@given(data=st.binary(max_size=300))
def test_any_bytes(data, tmp_path):
    path = tmp_path / "any.yaml"
    path.write_bytes(data)
    answered(path)


@MANY
@given(tree=st.dictionaries(st.sampled_from(KEYS), TREES, max_size=4))
def test_any_values_under_known_keys(tree, tmp_path):
    path = tmp_path / "any.yaml"
    path.write_text(json.dumps(tree))
    answered(path)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(levels=st.dictionaries(st.sampled_from(["seed", "demand.case", "rules", "x[0].y"]), TREES, max_size=2))
def test_any_levels_of_a_good_scenario(levels, tmp_path, inputs):
    text = HEAD + "levels: " + json.dumps(levels, default=str) + "\n"
    try:
        planned(tmp_path, inputs, text)
    except InputError as error:
        str(error).encode()
