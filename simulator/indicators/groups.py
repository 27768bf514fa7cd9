"""Groups of regions: which regions stand for the world, the UNECE and the EU, and how well they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.indicators.rates import Floats

if TYPE_CHECKING:
    import xarray as xr

MEMBER = 0.5
"""A region belongs to a group if at least this part of it does: the larger part decides [1]."""


def groups(ds: xr.Dataset) -> dict[str, list[str]]:
    """Regions of each group: the world, the UNECE, the EU of 27, and each region for itself.

    A region belongs to a group where countries with at least half of its gross domestic product do.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, with ``membership`` (country_group, region) [1].

    Returns
    -------
    dict of str to list of str
        A group without a region is left out; a region of the same name as a group is the group.

    Source
    ------
    Membership: table `regions`; the rule is a proposal of this project.
    """
    # of `variables`: asking a data set for a labelled array takes longer than all the rest, in every member
    weight = ds.variables["membership"].transpose("country_group", "region").values
    regions = [str(name) for name in ds.variables["region"].values]
    names = [str(name) for name in ds.variables["country_group"].values]
    whole = weight[names.index("World")]
    found: dict[str, list[str]] = {}
    for name, row in zip(names, weight, strict=True):
        chosen = [r for r, part, all_ in zip(regions, row, whole, strict=True) if part >= MEMBER * all_]
        if chosen:
            found[name] = chosen
    return found | {r: [r] for r in regions if r not in found}


def coverage(ds: xr.Dataset) -> dict[str, tuple[float, float]]:
    """How well the regions of each group stand for its countries.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, with ``membership`` (country_group, region) [1].

    Returns
    -------
    dict of str to (float, float)
        Part of the members' gross domestic product that lies in regions of the group, and part of the
        regions' that is the members': both 1 where regions follow the border of the group.

    Source
    ------
    Proposal of this project.
    """
    weight = ds["membership"]
    found: dict[str, tuple[float, float]] = {}
    for name, regions in groups(ds).items():
        if name in ds["country_group"].values:
            inside = weight.sel(country_group=name, region=regions).sum()
            both = (
                weight.sel(country_group=name).sum(),
                weight.sel(country_group="World", region=regions).sum(),
            )
            found[name] = (float(inside / both[0]), float(inside / both[1]))
    return found


def incidence(ds: xr.Dataset) -> tuple[list[str], Floats]:
    """Names of the groups and which regions each holds.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, with ``membership`` (country_group, region) [1].

    Returns
    -------
    names : list of str
    matrix : (area, region) float [1]
        1 where the region is of the group, else 0.

    Source
    ------
    Arithmetic.
    """
    found = groups(ds)
    regions = ds["region"].values.astype(str)
    return list(found), np.array([np.isin(regions, chosen) for chosen in found.values()], dtype=float)
