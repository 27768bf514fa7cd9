"""Made-up indicators by year and root causes for the made-up results."""

from __future__ import annotations

import numpy as np
import xarray as xr

from simulator import totals
from simulator.report.charts import RATES
from simulator.terms import BENCHMARKS, COUNTRY_GROUPS

ROOTS = (
    ("capacity", "extraction", "OCE", "lithium"),
    ("outage", "processing", "CHN", "cobalt"),
    ("ordering", "manufacturing", "EU27", "several"),
    ("host", "extraction", "CAF", "rare_earths"),
)
SHARES = np.array([0.6, 0.3, 0.097, 0.003])
TARGETS = (0.1, 0.4, 0.25, 0.65)


INSIDE = {"CAN": 1.0, "EU27": 1.0, "EECA": 0.8, "USA": 1.0, "REU": 0.9, "MEA": 0.05}
"""Part of a region that lies in countries of the UNECE."""


def _add_membership(ds: xr.Dataset) -> None:
    """Regions of the world, the UNECE and the EU, each worth one."""
    regions = ds["region"].values.astype(str)
    ds.coords["country_group"] = list(COUNTRY_GROUPS)
    rows = [
        np.ones(len(regions)),
        [INSIDE.get(r, 0.0) for r in regions],
        [1.0 * (r == "EU27") for r in regions],
    ]
    ds["membership"] = (("country_group", "region"), np.array(rows))


def add(ds: xr.Dataset, seed: int = 5) -> xr.Dataset:
    """The same result with risk, benchmarks, the urban mine, and causes that add up to what is missing."""
    rng = np.random.default_rng(seed)
    years = np.unique(ds["time"].values.astype("datetime64[Y]").astype(int) + 1970)
    areas = [*COUNTRY_GROUPS, *[r for r in ds["region"].values.astype(str) if r not in COUNTRY_GROUPS]]
    ds.coords["year"], ds.coords["area"], ds.coords["benchmark"] = years, areas, list(BENCHMARKS)
    sizes = {**ds.sizes, "year": len(years)}

    def drawn(*dims):
        return dims, rng.random([sizes[d] for d in dims])

    sizes |= {"area": len(areas), "benchmark": len(BENCHMARKS)}
    for name in ("supply_risk", "geopolrisk", "import_reliance"):
        ds[name] = drawn("year", "area", "material", "stage")
    ds["supply_risk"][:, -1] = np.nan
    for name in ("hhi", "largest_share", "largest_firm_share"):
        ds[name] = drawn("year", "material", "stage")
    for name in ("urban_mine", "primary_avoided"):
        ds[name] = drawn("year", "area", "material")
    ds["landfilled"] = drawn("year", "material")
    ds["crma_value"], ds["crma_output"] = (drawn("year", "benchmark", "material") for _ in range(2))
    ds["crma_target"], ds["crma_year"] = ("benchmark", list(TARGETS)), ("benchmark", [2030.0] * 4)
    _add_membership(ds)
    ds.coords["root"] = [":".join(root) for root in ROOTS]
    for part, values in zip(("kind", "stage", "region", "material"), zip(*ROOTS, strict=True), strict=True):
        ds.coords[f"root_{part}"] = ("root", list(values))
    yearly = totals.by_year(ds[["unmet", "need", "met"]])
    for name, missing, dim in (
        ("unmet_by_root", yearly["unmet"], "product"),
        ("need_unmet_by_root", yearly["need"] - yearly["met"], "material"),
    ):
        part = missing.transpose("year", "region", dim).values[..., None] * SHARES
        ds[name] = (("year", "region", dim, "root"), part)
    more = np.random.default_rng(seed + 1)
    for name in RATES:
        dims = ("year", "area", "material")
        ds[f"{name}_by_area"] = (dims, more.random([sizes[d] for d in dims]))
    return ds
