"""Made-up runs as read from their folders, for tests of findings and pages."""

from __future__ import annotations

import json
import re
import tempfile
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np

from simulator import results
from simulator.report.packing import FIGURES, unpacked
from simulator.report.page import html
from simulator.results import StoredRun
from tests.report import fake

SCENARIOS = (
    {"name": "reference", "title": "Reference"},
    {"name": "high_recovery", "title": "Recovery at EU level everywhere", "collection": 0.9},
    {"name": "cobalt_outage", "title": "A year without cobalt from the Congo", "outage": "cobalt"},
    {"name": "lithium_outage", "title": "Half of the lithium refining stops", "outage": "lithium"},
)

RESTS_ON = {
    "tables": json.dumps({"assumptions": {"assumed": 2}, "regions": {"derived": 40, "recalled": 3}}),
    "assumptions": json.dumps(
        [
            ["tau_order_days", 106, 30, 365, "d", "time to order a gap", "made up", 2024, "assumed"],
            ["share_<b>", 0.5, None, None, "1", None, None, None, "recalled: from memory"],
        ]
    ),
}
"""Attributes that tell the inputs of a result."""

FIRMS = (
    {"economy": True},
    {"economy": True},
    {"economy": True, "programmes": True},
    {"economy": True, "alliance": True},
)
"""What turns the scenarios into some with money in it; programmes and an alliance in one each."""


def run(folder: Path, *, name: str = "reference", ensemble: int = 0, **more) -> StoredRun:
    """One run, written and read back; its scenario asks for so many members."""
    ds = fake.dataset(name, **more)
    ds.attrs |= RESTS_ON
    resolved = {
        "name": name,
        "title": more.get("title", ""),
        "seed": 1,
        "recovery": {"collection": more.get("collection", 0.5)},
        "disruptions": [{"kind": "outage", "material": more["outage"]}] if "outage" in more else [],
    }
    if ensemble:
        resolved["ensemble"] = {"members": ensemble}
    facts = {"command": f"loopcast run {name}", "started": "2026-11-24T11:00:00+00:00", "wall_time_s": 0.83}
    with patch.object(results, "tables", return_value={}):  # not read by pages
        return results.read(results.write(ds, folder / "run", scenario=resolved, facts=facts))


def runs(folder: Path, n: int = 4, *, firms: bool = False, **more) -> list[StoredRun]:
    """Some runs, the baseline first; with prices and money if asked for."""
    parts = [{**SCENARIOS[i], **(FIRMS[i] if firms else {}), **more} for i in range(n)]
    return [run(folder / str(i), **part) for i, part in enumerate(parts)]


def four(firms: bool = False) -> list[StoredRun]:
    """Four runs, made once for all tests of a worker; not to be changed."""
    return _four(firms)


@cache
def _four(firms: bool) -> list[StoredRun]:
    with tempfile.TemporaryDirectory() as folder:
        found = runs(Path(folder), firms=firms)
        for each in found:
            each.dataset.load()
    return found


def page(firms: bool = False) -> str:
    """Their page."""
    return _page(firms)


@cache
def _page(firms: bool) -> str:
    return html(_four(firms))


def block_of(text):
    """Data of a page, its series opened."""
    data = json.loads(
        re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S).group(1)
    )
    return data | {"runs": [run | unpacked(run["series"]) for run in data["runs"]]}


def same(found, expected):
    """Equal to the figures that a page keeps of the largest number of each series."""
    expected = np.asarray(expected, dtype=float)
    step = 10.0 ** (1 - FIGURES) * np.abs(expected).max(axis=-1, keepdims=True)
    assert (np.abs(np.array(found, dtype=float) - expected) <= 0.51 * step).all()
