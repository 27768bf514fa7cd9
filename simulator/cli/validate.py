"""The command that holds the simulator against episodes of the past."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.app import Inputs, app
from simulator.cli.bars import bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.validation import Outcome


@app.command()
def validate(
    cases: Annotated[
        list[str] | None, typer.Argument(metavar="[CASE…]", help="Names of cases; all if none is given.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--cases", metavar="DIR", help="Folder of cases instead of the shipped.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with charts.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write the results of the runs too.")
    ] = None,
    inputs: Inputs = None,
    show_parameters: Annotated[
        bool, typer.Option("--parameters", help="Print every behavioural number used.")
    ] = False,
) -> None:
    """Hold the simulator against what happened: simulated and observed, error, score, hit or miss."""
    from simulator.validation import read_cases, run_cases

    chosen = read_cases(cases or (), folder, inputs)
    with bars([case.name for case in chosen]) as progress:
        outcomes = run_cases(chosen, out=out, progress=progress)
    _print_outcomes(outcomes, show_parameters)
    if html is not None:
        from simulator.report.validation import write_validation_page

        typer.echo(f"{write_validation_page(outcomes, html)}: written")


def _print_outcomes(outcomes: Sequence[Outcome], with_parameters: bool) -> None:
    """Every point, then the scores, the formula and the numbers of behaviour."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from simulator.report.validation import error_text, observed_text, simulated_text, verdict
    from simulator.validation import group_scores, overall
    from simulator.validation.scores import Scale

    console = Console()
    heads = (("when", 12), ("observed", 24), ("simulated", 10), ("error", 8), ("verdict", 11), ("score", 5))
    for outcome in outcomes:
        console.print(Text(f"\n{outcome.case.name}: {outcome.case.file.title}", style="bold"))
        for number, each in enumerate(outcome.compared):
            console.print(Text(f"{each.comparison.group}: {each.comparison.title}"))
            columns = [Column(head, width=width, justify="right" if width > 12 or width < 11 else "left")
                       for head, width in heads]  # fmt: skip
            table = Table(*columns, box=None, show_header=number == 0, padding=(0, 0, 0, 1))
            for point in each.points:
                texts = (observed_text(point), simulated_text(point, each), error_text(point, each))
                cells = (Text(text) for text in (f" {point.period}", *texts))
                style = "green" if point.judged.is_hit else "red"
                table.add_row(*cells, Text(verdict(point), style=style), f"{point.judged.score:.2f}")
            console.print(table)
    scores = Table("scores", Column("", justify="right"), "hits", box=box.SIMPLE_HEAD)
    for outcome in outcomes:
        hits = sum(point.judged.is_hit for point in outcome.points)
        scores.add_row(outcome.case.name, f"{outcome.score:.2f}", f"{hits} of {len(outcome.points)}")
    for name, score in group_scores(outcomes).items():
        scores.add_row(f"variable: {name}", f"{score:.2f}", "")
    points = [point for outcome in outcomes for point in outcome.points]
    n_hits = sum(point.judged.is_hit for point in points)
    scores.add_row(Text("all", style="bold"), f"{overall(outcomes):.2f}", f"{n_hits} of {len(points)}")
    console.print(scores)
    console.print(Text(Scale.of(outcomes[0].case.tables).text))
    hashes = {outcome.parameter_hash: outcome.parameters for outcome in outcomes}
    for digest, values in hashes.items():
        of = ", ".join(outcome.case.name for outcome in outcomes if outcome.parameter_hash == digest)
        console.print(Text(f"behavioural numbers: {len(values)}, sha256 {digest[:16]}, of {of}"))
        if with_parameters:
            console.print(Text(", ".join(f"{name} {value:g}" for name, value in sorted(values.items()))))
