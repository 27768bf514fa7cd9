"""The command that runs many members, and goes on where it stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.app import Inputs, Override, Sets, app
from simulator.cli.bars import members_bar
from simulator.errors import ExitCode, Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.batch.cells import Batch
    from simulator.batch.drive import Done

MOST_FAILURES = 10
MOST_CHANGES = 10

Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tcp://10.0.0.1:8786."),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="CELL:MEMBER", help="Make this member and nothing else."),
]


@app.command()
def batch(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="MATRIX|SCENARIO…", help="A matrix file, or scenarios (files or names)."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = Path(
        "outputs/batch"
    ),
    members: Annotated[
        int | None,
        typer.Option("--members", min=1, max=1_000_000, help="Members of each, if not what the files say."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=512, help="Processes; as many as pay if left out.")
    ] = None,
    scheduler: Scheduler = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with what --out holds; the same command does so too."),
    ] = False,
    as_list: Annotated[
        bool, typer.Option("--list", help="Print the command of each member, run nothing.")
    ] = False,
    only: Only = None,
    full: Annotated[bool, typer.Option("--full", help="Keep the whole result of each member too.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the page too; central runs are made for it."),
    ] = None,
    inputs: Inputs = None,
    sets: Sets = None,
    override: Override = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but faults.")] = False,
) -> None:
    """Run scenarios × levels × members; what is there already is not run again.

    A matrix file has `scenarios`, `levels` and `members`. Each member is a file; all members of a scenario
    are gathered in its ensemble.nc. A page in --out is written anew where the central runs are there.
    """
    from simulator.batch.cells import plan_batch
    from simulator.batch.drive import typed_before

    typed: dict[str, Any] = {
        "sources": sources,
        "members": members,
        "inputs": inputs,
        "sets": sets or (),
        "override": override or (),
        "is_full": full,
    }
    if not sources and not resume:
        place, allowed = Place("batch"), "a matrix file, scenarios, or --resume"
        raise InputError([Fault(place, "nothing to run", allowed, rule="batch_nothing")])
    planned = plan_batch(**(typed if sources else typed_before(out)), out=out)
    if as_list:
        for cell in planned.cells:
            for member in range(cell.n_members):
                typer.echo(planned.command_of(cell, member))
        return
    done = _run(planned, only or (), workers, scheduler, quiet)
    _tell(planned, done, quiet, with_table=not only)
    if not only:
        _write_page(planned, html, quiet)
    if done.failures:
        raise typer.Exit(int(ExitCode.MEMBERS))


def _run(
    planned: Batch, only: Sequence[str], workers: int | None, scheduler: str | None, quiet: bool
) -> Done:
    """Make what is missing; whatever stops it is told with how to go on."""
    from simulator.batch.drive import make_only, run_batch
    from simulator.batch.store import BatchStopped

    try:
        with members_bar(not quiet and not only) as told:
            if only:
                return make_only(planned, only)
            return run_batch(planned, workers=workers, scheduler=scheduler, told=told)
    except (KeyboardInterrupt, BatchStopped):
        typer.echo(f"stopped; what is finished is kept. To go on: {planned.command}", err=True)
        raise


def _write_page(planned: Batch, html: Path | None, quiet: bool) -> None:
    """The page of all scenarios: where it is asked for, or where there is one and it has its central runs."""
    from simulator.batch import central_jobs, is_done, run_all
    from simulator.cli.bars import bars
    from simulator.report import write_page
    from simulator.results import read

    jobs = central_jobs(planned)
    missing = [job for job in jobs if not is_done(job, planned.tables)]
    target = html or planned.out / "index.html"
    if html is None and (missing or not target.is_file()):
        return
    if missing:
        with bars([job.scenario.name for job in missing], not quiet) as progress:
            run_all(missing, progress=progress)
    write_page([read(job.folder) for job in jobs], target)
    if not quiet:
        typer.echo(f"page: {target}")


def _tell(planned: Batch, done: Done, quiet: bool, with_table: bool) -> None:
    """Failures, then what there is."""
    tell_failures(planned, done)
    if quiet:
        return
    if with_table:
        print_cells(planned)
    tell_changes(done)
    made = f"{done.n_made} members made, {done.n_kept} were there, {len(done.failures)} failed"
    typer.echo(f"{made}; written to {planned.out}")


def tell_changes(done: Done) -> None:
    """Scenarios of which something has changed since their members were made last, with what it is.

    Parameters
    ----------
    done : Done
    """
    for name, what in list(done.changed.items())[:MOST_CHANGES]:
        typer.echo(f"{name} was made again; changed: {what}")
    if len(done.changed) > MOST_CHANGES:
        typer.echo(f"and {len(done.changed) - MOST_CHANGES} more")


def tell_failures(planned: Batch, done: Done) -> None:
    """Members that failed to stderr, each with the command that repeats it.

    Parameters
    ----------
    planned : Batch
    done : Done
    """
    for failure in done.failures[:MOST_FAILURES]:
        typer.echo(f"{failure.cell}, member {failure.member} failed: {failure.reason}", err=True)
        typer.echo(f"  to repeat it: {failure.command}", err=True)
    if len(done.failures) > MOST_FAILURES:
        more = len(done.failures) - MOST_FAILURES
        typer.echo(f"and {more} more, in {planned.out / 'batch.json'}", err=True)


def print_cells(planned: Batch) -> None:
    """Share of final users' demand that is served, by scenario: median and range over members.

    Parameters
    ----------
    planned : Batch
    """
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from simulator.batch.gather import outcome_ranges
    from simulator.report.sentences import percent

    heads = ("members", "low", "median", "high")
    table = Table(
        "",
        *(Column(head, justify="right") for head in heads),
        box=box.SIMPLE_HEAD,
        title="Lowest month of the material that final users miss most; low and high: 5 and 95 % of members",
    )
    for cell in planned.cells:
        found = outcome_ranges(planned.out / cell.name, "availability_final.all.worst")
        if found is None:
            table.add_row(Text(cell.name), f"0 of {cell.n_members}", "", "", "")
            continue
        n_members, low, median, high = found
        count = str(n_members) if n_members == cell.n_members else f"{n_members} of {cell.n_members}"
        table.add_row(Text(cell.name), count, *(percent(value) for value in (low, median, high)))
    Console().print(table)
