"""The command that takes the largest suppliers away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.app import Inputs, Sets, app
from simulator.cli.bars import bars
from simulator.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from simulator.stress import Loss


@app.command()
def stress(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="File, or name of a shipped one.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = Path(
        "outputs/stress"
    ),
    stage: Annotated[
        list[str] | None, typer.Option("--stage", help="extraction or processing; both if left out.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start", metavar="DAY", help="First day without; the period's third year if left out."
        ),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Time for which the supplier is gone.")] = 365,
    years: Annotated[
        int, typer.Option("--years", min=1, help="Years simulated from the start of the loss on.")
    ] = 4,
    inputs: Inputs = None,
    sets: Sets = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Take each material's largest supplier away, one at a time, and rank what final users miss."""
    import json
    from datetime import date

    from simulator import stress as room
    from simulator.batch import run_all
    from simulator.errors import listed, nearest
    from simulator.results import read
    from simulator.scenario import load
    from simulator.scenario.tables import load as load_tables

    for word in stage or ():
        if word not in room.STAGES:
            place, near = Place("--stage"), nearest(word, room.STAGES)
            raise InputError([Fault(place, word, listed(room.STAGES), near, rule="stage_unknown")])
    tables = load_tables(inputs)
    plain = load(scenario, tables=tables, sets=sets or ())
    first = plain.period.start
    try:
        day = date.fromisoformat(start) if start else first.replace(year=first.year + 2)
    except ValueError:
        raise InputError(
            [Fault(Place("--start"), str(start), "a day such as 2027-01-01", rule="start_no_day")]
        ) from None
    end = min(plain.period.end, day.replace(year=day.year + years))
    base = load(scenario, tables=tables, sets=[*(sets or ()), f"period.end={end}"])
    found = room.largest(base, tables, stage or room.STAGES)
    jobs = room.jobs(base, tables, found, out, start=day, days=days, inputs=inputs)
    with bars([job.scenario.name for job in jobs], not as_json) as progress:
        run_all(jobs, progress=progress)
    baseline, *others = (read(job.folder).dataset for job in jobs)
    ranked = room.rank(
        room.loss(each, baseline, without) for each, without in zip(found, others, strict=True)
    )
    if as_json:
        typer.echo(json.dumps(room.as_rows(ranked), indent=2))
    else:
        _print_losses(ranked, day, days)


def _print_losses(ranked: Sequence[Loss], day: date, days: int) -> None:
    """Losses of suppliers, the largest first."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table

    from simulator.report.sentences import percent

    table = Table(
        "without",
        *(Column(head, justify="right") for head in ("share", "worst month", "in", "missed", "hit most")),
        box=box.SIMPLE_HEAD,
        title=f"Largest suppliers gone for {days} days from {day}; missed: years of demand of the base year",
    )
    for each in ranked:
        supplier = each.supplier
        table.add_row(
            f"{supplier.material.replace('_', ' ')}, {supplier.stage}: {supplier.region}",
            percent(supplier.share, 0),
            percent(each.worst, 0),
            each.worst_month,
            f"{each.missed:.2f}",
            f"{each.region} {each.region_missed:.2f}",
        )
    Console().print(table)
