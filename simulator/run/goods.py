"""Goods phase of reviews, upstream first: make, allocate, spot round, dispatch (docs/model.md)."""

from __future__ import annotations

import numpy as np

from simulator.run.orders import by_product_bound, treatable, working
from simulator.run.record import Recorder
from simulator.run.state import State
from simulator.run.tiers import Batch, Due, Shipment, Tier
from simulator.world.firms import input_limit, wanted_output
from simulator.world.prices import capped_share
from simulator.world.state import MINUTES_PER_DAY, Floats, Kind, by_material, sums
from simulator.world.trade import allocate, fill_rate, spot_round

SMALLEST = float(np.finfo(float).tiny)
"""Stock below this has no reciprocal [unit]."""


def make_batch(
    state: State, tier: Tier, batch: Batch, asked: Floats, uptime: Floats, record: Recorder
) -> None:
    """Output of one batch.

    Parameters
    ----------
    asked : (slot of the tier,) float [unit]
        Backlog by output slot.
    uptime : (firm,) float [1]
        Mean uptime of capacity over the interval.
    """
    if batch.kind in (Kind.SOURCE, Kind.CONVERT):
        _convert(state, tier, batch, asked, uptime, record)
    elif batch.kind == Kind.BY_PRODUCT:
        _follow_host(state, batch, uptime, record)
    elif batch.kind == Kind.RECYCLE:
        _recycle(state, batch, uptime, record)


def _convert(state: State, tier: Tier, batch: Batch, asked: Floats, uptime: Floats, record: Recorder) -> None:
    world, firms, outputs = state.world, batch.firms, batch.outputs
    month = state.now_month
    sector = world.firms.sector[firms]
    backlog = asked[outputs.start - tier.slots.start : outputs.stop - tier.slots.start]
    target = state.expected[outputs] * world.firms.cover_out[firms]
    wanted = wanted_output(backlog, target, state.qty[outputs])
    can = state.capacity[firms] * state.used[firms] * (batch.days * uptime[firms])
    if world.rules.has_overtime:
        can *= 1 + world.firms.overtime[firms]
    made = np.minimum(wanted, can)
    if batch.kind == Kind.CONVERT:
        data = world.paths.recipe[month, batch.recipe]
        recipe = data * state.intensity[batch.inputs]
        if len(batch.first_tier):
            _record_need(state, batch, recipe, data, wanted, can, record)
        usable = np.maximum(0.0, state.qty[batch.inputs] - state.reserved[batch.inputs])
        record.causes.firms.stocked(batch.inputs, usable, recipe)
        made = np.minimum(made, input_limit(usable, recipe, batch.input_first))
        _use_inputs(state, batch, recipe, made, record)
    else:
        material = world.slots.material[outputs]
        state.mass[np.arange(outputs.start, outputs.stop), material * 3] += made
        record.leave_ground(batch.firms, material, made)
        record.stages.made_of(firms, material, made)
    state.qty[outputs] += made
    state.made[firms] += made
    state.host_made += sums(sector, made, world.n_sectors)
    record.made(batch, made, wanted, made / (world.firms.base_rate[firms] * batch.days))
    record.causes.firms.reviewed(firms, wanted, can, uptime)


def _record_need(
    state: State, batch: Batch, recipe: Floats, data: Floats, wanted: Floats, can: Floats, record: Recorder
) -> None:
    """Need of refined material and what stock on hand covers (docs/model.md).

    A firm needs what it wants to make and can, but no more than an interval's demand: a backlog that stands
    for months is not new need every month.
    """
    world, firms = state.world, batch.firms
    sector = world.firms.sector[firms]
    asked = state.expected[batch.outputs] * batch.days
    own = np.minimum(np.minimum(wanted, asked), can)
    base = world.firms.base_rate[firms] * world.paths.normal[state.now_month, sector] * batch.days
    chosen = batch.first_tier
    firm = batch.input_firm[chosen]
    stock = np.maximum(0.0, state.qty[batch.inputs] - state.reserved[batch.inputs])[chosen]
    need = recipe[chosen] * own[firm]
    # the announced path has the recipe of the data: nobody saves, nobody has failed
    record.needed(batch.first_tier_cell, need, data[chosen] * base[firm], stock)
    record.causes.firms.missed(batch.inputs.start + chosen, need, stock)


def _use_inputs(state: State, batch: Batch, recipe: Floats, made: Floats, record: Recorder) -> None:
    """Move the content of inputs into output, scrap and losses."""
    world, inputs, outputs = state.world, batch.inputs, batch.outputs
    used = recipe * made[batch.input_firm]
    stock = state.qty[inputs]
    part = np.divide(used, stock, out=np.zeros_like(used), where=stock > 0)
    np.minimum(part, 1.0, out=part)
    content = state.mass[inputs] * part[:, None]
    state.mass[inputs] -= content
    state.qty[inputs] = np.maximum(0.0, stock - used)
    whole = np.add.reduceat(content, batch.input_first, axis=0)
    process = world.firms.process[batch.firms]
    good = world.processes.process_yield[process][:, None]
    state.mass[outputs] += whole * good
    record.stages.made(batch.firms, made, by_material(whole) * good)
    lost = whole * (1 - good)
    scraps = batch.scraps
    if scraps.stop > scraps.start:
        firm = batch.scrap_firm
        region = world.firms.region[batch.firms][firm]
        slot_good = world.slots.good[scraps]
        kept = (
            world.processes.scrap_share[process[firm]]
            * world.paths.new_scrap[state.now_month, slot_good, region]
        )
        state.mass[scraps] += lost[firm] * kept[:, None]
        state.qty[scraps] += (made * (1 / good[:, 0] - 1))[firm] * kept
        lost[firm] *= (1 - kept)[:, None]
    record.lost(batch.loss_groups, lost)


def _follow_host(state: State, batch: Batch, uptime: Floats, record: Recorder) -> None:
    world, firms, outputs = state.world, batch.firms, batch.outputs
    bound = by_product_bound(state, batch, state.host_made)
    made = bound * working(state, batch, uptime)
    record.causes.firms.reviewed(firms, bound, made, uptime)
    hosts = np.unique(world.host_sector[world.firms.sector[firms]])
    hosts = hosts[hosts >= 0]
    state.host_before[hosts] = state.host_made[hosts]
    state.host_made[hosts] = 0.0
    material = world.slots.material[outputs]
    state.mass[np.arange(outputs.start, outputs.stop), material * 3] += made
    state.qty[outputs] += made
    state.made[firms] += made
    state.supply[outputs] = made / batch.days
    record.leave_ground(batch.firms, material, made)
    record.stages.made_of(firms, material, made)
    record.made(batch, made, made, made / (world.firms.base_rate[firms] * batch.days))


def _recycle(state: State, batch: Batch, uptime: Floats, record: Recorder) -> None:
    world, inputs, outputs = state.world, batch.inputs, batch.outputs
    share, content, gained, recovered = treatable(state, batch, uptime)
    record.causes.firms.reviewed(batch.firms, np.ones(batch.n_firms), share, uptime)
    state.pile[inputs] *= (1 - share)[batch.input_firm][:, None]
    treated = np.add.reduceat(content.sum(axis=1), batch.input_first)
    record.recovered_from(batch, gained)
    record.lost_in_recycling((content - gained).sum(axis=0))
    material = world.slots.material[outputs]
    out = recovered[batch.output_firm, material]  # (slot, origin)
    rows = np.arange(outputs.start, outputs.stop)
    for origin in (1, 2):
        state.mass[rows, material * 3 + origin] += out[:, origin]
    state.qty[outputs] += out[:, 1] + out[:, 2]
    firms = batch.firms
    state.supply[outputs] = (out[:, 1] + out[:, 2]) / batch.days
    state.made[firms] += treated
    record.stages.made(firms, treated, recovered.sum(axis=2))
    record.made(batch, treated, treated, treated / (world.firms.base_rate[firms] * batch.days))
    _drop_unsorted(state, batch, record)


def _drop_unsorted(state: State, batch: Batch, record: Recorder) -> None:
    """What waits at recyclers beyond the largest stock goes to disposal."""
    world, inputs = state.world, batch.inputs
    content = state.mass[inputs].sum(axis=1)
    waiting = sums(batch.input_firm, content, batch.n_firms)
    most = world.rules.stock_cap * state.capacity[batch.firms] * world.firms.cover_in[batch.firms]
    keep = np.ones(batch.n_firms)
    np.divide(most, waiting, out=keep, where=waiting > most)
    if keep.min(initial=1.0) < 1.0:
        part = keep[batch.input_firm]
        record.dispose(state.mass[inputs] * (1 - part)[:, None])
        state.mass[inputs] *= part[:, None]
        state.qty[inputs] *= part


def may_leave(state: State, tier: Tier, days: float) -> Floats:
    """Backlog (relation of the tier,) [unit] that may ship now: limits on exports hold a part of it back."""
    backlog, limit = state.backlog[tier.relations], _limit(state, tier, days)
    if tier.caps is None or limit is None:
        return backlog
    declared = backlog * state.declared[tier.relations]  # the rest evades the limit
    return backlog * capped_share(tier.caps, declared, *limit)


def _limit(state: State, tier: Tier, days: float) -> tuple[Floats, Floats] | None:
    """What may leave (group,) [unit] under limits in an interval, and its part (group,) [1] without a limit.

    None where nothing that the tier ships is limited.
    """
    caps = state.world.economy.caps
    if caps is None or tier.caps is None or not caps.binds[state.now_month]:
        return None
    return caps.limit[state.now_month] * days, caps.free(state.now_month)


def ship_tier(state: State, tier: Tier, due: Due, whole: Floats, record: Recorder) -> list[Shipment]:
    """Allocate, spot round and dispatch of one tier.

    Parameters
    ----------
    due : Due
        What ships now.
    whole : (slot of the tier,) float [unit]
        Backlog that may leave, before anything is pushed.

    Returns
    -------
    list of Shipment
    """
    edges, span = tier.relations, tier.slots
    backlog = state.backlog[edges]
    stock = np.where(due.slots & state.works[span], state.qty[span], 0.0)
    if len(tier.push):
        pushed = tier.push
        backlog[pushed] = state.share[edges][pushed] * stock[tier.source[pushed]]
    served = stock
    if len(tier.holding):
        served = stock.copy()
        served[tier.holding] = np.minimum(stock[tier.holding], tier.release)
    asked = may_leave(state, tier, due.days)
    if len(tier.push):
        whole = tier.by_source(asked)
    shipped = allocate(served, asked, tier.source, state.world.rules.allocation, tier.priority, whole)
    left = backlog - shipped
    due.put(state.fill[edges], fill_rate(shipped, backlog, tier.trace))
    if state.world.rules.has_spot and (due.relations & (left > tier.trace)).any():
        spot = _spot(state, tier, stock, shipped, left, due)
        shipped = shipped + spot
    if len(tier.push):
        left[tier.push] = 0.0
    record.causes.shipped(tier, due, backlog, asked, left, shipped)
    state.backlog[edges] = left
    return _dispatch(state, tier, shipped, stock, due, record)


def _spot(
    state: State,
    tier: Tier,
    stock: Floats,
    shipped: Floats,
    left: Floats,
    due: Due,
) -> Floats:
    """Spot round of a tier; takes what it serves off the backlog in place.

    Over a border with a limit no more is bought than the limit has left.
    """
    world, span = state.world, tier.slots
    out = tier.by_source(shipped)
    reserve = world.rules.spot_reserve * state.expected[span] * tier.cover
    spare = np.where(tier.sells, np.maximum(0.0, stock - out - reserve), 0.0)
    if len(tier.holders):
        waited = world.firms.review[world.slots.firm[span][tier.holders]] / MINUTES_PER_DAY
        spare[tier.holders] = stock[tier.holders] * np.minimum(1.0, waited / world.rules.release)
    if not spare.any():
        return spare[tier.source]
    still_open = left.copy()
    still_open[due.closed] = 0.0
    unfilled = tier.by_buyer(still_open)
    allowed = tier.may_spot
    if state.now < tier.all_ready:
        allowed = allowed & (tier.ready <= state.now)
    index, limit = (tier.source, tier.buyer), _limit(state, tier, due.days)
    if limit is None or tier.caps is None:
        spot = spot_round(unfilled, spare, *index, allowed, tier.by_source, tier.by_buyer)
    else:
        most, free = limit
        declared = state.declared[tier.relations]
        counts = shipped * declared
        used = np.max([sums(row + 1, counts, len(most) + 1)[1:] for row in tier.caps], axis=0)
        room = np.maximum(0.0, most - (1.0 - free) * used)
        allowed = allowed & (np.r_[np.inf, np.maximum(room, free)][tier.caps + 1] > 0).all(axis=0)
        spot = spot_round(unfilled, spare, *index, allowed, tier.by_source, tier.by_buyer)
        spot = spot * capped_share(tier.caps, spot * declared, room, free)
    got = tier.by_buyer(spot)
    keep = np.divide(unfilled - got, unfilled, out=np.ones_like(unfilled), where=unfilled > 0)
    stays = np.minimum(np.maximum(keep, 0.0), 1.0).take(tier.buyer)
    stays[due.closed] = 1.0
    left *= stays
    return spot


def _dispatch(
    state: State, tier: Tier, shipped: Floats, stock: Floats, due: Due, record: Recorder
) -> list[Shipment]:
    pile = state.pile[tier.slots]
    unit = np.divide(1.0, stock, out=np.zeros_like(stock), where=stock >= SMALLEST)
    out = tier.by_source(shipped)
    part = np.minimum(1.0, out * unit)
    # rounding may ask a hair more than there is: what leaves is what is taken off
    shipped = shipped * np.divide(part * stock, out, out=np.ones_like(out), where=out > 0).take(tier.source)
    state.sent[tier.relations] += shipped
    if state.illicit is not None:
        evades = shipped * (1.0 - state.declared[tier.relations])
        state.illicit += sums(tier.trade_cell, evades, state.illicit.size).reshape(state.illicit.shape)
    stays = 1 - part
    for run in tier.gives:
        np.multiply(pile[run], unit[run, None], out=tier.mix[run])
        pile[run] *= stays[run, None]
    loads = state.send(tier, tier.mix, shipped)
    record.shipped(tier, shipped, loads)
    return tier.shipments(loads, state.now, state.world.economy.transport, due.interval)


def give_up(state: State, tier: Tier, due: Due, record: Recorder) -> None:
    """Final users postpone a part of what they did not get and give up the rest.

    Source
    ------
    Proposal of this project: exponential patience.
    """
    if not len(due.to_user):
        return
    edges = due.to_user + tier.relations.start
    lost = state.backlog[edges] * -np.expm1(-due.days / state.world.rules.patience)
    state.backlog[edges] -= lost
    record.gave_up(state.world.relations.target[edges], lost)
    record.causes.gave_up(edges, lost)


def drop_unsold(state: State, batch: Batch, record: Recorder) -> None:
    """Stock of supply-driven firms above its cap goes to a named fate (docs/model.md)."""
    if batch.kind not in (Kind.BY_PRODUCT, Kind.RECYCLE):
        return
    world, outputs = state.world, batch.outputs
    firm = world.slots.firm[outputs]
    base = np.maximum(state.expected[outputs], world.slots.base[outputs])
    most = world.rules.stock_cap * base * (world.firms.cover_out[firm] + batch.days)
    stock = state.qty[outputs]
    if (stock > most).any():
        part = np.divide(most, stock, out=np.ones_like(stock), where=stock > most)
        record.unsold(batch, state.mass[outputs] * (1 - part)[:, None])
        state.mass[outputs] *= part[:, None]
        state.qty[outputs] *= part
