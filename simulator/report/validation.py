"""Page of the episodes: scores, every value beside its observation, and charts of both."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulator.report.template import asset, embedded, plotly_script, templates, write_whole
from simulator.validation.held import Compared, Outcome, Point, group_scores, overall
from simulator.validation.schema import ASPECT_NAMES
from simulator.validation.scores import Scale

PAGE = "validation.html"


def verdict(point: Point) -> str:
    """Hit, or miss and on which side."""
    if point.judged.is_hit:
        return "hit"
    if math.isnan(point.judged.error):
        return "miss: nothing simulated"
    if point.day is not None:
        return "miss: late" if point.judged.error > 0 else "miss: early"
    return "miss: high" if point.judged.error > 0 else "miss: low"


def number(value: float) -> str:
    """A number for readers."""
    if not math.isfinite(value):
        return "–"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def observed_text(point: Point) -> str:
    """Observation as text: value and band, or when."""
    if point.day is not None or (math.isnan(point.observed) and math.isnan(point.low)):
        return point.period
    has_low, has_high = math.isfinite(point.low), math.isfinite(point.high)
    if has_low and not has_high:
        return f"≥ {number(point.low)}"
    if has_high and not has_low:
        return f"≤ {number(point.high)}"
    if point.low == point.high:
        return number(point.observed)
    band = f"{number(point.low)} to {number(point.high)}"
    return band if math.isnan(point.observed) else f"{number(point.observed)} ({band})"


def simulated_text(point: Point, compared: Compared) -> str:
    """Simulated value or date as text."""
    if compared.is_timing:
        return f"{point.day:%Y-%m}" if point.day is not None else "never"
    return number(point.simulated)


def error_text(point: Point, compared: Compared) -> str:
    """Error as text: a factor, or days."""
    error = point.judged.error
    if math.isnan(error):
        return "–"
    return f"{error:+.0f} d" if compared.is_timing else f"× {math.exp(error):.2f}"


def write_validation_page(outcomes: Sequence[Outcome], path: str | os.PathLike[str]) -> Path:
    """Write the page.

    Parameters
    ----------
    outcomes : sequence of Outcome
        One or more.
    path : path
        HTML file; written under a temporary name and renamed.

    Returns
    -------
    Path
        The file.
    """
    return write_whole(validation_html(outcomes), path)


def validation_html(outcomes: Sequence[Outcome]) -> str:
    """Text of the page; it makes no request and opens from a file."""
    from markupsafe import Markup

    points = [point for outcome in outcomes for point in outcome.points]
    page = templates().get_template("validation.html.j2")
    return page.render(
        n_hits=sum(point.judged.is_hit for point in points),
        n_points=len(points),
        overall=f"{overall(outcomes):.2f}",
        groups=[(name, f"{score:.2f}") for name, score in group_scores(outcomes).items()],
        formula=Scale.of(outcomes[0].case.tables).text,
        cases=[_case(outcome) for outcome in outcomes],
        hashes=sorted({outcome.parameter_hash for outcome in outcomes}),
        parameters=[(name, f"{value:g}") for name, value in sorted(outcomes[0].parameters.items())],
        attributions=list(
            dict.fromkeys(line for outcome in outcomes for line in outcome.case.tables.attributions)
        ),
        css=Markup(asset("report.css")),
        data=Markup(embedded([_figure(*each) for each in _charted(outcomes)])),
        plotly=Markup(plotly_script()),
        script=Markup(asset("validation.js")),
    )


def _charted(outcomes: Sequence[Outcome]) -> list[tuple[str, Compared]]:
    return [
        (f"{outcome.case.name}-{compared.comparison.name}", compared)
        for outcome in outcomes
        for compared in outcome.compared
        if compared.comparison.aspect != "change"
    ]


def _case(outcome: Outcome) -> dict[str, Any]:
    case = outcome.case
    return {
        "name": case.name,
        "title": case.file.title,
        "tests": case.file.tests,
        "description": case.file.description,
        "score": f"{outcome.score:.2f}",
        "n_hits": sum(point.judged.is_hit for point in outcome.points),
        "n_points": len(outcome.points),
        "hash": outcome.parameter_hash[:12],
        "comparisons": [_compared(case.name, each) for each in outcome.compared],
    }


def _compared(case: str, compared: Compared) -> dict[str, Any]:
    comparison = compared.comparison
    return {
        "id": f"{case}-{comparison.name}",
        "title": comparison.title,
        "aspect": ASPECT_NAMES[comparison.aspect],
        "note": comparison.note,
        "base": ", ".join(comparison.base),
        "score": f"{compared.score:.2f}",
        "has_chart": comparison.aspect != "change",
        "rows": [
            {
                "variable": point.variable,
                "period": point.period,
                "observed": observed_text(point),
                "simulated": simulated_text(point, compared),
                "error": error_text(point, compared),
                "verdict": verdict(point),
                "tone": "good" if point.judged.is_hit else "short",
                "source": f"{point.source} ({point.basis})",
            }
            for point in compared.points
        ],
    }


def _figure(name: str, compared: Compared) -> dict[str, Any]:
    """Numbers of a chart: the path, and what was observed."""
    path = compared.path
    values = (path.values - compared.shift) / compared.scale
    points = [] if compared.is_timing else list(compared.points)
    return {
        "id": name,
        "x": [str(day) for day in path.start.astype("datetime64[D]")],
        "y": [_plain(value) for value in values],
        "observed": [
            {
                "x": point.when.middle.isoformat(),
                "y": _plain(_shown_value(point)),
                "low": _plain(point.low),
                "high": _plain(point.high),
                "text": f"{point.variable}, {point.period}",
                "isHit": point.judged.is_hit,
            }
            for point in points
        ],
        "days": [
            {"from": point.when.start.isoformat(), "to": point.when.end.isoformat()}
            for point in compared.points
            if compared.is_timing
        ],
    }


def _shown_value(point: Point) -> float:
    """Observed value; the middle or the known end of a band where there is none."""
    if math.isfinite(point.observed):
        return point.observed
    ends = [end for end in (point.low, point.high) if math.isfinite(end)]
    return sum(ends) / len(ends) if ends else math.nan


def _plain(value: float) -> float | None:
    """A number for JSON, which knows no infinity; six digits are more than a chart shows."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
