"""Rows laid over the tables of a folder: a few CSV files whose rows replace or add to those of `inputs/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import Fault, InputError, Place, listed, nearest
from simulator.scenario.table_rules import RawTable, cell_faults, key_faults, read_rows

if TYPE_CHECKING:
    from simulator.scenario.table_schema import Cell, Schema


def raw_table(path: Path, file: str, schema: Schema, faults: list[Fault]) -> RawTable | None:
    """A table as its file has it, typed; None if it cannot be read.

    Parameters
    ----------
    path : Path
    file : str
        Path as faults name it.
    schema : Schema
    faults : list
        Gets what is wrong with header and cells.
    """
    texts = read_rows(path, file, schema, faults)
    if texts is None:
        return None
    columns, lines = texts
    typed = {c.name: cell_faults(c, columns[c.name], file, lines, faults) for c in schema.columns}
    return RawTable(schema, file, typed, lines)


def no_table(file: str, schema: Schema, faults: list[Fault]) -> RawTable | None:
    """What stands for a table that has no file: no rows where it is optional, else a fault.

    Parameters
    ----------
    file : str
    schema : Schema
    faults : list

    Returns
    -------
    RawTable or None
    """
    if schema.is_optional:
        return RawTable(schema, file, {column.name: [] for column in schema.columns}, [])
    faults.append(Fault(Place(file), "no such file", f"table {schema.name}", rule="file_missing"))
    return None


def laid_over(raw: Mapping[str, RawTable], folder: Path, faults: list[Fault]) -> dict[str, RawTable]:
    """Tables with the rows of a folder's files laid over them.

    A row whose key stands in the table already takes the place of that row; any other is added. Tables
    without a key get all rows of the file added. What is no `.csv` file is not looked at.

    Parameters
    ----------
    raw : mapping of RawTable
        By name.
    folder : Path
        Holds files named as those of `inputs/`, with the same columns.
    faults : list
        Gets what is wrong with the files.

    Returns
    -------
    dict of RawTable

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if not folder.is_dir():
        allowed = "a folder with tables that replace or add rows"
        raise InputError([Fault(Place(str(folder)), "no such folder", allowed, rule="folder_missing")])
    out = dict(raw)
    names = {table.schema.path: name for name, table in raw.items()}
    for path in sorted(folder.glob("*.csv")):
        file = str(path)
        if path.name not in names:
            allowed = f"a file of inputs/: {listed(sorted(names), 60)}"
            near = nearest(path.name, list(names))
            faults.append(Fault(Place(file), "a table that nothing reads", allowed, near, "overlay_unknown"))
            continue
        under = raw[names[path.name]]
        over = raw_table(path, file, under.schema, faults)
        if over is not None:
            faults += key_faults(over)
            out[names[path.name]] = _merged(under, over)
    return out


def _merged(under: RawTable, over: RawTable) -> RawTable:
    """One table on top of another."""
    new = set(_keys(over)) if under.schema.key else set()
    kept = [i for i, key in enumerate(_keys(under)) if key not in new] if new else range(len(under.lines))
    columns = {
        name: [*(values[i] for i in kept), *over.columns[name]] for name, values in under.columns.items()
    }
    files = [*(under.file_of(i) for i in kept), *(over.file for _ in over.lines)]
    lines = [*(under.lines[i] for i in kept), *over.lines]
    return replace(under, columns=columns, lines=lines, files=files)


def _keys(table: RawTable) -> list[tuple[Cell, ...]]:
    """Key of each row."""
    return list(zip(*(table.columns[name] for name in table.schema.key), strict=True))
