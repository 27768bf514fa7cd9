"""Agents of a world drawn in their sectors, and the slots they have."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from simulator.build.closure import Closure
from simulator.build.sectors import Sector, Sectors
from simulator.terms import FIRM_STAGES, SIZES
from simulator.world.base_year import draw_firms, split_agents
from simulator.world.state import Floats, Ints, Role


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """Random generator of one purpose: the same whatever else is drawn.

    Parameters
    ----------
    seed : int
    purpose : str
        What is drawn, and for which entity.
    """
    digest = hashlib.sha256("|".join(purpose).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


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
            rng = stream(closure.scenario.seed, "firms", item.process, closure.regions[item.region])
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


@dataclass
class SlotList:
    """Slots before they become arrays."""

    firm: list[int]
    good: list[str]
    role: list[int]
    base: list[float]


def lay_slots(sectors: Sectors, agents: Agents, batch_of_firm: Ints) -> SlotList:
    """Slots of all firms: per batch inputs, then outputs, then scrap."""
    slots = SlotList([], [], [], [])
    share = agents.rate / np.array([sectors.items[i].rate for i in agents.sector])
    for batch in range(int(batch_of_firm.max()) + 1):
        members = np.flatnonzero(batch_of_firm == batch)
        for role in Role:
            for firm in members:
                item = sectors.items[agents.sector[firm]]
                for good, flow in _goods(item, role).items():
                    slots.firm.append(int(firm))
                    slots.good.append(good)
                    slots.role.append(int(role))
                    slots.base.append(float(flow * share[firm]))
    return slots


def _goods(item: Sector, role: Role) -> dict[str, float]:
    if role == Role.INPUT:
        return item.takes
    is_scrap = role == Role.SCRAP
    return {g: f for g, f in item.gives.items() if g.startswith("scrap_") == is_scrap}
