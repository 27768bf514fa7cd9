"""Commands on the tables of inputs/: list them, ask for a source, check them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.app import Inputs, app

if TYPE_CHECKING:
    pass


inputs_app = typer.Typer(help="Tables of inputs/: list them, ask for a source, check them.")
app.add_typer(inputs_app, name="inputs")


@inputs_app.callback(invoke_without_command=True)
def _inputs(context: typer.Context, inputs: Inputs = None) -> None:
    """Tables of inputs/: list them, ask for a source, check them."""
    if context.invoked_subcommand is None:
        inputs_list(inputs)
    elif inputs is not None:
        context.default_map = {context.invoked_subcommand: {"inputs": inputs}}


@inputs_app.command("list")
def inputs_list(inputs: Inputs = None) -> None:
    """List the tables: rows, rows that are from memory only, what they hold."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from simulator.scenario.tables import is_recalled, load

    tables = load(inputs)
    shown = Table("table", "rows", "recalled", "what it holds", box=box.SIMPLE_HEAD)
    for name in tables:
        rows = tables[name].rows
        recalled = sum(map(is_recalled, rows))
        shown.add_row(name, str(len(rows)), str(recalled or ""), Text(tables[name].schema.text))
    Console().print(shown)
    n_rows = sum(len(tables[name]) for name in tables)
    typer.echo(f"{n_rows} rows, {tables.n_recalled} of them recalled; hash {tables.hash[:12]}")


@inputs_app.command("source")
def inputs_source(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Name of a table, such as supply.")],
    conditions: Annotated[
        list[str] | None,
        typer.Argument(metavar="COLUMN=VALUE…", help="Which rows, such as material=cobalt iso3=COD."),
    ] = None,
    inputs: Inputs = None,
) -> None:
    """Print numbers with their unit, source, year and basis."""
    from simulator.scenario.provenance import source_of
    from simulator.scenario.tables import load

    for found in source_of(load(inputs), table, conditions or []):
        typer.echo("\n".join(found.text()))


@inputs_app.command("check")
def inputs_check(inputs: Inputs = None) -> None:
    """Tell all that is wrong with the tables, at once."""
    from simulator.scenario.tables import load

    tables = load(inputs)
    typer.echo(f"{len(tables)} tables, {sum(len(tables[name]) for name in tables)} rows: no fault")


@inputs_app.command("copy")
def inputs_copy(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write: new, or empty.")],
    inputs: Inputs = None,
) -> None:
    """Copy the tables to a folder of your own, to change them there; nothing is overwritten."""
    from simulator.scenario.tables import copy

    typer.echo(f"{copy(target, inputs)}: written; `loopcast inputs check --inputs {target}` checks it")


@inputs_app.command("balance")
def inputs_balance(
    scenario: Annotated[str, typer.Argument(help="Scenario whose world is balanced.")] = "reference",
    inputs: Inputs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Numbers as JSON.")] = False,
) -> None:
    """How each material's base year closes: supply, demand by use, closure terms, calibration factors."""
    import json

    from simulator.build.balance import balance, strained, totals
    from simulator.build.plan import Plan
    from simulator.scenario import load
    from simulator.scenario.past import closures
    from simulator.scenario.tables import load as load_tables

    tables = load_tables(inputs)
    made = Plan(load(scenario, inputs=inputs), tables)
    lines = balance(made)
    if as_json:
        typer.echo(json.dumps([line._asdict() for line in lines], indent=2))
        return
    for material in made.closure.materials:
        typer.echo(f"{material}, base year {made.closure.base_year}")
        group = ""
        for line in (x for x in lines if x.material == material):
            head = line.group if line.group != group else ""
            group = line.group
            value = f"{line.value:,.0f} t" if line.unit == "t" else f"{line.value:.3f}"
            typer.echo(f"  {head:<15} {line.item:<44} {value:>16}")
        supply, demand = totals(lines, material)
        typer.echo(
            f"  {'closes':<15} {'refined supply less refined demand':<44} {abs(supply - demand):>14,.3f} t\n"
        )
    for text in closures(tables, made.scenario.world):
        typer.echo(text)
    for line in strained(made, lines):
        typer.echo(f"warning: {line.material}, {line.item}: factor {line.value:.3f}", err=True)
