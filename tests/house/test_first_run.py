"""The notebook of the documentation runs from its first cell to its last."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.house.sources import REPOSITORY

NOTEBOOK = REPOSITORY / "docs" / "first_run.py"


@pytest.mark.slow
def test_notebook_runs(tmp_path):
    """Two runs of the shipped world; fifteen seconds on a machine of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:simulator", str(NOTEBOOK)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"missing from (\w+ \d{4}) to (\w+ \d{4})\nat worst [1-9]\d%", done.stdout)
    assert found, done.stdout
    assert found.group(1).endswith("2026")
    assert found.group(2).endswith(("2027", "2028"))
    assert not list(tmp_path.iterdir())


def test_notebook_has_cells():
    """Text and code take turns, and each cell of text says something."""
    cells = re.split(r"^# %%", NOTEBOOK.read_text(encoding="utf-8"), flags=re.M)[1:]
    kinds = [cell.startswith(" [markdown]") for cell in cells]
    assert len(cells) > 6
    assert kinds == [i % 2 == 0 for i in range(len(cells))]
    assert all(len(cell.split()) > 8 for cell, is_text in zip(cells, kinds, strict=True) if is_text is True)
