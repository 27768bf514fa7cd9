"""Products in use: our cohort stage beside flodym; same inflow and lifetimes, equal stocks and outflows."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from simulator.world.lifetime import hazard, survival_table
from simulator.world.use import by_cohort, retire
from tests.bench import peers
from tests.bench.figures import Figure, at_least, at_most, plain
from tests.bench.one_world import peak

TOLERANCE = 1e-6


def make_inflow(n_products: int, n_years: int, seed: int = 3) -> dict[str, np.ndarray]:
    """Inflow (year, product) and mean and spread (product,) of normal lifetimes."""
    rng = np.random.default_rng(seed)
    grows = np.exp(0.02 * np.arange(n_years))[:, None]
    mean = rng.uniform(8.0, 25.0, n_products)
    return {"inflow": grows * rng.lognormal(4.0, 0.5, (n_years, n_products)), "mean": mean, "sd": 0.3 * mean}


def by_engine(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Stock and outflow (year, product): live cohorts, one step a year."""
    inflow = given["inflow"]
    n, products = inflow.shape
    pairs = zip(given["mean"].tolist(), given["sd"].tolist(), strict=True)
    hazards = by_cohort(
        hazard(np.array([survival_table(n, "normal", m, s, entry="middle") for m, s in pairs]))
    )
    units = np.zeros((products, n))
    stock, outflow = np.empty_like(inflow), np.empty_like(inflow)
    for year in range(n):
        units[:, year] = inflow[year]
        outflow[year] = retire(units, hazards, year).sum(axis=1)
        stock[year] = units[:, : year + 1].sum(axis=1)
    return {"stock": stock, "outflow": outflow}


def main() -> None:
    """Run by itself, so that the peak of memory is this alone: a file of arrays in, a file and JSON out."""
    with np.load(sys.argv[1]) as found:
        given = dict(found)
    by_engine({"inflow": given["inflow"][:2], "mean": given["mean"], "sd": given["sd"]})  # first use of scipy
    before, spent, end = peak(), [], {}
    for _ in range(int(sys.argv[3])):
        start = time.process_time()
        end = by_engine(given)
        spent.append(time.process_time() - start)
    np.savez(sys.argv[2], **end)
    print(json.dumps({"seconds": float(np.median(spent)), "megabytes": peak() - before}))


def compare(
    python: Path | str, folder: Path, n_products: int, n_years: int, repeats: int
) -> list[dict[str, float]]:
    """Seconds and megabytes of ours and of flodym; equal results are asserted."""
    given = folder / "inflow.npz"
    np.savez(given, **make_inflow(n_products, n_years))
    ends = [folder / "ours.npz", folder / "theirs.npz"]
    ours = peers.ask(peers.here(), Path(__file__), given, ends[0], repeats, path=peers.REPOSITORY)
    theirs = peers.ask(python, peers.HERE / "flodym_cohorts.py", given, ends[1], repeats)
    with np.load(ends[0]) as one, np.load(ends[1]) as other:
        for name in ("stock", "outflow"):
            scale = np.abs(one[name]).max()
            np.testing.assert_allclose(other[name], one[name], rtol=TOLERANCE, atol=TOLERANCE * scale)
    return [ours, theirs]


def figures(python: Path | str, folder: Path, n_products: int = 1000, n_years: int = 100) -> list[Figure]:
    """Lines to print."""
    ours, theirs = compare(python, folder, n_products, n_years, repeats=5)
    name = f"{n_products:,} products x {n_years} cohorts"
    return [
        plain(f"{name}: ours, flodym", f"{1000 * ours['seconds']:.0f}, {1000 * theirs['seconds']:.0f} ms"),
        plain(f"{name}, memory: ours, flodym", f"{ours['megabytes']:.0f}, {theirs['megabytes']:.0f} MB"),
        at_least(f"{name}: flodym / ours (equal to 1e-6)", theirs["seconds"] / ours["seconds"], 10, "x"),
        at_most(f"{name}, memory: ours / flodym", ours["megabytes"] / theirs["megabytes"], 0.1, "x"),
    ]


if __name__ == "__main__":
    main()
