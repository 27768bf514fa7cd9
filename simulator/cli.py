"""The command line: text only, no thinking.

Every command is thin: it asks a room of the package and prints what that says. Good news goes to stdout,
faults to stderr, exit codes are those of `errors.ExitCode`. Heavy packages are imported inside the
commands, so that `--help` and `check` answer at once.
Long because the text of every command stands here and nowhere else.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from simulator import __version__
from simulator.errors import ExitCode, Fault, InputError, LoopcastError, Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from simulator.batch import Job
    from simulator.report.findings import Row
    from simulator.results import StoredRun
    from simulator.scenario.compare import Difference
    from simulator.stress import Loss
    from simulator.validation import Case, Outcome

app = typer.Typer(
    name="loopcast",
    help="Circular value chains of critical raw materials: what is there, where, when, for whom.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# Options that several commands share.
Inputs = Annotated[
    Path | None,
    typer.Option("--inputs", metavar="DIR", help="Folder of tables instead of the shipped inputs/."),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one value, such as demand.case=APS or disruptions[0].severity=0.5.",
    ),
]
Override = Annotated[
    list[str] | None, typer.Option("--override", metavar="NAME", help="Apply a named set of the scenario.")
]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"loopcast {__version__}")
        raise typer.Exit


@app.callback()
def _all_commands(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks; may stand anywhere.")] = False,
) -> None:
    """Circular value chains of critical raw materials: what is there, where, when, for whom."""


# ---------------------------------------------------------------- run (written beside the report)


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
    from simulator.batch import plan

    jobs = plan(files, out, inputs=inputs, sets=sets or (), override=override or ())
    if dry_run:
        for job in jobs:
            period = job.scenario.period
            typer.echo(
                f"{job.scenario.name}: {period.start} to {period.end}, would be written to {job.folder}"
            )
        return
    try:
        _run_with_bars(jobs, is_shown=not (quiet or as_json))
        rows, written = _write_pages(jobs, out)
    except KeyboardInterrupt:
        again = " ".join(job.command for job in jobs[:1]) if len(jobs) == 1 else "the same command"
        typer.echo(f"stopped; no file is half written. To go on: {again}", err=True)
        raise
    if as_json:
        _print_run_json(jobs, rows, written)
    elif not quiet:
        _print_run_tables(out, rows, written)


def _run_with_bars(jobs: Sequence[Job], is_shown: bool) -> None:
    """Run jobs with a bar and the simulated date for each, on stderr."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from simulator.batch import run_all

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[day]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not is_shown) as bars:
        tasks = [bars.add_task(escape(job.scenario.name), total=1.0, day="waits") for job in jobs]
        run_all(jobs, progress=lambda i, day, done: bars.update(tasks[i], completed=done, day=f"{day:%Y-%m}"))
        for task in tasks:
            bars.update(task, completed=1.0)


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


# ---------------------------------------------------------------- compare and show: runs that are done

Runs = Annotated[
    list[str],
    typer.Argument(metavar="RUN...", help="Folders of runs that are done, or their names in --in."),
]
Home = Annotated[
    Path, typer.Option("--in", metavar="DIR", help="Folder in which names of runs are looked up.")
]


def _stored(names: Sequence[str], home: Path) -> list[StoredRun]:
    """Runs that are done, each read from its folder; all that cannot be read are told at once."""
    from simulator.results import find

    found: list[StoredRun] = []
    faults: list[Fault] = []
    for name in names:
        try:
            found.append(find(name, home))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return found


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

    stored = _stored(runs, home)
    names = [str(run.dataset.attrs["scenario"]) for run in stored]
    if baseline is not None:
        if baseline not in names:
            place, allowed = Place("--baseline"), f"one of the runs given: {listed(names)}"
            raise InputError(
                [Fault(place, baseline, allowed, nearest(baseline, names), rule="baseline_unknown")]
            )
        first = names.index(baseline)
        stored = [stored[first], *stored[:first], *stored[first + 1 :]]
    datasets = [run.dataset for run in stored]
    _print_numbers(summary(datasets))
    for finding in findings(datasets):
        typer.echo(f"- {finding.text}")
    if html is not None:
        typer.echo(f"\nWritten to {write_page(stored, html)}")


@app.command()
def show(runs: Runs, home: Home = Path("outputs")) -> None:
    """Print the key numbers of runs that are done."""
    from simulator.report import findings, summary

    for run in _stored(runs, home):
        _print_numbers(summary([run.dataset]))
        for finding in findings([run.dataset]):
            typer.echo(f"- {finding.text}")
        typer.echo(f"\n{run.folder}: made by `{run.record.get('command', '')}`\n")


# ---------------------------------------------------------------- stress: loss of the largest supplier


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
    _run_with_bars(jobs, is_shown=not as_json)
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


# ---------------------------------------------------------------- validate: episodes of the past


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
    from simulator.validation import read_cases

    chosen = read_cases(cases or (), folder, inputs)
    outcomes = _run_cases_with_bars(chosen, out)
    _print_outcomes(outcomes, show_parameters)
    if html is not None:
        from simulator.report.validation import write_validation_page

        typer.echo(f"{write_validation_page(outcomes, html)}: written")


def _run_cases_with_bars(cases: Sequence[Case], out: Path | None) -> list[Outcome]:
    """Run cases with a bar for each, on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from simulator.validation import run_cases

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[day]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = [bars.add_task(case.name, total=1.0, day="waits") for case in cases]
        return run_cases(
            cases,
            out=out,
            progress=lambda i, day, done: bars.update(tasks[i], completed=done, day=f"{day:%Y-%m}"),
        )


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


# ---------------------------------------------------------------- scenarios: check, new, diff, schema


@app.command()
def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Scenario files, or names of shipped ones.")
    ],
    resolved: Annotated[
        bool, typer.Option("--resolved", help="Print all that the run is told, as YAML.")
    ] = False,
    inputs: Inputs = None,
    sets: Sets = None,
    override: Override = None,
) -> None:
    """Tell all that is wrong with scenarios, at once; nothing is run."""
    from simulator.scenario import find, load
    from simulator.scenario.marks import shown_file
    from simulator.scenario.read import block_yaml

    faults: list[Fault] = []
    for file in files:
        try:
            scenario = load(file, inputs=inputs, sets=sets or (), override=override or ())
        except InputError as error:
            faults += error.faults
            continue
        if resolved:
            typer.echo(block_yaml(scenario.resolved()), nl=False)
        else:
            typer.echo(f"{shown_file(find(file))}: no fault")
    if faults:
        raise InputError(faults)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the scenario; the file is NAME.yaml.")],
    parent: Annotated[
        str, typer.Option("--from", metavar="SCENARIO", help="Scenario to start from.")
    ] = "reference",
    inputs: Inputs = None,
) -> None:
    """Write a commented scenario to start from; nothing is overwritten."""
    from simulator.scenario import load
    from simulator.scenario.starter import write_starter

    load(parent, inputs=inputs)
    path = write_starter(name, parent)
    typer.echo(f"{path}: written; `loopcast check {path}` tells all that is wrong with it")


@app.command()
def diff(
    left: Annotated[str, typer.Argument(metavar="A", help="Scenario file or name.")],
    right: Annotated[str, typer.Argument(metavar="B", help="Scenario file or name.")],
    inputs: Inputs = None,
    inputs_b: Annotated[
        Path | None,
        typer.Option("--inputs-b", metavar="DIR", help="Folder of tables of B; --inputs if left out."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Tell what differs between two scenarios once all is resolved, tables included."""
    import json

    from simulator.scenario import load
    from simulator.scenario.compare import differences, table_differences
    from simulator.scenario.tables import load as load_tables

    tables = load_tables(inputs)
    tables_b = load_tables(inputs_b) if inputs_b is not None else tables
    found = differences(load(left, tables=tables), load(right, tables=tables_b))
    found += table_differences(tables, tables_b)
    if as_json:
        rows = [{"key": row.key, "left": row.left, "right": row.right} for row in found]
        typer.echo(
            json.dumps({"left": left, "right": right, "inputs": tables.hash, "differences": rows}, indent=2)
        )
    elif found:
        _print_differences(left, right, found)
        if inputs_b is None:
            typer.echo(f"inputs: the same, {tables.hash[:12]}")
    else:
        typer.echo(f"no difference; inputs {tables.hash[:12]}")


def _print_differences(left: str, right: str, found: list[Difference]) -> None:
    """Table of differences, as wide as the terminal."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table
    from rich.text import Text

    table = Table(Column("key", overflow="fold"), escape(left), escape(right), box=box.SIMPLE_HEAD)
    for row in found:
        table.add_row(Text(row.key), Text(row.left or "-"), Text(row.right or "-"))
    Console().print(table)


@app.command()
def schema(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to a file, not the screen.")
    ] = None,
    world: Annotated[
        bool, typer.Option("--world", help="Schema of world files instead of scenarios.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The page docs/scenarios.md instead.")] = False,
) -> None:
    """Write the JSON Schema of scenario files, for editors."""
    from simulator.scenario.document import scenario_page, schema_text

    text = scenario_page() if markdown else schema_text("world" if world else "scenario")
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError:
        raise InputError(
            [Fault(Place("--out"), str(out), "a file that can be written", rule="out")]
        ) from None
    typer.echo(f"{out}: written")


# ---------------------------------------------------------------- inputs (written beside the tables)

inputs_app = typer.Typer(help="Tables of inputs/: list them, ask for a source, check them.")
app.add_typer(inputs_app, name="inputs")


@inputs_app.callback(invoke_without_command=True)
def _inputs(context: typer.Context, inputs: Inputs = None) -> None:
    """Tables of inputs/: list them, ask for a source, check them."""
    if context.invoked_subcommand is None:
        inputs_list(inputs)
    elif inputs is not None:
        context.default_map = {context.invoked_subcommand: {"inputs": inputs}}


@inputs_app.command("list")
def inputs_list(inputs: Inputs = None) -> None:
    """List the tables: rows, rows that are from memory only, what they hold."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from simulator.scenario.tables import is_recalled, load

    tables = load(inputs)
    shown = Table("table", "rows", "recalled", "what it holds", box=box.SIMPLE_HEAD)
    for name in tables:
        rows = tables[name].rows
        recalled = sum(map(is_recalled, rows))
        shown.add_row(name, str(len(rows)), str(recalled or ""), Text(tables[name].schema.text))
    Console().print(shown)
    n_rows = sum(len(tables[name]) for name in tables)
    typer.echo(f"{n_rows} rows, {tables.n_recalled} of them recalled; hash {tables.hash[:12]}")


@inputs_app.command("source")
def inputs_source(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Name of a table, such as supply.")],
    conditions: Annotated[
        list[str] | None,
        typer.Argument(metavar="COLUMN=VALUE…", help="Which rows, such as material=cobalt iso3=COD."),
    ] = None,
    inputs: Inputs = None,
) -> None:
    """Print numbers with their unit, source, year and basis."""
    from simulator.scenario.provenance import source_of
    from simulator.scenario.tables import load

    for found in source_of(load(inputs), table, conditions or []):
        typer.echo("\n".join(found.text()))


@inputs_app.command("check")
def inputs_check(inputs: Inputs = None) -> None:
    """Tell all that is wrong with the tables, at once."""
    from simulator.scenario.tables import load

    tables = load(inputs)
    typer.echo(f"{len(tables)} tables, {sum(len(tables[name]) for name in tables)} rows: no fault")


@inputs_app.command("copy")
def inputs_copy(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write: new, or empty.")],
    inputs: Inputs = None,
) -> None:
    """Copy the tables to a folder of your own, to change them there; nothing is overwritten."""
    from simulator.scenario.tables import copy

    typer.echo(f"{copy(target, inputs)}: written; `loopcast inputs check --inputs {target}` checks it")


@inputs_app.command("balance")
def inputs_balance(
    scenario: Annotated[str, typer.Argument(help="Scenario whose world is balanced.")] = "reference",
    inputs: Inputs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Numbers as JSON.")] = False,
) -> None:
    """How each material's base year closes: supply, demand by use, closure terms, calibration factors."""
    import json

    from simulator.build.balance import balance, strained, totals
    from simulator.build.plan import Plan
    from simulator.scenario import load
    from simulator.scenario.past import closures
    from simulator.scenario.tables import load as load_tables

    tables = load_tables(inputs)
    made = Plan(load(scenario, inputs=inputs), tables)
    lines = balance(made)
    if as_json:
        typer.echo(json.dumps([line._asdict() for line in lines], indent=2))
        return
    for material in made.closure.materials:
        typer.echo(f"{material}, base year {made.closure.base_year}")
        group = ""
        for line in (x for x in lines if x.material == material):
            head = line.group if line.group != group else ""
            group = line.group
            value = f"{line.value:,.0f} t" if line.unit == "t" else f"{line.value:.3f}"
            typer.echo(f"  {head:<15} {line.item:<44} {value:>16}")
        supply, demand = totals(lines, material)
        typer.echo(
            f"  {'closes':<15} {'refined supply less refined demand':<44} {abs(supply - demand):>14,.3f} t\n"
        )
    for text in closures(tables, made.scenario.world):
        typer.echo(text)
    for line in strained(made, lines):
        typer.echo(f"warning: {line.material}, {line.item}: factor {line.value:.3f}", err=True)


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    debug = "--debug" in sys.argv[1:]
    sys.argv[1:] = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        app()
        code = int(ExitCode.DONE)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except LoopcastError as error:
        if debug:
            raise
        typer.echo(str(error), err=True)
        code = int(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        code = int(ExitCode.INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        typer.echo(f"a bug of Loopcast: {type(error).__name__}: {error}\n--debug shows where", err=True)
        code = int(ExitCode.BUG)
    sys.exit(code)


if __name__ == "__main__":
    main()
