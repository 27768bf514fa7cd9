"""Page of an answer to which uncertain numbers matter: tornado, Morris' screening or Sobol's shares."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.batch.outcomes import describe
from simulator.report.decided import factor_name
from simulator.report.sentences import listed, upper
from simulator.report.template import asset, embedded, plotly_script, templates, write_whole

SCRIPTS = ("draw.js", "bars.js", "sensitivity.js")
MOST_BARS = 20
"""Factors of an outcome that are drawn; table and CSV have all [1]."""

MOST_WORDS = 5
"""Factors that are told in words [1]."""

LITTLE = 0.01
"""A bar shorter than this part of the longest is called little [1]."""

SHARES = ("availability", "recycled_content", "eol_")
"""Outcomes that are told in percent, by the beginning of their names."""

STEPS = {
    "t": ((1e6, "Mt"), (1e3, "kt"), (1.0, "t")),
    "USD": ((1e12, "trillion USD"), (1e9, "billion USD"), (1e6, "million USD"), (1.0, "USD")),
}
TITLES = {
    "tornado": "Each number alone at 5 % and at 95 % of its range",
    "morris": "Morris' screening",
    "sobol": "Sobol's shares of the variance",
}
READINGS = {
    "tornado": "Outcome with one uncertain number at a time at 5 % and at 95 % of its range, all others at "
    "their central values (upright line); the widest first. What numbers do together is not in it.",
    "morris": "Size (mu*): mean change of the outcome, whatever its sign, on the way from 5 % to 95 % of a "
    "number, with its 95 % interval. Spread (sigma): how much that change depends on where on its way the "
    "number is and where the others stand; as large as the size or larger: it bends, or acts with others.",
    "sobol": "Share of the variance of the outcome that is due to a number alone (S1), and with all that it "
    "does together with others (ST), with 95 % intervals. Where ST is larger than S1 numbers act together; "
    "estimates may lie a little under 0 or over 1.",
}
HEADS = {
    "tornado": ("rank", "factor", "low", "high", "at_low", "central", "at_high", "swing"),
    "morris": ("rank", "factor", "mu_star", "mu_star_conf", "mu", "sigma"),
    "sobol": ("rank", "factor", "s1", "s1_conf", "st", "st_conf"),
}
BARS = {
    "morris": (
        {"key": "mu_star", "conf": "mu_star_conf", "name": "size (mu*)"},
        {"key": "sigma", "name": "spread (sigma)"},
    ),
    "sobol": (
        {"key": "st", "conf": "st_conf", "name": "with others (ST)"},
        {"key": "s1", "conf": "s1_conf", "name": "alone (S1)"},
    ),
}
FACTS = ("command", "method", "n", "seed", "content_key")

Show = Callable[[float | None], str]


@dataclass(frozen=True)
class Number:
    """An uncertain number as the page tells it.

    Attributes
    ----------
    name : str
    low, central, high : float
        At 5 % of its distribution, when nothing is drawn, at 95 %.
    reason, source : str
        Of its distribution; empty where nothing is said.
    """

    name: str
    low: float
    central: float
    high: float
    reason: str = ""
    source: str = ""


def write_sensitivity_page(
    answer: Mapping[str, Any], numbers: Sequence[Number], path: str | os.PathLike[str]
) -> Path:
    """Write the page.

    Parameters
    ----------
    answer : mapping
        What `loopcast sensitivity` writes as JSON: what was asked, and rows by method.
    numbers : sequence of Number
        The factors.
    path : path
        HTML file; written under a temporary name and renamed.

    Returns
    -------
    Path
        The file.
    """
    return write_whole(sensitivity_html(answer, numbers), path)


def sensitivity_html(answer: Mapping[str, Any], numbers: Sequence[Number]) -> str:
    """Text of the page; it makes no request and opens from a file. Parameters as above."""
    from markupsafe import Markup

    method = str(answer["method"])
    what = {number.name: number.reason for number in numbers}
    figures = [_figure(method, k, name, answer[method], what) for k, name in enumerate(answer["outcomes"])]
    env = templates()
    return env.get_template("sensitivity.html.j2").render(
        of=str(answer["of"]),
        method=TITLES[method],
        reading=READINGS[method],
        n_runs=int(answer["n_runs"]),
        n_failed=int(answer["n_failed"]),
        figures=figures,
        note=upper(str(answer["note"])),
        numbers=[
            (factor_name(each.name), each, *map(_short, (each.low, each.central, each.high)))
            for each in numbers
        ],
        facts=[(key, str(answer[key])) for key in FACTS if answer.get(key) not in (None, "")],
        css=Markup(asset("report.css")),
        data=Markup(embedded(figures)),
        plotly=Markup(plotly_script()),
        script=Markup("".join(map(asset, SCRIPTS))),
    )


def _figure(
    method: str, place: int, outcome: str, rows: Sequence[Mapping[str, Any]], what: Mapping[str, str]
) -> dict[str, Any]:
    """Numbers, title and words of one outcome."""
    unit, text = describe(outcome)
    own = [{key: _plain(value) for key, value in row.items()} for row in rows if row["outcome"] == outcome]
    for row in own:
        row["name"] = factor_name(str(row["factor"]))
        row["what"] = what.get(str(row["factor"]), "")
    shown = own[:MOST_BARS]
    by, word = _scale(outcome, unit, method, shown)
    told = {"tornado": _tornado, "morris": _morris, "sobol": _sobol}[method]
    title, words = told(upper(text) if text else outcome, own, lambda v: _amount(v, by, word))
    if len(own) > len(shown):
        words += f" Drawn: the first {len(shown)} of {len(own)} numbers."
    head = HEADS[method]
    return {
        "id": f"outcome-{place + 1}",
        "topic": outcome,
        "title": title,
        "summary": words,
        "method": method,
        "rows": shown,
        "bars": BARS.get(method, ()),
        "by": by,
        "unit": word,
        "table": {"head": list(head), "rows": [[row[key] for key in head] for row in own]},
    }


def _tornado(text: str, rows: list[dict[str, Any]], show: Show) -> tuple[str, str]:
    moving = [row for row in rows if row["swing"]]
    if not moving:
        return f"No uncertain number moves this: {text}", "Nothing moves it."
    top = moving[0]
    title = (
        f"{text}: from {show(top['at_low'])} to {show(top['at_high'])} with {_called(top)}, "
        "the uncertain number that matters most"
    )
    words = [
        f"{show(top['central'])} with central values.",
        _first(moving, lambda row: f"{show(row['at_low'])} to {show(row['at_high'])}"),
        _of_little(rows, "swing"),
    ]
    bent = [_inside(row["name"]) for row in moving if _is_bent(row, LITTLE * top["swing"])]
    if bent:
        more = " and others" if len(bent) > MOST_WORDS else ""
        words.append(
            f"Both ends of {listed(bent[:MOST_WORDS])}{more} lie on one side of the central value: the "
            "outcome bends, or the number has enterprises drawn anew, and part of such a bar is chance."
        )
    return title, " ".join(words)


def _is_bent(row: Mapping[str, Any], least: float) -> bool:
    """Whether both ends lie on one side of the central value, and not only by a little."""
    if None in (row["at_low"], row["at_high"], row["central"]):
        return False
    low, high = (row[key] - row["central"] for key in ("at_low", "at_high"))
    return bool(low * high > 0.0 and min(abs(low), abs(high)) >= least)


def _morris(text: str, rows: list[dict[str, Any]], show: Show) -> tuple[str, str]:
    moving = [row for row in rows if row["mu_star"]]
    if not moving:
        return f"No uncertain number moves this: {text}", "Nothing moves it."
    top = moving[0]
    title = (
        f"{text}: {_called(top)} moves it most, by {show(top['mu_star'])} ± "
        f"{show(top['mu_star_conf'])} in the mean on the way from 5 % to 95 % of its range"
    )
    bending = [_inside(row["name"]) for row in moving[:MOST_BARS] if row["sigma"] >= row["mu_star"]]
    words = [
        _first(moving, lambda row: show(row["mu_star"])),
        _of_little(rows, "mu_star"),
    ]
    if bending:
        words.append(f"Of those drawn {len(bending)} bend or act with others more than they push one way.")
    return title, " ".join(words)


def _sobol(text: str, rows: list[dict[str, Any]], show: Show) -> tuple[str, str]:
    clear = [row for row in rows if row["is_clear"]]
    if not clear:
        title = f"{text}: no number can be told from none; take more points"
        return title, f"{len(rows)} numbers; every interval of ST holds zero."
    top, alone = clear[0], sum(row["s1"] for row in rows)
    title = (
        f"{text}: {_called(top)} is behind {_share(top['st'])} of the variance, "
        f"{_share(top['s1'])} of it alone"
    )
    words = [
        f"With others and alone: {_first(clear, _both)}",
        f"Numbers alone are behind {_share(alone)} of the variance.",
    ]  # fmt: skip
    if len(clear) < len(rows):
        words.append(f"{len(rows) - len(clear)} of {len(rows)} numbers cannot be told from none.")
    return title, " ".join(words)


def _both(row: Mapping[str, Any]) -> str:
    return f"{_share(row['st'])} and {_share(row['s1'])}"


def _first(rows: Sequence[Mapping[str, Any]], told: Callable[[Mapping[str, Any]], str]) -> str:
    """What is told of the first numbers."""
    return upper(listed([f"{_inside(str(row['name']))} {told(row)}" for row in rows[:MOST_WORDS]])) + "."


def _of_little(rows: Sequence[Mapping[str, Any]], key: str) -> str:
    """How many numbers hardly matter, the widest standing first."""
    n = sum(not (row[key] or 0.0) >= LITTLE * rows[0][key] for row in rows)
    return f"{n} of {len(rows)} numbers move it by less than one percent of the widest." if n else ""


def _called(row: Mapping[str, Any]) -> str:
    """A number by its name and, where something is said of it, by what it is."""
    name = _inside(str(row["name"]))
    return f"{name} ({row['what']})" if row["what"] else name


def _inside(name: str) -> str:
    """Name of a factor inside a sentence."""
    return name if name[1:2].isupper() else f"{name[:1].lower()}{name[1:]}"


def _scale(outcome: str, unit: str, method: str, rows: Sequence[Mapping[str, Any]]) -> tuple[float, str]:
    """What the axis counts in: its size in the unit of the outcome, and its name."""
    if method == "sobol":
        return 0.01, "% of the variance"
    if outcome.startswith(SHARES):
        return 0.01, "%" if method == "tornado" else "points"
    keys = ("at_low", "at_high", "central") if method == "tornado" else ("mu_star", "sigma")
    top = max((abs(row[key]) for row in rows for key in keys if row[key] is not None), default=0.0)
    steps = STEPS.get(unit, ((1.0, "" if unit == "1" else unit),))
    return next((step for step in steps if top >= step[0]), steps[-1])


def _amount(value: float | None, by: float, word: str) -> str:
    return "–" if value is None else f"{_short(value / by)}\u00a0{word}".rstrip()


def _share(value: float) -> str:
    return f"{100 * value:.0f}\u00a0%"


def _short(value: float) -> str:
    """Four figures; thousands are set apart."""
    return f"{float(f'{value:.4g}'):,.10g}"


def _plain(value: Any) -> Any:
    """Numbers as JSON can hold them."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return value
