"""Tables of `inputs/`: read, typed, checked, and able to say where a number comes from.

`datapackage.json` (Frictionless Table Schema) names every table, column, unit and constraint; nothing about a single
table is written here. Rows are sorted by their key, so that the order of lines in a file never matters.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from simulator.errors import Fault, InputError, Place, listed, nearest, shown
from simulator.scenario.table_rules import Cell, Column, RawTable, Schema, cell_faults, table_faults

PACKAGE_FILE = "datapackage.json"
_PROVENANCE = ("note", "source", "basis")


def shipped(kind: str) -> Path:
    """Folder of data that comes with Loopcast.

    Parameters
    ----------
    kind : str
        `inputs` or `scenarios`.

    Returns
    -------
    Path
        The repository's folder beside the package if there is one, else the copy inside an installed package.

    Raises
    ------
    InputError
        If neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    places = (package.parent / kind, package / "_shipped" / kind)
    marks = {"inputs": PACKAGE_FILE, "scenarios": "scenario.schema.json"}
    for place in places:
        if place.is_dir() and (kind not in marks or (place / marks[kind]).is_file() or place != places[0]):
            return place
    if places[0].is_dir():
        return places[0]
    raise InputError([Fault(Place(kind), "no such folder", f"{places[0]} or {places[1]}", rule="folder_missing")])


@dataclass(frozen=True)
class Table:
    """One table, typed; rows sorted by key.

    Attributes
    ----------
    name : str
        File name without `.csv`.
    file : str
        Path of the file as the user would write it.
    schema : Schema
        Its columns, units and keys.
    rows : list of dict
        Values by column: float, int, bool, str, or None where the cell is empty.
    lines : list of int
        Line of each row in the file.
    """

    name: str
    file: str
    schema: Schema
    rows: list[dict[str, Cell]]
    lines: list[int]

    def __len__(self) -> int:
        """Count of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Cell]]:
        """Rows one by one."""
        return iter(self.rows)

    def column(self, name: str) -> Any:
        """One column over all rows.

        Parameters
        ----------
        name : str
            Column.

        Returns
        -------
        list or (row,) array
            Text as a list; numbers as floats with NaN for empty; whole numbers and truth values as their own kind of
            array when no cell is empty.
        """
        values = [row[name] for row in self.rows]
        kind = self.schema.column(name).kind
        if kind == "string":
            return values
        if kind == "number" or None in values:
            return np.array([np.nan if value is None else value for value in values], dtype=float)
        return np.array(values, dtype=bool if kind == "boolean" else np.int64)

    def where(self, **equal: Cell) -> list[dict[str, Cell]]:
        """Rows whose columns have the given values."""
        return [row for row in self.rows if all(row[name] == value for name, value in equal.items())]

    def one(self, **equal: Cell) -> dict[str, Cell]:
        """The single row whose columns have the given values.

        Raises
        ------
        InputError
            If there is none, or more than one.
        """
        found = self.where(**equal)
        if len(found) != 1:
            what = ", ".join(f"{name} = {value}" for name, value in equal.items())
            raise InputError(
                [Fault(Place(self.file), f"{len(found)} rows with {what}", "exactly one row", rule="row_count")]
            )
        return found[0]

    def line(self, index: int) -> int:
        """Line of the file that holds the row with this index."""
        return self.lines[index]


@dataclass(frozen=True)
class Tables:
    """All tables of a folder.

    Attributes
    ----------
    folder : Path
        Where they came from.
    tables : dict
        By name.
    n_recalled : int
        Rows in use whose basis is `recalled`.
    n_dropped : int
        Recalled rows that were left out.
    """

    folder: Path
    tables: dict[str, Table] = field(repr=False)
    n_recalled: int = 0
    n_dropped: int = 0

    def __getitem__(self, name: str) -> Table:
        """One table.

        Raises
        ------
        InputError
            If there is none of this name.
        """
        if name not in self.tables:
            raise InputError([_unknown(Place(str(self.folder)), name, self.tables, "table")])
        return self.tables[name]

    def __iter__(self) -> Iterator[str]:
        """Names of the tables."""
        return iter(self.tables)

    def __len__(self) -> int:
        """Count of tables."""
        return len(self.tables)

    def __contains__(self, name: object) -> bool:
        """Whether there is a table of this name."""
        return name in self.tables

    @cached_property
    def hash(self) -> str:
        """SHA-256 over all values in use; the order of rows, columns and files does not matter."""
        digest = hashlib.sha256()
        for name in sorted(self.tables):
            table = self.tables[name]
            digest.update(name.encode())
            for text in sorted(repr(tuple(row.values())) for row in table.rows):
                digest.update(text.encode())
        return digest.hexdigest()

    @cached_property
    def _assumptions(self) -> dict[str, dict[str, Cell]]:
        return {str(row["name"]): row for row in self["assumptions"].rows}

    def assumption(self, name: str) -> float:
        """Value of a declared assumption.

        Parameters
        ----------
        name : str
            Its name in the table `assumptions`.

        Returns
        -------
        float
            In the unit of its row.

        Raises
        ------
        InputError
            If it is not declared.
        """
        if name not in self._assumptions:
            place = Place(self["assumptions"].file, 0, 0, "column name")
            raise InputError([_unknown(place, name, self._assumptions, "assumption")])
        return float(self._assumptions[name]["value"])  # type: ignore[arg-type]

    @property
    def attributions(self) -> list[str]:
        """Lines that every page must show."""
        return [str(row["line"]) for row in self["attributions"].rows]


def load(folder: Path | str | None = None, drop_recalled: bool = False) -> Tables:
    """Read and check a folder of tables.

    Parameters
    ----------
    folder : Path, optional
        The user's own copy; the shipped one if left out.
    drop_recalled : bool
        Leave out rows that no source at hand confirms (basis `recalled`). The whole folder is checked first.

    Returns
    -------
    Tables

    Raises
    ------
    InputError
        With every fault of every table.
    """
    tables, faults = read(folder)
    if faults:
        raise InputError(faults)
    kept: dict[str, Table] = {}
    n_recalled = 0
    for name, table in tables.tables.items():
        recalled = [is_recalled(row) for row in table.rows]
        n_recalled += sum(recalled)
        if drop_recalled and any(recalled):
            table = Table(
                name,
                table.file,
                table.schema,
                [row for row, out in zip(table.rows, recalled, strict=True) if not out],
                [line for line, out in zip(table.lines, recalled, strict=True) if not out],
            )
        kept[name] = table
    return Tables(tables.folder, kept, 0 if drop_recalled else n_recalled, n_recalled if drop_recalled else 0)


def is_recalled(row: Mapping[str, Cell]) -> bool:
    """Whether a row's number is from memory only."""
    return str(row.get("basis") or "").startswith("recalled")


def read(folder: Path | str | None = None) -> tuple[Tables, list[Fault]]:
    """Read a folder of tables and collect every fault instead of raising it.

    Parameters
    ----------
    folder : Path, optional
        The shipped one if left out.

    Returns
    -------
    Tables
        What could be read.
    list of Fault
        Empty if all is well.
    """
    where = Path(folder) if folder is not None else shipped("inputs")
    named = "inputs" if folder is None else str(where)
    package = _package(where, named)
    faults: list[Fault] = []
    raw: dict[str, RawTable] = {}
    for resource in package["resources"]:
        schema = Schema.of(resource)
        file = f"{named}/{resource['path']}"
        read_rows = _rows(where / resource["path"], file, schema, faults)
        if read_rows is None:
            continue
        columns, lines = read_rows
        typed = {
            column.name: cell_faults(column, columns[column.name], file, lines, faults) for column in schema.columns
        }
        raw[schema.name] = RawTable(schema, file, typed, lines)
    faults += table_faults(raw)
    return Tables(where, {name: _sorted(table) for name, table in raw.items()}), faults


def _package(where: Path, named: str) -> dict[str, Any]:
    """Descriptor of a folder; a user's copy without one uses the shipped descriptor."""
    if not where.is_dir():
        raise InputError([Fault(Place(named), "no such folder", "a folder with tables", rule="folder_missing")])
    path = where / PACKAGE_FILE
    if not path.is_file():
        path = shipped("inputs") / PACKAGE_FILE
    try:
        package: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        place = Place(f"{named}/{PACKAGE_FILE}", getattr(error, "lineno", 0), getattr(error, "colno", 0))
        raise InputError([Fault(place, "not JSON", "a data package descriptor", rule="package_json")]) from None
    return package


def _rows(
    path: Path, file: str, schema: Schema, faults: list[Fault]
) -> tuple[dict[str, list[str]], list[int]] | None:
    """Text of a table by column, and the line of each row; None if it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        faults.append(Fault(Place(file), "no such file", f"table {schema.name}", rule="file_missing"))
        return None
    except UnicodeDecodeError as error:
        faults.append(Fault(Place(file), f"byte {error.start} is not UTF-8", "UTF-8 text", rule="encoding"))
        return None
    reader = csv.reader(text.splitlines())
    header = next(reader, [])
    if not _header_ok(header, file, schema, faults):
        return None
    rows: list[list[str]] = []
    lines: list[int] = []
    for cells in reader:
        if not cells:
            continue
        if len(cells) != len(header):
            found = f"{len(cells)} cells"
            faults.append(Fault(Place(file, reader.line_num), found, f"{len(header)} cells", rule="cell_count"))
            continue
        rows.append(cells)
        lines.append(reader.line_num)
    by_column = zip(header, zip(*rows, strict=True) if rows else [()] * len(header), strict=True)
    return {name: list(cells) for name, cells in by_column}, lines


def _header_ok(header: Sequence[str], file: str, schema: Schema, faults: list[Fault]) -> bool:
    """Whether the header names every column of the schema once and no other."""
    names = [column.name for column in schema.columns]
    found: list[Fault] = []
    for name in names:
        if name not in header:
            found.append(Fault(Place(file, 1), f"no column {name}", listed(names, 30), rule="column_missing"))
    for name in header:
        if name not in names:
            near = nearest(name, names)
            allowed = listed(names, 30)
            found.append(Fault(Place(file, 1, 0, f"column {name}"), "unknown column", allowed, near, "column_unknown"))
        elif header.count(name) > 1:
            found.append(Fault(Place(file, 1, 0, f"column {name}"), "column twice", "once", rule="column_twice"))
    faults += found
    return not found


def _sorted(raw: RawTable) -> Table:
    """Table with its rows in the order of their key."""
    names = list(raw.columns)
    rows = [dict(zip(names, cells, strict=True)) for cells in zip(*raw.columns.values(), strict=True)]
    key = raw.schema.key or names

    def rank(index: int) -> tuple[tuple[bool, Any], ...]:
        return tuple((rows[index][name] is not None, rows[index][name] or 0) for name in key)

    order = sorted(range(len(rows)), key=rank) if _comparable(raw, key) else list(range(len(rows)))
    return Table(raw.schema.name, raw.file, raw.schema, [rows[i] for i in order], [raw.lines[i] for i in order])


def _comparable(raw: RawTable, key: Sequence[str]) -> bool:
    """Whether each key column holds one kind of value (faulty cells become None and stay comparable)."""
    return all(len({isinstance(value, str) for value in raw.columns[name] if value is not None}) < 2 for name in key)


def _unknown(place: Place, name: str, names: Mapping[str, Any], what: str) -> Fault:
    """Fault of a name that is not there."""
    known = sorted(names)
    return Fault(place, f"{what} {shown(name)}", listed(known, 60), nearest(name, known), f"{what}_unknown")


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
            faults.append(_unknown(place, column, columns, "column") if separator else _no_condition(place))
        else:
            wanted[column] = value
    if faults:
        raise InputError(faults)
    hits = [i for i, row in enumerate(table.rows) if all(_fits(row[c], text) for c, text in wanted.items())]
    if not hits:
        place = Place(f"inputs source {name}", 0, 0, " ".join(conditions))
        missed = [(c, text) for c, text in wanted.items() if not any(_fits(row[c], text) for row in table.rows)]
        options = sorted({_text(row[missed[0][0]]) for row in table.rows}) if missed else []
        allowed = f"a row that exists; {missed[0][0]}: {listed(options, 20)}" if missed else "a row that exists"
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
        if column.name not in key and column.name not in (*_PROVENANCE, "year", "unit") and row[column.name] is not None
    ]
    return Sourced(
        f"{table.file}:{table.line(index)}",
        " ".join(f"{name}={_text(row[name])}" for name in key),
        values,
        *(_text(row.get(name)) for name in ("source", "year", "basis", "note")),
    )


def _unit(column: Column, row: Mapping[str, Cell]) -> str:
    """Unit of a cell: the column's, or the row's own where the column says so."""
    if column.unit == "unit":
        return _text(row.get("unit"))
    return column.unit
