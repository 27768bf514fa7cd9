"""A result as tables: tidy ones by what their rows are of, a wide one by year, one of columns.

CSV files, sheets and Parquet files are written from these frames; none of them thinks of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.roots import root_table
from simulator.terms import VARIABLES
from simulator.totals import WORLD, by_year, over_regions_by_year

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def wide(ds: xr.Dataset) -> pd.DataFrame:
    """Yearly table with a column per year: the world first, then regions.

    Parameters
    ----------
    ds : xarray.Dataset
        Monthly result.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario, variable, unit, region``, one column per further dimension, one per year. Rows of
        nothing but zeros are left out; shipments, traced firms and what is by process of firms have tables of
        their own. Indicators that are by year already follow; their ``region`` may be a group of countries.
    """
    import pandas as pd

    names = [str(n) for n in ds.data_vars if n not in ("trade", "firm_history") and "time" in ds[n].dims]
    rows: list[pd.DataFrame] = []
    for data, region in ((over_regions_by_year(ds), WORLD), (by_year(ds), None)):
        for name in names:
            if region is None and "region" not in data[name].dims:
                continue
            frame = _by_label(data[name])
            frame.insert(0, "variable", name)
            frame.insert(1, "unit", _unit_column(ds, name, frame))
            if region:
                frame.insert(2, "region", region)
            rows.append(frame)
    apart = LISTED | {"process"}
    for name in (str(n) for n in ds.data_vars if "year" in ds[n].dims and not apart & set(ds[n].dims)):
        frame = _by_label(ds[name]).rename(columns={"area": "region"})
        frame.insert(0, "variable", name)
        frame.insert(1, "unit", VARIABLES[name].unit if name in VARIABLES else "")
        if "region" not in frame:
            frame.insert(2, "region", WORLD)
        rows.append(frame)
    table = pd.concat(rows, ignore_index=True)
    years = [c for c in table.columns if isinstance(c, int)]
    table = table[(table[years].fillna(0.0) != 0.0).any(axis=1)]
    table.insert(0, "scenario", ds.attrs.get("scenario", ""))
    front = ["scenario", "variable", "unit", "region"]
    return table[[*front, *[c for c in table.columns if c not in front and c not in years], *years]]


def _by_label(array: xr.DataArray) -> pd.DataFrame:
    """A row per label combination, a column per year."""
    series = array.reset_coords(drop=True).to_series()
    if series.index.nlevels > 1:
        return series.unstack("year").reset_index()
    return series.to_frame().T.reset_index(drop=True)


def _unit_column(ds: xr.Dataset, name: str, frame: pd.DataFrame) -> Any:
    unit = VARIABLES[name].unit if name in VARIABLES else ""
    for dim in ("product", "process", "restriction", "project"):
        if (
            unit in ("product", "good", "restriction", "project")
            and dim in frame
            and f"unit_{dim}" in ds.coords
        ):
            units: Mapping[str, str] = dict(zip(ds[dim].values, ds[f"unit_{dim}"].values, strict=True))
            return frame[dim].map(units)
    return unit


TABLE_OF_DIMS = {
    ("time", "region", "material"): "availability",
    ("time", "region", "product"): "final_demand",
    ("time", "region", "process"): "production",
    ("time", "region", "material", "origin"): "supply_origin",
    ("time", "region", "product", "material"): "products_in_use",
    ("time", "region", "product", "material", "origin"): "recovered",
    ("time", "region", "stage", "size"): "firms",
    ("year", "region", "process", "size"): "firms_by_process",
    ("region", "process", "size"): "firms_at_start",
    ("process", "material"): "process_materials",
    ("time", "good", "region_from", "region_to"): "trade_yearly",
    ("time", "link", "material"): "flows",
    ("time", "node", "material"): "stocks",
    ("time", "material"): "recycling_rates",
    ("time", "firm", "quantity"): "firm_history",
    ("time", "region", "good"): "prices",
    ("region", "good"): "base_prices",
    ("time", "region", "stage", "size", "cause"): "failures",
    ("year", "region", "process", "size", "cause"): "failures_by_process",
    ("time", "region", "stage", "size", "reason"): "investments_blocked",
    ("year", "region", "process", "size", "reason"): "investments_blocked_by_process",
    ("time", "account"): "money",
    ("time", "payment"): "payments",
    ("time",): "money_residual",
    ("time", "region", "programme"): "programmes",
    ("time", "model"): "business_models",
    ("time", "region", "group"): "alliance",
    ("time", "entry"): "fund",
    ("time", "region", "policy"): "policies",
    ("time", "policy"): "policies_reached",
    ("time", "region", "restriction"): "export_limits",
    ("time", "region", "material", "unfc_class"): "pipeline",
    ("time", "project"): "projects",
    ("time", "region"): "tariffs",
    ("good", "material"): "good_materials",
    ("restriction", "material"): "export_limit_materials",
    ("policy", "material"): "policy_materials",
    ("programme", "material"): "programme_materials",
    ("model", "material"): "business_model_materials",
    ("time", "region", "material", "stage"): "stages_yearly",
    ("time", "material", "stage"): "largest_firms_yearly",
    ("region", "material", "stage"): "countries",
    ("country_group", "region"): "membership",
    ("material",): "substitution",
    ("benchmark",): "crma_targets",
    ("year", "benchmark", "material"): "crma",
    ("year", "material", "stage"): "concentration",
    ("year", "area", "material", "stage"): "supply_risk",
    ("year", "area", "material"): "loop",
    ("year", "material"): "landfill",
    ("year", "route", "material"): "flows_by_region",
    ("year", "region", "product", "root"): "root_causes",
    ("year", "region", "material", "root"): "root_causes",
}
"""File name of the CSV that holds the variables of these dimensions."""

SPARSE = {
    *("products_in_use", "recovered", "trade_yearly", "flows", "stocks", "production", "firms"),
    *("firms_by_process", "firms_at_start", "failures_by_process", "investments_blocked_by_process"),
    *("good_materials", "export_limit_materials", "policy_materials", "programme_materials"),
    "business_model_materials",
    *("failures", "investments_blocked", "programmes", "payments", "pipeline", "alliance"),
    *("stages_yearly", "largest_firms_yearly", "concentration", "supply_risk", "policies", "export_limits"),
}
"""Tables whose rows of nothing but zeros are left out."""


LISTED = {"root", "route"}
"""Dimensions that list what occurs: their variables have tables of their own, with a column for each part."""


def route_table(ds: xr.Dataset) -> pd.DataFrame:
    """What links carried between regions as a tidy table.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, with ``flow_by_region``.

    Returns
    -------
    pandas.DataFrame
        Columns ``year, link, region_from, region_to, material, flow_by_region`` [t]; rows of nothing are
        left out.
    """
    parts = {"route_link": "link", "route_from": "region_from", "route_to": "region_to"}
    frame = ds["flow_by_region"].to_dataframe().reset_index().rename(columns=parts)
    frame = frame[frame["flow_by_region"] > 0.0]
    return frame[["year", *parts.values(), "material", "flow_by_region"]]


def tables(dataset: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Result as CSV tables: one tidy table per group of indicators, one wide yearly table, one of columns.

    Parameters
    ----------
    dataset : xarray.Dataset
        Result of a run.

    Returns
    -------
    dict of str to pandas.DataFrame
        Tidy tables have a row per label combination and a column per variable; ``trade_yearly`` holds sums of
        years; ``yearly`` has a column per year; ``regions`` names the regions; ``columns`` gives unit and
        meaning of every variable.
    """
    import pandas as pd

    groups: dict[str, list[str]] = {}
    for name, array in dataset.data_vars.items():
        dims = tuple(map(str, array.dims))
        groups.setdefault(TABLE_OF_DIMS.get(dims, "_".join(dims)), []).append(str(name))
    of_region = [str(n) for n, c in dataset.coords.items() if c.dims == ("region",) and n != "region"]
    found: dict[str, pd.DataFrame] = {}
    for table, names in groups.items():
        if table in ("root_causes", "flows_by_region"):
            found[table] = (root_table if table == "root_causes" else route_table)(dataset)
            continue
        part = dataset[names].drop_vars(of_region, errors="ignore")
        if table.endswith("_yearly"):
            part = by_year(part)
        frame = part.to_dataframe(dim_order=list(part[names[0]].dims)).reset_index()
        if table in SPARSE:
            frame = frame[(frame[names].fillna(0.0) != 0.0).any(axis=1)]
        found[table] = frame
    found["yearly"] = wide(dataset)
    found["regions"] = dataset[["region", *of_region]].reset_coords().to_dataframe().reset_index()
    rows = [
        (table, name, VARIABLES[name].unit, VARIABLES[name].cell, VARIABLES[name].text)
        for table, names in groups.items()
        for name in names
        if name in VARIABLES
    ]
    found["columns"] = pd.DataFrame(rows, columns=["table", "column", "unit", "over_time", "meaning"])
    return found
