"""What is kept of each member: months of the world, years of regions, outcomes, drawn values.

All members of a scenario have the same labels. So the file is laid out once, without compression, and a
member is its numbers put into the places of the layout: writing one costs next to nothing, and equal numbers
give equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator import results
from simulator.batch.outcomes import SHARES, describe, numbers, outcomes, world_months
from simulator.terms import VARIABLES
from simulator.totals import together, years_of

if TYPE_CHECKING:
    import xarray as xr

YEARLY = ("content_demanded", "content_delivered", "availability_final")
"""Sums and shares (year, region, material)."""

ENTERPRISES = ("n_firms", "jobs", "sales", "failures")
"""Sums over stages and sizes, (time) of the world and (year, region)."""

BY_REGION = "_by_region"
OUTCOME, FACTOR = "outcome_value", "factor_value"

Kept = dict[str, tuple[tuple[str, ...], Any]]
"""Dimensions and numbers by name; a name that is its only dimension is a list of labels."""


def compact(ds: xr.Dataset, values: Mapping[str, float]) -> Kept:
    """What is kept of a run.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a run.
    values : mapping of str to float
        Drawn values by the name of their factor.

    Returns
    -------
    dict of str to tuple of dimensions and array
        Months of the world under the names of `terms.VARIABLES`; years of regions with `_by_region` behind
        the name; `outcome_value` (outcome) and `factor_value` (factor).
    """
    world, years = world_months(ds), years_of(ds)
    kept: Kept = {name: (("time", "material"), array) for name, array in world.items()}
    for name in YEARLY:
        array = numbers(ds, name, "time", "region", "material")
        weight = numbers(ds, SHARES[name], "time", "region", "material") if name in SHARES else None
        kept[name + BY_REGION] = (("year", "region", "material"), together(name, array, weight, None, years))
    for name in ENTERPRISES:
        if name in ds:
            array = numbers(ds, name, "time", "region")
            array = array.reshape(*array.shape[:2], -1).sum(axis=2)
            kept[name] = (("time",), array.sum(axis=1))
            kept[name + BY_REGION] = (("year", "region"), together(name, array, None, None, years))
    for name in ("time", "material", "region"):
        kept[name] = ((name,), numbers(ds, name))
    kept["year"] = (("year",), years.labels)
    named = outcomes(ds, world)
    kept["outcome"] = (("outcome",), np.array(list(named), dtype=str))
    kept[OUTCOME] = (("outcome",), np.array(list(named.values()), dtype=float))
    if values:
        kept["factor"] = (("factor",), np.array(list(values), dtype=str))
        kept[FACTOR] = (("factor",), np.array(list(values.values()), dtype=float))
    return kept


def described(name: str) -> dict[str, str]:
    """Attributes of a variable of a member's file, or of what is gathered from it."""
    bare = name.removesuffix(BY_REGION)
    if bare in VARIABLES:
        where = "of each region and year" if name != bare else "of the world"
        return {"units": VARIABLES[bare].unit, "long_name": f"{VARIABLES[bare].text}; {where}"}
    texts = {OUTCOME: "outcomes of the run", FACTOR: "drawn values", "member": "number of the member"}
    return {"long_name": texts[name]} if name in texts else {}


@dataclass
class Layout:
    """A file with room for the numbers of any member of a scenario.

    Attributes
    ----------
    template : bytes
        The netCDF file, all numbers zero.
    places : dict of str to int
        First byte of each variable's numbers.
    like : tuple
        Names, shapes and labels for which it holds.
    """

    template: bytes
    places: dict[str, int]
    like: tuple[Any, ...]

    @classmethod
    def of(cls, kept: Kept, attrs: Mapping[str, Any]) -> Layout:
        """Layout of a member and of all that are like it.

        Parameters
        ----------
        kept : dict
            See `compact`.
        attrs : mapping
            Provenance; the same for all members.
        """
        import xarray as xr

        empty = xr.Dataset(
            {
                name: (dims, array if dims == (name,) else np.zeros(array.shape), described(name))
                for name, (dims, array) in kept.items()
            },
            attrs=dict(attrs),
        )
        empty = empty.assign_coords(member=((), np.int64(0), described("member")))
        empty["outcome"].attrs["long_name"] = "; ".join(
            f"{name} [{describe(name)[0]}]: {describe(name)[1]}" for name in empty["outcome"].values
        )
        template = results.to_flat_netcdf(empty)
        return cls(template, results.places_in(template), _like(kept))

    def filled(self, kept: Kept, member: int) -> bytes:
        """File of one member.

        Parameters
        ----------
        kept : dict
        member : int

        Raises
        ------
        ValueError
            The member has other labels than the layout.
        """
        if _like(kept) != self.like:
            raise ValueError("members of a scenario have different labels")
        data = bytearray(self.template)
        numbers = {name: np.asarray(array, "<f8") for name, (dims, array) in kept.items() if dims != (name,)}
        for name, array in {**numbers, "member": np.array(member, "<i8")}.items():
            start = self.places[name]
            data[start : start + array.nbytes] = array.tobytes()
        return bytes(data)


def _like(kept: Kept) -> tuple[Any, ...]:
    """Names and shapes, and the labels themselves."""
    return tuple(
        (name, dims, array.shape, array.tobytes() if dims == (name,) else b"")
        for name, (dims, array) in kept.items()
    )
