"""Commands that run scenarios, and that read runs that are done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.app import Home, Inputs, Override, Runs, Sets, app, stored
from simulator.cli.bars import bars, members_bar
from simulator.errors import ExitCode, Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.batch import Job
    from simulator.batch.cells import Batch
    from simulator.batch.drive import Done
    from simulator.report.findings import Row
    from simulator.report.keys import KeyTable


@app.command()
def run(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…", help="Scenario files, or names of shipped ones; the first is the baseline."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = Path(
        "outputs"
    ),
    members: Annotated[
        int | None,
        typer.Option(
            "--members",
            min=2,
            max=1_000_000,
            help="Run so many members of each too, for ranges; what is there is kept.",
        ),
    ] = None,
    inputs: Inputs = None,
    sets: Sets = None,
    override: Override = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but faults.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check, tell what would be run, run nothing.")
    ] = False,
) -> None:
    """Run scenarios; write results, a page of each and, in index.html, all side by side."""
    from simulator.batch import plan

    typed: dict[str, Any] = {"inputs": inputs, "sets": sets or (), "override": override or ()}
    jobs = plan(files, out, **typed)
    if dry_run:
        _print_plan(jobs, members)
        return
    is_silent = quiet or as_json
    ensembles: Batch | None = None
    done: Done | None = None
    try:
        if members is None:
            _run_central(jobs, is_silent)
        else:
            ensembles, done = _run_members(jobs, is_silent, sources=files, out=out, members=members, **typed)
        rows, written = _write_pages(jobs, out)
    except KeyboardInterrupt:
        is_one = len(jobs) == 1 and members is None
        again = jobs[0].command if is_one else "the same command"
        typer.echo(f"stopped; no file is half written. To go on: {again}", err=True)
        raise
    if as_json:
        _print_run_json(jobs, rows, written)
    elif not quiet:
        _print_run_tables(out, rows, written)
    if ensembles is not None and done is not None:
        _tell_members(ensembles, done, is_silent)


def _print_plan(jobs: Sequence[Job], members: int | None) -> None:
    """What would be run."""
    more = f", with {members} members" if members else ""
    for job in jobs:
        period = f"{job.scenario.period.start} to {job.scenario.period.end}"
        typer.echo(f"{job.scenario.name}: {period}, would be written to {job.folder}{more}")


def _run_central(jobs: Sequence[Job], is_silent: bool) -> None:
    """Each scenario once, with central values."""
    from simulator.batch import run_all

    with bars([job.scenario.name for job in jobs], not is_silent) as progress:
        run_all(jobs, progress=progress)


def _run_members(jobs: Sequence[Job], is_silent: bool, **typed: Any) -> tuple[Batch, Done]:
    """Each scenario once and its members, but for what is there already."""
    from simulator.batch import is_done
    from simulator.batch.cells import plan_batch
    from simulator.batch.drive import run_batch

    planned = plan_batch(**typed)
    missing = [job for job in jobs if not is_done(job, planned.tables)]
    if missing:
        _run_central(missing, is_silent)
    with members_bar(not is_silent) as told:
        return planned, run_batch(planned, told=told)


def _tell_members(planned: Batch, done: Done, is_silent: bool) -> None:
    """How many members there are of those that scenarios ask for, their ranges, and what failed."""
    from simulator.cli.batch import print_cells, tell_changes, tell_failures

    if not is_silent:
        print_cells(planned)
        tell_changes(done)
        typer.echo(f"{done.n_made} members made, {done.n_kept} were there")
        n_members = max(cell.n_members for cell in planned.cells)
        asked = [cell.scenario.ensemble for cell in planned.cells]
        wanted = max((said.members for said in asked if said is not None), default=0)
        if wanted > n_members:
            typer.echo(
                f"{n_members} of {wanted} members: ranges are rough. All: the same with --members {wanted}"
            )
    tell_failures(planned, done)
    if done.failures:
        raise typer.Exit(int(ExitCode.MEMBERS))


def _write_pages(jobs: Sequence[Job], out: Path) -> tuple[list[Row], list[tuple[Path, str]]]:
    """Pages of each run and of all; key numbers, and what was written with what it is."""
    from simulator.batch import PAGE
    from simulator.batch.gather import GATHERED_FILE
    from simulator.report import summary, write_page
    from simulator.report.template import write_whole
    from simulator.results import RESULT_FILE, TABLE_FOLDER, read

    runs = [read(job.folder) for job in jobs]
    written: list[tuple[Path, str]] = []
    for run_read in runs:
        folder = run_read.folder
        written += [
            (write_page([run_read], folder / PAGE), "page of this run"),
            (folder / RESULT_FILE, "all results, netCDF"),
            (folder / TABLE_FOLDER, "indicators, CSV"),
        ]
        if (folder / GATHERED_FILE).is_file():
            written.append((folder / GATHERED_FILE, "all members put together, netCDF"))
    index, alone = out / "index.html", written[0][0]
    page = write_page(runs, index) if len(runs) > 1 else write_whole(alone.read_text("utf-8"), index)
    written.append((page, "all runs; open this first"))
    return summary([run_read.dataset for run_read in runs]), written


def _print_run_json(jobs: Sequence[Job], rows: Sequence[Row], written: Sequence[tuple[Path, str]]) -> None:
    """Summary for programs."""
    import json
    from dataclasses import asdict

    scenarios = [
        {
            "scenario": job.scenario.name,
            "folder": str(job.folder),
            "command": job.command,
            "materials": [
                {k: v for k, v in asdict(row).items() if k not in ("scenario", "title")}
                for row in rows
                if row.scenario == job.scenario.name
            ],
        }
        for job in jobs
    ]
    typer.echo(json.dumps({"scenarios": scenarios, "files": [str(path) for path, _ in written]}, indent=2))


def _print_numbers(rows: Sequence[Row]) -> None:
    """Key numbers by scenario and material."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from simulator.report.findings import SHORTAGE
    from simulator.report.sentences import percent

    heads = ("mean", "worst", "in", "short from", "recycled")
    numbers = Table(
        Column("", min_width=24, overflow="fold"),
        *(Column(head, justify="right") for head in heads),
        box=box.SIMPLE_HEAD,
        title=f"Availability to final users, world; short: under {percent(SHORTAGE, 0)}",
    )
    before = None
    for row in rows:
        if row.scenario != before:
            numbers.add_row(Text(row.scenario, style="bold"))
            before = row.scenario
        cells = (percent(row.mean_availability), percent(row.worst_availability), row.worst_month)
        more = (row.first_short_month or "never", percent(row.recycled_content))
        numbers.add_row(Text(f"  {row.material}"), *cells, *more)
    Console().print(numbers)


def _print_run_tables(out: Path, rows: Sequence[Row], written: Sequence[tuple[Path, str]]) -> None:
    """Key numbers by scenario and material, then the files."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    _print_numbers(rows)
    files = Table("file", Column("size", justify="right"), "what it is", box=box.SIMPLE_HEAD)
    for path, what in written:
        parts = [path] if path.is_file() else [p for p in path.iterdir() if p.is_file()]
        size = sum(part.stat().st_size for part in parts) / 1e6
        files.add_row(Text(str(path.relative_to(out)), overflow="fold"), f"{size:.1f} MB", what)
    console = Console()
    console.print(Text(f"Written to {out}", overflow="fold"))
    console.print(files)


@app.command()
def compare(
    runs: Runs,
    home: Home = Path("outputs"),
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="NAME",
            help="Scenario that the others are held against; the first if left out.",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the page that compares them.")
    ] = None,
    answers: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            metavar="PATH",
            help="What `sensitivity` or `decide` wrote, for the page, if not beside the runs.",
        ),
    ] = None,
) -> None:
    """Hold runs that are done against each other."""
    from simulator.errors import listed, nearest
    from simulator.report import ensembles, findings, summary, write_page
    from simulator.report.sentences import for_readers

    found = stored(runs, home)
    names = [str(run.dataset.attrs["scenario"]) for run in found]
    if baseline is not None:
        if baseline not in names:
            place, allowed = Place("--baseline"), f"one of the runs given: {listed(names)}"
            raise InputError(
                [Fault(place, baseline, allowed, nearest(baseline, names), rule="baseline_unknown")]
            )
        found.insert(0, found.pop(names.index(baseline)))
        names.insert(0, names.pop(names.index(baseline)))
    datasets = [run.dataset for run in found]
    _print_numbers(summary(datasets))
    sides = [ensembles.beside(run) for run in found]
    for finding in findings([for_readers(ds) for ds in datasets], members=[side.members for side in sides]):
        typer.echo(f"- {finding.text}")
    for name, side in zip(names, sides, strict=True):
        if side.note:
            typer.echo(f"{name}: {side.note}")
    if html is not None:
        typer.echo(f"\nWritten to {write_page(found, html, answers or ())}")


def _print_key_table(told: KeyTable) -> None:
    """A small table under its title."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    columns = [Column(h, justify="right" if i else "left", overflow="fold") for i, h in enumerate(told.head)]
    table = Table(*columns, box=box.SIMPLE_HEAD, title=told.title)
    for row in told.rows:
        table.add_row(*map(Text, row))
    Console().print(table)


@app.command()
def show(runs: Runs, home: Home = Path("outputs")) -> None:
    """Print the key tables of runs that are done: availability, benchmarks, root causes; and findings."""
    from simulator.report import ensembles, findings, summary
    from simulator.report.keys import key_tables
    from simulator.report.sentences import for_readers

    for run in stored(runs, home):
        _print_numbers(summary([run.dataset]))
        for table in key_tables(run.dataset):
            _print_key_table(table)
        for finding in findings([for_readers(run.dataset)], members=[ensembles.beside(run).members]):
            typer.echo(f"- {finding.text}")
        typer.echo(f"\n{run.folder}: made by `{run.record.get('command', '')}`\n")
