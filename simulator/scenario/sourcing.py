"""A world's own shares of supply and use of capacity, laid over the tables, and their cross checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simulator.errors import listed, nearest, shown
from simulator.scenario.check_world import unknown
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.terms import FIRM_STAGES

if TYPE_CHECKING:
    from simulator.scenario.schema_sourcing import Source
    from simulator.scenario.schema_world import World
    from simulator.scenario.tables import Row, Table, Tables

_FULL = 1.0 - 1e-9
"""Shares of a material and stage that sum to more leave nothing to the other regions [1]."""


def sourced(tables: Tables, world: World) -> Tables:
    """Tables with a world's own shares of supply and use of capacity.

    Output of the base year and paths of capacity keep their world totals in every year.

    Parameters
    ----------
    tables : Tables
    world : World

    Returns
    -------
    Tables
        The same object where the world says nothing of it.
    """
    changed: dict[str, Table] = {}
    if world.sourcing:
        region_of = Labels(world, tables).world_region_of
        for name in ("supply", "capacity_paths"):
            changed[name] = _shared(tables[name], world.sourcing, region_of)
    if world.utilisation:
        rows = [_used(row, world) for row in tables["processes"].rows]
        changed["processes"] = replace(tables["processes"], rows=rows)
    return replace(tables, tables={**tables.tables, **changed}) if changed else tables


def _used(row: Row, world: World) -> Row:
    stated = world.utilisation.get(str(row["process"]), world.utilisation.get(str(row["stage"])))
    return row if stated is None else row | {"base_utilisation": stated}


def _shared(table: Table, sourcing: tuple[Source, ...], region_of: dict[str, str]) -> Table:
    """Table of tonnes by country, scaled by material, stage and year."""
    shares: dict[tuple[str, str], dict[str, float]] = {}
    for item in sourcing:
        shares.setdefault((item.material, item.stage), {})[item.region] = item.share
    tonnes: dict[tuple[str, str, int], dict[str, float]] = {}
    for row in table.rows:
        key = (str(row["material"]), str(row["stage"]))
        if key in shares:
            region = region_of[str(row["iso3"])]
            place = region if region in shares[key] else ""
            year = tonnes.setdefault((*key, int(row["year"])), {})
            year[place] = year.get(place, 0.0) + float(row["tonnes"])
    factor: dict[tuple[str, str, int, str], float] = {}
    for (material, stage, year_of), by_place in tonnes.items():
        wanted = shares[material, stage]
        whole = sum(by_place.values())
        for place, held in by_place.items():
            share = wanted[place] if place else 1.0 - sum(wanted.values())
            factor[material, stage, year_of, place] = share * whole / held if held > 0 else 0.0
    rows = [_scaled(row, shares, factor, region_of) for row in table.rows]
    return replace(table, rows=rows)


def _scaled(
    row: Row,
    shares: dict[tuple[str, str], dict[str, float]],
    factor: dict[tuple[str, str, int, str], float],
    region_of: dict[str, str],
) -> Row:
    key = (str(row["material"]), str(row["stage"]))
    if key not in shares:
        return row
    region = region_of[str(row["iso3"])]
    place = region if region in shares[key] else ""
    return row | {"tonnes": float(row["tonnes"]) * factor[(*key, int(row["year"]), place)]}


def check_sourcing(labels: Labels) -> Iterator[Finding]:
    """All findings of a world's own shares, covers and use of capacity.

    Parameters
    ----------
    labels : Labels

    Yields
    ------
    Finding
    """
    world = labels.world
    sums: dict[tuple[str, str], float] = {}
    seen: set[tuple[str, str, str]] = set()
    for index, item in enumerate(world.sourcing):
        loc: Loc = ("world", "sourcing", index)
        needs = (("world", "materials"),)
        if item.material not in world.materials:
            near = nearest(item.material, world.materials)
            allowed = f"a material of the world: {listed(world.materials, 20)}"
            yield Finding((*loc, "material"), item.material, allowed, near, "source_material", needs=needs)
            continue
        known = _places(labels, item.material, item.stage)
        yield from unknown((*loc, "region"), item.region, known, "source_region")
        key = (item.material, item.stage)
        if (*key, item.region) in seen:
            found = f"{item.material}, {item.stage}, {item.region} again"
            yield Finding(loc, found, "each region once", "", "source_twice")
            continue
        seen.add((*key, item.region))
        sums[key] = sums.get(key, 0.0) + item.share
        if sums[key] > _FULL:
            found = f"shares that sum to {sums[key]:.6g}"
            allowed = "less than 1: the other regions share the rest"
            yield Finding((*loc, "share"), found, allowed, "", "source_sum")
        elif known and not set(known) - {region for *_, region in seen}:
            allowed = f"one region of {listed(known, 20)} left out, which takes the rest"
            yield Finding(loc, "every region with output", allowed, "", "source_all")
    for region, least in world.agents.least.items():
        where: Loc = ("world", "agents", "least", region)
        if labels.regions and region not in labels.regions:
            allowed = f"a region of the world: {listed(labels.regions, 20)}"
            near = labels.region_like(region)
            yield Finding(where, region, allowed, near, "least_region", at_key=True)
        if least < 1:
            yield Finding(where, shown(least), "a whole number from 1 on [firms]", "", "least_number")
    yield from _named(labels, "cover_days", world.cover_days)
    yield from _named(labels, "utilisation", world.utilisation)
    for name, use in world.utilisation.items():
        if not 0 < use <= 1:
            allowed = "a number above 0 and at most 1 [1]"
            yield Finding(("world", "utilisation", name), shown(use), allowed, "", "utilisation_range")


def _places(labels: Labels, material: str, stage: str) -> list[str]:
    """Regions with output of a material in a stage."""
    found = {
        labels.world_region_of.get(str(row["iso3"]), "")
        for row in labels.rows("supply")
        if row["material"] == material and row["stage"] == stage and row["tonnes"]
    }
    return sorted(found - {""})


def _named(labels: Labels, key: str, given: dict[str, Any]) -> Iterator[Finding]:
    names = [*sorted(labels.processes), *FIRM_STAGES] if labels.processes else []
    for name in given:
        if names and name not in names:
            allowed = f"a process or a stage of the world: {listed(names)}"
            needs = (("world", "materials"),)
            loc: Loc = ("world", key, name)
            found = nearest(name, names)
            yield Finding(loc, shown(name), allowed, found, "process_unknown", at_key=True, needs=needs)
