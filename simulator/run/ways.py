"""Ways that take longer for a time: buyers plan with delays that last, not with waits for a way to open."""

from __future__ import annotations

import numpy as np

from simulator.run.state import State
from simulator.run.tiers import Batch
from simulator.world.state import MINUTES_PER_DAY, Blueprint, Floats, Ints
from simulator.world.trade_events import Transport, added_time


class Ways:
    """Days of use that buyers expect under way, while events change the time that goods take.

    Parameters
    ----------
    world : Blueprint
    state : State
    transport : Transport
    """

    def __init__(self, world: Blueprint, state: State, transport: Transport) -> None:
        self.state, self.transport = state, transport
        self._batches: list[tuple[Batch, Ints, Ints, Ints, Floats]] = []
        for batch in (batch for tier in state.tiers for batch in tier.batches):
            hit = np.flatnonzero(transport.pattern[batch.buying] >= 0)
            if len(hit):
                edges = batch.buying[hit]
                lead, pattern = world.relations.lead[edges], transport.pattern[edges]
                pairs, place = np.unique(np.stack([lead, pattern], axis=1), axis=0, return_inverse=True)
                usual = batch.pipeline_days.copy()
                self._batches.append((batch, hit, pairs, place.ravel(), usual))

    def step(self) -> None:
        """Take in what has changed since a month ago."""
        now = self.state.now
        for batch, hit, pairs, place, usual in self._batches:
            more = np.zeros(len(pairs))
            for i, (lead, pattern) in enumerate(pairs.tolist()):
                more[i] = added_time(self.transport.delays[pattern], lead, now) / MINUTES_PER_DAY
            days = usual.copy()
            days[hit] = np.maximum(0.0, days[hit] + more[place])
            if not np.array_equal(days, batch.pipeline_days):
                batch.pipeline_days = days
                self.state.set_pipeline(batch)
