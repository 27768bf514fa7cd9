"""Cross checks of disruptions: whom they hit, when, for how long."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import shown
from simulator.scenario.check_where import check_where
from simulator.scenario.check_world import whole_minutes
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.schema import Outage, Scenario

_PERIOD: tuple[Loc, ...] = (("period",),)


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
        if not outage.where.filters:
            allowed = "at least one of stage, process, region, material, size"
            yield Finding((*loc, "where"), "no filter", allowed, "", "where_empty")
        yield from check_where((*loc, "where"), outage.where, labels)


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
