"""The only door to simpy: an integer-minute clock with a fixed order of events at one instant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import simpy
from simpy.events import Event, EventPriority


class Rank(IntEnum):
    """Order of events at one instant (docs/model.md)."""

    CAPACITY = 0
    POLICY = 1
    ARRIVAL = 2
    ORDER = 3
    GOODS = 4
    USE = 5
    MARKET = 6
    FINANCE = 7
    RECORD = 8


KEYS_PER_RANK = 1_000_000


class Clock:
    """Runs actions at whole minutes since the start, ties in a fixed order.

    Attributes
    ----------
    now : int [min]
    n_events : int
        Events run so far; does not grow with the number of firms.
    """

    def __init__(self) -> None:
        self._environment = simpy.Environment(initial_time=0)
        self.now = 0
        self.n_events = 0

    def at(self, minute: int, rank: Rank, key: int, action: Callable[[], None]) -> None:
        """Run an action at an instant.

        Parameters
        ----------
        minute : int [min]
            Not before now.
        rank : Rank
        key : int
            Order among events of one rank at one instant; from data, never from object identity.
        action : callable
        """
        if minute < self.now:
            raise ValueError(f"minute {minute} lies before {self.now}")
        event = Event(self._environment)
        event.callbacks = [lambda _event: self._run(action)]
        event._ok = True  # simpy's own way to make an event that is decided when scheduled
        event._value = None
        priority = EventPriority(int(rank) * KEYS_PER_RANK + key)
        self._environment.schedule(event, priority, delay=minute - self.now)

    def every(
        self, period: int, first: int, rank: Rank, key: int, action: Callable[[], None], until: int
    ) -> None:
        """Run an action periodically, at `first`, `first + period`, ... up to and with `until`.

        Parameters
        ----------
        period, first, until : int [min]
        rank : Rank
        key : int
        action : callable
        """
        if period < 1:
            raise ValueError("a period is at least one minute")

        if first <= until:
            self.at(first, rank, key, _Periodic(self, period, rank, key, action, until).tick)

    def run(self, until: int) -> None:
        """Run all events up to and with an instant.

        Parameters
        ----------
        until : int [min]
        """
        self._environment.run(until=until + 1)
        self.now = int(self._environment.now)

    def close(self) -> None:
        """Forget what would still come, and with it the world that it acts on: else both hold each other."""
        self._environment._queue.clear()

    def _run(self, action: Callable[[], None]) -> None:
        self.n_events += 1
        self.now = int(self._environment.now)
        action()


@dataclass(frozen=True)
class _Periodic:
    """An action that comes again; an object, for a function that names itself would never be let go."""

    clock: Clock
    period: int
    rank: Rank
    key: int
    action: Callable[[], None]
    until: int

    def tick(self) -> None:
        self.action()
        if self.clock.now + self.period <= self.until:
            self.clock.at(self.clock.now + self.period, self.rank, self.key, self.tick)
