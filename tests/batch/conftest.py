"""A small world on disk, and an engine that counts its runs."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import xarray as xr

import simulator.run
from simulator import results
from simulator.batch import gather
from simulator.batch.cells import Batch, plan_batch
from tests.fixtures import worlds

SHORT = "period.end=2025-01-01"


@pytest.fixture(scope="session")
def inputs(tmp_path_factory) -> Path:
    """Tables of the paper world with the shipped value of every rule that they do not state."""
    folder = tmp_path_factory.mktemp("paper") / "inputs"
    shutil.copytree(worlds.PAPER / "inputs", folder)
    table = worlds.paper_tables()["assumptions"]
    names = [column.name for column in table.schema.columns]
    with (folder / "assumptions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        for row in table.rows:
            writer.writerow({name: "" if row.get(name) is None else row[name] for name in names})
    return folder


@pytest.fixture
def batch(inputs, tmp_path) -> Callable[..., Batch]:
    """A batch of scenarios of the paper world over one year, in a folder of the test."""

    def make(*names: str, out: str = "out", sets=(SHORT,), **more) -> Batch:
        sources = [str(worlds.PAPER / f"{name}.yaml") for name in names or ("growth",)]
        return plan_batch(sources, tmp_path / out, inputs=inputs, sets=sets, **more)

    return make


@pytest.fixture
def engine(monkeypatch):
    """The engine replaced: one cached run, larger by the member's number; counts, and fails when told."""
    real = worlds.paper("growth", SHORT)
    seen = SimpleNamespace(runs=[], failing=set())

    def run(scenario, tables, *, progress=None, member=0):
        seen.runs.append((scenario.name, member))
        if (scenario.name, member) in seen.failing:
            raise seen.error
        found = real.copy(deep=True)
        for name in ("content_demanded", "content_delivered", "jobs"):
            found[name] = found[name] * (1.0 + 0.01 * member)
        return found

    seen.error = RuntimeError("it broke")
    monkeypatch.setattr(simulator.run, "run", run)
    return seen


@pytest.fixture
def gathered_quickly(monkeypatch):
    """Outcomes alone are gathered; `test_gather` is about all of it."""

    def reduced(paths, members):
        each = [results.read_netcdf(path) for path in paths]
        return xr.concat([one[["outcome_value"]] for one in each], "member").assign_attrs(each[0].attrs)

    monkeypatch.setattr(gather, "reduced", reduced)


def files(folder: Path, suffix: str = ".nc") -> dict[str, bytes]:
    """Bytes of all files with an ending, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob(f"*{suffix}"))
    }
