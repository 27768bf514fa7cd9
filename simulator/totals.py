"""Years and groups of regions out of a monthly result.

Flows add up, stocks take their last value, shares are averaged with their own denominator as weight: the
share of a year or of the world is the share of its sums, never a mean of shares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.terms import ORIGINS, VARIABLES

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    Numbers = np.ndarray[Any, Any]

WORLD = "World"
"""Name of all regions together."""


def _inflow(ds: xr.Dataset, origins: Sequence[str] = ORIGINS) -> xr.DataArray:
    return ds["supply_origin"].sel(origin=list(origins)).sum(("region", "origin"))


def _world(ds: xr.Dataset, name: str) -> xr.DataArray:
    return ds[name].sum(("region", "product"))


def _bought(ds: xr.Dataset) -> xr.DataArray:
    """Quantity of each good that buyers of a region got; a trace of the mean where nothing moved."""
    got = ds["trade"].sum("region_from").rename(region_to="region").sel(region=ds["region"].values)
    return got + TRACE * got.mean("time")


def _full_output(ds: xr.Dataset) -> xr.DataArray:
    """What would have been made with nothing idle."""
    return ds["production"] / (1.0 - ds["idle_share"]).clip(min=LEAST_RUNNING)


TRACE = 1e-9
"""Weight of a usual month in one without any trade, so that a price without trade is still told [1]."""

LEAST_RUNNING = 0.01
"""Smallest share running that a full output is told from [1]."""

WEIGHTS: dict[str, Callable[[Any], Any]] = {
    "availability": lambda ds: ds["need"],
    "availability_base_need": lambda ds: ds["base_need"],
    "availability_final": lambda ds: ds["content_demanded"],
    "cover": lambda ds: ds["need"],
    "availability_essential": lambda ds: ds["demanded_essential"],
    "extra_cover": lambda ds: ds["need"],
    "collection_rate": lambda ds: _world(ds, "eol_generated"),
    "process_efficiency": lambda ds: _world(ds, "eol_collected"),
    "eol_recycling_rate": lambda ds: _world(ds, "eol_generated"),
    "recycled_content": _inflow,
    "old_scrap_ratio": lambda ds: _inflow(ds, ("old_scrap", "new_scrap")),
    "eol_recycling_input_rate": lambda ds: _inflow(ds, ("primary", "old_scrap")),
    "old_scrap_input_rate": _inflow,
    "price": lambda ds: (_bought(ds) * ds["price_base"]).fillna(0.0),
    "price_base": lambda ds: _bought(ds).sum("time"),
    "idle_share": _full_output,
    "intensity": lambda ds: ds["need"],
    "recycled_content_product": lambda ds: ds["mandated_input"],
    "market_share": lambda ds: ds["sales"].sum("size") + 0.0 * ds["sales"],
    "ally_fill": lambda ds: ds["ally_firms"],
    "reserve_years": lambda ds: ds["mine_output"],
}
"""Denominator of each share: its weight when months or regions are put together."""


@dataclass(frozen=True)
class Years:
    """Where the years of a monthly axis begin and end.

    Attributes
    ----------
    labels : (year,) int
    first, last : (year,) int
        Place of the first and the last month of each year.
    """

    labels: Numbers
    first: Numbers
    last: Numbers

    def reduce(self, values: Numbers, cell: str) -> Numbers:
        """Sum (`sum`, `mean`), last (`point`) or largest (`max`) value of each year, along the first axis."""
        import numpy as np

        if cell == "point":
            return values[self.last]
        return (np.maximum if cell == "max" else np.add).reduceat(values, self.first, axis=0)


def years_of(ds: xr.Dataset) -> Years:
    """Years of a monthly axis.

    Parameters
    ----------
    ds : xarray.Dataset
        With the dimension ``time``.
    """
    import numpy as np

    years = ds["time"].values.astype("datetime64[Y]").astype(int) + 1970
    labels, first = np.unique(years, return_index=True)
    return Years(labels, first, np.append(first[1:], years.size) - 1)


def by_year(ds: xr.Dataset) -> xr.Dataset:
    """Years of a monthly result, region by region.

    Parameters
    ----------
    ds : xarray.Dataset
        Monthly variables of `terms.VARIABLES`.

    Returns
    -------
    xarray.Dataset
        The same variables with the dimension ``year`` in place of ``time``: sums of flows, last values of
        stocks, weighted means of shares, plain means of other means, the largest residuals.
    """
    return _total(ds, years_of(ds), None)


def over_regions(ds: xr.Dataset, regions: Sequence[str] | None = None) -> xr.Dataset:
    """Months of a group of regions, or of the world, as one.

    Parameters
    ----------
    ds : xarray.Dataset
        Monthly variables of `terms.VARIABLES`.
    regions : sequence of str, optional
        Regions to put together; all when left out.

    Returns
    -------
    xarray.Dataset
        Without the dimension ``region``: sums, and weighted means of shares.
    """
    return _total(ds, None, _group(ds, regions))


def over_regions_by_year(ds: xr.Dataset, regions: Sequence[str] | None = None) -> xr.Dataset:
    """Years of a group of regions, or of the world, as one; parameters as in `over_regions`."""
    return _total(ds, years_of(ds), _group(ds, regions))


def _group(ds: xr.Dataset, regions: Sequence[str] | None) -> list[str]:
    return [str(r) for r in (ds["region"].values if regions is None else regions)]


def _total(ds: xr.Dataset, years: Years | None, regions: list[str] | None) -> xr.Dataset:
    import xarray as xr

    part = ds if regions is None else ds.sel(region=regions)
    found: dict[str, Any] = {}
    for key, array in part.data_vars.items():
        name = str(key)
        front = [d for d in ("time", "region") if d in array.dims]
        array = array.transpose(*front, ...)
        summed = "region" in front and regions is not None
        if summed and not {"time", "year"} & set(array.dims) and name not in WEIGHTS:
            continue  # what is known of each region has no sum
        weight = None
        if name in WEIGHTS and (summed or (years is not None and "time" in front)):
            weight = WEIGHTS[name](part).transpose(*array.dims).values
        dims: list[Any] = list(array.dims)
        if summed:
            dims.remove("region")
        if years is not None and "time" in dims:
            dims[0] = "year"
        axis = front.index("region") if summed else None
        found[name] = (dims, together(name, array.values, weight, axis, years if "time" in front else None))
    gone = {d for d, is_gone in (("region", regions is not None), ("time", years is not None)) if is_gone}
    coords = {k: v for k, v in part.coords.items() if not gone & set(v.dims)}
    if years is not None:
        coords["year"] = years.labels
    return xr.Dataset(found, coords=coords, attrs=ds.attrs)


def together(
    name: str, values: Numbers, weight: Numbers | None, axis: int | None, years: Years | None
) -> Numbers:
    """One variable over regions and into years: sums, or a weighted mean where it has a weight.

    Parameters
    ----------
    name : str
        Of the variable; its cell method decides what a year holds.
    values : (time, …) array
        Unit of the variable.
    weight : array like `values`, optional
        Denominator of a share.
    axis : int, optional
        Axis of the regions to put together.
    years : Years, optional
        Months to put together.

    Returns
    -------
    array
        Without the axis of regions; years along the first. NaN where all weights are zero.
    """
    import numpy as np

    cell = VARIABLES[name].cell if name in VARIABLES else "sum"
    if name in ("mass_residual", "money_residual"):
        cell = "max"

    def add(numbers: Numbers) -> Numbers:
        numbers = numbers if axis is None else numbers.sum(axis=axis)
        return numbers if years is None else years.reduce(numbers, cell)

    if weight is None:
        total = add(values)
        if years is not None and cell == "mean":
            count = years.last - years.first + 1
            total = total / count.reshape(-1, *[1] * (total.ndim - 1))
        return total
    known = np.where(np.isfinite(values), np.maximum(weight, 0.0), 0.0)
    top, bottom = add(np.where(known > 0.0, values, 0.0) * known), add(known)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(bottom > 0.0, top / bottom, np.nan))


def regional_flows(ds: xr.Dataset, regions: Sequence[str]) -> xr.Dataset:
    """What the links of the loop carry inside a place, into it and out of it.

    Parameters
    ----------
    ds : xarray.Dataset
        With ``flow_by_region`` (year, route, material) [t] and the coordinates of its routes.
    regions : sequence of str
        Regions of the place; what they ship to each other stays inside.

    Returns
    -------
    xarray.Dataset
        ``inside``, ``imports``, ``exports`` (year, link, material) [t].
    """
    import numpy as np
    import xarray as xr

    mass = ds["flow_by_region"].transpose("year", "route", "material").values
    from_here, to_here = (np.isin(ds[f"route_{end}"].values.astype(str), regions) for end in ("from", "to"))
    links = ds["link"].values.astype(str)
    of_link = (ds["route_link"].values.astype(str) == links[:, None]).astype(float)
    parts = {"inside": from_here & to_here, "imports": to_here & ~from_here, "exports": from_here & ~to_here}
    found = {
        name: (("year", "link", "material"), of_link[:, chosen] @ mass[:, chosen])
        for name, chosen in parts.items()
    }
    return xr.Dataset(found, coords={name: ds[name].values for name in ("year", "link", "material")})


def mass_closure(dataset: xr.Dataset) -> xr.DataArray:
    """Open mass balance of every node, recomputed from ``flow`` and ``stock`` alone.

    |stock(t) - stock(t-1) - flows in + flows out| over the largest flow of the material in any interval.

    Parameters
    ----------
    dataset : xarray.Dataset
        With ``flow`` (time, link, material) [t], its coordinates ``source`` and ``target``, ``stock``
        (time, node, material) [t] and, if it is there, ``stock_start`` (node, material) [t].

    Returns
    -------
    (time, node, material) float [1]
        From the first interval on where ``stock_start`` tells what was there before, else from the second.
    """
    import numpy as np

    flow = dataset["flow"].transpose("time", "link", "material")
    stock = dataset["stock"].transpose("time", "node", "material")
    nodes = stock["node"].values.astype(str)
    incidence = (nodes[:, None] == flow["target"].values.astype(str)).astype(float)
    incidence -= nodes[:, None] == flow["source"].values.astype(str)
    held, first = stock.values, 1
    if "stock_start" in dataset:
        before = dataset["stock_start"].transpose("node", "material").values[None]
        held, first = np.concatenate([before, held]), 0
    net = np.einsum("nl,tlm->tnm", incidence, flow.values)[first:]
    largest = np.maximum(np.abs(flow.values).max(axis=(0, 1)), np.finfo(float).tiny)
    residual = np.abs(np.diff(held, axis=0) - net) / largest
    return stock.isel(time=slice(first, None)).copy(data=residual).rename("mass_closure")
