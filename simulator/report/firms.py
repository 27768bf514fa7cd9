"""Numbers of firms that handle a material, for the charts of enterprises: by stage in the world, by region.

Stages of a region are not told by material, nor there sizes of what fails or is invested: a page would have
to carry several times as many numbers. The page sums up stages, and regions to groups of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report.economy import has, occurring
from simulator.report.packing import FIGURES
from simulator.terms import CAUSES, FIRM_STAGES, REASONS, SIZES

if TYPE_CHECKING:
    import xarray as xr

    Numbers = np.ndarray[Any, Any]

FEWER = 3
"""Significant figures of jobs and money, as sentences of a page have them [1]; enterprises have `FIGURES`."""


def series(ds: xr.Dataset) -> dict[str, Any]:
    """Packed series of firms by the material that they handle; nothing where a result does not tell it.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, with what firms do by process.

    Returns
    -------
    dict
        ``by_material``: ``world`` [material][stage][size] and ``regions`` [region][material][size] of
        ``n_firms`` [before the first year, then by year], ``jobs`` and ``sales`` [year], ``failures``
        [cause][year] and ``investments`` [part][year]: what was made, then what was not, by reason. The last
        two have no sizes in ``regions``. A list without anything in it is empty.
    """
    if not has(ds, "process_material"):
        return {}
    holds = ds["process_material"].transpose("process", "material").values
    stages = ds["stage_process"].values.astype(str)[:, None] == np.array(FIRM_STAGES)
    found: dict[str, Any] = {"world": {}, "regions": {}}
    for name, values in _told(ds).items():
        world = np.einsum("rpz...,pm,ps->msz...", values, holds, stages)
        regions = np.einsum("rpz...,pm->rmz...", values, holds)
        figures = FIGURES if name in ("n_firms", "failures") else FEWER
        found["world"][name] = occurring(world, figures)
        has_parts = name in ("failures", "investments")
        found["regions"][name] = occurring(regions.sum(axis=2) if has_parts else regions, figures)
    return {"by_material": found}


def _told(ds: xr.Dataset) -> dict[str, Numbers]:
    """What is told of firms (region, process, size, ..., year)."""
    front = ("region", "process", "size")

    def of(name: str, *more: str) -> Numbers:
        labels = {"size": SIZES, "cause": CAUSES, "reason": REASONS}
        part = ds[name].sel({dim: list(labels[dim]) for dim in ds[name].dims if dim in labels})
        return np.asarray(part.transpose(*front, *more))

    start = of("n_firms_start")[..., None]
    found = {"n_firms": np.concatenate([start, of("n_firms_by_process", "year")], axis=-1)}
    for name in ("jobs", "sales"):
        if has(ds, f"{name}_by_process"):
            found[name] = of(f"{name}_by_process", "year")
    if has(ds, "failures_by_process"):
        found["failures"] = of("failures_by_process", "cause", "year")
    if has(ds, "investments_made_by_process"):
        made = of("investments_made_by_process", "year")[..., None, :]
        blocked = of("investments_blocked_by_process", "reason", "year")
        found["investments"] = np.concatenate([made, blocked], axis=3)
    return found
