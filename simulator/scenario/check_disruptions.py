"""Cross checks of disruptions: whom they hit, when, for how long."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import listed, shown
from simulator.scenario.check_world import twice, unknown, whole_minutes
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.schema import Outage, Scenario, Where
from simulator.terms import FIRM_STAGES, SIZES

_PERIOD: tuple[Loc, ...] = (("period",),)
_WORLD: tuple[Loc, ...] = (("world", "materials"), ("world", "products"), ("world", "regions"))


def check_disruptions(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    """All findings of the disruptions.

    Parameters
    ----------
    scenario : Scenario
    labels : Labels

    Yields
    ------
    Finding
    """
    first: dict[str, int] = {}
    for index, outage in enumerate(scenario.disruptions):
        loc: Loc = ("disruptions", index)
        if outage.name in first:
            allowed = f"each name once; first is disruptions[{first[outage.name]}]"
            yield Finding((*loc, "name"), f"{outage.name} again", allowed, "", "disruption_twice")
        first.setdefault(outage.name, index)
        yield from _times(loc, outage, scenario)
        yield from _shape(loc, outage)
        yield from _where((*loc, "where"), outage.where, labels)


def _times(loc: Loc, outage: Outage, scenario: Scenario) -> Iterator[Finding]:
    period, start = scenario.period, (*loc, "start")
    within = f"a date from {period.start} to before {period.end}, the period"
    in_order = period.start < period.end
    if in_order and not period.start <= outage.start < period.end:
        yield Finding(start, shown(outage.start), within, "", "outage_outside_period", needs=_PERIOD)
    if outage.announced is not None:
        here, needs = (*loc, "announced"), (start,)
        if outage.announced > outage.start:
            allowed = f"a date up to the start, {outage.start}"
            yield Finding(here, shown(outage.announced), allowed, "", "announced_late", needs=needs)
        elif outage.announced < period.start <= outage.start:
            allowed = f"a date from the period's start, {period.start}"
            yield Finding(here, shown(outage.announced), allowed, "", "announced_early", needs=_PERIOD)
    if outage.end is None and outage.duration_days is None:
        yield Finding(
            loc, "neither end nor duration_days", "one of end and duration_days", "", "outage_without_end"
        )
    elif outage.end is not None and outage.duration_days is not None:
        here = (*loc, "duration_days")
        yield Finding(
            here, "both end and duration_days", "one of end and duration_days", "", "outage_two_ends"
        )
    if outage.end is not None and outage.end <= outage.start:
        allowed = f"a date after the start, {outage.start}"
        yield Finding((*loc, "end"), shown(outage.end), allowed, "", "outage_order", needs=(start,))
    if outage.duration_days is not None and not whole_minutes(outage.duration_days):
        allowed = "a whole number of minutes in days, such as 365 or 0.5 [d]"
        yield Finding((*loc, "duration_days"), shown(outage.duration_days), allowed, "", "duration_minutes")


def _shape(loc: Loc, outage: Outage) -> Iterator[Finding]:
    shape, days = outage.recovery.shape, outage.recovery.days
    here = (*loc, "recovery", "days")
    if shape == "step" and days > 0:
        yield Finding(
            here, shown(days), "0 for a step; linear and exponential take days", "", "step_with_days"
        )
    elif shape != "step" and days == 0:
        allowed = (
            f"days > 0 for a {shape} recovery [d]"
            if shape == "linear"
            else "days > 0 for an exponential recovery [d]"
        )
        yield Finding(here, "0", allowed, "", "recovery_without_days")


def _where(loc: Loc, where: Where, labels: Labels) -> Iterator[Finding]:
    filters = where.filters
    if not filters:
        allowed = "at least one of stage, process, region, material, size"
        yield Finding(loc, "no filter", allowed, "", "where_empty")
        return
    known: dict[str, list[str]] = {
        "stage": list(FIRM_STAGES),
        "process": sorted(labels.processes),
        "region": labels.regions,
        "material": list(labels.world.materials),
        "size": list(SIZES),
    }
    wrong = False
    for key, chosen in filters.items():
        yield from twice((*loc, key), chosen, "where_twice")
        for index, label in enumerate(chosen):
            here: Loc = (*loc, key, index)
            for found in unknown(here, label, known[key], f"where_{key}"):
                wrong = True
                near = labels.region_like(label) if key == "region" else found.nearest
                yield Finding(found.loc, found.found, found.allowed, near, found.rule, needs=_WORLD)
    if not wrong and labels.processes:
        yield from _hits(loc, where, labels)


def _hits(loc: Loc, where: Where, labels: Labels) -> Iterator[Finding]:
    """Whether any sector fits all keys; the finding says which key left none."""
    left = {
        (process, region): row["stage"]
        for process, row in labels.processes.items()
        for region in labels.regions_of(process)
    }
    for key, chosen in where.filters.items():
        kept = {
            sector: stage
            for sector, stage in left.items()
            if (key == "stage" and stage in chosen)
            or (key == "process" and sector[0] in chosen)
            or (key == "region" and sector[1] in chosen)
            or (key == "material" and labels.materials_of(sector[0]) & set(chosen))
            or (key == "size" and labels.sizes_of(str(stage)) & set(chosen))
        }
        if not kept:
            choices = {
                "stage": sorted({str(stage) for stage in left.values()}),
                "process": sorted({process for process, _ in left}),
                "region": sorted({region for _, region in left}),
                "material": sorted(set().union(*(labels.materials_of(process) for process, _ in left))),
                "size": sorted(set().union(*(labels.sizes_of(str(stage)) for stage in left.values()))),
            }[key]
            found = f"a filter that matches nothing: no firm left after {key} {listed(chosen)}"
            allowed = f"{key} with firms that fit the other keys: {listed(choices, 20)}"
            yield Finding(loc, found, allowed, "", "where_matches_nothing", needs=_WORLD)
            return
        left = kept
