"""What a run rests on: rows of its tables by basis, and the assumptions it declares; kept with its result."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.scenario.tables import Tables

COLUMNS = ("name", "value", "low", "high", "unit", "reason", "source", "year", "basis")
"""Columns of an assumption that are kept."""

LONGEST = 60_000
"""Most bytes of an attribute of netCDF-4 that every reader takes; the format's own bound is 64 kB."""


def declared(tables: Tables) -> dict[str, str]:
    """Attributes of a result that tell what it rests on.

    Parameters
    ----------
    tables : Tables
        The tables of the run.

    Returns
    -------
    dict of str to str
        JSON: ``tables`` {table: {kind of basis: count of rows}}; ``assumptions``, rows of
        `COLUMNS`. Should they be too long, reasons are left out, then what would not fit.
    """
    counts = {
        name: dict(sorted(Counter(kind(row) for row in tables[name].rows).items())) for name in sorted(tables)
    }
    rows = (
        [[row.get(c) for c in COLUMNS] for row in tables["assumptions"].rows]
        if "assumptions" in tables
        else []
    )
    if len(_json(rows)) > LONGEST:
        rows = [[None if c == "reason" else v for c, v in zip(COLUMNS, row, strict=True)] for row in rows]
    while len(_json(rows)) > LONGEST:
        rows.pop()
    return {"tables": _json(counts), "assumptions": _json(rows)}


def kind(row: dict[str, Any]) -> str:
    """First word of a row's basis: `quoted`, `derived`, `assumed` or `recalled`; `none` where it has none."""
    found = re.match(r"[a-z]+", str(row.get("basis") or ""))
    return found.group() if found else "none"


def _json(value: Any) -> str:
    """ASCII, so that its length is its bytes."""
    return json.dumps(value, separators=(",", ":"), default=str, sort_keys=True)
