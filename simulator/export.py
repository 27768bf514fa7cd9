"""Runs that are done in the formats that others read: CSV, Excel, Parquet, IAMC, netCDF.

=========  =======================================================================================
csv        a folder per run with its tables, byte for byte as `loopcast run` wrote them
parquet    the same tables with every bit of their numbers
xlsx       one workbook of all runs: notes, years of all variables, trade, regions, what columns mean
iamc       one CSV of all runs in the format of the IAMC, which pyam reads: a row per variable, a
           column per year
netcdf     ``result.nc`` of each run, byte for byte
=========  =======================================================================================
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import Fault, InputError, Place
from simulator.results import RESULT_FILE, to_csv
from simulator.terms import VARIABLES
from simulator.totals import tables, wide

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results import StoredRun
    from simulator.scenario.tables import Tables

FORMATS = ("csv", "xlsx", "parquet", "iamc", "netcdf")
SUFFIX = {"xlsx": ".xlsx", "iamc": ".csv", "netcdf": ".nc"}
"""Of formats that are one file; the others are folders."""
YEARLY = ("yearly", "trade_yearly", "regions", "columns")
"""Tables of a workbook; the others hold months and make it many times as large."""
ROWS_OF_SHEET = 1_048_576
"""Rows that a sheet of a workbook can hold, heads included."""
LONGEST_CELL = 32_767
"""Signs that a cell of a workbook can hold."""
LONGEST_SHEET_NAME = 31

IAMC_FRONT = ("model", "scenario", "region", "variable", "unit")
IAMC_NAMES = {
    "n_firms": "Firms|Alive",
    "collection_rate": "Recycling|Collection Rate",
    "process_efficiency": "Recycling|Process Efficiency Rate",
    "eol_generated": "End-of-Life|Generated",
    "eol_collected": "End-of-Life|Collected",
    "eol_recycling_rate": "Recycling|End-of-Life Recycling Rate",
    "eol_recycling_input_rate": "Recycling|End-of-Life Recycling Input Rate",
    "recycled_content": "Recycling|Recycled Content",
    "recycled_content_product": "Recycling|Recycled Content of Products",
    "old_scrap_ratio": "Recycling|Old Scrap Ratio",
    "old_scrap_input_rate": "Recycling|Old Scrap Input Rate",
    "supply_origin": "Supply",
    "unmet": "Demand|Unmet",
    "delivered": "Demand|Delivered",
    "need": "Need",
    "met": "Need|Met",
    "base_need": "Need|Announced",
    "extra_cover": "Cover|Extra",
    "births": "Firms|Births",
    "failures": "Firms|Failures",
    "sales": "Firms|Sales",
    "cash": "Firms|Cash",
    "jobs": "Firms|Jobs",
}
"""Names in the IAMC's way where the rule of `iamc_name` gives none that reads well."""
SHORT = {"ev", "pv"}
"""Words of labels that are all capitals."""


def write(
    runs: Sequence[StoredRun], to: str, path: Path, *, monthly: bool = False, inputs: Path | None = None
) -> list[Path]:
    """Write runs in one format.

    Parameters
    ----------
    runs : sequence of StoredRun
    to : str
        Of `FORMATS`.
    path : Path
        Folder; for xlsx and iamc, and netcdf of one run, it may be the file, if it ends like one.
    monthly : bool
        Whether a workbook has the monthly tables too.
    inputs : Path, optional
        Folder of the input tables that the runs used, for the sources in a workbook; the shipped one if left
        out.

    Returns
    -------
    list of Path
        Files, or for csv and parquet folders, that were written.

    Raises
    ------
    InputError
        Two runs of one name, a package that is missing, or a path that cannot be written.
    """
    names = [_name(run) for run in runs]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        allowed = "runs of different scenarios: they would overwrite each other"
        raise InputError([Fault(Place("RUN"), name, allowed, rule="name_twice") for name in twice])
    try:
        if to == "netcdf":
            return [_copied(run, _file(path, to, _name(run), len(runs))) for run in runs]
        if to == "iamc":
            return [_iamc_file(runs, _file(path, to, _together(names), 1))]
        if to == "xlsx":
            return [workbook(runs, _file(path, to, _together(names), 1), monthly=monthly, inputs=inputs)]
        return [(_csv if to == "csv" else _parquet)(run, path / _name(run)) for run in runs]
    except OSError as error:
        found = f"{path}: {error.strerror or error}"
        raise InputError([Fault(Place("--out"), found, "a path that can be written", rule="out")]) from None


def iamc_name(variable: str) -> str:
    """Name of a variable in the IAMC's way: noun first, what it is told of after a bar.

    Parameters
    ----------
    variable : str
        Of `terms.VARIABLES`.

    Returns
    -------
    str
        `availability_final` is `Availability|Final`.
    """
    if variable in IAMC_NAMES:
        return IAMC_NAMES[variable]
    noun, _, more = variable.partition("_")
    return "|".join(_title(part) for part in (noun, more) if part)


def iamc(runs: Sequence[StoredRun]) -> pd.DataFrame:
    """Years of all variables in the format of the IAMC.

    Parameters
    ----------
    runs : sequence of StoredRun

    Returns
    -------
    pandas.DataFrame
        Columns ``model, scenario, region, variable, unit`` and one per year; each row's labels besides the
        region stand in its variable: ``Availability|Final|Lithium``. Rows of nothing but zeros, trade and
        traced firms are left out, as in the table ``yearly``.
    """
    import pandas as pd

    frames = []
    for run in runs:
        table = wide(run.dataset)
        years = [column for column in table.columns if isinstance(column, int)]
        frame = table[["scenario", "region", "unit", *years]].copy()
        frame.insert(0, "model", f"Loopcast {run.record.get('versions', {}).get('loopcast', '')}".rstrip())
        frame["variable"] = _iamc_variables(table)
        frame["unit"] = frame["unit"].fillna("1").replace("", "1")
        frames.append(frame)
    whole = pd.concat(frames, ignore_index=True)
    years = sorted(column for column in whole.columns if isinstance(column, int))
    return whole[[*IAMC_FRONT, *years]]


def parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet.

    Parameters
    ----------
    frame : pandas.DataFrame
    path : Path
    """
    pyarrow = _package("pyarrow", "parquet")
    import pyarrow.parquet as files

    named = frame.rename(columns=str)
    files.write_table(pyarrow.Table.from_pandas(named, preserve_index=False), path)


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
    xlsxwriter = _package("xlsxwriter", "excel")
    sheets = _sheets(runs, monthly)
    parts = {name: _parts(frame) for name, frame in sheets.items()}
    with _whole(path) as part:
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
                    frame.insert(0, "scenario", _name(run))
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
        name, record, attrs = _name(run), run.record, run.dataset.attrs
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


def _iamc_variables(table: pd.DataFrame) -> list[str]:
    dims = [c for c in table.columns if isinstance(c, str) and c not in ("scenario", "unit", "region")]
    rows = table[dims].to_dict("records")
    return [_iamc_variable(str(row["variable"]), row) for row in rows]


def _iamc_variable(name: str, labels: Mapping[str, Any]) -> str:
    dims = VARIABLES[name].dims if name in VARIABLES else tuple(d for d in labels if d != "variable")
    told = [labels[dim] for dim in dims if isinstance(labels.get(dim), str) and dim != "region"]
    return "|".join([iamc_name(name), *(_title(label) for label in told)])


def _title(label: str) -> str:
    """Words of a label with capitals; a bar would read as a level."""
    words = label.replace("|", "/").split("_")
    return " ".join(word.upper() if word in SHORT else word[:1].upper() + word[1:] for word in words)


def _name(run: StoredRun) -> str:
    return str(run.dataset.attrs.get("scenario", run.folder.name))


def _together(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else "runs"


def _file(path: Path, to: str, name: str, n_files: int) -> Path:
    """The path itself if it is named like a file of this format, else a file in it."""
    if path.suffix == SUFFIX[to] and n_files == 1 and not path.is_dir():
        return path
    return path / f"{name}{'_iamc' if to == 'iamc' else ''}{SUFFIX[to]}"


def _csv(run: StoredRun, folder: Path) -> Path:
    """The tables that the run wrote; made anew where it wrote none."""
    written = [run.folder / name for name in run.record.get("files", ()) if name.endswith(".csv")]
    if written and all(path.is_file() for path in written):
        for path in written:
            with _whole(folder / path.name) as part:
                shutil.copyfile(path, part)
        return folder
    for name, frame in tables(run.dataset).items():
        with _whole(folder / f"{name}.csv") as part:
            to_csv(frame, part)
    return folder


def _parquet(run: StoredRun, folder: Path) -> Path:
    for name, frame in tables(run.dataset).items():
        with _whole(folder / f"{name}.parquet") as part:
            parquet(frame, part)
    return folder


def _copied(run: StoredRun, path: Path) -> Path:
    with _whole(path) as part:
        shutil.copyfile(run.folder / RESULT_FILE, part)
    return path


def _iamc_file(runs: Sequence[StoredRun], path: Path) -> Path:
    with _whole(path) as part:
        to_csv(iamc(runs), part)
    return path


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A temporary name beside the file, renamed at the end: there is never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _package(name: str, extra: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        allowed = f"another format, or {name}: pip install 'loopcast[{extra}]'"
        fault = Fault(Place("--to"), f"{name} is not installed", allowed, rule="extra_missing")
        raise InputError([fault]) from None


def _fixed_day() -> Any:
    from datetime import datetime

    return datetime(2000, 1, 1)
