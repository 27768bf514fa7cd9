"""What the runs of a page rest on: tables of inputs by basis, and the assumptions declared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.scenario.declared import COLUMNS

if TYPE_CHECKING:
    import xarray as xr

BASES = ("quoted", "derived", "assumed", "recalled", "none")
"""Kinds of basis, from the firmest to what has none."""


@dataclass(frozen=True)
class Basis:
    """Inputs that one or several runs share.

    Attributes
    ----------
    titles : list of str
        Titles of those runs.
    tables : list of (str, list of int)
        Table and count of its rows of each kind in `BASES`, all of them first.
    assumptions : list of dict of str to str
        Name, value with unit, range, reason, source, basis, and whether it is recalled.
    """

    titles: list[str]
    tables: list[tuple[str, list[int]]]
    assumptions: list[dict[str, str]]


def bases(datasets: Sequence[xr.Dataset]) -> list[Basis]:
    """Inputs of results, once for runs that share them; results that do not tell are left out.

    Parameters
    ----------
    datasets : sequence of xarray.Dataset
        Results with the attributes of `simulator.scenario.declared`.

    Returns
    -------
    list of Basis
        In the order of the runs.
    """
    shared: dict[tuple[str, str], list[str]] = {}
    for ds in datasets:
        if "tables" in ds.attrs:
            key = str(ds.attrs["tables"]), str(ds.attrs.get("assumptions", "[]"))
            shared.setdefault(key, []).append(str(ds.attrs.get("title") or ds.attrs.get("scenario", "")))
    return [
        Basis(
            titles,
            _counts(json.loads(tables)),
            [_told(dict(zip(COLUMNS, row, strict=True))) for row in json.loads(rows)],
        )
        for (tables, rows), titles in shared.items()
    ]


def _counts(tables: dict[str, dict[str, int]]) -> list[tuple[str, list[int]]]:
    found = []
    for name, by_basis in sorted(tables.items()):
        found.append((name, [sum(by_basis.values()), *(by_basis.get(basis, 0) for basis in BASES)]))
    return found


def _told(row: dict[str, object]) -> dict[str, str]:
    unit = "" if row["unit"] in (None, "1") else f" {row['unit']}"
    has_range = row["low"] is not None and row["high"] is not None
    year = f", {row['year']}" if row["year"] else ""
    return {
        "name": str(row["name"]),
        "value": f"{_number(row['value'])}{unit}",
        "range": f"{_number(row['low'])} to {_number(row['high'])}" if has_range else "–",
        "reason": str(row["reason"] or ""),
        "source": f"{row['source'] or 'none'}{year}",
        "basis": str(row["basis"] or "none"),
        "tone": "short" if str(row["basis"]).startswith("recalled") else "",
    }


def _number(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)
