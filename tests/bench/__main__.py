"""Every bench, one after the other: `make bench`, or `python tests/bench`.

`python tests/bench NAME ...` runs some of them; `python tests/bench chart` draws docs/performance.svg anew.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from tests.bench import bench_engine, chain, cohorts, draw, ensembles, peers, rule, scale, start  # noqa: E402
from tests.bench.figures import Figure, lines  # noqa: E402

NAMES = ("engine", "rule", "scale", "chain", "cohorts", "shipped", "ensembles", "start")


def main(chosen: list[str]) -> int:
    """Run benches by name; all of them if none is named."""
    unknown = sorted(set(chosen) - {*NAMES, "chart"})
    if unknown:
        print(f"No bench {', '.join(unknown)}; there are {', '.join((*NAMES, 'chart'))}.", file=sys.stderr)
        return 2
    if "chart" in chosen:
        print(f"Wrote {draw.write()}")
        chosen = [name for name in chosen if name != "chart"]
        if not chosen:
            return 0
    wanted = chosen or list(NAMES)
    if "engine" in wanted:
        for table in bench_engine.tables():
            print(table, end="\n\n", flush=True)
    compare(wanted)
    return 0


def compare(wanted: list[str]) -> None:
    """Figures beside their targets; times are processor seconds unless a line says otherwise."""
    everything: list[Figure] = []

    def show(figures: list[Figure]) -> None:
        everything.extend(figures)
        print(lines(figures), flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if {"rule", "scale"} & set(wanted):
            figures, mesa = rule.figures(peers.environment(), folder)
            show(figures)
            if "scale" in wanted:
                show(scale.figures(mesa))
        if "chain" in wanted:
            show(chain.figures(peers.environment()))
        if "cohorts" in wanted:
            show(cohorts.figures(peers.environment(), folder))
        if "shipped" in wanted:
            show(scale.shipped())
        if "ensembles" in wanted:
            show(ensembles.figures())
        if "start" in wanted:
            show(start.figures())
    verdicts = [figure.verdict for figure in everything]
    print(f"\n{verdicts.count('met')} met, {verdicts.count('missed')} missed")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
