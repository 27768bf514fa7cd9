"""Results on disk: netCDF, provenance, CSV tables, content key; and what the file alone can prove.

A run's folder holds ``result.nc`` (CF netCDF, the same bytes for the same run), ``run.json`` (what was run,
with which inputs, code and versions; the only place of clock times) and ``tables/`` (CSV). ``run.json`` is
written last: a folder without it holds no finished run.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.terms import DIMENSIONS, VARIABLES
from simulator.totals import mass_closure, tables

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

RESULT_FILE = "result.nc"
RECORD_FILE = "run.json"
TABLE_FOLDER = "tables"
CONVENTIONS = "CF-1.11"
RECORD_VERSION = 1
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


@cache
def code_hash() -> str:
    """Sha256 over the source of everything that can change a number (not the report, not the commands).

    Read once: a process goes on with the code that it started with.
    """
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py"), key=lambda p: p.relative_to(root).as_posix()):
        name = path.relative_to(root).as_posix()
        if not name.startswith(("report/", "cli/")):
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
    """
    home = Path(folder)
    with _replacing(home) as pending:
        netcdf = _part(pending, home / RESULT_FILE)
        to_netcdf(dataset, netcdf)
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


def _record(dataset: xr.Dataset, scenario: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    plain = as_plain(scenario)
    inputs_hash = str(dataset.attrs.get("inputs_hash", ""))
    residuals = {"mass_from_file": float(mass_closure(dataset).max())}
    if "mass_residual" in dataset:
        residuals["mass_from_engine"] = float(dataset["mass_residual"].max())
    return {
        "record_version": RECORD_VERSION,
        "scenario": plain,
        "seed": plain.get("seed", dataset.attrs.get("seed")),
        "content_key": content_key(plain, inputs_hash),
        "inputs_hash": inputs_hash,
        "code_hash": code_hash(),
        "versions": versions(),
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
    import xarray as xr

    home = Path(folder)
    if not (home / RECORD_FILE).is_file() or not (home / RESULT_FILE).is_file():
        raise FileNotFoundError(f"{home}: no finished run ({RECORD_FILE} and {RESULT_FILE} expected)")
    record = json.loads((home / RECORD_FILE).read_text(encoding="utf-8"))
    with xr.open_dataset(home / RESULT_FILE, engine="h5netcdf", decode_coords="all") as file:
        dataset = file.load().drop_vars("time_bounds", errors="ignore")
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
        There is no such run, or its file cannot be read.
    """
    from simulator.errors import Fault, InputError, Place, listed, nearest

    for folder in (Path(name), home / name):
        if (folder / RECORD_FILE).is_file():
            try:
                return read(folder)
            except (OSError, ValueError) as error:
                fault = Fault(
                    Place(str(folder)), str(error).splitlines()[0], "a finished run", rule="run_damaged"
                )
                raise InputError([fault]) from None
    known = sorted(path.parent.name for path in home.glob(f"*/{RECORD_FILE}"))
    allowed = f"the folder of a run, or a run in {home}: {listed(known) if known else 'there is none'}"
    raise InputError([Fault(Place("RUN"), name, allowed, nearest(name, known), rule="run_unknown")])


def to_netcdf(dataset: xr.Dataset, path: str | os.PathLike[str] | io.BytesIO) -> None:
    """Write CF netCDF with the same bytes for equal datasets: no clock time, attributes and variables sorted.

    Parameters
    ----------
    dataset : xarray.Dataset
        Result of a run.
    path : path or buffer
        File to write; not atomic by itself, see `write`.
    """
    import numpy as np

    out = dataset.copy()
    bounds, clock = _bounds(out["time"].values)
    out["time_bounds"] = (("time", "bound"), bounds)
    out.attrs = {"Conventions": CONVENTIONS, "source": "Loopcast simulator", **_clean(dataset.attrs)}
    encoding: dict[str, dict[str, Any]] = {}
    for name in out.variables:
        variable, term = out[name], VARIABLES.get(str(name))
        described = _describe(term) if term else _describe_coordinate(str(name))
        variable.attrs = dict(sorted({**_clean(variable.attrs), **described}.items()))
        if np.issubdtype(variable.dtype, np.datetime64):
            encoding[str(name)] = {
                "units": f"{clock} since 1970-01-01",
                "calendar": "standard",
                "dtype": "int32",
            }
        elif np.issubdtype(variable.dtype, np.floating) and variable.ndim:
            encoding[str(name)] = {"zlib": True, "complevel": 4, "shuffle": True}
    for name in out.variables:
        out[name].encoding = {}
    out["time"].attrs["bounds"] = "time_bounds"
    out["time_bounds"].attrs = {}
    order = sorted(map(str, out.data_vars))
    out[order].to_netcdf(path, engine="h5netcdf", format="NETCDF4", encoding=encoding)


def as_bytes(dataset: xr.Dataset) -> bytes:
    """What `to_netcdf` writes, for who cannot write it.

    Parameters
    ----------
    dataset : xarray.Dataset
        Result of a run.
    """
    buffer = io.BytesIO()
    to_netcdf(dataset, buffer)
    return buffer.getvalue()


def to_flat_netcdf(dataset: xr.Dataset) -> bytes:
    """Netcdf with every variable in one uncompressed piece, attributes as they are; see `places_in`.

    Parameters
    ----------
    dataset : xarray.Dataset
        Numbers and labels; no dimension without a label may be empty.

    Returns
    -------
    bytes
        The same for equal datasets.
    """
    out = dataset.copy()
    out.attrs = {"Conventions": CONVENTIONS, "source": "Loopcast simulator", **_clean(dataset.attrs)}
    encoding: dict[str, dict[str, Any]] = {}
    for name in out.variables:
        out[name].encoding = {}
        out[name].attrs = dict(sorted(_clean(out[name].attrs).items()))
        if str(name) in DIMENSIONS and not out[name].attrs:
            out[name].attrs = _describe_coordinate(str(name))
        if out[name].dtype.kind == "M":
            units = {"units": "minutes since 1970-01-01", "calendar": "standard", "dtype": "int32"}
            encoding[str(name)] = units
        elif out[name].dtype.kind == "f":
            encoding[str(name)] = {"_FillValue": None}
    buffer = io.BytesIO()
    out[sorted(map(str, out.data_vars))].to_netcdf(
        buffer, engine="h5netcdf", format="NETCDF4", encoding=encoding
    )
    return buffer.getvalue()


def places_in(content: bytes) -> dict[str, int]:
    """First byte of the numbers of each variable of a file that `to_flat_netcdf` made.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    dict of str to int
        Only variables in one piece.
    """
    import h5py

    places: dict[str, int] = {}
    with h5py.File(io.BytesIO(content), "r") as file:
        for name, found in file.items():
            start = found.id.get_offset() if isinstance(found, h5py.Dataset) else None
            if start is not None:
                places[str(name)] = int(start)
    return places


def read_flat(path: Path, names: Iterable[str]) -> dict[str, Any]:
    """Some variables of a file, without labels and without looking at the rest.

    Parameters
    ----------
    path : Path
    names : iterable of str
        Variables of numbers.

    Returns
    -------
    dict of str to array

    Raises
    ------
    OSError
        The file cannot be read.
    KeyError
        It has no such variable.
    """
    import h5py

    with h5py.File(path, "r") as file:
        return {name: file[name][()] for name in names}


def _describe(term: Any) -> dict[str, str]:
    by_label = "process" if "process" in term.dims else term.unit
    unit = f"see unit_{by_label}" if term.unit in DIMENSIONS else term.unit
    note = {
        "sum": "total of the interval that starts at time",
        "mean": "mean of the interval that starts at time",
        "point": "at the end of the interval that starts at time",
    }
    return {
        "units": unit,
        "long_name": term.text,
        "cell_methods": f"time: {term.cell}",
        "comment": note[term.cell],
    }


def _describe_coordinate(name: str) -> dict[str, str]:
    if name == "time":
        return {"long_name": DIMENSIONS["time"], "standard_name": "time", "axis": "T"}
    of = name.split("_", 1)
    special = {"source": "node a link leaves", "target": "node a link enters"}
    text = DIMENSIONS.get(name) or special.get(name) or f"{of[0]} of each {of[-1].replace('_', ' ')}"
    return {"long_name": text}


def _clean(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Attributes as netCDF can hold them, sorted: nothing empty, no booleans, structures as JSON."""
    clean: dict[str, Any] = {}
    for key in sorted(map(str, attrs)):
        value = attrs[key]
        if isinstance(value, bool):
            value = int(value)
        elif isinstance(value, (dict, list, tuple)):
            value = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
        elif value is not None and not isinstance(value, (str, int, float)):
            value = str(value)
        if value is not None:
            clean[key] = value
    return clean


def _bounds(times: Any) -> tuple[Any, str]:
    """Start and end of each interval, and the unit that holds them: calendar months in days, else minutes."""
    import numpy as np

    months = times.astype("datetime64[M]")
    if (months.astype("datetime64[ns]") == times).all():
        return np.stack([months, months + 1], axis=-1).astype("datetime64[ns]"), "days"
    length = np.diff(times)
    ends = times + np.append(length, length[-1:]) if len(length) else times
    return np.stack([times, ends], axis=-1), "minutes"
