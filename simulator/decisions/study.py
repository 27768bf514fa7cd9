"""What is asked how it depends on what: a function of numbers, and the numbers with their distributions.

The function is a scenario, whose factors are what an ensemble draws, or any Python function (`functions`).
Both are run at the points of a design and give outcomes by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import Fault, InputError, Place, listed, nearest, shown

if TYPE_CHECKING:
    from simulator.batch.drive import Told
    from simulator.scenario import Scenario
    from simulator.scenario.tables import Tables

    Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Ran:
    """Outcomes of a design.

    Attributes
    ----------
    outcomes : tuple of str
    values : (run, outcome) float
        NaN in runs that failed.
    failures : tuple of str
        What each run that failed said.
    """

    outcomes: tuple[str, ...]
    values: Numbers
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Uncertain:
    """A number that is not known.

    Attributes
    ----------
    name : str
    value : callable
        Number below which a share of its distribution lies.
    central : float
        What it is when nothing is asked of it.
    reason, source : str
        Of its distribution; empty where nothing is said.
    """

    name: str
    value: Callable[[float], float]
    central: float
    reason: str = ""
    source: str = ""


Evaluate = Callable[[Sequence[Mapping[str, float]]], Ran]


@dataclass(frozen=True)
class Study:
    """A function of uncertain numbers.

    Attributes
    ----------
    name : str
    seed : int
        Of designs and of the bootstrap.
    factors : tuple of Uncertain
    evaluate : callable
        From values of factors, one mapping per run, to outcomes.
    fixed : mapping of str to float
        Central values of factors that are not asked about.
    pairs : tuple of two str
        Factors that are drawn together.
    key : str
        Content key of scenario, inputs and code; empty for a function.
    """

    name: str
    seed: int
    factors: tuple[Uncertain, ...]
    evaluate: Evaluate
    fixed: Mapping[str, float] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    key: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(factor.name for factor in self.factors)

    @property
    def together(self) -> tuple[tuple[str, str], ...]:
        """Pairs drawn together of which both factors are asked about."""
        return tuple(pair for pair in self.pairs if set(pair) <= set(self.names))

    def check_apart(self, method: str) -> None:
        """See that a method may move the factors one by one.

        Parameters
        ----------
        method : str
            Of `sensitivity.METHODS`.

        Raises
        ------
        InputError
            Morris or Sobol is asked about factors that are drawn together: their measures and shares are
            those of independent factors.

        Source
        ------
        A. Saltelli et al., Sensitivity Analysis in Practice, 2004, section 2.10; S. Kucherenko, S. Tarantola
        and P. Annoni, Computer Physics Communications 183 (2012), 937-946.
        """
        if method == "tornado" or not self.together:
            return
        found = f"{listed([' and '.join(pair) for pair in self.together])} are drawn together"
        allowed = "independent factors: --factor for one of each pair, or --ignore-correlations"
        raise InputError([Fault(Place("--method", path=method), found, allowed, rule="factors_correlated")])

    @property
    def note(self) -> str:
        """What must be told with every answer; empty if nothing."""
        if not self.together:
            return ""
        found = listed([" and ".join(pair) for pair in self.together])
        return f"{found}: drawn together by the scenario, moved one by one here, as if independent"

    def values(self, design: Numbers) -> Numbers:
        """Numbers of a design.

        Parameters
        ----------
        design : (run, factor) float [1]
            Shares of the distributions; NaN for the central value.

        Returns
        -------
        (run, factor) float
        """
        return np.array(
            [
                [
                    factor.central if math.isnan(share) else factor.value(float(share))
                    for factor, share in zip(self.factors, row, strict=True)
                ]
                for row in design
            ],
            dtype=float,
        ).reshape(design.shape)

    def run(self, values: Numbers) -> Ran:
        """Outcomes at some values of the factors.

        Parameters
        ----------
        values : (run, factor) float

        Returns
        -------
        Ran

        Raises
        ------
        InputError
            No run gave anything.
        """
        return self.evaluate(
            [{**self.fixed, **dict(zip(self.names, map(float, row), strict=True))} for row in values]
        )

    def only(self, patterns: Sequence[str]) -> Study:
        """The same with fewer factors; the others keep their central values.

        Parameters
        ----------
        patterns : sequence of str
            Names, or patterns of them with `*`; all factors if there is none.

        Returns
        -------
        Study

        Raises
        ------
        InputError
            A pattern fits no factor, or there are no factors.
        """
        if not self.factors:
            allowed = "a scenario or function with uncertain numbers"
            raise InputError([Fault(Place(self.name), "nothing is uncertain", allowed, rule="no_factors")])
        faults = [
            Fault(Place("--factor"), pattern, listed(self.names), nearest(pattern, self.names), "factor")
            for pattern in patterns
            if not any(_fits(name, pattern) for name in self.names)
        ]
        if faults:
            raise InputError(faults)
        kept = [f for f in self.factors if not patterns or any(_fits(f.name, p) for p in patterns)]
        fixed = {each.name: each.central for each in self.factors if each not in kept}
        return replace(self, factors=tuple(kept), fixed={**self.fixed, **fixed})


def of_scenario(
    scenario: Scenario,
    tables: Tables,
    folder: Path,
    *,
    command: str = "",
    workers: int | None = None,
    scheduler: str | None = None,
    told: Told | None = None,
) -> Study:
    """Study of a scenario: its factors are what an ensemble draws; all runs have the same random streams.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
    folder : Path
        Where runs leave their numbers; the same run is not made again.
    command, workers, scheduler, told
        As in `batch.evaluate`.

    Returns
    -------
    Study
    """
    from simulator.batch.evaluate import evaluate
    from simulator.ensemble import Ensemble
    from simulator.results import content_key
    from simulator.scenario.seen import seen

    drawn = Ensemble.of(scenario, tables, n_members=1).factors

    def at(points: Sequence[Mapping[str, float]]) -> Ran:
        found = evaluate(
            scenario,
            tables,
            points,
            folder,
            command=command,
            workers=workers,
            scheduler=scheduler,
            told=told,
        )
        failures = tuple(f"run {each.member}: {each.reason}" for each in found.failures)
        if not found.outcomes:
            raise nothing(failures)
        return Ran(found.outcomes, found.values, failures)

    factors = tuple(Uncertain(f.name, f.value, f.central, f.reason, f.source) for f in drawn)
    rules = scenario.ensemble
    pairs = () if rules is None else tuple((a, b) for a, b in (each.between for each in rules.correlations))
    key = content_key(scenario, seen(tables, scenario).hash)
    return Study(scenario.name, scenario.seed, factors, at, pairs=pairs, key=key)


def nothing(failures: Sequence[str]) -> InputError:
    """The error where no run gave anything: it tells what the first that failed said.

    Parameters
    ----------
    failures : sequence of str
    """
    found = shown(failures[0] if failures else "no outcome")
    return InputError([Fault(Place("runs"), found, "runs that end", rule="runs_failed")])


def _fits(name: str, pattern: str) -> bool:
    """Names have brackets of their own: only `*` is a sign in a pattern."""
    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))
