"""Tables that say which cells are drawn: `distributions` (a range of its own) and `assumption_cells`.

A row of `distributions.csv` is an entry of `ensemble.tables` written beside the tables: it becomes the same
`TableNumber` and is checked and drawn as one. A row of `assumption_cells.csv` says which cells follow a
declared number, or why none can. Both files may be missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from simulator.errors import Fault, Place, nearest, shown
from simulator.scenario.cells import Cells, Move
from simulator.scenario.check_cells import check_move, check_place, check_table_number
from simulator.scenario.distribution import Distribution
from simulator.scenario.marks import Finding, Loc, of_plain
from simulator.scenario.schema_ensemble import TableNumber
from simulator.scenario.shape import shaped_part

if TYPE_CHECKING:
    from simulator.scenario.table_schema import Cell
    from simulator.scenario.tables import Row, Table, Tables

DISTRIBUTIONS, ASSUMPTION_CELLS = "distributions", "assumption_cells"
_LISTS = ("values", "weights")
_NUMBERS = sorted(set(Distribution.model_fields) - {"distribution", "reason", "source"})
_PAIRS = "column=value; column=value, as in product=ev_battery; region=EU27"
_PARAMETERS = "name=number; name=number, as in low=0.2; high=0.4 (lists with blanks: values=1 2 3)"


def table_numbers(tables: Tables) -> list[TableNumber]:
    """Drawn cells that the tables themselves state.

    Parameters
    ----------
    tables : Tables
        Checked.

    Returns
    -------
    list of TableNumber
    """
    table = tables.tables.get(DISTRIBUTIONS, ())
    found = (_entry(row, tables)[0] for row in table)
    return [entry for entry in found if entry is not None]


def moves_of(name: str, tables: Tables) -> list[Move]:
    """Cells that follow a declared number.

    Parameters
    ----------
    name : str
        Of the number.
    tables : Tables
        Checked.

    Returns
    -------
    list of Move
        Empty where no row names any.
    """
    rows = tables[ASSUMPTION_CELLS].where(assumption=name) if ASSUMPTION_CELLS in tables else []
    return [_move(row, tables, []) for row in rows if row["table"] is not None]


def why_none(name: str, tables: Tables) -> str:
    """Why no cell follows a declared number.

    Parameters
    ----------
    name : str
    tables : Tables

    Returns
    -------
    str
        Empty where no row says it.
    """
    rows = tables[ASSUMPTION_CELLS].where(assumption=name) if ASSUMPTION_CELLS in tables else []
    return next((str(row["reason"]) for row in rows if row["table"] is None), "")


def cell_table_faults(tables: Tables, told: Iterable[Fault]) -> list[Fault]:
    """Faults of both tables that more than one cell shows.

    Parameters
    ----------
    tables : Tables
    told : iterable of Fault
        Faults of single cells; their rows are not looked at again.

    Returns
    -------
    list of Fault
    """
    faults: list[Fault] = []
    cells, before = Cells(tables), list[TableNumber]()
    declared = {str(row["name"]): row for row in tables["assumptions"]}
    lines = {(fault.place.file, fault.place.line) for fault in told}
    for name in (DISTRIBUTIONS, ASSUMPTION_CELLS):
        for index, row in enumerate(tables.tables.get(name, ())):
            table = tables[name]
            if (table.file_of(index), table.line(index)) in lines or row["table"] is None:
                continue
            if name == ASSUMPTION_CELLS:
                number = declared.get(str(row["assumption"]), {})
                if None in (number.get(key) for key in ("value", "low", "high")):
                    continue  # told of the number itself
                findings = list(_check_row(row, number, cells))
            else:
                entry, findings = _entry(row, tables)
                if entry is not None and not findings:
                    findings = list(check_table_number((), entry, before, cells))
                    before.append(entry)
            faults += _faults(table, index, findings)
    return faults


def _check_row(row: Row, declared: Row, cells: Cells) -> Iterator[Finding]:
    """Findings of a row of `assumption_cells`."""
    tables = cells.tables
    for key in ("column", "law"):
        if row[key] is None:
            yield Finding((key,), "an empty cell", f"the {key} of the cells meant", "", "cells_incomplete")
            return
    if row["law"] == "shift" and row["amount"] is None:
        yield Finding(("amount",), "an empty cell", "what a unit of the number adds", "", "cells_incomplete")
        return
    if row["law"] == "growth" and row["from_year"] is None and row["to_year"] is None:
        allowed = "the year from which, or to which (to_year), the growth counts"
        yield Finding(("from_year",), "an empty cell", allowed, "", "cells_incomplete")
        return
    findings: list[Finding] = []
    move = _move(row, tables, findings)
    yield from findings
    if not findings:
        found = list(check_place((), move.table, dict(move.where), move.column, tables))
        yield from found
        if not found:
            ends = (float(declared["low"]), float(declared["high"]))
            yield from check_move((), move, ends, str(row["assumption"]), cells)


def _faults(table: Table, index: int, findings: list[Finding]) -> Iterator[Fault]:
    """Faults of a row, each with the cell that is wrong."""
    for finding in findings:
        column = str(finding.loc[0]) if finding.loc else ""
        column = "parameters" if column in _NUMBERS else column
        place = Place(table.file_of(index), table.line(index), 0, f"column {column}" if column else "")
        yield Fault(place, finding.found, finding.allowed, finding.nearest, finding.rule)


def _entry(row: Row, tables: Tables) -> tuple[TableNumber | None, list[Finding]]:
    """Drawn cells of a row of `distributions`, as a scenario would state them."""
    findings: list[Finding] = []
    words: dict[str, Any] = {key: row[key] for key in ("table", "column", "use", "distribution", "reason")}
    words |= _parameters(row["parameters"], findings)
    words |= {"source": row["source"], "where": dict(_where(row, tables, findings))}
    stated = {key: value for key, value in words.items() if value not in (None, {})}
    entry, wrong = shaped_part(TableNumber, of_plain(stated, "")) if not findings else (None, [])
    return cast("TableNumber | None", entry), [*findings, *wrong]


def _parameters(text: Cell, findings: list[Finding]) -> dict[str, Any]:
    """Numbers of a distribution out of one cell."""
    found: dict[str, Any] = {}
    for name, said in _pairs("parameters", text, _PARAMETERS, findings):
        if name not in _NUMBERS:
            allowed = ", ".join(_NUMBERS)
            finding = Finding(("parameters",), shown(name), allowed, nearest(name, _NUMBERS), "pair_name")
            findings.append(finding)
            continue
        try:
            numbers = [float(part) for part in said.split()]
        except ValueError:
            numbers = []
        if not numbers or (len(numbers) > 1 and name not in _LISTS):
            allowed = "numbers with blanks between" if name in _LISTS else "one number"
            findings.append(Finding(("parameters",), f"{name}={said}", allowed, "", "pair_number"))
        else:
            found[name] = numbers if name in _LISTS else numbers[0]
    return found


def _where(row: Row, tables: Tables, findings: list[Finding]) -> Iterator[tuple[str, Cell]]:
    """Labels of the rows meant, typed as their columns are; unknown columns stay text."""
    table = tables.tables.get(str(row["table"]))
    kinds = {} if table is None else {column.name: column.kind for column in table.schema.columns}
    for name, said in _pairs("where", row["where"], _PAIRS, findings):
        if kinds.get(name) not in ("number", "integer"):
            yield name, said
            continue
        try:
            yield name, float(said)
        except ValueError:
            findings.append(Finding(("where",), f"{name}={said}", f"a number for {name}", "", "pair_number"))


def _pairs(column: str, text: Cell, allowed: str, findings: list[Finding]) -> Iterator[tuple[str, str]]:
    """`name=value` pairs of a cell, in their order."""
    loc: Loc = (column,)
    seen: set[str] = set()
    for part in str(text or "").split(";"):
        name, is_pair, said = (piece.strip() for piece in part.partition("="))
        if not part.strip():
            continue
        if not (name and is_pair and said):
            findings.append(Finding(loc, shown(part.strip()), allowed, "", "pair"))
        elif name in seen:
            findings.append(Finding(loc, f"{name} twice", "each name once", "", "pair_twice"))
        else:
            seen.add(name)
            yield name, said


def _move(row: Row, tables: Tables, findings: list[Finding]) -> Move:
    """Cells of a row of `assumption_cells`."""
    where = tuple(sorted(_where(row, tables, findings)))
    declared = tables.assumption(str(row["assumption"]))
    return Move(
        str(row["table"]), str(row["column"]), where, row["law"], declared, row["amount"],
        row["from_year"], row["to_year"],
    )  # fmt: skip
