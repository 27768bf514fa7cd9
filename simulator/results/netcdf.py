"""The only writer of netCDF, so that equal data sets give equal bytes; and quick readers of what it wrote."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.terms import DIMENSIONS, VARIABLES

if TYPE_CHECKING:
    import xarray as xr

CONVENTIONS = "CF-1.11"


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


def read_netcdf(source: Path | bytes) -> xr.Dataset:
    """A file's variables and coordinates, all in memory.

    Parameters
    ----------
    source : Path or bytes

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    OSError, ValueError, RuntimeError
        The file is damaged.
    """
    import xarray as xr

    what = io.BytesIO(source) if isinstance(source, bytes) else source
    with xr.open_dataset(what, engine="h5netcdf", decode_coords="all") as file:
        return file.load()


def open_lazily(paths: Sequence[Path], dimension: str) -> xr.Dataset:
    """Files with the same labels as one data set, read when asked for; needs Dask.

    Parameters
    ----------
    paths : sequence of Path
        In the order of the new dimension.
    dimension : str
        Along which they are put together.
    """
    import xarray as xr

    return xr.open_mfdataset(
        paths,
        engine="h5netcdf",
        combine="nested",
        concat_dim=dimension,
        coords="minimal",
        compat="override",
        combine_attrs="override",
        join="override",
    )


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
        value = value.item() if hasattr(value, "item") and not getattr(value, "ndim", 0) else value
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
