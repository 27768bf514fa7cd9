"""Suppliers that buyers qualify because a policy makes them: second sources, recyclers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulator.build.network import Network
from simulator.build.plan import Plan
from simulator.build.policy_rates import fits
from simulator.build.policy_values import limit_values, mandate_values
from simulator.world.state import (
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    Bools,
    Firms,
    Ints,
    Kind,
    Mode,
    Relations,
    Role,
    sums,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MAKERS = (Kind.SOURCE, Kind.CONVERT, Kind.BY_PRODUCT)


class Found(NamedTuple):
    """A supplier that a buyer qualifies.

    Attributes
    ----------
    policy, source, target : int
        Place of the policy, slots.
    mode : Mode
    ready : int [min]
    """

    policy: int
    source: int
    target: int
    mode: Mode
    ready: int


def add_sources(
    plan: Plan, network: Network, firms: Firms, relations: Relations
) -> tuple[Relations, dict[int, Ints]]:
    """Relations with those that policies add.

    Parameters
    ----------
    plan : Plan
    network : Network
    firms : Firms
    relations : Relations

    Returns
    -------
    Relations
        The same object where nothing is added.
    dict of int to (source, 2) int
        Slots of what each policy adds.
    """
    found: list[Found] = []
    for place, said in enumerate(plan.scenario.policies):
        if said.kind == "diversification" and said.sources:
            found += _second_sources(plan, network, firms, relations, place, said)
        elif said.kind == "recycled_content" and said.sources:
            found += _recyclers(plan, network, firms, relations, place, said)
    known = set(zip(relations.source.tolist(), relations.target.tolist(), strict=True))
    new: dict[tuple[int, int], Found] = {}
    for each in found:
        if (each.source, each.target) not in known:
            new.setdefault((each.source, each.target), each)
    if not new:
        return relations, {}
    pairs: dict[int, list[tuple[int, int]]] = {}
    for pair, each in new.items():
        pairs.setdefault(each.policy, []).append(pair)
    return _joined(network, relations, list(new.values())), {
        place: np.array(some, dtype=np.int64) for place, some in pairs.items()
    }


def _joined(network: Network, known: Relations, new: list[Found]) -> Relations:
    """All relations in the order of a network."""
    source = np.array([each.source for each in new], dtype=np.int64)
    target = np.array([each.target for each in new], dtype=np.int64)
    added = Relations(
        source, target, np.zeros(len(new)), network.lead(source, target),
        np.array([int(each.mode) for each in new]), np.array([each.ready for each in new], dtype=np.int64),
    )  # fmt: skip
    names = ("source", "target", "flow", "lead", "mode", "ready")
    parts = {name: np.concatenate([getattr(known, name), getattr(added, name)]) for name in names}
    rank = np.lexsort((parts["ready"], parts["target"], parts["source"]))
    return Relations(**{name: part[rank] for name, part in parts.items()})


def covered_goods(plan: Plan, said: Any) -> Bools:
    """Goods (good,) that a policy means: ore and refined; without materials named, components too."""
    kinds = ("ore", "refined") if said.material else ("ore", "refined", "component")
    rows = [plan.closure.goods[good] for good in plan.goods]
    named = [not said.material or str(row["material"]) in said.material for row in rows]
    return np.array([row["kind"] in kinds and is_named for row, is_named in zip(rows, named, strict=True)])


def covered_regions(plan: Plan, said: Any) -> Bools:
    """Regions (region,) that a policy means."""
    return np.array([fits(said, region=region) for region in plan.closure.regions])


def product_of_process(plan: Plan) -> Ints:
    """Product (process,) that each process works for, itself or through a component; -1 for none."""
    names = list(plan.closure.products)
    out = np.full(len(plan.processes), -1, dtype=np.int64)
    for i, process in enumerate(plan.processes):
        row = plan.closure.processes.get(process)
        if row is not None and row["stage"] in ("component", "manufacturing"):
            out[i] = names.index(plan.sectors.product_of(process))
    return out


def _second_sources(
    plan: Plan, network: Network, firms: Firms, relations: Relations, place: int, said: Any
) -> Iterator[Found]:
    """One supplier elsewhere for each buyer that depends on one foreign region alone."""
    most = limit_values(plan.closure, said)
    if not (most < 1.0).any():
        return
    days = plan.closure.value("qualification_days")
    wait = days if said.qualification_days is None else said.qualification_days
    ready = int(np.argmax(most < 1.0)) * MINUTES_PER_MONTH + round(wait * MINUTES_PER_DAY)
    n, region = len(plan.closure.regions), network.region
    covers = (network.role == Role.INPUT) & (network.kind == Kind.CONVERT)
    covers &= covered_goods(plan, said)[network.good] & covered_regions(plan, said)[region]
    code = relations.target * n + region[relations.source]
    flow = sums(code, relations.flow, len(network.firm) * n).reshape(-1, n)
    sells = (network.role == Role.OUTPUT) & np.isin(network.kind, MAKERS) & (network.base > 0)
    for slot in np.flatnonzero(covers & ((flow > 0).sum(axis=1) == 1)).tolist():
        only = int(flow[slot].argmax())
        if only == region[slot]:
            continue
        others = np.flatnonzero(sells & (network.good == network.good[slot]) & (region != only))
        if len(others):
            chosen = _drawn(plan, network, firms, others, slot, "second source")
            yield Found(place, chosen, slot, Mode.PULL, ready)


def _recyclers(
    plan: Plan, network: Network, firms: Firms, relations: Relations, place: int, said: Any
) -> Iterator[Found]:
    """One recycler for each maker that knows none of the material; qualified when the mandate begins."""
    product, region = product_of_process(plan), network.region
    names = list(plan.closure.products)
    makes = np.array([p >= 0 and fits(said, product=names[p]) for p in product])
    of_recycler = network.kind[relations.source] == Kind.RECYCLE
    knows = np.zeros(len(network.firm), dtype=bool)
    knows[relations.target[of_recycler & (relations.ready <= 0)]] = True
    buys = (network.role == Role.INPUT) & (network.kind == Kind.CONVERT) & ~knows
    buys &= makes[firms.process[network.firm]] & covered_regions(plan, said)[region]
    sells = (network.role == Role.OUTPUT) & (network.kind == Kind.RECYCLE)
    for material, least in mandate_values(plan.closure, said).items():
        if not least.any():
            continue
        good = plan.good_code[plan.sectors.refined[material]]
        ready = int(np.argmax(least > 0)) * MINUTES_PER_MONTH
        recyclers = np.flatnonzero(sells & (network.good == good))
        for slot in np.flatnonzero(buys & (network.good == good)).tolist() if len(recyclers) else ():
            near = recyclers[region[recyclers] == region[slot]]
            chosen = _drawn(plan, network, firms, near if len(near) else recyclers, slot, "recycler")
            yield Found(place, chosen, slot, Mode.OFFER, ready)


def _drawn(plan: Plan, network: Network, firms: Firms, among: Ints, slot: int, what: str) -> int:
    """A supplier, drawn by base output from a stream of the buyer's own."""
    weight = network.base[among]
    weight = np.cumsum(weight if weight.any() else np.ones(len(among)))
    name, good = firms.name[int(network.firm[slot])], plan.goods[int(network.good[slot])]
    pick = plan.closure.draws(what, name, good).random() * weight[-1]
    return int(among[min(int(np.searchsorted(weight, pick)), len(among) - 1)])
