"""How long one waits for the first letter: help beside that of a bare typer program, and a check."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from tests.bench import peers
from tests.bench.figures import Figure, at_most, plain

BARE = """import typer
app = typer.Typer()
@app.command()
def run(scenario: str, seed: int = 1):
    "Run a scenario."
@app.command()
def check(scenario: str):
    "Check a scenario."
app()
"""
OURS = "from simulator.cli import main; main()"


def clock(words: list[str]) -> float:
    """Seconds on the clock of one process."""
    env = {**os.environ, "PYTHONPATH": str(peers.REPOSITORY), **peers.ONE_THREAD}
    start = time.perf_counter()
    subprocess.run(
        [peers.here(), *words], check=True, capture_output=True, env=env, cwd=tempfile.gettempdir()
    )
    return time.perf_counter() - start


def figures(repeats: int = 9) -> list[Figure]:
    """Lines to print: programs take turns, medians count."""
    with tempfile.TemporaryDirectory() as folder:
        bare, ours = Path(folder) / "bare.py", Path(folder) / "ours.py"
        bare.write_text(BARE)
        ours.write_text(OURS)
        words = ([str(bare), "--help"], [str(ours), "--help"], [str(ours), "check", "reference"])
        for each in words:
            clock(each)  # fills the caches of files and of compiled modules
        times = [[clock(each) for each in words] for _ in range(repeats)]
    typer, helped, checked = (statistics.median(column) for column in zip(*times, strict=True))
    return [
        plain("a bare typer program --help", f"{typer:.2f} s"),
        plain("loopcast --help", f"{helped:.2f} s"),
        at_most("loopcast --help / a bare typer program", helped / typer, 1.3, "x"),
        at_most("loopcast check reference", checked, 0.5, "s"),
    ]
