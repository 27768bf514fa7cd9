"""The chain of a world: which goods and processes it has, and at which tier each process stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.build.closure import Closure
from simulator.world.state import Kind

if TYPE_CHECKING:
    from simulator.scenario.tables import Row


@dataclass(frozen=True)
class Chain:
    """Goods and processes of a world, all from tables.

    Attributes
    ----------
    processes, goods, products : list of str
        In the order of the tables.
    kind : dict of str to Kind
        By process.
    inputs : dict of str to list of str
        Goods by process, in the order of the table.
    outputs : dict of str to list of str
        Goods made; recyclers have one refined good per material.
    host : dict of str to str
        By-product process to the process that bounds it.
    tier : dict of str to int
        Topological level of each process; final users stand above all.
    """

    processes: list[str]
    goods: list[str]
    products: list[str]
    kind: dict[str, Kind]
    inputs: dict[str, list[str]]
    outputs: dict[str, list[str]]
    host: dict[str, str]
    tier: dict[str, int]

    @property
    def user_tier(self) -> int:
        """Tier of final users."""
        return max(self.tier.values()) + 1


def build_chain(closure: Closure) -> Chain:
    """Chain of the processes that serve a world's products and materials.

    Parameters
    ----------
    closure : Closure

    Returns
    -------
    Chain
    """
    tables = closure.tables
    goods_of = {str(row["good"]): row for row in tables["goods"]}
    products = list(closure.products)
    wanted = set(products) | {part for p in closure.products.values() for part in p.components}
    wanted |= {g for g, row in goods_of.items() if row["material"] in closure.materials}
    wanted |= {
        g for g, row in goods_of.items() if row["kind"] == "end_of_life" and row["product"] in products
    }
    wanted |= {g for g, row in goods_of.items() if row["kind"] == "new_scrap" and row["product"] in wanted}
    host = {str(row["process"]): str(row["host"]) for row in tables["by_products"]}
    inputs: dict[str, list[str]] = {}
    for row in tables["process_inputs"]:
        inputs.setdefault(str(row["process"]), []).append(str(row["input"]))
    processes, kind, outputs = [], {}, {}
    for name, row in closure.processes.items():
        mine = [good for good in inputs.get(name, []) if good in wanted]
        if row["stage"] == "recycling":
            if not mine:
                continue
            kind[name] = Kind.RECYCLE
            outputs[name] = _recovered(closure, name, mine, goods_of)
        elif row["output"] in wanted:
            kind[name] = _kind(str(row["stage"]), name, host)
            outputs[name] = [str(row["output"])]
        else:
            continue
        processes.append(name)
        inputs[name] = [good for good in mine if _is_needed(closure, name, good, goods_of)]
        if kind[name] == Kind.CONVERT and not inputs[name]:
            kind[name] = Kind.SOURCE
    tier = _tiers(processes, inputs, outputs, host, kind)
    goods = [g for g in goods_of if g in wanted]
    return Chain(
        processes, goods, products, kind, {p: inputs.get(p, []) for p in processes}, outputs, host, tier
    )


def _kind(stage: str, name: str, host: dict[str, str]) -> Kind:
    if stage == "collection":
        return Kind.COLLECT
    return Kind.BY_PRODUCT if name in host else Kind.CONVERT


def _recovered(closure: Closure, process: str, inputs: list[str], goods: dict[str, Row]) -> list[str]:
    """Refined goods of the materials that a recycler gets out of its inputs."""
    got = {
        str(r["material"])
        for r in closure.tables["recycling_yields"].where(process=process)
        if r["good"] in inputs
    }
    by_material = {str(row["material"]): name for name, row in goods.items() if row["kind"] == "refined"}
    return [by_material[m] for m in closure.materials if m in got]


def _is_needed(closure: Closure, process: str, good: str, goods: dict[str, Row]) -> bool:
    """Whether a process takes a good in this world: refined material only if its product contains it."""
    row = goods[good]
    if row["kind"] not in ("refined", "ore") or closure.processes[process]["stage"] == "processing":
        return True
    return any(p.taker.get(str(row["material"])) == process for p in closure.products.values())


def _tiers(
    processes: list[str],
    inputs: dict[str, list[str]],
    outputs: dict[str, list[str]],
    host: dict[str, str],
    kind: dict[str, Kind],
) -> dict[str, int]:
    """Longest path from the ground or from collectors; all makers of one good share a tier."""
    makers: dict[str, list[str]] = {}
    for name in processes:
        for good in outputs[name]:
            makers.setdefault(good, []).append(name)
    tier = dict.fromkeys(processes, 0)
    for _ in range(len(processes) + 2):
        before = dict(tier)
        for name in processes:
            level = tier[name]
            for good in inputs.get(name, []):
                # scrap comes from makers downstream and waits at recyclers: it does not order the chain
                if good in makers and not (
                    kind[name] == Kind.RECYCLE and not _is_collected(good, makers, kind)
                ):
                    level = max(level, 1 + max(tier[maker] for maker in makers[good]))
            if name in host and host[name] in tier:
                level = max(level, 1 + tier[host[name]])
            for good in outputs[name]:
                level = max(level, *(tier[maker] for maker in makers[good]))
            tier[name] = level
        if tier == before:
            break
    return tier


def _is_collected(good: str, makers: dict[str, list[str]], kind: dict[str, Kind]) -> bool:
    return any(kind[maker] == Kind.COLLECT for maker in makers.get(good, []))
