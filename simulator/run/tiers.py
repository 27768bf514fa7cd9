"""Index structure of the chain: what a review touches, found once before a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy import sparse

from simulator.world.state import (
    MINUTES_PER_DAY,
    Bools,
    Floats,
    Ints,
    Kind,
    sums,
)
from simulator.world.trade_events import Transport

MANY = 3000
"""Items from which on a sum by a prepared matrix is quicker than counting."""


class Sums:
    """Sums by an index that stays the same: `sums` with the same bits, several times as fast for many items.

    Parameters
    ----------
    index : (item,) int
    n : int
        Length of the result.
    chosen : (item,) int, optional
        Places of the items in the values, if these are `width` and not all of them count.
    width : int, optional
    """

    def __init__(self, index: Ints, n: int, chosen: Ints | None = None, width: int = 0) -> None:
        self._index, self._n, self._chosen = index, n, chosen
        self._matrix: sparse.csr_array | None = None
        if len(index) >= MANY:
            order = np.argsort(index, kind="stable")  # items are added in their own order, as `sums` does
            ends = np.searchsorted(index[order], np.arange(n + 1))
            shape = (n, len(index))
            if chosen is not None:
                order, shape = chosen[order], (n, width)
            self._matrix = sparse.csr_array((np.ones(len(index)), order, ends), shape=shape)

    def __call__(self, value: Floats) -> Floats:
        """Sums (n,) of values (item,), or of the chosen ones of values (width,)."""
        if self._matrix is None:
            return sums(self._index, value if self._chosen is None else value[self._chosen], self._n)
        return np.asarray(self._matrix @ value)


@dataclass
class Batch:
    """Firms of one tier and kind that review at the same instants.

    Slices index the world's arrays; arrays ending in `_firm` or `_slot` are local to the batch.
    """

    tier: int
    kind: Kind
    firms: slice
    inputs: slice
    outputs: slice
    scraps: slice
    interval: int  # min
    phase: int  # min
    days: float
    input_firm: Ints
    input_first: Ints
    output_firm: Ints
    scrap_firm: Ints
    level_gain: float
    trend_gain: float
    damping: float
    order_gain: float
    habit_gain: float
    reviews: Floats  # (firm,) whole reviews to the forecast's horizon
    target_days: Floats  # (input slot,) cover plus the interval [d]
    recipe: Ints  # (input slot,) row of the paths of recipes
    buying: Ints  # relations that bring goods into the inputs, sorted by slot
    buying_slot: Ints
    buying_first: Ints  # first relation of each slot; every input has one at least
    sources: slice  # suppliers' slots that these relations come from, first to last
    buying_source: Ints  # the same by relation, local to `sources`
    buying_from: Ints  # suppliers' slots
    buying_firm: Ints  # suppliers
    buying_ready: Ints  # instants [min] from which they deliver
    buying_pull: Bools
    buying_base: Floats  # output of suppliers' slots in the base year
    newcomer_share: Floats  # (buying,) fair share of a partner gained after the start, 0 for the others
    pipeline_days: Floats  # (buying,) days of use that are under way when all runs as expected
    selling_source: Ints  # outputs (local) that supply the relations `selling`, and buyers' slots
    selling_target: Ints
    cover: Floats  # (output slot,) target cover [d]
    first_tier: Ints  # input slots (local) that take refined material
    first_tier_cell: Ints  # their (region, material) cell
    selling: slice  # relations that the outputs supply
    loss_groups: list[
        tuple[int, sparse.csr_array]
    ]  # link of losses; sums (region, firm) of firms that feed it
    by_source: Sums = field(init=False)  # sums over relations by `buying_source`, `buying_slot`
    by_slot: Sums = field(init=False)
    by_seller: Sums = field(init=False)  # the same by `selling_source`
    buyer: Ints = field(init=False)  # (buying,) firm of the batch
    offers: Ints = field(init=False)  # relations (local) on which suppliers offer: all that do not pull
    offer_edges: Ints = field(init=False)
    usual_offers: Ints = field(init=False)  # those of them that did in the base year
    usual_source: Ints = field(init=False)  # slots that these come from, and their output in the base year
    usual_base: Floats = field(init=False)
    all_ready: int = field(init=False)  # instant [min] from which all suppliers deliver

    def __post_init__(self) -> None:
        """Prepare sums over relations."""
        self.by_source = Sums(self.buying_source, self.sources.stop - self.sources.start)
        self.by_slot = Sums(self.buying_slot, self.inputs.stop - self.inputs.start)
        self.by_seller = Sums(self.selling_source, self.outputs.stop - self.outputs.start)
        self.buyer = self.input_firm[self.buying_slot]
        self.offers = np.flatnonzero(~self.buying_pull)
        self.offer_edges = self.buying[self.offers]
        self.usual_offers = self.offers[self.buying_base[self.offers] > 0]
        self.usual_source = self.buying_from[self.usual_offers]
        self.usual_base = self.buying_base[self.usual_offers]
        self.all_ready = int(self.buying_ready.max(initial=0))

    @property
    def n_firms(self) -> int:
        """Firms in the batch."""
        return int(self.firms.stop - self.firms.start)


@dataclass(frozen=True)
class LeadGroup:
    """Relations supplied by one tier that share a lead time and its delays: what they carry arrives together.

    Attributes
    ----------
    number : int
        Counts over all tiers.
    lead : int [min]
    slots : (destination,) int
        Buyers' slots, each once.
    slot_rows, node_rows : slice
        Their rows in the tier's matrix, and those of the nodes they belong to.
    way_rows : slice
        Rows of the account of goods under way, one per node.
    nodes : (node,) int
    pattern : int
        Delays that they share, a row of `Transport.delays`; -1 for none.
    """

    number: int
    lead: int
    slots: Ints
    slot_rows: slice
    nodes: Ints
    node_rows: slice
    way_rows: slice
    pattern: int = -1


class Shipment(NamedTuple):
    """Goods under way that arrive together: one lead time, one dispatch.

    Attributes
    ----------
    arrival : int [min]
    group : LeadGroup
    load : (destination, content and quantity) float [t, unit]
    at_node : (node, content and quantity) float [t, unit]
        The same by node, to know where it is under way.
    """

    arrival: int
    group: LeadGroup
    load: Floats
    at_node: Floats


class Due:
    """What a tier ships in one rhythm of reviews.

    Parameters
    ----------
    tier : Tier
    batches : list of Batch
        Those that review in this rhythm.

    Attributes
    ----------
    batches : list of Batch
    days : float [d]
        Interval of the reviews.
    slots : (slot of the tier,) bool
        That may ship.
    relations : (relation of the tier,) bool
        That they supply; `all` if these are all of the tier's.
    closed : int
        Relations on which no due order can be open.
    to_user : int
        Those to final users.
    """

    def __init__(self, tier: Tier, batches: list[Batch]) -> None:
        self.batches, self.interval = batches, batches[0].interval
        self.days = self.interval / MINUTES_PER_DAY
        self.slots = np.zeros(tier.slots.stop - tier.slots.start, dtype=bool)
        for batch in batches:
            for part in (batch.inputs, batch.outputs, batch.scraps):
                self.slots[part.start - tier.slots.start : part.stop - tier.slots.start] = True
        self.slots &= tier.ships
        self.relations = self.slots[tier.source]
        self.all = bool(self.relations.all())
        self.closed = np.flatnonzero(~(self.relations & tier.is_order))
        self.to_user = tier.to_user[self.relations[tier.to_user]]

    def put(self, to: Floats, value: Floats) -> None:
        """Write values (relation of the tier,) where they are due, in place."""
        if self.all:
            to[...] = value
        else:
            np.copyto(to, value, where=self.relations)


class Tier:
    """One topological level of the chain.

    Attributes
    ----------
    slots, relations : slice
        Of its firms; relations that they supply.
    source : (relation,) int
        Supplier's slot, local to the tier.
    target, buyer : (relation,) int
        Buyer's slot; the same in compact numbers.
    by_source, by_buyer, by_trade : Sums
        By `source`, `buyer`, `trade_cell`.
    push, to_user : int
        Relations that push; relations to final users.
    ships, sells : (slot,) bool
        May ship; may serve the spot round.
    gives : list of slice
        Local slots that may ship, in runs.
    holding : int
        Local slots that belong to holders.
    cover : (slot,) float [d]
        Target cover of its firm's output.
    is_order, may_spot : (relation,) bool
    holders : int
        Local slots of holders who bought a surplus; they release it in the spot round.
    release : (holding,) float [unit]
        What holders who cover a deficit sell at one review.
    trace : (relation,) float [unit]
        What counts as nothing against the base flow of one review.
    ready : (relation,) int [min]
        From when on they can be used; `all_ready` is the last of these.
    caps : (layer, relation) int or None
        Limits on exports that the relations fall under; None where there are none.
    trade_cell : (relation,) int
        (good, from, to).
    matrix : sparse (row, slot of the tier)
        Sums shipments: per lead group by destination, per lead group by node, then for the tier by route and
        by region of the first manufacturing tier. Its entries are quantities, set at each dispatch.
    carrying : (entry of the matrix,) int
        Relation behind each entry.
    mix : (slot, content and 1) float [t/unit, 1]
        Content of a unit, made anew at each dispatch where slots may ship; 0 elsewhere.
    node_rows, way_rows : slice
        Of all its groups, in the matrix and in the account of goods under way.
    routes : (route,) int
        (link, region from, region to) as one number, rising.
    route_rows, region_rows
        Of the tier as a whole.
    """

    def __init__(self, level: int) -> None:
        self.level = level
        self.batches: list[Batch] = []
        self.groups: list[LeadGroup] = []
        self.slots: slice
        self.relations: slice
        self.source: Ints
        self.target: Ints
        self.buyer: Ints
        self.n_buyers: int
        self.by_source: Sums
        self.by_buyer: Sums
        self.by_trade: Sums
        self.push: Ints
        self.to_user: Ints
        self.ships: Bools
        self.gives: list[slice]
        self.holding: Ints
        self.cover: Floats
        self.holders: Ints
        self.release: Floats
        self.sells: Bools
        self.is_order: Bools
        self.may_spot: Bools
        self.trace: Floats
        self.ready: Ints
        self.all_ready: int
        self.trade_cell: Ints
        self.matrix: sparse.csr_array
        self.carrying: Ints
        self.mix: Floats
        self.node_rows: slice
        self.way_rows: slice
        self.routes: Ints
        self.route_rows: slice
        self.region_rows: slice
        self.priority: Floats | None
        self.caps: Ints | None = None

    def shipments(
        self, loads: Floats, now: int, transport: Transport | None = None, interval: int = 0
    ) -> list[Shipment]:
        """What is on the way, by lead time, from the sums (row, content and quantity) of a dispatch.

        `interval` [min] is the time since the last dispatch; only delays on the way need it.
        """
        if transport is None:
            return [Shipment(now + g.lead, g, loads[g.slot_rows], loads[g.node_rows]) for g in self.groups]
        found = []
        for g in self.groups:
            for time, part in transport.arrivals(g.pattern, g.lead, now, interval):
                load, at_node = loads[g.slot_rows], loads[g.node_rows]
                if part != 1.0:
                    load, at_node = load * part, at_node * part
                found.append(Shipment(now + time, g, load, at_node))
        return found


@dataclass
class Links:
    """Flows between nodes of the loop that relations and processes can carry."""

    pairs: list[tuple[int, int]] = field(default_factory=list)

    def code(self, source: int, target: int) -> int:
        """Number of a link, made on first use."""
        pair = (source, target)
        if pair not in self.pairs:
            self.pairs.append(pair)
        return self.pairs.index(pair)

    def codes(self, source: Ints, target: Ints) -> Ints:
        """Numbers of many links at once, in the order in which they first appear."""
        width = int(max(source.max(initial=0), target.max(initial=0))) + 1
        _, first, position = np.unique(source * width + target, return_index=True, return_inverse=True)
        number = np.zeros(len(first), dtype=np.int64)
        for i in np.argsort(first):
            number[i] = self.code(int(source[first[i]]), int(target[first[i]]))
        return number[position]
