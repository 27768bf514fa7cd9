"""What a run comes to, in a few numbers by region and material: for differences, and for resilience."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulator import indicators, totals
from simulator.batch.outcomes import MONTHS
from simulator.report import economy, places
from simulator.report.packing import packed

if TYPE_CHECKING:
    import xarray as xr

    Numbers = np.ndarray[Any, Any]


class Outcome(NamedTuple):
    """One number of a run, told by region and material.

    Attributes
    ----------
    key, name : str
        Name in the block, and in words.
    unit : str
        ``1`` for shares, whose differences are told in points; else the unit of `terms`.
    more, less : str
        What a higher and a lower number are in words.
    good : int
        1 where more is better for supply or circularity, -1 where less is, 0 where neither.
    """

    key: str
    name: str
    unit: str
    more: str
    less: str
    good: int


OUTCOMES = (
    Outcome("mean_availability", "mean availability", "1", "more delivered", "less delivered", 1),
    Outcome("worst_availability", "availability in the worst month", "1", "less deep", "deeper", 1),
    Outcome("recycled_content", "recycled content, last year", "1", "more recycled", "less recycled", 1),
    Outcome("mined", "mine production over the period", "t", "more mined", "less mined", 0),
    Outcome("recovered", "recovered from old scrap over the period", "t", "more back", "less back", 1),
    Outcome("price", "mean price of the refined material", "", "dearer", "cheaper", 0),
)
REFERENCES = ("full", "baseline")
"""What a loss of availability is counted from: full delivery, or the first run of the page."""


def series(ds: xr.Dataset, base: xr.Dataset, yearly: xr.Dataset, world: xr.Dataset) -> dict[str, Any]:
    """Packed numbers of one run.

    Parameters
    ----------
    ds, base : xarray.Dataset
        Results of the run and of the first run of the page, monthly.
    yearly, world : xarray.Dataset
        Years of the run by region and for the world.

    Returns
    -------
    dict
        ``outcomes``: by key of `OUTCOMES` [region][material]; ``resilience``: by reference, ``depth`` [1],
        ``area`` [d], ``recovery`` [d], ``worst`` [number of the month], each [region][material]. The world
        first. Recovery is unknown where the last month is not back.
    """
    of: dict[str, Callable[[], Numbers | None]] = {
        "mean_availability": lambda: _mean_availability(ds),
        "worst_availability": lambda: _worst_availability(ds),
        "recycled_content": lambda: _recycled(ds),
        "mined": lambda: _mined(yearly, world),
        "recovered": lambda: _recovered(yearly, world),
        "price": lambda: _price(ds),
    }
    found = {key: values for key, make in of.items() if (values := make()) is not None}
    return {
        "outcomes": {k: packed(v[..., None], 6 if k.endswith("bility") else None) for k, v in found.items()},
        "resilience": {name: _resilience(ds, base, name) for name in REFERENCES},
    }


def _availability(ds: xr.Dataset, groups: places.Groups) -> Numbers:
    """Availability for final users (time, region, material) [1], the world first; 1 where none is asked."""
    part = ds[["availability_final", "content_demanded"]]
    world = totals.over_regions(part)["availability_final"].transpose("time", "material").values
    placed = places.with_groups(part, groups)["availability_final"]
    regions = placed.transpose("time", "region", "material").values
    both = np.concatenate([world[:, None], regions], axis=1)
    return np.where(np.isfinite(both), both, 1.0)


def _asked(ds: xr.Dataset) -> Numbers:
    """Content that final users ask for (time, region, material) [t], the world first."""
    asked = ds["content_demanded"].transpose("region", "time", "material").values
    placed = places.with_sums(asked, ds["region"].values, places.groups(ds))
    return np.asarray(economy.stacked(asked.sum(axis=0), placed).swapaxes(0, 1))


def _mean_availability(ds: xr.Dataset) -> Numbers:
    """Over the whole period, weighted by the content asked for; unknown where none is."""
    weight = _asked(ds)
    got = weight * _availability(ds, places.groups(ds))
    return np.asarray(indicators.share(got.sum(axis=0), weight.sum(axis=0), np.nan))


def _worst_availability(ds: xr.Dataset) -> Numbers:
    """In the lowest month; unknown where nothing is ever asked for."""
    lowest = _availability(ds, places.groups(ds)).min(axis=0)
    return np.where(_asked(ds).max(axis=0) > 0.0, lowest, np.nan)


def _recycled(ds: xr.Dataset) -> Numbers:
    """Old and new scrap over all refined material received, last twelve months."""
    last = ds["supply_origin"].isel(time=slice(-MONTHS, None)).sum("time")
    supply = last.transpose("region", "material", "origin").values
    got = economy.stacked(
        supply.sum(axis=0), places.with_sums(supply, ds["region"].values, places.groups(ds))
    )
    primary = list(ds["origin"].values.astype(str)).index("primary")
    whole = got.sum(axis=-1)
    return np.asarray(indicators.share(whole - got[..., primary], whole, np.nan))


def _mined(yearly: xr.Dataset, world: xr.Dataset) -> Numbers:
    """Metal in the output of mines over the period [t]."""
    processes = [str(p) for p in yearly["process"].values]
    columns = []
    for material in yearly["material"].values.astype(str):
        own = economy.mines_of(str(material), processes)
        one, many = (part["production"].sel(process=own).sum(("process", "year")) for part in (world, yearly))
        columns.append(economy.stacked(one, many))
    return np.stack(columns, axis=-1)


def _recovered(yearly: xr.Dataset, world: xr.Dataset) -> Numbers:
    """Material that recyclers got out of products at their end of life, over the period [t]."""
    one, many = (
        part["recovered"].sel(origin="old_scrap").sum(("product", "year")) for part in (world, yearly)
    )
    return np.asarray(economy.stacked(one.transpose("material"), many.transpose("region", "material")))


def _price(ds: xr.Dataset) -> Numbers | None:
    """Mean over the months of the price index of the refined material."""
    if not economy.has(ds, "price"):
        return None
    goods = [economy.refined(str(m)) for m in ds["material"].values]
    one = economy.prices(ds)["price"].reindex(good=goods).mean("time")
    part = places.with_groups(ds[["price", "price_base", "trade"]], places.groups(ds))
    many = part["price"].reindex(good=goods).mean("time").transpose("region", "good")
    return np.asarray(economy.stacked(one, many))


def days(ds: xr.Dataset) -> Numbers:
    """Length of each month of a result (time,) [d]."""
    start = ds["time"].values.astype("datetime64[M]")
    ends = np.append(start, start[-1] + 1).astype("datetime64[D]")
    return np.diff(ends).astype(float)


def _resilience(ds: xr.Dataset, base: xr.Dataset, reference: str) -> dict[str, Any]:
    """Loss of availability against a reference; months and materials that both have."""
    now = _availability(ds, places.groups(ds))
    before = np.ones_like(now) if reference == "full" else _aligned(base, ds)
    loss = indicators.resilience(now, before, days(ds))
    return {
        "depth": packed(loss.depth, 5),
        "area": packed(loss.area, 3),
        "recovery": packed(loss.days_to_recover, 1),
        "worst": packed(loss.worst, 0),
    }


def _aligned(base: xr.Dataset, ds: xr.Dataset) -> Numbers:
    """Availability of another run at the months, regions and materials of this one; 1 where it has none."""
    names = ["availability_final", "content_demanded"]
    like = {dim: ds[dim].values for dim in ("time", "region", "material")}
    part = base[names].reindex(like)
    part["content_demanded"] = part["content_demanded"].fillna(0.0)
    return _availability(part, places.groups(ds))
