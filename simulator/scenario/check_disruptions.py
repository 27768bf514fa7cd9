"""Cross checks of disruptions: whom they hit, when, for how long, how much."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from simulator.errors import shown
from simulator.scenario.check_distributions import check_distributions
from simulator.scenario.check_rows import check_dates
from simulator.scenario.check_trade_events import check_trade
from simulator.scenario.check_where import check_where
from simulator.scenario.check_world import unknown, whole_minutes
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.presets import check_preset, events_of
from simulator.scenario.schema import ANY, Scenario
from simulator.scenario.schema_disruptions import (
    CollectionStop,
    DemandShock,
    Event,
    FadingEvent,
    LastingEvent,
    Outage,
    Random,
    StockLoss,
    Workforce,
)
from simulator.scenario.schema_trade_events import (
    ExportRestriction,
    FinanceShock,
    Preset,
    Tariff,
    TradeEvent,
    Transport,
)

_PERIOD: tuple[Loc, ...] = (("period",),)
_MATERIALS: tuple[Loc, ...] = (("world", "materials"), ("world", "products"))
_REGIONS: tuple[Loc, ...] = (("world", "regions"),)


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
    for index, entry in enumerate(scenario.disruptions):
        loc: Loc = ("disruptions", index)
        if isinstance(entry, Preset):
            yield from check_preset(loc, entry, scenario, labels)
        events = events_of(entry, labels)
        for event in events:
            yield from _event(loc, event, scenario, labels)
        again = next((event.name for event in events if event.name in first), "")
        if again:
            key = "preset" if isinstance(entry, Preset) else "name"
            allowed = f"each name once; first is disruptions[{first[again]}]"
            yield Finding((*loc, key), f"{again} again", allowed, "", "disruption_twice")
        first |= {event.name: index for event in events if event.name not in first}


def _event(loc: Loc, event: Event, scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    """Findings of one event."""
    yield from _start(loc, event, scenario)
    yield from check_distributions(loc, event)
    if isinstance(event, LastingEvent):
        yield from _end(loc, event)
    if isinstance(event, FadingEvent):
        yield from _shape(loc, event)
    if isinstance(event, (Outage, Workforce, StockLoss, FinanceShock)):
        if not event.where.filters:
            allowed = "at least one of stage, process, region, material, size"
            yield Finding((*loc, "where"), "no filter", allowed, "", "where_empty")
        yield from check_where((*loc, "where"), event.where, labels)
    if isinstance(event, FinanceShock) and not scenario.rules.finance:
        off = "firms have no accounts (rules.finance: false)"
        yield Finding((*loc, "kind"), off, "rules.finance: true", "", "finance_without_accounts")
    if isinstance(event, (DemandShock, CollectionStop)):
        yield from _users(loc, event, labels)
    if isinstance(event, StockLoss) and event.good:
        goods = sorted(good for good in labels.goods if labels.has_good(good))
        for found in unknown((*loc, "good"), event.good, goods, "good_of_world"):
            yield Finding(found.loc, found.found, found.allowed, found.nearest, found.rule, needs=_MATERIALS)
    if isinstance(event, (TradeEvent, Transport)):
        yield from check_trade(loc, event, labels)
    if isinstance(event, Tariff):
        yield from check_dates((*loc, "rate"), event.rate, scenario.period)
    if isinstance(event, ExportRestriction) and event.tonnes_per_year is not None:
        yield from check_dates((*loc, "tonnes_per_year"), event.tonnes_per_year, scenario.period)


def _users(loc: Loc, event: DemandShock | CollectionStop, labels: Labels) -> Iterator[Finding]:
    """Findings of product and region."""
    for key, names, needs in (
        ("product", labels.products, _MATERIALS),
        ("region", labels.regions, _REGIONS),
    ):
        label = getattr(event, key)
        if label != ANY:
            for found in unknown((*loc, key), label, names, f"{key}_of_world", f"{ANY} for all"):
                near = labels.region_like(label) if key == "region" else found.nearest
                yield Finding(found.loc, found.found, found.allowed, near, found.rule, needs=needs)


def _start(loc: Loc, event: Event, scenario: Scenario) -> Iterator[Finding]:
    """Findings of when it starts and when it is known."""
    if event.random is not None:
        if event.start is not None:
            yield Finding(
                (*loc, "random"), "both start and random", "one of start and random", "", "event_two_starts"
            )
        if event.announced is not None:
            allowed = "no date with random: such events are known when they start"
            yield Finding((*loc, "announced"), shown(event.announced), allowed, "", "event_random_announced")
        yield from _random((*loc, "random"), event.random, scenario)
    elif event.start is None:
        yield Finding((*loc, "start"), "nothing", "a date, or random", "", "missing_key")
    else:
        yield from _known(loc, event, event.start, scenario)


def _known(loc: Loc, event: Event, start: date, scenario: Scenario) -> Iterator[Finding]:
    """Findings of a stated start and the day from which it is known."""
    period, here = scenario.period, (*loc, "start")
    within = f"a date from {period.start} to before {period.end}, the period"
    in_order = period.start < period.end
    if in_order and not event.preset and not period.start <= start < period.end:  # a preset as a whole
        yield Finding(here, shown(start), within, "", "outage_outside_period", needs=_PERIOD)
    if event.announced is None:
        return
    if event.announced > start:
        allowed = f"a date up to the start, {start}"
        yield Finding(
            (*loc, "announced"), shown(event.announced), allowed, "", "announced_late", needs=(here,)
        )
    elif event.announced < period.start <= start and not event.preset:
        allowed = f"a date from the period's start, {period.start}"
        yield Finding(
            (*loc, "announced"), shown(event.announced), allowed, "", "announced_early", needs=_PERIOD
        )


def _random(loc: Loc, random: Random, scenario: Scenario) -> Iterator[Finding]:
    """Findings of the window in which starts are drawn."""
    period = scenario.period
    for key, day in (("from", random.from_), ("to", random.to)):
        if day is not None and period.start < period.end and not period.start <= day <= period.end:
            allowed = f"a date from {period.start} to {period.end}, the period"
            yield Finding((*loc, key), shown(day), allowed, "", "random_outside_period", needs=_PERIOD)
    if random.from_ is not None and random.to is not None and random.to <= random.from_:
        allowed = f"a date after from, {random.from_}"
        yield Finding((*loc, "to"), shown(random.to), allowed, "", "random_order", needs=((*loc, "from"),))


def _end(loc: Loc, event: LastingEvent) -> Iterator[Finding]:
    """Findings of how long it lasts."""
    start, end, days = (*loc, "start"), event.end, event.duration_days
    if end is None and days is None and not event.may_go_on:
        yield Finding(
            loc, "neither end nor duration_days", "one of end and duration_days", "", "outage_without_end"
        )
    elif end is not None and days is not None:
        here = (*loc, "duration_days")
        yield Finding(
            here, "both end and duration_days", "one of end and duration_days", "", "outage_two_ends"
        )
    if end is not None and event.random is not None:
        yield Finding((*loc, "end"), shown(end), "duration_days with random", "", "event_random_end")
    if end is not None and event.start is not None and end <= event.start:
        allowed = f"a date after the start, {event.start}"
        yield Finding((*loc, "end"), shown(end), allowed, "", "outage_order", needs=(start,))
    if isinstance(days, (int, float)) and not whole_minutes(days):
        allowed = "a whole number of minutes in days, such as 365 or 0.5 [d]"
        yield Finding((*loc, "duration_days"), shown(days), allowed, "", "duration_minutes")


def _shape(loc: Loc, event: FadingEvent) -> Iterator[Finding]:
    """Findings of onset and recovery."""
    shape, days = event.recovery.shape, event.recovery.days
    here = (*loc, "recovery", "days")
    if shape in ("step", "table") and days > 0:
        allowed = f"0 for a {shape}; linear and exponential take days"
        yield Finding(here, shown(days), allowed, "", "step_with_days")
    elif shape not in ("step", "table") and days == 0:
        allowed = (
            f"days > 0 for a {shape} recovery [d]"
            if shape == "linear"
            else "days > 0 for an exponential recovery [d]"
        )
        yield Finding(here, "0", allowed, "", "recovery_without_days")
    yield from _table((*loc, "recovery"), event)
    onset, lasts = event.onset_days, event.lasts_days
    if isinstance(onset, (int, float)) and onset > lasts > 0:
        allowed = f"at most the duration, {lasts:g} [d]"
        needs: tuple[Loc, ...] = ((*loc, "duration_days"), (*loc, "end"), (*loc, "start"))
        yield Finding((*loc, "onset_days"), shown(onset), allowed, "", "onset_long", needs=needs)


def _table(loc: Loc, event: FadingEvent) -> Iterator[Finding]:
    """Findings of a recovery by table."""
    recovery, here = event.recovery, (*loc, "table")
    if recovery.shape != "table":
        if recovery.table:
            yield Finding(here, "a table", f"none with shape {recovery.shape}", "", "recovery_two")
        return
    if not recovery.table:
        yield Finding(
            here, "nothing", "days with the part of the loss left then", "", "recovery_without_days"
        )
    wrong = [day for day in recovery.table if not _is_day(day)]
    for day in wrong:
        allowed = "days after the end, such as 30 or 0.5 [d]"
        yield Finding((*here, day), shown(day), allowed, "", "recovery_table_day", at_key=True)
    if recovery.table and not wrong and recovery.knots[-1][1] != 0:
        last = recovery.knots[-1]
        yield Finding(
            here, f"{last[1]:g} at the last day, {last[0]:g}", "0 at the last day", "", "recovery_open"
        )


def _is_day(text: str) -> bool:
    """Whether a key of a table is a number of days above 0."""
    return text.replace(".", "", 1).isdecimal() and text.isascii() and whole_minutes(float(text))
