"""Named numbers of one run: what ensembles are told by, sensitivity explains and policies are chosen on.

A name is `variable.label.statistic`, or `variable.statistic` where it has no label.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.terms import ORIGINS
from simulator.totals import TRACE, together

if TYPE_CHECKING:
    import xarray as xr

Floats = np.ndarray[Any, Any]
Priced = tuple[Floats, Floats]

MONTHS = 12
REFINED = "refined_"

SUMS = ("need", "met", "content_demanded", "content_delivered")
SHARES = {"availability": "need", "availability_final": "content_demanded", "cover": "need"}
"""Shares over regions with their denominator."""

RATES = ("recycled_content", "eol_recycling_rate", "eol_recycling_input_rate")

STATISTICS = {
    "mean": "over the whole period",
    "worst": "in the lowest month",
    "peak": "in the highest month",
    "total": "summed over the period",
    "last_year": "over the last twelve months",
    "end": "at the end",
}

OUTCOMES: dict[str, tuple[str, str]] = {
    "availability_final.<material>.mean": ("1", "share of what final users ask for that they get"),
    "availability_final.<material>.worst": ("1", "share of what final users ask for that they get"),
    "availability_final.all.mean": ("1", "mean over materials of the share that final users get"),
    "availability_final.all.worst": ("1", "lowest over materials of the share that final users get"),
    "content_missed.<material>.total": ("t", "material content that final users ask for and do not get"),
    "availability.<material>.mean": ("1", "share of the first manufacturing tier's need that is met"),
    "availability.<material>.worst": ("1", "share of the first manufacturing tier's need that is met"),
    "price.<material>.mean": ("1", "price index of the refined material, base year 1, by what is bought"),
    "price.<material>.peak": ("1", "price index of the refined material, base year 1, by what is bought"),
    "recycled_content.<material>.last_year": ("1", "secondary over all input"),
    "eol_recycling_rate.<material>.last_year": ("1", "end-of-life recycling rate"),
    "eol_recycling_input_rate.<material>.last_year": ("1", "old scrap over primary and old scrap"),
    "unmet_essential.total": ("t", "material content of essential products wanted and given up"),
    "failures.total": ("1", "enterprises that failed"),
    "n_firms.end": ("1", "enterprises alive"),
    "jobs.mean": ("1", "persons needed for the output made"),
    "sales.total": ("USD", "value of goods sold"),
    "investments_made.total": ("USD", "investment made by firms"),
    "investments_blocked.total": ("USD", "investment wanted and not made"),
    "policy_cost.total": ("USD", "cost of policies to whoever bears it"),
    "policy_receipts.total": ("USD", "what the state gets by policies"),
    "programme_cost.total": ("USD", "cost of programmes"),
    "tariff_paid.total": ("USD", "duty that buyers paid"),
}
"""Every outcome with unit and text; one is absent where the run has not what it is made of."""


def describe(name: str) -> tuple[str, str]:
    """Unit and text of an outcome.

    Parameters
    ----------
    name : str
        As `outcomes` gives it.

    Returns
    -------
    tuple of str and str
        Empty for a name that is none.
    """
    variable, *label, statistic = name.split(".") if "." in name else (name, "")
    pattern = ".".join([variable, *(["<material>"] if label else []), statistic])
    unit, text = OUTCOMES.get(name) or OUTCOMES.get(pattern) or ("", "")
    where = f"{label[0].replace('_', ' ')}: " if label and label[0] != "all" else ""
    return unit, f"{where}{text}, {STATISTICS[statistic]}" if text else ""


def numbers(ds: xr.Dataset, name: str, *dims: str) -> Floats:
    """Numbers of a variable in an order of dimensions, without the labels that make asking for them slow.

    Parameters
    ----------
    ds : xarray.Dataset
    name : str
    dims : str
        Those that come first; all others follow in their own order.
    """
    variable = ds.variables[name]
    order = (*dims, *(dim for dim in variable.dims if dim not in dims))
    return np.asarray((variable if variable.dims == order else variable.transpose(*order)).values)


def labels(ds: xr.Dataset, name: str) -> list[str]:
    """Labels of a dimension, without what makes asking for them slow.

    Parameters
    ----------
    ds : xarray.Dataset
    name : str
    """
    return [str(label) for label in ds.variables[name].values]


def refined_goods(ds: xr.Dataset) -> dict[str, str]:
    """Good that is the refined material, by material; only those that the run has.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    """
    goods = set(labels(ds, "good")) if "good" in ds.coords else set()
    return {name: REFINED + name for name in labels(ds, "material") if REFINED + name in goods}


def world_months(ds: xr.Dataset, price: Priced | None = None) -> dict[str, Floats]:
    """Months of the world by material: what outcomes and fans are made of.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    price : tuple of two arrays, optional
        `priced` of it, where the caller has them.

    Returns
    -------
    dict of str to (time, material) array
        Sums and shares as `totals.over_regions` has them, and `price` [1] of refined materials.
    """
    dims = ("time", "region", "material")
    found: dict[str, Floats] = {}
    for name, weight in {**dict.fromkeys(SUMS), **SHARES}.items():
        if name in ds:
            by = None if weight is None else numbers(ds, weight, *dims)
            found[name] = together(name, numbers(ds, name, *dims), by, 1, None)
    found |= {name: numbers(ds, name, "time", "material") for name in RATES if name in ds}
    found["price"] = together("price", *(priced(ds) if price is None else price), 1, None)
    return found


def priced(ds: xr.Dataset) -> Priced:
    """Price index of refined materials, and its weight when regions or months are put together.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.

    Returns
    -------
    (time, region, material) float [1]
        NaN where a run has no price.
    (time, region, material) float [USD]
        What buyers got, at base prices; a trace of the mean where nothing moved.
    """
    materials = labels(ds, "material")
    shape = (ds.sizes["time"], ds.sizes["region"], len(materials))
    price, weight = np.full(shape, np.nan), np.zeros(shape)
    goods = refined_goods(ds)
    if "price" not in ds or not goods:
        return price, weight
    rows = [labels(ds, "good").index(good) for good in goods.values()]
    columns = [materials.index(name) for name in goods]
    trade = numbers(ds, "trade", "time", "good", "region_from", "region_to")[:, rows]
    got = trade.sum(axis=2).transpose(0, 2, 1)
    got = got + TRACE * got.mean(axis=0)
    price[:, :, columns] = numbers(ds, "price", "time", "region", "good")[:, :, rows]
    weight[:, :, columns] = np.nan_to_num(got * numbers(ds, "price_base", "region", "good")[:, rows])
    return price, weight


def outcomes(ds: xr.Dataset, world: Mapping[str, Floats] | None = None) -> dict[str, float]:
    """Named outcomes of one run.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, monthly.
    world : mapping of str to array, optional
        `world_months` of it, where the caller has them.

    Returns
    -------
    dict of str to float
        In the order of `OUTCOMES`, materials in that of the run; `describe` tells unit and meaning.
    """
    months = world_months(ds) if world is None else world
    found = {**_of_materials(ds, months), **_last_year(ds), **_totals(ds)}
    order = {pattern.partition(".")[0]: i for i, pattern in enumerate(OUTCOMES)}
    return dict(sorted(found.items(), key=lambda pair: order[pair[0].partition(".")[0]]))


def _of_materials(ds: xr.Dataset, months: Mapping[str, Floats]) -> dict[str, float]:
    asked, got = months["content_demanded"], months["content_delivered"]
    served = {
        "availability_final": (_ratio(got, asked), months["availability_final"]),
        "availability": (_ratio(months["met"], months["need"]), months["availability"]),
    }
    names = labels(ds, "material")
    found: dict[str, float] = {}
    for variable, (mean, monthly) in served.items():
        worst = _least(monthly)
        found |= {f"{variable}.{name}.mean": float(mean[i]) for i, name in enumerate(names)}
        found |= {f"{variable}.{name}.worst": float(worst[i]) for i, name in enumerate(names)}
        if variable == "availability_final":
            known = mean[np.isfinite(mean)]
            found["availability_final.all.mean"] = float(known.mean()) if known.size else np.nan
            found["availability_final.all.worst"] = float(_least(worst[:, None])[0])
    missed = np.maximum(asked - got, 0.0).sum(axis=0)
    found |= {f"content_missed.{name}.total": float(missed[i]) for i, name in enumerate(names)}
    price = months["price"]
    for i, name in enumerate(names):
        known = price[np.isfinite(price[:, i]), i]
        if known.size:
            found[f"price.{name}.mean"] = float(known.mean())
            found[f"price.{name}.peak"] = float(known.max())
    return found


def _last_year(ds: xr.Dataset) -> dict[str, float]:
    """Rates of the last twelve months: share of the sums."""
    last = slice(-MONTHS, None)
    supply = numbers(ds, "supply_origin", "time", "region", "material", "origin")[last]
    primary, old, new = supply.sum(axis=(0, 1)).T
    generated, recovered = (
        numbers(ds, name, "time", "region", "product", "material")[last].sum(axis=(0, 1, 2))
        for name in ("eol_generated", "recovered")
    )
    rates = {
        "recycled_content": _over(old + new, primary + old + new),
        "eol_recycling_rate": _over(recovered[:, ORIGINS.index("old_scrap")], generated),
        "eol_recycling_input_rate": _over(old, primary + old),
    }
    names = labels(ds, "material")
    return {
        f"{rate}.{name}.last_year": float(values[i])
        for rate, values in rates.items()
        for i, name in enumerate(names)
    }


def _totals(ds: xr.Dataset) -> dict[str, float]:
    """Sums over everything but time."""
    found: dict[str, float] = {}
    for name in OUTCOMES:
        variable, _, statistic = name.partition(".")
        if "." in statistic or variable not in ds:
            continue
        values = numbers(ds, variable, "time").reshape(ds.sizes["time"], -1).sum(axis=1)
        found[name] = float({"total": values.sum(), "mean": values.mean(), "end": values[-1]}[statistic])
    return found


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0.0)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return _over(part.sum(axis=0), whole.sum(axis=0))


def _least(values: Floats) -> Floats:
    """Smallest finite value of each column; NaN where there is none."""
    least = np.where(np.isfinite(values), values, np.inf).min(axis=0)
    return np.asarray(np.where(np.isfinite(least), least, np.nan))
