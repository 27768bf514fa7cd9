"""Places that a page tells numbers of: the world, each region, and groups of regions such as the UNECE.

A group stands behind the regions, as if it were one region more: what it delivers, recycles or pays is told
by ratios of its sums, as for the world.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import indicators, totals
from simulator.batch.placed import groups as groups
from simulator.report.sentences import percent, region_names

if TYPE_CHECKING:
    import xarray as xr

    Numbers = np.ndarray[Any, Any]
    Groups = Mapping[str, Sequence[str]]

GROUP_NAMES = {"UNECE": "UNECE region", "EU27": "European Union"}
"""Groups in words, where they are no region of the result."""

WHOLE = 0.995
"""A group whose regions hold this part of its members, and little else, is told without remark [1]."""


def labels(ds: xr.Dataset) -> dict[str, Any]:
    """``regions`` with the world first and groups last, their names, ``groups``, and what is said of them."""
    found = groups(ds)
    own = ds["region"].values.astype(str).tolist()
    return {
        "regions": [totals.WORLD, *own, *found],
        "region_names": {g: GROUP_NAMES[g] for g in found} | region_names(ds),
        "groups": found,
        "group_notes": {group: _note(ds, group) for group in found},
    }


def _note(ds: xr.Dataset, group: str) -> str:
    """Which regions stand for a group, and how well, where they do not follow its border."""
    names = region_names(ds)
    inside, own = indicators.coverage(ds)[group]
    text = f"the sum of {'; '.join(names[code] for code in groups(ds)[group])}"
    if min(inside, own) >= WHOLE:
        return text
    return (
        f"{text}: regions with {percent(inside, 0)} of its members' gross domestic product, "
        f"of whose own {percent(own, 0)} is its members'"
    )


def with_groups(ds: xr.Dataset, found: Groups, years: bool = False) -> xr.Dataset:
    """Regions and, behind them, groups of regions, each as if it were one region more.

    Parameters
    ----------
    ds : xarray.Dataset
        Monthly variables of `terms.VARIABLES`.
    found : mapping of str to sequence of str
        Regions of each group, by its name.
    years : bool
        Whether years stand in place of months.

    Returns
    -------
    xarray.Dataset
        As `totals.by_year` or the given one, with more labels of ``region``. What is known of each region
        alone is left out.
    """
    import xarray as xr

    own = totals.by_year(ds) if years else ds
    if not found:
        return own
    reduce = totals.over_regions_by_year if years else totals.over_regions
    parts = {name: reduce(ds, list(regions)) for name, regions in found.items()}
    kept: dict[str, Any] = {}
    for key, array in own.data_vars.items():
        if "region" not in array.dims:
            kept[str(key)] = array
        elif all(key in part for part in parts.values()):
            rows = [
                part[key].expand_dims(region=[name]).transpose(*array.dims) for name, part in parts.items()
            ]
            kept[str(key)] = xr.concat([each.reset_coords(drop=True) for each in (array, *rows)], "region")
    return xr.Dataset(kept, attrs=ds.attrs)


def with_sums(array: Any, regions: Any, found: Groups) -> Numbers:
    """Rows of regions (their labels), along the first axis, and behind them the sums of groups."""
    rows = np.asarray(array)
    more = [
        rows[np.isin(np.asarray(regions).astype(str), list(chosen))].sum(axis=0) for chosen in found.values()
    ]
    return np.concatenate([rows, np.stack(more)]) if more else rows
