"""Rows of dated tables by label: the most specific ones win."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.world.state import Floats

if TYPE_CHECKING:
    from simulator.scenario.tables import Row, Table

ANY = "*"


def near(table: Table, keys: Mapping[str, str]) -> list[Row]:
    """Rows of a table that fit the first label, or any: the few that `dated_rows` has to look at."""
    column, label = next(iter(keys.items()))
    return [row for name in dict.fromkeys((label, ANY)) for row in table.where(**{column: name})]


def dated_rows(
    rows: Iterable[Mapping[str, Any]], keys: Mapping[str, str], value: str, years: Floats
) -> Floats | None:
    """Course over years of the rows that fit some labels; `*` fits all, the fewest `*` win.

    Parameters
    ----------
    rows : iterable of mappings
        Rows with a column `year`.
    keys : mapping
        Column to label.
    value : str
        Column read.
    years : (month,) float [yr]

    Returns
    -------
    (month,) float or None
        Straight lines between the years given, constant outside; None where no row fits.
    """
    best: dict[int, list[tuple[float, float]]] = {}
    for row in rows:
        if all(row[column] in (label, ANY) for column, label in keys.items()):
            stars = sum(row[column] == ANY for column in keys)
            best.setdefault(stars, []).append((float(row["year"]), float(row[value])))
    if not best:
        return None
    knots = sorted(best[min(best)])
    x, y = np.array(knots).T
    return np.asarray(np.interp(years, x, y))
