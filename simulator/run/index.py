"""Finds, once before a run, which firms, slots and relations each review touches."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from simulator.run.tiers import Batch, LeadGroup, Links, Sums, Tier
from simulator.terms import ORIGINS
from simulator.world.firms import gain
from simulator.world.state import (
    MINUTES_PER_DAY,
    TINY,
    Blueprint,
    Floats,
    Ints,
    Kind,
    Mode,
    Relations,
    Role,
    sums,
)


def build_tiers(blueprint: Blueprint, links: Links) -> list[Tier]:
    """Find tiers, batches and lead groups of a world.

    Parameters
    ----------
    blueprint : Blueprint
    links : Links
        Gains the links that relations use.

    Returns
    -------
    list of Tier
        By rising level: upstream first.
    """
    firms = blueprint.firms
    tiers = [Tier(level) for level in range(int(firms.tier.max()) + 1)]
    key = np.stack([firms.tier, firms.kind, firms.review, firms.phase], axis=1)
    start = np.flatnonzero(np.r_[True, (key[1:] != key[:-1]).any(axis=1)])
    for first, last in zip(start, np.r_[start[1:], len(firms)], strict=True):
        batch = _batch(blueprint, int(first), int(last), links)
        tiers[batch.tier].batches.append(batch)
    number = ways = 0
    slot_tier = firms.tier[blueprint.slots.firm]
    source_tier = slot_tier[blueprint.relations.source]
    for tier in tiers:
        tier.slots = _range(slot_tier, tier.level)
        tier.relations = _range(source_tier, tier.level)
        _index_supply(blueprint, tier, links, number, ways)
        number, ways = number + len(tier.groups), tier.way_rows.stop
    return tiers


def _between(sorted_codes: Ints, span: slice) -> slice:
    """Items whose sorted code lies in a span."""
    start, stop = np.searchsorted(sorted_codes, (span.start, span.stop))
    return slice(int(start), int(stop))


def _range(sorted_codes: Ints, code: int) -> slice:
    return _between(sorted_codes, slice(code, code + 1))


def _horizon(blueprint: Blueprint, first: int, last: int, buying: Ints, interval: int) -> Floats:
    """Minutes (firm,) ahead for which a firm forecasts: mean lead time of what it buys plus one review."""
    relations = blueprint.relations
    firm = blueprint.slots.firm[relations.target[buying]] - first
    weight = relations.flow[buying]
    lead, total = sums(firm, weight * relations.lead[buying], last - first), sums(firm, weight, last - first)
    return interval + np.divide(lead, total, out=np.zeros_like(lead), where=total > 0)


def _batch(blueprint: Blueprint, first: int, last: int, links: Links) -> Batch:
    firms, slots, relations, rules = blueprint.firms, blueprint.slots, blueprint.relations, blueprint.rules
    mine = np.flatnonzero((slots.firm >= first) & (slots.firm < last))
    parts = {role: mine[slots.role[mine] == role] for role in Role}
    span = {role: _span(index, int(mine[0]) if len(mine) else 0) for role, index in parts.items()}
    inputs = span[Role.INPUT]
    input_firm = slots.firm[inputs] - first
    interval = int(firms.review[first])
    days = interval / MINUTES_PER_DAY
    kind = Kind(int(firms.kind[first]))
    buying = _buying(relations, inputs)
    come_from = relations.source[buying]
    wait, on_way = _delays(blueprint, buying, inputs, interval)
    if kind == Kind.CONVERT and len(np.unique(relations.target[buying])) != inputs.stop - inputs.start:
        raise ValueError("an input has no relation that it could order on")
    sources = slice(int(come_from.min()), int(come_from.max()) + 1) if len(buying) else slice(0, 0)
    selling = _between(relations.source, span[Role.OUTPUT])
    first_tier, first_tier_cell = _first_tier(blueprint, inputs, kind)
    return Batch(
        tier=int(firms.tier[first]),
        kind=kind,
        firms=slice(first, last),
        inputs=inputs,
        outputs=span[Role.OUTPUT],
        scraps=span[Role.SCRAP],
        interval=interval,
        phase=int(firms.phase[first]),
        days=days,
        input_firm=input_firm,
        input_first=np.unique(input_firm, return_index=True)[1],
        output_firm=slots.firm[span[Role.OUTPUT]] - first,
        scrap_firm=slots.firm[span[Role.SCRAP]] - first,
        level_gain=gain(days, rules.tau_level),
        trend_gain=gain(days, rules.tau_trend) if rules.has_trend else 0.0,
        damping=float(np.exp(-days / rules.tau_damping)),
        order_gain=gain(days, rules.tau_order),
        habit_gain=gain(days, rules.tau_habit),
        reviews=np.ceil(_horizon(blueprint, first, last, buying, interval) / interval),
        target_days=firms.cover_in[slots.firm[inputs]] + days + wait,
        recipe=slots.recipe[inputs],
        buying=buying,
        buying_slot=relations.target[buying] - inputs.start,
        buying_first=np.unique(relations.target[buying], return_index=True)[1],
        sources=sources,
        buying_source=relations.source[buying] - sources.start,
        buying_from=come_from,
        buying_firm=slots.firm[come_from],
        buying_ready=relations.ready[buying],
        buying_pull=relations.mode[buying] == Mode.PULL,
        buying_base=slots.base[come_from],
        newcomer_share=_newcomer_share(relations, buying),
        pipeline_days=on_way,
        first_tier=first_tier,
        first_tier_cell=first_tier_cell,
        selling=selling,
        selling_source=relations.source[selling] - span[Role.OUTPUT].start,
        selling_target=relations.target[selling],
        cover=firms.cover_out[slots.firm[span[Role.OUTPUT]]],
        loss_groups=_loss_groups(blueprint, first, last, links),
    )


def _delays(blueprint: Blueprint, buying: Ints, inputs: slice, interval: int) -> tuple[Floats, Floats]:
    """Days (input slot,) that stock lasts longer for slow suppliers, and days (buying,) of use under way."""
    firms, slots, relations = blueprint.firms, blueprint.slots, blueprint.relations
    on_way = (np.ceil(relations.lead[buying] / interval) - 1) * (interval / MINUTES_PER_DAY)
    review = firms.review[slots.firm[relations.source[buying]]]
    slower = np.maximum(0, review - interval) / MINUTES_PER_DAY
    wait = np.zeros(inputs.stop - inputs.start)  # a supplier that looks less often delivers in larger lots
    np.maximum.at(wait, relations.target[buying] - inputs.start, slower)
    return wait, on_way + slower / 2  # half of its interval an order waits, on average


def _first_tier(blueprint: Blueprint, inputs: slice, kind: Kind) -> tuple[Ints, Ints]:
    """Inputs (local) of makers that take refined material, and their (region, material) cells."""
    slots = blueprint.slots
    chosen = np.flatnonzero(np.isin(slots.good[inputs], blueprint.refined_good) & (kind == Kind.CONVERT))
    region = blueprint.firms.region[slots.firm[inputs][chosen]]
    return chosen, region * blueprint.n_materials + slots.material[inputs][chosen]


def _buying(relations: Relations, inputs: slice) -> Ints:
    """Relations on which firms order for their inputs, by slot."""
    in_inputs = (relations.target >= inputs.start) & (relations.target < inputs.stop)
    buying = np.flatnonzero(in_inputs & np.isin(relations.mode, (Mode.PULL, Mode.OFFER)))
    return buying[np.argsort(relations.target[buying], kind="stable")]


def _newcomer_share(relations: Relations, buying: Ints) -> Floats:
    """One over the suppliers that the buyer has in the base year, for relations that come later."""
    is_new = relations.flow[buying] == 0
    n = int(relations.target.max()) + 1
    known = sums(relations.target[buying], (~is_new).astype(float), n)[relations.target[buying]]
    return np.where(is_new, 1 / np.maximum(known, 1.0), 0.0)


def _loss_groups(
    blueprint: Blueprint, first: int, last: int, links: Links
) -> list[tuple[int, sparse.csr_array]]:
    """Where the losses of converting firms go."""
    processes = blueprint.processes
    firms = np.arange(first, last)
    process = blueprint.firms.process[firms]
    lossy = (blueprint.firms.kind[firms] == Kind.CONVERT) & (process >= 0)
    lossy[lossy] &= processes.process_yield[process[lossy]] < 1
    groups: dict[int, list[int]] = {}
    for local in np.flatnonzero(lossy):
        firm = firms[local]
        node = blueprint.stage_node[blueprint.firms.stage[firm]]
        link = links.code(int(node), int(processes.loss_node[process[local]]))
        groups.setdefault(link, []).append(int(local))
    shape = (blueprint.n_regions, last - first)
    found = []
    for link, members in sorted(groups.items()):
        cells = (blueprint.firms.region[firms[members]], members)
        found.append((link, sparse.csr_array((np.ones(len(members)), cells), shape=shape)))
    return found


def _span(index: Ints, default: int) -> slice:
    if not len(index):
        return slice(default, default)
    if index[-1] - index[0] + 1 != len(index):
        raise ValueError("slots of a batch are not laid out together")
    return slice(int(index[0]), int(index[-1]) + 1)


def _index_supply(blueprint: Blueprint, tier: Tier, links: Links, number: int, ways: int) -> None:
    firms, slots, relations = blueprint.firms, blueprint.slots, blueprint.relations
    span, edges = tier.slots, tier.relations
    role, kind = slots.role[span], firms.kind[slots.firm[span]]
    holds = kind == Kind.HOLDER
    tier.ships = (role == Role.OUTPUT) | (role == Role.SCRAP) | holds
    tier.holders = np.flatnonzero(holds & (role == Role.INPUT))
    review = firms.review[slots.firm[span]] / MINUTES_PER_DAY
    tier.holding = np.flatnonzero(holds)
    tier.release = np.where(holds & (role == Role.OUTPUT), slots.base[span] * review, 0.0)[tier.holding]
    tier.cover = firms.cover_out[slots.firm[span]]
    ends = np.flatnonzero(np.diff(np.r_[False, tier.ships, False]))  # where runs begin and end, by turns
    tier.gives = [slice(int(a), int(b)) for a, b in ends.reshape(-1, 2)]
    tier.mix = np.zeros((len(role), blueprint.n_materials * len(ORIGINS) + 1))
    tier.sells = (role == Role.OUTPUT) & np.isin(
        kind, (Kind.SOURCE, Kind.CONVERT, Kind.BY_PRODUCT, Kind.RECYCLE)
    )
    tier.source = relations.source[edges] - span.start
    tier.target = relations.target[edges]
    buyers, tier.buyer = np.unique(tier.target, return_inverse=True)
    tier.n_buyers = len(buyers)
    tier.by_source, tier.by_buyer = Sums(tier.source, len(role)), Sums(tier.buyer, len(buyers))
    mode = relations.mode[edges]
    tier.is_order = np.isin(mode, (Mode.PULL, Mode.OFFER))
    tier.may_spot = mode != Mode.PUSH
    days = firms.review[slots.firm[relations.source[edges]]] / MINUTES_PER_DAY
    whole = sums(tier.source, relations.flow[edges], len(role))[tier.source]
    tier.trace = TINY * (np.maximum(relations.flow[edges], 1e-6 * whole) * days)
    tier.ready = relations.ready[edges]
    tier.all_ready = int(tier.ready.max(initial=0))
    tier.push = np.flatnonzero(mode == Mode.PUSH)
    target_firm = slots.firm[tier.target]
    tier.to_user = np.flatnonzero(firms.kind[target_firm] == Kind.USER)
    source_firm = slots.firm[relations.source[edges]]
    good = slots.good[relations.source[edges]]
    regions = blueprint.n_regions
    tier.trade_cell = (good * regions + firms.region[source_firm]) * regions + firms.region[target_firm]
    tier.by_trade = Sums(tier.trade_cell, blueprint.n_goods * regions * regions)
    tier.priority = _priority(blueprint, tier.target, relations.flow[edges], relations.ready[edges])
    is_first = np.isin(good, blueprint.refined_good) & (firms.kind[target_firm] == Kind.CONVERT)
    first_region = np.where(is_first, firms.region[target_firm], -1)
    caps = blueprint.economy.caps
    if caps is not None and (caps.group[:, edges] >= 0).any():
        tier.caps = caps.group[:, edges]
    _index_sums(blueprint, tier, links, first_region, number, ways)


def _by_lead(blueprint: Blueprint, edges: slice) -> list[tuple[int, int, Ints]]:
    """Lead time, pattern of delays and members (local) of each group of relations that arrive together."""
    lead, transport = blueprint.relations.lead[edges], blueprint.economy.transport
    if transport is None:
        return [(int(value), -1, np.flatnonzero(lead == value)) for value in np.unique(lead)]
    pattern = transport.pattern[edges]
    pairs, place = np.unique(np.stack([lead, pattern], axis=1), axis=0, return_inverse=True)
    place = place.ravel()
    return [(int(a), int(b), np.flatnonzero(place == i)) for i, (a, b) in enumerate(pairs)]


def _index_sums(
    blueprint: Blueprint, tier: Tier, links: Links, first_region: Ints, number: int, ways: int
) -> None:
    """One sparse matrix that makes every sum a dispatch needs; groups and ways are counted on."""
    slots, relations = blueprint.slots, blueprint.relations
    edges = tier.relations
    source, n_regions = relations.source[edges], blueprint.n_regions
    node = slots.node[tier.target]
    link = links.codes(slots.node[source], node)
    region_from, region_to = (blueprint.firms.region[slots.firm[end]] for end in (source, tier.target))
    route = (link * n_regions + region_from) * n_regions + region_to
    rows: list[Ints] = []
    columns: list[Ints] = []
    n_rows = 0

    def add(chosen: Ints, code: Ints) -> tuple[Ints, slice]:
        nonlocal n_rows
        values, position = np.unique(code, return_inverse=True)
        rows.append(n_rows + position)
        columns.append(chosen)
        span = slice(n_rows, n_rows + len(values))
        n_rows += len(values)
        return values, span

    by_lead = _by_lead(blueprint, edges)
    to_slots = [add(chosen, tier.target[chosen]) for *_, chosen in by_lead]
    to_nodes = [add(chosen, node[chosen]) for *_, chosen in by_lead]
    start = n_rows if not to_nodes else to_nodes[0][1].start
    tier.node_rows = slice(start, n_rows)
    tier.way_rows = slice(ways, ways + n_rows - start)
    for i, (value, pattern, _) in enumerate(by_lead):
        nodes, rows_of_nodes = to_nodes[i]
        way = slice(ways + rows_of_nodes.start - start, ways + rows_of_nodes.stop - start)
        group = LeadGroup(number + i, value, *to_slots[i], nodes, rows_of_nodes, way, pattern)
        tier.groups.append(group)
    tier.routes, tier.route_rows = add(np.arange(len(route)), route)
    chosen = np.flatnonzero(first_region >= 0)
    rows.append(n_rows + first_region[chosen])
    columns.append(chosen)
    tier.region_rows = slice(n_rows, n_rows + n_regions)
    row, column = np.concatenate(rows), np.concatenate(columns)
    order = np.lexsort((column, row))
    row, tier.carrying = row[order], column[order]
    ends = np.searchsorted(row, np.arange(tier.region_rows.stop + 1))
    shape = (tier.region_rows.stop, tier.slots.stop - tier.slots.start)
    tier.matrix = sparse.csr_array((np.zeros(len(row)), tier.source[tier.carrying], ends), shape=shape)


def _priority(blueprint: Blueprint, target: Ints, flow: Floats, ready: Ints) -> Floats | None:
    """Rank of relations for the sequential allocation rules, higher first."""
    rule = blueprint.rules.allocation
    if rule == "largest":
        return flow
    if rule == "oldest":
        return -ready.astype(float)
    if rule == "essential":
        slots = blueprint.slots
        outputs = np.flatnonzero(slots.role == Role.OUTPUT)
        made = np.full(len(blueprint.firms), -1)
        made[slots.firm[outputs]] = slots.good[outputs]
        buys_for = made[slots.firm[target]]  # what the buyer makes of it; a user buys the product itself
        good = np.where(buys_for >= 0, buys_for, slots.good[target])
        return blueprint.essential[good].astype(float)
    return None
