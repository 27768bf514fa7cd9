"""Where shortages began: units given up and need not met, by root cause, for the charts of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report import places
from simulator.report.economy import has, stacked
from simulator.report.packing import named, pack
from simulator.terms import ROOT_KIND_NAMES, ROOT_PARTS

if TYPE_CHECKING:
    import xarray as xr

    Numbers = np.ndarray[Any, Any]

LEAST = 0.005
"""Roots with less of the whole than this are put together [1]."""

REST = "rest"
"""Key of the roots that are put together."""

OF = {"products": ("unmet_by_root", "product"), "needs": ("need_unmet_by_root", "material")}
"""Variable and dimension of what can be missing."""


def labels(ds: xr.Dataset) -> dict[str, Any]:
    """``roots``: kind, stage, region and material of each root cause, in the order of the result."""
    if not has(ds, "unmet_by_root"):
        return {}
    parts = [ds[f"root_{part}"].values.astype(str).tolist() for part in ROOT_PARTS]
    parts[-1] = [material.replace("_", " ") for material in parts[-1]]
    return {"roots": [list(root) for root in zip(*parts, strict=True)]}


def words() -> dict[str, Any]:
    """Kinds of root causes in words."""
    return {"root_kinds": list(ROOT_KIND_NAMES.items())}


def series(ds: xr.Dataset) -> dict[str, Any]:
    """Packed series of what is missing, by root cause.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, with ``unmet_by_root`` (year, region, product, root) and ``need_unmet_by_root``
        (year, region, material, root) [t].

    Returns
    -------
    dict
        ``causes``: ``products`` and ``needs``, each [region][product or material] with years by number of
        the root in `labels`, or `REST`; the world first, groups last. A root that is not named has none.
    """
    if not has(ds, "unmet_by_root"):
        return {}
    groups = places.groups(ds)
    return {"causes": {key: _by_root(ds[name], dim, groups) for key, (name, dim) in OF.items() if name in ds}}


def _by_root(array: xr.DataArray, dim: str, groups: places.Groups) -> list[list[str | dict[str, str]]]:
    regions = array.transpose("region", dim, "root", "year").values
    both = stacked(regions.sum(axis=0), places.with_sums(regions, array["region"].values, groups))
    return [[_sparse(roots) for roots in things] for things in both]


def _sparse(roots: Numbers) -> str | dict[str, str]:
    """Years of the roots that matter, the others as one: (root, year)."""
    each = roots.sum(axis=1)
    is_named = each > LEAST * each.sum()
    found = {str(k): pack(roots[k].tolist()) for k in np.flatnonzero(is_named)}
    rest = roots[~is_named].sum(axis=0)
    found |= {REST: pack(rest.tolist())} if rest.any() else {}
    return named(found)
