"""Commands on scenario files: check, new, diff, schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.app import Inputs, Override, Sets, app
from simulator.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from simulator.scenario.compare import Difference


@app.command()
def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Scenario files, or names of shipped ones.")
    ],
    resolved: Annotated[
        bool, typer.Option("--resolved", help="Print all that the run is told, as YAML.")
    ] = False,
    inputs: Inputs = None,
    sets: Sets = None,
    override: Override = None,
) -> None:
    """Tell all that is wrong with scenarios, at once; nothing is run."""
    from simulator.scenario import find, load
    from simulator.scenario.marks import shown_file
    from simulator.scenario.read import block_yaml

    faults: list[Fault] = []
    for file in files:
        try:
            scenario = load(file, inputs=inputs, sets=sets or (), override=override or ())
        except InputError as error:
            faults += error.faults
            continue
        if resolved:
            typer.echo(block_yaml(scenario.resolved()), nl=False)
        else:
            typer.echo(f"{shown_file(find(file))}: no fault")
    if faults:
        raise InputError(faults)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the scenario; the file is NAME.yaml.")],
    parent: Annotated[
        str, typer.Option("--from", metavar="SCENARIO", help="Scenario to start from.")
    ] = "reference",
    inputs: Inputs = None,
) -> None:
    """Write a commented scenario to start from; nothing is overwritten."""
    from simulator.scenario import load
    from simulator.scenario.starter import write_starter

    load(parent, inputs=inputs)
    path = write_starter(name, parent)
    typer.echo(f"{path}: written; `loopcast check {path}` tells all that is wrong with it")


@app.command()
def diff(
    left: Annotated[str, typer.Argument(metavar="A", help="Scenario file or name.")],
    right: Annotated[str, typer.Argument(metavar="B", help="Scenario file or name.")],
    inputs: Inputs = None,
    inputs_b: Annotated[
        Path | None,
        typer.Option("--inputs-b", metavar="DIR", help="Folder of tables of B; --inputs if left out."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Tell what differs between two scenarios once all is resolved, tables included."""
    import json

    from simulator.scenario import load
    from simulator.scenario.compare import differences, table_differences
    from simulator.scenario.tables import load as load_tables

    tables = load_tables(inputs)
    tables_b = load_tables(inputs_b) if inputs_b is not None else tables
    found = differences(load(left, tables=tables), load(right, tables=tables_b))
    found += table_differences(tables, tables_b)
    if as_json:
        rows = [{"key": row.key, "left": row.left, "right": row.right} for row in found]
        typer.echo(
            json.dumps({"left": left, "right": right, "inputs": tables.hash, "differences": rows}, indent=2)
        )
    elif found:
        _print_differences(left, right, found)
        if inputs_b is None:
            typer.echo(f"inputs: the same, {tables.hash[:12]}")
    else:
        typer.echo(f"no difference; inputs {tables.hash[:12]}")


def _print_differences(left: str, right: str, found: list[Difference]) -> None:
    """Table of differences, as wide as the terminal."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table
    from rich.text import Text

    table = Table(Column("key", overflow="fold"), escape(left), escape(right), box=box.SIMPLE_HEAD)
    for row in found:
        table.add_row(Text(row.key), Text(row.left or "-"), Text(row.right or "-"))
    Console().print(table)


@app.command()
def schema(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to a file, not the screen.")
    ] = None,
    world: Annotated[
        bool, typer.Option("--world", help="Schema of world files instead of scenarios.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The page docs/scenarios.md instead.")] = False,
) -> None:
    """Write the JSON Schema of scenario files, for editors."""
    from simulator.scenario.document import scenario_page
    from simulator.scenario.json_schema import schema_text

    text = scenario_page() if markdown else schema_text("world" if world else "scenario")
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError:
        raise InputError(
            [Fault(Place("--out"), str(out), "a file that can be written", rule="out")]
        ) from None
    typer.echo(f"{out}: written")
