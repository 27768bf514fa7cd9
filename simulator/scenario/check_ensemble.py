"""Cross checks of an ensemble: which numbers go together, which numbers of tables are drawn."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import listed, nearest, shown
from simulator.scenario.check_distributions import check_one
from simulator.scenario.factors import cell_limits, factors_of, fits, table_name, with_cell
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.schema import Scenario
from simulator.scenario.schema_ensemble import Correlation, TableNumber
from simulator.scenario.table_rules import breaks
from simulator.scenario.table_schema import Column
from simulator.scenario.tables import Table, Tables
from simulator.scenario.written import LEAST_SHARE

_LEAST_EIGENVALUE = 1e-9


def check_ensemble(scenario: Scenario, tables: Tables) -> Iterator[Finding]:
    """All findings of the block `ensemble`.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables

    Yields
    ------
    Finding
    """
    rules = scenario.ensemble
    if rules is None:
        return
    found: list[Finding] = []
    for index, entry in enumerate(rules.tables):
        found += _table(("ensemble", "tables", index), entry, rules.tables[:index], tables)
    yield from found
    if rules.correlations and not found and "assumptions" in tables:
        yield from _correlations(rules.correlations, scenario, tables)


def _table(
    loc: Loc, entry: TableNumber, before: tuple[TableNumber, ...], tables: Tables
) -> Iterator[Finding]:
    """Findings of one drawn number of a table."""
    if entry.table not in tables:
        near = nearest(entry.table, list(tables))
        yield Finding((*loc, "table"), shown(entry.table), listed(sorted(tables), 60), near, "drawn_table")
        return
    table = tables[entry.table]
    if entry.table == "assumptions":
        allowed = "another table; parameters may hold a distribution of a declared number"
        yield Finding((*loc, "table"), entry.table, allowed, "", "drawn_declared")
        return
    names = [column.name for column in table.schema.columns]
    for name in entry.where:
        if name not in names:
            near = nearest(name, names)
            yield Finding(
                (*loc, "where", name), shown(name), listed(names, 30), near, "drawn_where", at_key=True
            )
    yield from _column(loc, entry, table)
    if any(table_name(other) == table_name(entry) for other in before):
        yield Finding(loc, f"{table_name(entry)} again", "each number once", "", "drawn_twice")


def _column(loc: Loc, entry: TableNumber, table: Table) -> Iterator[Finding]:
    """Findings of the column: whether it holds numbers to draw, whether all draws may stand in it."""
    summed = {sums.value for sums in table.schema.share_sums}
    numbers = [
        column.name
        for column in table.schema.columns
        if column.kind == "number" and column.name not in {*summed, *table.schema.key}
    ]
    here: Loc = (*loc, "column")
    if entry.column in summed:
        allowed = "a column whose rows need not sum to 1"
        yield Finding(here, shown(entry.column), allowed, "", "drawn_share")
    elif entry.column not in numbers:
        allowed = f"a column of numbers: {listed(numbers, 30)}" if numbers else "a table with numbers to draw"
        yield Finding(here, shown(entry.column), allowed, nearest(entry.column, numbers), "drawn_column")
    elif not any(fits(row, entry) for row in table):
        said = ", ".join(f"{column}: {value}" for column, value in entry.where.items())
        allowed = f"labels that stand together in a row of {table.file}"
        yield Finding((*loc, "where"), said or "no row", allowed, "", "drawn_nothing")
    else:
        wrong = list(_founded(loc, entry, cell_limits(table, entry)))
        yield from wrong or _cells(loc, entry, table, table.schema.column(entry.column))


def _founded(loc: Loc, entry: TableNumber, limits: tuple[float, float]) -> Iterator[Finding]:
    """Findings of the distribution itself."""
    yield from check_one(loc, entry, *limits, f"a {entry.use} of {entry.column}")
    for key in ("reason", "source"):
        if not getattr(entry, key).strip():
            allowed = "text: why this range" if key == "reason" else "text: where the range comes from"
            yield Finding((*loc, key), "nothing", allowed, "", "distribution_unfounded")


def _cells(loc: Loc, entry: TableNumber, table: Table, column: Column) -> Iterator[Finding]:
    """Findings of cells at the least and the largest draw; one is enough."""
    from simulator.scenario.quantiles import quantile

    for share, name in ((LEAST_SHARE, "least"), (1 - LEAST_SHARE, "largest")):
        value = quantile(entry, share, *cell_limits(table, entry))
        for row in table:
            cell = with_cell(row, entry, value)[entry.column] if fits(row, entry) else None
            if cell is not None and breaks(column, cell):
                found = f"{cell:g}, with the {name} draw of {table_name(entry)}"
                yield Finding(loc, found, column.allowed, "", "drawn_range")
                return


def _correlations(pairs: tuple[Correlation, ...], scenario: Scenario, tables: Tables) -> Iterator[Finding]:
    """Findings of the numbers that are drawn together."""
    names = [factor.name for factor in factors_of(scenario, tables)]
    found: list[Finding] = []
    seen: set[frozenset[str]] = set()
    for index, pair in enumerate(pairs):
        loc: Loc = ("ensemble", "correlations", index, "between")
        for position, name in enumerate(pair.between):
            if name not in names:
                allowed = f"a number that is drawn: {listed(names, 8)}" if names else "a number that is drawn"
                near = nearest(name, names)
                found.append(Finding((*loc, position), shown(name), allowed, near, "correlation_unknown"))
        both = frozenset(pair.between)
        if len(both) == 1:
            found.append(Finding(loc, f"{pair.between[0]} twice", "two numbers", "", "correlation_self"))
        elif both in seen:
            told = " and ".join(pair.between)
            found.append(Finding(loc, f"{told} again", "each pair once", "", "correlation_twice"))
        seen.add(both)
    yield from found
    if not found:
        yield from _matrix(pairs)


def _matrix(pairs: tuple[Correlation, ...]) -> Iterator[Finding]:
    """A finding where correlations contradict each other."""
    import numpy as np

    from simulator.scenario.quantiles import pearson

    together = sorted({name for pair in pairs for name in pair.between})
    least = float(np.linalg.eigvalsh(pearson(together, pairs))[0])
    if least < _LEAST_EIGENVALUE:
        allowed = "correlations that can hold together (a positive definite matrix): bring some nearer to 0"
        found = f"least eigenvalue {least:.3g} over {listed(together, 8)}"
        yield Finding(("ensemble", "correlations"), found, allowed, "", "correlation_matrix")
