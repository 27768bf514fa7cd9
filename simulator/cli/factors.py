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
    from simulator.ensemble import Ensemble
    from simulator.scenario import load, tables

    data = tables.load(inputs)
    said = load(scenario, tables=data, sets=sets or (), override=override or ())
    ensemble = Ensemble.of(said, data, members)
    for line in _lines(ensemble):
        typer.echo(line)
    told = f"{len(ensemble.factors)} numbers, {ensemble.n_members} members, sampling {ensemble.sampling}"
    typer.echo(f"{told}, seed {ensemble.seed}")
    if out is not None:
        _write(ensemble, out)
        typer.echo(f"{out}: draws")


def _lines(ensemble: Ensemble) -> list[str]:
    """Table of the numbers, in columns as wide as they need to be."""
    rows = [["number", "law", "central", "5 %", "95 %", "unit", ""]]
    for factor in ensemble.factors:
        numbers = (factor.central, factor.value(_FIVE), factor.value(_NINETY_FIVE))
        unit = factor.unit if factor.unit != "1" else ""
        rebuilds = "rebuilds the base year" if factor.rebuilds_base_year else ""
        law = factor.distribution.distribution
        rows.append([factor.name, law, *(f"{number:.4g}" for number in numbers), unit, rebuilds])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


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
