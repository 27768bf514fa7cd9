"""Index of a run's root causes: outlets, inlets, who orders from whom, and the roots met so far."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from simulator.run.tiers import Sums
from simulator.terms import FIRM_STAGES, ROOT_KINDS, SEVERAL
from simulator.world.state import Blueprint, Floats, Ints, Kind, Mode, Role

OUTSIDE = "stock_change"
"""Stage of those who hold stocks outside industry."""


class Roots:
    """Root causes met so far, numbered as they come up.

    Attributes
    ----------
    labels : list of (kind, stage, region, material)
        One per root.
    """

    def __init__(self, places: list[tuple[str, str, str]]) -> None:
        self.labels: list[tuple[str, str, str, str]] = []
        self._places = places
        self._number = np.full((len(ROOT_KINDS), len(places)), -1)

    def of(self, kind: int, place: Ints) -> Ints:
        """Roots of one kind at places, made on first use."""
        number = self._number[kind]
        found = number[place]
        if found.min(initial=0) >= 0:
            return np.asarray(found)
        for new in np.unique(place[number[place] < 0]).tolist():
            number[new] = len(self.labels)
            self.labels.append((ROOT_KINDS[kind], *self._places[new]))
        return np.asarray(number[place])


class Outlets:
    """Who sells what to whom, by process and region.

    Attributes
    ----------
    outlet, inlet, user : (slot,) int
        Number of the slot's outlet, inlet, final user; -1 for none.
    outlet_place, inlet_place : (outlet,), (inlet,) int
        Place of each in the list of places: stage, region, material.
    outlet_sector : (outlet,) int
    inlet_outlet : (inlet,) int
        Outlet that the input is made into.
    ordered : (order,) int
        Relations on which somebody orders.
    source, order_outlet : (order,) int
        Supplier's slot, and its outlet; `by_source` and `by_outlet` sum relations' orders by them.
    out_slots, out_outlet : (supplier,) int
        Slots that orders go to, and their outlets; `of_slots` sums by them.
    input_inlet : (input,) int
        Inlet of each of `inputs`; `of_inputs` sums by them.
    makers, maker_output : (maker,) int
        Firms that make to order, and their output slots; `maker_of` (firm,) is the way back.
    inputs : (input,) int
        Input slots of makers, by firm; `column` is the place of each among its firm's.
    """

    def __init__(self, world: Blueprint) -> None:
        slots, firms, relations = world.slots, world.firms, world.relations
        n = len(slots)
        kind = firms.kind[slots.firm]
        self.ordered = np.flatnonzero(np.isin(relations.mode, (Mode.PULL, Mode.OFFER)))
        self.source, target = relations.source[self.ordered], relations.target[self.ordered]
        self.out_slots = np.unique(self.source)
        self.outlet, first = self._numbered(world, self.out_slots)
        wanted = np.unique(target)
        self.in_slots = wanted[kind[wanted] == Kind.CONVERT]
        self.inlet, first_in = self._numbered(world, self.in_slots)
        self.n_outlets, self.n_inlets = len(first), len(first_in)
        self.outlet_sector = firms.sector[slots.firm[first]]
        self.outlet_kind = kind[first]
        self._find_places(world, first, first_in)
        of_sector = np.full(world.n_sectors, -1)
        makes = np.isin(self.outlet_kind, (Kind.CONVERT, Kind.SOURCE, Kind.BY_PRODUCT))
        of_sector[self.outlet_sector[makes]] = np.flatnonzero(makes)
        self.of_sector = of_sector
        self.inlet_outlet = of_sector[firms.sector[slots.firm[first_in]]]
        self.user = np.full(n, -1)
        self.user[world.user_slot] = np.arange(len(world.user_slot))
        self._find_makers(world)
        self.order_outlet, self.out_outlet = self.outlet[self.source], self.outlet[self.out_slots]
        self.n_relations = len(relations)
        self.by_source = Sums(self.source, n, self.ordered, self.n_relations)
        self.by_outlet = Sums(self.order_outlet, self.n_outlets, self.ordered, self.n_relations)
        self.of_slots = Sums(self.out_outlet, self.n_outlets)
        self.input_inlet = self.inlet[self.inputs]
        self.of_inputs = Sums(self.input_inlet, self.n_inlets)
        self.to_inlet = self._pairs(self.inlet, target)
        self.to_user = self._pairs(self.user, target)

    @staticmethod
    def _numbered(world: Blueprint, chosen: Ints) -> tuple[Ints, Ints]:
        """Number (slot,) of the sector and good of chosen slots, and a slot of each."""
        slots = world.slots
        key = np.stack([world.firms.sector[slots.firm[chosen]], slots.good[chosen]], axis=1)
        number = np.full(len(slots), -1)
        if not len(chosen):
            return number, chosen
        _, first, place = np.unique(key, axis=0, return_index=True, return_inverse=True)
        number[chosen] = place.ravel()
        return number, chosen[first]

    def _find_places(self, world: Blueprint, first: Ints, first_in: Ints) -> None:
        labels, firms, slots = world.labels, world.firms, world.slots
        content = world.origin_mix.sum(axis=2) > 0

        def name(slot: int) -> tuple[str, str, str]:
            firm = slots.firm[slot]
            stage = OUTSIDE if firms.kind[firm] == Kind.HOLDER else FIRM_STAGES[firms.stage[firm]]
            held = np.flatnonzero(content[slot])
            material = int(slots.material[slot]) if len(held) != 1 else int(held[0])
            return (
                stage,
                labels.regions[firms.region[firm]],
                SEVERAL if material < 0 else labels.materials[material],
            )

        names = [name(int(slot)) for slot in np.r_[first, first_in]]
        self.places = list(dict.fromkeys(names))
        code = {each: i for i, each in enumerate(self.places)}
        place = np.array([code[each] for each in names], dtype=np.int64)
        self.outlet_place, self.inlet_place = place[: len(first)], place[len(first) :]

    def _find_makers(self, world: Blueprint) -> None:
        """Firms that make to order out of inputs or of the ground, with what they make and what they use."""
        slots, firms = world.slots, world.firms
        kind = firms.kind[slots.firm]
        makes = np.isin(kind, (Kind.SOURCE, Kind.CONVERT)) & (slots.role == Role.OUTPUT) & (self.outlet >= 0)
        self.maker_output = np.flatnonzero(makes)
        self.makers = slots.firm[self.maker_output]
        self.maker_of = np.full(len(firms), -1)
        self.maker_of[self.makers] = np.arange(len(self.makers))
        inputs = np.flatnonzero((kind == Kind.CONVERT) & (slots.role == Role.INPUT) & (self.inlet >= 0))
        self.inputs = inputs[self.maker_of[slots.firm[inputs]] >= 0]
        self.input_maker = self.maker_of[slots.firm[self.inputs]]
        new = (
            np.r_[True, self.input_maker[1:] != self.input_maker[:-1]]
            if len(self.inputs)
            else np.zeros(0, bool)
        )
        starts = np.flatnonzero(new)
        self.column = np.arange(len(self.inputs)) - starts[np.cumsum(new) - 1]
        self.width = 1 + int(self.column.max(initial=-1)) + 1
        self.fed, self.fed_first = self.input_maker[starts], starts

    def _pairs(self, number: Ints, target: Ints) -> Pairs:
        """Orders of some buyers, by buyer and outlet."""
        chosen = np.flatnonzero(number[target] >= 0)
        rows = number[target[chosen]]
        n_rows, n_outlets = int(number.max(initial=-1)) + 1, max(1, self.n_outlets)
        key = rows * n_outlets + self.outlet[self.source[chosen]]
        known, pair = np.unique(key, return_inverse=True)
        by_pair = Sums(pair.ravel(), len(known), self.ordered[chosen], self.n_relations)
        return Pairs(by_pair, known // n_outlets, known % n_outlets, (n_rows, self.n_outlets))


class Pairs:
    """Buyers and outlets between which orders go.

    Attributes
    ----------
    amounts : Sums
        By pair, of a quantity (relation,) ordered.
    row, outlet : (pair,) int
        Rising by row.
    matrix : sparse (row, outlet)
        What goes between them; its entries are set when it is used.
    """

    def __init__(self, amounts: Sums, row: Ints, outlet: Ints, shape: tuple[int, int]) -> None:
        self.amounts, self.row, self.outlet = amounts, row, outlet
        ends = np.searchsorted(row, np.arange(shape[0] + 1))
        self.matrix = sparse.csr_array((np.zeros(len(row)), outlet, ends), shape=shape)
        self._rows = np.arange(shape[0])

    def add(self, to: Floats, quantity: Floats, mix: sparse.csr_array) -> None:
        """Add a quantity (relation,) [unit] to its buyers (row, root), by suppliers' mix (outlet, root)."""
        self.matrix.data[:] = self.amounts(quantity)
        found = self.matrix @ mix
        to[np.repeat(self._rows, np.diff(found.indptr)), found.indices] += found.data
