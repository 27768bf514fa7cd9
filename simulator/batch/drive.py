"""A batch from its plan to its files: what is there is kept, what is missing is run, failures are told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator import results
from simulator.batch import pool, store
from simulator.batch.cells import chosen
from simulator.batch.member import Made, Work, made_by, make, packed
from simulator.errors import Fault, InputError, LoopcastError, Place

if TYPE_CHECKING:
    from simulator.batch.cells import Batch, Cell
    from simulator.batch.member import Values

RECORD_FILE = "batch.json"
CELL_FILE = "ensemble.json"


@dataclass(frozen=True)
class Failure:
    """A member that could not be made.

    Attributes
    ----------
    cell : str
    member : int
    reason : str
        What its run said.
    command : str
        Makes it again, alone.
    """

    cell: str
    member: int
    reason: str
    command: str


@dataclass
class Done:
    """How far a batch is.

    Attributes
    ----------
    n_members : int
        Of all cells.
    n_kept : int
        Were there before.
    n_made : int
        Made now.
    failures : list of Failure
    wall_time_s : float
    changed : dict of str to str
        What has changed for a cell since its members were made last, for each cell where anything has.
    """

    n_members: int
    n_kept: int = 0
    n_made: int = 0
    failures: list[Failure] = field(default_factory=list)
    wall_time_s: float = 0.0
    changed: dict[str, str] = field(default_factory=dict)


Told = Callable[[Done], None]


@dataclass(frozen=True)
class Points:
    """Values of factors that are given, not drawn.

    Attributes
    ----------
    values : sequence of tuple of name and float
        For each run; a factor that is left out keeps its central value.
    stream : int
        The member whose random streams all of them have.
    """

    values: Sequence[Values]
    stream: int = 0


@dataclass(frozen=True)
class Task:
    """A member to be made, and where it goes."""

    cell: Cell
    member: int
    work: Work
    folder: Path

    @property
    def paths(self) -> list[Path]:
        """Files that the member is."""
        kinds = [store.MEMBERS, *([store.FULL] if self.work.is_full else [])]
        return [store.member_path(self.folder, self.member, kind) for kind in kinds]

    def is_done(self) -> bool:
        """Whether its files are there, whole, and made from the same scenario, inputs and code."""
        return all(store.is_whole(path, *self.work.keys) for path in self.paths)

    def write(self, made: Made) -> None:
        """Write what came back."""
        contents = (made.kept, made.full)[: len(self.paths)]
        for path, content in zip(self.paths, contents, strict=True):
            store.put(path, store.sealed(content, self.work.keys[made.reads_all]))


def tasks_of(
    batch: Batch, cell: Cell, members: Iterable[int], points: Points | None = None
) -> Iterator[Task]:
    """Members of a cell, as they are asked for.

    Parameters
    ----------
    batch : Batch
    cell : Cell
    members : iterable of int
    points : Points, optional
        Given values of factors in place of their own draws.
    """
    setting, keys, maker = packed(cell, batch.tables), batch.keys_of(cell).each, made_by()
    for member in members:
        stream, values = (member, None) if points is None else (points.stream, points.values[member])
        work = Work(setting, keys, stream, values, batch.is_full, maker)
        yield Task(cell, member, work, batch.out / cell.name)


def all_tasks(batch: Batch) -> Iterator[Task]:
    """Members of all cells."""
    for cell in batch.cells:
        yield from tasks_of(batch, cell, range(cell.n_members))


def run_batch(
    batch: Batch, *, workers: int | None = None, scheduler: str | None = None, told: Told | None = None
) -> Done:
    """Make what is missing of a batch and gather what is there.

    Parameters
    ----------
    batch : Batch
    workers : int, optional
        Processes; as many as pay if left out.
    scheduler : str, optional
        Address of a Dask scheduler that runs the members instead.
    told : callable, optional
        Called after each member with how far the batch is.

    Returns
    -------
    Done
        With the members that failed; they did not stop the others.

    Raises
    ------
    InputError
        Another batch writes into the folder, something in it is a link, or no scheduler answers.
    BatchStopped
        Nothing more can be written; what is finished is kept.
    """
    from simulator.batch.gather import gather

    started, clock = datetime.now(UTC), time.perf_counter()
    store.refuse_links(batch.out, _written(batch))
    with store.locked(batch.out, batch.command):
        done = Done(batch.n_members)
        for cell in batch.cells:
            if what := _changed(batch, cell):
                done.changed[cell.name] = what
            _note_cell(batch, cell)
        _note_batch(batch, done, started)
        missing = [_number(task) for task in all_tasks(batch) if not task.is_done()]
        done.n_kept = done.n_members - len(missing)
        make_all(batch, missing, done, workers=workers, scheduler=scheduler, told=told)
        for cell in batch.cells:
            gather(batch, cell)
        done.wall_time_s = round(time.perf_counter() - clock, 3)
        _note_batch(batch, done, started)
    return done


def make_only(batch: Batch, only: Sequence[str]) -> Done:
    """Make chosen members and nothing else: no lock, nothing gathered, so that many may do so at once.

    Parameters
    ----------
    batch : Batch
    only : sequence of str
        Each ``CELL:MEMBER``.

    Raises
    ------
    InputError
        There is no such member, or something in the folder is a link.
    """
    store.refuse_links(batch.out, _written(batch))
    members = chosen(batch, only)
    done = Done(len(members))
    tasks = [next(tasks_of(batch, cell, [member])) for cell, member in members]
    missing = [(task.cell, task.member) for task in tasks if not task.is_done()]
    done.n_kept = done.n_members - len(missing)
    make_all(batch, missing, done, workers=1)
    return done


def typed_before(out: Path) -> dict[str, Any]:
    """Arguments of `plan_batch` with which a folder was made.

    Parameters
    ----------
    out : Path

    Raises
    ------
    InputError
        The folder holds no batch.
    """
    path = out / RECORD_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["arguments"]
        return {**found, "inputs": Path(found["inputs"]) if found["inputs"] else None}
    except (OSError, ValueError, KeyError, TypeError):
        allowed = "the folder of a batch that was begun"
        raise InputError([Fault(Place(str(path)), "no batch", allowed, rule="batch_missing")]) from None


def _number(task: Task) -> tuple[Cell, int]:
    return task.cell, task.member


def make_all(
    batch: Batch,
    members: Sequence[tuple[Cell, int]],
    done: Done,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    told: Told | None = None,
    points: Points | None = None,
) -> None:
    """Make members and write each as it comes; parameters as in `run_batch`.

    Parameters
    ----------
    members : sequence of tuple of Cell and int
        Members of one cell one behind the other, so that each cell is packed once.
    done : Done
        Is brought up to date.
    points : Points, optional
        Given values of factors in place of their own draws.
    """
    asked: dict[int, Task] = {}

    def works() -> Iterator[Work]:
        for index, task in enumerate(_in_order(batch, members, points)):
            asked[index] = task
            yield task.work

    if scheduler is not None:
        from simulator.batch.cluster import on_cluster

        ends = on_cluster(works(), scheduler)
    else:
        ends = pool.spread(make, works(), len(members), n_processes=workers)
    try:
        for index, result in ends:
            task = asked.pop(index)
            if isinstance(result, Exception):
                _failed(batch, task, result, done)
            else:
                task.write(result)
                done.n_made += 1
            if told is not None:
                told(done)
    finally:
        ends.close()


def _in_order(batch: Batch, members: Sequence[tuple[Cell, int]], points: Points | None) -> Iterator[Task]:
    by_cell: dict[str, tuple[Cell, list[int]]] = {}
    for cell, member in members:
        by_cell.setdefault(cell.name, (cell, []))[1].append(member)
    for cell, numbers in by_cell.values():
        yield from tasks_of(batch, cell, numbers, points)


def _failed(batch: Batch, task: Task, error: Exception, done: Done) -> None:
    """Note a failure; a bug is named as one."""
    reason = str(error) if isinstance(error, LoopcastError) else f"{type(error).__name__}: {error}"
    command = batch.command_of(task.cell, task.member)
    done.failures.append(Failure(task.cell.name, task.member, reason, command))


def _written(batch: Batch) -> list[Path]:
    """Every path that a batch writes, folders first."""
    paths = [batch.out / RECORD_FILE, batch.out / store.LOCK_FILE]
    for cell in batch.cells:
        folder = batch.out / cell.name
        paths += [folder / CELL_FILE, folder / "ensemble.nc"]
        for kind in (store.MEMBERS, *([store.FULL] if batch.is_full else [])):
            paths += [store.member_path(folder, member, kind) for member in range(cell.n_members)]
    return paths


def _changed(batch: Batch, cell: Cell) -> str:
    """What has changed for a cell since its record was written; empty if nothing has, or there is none."""
    try:
        record = json.loads((batch.out / cell.name / CELL_FILE).read_text(encoding="utf-8"))
        keys = batch.keys_of(cell)
        if record["setting_key"] == keys.seen:
            return ""
        return results.differing(record, cell.scenario, keys.tables) or "what is drawn"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def _note_cell(batch: Batch, cell: Cell) -> None:
    """What the members of a cell are made from; enough to make them again."""
    keys = batch.keys_of(cell)
    record = {
        **cell.record(),
        "setting_key": keys.seen,
        "inputs": batch.arguments.get("inputs"),
        "inputs_hash": batch.tables.hash,
        "inputs_seen": keys.tables,
        "code_hash": results.code_hash(),
        "versions": results.versions(),
    }
    _put_json(batch.out / cell.name / CELL_FILE, record)


def _note_batch(batch: Batch, done: Done, started: datetime) -> None:
    record = {
        "command": batch.command,
        "arguments": dict(batch.arguments),
        "cells": {cell.name: cell.n_members for cell in batch.cells},
        "n_kept": done.n_kept,
        "n_made": done.n_made,
        "failures": [failure.__dict__ for failure in done.failures],
        "started": started.isoformat(timespec="seconds"),
        "wall_time_s": done.wall_time_s,
    }
    _put_json(batch.out / RECORD_FILE, record)


def _put_json(path: Path, record: dict[str, Any]) -> None:
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    store.put(path, text.encode())
