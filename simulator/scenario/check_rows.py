"""Cross checks of lists whose lines set a value for labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from simulator.errors import shown
from simulator.scenario.check_world import unknown
from simulator.scenario.dated import Dated
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.schema import ANY, Period

_PERIOD: tuple[Loc, ...] = (("period",),)
_MATERIALS: tuple[Loc, ...] = (("world", "materials"), ("world", "products"))
_REGIONS: tuple[Loc, ...] = (("world", "regions"),)


def check_rows(
    loc: Loc,
    rows: Sequence[Any],
    labels: Labels,
    known: dict[str, list[str]],
    more_keys: Sequence[str] = (),
) -> Iterator[Finding]:
    """Unknown labels of lines, and lines with the same labels.

    Parameters
    ----------
    loc : tuple of str and int
        Way to the list.
    rows : sequence of Row
    labels : Labels
    known : dict of str to list of str
        Labels of the world for each key that has some.
    more_keys : sequence of str
        Other keys that tell lines apart.

    Yields
    ------
    Finding
    """
    seen: dict[tuple[str, ...], int] = {}
    for index, row in enumerate(rows):
        said = tuple(getattr(row, key) for key in (*known, *more_keys))
        for key, names in known.items():
            label = getattr(row, key)
            if label != ANY:
                needs = _REGIONS if key == "region" else _MATERIALS
                for found in unknown((*loc, index, key), label, names, f"{key}_of_world", f"{ANY} for all"):
                    near = labels.region_like(label) if key == "region" else found.nearest
                    yield Finding(found.loc, found.found, found.allowed, near, found.rule, needs=needs)
        if said in seen:
            written = ", ".join(said)
            allowed = f"one line for each {' and '.join((*known, *more_keys))}; first is [{seen[said]}]"
            yield Finding(
                (*loc, index), f"{written} again", allowed, "", "row_twice", needs=((*loc, seen[said]),)
            )
        seen.setdefault(said, index)


def check_dates(loc: Loc, value: Dated, period: Period) -> Iterator[Finding]:
    """Findings for dates at which nothing could happen.

    Parameters
    ----------
    loc : tuple of str and int
        Way to the value.
    value : Dated
    period : Period

    Yields
    ------
    Finding
    """
    for day in value.dates:
        here = (*loc, day.isoformat())
        if day < period.start:
            allowed = f"a date from the period's start, {period.start}; a plain number holds from there on"
            yield Finding(here, shown(day), allowed, "", "date_before_period", at_key=True, needs=_PERIOD)
        elif day >= period.end and value.interpolate == "step":
            allowed = f"a date before the period's end, {period.end}"
            yield Finding(here, shown(day), allowed, "", "date_after_period", at_key=True, needs=_PERIOD)
