"""The base year of each material as a table: supply, demand by use, closure terms, calibration factors."""

from __future__ import annotations

from typing import NamedTuple

from simulator.build.plan import Plan
from simulator.build.products import BASE_CASE, NEW_SCRAP
from simulator.world.state import DAYS_PER_YEAR, Kind


class Line(NamedTuple):
    """One number of a material's balance.

    Attributes
    ----------
    material, group, item : str
    value : float
    unit : str
    """

    material: str
    group: str
    item: str
    value: float
    unit: str


def balance(plan: Plan) -> list[Line]:
    """Base-year balance of every material of a world.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Line
        Groups supply, demand, closure, factor; supply and demand of refined material are equal.
    """
    lines: list[Line] = []
    for m in plan.closure.materials:
        lines += _supply(plan, m) + _demand(plan, m) + _factors(plan, m)
    return lines


def totals(lines: list[Line], material: str) -> tuple[float, float]:
    """Supply and demand [t/yr] of one refined material, closure terms included."""
    supply = sum(x.value for x in lines if x.material == material and x.group == "refined supply")
    demand = sum(x.value for x in lines if x.material == material and x.group == "refined demand")
    return supply, demand


def strained(plan: Plan, lines: list[Line]) -> list[Line]:
    """Calibration factors of content outside the range in which published contents usually lie."""
    low, high = plan.closure.value("calibration_low"), plan.closure.value("calibration_high")
    content = [x for x in lines if x.group == "factor" and x.item.startswith("content of")]
    return [x for x in content if not low <= x.value <= high]


def _supply(plan: Plan, m: str) -> list[Line]:
    closure, sectors = plan.closure, plan.sectors
    mined = float(closure.mined[m].sum())
    primary = _given(plan, m, Kind.CONVERT) + _given(plan, m, Kind.SOURCE)
    new = closure.scrap_round(m)
    lines = [
        Line(m, "mined", "mine output", mined, "t"),
        Line(m, "mined", "lost in processing", mined - primary, "t"),
        Line(m, "refined supply", "primary", primary, "t"),
        Line(
            m,
            "refined supply",
            "old scrap",
            float(sectors.recovery.secondary_old[m].sum()) * DAYS_PER_YEAR,
            "t",
        ),
        Line(m, "refined supply", "new scrap", new, "t"),
    ]
    change = closure.stock_change[m]
    if change < 0:
        lines.append(Line(m, "refined supply", "stock_release", -change, "t"))
    return lines


def _given(plan: Plan, m: str, kind: Kind) -> float:
    """Refined output [t/yr] of sectors of one kind."""
    good = plan.sectors.refined[m]
    return float(sum(s.gives.get(good, 0.0) for s in plan.items if s.kind == kind)) * DAYS_PER_YEAR


def _demand(plan: Plan, m: str) -> list[Line]:
    closure = plan.closure
    lines = []
    for row in closure.tables["demand"].where(material=m, demand_case=BASE_CASE):
        as_ore = closure.ore_share(str(row["use"]), m)
        for group, share in (("refined demand", 1 - as_ore), ("ore demand", as_ore)):
            if share > 0:
                lines.append(Line(m, group, f"use {row['use']}", share * float(row["tonnes"]), "t"))
    new = closure.scrap_round(m) if closure.counts(m) != NEW_SCRAP else 0.0
    lines.append(Line(m, "refined demand", "new scrap that goes round in manufacturing", new, "t"))
    if closure.added[m]:
        lines.append(Line(m, "refined demand", "old scrap added to the remainder", closure.added[m], "t"))
    if closure.stock_change[m] > 0:
        lines.append(Line(m, "refined demand", "stock_change", closure.stock_change[m], "t"))
    return lines


def _factors(plan: Plan, m: str) -> list[Line]:
    lines = [
        Line(m, "factor", f"yield of {process}", share, "1")
        for process, share in plan.sectors.refining_yield.items()
        if plan.sectors.material_of[plan.chain.outputs[process][0]] == m
    ]
    for name, item in plan.closure.products.items():
        if m in item.materials:
            lines.append(Line(m, "factor", f"content of {name}", item.factor[m], "1"))
            if item.stock_factor != 1.0:
                lines.append(Line(m, "factor", f"stock in use of {name}", item.stock_factor, "1"))
    return lines
