"""What is kept of each member: months of the world, years of regions and places, outcomes, drawn values.

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
from simulator.batch import placed
from simulator.batch.outcomes import Priced, describe, numbers, outcomes, priced, world_months
from simulator.terms import VARIABLES
from simulator.totals import Years, together, years_of

if TYPE_CHECKING:
    import xarray as xr

YEARLY = ("content_demanded", "content_delivered")
"""Sums (year, region, material)."""

ENTERPRISES = ("n_firms", "jobs", "sales", "failures")
"""Sums over stages and sizes, (time) of the world and (year, region)."""

BY_REGION, BY_PLACE = "_by_region", "_by_place"
OUTCOME, FACTOR = "outcome_value", "factor_value"
PLACE_OUTCOME = "place_outcome_value"

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
        the name, of places (regions, the world and groups of regions) with `_by_place`; `outcome_value`
        (outcome), `place_outcome_value` (place_outcome, place, material) and `factor_value` (factor).
    """
    price, years = priced(ds), years_of(ds)
    world = world_months(ds, price)
    kept: Kept = {name: (("time", "material"), array) for name, array in world.items()}
    for name in YEARLY:
        array = numbers(ds, name, "time", "region", "material")
        kept[name + BY_REGION] = (("year", "region", "material"), together(name, array, None, None, years))
    for name in ENTERPRISES:
        if name in ds:
            array = numbers(ds, name, "time", "region")
            array = array.reshape(*array.shape[:2], -1).sum(axis=2)
            kept[name] = (("time",), array.sum(axis=1))
            kept[name + BY_REGION] = (("year", "region"), together(name, array, None, None, years))
    kept |= _of_places(ds, years, price)
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


def _of_places(ds: xr.Dataset, years: Years, price: Priced) -> Kept:
    sums = placed.sums(ds)
    yearly, told = placed.placed(ds, years, sums, price)
    kept: Kept = {name + BY_PLACE: (("year", "place", "material"), array) for name, array in yearly.items()}
    kept[PLACE_OUTCOME] = (("place_outcome", "place", "material"), told)
    kept["place"] = (("place",), np.array(placed.places(ds, sums), dtype=str))
    kept["place_outcome"] = (("place_outcome",), np.array(placed.PLACE_OUTCOMES, dtype=str))
    return kept


def described(name: str) -> dict[str, str]:
    """Attributes of a variable of a member's file, or of what is gathered from it."""
    bare = name.removesuffix(BY_REGION).removesuffix(BY_PLACE)
    if bare in VARIABLES:
        what = "region" if name.endswith(BY_REGION) else "place"
        where = f"of each {what} and year" if name != bare else "of the world"
        return {"units": VARIABLES[bare].unit, "long_name": f"{VARIABLES[bare].text}; {where}"}
    if bare == "mined":
        return {"units": "t", "long_name": "metal in the output of mines; of each place and year"}
    texts = {OUTCOME: "outcomes of the run", FACTOR: "drawn values", "member": "number of the member"}
    texts[PLACE_OUTCOME] = "outcomes of each place and material: shares and price index [1], quantities [t]"
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
