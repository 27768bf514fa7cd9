"""What a result tells by its indicators: benchmarks met or not, losses against a baseline, cost per tonne."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.indicators.groups import groups
from simulator.indicators.rates import Floats
from simulator.indicators.service import (
    against_match,
    availability_final,
    cost_per_tonne,
    resilience,
    shortage_months,
)
from simulator.indicators.yearly import yearly
from simulator.totals import by_year, over_regions_by_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr


def crma(ds: xr.Dataset) -> xr.Dataset:
    """Benchmarks of the Critical Raw Materials Act: what the EU reaches, and from when on.

    The law speaks of what capacity in the Union is able to give, so ``value`` counts installed capacity with
    what it last made; ``output`` is what was made. Consumption is what the first manufacturing tier in the EU
    takes in refined form, of any origin. The share of a third country is the largest of ore or refined
    material shipped from one country, over consumption; a region's countries share it as they shared its
    output in the base year.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.

    Returns
    -------
    xarray.Dataset
        ``value``, ``output`` and ``is_met`` (year, benchmark, material); ``target`` and ``target_year``
        (benchmark,); ``year_met`` (benchmark, material): first year from which the benchmark is met to the
        end of the run; ``in_time`` (benchmark, material): 1 if met in the target year, 0 if not. Not a number
        where the EU consumes none, where it is never met, or where the run does not reach the year.

    Raises
    ------
    ValueError
        When no region is of the EU.

    Source
    ------
    Regulation (EU) 2024/1252, Article 5(1).
    """
    import xarray as xr

    if "crma_value" not in ds:
        raise ValueError("no region of this result is of the EU")
    value = ds["crma_value"]
    target, due = ds["crma_target"], ds["crma_year"]
    is_most = xr.DataArray(
        [str(name).endswith("_ceiling") for name in ds["benchmark"].values], dims="benchmark"
    )
    met = ((value >= target) & ~is_most) | ((value <= target) & is_most)
    stays = met.values[::-1].cumprod(axis=0)[::-1].astype(bool)
    first = met.isel(year=-1).copy(data=value["year"].values[stays.argmax(axis=0)]).where(stays[-1])
    reached = met.where(met["year"] == due).max("year").where(value.notnull().any("year"))
    return xr.Dataset(
        {
            "value": value,
            "output": ds["crma_output"],
            "is_met": met,
            "target": target,
            "target_year": due,
            "year_met": first.drop_vars("year"),
            "in_time": reached,
        }
    )


def indicator(ds: xr.Dataset, name: str, area: str | None = None) -> xr.DataArray:
    """One indicator by year.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    name : str
        Variable of `yearly`: ``supply_risk``, ``geopolrisk``, ``import_reliance``, ``hhi``,
        ``largest_share``, ``primary_avoided``, ``urban_mine`` ….
    area : str, optional
        World, UNECE, EU27 or a region; all where left out.

    Returns
    -------
    xarray.DataArray

    Source
    ------
    `yearly`.
    """
    found = ds[name] if name in ds else yearly(ds)[name]
    return found if area is None else found.sel(area=area)


def largest_supplier(ds: xr.Dataset) -> xr.Dataset:
    """Largest supplying region of each material and stage, by year.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.

    Returns
    -------
    xarray.Dataset
        ``region`` (year, material, stage) str, empty where nothing is made; ``share`` of that region [1];
        ``country_share`` of the largest country and ``firm_share`` of the largest enterprise [1].

    Source
    ------
    Concentration ratio CR1, usual definition.
    """
    import xarray as xr

    made = by_year(ds[["stage_output"]])["stage_output"]
    whole = made.sum("region")
    place = made.argmax("region")
    names = ds["region"].values.astype(str)
    named = place.copy(data=np.where(whole.values > 0, names[place.values], ""))
    share = (made.max("region") / whole.where(whole > 0)).fillna(0.0)
    country, firm = (indicator(ds, name) for name in ("largest_share", "largest_firm_share"))
    return xr.Dataset({"region": named, "share": share, "country_share": country, "firm_share": firm})


def resilience_of(ds: xr.Dataset, baseline: xr.Dataset | None = None, area: str = "World") -> xr.Dataset:
    """How deep and long the availability of final users fell, by material.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    baseline : xarray.Dataset, optional
        Run without the event, with the same months; all that is demanded where left out.
    area : str
        World, UNECE, EU27 or a region.

    Returns
    -------
    xarray.Dataset
        By material: ``depth`` [1], ``area`` [d], ``days_to_recover`` [d] (infinite where it does not),
        ``worst_month`` and ``shortage_months``, the months below 95 % of what is demanded.

    Source
    ------
    `resilience`; model, section 13.
    """
    import xarray as xr

    value = _final(ds, area)
    found = resilience(value, 1.0 if baseline is None else _final(baseline, area), _days(ds))
    return xr.Dataset(
        {
            "depth": ("material", found.depth),
            "area": ("material", found.area),
            "days_to_recover": ("material", found.days_to_recover),
            "worst_month": ("material", ds["time"].values[found.worst]),
            "shortage_months": ("material", shortage_months(value)),
        },
        coords={"material": ds["material"].values},
    )


def _days(ds: xr.Dataset) -> Floats:
    """Length (time,) [d] of each interval: calendar months, or as the one before."""
    start = ds["time"].values
    months = start.astype("datetime64[M]")
    is_monthly = (months.astype(start.dtype) == start).all()
    end = (
        (months + 1).astype(start.dtype)
        if is_monthly
        else np.append(start[1:], start[-1:] + np.diff(start[-2:]))
    )
    return np.asarray((end - start) / np.timedelta64(1, "D"))


def _final(ds: xr.Dataset, area: str) -> Floats:
    """Content delivered over demanded (time, material) [1] in an area."""
    regions = groups(ds)[area]
    got, asked = (
        ds[name].sel(region=regions).sum("region").transpose("time", "material").values
        for name in ("content_delivered", "content_demanded")
    )
    return np.asarray(availability_final(got, asked))


def policy_cost_per_tonne(ds: xr.Dataset, baseline: xr.Dataset) -> xr.DataArray:
    """Cost of the policies of a run per tonne that reaches final users more than without them.

    Parameters
    ----------
    ds, baseline : xarray.Dataset
        Runs that differ by the policies; their materials are the same.

    Returns
    -------
    (material,) float [USD / t]
        The whole cost over the gain in each material: not additive. Infinite where nothing is gained, not a
        number where the runs have no policies.

    Source
    ------
    `cost_per_tonne`.
    """
    spent = [float(run["policy_cost"].sum()) if "policy_cost" in run else 0.0 for run in (ds, baseline)]
    gain = (ds["content_delivered"] - baseline["content_delivered"]).sum(("time", "region"))
    value = cost_per_tonne(np.full(gain.shape, spent[0] - spent[1]), gain.values)
    return gain.copy(data=value).rename("policy_cost_per_tonne")


def alliance_gain(ds: xr.Dataset, regions: Sequence[str] | None = None) -> xr.Dataset:
    """What members of the alliance have more than like firms outside, by year.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run with an alliance.
    regions : sequence of str, optional
        Of the members; all when left out. Firms like them count wherever they are.

    Returns
    -------
    xarray.Dataset
        By year: ``fill`` [1] of wanted output made; ``failure_rate`` [1 / yr], of firms alive at the end of
        the year and those that failed; ``sales_per_firm`` [USD / yr].

    Source
    ------
    `against_match`.
    """
    import xarray as xr

    years = over_regions_by_year(ds[["ally_firms", "ally_sales", "ally_failures", "ally_fill"]], regions)
    firms, failed = years["ally_firms"], years["ally_failures"]
    rates = {
        "fill": years["ally_fill"],
        "failure_rate": failed / (firms + failed),
        "sales_per_firm": years["ally_sales"] / firms,
    }
    return xr.Dataset(
        {
            name: against_match(rate.sel(group="ally", drop=True), rate.sel(group="match", drop=True))
            for name, rate in rates.items()
        }
    )
