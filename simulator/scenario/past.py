"""Tables of a past base year: what `world.year` makes of the tables of today.

A world with a year is calibrated to that year. Output by country is that of the table of past supply; demand
is closed to it where no table has it; prices, places of use and known imports are those of the year where a
table has them. What no table dates (yields, contents, lifetimes, rates of collection, costs, covers) stays as
it is today. Nothing that was observed after the base year enters. Each closure is a row whose basis says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from simulator.scenario.schema_world import World
from simulator.scenario.tables import Row, Table, Tables

TREND = "trend"
BASE = "base"
TREND_YEARS = 40
"""Years after the base year for which the trend is written out; it is a formula, not data."""
LIFETIMES = 2.5
"""Mean lifetimes for which sales are needed before the base year, as in the table of past sales."""
_NEW_SCRAP = "new_scrap"
_REMAINDER = "other"
_OURS = {"note": "", "source": "Loopcast"}
_STAGES = ("extraction", "processing")


def years_of(tables: Tables, material: str) -> list[int]:
    """Past base years to which a material can be calibrated: with both mine and refinery output."""
    by_stage = [
        {int(row["year"]) for row in tables["history_supply"].where(material=material, stage=stage)}
        for stage in _STAGES
    ]
    return sorted(set.intersection(*by_stage))


def of_year(tables: Tables, world: World) -> Tables:
    """Tables that a world is built from: those of its year, or the tables themselves where it states none.

    Parameters
    ----------
    tables : Tables
    world : World

    Returns
    -------
    Tables
        Only tables that differ are new; the others are shared.
    """
    year = world.year
    if year is None or any(year not in years_of(tables, m) for m in world.materials):
        return tables
    new = {
        "supply": _supply(tables, year),
        "capacity_paths": _rows(tables["capacity_paths"], ()),
        "materials": _prices(tables, year),
        "demand": _rows(tables["demand"], _demand(tables, world, year)),
        "products": _products(tables, year),
        "sales_history": _sales(tables, year),
        "host_series": _hosts(tables, year),
        "regional_shares": _shares(tables, year),
        "bilateral": _imports(tables, year),
    }
    return replace(tables, tables={**tables.tables, **new})


def closures(tables: Tables, world: World) -> list[str]:
    """What was closed or assumed to build a past base year, one line each.

    Parameters
    ----------
    tables : Tables
        As shipped or as the user has them.
    world : World

    Returns
    -------
    list of str
        Empty where the world states no year.
    """
    if world.year is None:
        return []
    past, year = of_year(tables, world), world.year
    priced = {str(row["material"]) for row in tables["history_prices"].where(year=year)}
    dated = {str(row["item"]) for row in tables["history_shares"].where(year=year)}
    lines = []
    for m in world.materials:
        for stage in _STAGES:
            rows = past["supply"].where(material=m, stage=stage)
            closed = sorted({str(r["basis"]) for r in rows if not str(r["basis"]).startswith("quoted")})
            lines += [f"{m}, {stage} in {year}: {basis}" for basis in closed]
        rows = past["demand"].where(material=m, demand_case=BASE)
        lines += [f"{m}, use {row['use']} in {year}: {row['basis']}" for row in rows]
        if m not in priced:
            lines.append(f"{m}, price in {year}: assumed: the price of today's table")
    for product in world.products:
        if product not in dated:
            lines.append(f"{product}, where it is used and made in {year}: assumed: as in today's table")
    lines.append("yields, contents, lifetimes, collection, routing, costs, covers and trade days: as today")
    return lines


def _rows(table: Table, rows: Iterable[Row]) -> Table:
    """The same table with other rows, which stand in no file."""
    made = list(rows)
    return replace(table, rows=made, lines=[0] * len(made), files=[])


def _supply(tables: Tables, year: int) -> Table:
    """Output of the year; faults name the file that it stands in."""
    past = tables["history_supply"]
    return replace(_rows(tables["supply"], past.where(year=year)), file=past.file)


def _prices(tables: Tables, year: int) -> Table:
    past = {row["material"]: row["usd_per_t"] for row in tables["history_prices"].where(year=year)}
    rows = tables["materials"].rows
    return _rows(
        tables["materials"],
        [row | {"price_usd_per_t": past.get(row["material"], row["price_usd_per_t"])} for row in rows],
    )


def _demand(tables: Tables, world: World, year: int) -> list[Row]:
    """Uses of the year, flat; and as they go on by the trend where a table has one."""
    rows = []
    for material in world.materials:
        trend = tables["history_trends"].where(material=material, year=year)
        for use, tonnes, basis in _uses(tables, world, material, year):
            same = {"use": use, "material": material, **_OURS}
            rows.append(same | {"demand_case": BASE, "year": year, "tonnes": tonnes, "basis": basis})
            for row in trend:
                for step in range(1, TREND_YEARS + 1):
                    grown = tonnes * (1 + float(row["growth_per_yr"])) ** step
                    what = {"demand_case": TREND, "year": year + step, "tonnes": grown}
                    rows.append(same | what | {"basis": str(row["basis"])})
    return rows


def _uses(tables: Tables, world: World, material: str, year: int) -> list[tuple[str, float, str]]:
    """Use, tonnes and basis: demand closed to supply, shared among uses as in the base case of today.

    Uses that no product of the world carries alone are one with the remainder.
    """
    own = set(world.products) - {f"{_REMAINDER}_{material}"}
    rows = tables["uses"].where(material=material)
    carried = {str(row["use"]) for row in rows if row["product"] in own or row["use"] == _REMAINDER}
    today: dict[str, float] = {}
    for row in tables["demand"].where(material=material, demand_case=BASE):
        use = str(row["use"]) if row["use"] in carried or _REMAINDER not in carried else _REMAINDER
        today[use] = today.get(use, 0.0) + float(row["tonnes"])
    uses, total = list(today) or sorted(carried), sum(today.values())
    shares = {use: today[use] / total if total else 1 / len(uses) for use in uses}
    stage = "processing"
    tonnes = _total(tables["history_supply"].where(material=material, stage=stage, year=year))
    counts = tables["materials"].one(material=material).get("refined_counts")
    how = "refined supply"
    if counts == _NEW_SCRAP:  # what makers take in, scrap of their own included
        tonnes *= total / _total(tables["supply"].where(material=material, stage=stage))
        how = "refined supply and new scrap, which is to it as today"
    basis = f"assumed: closed, demand = {how} of {year}" + (
        "" if len(uses) == 1 else "; uses shared as today"
    )
    return [(use, tonnes * share, basis) for use, share in shares.items()]


def _total(rows: Iterable[Row]) -> float:
    return sum(float(row["tonnes"]) for row in rows)


def _products(tables: Tables, year: int) -> Table:
    """Units of the year where units are not tonnes: those of the past sales, straight lines between years."""
    rows = []
    for row in tables["products"].rows:
        units = row["units_2024"]
        sales = _sorted_sales(tables, str(row["product"]))
        if str(row["unit"]) != "t" and sales:
            units = _between(sales, year)
        rows.append(row | {"units_2024": units})
    return _rows(tables["products"], rows)


def _sorted_sales(tables: Tables, product: str) -> list[tuple[int, float]]:
    return sorted(
        (int(row["year"]), float(row["units"])) for row in tables["sales_history"].where(product=product)
    )


def _between(knots: list[tuple[int, float]], year: int) -> float:
    """Value on straight lines between knots, constant outside."""
    if year <= knots[0][0]:
        return knots[0][1]
    for (x0, y0), (x1, y1) in pairwise(knots):
        if year <= x1:
            return y0 + (y1 - y0) * (year - x0) / (x1 - x0)
    return knots[-1][1]


def _sales(tables: Tables, year: int) -> Table:
    """Past sales up to the base year, longer ago by the first growth that the table has."""
    rows: list[Row] = []
    for item in tables["products"].rows:
        name = str(item["product"])
        sales = _sorted_sales(tables, name)
        if not sales:
            continue
        known = [(y, units) for y, units in sales if y < year]
        first = int(year - LIFETIMES * float(item["lifetime_mean_yr"]))
        blank = {"product": name, **_OURS, "basis": "assumed: closed"}
        if not known:
            known = [(year - 1, sales[0][1])]
        start, units = known[0]
        growth = max(0.0, _growth(sales))
        older = [(y, units / (1 + growth) ** (start - y)) for y in range(first, start)]
        rows += [blank | {"year": y, "units": u} for y, u in (*older, *known, (year, _between(sales, year)))]
    return _rows(tables["sales_history"], rows)


def _growth(sales: list[tuple[int, float]]) -> float:
    """Growth a year between the first two values."""
    if len(sales) < 2 or sales[0][1] <= 0:
        return 0.0
    (x0, y0), (x1, y1) = sales[:2]
    return (y1 / y0) ** (1 / (x1 - x0)) - 1 if y1 > 0 else 0.0


def _hosts(tables: Tables, year: int) -> Table:
    """Hosts outside the world as they are today, flat: only their course counts, and none is known."""
    first: dict[tuple[Any, Any], Row] = {}
    for row in sorted(tables["host_series"].rows, key=lambda row: int(row["year"])):
        first.setdefault((row["host"], row["iso3"]), row | {"year": year})
    return _rows(tables["host_series"], first.values())


def _shares(tables: Tables, year: int) -> Table:
    past = [
        row for row in tables["history_shares"].where(year=year) if row["kind"] in ("use", "manufacturing")
    ]
    given = {(row["item"], row["kind"]) for row in past}
    rows = [row for row in tables["regional_shares"].rows if (row["item"], row["kind"]) not in given]
    return _rows(tables["regional_shares"], [*rows, *past])


def _imports(tables: Tables, year: int) -> Table:
    """Known imports of the year; those of today say nothing of it."""
    past = tables["history_shares"].where(year=year, kind="imports")
    rows = [
        {
            "good": row["item"],
            "region_from": row["region_from"],
            "region_to": row["region"],
            **{name: row.get(name) for name in ("share", "note", "source", "year", "basis")},
        }
        for row in past
    ]
    return _rows(tables["bilateral"], rows)
