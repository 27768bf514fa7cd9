"""Cells of tables that move with a drawn number: by which law, and what gives way where shares have a sum.

Where the shares of a group sum to one (`shareSums` of the descriptor), drawn shares keep what was drawn and
the others of the group share what is left in their old proportions, as the parts of a composition do when
some of them are fixed. Drawn shares that leave nothing are closed: divided by their sum, the others nought.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from simulator.scenario.table_schema import Cell, ShareSum

if TYPE_CHECKING:
    from simulator.scenario.tables import Row, Table, Tables

Law = Literal["value", "factor", "rest", "per_rest", "growth", "shift"]


@dataclass(frozen=True)
class Move:
    """Cells of one column, and how they follow a number.

    Attributes
    ----------
    table, column : str
    where : tuple of (column, cell)
        Rows meant: those that fit all.
    law : str
        With n the number and d its declared value: `value` n; `factor` times n / d, or (amount + n) /
        (amount + d); `rest` times (1 - n) / (1 - d); `per_rest` times (1 - d) / (1 - n); `growth` times
        ((1 + n) / (1 + d)) to the years since `from_year` (or before `to_year`), or the same of `amount`;
        `shift` plus `amount` times (n - d).
    declared : float
        Number that the cells as they stand are for.
    amount : float or None
    from_year, to_year : int or None
        Only rows of these years.
    """

    table: str
    column: str
    where: tuple[tuple[str, Cell], ...]
    law: Law
    declared: float = 1.0
    amount: float | None = None
    from_year: int | None = None
    to_year: int | None = None

    def moved(self, old: float, number: float, year: Cell = None) -> float:
        """Cell for a number; the cell as it stands where the number is the declared one.

        Parameters
        ----------
        old : float
        number : float
        year : int, optional
            Of the row; needed for `growth`.

        Returns
        -------
        float
        """
        declared = self.declared
        if self.law == "value":
            return number
        if number == declared:
            return old
        if self.law == "factor":
            beside = self.amount or 0.0
            return old * ((beside + number) / (beside + declared))
        if self.law == "rest":
            return old * ((1 - number) / (1 - declared))
        if self.law == "per_rest":
            return old * ((1 - declared) / (1 - number))
        if self.law == "shift":
            return old + (self.amount or 0.0) * (number - declared)
        since = self.from_year if self.from_year is not None else self.to_year
        n_years = int(year or 0) - int(since or 0)
        if self.amount is None:
            return old * ((1 + number) / (1 + declared)) ** n_years
        return old + self.amount * ((1 + number) ** n_years - (1 + declared) ** n_years)


@dataclass(frozen=True, eq=False)
class Cells:
    """Tables whose cells move.

    Attributes
    ----------
    tables : Tables
        As they stand.
    """

    tables: Tables
    _rows: dict[Move, tuple[int, ...]] = field(default_factory=dict, repr=False)
    _index: dict[tuple[str, ...], dict[tuple[Cell, ...], list[int]]] = field(default_factory=dict, repr=False)
    _groups: dict[tuple[str, ShareSum], list[tuple[int, ...]]] = field(default_factory=dict, repr=False)

    def rows(self, move: Move) -> tuple[int, ...]:
        """Rows meant that have a number in the column.

        Parameters
        ----------
        move : Move

        Returns
        -------
        tuple of int
        """
        if move not in self._rows:
            columns, labels = [column for column, _ in move.where], tuple(label for _, label in move.where)
            fitting, rows = self._by(move.table, columns).get(labels, ()), self.tables[move.table].rows
            self._rows[move] = tuple(index for index in fitting if _meant(rows[index], move))
        return self._rows[move]

    def with_drawn(self, chosen: Iterable[tuple[Move, float]]) -> Tables:
        """Tables in which cells have followed their numbers; the same object where none has moved.

        Parameters
        ----------
        chosen : iterable of (Move, float)
            In this order, where several move one cell.

        Returns
        -------
        Tables
        """
        drawn: dict[str, dict[str, dict[int, float]]] = {}
        for move, number in chosen:
            rows = self.tables[move.table].rows
            column = drawn.setdefault(move.table, {}).setdefault(move.column, {})
            for index in self.rows(move):
                row = rows[index]
                old = column[index] if index in column else row[move.column]
                column[index] = move.moved(old, number, row.get("year"))
        found = {name: self._with_columns(name, columns) for name, columns in drawn.items()}
        if all(table is self.tables[name] for name, table in found.items()):
            return self.tables
        return replace(self.tables, tables={**self.tables.tables, **found})

    def overfull(self, move: Move, number: float) -> tuple[str, float, float] | None:
        """First group of shares in which a number alone has no room.

        Parameters
        ----------
        move : Move
        number : float

        Returns
        -------
        tuple of str, float and float, or None
            The group; the sum of its drawn shares; what that must be at most, or exactly where no other
            share is above 0.
        """
        table = self.tables[move.table]
        for sums in table.schema.share_sums:
            if sums.value != move.column:
                continue
            mine, groups = set(self.rows(move)), self._group(move.table, sums)
            for group in dict.fromkeys(groups[index] for index in self.rows(move)):
                drawn = (table.rows[i] for i in group if i in mine)
                kept = math.fsum(move.moved(row[sums.value], number, row.get("year")) for row in drawn)
                rest = math.fsum(table.rows[i][sums.value] for i in group if i not in mine)
                total = math.fsum(table.rows[i][sums.value] for i in group)
                if kept > total + _ROUNDING or (rest == 0 and kept < total - _ROUNDING):
                    return ", ".join(str(table.rows[group[0]][name]) for name in sums.by), kept, total
        return None

    def _with_columns(self, name: str, columns: Mapping[str, dict[int, float]]) -> Table:
        """One table with its drawn columns."""
        table = self.tables[name]
        new: dict[int, Row] = {}
        for column, drawn in columns.items():
            for sums in table.schema.share_sums:
                if sums.value == column:
                    drawn = self._shared(name, sums, drawn)
            for index, number in drawn.items():
                if number != table.rows[index][column]:
                    new.setdefault(index, dict(table.rows[index]))[column] = number
        if not new:
            return table
        rows = list(table.rows)
        for index, row in new.items():
            rows[index] = row
        return replace(table, rows=rows)

    def _shared(self, name: str, sums: ShareSum, drawn: Mapping[int, float]) -> dict[int, float]:
        """Drawn shares and all others of their groups."""
        rows, groups = self.tables[name].rows, self._group(name, sums)
        out: dict[int, float] = {}
        for group in dict.fromkeys(groups[index] for index in drawn):
            old = [rows[index][sums.value] for index in group]
            out |= zip(group, shared(old, [drawn.get(index) for index in group]), strict=True)
        return out

    def _by(self, name: str, columns: Sequence[str]) -> dict[tuple[Cell, ...], list[int]]:
        """Rows of a table by what stands in some columns."""
        key = (name, *columns)
        if key not in self._index:
            found: dict[tuple[Cell, ...], list[int]] = {}
            for index, row in enumerate(self.tables[name].rows):
                found.setdefault(tuple(row[column] for column in columns), []).append(index)
            self._index[key] = found
        return self._index[key]

    def _group(self, name: str, sums: ShareSum) -> list[tuple[int, ...]]:
        """Group of each row of a table: the rows with whose shares its own has a sum."""
        if (name, sums) not in self._groups:
            rows = self.tables[name].rows
            groups: list[tuple[int, ...]] = [()] * len(rows)
            for members in self._by(name, sums.by).values():
                group = tuple(index for index in members if rows[index][sums.value] is not None)
                for index in group:
                    groups[index] = group
            self._groups[name, sums] = groups
        return self._groups[name, sums]


_ROUNDING = 1e-9


def shared(old: Sequence[float], drawn: Sequence[float | None]) -> list[float]:
    """Shares of one group of which some were drawn: their sum stays what it was.

    Parameters
    ----------
    old : (share,) float [1]
        As the table has them.
    drawn : (share,) float or None [1]
        None for those that were not drawn.

    Returns
    -------
    (share,) list of float [1]
        The old ones, bit for bit, where each draw is the old share.

    Source
    ------
    Closure of a composition, and subcompositions whose ratios stay: J. Aitchison, The Statistical Analysis of
    Compositional Data, 1986, chapter 2.
    """
    if all(new is None or new == was for was, new in zip(old, drawn, strict=True)):
        return list(old)
    total = math.fsum(old)
    kept = math.fsum(new for new in drawn if new is not None)
    rest = math.fsum(was for was, new in zip(old, drawn, strict=True) if new is None)
    if kept > total or rest == 0:
        if kept == 0:
            return list(old)
        return [0.0 if new is None else new * (total / kept) for new in drawn]
    scale = (total - kept) / rest
    return [was * scale if new is None else new for was, new in zip(old, drawn, strict=True)]


def _meant(row: Row, move: Move) -> bool:
    """Whether a row that fits has a number in the column and is of the years meant."""
    if row[move.column] is None:
        return False
    year = row.get("year")
    after = move.from_year is None or (year is not None and year >= move.from_year)
    return after and (move.to_year is None or (year is not None and year <= move.to_year))
