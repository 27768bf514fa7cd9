"""Checks of cells of tables that are drawn, wherever it is said: in a scenario or in the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from simulator.errors import listed, nearest, shown
from simulator.scenario.cells import Cells, Move
from simulator.scenario.check_distributions import check_one
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.table_rules import breaks
from simulator.scenario.written import LEAST_SHARE

if TYPE_CHECKING:
    from simulator.scenario.schema_ensemble import TableNumber
    from simulator.scenario.table_schema import Cell
    from simulator.scenario.tables import Table, Tables

NOT_DRAWN = ("assumptions", "assumption_cells", "distributions")
"""Tables that hold numbers about draws."""
_ENDS = ("low", "high")


def table_name(entry: TableNumber) -> str:
    """Name of a drawn number of a table: `elasticities[lithium, supply].value`."""
    said = [value for _, value in sorted(entry.where.items())]
    labels = ", ".join(value if isinstance(value, str) else f"{value:g}" for value in said)
    return f"{entry.table}[{labels or '*'}].{entry.column}"


def move_of(entry: TableNumber) -> Move:
    """Cells of a drawn number of a table."""
    return Move(entry.table, entry.column, tuple(sorted(entry.where.items())), entry.use)


def cell_limits(table: Table, entry: TableNumber) -> tuple[float, float]:
    """Range that a draw is cut to: that of the column for a value, from 0 on for a factor.

    Parameters
    ----------
    table : Table
    entry : TableNumber

    Returns
    -------
    tuple of float
    """
    rules = table.schema.column(entry.column).constraints if entry.use == "value" else {"minimum": 0.0}
    least = rules.get("minimum", rules.get("exclusiveMinimum", float("-inf")))
    return float(least), float(rules.get("maximum", rules.get("exclusiveMaximum", float("inf"))))


def check_table_number(
    loc: Loc, entry: TableNumber, before: Sequence[TableNumber], cells: Cells
) -> Iterator[Finding]:
    """Findings of one drawn number of a table.

    Parameters
    ----------
    loc : tuple of str and int
        Way to the entry.
    entry : TableNumber
    before : sequence of TableNumber
        Entries that stand before it.
    cells : Cells

    Yields
    ------
    Finding
    """
    tables = cells.tables
    found = list(check_place(loc, entry.table, entry.where, entry.column, tables))
    yield from found
    if any(table_name(other) == table_name(entry) for other in before):
        yield Finding(loc, f"{table_name(entry)} again", "each number once", "", "drawn_twice")
    if found:
        return
    from simulator.scenario.quantiles import quantile

    limits = cell_limits(tables[entry.table], entry)
    wrong = list(_founded(loc, entry, limits))
    yield from wrong
    if not wrong:
        low, high = (quantile(entry, share, *limits) for share in (LEAST_SHARE, 1 - LEAST_SHARE))
        yield from check_move(loc, move_of(entry), (low, high), table_name(entry), cells)


def check_place(
    loc: Loc, name: str, where: Mapping[str, Cell], column: str, tables: Tables
) -> Iterator[Finding]:
    """Findings of the cells meant: whether table, rows and column are there, and hold numbers to draw.

    Parameters
    ----------
    loc : tuple of str and int
    name : str
        Of the table.
    where : mapping of str to text or number
    column : str
    tables : Tables

    Yields
    ------
    Finding
    """
    others = sorted(set(tables) - set(NOT_DRAWN))
    if name == "assumptions":
        allowed = "another table; parameters may hold a distribution of a declared number"
        yield Finding((*loc, "table"), name, allowed, "", "drawn_declared")
        return
    if name not in others:
        near = nearest(name, others)
        yield Finding((*loc, "table"), shown(name), listed(others, 60), near, "drawn_table")
        return
    table = tables[name]
    names = [each.name for each in table.schema.columns]
    unknown = [each for each in where if each not in names]
    for each in unknown:
        near = nearest(each, names)
        yield Finding((*loc, "where", each), shown(each), listed(names, 30), near, "drawn_where", at_key=True)
    numbers = [
        each.name
        for each in table.schema.columns
        if each.kind == "number" and each.name not in table.schema.key
    ]
    if column not in numbers:
        allowed = f"a column of numbers: {listed(numbers, 30)}" if numbers else "a table with numbers to draw"
        near = nearest(column, numbers)
        yield Finding((*loc, "column"), shown(column), allowed, near, "drawn_column")
    elif not unknown and not table.where(**where):
        said = ", ".join(f"{label}: {value}" for label, value in where.items())
        allowed = f"labels that stand together in a row of {table.file}"
        yield Finding((*loc, "where"), said or "no row", allowed, "", "drawn_nothing")


def check_move(loc: Loc, move: Move, ends: tuple[float, float], name: str, cells: Cells) -> Iterator[Finding]:
    """Findings of cells at the least and the largest draw; one is enough.

    Parameters
    ----------
    loc : tuple of str and int
    move : Move
    ends : tuple of float
        Least and largest draw.
    name : str
        Of the number.
    cells : Cells

    Yields
    ------
    Finding
    """
    table = cells.tables[move.table]
    column = table.schema.column(move.column)
    nought = {
        "factor": move.declared + (move.amount or 0.0),
        "rest": 1 - move.declared,
        "per_rest": 1 - ends[1],
    }
    if nought.get(move.law) == 0:
        yield Finding((*loc, "law"), move.law, "another law: this one divides by 0", "", "cells_nought")
        return
    for word, number in zip(("least", "largest"), ends, strict=True):
        told = f"with the {word} draw of {name}"
        for index in cells.rows(move):
            row = table.rows[index]
            cell = move.moved(row[move.column], number, row.get("year"))
            if breaks(column, cell):
                yield Finding(loc, f"{cell:g}, {told}", column.allowed, "", "drawn_range")
                return
            for names in _orders(table, move.column):
                cells_now = [cell if each == move.column else row[each] for each in names]
                if None not in cells_now and cells_now != sorted(cells_now):
                    found = ", ".join(f"{each} {now:g}" for each, now in zip(names, cells_now, strict=True))
                    yield Finding(loc, f"{found}, {told}", " <= ".join(names), "", "drawn_order")
                    return
        over = cells.overfull(move, number)
        if over is not None:
            group, kept, total = over
            is_alone = kept < total
            allowed = (
                f"rows that leave another share of {group} above 0 to give way"
                if is_alone
                else f"drawn shares of a group that sum to at most {total:.9g}"
            )
            found = f"shares of {group} that sum to {kept:.9g}, {told}"
            yield Finding(loc, found, allowed, "", "drawn_share")
            return


def _orders(table: Table, column: str) -> list[list[str]]:
    """Columns that may not fall within a row, one of them given; ends of a range are for readers."""
    orders = ([name for name in names if name.split("_")[0] not in _ENDS] for names in table.schema.ordered)
    return [names for names in orders if column in names and len(names) > 1]


def _founded(loc: Loc, entry: TableNumber, limits: tuple[float, float]) -> Iterator[Finding]:
    """Findings of the distribution itself."""
    yield from check_one(loc, entry, *limits, f"a {entry.use} of {entry.column}")
    for key in ("reason", "source"):
        if not getattr(entry, key).strip():
            allowed = "text: why this range" if key == "reason" else "text: where the range comes from"
            yield Finding((*loc, key), "nothing", allowed, "", "distribution_unfounded")
