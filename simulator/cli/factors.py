"""Command on what an ensemble draws: the numbers, their ranges, and each member's values."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.app import Inputs, Override, Sets, app
from simulator.errors import Fault, InputError, Place, shown

if TYPE_CHECKING:
    from simulator.ensemble import Ensemble

_FIVE, _NINETY_FIVE = 0.05, 0.95


@app.command()
def factors(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Scenario file, or name of a shipped one.")
    ],
    members: Annotated[
        int | None,
        typer.Option("--members", metavar="N", help="Members, instead of those the scenario says."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the draws as CSV, a line a member.")
    ] = None,
    inputs: Inputs = None,
    sets: Sets = None,
    override: Override = None,
) -> None:
    """Tell which numbers an ensemble draws, and from what."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table

    from simulator.ensemble import Ensemble
    from simulator.scenario import load, tables

    data = tables.load(inputs)
    said = load(scenario, tables=data, sets=sets or (), override=override or ())
    ensemble = Ensemble.of(said, data, members)
    widest = max((len(name) for name in ensemble.names), default=0)
    number = Column("number", no_wrap=True, min_width=widest)
    shown_as = Table(number, "law", "central", "5 %", "95 %", "unit", "base year", box=box.SIMPLE_HEAD)
    for factor in ensemble.factors:
        numbers = (factor.central, factor.value(_FIVE), factor.value(_NINETY_FIVE))
        rebuilds = "rebuilt" if factor.rebuilds_base_year else ""
        unit = factor.unit if factor.unit != "1" else ""
        law = factor.distribution.distribution
        shown_as.add_row(factor.name, law, *(f"{value:.4g}" for value in numbers), unit, rebuilds)
    Console().print(shown_as)
    told = f"{len(ensemble.factors)} numbers, {ensemble.n_members} members, sampling {ensemble.sampling}"
    typer.echo(f"{told}, seed {ensemble.seed}")
    if out is not None:
        _write(ensemble, out)
        typer.echo(f"{out}: draws")


def _write(ensemble: Ensemble, path: Path) -> None:
    """Draws of an ensemble as CSV."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["member", *ensemble.names])
            writer.writerows([index, *row] for index, row in enumerate(ensemble.values.tolist()))
    except OSError:
        allowed = "a file that can be written"
        raise InputError([Fault(Place("--out"), shown(str(path)), allowed, rule="out_file")]) from None
