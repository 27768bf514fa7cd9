"""Observations of an episode: a CSV with one observation a line, each with its source."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import Fault, Place, listed, nearest, shown
from simulator.scenario.marks import shown_file

COLUMNS = ("case_id", "variable", "unit", "date_or_period", "value", "low", "high", "source", "basis")
BASES = ("quoted", "derived", "recalled", "assumed")
_NUMBERS = ("value", "low", "high")


@dataclass(frozen=True)
class Observation:
    """What was observed.

    Attributes
    ----------
    variable, unit, period : str
        What, in which unit, when (column `date_or_period`, as written).
    value : float [unit]
        nan where only a band is known.
    low, high : float [unit]
        Band; the value itself where none is given; an infinite end where the basis calls the value a bound.
    has_band : bool
    source, basis : str
    """

    variable: str
    unit: str
    period: str
    value: float
    low: float
    high: float
    has_band: bool
    source: str
    basis: str


def read_observations(path: Path, case: str, faults: list[Fault]) -> list[Observation]:
    """Observations of a file.

    Parameters
    ----------
    path : Path
    case : str
        Rows must name it in `case_id`.
    faults : list of Fault
        What is wrong is added.

    Returns
    -------
    list of Observation
        Rows without faults; those without any number are events, and left out.
    """
    file = shown_file(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        faults.append(Fault(Place(file), "no such file", f"a CSV with {', '.join(COLUMNS)}", rule="no_file"))
        return []
    except (OSError, UnicodeDecodeError):
        faults.append(Fault(Place(file), "no text", "a CSV in UTF-8", rule="file_unreadable"))
        return []
    reader = csv.reader(text.splitlines(), strict=False)
    head = tuple(next(reader, []))
    if head != COLUMNS:
        for column in head:
            if column not in COLUMNS:
                near = nearest(column, COLUMNS)
                faults.append(Fault(Place(file, 1), shown(column), listed(COLUMNS), near, "column_unknown"))
        missing = [column for column in COLUMNS if column not in head]
        if missing or not faults:
            found = f"no {listed(missing)}" if missing else "columns in another order"
            faults.append(Fault(Place(file, 1), found, ", ".join(COLUMNS), rule="column_missing"))
        return []
    out: list[Observation] = []
    for cells in reader:
        if cells:
            row = _row(cells, Place(file, reader.line_num), case, faults)
            out += [row] if row is not None else []
    if not out and not faults:
        faults.append(Fault(Place(file), "no observation", "one or more lines with a number", rule="no_rows"))
    return out


def _row(cells: list[str], place: Place, case: str, faults: list[Fault]) -> Observation | None:
    """Observation of a line; None for an event without a number, or a line with faults."""
    before = len(faults)

    def fault(column: str, found: str, allowed: str, near: str = "") -> None:
        at = Place(place.file, place.line, 0, f"column {column}")
        faults.append(Fault(at, found, allowed, near, f"observation_{column}"))

    if len(cells) != len(COLUMNS):
        faults.append(Fault(place, f"{len(cells)} cells", f"{len(COLUMNS)} cells", rule="row_length"))
        return None
    row = dict(zip(COLUMNS, cells, strict=True))
    if row["case_id"] != case:
        fault(
            "case_id",
            shown(row["case_id"]),
            f"{case}, the name of the folder",
            nearest(row["case_id"], [case]),
        )
    for column in ("variable", "unit", "date_or_period", "source"):
        if not row[column].strip():
            fault(column, "nothing", "text")
    if not row["basis"].startswith(BASES):
        fault("basis", shown(row["basis"]), f"text that begins with {listed(BASES)}")
    numbers: dict[str, float] = {}
    for column in _NUMBERS:
        if row[column].strip():
            try:
                numbers[column] = float(row[column])
            except ValueError:
                numbers[column] = math.nan
            if not math.isfinite(numbers[column]):
                fault(column, shown(row[column]), "a finite number, or nothing")
    ordered = [numbers[name] for name in ("low", "value", "high") if name in numbers]
    if len(faults) == before and ordered != sorted(ordered):
        fault("value", ", ".join(f"{number:g}" for number in ordered), "low <= value <= high")
    if len(faults) > before or not numbers:
        return None
    value = numbers.get("value", math.nan)
    low, high = numbers.get("low", value), numbers.get("high", value)
    if "lower bound" in row["basis"]:
        high = math.inf
    if "upper bound" in row["basis"]:
        low = -math.inf
    low, high = (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)
    return Observation(
        row["variable"],
        row["unit"],
        row["date_or_period"],
        value,
        low,
        high,
        low != high,
        row["source"],
        row["basis"],
    )
