"""The command that hands runs to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.app import Home, Inputs, Runs, app, stored
from simulator.errors import Fault, InputError, Place, listed, nearest


@app.command()
def export(
    runs: Runs,
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="csv, xlsx, parquet, iamc (for pyam) or netcdf.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="PATH", help="Folder; or the file, where there is only one.")
    ] = Path("outputs/export"),
    home: Home = Path("outputs"),
    monthly: Annotated[
        bool, typer.Option("--monthly", help="xlsx: all monthly tables too; many times as large.")
    ] = False,
    inputs: Inputs = None,
) -> None:
    """Write runs that are done as CSV, Excel, Parquet, IAMC or netCDF."""
    from simulator.export import FORMATS, write

    if to not in FORMATS:
        near = nearest(to, FORMATS)
        raise InputError([Fault(Place("--to"), to, listed(FORMATS), near, rule="format_unknown")])
    for path in write(stored(runs, home), to, out, monthly=monthly, inputs=inputs):
        typer.echo(str(path))
