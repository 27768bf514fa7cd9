"""Sheet of the United Nations Resource Management System: its principles, seen through a result.

No mechanism and no parameter: each measure is a pure function of variables that a result has anyway. Where
nothing in a result measures a principle, its row says so; it is never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.terms import FATES

if TYPE_CHECKING:
    import xarray as xr

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Row:
    """One line of the sheet.

    Attributes
    ----------
    principle : str
        Label of the table `unrms`.
    number : int
    name : str
        Of the principle.
    measure : str
        What is measured, in words; `not measured` where nothing is.
    material : str
        Empty where the measure is not told by material.
    value : float or None
        None: not measured.
    unit : str
    """

    principle: str
    number: int
    name: str
    measure: str
    material: str = ""
    value: float | None = None
    unit: str = ""

    @property
    def shown(self) -> str:
        """Value as text."""
        return NOT_MEASURED if self.value is None else f"{self.value:.4g} {self.unit}".removesuffix(" 1")


@dataclass(frozen=True)
class Measure:
    """What measures a principle.

    Attributes
    ----------
    text, unit : str
    needs : tuple of str
        Variables without which nothing is measured.
    find : callable
        Result to a value, or to values by material.
    """

    text: str
    unit: str
    needs: tuple[str, ...]
    find: Callable[[xr.Dataset], xr.DataArray]


def _share(part: xr.DataArray, whole: xr.DataArray) -> xr.DataArray:
    """Part over whole; not a number where there is no whole."""
    return part / whole.where(whole > 0)


def _links(ds: xr.Dataset, source: str, targets: Iterable[str]) -> xr.DataArray:
    """Mass (material,) [t] over links from a node (any if empty) to some nodes, whole period."""
    chosen = ds["target"].isin(list(targets))
    if source:
        chosen = chosen & (ds["source"] == source)
    return ds["flow"].sum("time").where(chosen, 0.0).sum("link")


def _from_ground(ds: xr.Dataset) -> xr.DataArray:
    return ds["flow"].sum("time").where(ds["source"] == "lithosphere", 0.0).sum("link")


def _end(ds: xr.Dataset, name: str) -> xr.DataArray:
    """Mean of the last twelve intervals."""
    return ds[name].isel(time=slice(-12, None)).mean("time")


def _served(ds: xr.Dataset) -> xr.DataArray:
    over = ("time", "region")
    return _share(ds["content_delivered"].sum(over), ds["content_demanded"].sum(over))


def _after_mine(ds: xr.Dataset) -> xr.DataArray:
    sales = ds["sales"].sum(("time", "region", "size"))
    return _share(sales.sum() - sales.sel(stage="extraction", drop=True), sales.sum())


def _saved(ds: xr.Dataset) -> xr.DataArray:
    weight = ds["need"].sum(("time", "region"))
    return 1.0 - _share((ds["intensity"] * ds["need"]).sum(("time", "region")), weight)


def _unsold(ds: xr.Dataset) -> xr.DataArray:
    return _share(_links(ds, "", ("by_product_unsold",)), _from_ground(ds))


MEASURES: dict[str, tuple[Measure, ...]] = {
    "responsibility_to_the_planet": (
        Measure("taken from the ground, whole period", "t", ("flow",), _from_ground),
        Measure(
            "lost from the loop over taken from the ground, whole period",
            "1",
            ("flow",),
            lambda ds: _share(_links(ds, "", FATES), _from_ground(ds)),
        ),
    ),
    "social_contract": (
        Measure("persons at work, end of the period", "1", ("jobs",), lambda ds: _end(ds, "jobs").sum()),
    ),
    "service_orientation": (
        Measure(
            "material content delivered to final users over content demanded, whole period",
            "1",
            ("content_delivered", "content_demanded"),
            _served,
        ),
    ),
    "comprehensive_resource_recovery": (
        Measure(
            "recovered over collected at the end of life, end of the period",
            "1",
            ("process_efficiency",),
            lambda ds: _end(ds, "process_efficiency"),
        ),
        Measure("by-products not sold over taken from the ground, whole period", "1", ("flow",), _unsold),
    ),
    "value_addition": (
        Measure("part of sales made after the mine, whole period", "1", ("sales",), _after_mine),
    ),
    "circularity": (
        Measure(
            "recycled content, end of the period",
            "1",
            ("recycled_content",),
            lambda ds: _end(ds, "recycled_content"),
        ),
        Measure(
            "collection rate, end of the period",
            "1",
            ("collection_rate",),
            lambda ds: _end(ds, "collection_rate"),
        ),
    ),
    "innovation": (
        Measure("material saved per unit against the data, whole period", "1", ("intensity", "need"), _saved),
    ),
    "core_competencies": (
        Measure(
            "enterprises that programmes reach, end of the period",
            "1",
            ("programme_reach",),
            lambda ds: ds["programme_reach"].isel(time=-1).sum(),
        ),
    ),
}
"""Measures by principle. State rights, integrated management, health and safety, and transparency have none:
no variable of a result says anything about them."""


def sheet(dataset: xr.Dataset, principles: Iterable[Mapping[str, Any]] | None = None) -> list[Row]:
    """All principles with what a result says about them.

    Parameters
    ----------
    dataset : xarray.Dataset
        Result of a run, as it was recorded: by month and region.
    principles : iterable of mapping, optional
        Rows of the table `unrms`; the shipped ones if left out.

    Returns
    -------
    list of Row
        In the order of the principles; at least one row each.
    """
    if principles is None:
        from simulator.scenario import tables

        principles = tables.load()["unrms"].rows
    rows: list[Row] = []
    for one in sorted(principles, key=lambda row: int(row["number"])):
        key, number, name = str(one["principle"]), int(one["number"]), str(one["name"])
        found = [
            row
            for measure in MEASURES.get(key, ())
            if all(variable in dataset for variable in measure.needs)
            for row in _rows(measure, dataset, key, number, name)
        ]
        rows += found or [Row(key, number, name, NOT_MEASURED)]
    return rows


def _rows(measure: Measure, dataset: xr.Dataset, key: str, number: int, name: str) -> list[Row]:
    """Rows of one measure, by material where it has them; not a number is not measured."""
    values = measure.find(dataset)
    by_material = "material" in values.dims
    labels = [str(label) for label in values["material"].values] if by_material else [""]
    numbers = [float(value) for value in values.values.ravel()]
    return [
        Row(key, number, name, measure.text, label, value if value == value else None, measure.unit)
        for label, value in zip(labels, numbers, strict=True)
    ]
