"""Order phase of reviews, downstream first (docs/model.md)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.run.record import Recorder
from simulator.run.state import State, Treatment
from simulator.run.tiers import Batch
from simulator.world.firms import expected_rate, forecast, held_back, order_up_to
from simulator.world.msme import seen_fill, shared_demand
from simulator.world.state import (
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    Blueprint,
    Bools,
    Floats,
    Ints,
    Kind,
    by_material,
    sums,
)
from simulator.world.trade import place_anew, split_offers, switch, take_offers

NOTICED = 1e-6
"""Shortfall of a supplier that buyers do not notice: rounding is no reason to look for others."""


def make_offers(state: State, batch: Batch, uptime: Floats) -> None:
    """Tell known buyers what supply-driven firms will have after this instant's goods phase.

    Runs before all orders of an instant: an offer is split over all its relations at once, pro rata to the
    need that its buyers had at their last review.
    """
    if batch.kind not in (Kind.BY_PRODUCT, Kind.RECYCLE):
        return
    outputs, source = batch.outputs, batch.selling_source
    target = state.expected[outputs] * batch.cover
    offer = np.maximum(0.0, _coming(state, batch, uptime) + state.qty[outputs] - target)
    offer *= state.works[outputs]
    edges = batch.selling
    need = state.need_rate.take(batch.selling_target)
    weight = state.share[edges] * need
    total = batch.by_seller(weight)
    unknown = total <= 0  # sold for the first time: to whoever needs it
    if unknown.any():
        weight = np.where(unknown[source], need, weight)
        total = batch.by_seller(weight)
    state.offered[edges] = split_offers(offer, weight, source, total)


def _coming(state: State, batch: Batch, uptime: Floats) -> Floats:
    """Output that supply-driven firms will make at this instant, by output slot."""
    world = state.world
    if batch.kind == Kind.BY_PRODUCT:
        return by_product_bound(state, batch, state.host_before) * working(state, batch, uptime)
    recovered = treatable(state, batch, uptime).recovered
    material = world.slots.material[batch.outputs]
    return np.asarray((recovered[:, :, 1] + recovered[:, :, 2])[batch.output_firm, material])


def working(state: State, batch: Batch, uptime: Floats) -> Floats:
    """Part (firm,) of what their hosts allow that by-product makers work at."""
    firms = batch.firms
    return np.asarray(uptime[firms] * state.alive[firms] * state.used[firms] * state.kept[firms])


def by_product_bound(state: State, batch: Batch, host_made: Floats) -> Floats:
    """Most that by-product firms can make, from what their hosts made (docs/model.md)."""
    world, firms = state.world, batch.firms
    sector = world.firms.sector[firms]
    host = world.host_sector[sector]
    size = world.firms.base_rate[firms]
    whole = sums(sector, size, world.n_sectors)[sector]
    # a host outside the world is a course of its own, already in units a day
    bound = np.where(host >= 0, host_made[host], batch.days)
    return np.asarray(world.paths.host_share[state.now_month, sector] * bound * size / whole)


def treatable(state: State, batch: Batch, uptime: Floats) -> Treatment:
    """What recyclers can treat at this instant: offers tell it, the goods phase does it."""
    key = (state.now, batch.inputs.start)
    if state.treated is not None and key == state.treated_at:
        return state.treated
    world, month = state.world, state.now_month
    inputs, firms, first = batch.inputs, batch.firms, batch.input_first
    content = by_material(state.mass[inputs])
    waiting = np.add.reduceat(content.sum(axis=1), first)
    capacity = state.capacity[firms] * batch.days * uptime[firms]
    if world.rules.has_overtime:
        capacity = capacity * (1 + world.firms.overtime[firms])
    share = np.ones(batch.n_firms)
    np.divide(capacity, waiting, out=share, where=waiting > capacity)
    treatment = world.slots.treatment[inputs]
    content *= share[batch.input_firm][:, None]
    gained = content * world.paths.recovery_yield[month, treatment]
    gained *= state.recovery_gain[firms][batch.input_firm][:, None]
    np.minimum(gained, content, out=gained)  # better equipment never makes material
    is_scrap = world.treatment_is_scrap[treatment][:, None]
    recovered = np.zeros((batch.n_firms, world.n_materials, 3))
    recovered[:, :, 2] = np.add.reduceat(gained * is_scrap, first, axis=0)
    recovered[:, :, 1] = np.add.reduceat(gained * ~is_scrap, first, axis=0)
    treated = Treatment(share, content, gained, recovered)
    state.treated_at, state.treated = key, treated
    return treated


class Askers(NamedTuple):
    """Final users and holders of stocks whose suppliers look at orders in one rhythm.

    Attributes
    ----------
    interval, phase : int [min]
    users, holders : int
        Columns of the paths of demand and of stock changes.
    relations : int
        On which they order.
    """

    interval: int
    phase: int
    users: Ints
    holders: Ints
    relations: Ints


def find_askers(world: Blueprint) -> list[Askers]:
    """Groups of final users and holders by the rhythm of their suppliers."""
    firms, slots = world.firms, world.slots
    rhythm = np.stack([firms.review, firms.phase], axis=1)
    of_user, of_holder = rhythm[slots.firm[world.user_slot]], rhythm[slots.firm[world.holder_slot]]
    of_relation = rhythm[slots.firm[world.relations.target[world.outside_orders]]]
    return [
        Askers(
            int(pair[0]),
            int(pair[1]),
            np.flatnonzero((of_user == pair).all(axis=1)),
            np.flatnonzero((of_holder == pair).all(axis=1)),
            world.outside_orders[(of_relation == pair).all(axis=1)],
        )
        for pair in np.unique(of_relation, axis=0)
    ]


def order_outside(state: State, askers: Askers, record: Recorder) -> None:
    """Final users order an interval's demand; holders of stocks order what the data path says."""
    world, month = state.world, state.now_month
    days = askers.interval / MINUTES_PER_DAY
    users = askers.users
    path = world.paths.demand[month, users] * days
    record.announced[users] += np.maximum(0.0, path - state.displaced[users])
    demand = path * state.demand_factor[users]
    asked = np.maximum(0.0, demand - state.displaced[users])
    record.demand[users] += asked
    state.displaced[users] -= demand - asked
    quantity = np.zeros(len(world.slots))
    quantity[world.user_slot[users]] = asked
    quantity[world.holder_slot[askers.holders]] = world.paths.stock_change[month, askers.holders] * days
    edges = askers.relations
    order = state.share[edges] * quantity[world.relations.target[edges]]
    state.backlog[edges] += order
    state.received += sums(world.relations.source[edges], order, len(world.slots))


def order_batch(state: State, batch: Batch) -> None:
    """Forecast and orders of the firms of one batch."""
    world, outputs = state.world, batch.outputs
    if batch.kind in (Kind.COLLECT, Kind.USER, Kind.HOLDER):
        return
    level, trend = state.level[outputs], state.trend[outputs]
    heard = _demand_heard(state, batch)
    forecast(level, trend, heard, batch.level_gain, batch.trend_gain, batch.damping)
    state.heard[outputs] = state.received[outputs]
    state.received[outputs] = 0.0
    reviews = batch.reviews[batch.output_firm]
    state.expected[outputs] = expected_rate(level, trend, batch.damping, reviews) * state.works[outputs]
    if world.economy.market is not None:
        target = state.expected[outputs] * batch.cover
        state.stock_gap[outputs] = target - state.qty[outputs]
    if batch.kind != Kind.CONVERT:
        return
    month = state.now_month
    inputs, edges = batch.inputs, batch.buying
    known = _known(state, batch)
    share = _switch(state, batch, known)
    backlog = _place_anew(state, batch, known, share)
    if state.after_switch is not None:
        state.after_switch(batch)
        share = state.share[edges]
    firms = batch.firms  # one output per converting firm, in the order of firms
    able = state.capacity[firms] * state.used[firms] * (1 + world.firms.overtime[firms])
    per_firm = np.minimum(state.expected[outputs], able)  # nobody buys for more than it can make
    recipe = world.paths.recipe[month, batch.recipe] * state.intensity[inputs]
    rate = recipe * per_firm[batch.input_firm]
    state.need_rate[inputs] = rate
    target_days = batch.target_days + state.precaution[inputs]
    quantity = order_up_to(
        rate,
        batch.days,
        rate * target_days,
        state.qty[inputs],
        rate * state.pipeline[inputs],
        state.on_order[inputs],
        batch.order_gain,
    )
    quantity *= state.works[inputs]
    waiting = np.add.reduceat(backlog, batch.buying_first)
    if world.economy.market is not None:
        missing = target_days + state.pipeline[inputs]
        state.stock_gap[inputs] = rate * missing - state.qty[inputs] - (state.on_order[inputs] - waiting)
    unheard = held_back(quantity, rate * batch.days, waiting, batch.order_gain)
    order, heard = _place(state, batch, share, quantity, unheard)
    state.backlog[edges] = backlog + order
    state.on_order[inputs] += np.add.reduceat(order, batch.buying_first)
    state.received[batch.sources] += batch.by_source(heard)


def _demand_heard(state: State, batch: Batch) -> Floats:
    """Rate of demand (output slot,) [unit/d] to forecast from: orders, and final demand for who sees it."""
    world, outputs = state.world, batch.outputs
    received = state.received[outputs] / batch.days
    if not state.final_weight[batch.firms].any():
        return received
    weight = state.final_weight[batch.firms][batch.output_firm]
    sector = world.firms.sector[batch.firms][batch.output_firm]
    now = world.paths.normal[state.now_month, sector]
    before = world.paths.normal[state.month(state.now - batch.interval), sector]
    growth = np.divide(now, before, out=np.ones_like(now), where=before > 0)
    return shared_demand(received, state.level[outputs], growth, weight)


def _place(
    state: State, batch: Batch, share: Floats, quantity: Floats, unheard: Floats
) -> tuple[Floats, Floats]:
    """Take offers first, order the rest by preference.

    Returns
    -------
    (relation,) float [unit]
        Orders.
    (relation,) float [unit]
        Demand that suppliers hear: orders plus what is held back because earlier ones are unfilled.
    """
    slot, offers = batch.buying_slot, batch.offers
    if not len(offers):
        return share * quantity.take(slot), share * (quantity + unheard).take(slot)
    offered = np.zeros(len(slot))
    offered[offers] = told = state.offered.take(batch.offer_edges)
    first, width = batch.buying_first, len(quantity)
    taken, rest = take_offers(offered, quantity, slot, first)
    state.offered[batch.offer_edges] = told - taken.take(offers)
    weight = np.where(batch.buying_pull, share, 0.0)
    total = np.add.reduceat(weight, first)
    if total.min(initial=1.0) <= 0:
        pulls = total > 0  # a buyer without ordinary suppliers leaves its order with those that offer
        weight = np.where(pulls[slot], weight, share)
        total = np.where(pulls, total, np.add.reduceat(share, first))
    rate = np.divide(rest, total, out=np.zeros(width), where=total > 0)
    more = np.divide(unheard, total, out=np.zeros(width), where=total > 0)
    order = taken + weight * rate.take(slot)
    return order, order + weight * more.take(slot)


class Known(NamedTuple):
    """What a batch knows of those it buys from, looked up once a review.

    Attributes
    ----------
    share, fill : (buying,) float [1]
    works : (buying,) bool
        The supplier is alive.
    rate : (buying,) float [1]
        Part of the way to others that the buyer goes in a review, for each unit of fill.
    newcomers : (buying,) float [1]
        Fair share of partners gained after the start who deliver by now.
    """

    share: Floats
    fill: Floats
    works: Bools
    rate: Floats
    newcomers: Floats


def _known(state: State, batch: Batch) -> Known:
    """What there is to know of the suppliers of a batch."""
    edges, rules = batch.buying, state.world.rules
    pace = rules.switching * batch.interval / MINUTES_PER_MONTH * state.switch_gain[batch.firms]
    return Known(
        state.share.take(edges),
        state.fill.take(edges),
        state.works.take(batch.buying_from),
        pace.take(batch.buyer),
        batch.newcomer_share if _all_ready(state, batch) else batch.newcomer_share * _ready(state, batch),
    )


def _all_ready(state: State, batch: Batch) -> bool:
    """Whether all suppliers of the batch deliver by now."""
    return state.now >= batch.all_ready


def _ready(state: State, batch: Batch) -> Bools:
    """Suppliers (buying,) that deliver by now."""
    return np.asarray(batch.buying_ready <= state.now)


def _switch(state: State, batch: Batch, known: Known) -> Floats:
    """Shares (buying,), shifted where a supplier fell short since the last review, or became dearer."""
    rules, edges = state.world.rules, batch.buying
    fill = _seen(state, batch, known)
    price = state.log_price.take(edges)
    duties = state.world.economy.duties
    if duties is not None:
        price += state.tariff.take(edges)
    first = batch.buying_first
    short = np.zeros(len(first), dtype=bool)
    short[batch.buying_slot[fill < 1.0 - NOTICED]] = True
    if state.world.economy.market is not None:  # suppliers that have become cheaper or dearer than others
        short |= np.maximum.reduceat(price, first) - np.minimum.reduceat(price, first) > rules.notice
    if duties is not None:
        short |= state.levied[batch.inputs]
    if not rules.has_switching or not short.any():
        return known.share
    base = state.base_share.take(edges)
    floor = rules.switching_floor * (base + known.newcomers) * known.works
    share = switch(
        known.share,
        fill,
        price,
        batch.buying_slot,
        len(short),
        floor,
        known.rate,
        short,
        np.maximum(_usual_share(state, batch, base) * known.works, floor),
        batch.habit_gain,
        batch.by_slot,
    )
    state.share[edges] = share
    state.set_pipeline(batch, share)
    return share


def _place_anew(state: State, batch: Batch, known: Known, share: Floats) -> Floats:
    """Backlog (buying,), moved from suppliers that fall short to those that fill their orders."""
    rules, edges, slot = state.world.rules, batch.buying, batch.buying_slot
    waiting = state.backlog.take(edges)
    if not rules.has_switching or not waiting.any():
        return waiting
    fills = (known.fill >= 1.0 - NOTICED) & known.works
    serves = fills & batch.buying_pull
    if not _all_ready(state, batch):
        serves &= _ready(state, batch)
    usual = share * (state.need_rate[batch.inputs] * batch.days).take(slot)
    taken, placed = place_anew(
        np.where(fills, 0.0, waiting * np.minimum(1.0, known.rate)),
        np.where(serves, usual, 0.0),
        slot,
        batch.buying_first,
    )
    state.received[batch.sources] += batch.by_source(placed)
    return np.asarray(waiting + (placed - taken))


def _usual_share(state: State, batch: Batch, base: Floats) -> Floats:
    """Share (buying,) that habit draws back to: that of the base year, moved with what suppliers can make.

    Without the second part buyers would hold on to countries that the announced paths leave behind.
    """
    world, offers = state.world, batch.usual_offers
    able = np.divide(
        state.capacity, world.firms.capacity, out=np.ones(len(state.capacity)), where=state.alive
    )
    usual = able.take(batch.buying_firm)
    if len(offers):
        usual[offers] = state.supply.take(batch.usual_source) / batch.usual_base
    usual *= base
    whole = np.add.reduceat(usual, batch.buying_first)
    whole[whole <= 0] = 1.0
    return np.asarray(usual / whole.take(batch.buying_slot))


def _seen(state: State, batch: Batch, known: Known) -> Floats:
    """Delivery (buying,) that buyers reckon with; who has access to data sees outages at once."""
    knows = state.informed[batch.firms]
    if not knows.any():
        return known.fill
    state.set_uptime(batch.interval)
    works = (state.uptime * state.alive).take(batch.buying_firm)
    working = np.where(known.share > 0, works, 1.0)
    return seen_fill(known.fill, knows.take(batch.buyer), working)
