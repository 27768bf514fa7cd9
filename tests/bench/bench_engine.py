"""How long one member of the shipped world takes, and where the time goes.

Nothing is asserted about time; the number of clock events with twice the agents is printed beside the
number with the shipped agents, since it may not grow with them.
"""

from __future__ import annotations

import functools
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from simulator import build as room
from simulator.run import goods, member, orders, record, state, usage
from simulator.scenario import load
from simulator.scenario import tables as inputs
from simulator.scenario.tables import Tables
from simulator.terms import FIRM_STAGES

SCENARIO = "reference"
PERIODS = {192: "2040-01-01", 204: "2041-01-01"}
"""Model months and the end that gives them; the scenario starts with 2024."""

REPEATS = 3

PARTS: dict[str, Sequence[tuple[Any, str]]] = {
    "offers": ((orders, "make_offers"),),
    "orders": ((orders, "order_outside"), (orders, "order_batch")),
    "make": ((goods, "make_batch"),),
    "ship": ((goods, "ship_tier"), (goods, "give_up"), (goods, "drop_unsold")),
    "arrivals": ((state.State, "arrive"),),
    "use": ((usage.Usage, "step"),),
    "record": ((record.Recorder, "close"),),
}
"""Functions whose time is a part; none of them calls another one. What they leave is the clock's."""


@dataclass(frozen=True)
class Engine:
    """What one world took.

    Attributes
    ----------
    months, firms, relations, events : int
    build, run, cpu : float [s]
        Wall time of building; wall and processor time of the run, the best of a few.
    """

    months: int
    firms: int
    relations: int
    events: int
    build: float
    run: float
    cpu: float


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Text of a table: the first column to the left, numbers to the right."""
    lines = [head, *rows]
    width = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = [
        "  ".join(
            cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(line, width, strict=True))
        )
        for line in lines
    ]
    return "\n".join([title, text[0], "-" * len(text[0]), *text[1:]])


def scenario(months: int, agents: int = 1) -> list[str]:
    """Settings of a length in months and a multiple of the shipped agents."""
    shipped = load(SCENARIO).world.agents
    settings = [f"period.end={PERIODS[months]}"]
    if agents > 1:
        settings += [f"world.agents.{stage}={agents * getattr(shipped, stage)}" for stage in FIRM_STAGES]
    return settings


def seconds(action: Callable[[], Any]) -> tuple[float, Any]:
    """Wall time of an action and what it gives."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def engine(data: Tables, months: int, agents: int = 1, repeats: int = REPEATS) -> Engine:
    """Build a world once and run it a few times."""
    checked = load(SCENARIO, inputs=data.folder, sets=scenario(months, agents))
    spent, built = seconds(lambda: room.build(checked, data))
    best = cpu = float("inf")
    events = 0
    for _ in range(repeats):
        before = time.process_time()
        took, events = seconds(lambda: once(built.blueprint))
        best, cpu = min(best, took), min(cpu, time.process_time() - before)
    world = built.blueprint
    return Engine(world.n_months, len(world.firms), len(world.relations), events, spent, best, cpu)


def once(blueprint: Any) -> int:
    """One run, its state set up included; gives the number of events."""
    one = member.Member(blueprint)
    one.run()
    return one.clock.n_events


@contextmanager
def watched(parts: dict[str, Sequence[tuple[Any, str]]]) -> Iterator[dict[str, list[float]]]:
    """Calls and seconds of each part while the block runs."""
    spent: dict[str, list[float]] = {name: [0, 0.0] for name in parts}
    kept = [(owner, name, getattr(owner, name)) for part in parts.values() for owner, name in part]

    def watch(function: Callable[..., Any], total: list[float]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                total[0] += 1
                total[1] += time.perf_counter() - start

        return timed

    try:
        for part, members in parts.items():
            for owner, name in members:
                setattr(owner, name, watch(getattr(owner, name), spent[part]))
        yield spent
    finally:
        for owner, name, function in kept:
            setattr(owner, name, function)


def parts(data: Tables, months: int) -> tuple[float, float, dict[str, list[float]]]:
    """Seconds of a run, of its setting up, and calls and seconds of each part."""
    checked = load(SCENARIO, inputs=data.folder, sets=scenario(months))
    blueprint = room.build(checked, data).blueprint
    with watched(PARTS) as spent:
        set_up, one = seconds(lambda: member.Member(blueprint))
        running, _ = seconds(one.run)
    return running + set_up, set_up, spent


def peak_megabytes() -> float:
    """Largest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def tables() -> Iterator[str]:
    """Measure and give one table after the other."""
    reading, data = seconds(inputs.load)
    runs = [engine(data, months) for months in PERIODS]
    yield table(
        f"One member of {SCENARIO} ({platform.python_implementation()} {platform.python_version()},"
        f" tables read in {reading:.2f} s, best run of {REPEATS})",
        ("months", "build s", "engine s", "cpu s", "ms a month", "firms", "relations", "events"),
        [
            (
                str(r.months), f"{r.build:.2f}", f"{r.run:.2f}", f"{r.cpu:.2f}",
                f"{1000 * r.run / r.months:.1f}", f"{r.firms:,}", f"{r.relations:,}", f"{r.events:,}",
            )
            for r in runs
        ],
    )  # fmt: skip
    whole, set_up, spent = parts(data, 192)
    rows = [("set up", "1", f"{set_up:.3f}", f"{set_up / whole:.0%}")]
    rows += [(name, f"{n:,.0f}", f"{took:.3f}", f"{took / whole:.0%}") for name, (n, took) in spent.items()]
    rest = whole - set_up - sum(took for _, took in spent.values())
    rows.append(("clock and the rest", "", f"{rest:.3f}", f"{rest / whole:.0%}"))
    rows.append(("all", "", f"{whole:.3f}", "100%"))
    yield table("Where the time goes, 192 months", ("part", "calls", "s", "share"), rows)
    yield f"Peak memory of the process with the shipped agents: {peak_megabytes():.0f} MB"
    twice = engine(data, 192, agents=2, repeats=1)
    yield table(
        "Events and agents, 192 months",
        ("agents", "firms", "relations", "events", "engine s"),
        [
            (name, f"{r.firms:,}", f"{r.relations:,}", f"{r.events:,}", f"{r.run:.2f}")
            for name, r in (("as shipped", runs[0]), ("twice", twice))
        ],
    )
