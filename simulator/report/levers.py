"""Numbers of policies, limits on exports, projects and essential products for the charts of a page.

Each part is there only if the result has its variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.report.economy import has, stacked
from simulator.report.packing import packed
from simulator.terms import UNFC_CLASSES

if TYPE_CHECKING:
    import xarray as xr

NAMED = (("policy_cost", "policy"), ("export_left", "restriction"))
"""Variables whose dimension holds names that the scenario gave."""

EXPORTS = ("export_limit", "export_left", "export_held_back")


def labels(ds: xr.Dataset) -> dict[str, Any]:
    """Labels of the parts that a result has, as they stand beside the packed series."""
    found: dict[str, Any] = {
        f"{dim}_names": ds[dim].values.astype(str).tolist() for name, dim in NAMED if has(ds, name)
    }
    if has(ds, "export_left"):
        found["restriction_units"] = ds["unit_restriction"].values.astype(str).tolist()
    return found


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
        ``policies`` [policy][year] [USD]; ``exports``: by name of `EXPORTS` [restriction][month];
        ``pipeline`` [material][class][year] [t]; ``essential`` [region][year] [1], the world first.
    """
    found: dict[str, Any] = {}
    if has(ds, "policy_cost"):
        found["policies"] = packed(world["policy_cost"].transpose("policy", "year"))
    if has(ds, "export_left"):
        found["exports"] = {n: packed(ds[n].transpose("restriction", "time")) for n in EXPORTS}
    if has(ds, "pipeline"):
        order = ("material", "unfc_class", "year")
        found["pipeline"] = packed(world["pipeline"].sel(unfc_class=list(UNFC_CLASSES)).transpose(*order))
    if has(ds, "availability_essential"):
        name = "availability_essential"
        found["essential"] = packed(stacked(world[name], yearly[name].transpose("region", "year")), 4)
    return found
