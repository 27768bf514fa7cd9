"""Where a number comes from: a row of a table with unit, source, year and basis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.errors import Fault, InputError, Place, listed, nearest
from simulator.scenario.table_schema import Cell, Column
from simulator.scenario.tables import Table, Tables, unknown_name

_NOT_VALUES = ("note", "source", "basis", "year", "unit")


@dataclass(frozen=True)
class Sourced:
    """A row with the story of its numbers.

    Attributes
    ----------
    place : str
        File and line.
    key : str
        What the row is about.
    values : list of (name, value, unit)
        Its numbers and texts.
    source, year, basis, note : str
        Where they come from.
    """

    place: str
    key: str
    values: list[tuple[str, str, str]]
    source: str
    year: str
    basis: str
    note: str

    def text(self) -> list[str]:
        """Lines as printed: place and key, then one line per number and per part of its story."""
        parts = [
            (name, f"{value} {unit}".rstrip() if unit != "1" else value) for name, value, unit in self.values
        ]
        parts += [(name, getattr(self, name)) for name in ("source", "year", "basis", "note")]
        width = max(len(name) for name, _ in parts)
        return [f"{self.place}  {self.key}", *(f"  {name:<{width}}  {part}" for name, part in parts if part)]


def source_of(tables: Tables, name: str, conditions: Sequence[str]) -> list[Sourced]:
    """Rows of a table that fit `key=value` conditions, with unit, source, year and basis.

    Parameters
    ----------
    tables : Tables
        Where to look.
    name : str
        Table.
    conditions : sequence of str
        Each `column=value`; all must hold.

    Returns
    -------
    list of Sourced

    Raises
    ------
    InputError
        For an unknown table or column, or when no row fits.
    """
    table = tables[name]
    wanted: dict[str, str] = {}
    faults: list[Fault] = []
    columns = {column.name: column for column in table.schema.columns}
    for condition in conditions:
        column, separator, value = condition.partition("=")
        if not separator or column not in columns:
            place = Place(f"inputs source {name}", 0, 0, condition)
            faults.append(
                unknown_name(place, column, columns, "column") if separator else _no_condition(place)
            )
        else:
            wanted[column] = value
    if faults:
        raise InputError(faults)
    hits = [i for i, row in enumerate(table.rows) if all(_fits(row[c], text) for c, text in wanted.items())]
    if not hits:
        place = Place(f"inputs source {name}", 0, 0, " ".join(conditions))
        missed = [
            (c, text) for c, text in wanted.items() if not any(_fits(row[c], text) for row in table.rows)
        ]
        options = sorted({_text(row[missed[0][0]]) for row in table.rows}) if missed else []
        allowed = (
            f"a row that exists; {missed[0][0]}: {listed(options, 20)}" if missed else "a row that exists"
        )
        near = nearest(missed[0][1], options) if missed else ""
        raise InputError([Fault(place, "no such row", allowed, near, "row_missing")])
    return [_sourced(table, index) for index in hits]


def _no_condition(place: Place) -> Fault:
    return Fault(place, "no equals sign", "column=value", rule="condition")


def _fits(value: Cell, text: str) -> bool:
    """Whether a typed cell is what the user wrote on the command line."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return _text(value) == text
    try:
        return float(text) == float(value)
    except ValueError:
        return False


def _text(value: Cell) -> str:
    """A cell as it stands in the file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _sourced(table: Table, index: int) -> Sourced:
    """Row with the story of its numbers."""
    row = table.rows[index]
    key = table.schema.key
    values = [
        (column.name, _text(row[column.name]), _unit(column, row))
        for column in table.schema.columns
        if column.name not in key and column.name not in _NOT_VALUES and row[column.name] is not None
    ]
    return Sourced(
        f"{table.file_of(index)}:{table.line(index)}",
        " ".join(f"{name}={_text(row[name])}" for name in key),
        values,
        *(_text(row.get(name)) for name in ("source", "year", "basis", "note")),
    )


def _unit(column: Column, row: Mapping[str, Cell]) -> str:
    """Unit of a cell: the column's, or the row's own where the column says so."""
    if column.unit == "unit":
        return _text(row.get("unit"))
    return column.unit
