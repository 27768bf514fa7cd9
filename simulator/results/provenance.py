"""What made a result: scenario, inputs, code and libraries, and one key for all of them."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from simulator.errors import listed

MOST_TABLES = 6
"""Changed tables that are named."""

NO_NUMBERS = ("cli/", "report/", "export/", "decisions/", "validation/", "stress.py")
"""Code that reads results or asks for runs, and is no part of one."""


@cache
def code_hash() -> str:
    """Sha256 over the source of everything that can change a number of a run, see `NO_NUMBERS`.

    Read once: a process goes on with the code that it started with.
    """
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py"), key=lambda p: p.relative_to(root).as_posix()):
        name = path.relative_to(root).as_posix()
        if not name.startswith(NO_NUMBERS):
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def as_plain(scenario: Any) -> dict[str, Any]:
    """Resolved scenario as JSON types, as it could be run again (a Scenario or a mapping)."""
    plain = scenario.resolved() if hasattr(scenario, "resolved") else dict(scenario)
    return dict(json.loads(json.dumps(plain, default=str)))


def content_key(scenario: Any, seen_hash: str) -> str:
    """Sha256 that is equal for two runs only if they give the same numbers.

    Parameters
    ----------
    scenario : Scenario or mapping
        Resolved scenario, seed included.
    seen_hash : str
        `Tables.hash` of what the scenario sees of the input tables (`simulator.scenario.seen`).

    Returns
    -------
    str
        Hexadecimal sha256 of resolved scenario, seed, inputs that it sees and code.
    """
    plain = as_plain(scenario)
    parts = {"scenario": plain, "seed": plain.get("seed"), "inputs": seen_hash, "code": code_hash()}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def differing(record: Mapping[str, Any], scenario: Any, tables: Mapping[str, str]) -> str:
    """What has changed since a record was written, in a few words; empty if nothing has.

    Parameters
    ----------
    record : mapping
        With ``scenario``, ``code_hash`` and ``inputs_seen``, as records of runs and ensembles have them.
    scenario : Scenario or mapping
        Resolved scenario of now.
    tables : mapping of str to str
        Hash of what it sees of each table now.
    """
    before = record.get("inputs_seen") or {}
    names = sorted({*before, *tables} if before else ())
    changed = [f"{name}.csv" for name in names if before.get(name) != tables.get(name)]
    said = [f"tables ({listed(changed, MOST_TABLES)})"] if changed else []
    if record.get("scenario") != as_plain(scenario):
        said.append("the scenario")
    if record.get("code_hash") != code_hash():
        said.append("the code")
    return " and ".join(said)


def versions() -> dict[str, str]:
    """Version of Python, of this package and of each library that touches the numbers."""
    found = {"python": platform.python_version()}
    for name in ("loopcast", "numpy", "scipy", "xarray", "pandas", "simpy", "pydantic", "h5netcdf"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "run from source" if name == "loopcast" else "not installed"
    return found


def provenance(scenario: Any, inputs_hash: str, seen_hash: str = "") -> dict[str, Any]:
    """What each netCDF says of what made it.

    Parameters
    ----------
    scenario : Scenario or mapping
        Resolved scenario.
    inputs_hash : str
        `Tables.hash` of all input tables.
    seen_hash : str
        That of what the scenario sees of them; it sees all if left out.
    """
    return {
        "content_key": content_key(scenario, seen_hash or inputs_hash),
        "inputs_hash": inputs_hash,
        "inputs_seen_hash": seen_hash or inputs_hash,
        "code_hash": code_hash(),
        "versions": versions(),
        "scenario_resolved": as_plain(scenario),
    }
