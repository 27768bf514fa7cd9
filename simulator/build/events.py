"""Disruptions as they come: every number drawn, every start on the clock.

How to read them: `plan.events` is a tuple of `Realised`, in the order of the scenario, the starts of a random
event one after another. Each has

* `event`: what the scenario says, an object of `schema_disruptions` or `schema_trade_events` (presets are
  already their events); choose by `isinstance(each.event, Tariff)`, or use `of_kind(plan.events, Tariff)`;
* `name`: the event's name, with a number behind it where starts are random; it is there once;
* `announced`, `start`, `end` [min] since the start of the scenario (`end` is the end of the period where
  the scenario leaves it open, and the start itself for what happens at one instant);
* `value("severity")`: any number of the event, drawn where the scenario gives a distribution; 0 where the key
  was left out and has no number;
* `severity`, `is_nothing`: size of the event; events that are nothing must not change one bit.

Draws come from a stream of their own for each key of each start (seed, member, event, start, key): another
event, or a distribution for another key, changes no other draw.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar, cast

from simulator.build.streams import stream
from simulator.scenario.check_distributions import limits_of
from simulator.scenario.distribution import Distribution
from simulator.scenario.quantiles import quantile
from simulator.scenario.schema_disruptions import Event, FadingEvent, LastingEvent, StockLoss
from simulator.scenario.schema_trade_events import (
    ExportRestriction,
    FinanceShock,
    Preset,
    Tariff,
    TradeEvent,
    Transport,
)
from simulator.world.disruptions import UptimeCurve
from simulator.world.state import DAYS_PER_YEAR, MINUTES_PER_DAY, MINUTES_PER_MONTH

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario

EventT = TypeVar("EventT", bound=Event)


@dataclass(frozen=True)
class Realised:
    """One disruption as it comes.

    Attributes
    ----------
    event : Event
        What the scenario says.
    name : str
    announced, start, end : int [min]
        Since the start of the scenario.
    numbers : mapping of str to float
        Numbers of the event by key, drawn.
    """

    event: Event
    name: str
    announced: int
    start: int
    end: int
    numbers: Mapping[str, float]

    def value(self, key: str) -> float:
        """A number of the event, in the unit of its key; 0 where there is none."""
        return self.numbers.get(key, 0.0)

    @property
    def severity(self) -> float:
        """Share that is lost [1]: 1 for a ban, 0 for kinds that have no severity."""
        if isinstance(self.event, ExportRestriction) and self.event.form == "ban":
            return self.numbers.get("severity", 1.0)
        return self.value("severity")

    @property
    def is_nothing(self) -> bool:
        """Whether the event has no size at all."""
        event = self.event
        if isinstance(event, Tariff):
            return not any(event.rate.values)
        if isinstance(event, Transport):
            longer = self.value("extra_days") != 0 or self.numbers.get("factor", 1.0) != 1
            return not (event.closed or longer)
        if isinstance(event, FinanceShock):
            return not any(self.value(k) for k in ("credit_cut", "extra_interest", "receivables_delay_days"))
        if isinstance(event, ExportRestriction) and event.tonnes_per_year is not None:
            return False
        return self.severity == 0

    @property
    def curve(self) -> UptimeCurve:
        """Course of what is lost by an event that sets in and fades; without sign."""
        event = self.event
        assert isinstance(event, FadingEvent)
        recovery = event.recovery
        return UptimeCurve(
            start=self.start,
            end=self.end,
            severity=abs(self.severity),
            shape=recovery.shape,
            recovery=round(recovery.days * MINUTES_PER_DAY),
            onset=min(round(self.value("onset_days") * MINUTES_PER_DAY), self.end - self.start),
            table=tuple((round(day * MINUTES_PER_DAY), left) for day, left in recovery.knots),
        )


def realise(scenario: Scenario, n_months: int, member: int = 0) -> tuple[Realised, ...]:
    """Disruptions of a scenario as they come in one member.

    Parameters
    ----------
    scenario : Scenario
    n_months : int
        Model months simulated.
    member : int
        Member of the ensemble.

    Returns
    -------
    tuple of Realised
        Those that start within the period.
    """
    horizon = n_months * MINUTES_PER_MONTH
    found: list[Realised] = []
    for entry in scenario.disruptions:
        if isinstance(entry, Preset):  # `load` leaves none
            raise TypeError(f"preset {entry.preset} is not expanded")
        event = cast(Event, entry)
        starts = _starts(scenario, event, horizon, member)
        for k, start in enumerate(starts):
            name = event.name if event.random is None else f"{event.name}_{k + 1}"
            numbers = _numbers(scenario, event, k, member)
            found.append(_realised(scenario, event, name, start, numbers, horizon))
    return tuple(each for each in found if each.start < horizon)


def of_kind(events: Iterable[Realised], kind: type[EventT]) -> list[tuple[Realised, EventT]]:
    """Events of a kind that are something, with what the scenario says about each.

    Parameters
    ----------
    events : iterable of Realised
    kind : type

    Returns
    -------
    list of tuple of Realised and Event
    """
    return [(e, e.event) for e in events if isinstance(e.event, kind) and not e.is_nothing]


def _realised(
    scenario: Scenario, event: Event, name: str, start: int, numbers: dict[str, float], horizon: int
) -> Realised:
    """One start with its drawn numbers on the clock."""
    shift = round(numbers.get("start_offset_days", 0.0) * MINUTES_PER_DAY)
    announced = start if event.announced is None else _minute(scenario, event.announced)
    end = start
    if isinstance(event, LastingEvent):
        if event.duration_days is not None:
            end = start + max(1, round(numbers["duration_days"] * MINUTES_PER_DAY))
        else:
            end = horizon - shift if event.end is None else _minute(scenario, event.end)
    return Realised(event, name, announced + shift, start + shift, max(start, end) + shift, numbers)


def _minute(scenario: Scenario, day: date) -> int:
    return (day - scenario.period.start).days * MINUTES_PER_DAY


def _starts(scenario: Scenario, event: Event, horizon: int, member: int) -> list[int]:
    """Starts [min] of an event: the one stated, or those of a Poisson process."""
    random = event.random
    if random is None:
        assert event.start is not None
        return [_minute(scenario, event.start)]
    first = 0 if random.from_ is None else _minute(scenario, random.from_)
    last = horizon if random.to is None else min(horizon, _minute(scenario, random.to))
    per_minute = random.rate_per_year / (DAYS_PER_YEAR * MINUTES_PER_DAY)
    starts: list[int] = []
    if per_minute <= 0:
        return starts
    draws = stream(scenario.seed, str(member), "event", event.name, "starts")
    at = first + draws.exponential(1 / per_minute)
    while at < last:
        starts.append(math.floor(at))
        at += draws.exponential(1 / per_minute)
    return starts


def _numbers(scenario: Scenario, event: Event, k: int, member: int) -> dict[str, float]:
    """Numbers of the k-th start by key; each distribution has its own stream."""
    found: dict[str, float] = {}
    for key in type(event).model_fields:
        value = getattr(event, key)
        if isinstance(value, Distribution):
            draw = stream(scenario.seed, str(member), "event", event.name, str(k), key).random()
            found[key] = quantile(value, draw, *limits_of(event, key))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found[key] = float(value)
    return found


# ------------------------------------------------------------------------------------------ for readers


def told(scenario: Scenario, events: Iterable[Realised]) -> str:
    """Events as the attribute `events` of a result: a JSON list.

    Parameters
    ----------
    scenario : Scenario
    events : iterable of Realised

    Returns
    -------
    str
        Of each name, kind, target, severity, announced, start, end and preset; days to the minute where an
        event does not begin at midnight.
    """
    midnight = datetime.combine(scenario.period.start, datetime.min.time())

    def day(minute: int) -> str:
        when = midnight + timedelta(minutes=minute)
        whole = minute % MINUTES_PER_DAY == 0
        return when.date().isoformat() if whole else when.isoformat(timespec="minutes")

    rows = [
        {
            "name": each.name,
            "kind": getattr(each.event, "kind", ""),
            "target": target_text(each.event),
            "severity": None if isinstance(each.event, _SIZED_OTHERWISE) else each.severity,
            "announced": day(each.announced),
            "start": day(each.start),
            "end": day(each.end),
            "preset": each.event.preset,
        }
        for each in events
    ]
    return json.dumps(rows)


_SIZED_OTHERWISE = (Tariff, Transport, FinanceShock)


def target_text(event: Event) -> str:
    """Whom an event hits, in a few words.

    Parameters
    ----------
    event : Event

    Returns
    -------
    str
    """
    if isinstance(event, (TradeEvent, Transport)):
        what = "goods" if isinstance(event, Transport) else event.good or f"{event.stage} {event.material}"
        way = getattr(event, "corridor", "") or f"{', '.join(event.from_)} to {', '.join(event.to)}"
        return f"{what.strip()}, {way}"
    where = getattr(event, "where", None)
    if where is not None:
        parts = [", ".join(labels) for labels in where.filters.values()]
        parts += [event.good] if isinstance(event, StockLoss) and event.good else []
        return "; ".join(parts) + (f" ({where.share:.3g} of it)" if where.share < 1 else "")
    return f"{getattr(event, 'product', '*')}, {getattr(event, 'region', '*')}"
