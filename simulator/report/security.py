"""Numbers of supply risk, benchmarks of the EU and what the loop keeps, for the charts of a page."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from simulator import indicators
from simulator.report.economy import has
from simulator.report.packing import packed
from simulator.terms import BENCHMARK_NAMES, STAGE_NAMES

if TYPE_CHECKING:
    import xarray as xr

RISK_STAGES = ("extraction", "processing")
"""Stages whose goods are traded, so that risk can be told."""

BY_AREA = ("supply_risk", "geopolrisk", "import_reliance")
BY_STAGE = ("hhi", "largest_share", "largest_firm_share")
KEPT = ("urban_mine", "primary_avoided")
RISKS = {
    "supply_risk": "supply risk (method of the EU)",
    "geopolrisk": "GeoPolRisk score",
    "import_reliance": "net import reliance",
    "hhi": "concentration of the world's output (HHI)",
    "largest_share": "share of the largest producing country or region",
    "largest_firm_share": "share of the largest enterprise",
}
"""Measures of risk in words, in the order in which a page offers them."""


TARGETS = {"recycled_content": "recycled_content", "material_recovery": "process_efficiency"}
"""Indicators of the table of targets by the rate beside which a page draws them."""


def words() -> dict[str, Any]:
    """Measures, stages and benchmarks in words, and targets for recycling rates."""
    return {
        "risks": list(RISKS.items()),
        "risk_stages": [(stage, STAGE_NAMES[stage]) for stage in RISK_STAGES],
        "benchmark_names": BENCHMARK_NAMES,
        "targets": targets(),
    }


@cache
def targets() -> list[dict[str, Any]]:
    """Targets for recycling rates in the shipped table: rate, material, value, year, what they are of."""
    from simulator.scenario import tables

    return [
        {
            "rate": TARGETS[str(row["indicator"])],
            "material": str(row["material"]).replace("_", " "),
            "value": float(row["value"]),
            "year": int(row["target_year"]),
            "name": f"{row['framework']}: {row['note']}",
        }
        for row in tables.load()["policy_targets"].rows
        if row["indicator"] in TARGETS
    ]


def labels(ds: xr.Dataset) -> dict[str, Any]:
    """``areas``, and benchmarks with their target and its year, where a result has them."""
    found: dict[str, Any] = (
        {"areas": ds["area"].values.astype(str).tolist()} if has(ds, "supply_risk") else {}
    )
    if has(ds, "crma_value"):
        names = ds["benchmark"].values.astype(str).tolist()
        targets, years = ds["crma_target"].values.tolist(), ds["crma_year"].values.astype(int).tolist()
        found["benchmarks"] = [list(row) for row in zip(names, targets, years, strict=True)]
    return found


def series(ds: xr.Dataset) -> dict[str, Any]:
    """Packed series of the parts that a result has.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run with the yearly variables of `simulator.indicators`.

    Returns
    -------
    dict
        ``crma``: ``value`` and ``output`` [benchmark][material][year], ``in_time`` and ``year_met``
        [benchmark][material]; ``risks``: by name of `BY_AREA` [area][stage][material][year], of `BY_STAGE`
        [stage][material][year]; ``kept``: by name of `KEPT` [area][material][year] [t] and ``landfilled``
        [material][year] [t].
    """
    found: dict[str, Any] = {}
    if has(ds, "crma_value"):
        found["crma"] = _benchmarks(ds)
    if has(ds, "supply_risk"):
        part = ds.sel(stage=list(RISK_STAGES))
        order = ("stage", "material", "year")
        found["risks"] = {n: packed(part[n].transpose("area", *order), 4) for n in BY_AREA}
        found["risks"] |= {n: packed(part[n].transpose(*order), 4) for n in BY_STAGE}
    if has(ds, "urban_mine"):
        found["kept"] = {n: packed(ds[n].transpose("area", "material", "year")) for n in KEPT}
        found["kept"]["landfilled"] = packed(ds["landfilled"].transpose("material", "year"))
    return found


def _benchmarks(ds: xr.Dataset) -> dict[str, Any]:
    told = indicators.crma(ds)
    order = ("benchmark", "material")
    found = {name: packed(told[name].transpose(*order, "year"), 4) for name in ("value", "output")}
    return found | {name: packed(told[name].transpose(*order), 0) for name in ("in_time", "year_met")}
