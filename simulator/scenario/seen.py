"""What one scenario sees of the tables: a run is given this part and no more, and its key covers the part.

Nothing of a row is hidden but its numbers, and only where it is about a material or product that the world
does not have, directly or through what it refers to, or of another demand case. Rows of presets and kinds
that the scenario does not name are left out, and so are tables that are read when scenarios are checked or
results are shown. What is not there cannot alter a result, so no change that alters one leaves the key as it
was. A law that asks for more ends with `NotSeen`; the run is made anew with all tables, and its key covers
them all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from simulator.scenario.declared import declared
from simulator.scenario.schema_trade_events import Preset
from simulator.scenario.unseen import Unseen

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario
    from simulator.scenario.table_schema import Schema
    from simulator.scenario.tables import Row, Table, Tables

ANY = "*"
BASE_CASE = "base"
NOT_FOR_RUNS = ("attributions", "unfc_categories", "unfc_classes", "unrms")
"""Tables for readers of scenarios and results."""
OF_THE_PAST = ("history_prices", "history_shares", "history_supply", "history_trends")
"""Tables of worlds with a base year in the past."""
OF_PROJECTS = ("projects", "reserves")
WORDS = ("note", "source")
"""Columns for readers, which no law reads."""
WITH_WORDS = ("disruptions", *OF_THE_PAST)
"""Tables whose words go into scenarios and results."""
OF_ALL_TABLES = ("inputs_hash", "n_rows", "n_recalled_rows", "attributions", "tables", "assumptions")
"""Names of `facts`."""
FREE = (("uses", "product"), ("process_inputs", "process"), ("process_inputs", "input"))
"""References that hide nothing: uses by products that the world does not have are its remainder, and recipes
of all processes are read to find those of the world."""

Pairs = tuple[tuple[str, str, frozenset[str]], ...]


@dataclass(frozen=True)
class _Choice:
    """All in a scenario that decides what it sees; equal choices see the same.

    Attributes
    ----------
    materials, products : frozenset of str
        Of the world.
    case : str
        Demand case.
    named : tuple of (table, column, labels)
        Only rows with one of these labels are there.
    absent : frozenset of str
        Tables left out.
    """

    materials: frozenset[str]
    products: frozenset[str]
    case: str
    named: Pairs
    absent: frozenset[str]


def seen(tables: Tables, scenario: Scenario) -> Tables:
    """The part of the tables that a scenario sees.

    Parameters
    ----------
    tables : Tables
        Whole, with or without drawn numbers; a part is given back as it is.
    scenario : Scenario
        Checked.

    Returns
    -------
    Tables
        Its `hash` stands for all in the tables that a run of the scenario can read.
    """
    if tables.whole is not None:
        return tables
    choice = _choice(scenario)
    part = tables.parts.get(choice)
    if part is None:
        part = tables.parts[choice] = replace(tables, tables=dict(_part(tables, choice)), whole=tables)
    return part if part.whole is tables else _redrawn(tables, part, choice)


def _redrawn(tables: Tables, part: Tables, choice: _Choice) -> Tables:
    """The part of tables like those that a part is of; only what differs is made anew."""
    assert part.whole is not None
    new: dict[str, Table] = {}
    for name, old in part.whole.tables.items():
        table = tables.tables.get(name)
        if table is None or not _alike(table, old):
            return replace(tables, tables=dict(_part(tables, choice)), whole=tables)
        if name in part:
            new[name] = part[name] if table is old else _drawn_into(part[name], table, old, choice)
    return replace(part, tables=new, whole=tables)


def _alike(table: Table, old: Table) -> bool:
    """Whether two tables have the same labels, row by row: then the same rows are hidden."""
    labels = _labels(table.schema)
    return table is old or (
        len(table) == len(old)
        and all(
            a is b or all(a[column] == b[column] for column in labels)
            for a, b in zip(table.rows, old.rows, strict=True)
        )
    )


def facts(tables: Tables) -> dict[str, Any]:
    """What a result says of all tables, whatever part of them its scenario sees.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    dict of str to str or int
        Attributes of a result.
    """
    whole = tables if tables.whole is None else tables.whole
    return {
        "inputs_hash": whole.hash,
        "n_rows": sum(len(whole[name]) for name in whole),
        "n_recalled_rows": whole.n_recalled,
        "attributions": "\n".join(whole.attributions),
        **declared(whole),
    }


def _choice(scenario: Scenario) -> _Choice:
    """What a scenario names; of presets, those that are expanded anew for each draw."""
    world, projects = scenario.world, scenario.projects
    laws = (getattr(said, "preset", None) for said in scenario.policies)
    presets = [each.preset for each in scenario.as_written().disruptions if isinstance(each, Preset)]
    named: dict[tuple[str, str], Collection[str]] = {
        ("policies", "kind"): [said.kind for said in scenario.policies],
        ("policies", "preset"): [ANY, *(str(name) for name in laws if name)],
        ("programmes", "kind"): [said.kind for said in scenario.programmes],
        ("business_models", "kind"): [said.kind for said in scenario.business_models],
        ("disruptions", "preset"): presets,
    }
    absent = {*NOT_FOR_RUNS, *(table for (table, _), labels in named.items() if not labels)}
    absent |= set(OF_THE_PAST if world.year is None else ()) | set(OF_PROJECTS if projects is None else ())
    return _Choice(
        frozenset(world.materials),
        frozenset(world.products),
        scenario.demand.case,
        tuple((*key, frozenset(labels)) for key, labels in named.items() if key[0] not in absent),
        frozenset(absent),
    )


def _part(tables: Tables, choice: _Choice) -> Iterator[tuple[str, Table]]:
    """Each table of a choice."""
    inside = _inside(tables, choice)
    for name in tables:
        if name not in choice.absent:
            yield name, _shown(tables[name], inside.get(name), choice)


def _shown(table: Table, is_in: list[bool] | None, choice: _Choice) -> Table:
    """What is seen of a table."""
    labels = _labels(table.schema)
    kept = [
        index
        for index, row in enumerate(table.rows)
        if all(row[column] in names for of, column, names in choice.named if of == table.name)
    ]
    rows: list[Row] = [
        _bare(table.rows[index], table.name)
        if is_in is None or is_in[index]
        else Unseen({column: table.rows[index][column] for column in labels})
        for index in kept
    ]
    files = [table.files[index] for index in kept] if table.files else []
    return replace(table, rows=rows, lines=[table.lines[index] for index in kept], files=files)


def _drawn_into(shown: Table, table: Table, old: Table, choice: _Choice) -> Table:
    """What is seen of a table with drawn numbers, where nothing but numbers differs from the old one."""
    if any(of == table.name for of, *_ in choice.named):
        return _shown(table, None, choice)
    rows = [
        seen_row if row is was or isinstance(seen_row, Unseen) else _bare(row, table.name)
        for seen_row, row, was in zip(shown.rows, table.rows, old.rows, strict=True)
    ]
    return replace(shown, rows=rows)


def _bare(row: Row, name: str) -> Row:
    """A row without words for readers."""
    if name in WITH_WORDS:
        return row
    return {column: cell for column, cell in row.items() if column not in WORDS}


def _labels(schema: Schema) -> list[str]:
    """Columns that stay visible: keys, references and texts."""
    return [
        each.name
        for each in schema.columns
        if each.name in schema.key or each.reference or (each.kind == "string" and each.name not in WORDS)
    ]


def _inside(tables: Tables, choice: _Choice) -> dict[str, list[bool]]:
    """Whether each row's numbers are seen, for tables where some are not.

    A row is outside if it is so by itself, or refers to a label of which all rows are outside.
    """
    inside = {name: [True] * len(tables[name]) for name in tables if name not in choice.absent}
    for name, column, labels in _roots(tables, choice):
        if name in inside:
            rows = tables[name].rows
            inside[name] = [
                old and row[column] in labels for old, row in zip(inside[name], rows, strict=True)
            ]
    references = {
        name: [
            (each.name, each.reference.targets)
            for each in tables[name].schema.columns
            if each.reference and (name, each.name) not in FREE
        ]
        for name in inside
    }
    n_inside = -1
    while n_inside != (n_inside := sum(map(sum, inside.values()))):
        gone: dict[tuple[str, str], set[Any]] = {}
        for name, columns in references.items():
            for column, targets in columns:
                hidden: set[Any] = set()
                for target in targets:
                    if target not in gone:
                        gone[target] = _gone(tables, inside, *target)
                    hidden |= gone[target]
                if hidden:
                    rows = tables[name].rows
                    inside[name] = [
                        old and row[column] not in hidden for old, row in zip(inside[name], rows, strict=True)
                    ]
    return {name: flags for name, flags in inside.items() if not all(flags)}


def _roots(tables: Tables, choice: _Choice) -> Iterator[tuple[str, str, Collection[Any]]]:
    """Columns by which rows are outside by themselves, with the labels of those inside.

    Materials that the products of the world hold count for their costs, and those that anchor their sales.
    """
    products = tables["products"].rows
    materials = set(choice.materials)
    materials |= {row["anchor_material"] for row in products if row["product"] in choice.products}
    materials |= {row["material"] for row in tables["content"].rows if row["product"] in choice.products}
    others = {row["product"] for row in products} - choice.products
    yield "materials", "material", materials
    yield "products", "product", choice.products
    yield "goods", "good", {row["good"] for row in tables["goods"].rows} - others
    yield "demand", "demand_case", {BASE_CASE, choice.case}
    yield "assumptions", "used_in", {"model", "tables"}


def _gone(tables: Tables, inside: Mapping[str, list[bool]], name: str, column: str) -> set[Any]:
    """Labels of a column of which all rows are outside."""
    flags = inside.get(name)
    if flags is None or all(flags):
        return set()
    stay: set[Any] = {None}
    rows: list[Row] = tables[name].rows
    stay |= {row[column] for row, is_in in zip(rows, flags, strict=True) if is_in}
    return {row[column] for row in rows} - stay
