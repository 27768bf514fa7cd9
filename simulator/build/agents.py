"""Agents of a world drawn in their sectors, and the slots they have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.build.closure import Closure
from simulator.build.sectors import Sector, Sectors
from simulator.terms import FIRM_STAGES, SIZES
from simulator.world.base_year import draw_firms, split_agents
from simulator.world.state import Floats, Ints, Role


@dataclass(frozen=True)
class Agents:
    """Agents of all sectors, sorted as the engine needs them.

    Attributes
    ----------
    sector, size : (firm,) int
        Size -1 outside industry.
    rate : (firm,) float [unit/d]
    enterprise_share : (stage, size) float [1]
    """

    sector: Ints
    size: Ints
    rate: Floats
    number: Ints


def draw_agents(closure: Closure, sectors: Sectors, order: list[int]) -> Agents:
    """Draw the agents of every sector.

    Parameters
    ----------
    closure : Closure
    sectors : Sectors
    order : list of int
        Sectors in the order in which their firms are laid out.
    """
    items = sectors.items
    count = np.ones(len(items), dtype=np.int64)
    for stage in FIRM_STAGES:
        mine = [i for i, s in enumerate(items) if s.stage == stage]
        if mine:
            count[mine] = split_agents(getattr(closure.world.agents, stage), [items[i].weight for i in mine])
            least = [closure.world.agents.least.get(closure.regions[items[i].region], 1) for i in mine]
            count[mine] = np.maximum(count[mine], least)
    sigma = closure.value("lognormal_size_sigma")
    structure = {
        stage: [closure.tables["size_classes"].one(stage=stage, size=size) for size in SIZES]
        for stage in {s.stage for s in items} & set(FIRM_STAGES)
    }
    sector, size, rate, number = [], [], [], []
    for i in order:
        item = items[i]
        if item.stage in structure:
            rows = structure[item.stage]
            rng = closure.draws("firms", item.process, closure.regions[item.region])
            output = [float(r["output_share"]) for r in rows]
            enterprises = [float(r["enterprise_share"]) for r in rows]
            sizes, rates = draw_firms(rng, int(count[i]), item.rate, output, enterprises, sigma)
        else:
            sizes, rates = np.array([-1]), np.array([item.rate])
        sector.append(np.full(len(rates), i))
        size.append(sizes)
        rate.append(rates)
        number.append(np.arange(1, len(rates) + 1))
    return Agents(np.concatenate(sector), np.concatenate(size), np.concatenate(rate), np.concatenate(number))


@dataclass(frozen=True)
class SlotList:
    """Slots before their base flows are known.

    Attributes
    ----------
    firm, role : (slot,) int
    good : (slot,) int
        Position in the goods of the chain.
    base : (slot,) float [unit/d]
        As drawn.
    """

    firm: Ints
    good: Ints
    role: Ints
    base: Floats


def lay_slots(sectors: Sectors, agents: Agents, batch_of_firm: Ints) -> SlotList:
    """Slots of all firms: per batch inputs, then outputs, then scrap."""
    code = {good: i for i, good in enumerate(sectors.chain.goods)}
    share = agents.rate / np.array([item.rate for item in sectors.items])[agents.sector]
    starts = np.flatnonzero(np.r_[True, agents.sector[1:] != agents.sector[:-1]])
    ends = np.r_[starts[1:], len(agents.sector)]
    firms, goods, roles, flows = [], [], [], []
    for batch in range(int(batch_of_firm.max()) + 1):
        sectors_here = np.flatnonzero(batch_of_firm[starts] == batch)
        for role in Role:
            for run in sectors_here:
                members = np.arange(starts[run], ends[run])
                has = _goods(sectors.items[agents.sector[starts[run]]], role)
                firms.append(np.repeat(members, len(has)))
                goods.append(np.tile(np.array([code[good] for good in has], dtype=np.int64), len(members)))
                roles.append(np.full(len(members) * len(has), int(role)))
                flows.append((share[members, None] * np.array([*has.values()])).ravel())
    return SlotList(*(np.concatenate(part) for part in (firms, goods, roles, flows)))


def _goods(item: Sector, role: Role) -> dict[str, float]:
    if role == Role.INPUT:
        return item.takes
    is_scrap = role == Role.SCRAP
    return {g: f for g, f in item.gives.items() if g.startswith("scrap_") == is_scrap}
