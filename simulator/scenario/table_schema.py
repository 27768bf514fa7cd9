"""What `datapackage.json` says about a table: columns, units, constraints, keys.

Standard Table Schema words are used where they exist (`type`, `constraints`, `primaryKey`, `foreignKeys`).
Our own words: a column's `unit` and `references` (may point to any of several columns and allow a wildcard),
a table's `shareSums` (shares that add up to one), `ordered` (columns of a row that may not fall) and
`optional` (a folder may lack it).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.errors import Fault, InputError, Place, listed, shown

Cell = str | float | int | bool | None
PACKAGE_FILE = "datapackage.json"

_WORDS = {"number": "a number", "integer": "a whole number", "boolean": "true or false", "string": "text"}
_LIMITS = (("exclusiveMinimum", ">"), ("minimum", ">="), ("exclusiveMaximum", "<"), ("maximum", "<="))


@dataclass(frozen=True)
class Reference:
    """Columns in which a value must be found.

    Attributes
    ----------
    targets : tuple of (table, column)
        Any of them will do.
    wildcard : str
        Value that needs no target; empty if there is none.
    """

    targets: tuple[tuple[str, str], ...]
    wildcard: str = ""


@dataclass(frozen=True)
class Column:
    """One column as the descriptor has it.

    Attributes
    ----------
    name, kind, unit : str
        `kind` is one of string, number, integer, boolean.
    constraints : mapping
        Table Schema constraints.
    reference : Reference or None
        Where its values must occur.
    text : str
        What it means.
    """

    name: str
    kind: str
    unit: str
    constraints: Mapping[str, Any]
    reference: Reference | None
    text: str

    @property
    def allowed(self) -> str:
        """What a cell may hold, as one line."""
        rules = self.constraints
        if "enum" in rules:
            return listed(rules["enum"], 30)
        limits = [f"{sign} {rules[name]:g}" for name, sign in _LIMITS if name in rules]
        text = " ".join([_WORDS[self.kind], " and ".join(limits)]).strip()
        if "pattern" in rules:
            text += f" like {rules['pattern']}"
        return f"{text} [{self.unit}]" if self.unit and self.unit not in ("1", "unit") else text


@dataclass(frozen=True)
class ShareSum:
    """Shares that add up to one inside each group."""

    value: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Schema:
    """One table as the descriptor has it."""

    name: str
    path: str
    text: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    share_sums: tuple[ShareSum, ...]
    ordered: tuple[tuple[str, ...], ...]
    is_optional: bool = False

    @classmethod
    def of(cls, resource: Mapping[str, Any]) -> Schema:
        """Schema from a resource of the descriptor."""
        schema = resource["schema"]
        foreign: dict[str, Reference] = {}
        for key in schema.get("foreignKeys", ()):
            for column, target in zip(_tuple(key["fields"]), _tuple(key["reference"]["fields"]), strict=True):
                foreign[column] = Reference(((key["reference"]["resource"], target),))
        columns = tuple(
            Column(
                item["name"],
                item.get("type", "string"),
                item.get("unit", ""),
                item.get("constraints", {}),
                _reference(item) or foreign.get(item["name"]),
                item.get("description", ""),
            )
            for item in schema["fields"]
        )
        sums = tuple(ShareSum(item["value"], tuple(item["by"])) for item in resource.get("shareSums", ()))
        ordered = tuple(tuple(item) for item in resource.get("ordered", ()))
        key = _tuple(schema.get("primaryKey", ()))
        text = resource.get("description", "")
        is_optional = bool(resource.get("optional", False))
        return cls(resource["name"], resource["path"], text, columns, key, sums, ordered, is_optional)

    def column(self, name: str) -> Column:
        """One column by name."""
        return next(column for column in self.columns if column.name == name)


def _tuple(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _reference(item: Mapping[str, Any]) -> Reference | None:
    """Reference written at a column, our own word."""
    if "references" not in item:
        return None
    words = item["references"]
    targets = tuple((target["resource"], target["field"]) for target in words["targets"])
    return Reference(targets, words.get("wildcard", ""))


def schemas_of(where: Path, named: str, standard: Path) -> list[Schema]:
    """Tables that a folder must hold; a user's copy without a descriptor uses that of the standard folder.

    Parameters
    ----------
    where : Path
    named : str
        Folder as faults name it.
    standard : Path
        Folder whose tables must all be there.

    Returns
    -------
    list of Schema

    Raises
    ------
    InputError
        If the folder or its descriptor cannot be used.
    """
    if not where.is_dir():
        fault = Fault(Place(named), "no such folder", "a folder with tables", rule="folder_missing")
        raise InputError([fault])
    path = where / PACKAGE_FILE
    if not path.is_file():
        path = standard / PACKAGE_FILE
    file = f"{named}/{PACKAGE_FILE}"
    try:
        package: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        place = Place(file, getattr(error, "lineno", 0), getattr(error, "colno", 0))
        raise InputError(
            [Fault(place, "not JSON", "a data package descriptor", rule="package_json")]
        ) from None
    try:
        schemas = [Schema.of(resource) for resource in package["resources"]]
    except (KeyError, TypeError, AttributeError) as error:
        allowed = "resources, each with name, path and schema (fields, primaryKey, foreignKeys)"
        fault = Fault(
            Place(file), f"incomplete descriptor: {shown(str(error))}", allowed, rule="package_words"
        )
        raise InputError([fault]) from None
    if where != standard:
        here = {schema.name for schema in schemas}
        others = [each for each in schemas_of(standard, "inputs", standard) if each.name not in here]
        schemas += [schema for schema in others if schema.is_optional]
        missing = sorted(schema.name for schema in others if not schema.is_optional)
        if missing:
            found = f"no table {listed(missing)}"
            raise InputError([Fault(Place(file), found, "every table of inputs/", rule="table_missing")])
    return schemas
