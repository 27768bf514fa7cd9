"""Every bench, one after the other: `make bench`, or `python tests/bench`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import bench_engine

BENCHES = (bench_engine,)
"""Modules with a function `tables()` that measures and gives the tables to print."""


def main() -> int:
    for bench in BENCHES:
        for table in bench.tables():
            print(table, end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
