"""Members beside a run: ranges, chances and differences that a page shows of its ensemble.

This is the one door through which a page comes to members. It opens only if the ensemble was made from the
same scenario, inputs and code as the run: else nothing of it is shown, and the page says why.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

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

FANS_BY_REGION = "availability_final"
"""Series of regions, by year."""

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
    own: Members, base: Members | None, materials: Sequence[str], regions: Sequence[str]
) -> dict[str, Any]:
    """Numbers of an ensemble that charts need.

    Parameters
    ----------
    own : Members
    base : Members or None
        Of the baseline; None if it has none.
    materials, regions : sequence of str
        Of the run, in its order.

    Returns
    -------
    dict
        ``members``: how many; ``paired`` and ``settling`` by outcome and material; under ``series``, packed:
        ``fans`` [material][quantile][month], ``fans_by_region`` [region][material][quantile][year],
        ``exceeded`` by outcome [material][member], the largest first.
    """
    names = [str(name).replace(" ", "_") for name in materials]
    held = held_by(own)
    against = base if base is not own and is_pair(own, base) else None
    shared = {} if against is None else {k: v for k, v in held.items() if k in held_by(against)}
    return {
        "members": {"n": own.n, "wanted": own.n_wanted, "at": _at(own)},
        "paired": {k: [_pair(own, against, p.format(name)) for name in names] for k, p in shared.items()},
        "settling": {k: [_settling(own, against, p.format(name)) for name in names] for k, p in held.items()},
        "series": _fans(own, names, regions)
        | {"exceeded": {k: [_exceeded(own, p.format(name)) for name in names] for k, p in held.items()}},
    }


def _fans(own: Members, names: Sequence[str], regions: Sequence[str]) -> dict[str, Any]:
    """Quantiles over time, of the world by month and of regions by year."""
    monthly = {name: own.dataset[name].sel(material=list(names)) for name in FANS if name in own.dataset}
    yearly = own.dataset[f"{FANS_BY_REGION}_by_region"].sel(material=list(names), region=list(regions))
    order = ("region", "material", "quantile", "year")
    return {
        "fans": {
            name: packed(fan.transpose("material", "quantile", "time"), 4)
            for name, fan in monthly.items()
            if np.isfinite(fan.values).any()
        },
        "fans_by_region": {FANS_BY_REGION: packed(yearly.transpose(*order), 4)},
    }


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


def _pair(own: Members, base: Members | None, outcome: str) -> dict[str, Any] | None:
    found = None if base is None else difference(own, base, outcome)
    if found is None or base is None or not found[0].n:
        return None
    told, apart = found
    before = room.aligned(own.gathered, base.gathered, outcome)[1]
    low, high = np.quantile(apart, [QUANTILES[0], QUANTILES[-1]])
    return {
        "mean": _plain(told.mean.value),
        "low": _plain(told.mean.low),
        "high": _plain(told.mean.high),
        "from": _plain(low),
        "to": _plain(high),
        "before": _plain(np.nanmean(before)),
        "n": told.n,
        "needed": told.n_needed,
        "higher": _plain(told.share_higher),
        "lower": _plain(told.share_lower),
        "verdict": told.verdict,
    }


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
