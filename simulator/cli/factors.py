"""Command on what an ensemble draws: the numbers, their ranges, and each member's values."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.app import Inputs, Override, Sets, app
from simulator.errors import Fault, InputError, Place, shown

if TYPE_CHECKING:
    from simulator.ensemble import Ensemble
    from simulator.scenario.factors import Undrawn

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
    """Tell which numbers an ensemble draws, and from what; which declared numbers it does not, and why."""
    from simulator.ensemble import Ensemble
    from simulator.scenario import load, tables
    from simulator.scenario.factors import undrawn

    data = tables.load(inputs)
    said = load(scenario, tables=data, sets=sets or (), override=override or ())
    ensemble = Ensemble.of(said, data, members)
    for line in _lines(ensemble):
        typer.echo(line)
    left_out = undrawn(said, data)
    for line in _reasons(left_out):
        typer.echo(line)
    typer.echo(f"{len(left_out)} declared numbers not drawn" if left_out else "all declared numbers drawn")
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


def _reasons(left_out: Iterable[Undrawn]) -> list[str]:
    """Declared numbers that are not drawn, by reason."""
    names: dict[str, list[str]] = {}
    for each in left_out:
        names.setdefault(each.reason, []).append(each.name)
    return [f"not drawn, {reason}: {', '.join(same)}" for reason, same in sorted(names.items())]


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
