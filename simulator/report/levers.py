"""Numbers of policies, limits on exports, projects and essential products for the charts of a page.

Each part is there only if the result has its variables.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report import evasion, places
from simulator.report.economy import has, occurring, stacked
from simulator.report.evasion import held
from simulator.report.packing import packed
from simulator.report.sentences import Finding, dollars, listed, percent, quoted, scenario_name, upper
from simulator.terms import UNFC_CLASSES
from simulator.unrms import NOT_MEASURED, Row, sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

NAMED = (("policy_cost", "policy"), ("export_left", "restriction"))
"""Variables whose dimension holds names that the scenario gave."""

ABOUT = ("policy", "restriction", "programme", "model")
"""What has a name and is about some materials; with one chosen, what is about it stays."""

EXPORTS = ("export_limit", "export_left", "export_held_back", "export_evaded")


def labels(ds: xr.Dataset) -> dict[str, Any]:
    """Labels of the parts that a result has, as they stand beside the packed series."""
    found: dict[str, Any] = {
        f"{dim}_names": ds[dim].values.astype(str).tolist() for name, dim in NAMED if has(ds, name)
    }
    if has(ds, "export_left"):
        found["restriction_units"] = ds["unit_restriction"].values.astype(str).tolist()
    for dim in ABOUT:
        if has(ds, f"{dim}_material"):
            found[f"{dim}_materials"] = held(ds[f"{dim}_material"].transpose(dim, "material"))
    return found | evasion.labels(ds)


def series(ds: xr.Dataset, yearly: xr.Dataset, world: xr.Dataset) -> dict[str, Any]:
    """Packed series of the parts that a result has.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, monthly.
    yearly, world : xarray.Dataset
        Its years by region and for the world.

    Returns
    -------
    dict
        ``policies`` [region][policy][year] [USD]; ``exports``: by name of `EXPORTS`
        [region][restriction][month], the world first and groups of regions last;
        ``pipeline`` [region][material][class][year] [t], by region alone, an empty list where there is
        nothing: the page sums them up; ``essential`` [region][material][year] [1], the world first, all
        materials first; and those of `evasion.series`.
    """
    found: dict[str, Any] = evasion.series(ds)
    if has(ds, "policy_cost"):
        one, many = (each["policy_cost"].transpose(..., "policy", "year") for each in (world, yearly))
        found["policies"] = packed(stacked(one, many))
    if has(ds, "export_left"):
        found["exports"] = {name: packed(_exports(ds, name)) for name in EXPORTS if has(ds, name)}
    if has(ds, "pipeline"):
        quantity = yearly["pipeline"].sel(region=ds["region"].values, unfc_class=list(UNFC_CLASSES))
        found["pipeline"] = occurring(quantity.transpose("region", "material", "unfc_class", "year"))
    if has(ds, "availability_essential"):
        one, many = (_essential(part) for part in (world, yearly))
        found["essential"] = packed(stacked(one, many), 4)
    return found


def _essential(part: xr.Dataset) -> Any:
    """Years (..., material, year) [1] of what is met of essential products; all materials first."""
    order = (..., "material", "year")
    met, asked = (part[f"{name}_essential"].transpose(*order).values for name in ("availability", "demanded"))
    got = np.where(asked > 0.0, met, 0.0) * asked
    whole = asked.sum(axis=-2, keepdims=True)
    all_ = np.divide(got.sum(axis=-2, keepdims=True), whole, out=np.full_like(whole, np.nan), where=whole > 0)
    return np.concatenate([all_, met], axis=-2)


def _exports(ds: xr.Dataset, name: str) -> Any:
    """Months (region, restriction, time) of a variable of `EXPORTS`; the world first, groups last."""
    own = ds[name].transpose("region", "restriction", "time").values
    return stacked(own.sum(axis=0), places.with_sums(own, ds["region"].values, places.groups(ds)))


def findings(ds: xr.Dataset) -> list[Finding]:
    """Sentences on one run: what its policies cost, what limits on exports hold back, what evades them."""
    found = []
    first, last = (str(ds["time"].values[i].astype("datetime64[Y]")) for i in (0, -1))
    title = quoted(str(ds.attrs.get("title") or scenario_name(ds)))
    if has(ds, "policy_cost"):
        cost = ds["policy_cost"].sum(("time", "region"))
        parts = [
            f"{str(name).replace('_', ' ')} {dollars(float(one))}"
            for name, one in zip(ds["policy"].values, cost.values, strict=True)
        ]
        text = f"Gross cost of the policies of {title}, {first} to {last}: {listed(parts)}."
        found.append(Finding(text, "policies"))
    if has(ds, "export_held_back"):
        over = ("time", "region")
        held, left = (ds[n].sum(over).values for n in ("export_held_back", "export_left"))
        if has(ds, "export_evaded"):
            left = left + ds["export_evaded"].sum(over).values
        for i, name in enumerate(ds["restriction"].values.astype(str)):
            if held[i] > 0:
                share = percent(held[i] / (held[i] + left[i]))
                text = f"{name.replace('_', ' ')} in {title} holds back {share} "
                found.append(
                    Finding(upper(f"{text}of what would have left while it is in force."), "exports")
                )
    return found + evasion.findings(ds)


def principles(datasets: Sequence[xr.Dataset]) -> list[dict[str, Any]]:
    """Lines of the sheet of the Resource Management System: principle, measure, a cell for each run."""
    lines: dict[tuple[int, str, str], list[list[Row]]] = {}
    for i, ds in enumerate(datasets):
        for row in sheet(ds, _principles()):
            cells = lines.setdefault((row.number, row.name, row.measure), [[] for _ in datasets])
            cells[i].append(row)
    measured = {number for number, _, measure in lines if measure != NOT_MEASURED}
    return [
        {"name": f"{number}. {name}", "measure": measure, "cells": [_cell(rows) for rows in cells]}
        for (number, name, measure), cells in sorted(lines.items(), key=lambda item: item[0][0])
        if measure != NOT_MEASURED or number not in measured
    ]


@cache
def _principles() -> list[dict[str, Any]]:
    """Rows of the shipped table of principles."""
    from simulator.scenario import tables

    return [dict(row) for row in tables.load()["unrms"].rows]


def _cell(rows: list[Row]) -> str:
    """Value of a measure in one run, by material where it has several."""
    if not rows or all(row.value is None for row in rows):
        return NOT_MEASURED
    return "; ".join(f"{row.material} {_number(row)}".strip() for row in rows)


def _number(row: Row) -> str:
    if row.value is None:
        return NOT_MEASURED
    is_share = row.unit == "1" and abs(row.value) <= 1
    return percent(row.value) if is_share else f"{row.value:,.4g} {row.unit}".removesuffix(" 1")
