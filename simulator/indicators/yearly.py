"""Indicators of a result by year: flows of a run put into the formulas of this room.

Areas are the world, the UNECE, the EU and each region (`groups`); each is seen as one buyer. A region stands
for its countries by the variables ``country_*``, which split its output as in the base year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.indicators import rates
from simulator.indicators.groups import groups, incidence
from simulator.indicators.rates import Floats, primary_equivalent, share
from simulator.indicators.supply import eu_supply_risk, geopolrisk_score, net_import_reliance
from simulator.terms import BENCHMARKS, VARIABLES
from simulator.totals import by_year

if TYPE_CHECKING:
    import xarray as xr

TRADED = {"extraction": "ore", "processing": "refined"}
"""Kind of good that carries a material out of each stage that is traded."""

FLOWS = ("stage_output", "stage_capacity", "stage_largest", "supply_origin", "flow")
ENDS = ("eol_generated", "eol_collected", "recovered")
STOCKS = ("stock_in_use", "stock_hibernating")


@dataclass(frozen=True)
class _Year:
    """Flows of years as arrays; the last axes are material and stage where there are such.

    Attributes
    ----------
    output : (year, region, material, stage) float [t]
    bought : (year, region from, region to, material, stage) float [t]
        Ore and refined goods; 0 at other stages.
    areas : (area, region) float [1]
    """

    ds: xr.Dataset
    yearly: xr.Dataset
    names: list[str]
    areas: Floats

    @property
    def output(self) -> Floats:
        return np.asarray(self.yearly["stage_output"].values)

    def static(self, name: str) -> Floats:
        """Variable (region, material, stage) without time."""
        return np.asarray(self.ds[name].transpose("region", "material", "stage").values)


def _years(ds: xr.Dataset) -> _Year:
    names = [name for name in (*FLOWS, *STOCKS) if name in ds]
    yearly = by_year(ds[names])
    return _Year(ds, yearly, *incidence(ds))


def _bought(ds: xr.Dataset) -> Floats:
    """Shipments (year, region from, region to, material, stage) [t] of ore and refined goods."""
    materials, stages = ds["material"].values.astype(str), list(ds["stage"].values.astype(str))
    goods = {g: i for i, g in enumerate(ds["good"].values.astype(str))}
    cells = [
        (goods[f"{kind}_{m}"], column, stages.index(stage))
        for column, m in enumerate(materials)
        for stage, kind in TRADED.items()
        if f"{kind}_{m}" in goods and stage in stages
    ]
    trade = by_year(ds[["trade"]].isel(good=[good for good, _, _ in cells]))["trade"]
    values = trade.transpose("year", "region_from", "region_to", "good").values
    out = np.zeros((*values.shape[:3], len(materials), len(stages)))
    for i, (_, material, stage) in enumerate(cells):
        out[..., material, stage] = values[..., i]
    return out


def _labelled(ds: xr.Dataset, years: Floats, values: dict[str, Floats], areas: list[str]) -> xr.Dataset:
    """Arrays with the dimensions, units and texts of `terms.VARIABLES`."""
    import xarray as xr

    labels = {"year": years, "area": areas, "benchmark": list(BENCHMARKS)}
    used = {d for name in values for d in VARIABLES[name].dims}
    found = {}
    for name, array in values.items():
        term = VARIABLES[name]
        attrs = {"units": term.unit, "long_name": term.text, "cell_methods": f"time: {term.cell}"}
        found[name] = (term.dims, array, attrs)
    return xr.Dataset(found, coords={d: labels[d] if d in labels else ds[d].values for d in sorted(used)})


def yearly(ds: xr.Dataset) -> xr.Dataset:
    """Every indicator by year of this file.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, monthly.

    Returns
    -------
    xarray.Dataset
        ``hhi``, ``largest_share``, ``largest_firm_share`` (year, material, stage); ``import_reliance``,
        ``supply_risk``, ``geopolrisk`` (year, area, material, stage); ``primary_avoided``, ``urban_mine`` and
        the recycling rates, each with ``_by_area`` behind its name (year, area, material); ``landfilled``
        (year, material); ``crma_value``, ``crma_output``
        (year, benchmark, material).

    Source
    ------
    Formulas of this room; each function names its own.
    """
    years = _years(ds)
    bought = _bought(ds)
    values = _concentration(years) | _risks(years, bought) | _loop(years) | _rates(years)
    if "EU27" in years.names:
        values |= _benchmarks(years, bought)
    return _labelled(ds, years.yearly["year"].values, values, years.names)


def _concentration(years: _Year) -> dict[str, Floats]:
    made = years.output
    whole = made.sum(axis=1, keepdims=True)
    shares = share(made, whole, 0.0, 0.0)
    largest = years.yearly["stage_largest"].values
    return {
        "hhi": np.sum(shares**2 * years.static("country_hhi"), axis=1),
        "largest_share": np.max(shares * years.static("country_top"), axis=1),
        "largest_firm_share": share(largest, whole[:, 0], 0.0, 0.0),
    }


def _risks(years: _Year, bought: Floats) -> dict[str, Floats]:
    """Import reliance, supply risk and GeoPolRisk of every area at the stages that are traded.

    A buyer's own production is what its firms ship, recycled metal too: it is as good as refined.
    """
    ds, areas = years.ds, years.areas
    stages = list(ds["stage"].values.astype(str))
    at = [stages.index(stage) for stage in TRADED]
    made = years.output[..., at]
    bought = bought[..., at]
    world = share(made, made.sum(axis=1, keepdims=True), 0.0, 0.0)
    own = np.einsum("af,yftms->yams", areas, bought)
    taken = np.einsum("at,yftms->yafms", areas, bought)
    foreign = taken * (1.0 - areas)[None, :, :, None, None]
    sold = np.einsum("af,yftms,at->yams", areas, bought, 1.0 - areas, optimize=True)
    reliance = net_import_reliance(foreign.sum(axis=2), sold, own)
    risk = {scope: years.static(f"country_risk_{scope}")[..., at] for scope in ("global", "eu")}
    of_world = np.sum(world**2 * risk["global"], axis=1)[:, None]
    shares = share(taken, taken.sum(axis=2, keepdims=True), 0.0, 0.0)
    union = set(groups(ds).get("EU27", ()))
    in_union = np.array([set(regions) <= union for regions in groups(ds).values()])
    weight = np.where(in_union[:, None, None, None], risk["eu"], risk["global"])
    sourcing = np.sum(shares**2 * weight, axis=2)
    origin = np.einsum("ar,yrmo->yamo", areas, years.yearly["supply_origin"].values)
    names = list(ds["origin"].values.astype(str))
    primary, old = (origin[..., names.index(name)] for name in ("primary", "old_scrap"))
    recycled = rates.eol_recycling_input_rate(primary, old)[..., None]
    index = ds["substitution_index"].values[:, None]
    hhi = np.sum(world**2 * years.static("country_hhi")[..., at], axis=1)[:, None]
    unstable = years.static("country_instability")[..., at]
    abroad = foreign.sum(axis=2)
    danger = share(np.sum(foreign * unstable, axis=2), own + abroad, 0.0)
    is_buyer = taken.sum(axis=2) > 0
    full = {
        "import_reliance": np.where(own + abroad > 0, reliance, np.nan),
        "supply_risk": np.where(
            is_buyer, eu_supply_risk(of_world, sourcing, reliance, recycled, index), np.nan
        ),
        "geopolrisk": np.where(is_buyer, geopolrisk_score(hhi, danger), np.nan),
    }
    out = {}
    for name, values in full.items():
        out[name] = np.full((*values.shape[:-1], len(stages)), np.nan)
        out[name][..., at] = values
    return out


def _loop(years: _Year) -> dict[str, Floats]:
    """What the loop keeps in and what it loses to landfills."""
    ds, yearly, areas = years.ds, years.yearly, years.areas
    flow = yearly["flow"].transpose("year", "link", "material").values
    target, source = (ds[name].values.astype(str) for name in ("target", "source"))
    stages = list(ds["stage"].values.astype(str))
    refined = years.output[..., stages.index("processing")].sum(axis=1)
    residue = flow[:, (source == "processing") & (target == "processing_residue")].sum(axis=1)
    old = yearly["supply_origin"].sel(origin="old_scrap").transpose("year", "region", "material").values
    old = np.einsum("ar,yrm->yam", areas, old)
    held = sum(yearly[name].sum("product").transpose("year", "region", "material").values for name in STOCKS)
    return {
        "primary_avoided": primary_equivalent(old, refined[:, None], residue[:, None]),
        "urban_mine": np.einsum("ar,yrm->yam", areas, held),
        "landfilled": flow[:, target == "landfill"].sum(axis=1),
    }


def _rates(years: _Year) -> dict[str, Floats]:
    """Recycling rates of what ends its life, is recovered and is bought in each area, by sums of a year."""
    ds, areas = years.ds, years.areas

    def of_areas(values: xr.DataArray) -> Floats:
        by_region = values.transpose("year", "region", "material").values
        return np.asarray(np.einsum("ar,yrm->yam", areas, by_region))

    ends = by_year(ds[list(ENDS)].sum("product"))
    generated, collected = of_areas(ends["eol_generated"]), of_areas(ends["eol_collected"])
    recovered = of_areas(ends["recovered"].sel(origin="old_scrap"))
    supply = years.yearly["supply_origin"]
    primary, old, new = (of_areas(supply.sel(origin=name)) for name in ("primary", "old_scrap", "new_scrap"))
    found = {
        "collection_rate": rates.collection_rate(collected, generated),
        "process_efficiency": rates.process_efficiency(recovered, collected),
        "eol_recycling_rate": rates.eol_recycling_rate(recovered, generated),
        "recycled_content": rates.recycled_content(primary, old, new),
        "old_scrap_ratio": rates.old_scrap_ratio(old, new),
        "eol_recycling_input_rate": rates.eol_recycling_input_rate(primary, old),
        "old_scrap_input_rate": rates.old_scrap_input_rate(primary, old, new),
    }
    return {f"{name}_by_area": values for name, values in found.items()}


def _benchmarks(years: _Year, bought: Floats) -> dict[str, Floats]:
    """Capacity and output of the EU and the largest third country, over the EU's consumption."""
    ds = years.ds
    union = years.areas[years.names.index("EU27")]
    stages = list(ds["stage"].values.astype(str))
    used = np.einsum("r,yrmo->ym", union, years.yearly["supply_origin"].values)
    out: dict[str, list[Floats]] = {"crma_value": [], "crma_output": []}
    for stage in ("extraction", "processing", "recycling"):
        for name, flow in zip(out, ("stage_capacity", "stage_output"), strict=True):
            made = np.einsum("r,yrm->ym", union, years.yearly[flow].values[..., stages.index(stage)])
            out[name].append(share(made, used, np.nan))
    foreign = np.einsum("t,yftms->yfms", union, bought) * (1.0 - union)[:, None, None]
    largest = np.max(foreign * years.static("country_top"), axis=(1, 3))
    for rows in out.values():
        rows.append(share(largest, used, np.nan))
    return {name: np.stack(rows, axis=1) for name, rows in out.items()}
