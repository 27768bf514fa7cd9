"""From points to members: a scenario and tables of plain numbers for each draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.ensemble import sampling as points_of
from simulator.errors import Fault, InputError, Place, listed, nearest
from simulator.scenario.cells import Cells
from simulator.scenario.check import check
from simulator.scenario.factors import DECLARED, Factor, declared_names, factors_of
from simulator.scenario.marks import path_text
from simulator.scenario.presets import expand
from simulator.scenario.schema import Scenario
from simulator.scenario.schema_ensemble import Draws
from simulator.scenario.tables import Tables
from simulator.scenario.written import put

Sampling = Literal["sobol", "latin"]


@dataclass(frozen=True)
class Drawn:
    """One member, ready to run: `run(drawn.scenario, drawn.tables, member=drawn.member)`.

    Attributes
    ----------
    scenario : Scenario
        Of plain numbers; declared numbers stand in its `parameters`.
    tables : Tables
        The same object for all members unless numbers of tables are drawn.
    member : int
        Its random streams, from 0 on.
    values : mapping of str to float
        What was drawn, by factor.
    """

    scenario: Scenario
    tables: Tables
    member: int
    values: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """All members of a scenario.

    Attributes
    ----------
    scenario : Scenario
    tables : Tables
    n_members : int
    sampling : {"sobol", "latin"}
    seed : int
    factors : tuple of Factor
        Numbers that are drawn, by name.
    """

    scenario: Scenario
    tables: Tables
    n_members: int
    sampling: Sampling
    seed: int
    factors: tuple[Factor, ...] = field(repr=False)

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        tables: Tables,
        n_members: int | None = None,
        sampling: Sampling | None = None,
        seed: int | None = None,
    ) -> Ensemble:
        """Ensemble of a scenario.

        Parameters
        ----------
        scenario : Scenario
            As `load` gives it.
        tables : Tables
        n_members : int, optional
            As the scenario says, or 100, if left out.
        sampling : {"sobol", "latin"}, optional
            As the scenario says, or `sobol`, if left out.
        seed : int, optional
            Of the points; that of the scenario if left out.

        Returns
        -------
        Ensemble

        Raises
        ------
        InputError
            For a number of members below 1.
        """
        rules = Draws() if scenario.ensemble is None else scenario.ensemble
        n = rules.members if n_members is None else n_members
        if n < 1:
            raise InputError([Fault(Place("members"), str(n), "a whole number >= 1", rule="members")])
        how = rules.sampling if sampling is None else sampling
        start = scenario.seed if seed is None else seed
        return cls(scenario, tables, n, how, start, factors_of(scenario, tables))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(factor.name for factor in self.factors)

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """Share (member, factor) [1] of each distribution that lies below the draw, in (0, 1)."""
        if self.sampling == "latin":
            found = points_of.latin(self.names, self.n_members, self.seed)
        else:
            found = points_of.sobol(self.names, declared_names(self.tables), self.n_members, self.seed)
        rules = self.scenario.ensemble
        return points_of.correlated(found, self.names, () if rules is None else rules.correlations)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """Drawn numbers (member, factor), each in its own unit."""
        columns = [
            [factor.value(float(share)) for share in self.points[:, column]]
            for column, factor in enumerate(self.factors)
        ]
        return np.array(columns, dtype=np.float64).reshape(len(self.factors), self.n_members).T

    @property
    def central(self) -> dict[str, float]:
        """Value of each factor where nothing is drawn."""
        return {factor.name: factor.central for factor in self.factors}

    def member(self, index: int) -> Drawn:
        """One member.

        Parameters
        ----------
        index : int
            From 0 to one less than the number of members.

        Returns
        -------
        Drawn

        Raises
        ------
        InputError
            For a member that is not there, or whose numbers do not go together.
        """
        if not 0 <= index < self.n_members:
            allowed = f"a member from 0 to {self.n_members - 1}"
            raise InputError([Fault(Place("member"), str(index), allowed, rule="member_unknown")])
        values = dict(zip(self.names, map(float, self.values[index]), strict=True))
        return self.at(values, member=index)

    def at(self, values: Mapping[str, float], member: int = 0) -> Drawn:
        """Member of given numbers; factors that are left out keep their central values.

        Parameters
        ----------
        values : mapping of str to float
            By name of the factor.
        member : int
            Its random streams.

        Returns
        -------
        Drawn

        Raises
        ------
        InputError
            For a name that is no factor, or numbers that do not go together.
        """
        by_name = {factor.name: factor for factor in self.factors}
        faults = [
            Fault(Place(name), "no number that is drawn", listed(by_name), nearest(name, by_name), "factor")
            for name in values
            if name not in by_name
        ]
        if faults:
            raise InputError(faults)
        chosen = [(by_name[name], float(value)) for name, value in values.items()]
        tables = self._tables(chosen)
        return Drawn(self._scenario(chosen, tables, member), tables, member, dict(values))

    def _scenario(self, chosen: Sequence[tuple[Factor, float]], tables: Tables, member: int) -> Scenario:
        """Scenario of plain numbers: those of the file before presets are expanded, those of events after."""
        scenario = self.scenario.as_written()
        written = [(factor, value) for factor, value in chosen if factor.kind == "scenario"]
        for factor, value in written:
            scenario = put(scenario, factor.loc, factor.fit(value))
        if len(written) > 1:  # each was checked at its ends when the scenario was read, alone
            self._check(scenario, tables, member)
        scenario = expand(scenario, tables)
        for factor, value in chosen:
            if factor.kind == "event":
                scenario = put(scenario, factor.loc, value)
        declared = {str(f.loc[-1]): value for f, value in chosen if f.kind == "assumption"}
        words = {"parameters": {**scenario.parameters, **declared}, "ensemble": None}
        return scenario.model_copy(update=words).with_distributions(())

    def _check(self, scenario: Scenario, tables: Tables, member: int) -> None:
        """Whether numbers that were drawn apart go together; the ensemble itself was checked on reading."""
        plain = scenario.model_copy(update={"ensemble": None})
        place = f"{scenario.name}, member {member}"
        faults = [
            Fault(Place(place, path=path_text(f.loc)), f.found, f.allowed, f.nearest, f.rule)
            for f in check(plain, tables)
        ]
        if faults:
            raise InputError(faults)

    def _tables(self, chosen: Sequence[tuple[Factor, float]]) -> Tables:
        """Tables with drawn numbers in their cells: declared numbers first, others may take their place."""
        first = sorted(chosen, key=lambda each: (not each[0].name.startswith(DECLARED), each[0].name))
        return self._cells.with_drawn((move, value) for factor, value in first for move in factor.moves)

    @cached_property
    def _cells(self) -> Cells:
        """The tables with the rows that each draw moves, looked up once."""
        return Cells(self.tables)
