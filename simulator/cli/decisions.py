"""Commands that ask a batch: which policy is safe, and under which conditions an outcome goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.app import app
from simulator.errors import Fault, InputError, Place, listed, nearest

if TYPE_CHECKING:
    from simulator.decisions.boxes import Box
    from simulator.decisions.choice import Choice
    from simulator.decisions.ensembles import Gathered

USUAL = "availability_final.all.worst"
"""Outcome of scenarios if none is asked for: the lowest month of the material that users miss most."""

Outcomes = Annotated[
    list[str] | None,
    typer.Option("--outcome", metavar="NAME", help=f"May be given again; {USUAL} if left out."),
]
NO_BOX = "no box found: nothing that luck would not find as well, or that holds in other futures too"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Batches = Annotated[
    list[str],
    typer.Argument(
        metavar="BATCH...",
        help="Folders of `loopcast batch`, or scenarios in --in; the first is the baseline.",
    ),
]
Baseline = Annotated[
    str | None, typer.Option("--baseline", metavar="NAME", help="Scenario that the others are held against.")
]
Thresholds = Annotated[
    list[str] | None,
    typer.Option("--threshold", metavar="[NAME=]VALUE", help="Good enough; with = for one of many outcomes."),
]
Better = Annotated[
    str | None, typer.Option("--better", help="higher or lower, if not by the outcomes' meaning.")
]
Level = Annotated[float, typer.Option("--level", min=0.5, max=0.999, help="Confidence of intervals.")]
Precision = Annotated[
    float | None,
    typer.Option("--precision", min=0, help="Half width wanted: tells how many members give it."),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the results.")]
Below = Annotated[float | None, typer.Option("--below", metavar="X", help="It goes wrong below this.")]
Above = Annotated[float | None, typer.Option("--above", metavar="X", help="It goes wrong above this.")]
BatchHome = Annotated[
    Path, typer.Option("--in", metavar="DIR", help="Folder in which names of scenarios are looked up.")
]


@app.command()
def decide(
    batches: Batches,
    home: BatchHome = Path("outputs/batch"),
    outcome: Outcomes = None,
    baseline: Baseline = None,
    threshold: Thresholds = None,
    better: Better = None,
    level: Level = 0.95,
    precision: Precision = None,
    out: Out = Path("outputs/decision"),
    as_json: AsJson = False,
) -> None:
    """Hold policies against each other over all futures: differences by member, regret, satisficing."""
    from simulator.decisions import choice, regret
    from simulator.decisions import ensembles as room

    found = room.find(batches, home)
    names = list(dict.fromkeys(outcome or [USUAL]))
    known = [each.name for each in found]
    _check_word("--baseline", baseline, known)
    _check_word("--better", better, regret.SENSES)
    limits = _thresholds(threshold or (), names)
    told = choice.decide(
        found,
        names,
        baseline=baseline or "",
        thresholds=limits,
        senses=dict.fromkeys(names, better) if better else None,
        level=level,
        precision=precision,
    )
    tables = choice.tables(told)
    facts = {
        "name": "decision",
        "baseline": told.baseline,
        "scenarios": known,
        "content_keys": {each.name: each.key for each in found},
        "outcomes": names,
        "thresholds": limits,
        "better": told.senses,
        "n_futures": told.n_futures,
        "n_left_out": told.n_left_out,
        "all_thresholds": told.together,
    }
    written = choice.write(out, tables, facts)
    if as_json:
        typer.echo(choice.as_json({**facts, **tables}), nl=False)
        return
    for name in names:
        _print_differences(told, name)
        _print_standings(told, name, limits.get(name))
    for policy, share in told.together.items():
        typer.echo(f"{policy}: all thresholds met in {share:.0%} of futures")
    print_written(written)


def _check_word(option: str, word: str | None, known: Sequence[str]) -> None:
    if word is not None and word not in known:
        raise InputError([Fault(Place(option), word, listed(known), nearest(word, known), "word_unknown")])


def _thresholds(texts: Sequence[str], names: Sequence[str]) -> dict[str, float]:
    """Thresholds by outcome; a bare number is that of the only outcome."""
    limits: dict[str, float] = {}
    faults: list[Fault] = []
    place = Place("--threshold")
    for text in texts:
        name, separator, number = text.rpartition("=")
        if not separator and len(names) == 1:
            name = names[0]
        try:
            limits[name] = float(number)
        except ValueError:
            faults.append(Fault(place, text, "a number, or OUTCOME=NUMBER", rule="threshold"))
            continue
        if name not in names:
            near = nearest(name, names)
            faults.append(Fault(place, text, f"OUTCOME=NUMBER, of {listed(names)}", near, rule="threshold"))
    if faults:
        raise InputError(faults)
    return limits


@app.command()
def discover(
    batches: Annotated[
        list[str],
        typer.Argument(metavar="BATCH...", help="Folders of `loopcast batch`, or scenarios in --in."),
    ],
    home: BatchHome = Path("outputs/batch"),
    outcome: Annotated[str, typer.Option("--outcome", metavar="NAME", help="What goes wrong.")] = USUAL,
    below: Below = None,
    above: Above = None,
    method: Annotated[str, typer.Option("--method", help="prim (peeling) or tree (scikit-learn).")] = "prim",
    out: Out = Path("outputs/discovery"),
    as_json: AsJson = False,
) -> None:
    """Under which conditions an outcome goes wrong: ranges of the uncertain numbers."""
    from simulator.decisions import choice, discovery
    from simulator.decisions import ensembles as room

    _check_word("--method", method, discovery.METHODS)
    if (below is None) == (above is None):
        found = "neither" if below is None else "both"
        raise InputError([Fault(Place("discover"), found, "--below X or --above X", rule="side")])
    ensembles = room.find(batches, home)
    room.check_outcomes(ensembles, [outcome])
    side, limit = ("below", below) if below is not None else ("above", float(above or 0.0))
    rows: list[dict[str, Any]] = []
    for each in ensembles:
        boxes, n, n_bad = _boxes(each, outcome, side, limit, method)
        rows += _box_rows(each.name, boxes)
        if not as_json:
            typer.echo(f"{each.name}: {outcome} is {side} {limit:g} in {n_bad} of {n} futures")
            for box in boxes:
                _print_box(box)
            if not boxes:
                typer.echo(f"- {NO_BOX}")
    facts = {"name": "boxes", "outcome": outcome, "below": below, "above": above, "method": method}
    written = choice.write(out, {"boxes": rows}, facts)
    if as_json:
        typer.echo(choice.as_json({**facts, "boxes": rows}), nl=False)
    else:
        print_written(written)


def _boxes(each: Gathered, outcome: str, side: str, limit: float, method: str) -> tuple[list[Box], int, int]:
    """Boxes of one ensemble, its futures that are known, and how many of them are bad."""
    import numpy as np

    from simulator.decisions import discovery

    if not each.factors:
        allowed = "an ensemble that draws something: `loopcast batch SCENARIO --members N`"
        raise InputError([Fault(Place(str(each.folder)), "nothing was drawn", allowed, rule="no_factors")])
    values = each.outcome(outcome)
    known = np.isfinite(values)
    bad = values[known] < limit if side == "below" else values[known] > limit
    found = discovery.discover(each.drawn[known], bad, each.factors, method=method, seed=each.seed)
    return found, int(known.sum()), int(bad.sum())


def _print_box(box: Box) -> None:
    """A box in words, and which factors its members cannot tell apart."""
    typer.echo(f"- {box.sentence()} (p {box.p_value:.2g})")
    for limit in box.limits:
        if limit.like:
            told = f"these members cannot tell {limit.factor} from {listed(limit.like, 5)}"
            typer.echo(f"  {told}: take more members, or sampling: latin")


def _box_rows(name: str, boxes: Sequence[Box]) -> list[dict[str, Any]]:
    return [
        {
            "scenario": name,
            "box": number,
            "factor": limit.factor,
            "low": limit.low,
            "high": limit.high,
            "quasi_p": limit.p_value,
            "like": " ".join(limit.like),
            "coverage": box.coverage,
            "density": box.density,
            "density_new": box.density_new,
            "base_rate": box.base_rate,
            "n": box.n,
            "n_bad": box.n_bad,
            "p_value": box.p_value,
        }
        for number, box in enumerate(boxes, start=1)
        for limit in box.limits
    ]


def _print_differences(told: Choice, outcome: str) -> None:
    """What each scenario changes, member by member, and whether there are enough members."""
    from simulator.decisions.ensembles import unit
    from simulator.decisions.paired import NO_CHANGE, sentence

    typer.echo(outcome)
    for line in _means(told, outcome):
        typer.echo(line)
    for each in told.differences:
        if each.outcome == outcome:
            typer.echo(f"- {sentence(each, unit(outcome)).partition(': ')[2]}")
            if each.verdict == NO_CHANGE and each.n_needed is not None:
                typer.echo(f"  a mean like this could be told from zero with {each.n_needed:,} members")
    for row in told.precision:
        if row["outcome"] == outcome:
            has = f"± {row['half_width']:.3g} with {row['n']} members"
            needs = "no number of members" if row["n_needed"] is None else f"{row['n_needed']:,} members"
            typer.echo(f"- {row['of']}: {has}; ± {row['wanted']:g} needs {needs}")


def _means(told: Choice, outcome: str) -> list[str]:
    """Mean of each ensemble with its interval, and how that narrowed as members were added."""
    from simulator.decisions.choice import LESS

    steps: dict[str, list[dict[str, Any]]] = {}
    for row in told.convergence:
        if row["outcome"] == outcome and LESS not in row["of"]:
            steps.setdefault(row["of"], []).append(row)
    lines = []
    for name, rows in steps.items():
        last, before = rows[-1], rows[-4:-1]
        more = "".join(f"; ± {row['half_width']:.3g} with {row['n']}" for row in reversed(before))
        ends = f" ± {last['half_width']:.3g}" if last["n"] > 1 else ""
        lines.append(f"- {name}: mean {last['mean']:.5g}{ends} ({last['n']} members{more})")
    return lines


def _print_standings(told: Choice, outcome: str, limit: float | None) -> None:
    """Regret and satisficing of each policy."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from simulator.decisions.regret import LOWER_IS_BETTER

    found = [each for each in told.standings if each.outcome == outcome]
    if not found:
        return
    heads = ("mean", "worst", "max regret", "mean regret", "best", "good")
    n, n_left_out = told.n_futures[outcome], told.n_left_out[outcome]
    less = f", {n_left_out} left out" if n_left_out else ""
    side = "at most" if told.senses[outcome] == LOWER_IS_BETTER else "at least"
    good = "" if limit is None else f"; good: {side} {limit:g}"
    table = Table(
        Column("policy", min_width=18, overflow="fold"),
        *(Column(head, justify="right") for head in heads),
        box=box.SIMPLE_HEAD,
        title=f"{n} futures{less}; best, good: share of them{good}",
    )
    for each in sorted(found, key=lambda one: (one.rank_regret_max, one.policy)):
        met = "-" if limit is None else f"{each.satisfied:.0%}"
        numbers = (each.mean, each.worst, each.regret_max, each.regret_mean)
        table.add_row(Text(each.policy), *(f"{x:.4g}" for x in numbers), f"{each.share_best:.0%}", met)
    Console().print(table)


def print_written(written: Sequence[Path]) -> None:
    """Files that were written."""
    for path in written:
        typer.echo(f"written: {path}")
