"""Tables of `inputs/`: read, typed, checked, and able to say where a number comes from.

`datapackage.json` (Table Schema) names every table, column, unit and constraint; nothing about a single table
is written here. Rows are sorted by their key, so that the order of lines in a file never matters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from simulator.errors import Fault, InputError, Place, listed, nearest, shown
from simulator.scenario.overlay import laid_over, no_table, raw_table
from simulator.scenario.table_rules import RawTable, table_faults
from simulator.scenario.table_schema import PACKAGE_FILE, Cell, Schema, schemas_of
from simulator.scenario.unseen import NotSeen, Parts


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
    beside, inside = package.parent / kind, package / "_shipped" / kind
    if beside.is_dir() and (package.parent / "pyproject.toml").is_file():
        return beside
    if inside.is_dir():
        return inside
    raise InputError([Fault(Place(kind), "no such folder", f"{beside} or {inside}", rule="folder_missing")])


Row = dict[str, Any]
"""One row: float, int, bool, text, or None where the cell is empty; the schema says which."""


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
    files : list of str
        File of each row; empty where all stand in `file`.
    """

    name: str
    file: str
    schema: Schema
    rows: list[Row]
    lines: list[int]
    files: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        """Count of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
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
            Text as a list; numbers as floats with NaN for empty; whole numbers and truth values as an array
            of their own kind when no cell is empty.
        """
        import numpy as np  # whoever only checks tables does not wait for it

        values = [row[name] for row in self.rows]
        kind = self.schema.column(name).kind
        if kind == "string":
            return values
        if kind == "number" or None in values:
            return np.array([np.nan if value is None else value for value in values], dtype=float)
        return np.array(values, dtype=bool if kind == "boolean" else np.int64)

    def where(self, **equal: Cell) -> list[Row]:
        """Rows whose columns have the given values, in the order of the file."""
        names = tuple(equal)
        if names not in self._index:
            found: dict[tuple[Cell, ...], list[Row]] = {}
            for row in self.rows:
                found.setdefault(tuple(row[name] for name in names), []).append(row)
            self._index[names] = found
        return list(self._index[names].get(tuple(equal.values()), ()))

    @cached_property
    def _index(self) -> dict[tuple[str, ...], dict[tuple[Cell, ...], list[Row]]]:
        """Rows by the values of the columns that were ever asked for: worlds ask thousands of times."""
        return {}

    def one(self, **equal: Cell) -> Row:
        """The single row whose columns have the given values.

        Raises
        ------
        InputError
            If there is none, or more than one.
        """
        found = self.where(**equal)
        if len(found) != 1:
            what = ", ".join(f"{name} = {value}" for name, value in equal.items())
            text = f"{len(found)} rows with {what}"
            raise InputError([Fault(Place(self.file), text, "exactly one row", rule="row_count")])
        return found[0]

    @cached_property
    def digest(self) -> bytes:
        """Sha256 of all values, whatever the order of the rows; kept, as members share tables."""
        rows = sorted(repr(tuple(dict.values(row))) for row in self.rows)
        return hashlib.sha256("".join(rows).encode()).digest()

    def line(self, index: int) -> int:
        """Line of the file that holds the row with this index."""
        return self.lines[index]

    def file_of(self, index: int) -> str:
        """File that holds the row with this index."""
        return self.files[index] if index < len(self.files) else self.file


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
    whole : Tables or None
        All tables, where these are the part that one scenario sees (`simulator.scenario.seen`).
    parts : dict
        Such parts, kept for scenarios that see the same.
    """

    folder: Path
    tables: dict[str, Table] = field(repr=False)
    n_recalled: int = 0
    n_dropped: int = 0
    whole: Tables | None = field(default=None, repr=False)
    parts: Parts = field(default_factory=Parts, repr=False, compare=False)

    def __getitem__(self, name: str) -> Table:
        """One table.

        Raises
        ------
        InputError
            If there is none of this name.
        NotSeen
            If the scenario whose part this is does not see it.
        """
        if name not in self.tables:
            if self.whole is not None and name in self.whole:
                raise NotSeen(name)
            raise InputError([unknown_name(Place(str(self.folder)), name, self.tables, "table")])
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
            digest.update(name.encode() + b"\0" + self.tables[name].digest)
        return digest.hexdigest()

    @cached_property
    def _assumptions(self) -> dict[str, Row]:
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
            raise InputError([unknown_name(place, name, self._assumptions, "assumption")])
        return float(self._assumptions[name]["value"])

    @property
    def attributions(self) -> list[str]:
        """Lines that every page must show."""
        return [str(row["line"]) for row in self["attributions"].rows]


def load(
    folder: Path | str | None = None,
    drop_recalled: bool = False,
    overlay: Path | str | Sequence[Path | str] = (),
) -> Tables:
    """Read and check a folder of tables.

    Parameters
    ----------
    folder : Path, optional
        The user's own copy; the shipped one if left out.
    drop_recalled : bool
        Leave out rows that no source at hand confirms (basis `recalled`). The whole folder is checked first.
    overlay : Path or sequence of Path
        Folders whose rows are laid over it, in this order: the same key replaces a row, a new key adds one.

    Returns
    -------
    Tables

    Raises
    ------
    InputError
        With every fault of every table.
    """
    tables, faults = read(folder, overlay)
    if faults:
        raise InputError(faults)
    kept: dict[str, Table] = {}
    n_recalled = 0
    for name, table in tables.tables.items():
        recalled = [is_recalled(row) for row in table.rows]
        n_recalled += sum(recalled)
        if drop_recalled and any(recalled):
            left = [i for i, out in enumerate(recalled) if not out]
            table = _chosen(table, left)
        kept[name] = table
    return Tables(tables.folder, kept, 0 if drop_recalled else n_recalled, n_recalled if drop_recalled else 0)


def copy(target: Path | str, folder: Path | str | None = None) -> Path:
    """Copy a folder of tables, so that the copy can be changed; nothing is overwritten.

    Parameters
    ----------
    target : Path
        A folder that is not there yet, or is empty.
    folder : Path, optional
        What is copied: the shipped tables if left out.

    Returns
    -------
    Path
        The folder written.

    Raises
    ------
    InputError
        If the target holds anything or cannot be written, or the tables have faults.
    """
    tables, where = load(folder), Path(target)
    place = Place(f"copy {shown(str(target))}")
    try:
        where.mkdir(parents=True, exist_ok=True)
        if any(where.iterdir()):
            found = f"{shown(str(target))}, which holds files already"
            raise InputError([Fault(place, found, "a folder that is new or empty", rule="copy_exists")])
        for name in (PACKAGE_FILE, "README.md", *(tables[name].schema.path for name in tables)):
            if (tables.folder / name).is_file():
                (where / name).write_bytes((tables.folder / name).read_bytes())
    except OSError:
        found = shown(str(target))
        raise InputError([Fault(place, found, "a folder that can be written", rule="copy_folder")]) from None
    return where


def is_recalled(row: Mapping[str, Cell]) -> bool:
    """Whether a row's number is from memory only."""
    return str(row.get("basis") or "").startswith("recalled")


def read(
    folder: Path | str | None = None, overlay: Path | str | Sequence[Path | str] = ()
) -> tuple[Tables, list[Fault]]:
    """Read a folder of tables and collect every fault instead of raising it.

    Parameters
    ----------
    folder : Path, optional
        The shipped one if left out.
    overlay : Path or sequence of Path
        Folders whose rows are laid over it.

    Returns
    -------
    Tables
        What could be read.
    list of Fault
        Empty if all is well.
    """
    where = Path(folder) if folder is not None else shipped("inputs")
    named = "inputs" if folder is None else str(where)
    faults: list[Fault] = []
    raw: dict[str, RawTable] = {}
    for schema in schemas_of(where, named, shipped("inputs")):
        path, file = where / schema.path, f"{named}/{schema.path}"
        table = raw_table(path, file, schema, faults) if path.exists() else no_table(file, schema, faults)
        if table is not None:
            raw[schema.name] = table
    for over in (overlay,) if isinstance(overlay, str | Path) else overlay:
        raw = laid_over(raw, Path(over), faults)
    faults += table_faults(raw)
    tables = Tables(where, {name: _sorted(table) for name, table in raw.items()})
    if "assumptions" in tables:
        from simulator.scenario.cell_tables import cell_table_faults  # it reads tables itself

        faults += cell_table_faults(tables, faults)
    return tables, faults


def _sorted(raw: RawTable) -> Table:
    """Table with its rows in the order of their key."""
    names = list(raw.columns)
    rows = [dict(zip(names, cells, strict=True)) for cells in zip(*raw.columns.values(), strict=True)]
    key = raw.schema.key or names

    def rank(index: int) -> tuple[tuple[bool, Any], ...]:
        return tuple((rows[index][name] is not None, rows[index][name] or 0) for name in key)

    table = Table(raw.schema.name, raw.file, raw.schema, rows, raw.lines, raw.files)
    return _chosen(table, sorted(range(len(rows)), key=rank))


def _chosen(table: Table, indices: Sequence[int]) -> Table:
    """The same table with some of its rows, in a given order."""
    files = [table.files[i] for i in indices] if table.files else []
    rows, lines = [table.rows[i] for i in indices], [table.lines[i] for i in indices]
    return replace(table, rows=rows, lines=lines, files=files)


def unknown_name(place: Place, name: str, names: Mapping[str, Any], what: str) -> Fault:
    """Fault of a name that is not there."""
    known = sorted(names)
    return Fault(place, f"{what} {shown(name)}", listed(known, 60), nearest(name, known), f"{what}_unknown")
