"""One world of a given size in a process of its own, so that its peak of memory is its own. Prints JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator.build import build
from simulator.run.member import Member
from simulator.scenario import load
from simulator.scenario import tables as inputs
from simulator.terms import FIRM_STAGES
from simulator.world.state import MINUTES_PER_MONTH

MEGABYTE = 1024 * 1024
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def peak() -> float:
    """Largest resident memory [MB] of this process so far; `ru_maxrss` may count its parent's too."""
    status = Path("/proc/self/status")
    if status.exists():
        found = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM:"))
        return int(found.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT / MEGABYTE


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of an action and what it gives."""
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def settings(name: str, agents: int, end: str) -> list[str]:
    """Settings that give a shipped scenario another number of agents (0: as shipped) and another end."""
    world = load(name).world
    whole = sum(getattr(world.agents, stage) for stage in FIRM_STAGES)
    out = [f"period.end={end}"]
    if agents:
        out += [f"world.agents.{s}={round(agents * getattr(world.agents, s) / whole)}" for s in FIRM_STAGES]
    return out


def measure(name: str, agents: int, end: str, repeats: int, sets: list[str]) -> dict[str, float]:
    """Build and run; times are the best of the repeats, memory is the peak after all."""
    data = inputs.load()
    checked = load(name, inputs=data.folder, sets=[*settings(name, agents, end), *sets])
    empty = peak()
    building, built = timed(lambda: build(checked, data))
    world = built.blueprint
    after = peak()
    runs = []
    for _ in range(repeats):
        wall = time.perf_counter()
        setting_up, member = timed(lambda: Member(world))
        running, _ = timed(member.run)
        runs.append((setting_up + running, setting_up, running, time.perf_counter() - wall))
    engine, setting_up, running, wall = min(runs)
    firms = world.firms
    mine = firms.size >= 0
    reviews = float((world.n_months * MINUTES_PER_MONTH // firms.review[mine]).sum())
    return {
        "materials": world.n_materials, "months": world.n_months, "firms": int(mine.sum()),
        "relations": len(world.relations), "slots": len(world.slots), "reviews": reviews, "build": building,
        "setup": setting_up, "run": running, "engine": engine, "wall": wall,
        "empty_mb": empty, "build_mb": after, "peak_mb": peak(),
    }  # fmt: skip


if __name__ == "__main__":
    scenario, n, until, times, *more = sys.argv[1:]
    print(json.dumps(measure(scenario, int(n), until, int(times), more)))
