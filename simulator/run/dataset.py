"""From recorded arrays to a labelled data set: the result of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import indicators
from simulator.build.blueprint import essential_products
from simulator.build.events import told
from simulator.build.suppliers import supplier_facts
from simulator.run.about import materials_of
from simulator.run.borders import restricted_exports
from simulator.scenario.past import closures
from simulator.scenario.seen import facts, seen
from simulator.terms import (
    ACCOUNTS,
    BENCHMARKS,
    CAUSES,
    COUNTRY_GROUPS,
    FIRM_STAGES,
    FUND_ENTRIES,
    GROUPS,
    NODES,
    ORIGINS,
    PAYMENTS,
    REASONS,
    ROOT_PARTS,
    SIZES,
    TRACE_QUANTITIES,
    UNFC_CLASSES,
    VARIABLES,
)
from simulator.world.state import MINUTES_PER_MONTH, Floats

if TYPE_CHECKING:
    import xarray as xr

    from simulator.build import Built
    from simulator.run.record import Recorder
    from simulator.scenario.schema import Scenario
    from simulator.scenario.tables import Tables

SECONDARY = ("old_scrap", "new_scrap")


def assemble(scenario: Scenario, tables: Tables, built: Built, record: Recorder) -> xr.Dataset:
    """Label what a recorder holds and add the indicators.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
    built : Built
    record : Recorder

    Returns
    -------
    xarray.Dataset
        Variables of `terms.VARIABLES`, each with unit, text and cell method.
    """
    import xarray as xr

    arrays = _arrays(built, record)
    known = {name: (each.dims, arrays[name]) for name, each in VARIABLES.items() if name in arrays}
    ds = xr.Dataset(known, coords=_coords(built, record))  # at once: each later entry would align all anew
    ds = _root_causes(_by_process(_by_region(ds, record), built, record), record)
    ds = materials_of(built, ds)
    ds = ds.assign(_shares(ds))
    ds = ds.merge(indicators.yearly(ds))
    ds = ds[[name for name in VARIABLES if name in ds]]
    for key in ds.data_vars:
        name, variable = str(key), VARIABLES[str(key)]
        ds[name].attrs = {
            "units": variable.unit,
            "long_name": variable.text,
            "cell_methods": f"time: {variable.cell}",
        }
    ds.attrs = _attributes(scenario, tables, built)
    return ds


def _arrays(built: Built, record: Recorder) -> dict[str, Floats]:
    """Recorded series in the dimensions of `terms.VARIABLES`."""
    world, series = built.blueprint, record.series
    labels = world.labels
    out = {
        name: series[name]
        for name in ("need", "met", "base_need", "cover", "trade", "supply_origin", "flow", "stock")
    }
    out |= {name: series[name] for name in ("n_firms", "jobs", "mass_residual")}
    out |= record.stages.series
    out |= supplier_facts(built.plan.closure)
    out["stock_start"] = record.start
    out["recovered"] = series["recovered"].transpose(0, 1, 2, 4, 3)
    out["availability_base_need"] = np.minimum(1.0, _share(series["met_base"], series["base_need"]))
    out["demand_announced"] = series["announced"].transpose(0, 2, 1)
    for name in ("demand", "delivered", "unmet"):
        out[name] = series[name].transpose(0, 2, 1)
    for name in ("stock_in_use", "stock_hibernating", "eol_generated", "eol_collected"):
        out[name] = series[name].transpose(0, 2, 1, 3)
    kinds = _kinds(built)
    production = np.zeros((record.n_periods, world.n_regions, len(kinds)))
    for column, (process, region) in enumerate(labels.sectors):
        if process in kinds:
            production[:, region, kinds.index(process)] += series["production"][:, column]
    out["production"] = production
    rows = ((np.arange(record.n_periods) + 0.5) * record.period // MINUTES_PER_MONTH).astype(int)
    content = world.product_content[np.minimum(rows, world.n_months - 1)]
    out["content_demanded"] = np.einsum("trp,tpm->trm", out["demand_announced"], content)
    out["content_delivered"] = np.einsum("trp,tpm->trm", out["delivered"], content)
    scenario = built.plan.scenario
    if scenario.essential is not None or scenario.rules.allocation == "essential":
        out |= _of_essential(built, out, content)
    if record.trace:
        out["firm_history"] = series["firm_history"]
    out |= {name: _of_kinds(name, array, kinds) for name, array in record.ledger.series.items() if array.size}
    if world.economy.caps is not None and world.economy.caps.shown is not None:
        out |= restricted_exports(world.economy.caps.shown, record)
    if "price" in out and world.economy.market is not None:
        out["price_base"] = world.economy.market.price.T
    return out


def _kinds(built: Built) -> list[int]:
    """Processes of firms: not those of final users and holders of stocks."""
    labels = built.blueprint.labels
    return list(dict.fromkeys(p for p, _ in labels.sectors if labels.process_stage[p] != "use"))


def _of_kinds(name: str, array: Floats, kinds: list[int]) -> Floats:
    """Series by process without the processes that are none: final users and holders of stocks."""
    return array[..., kinds] if "process" in VARIABLES[name].dims else array


def _of_essential(built: Built, flows: dict[str, Floats], content: Floats) -> dict[str, Floats]:
    """Demand, delivery and lack (time, region, material) [t, 1] of essential products, by content."""
    essential = essential_products(built.plan)
    chosen = [i for i, name in enumerate(built.blueprint.labels.products) if essential[name]]
    wanted, got, lacked = (
        np.einsum("trp,tpm->trm", flows[name][:, :, chosen], content[:, chosen])
        for name in ("demand_announced", "delivered", "unmet")
    )
    return {
        "demanded_essential": wanted,
        "unmet_essential": lacked,
        "availability_essential": indicators.availability_final(got, wanted),
    }


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 1e-12)


def _coords(built: Built, record: Recorder) -> dict[str, Any]:
    world, closure = built.blueprint, built.plan.closure
    labels = world.labels
    names = {str(row["region"]): str(row["region_name"]) for row in closure.tables["regions"]}
    countries = {str(row["iso3"]): str(row["country"]) for row in closure.tables["regions"]}
    kinds = _kinds(built)
    links = [(NODES[a], NODES[b]) for a, b in record.links.pairs]
    unece = _members(built, "is_unece")
    eu27 = _members(built, "is_eu27")
    coords: dict[str, Any] = {
        "time": ("time", _times(built, record)),
        "region": ("region", list(labels.regions)),
        "region_name": ("region", [names.get(r) or countries.get(r, r) for r in labels.regions]),
        "countries": ("region", [_countries(built, r) for r in labels.regions]),
        "is_unece": ("region", unece),
        "is_eu27": ("region", eu27),
        "region_from": ("region_from", list(labels.regions)),
        "region_to": ("region_to", list(labels.regions)),
        "material": ("material", list(labels.materials)),
        "product": ("product", list(labels.products)),
        "unit_product": ("product", list(labels.product_unit)),
        "process": ("process", [labels.processes[p] for p in kinds]),
        "unit_process": ("process", [labels.process_unit[p] for p in kinds]),
        "stage_process": ("process", [labels.process_stage[p] for p in kinds]),
        "good": ("good", list(labels.goods)),
        "unit_good": ("good", list(labels.good_unit)),
        "link": ("link", [f"{a}>{b}" for a, b in links]),
        "source": ("link", [a for a, _ in links]),
        "target": ("link", [b for _, b in links]),
        "node": ("node", list(NODES)),
        "stage": ("stage", list(FIRM_STAGES)),
        "size": ("size", list(SIZES)),
        "origin": ("origin", list(ORIGINS)),
        "country_group": ("country_group", list(COUNTRY_GROUPS)),
        "benchmark": ("benchmark", list(BENCHMARKS)),
    }
    scenario = built.plan.scenario
    known = {
        "cause": CAUSES, "reason": REASONS, "account": ACCOUNTS, "payment": PAYMENTS, "group": GROUPS,
        "entry": FUND_ENTRIES, "programme": [each.name for each in scenario.programmes],
        "policy": [each.name for each in scenario.policies],
        "model": [each.name for each in scenario.business_models],
        "unfc_class": UNFC_CLASSES,
        "project": list(built.blueprint.economy.projects.name) if built.blueprint.economy.projects else [],
    }  # fmt: skip
    used = {dim for name in record.ledger.series for dim in VARIABLES[name].dims}
    coords |= {dim: (dim, list(labels_of)) for dim, labels_of in known.items() if dim in used and labels_of}
    caps = world.economy.caps
    if caps is not None and caps.shown is not None:
        coords["restriction"] = ("restriction", list(caps.shown.name))
        coords["unit_restriction"] = ("restriction", list(caps.shown.unit))
    if "model" in coords:
        coords["model_region"] = ("model", [each.region for each in scenario.business_models])
    if "project" in coords and world.economy.projects is not None:
        made = [labels.process_unit[labels.sectors[i][0]] for i in world.economy.projects.sector]
        coords["unit_project"] = ("project", made)
    if record.trace:
        coords["firm"] = ("firm", [world.firms.name[i] for i in record.trace])
        coords["quantity"] = ("quantity", list(TRACE_QUANTITIES))
    return coords


def _countries(built: Built, region: str) -> str:
    """Three-letter codes of the countries of a region."""
    return " ".join(sorted(i for i, r in built.plan.closure.region_of.items() if r == region))


def _members(built: Built, flag: str) -> list[bool]:
    """Regions all of whose countries carry a flag."""
    closure = built.plan.closure
    rows = {str(row["iso3"]): bool(row[flag]) for row in closure.tables["regions"]}
    return [all(rows[i] for i, r in closure.region_of.items() if r == region) for region in closure.regions]


def _times(built: Built, record: Recorder) -> Any:
    """Start of each period: the calendar month for model months, else the day."""
    start = built.plan.closure.start
    if record.period == MINUTES_PER_MONTH and start.day == 1:
        first = np.datetime64(start, "M")
        return (first + np.arange(record.n_periods)).astype("datetime64[ns]")
    minutes = np.arange(record.n_periods) * record.period
    return np.datetime64(start, "ns") + minutes.astype("timedelta64[m]").astype("timedelta64[ns]")


def _by_region(ds: xr.Dataset, record: Recorder) -> xr.Dataset:
    """Add what each link carried between regions, year by year."""
    routes, mass = record.routes.by_year()
    link, regions = ds["link"].values.astype(str)[routes[:, 0]], ds["region"].values.astype(str)
    parts = {"link": link, "from": regions[routes[:, 1]], "to": regions[routes[:, 2]]}
    coords: dict[str, Any] = {f"route_{name}": ("route", labels) for name, labels in parts.items()}
    coords["route"] = ("route", [":".join(labels) for labels in zip(*parts.values(), strict=True)])
    coords["year"] = ("year", np.unique(record.years))
    dims = VARIABLES["flow_by_region"].dims
    return ds.assign_coords(coords).assign(flow_by_region=(dims, mass))


def _by_process(ds: xr.Dataset, built: Built, record: Recorder) -> xr.Dataset:
    """Add what firms do by process, year by year."""
    kinds, told = _kinds(built), record.firm_years
    found = {name: np.stack([year[name][:, kinds] for year in told.years]) for name in told.years[0]}
    found["n_firms_start"] = told.start[:, kinds]
    return ds.assign({name: (VARIABLES[name].dims, each) for name, each in found.items()})


def _root_causes(ds: xr.Dataset, record: Recorder) -> xr.Dataset:
    """Add unmet demand and need by where each shortage began; nothing where there was none."""
    labels, unmet, need = record.causes.by_year()
    if not labels:
        return ds
    coords = {"year": ("year", sorted(record.causes.years)), "root": ("root", [":".join(x) for x in labels])}
    parts = zip(ROOT_PARTS, zip(*labels, strict=True), strict=True)
    coords |= {f"root_{name}": ("root", list(column)) for name, column in parts}
    found = {"unmet_by_root": unmet, "need_unmet_by_root": need}
    return ds.assign_coords(coords).assign({k: (VARIABLES[k].dims, each) for k, each in found.items()})


def _shares(ds: xr.Dataset) -> dict[str, xr.DataArray]:
    """Indicators that are shares of recorded flows."""
    over = ("region", "product")
    generated, collected = ds["eol_generated"].sum(over), ds["eol_collected"].sum(over)
    recovered = ds["recovered"].sel(origin="old_scrap", drop=True).sum(over)
    supply = ds["supply_origin"].sum("region")
    primary, old, new = (supply.sel(origin=name, drop=True) for name in ORIGINS)
    out = {
        "availability": indicators.availability(ds["met"], ds["need"]),
        "availability_final": indicators.availability_final(ds["content_delivered"], ds["content_demanded"]),
        "collection_rate": indicators.collection_rate(collected, generated),
        "process_efficiency": indicators.process_efficiency(recovered, collected),
        "eol_recycling_rate": indicators.eol_recycling_rate(recovered, generated),
        "recycled_content": indicators.recycled_content(primary, old, new),
        "old_scrap_ratio": indicators.old_scrap_ratio(old, new),
        "eol_recycling_input_rate": indicators.eol_recycling_input_rate(primary, old),
        "old_scrap_input_rate": indicators.old_scrap_input_rate(primary, old, new),
    }
    if "sales" in ds:
        out["market_share"] = indicators.market_share(ds["sales"], ds["sales"].sum("size"))
    return out


def _attributes(scenario: Scenario, tables: Tables, built: Built) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "title": scenario.title or scenario.name,
        "description": scenario.description,
        "seed": scenario.seed,
        "world": scenario.world.name,
        "demand_case": scenario.demand.case,
        **facts(tables),
        "events": told(scenario, built.plan.events),
        "n_agents": len(built.blueprint.firms),
        "n_relations": len(built.blueprint.relations),
        "n_relations_added": built.n_added,
        **_of_the_past(scenario, tables),
        "inputs_seen_hash": seen(tables, scenario).hash,
        "inputs_read": "all" if tables.whole is None else "seen",
    }


def _of_the_past(scenario: Scenario, tables: Tables) -> dict[str, Any]:
    """Base year of a world of the past, and what was closed or assumed to build it; else nothing."""
    year = scenario.world.year
    if year is None:
        return {}
    return {"base_year": year, "closures": "\n".join(closures(tables, scenario.world))}
