"""Results on disk: netCDF, provenance, CSV tables, content key; and what the file alone can prove.

A run's folder holds ``result.nc`` (CF netCDF, the same bytes for the same run), ``run.json`` (what was run,
with which inputs, code and versions; the only place of clock times) and ``tables/`` (CSV). ``run.json`` is
written last: a folder without it holds no finished run.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import Fault, InputError, Place, RunFailed, listed, nearest
from simulator.results.frames import tables, wide
from simulator.results.netcdf import (
    as_bytes,
    open_lazily,
    places_in,
    read_flat,
    read_netcdf,
    to_flat_netcdf,
    to_netcdf,
)
from simulator.results.provenance import (
    as_plain,
    code_hash,
    content_key,
    differing,
    provenance,
    versions,
)
from simulator.totals import mass_closure

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = [
    "CSV_FORMAT", "RECORD_FILE", "RECORD_VERSION", "RESULT_FILE", "TABLE_FOLDER", "StoredRun", "as_bytes",
    "as_plain", "code_hash", "content_key", "differing", "find", "open_lazily", "places_in", "provenance",
    "read", "read_flat", "read_netcdf", "refuse_links", "tables", "to_csv", "to_flat_netcdf", "to_netcdf",
    "versions", "why", "wide", "write",
]  # fmt: skip

RESULT_FILE = "result.nc"
RECORD_FILE = "run.json"
TABLE_FOLDER = "tables"
RECORD_VERSION = 2
"""Form of results, one higher with each change of names or dimensions of variables."""

CSV_FORMAT = "%.9g"
"""Nine digits: tables are for reading and charting; ``result.nc`` has every bit."""


@dataclass(frozen=True)
class StoredRun:
    """A run read from its folder.

    Attributes
    ----------
    dataset : xarray.Dataset
        Variables of `terms.VARIABLES`, all in memory.
    record : dict
        Content of ``run.json``.
    folder : Path
        Where it was read.
    """

    dataset: xr.Dataset
    record: dict[str, Any]
    folder: Path


def refuse_links(out: Path, paths: Iterable[Path]) -> None:
    """Stop before anything is written through a link out of the folder of results.

    Parameters
    ----------
    out : Path
        Folder of all results; may itself be a link, since the user named it.
    paths : iterable of Path
        What will be written, below `out`.

    Raises
    ------
    InputError
        With every link on the way to one of the paths.
    """
    faults = {}
    for path in paths:
        for place in (path, *path.parents):
            if place == out:
                break
            if place.is_symlink():
                allowed = "plain files and folders: results are not written through links"
                faults[place] = Fault(Place(str(place)), "a link", allowed, rule="output_link")
    if faults:
        raise InputError(faults.values())


def why(error: OSError) -> str:
    """Reason for which a file cannot be read or written, in a few words.

    Parameters
    ----------
    error : OSError
    """
    return "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error)).lower()


@contextmanager
def _replacing(folder: Path) -> Iterator[dict[Path, Path]]:
    """Collect files under temporary names; rename all at the end, or remove all when anything interrupts."""
    pending: dict[Path, Path] = {}
    try:
        yield pending
        (folder / RECORD_FILE).unlink(missing_ok=True)
        for final, part in pending.items():
            part.replace(final)
    finally:
        for part in pending.values():
            part.unlink(missing_ok=True)


def _part(pending: dict[Path, Path], final: Path) -> Path:
    final.parent.mkdir(parents=True, exist_ok=True)
    pending[final] = final.with_name(f".{final.name}.{os.getpid()}.part")
    return pending[final]


def write(
    dataset: xr.Dataset,
    folder: str | os.PathLike[str],
    *,
    scenario: Any,
    facts: Mapping[str, Any],
) -> Path:
    """Write a run: ``result.nc``, CSV tables and, last, ``run.json``.

    Everything is written under temporary names in the same folder and renamed at the end, so an interrupted
    write leaves the folder as it was.

    Parameters
    ----------
    dataset : xarray.Dataset
        Result of `simulator.run`.
    folder : path
        The run's own folder; made when missing.
    scenario : Scenario or mapping
        Resolved scenario.
    facts : mapping
        What only the caller knows (``command``, ``wall_time_s``, ``started`` …); goes into ``run.json``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        The folder, or something in it, is a link.
    RunFailed
        There is no room for it, or no right to write it.
    """
    home = Path(folder)
    finals = [home / name for name in (RECORD_FILE, RESULT_FILE, TABLE_FOLDER)]
    refuse_links(home.parent, finals)
    try:
        return _write(dataset, home, scenario, facts)
    except OSError as error:
        raise RunFailed(f"cannot write {home}: {why(error)}") from None


def _write(dataset: xr.Dataset, home: Path, scenario: Any, facts: Mapping[str, Any]) -> Path:
    origin = provenance(scenario, *_inputs_of(dataset))
    with _replacing(home) as pending:
        netcdf = _part(pending, home / RESULT_FILE)
        # From memory: the HDF5 library has no clean end on a full disk.
        netcdf.write_bytes(as_bytes(dataset.assign_attrs(origin)))
        names = []
        for name, frame in tables(dataset).items():
            names.append(f"{TABLE_FOLDER}/{name}.csv")
            to_csv(frame, _part(pending, home / names[-1]))
        record = _record(dataset, scenario, facts)
        record["files"] = [RESULT_FILE, *names]
        record["result_sha256"] = hashlib.sha256(netcdf.read_bytes()).hexdigest()
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        _part(pending, home / RECORD_FILE).write_text(text, encoding="utf-8")
    return home


def to_csv(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table as CSV, numbers as `CSV_FORMAT`, what is not known as nothing.

    Parameters
    ----------
    frame : pandas.DataFrame
    path : path or buffer
        File to write; not atomic by itself, see `write`.
    """
    text = frame.copy(deep=False)  # several times faster than pandas' own formatting
    for name, column in frame.items():
        if column.dtype.kind == "f":
            text[name] = [CSV_FORMAT % number if number == number else "" for number in column.tolist()]
    text.to_csv(path, index=False, lineterminator="\n")


def _inputs_of(dataset: xr.Dataset) -> tuple[str, str]:
    """Hashes of all tables and of what the scenario sees of them."""
    return str(dataset.attrs.get("inputs_hash", "")), str(dataset.attrs.get("inputs_seen_hash", ""))


def _record(dataset: xr.Dataset, scenario: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    plain = as_plain(scenario)
    made_from = provenance(plain, *_inputs_of(dataset))
    residuals = {"mass_from_file": float(mass_closure(dataset).max())}
    if "mass_residual" in dataset:
        residuals["mass_from_engine"] = float(dataset["mass_residual"].max())
    return {
        "record_version": RECORD_VERSION,
        "scenario": made_from.pop("scenario_resolved"),
        "seed": plain.get("seed", dataset.attrs.get("seed")),
        **made_from,
        "inputs_read": str(dataset.attrs.get("inputs_read", "all")),
        "law_residuals": residuals,
        **{str(k): v for k, v in facts.items()},
    }


def read(folder: str | os.PathLike[str]) -> StoredRun:
    """Read a finished run.

    Parameters
    ----------
    folder : path
        A folder that `write` made.

    Raises
    ------
    FileNotFoundError
        The folder holds no finished run.
    """
    home = Path(folder)
    if not (home / RECORD_FILE).is_file() or not (home / RESULT_FILE).is_file():
        raise FileNotFoundError(f"{home}: no finished run ({RECORD_FILE} and {RESULT_FILE} expected)")
    record = json.loads((home / RECORD_FILE).read_text(encoding="utf-8"))
    dataset = read_netcdf(home / RESULT_FILE).drop_vars("time_bounds", errors="ignore")
    return StoredRun(dataset, record, home)


def find(name: str, home: Path) -> StoredRun:
    """Read a run by its folder, or by its name in a folder of runs.

    Parameters
    ----------
    name : str
        Path of a run's folder, or the name of one in `home`.
    home : Path

    Raises
    ------
    InputError
        There is no such run, or its file cannot be read or was written by another version.
    """
    for folder in (Path(name), home / name):
        if (folder / RECORD_FILE).is_file():
            try:
                return _of_this_version(read(folder))
            except (OSError, ValueError) as error:
                fault = Fault(
                    Place(str(folder)), str(error).splitlines()[0], "a finished run", rule="run_damaged"
                )
                raise InputError([fault]) from None
    known = sorted(path.parent.name for path in home.glob(f"*/{RECORD_FILE}"))
    allowed = f"the folder of a run, or a run in {home}: {listed(known) if known else 'there is none'}"
    raise InputError([Fault(Place("RUN"), name, allowed, nearest(name, known), rule="run_unknown")])


def _of_this_version(run: StoredRun) -> StoredRun:
    """The run, if its variables are those of this version: others would be read wrongly, or not at all."""
    version = run.record.get("record_version")
    if version != RECORD_VERSION:
        found = f"results in form {version}, of another version"
        allowed = f"form {RECORD_VERSION}; `loopcast run` makes them anew"
        raise InputError([Fault(Place(str(run.folder)), found, allowed, rule="run_other_version")])
    return run
