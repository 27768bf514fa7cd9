"""The first screen of a page: what falls short first, where it began, what scenarios change, what it costs.

A sentence to each question, short enough to be read at once; all findings stand in a fold behind it.
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

MOST = 3
"""Materials named for each scenario, those that change most."""

NOT_GIVEN_UP = (
    f"In no year does the world give up {percent(cause_findings.LEAST_MISSED, 0)} or more of the demand for "
    "a product; what is missing is not asked for at the prices reached."
)
"""Said where shortages are no unmet orders."""

COSTS = ("policy_cost", "programme_cost")


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
        With a ``word`` that says which question each answers.
    """
    rows = summary(datasets)
    drawn = list(members) or [None] * len(datasets)
    parts = []
    for ds in datasets:
        n = ds.sizes["material"]
        parts.append(rows[:n])
        rows = rows[n:]
    found = [_first(parts[0], datasets[0], len(datasets) > 1), *_began(datasets, names)]
    for own, of in zip(parts[1:], drawn[1:], strict=True):
        changes = changes_of(own, of, drawn[0])
        found.append(_changed(own, parts[0], changes))
    return [*found, _cost(datasets)]


def _first(rows: Sequence[Row], ds: xr.Dataset, is_one_of_several: bool) -> Finding:
    lead = "in the baseline, " if is_one_of_several else ""
    short = sorted((r for r in rows if r.first_short_month), key=lambda r: str(r.first_short_month))
    if not short:
        text = f"{lead}every material reaches {percent(SHORTAGE, 0)} of demand or more in every month."
        return Finding(upper(text), "heat", "safe", "Short first")
    first, deep = short[0], min(short, key=lambda r: r.worst_availability)
    worst = f"{percent(deep.worst_availability)} delivered in {month_name(deep.worst_month)}"
    text = f"{lead}{first.material} falls short first, from {month_name(str(first.first_short_month))}"
    if len(short) == 1:
        text += f": {worst} at worst. No other material falls under {percent(SHORTAGE, 0)}."
        return Finding(upper(text), "heat", "short", "Short first")
    end = ds["time"].values[-1].astype("datetime64[Y]")
    whole = f"all {len(rows)}" if len(short) == len(rows) else f"{len(short)} of {len(rows)}"
    text += f"; {whole} materials do by {end}. Deepest: {deep.material}, {worst}."
    return Finding(upper(text), "heat", "short", "Short first")


def _began(datasets: Sequence[xr.Dataset], names: Mapping[str, str]) -> list[Finding]:
    """Where the deepest shortage of a product began, over all runs."""
    told = [cause_findings.deepest(ds, names, len(datasets) > 1) for ds in datasets]
    known = [each for each in told if each is not None]
    if not known:
        traced = any("unmet_by_root" in ds for ds in datasets)
        return [Finding(NOT_GIVEN_UP, "products", "plain", "Where it began")] if traced else []
    text = max(known, key=lambda each: each[0])[1]
    return [Finding(text, "causes", "short", "Where it began")]


def _changed(rows: Sequence[Row], base: Sequence[Row], means: Mapping[str, float]) -> Finding:
    """What a scenario changes, the most first; and its worst month if that is worse than the baseline's."""
    changes = {r.material: means.get(r.material, r.change) for r in rows}
    moved = sorted((m for m in changes if abs(changes[m]) >= NO_CHANGE), key=lambda m: -abs(changes[m]))
    before = {r.material: r.worst_availability for r in base}
    worse = [r for r in rows if before.get(r.material, 1.0) - r.worst_availability > WORSE]
    text = f"{quoted(rows[0].title)}: "
    if moved:
        parts = [f"{m} {100 * changes[m]:+.1f}".replace("-", "−") for m in moved[:MOST]]
        text += f"{listed(parts)} points of mean availability"
        text += "" if len(moved) <= MOST else f", {_others([changes[m] for m in moved[MOST:]])}"
    else:
        text += "no detectable change in mean availability"
    if worse:
        deep = min(worse, key=lambda r: r.worst_availability)
        text += f"; at worst {percent(deep.worst_availability)} of {deep.material} delivered"
        text += f", in {month_name(deep.worst_month)}"
    tone = "plain" if not moved else "better" if changes[moved[0]] > 0 else "worse"
    return Finding(f"{text}.", "differences", tone, "What changes")


def _others(changes: Sequence[float]) -> str:
    """`2 more up`, `1 more down`, `3 more up or down`."""
    ups = {c > 0 for c in changes}
    way = "up or down" if len(ups) > 1 else "up" if ups.pop() else "down"
    return f"{len(changes)} more {way}"


def _cost(datasets: Sequence[xr.Dataset]) -> Finding:
    """Gross cost of policies and programmes, and the highest price of all."""
    spent = []
    for ds in datasets:
        cost = sum(float(ds[name].sum()) for name in COSTS if economy.has(ds, name))
        if cost > 0.0:
            of = f" in {quoted(_title(ds))}" if len(datasets) > 1 else ""
            spent.append(f"{dollars(cost)}{of}")
    chart = "prices"
    if spent:
        period = "–".join(str(datasets[0]["time"].values[i].astype("datetime64[Y]")) for i in (0, -1))
        text = f"policies and programmes cost {listed(spent)}, gross, {period}"
        chart = "policies" if any(economy.has(ds, "policy_cost") for ds in datasets) else "programmes"
    else:
        text = "no policy or programme with a cost of its own"
    text += _dearest(datasets)
    priced = any(economy.has(ds, "price") for ds in datasets)
    return Finding(upper(f"{text}."), chart if spent or priced else "heat", "plain", "What it costs")


def _dearest(datasets: Sequence[xr.Dataset]) -> str:
    best: tuple[float, str] = (1.0, "")
    for ds in datasets:
        if not economy.has(ds, "price"):
            continue
        price = firm_findings.refined_prices(ds).transpose("time", "material")
        values = np.nan_to_num(price.values, nan=0.0)
        t, m = np.unravel_index(int(values.argmax()), values.shape)
        month = month_name(str(ds["time"].values[t].astype("datetime64[M]")))
        of = f", {quoted(_title(ds))}" if len(datasets) > 1 else ""
        if values[t, m] > best[0] * 1.005:
            name = str(price["material"].values[m]).replace("_", " ")
            text = f"; the price of {name} reaches {values[t, m]:.3g} times that of the base year"
            text += f" ({month}{of})"
            best = (float(values[t, m]), text)
    return best[1]


def _title(ds: xr.Dataset) -> str:
    return str(ds.attrs.get("title") or ds.attrs.get("scenario", ""))
