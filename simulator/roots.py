"""Where shortages began: shares of root causes, out of a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from simulator.terms import ROOT_PARTS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

WORLD = "World"
FLAGS = {"UNECE": "is_unece", "EU27": "is_eu27"}
UNMET = (("product", "unmet_by_root"), ("material", "need_unmet_by_root"))
COLUMNS = (
    "year", "region", "of", "item", "unit", "kind", "stage", "root_region", "root_material", "amount", "share"
)  # fmt: skip


def regions_of(ds: xr.Dataset, region: str) -> list[str]:
    """Regions behind a name: one region, the world, or a group.

    Parameters
    ----------
    ds : xarray.Dataset
    region : str
        A region of the result, `World`, `UNECE` or `EU27`.

    Raises
    ------
    KeyError
        When the result has no such region.
    """
    known = [str(name) for name in ds["region"].values]
    if region in known:
        return [region]
    if region == WORLD:
        return known
    if region in FLAGS and FLAGS[region] in ds.coords:
        return [name for name, inside in zip(known, ds[FLAGS[region]].values, strict=True) if inside]
    raise KeyError(f"{region!r} is no region of the result: {', '.join(known)}")


def root_shares(
    ds: xr.Dataset,
    region: str | Sequence[str] = WORLD,
    item: str = "",
    year: int | None = None,
    *,
    by: Sequence[str] = ROOT_PARTS,
) -> list[tuple[str, str, str, str, float]]:
    """Where a shortage began, largest share first.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    region : str or sequence of str
        Who is short: a region, `World`, `UNECE`, `EU27`, or several regions.
    item : str
        A product (final demand given up) or a material (need without stock).
    year : int, optional
        All years when left out.
    by : sequence of str
        Parts of the roots to tell apart, of `terms.ROOT_PARTS`; the others come back empty.

    Returns
    -------
    list of (kind, stage, region, material, share)
        Shares sum to 1; empty where nothing was short.

    Raises
    ------
    KeyError
        When the result has no such region, product, material or year.
    """
    found = root_amounts(ds, region, item, year, by=by)
    whole = sum(amount for *_, amount in found)
    return [(*label, amount / whole) for *label, amount in found] if whole > 0 else []  # type: ignore[misc]


def root_amounts(
    ds: xr.Dataset,
    region: str | Sequence[str] = WORLD,
    item: str = "",
    year: int | None = None,
    *,
    by: Sequence[str] = ROOT_PARTS,
) -> list[tuple[str, str, str, str, float]]:
    """As `root_shares`, in units of the product or tonnes of the material."""
    names = [
        name for one in ([region] if isinstance(region, str) else region) for name in regions_of(ds, one)
    ]
    name = _variable(ds, item)
    if name not in ds:
        return []
    dim = str(ds[name].dims[2])
    array = ds[name].sel({"region": list(dict.fromkeys(names)), dim: item}).sum("region")
    array = array.sum("year") if year is None else array.sel(year=year)
    total: dict[tuple[str, ...], float] = {}
    parts = [ds[f"root_{part}"].values if part in by else [""] * array.size for part in ROOT_PARTS]
    for *label, amount in zip(*parts, array.values.tolist(), strict=True):
        key = tuple(str(each) for each in label)
        total[key] = total.get(key, 0.0) + amount
    rows = sorted(((amount, key) for key, amount in total.items() if amount > 0), key=lambda x: (-x[0], x[1]))
    return [(*key, amount) for amount, key in rows]  # type: ignore[misc]


class ButFor(NamedTuple):
    """What a cause is charged with, against what is missing less in a run without it.

    Attributes
    ----------
    attributed : float [unit or t]
        Unmet that traces to the cause.
    avoided : float [unit or t]
        Unmet with the cause less unmet without it.
    gap : float [unit or t]
        Attributed less avoided: what others took over or lost besides, and what would have been short anyway.
    """

    attributed: float
    avoided: float
    gap: float


def but_for(
    ds: xr.Dataset,
    without: xr.Dataset,
    region: str | Sequence[str] = WORLD,
    item: str = "",
    year: int | None = None,
    **cause: str,
) -> ButFor:
    """Hold what is charged to a cause against a run without it.

    Parameters
    ----------
    ds, without : xarray.Dataset
        Results of two runs that differ by the cause alone.
    region, item, year
        As for `root_shares`.
    **cause : str
        Parts of the roots meant: `kind="outage"`, `stage=…`, `region_of=…`, `material=…`.

    Raises
    ------
    KeyError
        When a result has no such region, product, material or year, or a part is unknown.
    """
    parts = dict(zip(("kind", "stage", "region_of", "material"), range(len(ROOT_PARTS)), strict=True))
    if unknown := set(cause) - set(parts):
        raise KeyError(f"{sorted(unknown)} are no parts of a root cause: {', '.join(parts)}")
    found = root_amounts(ds, region, item, year)
    charged = sum(row[4] for row in found if all(row[parts[name]] == value for name, value in cause.items()))
    other = sum(row[4] for row in root_amounts(without, region, item, year))
    avoided = sum(row[4] for row in found) - other
    return ButFor(charged, avoided, charged - avoided)


def _variable(ds: xr.Dataset, item: str) -> str:
    for dim, name in UNMET:
        if item in ds[dim].values:
            return name
    raise KeyError(f"{item!r} is neither a product nor a material of the result")


def root_table(ds: xr.Dataset) -> pd.DataFrame:
    """Tidy table of all shortages by year, region and root cause.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.

    Returns
    -------
    pandas.DataFrame
        A row per year, region (the world first), product or material, and root; `share` is that of what the
        region lacks in the year. No row where nothing was short.
    """
    import numpy as np
    import pandas as pd

    found = []
    for dim, name in UNMET:
        if name not in ds:
            continue
        values = ds[name].transpose("year", "region", dim, "root").values
        values = np.concatenate([values.sum(axis=1, keepdims=True), values], axis=1)
        year, region, item, root = np.nonzero(values)
        amount = values[year, region, item, root]
        order = np.lexsort((-amount, item, region, year))
        year, region, item, root, amount = (each[order] for each in (year, region, item, root, amount))
        whole = values.sum(axis=3)[year, region, item]
        labels = ds[dim].values.astype(str)
        units = ds["unit_product"].values.astype(str) if dim == "product" else np.full(len(labels), "t")
        regions = np.array([WORLD, *ds["region"].values.astype(str)])
        parts = [ds[f"root_{part}"].values.astype(str)[root] for part in ROOT_PARTS]
        of = np.full(len(year), dim)
        columns = (ds["year"].values[year], regions[region], of, labels[item], units[item], *parts)
        frame = pd.DataFrame(dict(zip(COLUMNS, (*columns, amount, amount / whole), strict=True)))
        found.append(frame)
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))
