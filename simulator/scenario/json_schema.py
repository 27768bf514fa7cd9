"""What the schema writes for editors: JSON Schema of a scenario file and of a world file."""

from __future__ import annotations

import json
from typing import Any, Literal

from simulator.scenario.distribution import Distribution
from simulator.scenario.schema import NAME_PATTERN, Part, Scenario, World

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MERGED = ("Scenario", "World", "Period")
_OPTIONAL = ("Alliance", "PooledStock", "Matching", "Guarantee")
_PLAIN_NUMBERS = ("Distribution", "TableNumber", "Draws", "Correlation")
_FIXED_NUMBERS = ("seed", "schema_version", "record_days", "year")
_DRAWN = {"$ref": "#/$defs/Distribution"}
_WORDS = ("title", "description", "default", "examples")
_NOT_IN_SETS = ("schema_version", "name", "title", "description", "extends", "overrides")


def json_schema(kind: Literal["scenario", "world"] = "scenario") -> dict[str, Any]:
    """JSON Schema of a scenario file or a world file.

    Parameters
    ----------
    kind : {"scenario", "world"}

    Returns
    -------
    dict
        Keys that a parent may have given are not required: a file may hold a part only.
    """
    model: type[Part] = Scenario if kind == "scenario" else World
    # The root is written like any other definition, so that override sets and worlds can refer to it.
    whole = model.model_json_schema(mode="validation")
    definitions: dict[str, Any] = whole.pop("$defs", {})
    definitions[model.__name__] = whole
    for definition in definitions.values():
        _plain_words(definition)
    for name in (*_MERGED, *_OPTIONAL):
        definitions.get(name, {}).pop("required", None)
    world = definitions["World"]["properties"]
    for key, least in (("review_days", "exclusiveMinimum"), ("cover_days", "minimum")):
        mapping = world[key]["additionalProperties"]
        world[key]["additionalProperties"] = {"anyOf": [{"type": "number", least: 0}, mapping]}
    for name, definition in list(definitions.items()):
        if name not in _PLAIN_NUMBERS:
            definitions[name] = _or_drawn(definition)
    definitions["Distribution"] = _drawn_schema()
    if kind == "scenario":
        _scenario_words(definitions)
    root: dict[str, Any] = {
        "$schema": DIALECT,
        "title": f"Loopcast {kind}",
        "$ref": f"#/$defs/{model.__name__}",
        "required": ["schema_version"] if kind == "scenario" else ["schema_version", "materials", "products"],
    }
    return {**root, "$defs": dict(sorted(definitions.items()))}


def _scenario_words(definitions: dict[str, Any]) -> None:
    """What a scenario file may say that the resolved scenario does not hold."""
    keys = definitions["Scenario"]["properties"]
    world = keys["world"]
    keys["world"] = {
        "description": world.get("description", ""),
        "anyOf": [{"type": "string"}, {"$ref": "#/$defs/World"}],
    }
    changes = {key: value for key, value in keys.items() if key not in _NOT_IN_SETS}
    definitions["Changes"] = {
        "title": "Changes",
        "description": "A part of a scenario.",
        "type": "object",
        "properties": changes,
        "additionalProperties": False,
    }
    sets = keys["overrides"]
    for entry in (sets, *sets.get("patternProperties", {}).values()):
        entry.pop("additionalProperties", None)
    sets.pop("propertyNames", None)
    sets["patternProperties"] = {NAME_PATTERN: {"$ref": "#/$defs/Changes"}}
    sets["additionalProperties"] = False


def _drawn_schema() -> dict[str, Any]:
    """Schema of a distribution."""
    found: dict[str, Any] = Distribution.model_json_schema(mode="validation")
    _plain_words(found)
    return found


def _or_drawn(schema: Any, key: str = "") -> Any:
    """The same schema with a distribution allowed wherever it has a number."""
    if not isinstance(schema, dict) or key in _FIXED_NUMBERS:
        return schema
    if _is_number(schema):
        words = {word: schema[word] for word in _WORDS if word in schema}
        number = {word: value for word, value in schema.items() if word not in _WORDS}
        return {**words, "anyOf": [number, _DRAWN]}
    found = dict(schema)
    for word in ("properties", "patternProperties"):
        if word in schema:
            found[word] = {name: _or_drawn(entry, name) for name, entry in schema[word].items()}
    for word in ("additionalProperties", "items"):
        if word in schema:
            found[word] = _or_drawn(schema[word])
    if "anyOf" in schema:
        has_number = any(map(_is_number, schema["anyOf"]))
        entries = [entry if _is_number(entry) else _or_drawn(entry) for entry in schema["anyOf"]]
        found["anyOf"] = [*entries, _DRAWN] if has_number else entries
    return found


def _is_number(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") in ("number", "integer")


def _plain_words(definition: Any) -> None:
    """Put units into descriptions and take words out that JSON Schema does not have."""
    if isinstance(definition, list):
        for entry in definition:
            _plain_words(entry)
    if not isinstance(definition, dict):
        return
    unit = definition.get("unit")
    if isinstance(unit, str) and isinstance(definition.get("description"), str):
        if unit not in ("1", "firms"):
            definition["description"] += f" [{unit}]"
        definition.pop("unit")
    if isinstance(definition.get("allowed"), str):
        definition.pop("allowed")
    for key, entry in definition.items():
        if key not in ("default", "examples", "enum", "const"):
            _plain_words(entry)


def schema_text(kind: Literal["scenario", "world"] = "scenario") -> str:
    """JSON Schema as the file in scenarios/ holds it.

    Parameters
    ----------
    kind : {"scenario", "world"}

    Returns
    -------
    str
    """
    return json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"
