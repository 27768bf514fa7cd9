"""Cross checks of a world: materials, products, regions, reviews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from simulator.errors import listed, nearest, shown
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.terms import FIRM_STAGES

_MINUTES_PER_DAY = 1440
_MINUTE_TOLERANCE = 1e-6


def unknown(loc: Loc, found: object, names: Sequence[str], rule: str, also: str = "") -> Iterator[Finding]:
    """Finding for a label that is none of the known ones; none where nothing is known.

    Parameters
    ----------
    loc : tuple of str and int
    found : object
        What was written.
    names : sequence of str
        Known labels; empty if their table could not be read.
    rule : str
    also : str
        What else is allowed, in words.

    Yields
    ------
    Finding
    """
    if names and found not in names:
        allowed = listed(names, 20) + (f"; {also}" if also else "")
        yield Finding(loc, shown(found), allowed, nearest(found, names), rule)


def twice(loc: Loc, labels: Sequence[str], rule: str) -> Iterator[Finding]:
    """Findings for labels that stand in a list more than once."""
    for index, label in enumerate(labels):
        if label in labels[:index]:
            yield Finding((*loc, index), f"{shown(label)} again", "each label once", "", rule)


def whole_minutes(days: float) -> bool:
    """Whether a time [d] is a whole number of minutes, at least one."""
    minutes = days * _MINUTES_PER_DAY
    return (
        isfinite(minutes)
        and minutes >= 1 - _MINUTE_TOLERANCE
        and abs(minutes - round(minutes)) <= _MINUTE_TOLERANCE * max(1.0, minutes)
    )


def check_world(labels: Labels) -> Iterator[Finding]:
    """All findings of a world.

    Parameters
    ----------
    labels : Labels

    Yields
    ------
    Finding
    """
    yield from _materials(labels)
    yield from _products(labels)
    yield from _carve(labels)
    yield from _merge(labels)
    yield from _reviews(labels)


def _materials(labels: Labels) -> Iterator[Finding]:
    world, loc = labels.world, ("world", "materials")
    known = labels.column("materials", "material")
    used = set().union(*(labels.contents.get(product, set()) for product in world.products))
    every_product_known = all(product in labels.contents for product in world.products)
    for index, material in enumerate(world.materials):
        yield from unknown((*loc, index), material, known, "material_unknown")
        if material in known and every_product_known and material not in used:
            allowed = f"materials that the products contain: {listed(sorted(used), 20)}"
            needs = (("world", "products"),)
            yield Finding((*loc, index), shown(material), allowed, "", "material_unused", needs=needs)
    yield from twice(loc, world.materials, "material_twice")
    for index, material in enumerate(world.materials if set(world.materials) <= set(known) else ()):
        hosts = _missing_hosts(labels, material)
        if hosts:
            allowed = f"{material} with {listed(sorted(hosts))}, of which it is a by-product"
            yield Finding(
                (*loc, index), f"{material} without {listed(sorted(hosts))}", allowed, "", "host_missing"
            )


def _missing_hosts(labels: Labels, material: str) -> set[str]:
    """Materials that must be in the world because this one is mined with them."""
    outputs = {str(row["process"]): str(row.get("output") or "") for row in labels.rows("processes")}
    made = {name: str(labels.goods.get(good, {}).get("material") or "") for name, good in outputs.items()}
    hosts = {
        made.get(str(row["host"]), "")
        for row in labels.rows("by_products")
        if made.get(str(row["process"])) == material
    }
    return {host for host in hosts if host} - set(labels.world.materials)


def _products(labels: Labels) -> Iterator[Finding]:
    world, loc = labels.world, ("world", "products")
    known = labels.column("products", "product")
    all_known = set(labels.column("materials", "material"))
    materials_known = all(material in all_known for material in world.materials)
    for index, product in enumerate(world.products):
        yield from unknown((*loc, index), product, known, "product_unknown")
        contained = labels.contents.get(product, set())
        lacking = sorted(contained) if contained.isdisjoint(world.materials) else []
        if lacking and materials_known and product in known:
            allowed = f"products of {listed(world.materials)}, or {listed(lacking)} in world.materials"
            found = f"{product}, which contains {listed(lacking)}"
            needs = (("world", "materials"),)
            yield Finding((*loc, index), found, allowed, "", "product_material_missing", needs=needs)
    yield from twice(loc, world.products, "product_twice")


def _carve(labels: Labels) -> Iterator[Finding]:
    regions, loc = labels.world.regions, ("world", "regions", "carve")
    known = sorted(labels.region_of)
    members: dict[str, set[str]] = {}
    for iso3, region in labels.region_of.items():
        members.setdefault(region, set()).add(iso3)
    left = {region: set(countries) for region, countries in members.items()}
    for index, iso3 in enumerate(regions.carve):
        if known and iso3 not in known:
            allowed = "an ISO3 code of inputs/regions.csv"
            yield Finding((*loc, index), shown(iso3), allowed, nearest(iso3, known), "carve_unknown")
        elif known:
            region = labels.region_of[iso3]
            left[region].discard(iso3)
            if members[region] == {iso3}:
                found = f"{iso3}, the only country of the region {region}"
                yield Finding(
                    (*loc, index), found, "a country of a region that has others", "", "carve_only_country"
                )
            elif iso3 in labels.table_regions:
                found = f"{iso3}, which is also the code of a region"
                yield Finding(
                    (*loc, index), found, "a country whose code is no region's", "", "carve_code_taken"
                )
            elif not left[region]:
                found = f"{iso3}, the last country of the region {region}"
                yield Finding(
                    (*loc, index), found, "countries that leave one in their region", "", "carve_all"
                )
    yield from twice(loc, regions.carve, "carve_twice")


def _merge(labels: Labels) -> Iterator[Finding]:
    merge, loc = labels.world.regions.merge, ("world", "regions", "merge")
    known = sorted(set(labels.carved.values()))
    needs = (("world", "regions", "carve"),)
    taken: dict[str, str] = {}
    for code, olds in merge.items():
        if code in known and code not in olds:
            found = f"{code}, which is a region already"
            yield Finding(
                (*loc, code), found, "a code that no region has", "", "merge_code_taken", at_key=True
            )
        if len(olds) < 2:
            allowed = "a list of two or more regions"
            yield Finding((*loc, code), shown(olds[0]) if olds else "an empty list", allowed, "", "merge_one")
        yield from twice((*loc, code), olds, "merge_twice")
        for index, old in enumerate(olds):
            for finding in unknown((*loc, code, index), old, known, "merge_unknown"):
                yield Finding(
                    finding.loc, finding.found, finding.allowed, finding.nearest, finding.rule, needs=needs
                )
            if taken.get(old, code) != code:
                found = f"{old}, which is in {taken[old]} too"
                yield Finding(
                    (*loc, code, index), found, "each region in one merged region", "", "merge_twice"
                )
            taken.setdefault(old, code)


def _reviews(labels: Labels) -> Iterator[Finding]:
    loc = ("world", "review_days")
    names = [*sorted(labels.processes), *FIRM_STAGES] if labels.processes else []
    for key, review in labels.world.review_days.items():
        here = (*loc, key)
        if names and key not in names:
            near = nearest(key, names)
            allowed = f"a process or a stage of the world: {listed(names)}"
            yield Finding(
                here,
                shown(key),
                allowed,
                near,
                "review_unknown",
                at_key=True,
                needs=(("world", "materials"),),
            )
        if not whole_minutes(review.days):
            allowed = "a whole number of minutes in days, such as 7 or 0.5 [d]"
            yield Finding((*here, "days"), shown(review.days), allowed, "", "review_minutes")
        if review.phase_days and not whole_minutes(review.phase_days):
            allowed = "a whole number of minutes in days, such as 1 or 0.5 [d]"
            yield Finding((*here, "phase_days"), shown(review.phase_days), allowed, "", "phase_minutes")
        elif review.phase_days >= review.days:
            allowed = f"less than days, {review.days:g} [d]"
            yield Finding((*here, "phase_days"), shown(review.phase_days), allowed, "", "phase_long")
