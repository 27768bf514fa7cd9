"""Import arrows and the doors to other people's packages."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import REPOSITORY, modules, name_of

HEAVY = {"pandas", "xarray", "scipy", "plotly", "h5netcdf", "h5py", "jinja2"}


def test_import_contracts_hold():
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-logo", "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_results_touches_netcdf(path):
    if name_of(path) == "simulator/results/netcdf.py":
        return
    doors = {"to_netcdf", "open_dataset", "load_dataset", "open_mfdataset"}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in doors]
    assert not used


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_global_random_numbers(path):
    """A stream is passed in; `numpy.random` is named for its types, or to seed one from a key."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    faults = [
        f"{node.lineno}: import {alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "random"
    ]
    faults += [
        f"{node.lineno}: default_rng() without a seed"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "default_rng"
        and not node.args
        and not node.keywords
    ]
    assert not faults


def test_command_line_starts_without_heavy_packages():
    code = f"import sys, simulator.cli; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
