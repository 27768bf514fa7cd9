"""Members beside a run: ranges, chances and differences that a page shows of its ensemble.

This is the one door through which a page comes to members. It opens only if the ensemble was made from the
same scenario, inputs and code as the run: else nothing of it is shown, and the page says why.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.batch.compact import BY_PLACE, PLACE_OUTCOME
from simulator.batch.gather import GATHERED_FILE
from simulator.batch.gather import QUANTILES as QUANTILES
from simulator.batch.placed import PLACE_OUTCOMES
from simulator.decisions import ensembles as room
from simulator.decisions import paired
from simulator.decisions.ensembles import Gathered
from simulator.decisions.paired import Difference
from simulator.errors import InputError
from simulator.report import curves
from simulator.report.outcomes import OUTCOMES, Outcome
from simulator.report.packing import packed
from simulator.results import StoredRun
from simulator.totals import WORLD

if TYPE_CHECKING:
    import xarray as xr

MORE = (
    Outcome("missed", "material that final users miss", "t", "more missed", "less missed", -1),
    Outcome("price_peak", "highest price of the refined material", "", "dearer", "cheaper", 0),
)
"""Outcomes that are told of members beside those of single runs."""

FANS = ("availability_final", "availability", "price")
"""Series of the world, by month, over which members have quantiles."""

FANS_BY_PLACE = {"availability_final": 4, "price": 4, "mined": None}
"""Series of places by year, with the decimals that are kept; left out, four figures of the largest."""

KEPT = 6
"""Decimals of differences: shares, or parts of the baseline's mean [1]."""

SIGNS = {paired.LOWER: -1.0, paired.NO_CHANGE: 0.0, paired.HIGHER: 1.0}
"""Verdicts as numbers; of too few members there is none."""


ByKey = dict[str, Any]
"""Outcomes (place, material, member), the world first, by key of `PLACE_OUTCOMES`."""


@dataclass(frozen=True)
class Members:
    """The ensemble that belongs to a run.

    Attributes
    ----------
    gathered : Gathered
        Outcomes by member.
    dataset : xarray.Dataset
        Content of ``ensemble.nc``.
    n_wanted : int
        Members that the scenario asks for.
    """

    gathered: Gathered
    dataset: xr.Dataset
    n_wanted: int

    @property
    def n(self) -> int:
        """Members there are."""
        return len(self.gathered.members)

    def outcome(self, key: str, material: str, place: str = WORLD) -> paired.Numbers:
        """One outcome of a place and material.

        Parameters
        ----------
        key : str
            Of `PLACE_OUTCOMES`.
        material : str
            As it stands on a page, or in a result.
        place : str

        Returns
        -------
        (member,) float
            NaN where it is not known.
        """
        return self.placed([material], [place]).sel(place_outcome=key).values.reshape(-1)

    def placed(self, materials: Sequence[str], places: Sequence[str]) -> xr.DataArray:
        """Outcomes by place.

        Parameters
        ----------
        materials, places : sequence of str

        Returns
        -------
        (place_outcome, place, material, member) float
            NaN where it is not known.
        """
        like = {"place": list(places), "material": [name.replace(" ", "_") for name in materials]}
        found = self.dataset[PLACE_OUTCOME].reindex(like)
        return found.transpose("place_outcome", "place", "material", "member")

    @property
    def count(self) -> str:
        """How many there are of those wanted, in words."""
        return f"{self.n} members" if self.n >= self.n_wanted else f"{self.n} of {self.n_wanted} members"


@dataclass(frozen=True)
class Beside:
    """What lies beside a run.

    Attributes
    ----------
    members : Members or None
        None where there is no ensemble, or one that does not belong to the run.
    note : str
        What readers are told of it; empty where there is nothing.
    """

    members: Members | None = None
    note: str = ""


def beside(run: StoredRun) -> Beside:
    """Ensemble in the folder of a run.

    Parameters
    ----------
    run : StoredRun

    Returns
    -------
    Beside
        With members only if both were made from the same scenario, inputs and code.
    """
    path = run.folder / GATHERED_FILE
    if not path.is_file():
        return Beside()
    try:
        gathered, dataset = room.read_with_ranges(run.folder)
    except InputError:
        return Beside(note=f"{GATHERED_FILE} beside this run cannot be read; no ranges are shown.")
    other = _unlike(run, dataset)
    if other:
        what = " and ".join(other)
        text = f"{GATHERED_FILE} beside this run was made from other {what} and is not shown; "
        return Beside(note=f"{text}`loopcast batch` with the same settings makes it anew.")
    if len(gathered.members) < 2:
        return Beside(note=f"{GATHERED_FILE} beside this run has one member: there is no range to show.")
    said = run.record.get("scenario", {}).get("ensemble") or {}
    own = Members(gathered, dataset, int(said.get("members", len(gathered.members))))
    n_drawn = len(gathered.factors)
    return Beside(
        own, f"Ranges are those of {own.count}, each with its own draw of {n_drawn} uncertain numbers."
    )


def _unlike(run: StoredRun, dataset: xr.Dataset) -> list[str]:
    """What an ensemble and a run were not both made from."""
    theirs, ours = dataset.attrs, run.record
    if theirs.get("content_key") == ours.get("content_key"):
        return []
    try:
        scenario = json.loads(theirs.get("scenario_resolved", "null"))
    except (TypeError, ValueError):
        scenario = None
    pairs = {
        "settings": (scenario, ours.get("scenario")),
        "inputs": (theirs.get("inputs_hash"), ours.get("inputs_hash")),
        "code": (theirs.get("code_hash"), ours.get("code_hash")),
    }
    return [name for name, (a, b) in pairs.items() if a != b] or ["content"]


def is_pair(own: Members | None, base: Members | None) -> bool:
    """Whether members of two ensembles can be paired: the same draws of all numbers that both draw."""
    if own is None or base is None:
        return False
    try:
        room.check_paired([base.gathered, own.gathered])
    except InputError:
        return False
    return True


def block(
    own: Members, base: Members | None, materials: Sequence[str], places: Sequence[str]
) -> dict[str, Any]:
    """Numbers of an ensemble that charts need.

    Parameters
    ----------
    own : Members
    base : Members or None
        Of the baseline; None if it has none.
    materials : sequence of str
        Of the run, in its order.
    places : sequence of str
        The world, regions, groups of regions, as the page has them.

    Returns
    -------
    dict
        ``members``: how many, and `at` which probabilities curves are told, of the world and of other
        places; under ``series``, packed: ``fans`` [material][quantile][month], ``fans_by_place``
        [place][material][quantile][year], ``paired`` by outcome as `_paired` has it, ``exceeded`` by outcome
        [place][material][point], the largest first, ``settling`` of the ``own`` outcomes and of what lies
        ``apart`` from the baseline, as `curves.settling` has it.
    """
    names = [str(name).replace(" ", "_") for name in materials]
    against = base if base is not own and is_pair(own, base) else None
    known = _by_key(own.placed(names, places))
    both = None if against is None else _both(own, against, names, places)
    return {
        "members": {"n": own.n, "wanted": own.n_wanted, "at": curves.probabilities(own.n)},
        "series": {
            "fans": _fans(own, names),
            "fans_by_place": _fans_by_place(own, names, places),
            "paired": {} if both is None else _paired(*both),
            "exceeded": {key: curves.exceeded(values) for key, values in known.items()},
            "settling": {
                "own": curves.settling(known),
                "apart": {} if both is None else curves.settling(_apart(*both)),
            },
        },
    }


def _fans(own: Members, names: Sequence[str]) -> dict[str, Any]:
    """Quantiles of the world by month."""
    monthly = {name: own.dataset[name].sel(material=list(names)) for name in FANS if name in own.dataset}
    return {
        name: packed(fan.transpose("material", "quantile", "time"), 4)
        for name, fan in monthly.items()
        if np.isfinite(fan.values).any()
    }


def _fans_by_place(own: Members, names: Sequence[str], places: Sequence[str]) -> dict[str, Any]:
    """Quantiles of places by year."""
    found = {}
    for name, decimals in FANS_BY_PLACE.items():
        fan = own.dataset[f"{name}{BY_PLACE}"].sel(material=list(names), place=list(places))
        values = fan.transpose("place", "material", "quantile", "year").values
        if np.isfinite(values).any():
            found[name] = [[_short(each, decimals) for each in row] for row in values]
    return found


def _short(values: paired.Numbers, decimals: int | None) -> Any:
    """Packed with some decimals, or with four figures of the largest number."""
    if decimals is None:
        top = float(np.nanmax(np.abs(values), initial=0.0))
        decimals = 3 - math.floor(math.log10(top)) if top > 0.0 else 0
    return packed(values, decimals)


def words(all_members: Sequence[Members | None]) -> dict[str, Any]:
    """What charts of members need beside the numbers of each run.

    Parameters
    ----------
    all_members : sequence of Members or None
        Of the runs of a page.
    """
    of = {outcome.key: outcome for outcome in (*OUTCOMES, *MORE)}
    found = {key for own in all_members if own is not None for key in _by_key(own.dataset[PLACE_OUTCOME])}
    return {
        "quantiles": list(QUANTILES),
        "drawn_outcomes": [of[key]._asdict() for key in PLACE_OUTCOMES if key in found],
        "no_change": paired.NO_CHANGE,
        "too_few": paired.TOO_FEW,
        "level": paired.LEVEL,
    }


def _by_key(found: xr.DataArray) -> ByKey:
    """Outcomes that are known of any place."""
    parts = {key: found.sel(place_outcome=key).values for key in PLACE_OUTCOMES}
    return {key: values for key, values in parts.items() if np.isfinite(values).any()}


def _common(own: Members, base: Members) -> tuple[Any, Any]:
    """Rows of the members that both have."""
    return np.intersect1d(own.gathered.members, base.gathered.members, return_indices=True)[1:]


def _both(own: Members, base: Members, names: Sequence[str], places: Sequence[str]) -> tuple[ByKey, ByKey]:
    """Outcomes that both know, of the members that both have."""
    mine, its = _common(own, base)
    a = _by_key(own.placed(names, places).isel(member=mine))
    b = _by_key(base.placed(names, places).isel(member=its))
    return {key: a[key] for key in a if key in b}, {key: b[key] for key in a if key in b}


def _apart(a: ByKey, b: ByKey) -> ByKey:
    """Differences of pairs."""
    return {key: paired.apart(a[key], b[key]) for key in a}


def difference(own: Members, base: Members, key: str, material: str) -> tuple[Difference, paired.Numbers]:
    """One outcome of the world against the baseline by pairs of members, and the differences themselves.

    Parameters
    ----------
    own, base : Members
        That can be paired.
    key : str
        Of `PLACE_OUTCOMES`.
    material : str

    Returns
    -------
    tuple of Difference and (pair,) float
        Without pairs where one of both does not know it.
    """
    both = [
        side.outcome(key, material)[rows] for side, rows in zip((own, base), _common(own, base), strict=True)
    ]
    names = own.gathered.name, base.gathered.name
    return paired.compare(*both, names=names, outcome=key), paired.differences(*both)


def _paired(a: ByKey, b: ByKey) -> dict[str, dict[str, Any]]:
    """Differences to the baseline by pairs of members, by outcome.

    ``n`` [place][material]: pairs; ``needed`` [place][material]: members with which what is seen could be
    told from none, where it cannot; ``of`` [place][material]: -1, 0 or 1 for lower, no detectable change,
    higher; mean and ends of its interval; outer quantiles; shares of pairs that are higher, and lower.
    Shares differ by themselves, all else by parts of the baseline's mean.
    """
    found = {}
    for key, is_share in ((outcome.key, outcome.unit == "1") for outcome in OUTCOMES if outcome.key in a):
        pairs = [
            [_pair(x, y, is_share=is_share) for x, y in zip(*row, strict=True)]
            for row in zip(a[key], b[key], strict=True)
        ]
        if any(n for row in pairs for n, _, _ in row):
            found[key] = {
                "n": packed([[n for n, _, _ in row] for row in pairs], 0),
                "needed": packed([[needed for _, needed, _ in row] for row in pairs], 0),
                "of": packed([[told for _, _, told in row] for row in pairs], KEPT),
            }
    return found


def _pair(own: paired.Numbers, base: paired.Numbers, *, is_share: bool) -> tuple[int, float, list[float]]:
    """Pairs, members needed, and what `_paired` tells of one place and material."""
    told, apart = paired.compare(own, base), paired.differences(own, base)
    before = 1.0 if is_share or not told.n else float(base[np.isfinite(own) & np.isfinite(base)].mean())
    if not told.n or not before:
        return 0, np.nan, [np.nan] * 8
    low, high = np.quantile(apart, [QUANTILES[0], QUANTILES[-1]])
    sizes = [told.mean.value, told.mean.low, told.mean.high, low, high]
    needed = told.n_needed if told.verdict == paired.NO_CHANGE and told.n_needed else np.nan
    shares = [told.share_higher, told.share_lower]
    return told.n, needed, [SIGNS.get(told.verdict, np.nan), *(size / before for size in sizes), *shares]
