"""Made-up runs as read from their folders, for tests of findings and pages."""

from __future__ import annotations

from pathlib import Path

from simulator import results
from simulator.results import StoredRun
from tests.report import fake

SCENARIOS = (
    {"name": "reference", "title": "Reference"},
    {"name": "high_recovery", "title": "Recovery at EU level everywhere", "collection": 0.9},
    {"name": "cobalt_outage", "title": "A year without cobalt from the Congo", "outage": "cobalt"},
    {"name": "lithium_outage", "title": "Half of the lithium refining stops", "outage": "lithium"},
)


def run(folder: Path, *, name: str = "reference", **more) -> StoredRun:
    """One run, written and read back."""
    ds = fake.dataset(name, **more)
    resolved = {
        "name": name,
        "title": more.get("title", ""),
        "seed": 1,
        "recovery": {"collection": more.get("collection", 0.5)},
        "disruptions": [{"kind": "outage", "material": more["outage"]}] if "outage" in more else [],
    }
    facts = {"command": f"loopcast run {name}", "started": "2026-11-24T11:00:00+00:00", "wall_time_s": 0.83}
    return results.read(results.write(ds, folder / "run", scenario=resolved, facts=facts))


def runs(folder: Path, n: int = 4, **more) -> list[StoredRun]:
    """Some runs, the baseline first."""
    return [run(folder / str(i), **{**SCENARIOS[i], **more}) for i in range(n)]
