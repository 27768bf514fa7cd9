"""Simulated quantities that an observation can be held against: pure functions of a result.

Each gives a `Path`: a quantity over time as one series over another, so that its value over a period is the
mean of the one over the mean of the other. Nothing here knows an observation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.validation.periods import DAYS_PER_MONTH, Span

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
TINY = 1e-12
"""Below this a denominator counts as nothing."""


@dataclass(frozen=True)
class Path:
    """A quantity over time.

    Attributes
    ----------
    start : (time,) datetime64[D]
        Start of each interval: calendar months, or shorter stretches of one length.
    above : (time,) float [any]
        What is averaged; flows per month.
    below : (time,) float [any], or None
        What it is divided by; nothing if None.
    is_flow : bool
        Whether observations given for a whole period are to be put per month.
    """

    start: NDArray[Any]
    above: Floats
    below: Floats | None = None
    is_flow: bool = False

    @property
    def values(self) -> Floats:
        """The quantity in each interval (time,); nan where it is not defined."""
        if self.below is None:
            return self.above
        known = np.abs(self.below) > TINY
        ratio: Floats = np.where(known, self.above / np.where(known, self.below, 1.0), np.nan)
        return ratio

    def covers(self, when: Span) -> bool:
        """Whether a period lies in the simulated time."""
        edges = self._edges()
        return bool(edges[0] <= np.datetime64(when.start) and np.datetime64(when.end) <= edges[-1])

    def over(self, *when: Span) -> float:
        """Mean over some periods, by the days that each interval shares with them; nan outside the run."""
        weights = sum(self._shared(each) for each in when)
        total = float(np.sum(weights))
        if total <= 0:
            return float("nan")
        above = float(np.dot(weights, self.above)) / total
        if self.below is None:
            return above
        below = float(np.dot(weights, self.below)) / total
        return above / below if abs(below) > TINY else float("nan")

    def extreme(self, when: Span, highest: bool) -> tuple[float, date]:
        """Highest or lowest value of an interval in a period, and the middle of that interval."""
        inside = self._shared(when) > 0
        values = np.where(inside & np.isfinite(self.values), self.values, -np.inf if highest else np.inf)
        index = int(np.argmax(values) if highest else np.argmin(values))
        return float(values[index]), self._middle(index)

    def reaches(self, level: float, when: Span, upwards: bool) -> date | None:
        """Middle of the first interval of a period at or beyond a level; None if there is none."""
        values = self.values
        beyond = (values >= level) if upwards else (values <= level)
        found = np.flatnonzero(beyond & (self._shared(when) > 0))
        return self._middle(int(found[0])) if found.size else None

    def _edges(self) -> NDArray[Any]:
        """Starts of the intervals, and the end of the last (time + 1,)."""
        if is_monthly(self.start):
            last = (self.start[-1].astype("datetime64[M]") + 1).astype("datetime64[D]")
        else:
            last = self.start[-1] + (self.start[-1] - self.start[-2])
        return np.append(self.start, last).astype("datetime64[D]")

    def _shared(self, when: Span) -> Floats:
        """Days that each interval shares with a period (time,)."""
        edges = self._edges()
        low = np.maximum(edges[:-1], np.datetime64(when.start))
        high = np.minimum(edges[1:], np.datetime64(when.end))
        days: Floats = np.clip((high - low).astype(np.float64), 0.0, None)
        return days

    def _middle(self, index: int) -> date:
        edges = self._edges()
        first = edges[index].astype(object)
        days = int((edges[index + 1] - edges[index]).astype(int))
        middle: date = first + timedelta(days=days // 2)
        return middle


def _start(ds: xr.Dataset) -> NDArray[Any]:
    return ds["time"].values.astype("datetime64[D]")


def _sum(values: xr.DataArray) -> Floats:
    """Sum over everything but time."""
    return np.asarray(values.sum([d for d in values.dims if d != "time"]).values, dtype=np.float64)


def is_monthly(start: NDArray[Any]) -> bool:
    """Whether intervals are calendar months, each of them holding a model month."""
    months = start.astype("datetime64[M]").astype("datetime64[D]")
    return bool(start.size < 2 or (np.all(months == start) and start[1] - start[0] > np.timedelta64(27, "D")))


def _rate(ds: xr.Dataset, values: Floats) -> Floats:
    """Flow of each interval as a flow per month."""
    start = _start(ds)
    if is_monthly(start):
        return values
    days = np.diff(start).astype(np.float64)
    rate: Floats = values * DAYS_PER_MONTH / np.append(days, days[-1])
    return rate


def price(ds: xr.Dataset, good: Sequence[str], region: Sequence[str]) -> Path:
    """Price index of goods for buyers of some regions.

    Parameters
    ----------
    ds : xarray.Dataset
    good, region : sequence of str
        Regions and goods are weighted by the value, at base prices, of what came over the whole run.

    Returns
    -------
    Path
        Price over that of the base year [1].
    """
    index = ds["price"].sel(good=list(good), region=list(region))
    came = ds["trade"].sel(good=list(good), region_to=list(region)).sum(["time", "region_from"])
    worth = came.rename(region_to="region") * ds["price_base"].sel(good=list(good), region=list(region))
    weights = worth.where(worth > 0, 0.0)
    if float(weights.sum()) <= 0:
        weights = weights * 0 + 1.0
    return Path(_start(ds), _sum(index * (weights / weights.sum())))


def price_ratio(ds: xr.Dataset, good: Sequence[str], region: Sequence[str], over: Sequence[str]) -> Path:
    """Price for buyers of some regions over that of others, both as indices.

    Parameters
    ----------
    ds : xarray.Dataset
    good, region, over : sequence of str

    Returns
    -------
    Path
        World over home price, for example [1].
    """
    return Path(_start(ds), price(ds, good, region).above, price(ds, good, over).above)


def exports(ds: xr.Dataset, good: Sequence[str], region: Sequence[str], to: Sequence[str]) -> Path:
    """What leaves some regions for others.

    Parameters
    ----------
    ds : xarray.Dataset
    good : sequence of str
        Goods of one unit.
    region, to : sequence of str
        From and to where; what stays inside a region does not count.

    Returns
    -------
    Path
        Shipments that are declared [unit per month]: customs do not count what evades them.
    """
    total = np.zeros(ds.sizes["time"])
    for one in region:
        others = [name for name in to if name != one]
        where = {"good": list(good), "region_from": one, "region_to": others}
        total += _sum(ds["trade"].sel(where))
        if "exports_illicit" in ds:
            total -= _sum(ds["exports_illicit"].sel(where))
    return Path(_start(ds), _rate(ds, total), is_flow=True)


def output(ds: xr.Dataset, process: Sequence[str], region: Sequence[str]) -> Path:
    """Output of processes in some regions.

    Parameters
    ----------
    ds : xarray.Dataset
    process, region : sequence of str

    Returns
    -------
    Path
        Output [unit per month].
    """
    made = ds["production"].sel(process=list(process), region=list(region))
    return Path(_start(ds), _rate(ds, _sum(made)), is_flow=True)


def concentration(ds: xr.Dataset, process: Sequence[str], region: Sequence[str]) -> Path:
    """Sum of the squared shares of regions in an output.

    Parameters
    ----------
    ds : xarray.Dataset
    process, region : sequence of str

    Returns
    -------
    Path
        Herfindahl index over regions [0-1].
    """
    made = ds["production"].sel(process=list(process), region=list(region)).sum("process")
    squares = np.asarray((made**2).sum("region").values, dtype=np.float64)
    return Path(_start(ds), squares, np.asarray((made.sum("region") ** 2).values, dtype=np.float64))


def cover(ds: xr.Dataset, material: Sequence[str], region: Sequence[str]) -> Path:
    """Stock of refined material at the first manufacturing tier in days of its need.

    Parameters
    ----------
    ds : xarray.Dataset
    material, region : sequence of str
        Weighted by their need over the whole run.

    Returns
    -------
    Path
        Cover [d].
    """
    chosen = ds[["cover", "need"]].sel(material=list(material), region=list(region))
    weights = chosen["need"].sum("time")
    total = float(weights.sum())
    weights = weights / total if total > 0 else weights + 1.0 / weights.size
    return Path(_start(ds), _sum(chosen["cover"] * weights))


def use(ds: xr.Dataset, material: Sequence[str], region: Sequence[str]) -> Path:
    """Refined material turned into goods by the first manufacturing tier.

    Parameters
    ----------
    ds : xarray.Dataset
    material, region : sequence of str

    Returns
    -------
    Path
        Use [t per month].
    """
    met = ds["met"].sel(material=list(material), region=list(region))
    return Path(_start(ds), _rate(ds, _sum(met)), is_flow=True)


def recycling_relief(
    ds: xr.Dataset, material: Sequence[str], region: Sequence[str], base: Sequence[Span]
) -> Path:
    """Part of the primary supply missing in some regions that more old scrap made up for.

    Parameters
    ----------
    ds : xarray.Dataset
    material, region : sequence of str
    base : sequence of Span
        When supply was as usual.

    Returns
    -------
    Path
        Old scrap above its base over primary supply below its base [1].
    """
    supply = ds["supply_origin"].sel(material=list(material), region=list(region))
    parts = {name: _rate(ds, _sum(supply.sel(origin=name))) for name in ("old_scrap", "primary")}
    usual = {name: Path(_start(ds), series).over(*base) for name, series in parts.items()}
    more = parts["old_scrap"] - usual["old_scrap"]
    return Path(_start(ds), more, usual["primary"] - parts["primary"])


MEASURES: dict[str, tuple[Callable[..., Path], tuple[str, ...]]] = {
    "price": (price, ("good", "region")),
    "price_ratio": (price_ratio, ("good", "region", "over")),
    "exports": (exports, ("good", "region", "to")),
    "output": (output, ("process", "region")),
    "concentration": (concentration, ("process", "region")),
    "cover": (cover, ("material", "region")),
    "use": (use, ("material", "region")),
    "recycling_relief": (recycling_relief, ("material", "region")),
}
"""Measures by name, with the labels that each takes."""
