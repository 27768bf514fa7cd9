"""Findings: what a set of runs says, as rows of numbers and as sentences made from those numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import totals
from simulator.report import cause_findings, ensemble_findings, ensembles, firm_findings, levers, sentences
from simulator.report.ensembles import Members
from simulator.report.sentences import (
    Finding,
    listed,
    month_name,
    percent,
    quoted,
    scenario_name,
    tonnes,
    upper,
)

if TYPE_CHECKING:
    import xarray as xr

SHORTAGE = 0.95
"""A month is short when less than this share of final users' demand, by content, is delivered [1]."""

NO_CHANGE = 0.0005
"""Mean availabilities closer than this are called the same [1]; they print alike."""

WORSE = 0.01
"""A worst month that lies lower than the baseline's by more than this has a sentence of its own [1]."""

MOST_SHORTAGES = 2
"""Most materials per scenario whose added shortage has a sentence; the table has all."""

MINED_CHANGE = 0.002
"""Smallest change of mine output, relative, that is worth a sentence [1]."""


@dataclass(frozen=True)
class Row:
    """One material in one run, the world over the whole period.

    Attributes
    ----------
    scenario, title, material : str
        Labels.
    mean_availability : float [1]
        `availability_final` of the world over all months, weighted by demand.
    worst_availability : float [1]
        Lowest month of it.
    worst_month : str
        That month, ``YYYY-MM``.
    first_short_month : str or None
        First month under `SHORTAGE`; none if there is none.
    n_short_months : int
        Months under `SHORTAGE`.
    worst_region : str
        Region with the lowest mean over the short months (over all months when none is short).
    worst_region_availability : float [1]
        That mean.
    mined : float [t]
        Mine output over the period.
    recycled_content, eol_recycling_rate : float [1]
        In the last year.
    change : float [1]
        `mean_availability` less that of the baseline.
    mined_change : float [t]
        `mined` less that of the baseline.
    """

    scenario: str
    title: str
    material: str
    mean_availability: float
    worst_availability: float
    worst_month: str
    first_short_month: str | None
    n_short_months: int
    worst_region: str
    worst_region_availability: float
    mined: float
    recycled_content: float
    eol_recycling_rate: float
    change: float = 0.0
    mined_change: float = 0.0


class _Numbers:
    """Numbers of one run that rows and sentences share."""

    def __init__(self, ds: xr.Dataset) -> None:
        self.ds = ds

    @cached_property
    def world(self) -> xr.Dataset:
        return totals.over_regions(self.ds[_needed(self.ds)])

    @cached_property
    def last_year(self) -> xr.Dataset:
        return totals.over_regions_by_year(self.ds[_needed(self.ds)]).isel(year=-1)

    def row(self, material: str) -> Row:
        ds, months = self.ds, self.ds["time"].values.astype("datetime64[M]").astype(str)
        series = self.world["availability_final"].sel(material=material).values
        known = np.where(np.isfinite(series), series, 1.0)
        short = known < SHORTAGE
        lowest = int(np.argmin(known))
        weight = totals.WEIGHTS["availability_final"](ds).sel(material=material).values
        by_region = _means(ds["availability_final"].sel(material=material).values, weight, short)
        worst = int(np.nanargmin(by_region))
        return Row(
            scenario=scenario_name(ds),
            title=str(ds.attrs.get("title") or scenario_name(ds)),
            material=material,
            mean_availability=_mean(series, weight.sum(axis=1)),
            worst_availability=float(known[lowest]),
            worst_month=str(months[lowest]),
            first_short_month=str(months[np.argmax(short)]) if short.any() else None,
            n_short_months=int(short.sum()),
            worst_region=str(ds["region"].values[worst]),
            worst_region_availability=float(by_region[worst]),
            mined=mined(ds, material),
            recycled_content=float(self.last_year["recycled_content"].sel(material=material)),
            eol_recycling_rate=float(self.last_year["eol_recycling_rate"].sel(material=material)),
        )


def _needed(ds: xr.Dataset) -> list[str]:
    names = ["availability_final", "recycled_content", "eol_recycling_rate"]
    return [n for n in [*names, "content_demanded", "supply_origin", "eol_generated"] if n in ds]


def _mean(values: Any, weight: Any) -> float:
    known = np.where(np.isfinite(values), weight, 0.0)
    total = float(known.sum())
    return float((np.where(known > 0, values, 0.0) * known).sum() / total) if total > 0 else 1.0


def _means(values: Any, weight: Any, when: Any) -> Any:
    """Mean of each region over the months of interest; 1 where a region asks for nothing."""
    months = when if when.any() else np.ones(values.shape[0], dtype=bool)
    return np.array([_mean(values[months, r], weight[months, r]) for r in range(values.shape[1])])


def mined(ds: xr.Dataset, material: str) -> float:
    """Mine output of a material over the whole period [t]: what left the ground."""
    links = ds["source"].values == "lithosphere"
    return float(ds["flow"].sel(material=material).values[:, links].sum())


def summary(datasets: Sequence[xr.Dataset]) -> list[Row]:
    """Key numbers per run and material; the first run is the baseline.

    Parameters
    ----------
    datasets : sequence of xarray.Dataset
        Results, baseline first.

    Returns
    -------
    list of Row
        Runs in their order, materials in theirs.
    """
    rows: list[Row] = []
    base: dict[str, Row] = {}
    for ds in datasets:
        numbers = _Numbers(ds)
        for material in ds["material"].values.astype(str):
            row = numbers.row(str(material))
            first = base.setdefault(row.material, row)
            change = row.mean_availability - first.mean_availability
            more = {"change": change, "mined_change": row.mined - first.mined}
            rows.append(Row(**{**asdict(row), **more}))
    return rows


def findings(
    datasets: Sequence[xr.Dataset],
    region_names: dict[str, str] | None = None,
    members: Sequence[Members | None] = (),
) -> list[Finding]:
    """Sentences for the top of a page.

    Parameters
    ----------
    datasets : sequence of xarray.Dataset
        Results, baseline first.
    region_names : dict of str to str, optional
        Names of region codes; those of the results if left out.
    members : sequence of Members or None, optional
        Ensembles of the results; with them, ranges and differences are those of members.

    Returns
    -------
    list of Finding
        The baseline's shortages first, then what each other scenario changes.
    """
    return [finding for part in by_run(datasets, region_names, members) for finding in part]


def by_run(
    datasets: Sequence[xr.Dataset],
    region_names: dict[str, str] | None = None,
    members: Sequence[Members | None] = (),
) -> list[list[Finding]]:
    """The sentences of `findings`, apart for each run; parameters are the same."""
    rows = summary(datasets)
    ranged = list(members) or [None] * len(datasets)
    names = region_names
    if names is None:
        names = {code: name for ds in reversed(datasets) for code, name in sentences.region_names(ds).items()}
    first = scenario_name(datasets[0])
    own = rows[: datasets[0].sizes["material"]]
    several = len(datasets) > 1
    found = _shortages(own, names, f"In {quoted(own[0].title)}, " if several else "")
    found[1:1] = _ranges(ranged[0], own, several)
    found.extend(cause_findings.of_run(datasets[0], names, several))
    found.append(_recycling(own, datasets[0]))
    found.extend(firm_findings.of_run(datasets[0], several))
    found.extend(levers.findings(datasets[0]))
    known = {finding.text for finding in levers.findings(datasets[0])}
    parts = [found]
    for ds, drawn in zip(datasets[1:], ranged[1:], strict=True):
        mine = [r for r in rows if r.scenario == scenario_name(ds)]
        found = [_paired(mine, own, ds, drawn, ranged[0]) or _difference(mine, own, ds)]
        found.extend(_ranges(drawn, mine, several))
        found.extend(_own_shortage(mine, own, names))
        found.extend(cause_findings.of_run(ds, names, several, datasets[0]))
        saved = _primary(mine, own[0].title)
        if saved and scenario_name(ds) != first:
            found.append(saved)
        found.extend(firm_findings.against(ds, datasets[0]))
        found.extend(finding for finding in levers.findings(ds) if finding.text not in known)
        parts.append(found)
    return parts


def _shortages(rows: list[Row], names: dict[str, str], lead: str) -> list[Finding]:
    short = sorted((r for r in rows if r.first_short_month), key=lambda r: r.worst_availability)
    found = [Finding(upper(lead + _shortage_text(r, names)), "availability", "short") for r in short]
    safe = [r.material for r in rows if not r.first_short_month]
    if safe:
        verb = "reaches" if len(safe) == 1 else "reach"
        least = percent(SHORTAGE, 0)
        text = f"{lead}{listed(safe)} {verb} final users at {least} of demand or more in every month."
        found.append(Finding(upper(text), "availability", "safe"))
    return found


def _shortage_text(row: Row, names: dict[str, str]) -> str:
    region = names.get(row.worst_region, row.worst_region)
    months = "one month lies" if row.n_short_months == 1 else f"{row.n_short_months} months lie"
    return (
        f"supply of {row.material} runs short from {month_name(str(row.first_short_month))}: "
        f"{percent(row.worst_availability)} of what final users demand is delivered in the worst month "
        f"({month_name(row.worst_month)}), and {months} under {percent(SHORTAGE, 0)}. "
        f"Hit hardest: {region}, with {percent(row.worst_region_availability)} on average over those months."
    )


def _recycling(rows: list[Row], ds: xr.Dataset) -> Finding:
    year = str(ds["time"].values[-1].astype("datetime64[Y]"))
    best = max(rows, key=lambda r: r.recycled_content)
    least = min(rows, key=lambda r: r.recycled_content)
    text = f"In {year}, recycled material makes up {percent(best.recycled_content)} of {best.material} input"
    if least.material != best.material:
        text += f" and {percent(least.recycled_content)} of {least.material} input"
    return Finding(f"{text}, the two ends of the range.", "rates")


def _difference(rows: list[Row], own: list[Row], ds: xr.Dataset) -> Finding:
    base, before = (
        own[0].title,
        {r.material: 1.0 for r in rows} | {r.material: r.worst_availability for r in own},
    )
    moved = sorted((r for r in rows if abs(r.change) >= NO_CHANGE), key=lambda r: -abs(r.change))
    first, last = (str(ds["time"].values[i].astype("datetime64[Y]")) for i in (0, -1))
    if not moved:
        text = f"{quoted(rows[0].title)}: no detectable change in mean availability against {quoted(base)}."
        return Finding(text, "availability")
    parts = [
        f"{r.material} {100 * r.change:+.1f} points".replace("-", "−") + _worst_lifted(r, before[r.material])
        for r in moved[:3]
    ]
    text = f"{quoted(rows[0].title)} against {quoted(base)}, mean availability {first} to {last}: "
    text += listed(parts)
    still = [r.material for r in rows if r not in moved]
    text += f"; no detectable change for {listed(still)}." if still else "."
    return Finding(text, "availability", "better" if moved[0].change > 0 else "worse")


def _ranges(drawn: Members | None, rows: list[Row], several: bool) -> list[Finding]:
    """How far the members of a run range."""
    if drawn is None:
        return []
    lead = f"In {quoted(rows[0].title)}, " if several else ""
    found = ensemble_findings.ranges(drawn, [row.material for row in rows], SHORTAGE, lead)
    return [found]


def _paired(
    rows: list[Row], own: list[Row], ds: xr.Dataset, drawn: Members | None, base: Members | None
) -> Finding | None:
    """What a scenario changes, member by member, where both have members that can be paired."""
    if drawn is None or base is None or not ensembles.is_pair(drawn, base):
        return None
    moved = ensemble_findings.moved(drawn, base, [row.material for row in rows])
    first, last = (str(ds["time"].values[i].astype("datetime64[Y]")) for i in (0, -1))
    titles = rows[0].title, own[0].title
    return ensemble_findings.difference(moved, titles, f"{first} to {last}", NO_CHANGE)


def _worst_lifted(row: Row, before: float) -> str:
    """What becomes of the worst month, where it gets better."""
    if row.worst_availability - before <= WORSE:
        return ""
    return f" (worst month {percent(row.worst_availability)} instead of {percent(before)})"


def _own_shortage(rows: list[Row], base: list[Row], names: dict[str, str]) -> list[Finding]:
    """Shortages a scenario adds: the materials whose worst months fall most below the baseline's."""
    before = {r.material: 1.0 for r in rows} | {r.material: r.worst_availability for r in base}
    worse = [r for r in rows if r.first_short_month and before[r.material] - r.worst_availability > WORSE]
    worse.sort(key=lambda r: r.worst_availability - before[r.material])
    return [
        Finding(f"In {quoted(r.title)}, {_shortage_text(r, names)}", "availability", "short")
        for r in worse[:MOST_SHORTAGES]
    ]


def _primary(rows: list[Row], base: str) -> Finding | None:
    """Mining that a scenario avoids without delivering less."""
    avoided = [r for r in rows if r.mined_change < -MINED_CHANGE * r.mined and r.change > -NO_CHANGE]
    if not avoided:
        return None
    avoided.sort(key=lambda r: r.mined_change / r.mined)
    parts = [
        f"{tonnes(-r.mined_change)} of {r.material} ({percent(-r.mined_change / (r.mined - r.mined_change))})"
        for r in avoided
    ]
    text = f"{quoted(rows[0].title)} needs less mining than {quoted(base)} over the whole period: "
    text += f"{listed(parts)} less."
    return Finding(text, "mines", "better")
