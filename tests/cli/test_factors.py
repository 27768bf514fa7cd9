"""`loopcast factors` as typed."""

from __future__ import annotations

import csv

from simulator.ensemble import Ensemble
from simulator.scenario import load
from simulator.scenario.factors import undrawn
from tests.cli.test_check import loopcast  # noqa: F401 - a fixture
from tests.fixtures.worlds import battery_tables


def test_numbers_are_told_and_draws_written(loopcast, tmp_path):  # noqa: F811
    path = tmp_path / "draws.csv"
    done = loopcast("factors", "reference", "--members", 4, "--out", path)
    assert (done.returncode, done.stderr) == (0, "")
    ensemble = Ensemble.of(load("reference", tables=battery_tables()), battery_tables(), 4)
    for factor in ensemble.factors:
        assert factor.name in done.stdout
    assert f"{len(ensemble.factors)} numbers, 4 members, sampling sobol, seed 1" in done.stdout
    left_out = undrawn(ensemble.scenario, ensemble.tables)
    assert f"{len(left_out)} declared numbers not drawn" in done.stdout
    for each in left_out:
        start = f"not drawn, {each.reason}: "
        (line,) = [line for line in done.stdout.splitlines() if line.startswith(start)]
        assert each.name in line
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["member", *ensemble.names]
    assert [[float(cell) for cell in row[1:]] for row in rows[1:]] == ensemble.values.tolist()


def test_what_cannot_be_is_told(loopcast, tmp_path):  # noqa: F811
    done = loopcast("factors", "reference", "--members", 0)
    assert done.returncode == 2 and "a whole number >= 1" in done.stderr
    done = loopcast("factors", "reference", "--members", 2, "--out", tmp_path / "no" / "where.csv")
    assert done.returncode == 2 and "a file that can be written" in done.stderr
