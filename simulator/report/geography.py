"""Map of a page: outlines of countries, and the countries of each region of a result."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

OUTLINES = Path(__file__).parent / "assets" / "world.json"


@cache
def outlines() -> dict[str, Any]:
    """Outlines of countries in the plane of the map.

    Returns
    -------
    dict
        ``box``: left, top, width, height; ``paths``: SVG path by three-letter code of the country, under no
        code what belongs to none; ``note``: where they come from.
    """
    found: dict[str, Any] = json.loads(OUTLINES.read_text(encoding="utf-8"))
    return found


def countries(ds: xr.Dataset) -> dict[str, list[str]]:
    """Three-letter codes of the countries of each region.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run. Where it does not say which countries a region has, the shipped table of regions
        does; a region that is none of it but has the code of a country was carved out.

    Returns
    -------
    dict of str to list of str
        By region code, sorted; empty for a region that is no country's.
    """
    regions = [str(code) for code in ds["region"].values]
    if "countries" in ds.coords:
        return {r: str(c).split() for r, c in zip(regions, ds["countries"].values, strict=True)}
    found: dict[str, list[str]] = {region: [] for region in regions}
    shipped = _shipped()
    carved = set(found) - set(shipped.values())
    for country, region in shipped.items():
        home = country if country in carved else region
        if home in found:
            found[home].append(country)
    return found


@cache
def _shipped() -> dict[str, str]:
    """Region of each country in the shipped table, by country."""
    from simulator.scenario import tables

    rows = tables.load()["regions"].rows
    return {str(row["iso3"]): str(row["region"]) for row in sorted(rows, key=lambda row: str(row["iso3"]))}
