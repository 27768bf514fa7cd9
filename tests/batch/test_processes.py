"""Processes change nothing but the time: the same bytes for any number, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from simulator.batch import drive, evaluate, pool, store, verify
from simulator.batch.cells import plan_batch
from simulator.errors import InputError
from simulator.scenario import load
from tests.batch.conftest import SHORT, files
from tests.batch.tasks import double
from tests.fixtures.worlds import PAPER

N = 4


def test_tasks_in_processes_survive_whoever_is_killed(tmp_path):
    kinds = ["", "killed once", "", "fails", "killed", ""]
    tasks = [(kind, i, tmp_path) for i, kind in enumerate(kinds)]
    told = set()
    ends = dict(pool.each(double, enumerate(tasks), n_processes=2, told=lambda i, what: told.add((i, what))))
    assert {i: ends[i] for i in (0, 1, 2, 5)} == {0: 0, 1: 2, 2: 4, 5: 10}
    assert isinstance(ends[3], ValueError)
    assert "ended with code -9" in str(ends[4])
    assert {(i, i) for i in (0, 2, 3, 5)} <= told


def test_the_same_here_without_processes(tmp_path):
    tasks = [("", 1, tmp_path), ("fails", 2, tmp_path), ("", 3, tmp_path)]
    ends = dict(pool.spread(double, tasks, 3))
    assert (ends[0], ends[2]) == (2, 6) and isinstance(ends[1], ValueError)
    assert dict(pool.spread(double, [], 0)) == {}


def test_processes_are_chosen_only_where_they_pay(monkeypatch):
    chosen = []

    def each(function, tasks, *, n_processes, told):
        chosen.append(n_processes)
        yield from ((i, function(task, None)) for i, task in tasks)

    monkeypatch.setattr(pool, "each", each)
    monkeypatch.setattr(pool, "cores", lambda: 4)
    clock = iter([0.0, 0.01, 0.0, 3.0])
    monkeypatch.setattr(pool.time, "perf_counter", lambda: next(clock))
    assert len(dict(pool.spread(lambda task, _: task, range(20), 20))) == 20
    assert len(dict(pool.spread(lambda task, _: task, range(20), 20))) == 20
    assert chosen == [1, 1, 1, 4]


@pytest.fixture(scope="module")
def one(inputs, tmp_path_factory):
    """Bytes of a batch made in this process."""
    batch = plan_batch(
        [str(PAPER / "growth.yaml")], tmp_path_factory.mktemp("one"), inputs=inputs, sets=[SHORT], members=N
    )
    assert drive.run_batch(batch, workers=1).failures == []
    return batch


@pytest.mark.slow
def test_four_workers_give_the_same_bytes(one, batch):  # two do below
    planned = batch(members=N)
    done = drive.run_batch(planned, workers=4)
    assert (done.n_made, done.failures) == (N, [])
    assert files(planned.out) == files(one.out)


def typed(inputs, out, *more):
    return [
        *(sys.executable, "-m", "simulator.cli", "batch", str(PAPER / "growth.yaml"), "--members", str(N)),
        *("--inputs", str(inputs), "--set", SHORT, "--out", str(out), *more),
    ]


@pytest.mark.slow
def test_killed_and_resumed_gives_the_same_bytes_and_two_at_once_are_refused(one, inputs, tmp_path):
    out = tmp_path / "out"
    command = typed(inputs, out, "--workers", "2", "--quiet")
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not list(out.glob("growth/members/0*.nc")) and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    if process.poll() is None:
        other = subprocess.run(command, capture_output=True, text=True)
        if process.poll() is None:
            assert other.returncode == 2 and f"process {process.pid}" in other.stderr, other.stderr
    if process.poll() is None:  # a very fast machine may have been done
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    there = {path: path.stat().st_mtime_ns for path in out.glob("growth/members/0*.nc")}
    assert there
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert files(out) == files(one.out)
    assert all(path.stat().st_mtime_ns == when for path, when in there.items())
    assert not list(out.rglob("*.part"))


# Made again and compared.


@pytest.fixture
def copied(one, tmp_path):
    """The batch of this module in a folder that a test may damage."""
    import shutil

    shutil.copytree(one.out, tmp_path / "copy")
    return tmp_path / "copy"


def test_members_made_again_have_the_same_bytes(copied, tmp_path):
    assert verify.runs_in("copy", tmp_path) == [copied / "growth"]
    found = verify.verify(copied / "growth", members=2, workers=1)
    assert (found.n_files, found.differing) == (2, ())


def test_a_changed_member_is_told(copied):
    path = store.member_path(copied / "growth", 1)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    store.member_path(copied / "growth", 0).write_bytes(b"nothing")
    found = verify.verify(copied / "growth", members=2, workers=1)
    assert len(found.differing) == 2
    assert "members/00000.nc" in found.differing[0] and "members/00001.nc" in found.differing[1]


def test_other_tables_or_code_say_nothing_about_bytes(copied, monkeypatch):
    path = copied / "growth" / drive.CELL_FILE
    path.write_text(path.read_text().replace('"code_hash": "', '"code_hash": "x'))
    with pytest.raises(InputError, match="the code that made the run"):
        verify.verify(copied / "growth", workers=1)
    with pytest.raises(InputError, match="the tables that made the run"):
        from simulator.scenario.tables import shipped

        verify.verify(copied / "growth", inputs=shipped("inputs"), workers=1)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"scenario": 3}', "\x00"])
def test_a_damaged_record_is_told(copied, text):
    (copied / "growth" / drive.CELL_FILE).write_text(text)
    with pytest.raises(InputError):
        verify.verify(copied / "growth", workers=1)


def test_an_unknown_run_is_told(tmp_path):
    with pytest.raises(InputError, match="the folder of a run"):
        verify.runs_in("nowhere", tmp_path)


# Given values of factors.


def test_evaluate_runs_at_given_values_and_only_once(inputs, tmp_path):
    from simulator.scenario.tables import load as load_tables

    tables = load_tables(inputs)
    scenario = load(str(PAPER / "growth.yaml"), tables=tables, sets=[SHORT])
    points = [{}, {"assumptions.tau_level_days": 20.0}, {"assumptions.nothing": 1.0}]
    found = evaluate.evaluate(scenario, tables, points, tmp_path, workers=1)
    assert found.values.shape == (3, len(found.outcomes))
    import numpy as np

    assert np.isfinite(found.values[:2]).any(axis=1).all() and np.isnan(found.values[2]).all()
    (failure,) = found.failures
    assert failure.member == 2 and "nothing" in failure.reason
    before = files(tmp_path)
    again = evaluate.evaluate(scenario, tables, points[:2], tmp_path, workers=1)
    np.testing.assert_array_equal(again.values, found.values[:2])
    assert files(tmp_path) == before
