"""Rules for tables, checked on every cell; each fault names file, line and column."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.errors import Fault, Place, listed, nearest, shown
from simulator.scenario.limits import LARGEST_TABLE
from simulator.scenario.table_schema import Cell, Column, Reference, Schema, ShareSum

SHARE_TOLERANCE = 1e-6
"""Rounding that shares of a group may add up to."""

_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True)
class RawTable:
    """A table as read: typed cells by column, in the order of the file.

    Attributes
    ----------
    schema : Schema
    file : str
    columns : dict of (row,) list
    lines : (row,) list of int
        Line of each row in its file.
    files : (row,) list of str
        File of each row; empty where all stand in `file`.
    """

    schema: Schema
    file: str
    columns: dict[str, list[Cell]]
    lines: list[int]
    files: list[str] = field(default_factory=list)

    def file_of(self, index: int) -> str:
        """File that holds a row."""
        return self.files[index] if self.files else self.file

    def place(self, index: int, path: str) -> Place:
        """Place of a cell, or of several of a row."""
        return Place(self.file_of(index), self.lines[index], 0, path)


def read_rows(
    path: Path, file: str, schema: Schema, faults: list[Fault]
) -> tuple[dict[str, list[str]], list[int]] | None:
    """Text of a table by column, and the line of each row; None if it cannot be read."""
    try:
        if path.is_file() and path.stat().st_size > LARGEST_TABLE:
            found, allowed = f"{path.stat().st_size} bytes", f"at most {LARGEST_TABLE} bytes"
            faults.append(Fault(Place(file), found, allowed, rule="table_size"))
            return None
        text = path.read_bytes().decode("utf-8-sig")
    except OSError:
        faults.append(Fault(Place(file), "no such file", f"table {schema.name}", rule="file_missing"))
        return None
    except UnicodeDecodeError as error:
        faults.append(Fault(Place(file), f"byte {error.start} is not UTF-8", "UTF-8 text", rule="encoding"))
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header = next(reader, [])
        if not _header_ok(header, file, schema, faults):
            return None
        for cells in reader:
            if len(cells) == len(header):
                rows.append(cells)
                lines.append(reader.line_num)
            elif cells:
                allowed = f"{len(header)} cells"
                faults.append(
                    Fault(Place(file, reader.line_num), f"{len(cells)} cells", allowed, rule="cell_count")
                )
    except csv.Error as error:
        faults.append(Fault(Place(file, reader.line_num), str(error), "comma-separated cells", rule="csv"))
        return None
    by_column = zip(header, zip(*rows, strict=True) if rows else [()] * len(header), strict=True)
    return {name: list(cells) for name, cells in by_column}, lines


def _header_ok(header: Sequence[str], file: str, schema: Schema, faults: list[Fault]) -> bool:
    """Whether the header names every column of the schema once and no other."""
    names = [column.name for column in schema.columns]
    found = [
        Fault(Place(file, 1), f"no column {name}", listed(names, 30), rule="column_missing")
        for name in names
        if name not in header
    ]
    for name in header:
        if name not in names:
            near = nearest(name, names)
            allowed = listed(names, 30)
            found.append(
                Fault(Place(file, 1, 0, f"column {name}"), "unknown column", allowed, near, "column_unknown")
            )
        elif header.count(name) > 1:
            found.append(
                Fault(Place(file, 1, 0, f"column {name}"), "column twice", "once", rule="column_twice")
            )
    faults += found
    return not found


def _typed(kind: str, text: str) -> Cell:
    """A cell's value; ValueError if it is not of its kind."""
    if kind == "string":
        return text
    if kind == "boolean":
        if text not in _TRUTH:
            raise ValueError(text)
        return _TRUTH[text]
    if "_" in text:
        raise ValueError(text)
    if kind == "integer":
        return int(text)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


Told = tuple[str, str, str]
"""What a faulty cell holds, the nearest allowed word, and the rule it breaks."""


def cell_faults(
    column: Column, texts: Sequence[str], file: str, lines: Sequence[int], faults: list[Fault]
) -> list[Cell]:
    """Type the cells of a column and add the faults found on the way.

    Parameters
    ----------
    column : Column
        What the cells should be.
    texts : (row,) str
        As in the file.
    file : str
        Named in faults.
    lines : (row,) int
        Line of each row.
    faults : list
        Gets what is wrong.

    Returns
    -------
    (row,) list
        Typed values; None for an empty cell and for a faulty one.
    """
    typed: dict[str, Cell] = {}
    untyped: dict[str, Told] = {}
    broken: dict[str, Told] = {}
    checks = _constraint_checks(column.constraints)
    for text in set(texts):  # most cells say what others of their column say: each text is looked at once
        typed[text] = None
        if text == "":
            if column.constraints.get("required"):
                untyped[text] = ("an empty cell", "", "required")
            continue
        try:
            value = typed[text] = _typed(column.kind, text)
        except ValueError:
            untyped[text] = (shown(text), "", f"type_{column.kind}")
            continue
        for rule, holds in checks:
            if not holds(value):
                near = nearest(value, column.constraints["enum"]) if rule == "enum" else ""
                broken[text] = (shown(value), near, rule)
                break
    for wrong in filter(None, (untyped, broken)):
        for text, line in zip(texts, lines, strict=True):
            if text in wrong:
                found, near, rule = wrong[text]
                place = Place(file, line, 0, f"column {column.name}")
                faults.append(Fault(place, found, column.allowed, near, rule))
    return [typed[text] for text in texts]


def breaks(column: Column, value: Cell) -> str:
    """Rule of a column that a value breaks; empty if there is none.

    Parameters
    ----------
    column : Column
    value : float, int, bool or str

    Returns
    -------
    str
    """
    return next((rule for rule, holds in _constraint_checks(column.constraints) if not holds(value)), "")


def _constraint_checks(rules: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Name and test of each constraint that looks at one value."""
    checks: list[tuple[str, Any]] = []
    if "enum" in rules:
        names = frozenset(rules["enum"])
        checks.append(("enum", lambda value: value in names))
    if "minimum" in rules:
        checks.append(("minimum", lambda value: value >= rules["minimum"]))
    if "exclusiveMinimum" in rules:
        checks.append(("minimum", lambda value: value > rules["exclusiveMinimum"]))
    if "maximum" in rules:
        checks.append(("maximum", lambda value: value <= rules["maximum"]))
    if "exclusiveMaximum" in rules:
        checks.append(("maximum", lambda value: value < rules["exclusiveMaximum"]))
    if "pattern" in rules:
        pattern = re.compile(rules["pattern"])
        checks.append(("pattern", lambda value: pattern.fullmatch(value) is not None))
    return checks


def table_faults(tables: Mapping[str, RawTable]) -> list[Fault]:
    """Faults that more than one cell shows: keys, references, sums of shares, order of columns.

    Parameters
    ----------
    tables : mapping of RawTable
        All tables that could be read.

    Returns
    -------
    list of Fault
    """
    faults: list[Fault] = []
    for table in tables.values():
        faults += key_faults(table)
        for column in table.schema.columns:
            if column.reference is not None:
                faults += _reference_faults(table, column, column.reference, tables)
        for share_sum in table.schema.share_sums:
            faults += _sum_faults(table, share_sum)
        for names in table.schema.ordered:
            faults += _order_faults(table, names)
    return faults


def key_faults(table: RawTable) -> Iterable[Fault]:
    """Rows whose key stands in an earlier row."""
    key = table.schema.key
    if not key:
        return
    first: dict[tuple[Cell, ...], int] = {}
    for index, values in enumerate(zip(*(table.columns[name] for name in key), strict=True)):
        if values in first:
            what = ", ".join(f"{name} {shown(value)}" for name, value in zip(key, values, strict=True))
            place = table.place(index, f"key {', '.join(key)}")
            yield Fault(place, f"{what}: as in line {first[values]}", "each key once", rule="key_twice")
        else:
            first[values] = table.lines[index]


def _reference_faults(
    table: RawTable, column: Column, reference: Reference, tables: Mapping[str, RawTable]
) -> Iterable[Fault]:
    """Cells that point to nothing; silent when the table they point to could not be read."""
    if any(name not in tables for name, _ in reference.targets):
        return
    known = {
        value
        for name, target in reference.targets
        for value in tables[name].columns[target]
        if value is not None
    }
    for index, value in enumerate(table.columns[column.name]):
        if value is None or value in known or (reference.wildcard and value == reference.wildcard):
            continue
        names = sorted(str(name) for name in known)
        where = " or ".join(f"{target} of table {name}" for name, target in reference.targets)
        place = table.place(index, f"column {column.name}")
        allowed = (
            f"a {where}" + (f" or {reference.wildcard}" if reference.wildcard else "") + f": {listed(names)}"
        )
        yield Fault(place, shown(value), allowed, nearest(value, names), "reference")


def _sum_faults(table: RawTable, share_sum: ShareSum) -> Iterable[Fault]:
    """Groups whose shares do not add up to one."""
    sums: dict[tuple[Cell, ...], list[float]] = {}
    last: dict[tuple[Cell, ...], int] = {}
    groups = zip(*(table.columns[name] for name in share_sum.by), strict=True)
    for index, (group, value) in enumerate(zip(groups, table.columns[share_sum.value], strict=True)):
        if value is not None:
            sums.setdefault(group, []).append(float(value))
            last[group] = index
    for group, values in sums.items():
        total = math.fsum(values)
        if abs(total - 1.0) > SHARE_TOLERANCE:
            what = ", ".join(
                f"{name} {shown(value)}" for name, value in zip(share_sum.by, group, strict=True)
            )
            place = table.place(last[group], f"column {share_sum.value}")
            yield Fault(place, f"sum {total:.9g} over {what}", "shares that add up to 1", rule="share_sum")


def _order_faults(table: RawTable, names: Sequence[str]) -> Iterable[Fault]:
    """Rows in which one of the columns is above the next."""
    for index, values in enumerate(zip(*(table.columns[name] for name in names), strict=True)):
        numbers = [value for value in values if value is not None]
        if numbers != sorted(numbers):
            found = ", ".join(f"{name} {shown(value)}" for name, value in zip(names, values, strict=True))
            place = table.place(index, f"column {names[1]}")
            yield Fault(place, found, " <= ".join(names), rule="order")
