"""Policies held against each other: differences, convergence, regret, exceedance; as rows of tables."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simulator.decisions import ensembles as room
from simulator.decisions import paired, regret
from simulator.decisions.ensembles import Gathered
from simulator.decisions.paired import LEVEL, Difference
from simulator.decisions.regret import Standing
from simulator.errors import Fault, InputError, Place

Rows = list[dict[str, Any]]

LESS = " less "
"""Between the names of two ensembles, in the name of their difference."""


@dataclass(frozen=True)
class Choice:
    """What is told of some policies in some outcomes.

    Attributes
    ----------
    baseline : str
    senses : dict of str to str
        Which way each outcome is better.
    differences : tuple of Difference
        Of each other ensemble to the baseline, by outcome.
    standings : tuple of Standing
        By outcome; none of fewer than two policies.
    together : dict of str to float
        Share of futures in which a policy meets all thresholds; empty with fewer than two of them.
    convergence : list of dict
        Mean of each ensemble, and of each difference, over the first members.
    precision : list of dict
        Members that give the half width wanted, for the mean of each ensemble and difference.
    exceedance : list of dict
        Curve of each ensemble.
    n_futures, n_left_out : dict of str to int
        By outcome.
    """

    baseline: str
    senses: dict[str, str]
    differences: tuple[Difference, ...]
    standings: tuple[Standing, ...]
    together: dict[str, float]
    convergence: Rows
    precision: Rows
    exceedance: Rows
    n_futures: dict[str, int]
    n_left_out: dict[str, int]


def decide(
    ensembles: Sequence[Gathered],
    outcomes: Sequence[str],
    *,
    baseline: str = "",
    thresholds: Mapping[str, float] | None = None,
    senses: Mapping[str, str] | None = None,
    level: float = LEVEL,
    precision: float | None = None,
) -> Choice:
    """Hold ensembles against each other.

    Parameters
    ----------
    ensembles : sequence of Gathered
        Of the same draws.
    outcomes : sequence of str
        That all of them have.
    baseline : str
        Name of the ensemble that the others are held against; the first if left out.
    thresholds : mapping of str to float, optional
        By outcome.
    senses : mapping of str to str, optional
        Which way each outcome is better; by its meaning if left out.
    level : float [1]
        Confidence of intervals.
    precision : float, optional
        Half width wanted of each interval.

    Returns
    -------
    Choice

    Raises
    ------
    InputError
        An outcome is not there, or members do not share their draws.
    """
    room.check_outcomes(ensembles, outcomes)
    room.check_paired(ensembles)
    limits = dict(thresholds or {})
    ways = {name: (senses or {}).get(name, room.better(name)) for name in outcomes}
    base = next((each for each in ensembles if each.name == baseline), ensembles[0])
    others = [each for each in ensembles if each is not base]
    differences = tuple(_difference(each, base, name, level) for name in outcomes for each in others)
    found: list[Standing] = []
    n_futures, n_left_out = {}, {}
    together: dict[str, float] = {}
    if len(ensembles) > 1:
        for name in outcomes:
            futures = room.futures(ensembles, name)
            n_futures[name], n_left_out[name] = len(futures.futures), futures.n_left_out
            found += regret.standings(
                futures.values,
                futures.policies,
                futures.futures,
                outcome=name,
                sense=ways[name],
                threshold=limits.get(name),
            )
        together = _together(ensembles, limits, ways)
    return Choice(
        base.name,
        ways,
        differences,
        tuple(found),
        together,
        _convergence(ensembles, base, outcomes, level),
        _precision(ensembles, base, outcomes, level, precision),
        _exceedance(ensembles, outcomes),
        n_futures,
        n_left_out,
    )


def tables(told: Choice) -> dict[str, Rows]:
    """All that is told, as tables by the name of their file.

    Parameters
    ----------
    told : Choice

    Returns
    -------
    dict of str to list of dict
    """
    return {
        "differences": difference_rows(told.differences),
        "regret": regret.regret_rows(told.standings),
        "convergence": told.convergence,
        "precision": told.precision,
        "exceedance": told.exceedance,
    }


def difference_rows(found: Iterable[Difference]) -> Rows:
    """Differences as rows of a table.

    Parameters
    ----------
    found : iterable of Difference

    Returns
    -------
    list of dict
    """
    return [
        {
            "outcome": each.outcome,
            "scenario": each.scenario,
            "baseline": each.baseline,
            "verdict": each.verdict,
            "mean": each.mean.value,
            "mean_low": each.mean.low,
            "mean_high": each.mean.high,
            "median": each.median.value,
            "median_low": each.median.low,
            "median_high": each.median.high,
            "share_higher": each.share_higher,
            "share_lower": each.share_lower,
            "n": each.n,
            "n_missing": each.n_missing,
            "n_needed": each.n_needed,
            "gain_of_pairing": each.gain,
            "level": each.level,
        }
        for each in found
    ]


def write(
    folder: Path, rows_of: Mapping[str, Rows], facts: Mapping[str, Any], leave_out: Sequence[str] = ()
) -> list[Path]:
    """Write tables as CSV, and them with facts as one JSON file.

    Parameters
    ----------
    folder : Path
    rows_of : mapping of str to list of dict
        By name of the file; a table without rows is not written.
    facts : mapping
        What was asked; its `name` is that of the JSON file.
    leave_out : sequence of str
        Tables that are not in the JSON file.

    Returns
    -------
    list of Path

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    import pandas as pd

    from simulator.results import to_csv

    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in rows_of.items():
            if rows:
                to_csv(pd.DataFrame(rows), folder / f"{name}.csv")
                written.append(folder / f"{name}.csv")
        target = folder / f"{facts['name']}.json"
        told = {name: rows for name, rows in rows_of.items() if name not in leave_out}
        target.write_text(as_json({**facts, **told}), encoding="utf-8")
    except OSError as error:
        found = f"{folder}: {error.strerror or error}"
        raise InputError([Fault(Place("--out"), found, "a folder that can be written", rule="out")]) from None
    return [*written, target]


def as_json(content: Mapping[str, Any]) -> str:
    """Text of a JSON file; what is not known is null.

    Parameters
    ----------
    content : mapping

    Returns
    -------
    str
    """
    return json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _difference(scenario: Gathered, base: Gathered, outcome: str, level: float) -> Difference:
    names = (scenario.name, base.name)
    found = paired.compare(*room.aligned(scenario, base, outcome), names=names, outcome=outcome, level=level)
    n_single = len(set(scenario.members.tolist()) ^ set(base.members.tolist()))
    return replace(found, n_missing=found.n_missing + n_single)


def _together(
    ensembles: Sequence[Gathered], limits: Mapping[str, float], ways: Mapping[str, str]
) -> dict[str, float]:
    """Share of futures that meet all thresholds, among those in which all outcomes are known."""
    if len(limits) < 2:
        return {}
    parts = {name: room.futures(ensembles, name) for name in limits}
    shared = set.intersection(*(set(part.futures) for part in parts.values()))
    values = {
        name: part.values[:, [i for i, future in enumerate(part.futures) if future in shared]]
        for name, part in parts.items()
    }
    share = regret.all_satisfied(values, limits, ways)
    policies = next(iter(parts.values())).policies
    return {policy: float(each) for policy, each in zip(policies, share, strict=True)}


def _series(
    ensembles: Sequence[Gathered], base: Gathered, outcomes: Sequence[str]
) -> Iterator[tuple[str, str, paired.Numbers]]:
    """Outcome, what it is of, and numbers by member: of each ensemble and of each difference."""
    for name in outcomes:
        for each in ensembles:
            yield name, each.name, each.outcome(name)
        for each in ensembles:
            if each is not base:
                apart = paired.differences(*room.aligned(each, base, name))
                yield name, f"{each.name}{LESS}{base.name}", apart


def _convergence(
    ensembles: Sequence[Gathered], base: Gathered, outcomes: Sequence[str], level: float
) -> Rows:
    return [
        {"outcome": name, "of": of, **row}
        for name, of, values in _series(ensembles, base, outcomes)
        for row in paired.steps_as_rows(paired.convergence(values, level))
    ]


def _precision(
    ensembles: Sequence[Gathered],
    base: Gathered,
    outcomes: Sequence[str],
    level: float,
    wanted: float | None,
) -> Rows:
    rows: Rows = []
    if wanted is None:
        return rows
    for name, of, values in _series(ensembles, base, outcomes):
        known = values[np.isfinite(values)]
        has = paired.of_mean(known, level).half_width
        needed = paired.members_needed(known, wanted, level) if len(known) > 1 else None
        row = {"outcome": name, "of": of, "n": len(known), "half_width": has, "wanted": wanted}
        rows.append({**row, "n_needed": needed, "is_enough": bool(has <= wanted)})
    return rows


def _exceedance(ensembles: Sequence[Gathered], outcomes: Sequence[str]) -> Rows:
    return [
        {"outcome": name, "scenario": each.name, "value": value, "share": share}
        for name in outcomes
        for each in ensembles
        for value, share in paired.exceedance(each.outcome(name))
    ]
