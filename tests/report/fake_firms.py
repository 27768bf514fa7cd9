"""Made-up firms by process for the made-up results: they add up to stages, some handle many materials."""

from __future__ import annotations

import numpy as np
import xarray as xr

from simulator import totals

HELD = {
    "ev_cell": ("lithium", "cobalt", "nickel", "copper"),
    "ev_battery": ("lithium", "cobalt", "nickel", "copper"),
    "grid": ("lithium", "copper"),
    "motor": ("copper",),
    "network": ("copper",),
    "recycle_battery": ("lithium", "cobalt", "nickel"),
}
"""Materials of processes that are not named after one, by a part of their name."""

YEARLY = (
    "n_firms",
    "jobs",
    "sales",
    "failures",
    *(f"investments_{k}" for k in ("wanted", "made", "blocked")),
)


def add(ds: xr.Dataset) -> None:
    """Split what a stage does over its processes; nobody in Canada refines lithium, nobody collects."""
    processes, stages = ds["process"].values.astype(str), ds["stage_process"].values.astype(str)
    held = [[_holds(process, material) for material in ds["material"].values] for process in processes]
    ds["process_material"] = (("process", "material"), np.array(held, dtype=float))
    rng = np.random.default_rng(11)
    weight = rng.uniform(0.5, 1.5, (ds.sizes["region"], len(processes)))
    weight[ds["region"].values == "CAN", processes == "refine_lithium"] = 0.0
    share = np.zeros((*weight.shape, ds.sizes["stage"]))
    for k, stage in enumerate(ds["stage"].values):
        own = np.flatnonzero(stages == stage)
        share[:, own, k] = weight[:, own] / weight[:, own].sum(axis=1, keepdims=True) if len(own) else 0.0
    of_stage = xr.DataArray(share, dims=("region", "process", "stage"))
    first = ds.isel(time=0)
    start = first["n_firms"]
    if "failures" in ds:
        start = start + first["failures"].sum("cause") - first["births"]
    ds["n_firms_start"] = (
        start.drop_vars("time").dot(of_stage, dim="stage").transpose("region", "process", "size")
    )
    for name in YEARLY:
        if name in ds:
            years = totals.by_year(ds[[name]])[name]
            more = [dim for dim in years.dims if dim in ("cause", "reason")]
            told = years.dot(of_stage, dim="stage").transpose("year", "region", "process", "size", *more)
            ds[f"{name}_by_process"] = (told.dims, told.values)


def _holds(process, material):
    several = [materials for part, materials in HELD.items() if part in process]
    return process.split("_from_")[0].endswith(material) or any(material in each for each in several)
