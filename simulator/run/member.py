"""One member of an ensemble: the clock and the order of a month.

The order at one instant is that of the model's clock: arrivals, offers and orders downstream first, goods
upstream first, use and end of life, recorder. Each phase is a few array passes over a tier; the number of
events depends on tiers, lead times and months, never on the number of firms.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.run import goods, orders, stock_loss
from simulator.run.clock import Clock, Rank
from simulator.run.parts import Parts
from simulator.run.record import Recorder
from simulator.run.state import State
from simulator.run.tiers import Due, Shipment, Tier
from simulator.run.usage import Usage
from simulator.world.state import MINUTES_PER_MONTH, Blueprint, Mode

OFFERS_KEY, USERS_KEY, TIER_KEY = 0, 1, 2
CAUSES_KEY = 900_000
"""After all tiers."""


class Member:
    """One run of a world.

    Parameters
    ----------
    world : Blueprint
    period : int [min]
        Length of a reporting period.
    trace : tuple of int
        Firms whose history is kept.
    progress : callable, optional
        Called with the fraction done at the end of each period.
    """

    def __init__(
        self,
        world: Blueprint,
        *,
        period: int = MINUTES_PER_MONTH,
        trace: tuple[int, ...] = (),
        progress: Callable[[float], None] | None = None,
    ) -> None:
        self.world = world
        self.clock = Clock()
        self.until = world.n_months * MINUTES_PER_MONTH
        self.progress = progress
        self.arriving: dict[int, list[Shipment]] = {}
        self.state = State(world)
        self.usage = Usage(world)
        self.record = Recorder(world, self.state.links, self.until // period, period, trace)
        for shipment in self.state.past_shipments():
            self._arrive_later(shipment)
        self.record.open(self.state, self.usage)
        self.parts = Parts(world, self.state, self.record.ledger)
        self._schedule(period)

    def run(self) -> Recorder:
        """Run to the end.

        Returns
        -------
        Recorder
            Holds everything recorded.
        """
        self.clock.run(self.until)
        self.clock.close()
        return self.record

    def _schedule(self, period: int) -> None:
        clock, tiers = self.clock, self.state.tiers
        rhythms: set[tuple[int, int]] = set()
        for tier in tiers:
            for interval, phase in sorted({(batch.interval, batch.phase) for batch in tier.batches}):
                rhythms.add((interval, phase))
                upward = TIER_KEY + (len(tiers) - tier.level)
                first = phase + interval
                clock.every(
                    interval, first, Rank.ORDER, upward, self._order(tier, interval, phase), self.until
                )
                if len(tier.source):
                    clock.every(
                        interval,
                        first,
                        Rank.GOODS,
                        tier.level,
                        self._goods(tier, interval, phase),
                        self.until,
                    )
        for interval, phase in sorted(rhythms):
            clock.every(interval, phase + interval, Rank.ORDER, OFFERS_KEY, self._offers, self.until)
            clock.every(interval, phase + interval, Rank.GOODS, CAUSES_KEY, self._causes, self.until)
        month = MINUTES_PER_MONTH
        for askers in orders.find_askers(self.world):
            first = askers.phase + askers.interval
            clock.every(askers.interval, first, Rank.ORDER, USERS_KEY, self._ask(askers), self.until)
        clock.every(month, month, Rank.USE, 0, self._use, self.until)
        stock_loss.schedule(self.state, self.record, clock, self._set_now)
        self.parts.schedule(clock, self._set_now, self.until)
        clock.every(period, period, Rank.RECORD, 0, self._close, self.until)

    def _arrive_later(self, shipment: Shipment) -> None:
        """One event for all that arrives at one minute, in the order of dispatch."""
        minute = shipment.arrival
        if minute in self.arriving:
            self.arriving[minute].append(shipment)
            return
        self.arriving[minute] = [shipment]
        self.clock.at(minute, Rank.ARRIVAL, 0, lambda: self._arrive(minute))

    def _arrive(self, minute: int) -> None:
        self.state.arrive(self.arriving.pop(minute))

    def _set_now(self) -> None:
        if self.state.now != self.clock.now:
            self.state.now = self.clock.now
            self.state.set_month(self.state.month(self.clock.now))

    def _uptime(self, interval: int) -> np.ndarray:
        """Mean uptime (firm,) of the interval that ends now; exactly 1 where nothing happens."""
        self.state.set_uptime(interval)
        return self.state.uptime

    def _offers(self) -> None:
        self._set_now()
        state = self.state
        if state.offers_at == state.now:
            return
        state.offers_at = state.now
        for tier in state.tiers:
            for batch in tier.batches:
                if (state.now - batch.phase) % batch.interval == 0:
                    orders.make_offers(state, batch, self._uptime(batch.interval))
        if state.after_offers is not None:
            state.after_offers()

    def _ask(self, askers: orders.Askers) -> Callable[[], None]:
        def act() -> None:
            self._set_now()
            orders.order_outside(self.state, askers, self.record)

        return act

    def _order(self, tier: Tier, interval: int, phase: int) -> Callable[[], None]:
        def act() -> None:
            self._set_now()
            for batch in tier.batches:
                if (batch.interval, batch.phase) == (interval, phase):
                    orders.order_batch(self.state, batch)

        return act

    def _goods(self, tier: Tier, interval: int, phase: int) -> Callable[[], None]:
        reviews = (interval, phase)
        due = Due(tier, [batch for batch in tier.batches if (batch.interval, batch.phase) == reviews])

        def act() -> None:
            self._set_now()
            state, record = self.state, self.record
            uptime = self._uptime(interval)
            asked = tier.by_source(goods.may_leave(state, tier, due.days))
            for batch in due.batches:
                goods.make_batch(state, tier, batch, asked, uptime, record)
            for shipment in goods.ship_tier(state, tier, due, asked, record):
                self._arrive_later(shipment)
            goods.give_up(state, tier, due, record)
            for batch in due.batches:
                goods.drop_unsold(state, batch, record)

        return act

    def _causes(self) -> None:
        self._set_now()
        self.record.causes.settle()

    def _use(self) -> None:
        self._set_now()
        self._uptime(MINUTES_PER_MONTH)
        self.usage.step(self.state, self.record)

    def _close(self) -> None:
        self._set_now()
        self.record.close(self.state, self.usage)
        if self.progress is not None:
            self.progress(self.clock.now / self.until)


__all__ = ["Member", "Mode"]
