"""What is there is not run again; what is not whole is; a failure stops nothing else."""

from __future__ import annotations

import errno
import importlib
import json
import os
import shlex
import sys

import numpy as np
import pytest

from simulator import cli, results
from simulator.batch import cluster, drive, store
from simulator.batch.cells import plan_batch
from simulator.errors import InputError, LawBroken
from simulator.scenario import tables as tables_room
from tests.batch.conftest import SHORT, files
from tests.fixtures.worlds import PAPER

origin = importlib.import_module("simulator.results.provenance")


pytestmark = pytest.mark.usefixtures("gathered_quickly")


def run(batch, **more):
    return drive.run_batch(batch, workers=1, **more)


def test_the_same_command_repeats_nothing(batch, engine):
    first = run(batch(members=4))
    before = files(batch(members=4).out)
    assert (first.n_made, first.n_kept, first.failures) == (4, 0, [])
    assert engine.runs == [("growth", member) for member in range(4)]
    engine.runs.clear()
    second = run(batch(members=4))
    assert (second.n_made, second.n_kept) == (0, 4)
    assert engine.runs == []
    assert files(batch(members=4).out) == before


def test_finished_members_are_not_touched(batch, engine):
    run(batch(members=2))
    path = store.member_path(batch().out / "growth", 1)
    os.utime(path, ns=(1, 1))
    run(batch(members=3))
    assert path.stat().st_mtime_ns == 1
    assert engine.runs == [("growth", 0), ("growth", 1), ("growth", 2)]


def test_an_interrupted_batch_goes_on(batch, engine):
    planned = batch(members=5)

    def stop(done):
        if done.n_made == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(planned, told=stop)
    assert not list(planned.out.rglob("*.part"))
    assert not (planned.out / store.LOCK_FILE).exists()
    done = run(planned)
    assert done.n_kept >= 2
    assert sorted(engine.runs) == [("growth", member) for member in range(5)]
    whole = files(planned.out)
    fresh = batch(members=5, out="fresh")
    run(fresh)
    assert files(fresh.out) == whole


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "gone", "foreign"])
def test_a_damaged_member_is_made_again(batch, engine, damage):
    planned = batch(members=3)
    run(planned)
    before, path = files(planned.out), store.member_path(planned.out / "growth", 1)
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        middle = len(data) // 2
        changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        foreign = store.member_path(planned.out / "growth", 2).read_bytes()
        path.write_bytes({"cut": data[:middle], "changed": changed, "empty": b"", "foreign": foreign}[damage])
    engine.runs.clear()
    assert run(planned).n_made == 1
    assert engine.runs == [("growth", 1)]
    assert files(planned.out) == before


def test_a_damaged_gathered_file_is_made_again_without_a_run(batch, engine):
    planned = batch(members=2)
    run(planned)
    before, path = files(planned.out), planned.out / "growth" / "ensemble.nc"
    path.write_bytes(path.read_bytes()[:-40])
    engine.runs.clear()
    run(planned)
    assert engine.runs == [] and files(planned.out) == before


def test_a_changed_scenario_runs_anew_and_no_other(tmp_path, inputs, engine):
    for name in ("one", "two"):
        text = f"schema_version: 1\nextends: {PAPER / 'growth.yaml'}\nseed: 1\n"
        (tmp_path / f"{name}.yaml").write_text(text)

    def planned():
        sources = [str(tmp_path / f"{name}.yaml") for name in ("one", "two")]
        return plan_batch(sources, tmp_path / "out", inputs=inputs, sets=[SHORT], members=2)

    run(planned())
    engine.runs.clear()
    changed = (tmp_path / "two.yaml").read_text().replace("seed: 1", "seed: 2")
    (tmp_path / "two.yaml").write_text(changed)
    done = run(planned())
    assert engine.runs == [("two", 0), ("two", 1)]
    assert (done.n_kept, done.n_made) == (2, 2)


def test_changed_tables_run_anew(batch, engine, monkeypatch):
    run(batch(members=1))
    monkeypatch.setattr(tables_room.Tables, "hash", "0" * 64)
    assert run(batch(members=1)).n_made == 1


def test_changed_code_runs_anew(batch, engine, monkeypatch):
    run(batch(members=1))
    monkeypatch.setattr(origin, "code_hash", lambda: "0" * 64)
    assert run(batch(members=1)).n_made == 1


def test_a_failed_member_does_not_stop_the_others(batch, engine):
    engine.failing = {("growth", 1)}
    engine.error = LawBroken("mass closes", "2024-03")
    planned = batch(members=4)
    done = run(planned)
    assert (done.n_made, len(done.failures)) == (3, 1)
    failure = done.failures[0]
    assert (failure.cell, failure.member) == ("growth", 1)
    assert "mass closes" in failure.reason
    assert failure.command == f"{planned.command} --only growth:1"
    record = json.loads((planned.out / "batch.json").read_text())
    assert record["failures"][0]["command"] == failure.command
    gathered = results.read_netcdf(planned.out / "growth" / "ensemble.nc")
    assert gathered["member"].values.tolist() == [0, 2, 3]
    assert (gathered.attrs["n_members"], gathered.attrs["n_gathered"]) == (4, 3)
    engine.failing = set()
    engine.runs.clear()
    assert run(planned).failures == []
    assert engine.runs == [("growth", 1)]


def test_when_all_fail_nothing_is_gathered(batch, engine):
    engine.failing = {("growth", 0)}
    planned = batch()
    assert len(run(planned).failures) == 1
    assert not (planned.out / "growth" / "ensemble.nc").exists()


def test_a_full_disk_stops_the_batch_and_keeps_what_is_finished(batch, engine, monkeypatch):
    planned, put = batch(members=3), store.put

    def full(path, data):
        if path.name == "00001.nc":
            raise store.BatchStopped(f"cannot write {path}: {results.why(OSError(errno.ENOSPC, ''))}")
        put(path, data)

    monkeypatch.setattr(store, "put", full)
    with pytest.raises(store.BatchStopped, match="the disk is full"):
        run(planned)
    monkeypatch.setattr(store, "put", put)
    engine.runs.clear()
    assert run(planned).n_kept == 1
    assert engine.runs == [("growth", 1), ("growth", 2)]


@pytest.mark.parametrize("link", ["growth", "growth/members", "growth/ensemble.nc", "batch.json"])
def test_nothing_is_written_through_a_link(batch, engine, tmp_path, link):
    planned = batch(members=2)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (planned.out / link).parent.mkdir(parents=True)
    (planned.out / link).symlink_to(elsewhere)
    with pytest.raises(InputError, match="a link"):
        run(planned)
    assert engine.runs == [] and list(elsewhere.iterdir()) == []


def test_full_keeps_the_whole_result_beside(batch, engine):
    planned = batch(members=2, is_full=True)
    run(planned)
    full = results.read_netcdf(store.member_path(planned.out / "growth", 1, store.FULL))
    kept = results.read_netcdf(store.member_path(planned.out / "growth", 1))
    assert {"trade", "flow", "stock"} <= set(full.data_vars)
    np.testing.assert_array_equal(
        full["content_delivered"].sum("region").values, kept["content_delivered"].values
    )
    store.member_path(planned.out / "growth", 0, store.FULL).unlink()
    engine.runs.clear()
    run(planned)
    assert engine.runs == [("growth", 0)]


def test_each_file_says_what_made_it(batch, engine):
    planned = batch(members=2)
    run(planned)
    for path in (store.member_path(planned.out / "growth", 1), planned.out / "growth" / "ensemble.nc"):
        attrs = results.read_netcdf(path).attrs
        assert attrs["inputs_hash"] == planned.tables.hash
        assert attrs["code_hash"] == results.code_hash()
        assert json.loads(attrs["versions"]) == results.versions()
        assert json.loads(attrs["scenario_resolved"]) == results.as_plain(planned.cells[0].scenario)
        assert attrs["seed"] == 1 and len(attrs["content_key"]) == 64


# The command as typed.


@pytest.fixture
def typed(monkeypatch, capsys, inputs, tmp_path):
    def type_in(*words, with_rest=True):
        rest = ("--inputs", inputs, "--set", SHORT, "--out", tmp_path / "out") if with_rest else ()
        monkeypatch.setattr(sys, "argv", ["loopcast", "batch", *map(str, (*words, *rest))])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return end.value.code, said.out, said.err

    return type_in


GROWTH = PAPER / "growth.yaml"


def test_batch_tells_what_it_did(typed, engine, tmp_path):
    code, out, _ = typed(GROWTH, "--members", 3, "--workers", 1)
    assert code == 0
    assert "3 members made, 0 were there, 0 failed" in out
    assert (tmp_path / "out" / "growth" / "ensemble.nc").is_file()
    code, out, err = typed("--resume", "--out", tmp_path / "out", "--workers", 1, with_rest=False)
    assert code == 0, err
    assert "0 members made, 3 were there" in out


def test_batch_with_a_failed_member_ends_with_four(typed, engine):
    engine.failing = {("growth", 2)}
    code, out, err = typed(GROWTH, "--members", 3, "--workers", 1)
    assert code == 4
    assert "growth, member 2 failed: RuntimeError: it broke" in err
    assert "--only growth:2" in err and "Traceback" not in err
    assert "2 members made" in out


def test_list_prints_commands_that_make_the_batch(typed, engine, tmp_path):
    code, out, _ = typed(GROWTH, "--members", 3, "--list")
    lines = out.splitlines()
    assert code == 0 and len(lines) == 3 and engine.runs == []
    assert not (tmp_path / "out").exists()
    for line in reversed(lines):
        words = shlex.split(line)
        assert words[:2] == ["loopcast", "batch"]
        assert typed(*words[2:], with_rest=False)[0] == 0
    assert sorted(engine.runs) == [("growth", 0), ("growth", 1), ("growth", 2)]
    code, out, _ = typed(GROWTH, "--members", 3, "--workers", 1)
    assert code == 0 and "0 members made, 3 were there" in out


def test_only_that_fails_ends_with_four(typed, engine):
    engine.failing = {("growth", 1)}
    assert typed(GROWTH, "--members", 2, "--only", "growth:1")[0] == 4
    assert typed(GROWTH, "--members", 2, "--only", "growth:7")[0] == 2


def test_nothing_to_run_is_a_usage_error(typed, tmp_path):
    code, _, err = typed(with_rest=False)
    assert code == 2 and "--resume" in err
    code, _, err = typed("--resume", "--out", tmp_path, with_rest=False)
    assert code == 2 and "no batch" in err


def test_an_interrupt_says_how_to_go_on(typed, engine):
    engine.failing = {("growth", 1)}
    engine.error = KeyboardInterrupt()
    code, _, err = typed(GROWTH, "--members", 2, "--workers", 1)
    assert code == 130
    assert "To go on: loopcast batch" in err


def test_a_full_disk_is_told_in_a_sentence(typed, engine, monkeypatch):
    def full(path, data):
        raise store.BatchStopped(f"cannot write {path}: the disk is full")

    monkeypatch.setattr(store, "put", full)
    code, _, err = typed(GROWTH, "--workers", 1)
    assert code == 4 and "the disk is full" in err and "Traceback" not in err


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://"])
def test_a_scheduler_that_does_not_answer_is_told(typed, engine, monkeypatch, address):
    monkeypatch.setattr(cluster, "WAIT_S", 0.2)
    code, _, err = typed(GROWTH, "--scheduler", address)
    assert code == 2, err
    assert "--scheduler" in err and "Traceback" not in err


def test_a_scheduler_that_is_gone_stops_the_batch(batch, engine, monkeypatch):
    class Client:
        def nthreads(self):
            raise OSError("Timed out trying to connect")

        def close(self):
            raise TimeoutError

    monkeypatch.setattr(cluster, "_client", lambda _: Client())
    planned = batch(members=2)
    with pytest.raises(store.BatchStopped, match="does not answer any more"):
        run(planned, scheduler="tcp://gone:1")
    assert run(planned).n_made == 2
