"""Agents and slots of a world as arrays, each slot with the origin mix of the base year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.build.agents import Agents, SlotList, draw_agents
from simulator.build.plan import Plan
from simulator.build.sectors import Sector
from simulator.terms import NODES, SIZES
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
    keys = [key(i)[:4] for i in agents.sector]
    batch = np.cumsum([0, *(int(a != b) for a, b in zip(keys[1:], keys[:-1], strict=True))])
    return agents, batch


def make_firms(plan: Plan, agents: Agents) -> Firms:
    """Agents as arrays."""
    items, closure = plan.items, plan.closure
    mine = [items[i] for i in agents.sector]
    rows = [closure.processes.get(item.process) for item in mine]
    utilisation = np.array([float(row["base_utilisation"]) if row else 1.0 for row in rows])
    overtime = np.array([float(row["overtime"]) if row else 0.0 for row in rows])
    cover = [closure.tables["covers"].one(size=size) for size in SIZES]
    cover_in = np.array([float(row["input_cover_days"]) for row in cover] + [0.0])[agents.size]
    cover_out = np.array([float(row["output_cover_days"]) for row in cover] + [0.0])[agents.size]
    rhythm = np.array([plan.rhythm(item.process, item.stage) for item in mine])
    enterprises, persons = _people(plan, agents)
    code = plan.process_code
    return Firms(
        process=np.array([code[item.process] for item in mine]),
        region=np.array([item.region for item in mine]),
        stage=np.array([plan.stage_code.get(item.stage, -1) for item in mine]),
        size=agents.size,
        sector=agents.sector,
        kind=np.array([int(item.kind) for item in mine]),
        tier=np.array([plan.tier(i) for i in agents.sector]),
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
            f"{closure.regions[x.region]}-{x.process}-{n:02d}"
            for x, n in zip(mine, agents.number, strict=True)
        ),
    )


def _people(plan: Plan, agents: Agents) -> tuple[Floats, Floats]:
    """Enterprises that each agent stands for and persons who work in them.

    Persons = value of the material in the output x value-added share / productivity of the size class: work
    on the material itself, not on the rest of the product.
    """
    closure = plan.closure
    price = np.array(
        [float(closure.tables["materials"].one(material=m)["price_usd_per_t"]) for m in closure.materials]
    )
    enterprises, persons = np.zeros(len(agents.sector)), np.zeros(len(agents.sector))
    per_person = np.array(
        [float(closure.tables["productivity"].one(size=s)["value_added_usd_per_person"]) for s in SIZES]
    )
    for i in range(len(agents.sector)):
        item = plan.items[agents.sector[i]]
        if item.stage not in plan.stage_code:
            continue
        share = float(closure.tables["labour"].one(stage=item.stage)["value_added_share"])
        value = _value(plan, item, price) * agents.rate[i] / item.rate * DAYS_PER_YEAR
        size = agents.size[i]
        persons[i] = value * share / per_person[size]
        row = closure.tables["size_classes"].one(stage=item.stage, size=SIZES[size])
        enterprises[i] = persons[i] / float(row["persons_per_enterprise"])
    return enterprises, persons


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
    firm, good = np.array(slots.firm), np.array(slots.good)
    role = np.array(slots.role)
    items = [plan.items[agents.sector[i]] for i in firm]
    material = np.array(
        [
            closure.materials.index(plan.sectors.material_of[g]) if g in plan.sectors.material_of else -1
            for g in good
        ]
    )
    recipes: dict[tuple[str, str], int] = {}
    treatments: dict[tuple[str, str, int], int] = {}
    recipe, treatment = np.full(len(firm), -1), np.full(len(firm), -1)
    for i, item in enumerate(items):
        if role[i] != Role.INPUT:
            continue
        if item.kind == Kind.CONVERT:
            recipe[i] = recipes.setdefault((item.process, good[i]), len(recipes))
        elif item.kind == Kind.RECYCLE:
            treatment[i] = treatments.setdefault((item.process, good[i], item.region), len(treatments))
    base = sums(relations.source, relations.flow, len(firm))
    is_input = role == Role.INPUT
    base[is_input] = sums(relations.target, relations.flow, len(firm))[is_input]
    follows = np.isin(
        [int(item.kind) for item in items], (Kind.SOURCE, Kind.CONVERT, Kind.BY_PRODUCT, Kind.HOLDER)
    )
    outputs = np.flatnonzero((role == Role.OUTPUT) & follows)
    agents.rate[firm[outputs]] = base[outputs]
    array = Slots(
        firm=firm,
        good=np.array([plan.good_code[g] for g in good]),
        role=role,
        recipe=recipe,
        treatment=treatment,
        material=material,
        node=np.array([NODE[item.stage] for item in items]),
        base=base,
    )
    return Layout(array, _origins(plan, agents, array, relations, good), recipes, treatments)


def _origins(plan: Plan, agents: Agents, slots: Slots, relations: Relations, good: Ints) -> Floats:
    """Content by origin (slot, material, origin) [t/unit] in the base year, passed down tier by tier."""
    n = len(slots)
    kind = np.array([int(plan.items[i].kind) for i in agents.sector])[slots.firm]
    tier = np.array([plan.tier(i) for i in agents.sector])[slots.firm]
    contents = {g: plan.content(g) for g in set(good)}
    base = np.array([contents[g] for g in good])
    mix = np.zeros((n, base.shape[1], 3))
    mix[:, :, 0] = base
    mix[kind == Kind.COLLECT] = mix[kind == Kind.COLLECT][:, :, [1, 0, 2]]
    _recycled_origins(plan, mix, agents, slots, kind, good, base)
    flow = sums(relations.target, relations.flow, n)
    for level in range(int(tier.max()) + 1):
        taking = (
            (slots.role == Role.INPUT)
            & np.isin(kind, (Kind.CONVERT, Kind.USER, Kind.HOLDER))
            & (tier == level)
        )
        edges = np.flatnonzero(taking[relations.target] & (relations.flow > 0))
        inflow = np.zeros_like(mix)
        np.add.at(
            inflow,
            relations.target[edges],
            relations.flow[edges, None, None] * mix[relations.source[edges]],
        )
        got = taking & (flow > 0)
        mix[got] = inflow[got] / flow[got, None, None]
        if (got & (kind == Kind.CONVERT)).any():
            _make_origins(plan, mix, agents, slots, got & (kind == Kind.CONVERT), flow)
    return mix


def _make_origins(plan: Plan, mix: Floats, agents: Agents, slots: Slots, got: Bools, flow: Floats) -> None:
    """Output and scrap of converting firms carry the mix of their inputs."""
    taken = np.zeros((len(agents.sector), *mix.shape[1:]))
    np.add.at(taken, slots.firm[got], flow[got, None, None] * mix[got])
    fed = np.unique(slots.firm[got])
    process = [plan.items[i].process for i in agents.sector[fed]]
    stated = plan.sectors.refining_yield
    good = np.array([stated.get(name, plan.closure.process_yield(name)) for name in process])
    per_unit = np.zeros_like(taken)
    per_unit[fed] = taken[fed] * good[:, None, None] / agents.rate[fed, None, None]
    outputs = (slots.role != Role.INPUT) & np.isin(slots.firm, fed)
    mix[outputs] = per_unit[slots.firm[outputs]]


def _recycled_origins(
    plan: Plan, mix: Floats, agents: Agents, slots: Slots, kind: Ints, good: Ints, base: Floats
) -> None:
    """Recyclers' output: old scrap from products, new scrap from makers."""
    closure = plan.closure
    feeds: dict[int, list[int]] = {}
    for i in np.flatnonzero((kind == Kind.RECYCLE) & (slots.role == Role.INPUT)):
        feeds.setdefault(int(slots.firm[i]), []).append(int(i))
    for i in np.flatnonzero((kind == Kind.RECYCLE) & (slots.role == Role.OUTPUT)):
        m = slots.material[i]
        process = plan.items[agents.sector[slots.firm[i]]].process
        got = np.zeros(3)
        for k in feeds[int(slots.firm[i])]:
            share = closure.recycling_yield(process, str(good[k]), closure.materials[m])
            got[2 if good[k].startswith("scrap_") else 1] += slots.base[k] * base[k, m] * share
        mix[i] = 0.0
        mix[i, m] = got / got.sum()
