"""What a run says of places: the world, each region, and groups of regions such as the UNECE.

Members keep it by year, for ranges over time, and as one number for each place and material, for differences
between scenarios member by member. The numbers are those that a page tells of a single run, and of the world
those of `outcomes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import indicators
from simulator.batch.outcomes import MONTHS, Priced, labels, numbers
from simulator.terms import COUNTRY_GROUPS
from simulator.totals import WORLD, Years, together

if TYPE_CHECKING:
    import xarray as xr

    Floats = np.ndarray[Any, Any]

PLACE_OUTCOMES = (
    "worst_availability",
    "mean_availability",
    "missed",
    "recycled_content",
    "mined",
    "recovered",
    "price",
    "price_peak",
)
"""Of a place and material, in the order of pages: shares and prices [1]; missed, mined and recovered [t]."""

YEARLY = ("availability_final", "mined", "price")
"""What is kept of a place by year."""

Sums = dict[str, Any]
"""Regions of each place that is made of several: (region,) bool; the world first."""


def groups(ds: xr.Dataset) -> dict[str, list[str]]:
    """Regions of each group that is neither the world nor a region.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.

    Returns
    -------
    dict of str to list of str
        Empty where a result knows no groups.
    """
    if "membership" not in ds:
        return {}
    regions = labels(ds, "region")
    found = indicators.groups(ds)
    return {g: found[g] for g in COUNTRY_GROUPS if g in found and g != WORLD and g not in regions}


def mines_of(material: str, processes: list[str]) -> list[str]:
    """Extraction processes whose name says that they mine a material.

    Parameters
    ----------
    material : str
    processes : list of str
    """
    word = f"mine_{material.replace(' ', '_')}"
    return [p for p in processes if p == word or p.startswith(f"{word}_")]


def sums(ds: xr.Dataset) -> Sums:
    """Regions of the world and of each group.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    """
    regions = np.array(labels(ds, "region"))
    world = {WORLD: np.ones(len(regions), dtype=bool)}
    return world | {name: np.isin(regions, own) for name, own in groups(ds).items()}


def places(ds: xr.Dataset, of: Sums) -> list[str]:
    """Names of places in their order: the world, each region, groups.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    of : dict of str to (region,) bool
        As `sums` gives them.
    """
    world, *more = of
    return [world, *labels(ds, "region"), *more]


def placed(ds: xr.Dataset, years: Years, of: Sums, price_of: Priced) -> tuple[dict[str, Floats], Floats]:
    """Years and outcomes of places.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, monthly.
    years : Years
        Of its months.
    of : dict of str to (region,) bool
        As `sums` gives them.
    price_of : tuple of two arrays
        As `outcomes.priced` gives them.

    Returns
    -------
    dict of str to (year, place, material) float
        Under the names of `YEARLY`.
    (place_outcome, place, material) float
        In the order of `PLACE_OUTCOMES`; NaN where there is nothing to tell.
    """
    dims = ("time", "region", "material")
    served, asked = (numbers(ds, name, *dims) for name in ("availability_final", "content_demanded"))
    mined = _mined(ds)
    price, weight = price_of

    def by_year(name: str, values: Floats, share_of: Floats | None) -> Floats:
        return _of_places(name, values, share_of, of, years)

    yearly = {
        "availability_final": by_year("availability_final", served, asked),
        "mined": by_year("mined", mined, None),
        "price": by_year("price", price, weight),
    }
    wanted, got = (
        _of_places(name, numbers(ds, name, *dims), None, of, None)
        for name in ("content_demanded", "content_delivered")
    )
    prices = _prices(price, weight, of)
    told = {
        "mean_availability": _over(got.sum(axis=0), wanted.sum(axis=0)),
        "worst_availability": np.fmin.reduce(_of_places("availability_final", served, asked, of, None)),
        "missed": np.maximum(wanted - got, 0.0).sum(axis=0),
        "recycled_content": _recycled(ds, of),
        "mined": yearly["mined"].sum(axis=0),
        "recovered": _recovered(ds, of),
        "price": _mean(prices),
        "price_peak": np.fmax.reduce(prices),
    }
    return yearly, np.stack([told[name] for name in PLACE_OUTCOMES])


def _of_places(name: str, values: Floats, weight: Floats | None, of: Sums, years: Years | None) -> Floats:
    """(time or year, place, material): each place as if its regions were one."""
    alone = together(name, values, weight, None, years)
    several = [
        together(name, values[:, own], None if weight is None else weight[:, own], 1, years)
        for own in of.values()
    ]
    return _in_order(alone, several, axis=1)


def _in_order(alone: Floats, several: list[Floats], axis: int = 0) -> Floats:
    """Regions behind the world and before groups."""
    world, *more = (np.expand_dims(each, axis) for each in several)
    return np.concatenate([world, alone, *more], axis=axis)


def _mined(ds: xr.Dataset) -> Floats:
    """Metal in the output of mines (time, region, material) [t]."""
    processes = labels(ds, "process")
    made = numbers(ds, "production", "time", "region", "process")
    columns = []
    for material in labels(ds, "material"):
        own = [processes.index(name) for name in mines_of(material, processes)]
        columns.append(made[:, :, own].sum(axis=2))
    return np.stack(columns, axis=-1)


def _prices(price: Floats, weight: Floats, of: Sums) -> Floats:
    """Price index (time, place, material) [1]; a region alone has one also when it buys nothing."""
    found = _of_places("price", price, weight, of, None)
    found[:, 1 : price.shape[1] + 1] = price
    return found


def _recycled(ds: xr.Dataset, of: Sums) -> Floats:
    """Old and new scrap over all refined material received in the last year (place, material) [1]."""
    supply = numbers(ds, "supply_origin", "time", "region", "material", "origin")[-MONTHS:].sum(axis=0)
    primary = labels(ds, "origin").index("primary")
    both = _in_order(supply, [supply[own].sum(axis=0) for own in of.values()])
    whole = both.sum(axis=-1)
    return _over(whole - both[..., primary], whole)


def _recovered(ds: xr.Dataset, of: Sums) -> Floats:
    """Material that recyclers got out of products at their end of life (place, material) [t]."""
    old = labels(ds, "origin").index("old_scrap")
    all_ = numbers(ds, "recovered", "time", "region", "product", "material", "origin")
    by_region = all_.sum(axis=0).sum(axis=1)[..., old]  # in the order of memory: four times as fast
    return _in_order(by_region, [by_region[own].sum(axis=0) for own in of.values()])


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0.0)


def _mean(values: Floats) -> Floats:
    """Mean of the months that are known; NaN where none is."""
    known = np.isfinite(values)
    return _over(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0).astype(float))


__all__ = ["PLACE_OUTCOMES", "YEARLY", "groups", "mines_of", "placed", "places", "sums"]
