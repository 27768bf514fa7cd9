"""`loopcast run` as typed: what it prints, writes, refuses, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr

import simulator.run
from simulator import batch, cli, results
from simulator.batch import pool
from simulator.errors import InputError
from simulator.scenario import load
from tests.report import fake

SHORT = {"collection": 0.5, "years": 2}


@pytest.fixture
def made_up(monkeypatch):
    """The engine replaced by a made-up result that knows the scenario's name; one process."""
    calls = []

    def run(scenario, tables, *, progress=None):
        calls.append(scenario.name)
        ds = fake.dataset(scenario.name, title=scenario.title, **SHORT)
        for i, month in enumerate(ds.time.values.astype("datetime64[D]").tolist()):
            if progress is not None:
                progress(month, (i + 1) / ds.sizes["time"])
        return ds

    monkeypatch.setattr(simulator.run, "run", run, raising=False)
    monkeypatch.setattr(pool, "cores", lambda: 1)
    return calls


def typed(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["loopcast", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr()
    return end.value.code, said.out, said.err


def test_run_writes_results_pages_and_tables(made_up, monkeypatch, capsys, tmp_path):
    code, out, err = typed(monkeypatch, capsys, "run", "reference", "high_recovery", "--out", tmp_path)
    assert code == 0, err
    for name in ("reference", "high_recovery"):
        for file in ("result.nc", "run.json", "report.html", "tables/availability.csv", "tables/yearly.csv"):
            assert (tmp_path / name / file).is_file()
    assert (tmp_path / "index.html").is_file()
    assert not [p for p in tmp_path.rglob("*") if p.name.endswith(".part")]
    assert "Availability to final users" in out and "Written" in out
    for material in fake.MATERIALS:
        assert material in out
    assert "index.html" in out and "high_recovery/report.html" in out
    record = results.read(tmp_path / "high_recovery").record
    assert record["command"] == f"loopcast run high_recovery --out {tmp_path}"
    assert record["scenario"]["name"] == "high_recovery"
    assert record["wall_time_s"] >= 0 and record["started"].endswith("+00:00")


def test_json_is_all_that_is_printed(made_up, monkeypatch, capsys, tmp_path):
    code, out, err = typed(monkeypatch, capsys, "run", "reference", "--out", tmp_path, "--json")
    assert code == 0
    assert err == ""
    found = json.loads(out)
    materials = found["scenarios"][0]["materials"]
    assert [m["material"] for m in materials] == list(fake.MATERIALS)
    assert materials[0]["mean_availability"] == pytest.approx(1.0, abs=0.01)
    assert all(Path(path).exists() for path in found["files"])


def test_quiet_prints_nothing(made_up, monkeypatch, capsys, tmp_path):
    assert typed(monkeypatch, capsys, "run", "reference", "--out", tmp_path, "--quiet") == (0, "", "")
    page = (tmp_path / "reference" / "report.html").read_bytes()
    assert (tmp_path / "index.html").read_bytes() == page, "of one run, the page of all is the page of it"


def test_dry_run_checks_and_runs_nothing(made_up, monkeypatch, capsys, tmp_path):
    code, out, _ = typed(monkeypatch, capsys, "run", "reference", "--out", tmp_path, "--dry-run")
    assert code == 0
    assert "reference: 2024-01-01 to 2041-01-01" in out
    assert made_up == []
    assert list(tmp_path.iterdir()) == []


def test_faults_of_all_scenarios_are_told_and_nothing_runs(made_up, monkeypatch, capsys, tmp_path):
    (tmp_path / "bad.yaml").write_text("schema_version: 1\nextends: reference\nseed: -3\n")
    (tmp_path / "worse.yaml").write_text("schema_version: 1\nextends: reference\nend_of_life: frosen\n")
    words = ("reference", tmp_path / "bad.yaml", tmp_path / "worse.yaml", "--out", tmp_path / "out")
    code, out, err = typed(monkeypatch, capsys, "run", *words)
    assert code == 2
    assert out == ""
    assert "bad.yaml" in err and "worse.yaml" in err and "frozen" in err
    assert made_up == []
    assert not (tmp_path / "out").exists()


def test_unknown_scenario_has_the_nearest_name(made_up, monkeypatch, capsys, tmp_path):
    code, _, err = typed(monkeypatch, capsys, "run", "reference2", "--out", tmp_path)
    assert code == 2
    assert "nearest  reference" in err


def test_two_scenarios_of_one_name_are_refused(made_up, monkeypatch, capsys, tmp_path):
    code, _, err = typed(monkeypatch, capsys, "run", "reference", "reference", "--out", tmp_path)
    assert code == 2
    assert "both would write to one folder" in err


@pytest.mark.parametrize("name", ["../up", "a/b", "..", ".hidden", "", "con:aux", "new\\nline", "x" * 300])
def test_names_that_are_no_folder_are_refused(made_up, monkeypatch, capsys, tmp_path, name):
    (tmp_path / "odd.yaml").write_text(f'schema_version: 1\nextends: reference\nname: "{name}"\n')
    code, _, err = typed(monkeypatch, capsys, "run", tmp_path / "odd.yaml", "--out", tmp_path / "out")
    assert code == 2, name
    assert "name" in err
    assert not (tmp_path / "out").exists()


def test_settings_are_passed_on_and_repeated(made_up, monkeypatch, capsys, tmp_path):
    words = ("run", "reference", "--set", "seed=7", "--out", tmp_path, "--quiet")
    assert typed(monkeypatch, capsys, *words)[0] == 0
    record = results.read(tmp_path / "reference").record
    assert record["seed"] == 7
    assert record["command"] == f"loopcast run reference --set seed=7 --out {tmp_path}"


def test_a_run_without_scenario_is_a_usage_error(monkeypatch, capsys):
    code, _, err = typed(monkeypatch, capsys, "run")
    assert code == 2
    assert "Traceback" not in err


def test_interrupt_says_how_to_go_on_and_leaves_nothing_half(monkeypatch, capsys, tmp_path):
    def run(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(simulator.run, "run", run, raising=False)
    monkeypatch.setattr(pool, "cores", lambda: 1)
    code, _, err = typed(monkeypatch, capsys, "run", "reference", "--out", tmp_path)
    assert code == 130
    assert f"loopcast run reference --out {tmp_path}" in err.replace("\n", "")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_plan_collects_the_faults_of_tables_and_scenarios(tmp_path):
    with pytest.raises(InputError) as error:
        batch.plan(["reference2", "nowhere.yaml"], tmp_path, inputs=tmp_path / "no_tables")
    text = str(error.value)
    assert "reference2" in text and "nowhere.yaml" in text and "no_tables" in text


@pytest.mark.slow
def test_processes_give_the_same_bytes(tmp_path):
    names = ["reference", "high_recovery"]
    sets = ["period.end=2026-01-01"]
    one = batch.run_all(batch.plan(names, tmp_path / "one", sets=sets), n_processes=1)
    seen = set()
    two = batch.run_all(
        batch.plan(names, tmp_path / "two", sets=sets),
        n_processes=2,
        progress=lambda index, _day, done: seen.add((index, done == 1.0)),
    )
    for left, right in zip(one, two, strict=True):
        assert (left / "result.nc").read_bytes() == (right / "result.nc").read_bytes()
    assert {(0, True), (1, True)} <= seen
    with xr.open_dataset(one[0] / "result.nc") as found:
        assert found.attrs["scenario"] == "reference"


@pytest.mark.slow
def test_ctrl_c_during_a_run_of_several_leaves_no_half_file(tmp_path):
    command = [
        sys.executable,
        "-m",
        "simulator.cli",
        "run",
        "reference",
        "high_recovery",
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    time.sleep(3.0)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if process.returncode != 0:  # a very fast machine may have been done
        assert process.returncode == 130, err
        assert "Traceback" not in err
    assert [p for p in tmp_path.rglob("*") if p.name.endswith(".part")] == []
    for folder in (p for p in tmp_path.iterdir() if p.is_dir()):
        if (folder / "run.json").exists():
            results.read(folder)


def test_the_record_holds_a_scenario_that_gives_the_same_numbers(made_up, monkeypatch, capsys, tmp_path):
    words = ("run", "high_recovery", "--set", "seed=3", "--out", tmp_path, "--quiet")
    assert typed(monkeypatch, capsys, *words)[0] == 0
    record = results.read(tmp_path / "high_recovery").record
    again = load(record["scenario"])
    assert results.content_key(again, record["inputs_hash"]) == record["content_key"]


def test_the_command_runs_on_one_thread_a_process_unless_told(monkeypatch):
    """Threads of numpy would get in the way of other processes; workers take over what their parent has."""
    said = "import os, sys, simulator.cli; print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)"
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    for given, wanted in (({}, "1 False"), ({"OPENBLAS_NUM_THREADS": "3"}, "3 False")):
        done = subprocess.run(
            [sys.executable, "-c", said],
            capture_output=True,
            text=True,
            env={**os.environ, **given},
            check=True,
        )
        assert done.stdout.split() == wanted.split()
