"""Key tables of one run as rows of text: benchmarks of the EU, causes of the deepest shortage."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator import indicators
from simulator.report import cause_findings
from simulator.report.economy import has
from simulator.report.sentences import percent, region_names

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

SHORT_NAMES = {
    "extraction_benchmark": "extraction ≥",
    "processing_benchmark": "processing ≥",
    "recycling_benchmark": "recycling ≥",
    "single_country_ceiling": "one country ≤",
}
"""Benchmarks in few words."""

MOST_ROOTS = 5
"""Root causes in a table [1]."""

LEAST_ROOT = 0.01
"""Root causes with less of the whole are told as one [1]."""


class KeyTable(NamedTuple):
    """A small table.

    Attributes
    ----------
    title : str
    head : list of str
    rows : list of list of str
        As many cells as ``head`` has.
    """

    title: str
    head: list[str]
    rows: list[list[str]]


def key_tables(ds: xr.Dataset) -> list[KeyTable]:
    """Tables for which a result has numbers.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    """
    return [table for table in (_benchmarks(ds), _roots(ds)) if table is not None]


def _benchmarks(ds: xr.Dataset) -> KeyTable | None:
    """Each benchmark of the EU by material: the value when due, or at the end, and whether it is met."""
    if not has(ds, "crma_value"):
        return None
    told = indicators.crma(ds)
    names = told["benchmark"].values.astype(str)
    due, end = int(told["target_year"].values[0]), int(told["year"].values[-1])
    year = due if due in told["year"].values else end
    head = [""] + [f"{SHORT_NAMES[n]} {percent(float(told['target'].sel(benchmark=n)), 0)}" for n in names]
    rows = []
    for material in told["material"].values.astype(str):
        of = told.sel(material=material)
        cells = [_met(of.sel(benchmark=name), year, is_due=year == due) for name in names]
        rows.append([str(material).replace("_", " "), *cells])
    when = f"in {year}" if year == due else f"in {end}, before {due} when they are due"
    return KeyTable(f"Benchmarks of the Critical Raw Materials Act {when}", head, rows)


def _met(told: xr.Dataset, year: int, is_due: bool) -> str:
    value = _number(told["value"].sel(year=year).values)
    if value is None:
        return "uses none"
    if not is_due:
        return percent(value, 0)
    return f"{percent(value, 0)} {'met' if _number(told['in_time'].values) else 'missed'}"


def _number(value: np.ndarray) -> float | None:
    """What is not a number is none."""
    found = float(value)
    return found if found == found else None


def _roots(ds: xr.Dataset) -> KeyTable | None:
    """Largest root causes of the deepest shortage of a product in the world."""
    told = cause_findings.roots_of_deepest(ds, region_names(ds))
    if told is None:
        return None
    title = (
        f"Where the deepest shortage began: {told.products}, {told.year}, {percent(told.missed)} of demand"
    )
    main = [(root, share) for root, share in told.roots[:MOST_ROOTS] if share >= LEAST_ROOT]
    rest = 1.0 - sum(share for _, share in main)
    named = [*main, ("other causes", rest)] if rest >= LEAST_ROOT / 2 else main
    return KeyTable(title, ["", "share"], [[root, percent(share, 0)] for root, share in named])
