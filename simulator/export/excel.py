"""Runs as one workbook: notes, sources, and tables with a column for the scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import InputError
from simulator.export.files import name_of, package, whole
from simulator.results.frames import tables

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results import StoredRun
    from simulator.scenario.tables import Tables

YEARLY = ("yearly", "trade_yearly", "regions", "columns")
"""Tables of a workbook; the others hold months and make it many times as large."""
ROWS_OF_SHEET = 1_048_576
"""Rows that a sheet of a workbook can hold, heads included."""
LONGEST_CELL = 32_767
"""Signs that a cell of a workbook can hold."""
LONGEST_SHEET_NAME = 31


def workbook(
    runs: Sequence[StoredRun], path: Path, *, monthly: bool = False, inputs: Path | None = None
) -> Path:
    """Write a workbook: what was run, then tables with a column for the scenario.

    Numbers are numbers, dates dates, texts never formulas. A table with more rows than a sheet can hold goes
    on in a sheet of the same name with (2), (3) …

    Parameters
    ----------
    runs : sequence of StoredRun
    path : Path
    monthly : bool
        Whether all monthly tables are in it too.
    inputs : Path, optional
        As in `write`.

    Returns
    -------
    Path
    """
    xlsxwriter = package("xlsxwriter", "excel")
    sheets = _sheets(runs, monthly)
    parts = {name: _parts(frame) for name, frame in sheets.items()}
    with whole(path) as part:
        book = xlsxwriter.Workbook(
            str(part), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        # The same runs give the same bytes.
        book.set_properties({"title": "Loopcast", "created": _fixed_day()})
        head, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        _put(book.add_worksheet("notes"), _notes(runs, sheets, parts, monthly), head, day)
        _put(book.add_worksheet("sources"), sources(runs, inputs), head, day)
        for name, pieces in parts.items():
            for number, piece in enumerate(pieces, start=1):
                after = f" ({number})" if number > 1 else ""
                _put(book.add_worksheet(name[: LONGEST_SHEET_NAME - len(after)] + after), piece, head, day)
        book.close()
    return path


def sources(runs: Sequence[StoredRun], inputs: Path | None = None) -> pd.DataFrame:
    """Sources of the input tables, and how many of their rows are recalled from memory.

    Parameters
    ----------
    runs : sequence of StoredRun
    inputs : Path, optional
        Folder of tables; the shipped one if left out.

    Returns
    -------
    pandas.DataFrame
        Columns ``table, source, rows, recalled``; one row that says why where the tables are not those that
        the runs used.
    """
    import pandas as pd

    from simulator.scenario.tables import is_recalled, load

    columns = ["table", "source", "rows", "recalled"]
    hashes = {str(run.record.get("inputs_hash", "")) for run in runs}
    known: Tables | None
    try:
        known = load(inputs)
    except InputError:
        known = None
    if known is None or hashes != {known.hash}:
        why = "the input tables here are not those that these runs used: name theirs with --inputs"
        return pd.DataFrame([("", why, "", "")], columns=columns)
    counts: Counter[tuple[str, str]] = Counter()
    recalled: Counter[tuple[str, str]] = Counter()
    for name in known:
        for row in known[name].rows:
            key = (name, str(row.get("source") or ""))
            counts[key] += 1
            recalled[key] += is_recalled(row)
    rows = [(*key, count, recalled[key]) for key, count in counts.items()]
    return pd.DataFrame(rows, columns=columns)


def _sheets(runs: Sequence[StoredRun], monthly: bool) -> dict[str, pd.DataFrame]:
    """Tables of all runs, each with the scenario in front."""
    import pandas as pd

    found: dict[str, list[pd.DataFrame]] = {name: [] for name in YEARLY}
    for run in runs:
        for name, frame in tables(run.dataset).items():
            if monthly or name in YEARLY:
                if "scenario" not in frame:
                    frame.insert(0, "scenario", name_of(run))
                found.setdefault(name, []).append(frame)
    return {name: pd.concat(frames, ignore_index=True) for name, frames in found.items() if frames}


def _notes(
    runs: Sequence[StoredRun],
    sheets: Mapping[str, pd.DataFrame],
    parts: Mapping[str, Sequence[pd.DataFrame]],
    monthly: bool,
) -> pd.DataFrame:
    import pandas as pd

    rows: list[tuple[str, str, Any]] = [
        ("", "what this is", "Results of Loopcast, written by `loopcast export`. Units and meaning of every "
         "variable stand in the sheet columns; flows are sums of a year, stocks its last value, shares those "
         "of the sums. Rows of nothing but zeros are left out."),
    ]  # fmt: skip
    if not monthly:
        rows.append(("", "months", "are in the csv and parquet formats, or with --monthly"))
    for name, frame in sheets.items():
        n_parts = len(parts[name])
        more = f", in {n_parts} sheets: one holds {ROWS_OF_SHEET - 1:,}" if n_parts > 1 else ""
        rows.append(("", f"sheet {name}", f"{len(frame):,} rows{more}"))
    for run in runs:
        name, record, attrs = name_of(run), run.record, run.dataset.attrs
        facts = {
            "title": attrs.get("title", ""),
            "description": attrs.get("description", ""),
            "command": record.get("command", ""),
            "seed": record.get("seed", ""),
            "rows of inputs": attrs.get("n_rows", ""),
            "recalled from memory": attrs.get("n_recalled_rows", ""),
            "inputs sha256": record.get("inputs_hash", ""),
            "code sha256": record.get("code_hash", ""),
            "content key": record.get("content_key", ""),
            "result.nc sha256": record.get("result_sha256", ""),
            "attributions": attrs.get("attributions", ""),
            **{f"version of {part}": version for part, version in record.get("versions", {}).items()},
        }
        rows += [(name, key, value) for key, value in facts.items() if value != ""]
    return pd.DataFrame(rows, columns=["scenario", "what", "value"])


def _parts(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """A table in pieces that each fit a sheet."""
    most = ROWS_OF_SHEET - 1
    return [frame.iloc[first : first + most] for first in range(0, max(len(frame), 1), most)]


def _put(sheet: Any, frame: pd.DataFrame, head: Any, day: Any) -> None:
    """Fill a sheet row by row, each column by its kind."""
    writers = [_writer(sheet, column.dtype.kind, day) for _, column in frame.items()]
    for place, column in enumerate(frame.columns):
        name = str(column)
        if isinstance(column, int):
            sheet.write_number(0, place, column, head)
        else:
            sheet.write_string(0, place, name, head)
        sheet.set_column(place, place, max(9, min(len(name) + 2, 24)))
    sheet.freeze_panes(1, 0)
    if len(frame):
        sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    for number, row in enumerate(zip(*(_cells(column) for _, column in frame.items()), strict=True), start=1):
        for place, cell in enumerate(row):
            if cell is not None and cell == cell:
                writers[place](number, place, cell)


def _cells(column: pd.Series) -> list[Any]:
    if column.dtype.kind == "M":
        return list(column.dt.to_pydatetime())
    return list(column.tolist())


def _writer(sheet: Any, kind: str, day: Any) -> Callable[[int, int, Any], None]:
    if kind in "fiu":
        return lambda row, place, cell: sheet.write_number(row, place, cell)
    if kind == "M":
        return lambda row, place, cell: sheet.write_datetime(row, place, cell, day)
    if kind == "b":
        return lambda row, place, cell: sheet.write_boolean(row, place, cell)

    def put(row: int, place: int, cell: Any) -> None:
        if isinstance(cell, (int, float)):
            sheet.write_number(row, place, cell)
        else:
            sheet.write_string(row, place, str(cell)[:LONGEST_CELL])

    return put


def _fixed_day() -> Any:
    from datetime import datetime

    return datetime(2000, 1, 1)
