"""The package works where it is installed from a wheel, far from the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.house.sources import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


def run(command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Folder of an environment that has the wheel; its dependencies are read from the current one."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist"], cwd=REPOSITORY)
    (wheel,) = (folder / "dist").glob("loopcast-*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    run([sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel])
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment


def clean_environment():
    return {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}


def test_shipped_folders_are_found(installed, tmp_path):
    code = (
        "from simulator.scenario.tables import shipped\n"
        "print(shipped('inputs'), shipped('scenarios'), sep='\\n')"
    )
    output = run([installed / "bin" / "python", "-c", code], cwd=tmp_path, env=clean_environment())
    inputs, scenarios = map(Path, output.splitlines())
    assert inputs.is_relative_to(installed)
    assert scenarios.is_relative_to(installed)
    for folder, here in ((inputs, "inputs"), (scenarios, "scenarios")):
        theirs = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        ours = {
            p.relative_to(REPOSITORY / here).as_posix() for p in (REPOSITORY / here).rglob("*") if p.is_file()
        }
        assert theirs == ours


def test_data_files_of_the_package_are_there(installed):
    (package,) = installed.glob("lib/python*/site-packages/simulator")
    theirs = {p.relative_to(package).as_posix() for p in package.rglob("*") if p.is_file()}
    ours = {
        p.relative_to(REPOSITORY / "simulator").as_posix()
        for p in (REPOSITORY / "simulator").rglob("*")
        if p.is_file() and "__pycache__" not in p.parts and "_shipped" not in p.parts
    }
    assert ours <= theirs


def test_command_works_away_from_the_repository(installed, tmp_path):
    output = run(
        [installed / "bin" / "loopcast", "check", "reference"], cwd=tmp_path, env=clean_environment()
    )
    assert "Traceback" not in output
