"""What made a result: scenario, inputs, code and libraries, and one key for all of them."""

from __future__ import annotations

import hashlib
import json
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

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


def content_key(scenario: Any, inputs_hash: str) -> str:
    """Sha256 that is equal for two runs exactly if they must give the same numbers.

    Parameters
    ----------
    scenario : Scenario or mapping
        Resolved scenario, seed included.
    inputs_hash : str
        `Tables.hash` of the input tables.

    Returns
    -------
    str
        Hexadecimal sha256 of resolved scenario, seed, inputs and code.
    """
    plain = as_plain(scenario)
    parts = {"scenario": plain, "seed": plain.get("seed"), "inputs": inputs_hash, "code": code_hash()}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Version of Python, of this package and of each library that touches the numbers."""
    found = {"python": platform.python_version()}
    for name in ("loopcast", "numpy", "scipy", "xarray", "pandas", "simpy", "pydantic", "h5netcdf"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "run from source" if name == "loopcast" else "not installed"
    return found


def provenance(scenario: Any, inputs_hash: str) -> dict[str, Any]:
    """What each netCDF says of what made it.

    Parameters
    ----------
    scenario : Scenario or mapping
        Resolved scenario.
    inputs_hash : str
        `Tables.hash` of the input tables.
    """
    return {
        "content_key": content_key(scenario, inputs_hash),
        "inputs_hash": inputs_hash,
        "code_hash": code_hash(),
        "versions": versions(),
        "scenario_resolved": as_plain(scenario),
    }
