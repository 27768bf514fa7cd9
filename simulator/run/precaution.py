"""Precautionary stocks in a run: each month, before orders, how many days of extra cover buyers aim at."""

from __future__ import annotations

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.orders import NOTICED
from simulator.run.state import State
from simulator.world import precaution as law
from simulator.world.state import MINUTES_PER_DAY, MINUTES_PER_MONTH, Blueprint, Floats, sums

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY


class Hoarding:
    """Alarm of every input, from announcements and from deliveries that fall short.

    Attributes
    ----------
    alarmed, starved : (slot,) float [1]
        What announcements, and shortfalls, have made of the buyer of each input.

    Parameters
    ----------
    world : Blueprint
    state : State
    ledger : Ledger
    """

    def __init__(self, world: Blueprint, state: State, ledger: Ledger) -> None:
        precaution = world.economy.precaution
        if precaution is None:
            raise ValueError("the world has no precautionary demand")
        self.world, self.state, self.precaution = world, state, precaution
        n = len(precaution.slots)
        self.alarmed, self.starved = np.zeros(n), np.zeros(n)
        self._alone = np.ones(n)
        self._firm = world.slots.firm[precaution.slots]
        self._reached = [self._reach(alarm) for alarm in precaution.alarms]
        self._extra = ledger.last("extra_cover", (world.n_regions, world.n_materials))
        self._index_first_tier()

    def _reach(self, alarm: law.Alarm) -> tuple[np.ndarray, ...]:
        """Relations of an alarm on which inputs are ordered, the input behind each, and the part hit."""
        edges, place = self.precaution.edges, self.precaution.place
        hit = np.zeros(len(self.world.relations))
        hit[alarm.relation] = alarm.hit
        found = np.flatnonzero(hit[edges] > 0)
        return edges[found], place[found], hit[edges][found]

    def _index_first_tier(self) -> None:
        """Inputs of refined material at makers, and the (region, material) cell of each."""
        world, slots = self.world, self.world.slots
        self._first = np.flatnonzero(np.isin(self.precaution.slots, world.first_tier_slot))
        chosen = self.precaution.slots[self._first]
        region = world.firms.region[slots.firm[chosen]]
        self._cell = region * world.n_materials + slots.material[chosen]

    def step(self) -> None:
        """Take up what is to be feared, and add the cover that it asks for to `state.precaution`."""
        state, precaution, n = self.state, self.precaution, len(self.alarmed)
        announced, news = self._announced()
        speed = 1.0 + precaution.data * state.informed[self._firm]
        self.alarmed = law.take_up(self.alarmed, announced, DAYS, precaution.tau_notice, speed)
        if precaution.fear > 0:
            share, fill = state.share[precaution.edges], state.fill[precaution.edges]
            missing = law.shortfall(share, fill, precaution.place, n, NOTICED)
            goal = precaution.fear * news * missing
            self.starved = law.take_up(self.starved, goal, DAYS, precaution.tau_notice, self._alone)
        cover = precaution.days * np.maximum(self.alarmed, self.starved)
        state.precaution[precaution.slots] += cover
        self._record(cover)

    def _announced(self) -> tuple[Floats, float]:
        """Largest alarm (slot,) of the events announced so far, by what they reach; what is in the news."""
        state, n = self.state, len(self.alarmed)
        worst, news = np.zeros(n), 0.0
        for alarm, (edges, place, hit) in zip(self.precaution.alarms, self._reached, strict=True):
            age = (state.now - alarm.announced) / MINUTES_PER_DAY
            level = law.alarm_level(alarm.severity, age, self.precaution.tau_alarm)
            if level > 0:
                # who hears of it in the middle of a month has had that part of the month to take it up
                heard = min(1.0, age / DAYS)
                past = (state.now - alarm.until) / MINUTES_PER_DAY
                told = law.news_level(alarm.severity, age, past, self.precaution.tau_alarm)
                news = max(news, heard * told)
                reached = law.exposure(state.share[edges], hit, place, n)
                np.maximum(worst, heard * level * reached, out=worst)
        return worst, news

    def _record(self, cover: Floats) -> None:
        need = self.state.need_rate[self.precaution.slots[self._first]]
        whole = sums(self._cell, need, self._extra.size)
        mean = sums(self._cell, need * cover[self._first], self._extra.size)
        self._extra.ravel()[:] = np.divide(mean, whole, out=np.zeros_like(mean), where=whole > 0)
