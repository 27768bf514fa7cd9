"""Root causes of the paper world by loops and dictionaries: what the arrays have to come to."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from simulator.run.causes import Causes
from simulator.world.state import Kind, Role


class Watched(Causes):
    """Keeps what each pass starts from and ends with."""

    def __init__(self, world, state):
        super().__init__(world, state)
        self.seen = []

    def settle(self):
        firms, state = self.firms, self.state
        notes = {
            name: getattr(of, "_" + name).copy()
            for of, names in (
                (self, ("asked", "left", "lost")),
                (firms, ("wanted", "can", "usable", "recipe", "missed", "uptime")),
            )
            for name in names
        }
        notes |= {
            "expected": state.expected.copy(),
            "capacity": state.capacity.copy(),
            "month": state.now_month,
        }
        super().settle()
        self.seen.append((notes, self._told("open"), self._told("lacking")))

    def _told(self, name):
        labels = self.roots.labels
        return [
            {label: row[i] for i, label in enumerate(labels) if abs(row[i]) > 1e-12}
            for row in getattr(self, name)
        ]


def scaled(mix, factor):
    return {label: value * factor for label, value in mix.items()}


def mix_of(amounts):
    whole = sum(amounts.values())
    return scaled(amounts, 1 / whole) if whole > 0 else {}


def add(to, more):
    for label, value in more.items():
        to[label] += value


class ByHand:
    """Root causes of the paper world, firm by firm and order by order, with dictionaries.

    Every sector of it is one firm; prices and money are off, so that firms lack capacity, uptime or inputs.
    """

    def __init__(self, world):
        self.world = world
        self.open, self.lacking = defaultdict(dict), defaultdict(dict)
        self.unmet, self.needed = (defaultdict(lambda: defaultdict(float)) for _ in range(2))
        self.orders = [e for e in range(len(world.relations)) if world.relations.mode[e] in (0, 1)]
        self.order_gain = 1 - np.exp(-30.4375 / world.rules.tau_order)

    def label(self, kind, slot):
        world = self.world
        firm = world.slots.firm[slot]
        stage = world.labels.process_stage[world.firms.process[firm]]
        stage = "stock_change" if world.firms.kind[firm] == Kind.HOLDER else stage
        held = np.flatnonzero(world.origin_mix[slot].sum(axis=1) > 0)
        material = world.labels.materials[held[0]] if len(held) == 1 else "several"
        return kind, stage, world.labels.regions[world.firms.region[firm]], material

    def settle(self, notes):
        world = self.world
        source = world.relations.source
        left, asked = defaultdict(float), defaultdict(float)
        for e in self.orders:
            left[source[e]] += notes["left"][e]
            asked[source[e]] += notes["asked"][e]
        self.short, self.wanting = {}, {}
        now = {slot: self.maker(slot, notes, left[slot]) for slot in left if self.kind(slot) in (0, 1)}
        for slot in left:
            if left[slot] > 1e-12 * asked[slot] and self.kind(slot) not in (0, 1):
                now[slot] = self.other(slot, notes, left[slot], now)
        mixes = {}
        for slot in left:
            if left[slot] <= 1e-12 * asked[slot]:
                self.open[slot] = {}
                continue
            kept = left[slot] / asked[slot]
            pool = defaultdict(float, scaled(self.open[slot], kept))
            new = left[slot] - sum(pool.values())
            add(pool, scaled(now[slot] or {self.label("ordering", slot): 1.0}, new))
            self.open[slot], mixes[slot] = dict(pool), mix_of(pool)
        for slot in np.flatnonzero(notes["missed"]):
            amount = max(self.wanting.get(slot, 0.0), notes["missed"][slot])
            add(self.needed[slot], scaled(self.missing(slot, amount), notes["missed"][slot]))
        self.pass_on(notes, left, mixes)

    def kind(self, slot):
        return self.world.firms.kind[self.world.slots.firm[slot]]

    def maker(self, slot, notes, left):
        """Mix of what a firm lacks; empty where it lacks nothing."""
        world = self.world
        firm = world.slots.firm[slot]
        inputs = [
            i
            for i in range(len(world.slots))
            if world.slots.firm[i] == firm and world.slots.role[i] == Role.INPUT
        ]
        level = {i: notes["usable"][i] / notes["recipe"][i] for i in inputs if notes["recipe"][i] > 0}
        can, wanted = notes["can"][firm], notes["wanted"][firm]
        possible = min([can, *level.values()])
        expected = notes["expected"][slot] * 30.4375
        aim = min(wanted, expected)
        aim = aim if aim - possible > 1e-12 * aim else wanted
        self.short[slot] = max(0.0, aim - possible)
        if aim - possible <= 1e-12 * aim:
            return {}
        gaps = {None: max(0.0, aim - can), **{i: max(0.0, aim - level[i]) for i in level}}
        part, before, short_of = defaultdict(float), 0.0, sorted(gaps, key=lambda who: gaps[who])
        for i, who in enumerate(short_of):
            for each in short_of[i:]:
                part[each] += (gaps[who] - before) / (len(short_of) - i)
            before = gaps[who]
        found = defaultdict(float)
        overtime = 1 + world.firms.overtime[firm] * world.rules.has_overtime
        full = notes["capacity"][firm] * 30.4375 * overtime
        if part[None] > 0:
            beyond = max(0.0, aim - full) / (aim - can) if notes["uptime"][firm] < 1 else 1.0
            found[self.label("capacity", slot)] += part[None] * beyond
            found[self.label("outage", slot)] += part[None] * (1 - beyond)
        for i in level:
            wanting = (aim - level[i]) * notes["recipe"][i]
            if left > 0:
                self.wanting[i] = wanting
            if part[i] > 0:
                add(found, scaled(self.missing(i, max(wanting, notes["missed"][i])), part[i]))
        return {label: value / (aim - possible) for label, value in found.items() if value > 0}

    def missing(self, slot, amount):
        known = sum(self.lacking[slot].values())
        told = min(1.0, known / amount)
        found = defaultdict(float, scaled(mix_of(self.lacking[slot]), told))
        found[self.label("ordering", slot)] += 1 - told
        return found

    def other(self, slot, notes, left, now):
        """By-product makers, recyclers, holders."""
        world, firm = self.world, self.world.slots.firm[slot]
        if self.kind(slot) == Kind.HOLDER:
            return {self.label("holders", slot): 1.0}
        if self.kind(slot) == Kind.RECYCLE:
            treated = notes["can"][firm]
            return {self.label("waste", slot): treated, self.label("capacity", slot): 1 - treated}
        made, bound = notes["can"][firm], notes["wanted"][firm]
        aim = min(made + left, notes["expected"][slot] * 30.4375)
        aim = aim if aim - made > 1e-12 * aim else made + left
        sector = world.firms.sector[firm]
        (host,) = [
            s for s in self.short if world.firms.sector[world.slots.firm[s]] == world.host_sector[sector]
        ]
        part = min(1.0, world.paths.host_share[notes["month"], sector] * self.short[host] / (aim - bound))
        part = part if now[host] else 0.0
        found = defaultdict(float, scaled(now[host], part))
        found[self.label("host", slot)] += 1 - part
        return found

    def pass_on(self, notes, left, mixes):
        """Tell buyers, and let what is given up leave the open orders."""
        world = self.world
        gone, came = defaultdict(float), defaultdict(lambda: defaultdict(float))
        for e in self.orders:
            slot, buyer = world.relations.source[e], world.relations.target[e]
            mix = mixes.get(slot, {})
            if self.kind(buyer) == Kind.CONVERT:
                add(came[buyer], scaled(mix, notes["left"][e]))
            if self.kind(buyer) == Kind.USER and notes["lost"][e] > 0:
                add(self.unmet[buyer], scaled(mix, notes["lost"][e]))
                gone[slot] += notes["lost"][e]
        for slot, lost in gone.items():
            if self.open[slot]:
                self.open[slot] = scaled(self.open[slot], 1 - lost / left[slot])
        for buyer in set(self.lacking) | set(came):
            pool = defaultdict(float, scaled(self.lacking[buyer], 1 - self.order_gain))
            add(pool, came[buyer])
            self.lacking[buyer] = dict(pool)


def alike(found, wanted, scale):
    for label in set(found) | set(wanted):
        assert found.get(label, 0.0) == pytest.approx(wanted.get(label, 0.0), rel=1e-8, abs=1e-9 * scale), (
            label
        )
