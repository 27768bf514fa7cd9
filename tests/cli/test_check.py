"""The commands about scenarios, as typed, with their exit codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from simulator import cli

ALONE = {"COLUMNS": "200", "NO_COLOR": "1"}
STARTED: set[str] = set()
"""Commands that have been a process of their own."""


@pytest.fixture
def loopcast(repository, monkeypatch, capsys):
    """Run `loopcast` in a folder; the exit code, stdout and stderr come back.

    The first use of each command, and one that shows tracebacks, is a process; later ones are calls.
    """

    def run(*words, cwd=repository):
        words = list(map(str, words))
        if words[0] not in STARTED or "--debug" in words:
            STARTED.add(words[0])
            command = [sys.executable, "-m", "simulator.cli", *words]
            environment = {**os.environ, "PYTHONPATH": str(repository), **ALONE}
            return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
        with monkeypatch.context() as patch:
            patch.chdir(cwd)
            patch.setattr(sys, "argv", ["loopcast", *words])
            for name, value in ALONE.items():
                patch.setenv(name, value)
            capsys.readouterr()
            with pytest.raises(SystemExit) as end:
                cli.main()
        return subprocess.CompletedProcess(words, end.value.code, *capsys.readouterr())

    return run


def test_a_good_scenario(loopcast):
    done = loopcast("check", "scenarios/reference.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "scenarios/reference.yaml: no fault\n", "")


def test_a_name_will_do(loopcast, tmp_path):
    done = loopcast("check", "reference", "high_recovery", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.count("no fault") == 2


def test_faults_go_to_stderr_with_exit_code_2(loopcast, repository):
    done = loopcast("check", "tests/scenario/bad/choice_kind.yaml")
    expected = (repository / "tests/scenario/bad/choice_kind.expected.txt").read_text(encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


def test_faults_of_all_files_come_at_once_and_the_good_ones_are_named(loopcast):
    bad = "tests/scenario/bad"
    done = loopcast("check", f"{bad}/where_empty.yaml", "reference", f"{bad}/choice_kind.yaml", "absent.yaml")
    assert done.returncode == 2
    assert done.stdout == "scenarios/reference.yaml: no fault\n"
    places = [line for line in done.stderr.splitlines() if not line.startswith(" ")]
    files = [place.split(":")[0] for place in places]
    one, two = f"{bad}/choice_kind.yaml", f"{bad}/where_empty.yaml"
    assert files == ["absent.yaml", one, one, two, two]


def test_resolved_is_yaml_that_loads_again(loopcast, tmp_path):
    name = "high_recovery_drc_cobalt_outage_2026"
    first = loopcast("check", name, "--resolved", "--set", "seed=7")
    assert first.returncode == 0
    path = tmp_path / "again.yaml"
    path.write_text(first.stdout, encoding="utf-8")
    assert "seed: 7\n" in first.stdout
    second = loopcast("check", path, "--resolved")
    assert second.stdout == first.stdout


def test_set_and_override(loopcast):
    done = loopcast("check", "reference", "--set", "demand.case=STEP", "--set", "seed=-1")
    assert done.returncode == 2
    assert done.stderr == (
        "--set demand.case=STEP  demand.case\n"
        "  found    STEP\n  allowed  base, STEPS, APS, NZE, trend\n  nearest  STEPS\n"
        "--set seed=-1  seed\n  found    -1\n  allowed  a whole number >= 0\n"
    )
    done = loopcast("check", "lithium_refining_outage_2027", "--override", "all_of_it", "--resolved")
    assert "severity: 1.0\n" in done.stdout


def test_inputs_of_ones_own(loopcast, repository, tmp_path):
    shutil.copytree(repository / "inputs", tmp_path / "mine")
    table = tmp_path / "mine" / "assumptions.csv"
    table.write_text(
        table.read_text(encoding="utf-8").replace("tau_order_days,106,30,365", "tau_order_days,106,100,365")
    )
    change = ("--set", "parameters.tau_order_days=90")
    assert loopcast("check", "reference", *change).returncode == 0
    done = loopcast("check", "reference", *change, "--inputs", tmp_path / "mine")
    assert done.returncode == 2
    assert "a number from 100 to 365 [d]" in done.stderr
    assert loopcast("check", "reference", "--inputs", tmp_path / "none").returncode == 2


@pytest.mark.parametrize(
    "words", [("check",), ("chekc", "reference"), ("check", "--speed"), ("diff", "reference")]
)
def test_wrong_use_is_exit_code_2(loopcast, words):
    done = loopcast(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_no_traceback_unless_asked_for(loopcast):
    quiet = loopcast("check", "tests/scenario/bad/many.yaml")
    assert "Traceback" not in quiet.stderr
    for words in (("--debug", "check"), ("check", "--debug")):
        loud = loopcast(*words, "tests/scenario/bad/many.yaml")
        assert loud.returncode == 1
        assert "Traceback" in loud.stderr


def test_version_and_help(loopcast):
    from simulator import __version__

    assert loopcast("--version").stdout == f"loopcast {__version__}\n"
    done = loopcast("--help")
    assert done.returncode == 0
    for command in ("check", "new", "diff", "schema"):
        assert command in done.stdout


def test_new_writes_a_good_file_and_never_overwrites(loopcast, tmp_path):
    done = loopcast("new", "mine", cwd=tmp_path)
    assert done.returncode == 0
    assert loopcast("check", "mine.yaml", cwd=tmp_path).returncode == 0
    (tmp_path / "mine.yaml").write_text("kept")
    done = loopcast("new", "mine", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "new mine\n  found    mine.yaml, which is there already\n  allowed  a name that is free\n"
    )
    assert (tmp_path / "mine.yaml").read_text() == "kept"


def test_new_from_another(loopcast, tmp_path):
    assert loopcast("new", "first", "--from", "high_recovery", cwd=tmp_path).returncode == 0
    (tmp_path / "deep").mkdir()
    assert loopcast("new", "deep/second", "--from", "first.yaml", cwd=tmp_path).returncode == 0
    done = loopcast("check", "deep/second.yaml", "--resolved", cwd=tmp_path)
    assert "grid_battery" in done.stdout
    assert loopcast("new", "Third One", cwd=tmp_path).returncode == 2
    assert loopcast("new", "absent/third", cwd=tmp_path).returncode == 2
    assert loopcast("new", "third", "--from", "nothing", cwd=tmp_path).returncode == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "first.yaml"]


def test_diff(loopcast):
    same = loopcast("diff", "reference", "reference")
    assert same.returncode == 0
    assert same.stdout.startswith("no difference; inputs ")
    done = loopcast("diff", "reference", "announced_supply")
    assert done.returncode == 0
    assert "capacity.extraction" in done.stdout
    assert "announced_then_demand" in done.stdout
    assert "inputs: the same" in done.stdout


def test_diff_as_data(loopcast):
    done = loopcast("diff", "reference", "drc_cobalt_outage_2026", "--json")
    told = json.loads(done.stdout)
    keys = {row["key"] for row in told["differences"]}
    assert "disruptions[drc_cobalt_outage].severity" in keys
    assert all(key.startswith("disruptions[") for key in keys)
    assert len(told["inputs"]) == 64


def test_diff_of_inputs(loopcast, repository, tmp_path):
    shutil.copytree(repository / "inputs", tmp_path / "mine")
    table = tmp_path / "mine" / "assumptions.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("tau_order_days,106,", "tau_order_days,107,"))
    done = loopcast("diff", "reference", "reference", "--inputs-b", tmp_path / "mine", "--json")
    told = {row["key"]: row for row in json.loads(done.stdout)["differences"]}
    assert set(told) == {"inputs hash", "inputs/assumptions.csv"}
    assert told["inputs/assumptions.csv"]["left"] == "1 rows of its own"


def test_schema(loopcast, repository, tmp_path):
    shipped = (repository / "scenarios/scenario.schema.json").read_text(encoding="utf-8")
    assert loopcast("schema").stdout == shipped
    out = tmp_path / "schema.json"
    assert loopcast("schema", "--out", out).returncode == 0
    assert out.read_text(encoding="utf-8") == shipped
    assert loopcast("schema", "--out", tmp_path / "no" / "x.json").returncode == 2
    assert loopcast("schema", "--markdown").stdout.startswith("# Scenarios\n")


@pytest.mark.parametrize("command", [("--help",), ("check", "reference")])
def test_nothing_heavy_is_imported(command, repository):
    heavy = ("pandas", "xarray", "scipy", "plotly", "simpy", "h5netcdf")
    code = (
        f"import sys; sys.argv = ['loopcast', *{command!r}]\n"
        "import simulator.cli\n"
        "try:\n    simulator.cli.main()\nexcept SystemExit:\n    pass\n"
        f"assert not [name for name in {heavy!r} if name in sys.modules]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_importing_the_package_costs_nothing(repository):
    code = "import sys, simulator; assert not {'numpy', 'pydantic', 'ruamel.yaml'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_interrupted(repository):
    code = (
        "import sys, time, simulator.cli as cli\n"
        "@cli.app.command()\n"
        "def wait():\n    print('waiting', flush=True)\n    time.sleep(60)\n"
        "sys.argv = ['loopcast', 'wait']\ncli.main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "waiting\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in told


def test_a_bug_of_ours_is_exit_code_1_and_one_line(repository):
    code = (
        "import sys, simulator.cli as cli\n"
        "@cli.app.command()\ndef fail():\n    raise KeyError('gone')\n"
        "sys.argv = ['loopcast', 'fail']\ncli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "a bug of Loopcast" in done.stderr


def test_a_broken_law_is_exit_code_3(repository):
    code = (
        "import sys, simulator.cli as cli\nfrom simulator.errors import LawBroken\n"
        "@cli.app.command()\ndef fail():\n    raise LawBroken('mass closes', '2026-01-01', 'CHN', 'cobalt')\n"
        "sys.argv = ['loopcast', 'fail']\ncli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stderr.startswith("law broken: mass closes  2026-01-01  region CHN  material cobalt\n")
