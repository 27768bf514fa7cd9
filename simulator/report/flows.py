"""What the loop carries in each place: what stays inside, what comes in, what goes out, year by year."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from simulator import totals
from simulator.report import places
from simulator.report.packing import named, pack

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

KINDS = ("inside", "imports", "exports")
FIGURES = 4
"""Significant figures of the largest number of a band over the years [1]."""
FINEST = 6
"""Figures of the largest number of all bands of a place and material; no band has decimals beyond [1]."""


def series(ds: xr.Dataset) -> dict[str, Any]:
    """Flows of regions and groups of regions.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.

    Returns
    -------
    dict
        ``flow_by_region``: by place, [kind][material] and number of the link, packed years; links that carry
        nothing are left out. No place where a result tells flows of the world alone.
    """
    if "flow_by_region" not in ds:
        return {"flow_by_region": {}}
    each = {str(region): [str(region)] for region in ds["region"].values}
    return {"flow_by_region": {name: _bands(ds, own) for name, own in (each | places.groups(ds)).items()}}


def _bands(ds: xr.Dataset, regions: list[str]) -> list[list[str | dict[str, str]]]:
    parts = totals.regional_flows(ds, regions).transpose("material", "link", "year")
    found: list[list[str | dict[str, str]]] = [[] for _ in KINDS]
    for material in range(parts.sizes["material"]):
        own = [parts[kind].values[material] for kind in KINDS]
        top = max(float(array.max()) for array in own)
        for bands, array in zip(found, own, strict=True):
            bands.append(_packed(array, top))
    return found


def _packed(array: np.ndarray[Any, Any], top: float) -> str | dict[str, str]:
    """Rows (link, year) [t] that are anything beside the largest number of their place."""
    found = {}
    for link, row in enumerate(array):
        if (highest := float(row.max())) > 0.0:
            decimals = min(FIGURES - _digits(highest), FINEST - _digits(top))
            if round(highest, decimals):
                found[str(link)] = pack(row.tolist(), decimals)
    return named(found)


def _digits(value: float) -> int:
    """Digits before the decimal point: 3 of 120, 0 of 0.5, -1 of 0.05."""
    return math.floor(math.log10(value)) + 1
