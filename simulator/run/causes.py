"""Root causes of a run: who was short at each review and why; by year, where the unmet began.

Firms of one process and region that make one good are an *outlet*, their piles of one input an *inlet*.
Causes are found firm by firm and carried by outlet and inlet, so that they cost the same for any number of
firms. What a review does is only noted; one pass goes over all that was noted at an instant, at its end.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from simulator.run.outlets import Outlets, Pairs, Roots
from simulator.run.shortfalls import KIND, Shares, Shortfalls
from simulator.run.tiers import Due, Tier
from simulator.world import causes as law
from simulator.world.firms import gain
from simulator.world.state import (
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    MONTHS_PER_YEAR,
    TINY,
    Blueprint,
    Floats,
    Ints,
    sums,
)

if TYPE_CHECKING:
    from simulator.run.state import State

Own = list[tuple[int, Ints]]
"""Kinds of a firm's own limits, and the outlets that they hold back."""
ROOM = 16
"""Columns kept free for roots to come."""


def years_of(start: date, period: int, n_periods: int) -> Ints:
    """Calendar year (period,) in which each period begins.

    Parameters
    ----------
    start : date
    period : int [min]
    n_periods : int
    """
    if period == MINUTES_PER_MONTH and start.day == 1:
        return np.asarray(start.year + (start.month - 1 + np.arange(n_periods)) // MONTHS_PER_YEAR)
    return np.array([(start + timedelta(minutes=period * i)).year for i in range(n_periods)], dtype=np.int64)


class Causes:
    """Open orders and missing inputs by root cause.

    Attributes
    ----------
    open : (outlet, root) float [unit]
        Orders left open, without those that a limit on exports holds back.
    lacking : (inlet, root) float [unit]
        What suppliers left open, what is late or lost; fades as a buyer closes gaps in its stock.
    unmet, needed : (user, root) float [unit], (inlet, root) float [t]
        Final demand given up and need without stock, of the year so far; `years` holds those closed.
    """

    def __init__(self, world: Blueprint, state: State) -> None:
        self.world, self.state = world, state
        self.at = Outlets(world)
        self.roots = Roots(self.at.places)
        self.firms = Shortfalls(world, state, self.at)
        self._asked, self._left, self._held, self._lost = (np.zeros(len(world.relations)) for _ in range(4))
        self._late: list[tuple[Ints, Floats]] = []
        self._before, self._holds = 0, False
        self.open, self.lacking = np.zeros((self.at.n_outlets, ROOM)), np.zeros((self.at.n_inlets, ROOM))
        self.unmet, self.needed = np.zeros((len(world.user_slot), ROOM)), np.zeros((self.at.n_inlets, ROOM))
        self.years: dict[int, tuple[Floats, Floats]] = {}

    # -------------------------------------------------------------- noted by the phases

    def shipped(
        self, tier: Tier, due: Due, backlog: Floats, asked: Floats, left: Floats, sent: Floats
    ) -> None:
        """Orders (relation of the tier,) [unit]: open, allowed to leave, left open, sent."""
        edges = tier.relations
        due.put(self._asked[edges], asked)
        due.put(self._left[edges], left)
        if tier.caps is not None:
            held = backlog - asked
            stays = held + np.maximum(0.0, asked - sent)
            part = np.divide(held, stays, out=np.zeros_like(held), where=held > 0)
            due.put(self._held[edges], part)
            self._holds = self._holds or bool((held > 0).any())
        if self.world.economy.transport is not None:
            self._note_late(tier, sent, due.interval)

    def _note_late(self, tier: Tier, sent: Floats, interval: int) -> None:
        """What sets out and takes longer than usual, once for each review by which it comes late."""
        transport, relations = self.world.economy.transport, self.world.relations
        if transport is None:
            return
        edges = tier.relations
        for group in tier.groups:
            if group.pattern < 0:
                continue
            parts = transport.arrivals(group.pattern, group.lead, self.state.now, interval)
            late = sum(part * -((group.lead - time) // interval) for time, part in parts if time > group.lead)
            if late > 0:
                mine = (relations.lead[edges] == group.lead) & (transport.pattern[edges] == group.pattern)
                chosen = np.flatnonzero(mine & (sent > 0))
                self._late.append((chosen + edges.start, sent[chosen] * late))

    def gave_up(self, edges: Ints, lost: Floats) -> None:
        """Demand (relation,) [unit] that final users gave up."""
        self._lost[edges] += lost

    # -------------------------------------------------------------- one pass at the end of an instant

    def settle(self) -> None:
        """Split what was noted at this instant over root causes."""
        if self._before == self.state.now:  # another rhythm has done it
            return
        at = self.at
        fade = 1.0 - gain((self.state.now - self._before) / MINUTES_PER_DAY, self.world.rules.tau_order)
        self._before = self.state.now
        held = self._held if self._holds else None
        blocked = None if held is None else self._left * held
        free = self._left if blocked is None else self._left - blocked
        left_slot, asked_slot = at.by_source(free), at.by_source(self._asked)
        asked, whole = at.of_slots(asked_slot[at.out_slots]), at.of_slots(left_slot[at.out_slots])
        whole[whole <= TINY * asked] = 0.0
        shares = self.firms.shares(left_slot, whole)
        own = [
            (kind, np.flatnonzero(shares.own[kind]))
            for kind in np.flatnonzero(shares.own.any(axis=1)).tolist()
        ]
        known = self._meet(shares, own, whole, blocked)
        lanes = self._missing(shares, known)
        now = self._now(shares, own, lanes, whole)
        some = np.flatnonzero(whole > 0)
        pool = law.carried(self.open[some], asked[some], whole[some], now)
        self.open[...] = 0.0
        self.open[some] = pool
        mix = self._sparse(some, law.mixed(pool))
        self._lack(mix, free, blocked, fade)
        self._give_up(mix, held, whole)  # last: it takes what is given up off what was left open
        self.firms.done(fade)
        self._asked[...] = self._left

    def _meet(self, shares: Shares, own: Own, left: Floats, blocked: Floats | None) -> Floats:
        """Make room for all roots that this pass can come upon; sums (inlet,) of what is lacking."""
        at, relations = self.at, self.world.relations
        known: Floats = self.lacking.sum(axis=1)
        for kind, outlets in own:
            self.roots.of(kind, at.outlet_place[outlets])
        self._roots("ordering", at.inlet_place[shares.lacked > known])
        self._roots("reserve", at.inlet_place[(shares.kept_back > 0) | (shares.reserve > 0)])
        told = shares.own.sum(axis=0) + sums(at.inlet_outlet, shares.inputs + shares.reserve, at.n_outlets)
        self._roots("ordering", at.outlet_place[(left > 0) & (told <= 0)])
        if blocked is not None:
            self._roots("export_cap", at.outlet_place[np.unique(at.order_outlet[blocked[at.ordered] > 0])])
        for edges, _ in self._late:
            outlet = at.outlet[relations.source[edges]]
            self._roots("transport", at.outlet_place[outlet[outlet >= 0]])
        self._roots("stock_loss", at.inlet_place[self.firms.inlets_hit()])
        more = len(self.roots.labels) - self.open.shape[1]
        if more > 0:
            for name in ("open", "lacking", "unmet", "needed"):
                setattr(self, name, np.pad(getattr(self, name), ((0, 0), (0, more + ROOM))))
            known = self.lacking.sum(axis=1)  # numpy adds longer rows up in another order
        return known

    def _missing(self, shares: Shares, whole: Floats) -> Floats:
        """Causes (inlet, root) [1] of the input that is missing; tells them of need without stock.

        What no supplier left open, and nothing delayed, was not ordered in time.
        """
        at = self.at
        rows = np.flatnonzero(shares.lacked > 0)
        place = at.inlet_place[rows]
        known = whole[rows]
        told = np.minimum(1.0, np.divide(known, shares.lacked[rows]))
        late = told < 1.0
        ordering = self._roots("ordering", place[late])
        back = np.flatnonzero(shares.kept_back[rows] > 0)
        reserve = self._roots("reserve", place[back])
        mix = law.mixed(self.lacking[rows], known)
        mix *= told[:, None]
        mix[np.flatnonzero(late), ordering] += 1.0 - told[late]
        lanes = np.zeros_like(self.lacking)
        lanes[rows] = mix
        missed = shares.missed - shares.kept_back
        mix *= missed[rows][:, None]
        self.needed[rows] += mix
        self.needed[rows[back], reserve] += shares.kept_back[rows[back]]
        return lanes

    def _now(self, shares: Shares, own: Own, lanes: Floats, left: Floats) -> Floats:
        """Mix (outlet with open orders, root) [1] of the causes of what is left open now."""
        at = self.at
        reserved = np.flatnonzero(shares.reserve > 0)
        reserve = self._roots("reserve", at.inlet_place[reserved])
        now = np.zeros((at.n_outlets, self.open.shape[1]))
        fed = np.flatnonzero(shares.inputs > 0)  # by outlet, as inlets are
        if len(fed):
            of_outlet, starts = np.unique(at.inlet_outlet[fed], return_index=True)
            weighted = lanes[fed] * shares.inputs[fed][:, None]
            now[of_outlet] = np.add.reduceat(weighted, starts, axis=0)
        for kind, mine in own:
            now[mine, self.roots.of(kind, at.outlet_place[mine])] += shares.own[kind, mine]
        now[at.inlet_outlet[reserved], reserve] += shares.reserve[reserved]
        self._trace_hosts(now, shares)
        some = np.flatnonzero(left > 0)
        amount = now[some]
        whole = amount.sum(axis=1)
        mix = law.mixed(amount, whole)
        nothing = np.flatnonzero(whole <= law.SMALLEST)
        mix[nothing, self._roots("ordering", at.outlet_place[some[nothing]])] = 1.0
        return mix

    def _trace_hosts(self, now: Floats, shares: Shares) -> None:
        """A by-product that lacks its host takes over the causes of what the host did not make."""
        at, world = self.at, self.world
        outlets = np.flatnonzero(shares.own[KIND["host"]] > 0)
        if not len(outlets):
            return
        host = world.host_sector[at.outlet_sector[outlets]]
        of_host = np.where(host >= 0, at.of_sector[host], -1)
        outlets, of_host = outlets[of_host >= 0], of_host[of_host >= 0]
        share = world.paths.host_share[self.state.now_month, at.outlet_sector[outlets]]
        lacks = shares.own[KIND["host"], outlets]
        missing, told = shares.unhosted[outlets], share * shares.short[of_host]
        part = np.minimum(1.0, np.divide(told, missing, out=np.zeros_like(told), where=missing > 0))
        root = self._roots("host", at.outlet_place[outlets])
        now[outlets, root] -= lacks * part
        now[outlets] += law.mixed(now[of_host]) * (lacks * part)[:, None]

    def _give_up(self, mix: sparse.csr_array, held: Floats | None, left: Floats) -> None:
        """Causes of the final demand given up at this instant; it leaves the open orders."""
        at, lost = self.at, self._lost
        if not lost.any():
            return
        pairs = at.to_user
        if held is not None:
            self._hold_back(self.unmet, pairs, lost * held)
            lost = lost * (1.0 - held)
        pairs.add(self.unmet, lost, mix)
        gone = at.by_outlet(lost)
        some = np.flatnonzero((gone > 0) & (left > 0))
        self.open[some] *= np.maximum(0.0, 1.0 - gone[some] / left[some])[:, None]
        self._left -= self._lost
        self._lost[...] = 0.0

    def _lack(self, mix: sparse.csr_array, free: Floats, blocked: Floats | None, fade: float) -> None:
        """What buyers lack: orders left open, held at a border, late, destroyed."""
        at = self.at
        self.lacking *= fade
        at.to_inlet.add(self.lacking, free, mix)
        if blocked is not None:
            self._hold_back(self.lacking, at.to_inlet, blocked)
        relations = self.world.relations
        for edges, late in self._late:
            inlet, outlet = at.inlet[relations.target[edges]], at.outlet[relations.source[edges]]
            known = (inlet >= 0) & (outlet >= 0)
            roots = self._roots("transport", at.outlet_place[outlet[known]])
            np.add.at(self.lacking, (inlet[known], roots), late[known])
        self._late = []
        inlet, gone = self.firms.lost_inputs()
        if len(inlet):
            np.add.at(self.lacking, (inlet, self._roots("stock_loss", at.inlet_place[inlet])), gone)

    # -------------------------------------------------------------- parts of it

    def _sparse(self, rows: Ints, mix: Floats) -> sparse.csr_array:
        """Matrix (outlet, root) of the mix of some outlets: each has a handful of causes among hundreds."""
        entries = np.flatnonzero(mix)
        row, root = np.divmod(entries, mix.shape[1])
        ends = np.searchsorted(rows[row], np.arange(len(self.open) + 1))
        return sparse.csr_array((mix.ravel()[entries], root, ends), shape=self.open.shape)

    def _hold_back(self, to: Floats, pairs: Pairs, quantity: Floats) -> None:
        """Add a quantity (relation,) [unit] that a limit on exports holds back to its buyers."""
        amount = pairs.amounts(quantity)
        some = np.flatnonzero(amount > 0)
        roots = self._roots("export_cap", self.at.outlet_place[pairs.outlet[some]])
        np.add.at(to, (pairs.row[some], roots), amount[some])

    def _roots(self, kind: str, place: Ints) -> Ints:
        return self.roots.of(KIND[kind], place)

    def by_year(self) -> tuple[list[tuple[str, str, str, str]], Floats, Floats]:
        """What became of a run's shortages, once it is over.

        Returns
        -------
        list of (kind, stage, region, material)
            Roots that occur.
        (year, region, product, root) float [unit]
            Final demand given up.
        (year, region, material, root) float [t]
            Need of refined material without stock.
        """
        world, n = self.world, len(self.roots.labels)
        n_products = len(world.labels.products)
        unmet = np.zeros((len(self.years), world.n_regions * n_products, n))
        need = np.zeros((len(self.years), world.n_regions * world.n_materials, n))
        user = world.user_region * n_products + world.user_product
        slots = self.at.in_slots
        cell = world.firms.region[world.slots.firm[slots]] * world.n_materials + world.slots.material[slots]
        of_inlet = np.zeros(self.at.n_inlets, dtype=np.int64)
        of_inlet[self.at.inlet[slots]] = cell
        for row, year in enumerate(sorted(self.years)):
            given_up, without = self.years[year]
            np.add.at(unmet[row, :, : given_up.shape[1]], user, given_up)
            some = np.flatnonzero(without.any(axis=1))  # inputs of no single material have no need
            np.add.at(need[row, :, : without.shape[1]], of_inlet[some], without[some])
        met = np.flatnonzero(unmet.any(axis=(0, 1)) | need.any(axis=(0, 1))).tolist()
        met.sort(key=self.roots.labels.__getitem__)
        n_years = len(self.years)
        of_product = unmet[..., met].reshape(n_years, world.n_regions, n_products, len(met))
        of_material = need[..., met].reshape(n_years, world.n_regions, world.n_materials, len(met))
        return [self.roots.labels[i] for i in met], of_product, of_material

    def close(self, year: int) -> None:
        """End a year."""
        n = len(self.roots.labels)
        self.years[year] = (self.unmet[:, :n].copy(), self.needed[:, :n].copy())
        self.unmet[...] = self.needed[...] = 0.0
