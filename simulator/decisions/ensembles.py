"""Ensembles that a batch has gathered, side by side: the same members, the same futures, for every policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.batch.gather import GATHERED_FILE
from simulator.batch.outcomes import describe
from simulator.decisions.regret import HIGHER_IS_BETTER, LOWER_IS_BETTER
from simulator.errors import Fault, InputError, Place, listed, nearest
from simulator.results import read_netcdf

if TYPE_CHECKING:
    import xarray as xr

    Numbers = np.ndarray[Any, np.dtype[np.float64]]

LEVELS = "__"
"""Between the name of a scenario and its levels in the name of a cell."""
LESS_IS_MORE = frozenset(
    (
        "content_missed",
        "price",
        "unmet_essential",
        "failures",
        "investments_blocked",
        "policy_cost",
        "programme_cost",
        "tariff_paid",
    )
)
"""Outcomes of which less is better, by the word before the first dot; of all others more is."""


@dataclass(frozen=True)
class Gathered:
    """Members of one scenario, at one level of each key.

    Attributes
    ----------
    name : str
    folder : Path
    seed : int
    members : (member,) int
    outcomes : tuple of str
    values : (member, outcome) float
    factors : tuple of str
    drawn : (member, factor) float
    key : str
        Content key of scenario, inputs and code.
    """

    name: str
    folder: Path
    seed: int
    members: np.ndarray[Any, np.dtype[np.int64]]
    outcomes: tuple[str, ...]
    values: Numbers
    factors: tuple[str, ...]
    drawn: Numbers
    key: str = ""

    def outcome(self, name: str) -> Numbers:
        """One outcome of all members.

        Parameters
        ----------
        name : str

        Returns
        -------
        (member,) float
        """
        return np.asarray(self.values[:, self.outcomes.index(name)])

    @property
    def policy(self) -> str:
        """Name of the scenario without levels."""
        return self.name.partition(LEVELS)[0]

    @property
    def level(self) -> str:
        """Levels; empty if there are none."""
        return self.name.partition(LEVELS)[2]


@dataclass(frozen=True)
class Futures:
    """One outcome of some policies in the same futures.

    Attributes
    ----------
    policies : tuple of str
    futures : tuple of str
        Level and number of the member.
    values : (policy, future) float
        All known.
    n_left_out : int
        Futures in which one of the policies has no result.
    """

    policies: tuple[str, ...]
    futures: tuple[str, ...]
    values: Numbers
    n_left_out: int


def read(folder: Path) -> Gathered:
    """Ensemble of one scenario.

    Parameters
    ----------
    folder : Path
        Holds ``ensemble.nc``.

    Returns
    -------
    Gathered

    Raises
    ------
    InputError
        The file cannot be read.
    """
    return read_with_ranges(folder)[0]


def read_with_ranges(folder: Path) -> tuple[Gathered, xr.Dataset]:
    """Ensemble of one scenario, and all that its file holds; parameters and errors are those of `read`."""
    try:
        ds = read_netcdf(folder / GATHERED_FILE)
        members = np.atleast_1d(ds["member"].values).astype(np.int64)
        factors = tuple(map(str, ds["factor"].values)) if "factor" in ds.coords else ()
        drawn = ds["factor_value"].transpose("member", "factor").values if factors else None
        gathered = Gathered(
            name=str(ds.attrs["scenario"]),
            folder=folder,
            seed=int(ds.attrs["seed"]),
            members=members,
            outcomes=tuple(map(str, ds["outcome"].values)),
            values=np.asarray(ds["outcome_value"].transpose("member", "outcome").values, dtype=float),
            factors=factors,
            drawn=np.empty((len(members), 0)) if drawn is None else np.asarray(drawn, dtype=float),
            key=str(ds.attrs.get("content_key", "")),
        )
        return gathered, ds
    except (OSError, ValueError, KeyError) as error:
        found = (str(error).splitlines() or [""])[0]
        fault = Fault(Place(str(folder / GATHERED_FILE)), found, "a gathered ensemble", rule="batch_damaged")
        raise InputError([fault]) from None


def find(names: Sequence[str], home: Path) -> list[Gathered]:
    """Ensembles by folder, by name in a folder of a batch, or all of a batch.

    Parameters
    ----------
    names : sequence of str
        Each a folder of one scenario, or of a batch; or the name of a scenario in `home`.
    home : Path
        Folder of a batch.

    Returns
    -------
    list of Gathered
        In the order named, each once.

    Raises
    ------
    InputError
        With every name under which there is nothing, or that two ensembles have.
    """
    folders: list[Path] = []
    faults: list[Fault] = []
    for name in names:
        own = [where for where in (Path(name), home / name) if (where / GATHERED_FILE).is_file()][:1]
        inside = own or sorted(path.parent for path in Path(name).glob(f"*/{GATHERED_FILE}"))
        if not inside:
            known = sorted(path.parent.name for path in home.glob(f"*/{GATHERED_FILE}"))
            there = listed(known) if known else "there is none"
            allowed = f"a folder that `loopcast batch` wrote, or a scenario in {home}: {there}"
            faults.append(Fault(Place("BATCH"), name, allowed, nearest(name, known), rule="batch_unknown"))
        folders += [folder for folder in inside if folder not in folders]
    if faults:
        raise InputError(faults)
    found = [read(folder) for folder in folders]
    twice = [name for name, count in Counter(each.name for each in found).items() if count > 1]
    if twice:
        allowed = "each scenario once: two ensembles of one name cannot be told apart"
        raise InputError([Fault(Place("BATCH"), name, allowed, rule="name_twice") for name in twice])
    return found


def check_outcomes(ensembles: Iterable[Gathered], names: Sequence[str]) -> None:
    """See that all ensembles have some outcomes.

    Parameters
    ----------
    ensembles : iterable of Gathered
    names : sequence of str

    Raises
    ------
    InputError
        With the nearest name of each that is not there.
    """
    sides = list(ensembles)
    known = [name for name in sides[0].outcomes if all(name in each.outcomes for each in sides)]
    allowed = f"an outcome of all that are compared: {listed(known)}"
    faults = [
        Fault(Place("--outcome"), name, allowed, nearest(name, known), rule="outcome_unknown")
        for name in names
        if name not in known
    ]
    if faults:
        raise InputError(faults)


def check_paired(ensembles: Sequence[Gathered]) -> None:
    """See that members of the same number share their draws.

    Parameters
    ----------
    ensembles : sequence of Gathered
        The first is held against the others.

    Raises
    ------
    InputError
        They have other seeds, other values of a factor that they share, or no member in common.
    """
    first = ensembles[0]
    faults: list[Fault] = []
    for other in ensembles[1:]:
        allowed = f"the same draws as {first.name}: run both in one batch, with the same seed and sampling"
        place = Place(str(other.folder))
        if other.seed != first.seed:
            faults.append(Fault(place, f"seed {other.seed}, not {first.seed}", allowed, rule="not_paired"))
            continue
        _, mine, its = np.intersect1d(first.members, other.members, return_indices=True)
        if not len(mine):
            faults.append(Fault(place, "no member in common", allowed, rule="not_paired"))
        shared = [name for name in first.factors if name in other.factors]
        for name in shared:
            a = first.drawn[mine, first.factors.index(name)]
            b = other.drawn[its, other.factors.index(name)]
            if not np.array_equal(a, b):
                faults.append(Fault(place, f"other values of {name}", allowed, rule="not_paired"))
                break
    if faults:
        raise InputError(faults)


def aligned(scenario: Gathered, baseline: Gathered, outcome: str) -> tuple[Numbers, Numbers]:
    """One outcome of two ensembles, member by member.

    Parameters
    ----------
    scenario, baseline : Gathered
    outcome : str

    Returns
    -------
    (member,) float, (member,) float
        Of the members that both have.
    """
    _, mine, its = np.intersect1d(scenario.members, baseline.members, return_indices=True)
    return scenario.outcome(outcome)[mine], baseline.outcome(outcome)[its]


def futures(ensembles: Sequence[Gathered], outcome: str) -> Futures:
    """One outcome of all policies in all futures that they share.

    Where each scenario has the same levels, a policy is a scenario and a future a member at a level; else
    each ensemble is a policy and a future a member.

    Parameters
    ----------
    ensembles : sequence of Gathered
    outcome : str

    Returns
    -------
    Futures

    Raises
    ------
    InputError
        There is no future in which all policies have a result.
    """
    cells = _cells(ensembles)
    policies, levels = tuple(dict.fromkeys(p for p, _ in cells)), tuple(dict.fromkeys(x for _, x in cells))
    columns: list[Numbers] = []
    names: list[str] = []
    n_left_out = 0
    for level in levels:
        side = [cells[policy, level] for policy in policies]
        everywhere = sorted(set.intersection(*(set(each.members.tolist()) for each in side)))
        n_all = len(set.union(*(set(each.members.tolist()) for each in side)))
        rows = np.array([each.outcome(outcome)[np.searchsorted(each.members, everywhere)] for each in side])
        known = np.isfinite(rows).all(axis=0)
        n_left_out += n_all - int(known.sum())
        columns.append(rows[:, known])
        before = f"{level} " if level else ""
        names += [
            f"{before}member {member}" for member, is_known in zip(everywhere, known, strict=True) if is_known
        ]
    values = np.concatenate(columns, axis=1)
    if not values.size:
        found = f"{outcome} is known in no future for all of {listed(policies)}"
        raise InputError([Fault(Place("--outcome"), found, "another outcome", rule="no_futures")])
    return Futures(policies, tuple(names), values, n_left_out)


def better(outcome: str) -> str:
    """Which way an outcome is better.

    Parameters
    ----------
    outcome : str

    Returns
    -------
    str
        Of `regret.SENSES`.
    """
    return LOWER_IS_BETTER if outcome.partition(".")[0] in LESS_IS_MORE else HIGHER_IS_BETTER


def unit(outcome: str) -> str:
    """Unit of an outcome as printed: nothing for shares and counts."""
    found = describe(outcome)[0]
    return "" if found == "1" else found


def _cells(ensembles: Sequence[Gathered]) -> dict[tuple[str, str], Gathered]:
    """Ensembles by policy and level."""
    by_level = {(each.policy, each.level): each for each in ensembles}
    of_policy: dict[str, set[str]] = {}
    for policy, level in by_level:
        of_policy.setdefault(policy, set()).add(level)
    first = next(iter(of_policy.values()))
    if len(of_policy) > 1 and all(levels == first for levels in of_policy.values()):
        return by_level
    return {(each.name, ""): each for each in ensembles}
