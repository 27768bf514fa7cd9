"""Commands that run scenarios, and that read runs that are done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.app import Home, Inputs, Override, Runs, Sets, app, stored
from simulator.cli.bars import bars
from simulator.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.batch import Job
    from simulator.report.findings import Row


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
    from simulator.batch import plan, run_all

    jobs = plan(files, out, inputs=inputs, sets=sets or (), override=override or ())
    if dry_run:
        for job in jobs:
            period = job.scenario.period
            typer.echo(
                f"{job.scenario.name}: {period.start} to {period.end}, would be written to {job.folder}"
            )
        return
    try:
        with bars([job.scenario.name for job in jobs], not (quiet or as_json)) as progress:
            run_all(jobs, progress=progress)
        rows, written = _write_pages(jobs, out)
    except KeyboardInterrupt:
        again = " ".join(job.command for job in jobs[:1]) if len(jobs) == 1 else "the same command"
        typer.echo(f"stopped; no file is half written. To go on: {again}", err=True)
        raise
    if as_json:
        _print_run_json(jobs, rows, written)
    elif not quiet:
        _print_run_tables(out, rows, written)


def _write_pages(jobs: Sequence[Job], out: Path) -> tuple[list[Row], list[tuple[Path, str]]]:
    """Pages of each run and of all; key numbers, and what was written with what it is."""
    from simulator.batch import PAGE
    from simulator.report import summary, write_page
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
    written.append((write_page(runs, out / "index.html"), "all runs; open this first"))
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
) -> None:
    """Hold runs that are done against each other."""
    from simulator.errors import listed, nearest
    from simulator.report import findings, summary, write_page

    found = stored(runs, home)
    names = [str(run.dataset.attrs["scenario"]) for run in found]
    if baseline is not None:
        if baseline not in names:
            place, allowed = Place("--baseline"), f"one of the runs given: {listed(names)}"
            raise InputError(
                [Fault(place, baseline, allowed, nearest(baseline, names), rule="baseline_unknown")]
            )
        first = names.index(baseline)
        found = [found[first], *found[:first], *found[first + 1 :]]
    datasets = [run.dataset for run in found]
    _print_numbers(summary(datasets))
    for finding in findings(datasets):
        typer.echo(f"- {finding.text}")
    if html is not None:
        typer.echo(f"\nWritten to {write_page(found, html)}")


@app.command()
def show(runs: Runs, home: Home = Path("outputs")) -> None:
    """Print the key numbers of runs that are done."""
    from simulator.report import findings, summary

    for run in stored(runs, home):
        _print_numbers(summary([run.dataset]))
        for finding in findings([run.dataset]):
            typer.echo(f"- {finding.text}")
        typer.echo(f"\n{run.folder}: made by `{run.record.get('command', '')}`\n")
