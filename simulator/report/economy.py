"""Numbers of prices, enterprises, investment, alliance and programmes for the charts of a page.

Each part is there only if the result has its variables: nothing is said of a run without prices or money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import totals
from simulator.batch.placed import mines_of as mines_of
from simulator.report import places
from simulator.report.packing import FIGURES, packed
from simulator.terms import CAUSES, FIRM_STAGES, FUND_ENTRIES, GROUPS, REASONS, SIZES

if TYPE_CHECKING:
    import xarray as xr

COUNTS = ("n_firms", "jobs", "sales")
"""What the enterprises of a size class can be counted by."""

ALLIES = ("ally_firms", "ally_failures", "ally_sales", "ally_fill")
"""What is told of members of the alliance and of others like them."""

MONTHS_PER_YEAR = 12


def has(ds: xr.Dataset, name: str) -> bool:
    """Whether a result has numbers of a variable."""
    return name in ds and ds[name].size > 0


def refined(material: str) -> str:
    """Good that a material is refined to."""
    return f"refined_{material.replace(' ', '_')}"


def prices(ds: xr.Dataset, regions: list[str] | None = None) -> xr.Dataset:
    """Prices of goods for buyers in a group of regions, or in the world, as one.

    Parameters
    ----------
    ds : xarray.Dataset
        With ``price``, ``price_base`` and ``trade``.
    regions : list of str, optional
        All when left out.

    Returns
    -------
    xarray.Dataset
        ``price`` (time, good) [1] and ``price_base`` (good) [USD per unit of the good].
    """
    found = totals.over_regions(ds[["price", "price_base", "trade"]], regions)
    return found[["price", "price_base"]]


def at_start(ds: xr.Dataset) -> xr.DataArray:
    """Enterprises alive before the first interval, (region, stage, size) [1]: left and failed, less new."""
    first = ds.isel(time=0)
    start = first["n_firms"] + first["failures"].sum("cause")
    return (start - first["births"] if has(ds, "births") else start).transpose("region", "stage", "size")


def labels(ds: xr.Dataset) -> dict[str, Any]:
    """Labels of the parts that a result has, as they stand beside the packed series."""
    found: dict[str, Any] = {}
    if has(ds, "price"):
        units = dict(zip(ds["good"].values.astype(str), ds["unit_good"].values.astype(str), strict=True))
        materials = ds["material"].values.astype(str)
        found["price_units"] = [f"USD/{units.get(refined(m), 't')}" for m in materials]
    for name, dim in (("programme_cost", "programme"), ("adoption", "model")):
        if has(ds, name):
            found[f"{dim}_names"] = ds[dim].values.astype(str).tolist()
    if has(ds, "adoption"):
        found["model_regions"] = ds["model_region"].values.astype(str).tolist()
    return found


def series(ds: xr.Dataset, yearly: xr.Dataset, world: xr.Dataset) -> dict[str, Any]:
    """Packed series of the parts that a result has.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, monthly.
    yearly, world : xarray.Dataset
        Its years by region and for the world, without prices.

    Returns
    -------
    dict
        ``firms`` always; ``prices``, ``alive``, ``failures``, ``investments``, ``allies``, ``programmes`` and
        ``models`` where there are such.
    """
    found: dict[str, Any] = {"firms": {n: packed(_sizes(yearly, world, n)) for n in COUNTS if has(ds, n)}}
    if has(ds, "price"):
        found["prices"] = _prices(ds)
    if has(ds, "failures"):
        found |= _survival(ds, yearly, world)
    if has(ds, "investments_made"):
        found["investments"] = _investments(ds)
    if has(ds, "ally_firms"):
        found["allies"] = _allies(ds, yearly)
    if has(ds, "programme_cost"):
        found["programmes"] = _programmes(ds)
    if has(ds, "adoption"):
        found["models"] = packed(world["adoption"].transpose("model", "year"))
    return found


def stacked(world: Any, regions: Any) -> Any:
    """The world before its regions, along a new first axis."""
    return np.concatenate([np.asarray(world)[None], np.asarray(regions)])


def _alone(array: Any) -> Any:
    """Each number a series of its own, for numbers that differ too much to share a step."""
    return packed(np.asarray(array)[..., None])


def _with_sum(array: Any, axis: int) -> Any:
    """All labels of an axis as one, before each of them."""
    return np.concatenate([array.sum(axis=axis, keepdims=True), array], axis=axis)


def _pick(ds: xr.Dataset) -> dict[str, list[str]]:
    return {"stage": [s for s in FIRM_STAGES if s in ds["stage"].values], "size": list(SIZES)}


def _sizes(yearly: xr.Dataset, world: xr.Dataset, name: str) -> Any:
    """[region][stage][size][year]; the world first, all stages first."""
    order, pick = ("stage", "size", "year"), _pick(yearly)
    one, many = world[name].sel(pick), yearly[name].sel(pick)
    return _with_sum(stacked(one.transpose(*order), many.transpose("region", *order)), 1)


def _prices(ds: xr.Dataset) -> dict[str, Any]:
    """Of refined materials: ``world`` [material][month], ``regions`` by year, ``base``."""
    goods = [refined(m) for m in ds["material"].values.astype(str)]
    part, groups = ds[["price", "price_base", "trade"]], places.groups(ds)
    world = prices(ds).reindex(good=goods)
    years = places.with_groups(part, groups, years=True).reindex(good=goods)
    base = places.with_groups(part, groups)["price_base"].reindex(good=goods)
    return {
        "world": packed(world["price"].transpose("good", "time"), 4),
        "regions": packed(years["price"].transpose("region", "good", "year"), 4),
        "base": _alone(stacked(world["price_base"], base.transpose("region", "good"))),
    }


def _survival(ds: xr.Dataset, yearly: xr.Dataset, world: xr.Dataset) -> dict[str, Any]:
    """Enterprises at the start, the world's by month, and those that failed by year.

    ``at_start`` [region][stage][size][0]; ``alive`` [stage][size][month]; ``failures``
    [region][stage][size][cause][year]; the world first, all stages first.
    """
    pick = _pick(ds)
    start = at_start(ds).sel(pick)
    both = places.with_sums(start, ds["region"].values, places.groups(ds))
    alive = ds["n_firms"].sel(pick).sum("region").transpose("stage", "size", "time").values
    order = ("stage", "size", "cause", "year")
    causes = pick | {"cause": list(CAUSES)}
    many = yearly["failures"].sel(causes).transpose("region", *order)
    failed = stacked(world["failures"].sel(causes).transpose(*order), many)
    return {
        "at_start": _alone(_with_sum(stacked(start.sum("region"), both), 1)),
        "alive": packed(_with_sum(alive, 0)),
        "failures": packed(_with_sum(failed, 1)),
    }


def occurring(array: Any, figures: int = FIGURES) -> Any:
    """As `packed`, but a part in which nothing happens is an empty list: most cells of small regions are.

    Parameters
    ----------
    array : array of float [any]
        Two axes at least; the last two are packed.
    figures : int [1]
        Significant figures of the largest number of a series.
    """
    rows = np.asarray(array, dtype=float)
    if not rows.any():
        return []
    if rows.ndim <= 2:
        return packed(rows, figures=figures)
    return [occurring(row, figures) for row in rows]


def _investments(ds: xr.Dataset) -> Any:
    """[region][stage][size][part][year], by region alone: what was made, then what was not, by reason.

    The page sums them up to places, all stages and all sizes; together they are what was wanted.
    """
    years = totals.by_year(ds[["investments_made", "investments_blocked"]]).sel(_pick(ds))
    order = ("region", "stage", "size", "reason", "year")
    blocked = years["investments_blocked"].sel(reason=list(REASONS)).transpose(*order).values
    made = years["investments_made"].transpose(*(d for d in order if d != "reason")).values
    return occurring(np.concatenate([made[:, :, :, None], blocked], axis=3))


def _programmes(ds: xr.Dataset) -> dict[str, Any]:
    """[region][programme][year] of cost and reach, by region alone; the page sums them up to places."""
    names = ["programme_cost", "programme_reach"]
    years = totals.by_year(ds[names])
    return {name: occurring(years[name].transpose("region", "programme", "year")) for name in names}


def most_at_once(ds: xr.Dataset) -> xr.DataArray:
    """Enterprises of each group of the alliance when there are most of them, without time [1].

    Those that fail then are among them; where nobody joins or leaves later, they are those at the start.

    Parameters
    ----------
    ds : xarray.Dataset
        Months of ``ally_firms`` and ``ally_failures``.
    """
    return (ds["ally_firms"] + ds["ally_failures"]).max("time")


def _allies(ds: xr.Dataset, yearly: xr.Dataset) -> dict[str, Any]:
    """``world`` [group][month], ``regions`` [region][group][year] of members and others like them.

    Enterprises, failures, sales a month, part of wanted output made; not known before there is anybody.
    ``most`` [region][group][0] enterprises at once and ``usual`` sales a month, over the first twelve; the
    world first. ``fund`` [entry][month].
    """
    part, spans = ds[list(ALLIES)].sel(group=list(GROUPS)), totals.years_of(ds)
    both = totals.over_regions(part), places.with_groups(part, places.groups(ds))

    def monthly(name: str) -> Any:
        return stacked(*(each[name].transpose(..., "group", "time") for each in both))

    is_there = np.maximum.accumulate(monthly("ally_firms") + monthly("ally_failures") > 0, axis=-1)
    age = np.cumsum(is_there, axis=-1)
    months = np.moveaxis(spans.reduce(np.moveaxis(is_there[1:], -1, 0).astype(int), "sum"), 0, -1)
    first = is_there & (age <= MONTHS_PER_YEAR)
    sold = (monthly("ally_sales") * first).sum(axis=-1) / np.maximum(first.sum(axis=-1), 1)
    found: dict[str, Any] = {
        "world": {n: packed(np.where(is_there[0], monthly(n)[0], np.nan)) for n in ALLIES},
        "regions": {},
        "most": _alone(stacked(*(most_at_once(each).transpose(..., "group") for each in both))),
        "usual": _alone(sold),
    }
    for name in ALLIES:
        values = yearly[name].sel(group=list(GROUPS)).transpose("region", "group", "year").values
        values = values / np.maximum(months, 1) if name == "ally_sales" else values
        found["regions"][name] = packed(np.where(months > 0, values, np.nan))
    if has(ds, "fund"):
        found["fund"] = packed(ds["fund"].sel(entry=list(FUND_ENTRIES)).transpose("entry", "time"))
    return found
