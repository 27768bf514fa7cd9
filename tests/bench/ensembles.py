"""Many members: what a batch costs beside its runs, what a second process saves, what memory it takes."""

from __future__ import annotations

import os
import pickle
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import simulator.run as room
from simulator.batch.cells import plan_batch
from simulator.batch.drive import tasks_of
from simulator.batch.member import run_member
from tests.bench.figures import Figure, at_most, plain
from tests.bench.peers import REPOSITORY

GIGABYTE = 1e9
SCENARIO = "energy_transition"
UNIT = 1 if sys.platform == "darwin" else 1024


def overhead(n: int = 6, sets: tuple[str, ...] = ()) -> tuple[float, float]:
    """Processor seconds of a member: all around its run, and the run itself; medians without the first."""
    inner: list[float] = []
    real = room.run

    def timed(*args: Any, **more: Any) -> Any:
        start = time.process_time()
        found = real(*args, **more)
        inner.append(time.process_time() - start)
        return found

    room.run = timed
    try:
        with tempfile.TemporaryDirectory() as folder:
            batch = plan_batch([SCENARIO], Path(folder), members=n, sets=sets)
            around = []
            for task in tasks_of(batch, batch.cells[0], range(n)):
                start = time.process_time()
                made = run_member(pickle.loads(pickle.dumps(task.work)))
                task.write(pickle.loads(pickle.dumps(made)))
                assert task.is_done()
                around.append(time.process_time() - start - inner[-1])
    finally:
        room.run = real
    return statistics.median(around[1:]), statistics.median(inner[1:])


def batch_of(n: int, workers: int, sets: tuple[str, ...] = ()) -> tuple[float, float]:
    """Seconds on the clock of a batch as typed, and the largest memory [B] of any of its processes."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "simulator.cli", "batch", SCENARIO, "--quiet", "--out", folder]
        words += ["--members", str(n), "--workers", str(workers)]
        words += [word for each in sets for word in ("--set", each)]
        start = time.perf_counter()
        subprocess.run(words, check=True, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
        took = time.perf_counter() - start
    return took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * UNIT


def figures(n: int = 24, sets: tuple[str, ...] = ()) -> list[Figure]:
    """Lines to print; the more members, the less the start of the processes counts."""
    around, run = overhead(sets=sets)
    one, _ = batch_of(n, 1, sets)
    two, memory = batch_of(n, 2, sets)
    return [
        plain(f"{SCENARIO}: a member, its base year built anew", f"{run:.2f} s"),
        at_most("all around it: drawing, reducing, packing, writing", 1000 * around, 10.0, "ms"),
        at_most(f"{n} members: two processes over one, on the clock", two / one, 0.6, "x"),
        at_most(f"{n} members, two processes: over members × one member's time", two / (n * run), 0.6, "x"),
        at_most("memory of its largest process", memory / GIGABYTE, 2.0, "GB"),
    ]
