"""Who supplies whom: refined material that buyers of each region get, by region of the supplier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import totals
from simulator.report import places
from simulator.report.economy import refined, stacked
from simulator.report.packing import packed

if TYPE_CHECKING:
    import xarray as xr


def received(ds: xr.Dataset) -> xr.DataArray:
    """Refined material got by region of the supplier, yearly.

    Parameters
    ----------
    ds : xarray.Dataset
        With ``trade`` (time, good, region_from, region_to) [t].

    Returns
    -------
    (region_to, material, region_from, year) float [t]
        Not known for a material that no good carries.
    """
    materials = ds["material"].values.astype(str)
    goods = [refined(str(material)) for material in materials]
    part = totals.by_year(ds[["trade"]])["trade"].reindex(good=goods)
    part = part.rename(good="material").assign_coords(material=materials)
    return part.transpose("region_to", "material", "region_from", "year")


def series(ds: xr.Dataset) -> dict[str, Any]:
    """Packed ``received`` [region of the buyer][material][region of the supplier][year].

    The world first among buyers, groups of regions last.
    """
    if "trade" not in ds:
        return {}
    regions = ds["region"].values
    got = received(ds).sel(region_to=regions, region_from=regions).values
    both = places.with_sums(got, regions, places.groups(ds))
    return {"received": packed(stacked(np.sum(got, axis=0), both))}
