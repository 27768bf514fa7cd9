"""What firms note of their reviews for root causes, and what their shortfalls come down to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulator.run.outlets import Outlets
from simulator.terms import ROOT_KINDS
from simulator.world import causes as law
from simulator.world.state import MINUTES_PER_DAY, TINY, Blueprint, Floats, Ints, Kind, sums

if TYPE_CHECKING:
    from simulator.run.state import State

KIND = {name: code for code, name in enumerate(ROOT_KINDS)}
OWN = ("capacity", "outage", "idled", "failed")
"""Kinds that a firm's own limit is split over, in the order of `world.causes.own_parts`."""


class Shares(NamedTuple):
    """Weights of what held back the outlets, and what the inlets lacked.

    Attributes
    ----------
    own : (kind, outlet) float [unit]
        By what the outlet's firms themselves were short of.
    inputs, reserve : (inlet,) float [unit of output]
        By missing inputs, and by inputs that were there but reserved.
    short, unhosted : (outlet,) float [unit]
        Output missed in the interval; by-product missed because its host did not make enough.
    lacked, missed, kept_back : (inlet,) float [unit of input]
        Input missing in all, need without stock, and its part that was reserved.
    """

    own: Floats
    inputs: Floats
    reserve: Floats
    short: Floats
    unhosted: Floats
    lacked: Floats
    missed: Floats
    kept_back: Floats


class Shortfalls:
    """Notes of reviews; all arrays hold the last review of each firm."""

    def __init__(self, world: Blueprint, state: State, at: Outlets) -> None:
        self.world, self.state, self.at = world, state, at
        n_slots, n_firms = len(world.slots), len(world.firms)
        self._wanted, self._can, self._uptime = np.zeros(n_firms), np.zeros(n_firms), np.ones(n_firms)
        self._usable, self._recipe = np.zeros(n_slots), np.zeros(n_slots)
        self._missed, self._gone = np.zeros(n_slots), np.zeros(n_slots)
        self._days = world.firms.review / MINUTES_PER_DAY
        self._overtime = 1.0 + world.firms.overtime * world.rules.has_overtime
        kind = world.firms.kind[world.slots.firm[at.out_slots]]
        self._of_kind = {each: at.out_slots[kind == each] for each in Kind}
        hosts = world.host_sector[world.host_sector >= 0]
        self._is_host = np.isin(world.firms.sector, hosts)
        self.sector_size = sums(world.firms.sector, world.firms.capacity, world.n_sectors)
        self._stands = self._standing()

    # -------------------------------------------------------------- notes

    def reviewed(self, firms: slice, wanted: Floats, can: Floats, uptime: Floats) -> None:
        """Output (firm,) that was wanted and that capacity allowed."""
        self._wanted[firms], self._can[firms], self._uptime[firms] = wanted, can, uptime[firms]

    def stocked(self, inputs: slice, usable: Floats, recipe: Floats) -> None:
        """Stock (input,) [unit] that could be used, and its use per unit of output."""
        self._usable[inputs], self._recipe[inputs] = usable, recipe

    def missed(self, inputs: Ints, need: Floats, stock: Floats) -> None:
        """Need and stock on hand (input,) [t] of refined material."""
        self._missed[inputs] = np.maximum(0.0, need - stock)

    def lost(self, slots: Ints, quantity: Floats) -> None:
        """Stock (slot,) [unit] that an event destroyed."""
        self._gone[slots] += quantity

    def inlets_hit(self) -> Ints:
        """Inlets (input,) of inputs destroyed since the last pass."""
        return self.at.inlet[self.at.inputs[self._gone[self.at.inputs] > 0]]

    def lost_inputs(self) -> tuple[Ints, Floats]:
        """Inlets and quantity (input,) [unit] of inputs destroyed since the last pass."""
        slots = self.at.inputs[self._gone[self.at.inputs] > 0]
        gone = self._gone[slots]
        self._gone[slots] = 0.0
        return self.at.inlet[slots], gone

    def done(self, fade: float) -> None:
        """What is short is told once; destroyed output is made up in time."""
        self._missed[self.at.inputs] = 0.0
        self._gone *= fade

    # -------------------------------------------------------------- shares

    def shares(self, left_slot: Floats, left: Floats) -> Shares:
        """Split what firms left open over what held them back.

        Parameters
        ----------
        left_slot, left : (slot,), (outlet,) float [unit]
            Orders left open.
        """
        own = np.zeros((len(ROOT_KINDS), self.at.n_outlets))
        self._stands = self._standing()
        unhosted = self._of_by_products(left_slot, own)
        found = self._of_makers(left_slot, left, own)._replace(unhosted=unhosted)
        self._of_recyclers(left_slot, own)
        holders = self._of_kind[Kind.HOLDER]
        own[KIND["holders"]] += sums(self.at.outlet[holders], left_slot[holders], self.at.n_outlets)
        return found

    def _of_makers(self, left_slot: Floats, left: Floats, own: Floats) -> Shares:
        """Makers to order: own capacity against each of the inputs."""
        at, makers = self.at, self.at.makers
        can, wanted = self._can[makers], self._wanted[makers]
        recipe, usable = self._recipe[at.inputs], self._usable[at.inputs]
        level = np.divide(usable, recipe, out=np.full(len(recipe), np.inf), where=recipe > 0)
        possible = can.copy()
        if len(at.inputs):
            possible[at.fed] = np.minimum(can[at.fed], np.minimum.reduceat(level, at.fed_first))
        expected = self.state.expected[at.maker_output] * self._days[makers]
        aim = law.aim_of(wanted, expected, possible, TINY)
        short = aim - possible
        told = (left_slot[at.maker_output] > 0) | self._is_host[makers]
        rows = np.flatnonzero((short > TINY * aim) & told)
        row_of = np.full(len(makers), -1)
        row_of[rows] = np.arange(len(rows))
        hit = np.flatnonzero(row_of[at.input_maker] >= 0)
        of_row = row_of[at.input_maker[hit]]
        gap = np.zeros((len(rows), at.width))
        gap[:, 0] = np.maximum(0.0, aim[rows] - can[rows])
        lacks = np.maximum(0.0, aim[rows][of_row] - level[hit])
        gap[of_row, 1 + at.column[hit]] = lacks
        part = law.shared_layers(gap) / short[rows][:, None]
        slot = at.maker_output[rows]
        outlet = at.outlet[slot]
        weight = np.where(left[outlet] > 0, left_slot[slot], short[rows])
        self._own(own, makers[rows], aim[rows], can[rows], part[:, 0] * weight, slot)
        inputs = at.inputs[hit]
        by_input = part[of_row, 1 + at.column[hit]] * weight[of_row]
        wanting = lacks * recipe[hit]
        reserved = np.minimum(wanting, self.state.reserved[inputs])
        of_reserve = np.divide(reserved, wanting, out=np.zeros_like(wanting), where=wanting > 0)
        inlet, n = at.input_inlet[hit], at.n_inlets
        missed = self._missed[at.inputs]
        whole = at.of_inputs(missed)
        return Shares(
            own,
            sums(inlet, by_input * (1.0 - of_reserve), n),
            sums(inlet, by_input * of_reserve, n),
            sums(outlet, short[rows], at.n_outlets),
            np.zeros(at.n_outlets),
            np.maximum(sums(inlet, wanting - reserved, n), whole),
            whole,
            at.of_inputs(np.minimum(missed, self.state.reserved[at.inputs])),
        )

    def _own(self, own: Floats, firms: Ints, aim: Floats, can: Floats, weight: Floats, slot: Ints) -> None:
        """Split the weight (firm,) of own limits over capacity and what keeps it from work."""
        mine = np.flatnonzero(weight > 0)
        if not len(mine):
            return
        firms, aim, can, weight, slot = firms[mine], aim[mine], can[mine], weight[mine], slot[mine]
        factors, full = self._factors(firms)
        parts = law.own_parts(aim, can, full, factors) * weight
        outlet = self.at.outlet[slot]
        gone = self._gone[slot]
        if gone.any():
            lost = np.minimum(1.0, np.divide(gone, aim - can, out=np.zeros_like(aim), where=aim > can))
            own[KIND["stock_loss"]] += sums(outlet, parts.sum(axis=0) * lost, self.at.n_outlets)
            parts = parts * (1.0 - lost)
        for kind, part in zip(OWN, parts, strict=True):
            own[KIND[kind]] += sums(outlet, part, self.at.n_outlets)

    def _factors(self, firms: Ints) -> tuple[Floats, Floats]:
        """Parts of capacity at work (factor, firm) [1], and full capacity of the interval (firm,) [unit].

        What a sector has lost by failures is missing to those who are left, and who get the orders.
        """
        world, state, all_firms = self.world, self.state, self.world.firms
        sector = all_firms.sector[firms]
        path = world.paths.capacity[state.now_month, sector] + state.added[firms]
        full = (
            all_firms.capacity[firms] * path * state.skill[firms] * self._days[firms] * self._overtime[firms]
        )
        lives, part = self._stands[0][firms], self._stands[1][sector]
        alive = state.alive[firms]
        full = np.where(alive & (part > 0), full / np.where(part > 0, part, 1.0), full)
        failed = np.where(alive, lives * part, 0.0)
        return np.stack([self._uptime[firms], state.used[firms] * state.exited[firms], failed]), full

    def _standing(self) -> tuple[Floats, Floats]:
        """Part (firm,) of its enterprises that each firm has left, and of its capacity each sector [1]."""
        state, firms = self.state, self.world.firms
        kept, exited, size = state.kept, state.exited, self.sector_size
        lives = np.minimum(1.0, np.divide(kept, exited, out=np.zeros_like(kept), where=exited > 0))
        there = sums(firms.sector, firms.capacity * state.alive, self.world.n_sectors)
        return lives, np.divide(there, size, out=np.ones_like(there), where=size > 0)

    def _of_by_products(self, left_slot: Floats, own: Floats) -> Floats:
        """By-product makers: beyond what their hosts allow, the host is the limit."""
        slots, n = self._of_kind[Kind.BY_PRODUCT], self.at.n_outlets
        slots = slots[left_slot[slots] > 0]
        if not len(slots):
            return np.zeros(n)
        firms, weight = self.world.slots.firm[slots], left_slot[slots]
        made, bound = self._can[firms], self._wanted[firms]
        aim = law.aim_of(made + weight, self.state.expected[slots] * self._days[firms], made, TINY)
        factors, _ = self._factors(firms)
        parts = law.own_parts(aim, made, bound, factors) * weight
        outlet = self.at.outlet[slots]
        for kind, part in zip(("host", *OWN[1:]), parts, strict=True):
            own[KIND[kind]] += sums(outlet, part, n)
        return sums(outlet, np.maximum(0.0, aim - bound), n)

    def _of_recyclers(self, left_slot: Floats, own: Floats) -> None:
        """Recyclers: what they could not treat is their own limit, the rest is waste that did not come."""
        slots = self._of_kind[Kind.RECYCLE]
        slots = slots[left_slot[slots] > 0]
        if not len(slots):
            return
        firms, weight = self.world.slots.firm[slots], left_slot[slots]
        treated = self._can[firms]
        own[KIND["waste"]] += sums(self.at.outlet[slots], weight * treated, self.at.n_outlets)
        factors, _ = self._factors(firms)
        works = factors.prod(axis=0)
        full = np.divide(treated, works, out=np.full_like(treated, np.inf), where=works > 0)
        parts = law.own_parts(np.ones_like(treated), treated, full, factors) * weight * (1.0 - treated)
        for kind, part in zip(OWN, parts, strict=True):
            own[KIND[kind]] += sums(self.at.outlet[slots], part, self.at.n_outlets)
