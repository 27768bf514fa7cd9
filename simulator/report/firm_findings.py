"""Findings on prices, enterprises, programmes and the alliance; none where nothing is there or moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import totals
from simulator.report import economy
from simulator.report.sentences import (
    Finding,
    counted,
    dollars,
    listed,
    month_name,
    percent,
    quoted,
    scenario_name,
    upper,
)
from simulator.terms import SIZES

if TYPE_CHECKING:
    import xarray as xr

PRICE_MOVED = 0.05
"""Smallest relative move of a price that is worth a sentence [1]."""

LOST = 0.0005
"""Smallest share of enterprises, or change of it, that is worth a sentence [1]."""

OF_SHOCKS = ("liquidity", "structural")
"""Causes of failure other than the usual turnover."""

WHY = "for want of cash or of a price that covers their cost"


def of_run(ds: xr.Dataset, several: bool) -> list[Finding]:
    """Sentences on one run: its highest price, its failures, its programmes and its alliance.

    Parameters
    ----------
    ds : xarray.Dataset
    several : bool
        Whether the run must be named because others stand beside it.
    """
    lead = f"In {quoted(_title(ds))}, " if several else ""
    found = [_highest_price(ds, lead), _failures(ds, lead), _programmes(ds), _alliance(ds)]
    return [f for f in found if f]


def against(ds: xr.Dataset, base: xr.Dataset) -> list[Finding]:
    """Sentences on what a run changes against the baseline."""
    found = [_price_change(ds, base), _more_failures(ds, base)]
    if _spent(ds) != _spent(base):
        found.append(_programmes(ds, base))
    if scenario_name(ds) != scenario_name(base) and not _same_allies(ds, base):
        found.append(_alliance(ds))
    return [f for f in found if f]


def refined_prices(ds: xr.Dataset) -> xr.DataArray:
    """World price of each material once refined, (time, material) [1, base year 1]."""
    price = economy.prices(ds)["price"]
    goods = [economy.refined(m) for m in ds["material"].values.astype(str)]
    return price.reindex(good=goods).rename(good="material").assign_coords(material=ds["material"].values)


def failed_shares(ds: xr.Dataset) -> tuple[Any, Any]:
    """Enterprises that shocks brought down, and those at the start, both (size) [1], world, all stages."""
    over = ("region", "stage")
    pick = {"size": list(SIZES)}
    failed = ds["failures"].sel(pick | {"cause": list(OF_SHOCKS)}).sum(("time", "cause", *over))
    return failed.values, economy.at_start(ds).sel(pick).sum(over).values


def _title(ds: xr.Dataset) -> str:
    return str(ds.attrs.get("title") or scenario_name(ds))


def _month(time: Any) -> str:
    return month_name(str(np.datetime64(time, "M")))


def _period(ds: xr.Dataset) -> str:
    first, last = ds["time"].values[[0, -1]].astype("datetime64[Y]").astype(str)
    return f"{first} to {last}"


def _widest(values: Any, highest: bool) -> tuple[int, int] | None:
    """Place of the highest (lowest) number of a (time, material) array; none if none is known."""
    if not np.isfinite(values).any():
        return None
    place = np.nanargmax(values) if highest else np.nanargmin(values)
    month, material = np.unravel_index(place, values.shape)
    return int(month), int(material)


def _highest_price(ds: xr.Dataset, lead: str) -> Finding | None:
    if not economy.has(ds, "price"):
        return None
    price = refined_prices(ds)
    place = _widest(price.values, True)
    if place is None or price.values[place] < 1 + PRICE_MOVED:
        return None
    month, material = place
    text = f"{lead}the highest price is that of {price['material'].values[material]}: "
    text += f"{price.values[place]:.3g} times that of the base year in {_month(price['time'].values[month])}."
    return Finding(upper(text), "prices")


def _price_change(ds: xr.Dataset, base: xr.Dataset) -> Finding | None:
    if not economy.has(ds, "price") or not economy.has(base, "price"):
        return None
    own, before = refined_prices(ds), refined_prices(base)
    ratio = (own / before).transpose("time", "material")
    rise = _widest(ratio.values, True)
    if rise is None:
        return None
    is_rise = bool(ratio.values[rise] >= 1 + PRICE_MOVED)
    place = rise if is_rise else _widest(ratio.values, False)
    if place is None or (not is_rise and ratio.values[place] > 1 - PRICE_MOVED):
        return None
    material, time = ratio["material"].values[place[1]], ratio["time"].values[place[0]]
    now = float(own.sel(material=material, time=time))
    text = f"{quoted(_title(ds))}: the price of {material} {'rises' if is_rise else 'falls'} to "
    text += f"{ratio.values[place]:.3g} times that in {quoted(_title(base))} in {_month(time)}, "
    text += f"{now:.3g} times that of the base year; no other price moves further."
    return Finding(text, "prices", "worse" if is_rise else "plain")


def _failures(ds: xr.Dataset, lead: str) -> Finding | None:
    if not economy.has(ds, "failures"):
        return None
    failed, start = failed_shares(ds)
    share = failed.sum() / max(start.sum(), 1.0)
    if share < LOST:
        return None
    by_size = [
        f"{percent(f / s)} of {size}" for size, f, s in zip(SIZES, failed, start, strict=True) if s > 0
    ]
    text = f"{lead}{counted(failed.sum())} enterprises fail {WHY}, {_period(ds)}: {percent(share)} of those "
    text += f"at the start ({listed(by_size)})."
    return Finding(upper(text), "failures", "lost")


def _change(ds: xr.Dataset, base: xr.Dataset) -> tuple[float, Any, float] | None:
    """More enterprises that fail than in the baseline: number, share by size, share of all."""
    if not economy.has(ds, "failures") or not economy.has(base, "failures"):
        return None
    (failed, start), (before, _) = failed_shares(ds), failed_shares(base)
    more = failed - before
    return float(more.sum()), more / np.maximum(start, 1.0), float(more.sum() / max(start.sum(), 1.0))


def _more_failures(ds: xr.Dataset, base: xr.Dataset) -> Finding | None:
    change = _change(ds, base)
    if change is None or abs(change[2]) < LOST:
        return None
    more, by_size, share = change
    parts = [f"{size} {_points(v)}" for size, v in zip(SIZES, by_size, strict=True) if abs(v) >= LOST]
    text = f"{quoted(_title(ds))}: {counted(abs(more))} {'more' if more > 0 else 'fewer'} enterprises fail "
    text += f"{WHY} than in {quoted(_title(base))}, {_points(share)} points of those at the start"
    text += f" ({listed(parts)})." if parts else "."
    return Finding(text, "failures", "worse" if more > 0 else "better")


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def _spent(ds: xr.Dataset) -> float:
    return float(ds["programme_cost"].sum()) if economy.has(ds, "programme_cost") else 0.0


def _programmes(ds: xr.Dataset, base: xr.Dataset | None = None) -> Finding | None:
    """Cost and reach of a run's programmes; beside a baseline also failures avoided."""
    cost = _spent(ds)
    if cost <= 0.0:
        return None
    reach = float(ds["programme_reach"].sum(("region", "programme")).max())
    text = f"{quoted(_title(ds))}: programmes cost {dollars(cost)}, {_period(ds)}, and reach up to "
    text += f"{counted(reach)} enterprises at once"
    change = _change(ds, base) if base is not None else None
    if change is None or base is None:
        return Finding(f"{text}.", "programmes")
    more, _, share = change
    if abs(share) < LOST:
        text += f"; no detectable change in the number that fail against {quoted(_title(base))}."
        return Finding(text, "programmes")
    text += f"; {counted(abs(more))} {'more' if more > 0 else 'fewer'} fail than in {quoted(_title(base))}"
    extra = cost - _spent(base)
    if more < 0 < extra:
        text += f", {dollars(extra / -more)} for each"
    return Finding(f"{text}.", "programmes", "worse" if more > 0 else "better")


def _same_allies(ds: xr.Dataset, base: xr.Dataset) -> bool:
    if not economy.has(ds, "ally_failures") or not economy.has(base, "ally_failures"):
        return False
    return bool(np.array_equal(ds["ally_failures"].values, base["ally_failures"].values))


def _alliance(ds: xr.Dataset) -> Finding | None:
    """Members that fail against similar firms outside."""
    if not economy.has(ds, "ally_firms"):
        return None
    counts = totals.over_regions(ds[["ally_firms", "ally_failures"]]).sel(group=["ally", "match"])
    most = economy.most_at_once(counts)
    if not float(most.min()) > 0.0:
        return None
    ally, match = (counts["ally_failures"].sum("time") / most).values.tolist()
    lead = f"{quoted(_title(ds))}: "
    if abs(ally - match) < LOST:
        text = f"{lead}no detectable difference in failures between the alliance's members and similar firms "
        text += "outside."
        return Finding(text, "allies")
    text = (
        f"{lead}{percent(ally)} of the alliance's members fail, {_period(ds)}, against {percent(match)} of "
    )
    text += "similar firms outside."
    return Finding(text, "allies", "better" if ally < match else "worse")
