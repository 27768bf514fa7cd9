"""Charts: which there are, and the compact block of numbers from which the page draws them.

World series are monthly; regions are yearly but for availability. The page draws, filters, tabulates and
exports from this block alone, so what is charted is what is in it. Series are packed (`packing`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import totals
from simulator.report import economy, levers
from simulator.report.packing import packed
from simulator.terms import ORIGINS

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
    needs : str
        Variable without which there is nothing to show.
    """

    id: str
    topic: str
    reading: str
    source: str
    choices: tuple[str, ...] = ()
    needs: str = ""


CHARTS = (
    Chart(
        "availability",
        "Availability over time",
        "One panel per material, one line per scenario, monthly. 100 % means that all that users would ask "
        "for at base prices came; the dotted line is where a shortage begins. Shaded: disruptions of the "
        "scenarios shown.",
        "availability_final, availability, availability_base_need; tables/availability.csv",
        ("measure",),
    ),
    Chart(
        "prices",
        "Prices",
        "Price of the refined material as an index: 1 (dotted line) is the price of the base year, given "
        "beside the name. World: mean over regions, weighted by the value, at base prices, of what their "
        "buyers got. "
        "One panel per material, one line per scenario. Shaded: disruptions of the scenarios shown.",
        "price, price_base, trade; tables/prices.csv",
        needs="price",
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
        "Firms: how many, work and sales by size",
        "Enterprises alive at the end of each year, persons needed for the output made, or, where money is "
        "part of the run, value of the goods sold and each size class's share of it. One panel per scenario.",
        "n_firms, jobs, sales, market_share; tables/firms.csv",
        ("count", "stage"),
    ),
    Chart(
        "alive",
        "Firms: who is left",
        "Enterprises alive as a share of those at the start, births included. One panel per size class, one "
        "line per scenario. Shaded: disruptions of the scenarios shown.",
        "n_firms, failures, births; tables/firms.csv, tables/failures.csv",
        ("alive_stage",),
        "failures",
    ),
    Chart(
        "failures",
        "Firms: why they fail",
        "Enterprises that fail in each year, by cause; one panel per scenario. The usual turnover happens "
        "without any shock; new enterprises are not set against it here.",
        "failures; tables/failures.csv",
        ("failed_stage", "failed_size"),
        "failures",
    ),
    Chart(
        "investments",
        "Firms: investment wanted and made",
        "Investment that firms wanted each year: what was made, and what was not, by reason. World. "
        "One panel per scenario.",
        "investments_made, investments_blocked, investments_wanted; tables/investments.csv, "
        "tables/investments_blocked.csv",
        ("invest_stage", "invest_size"),
        "investments_made",
    ),
    Chart(
        "allies",
        "The alliance: members and similar firms outside",
        "Thick lines: members of the alliance; thin lines: firms like them that are not. World, monthly. "
        "Sales are set against their mean over the first year.",
        "ally_firms, ally_failures, ally_sales, ally_fill, fund; tables/alliance.csv, tables/fund.csv",
        needs="ally_firms",
    ),
    Chart(
        "programmes",
        "Programmes: cost and reach",
        "Cost of each programme a year, and enterprises under its effect at the end of each year. World.",
        "programme_cost, programme_reach; tables/programmes.csv",
        needs="programme_cost",
    ),
    Chart(
        "models",
        "Business models",
        "Share of its potential that has adopted each business model. World.",
        "adoption; tables/business_models.csv",
        needs="adoption",
    ),
    Chart(
        "policies",
        "Policies: what they cost",
        "Gross cost of each policy a year, whoever bears it; what the state gets back stands in "
        "`policy_receipts`, what it spends on goods that it keeps in `policy_outlay`. World.",
        "policy_cost, policy_receipts, policy_outlay; tables/policies.csv",
        needs="policy_cost",
    ),
    Chart(
        "exports",
        "Limits on exports",
        "What left under each limit (thick) and what it allowed (thin, while it is in force), monthly.",
        "export_left, export_limit, export_held_back; tables/export_limits.csv",
        needs="export_left",
    ),
    Chart(
        "pipeline",
        "Projects: quantities by class of the United Nations Framework Classification",
        "Quantity of the material in projects and in mines at work, by class, at the end of each year; what "
        "was produced stays in the sum. World. One panel per scenario.",
        "pipeline; tables/pipeline.csv",
        needs="pipeline",
    ),
    Chart(
        "essential",
        "Essential products",
        "Share of what final users ask for of essential products (food, water, energy, health) that reaches "
        "them, by material content, yearly.",
        "availability_essential, unmet_essential; tables/essential.csv",
        needs="availability_essential",
    ),
)


def shown(datasets: Sequence[xr.Dataset]) -> list[Chart]:
    """Charts for which at least one of these results has numbers."""
    return [c for c in CHARTS if not c.needs or any(c.needs in ds and ds[c.needs].size for ds in datasets)]


def block(ds: xr.Dataset) -> dict[str, Any]:
    """Numbers of one run that its charts need.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.

    Returns
    -------
    dict
        JSON types only: labels, and under ``series`` packed numbers. Shares have four decimals, other series
        six digits.
    """
    light = _light(ds)
    yearly, world_yearly = totals.by_year(light), totals.over_regions_by_year(light)
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
        **economy.labels(ds),
        **levers.labels(ds),
        "series": _series(ds, yearly, world_yearly)
        | economy.series(ds, yearly, world_yearly)
        | levers.series(ds, yearly, world_yearly),
    }


def _series(ds: xr.Dataset, yearly: xr.Dataset, world_yearly: xr.Dataset) -> dict[str, Any]:
    return {
        "availability": _availability(ds),
        "availability_by_year": _regional(yearly, world_yearly, "availability_final", "material"),
        "demand": _demand(ds, yearly),
        "mines": _mines(ds, yearly),
        "origin": _origin(yearly, world_yearly),
        "in_use": _in_use(yearly, world_yearly),
        "end_of_life": _end_of_life(yearly, world_yearly),
        "flow": packed(world_yearly["flow"].transpose("material", "link", "year")),
        "rates": {r: packed(world_yearly[r].transpose("material", "year"), 4) for r in RATES if r in ds},
    }


def region_names(ds: xr.Dataset) -> dict[str, str]:
    """Names of the region codes, as far as the result has them."""
    codes = ds["region"].values.astype(str)
    names = ds["region_name"].values.astype(str) if "region_name" in ds.coords else codes
    return {totals.WORLD: "World", **dict(zip(map(str, codes), map(str, names), strict=True))}


def _light(ds: xr.Dataset) -> xr.Dataset:
    """Without what is large or needs it: prices are weighted with trade and put together on their own."""
    return ds[[n for n in ds.data_vars if n not in ("trade", "firm_history", "price", "price_base")]]


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
    processes = ds["process"].values.astype(str)
    found: dict[str, Any] = {"world": [], "regions": []}
    for material in ds["material"].values.astype(str):
        word = f"mine_{material.replace(' ', '_')}"
        own = [p for p in processes if p == word or p.startswith(f"{word}_")]
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
