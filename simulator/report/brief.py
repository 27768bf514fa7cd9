"""The first screen of a page: what happens, where it began, what scenarios change, what it costs.

A line to each question, so few words that fifteen seconds are enough; all findings stand in a fold behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulator.report import cause_findings, economy, firm_findings
from simulator.report.findings import NO_CHANGE, SHORTAGE, WORSE, Row, summary
from simulator.report.glance import changes_of
from simulator.report.sentences import Finding, dollars, listed, month_name, percent, quoted, upper

if TYPE_CHECKING:
    import xarray as xr

    from simulator.report.ensembles import Members

NOT_GIVEN_UP = (
    f"In no year is {percent(cause_findings.LEAST_MISSED, 0)} or more of the demand for a product given up; "
    "dear goods are not asked for."
)
"""Said where shortages are no unmet orders."""

COSTS = ("policy_cost", "programme_cost")

HAPPENS, BEGAN, CHANGES, COSTS_WORD = QUESTIONS = (
    "What happens",
    "Where it began",
    "What changes",
    "What it costs",
)
"""Questions that the lines answer, in their order."""


def brief(
    datasets: Sequence[xr.Dataset], names: Mapping[str, str], members: Sequence[Members | None] = ()
) -> list[Finding]:
    """Sentences of the first screen.

    Parameters
    ----------
    datasets : sequence of xarray.Dataset
        Results, baseline first.
    names : mapping of str to str
        Names of region codes.
    members : sequence of Members or None, optional
        Ensembles of the results; with them, changes are means over pairs of members.

    Returns
    -------
    list of Finding
        With a ``word`` of `QUESTIONS` that says which question each answers.
    """
    rows = summary(datasets)
    drawn = list(members) or [None] * len(datasets)
    parts = []
    for ds in datasets:
        n = ds.sizes["material"]
        parts.append(rows[:n])
        rows = rows[n:]
    found = [_first(parts[0], len(datasets) > 1), *_began(datasets, names)]
    for own, of in zip(parts[1:], drawn[1:], strict=True):
        changes = changes_of(own, of, drawn[0])
        found.append(_changed(own, parts[0], changes))
    return [*found, _cost(datasets)]


def _first(rows: Sequence[Row], is_one_of_several: bool) -> Finding:
    lead = "Baseline: " if is_one_of_several else ""
    short = sorted((r for r in rows if r.first_short_month), key=lambda r: str(r.first_short_month))
    if not short:
        text = f"{lead}no material falls under {percent(SHORTAGE, 0)} of demand."
        return Finding(upper(text), "heat", "safe", HAPPENS)
    first, deep = short[0], min(short, key=lambda r: r.worst_availability)
    text = f"{lead}{first.material} falls short first, in {month_name(str(first.first_short_month))}; "
    text += "it is the only one" if len(short) == 1 else f"deepest is {deep.material}"
    text += f", {percent(deep.worst_availability)} delivered at worst."
    return Finding(upper(text), "heat", "short", HAPPENS)


def _began(datasets: Sequence[xr.Dataset], names: Mapping[str, str]) -> list[Finding]:
    """Where the deepest shortage of a product began, over all runs."""
    short = {code: name.split(" (")[0] for code, name in names.items()}
    told = [(cause_findings.roots_of_deepest(ds, short), ds) for ds in datasets]
    known = [(each, ds) for each, ds in told if each is not None]
    if not known:
        traced = any("unmet_by_root" in ds for ds in datasets)
        return [Finding(NOT_GIVEN_UP, "products", "plain", BEGAN)] if traced else []
    deep, ds = max(known, key=lambda each: each[0].missed)
    root, share = deep.roots[0]
    where = root.rsplit(" (", 1)[0]  # the kind of cause is told by the chart and its sentence
    text = f"{where}: {percent(share, 0)} of the deepest loss, "
    text += f"{percent(deep.missed)} of {deep.products} in {deep.year}"
    text += f" ({quoted(_title(ds))})" if len(datasets) > 1 else ""
    return [Finding(upper(f"{text}."), "causes", "short", BEGAN)]


def _changed(rows: Sequence[Row], base: Sequence[Row], means: Mapping[str, float]) -> Finding:
    """What a scenario changes most: its worst month if that is worse than the baseline's, else the mean."""
    changes = {r.material: means.get(r.material, r.change) for r in rows}
    moved = sorted((m for m in changes if abs(changes[m]) >= NO_CHANGE), key=lambda m: -abs(changes[m]))
    before = {r.material: r.worst_availability for r in base}
    worse = [r for r in rows if before.get(r.material, 1.0) - r.worst_availability > WORSE]
    is_better = bool(moved) and changes[moved[0]] > 0
    parts = []
    if moved and (is_better or not worse):
        size = f"{100 * changes[moved[0]]:+.1f}".replace("-", "\u2212")
        parts.append(f"{moved[0]} {size} points on average")
    if worse:
        deep = min(worse, key=lambda r: r.worst_availability)
        parts.append(
            f"{deep.material} down to {percent(deep.worst_availability)}, {month_name(deep.worst_month)}"
        )
    text = f"{quoted(rows[0].title)}: {', but '.join(parts) or 'no detectable change'}."
    tone = "better" if is_better else "worse" if moved or worse else "plain"
    return Finding(text, "differences", tone, CHANGES)


def _cost(datasets: Sequence[xr.Dataset]) -> Finding:
    """Gross cost of policies and programmes, and the highest price of all."""
    spent = []
    for ds in datasets:
        cost = sum(float(ds[name].sum()) for name in COSTS if economy.has(ds, name))
        if cost > 0.0:
            spent.append(dollars(cost) + (f" ({quoted(_title(ds))})" if len(datasets) > 1 else ""))
    chart = "prices"
    if spent:
        text = f"policies and programmes, gross: {listed(spent)}"
        chart = "policies" if any(economy.has(ds, "policy_cost") for ds in datasets) else "programmes"
    else:
        text = "no policy with a cost of its own"
    text += _dearest(datasets)
    priced = any(economy.has(ds, "price") for ds in datasets)
    return Finding(upper(f"{text}."), chart if spent or priced else "heat", "plain", COSTS_WORD)


def _dearest(datasets: Sequence[xr.Dataset]) -> str:
    best: tuple[float, str] = (1.0, "")
    for ds in datasets:
        if not economy.has(ds, "price"):
            continue
        price = firm_findings.refined_prices(ds).transpose("time", "material")
        values = np.nan_to_num(price.values, nan=0.0)
        m = int(np.unravel_index(int(values.argmax()), values.shape)[1])
        if values.max() > best[0] * 1.005:
            name = str(price["material"].values[m]).replace("_", " ")
            best = (float(values.max()), f"; {name} price up to {values.max():.3g} times the base year's")
    return best[1]


def _title(ds: xr.Dataset) -> str:
    return str(ds.attrs.get("title") or ds.attrs.get("scenario", ""))
