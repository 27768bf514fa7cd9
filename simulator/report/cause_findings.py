"""Sentences on where a shortage began."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulator.report.sentences import Finding, listed, percent, place, quoted, scenario_name
from simulator.roots import root_shares
from simulator.terms import ROOT_KIND_NAMES, SEVERAL, STAGE_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

REMAINDER = "other_"
"""How products begin that stand for all other uses of a material."""

LEAST_MISSED = 0.01
"""Part of a year's demand for a product that must be missing to have a sentence [1]."""

LEAST_MORE = 0.005
"""The same, above the baseline's [1]."""

LEAST_SHARE = 0.1
"""Roots with less of the whole are not named [1]."""


def of_run(
    ds: xr.Dataset, names: Mapping[str, str], is_one_of_several: bool, base: xr.Dataset | None = None
) -> list[Finding]:
    """Where the deepest shortage of a product began.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run, with ``unmet_by_root``.
    names : mapping of str to str
        Names of region codes.
    is_one_of_several : bool
        Whether the scenario has to be named.
    base : xarray.Dataset, optional
        Baseline: the product and year whose shortage is deepest above the baseline's are spoken of.

    Returns
    -------
    list of Finding
        One, or none where nothing is short.
    """
    if "unmet_by_root" not in ds:
        return []
    found = _deepest(ds, base)
    if found is None:
        return []
    product, year, missed = found
    shares = _shares(ds, product, year)
    told = [(root, share) for root, share in shares.items() if share >= LEAST_SHARE][:3] or [
        next(iter(shares.items()))
    ]
    lead = f"In {quoted(str(ds.attrs.get('title') or scenario_name(ds)))}, of" if is_one_of_several else "Of"
    parts = [f"{percent(share, 0)} trace to {_root_text(root, names)}" for root, share in told]
    text = (
        f"{lead} the demand for {_products(product)} that the world misses in {year} "
        f"({percent(missed)} of it), {listed(parts)}."
    )
    return [Finding(text, "causes", "short")]


class Deepest(NamedTuple):
    """The deepest shortage of a product in the world, and where it began.

    Attributes
    ----------
    products : str
        The product, several of it.
    year : int
    missed : float [1]
        Part of the year's demand that is given up.
    roots : list of (str, float)
        Root causes in words and their shares [1], the largest first.
    """

    products: str
    year: int
    missed: float
    roots: list[tuple[str, float]]


def roots_of_deepest(ds: xr.Dataset, names: Mapping[str, str]) -> Deepest | None:
    """The deepest shortage of a product; none where less than `LEAST_MISSED` is missing in every year.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    names : mapping of str to str
        Names of region codes.
    """
    found = _deepest(ds, None) if "unmet_by_root" in ds else None
    if found is None:
        return None
    product, year, missed = found
    roots = [(_root_text(root, names), share) for root, share in _shares(ds, product, year).items()]
    return Deepest(_products(product), year, missed, roots)


def deepest_product(datasets: Sequence[xr.Dataset]) -> str:
    """Product whose demand the world gives up most of in a year of some run; empty where none does."""
    found = [_deepest(ds, None) for ds in datasets if "unmet_by_root" in ds]
    known = [each for each in found if each is not None]
    return max(known, key=lambda each: each[2])[0] if known else ""


def _shares(ds: xr.Dataset, product: str, year: int) -> dict[tuple[str, str, str, str], float]:
    """Shares of the root causes of what is missing, the largest first."""
    shares: dict[tuple[str, str, str, str], float] = {}
    for *root, share in root_shares(ds, "World", product, year):
        key = (root[0], root[1], root[2], root[3])
        shares[key] = shares.get(key, 0.0) + share
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _deepest(ds: xr.Dataset, base: xr.Dataset | None) -> tuple[str, int, float] | None:
    """Product, year and missing share of demand of the deepest shortage, above the baseline's if given."""
    part = _missed(ds)
    above = part
    if base is not None and "unmet_by_root" in base:
        known = _missed(base).reindex_like(part).fillna(0.0)
        above = part - known
    least = LEAST_MISSED if base is None else LEAST_MORE
    flat = np.nan_to_num(above.values, nan=0.0)
    if not flat.size or flat.max() < least:
        return None
    year, product = np.unravel_index(int(flat.argmax()), flat.shape)
    missed = float(part.values[year, product])
    return str(part["product"].values[product]), int(part["year"].values[year]), missed


def _missed(ds: xr.Dataset) -> xr.DataArray:
    """Share (year, product) of the world's demand that is given up; products of a remainder are left out."""
    lost = ds["unmet_by_root"].sum(("region", "root")).transpose("year", "product")
    asked = ds["demand"].sum("region").groupby("time.year").sum().reindex(year=lost["year"])
    named = [name for name in ds["product"].values.astype(str) if not name.startswith(REMAINDER)]
    kept = named or ds["product"].values.astype(str).tolist()
    return (lost / asked.where(asked > 0)).sel(product=kept)


def _products(product: str) -> str:
    """Name of a product, of several of them: `EV batteries`, `other uses of copper`."""
    if product.startswith(REMAINDER):
        return f"other uses of {product.removeprefix(REMAINDER).replace('_', ' ')}"
    name = product.replace("_", " ").replace("ev ", "EV ").replace("pv ", "PV ")
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def _root_text(root: tuple[str, str, str, str], names: Mapping[str, str]) -> str:
    kind, stage, region, material = root
    of = "" if material == SEVERAL else material.replace("_", " ")
    where = " ".join(word for word in (of, STAGE_NAMES.get(stage, stage).lower()) if word)
    there = f" in {place(names.get(region, region))}" if region else ""
    return f"{where}{there} ({ROOT_KIND_NAMES[kind]})"
