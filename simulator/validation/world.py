"""Tables of a case: the shipped ones, with the case's own laid over them; and the numbers that all share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from simulator.scenario.schema import Scenario
from simulator.scenario.tables import Tables, load


def case_tables(
    folder: Path, inputs: Path | None = None, under: Tables | None = None
) -> tuple[Tables, tuple[str, ...]]:
    """Tables of a case.

    Parameters
    ----------
    folder : Path
        The case's `tables/`, if it has one.
    inputs : Path, optional
        Folder that is laid under it, instead of the shipped one.
    under : Tables, optional
        The same folder, if it has been read already.

    Returns
    -------
    Tables
    tuple of str
        Names of the tables that the case changes.
    """
    if not folder.is_dir():
        return under or load(inputs), ()
    return load(inputs, overlay=folder), tuple(sorted(path.stem for path in folder.glob("*.csv")))


def parameters(scenario: Scenario, tables: Tables) -> dict[str, float]:
    """Assumptions that rule behaviour, as a scenario uses them.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables

    Returns
    -------
    dict of str to float
        By name, each in the unit of its row.
    """
    rows = tables["assumptions"].rows
    stated = {str(row["name"]): float(row["value"]) for row in rows if row["used_in"] == "model"}
    return {**stated, **{name: float(value) for name, value in scenario.parameters.items()}}


def parameter_hash(values: Mapping[str, float]) -> str:
    """SHA-256 over names and values, in the order of their names."""
    text = "\n".join(f"{name}={values[name]!r}" for name in sorted(values))
    return hashlib.sha256(text.encode()).hexdigest()
