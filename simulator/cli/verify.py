"""The command that makes runs again and compares bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.app import Home, Inputs, Runs, app
from simulator.errors import ExitCode


@app.command()
def verify(
    runs: Runs,
    home: Home = Path("outputs"),
    inputs: Inputs = None,
    members: Annotated[
        int | None, typer.Option("--members", min=1, help="Of a batch, only the first of each scenario.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=512, help="Processes for members of a batch.")
    ] = None,
) -> None:
    """Make runs, or members of a batch, again from their own folders and compare every byte."""
    from simulator.batch.verify import runs_in, verify

    folders = [folder for name in runs for folder in runs_in(name, home)]
    is_same = True
    for folder in folders:
        found = verify(folder, inputs=inputs, members=members, workers=workers)
        if not found.differing:
            typer.echo(f"{folder}: {found.n_files} files, made again with the same bytes")
            continue
        is_same = False
        typer.echo(f"{folder}: {len(found.differing)} of {found.n_files} files differ", err=True)
        for text in found.differing:
            typer.echo(f"  {text}", err=True)
    if not is_same:
        raise typer.Exit(int(ExitCode.LAW))
