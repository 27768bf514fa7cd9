"""Charts: which there are, and the compact block of numbers from which the page draws them.

World series are monthly; regions are yearly but for availability. The page draws, filters, tabulates and
exports from this block alone, so what is charted is what is in it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import totals
from simulator.terms import FIRM_STAGES, ORIGINS, SIZES

if TYPE_CHECKING:
    import xarray as xr

AVAILABILITIES = ("availability_final", "availability", "availability_base_need")
RATES = (
    "eol_recycling_rate",
    "recycled_content",
    "collection_rate",
    "process_efficiency",
    "eol_recycling_input_rate",
    "old_scrap_ratio",
    "old_scrap_input_rate",
)
DEMANDS = ("demand", "delivered", "unmet")
MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class Chart:
    """One chart of a page.

    Attributes
    ----------
    id : str
        Anchor, and name of its drawing function in the page.
    topic : str
        What it is about; the finding stands beside it, made from the numbers shown.
    reading : str
        How to read it.
    source : str
        Variables and table of the run's folder behind it.
    choices : tuple of str
        Its own controls besides material, region and scenario.
    """

    id: str
    topic: str
    reading: str
    source: str
    choices: tuple[str, ...] = ()


CHARTS = (
    Chart(
        "availability",
        "Availability over time",
        "One panel per material, one line per scenario, monthly. 100 % means that everything asked for came; "
        "the dotted line is where a shortage begins. Shaded: disruptions of the scenarios shown.",
        "availability_final, availability, availability_base_need; tables/availability.csv",
        ("measure",),
    ),
    Chart(
        "regions",
        "Who is hit, and when",
        "Share of final users' demand, by content of the chosen material, that was delivered in each region "
        "and year.",
        "availability_final by year, weighted by demand; tables/yearly.csv",
    ),
    Chart(
        "products",
        "Demand and deliveries",
        "What final users asked for (thin line) and what reached them, as yearly rates. "
        "The second panel shows demand that was given up.",
        "demand, delivered, unmet; tables/final_demand.csv",
        ("product",),
    ),
    Chart(
        "origin",
        "Where the supply comes from",
        "Refined material received by the first manufacturing tier each year, by origin. "
        "One panel per scenario.",
        "supply_origin; tables/supply_origin.csv",
    ),
    Chart(
        "mines",
        "Mine production",
        "Contained metal that mines put out, as a yearly rate. Shaded: disruptions of the scenarios shown.",
        "production of the extraction stage; tables/production.csv",
    ),
    Chart(
        "stocks",
        "Material in use and at its end of life",
        "Material in products in use at the end of each year; and, per year, material in products that "
        "became collectable, the part that collectors took, and the part that recyclers recovered from them.",
        "stock_in_use, eol_generated, eol_collected, recovered; tables/products_in_use.csv, "
        "tables/recovered.csv",
    ),
    Chart(
        "loop",
        "The loop in one year",
        "Width of a band is tonnes of contained material in the chosen year, world. Nodes that take material "
        "out of the loop stand at the right.",
        "flow; tables/flows.csv",
        ("year",),
    ),
    Chart(
        "rates",
        "Recycling rates",
        "One panel per material, one line per scenario, yearly, world.",
        "recycling rates as defined in the word list; tables/recycling_rates.csv",
        ("rate",),
    ),
    Chart(
        "firms",
        "Firms and jobs by size",
        "Enterprises alive at the end of each year, or persons needed for the output made. "
        "One panel per scenario.",
        "n_firms, jobs; tables/firms.csv",
        ("count", "stage"),
    ),
)


def block(ds: xr.Dataset) -> dict[str, Any]:
    """Numbers of one run that its charts need.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.

    Returns
    -------
    dict
        JSON types only. Shares have four decimals, other numbers six digits; not a number is null.
    """
    yearly, world_yearly = totals.by_year(_light(ds)), totals.over_regions_by_year(_light(ds))
    regions = [totals.WORLD, *map(str, ds["region"].values)]
    return {
        "scenario": str(ds.attrs.get("scenario", "unnamed")),
        "title": str(ds.attrs.get("title") or ds.attrs.get("scenario", "unnamed")),
        "events": json.loads(ds.attrs.get("events") or "[]"),
        "months": ds["time"].values.astype("datetime64[M]").astype(str).tolist(),
        "years": [int(y) for y in yearly["year"].values],
        "materials": ds["material"].values.astype(str).tolist(),
        "regions": regions,
        "region_names": region_names(ds),
        "products": ds["product"].values.astype(str).tolist(),
        "product_units": ds["unit_product"].values.astype(str).tolist(),
        "links": list(
            map(list, zip(ds["source"].values.astype(str), ds["target"].values.astype(str), strict=True))
        ),
        "availability": _availability(ds),
        "availability_by_year": _regional(yearly, world_yearly, "availability_final", "material"),
        "demand": _demand(ds, yearly),
        "mines": _mines(ds, yearly),
        "origin": _origin(yearly, world_yearly),
        "in_use": _in_use(yearly, world_yearly),
        "end_of_life": _end_of_life(yearly, world_yearly),
        "flow": _numbers(world_yearly["flow"].transpose("material", "year", "link")),
        "rates": {r: _numbers(world_yearly[r].transpose("material", "year"), 4) for r in RATES if r in ds},
        "firms": {n: _firms(yearly, world_yearly, n) for n in ("n_firms", "jobs")},
    }


def region_names(ds: xr.Dataset) -> dict[str, str]:
    """Names of the region codes, as far as the result has them."""
    codes = ds["region"].values.astype(str)
    names = ds["region_name"].values.astype(str) if "region_name" in ds.coords else codes
    return {totals.WORLD: "World", **dict(zip(map(str, codes), map(str, names), strict=True))}


def _light(ds: xr.Dataset) -> xr.Dataset:
    return ds[[n for n in ds.data_vars if n not in ("trade", "firm_history")]]


def _rounded(value: float, decimals: int | None) -> float | None:
    if not math.isfinite(value):
        return None
    number = round(value, decimals) if decimals is not None else float(f"{value:.6g}")
    return int(number) if number == int(number) else number


def _numbers(array: Any, decimals: int | None = None) -> Any:
    """Nested lists of rounded numbers."""

    def walk(part: Any) -> Any:
        return [walk(p) for p in part] if isinstance(part, list) else _rounded(part, decimals)

    return walk(np.asarray(array, dtype=float).tolist())


def _availability(ds: xr.Dataset) -> dict[str, Any]:
    """Monthly, as [measure][region][material]; the world first."""
    world = totals.over_regions(ds[[n for n in _light(ds).data_vars if ds[n].dims[0] == "time"]])
    found = {}
    for name in AVAILABILITIES:
        both = np.concatenate(
            [
                world[name].transpose("material", "time").values[None],
                ds[name].transpose("region", "material", "time").values,
            ]
        )
        found[name] = _numbers(both, 4)
    return found


def _regional(yearly: xr.Dataset, world: xr.Dataset, name: str, dim: str) -> Any:
    parts = [
        world[name].transpose(dim, "year").values[None],
        yearly[name].transpose("region", dim, "year").values,
    ]
    return _numbers(np.concatenate(parts), 4)


def _stacked(world: Any, regions: Any) -> Any:
    return np.concatenate([np.asarray(world)[None], np.asarray(regions)])


def _demand(ds: xr.Dataset, yearly: xr.Dataset) -> dict[str, Any]:
    """World monthly as a yearly rate, [product][month]; regions yearly, [region][product][year]."""
    return {
        name: {
            "world": _numbers(MONTHS_PER_YEAR * ds[name].sum("region").transpose("product", "time")),
            "regions": _numbers(yearly[name].transpose("region", "product", "year")),
        }
        for name in DEMANDS
    }


def _mines(ds: xr.Dataset, yearly: xr.Dataset) -> dict[str, Any]:
    """As `_demand`, by material: the extraction processes whose name says that they mine it."""
    processes = ds["process"].values.astype(str)
    found: dict[str, Any] = {"world": [], "regions": []}
    for material in ds["material"].values.astype(str):
        own = [p for p in processes if p == f"mine_{material}" or p.startswith(f"mine_{material}_")]
        monthly = ds["production"].sel(process=own).sum(("process", "region"))
        found["world"].append(_numbers(MONTHS_PER_YEAR * monthly))
        by_region = yearly["production"].sel(process=own).sum("process")
        found["regions"].append(_numbers(by_region.transpose("region", "year")))
    return found


def _origin(yearly: xr.Dataset, world: xr.Dataset) -> Any:
    """[region][material][origin][year], the world first."""
    order = ("material", "origin", "year")
    one = world["supply_origin"].sel(origin=list(ORIGINS)).transpose(*order)
    return _numbers(
        _stacked(one, yearly["supply_origin"].sel(origin=list(ORIGINS)).transpose("region", *order))
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
                found[str(material)][str(product)] = _numbers(_stacked(one, many.transpose("region", "year")))
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
        found[key] = _numbers(_stacked(one.sum("product").transpose("material", "year"), many))
    return found


def _firms(yearly: xr.Dataset, world: xr.Dataset, name: str) -> Any:
    """[region][stage][size][year]; the world first, all stages first."""
    order = ("stage", "size", "year")
    pick = {"stage": [s for s in FIRM_STAGES if s in yearly["stage"].values], "size": list(SIZES)}
    both = _stacked(
        world[name].sel(pick).transpose(*order), yearly[name].sel(pick).transpose("region", *order)
    )
    return _numbers(np.concatenate([both.sum(axis=1, keepdims=True), both], axis=1))
