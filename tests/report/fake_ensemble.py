"""Made-up members beside made-up runs, gathered as a batch gathers them."""

from __future__ import annotations

import hashlib
import json
import tempfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from simulator import results
from simulator.batch import gather, store
from simulator.batch.compact import Layout, compact
from simulator.report import ensembles
from simulator.report.page import html
from simulator.results import StoredRun
from tests.report import fake

N = 8
WANTED = 100
OUTAGE = {"name": "cobalt_outage", "title": "A year without cobalt from the Congo", "outage": "cobalt"}
AGAIN = {"name": "again", "title": "The same again"}


def draws(n: int = N) -> np.ndarray:
    """Two uncertain numbers of each member, the same for all scenarios."""
    return np.random.default_rng(5).random((n, 2))


def member(ds, drawn):
    """A run in which less lithium and cobalt is delivered, and metal is dearer."""
    found = ds.copy()
    part = np.array([0.1, 0.2, 0.0, 0.0]) * drawn[0]
    for name in ("availability_final", "content_delivered"):
        found[name] = ds[name] * (1.0 - part)
    found["price"] = ds["price"] * (1.0 + drawn[1])
    return found


def run(folder: Path, *, name: str = "reference", **more) -> StoredRun:
    """A run that asks for members, as if it had been read from a folder, in which no result is."""
    ds = fake.dataset(name, **more)
    scenario = {"name": name, "outage": more.get("outage"), "seed": 1, "ensemble": {"members": WANTED}}
    key = hashlib.sha256(json.dumps(scenario).encode()).hexdigest()
    origin = {"content_key": key, "inputs_hash": ds.attrs["inputs_hash"], "code_hash": "cd" * 32}
    ds.attrs |= origin
    record = {"scenario": scenario, "seed": 1, "command": f"loopcast run {name}", **origin}
    return StoredRun(ds, record, folder / name)


def put(run: StoredRun, n: int = N, *, spread: float = 1.0, **attrs) -> list:
    """Members of a run into its folder, all gathered; gives the members' data sets."""
    members = [member(run.dataset, spread * drawn) for drawn in draws(n)]
    names = ("assumptions.tau_order_days", "demand.growth")
    kept = [
        compact(ds, dict(zip(names, drawn, strict=True))) for ds, drawn in zip(members, draws(n), strict=True)
    ]
    origin = {name: run.dataset.attrs[name] for name in ("content_key", "inputs_hash", "code_hash")}
    about = {"scenario": run.dataset.attrs["scenario"], "seed": 1, **origin}
    about["scenario_resolved"] = json.dumps(run.record["scenario"])
    layout = Layout.of(kept[0], about | attrs)
    paths = []
    for number, each in enumerate(kept):
        paths.append(store.member_path(run.folder, number))
        store.put(paths[-1], layout.filled(each, number))
    whole = gather.reduced(paths, range(n))
    (run.folder / gather.GATHERED_FILE).write_bytes(results.to_flat_netcdf(whole))
    return members


@cache
def three() -> SimpleNamespace:
    """A baseline, an outage and the baseline again, with members: runs, members, sides, their page."""
    with tempfile.TemporaryDirectory() as folder:
        parts = ({"name": "reference", "title": "Reference"}, OUTAGE, AGAIN)
        runs = [run(Path(folder) / str(i), years=4, economy=True, **part) for i, part in enumerate(parts)]
        members = [put(run) for run in runs]
        answers(runs)
        sides = [ensembles.beside(run) for run in runs]
        return SimpleNamespace(runs=runs, members=members, sides=sides, page=html(runs))


def answers(runs) -> None:
    """What `loopcast sensitivity` and `decide` would leave beside the first run."""
    outcome = "availability_final.cobalt.worst"
    swings = [
        {"outcome": outcome, "factor": name, "low": 30.0, "high": 365.0, "at_low": 0.9 - swing,
         "central": 0.9, "at_high": 0.9 + swing / 2, "swing": 1.5 * swing, "rank": rank}
        for rank, (name, swing) in enumerate((("assumptions.tau_order_days", 0.2), ("demand.growth", 0.1)), 1)
    ]  # fmt: skip
    names = [str(run.dataset.attrs["scenario"]) for run in runs]
    keys = {name: run.record["content_key"] for name, run in zip(names, runs, strict=True)}
    told = {"of": names[0], "content_key": keys[names[0]], "tornado": swings}
    (runs[0].folder / "tornado.json").write_text(json.dumps(told))
    regret = [
        {"outcome": outcome, "policy": name, "mean": 0.8, "worst": 0.7, "best": 0.9, "regret_max": 0.1 * rank,
         "regret_max_future": "member 3", "regret_mean": 0.04 * rank, "share_best": 0.5, "satisfied": None,
         "rank_regret_max": rank + 1, "rank_regret_mean": rank + 1, "rank_satisfied": 0}
        for rank, name in enumerate(names)
    ]  # fmt: skip
    chosen = {"scenarios": names, "content_keys": keys, "n_futures": {outcome: N}, "regret": regret}
    (runs[0].folder.parent / "decision.json").write_text(json.dumps(chosen))
