"""What the schema writes is current, and true."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from simulator.scenario.dated import Dated
from simulator.scenario.document import examples, scenario_page
from simulator.scenario.json_schema import json_schema, schema_text
from simulator.scenario.parts import Part
from simulator.scenario.schema import Scenario
from simulator.scenario.starter import starter


@pytest.mark.parametrize(
    ("kind", "name"),
    [("scenario", "scenarios/scenario.schema.json"), ("world", "scenarios/worlds/world.schema.json")],
)
def test_schema_file_is_current(kind, name, repository):
    assert (repository / name).read_text(encoding="utf-8") == schema_text(kind), "loopcast schema writes it"


def test_page_is_current(repository):
    assert (repository / "docs/scenarios.md").read_text(encoding="utf-8") == scenario_page(), "make docs"


def check_jsonschema(*arguments):
    command = [sys.executable, "-m", "check_jsonschema", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_schema_accepts_what_we_ship(repository):
    folder = repository / "scenarios"
    schema = folder / "scenario.schema.json"
    done = check_jsonschema("--schemafile", schema, *sorted(folder.glob("*.yaml")))
    assert done.returncode == 0, done.stdout
    schema = folder / "worlds" / "world.schema.json"
    done = check_jsonschema("--schemafile", schema, *sorted((folder / "worlds").glob("*.yaml")))
    assert done.returncode == 0, done.stdout
    assert check_jsonschema("--check-metaschema", schema, folder / "scenario.schema.json").returncode == 0


@pytest.mark.parametrize(
    "name",
    [
        "unknown_key",
        "choice",
        "dated_range",
        "type_truth",
        "missing_key",
        "severity_range",
        "override_content",
        "trace_form",
        "access_range",
        "access_score",
        "alliance_join",
        "alliance_join_share",
        "alliance_services",
        "capacity_invest",
        "mechanism_key",
        "model_kind",
        "programme_range",
        "rules_economy",
    ],
)
def test_schema_refuses_what_check_refuses(name, repository):
    bad = repository / "tests/scenario/bad" / f"{name}.yaml"
    assert (
        check_jsonschema("--schemafile", repository / "scenarios/scenario.schema.json", bad).returncode == 1
    )


def models(kind=Part):
    for model in kind.__subclasses__():
        yield model
        yield from models(model)


@pytest.mark.parametrize(
    "model", sorted(set(models()), key=lambda model: model.__name__), ids=lambda m: m.__name__
)
def test_every_key_has_a_text_and_an_example(model):
    assert model.__doc__
    for name, field in model.model_fields.items():
        assert field.description and field.description.endswith((".", ":")), name
        assert field.examples, name


def test_units_stand_in_the_schema():
    text = json.dumps(json_schema())
    assert "Length until recovery begins; give this or `end`. [d]" in text
    assert not re.search(r'"(unit|allowed)": "', text)


@pytest.mark.parametrize(("path", "part"), examples(), ids=[path for path, _ in examples()])
def test_examples_of_the_page_are_good(path, part, told):
    whole = {
        "schema_version": 1,
        "world": "battery_materials",
        "period": {"start": "2024-01-01", "end": "2041-01-01"},
    }
    if path in ("world.materials", "world.products", "world.name", "world.title", "world.description"):
        names = ["lithium", "cobalt", "nickel", "copper"]
        part = {
            "world": {"materials": names, "products": [f"other_{name}" for name in names]} | part["world"]
        }
    if path == "world.year":
        own = {"materials": ["rare_earth_oxides"], "products": ["other_rare_earth_oxides"]}
        period = {"start": "2009-01-01", "end": "2015-01-01"}
        part = {"world": own | part["world"], "period": period, "demand": {"case": "base"}}
    for key, value in part.items():
        if key == "world" and isinstance(value, dict):
            own = {"materials": ["lithium"], "products": ["other_lithium"]}
            value = {**own, **value}
        if key == "period" and isinstance(value, dict):
            value = whole["period"] | value
        whole[key] = value
    assert told(whole) == []


def test_dated_values_are_documented_once():
    assert {kind.__name__ for kind in Dated.__subclasses__()} == {"Rate", "Factor", "Days", "Cap", "Longer"}
    assert "Dated values" in scenario_page()
    for name in Scenario.model_fields:
        assert f"| `{name}` |" in scenario_page()


def test_starter_is_good_as_it_is_and_with_every_suggestion(tmp_path, shipped_tables):
    from simulator.scenario import load

    text = starter("mine", "reference")
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    bare = load(path, tables=shipped_tables)
    assert bare.resolved() | {"name": "", "title": "", "description": ""} == load(
        "reference", tables=shipped_tables
    ).resolved() | {"name": "", "title": "", "description": ""}
    path.write_text(re.sub(r"^#(?=\S|  )", "", text, flags=re.M))
    full = load(path, tables=shipped_tables, override=["slow"])
    keys = set(Scenario.model_fields) - {"seed", "period", "end_of_life", "rules"}
    assert keys <= full.model_fields_set
    assert full.disruptions and full.recovery.new_scrap and full.parameters == {"tau_order_days": 120}
