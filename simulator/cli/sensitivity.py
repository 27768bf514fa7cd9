"""The command that asks which uncertain numbers matter."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.app import Inputs, Override, Sets, app
from simulator.cli.bars import members_bar
from simulator.cli.decisions import USUAL, AsJson, Outcomes, print_written
from simulator.errors import ExitCode, Fault, InputError, Place, listed, nearest

if TYPE_CHECKING:
    from simulator.decisions.study import Ran, Study

MOST_SHOWN = 20
"""Factors, and failures, that are printed; files have all."""

Scenario = Annotated[str | None, typer.Argument(metavar="SCENARIO", help="File, or name of a shipped one.")]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="MODULE:FUNCTION", help="A Python function with `factors` instead."),
]
Method = Annotated[
    str, typer.Option("--method", help="tornado (one at a time), morris (screening) or sobol (shares).")
]
Size = Annotated[
    int | None,
    typer.Option("--n", min=1, max=1_000_000, help="Trajectories (morris), base points (sobol: 2^k)."),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--factor", metavar="NAME", help="Only these factors; * stands for anything."),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Of the design, if not the scenario's.")]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, max=512, help="Processes; as many as pay if left out.")
]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Dask scheduler that runs it instead.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the results.")]
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page of the answer.")]
Ignore = Annotated[
    bool,
    typer.Option("--ignore-correlations", help="Move numbers drawn together as if independent."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell factors and number of runs, run nothing.")]


@app.command()
def sensitivity(
    scenario: Scenario = None,
    model: Model = None,
    method: Method = "tornado",
    outcome: Outcomes = None,
    n: Size = None,
    factor: Only = None,
    seed: Seed = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Out = Path("outputs/sensitivity"),
    html: Html = None,
    ignore_correlations: Ignore = False,
    dry_run: DryRun = False,
    inputs: Inputs = None,
    sets: Sets = None,
    override: Override = None,
    as_json: AsJson = False,
) -> None:
    """Which uncertain numbers matter for an outcome of a scenario, or of any function."""
    from simulator.decisions import sensitivity as room

    if method not in room.METHODS:
        near = nearest(method, room.METHODS)
        raise InputError([Fault(Place("--method"), method, listed(room.METHODS), near, "method_unknown")])
    if (scenario is None) == (model is None):
        found = "neither" if scenario is None else "both"
        raise InputError([Fault(Place("sensitivity"), found, "a scenario or --model", rule="study")])
    with members_bar(not (as_json or dry_run) and model is None) as told:
        if model is not None:
            study = _of_model(model)
        else:
            study = _of_scenario(
                str(scenario), out, (inputs, sets, override), workers=workers, scheduler=scheduler, told=told
            )
        study = study.only(factor or ())
        if not ignore_correlations:
            study.check_apart(method)
        chosen = study.seed if seed is None else seed
        size = n or room.N_USUAL[method]
        design = room.plan(method, len(study.factors), size, chosen)
        values = study.values(design)
        if not dry_run:
            try:
                names = _outcomes_of(study, values[:1], outcome)
                ran = study.run(values)
            except KeyboardInterrupt:
                typer.echo("stopped; runs that are finished are kept: the same command goes on", err=True)
                raise
    if dry_run:
        _print_plan(study, len(design))
        return
    again = {"--method": [method], "--outcome": names, "--n": [size], "--seed": [chosen], "--factor": factor}
    again |= {"--inputs": [inputs] if inputs else [], "--set": sets, "--override": override}
    asked = {"name": method, "of": study.name, "method": method, "seed": chosen, "n": size}
    asked["command"] = _command(
        [scenario] if scenario else ["--model", str(model)], again, ignore_correlations
    )
    _tell(study, names, design, values, ran, asked, (out / _folder_name(study.name), html), as_json)


def _command(of: Sequence[str], options: Mapping[str, Any], ignore: bool) -> str:
    """The command that gives the answer again."""
    words = [
        str(word) for name, values in options.items() for value in values or () for word in (name, value)
    ]
    return shlex.join(
        ["loopcast", "sensitivity", *of, *words, *(["--ignore-correlations"] if ignore else [])]
    )


def _of_model(text: str) -> Study:
    from simulator.decisions.functions import of_model

    return of_model(text)


def _of_scenario(
    name: str,
    out: Path,
    read_with: tuple[Path | None, Sequence[str] | None, Sequence[str] | None],
    **more: Any,
) -> Study:
    from simulator.decisions.study import of_scenario
    from simulator.scenario import load
    from simulator.scenario.tables import load as load_tables

    inputs, sets, override = read_with
    tables = load_tables(inputs)
    scenario = load(name, tables=tables, sets=sets or (), override=override or ())
    return of_scenario(scenario, tables, out / "runs", command=f"loopcast sensitivity {name}", **more)


def _outcomes_of(study: Study, first: Any, asked: Sequence[str] | None) -> list[str]:
    """Names asked for, checked against what the first run gives before all others are made."""
    known = study.run(first).outcomes
    names = list(dict.fromkeys(asked or ())) or [USUAL if USUAL in known else known[0]]
    faults = [
        Fault(Place("--outcome"), name, listed(known), nearest(name, known), rule="outcome_unknown")
        for name in names
        if name not in known
    ]
    if faults:
        raise InputError(faults)
    return names


def _tell(
    study: Study,
    names: Sequence[str],
    design: Any,
    values: Any,
    ran: Ran,
    asked: Mapping[str, Any],
    into: tuple[Path, Path | None],
    as_json: bool,
) -> None:
    """Analyse each outcome, write, print."""
    from dataclasses import asdict

    from simulator.decisions import choice
    from simulator.decisions import sensitivity as room

    method, seed = str(asked["method"]), int(asked["seed"])
    rows: list[dict[str, Any]] = []
    for name in names:
        outcome = ran.values[:, ran.outcomes.index(name)]
        found = room.analyse(method, study.names, design, outcome, seed=seed, values=values)
        rows += [{"outcome": name, **asdict(each)} for each in found]
    runs = [
        {**dict(zip(study.names, at, strict=True)), **dict(zip(ran.outcomes, gives, strict=True))}
        for at, gives in zip(values.tolist(), ran.values.tolist(), strict=True)
    ]
    facts = {**asked, "n_runs": len(design), "n_failed": len(ran.failures), "outcomes": list(names)}
    facts |= {"note": study.note, "content_key": study.key}
    written = choice.write(
        into[0], {method: rows, f"{method}_runs": runs}, facts, leave_out=(f"{method}_runs",)
    )
    if into[1] is not None:
        written.append(_page(study, {**facts, method: rows}, into[1]))
    if as_json:
        typer.echo(choice.as_json({**facts, method: rows}), nl=False)
    else:
        for name in names:
            _print_factors(facts, [row for row in rows if row["outcome"] == name], name)
        if study.note:
            typer.echo(study.note)
        print_written(written)
    for failure in ran.failures[:MOST_SHOWN]:
        typer.echo(f"failed: {failure}", err=True)
    if ran.failures:
        raise typer.Exit(int(ExitCode.MEMBERS))


def _page(study: Study, answer: Mapping[str, Any], path: Path) -> Path:
    """The answer as a page."""
    from simulator.decisions.sensitivity import HIGH, LOW
    from simulator.report.sensitivity import Number, write_sensitivity_page

    numbers = [
        Number(f.name, f.value(LOW), f.central, f.value(HIGH), f.reason, f.source) for f in study.factors
    ]
    return write_sensitivity_page(answer, numbers, path)


HEADS = {
    "tornado": ("at_low", "at_high", "swing"),
    "morris": ("mu_star", "mu_star_conf", "mu", "sigma"),
    "sobol": ("s1", "s1_conf", "st", "st_conf"),
}
TITLES = {
    "tornado": "each factor at 5 % and 95 % of its distribution, the others at their central values",
    "morris": "mean size, sign and spread of effects, per way from 5 % to 95 % of a factor",
    "sobol": "share of the variance of each factor alone (s1) and with all it does together (st)",
}


def _print_factors(facts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], outcome: str) -> None:
    """Factors of one outcome, the most important first."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    method = str(facts["method"])
    title = f"{facts['of']}, {outcome}: {TITLES[method]} ({facts['n_runs']} runs)"
    heads = HEADS[method]
    columns = [Column(head, justify="right") for head in heads]
    table = Table(
        "", Column("factor", min_width=24, overflow="fold"), *columns, title=title, box=box.SIMPLE_HEAD
    )
    for row in rows[:MOST_SHOWN]:
        cells = [f"{row[head]:.4g}" if row[head] == row[head] else "-" for head in heads]
        table.add_row(str(row["rank"]), Text(row["factor"]), *cells)
    console = Console()
    console.print(table)
    if method == "tornado" and rows:
        console.print(f"central: {rows[0]['central']:.6g}")
    if len(rows) > MOST_SHOWN:
        console.print(f"and {len(rows) - MOST_SHOWN} more in the files")
    if method == "sobol":
        unclear = [row for row in rows if not row["is_clear"]]
        if unclear and len(unclear) < len(rows):
            console.print(f"{len(unclear)} of {len(rows)} factors cannot be told from none; more points may")
        elif unclear:
            console.print(
                "no factor can be told from none: take more points (--n), or fewer factors (--factor)"
            )


def _print_plan(study: Study, n_runs: int) -> None:
    """What would be run."""
    typer.echo(f"{study.name}: {len(study.factors)} factors, {n_runs} runs")
    for each in study.factors:
        low, high = each.value(0.05), each.value(0.95)
        typer.echo(f"  {each.name}: {each.central:.6g}, 5 to 95 % {low:.6g} to {high:.6g}")


def _folder_name(name: str) -> str:
    return re.sub(r"\W+", "_", name)
