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
from simulator.batch.gather import GATHERED_FILE, PROBABILITIES
from simulator.batch.gather import QUANTILES as QUANTILES
from simulator.decisions import ensembles as room
from simulator.decisions import paired
from simulator.decisions.ensembles import Gathered
from simulator.decisions.paired import Difference
from simulator.errors import InputError
from simulator.report.outcomes import OUTCOMES, Outcome
from simulator.report.packing import packed
from simulator.results import StoredRun

if TYPE_CHECKING:
    import xarray as xr

MORE = (
    Outcome("missed", "material that final users miss", "t", "more missed", "less missed", -1),
    Outcome("price_peak", "highest price of the refined material", "", "dearer", "cheaper", 0),
)
"""Outcomes that are told of members beside those of single runs."""

HELD = {
    "worst_availability": "availability_final.{}.worst",
    "mean_availability": "availability_final.{}.mean",
    "missed": "content_missed.{}.total",
    "recycled_content": "recycled_content.{}.last_year",
    "price": "price.{}.mean",
    "price_peak": "price.{}.peak",
}
"""Outcomes of a page by what members call them; each material has its own."""

FANS = ("availability_final", "availability", "price")
"""Series of the world, by month, over which members have quantiles."""

FANS_BY_PLACE = {"availability_final": 4, "price": 4, "mined": None}
"""Series of places by year, with the decimals that are kept; left out, four figures of the largest."""

KEPT = 6
"""Decimals of differences: shares, or parts of the baseline's mean [1]."""

SIGNS = {paired.LOWER: -1.0, paired.NO_CHANGE: 0.0, paired.HIGHER: 1.0}
"""Verdicts as numbers; of too few members there is none."""

FEWEST = 4
"""Members from which on the width of an interval says something: of two it is that of Student's law [1]."""

MOST_CURVE = 100
"""Members up to which a curve has a step for each; of more, a point for each percent [1]."""


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
    other = _apart(run, dataset)
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


def _apart(run: StoredRun, dataset: xr.Dataset) -> list[str]:
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
        ``members``: how many; ``settling`` by outcome and material; under ``series``, packed: ``fans``
        [material][quantile][month], ``fans_by_place`` [place][material][quantile][year], ``paired`` by
        outcome as `_paired` has it, ``exceeded`` by outcome [material][member], the largest first.
    """
    names = [str(name).replace(" ", "_") for name in materials]
    held = held_by(own)
    against = base if base is not own and is_pair(own, base) else None
    exceeded = {k: [_exceeded(own, pattern.format(name)) for name in names] for k, pattern in held.items()}
    return {
        "members": {"n": own.n, "wanted": own.n_wanted, "at": _at(own)},
        "settling": {k: [_settling(own, against, p.format(name)) for name in names] for k, p in held.items()},
        "series": {
            "fans": _fans(own, names),
            "fans_by_place": _fans_by_place(own, names, places),
            "paired": {} if against is None else _paired(own, against, names, places),
            "exceeded": exceeded,
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
    found = {key for own in all_members if own is not None for key in held_by(own)}
    of = {outcome.key: outcome for outcome in (*OUTCOMES, *MORE)}
    return {
        "quantiles": list(QUANTILES),
        "drawn_outcomes": [of[key]._asdict() for key in HELD if key in found],
        "no_change": paired.NO_CHANGE,
        "too_few": paired.TOO_FEW,
        "level": paired.LEVEL,
    }


def held_by(own: Members) -> dict[str, str]:
    """Outcomes of `HELD` that an ensemble has for one of its materials at least."""
    known = set(own.gathered.outcomes)
    names = [str(name) for name in own.dataset["material"].values]
    return {k: pattern for k, pattern in HELD.items() if any(pattern.format(name) in known for name in names)}


def difference(own: Members, base: Members, outcome: str) -> tuple[Difference, paired.Numbers] | None:
    """One outcome against the baseline by pairs of members, and the differences themselves.

    Parameters
    ----------
    own, base : Members
    outcome : str
        As members call it.

    Returns
    -------
    tuple of Difference and (pair,) float, or None
        None where one of both has no such outcome.
    """
    if any(outcome not in side.gathered.outcomes for side in (own, base)):
        return None
    both = room.aligned(own.gathered, base.gathered, outcome)
    names = own.gathered.name, base.gathered.name
    return paired.compare(*both, names=names, outcome=outcome), paired.differences(*both)


def _paired(
    own: Members, base: Members, names: Sequence[str], places: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Differences to the baseline by pairs of members, by outcome.

    ``n`` [place][material]: pairs; ``needed`` [place][material]: members with which what is seen could be
    told from none, where it cannot; ``of`` [place][material]: -1, 0 or 1 for lower, no detectable change,
    higher; mean and ends of its interval; outer quantiles; shares of pairs that are higher, and lower.
    Shares differ by themselves, all else by parts of the baseline's mean.
    """
    _, mine, its = np.intersect1d(own.gathered.members, base.gathered.members, return_indices=True)
    like = {"place": list(places), "material": list(names)}
    order = ("place_outcome", "place", "material", "member")
    a, b = (
        side.dataset[PLACE_OUTCOME].isel(member=rows).reindex(like).transpose(*order).values
        for side, rows in ((own, mine), (base, its))
    )
    units = {outcome.key: outcome.unit for outcome in OUTCOMES}
    found = {}
    for k, key in enumerate(own.dataset["place_outcome"].values.astype(str)):
        pairs = [
            [_pair(x, y, is_share=units[key] == "1") for x, y in zip(*row, strict=True)]
            for row in zip(a[k], b[k], strict=True)
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


def _settling(own: Members, base: Members | None, outcome: str) -> dict[str, Any] | None:
    """Half width of the interval of the mean over the first members: of the outcome, of the differences."""
    if outcome not in own.gathered.outcomes:
        return None
    found = None if base is None else difference(own, base, outcome)
    return {
        "own": _steps(own.gathered.outcome(outcome)),
        "apart": [] if found is None else _steps(found[1]),
    }


def _steps(values: paired.Numbers) -> list[list[Any]]:
    steps = [step for step in paired.convergence(values) if step.n >= FEWEST]
    return [[step.n, _plain(step.mean.half_width)] for step in steps]


def _at(own: Members) -> list[float] | None:
    """Probabilities of the points of curves; none where each member has a step."""
    return list(PROBABILITIES) if own.n > MOST_CURVE else None


def _exceeded(own: Members, outcome: str) -> Any:
    """Values that are reached or passed, the largest first."""
    if outcome not in own.gathered.outcomes:
        return packed([])
    if _at(own) is not None:
        return packed(own.dataset["outcome_exceeded"].sel(outcome=outcome).values)
    values = own.gathered.outcome(outcome)
    return packed(np.sort(values[np.isfinite(values)])[::-1])


def _plain(value: Any) -> float | None:
    """Six digits, as JSON can hold them."""
    return float(f"{float(value):.6g}") if np.isfinite(value) else None
