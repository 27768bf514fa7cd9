"""A chain as other supply-chain libraries have it: suppliers that never run out, distributors, retailers.

Each retailer sells a fixed number of units a day and orders from its distributor, that one from its supplier,
both every day, two days away. Ours is a world put together by hand; the peer (in `peers`) is SupplyNetPy.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from simulator.run.member import Member
from simulator.terms import NODES
from simulator.world.state import (
    MINUTES_PER_DAY,
    Blueprint,
    Firms,
    Kind,
    Labels,
    Mode,
    Outages,
    Paths,
    Process,
    Relations,
    Role,
    Rules,
    Slots,
)
from simulator.world.use import Cohorts, UseStage
from tests.bench import peers
from tests.bench.figures import Figure, at_least, plain, processor_seconds

DAILY = 10.0
LEAD_DAYS = 2
DAYS_OF_MONTH = 30.4375
FOREVER = 1e9


def make_chain(n_nodes: int, n_months: int) -> Blueprint:
    """A third of the nodes each: suppliers, distributors, retailers; all customers are one final user."""
    m = n_nodes // 3
    stage_of = ("extraction", "processing", "manufacturing", "use")
    kinds = (Kind.SOURCE, Kind.CONVERT, Kind.CONVERT, Kind.USER)
    counts = np.array([m, m, m, 1])
    level = np.repeat(np.arange(4), counts)
    base = np.array([DAILY, DAILY, DAILY, DAILY * m])[level]
    n = len(level)
    firms = Firms(
        process=level, region=np.zeros(n, int), stage=np.array([0, 1, 3, -1])[level],
        size=np.where(level < 3, 0, -1), sector=level, tier=level,
        kind=np.array([int(k) for k in kinds])[level],
        review=np.full(n, MINUTES_PER_DAY), phase=np.zeros(n, int), base_rate=base, capacity=5 * base,
        overtime=np.zeros(n), utilisation=np.full(n, 0.2), cover_in=np.where(level < 3, 10.0, 0.0),
        cover_out=np.where(level < 3, 5.0, 0.0), enterprises=np.ones(n), persons=np.ones(n),
        name=tuple(f"{stage_of[i]}-{j}" for i, j in zip(level, range(n), strict=True)),
    )  # fmt: skip
    # slots by firm: suppliers have an output, distributors and retailers both, users an input
    tiers = np.arange(m)
    rows = [(tiers, 0, Role.OUTPUT)]
    for step in (1, 2):
        rows += [(step * m + tiers, step - 1, Role.INPUT), (step * m + tiers, step, Role.OUTPUT)]
    rows.append((np.array([3 * m]), 2, Role.INPUT))
    firm = np.concatenate([who for who, _, _ in rows])
    good = np.concatenate([np.full(len(who), what) for who, what, _ in rows])
    role = np.concatenate([np.full(len(who), int(part)) for who, _, part in rows])
    is_input = (role == Role.INPUT) & (level[firm] < 3)
    slots = Slots(
        firm=firm, good=good, role=role, recipe=np.where(is_input, 0, -1), treatment=np.full(len(firm), -1),
        material=np.where(good < 2, 0, -1), node=np.array([NODES.index(s) for s in stage_of])[level[firm]],
        base=base[firm],
    )  # fmt: skip
    last = np.full(m, 5 * m)
    source = np.concatenate([tiers, 2 * m + tiers, 4 * m + tiers])
    target = np.concatenate([m + tiers, 3 * m + tiers, last])
    lead = np.where(np.arange(3 * m) < 2 * m, LEAD_DAYS * MINUTES_PER_DAY, 1)
    relations = Relations(
        source, target, np.full(3 * m, DAILY), lead, np.full(3 * m, int(Mode.PULL)), np.zeros(3 * m, int)
    )
    return _around(m, n_months, firms, slots, relations)


def _around(m: int, t: int, firms: Firms, slots: Slots, relations: Relations) -> Blueprint:
    """All that a world needs beside its network: one material, one region, a product that lasts for ever."""
    empty = np.zeros(0, dtype=np.int64)
    mix = np.zeros((len(slots), 1, 3))
    mix[:, 0, 0] = 1.0
    steady = np.ones((t, 4))
    paths = Paths(
        capacity=steady, demand=np.full((t, 1), DAILY * m), stock_change=np.zeros((t, 0)),
        recipe=np.ones((t, 1)), normal=steady, host_share=np.zeros((t, 4)), collection=np.zeros((t, 1, 1)),
        routing=np.tile([0.0, 0.0, 1.0, 0.0], (t, 1, 1, 1)), recovery_yield=np.zeros((t, 1, 1)),
        new_scrap=np.ones((t, 3, 1)),
    )  # fmt: skip
    life = Cohorts(np.zeros((1, 0)), np.zeros((1, 0, 1)), np.zeros(1, int), np.ones(t))
    none = np.zeros((1, 1))
    use = UseStage(
        (life,), (None,), np.zeros(1), none, none[:, :, None], none, none[:, :, None],
        np.full((1, 4), 0.25), np.ones(1),
    )  # fmt: skip
    rules = Rules(
        tau_level=30.0, tau_trend=60.0, tau_damping=60.0, tau_order=10.0, switching=0.0, switching_floor=0.0,
        spot_reserve=0.0, patience=FOREVER, stock_cap=3.0, release=30.0, reserve_years=1.0,
        allocation="proportional", has_spot=False, has_switching=False, has_overtime=False, has_trend=False,
        end_of_life_frozen=False, tau_habit=FOREVER, notice=1.0,
    )  # fmt: skip
    labels = Labels(
        ("metal",), ("everywhere",), ("supply", "distribute", "retail", "use"), ("ore", "stock", "ware"),
        ("ware",), ("t",) * 3, ("t",), ("t",) * 4, ("extraction", "processing", "manufacturing", "use"),
        tuple((i, 0) for i in range(4)),
    )  # fmt: skip
    loss = NODES.index("manufacturing_loss")
    return Blueprint(
        n_materials=1, n_regions=1, n_goods=3, n_sectors=4, n_months=t, firms=firms, slots=slots,
        relations=relations, processes=Process(np.ones(4), np.zeros(4), np.full(4, loss)),
        paths=paths, use=use, rules=rules, outages=Outages(np.zeros((0, len(firms)))),
        origin_mix=mix, host_sector=np.full(4, -1), user_firm=np.array([3 * m]),
        user_product=np.zeros(1, int), user_region=np.zeros(1, int), user_slot=np.array([5 * m]),
        user_displaced=np.zeros(1), holder_slot=empty,
        outside_orders=np.arange(2 * m, 3 * m), collector_firm=empty,
        collector_slot=empty, collector_cell=empty, first_tier_slot=empty,
        refined_good=np.array([1]), good_product=np.full(3, -1),
        essential=np.zeros(3, dtype=bool), treatment_is_scrap=np.zeros(1, dtype=bool),
        stage_node=np.zeros(7, dtype=np.int64), product_content=np.ones((t, 1, 1)), start=date(2024, 1, 1),
        labels=labels,
    )  # fmt: skip


def sold_by_ours(world: Blueprint) -> float:
    """Units delivered in all model months."""
    return float(Member(world).run().series["delivered"].sum())


def sold_by_peer(python: Path | str, n_nodes: int, days: int) -> tuple[float, float]:
    """Processor seconds of the peer and units delivered."""
    got = peers.ask(python, peers.HERE / "supplynetpy_chain.py", n_nodes, days, DAILY, LEAD_DAYS)
    return got["seconds"], got["delivered"]


def assert_served(units: float, n_nodes: int, days: float) -> None:
    """Nobody goes short: a day's units times days, but for the first or the last day."""
    per_day = DAILY * (n_nodes // 3)
    assert abs(units / per_day - days) <= 1.5, f"{units / per_day:.1f} of {days} days were served"


def figures(python: Path | str, sizes: tuple[tuple[int, int], ...] = ((300, 12), (3000, 3))) -> list[Figure]:
    """Lines to print; sizes are nodes and months."""
    out = []
    for n, months in sizes:
        world, days = make_chain(n, months), round(months * DAYS_OF_MONTH)
        ours, units = processor_seconds(lambda world=world: sold_by_ours(world), repeats=3)
        assert_served(units, n, months * DAYS_OF_MONTH)
        theirs, units = sold_by_peer(python, n, days)
        assert_served(units, n, days)
        out.append(
            plain(f"chain of {n:,} nodes, {days} days: ours, SupplyNetPy", f"{ours:.2f}, {theirs:.2f} s")
        )
        name = f"chain of {n:,} nodes: SupplyNetPy / ours (same units sold)"
        target = at_least(name, theirs / ours, 10, "x")
        out.append(target if n == sizes[-1][0] else plain(name, target.figure))
    return out
