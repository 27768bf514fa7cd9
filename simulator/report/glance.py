"""Key numbers of a page in one table: what is delivered, how far members range, what a scenario changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.report import ensemble_findings, ensembles
from simulator.report.ensembles import Beside, Members
from simulator.report.findings import NO_CHANGE, SHORTAGE, Row, summary
from simulator.report.sentences import percent, short_month
from simulator.results import StoredRun


def glance(runs: Sequence[StoredRun], sides: Sequence[Beside]) -> dict[str, Any]:
    """Table of key numbers, grouped by run.

    Parameters
    ----------
    runs : sequence of StoredRun
        The first is the baseline.
    sides : sequence of Beside
        What lies beside each.

    Returns
    -------
    dict
        ``head``, and ``groups`` of rows of cells.
    """
    members = [side.members for side in sides]
    # lines of heads are as narrow as the numbers under them, so that the table fits
    head = ["Scenario", "Material", "Mean\navailability"]
    head += ["90 % of\nmembers"] if any(members) else []
    head += ["Difference"] if len(runs) > 1 else []
    head += ["Worst month", "First month\nunder 95 %", "Months\nunder 95 %", "Recycled\ncontent,\nlast year"]
    groups: list[dict[str, Any]] = []
    rows = summary([run.dataset for run in runs])
    for i, (run, own) in enumerate(zip(runs, members, strict=True)):
        n = run.dataset.sizes["material"]
        part, rows = rows[:n], rows[n:]
        changes = changes_of(part, own, members[0]) if i else {}
        cells = [_glance_row(row, i, len(runs), changes.get(row.material, row.change)) for row in part]
        if any(members):
            for row, line in zip(part, cells, strict=True):
                line.insert(2, {"text": ensemble_findings.mean_range(own, row.material), "tone": ""})
        groups.append({"title": part[0].title, "rows": cells})
    return {"head": [h.replace("95 %", percent(SHORTAGE, 0)) for h in head], "groups": groups}


def changes_of(rows: Sequence[Row], own: Members | None, base: Members | None) -> dict[str, float]:
    """Mean differences over pairs of members [1] by material, nothing where none can be told.

    Parameters
    ----------
    rows : sequence of Row
        Of the run, for its materials.
    own, base : Members or None
        Ensembles of the run and of the baseline.

    Returns
    -------
    dict of str to float
        Empty where there are no pairs.
    """
    if own is None or base is None or not ensembles.is_pair(own, base):
        return {}
    moved = ensemble_findings.moved(own, base, [row.material for row in rows])
    return {each.material: each.difference.mean.value if each.is_told(NO_CHANGE) else 0.0 for each in moved}


def _glance_row(row: Row, index: int, n_runs: int, change: float) -> list[dict[str, str]]:
    def cell(text: str, tone: str = "") -> dict[str, str]:
        return {"text": text, "tone": tone}

    cells = [cell(row.material), cell(percent(row.mean_availability))]
    if n_runs > 1:
        moved = abs(change) >= NO_CHANGE and index > 0
        tone = ("good" if change > 0 else "short") if moved else ""
        text = f"{100 * change:+.1f}".replace("-", "−") if moved else ("–" if index == 0 else "none")
        cells.append(cell(text, tone))
    is_short = row.first_short_month is not None
    worst = percent(row.worst_availability)
    if row.worst_availability < 1 - NO_CHANGE:
        worst += f" ({short_month(row.worst_month)})"
    cells += [
        cell(worst, "short" if is_short else ""),
        cell(short_month(row.first_short_month) if row.first_short_month else "none"),
        cell(str(row.n_short_months)),
        cell(percent(row.recycled_content)),
    ]
    return cells
