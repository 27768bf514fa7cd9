"""Members of a scenario put together: quantiles, means, exceedance; memory does not grow with members."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import results
from simulator.batch import store
from simulator.batch.compact import BY_REGION, FACTOR, OUTCOME, PLACE_OUTCOME, described
from simulator.batch.member import member_key
from simulator.batch.outcomes import describe

if TYPE_CHECKING:
    import xarray as xr

    from simulator.batch.cells import Batch, Cell

GATHERED_FILE = "ensemble.nc"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of every variable over members: the ends of the ranges that fans show, and the median."""

PROBABILITIES = tuple(round(0.01 * i, 2) for i in range(1, 100))
"""At which exceedance is told: an outcome is at least its value there with this probability."""

EACH = (OUTCOME, PLACE_OUTCOME, FACTOR)
"""What is kept of every member, not only of all together: differences are taken member by member."""

BLOCK_BYTES = 256_000_000
"""Numbers of all members that are held at a time; files are passed over once for each block."""


def gather(batch: Batch, cell: Cell) -> Path | None:
    """Write ``ensemble.nc`` of a cell; nothing is done if it is there and made from the same members.

    Parameters
    ----------
    batch : Batch
    cell : Cell

    Returns
    -------
    Path or None
        The file; None if no member is there.
    """
    folder, keys = batch.out / cell.name, batch.keys_of(cell).each
    made_from = {
        member: own
        for member in range(cell.n_members)
        if (own := store.key_of(store.member_path(folder, member), *(member_key(k, member) for k in keys)))
    }
    members = list(made_from)
    if not members:
        return None
    text = f"{made_from} {QUANTILES} {PROBABILITIES}"
    own_key, target = hashlib.sha256(text.encode()).hexdigest(), folder / GATHERED_FILE
    if not store.is_whole(target, own_key):
        found = reduced([store.member_path(folder, member) for member in members], members)
        found.attrs |= {"n_members": cell.n_members, "n_gathered": len(members)}
        store.put(target, store.sealed(results.to_flat_netcdf(found), own_key))
    return target


def reduced(paths: Sequence[Path], members: Sequence[int]) -> xr.Dataset:
    """What members say together.

    Parameters
    ----------
    paths : sequence of Path
        Files of members with the same labels.
    members : sequence of int
        Their numbers.

    Returns
    -------
    xarray.Dataset
        Each variable with the dimension ``quantile`` first and its mean with ``_mean`` behind the name;
        `outcome_value` (member, outcome), `outcome_mean` (outcome), `outcome_exceeded` (probability,
        outcome), the value that is reached or passed with that probability; `place_outcome_value` (member,
        place_outcome, place, material); `factor_value` (member, factor).
    """
    import xarray as xr

    like = results.read_netcdf(paths[0])
    coords: dict[str, Any] = {str(name): coord.variable for name, coord in like.coords.items()}
    coords |= {"quantile": list(QUANTILES), "member": list(members), "probability": list(PROBABILITIES)}
    found = xr.Dataset(coords=coords, attrs=dict(like.attrs))
    for name in EACH:
        if name in like:
            dims = ("member", *like[name].dims)
            found[name] = (dims, _stacked(paths, [name])[name], described(name))
    values = found[OUTCOME].values
    found["outcome_mean"] = ("outcome", values.mean(axis=0), {"long_name": "mean over members"})
    exceeded = np.quantile(values, 1.0 - np.array(PROBABILITIES), axis=0)
    text = "value that is reached or passed with the probability"
    found["outcome_exceeded"] = (("probability", "outcome"), exceeded, {"long_name": text})
    for name, stacked in _blocks(paths, like):
        attrs = described(name)
        quantiles = np.quantile(stacked, np.array(QUANTILES), axis=0)
        found[name] = (("quantile", *like[name].dims), quantiles, attrs)
        mean = attrs | {"long_name": f"{attrs.get('long_name', name)}; mean over members"}
        found[f"{name}_mean"] = (like[name].dims, stacked.mean(axis=0), mean)
    units = [describe(str(name))[0] for name in found["outcome"].values]
    found["unit_outcome"] = ("outcome", np.array(units, dtype=str))
    return found


def _blocks(paths: Sequence[Path], like: xr.Dataset) -> Iterator[tuple[str, Any]]:
    """Each variable over all members, a few variables at a time."""
    sizes = {
        str(name): array.nbytes * len(paths)
        for name, array in like.data_vars.items()
        if array.ndim and str(name) not in EACH
    }
    block: list[str] = []
    for name in sizes:
        if block and sum(sizes[each] for each in (*block, name)) > BLOCK_BYTES:
            yield from _stacked(paths, block).items()
            block = []
        block.append(name)
    if block:
        yield from _stacked(paths, block).items()


def _stacked(paths: Sequence[Path], names: Sequence[str]) -> dict[str, Any]:
    """Variables of all members, members first."""
    found: dict[str, Any] = {}
    for index, path in enumerate(paths):
        for name, values in results.read_flat(path, names).items():
            if name not in found:
                found[name] = np.empty((len(paths), *values.shape))
            found[name][index] = values
    return found


def open_members(folder: Path) -> xr.Dataset:
    """All members in a folder as one data set with the dimension ``member``, read when asked for.

    Parameters
    ----------
    folder : Path
        Of a cell.

    Returns
    -------
    xarray.Dataset
        Lazy; needs Dask (`pip install loopcast[cluster]`).

    Raises
    ------
    FileNotFoundError
        There is no member.
    """
    paths = sorted((folder / store.MEMBERS).glob("*.nc"))
    if not paths:
        raise FileNotFoundError(f"{folder}: no members")
    return results.open_lazily(paths, "member")


def outcome_ranges(folder: Path, outcome: str) -> tuple[int, float, float, float] | None:
    """Range of an outcome over the members that are gathered.

    Parameters
    ----------
    folder : Path
        Of a cell.
    outcome : str

    Returns
    -------
    tuple of int and three floats, or None
        Number of members, and the 5, 50 and 95 % quantiles; None if nothing is gathered.
    """
    if not (folder / GATHERED_FILE).is_file():
        return None
    values = results.read_netcdf(folder / GATHERED_FILE)[OUTCOME].sel(outcome=outcome).values
    low, median, high = np.quantile(values, [QUANTILES[0], 0.5, QUANTILES[-1]])
    return len(values), float(low), float(median), float(high)


__all__ = ["BY_REGION", "GATHERED_FILE", "gather", "open_members", "reduced"]
