"""Numbers of charts: the compact block from which the page draws them.

World series are monthly; regions are yearly but for availability. The page draws, filters, tabulates and
exports from this block alone, so what is charted is what is in it. Series are packed (`packing`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import totals
from simulator.report import (
    causes,
    economy,
    ensembles,
    firms,
    flows,
    geography,
    levers,
    outcomes,
    places,
    security,
    suppliers,
)
from simulator.report.catalogue import CHARTS as CHARTS
from simulator.report.catalogue import GROUPS as GROUPS
from simulator.report.catalogue import Chart as Chart
from simulator.report.catalogue import shown as shown
from simulator.report.ensembles import Members
from simulator.report.packing import packed
from simulator.terms import ORIGINS

if TYPE_CHECKING:
    import xarray as xr

AVAILABILITIES = ("availability_final", "availability", "availability_base_need")
AVAILABILITY_WEIGHTS = ("content_demanded", "need", "base_need")
RATES = {
    "eol_recycling_rate": "end-of-life recycling rate",
    "recycled_content": "recycled content",
    "collection_rate": "collection rate",
    "process_efficiency": "efficiency of recycling processes",
    "eol_recycling_input_rate": "end-of-life recycling input rate",
    "old_scrap_ratio": "old scrap in all scrap",
    "old_scrap_input_rate": "old scrap in all input",
}
"""Recycling rates in words, in the order in which a page offers them."""
BY_AREA = "_by_area"
DEMANDS = ("demand", "delivered", "unmet")
MONTHS_PER_YEAR = 12


def block(
    ds: xr.Dataset,
    base: xr.Dataset | None = None,
    members: Members | None = None,
    base_members: Members | None = None,
) -> dict[str, Any]:
    """Numbers of one run that its charts need.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    base : xarray.Dataset, optional
        Result of the baseline; left out, the run is its own.
    members, base_members : Members, optional
        Ensembles of both.

    Returns
    -------
    dict
        JSON types only: labels, and under ``series`` packed numbers. Shares have four decimals, other series
        six digits.
    """
    light = _light(ds)
    groups = places.groups(ds)
    yearly, world_yearly = places.with_groups(light, groups, years=True), totals.over_regions_by_year(light)
    labels = places.labels(ds)
    drawn: dict[str, Any] = {}
    if members is not None:
        materials = list(map(str, ds["material"].values))
        drawn = ensembles.block(members, base_members, materials, labels["regions"])
    return drawn | {
        "scenario": str(ds.attrs.get("scenario", "unnamed")),
        "title": str(ds.attrs.get("title") or ds.attrs.get("scenario", "unnamed")),
        "events": json.loads(ds.attrs.get("events") or "[]"),
        "months": ds["time"].values.astype("datetime64[M]").astype(str).tolist(),
        "years": [int(y) for y in yearly["year"].values],
        "materials": ds["material"].values.astype(str).tolist(),
        **labels,
        "countries": geography.countries(ds),
        "products": ds["product"].values.astype(str).tolist(),
        "product_units": ds["unit_product"].values.astype(str).tolist(),
        "links": list(
            map(list, zip(ds["source"].values.astype(str), ds["target"].values.astype(str), strict=True))
        ),
        **economy.labels(ds),
        **levers.labels(ds),
        **causes.labels(ds),
        **security.labels(ds),
        "series": _series(ds, yearly, world_yearly)
        | economy.series(ds, yearly, world_yearly)
        | firms.series(ds)
        | levers.series(ds, yearly, world_yearly)
        | suppliers.series(ds)
        | causes.series(ds)
        | security.series(ds)
        | flows.series(ds)
        | outcomes.series(ds, ds if base is None else base, yearly, world_yearly)
        | drawn.get("series", {}),
    }


def _series(ds: xr.Dataset, yearly: xr.Dataset, world_yearly: xr.Dataset) -> dict[str, Any]:
    return {
        "availability": _availability(ds, places.groups(ds)),
        "availability_by_year": _regional(yearly, world_yearly, "availability_final", "material"),
        "demand": _demand(ds, yearly),
        "mines": _mines(ds, yearly),
        "origin": _origin(yearly, world_yearly),
        "in_use": _in_use(yearly, world_yearly),
        "end_of_life": _end_of_life(yearly, world_yearly),
        "flow": packed(world_yearly["flow"].transpose("material", "link", "year")),
        "rates": {r: packed(world_yearly[r].transpose("material", "year"), 4) for r in RATES if r in ds},
        "rates_by_area": {
            r: packed(ds[r + BY_AREA].transpose("area", "material", "year"), 4)
            for r in RATES
            if r + BY_AREA in ds
        },
    }


def _light(ds: xr.Dataset) -> xr.Dataset:
    """Without what is large or needs it, or is put together on its own: prices, and firms by process."""
    apart = ("trade", "firm_history", "price", "price_base")
    return ds[[n for n in ds.data_vars if n not in apart and not {"year", "process"} <= set(ds[n].dims)]]


def _availability(ds: xr.Dataset, groups: places.Groups) -> dict[str, Any]:
    """Monthly, as [measure][region][material]; the world first."""
    part = ds[[*AVAILABILITIES, *AVAILABILITY_WEIGHTS]]
    world, regions = totals.over_regions(part), places.with_groups(part, groups)
    found = {}
    for name in AVAILABILITIES:
        both = np.concatenate(
            [
                world[name].transpose("material", "time").values[None],
                regions[name].transpose("region", "material", "time").values,
            ]
        )
        found[name] = packed(both, 4)
    return found


def _regional(yearly: xr.Dataset, world: xr.Dataset, name: str, dim: str) -> Any:
    parts = [
        world[name].transpose(dim, "year").values[None],
        yearly[name].transpose("region", dim, "year").values,
    ]
    return packed(np.concatenate(parts), 4)


def _demand(ds: xr.Dataset, yearly: xr.Dataset) -> dict[str, Any]:
    """World monthly as a yearly rate, [product][month]; regions yearly, [region][product][year].

    Demand is that at the prices of the base year: what dear goods keep users from asking for is missed too.
    """
    variables = {name: name for name in DEMANDS}
    if "demand_announced" in ds:
        variables["demand"] = "demand_announced"
    return {
        name: {
            "world": packed(MONTHS_PER_YEAR * ds[variable].sum("region").transpose("product", "time")),
            "regions": packed(yearly[variable].transpose("region", "product", "year")),
        }
        for name, variable in variables.items()
    }


def _mines(ds: xr.Dataset, yearly: xr.Dataset) -> dict[str, Any]:
    """As `_demand`, by material: the extraction processes whose name says that they mine it."""
    processes = [str(p) for p in ds["process"].values]
    found: dict[str, Any] = {"world": [], "regions": []}
    for material in ds["material"].values.astype(str):
        own = economy.mines_of(str(material), processes)
        monthly = ds["production"].sel(process=own).sum(("process", "region"))
        found["world"].append(packed(MONTHS_PER_YEAR * monthly))
        by_region = yearly["production"].sel(process=own).sum("process")
        found["regions"].append(packed(by_region.transpose("region", "year")))
    return found


def _origin(yearly: xr.Dataset, world: xr.Dataset) -> Any:
    """[region][material][origin][year], the world first."""
    order = ("material", "origin", "year")
    one = world["supply_origin"].sel(origin=list(ORIGINS)).transpose(*order)
    return packed(
        economy.stacked(one, yearly["supply_origin"].sel(origin=list(ORIGINS)).transpose("region", *order))
    )


def _in_use(yearly: xr.Dataset, world: xr.Dataset) -> dict[str, Any]:
    """By material and product that holds it: [region][year], the world first."""
    found: dict[str, Any] = {}
    for material in yearly["material"].values.astype(str):
        found[str(material)] = {}
        for product in yearly["product"].values.astype(str):
            one = world["stock_in_use"].sel(material=material, product=product)
            if float(np.abs(one.values).max()) > 0.0:
                many = yearly["stock_in_use"].sel(material=material, product=product)
                found[str(material)][str(product)] = packed(
                    economy.stacked(one, many.transpose("region", "year"))
                )
    return found


def _end_of_life(yearly: xr.Dataset, world: xr.Dataset) -> dict[str, Any]:
    """[region][material][year] of what was generated, collected, recovered from it; the world first."""
    found = {}
    for key, name in (
        ("generated", "eol_generated"),
        ("collected", "eol_collected"),
        ("recovered", "recovered"),
    ):
        one, many = world[name], yearly[name]
        if name == "recovered":
            one, many = one.sel(origin="old_scrap"), many.sel(origin="old_scrap")
        many = many.sum("product").transpose("region", "material", "year")
        found[key] = packed(economy.stacked(one.sum("product").transpose("material", "year"), many))
    return found
