"""Tables of docs/model.md on prices: what they change, and what the rules first written would do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from simulator.world.state import Kind
from simulator.world.trade import switch
from tests.behaviour import test_price_dynamics as dynamics
from tests.fixtures import worlds
from tests.laws import test_prices as laws

Lines = list[list[str]]


def _short(ds: Any, year: int, material: str) -> float:
    """Content that final users demanded and did not get [%]."""
    one = ds[["content_delivered", "content_demanded"]].sel(time=str(year), material=material).sum()
    return 100 * (1 - float(one["content_delivered"] / one["content_demanded"]))


def _unmet(ds: Any, year: int, products: list[str]) -> float:
    """Units asked for at the prices of the day and given up [%], the mean of products."""
    one = ds[["unmet", "demand"]].sel(time=str(year), product=products).sum(("time", "region"))
    return 100 * float((one["unmet"] / one["demand"]).mean())


def responses_table(fixed: Any, moving: Any, materials: tuple[str, ...]) -> Lines:
    """Announced supply at fixed prices, and with prices and money."""
    rows = []
    for m in materials:
        for year in (2035, 2040):
            one = moving.sel(time=str(year), material=m)
            saved = 100 * float((one["intensity"] * one["base_need"]).sum() / one["base_need"].sum())
            price = float(moving["price"].sel(good=f"refined_{m}", time=str(year)).mean())
            short = [f"{round(_short(ds, year, m), 1) + 0.0:.1f}" for ds in (fixed, moving)]
            given_up = [f"{round(_unmet(ds, year, [f'other_{m}']), 1) + 0.0:.1f}" for ds in (fixed, moving)]
            rows.append([f"{m} {year}", *short, *given_up, f"{saved:.1f}", f"{price:.2f}"])
    head = ["material, year", "short %, fixed", "short %, moving"]
    return [[*head, "given up %, fixed", "given up %, moving", "use per unit %", "price"], *rows]


def _dearer(back: float) -> float:
    """Share of one of two suppliers alike that has been dearer by 2 % for 30 years."""
    share = base = np.array([0.5, 0.5])
    price = np.log(np.array([1.0, 1.02]))
    for _ in range(360):
        one = np.zeros(2, dtype=int)
        share = switch(share, np.ones(2), price, one, 1, np.full(2, 1e-4), 0.15, np.ones(1, bool), base, back)
    return float(share[1])


def _swings(scenario: str, good: str, region: str, **other: Any) -> list[float]:
    """Swing of a price [%] by the rules as they are and with a part of the market replaced."""
    world = worlds.battery_built(scenario, *dynamics.PRICES).blueprint
    market = world.economy.market
    if "tau_used" in other:
        changed = replace(market, rules=replace(market.rules, **other))
    else:
        makers = np.isin(world.firms.kind, (Kind.SOURCE, Kind.CONVERT, Kind.BY_PRODUCT))
        changed = replace(market, curtails=makers)
    return [100 * dynamics.swing(world, good, region, market=each) for each in (market, changed)]


def simpler_table() -> Lines:
    """Laws of prices and the rules they replace."""
    simple = [laws.shortage("gap"), laws.shortage("backlog")]
    idle = [100 * float(np.ptp(laws.glut(rule))) for rule in ("smooth", "on and off")]
    shares = [100 * _dearer(back) for back in (laws.month_gain(600), 0.0)]
    exits = [float(laws.exit_of_a_glut(rate)) for rate in (0.05, 0.0)]
    refiners = _swings("energy_transition", "refined_platinum", "EU27")
    slow = _swings("technology_metals", "ore_gallium", "CHN", tau_used=120.0)
    return [
        ["", "rule now", "rule first written"],
        ["i. share of a supplier dearer by 2 % for 30 years, of two alike", *(f"{x:.1f} %" for x in shares)],
        ["l. swing of the price of platinum, EU27, from 2033 on", *(f"{x:.1f} %" for x in refiners)],
        ["n. swing of the price of gallium ore, China, from 2033 on", *(f"{x:.1f} %" for x in slow)],
        ["r. rise of ln P in year 5 of a cut of supply by 10 %", *(f"{p[-1] - p[-13]:.3f}" for p in simple)],
        ["r. swing of output in years 20 to 30 of a glut", *(f"{x:.1f} %" for x in idle)],
        ["r. price 27 years after demand fell by 30 %", *(f"{x:.2f}" for x in exits)],
    ]
