"""Policies that say whom firms buy from: least recycled content, largest share from one region."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.run.tiers import Batch
from simulator.terms import ORIGINS
from simulator.world import policy_laws as law
from simulator.world.state import (
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    Blueprint,
    Floats,
    Ints,
    Kind,
    Mode,
    sums,
)

if TYPE_CHECKING:
    from simulator.run.policies import Levers

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY
LEAST_PART = 0.01
"""Part of all purchases from which on a region's purchases of a good are looked at one by one [1]."""


class Mandates:
    """Makers that must take a least share of secondary material.

    Recyclers split what they offer by need; a maker that would get less than its share is served first, from
    the part of those that have no share to fill or have filled it.
    """

    def __init__(
        self, world: Blueprint, state: State, ledger: Ledger, levers: Levers, reached: Floats
    ) -> None:
        policies = world.economy.policies
        if policies is None:
            raise ValueError("the world has no policies")
        self.world, self.state, self.levers, self.reached = world, state, levers, reached
        self.mandates = policies.mandates
        relations, slots, firms = world.relations, world.slots, world.firms
        offers = (relations.mode == Mode.OFFER) & (firms.kind[slots.firm[relations.source]] == Kind.RECYCLE)
        self._edges = np.flatnonzero(offers)
        self._sources, self._source = np.unique(relations.source[self._edges], return_inverse=True)
        self._target = relations.target[self._edges]
        firm = slots.firm[relations.source[self._edges]]
        self._review, self._phase = firms.review[firm], firms.phase[firm]
        self._days = self._review / MINUTES_PER_DAY
        self._rate = np.zeros(len(self._edges))
        self._moved = [np.zeros(len(each.slots)) for each in self.mandates]
        shape = (world.n_regions, len(world.labels.products), world.n_materials)
        self._input = ledger.sum("mandated_input", shape)
        self._share = ledger.last("recycled_content_product", shape)
        self._share[...] = np.nan

    def prefer(self) -> None:
        """Serve makers below their share first; after all offers of an instant."""
        state, now = self.state, self.state.now
        is_due = (now - self._phase) % self._review == 0
        if not is_due.any():
            return
        offered = state.offered[self._edges] / self._days
        self._rate = np.where(is_due, offered, self._rate)
        lacks = np.zeros(len(self.world.slots))
        for mandate in self.mandates:
            need = mandate.least[state.now_month] * state.need_rate[mandate.slots]
            lacks[mandate.slots] = np.maximum(lacks[mandate.slots], need)
        lacks = np.maximum(0.0, lacks - sums(self._target, self._rate, len(lacks)))
        works = state.works[self._target] & (self.world.relations.ready[self._edges] <= now)
        wants = (lacks[self._target] > 0) & is_due & works
        if not wants.any():
            return
        offer = np.where(is_due, offered, 0.0)
        new, more = law.preferred(offer, self._source, self._target, wants, lacks, len(self._sources))
        state.offered[self._edges[is_due]] = (new * self._days)[is_due]
        self._rate = np.where(is_due, new, self._rate)
        gained = sums(self._target, more * self._days, len(lacks))
        for i, mandate in enumerate(self.mandates):
            asks = mandate.least[state.now_month] > 0
            self._moved[i] += gained[mandate.slots] * asks

    def keep_books(self) -> None:
        """Cost of certified material, and the shares that makers have reached."""
        world, state, month = self.world, self.state, self.state.now_month
        flat, wide = self._share.ravel(), len(ORIGINS)
        flat[:] = np.nan
        for i, mandate in enumerate(self.mandates):
            slots = mandate.slots
            paid = self._moved[i] * mandate.premium * self.levers.price(slots)
            self.levers.charge_firms(mandate.policy, world.slots.firm[slots], paid)
            self._moved[i][:] = 0.0
            column = world.slots.material[slots] * wide
            mass = np.stack([state.mass[slots, column + k] for k in range(wide)], axis=1)
            need = state.need_rate[slots] * (mandate.least[month] > 0)
            found = law.secondary_share(mass, need, mandate.cell, flat.size)
            self._input.ravel()[:] += sums(mandate.cell, need * DAYS, flat.size)
            there = np.isfinite(found)
            flat[there] = found[there]
            self.reached[mandate.policy] = law.secondary_share(mass, need, np.zeros_like(slots), 1)[0]


class _Covered(NamedTuple):
    """What a limit means in one batch.

    Attributes
    ----------
    edges, code : (relation,) int
        Relations, and buyer x region of the supplier as one code.
    known : (relation,) float [1]
        Weight of a supplier that has had no share yet.
    home : (buyer, region) bool
    """

    edges: Ints
    code: Ints
    known: Floats
    home: np.ndarray


class Limits:
    """Buyers that may not take more than a share from one foreign region."""

    def __init__(self, world: Blueprint, state: State, levers: Levers, reached: Floats) -> None:
        policies = world.economy.policies
        if policies is None:
            raise ValueError("the world has no policies")
        self.world, self.state, self.levers, self.reached = world, state, levers, reached
        self.limits = policies.limits
        self._known: dict[tuple[int, int], _Covered | None] = {}
        self._paid_until = -1
        self._index()

    def _index(self) -> None:
        """Purchases by buyer's region and good, for what is reached."""
        world = self.world
        relations, slots, firms = world.relations, world.slots, world.firms
        self._from = firms.region[slots.firm[relations.source]]
        self._to = firms.region[slots.firm[relations.target]]
        self._code = self._to * world.n_goods + slots.good[relations.source]
        ordered = np.isin(relations.mode, (Mode.PULL, Mode.OFFER))
        self._bought = [np.flatnonzero(each.covers[relations.target] & ordered) for each in self.limits]

    def _covered(self, number: int, batch: Batch) -> _Covered | None:
        """What a limit means in a batch; None if nothing."""
        key = (number, batch.inputs.start)
        if key not in self._known:
            world = self.world
            mine = np.flatnonzero(self.limits[number].covers[world.relations.target[batch.buying]])
            found = None
            if len(mine):
                edges = batch.buying[mine]
                buyers, row = np.unique(world.relations.target[edges], return_inverse=True)
                home = np.zeros((len(buyers), world.n_regions), dtype=bool)
                home[np.arange(len(buyers)), world.firms.region[world.slots.firm[buyers]]] = True
                known = world.rules.switching_floor * (
                    self.state.base_share[edges] + batch.newcomer_share[mine]
                )
                found = _Covered(edges, row * world.n_regions + self._from[edges], known, home)
            self._known[key] = found
        return self._known[key]

    def hold(self, batch: Batch) -> None:
        """Hold shares to the limit; after buyers have shifted them at a review."""
        state, relations = self.state, self.world.relations
        for number, limit in enumerate(self.limits):
            most = float(limit.most[state.now_month])
            covered = self._covered(number, batch) if most < 1.0 else None
            if covered is None:
                continue
            edges, code, shape = covered.edges, covered.code, covered.home.shape
            share = state.share[edges]
            ready = (relations.ready[edges] <= state.now) & state.works[relations.source[edges]]
            weight = np.where(ready, share + covered.known, 0.0)
            whole = sums(code, share, covered.home.size).reshape(shape)
            room = sums(code, weight, covered.home.size).reshape(shape)
            new = law.capped(whole, covered.home, most, room)
            if new is whole:
                continue
            less = np.divide(new, whole, out=np.ones_like(whole), where=(whole > 0) & (new < whole))
            rate = np.divide(np.maximum(0.0, new - whole), room, out=np.zeros_like(whole), where=room > 0)
            state.share[edges] = share * less.ravel()[code] + weight * rate.ravel()[code]
            state.set_pipeline(batch)

    def keep_books(self, sent: Floats) -> None:
        """Cost of suppliers qualified this month; largest share of a foreign region in what was sent.

        Parameters
        ----------
        sent : (relation,) float [unit]
            Sent in the month.
        """
        world, state = self.world, self.state
        relations = world.relations
        for number, limit in enumerate(self.limits):
            ready = relations.ready[limit.added]
            now = limit.added[(ready > self._paid_until) & (ready <= state.now)]
            buyer = world.slots.firm[relations.target[now]]
            buyer = buyer[state.alive[buyer]]
            self.levers.charge_firms(limit.policy, buyer, np.full(len(buyer), limit.cost))
            edges = self._bought[number]
            n_cells = world.n_regions * world.n_goods
            worth = sent[edges] * self.levers.policies.base_price[world.slots.good[relations.source[edges]]]
            code = self._code[edges] * world.n_regions + self._from[edges]
            by_region = sums(code, worth, n_cells * world.n_regions).reshape(n_cells, -1)
            total = by_region.sum(axis=1)
            by_region[np.arange(n_cells), np.arange(n_cells) // world.n_goods] = 0.0
            weighty = total > LEAST_PART * total.sum()
            share = by_region[weighty].max(axis=1) / total[weighty]
            self.reached[limit.policy] = share.max() if len(share) else np.nan
        self._paid_until = state.now
