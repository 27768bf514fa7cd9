"""The alliance of a scenario as arrays: who may join, pools, partners it brings together, firms alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.build.exogenous import firms_that_fit
from simulator.build.network import Network
from simulator.build.plan import Plan
from simulator.world.alliance import Alliance
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    Bools,
    Firms,
    Floats,
    Ints,
    Kind,
    Mode,
    Relations,
    Role,
    Slots,
)

if TYPE_CHECKING:
    from simulator.scenario.schema_economy import Alliance as Said
    from simulator.scenario.schema_economy import Matching


def make_alliance(
    plan: Plan, said: Said, network: Network, firms: Firms, slots: Slots, relations: Relations
) -> tuple[Alliance, Relations]:
    """Alliance of a scenario, and the relations with the partners that it brings together.

    Parameters
    ----------
    plan : Plan
    said : Alliance
        Block of the scenario.
    network : Network
    firms : Firms
    slots : Slots
    relations : Relations

    Returns
    -------
    Alliance
    Relations
        The same object unless the alliance matches partners.
    """
    value = plan.closure.value
    may_join = firms_that_fit(plan, said.where, firms)
    draw = np.array([plan.closure.draws("alliance", name).random() for name in firms.name])
    by_benefit = said.join == "benefit"
    joins = float(said.join) if isinstance(said.join, int | float) else 1.0
    start = round((said.start - plan.scenario.period.start).days * MINUTES_PER_DAY)
    days = _days_between(plan, network)
    pooled = said.pooled_stock
    found = np.full(len(relations), -1)
    if said.matching is not None and said.matching.partners_per_year > 0:
        members = may_join & (draw < joins)
        candidates = _partners(plan, network, said.matching, members, max(0, start), days, relations)
        relations, found = _merged(relations, candidates)
    return Alliance(
        may_join=may_join, draw=draw, joins=joins, by_benefit=by_benefit, start=start, fee=said.fee_share,
        pool_share=pooled.share if pooled else 0.0, pool_most=pooled.most_per_event if pooled else 0.0,
        pool=_pools(firms, slots, may_join, _areas(days, value("alliance_pool_reach_days"))),
        informs=said.shared_information,
        information=value("alliance_information"), final_weight=value("access_final_weight"),
        found=found,
        cover=said.guarantee.cover if said.guarantee else 0.0,
        endowment=said.guarantee.fund_usd if said.guarantee else 0.0,
        leverage=value("alliance_fund_leverage"),
        prior=value("alliance_avoided_prior"), hysteresis=value("alliance_hysteresis"),
        memory=value("alliance_memory_days"),
        matches=bool((found >= 0).any()),
        cells=_cells(firms),
    ), relations  # fmt: skip


def _days_between(plan: Plan, network: Network) -> Floats:
    """Days on the way (region, region)."""
    regions = plan.closure.regions
    return np.array([[network.transit_days(a, b) for b in regions] for a in regions])


def _areas(days: Floats, reach: float) -> Ints:
    """Area (region,) of each region: regions all of which lie within reach of each other, first come."""
    near = np.maximum(days, days.T) <= reach
    area = np.full(len(days), -1)
    for region in range(len(days)):
        for number in range(region + 1):
            members = np.flatnonzero(area[:region] == number)
            if near[region, members].all():  # nobody yet: an area of its own
                area[region] = number
                break
    return area


def _pools(firms: Firms, slots: Slots, may_join: Bools, area: Ints) -> Ints:
    """Pool (slot,) of makers' inputs: one good, one stage of the loop, one area; -1 for other slots."""
    firm = slots.firm
    chosen = (slots.role == Role.INPUT) & (firms.kind[firm] == Kind.CONVERT) & may_join[firm]
    key = np.stack([slots.good, slots.node, area[firms.region[firm]]], axis=1)
    pool = np.full(len(slots), -1)
    if chosen.any():
        pool[chosen] = np.unique(key[chosen], axis=0, return_inverse=True)[1].reshape(-1)
    return pool


def _partners(
    plan: Plan,
    network: Network,
    matching: Matching,
    members: Bools,
    start: int,
    days: Floats,
    known: Relations,
) -> Relations:
    """New relations for recovered material between members, each with the instant from which it may be used.

    A buyer meets partners at random times at the alliance's rate; recyclers are met in proportion to what
    they recover; who trades already stays as they are.
    """
    closure = plan.closure
    horizon = closure.n_months * MINUTES_PER_MONTH
    left = max(0, horizon - start) / MINUTES_PER_DAY
    wait = closure.value("qualification_days") * matching.qualification_factor
    n_slots = len(network.firm)
    refined = {plan.good_code[plan.sectors.refined[m]]: m for m in closure.materials}
    source, target, ready = ([np.zeros(0, dtype=np.int64)] for _ in range(3))
    for code, material in refined.items():
        mine = (network.good == code) & members[network.firm]
        sells = mine & (network.role == Role.OUTPUT) & (network.kind == Kind.RECYCLE) & (network.base > 0)
        buys = mine & (network.role == Role.INPUT) & (network.kind == Kind.CONVERT)
        sellers, buyers = np.flatnonzero(sells), np.flatnonzero(buys)
        if not len(sellers) or not len(buyers):
            continue
        rng = closure.draws("alliance partners", material)
        count = rng.poisson(matching.partners_per_year * left / DAYS_PER_YEAR, len(buyers))
        n = int(count.sum())
        when = start / MINUTES_PER_DAY + rng.random(n) * left + wait
        weight = np.cumsum(network.base[sellers] / network.base[sellers].sum())
        drawn = np.searchsorted(weight, rng.random(n)).clip(max=len(sellers) - 1)
        source.append(sellers[drawn])
        target.append(np.repeat(buyers, count))
        ready.append(np.round(when * MINUTES_PER_DAY).astype(np.int64))
    sources, targets, instants = (np.concatenate(part) for part in (source, target, ready))
    early = np.argsort(instants, kind="stable")
    sources, targets, instants = sources[early], targets[early], instants[early]
    pair = sources * n_slots + targets
    new = np.zeros(len(pair), dtype=bool)
    new[np.unique(pair, return_index=True)[1]] = True
    new &= ~np.isin(pair, known.source * n_slots + known.target)
    sources, targets, instants = sources[new], targets[new], instants[new]
    way = days[network.region[sources], network.region[targets]]
    lead = np.maximum(1, np.round(way * MINUTES_PER_DAY)).astype(np.int64)
    mode = np.full(len(sources), int(Mode.OFFER))
    return Relations(sources, targets, np.zeros(len(sources)), lead, mode, instants)


def _merged(known: Relations, added: Relations) -> tuple[Relations, Ints]:
    """All relations in the order of a network, and the instant at which those added may be used (else -1)."""
    names = ("source", "target", "flow", "lead", "mode", "ready")
    parts = {name: np.concatenate([getattr(known, name), getattr(added, name)]) for name in names}
    found = np.concatenate([np.full(len(known), -1), added.ready])
    rank = np.lexsort((parts["ready"], parts["target"], parts["source"]))
    return Relations(**{name: part[rank] for name, part in parts.items()}), found[rank]


def _cells(firms: Firms) -> Ints:
    """Cells (level, firm) of firms alike: of one size class and sector, process, stage."""
    levels = [
        np.unique(np.stack([level, firms.size]), axis=1, return_inverse=True)[1].reshape(-1)
        for level in (firms.sector, firms.process, firms.stage)
    ]
    return np.where(firms.size >= 0, np.stack(levels), -1)
