"""One member from what is sent to wherever it is run, to bytes that come back.

Nothing is taken from the disk of whoever runs it: scenario and tables travel with the task, packed once per
scenario and unpacked once per process, so that workers need no shared file system.
"""

from __future__ import annotations

import gc
import hashlib
import pickle
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from simulator import results
from simulator.batch.cells import Cell
from simulator.batch.compact import Layout, compact
from simulator.errors import RunFailed, listed
from simulator.scenario.seen import seen

if TYPE_CHECKING:
    from simulator.ensemble import Ensemble
    from simulator.scenario import Scenario
    from simulator.scenario.tables import Tables

Values = tuple[tuple[str, float], ...]

MOST_KEPT = 4
"""Scenarios that a process keeps unpacked."""


@dataclass(frozen=True)
class Work:
    """All that is needed to make one member.

    Attributes
    ----------
    setting : bytes
        Packed scenario and tables of the cell.
    setting_keys : tuple of two str
        What they stand for, `cells.Keys.each`.
    member : int
        Number of the member, which its streams of random numbers depend on.
    values : tuple of name and float, or None
        Values of factors; the member's own draws if None.
    is_full : bool
        Whether the whole result is wanted too.
    made_by : str
        Code and libraries that must be those of the worker, or bytes would differ.
    """

    setting: bytes
    setting_keys: tuple[str, str]
    member: int
    values: Values | None
    is_full: bool
    made_by: str

    @property
    def keys(self) -> tuple[str, str]:
        """Content key of the member's file if it reads what its scenario sees, and if it reads all."""
        part, every = self.setting_keys
        return member_key(part, self.member, self.values), member_key(every, self.member, self.values)


@dataclass(frozen=True)
class Made:
    """What comes back.

    Attributes
    ----------
    kept : bytes
        netCDF of what is needed to gather.
    full : bytes
        netCDF of the whole result; empty if not asked for.
    reads_all : bool
        Whether it asked for more of the tables than its scenario was known to see.
    """

    kept: bytes
    full: bytes = b""
    reads_all: bool = False


def member_key(setting_key: str, member: int, values: Values | None = None) -> str:
    """Content key of a member.

    Parameters
    ----------
    setting_key : str
        One of `cells.Keys.each` of its cell.
    member : int
    values : tuple of name and float, optional
        Given values of factors.

    Returns
    -------
    str
        Hexadecimal sha256.
    """
    given = None if values is None else [(name, float(value).hex()) for name, value in values]
    text = f"{setting_key} {member} {given}"
    return hashlib.sha256(text.encode()).hexdigest()


def made_by() -> str:
    """Code and libraries of this process, as text."""
    found = results.versions()
    return ", ".join([f"code {results.code_hash()[:16]}", *(f"{name} {found[name]}" for name in found)])


def packed(cell: Cell, tables: Tables) -> bytes:
    """Scenario and tables of a cell, to be sent.

    Parameters
    ----------
    cell : Cell
    tables : Tables
    """
    return zlib.compress(pickle.dumps((cell, tables)), 1)


class _Setting:
    """A cell unpacked in this process, with what its members share."""

    def __init__(self, work: Work) -> None:
        here, wanted = made_by().split(", "), work.made_by.split(", ")
        if here != wanted:
            other = [f"{a} in place of {b}" for a, b in zip(here, wanted, strict=True) if a != b]
            raise RunFailed(f"the worker has other code or libraries: {listed(other)}")
        self.cell: Cell
        self.tables: Tables
        self.cell, self.tables = pickle.loads(zlib.decompress(work.setting))
        self.layout: Layout | None = None
        self._ensemble: Ensemble | None = None

    def drawn(self, work: Work) -> tuple[Scenario, Tables, dict[str, float]]:
        """Scenario, tables and drawn values of a member."""
        if not self.cell.is_drawn and work.values is None:
            return self.cell.scenario, self.tables, {}
        if self._ensemble is None:
            self._ensemble = ensemble_of(self.cell, self.tables)
        if work.values is None:
            made = self._ensemble.member(work.member)
        else:
            made = self._ensemble.at(dict(work.values), member=work.member)
        return made.scenario, made.tables, {**self._ensemble.central, **made.values}

    def attributes(self) -> dict[str, Any]:
        """Provenance; the same for all members of the cell."""
        scenario = self.cell.scenario
        return {
            "scenario": scenario.name,
            "title": scenario.title or scenario.name,
            "seed": scenario.seed,
            **results.provenance(scenario, self.tables.hash, seen(self.tables, scenario).hash),
            "attributions": "\n".join(self.tables.attributions),
        }


def ensemble_of(cell: Cell, tables: Tables) -> Ensemble:
    """Members of a cell.

    Parameters
    ----------
    cell : Cell
    tables : Tables
    """
    from simulator.ensemble import Ensemble

    return Ensemble.of(cell.scenario, tables, n_members=cell.n_members)


_SETTINGS: dict[bytes, _Setting] = {}
_ONE_AT_A_TIME = threading.Lock()


def run_member(work: Work, tell: Callable[[Any], None] | None = None) -> Made:
    """Run one member.

    Parameters
    ----------
    work : Work
    tell : callable, optional
        Called with the simulated date and the fraction done.

    Returns
    -------
    Made

    Raises
    ------
    RunFailed
        This process has other code or libraries than the one that wants the member.
    LoopcastError
        Whatever the run says.
    """
    # Workers of a cluster may have several threads; members share what is unpacked.
    with _ONE_AT_A_TIME:
        setting = _SETTINGS.get(work.setting)
        is_new = setting is None
        if setting is None:
            gc.unfreeze()
            setting = _Setting(work)
            while len(_SETTINGS) >= MOST_KEPT:
                del _SETTINGS[next(iter(_SETTINGS))]
            _SETTINGS[work.setting] = setting
        made = _made(work, setting, tell)
        gc.collect()  # a world holds itself in circles: the next would be built beside it
        if is_new:
            gc.freeze()  # what stays is not looked through again: members take a thirtieth less
        return made


def _made(work: Work, setting: _Setting, tell: Callable[[Any], None] | None) -> Made:
    from simulator.run import run

    def progress(day: date, done: float) -> None:
        if tell is not None:
            tell((day, done))

    scenario, tables, values = setting.drawn(work)
    ds = run(scenario, tables, progress=progress, member=work.member)
    kept = compact(ds, values)
    if setting.layout is None:
        setting.layout = Layout.of(kept, setting.attributes())
    full = results.as_bytes(ds.assign_attrs(setting.attributes())) if work.is_full else b""
    reads_all = ds.attrs.get("inputs_read") == "all"
    return Made(setting.layout.filled(kept, work.member), full, reads_all)


def make(work: Work, tell: Callable[[Any], None]) -> Made:
    """Run one member as a task of a pool; parameters as in `run_member`, progress is not told."""
    return run_member(work)
