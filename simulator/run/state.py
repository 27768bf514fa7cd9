"""The state of a run: every number that changes, started as the base-year equilibrium."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from simulator.run.index import build_tiers
from simulator.run.tiers import Batch, Links, Shipment, Tier
from simulator.terms import ORIGINS
from simulator.world.disruptions import mean_uptime
from simulator.world.msme import FINANCE
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    Blueprint,
    Floats,
    Ints,
    Kind,
    Mode,
    Role,
    sums,
)


class Treatment(NamedTuple):
    """What recyclers do with their input in one interval.

    Attributes
    ----------
    share : (firm,) float [1]
        Part of the input treated.
    content : (slot, material) float [t]
        Content treated.
    gained : (slot, material) float [t]
        Recovered from it.
    recovered : (firm, material, origin) float [t]
        Old and new scrap; the first origin stays empty.
    """

    share: Floats
    content: Floats
    gained: Floats
    recovered: Floats


class State:
    """All piles, orders, forecasts and preferences of a world.

    Attributes
    ----------
    pile : (slot, material x origin + 1) float [t, unit]
        Stock on hand: content by material and origin, then quantity. `qty` and `mass` are views of it.
    level, trend, expected : (slot,) float [unit/d]
        Forecast of orders by output slot.
    received : (slot,) float [unit]
        Orders received since the last review, by supplier's slot; `heard` holds those of the review before.
    on_order : (slot,) float [unit]
        Backlog at suppliers plus goods under way, by buyer's slot; only for slots that order.
    share, base_share, backlog, offered, fill : (relation,) float
    log_price : (relation,) float [1]
        Logarithm of the price index that the buyer pays; 0: all prices are 1.
    need_rate : (slot,) float [unit/d]
        Use expected at the last order phase.
    host_made : (sector,) float [unit]
        Output since by-product sectors last looked.
    under_way : (lead group's node, material x origin + 1) float [t, unit]
        Goods on the way, by the node that they go to; `way_node` (row,) is its code.
    displaced : (user,) float [unit]
        New sales that reuse has displaced since the last orders.
    alive : (firm,) bool
        `works` (slot,) says the same of the slot's firm.
    enterprises : (firm,) float [1]
        Enterprises that the agent stands for now.
    capacity : (firm,) float [unit/d]
        Capacity of this month, before outages and idling: see `refresh`, which takes in `added` (own
        investment over base capacity), `kept` (not given up) and `skill` (productivity), (firm,) float [1].
    used : (firm,) float [1]
        Part of capacity that the price keeps in use.
    exited : (firm,) float [1]
        What is left of capacity after low prices alone; a factor of `kept`, for root causes.
    intensity : (slot,) float [1]
        Factor on the recipe of an input: saving and shifts between variants.
    supply : (slot,) float [unit/d]
        Last output of supply-driven firms.
    stock_gap : (slot,) float [unit]
        Stock and pipeline missing at the last order phase; negative where there is too much.
    paid : (relation,) float [USD/unit]
    slot_price : (slot,) float [USD/unit]
        What a unit in the slot is worth now.
    log_sold, smooth_sold, cost_index, paid_cost : (firm,) float
        Logarithm of the price that a firm gets over base, now and smoothed; its unit cost through the prices
        of inputs and through experience over base, by price signals and as paid.
    sent : (relation,) float [unit]
    made : (firm,) float [unit]
        Shipped and made since accounts were last settled.
    cost_factor : (firm,) float [1]
        Own cost of a unit through experience, over what it would be at constant base output.
    demand_factor : (user,) float [1]
    collection_factor : (product, region) float [1]
    recovery_gain, own_cost, final_weight, informed, switch_gain : (firm,) float [1]
        Access to technology, data and markets: factors on recycling yields and on a firm's own cost, weight
        of final demand in the forecast, part of a supplier's outage that is seen at once, factor on shares.
    finance_access : (firm,) float [1]
        Score of access to finance; 0 in a world without scores.
    working_capital : (firm,) float [1]
        Factor on the working capital that a firm's business needs.
    precaution : (slot,) float [d]
        Extra target cover of an input.
    reserved : (slot,) float [unit]
        Part of the stock of an input that may not be used.
    tariff : (relation,) float [1]
        Logarithm of one plus the rate of duty.
    has_tariff : bool
        Some relation bears a duty this month.
    levied : (slot,) bool
        Inputs that have borne a duty so far.
    evaded : (relation that can evade,) float [1]
        Part of what crosses a border against a limit or duty that is not declared, while these are in force.
    declared : (relation,) float [1]
        Part of what is sent that counts against limits and bears duty, this month.
    illicit : (good, from, to) float [unit] or None
        Sum of the rest; None where nothing can be evaded.
    pay_delay : (relation,) float [d]
        Time by which buyers pay late.
    credit_factor, extra_interest : (firm,) float [1, 1/yr]
        Factor on credit lines; added to the interest.
    no_failure : (firm,) bool
        Protected from insolvency for now.
    fee : (firm,) float [USD/unit]
        Paid by the state for each unit made (recyclers: tonne treated); negative for a tax.
    thrift_gain : (slot,) float [1]
        Factor on the elasticity of saving.
    fee_share : (firm,) float [1] or None
        The fee over the base price of a unit; None where no firm has one.
    after_offers, after_switch : callable or None
        What policies do to offers of an instant, and to the shares of a batch that buyers have shifted.
    """

    def __init__(self, world: Blueprint) -> None:
        self.world = world
        self.links = Links()
        self.tiers: list[Tier] = build_tiers(world, self.links)
        self.wide = world.n_materials * len(ORIGINS)
        slots, relations, firms = world.slots, world.relations, world.firms
        mix = world.origin_mix.reshape(len(slots), self.wide)
        self.base_mix = np.concatenate([mix, np.ones((len(slots), 1))], axis=1)
        self.pile = self._base_stocks()[:, None] * self.base_mix
        self.qty = self.pile[:, -1]
        self.mass = self.pile[:, :-1]
        self.level = slots.base.copy()
        self.trend = np.zeros(len(slots))
        self.expected = slots.base.copy()
        self.received = np.zeros(len(slots))
        self.heard = np.zeros(len(slots))
        self.on_order = np.zeros(len(slots))
        self.need_rate = slots.base.copy()
        self.share = self._base_shares()
        self.base_share = self.share.copy()
        self.backlog = np.zeros(len(relations))
        self.offered = np.zeros(len(relations))
        self.fill = np.ones(len(relations))
        self.log_price = np.zeros(len(relations))
        self._start_economy()
        self.pipeline = np.zeros(len(slots))
        self.host_made = np.zeros(world.n_sectors)
        self.host_before = sums(firms.sector, firms.base_rate, world.n_sectors)
        self.now = 0
        self.offers_at = -1
        self.treated_at = (-1, 0)
        self.treated: Treatment | None = None
        self.uptime = np.ones(len(firms))
        self.uptime_of = (-1, 0)
        self.displaced = world.user_displaced * (MINUTES_PER_MONTH / MINUTES_PER_DAY)
        groups = [group for tier in self.tiers for group in tier.groups]
        self.way_node = np.concatenate([group.nodes for group in groups])
        self.under_way = np.zeros((len(self.way_node), self.wide + 1))
        self._together: dict[tuple[int, ...], tuple[Ints, Ints, bool]] = {}
        for tier in self.tiers:
            for batch in tier.batches:
                self.set_pipeline(batch)

    def _start_economy(self) -> None:
        """Everything that prices, money and access act through, at its base value."""
        world = self.world
        n_firms, n_slots, n_relations = len(world.firms), len(world.slots), len(world.relations)
        self.alive = np.ones(n_firms, dtype=bool)
        self.enterprises = world.firms.enterprises.copy()
        self.added = np.zeros(n_firms)
        self.kept, self.skill, self.used = np.ones(n_firms), np.ones(n_firms), np.ones(n_firms)
        self.exited = np.ones(n_firms)
        self.intensity = np.ones(n_slots)
        self.supply = world.slots.base.copy()
        self.stock_gap = np.zeros(n_slots)
        self.paid, self.slot_price = np.zeros(n_relations), np.zeros(n_slots)
        self.log_sold, self.smooth_sold = np.zeros(n_firms), np.zeros(n_firms)
        self.cost_index, self.cost_factor = np.ones(n_firms), np.ones(n_firms)
        self.paid_cost = np.ones(n_firms)
        self.sent, self.made = np.zeros(n_relations), np.zeros(n_firms)
        self.demand_factor = np.ones(len(world.user_slot))
        self.collection_factor = np.ones((len(world.use.cohorts), world.n_regions))
        self.recovery_gain, self.switch_gain = np.ones(n_firms), np.ones(n_firms)
        self.final_weight, self.informed = np.zeros(n_firms), np.zeros(n_firms)
        self.own_cost, self.working_capital = np.ones(n_firms), np.ones(n_firms)
        self.precaution, self.reserved = np.zeros(n_slots), np.zeros(n_slots)
        self.tariff, self.pay_delay = np.zeros(n_relations), np.zeros(n_relations)
        self.has_tariff = False
        self.levied = np.zeros(n_slots, dtype=bool)
        evasion = world.economy.evasion
        self.evaded = np.zeros(0 if evasion is None else len(evasion.relations))
        self.declared = np.ones(n_relations)
        self.illicit: Floats | None = None
        self.credit_factor, self.extra_interest = np.ones(n_firms), np.zeros(n_firms)
        self.no_failure = np.zeros(n_firms, dtype=bool)
        self.fee = np.zeros(n_firms)
        self.thrift_gain = np.ones(n_slots)
        self.fee_share: Floats | None = None
        self.after_offers: Callable[[], None] | None = None
        self.after_switch: Callable[[Batch], None] | None = None
        access = world.economy.access
        self.finance_access = np.zeros(n_firms) if access is None else access.base[FINANCE].copy()
        self.capacity_month = -1
        self.set_month(0)

    def begin_month(self) -> None:
        """Take back what fear, shocks and policies have added; each adds anew, after this and in any order.

        Runs before policies of an instant, in worlds that have such a part.
        """
        self.precaution[:] = 0.0
        self.credit_factor[:] = 1.0
        self.extra_interest[:] = 0.0
        self.pay_delay[:] = 0.0

    def set_month(self, month: int) -> None:
        """Move on to a month of the paths."""
        self.now_month = month
        if month != self.capacity_month:
            self._set_declared()
            self._set_tariff()
            self.refresh()

    def _set_declared(self) -> None:
        """Part of trade that is declared this month: all where no limit or duty is in force."""
        evasion = self.world.economy.evasion
        if evasion is not None:
            force = evasion.force[self.now_month, evasion.pattern]
            self.declared[evasion.relations] = 1.0 - self.evaded * force

    def _set_tariff(self) -> None:
        """Duties of this month; slots that have borne one draw back to usual shares when it is gone."""
        duties = self.world.economy.duties
        if duties is not None:
            rate = duties.log_rate[self.now_month]
            self.tariff[duties.relations] = rate
            part = self.declared[duties.relations]
            less = np.flatnonzero(part < 1)  # what is not declared pays no duty
            self.tariff[duties.relations[less]] = np.log1p(np.expm1(rate[less]) * part[less])
            self.has_tariff = bool(self.tariff.any())
            self.levied[duties.slots[rate > 0]] = True

    def refresh(self) -> None:
        """Capacity (firm,) of this month; to be called when one of its parts has changed."""
        world = self.world
        self.capacity_month = self.now_month
        path = world.paths.capacity[self.now_month, world.firms.sector] + self.added
        self.capacity = world.firms.capacity * path * (self.kept * self.skill * self.alive)
        self.works = self.alive.take(world.slots.firm)

    def _base_stocks(self) -> Floats:
        """Stocks just after the goods phase at instant 0."""
        slots, firms = self.world.slots, self.world.firms
        kind = firms.kind[slots.firm]
        days = firms.review[slots.firm] / MINUTES_PER_DAY
        qty = np.zeros(len(slots))
        for batch in (batch for tier in self.tiers for batch in tier.batches):
            if batch.kind == Kind.CONVERT:
                qty[batch.inputs] = slots.base[batch.inputs] * (batch.target_days - batch.days)
        gives = (slots.role == Role.OUTPUT) & (kind != Kind.COLLECT)
        qty[gives] = (slots.base * firms.cover_out[slots.firm])[gives]
        reserves = (slots.role == Role.OUTPUT) & (kind == Kind.HOLDER)
        qty[reserves] = slots.base[reserves] * DAYS_PER_YEAR * self.world.rules.reserve_years
        collects = (slots.role == Role.OUTPUT) & (kind == Kind.COLLECT)
        qty[collects] = (slots.base * days)[collects]
        return qty

    def _base_shares(self) -> Floats:
        """Preference by buyer; for pushed goods the supplier's split."""
        relations, n = self.world.relations, len(self.world.slots)
        pushed = relations.mode == Mode.PUSH
        by_source = sums(relations.source, relations.flow, n)[relations.source]
        by_target = sums(relations.target, relations.flow * ~pushed, n)[relations.target]
        whole = np.where(pushed, by_source, by_target)
        return np.divide(relations.flow, whole, out=np.zeros(len(relations)), where=whole > 0)

    def set_pipeline(self, batch: Batch, share: Floats | None = None) -> None:
        """Days of use under way per input slot, from current shares (buying,) and lead times."""
        if batch.inputs.stop > batch.inputs.start:
            share = self.share[batch.buying] if share is None else share
            self.pipeline[batch.inputs] = batch.by_slot(share * batch.pipeline_days)

    def past_shipments(self) -> list[Shipment]:
        """Shipments dispatched at reviews before the start that are still under way at instant 0."""
        relations, firms = self.world.relations, self.world.firms
        source_firm = self.world.slots.firm[relations.source]
        period, phase = firms.review[source_firm], firms.phase[source_firm]
        days = period / MINUTES_PER_DAY
        shipments: list[Shipment] = []
        for tier in self.tiers:
            edges = tier.relations
            longest = max((group.lead for group in tier.groups), default=0)
            for sent in self._past_reviews(period[edges], phase[edges], longest):
                chosen = (sent - phase[edges]) % period[edges] == 0
                quantity = np.where(chosen, relations.flow[edges] * days[edges], 0.0)
                quantity[relations.lead[edges] + sent <= 0] = 0.0  # arrived before the start
                loads = self.send(tier, self.base_mix[tier.slots], quantity)
                shipments += [s for s in tier.shipments(loads, sent) if s.arrival > 0]
        for shipment in shipments:
            self.on_order[shipment.group.slots] += shipment.load[:, -1]
        return shipments

    @staticmethod
    def _past_reviews(period: np.ndarray, phase: np.ndarray, lead: int) -> list[int]:
        """Instants in (-lead, 0] at which some supplier reviews."""
        instants: set[int] = set()
        for each, offset in np.unique(np.stack([period, phase], axis=1), axis=0).tolist():
            instant = -((-offset) % each)
            while instant > -lead:
                instants.add(instant)
                instant -= each
        return sorted(instants)

    def send(self, tier: Tier, mix: Floats, quantity: Floats) -> Floats:
        """Put goods on the way.

        Parameters
        ----------
        tier : Tier
        mix : (slot of the tier, content and 1) float [t/unit, 1]
            Content of one unit.
        quantity : (relation of the tier,) float [unit]

        Returns
        -------
        (row of the tier's matrix, content and quantity) float [t, unit]
        """
        np.take(quantity, tier.carrying, out=tier.matrix.data, mode="clip")  # unlike others writes in place
        loads: Floats = tier.matrix @ mix
        self.under_way[tier.way_rows] += loads[tier.node_rows]
        return loads

    def arrive(self, shipments: list[Shipment]) -> None:
        """Put goods that arrive at one instant on the buyers' stock."""
        key = tuple(shipment.group.number for shipment in shipments)
        if key not in self._together:
            rows = [np.arange(s.group.way_rows.start, s.group.way_rows.stop) for s in shipments]
            slots, ways = np.concatenate([s.group.slots for s in shipments]), np.concatenate(rows)
            # two dispatches may meet at one slot: then the fast way to add would lose one of them
            alone = len(np.unique(slots)) == len(slots) and len(np.unique(ways)) == len(ways)
            self._together[key] = (slots, ways, alone)
        slots, ways, alone = self._together[key]
        load = np.concatenate([shipment.load for shipment in shipments])
        at_node = np.concatenate([shipment.at_node for shipment in shipments])
        if alone:
            self.pile[slots] += load
            self.on_order[slots] -= load[:, -1]
            self.under_way[ways] -= at_node
        else:
            np.add.at(self.pile, slots, load)
            np.subtract.at(self.on_order, slots, load[:, -1])
            np.subtract.at(self.under_way, ways, at_node)

    def set_uptime(self, interval: int) -> None:
        """Mean uptime (firm,) of the interval that ends now; exactly 1 where nothing happens.

        Parameters
        ----------
        interval : int [min]
        """
        if (self.now, interval) != self.uptime_of:
            outages = self.world.outages
            self.uptime_of = (self.now, interval)
            self.uptime = mean_uptime(outages.curves, outages.exposure, self.now - interval, self.now)

    def month(self, now: int) -> int:
        """Row of the paths that governs the interval that ends now."""
        return min(self.world.n_months - 1, max(0, (now - 1) // MINUTES_PER_MONTH))
