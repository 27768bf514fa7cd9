"""Exports that evade limits and duties: numbers of their chart, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulator.report import places
from simulator.report.economy import has, stacked
from simulator.report.packing import packed
from simulator.report.sentences import Finding, percent, quoted, scenario_name, tonnes

if TYPE_CHECKING:
    import xarray as xr


class Evaded(NamedTuple):
    """Exports of goods of which some evade, by region of the exporter.

    Attributes
    ----------
    good, unit : list of str
        Goods in words and what they are counted in; those of which nothing evades are left out.
    materials : list of list of str
        What each good holds.
    illicit, crossed : (region, good, time) float [unit]
        Exports that evade, and all that crosses a border.
    """

    good: list[str]
    unit: list[str]
    materials: list[list[str]]
    illicit: Any
    crossed: Any


def exports(ds: xr.Dataset) -> Evaded | None:
    """Exports of a result that evade, month by month; none where its scenario lets nothing evade.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, with ``exports_illicit`` (time, good, region_from, region_to) [unit of the good].
    """
    if not has(ds, "exports_illicit"):
        return None
    regions = ds["region"].values
    order = ("region_from", "good", "time", "region_to")
    both = [ds[n].sel(region_from=regions, region_to=regions) for n in ("exports_illicit", "trade")]
    illicit, crossed = (array.transpose(*order).values for array in both)
    abroad = ~np.eye(len(regions), dtype=bool)[:, None, None, :]
    illicit, crossed = (illicit * abroad).sum(axis=3), (crossed * abroad).sum(axis=3)
    some = np.flatnonzero(illicit.sum(axis=(0, 2)) > 0.0)
    goods = [str(ds["good"].values[g]).replace("_", " ") for g in some]
    units = [str(ds["unit_good"].values[g]) for g in some]
    materials = held(ds["good_material"].transpose("good", "material").isel(good=some))
    return Evaded(goods, units, materials, illicit[:, some], crossed[:, some])


def held(array: xr.DataArray) -> list[list[str]]:
    """Materials of each row of a variable (row, material) that is 1 where there is some."""
    names = array["material"].values.astype(str)
    return [names[row > 0].tolist() for row in array.values]


def labels(ds: xr.Dataset) -> dict[str, Any]:
    """``evaded_goods``, ``evaded_units`` and ``evaded_materials``, where something can evade."""
    found = exports(ds)
    if found is None:
        return {}
    return {"evaded_goods": found.good, "evaded_units": found.unit, "evaded_materials": found.materials}


def series(ds: xr.Dataset) -> dict[str, Any]:
    """Packed series ``evaded``: ``illicit`` and ``crossed`` [region of the exporter][good][month].

    The world first, groups of regions last; of a group, exports between its regions count.
    """
    found = exports(ds)
    if found is None:
        return {}
    groups, own = places.groups(ds), ds["region"].values
    told = {"illicit": found.illicit, "crossed": found.crossed}
    return {
        "evaded": {
            name: packed(stacked(array.sum(axis=0), places.with_sums(array, own, groups)))
            for name, array in told.items()
        }
    }


def findings(ds: xr.Dataset) -> list[Finding]:
    """A sentence on the good of which the largest part evades; none where nothing does."""
    found = exports(ds)
    if found is None or not found.good:
        return []
    illicit, crossed = (array.sum(axis=(0, 2)) for array in (found.illicit, found.crossed))
    k = int(np.argmax(illicit / crossed))
    size = tonnes(illicit[k]) if found.unit[k] == "t" else f"{illicit[k]:,.3g} {found.unit[k]}"
    title, share = quoted(str(ds.attrs.get("title") or scenario_name(ds))), percent(illicit[k] / crossed[k])
    text = f"In {title}, {size} of {found.good[k]} evades limits and duties, {share} of what is exported"
    return [Finding(f"{text} over the whole period.", "evaded")]
