"""Cross checks of a past base year: data of the year, a period that starts in it, a case that it has."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import InputError, listed, shown
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.past import BASE, TREND, years_of
from simulator.scenario.schema import Scenario
from simulator.scenario.tables import Tables

_YEAR: Loc = ("world", "year")
_MATERIALS: Loc = ("world", "materials")


def check_year(scenario: Scenario, tables: Tables) -> Iterator[Finding]:
    """All findings of a world's base year.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
        As the user has them, not those of the year.

    Yields
    ------
    Finding
    """
    try:
        known = {m: years_of(tables, m) for m in scenario.world.materials}
        with_supply = {str(row["material"]) for row in tables["supply"]}
    except (InputError, KeyError):  # a table that could not be read has its own faults
        return
    if scenario.world.year is None:
        yield from _today(scenario, known, with_supply)
    else:
        yield from _past(scenario, scenario.world.year, known)
        yield from _case(scenario, scenario.world.year, tables)


def _today(scenario: Scenario, known: dict[str, list[int]], with_supply: set[str]) -> Iterator[Finding]:
    """Materials that only worlds of the past have, and a case that only they have."""
    for index, material in enumerate(scenario.world.materials):
        if known[material] and material not in with_supply:
            allowed = f"with world.year: {listed(map(str, known[material]))}"
            found = f"{material}, of which no table has the output of today"
            yield Finding((*_MATERIALS, index), found, allowed, "", "material_without_today", needs=(_YEAR,))
    if scenario.demand.case == TREND:
        allowed = "base, STEPS, APS, NZE; trend is for a world with a past base year"
        yield Finding(("demand", "case"), TREND, allowed, "", "trend_without_year", needs=(_YEAR,))


def _past(scenario: Scenario, year: int, known: dict[str, list[int]]) -> Iterator[Finding]:
    for material, years in known.items():
        if year not in years:
            allowed = f"years with output of {material}: {listed(map(str, years)) if years else 'none'}"
            near = str(min(years, key=lambda other: abs(other - year))) if years else ""
            found = f"{year} with {material}"
            yield Finding(_YEAR, found, allowed, near, "year_without_data", needs=(_MATERIALS,))
    start = scenario.period.start
    if start.year != year:
        allowed = f"a date in {year}, the base year of the world"
        near = f"{year}-01-01"
        yield Finding(("period", "start"), shown(start), allowed, near, "period_not_in_base", needs=(_YEAR,))


def _case(scenario: Scenario, year: int, tables: Tables) -> Iterator[Finding]:
    case, loc = scenario.demand.case, ("demand", "case")
    if case not in (BASE, TREND):
        allowed = "base, trend: the other cases start today"
        yield Finding(loc, case, allowed, TREND, "case_after_year", needs=(_YEAR,))
    elif case == TREND:
        rows = tables["history_trends"].where(year=year)
        lacking = sorted(set(scenario.world.materials) - {str(row["material"]) for row in rows})
        if lacking:
            allowed = f"base; inputs/history_trends.csv has no {year} of {listed(lacking)}"
            yield Finding(loc, case, allowed, BASE, "trend_without_data", needs=(_YEAR, _MATERIALS))
