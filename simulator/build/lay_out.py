"""Agents and slots of a world as arrays, each slot with the origin mix of the base year."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from simulator.build.agents import Agents, SlotList, draw_agents
from simulator.build.plan import Plan
from simulator.build.sectors import Sector
from simulator.terms import NODES, SIZES
from simulator.world.base_year import stand_for
from simulator.world.state import (
    DAYS_PER_YEAR,
    Bools,
    Firms,
    Floats,
    Ints,
    Kind,
    Relations,
    Role,
    Slots,
    sums,
)

NODE = {name: code for code, name in enumerate(NODES)}


def lay_agents(plan: Plan) -> tuple[Agents, Ints]:
    """Agents laid out by tier, kind, rhythm, process and region, and the batch of each."""
    code = plan.process_code

    def key(index: int) -> tuple[int, ...]:
        item = plan.items[index]
        return (
            plan.tier(index),
            int(item.kind),
            *plan.rhythm(item.process, item.stage),
            code[item.process],
            item.region,
        )

    order = sorted(range(len(plan.items)), key=key)
    agents = draw_agents(plan.closure, plan.sectors, order)
    keys = [key(i)[:4] for i in order]
    batch = np.zeros(len(plan.items), dtype=np.int64)
    batch[order] = np.cumsum([0, *(int(a != b) for a, b in pairwise(keys))])
    return agents, batch[agents.sector]


def make_firms(plan: Plan, agents: Agents) -> Firms:
    """Agents as arrays."""
    items, closure = plan.items, plan.closure
    sector = agents.sector
    rows = [closure.processes.get(item.process) for item in items]
    utilisation = np.array([float(row["base_utilisation"]) if row else 1.0 for row in rows])[sector]
    overtime = np.array([float(row["overtime"]) if row else 0.0 for row in rows])[sector]
    cover_in, cover_out = _covers(plan, agents)
    rhythm = np.array([plan.rhythm(item.process, item.stage) for item in items])[sector]
    prefix = [f"{closure.regions[item.region]}-{item.process}-" for item in items]
    enterprises, persons = _people(plan, agents)
    code = plan.process_code
    return Firms(
        process=np.array([code[item.process] for item in items])[sector],
        region=np.array([item.region for item in items])[sector],
        stage=np.array([plan.stage_code.get(item.stage, -1) for item in items])[sector],
        size=agents.size,
        sector=sector,
        kind=np.array([int(item.kind) for item in items])[sector],
        tier=np.array([plan.tier(i) for i in range(len(items))])[sector],
        review=rhythm[:, 0],
        phase=rhythm[:, 1],
        base_rate=agents.rate,
        capacity=agents.rate / utilisation,
        overtime=overtime,
        utilisation=utilisation,
        cover_in=cover_in,
        cover_out=cover_out,
        enterprises=enterprises,
        persons=persons,
        name=tuple(
            f"{prefix[i]}{n:02d}" for i, n in zip(sector.tolist(), agents.number.tolist(), strict=True)
        ),
    )


def _covers(plan: Plan, agents: Agents) -> tuple[Floats, Floats]:
    """Days (firm,) of inputs and of own goods that firms aim at: by size class, or as the world says."""
    closure = plan.closure
    rows = [closure.tables["covers"].one(size=size) for size in SIZES]
    inputs = np.array([float(row["input_cover_days"]) for row in rows] + [0.0])[agents.size]
    outputs = np.array([float(row["output_cover_days"]) for row in rows] + [0.0])[agents.size]
    given = closure.world.cover_days
    for i, item in enumerate(plan.items if given else []):
        stated = given.get(item.process) or given.get(item.stage)
        if stated is not None and stated.input is not None:
            inputs[agents.sector == i] = stated.input
        if stated is not None and stated.output is not None:
            outputs[agents.sector == i] = stated.output
    return inputs, outputs


def _people(plan: Plan, agents: Agents) -> tuple[Floats, Floats]:
    """Enterprises that each agent stands for and persons who work in them.

    Persons = value of the material in the output x value-added share / productivity of the size class: work
    on the material itself, not on the rest of the product.
    """
    closure = plan.closure
    price = np.array(
        [float(closure.tables["materials"].one(material=m)["price_usd_per_t"]) for m in closure.materials]
    )
    items, sector, size = plan.items, agents.sector, agents.size
    per_person = np.array(
        [float(closure.tables["productivity"].one(size=s)["value_added_usd_per_person"]) for s in SIZES]
    )
    share, per_enterprise = np.zeros(len(items)), np.ones((len(items), len(SIZES)))
    for stage in plan.stage_code:
        here = [i for i, item in enumerate(items) if item.stage == stage]
        if here:
            share[here] = float(closure.tables["labour"].one(stage=stage)["value_added_share"])
            classes = [closure.tables["size_classes"].one(stage=stage, size=s) for s in SIZES]
            per_enterprise[here] = [float(row["persons_per_enterprise"]) for row in classes]
    whole = np.array([_value(plan, item, price) for item in items])
    rate = np.array([item.rate for item in items])
    value = whole[sector] * agents.rate / rate[sector] * DAYS_PER_YEAR
    return stand_for(value * share[sector], per_person[size], per_enterprise[sector, size])


def _value(plan: Plan, item: Sector, price: Floats) -> float:
    """Value [USD/d] of the material in a sector's output."""
    total = 0.0
    for good, flow in item.gives.items():
        total += flow * float(plan.content(good) @ price)
    return total


@dataclass(frozen=True)
class Layout:
    """Slots of a world and the codes they refer to.

    Attributes
    ----------
    slots : Slots
    mix : (slot, material, origin) float [t/unit]
        Content of one unit in the base year.
    recipes : dict of (process, good) to int
        Rows of `Paths.recipe`.
    treatments : dict of (process, good, region) to int
        Rows of `Paths.recovery_yield`.
    """

    slots: Slots
    mix: Floats
    recipes: dict[tuple[str, str], int]
    treatments: dict[tuple[str, str, int], int]


def make_slots(plan: Plan, agents: Agents, slots: SlotList, relations: Relations) -> Layout:
    """Slots as arrays; base flows are those of the relations, and firms' base output with them."""
    closure = plan.closure
    firm, good, role = slots.firm, slots.good, slots.role
    sector = agents.sector[firm]
    kind = np.array([int(item.kind) for item in plan.items])[sector]
    node = np.array([NODE[item.stage] for item in plan.items])[sector]
    material_of = {
        g: closure.materials.index(m) for g, m in plan.sectors.material_of.items() if g in plan.goods
    }
    material = np.array([material_of.get(g, -1) for g in plan.goods])[good]
    recipes: dict[tuple[str, str], int] = {}
    treatments: dict[tuple[str, str, int], int] = {}
    recipe, treatment = np.full(len(firm), -1), np.full(len(firm), -1)
    is_input = role == Role.INPUT
    for i, same in _alike(sector, good, np.flatnonzero(is_input)):
        item, name = plan.items[sector[i]], plan.goods[good[i]]
        if item.kind == Kind.CONVERT:
            recipe[same] = recipes.setdefault((item.process, name), len(recipes))
        elif item.kind == Kind.RECYCLE:
            treatment[same] = treatments.setdefault((item.process, name, item.region), len(treatments))
    base = sums(relations.source, relations.flow, len(firm))
    base[is_input] = sums(relations.target, relations.flow, len(firm))[is_input]
    follows = np.isin(kind, (Kind.SOURCE, Kind.CONVERT, Kind.BY_PRODUCT, Kind.HOLDER))
    outputs = np.flatnonzero((role == Role.OUTPUT) & follows)
    agents.rate[firm[outputs]] = base[outputs]
    array = Slots(
        firm=firm,
        good=good,
        role=role,
        recipe=recipe,
        treatment=treatment,
        material=material,
        node=node,
        base=base,
    )
    return Layout(array, _origins(plan, agents, array, relations), recipes, treatments)


def _alike(sector: Ints, good: Ints, slots: Ints) -> list[tuple[int, Ints]]:
    """Slots of one good in one sector, with the first of them, in the order in which they appear."""
    key = sector[slots] * (int(good.max()) + 1) + good[slots]
    order = np.argsort(key, kind="stable")
    cuts = np.flatnonzero(np.diff(key[order])) + 1
    groups = [slots[group] for group in np.split(order, cuts) if len(group)]
    return sorted(((int(group[0]), group) for group in groups), key=lambda pair: pair[0])


def _carried(target: Ints, weight: Floats, source: Ints, mix: Floats, n: int) -> Floats:
    """Sum (n, material, origin) over pairs of weight x what the source holds, by target."""
    wide = mix.reshape(len(mix), -1)
    pairs = sparse.csr_array((weight, (target, source)), shape=(n, len(mix)))
    return np.asarray(pairs @ wide).reshape(n, *mix.shape[1:])


def _origins(plan: Plan, agents: Agents, slots: Slots, relations: Relations) -> Floats:
    """Content by origin (slot, material, origin) [t/unit] in the base year, passed down tier by tier."""
    n = len(slots)
    sector = agents.sector[slots.firm]
    kind = np.array([int(item.kind) for item in plan.items])[sector]
    tier = np.array([plan.tier(i) for i in range(len(plan.items))])[sector]
    base = np.array([plan.content(g) for g in plan.goods])[slots.good]
    mix = np.zeros((n, base.shape[1], 3))
    mix[:, :, 0] = base
    mix[kind == Kind.COLLECT] = mix[kind == Kind.COLLECT][:, :, [1, 0, 2]]
    _recycled_origins(plan, mix, agents, slots, kind, base)
    flow = sums(relations.target, relations.flow, n)
    for level in range(int(tier.max()) + 1):
        taking = (
            (slots.role == Role.INPUT)
            & np.isin(kind, (Kind.CONVERT, Kind.USER, Kind.HOLDER))
            & (tier == level)
        )
        edges = np.flatnonzero(taking[relations.target] & (relations.flow > 0))
        inflow = _carried(relations.target[edges], relations.flow[edges], relations.source[edges], mix, n)
        got = taking & (flow > 0)
        mix[got] = inflow[got] / flow[got, None, None]
        if (got & (kind == Kind.CONVERT)).any():
            _make_origins(plan, mix, agents, slots, got & (kind == Kind.CONVERT), flow)
    return mix


def _make_origins(plan: Plan, mix: Floats, agents: Agents, slots: Slots, got: Bools, flow: Floats) -> None:
    """Output and scrap of converting firms carry the mix of their inputs."""
    taken = _carried(slots.firm[got], flow[got], np.flatnonzero(got), mix, len(agents.sector))
    fed = np.unique(slots.firm[got])
    stated = plan.sectors.refining_yield
    good = np.ones(len(plan.items))
    for i in np.unique(agents.sector[fed]):
        name = plan.items[i].process
        good[i] = stated.get(name, plan.closure.process_yield(name))
    good = good[agents.sector[fed]]
    per_unit = np.zeros_like(taken)
    per_unit[fed] = taken[fed] * good[:, None, None] / agents.rate[fed, None, None]
    outputs = (slots.role != Role.INPUT) & np.isin(slots.firm, fed)
    mix[outputs] = per_unit[slots.firm[outputs]]


def _recycled_origins(
    plan: Plan, mix: Floats, agents: Agents, slots: Slots, kind: Ints, base: Floats
) -> None:
    """Recyclers' output: old scrap from products, new scrap from makers."""
    closure, sector = plan.closure, agents.sector[slots.firm]
    feeds = np.flatnonzero((kind == Kind.RECYCLE) & (slots.role == Role.INPUT))
    share = np.zeros((len(slots), len(closure.materials)))
    for i, same in _alike(sector, slots.good, feeds):
        process, good = plan.items[sector[i]].process, plan.goods[slots.good[i]]
        share[same] = [closure.recycling_yield(process, good, m) for m in closure.materials]
    is_new = np.array([good.startswith("scrap_") for good in plan.goods])[slots.good]
    outputs = np.flatnonzero((kind == Kind.RECYCLE) & (slots.role == Role.OUTPUT))
    mix[outputs] = 0.0
    for m in np.unique(slots.material[outputs]):
        made = outputs[slots.material[outputs] == m]
        got = np.zeros((len(made), 3))
        for origin, chosen in ((1, feeds[~is_new[feeds]]), (2, feeds[is_new[feeds]])):
            gained = slots.base[chosen] * base[chosen, m] * share[chosen, m]
            got[:, origin] = sums(slots.firm[chosen], gained, len(agents.sector))[slots.firm[made]]
        whole = got.sum(axis=1, keepdims=True)
        mix[made, m] = np.divide(got, whole, out=np.tile([0.0, 1.0, 0.0], (len(made), 1)), where=whole > 0)
