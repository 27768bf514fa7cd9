"""What a batch consists of: every scenario at every level, checked before anything runs."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator import results
from simulator.batch.matrix import Level, cell_name, is_matrix, read_matrix
from simulator.errors import Fault, InputError, Place, listed, nearest, shown
from simulator.scenario.seen import seen

if TYPE_CHECKING:
    from simulator.scenario import Scenario
    from simulator.scenario.tables import Tables

OUT = Path("outputs/batch")
LONGEST_NAME = 64


@dataclass(frozen=True)
class Cell:
    """One scenario at one level of each key, with its members.

    Attributes
    ----------
    name : str
        Of the scenario, and of its folder.
    scenario : Scenario
        Checked; carries the name of the cell.
    n_members : int
    is_drawn : bool
        Whether members draw what is uncertain; else there is one member with the central values.
    """

    name: str
    scenario: Scenario
    n_members: int
    is_drawn: bool

    def record(self) -> dict[str, Any]:
        """What makes the numbers of all members, as JSON types."""
        return {
            "scenario": results.as_plain(self.scenario),
            "n_members": self.n_members,
            "is_drawn": self.is_drawn,
        }

    def key(self, inputs: str) -> str:
        """Sha256 of all that decides what a member of a given number holds.

        Members of a low-discrepancy sequence do not depend on how many there are, so that more can be added;
        those of other samplings do.

        Parameters
        ----------
        inputs : str
            Hash of what of the tables can matter, see `Keys`.
        """
        plain = results.as_plain(self.scenario)
        said = dict(plain.get("ensemble") or {})
        said.pop("members", None)
        if said.get("sampling", "sobol") != "sobol":
            said["members"] = self.n_members
        plain["ensemble"] = said if self.is_drawn else None
        return results.content_key(plain, inputs)


@dataclass(frozen=True)
class Keys:
    """What members of a cell are known by.

    Attributes
    ----------
    seen : str
        Of members that read what their scenario sees of the tables, and nothing else.
    all : str
        Of members that asked for more: covers all tables.
    tables : dict of str to str
        Hash of what is seen of each table, to tell which has changed.
    """

    seen: str
    all: str
    tables: dict[str, str]

    @classmethod
    def of(cls, cell: Cell, tables: Tables) -> Keys:
        """Keys of a cell.

        Parameters
        ----------
        cell : Cell
        tables : Tables
            Whole.
        """
        part = seen(tables, cell.scenario)
        draws = _draws(cell.scenario, tables) if cell.is_drawn else ""
        return cls(cell.key(part.hash + draws), cell.key(f"all {tables.hash}"), digests(part))

    @property
    def each(self) -> tuple[str, str]:
        """Both keys."""
        return self.seen, self.all


def _draws(scenario: Scenario, tables: Tables) -> str:
    """Sha256 of what draws rest on beside what the scenario sees of the tables.

    Members are drawn from whole tables: a number that is hidden from the scenario may decide whether another
    is drawn or which rows move, and shares that have a sum give way to each other.
    """
    from simulator.scenario.cells import Cells
    from simulator.scenario.factors import factors_of

    factors, cells = factors_of(scenario, tables), Cells(tables)
    parts: list[object] = [(each.name, each.central, repr(each.distribution)) for each in factors]
    for move in (move for each in factors for move in each.moves):
        table = tables[move.table]
        is_share = any(sums.value == move.column for sums in table.schema.share_sums)
        parts.append((move, cells.rows(move), table.digest.hex() if is_share else ""))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def digests(part: Tables) -> dict[str, str]:
    """Hash of each table, as records have it.

    Parameters
    ----------
    part : Tables
        What a scenario sees.
    """
    return {name: part[name].digest.hex()[:16] for name in sorted(part)}


@dataclass(frozen=True)
class Batch:
    """All cells, and where their results go.

    Attributes
    ----------
    cells : tuple of Cell
    tables : Tables
    out : Path
    arguments : mapping
        Those of `plan_batch` but for `out`, as JSON types, so that it can be repeated.
    is_full : bool
        Whether each member's whole result is kept beside what is needed to gather.
    made_by : str
        The command that makes all of it, where that is not `loopcast batch`.
    """

    cells: tuple[Cell, ...]
    tables: Tables
    out: Path
    arguments: Mapping[str, Any]
    is_full: bool = False
    made_by: str = ""

    @property
    def command(self) -> str:
        """The command that makes the batch, or goes on with it."""
        if self.made_by:
            return self.made_by
        said = self.arguments
        words = ["loopcast", "batch", *said["sources"]]
        for option, values in (("--override", said["override"]), ("--set", said["sets"])):
            for value in values:
                words += [option, value]
        for option, value in (("--members", said["members"]), ("--inputs", said["inputs"])):
            words += [] if value is None else [option, str(value)]
        words += ["--full"] if self.is_full else []
        words += [] if self.out == OUT else ["--out", str(self.out)]
        return shlex.join(words)

    def command_of(self, cell: Cell, member: int) -> str:
        """The command that makes one member and nothing else."""
        return self.made_by or f"{self.command} --only {cell.name}:{member}"

    def keys_of(self, cell: Cell) -> Keys:
        """Keys of a cell's members; kept.

        Parameters
        ----------
        cell : Cell
        """
        if cell.name not in self._keys:
            self._keys[cell.name] = Keys.of(cell, self.tables)
        return self._keys[cell.name]

    @cached_property
    def _keys(self) -> dict[str, Keys]:
        return {}

    @cached_property
    def n_members(self) -> int:
        """Members of all cells."""
        return sum(cell.n_members for cell in self.cells)


def plan_batch(
    sources: Sequence[str],
    out: Path,
    *,
    members: int | None = None,
    inputs: Path | None = None,
    sets: Sequence[str] = (),
    override: Sequence[str] = (),
    is_full: bool = False,
) -> Batch:
    """Cells of a matrix file or of some scenarios, all checked.

    Parameters
    ----------
    sources : sequence of str
        One matrix file; or scenario files and names of shipped ones.
    out : Path
        Folder of all results; each cell has a folder in it.
    members : int, optional
        Members of each cell; what the matrix or the scenario says if left out.
    inputs : Path, optional
        Folder of tables instead of the shipped ones.
    sets, override : sequence of str
        As in `simulator.load`, for every scenario, below the levels.
    is_full : bool
        See `Batch`.

    Raises
    ------
    InputError
        With the faults of the matrix, the tables and all scenarios; nothing was run.
    """
    from simulator.scenario.tables import load as load_tables

    tables = load_tables(inputs)
    planner = _Planner(tables, tuple(sets), tuple(override))
    if any(is_matrix(source) for source in sources):
        if len(sources) > 1:
            allowed = "one matrix file alone, or scenarios"
            raise InputError([Fault(Place("batch"), listed(sources), allowed, rule="matrix_alone")])
        matrix = read_matrix(sources[0])
        combinations = list(matrix.combinations())
        for source, place in zip(matrix.sources, matrix.places, strict=True):
            planner.add(source, place, combinations, members or matrix.members)
    else:
        for source in sources:
            planner.add(source, None, [()], members)
    if planner.faults:
        raise InputError(planner.faults)
    arguments = {
        "sources": list(sources),
        "members": members,
        "inputs": None if inputs is None else str(inputs),
        "sets": list(sets),
        "override": list(override),
        "is_full": is_full,
    }
    return Batch(tuple(planner.cells), tables, out, arguments, is_full)


class _Planner:
    """Collects cells and faults."""

    def __init__(self, tables: Tables, sets: tuple[str, ...], override: tuple[str, ...]) -> None:
        self.tables, self.sets, self.override = tables, sets, override
        self.cells: list[Cell] = []
        self.faults: list[Fault] = []
        self.seen: dict[str, str] = {}

    def add(
        self, source: str, place: Place | None, combinations: list[tuple[Level, ...]], members: int | None
    ) -> None:
        """Cells of one scenario; `place` is where a matrix names it."""
        try:
            plain = self._load(source, ())
        except InputError as error:
            at_file = Place(source) if place is not None else None
            self.faults += [
                replace(fault, place=place) if place is not None and fault.place == at_file else fault
                for fault in error.faults
            ]
            return
        for levels in combinations:
            name = cell_name(plain.name, levels)
            where = place or Place(source, path="name")
            if name in self.seen:
                allowed = f"another name than that of {self.seen[name]}: both would write to one folder"
                self.faults.append(Fault(where, name, allowed, rule="name_twice"))
                continue
            self.seen[name] = source
            if len(name) > LONGEST_NAME:
                allowed = f"names of at most {LONGEST_NAME} signs; levels as `label: value` can be shorter"
                self.faults.append(Fault(where, name, allowed, rule="cell_name"))
                continue
            try:
                self._add(self._load(source, levels, name) if levels else plain, name, members)
            except InputError as error:
                self.faults += [_at_level(fault, levels) for fault in error.faults]

    def _add(self, scenario: Scenario, name: str, members: int | None) -> None:
        said = getattr(scenario, "ensemble", None)
        n_members = members or (said.members if said is not None else 1)
        self.cells.append(Cell(name, scenario, n_members, members is not None or said is not None))

    def _load(self, source: str, levels: Sequence[Level], name: str = "") -> Scenario:
        from simulator.scenario import load

        sets = [*self.sets, *(level.setting for level in levels)]
        if name:
            sets.append(f"name={name}")
        return load(source, tables=self.tables, sets=sets, override=self.override)


def _at_level(fault: Fault, levels: Sequence[Level]) -> Fault:
    """A fault of a setting at the place of the level that it came from."""
    for level in levels:
        if fault.place.file == f"--set {shown(level.setting)}":
            place = level.place
            path = fault.place.path or place.path
            return replace(fault, place=Place(place.file, place.line, place.column, path))
    return fault


def chosen(batch: Batch, only: Sequence[str]) -> list[tuple[Cell, int]]:
    """Members named as `CELL:MEMBER`.

    Parameters
    ----------
    batch : Batch
    only : sequence of str

    Raises
    ------
    InputError
        There is no such cell or member.
    """
    by_name = {cell.name: cell for cell in batch.cells}
    found: list[tuple[Cell, int]] = []
    faults: list[Fault] = []
    for text in only:
        name, _, number = text.rpartition(":")
        if name not in by_name:
            near = nearest(name, by_name)
            allowed = f"CELL:MEMBER, cells {listed(by_name)}"
            faults.append(Fault(Place("--only"), shown(text), allowed, near, "only_cell"))
        elif not re.fullmatch(r"\d{1,7}", number) or int(number) >= by_name[name].n_members:
            allowed = f"a member from 0 to {by_name[name].n_members - 1}"
            faults.append(Fault(Place("--only"), shown(text), allowed, rule="only_member"))
        else:
            found.append((by_name[name], int(number)))
    if faults:
        raise InputError(faults)
    return found
