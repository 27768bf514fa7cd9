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

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import Fault, InputError, Place
from simulator.export.excel import sources, workbook
from simulator.export.files import name_of, package, whole
from simulator.export.iamc_format import iamc, iamc_name
from simulator.results import RESULT_FILE, to_csv
from simulator.results.frames import tables

if TYPE_CHECKING:
    import pandas as pd

    from simulator.results import StoredRun

__all__ = ["FORMATS", "iamc", "iamc_name", "parquet", "sources", "workbook", "write"]

FORMATS = ("csv", "xlsx", "parquet", "iamc", "netcdf")
SUFFIX = {"xlsx": ".xlsx", "iamc": ".csv", "netcdf": ".nc"}
"""Of formats that are one file; the others are folders."""


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
    names = [name_of(run) for run in runs]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        allowed = "runs of different scenarios: they would overwrite each other"
        raise InputError([Fault(Place("RUN"), name, allowed, rule="name_twice") for name in twice])
    try:
        if to == "netcdf":
            return [_copied(run, _file(path, to, name_of(run), len(runs))) for run in runs]
        if to == "iamc":
            return [_iamc_file(runs, _file(path, to, _together(names), 1))]
        if to == "xlsx":
            return [workbook(runs, _file(path, to, _together(names), 1), monthly=monthly, inputs=inputs)]
        return [(_csv if to == "csv" else _parquet)(run, path / name_of(run)) for run in runs]
    except OSError as error:
        found = f"{path}: {error.strerror or error}"
        raise InputError([Fault(Place("--out"), found, "a path that can be written", rule="out")]) from None


def parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet.

    Parameters
    ----------
    frame : pandas.DataFrame
    path : Path
    """
    pyarrow = package("pyarrow", "parquet")
    import pyarrow.parquet as files

    named = frame.rename(columns=str)
    files.write_table(pyarrow.Table.from_pandas(named, preserve_index=False), path)


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
            with whole(folder / path.name) as part:
                shutil.copyfile(path, part)
        return folder
    for name, frame in tables(run.dataset).items():
        with whole(folder / f"{name}.csv") as part:
            to_csv(frame, part)
    return folder


def _parquet(run: StoredRun, folder: Path) -> Path:
    for name, frame in tables(run.dataset).items():
        with whole(folder / f"{name}.parquet") as part:
            parquet(frame, part)
    return folder


def _copied(run: StoredRun, path: Path) -> Path:
    with whole(path) as part:
        shutil.copyfile(run.folder / RESULT_FILE, part)
    return path


def _iamc_file(runs: Sequence[StoredRun], path: Path) -> Path:
    with whole(path) as part:
        to_csv(iamc(runs), part)
    return path
