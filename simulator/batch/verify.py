"""A run made again from its own folder, and held against what is there, byte by byte."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator import results
from simulator.batch import pool, store
from simulator.batch.cells import Batch, Cell, digests
from simulator.batch.drive import CELL_FILE, RECORD_FILE, tasks_of
from simulator.batch.member import Made, make
from simulator.errors import Fault, InputError, Place, listed, nearest, shown
from simulator.scenario.seen import OF_ALL_TABLES, seen

if TYPE_CHECKING:
    from simulator.scenario import Scenario
    from simulator.scenario.tables import Tables

MOST_TOLD = 5
ANOTHER = "--inputs names another folder"


@dataclass(frozen=True)
class Verified:
    """What came of making a run again.

    Attributes
    ----------
    folder : Path
    n_files : int
        Files that were held against each other.
    differing : tuple of str
        Each file that is not the same, and what differs in it.
    """

    folder: Path
    n_files: int
    differing: tuple[str, ...]


def runs_in(name: str, home: Path) -> list[Path]:
    """Folders of a run, of a scenario of a batch, or of all scenarios of a batch.

    Parameters
    ----------
    name : str
        Path of a folder, or the name of one in `home`.
    home : Path

    Raises
    ------
    InputError
        There is no such run.
    """
    for folder in (Path(name), home / name):
        if any((folder / file).is_file() for file in (results.RECORD_FILE, CELL_FILE)):
            return [folder]
        if (folder / RECORD_FILE).is_file():
            return [folder / cell for cell in _record(folder / RECORD_FILE, "cells")["cells"]]
    files = (results.RECORD_FILE, CELL_FILE, RECORD_FILE)
    known = sorted({path.parent.name for file in files for path in home.glob(f"*/{file}")})
    allowed = f"the folder of a run or of a batch, or one in {home}: {listed(known)}"
    raise InputError([Fault(Place("RUN"), shown(name), allowed, nearest(name, known), rule="run_unknown")])


def verify(
    folder: Path,
    *,
    inputs: Path | None = None,
    members: int | None = None,
    workers: int | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Verified:
    """Make a run, or the members of a scenario, again and compare.

    Parameters
    ----------
    folder : Path
        One of `runs_in`.
    inputs : Path, optional
        Folder of tables; that which the run names if left out.
    members : int, optional
        How many members, the first ones; all that are there if left out.
    workers : int, optional
        Processes for members.
    told : callable, optional
        Called with the number of members done and of all.

    Returns
    -------
    Verified

    Raises
    ------
    InputError
        Tables, code or libraries are not those that made the run: bytes say nothing then.
    """
    if (folder / results.RECORD_FILE).is_file():
        return _verify_run(folder, inputs)
    return _verify_members(folder, inputs, members, workers, told)


def _record(path: Path, *needed: str) -> dict[str, Any]:
    """A record that has what is needed; else a fault."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        text = str(error).splitlines()[0]
        raise InputError([Fault(Place(str(path)), text, "a finished run", rule="run_damaged")]) from None
    missing = [key for key in needed if not isinstance(found, dict) or key not in found]
    if missing:
        allowed = "a record as it was written"
        raise InputError([Fault(Place(str(path)), f"no {listed(missing)}", allowed, rule="run_damaged")])
    return dict(found)


def _same_makers(path: Path, record: dict[str, Any], inputs: Path | None) -> tuple[Scenario, Tables]:
    """Scenario and tables of a run; a fault for each thing that is not what made it.

    Of the tables that counts which the scenario sees: of others a change says nothing.
    """
    from simulator.scenario import load
    from simulator.scenario.tables import load as load_tables

    said = record.get("inputs")
    tables = load_tables(inputs if inputs is not None else (Path(said) if said else None))
    try:
        scenario = load(record["scenario"], tables=tables)
    except InputError:
        if tables.hash == record["inputs_hash"]:
            raise
        found, place = f"{tables.hash[:16]} now", Place(str(path), path="inputs_hash")
        allowed = f"the tables that made the run, {str(record['inputs_hash'])[:16]}; {ANOTHER}"
        raise InputError([Fault(place, found, allowed, rule="verify_other")]) from None
    now = digests(seen(tables, scenario))
    before = dict(record["inputs_seen"])
    faults = [
        Fault(
            Place(str(path), path=f"inputs_seen.{name}"), f"{now.get(name, 'none')} now",
            f"the tables that made the run, {before.get(name, 'none')}; {ANOTHER}",
            rule="verify_other",
        )
        for name in sorted({*now, *before})
        if now.get(name) != before.get(name)
    ]  # fmt: skip
    if results.code_hash() != record["code_hash"]:
        found, place = f"{results.code_hash()[:16]} now", Place(str(path), path="code_hash")
        allowed = f"the code that made the run, {str(record['code_hash'])[:16]}"
        faults.append(Fault(place, found, allowed, rule="verify_other"))
    for name, version in results.versions().items():
        made_with = record["versions"].get(name, "none")
        if made_with != version:
            place = Place(str(path), path=f"versions.{name}")
            faults.append(Fault(place, f"{version} now", f"{made_with}", rule="verify_other"))
    if faults:
        raise InputError(faults)
    return scenario, tables


def _verify_run(folder: Path, inputs: Path | None) -> Verified:
    from simulator.run import run

    path = folder / results.RECORD_FILE
    record = _record(path, "scenario", "files", "inputs_hash", "inputs_seen", "code_hash", "versions")
    scenario, tables = _same_makers(path, record, inputs)
    with tempfile.TemporaryDirectory() as own:
        again = results.write(run(scenario, tables), own, scenario=scenario, facts={})
        differing = [
            f"{file}: {what}"
            for file in record["files"]
            if (what := _difference(folder / file, (again / file).read_bytes()))
        ]
    return Verified(folder, len(record["files"]), tuple(differing))


def _verify_members(
    folder: Path,
    inputs: Path | None,
    members: int | None,
    workers: int | None,
    told: Callable[[int, int], None] | None,
) -> Verified:
    path = folder / CELL_FILE
    needed = ("scenario", "n_members", "is_drawn", "inputs_hash", "inputs_seen", "code_hash", "versions")
    record = _record(path, *needed)
    scenario, tables = _same_makers(path, record, inputs)
    cell = Cell(folder.name, scenario, record["n_members"], record["is_drawn"])
    batch = Batch((cell,), tables, folder.parent, {}, is_full=(folder / store.FULL).is_dir())
    wanted = range(min(members or cell.n_members, cell.n_members))
    numbers = [number for number in wanted if store.member_path(folder, number).exists()]
    tasks = list(tasks_of(batch, cell, numbers))
    differing: list[str] = []
    ends = pool.spread(make, (task.work for task in tasks), len(tasks), n_processes=workers)
    for n_done, (index, result) in enumerate(ends, start=1):
        differing += _member_differs(tasks[index], result)
        if told is not None:
            told(n_done, len(tasks))
    return Verified(folder, sum(len(task.paths) for task in tasks), tuple(sorted(differing)))


def _member_differs(task: Any, result: Made | Exception) -> list[str]:
    if isinstance(result, Exception):
        return [f"{task.paths[0]}: cannot be made again: {result}"]
    contents = (result.kept, result.full)
    return [
        f"{path.relative_to(task.folder)}: {what}"
        for path, content in zip(task.paths, contents, strict=False)
        if (what := _difference(path, store.sealed(content, task.work.keys[result.reads_all])))
    ]


def _difference(path: Path, again: bytes) -> str:
    """What differs between a file and its bytes made again; empty if nothing does."""
    try:
        stored = path.read_bytes()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    if stored == again:
        return ""
    if path.suffix == ".nc":
        return _differing_contents(path, again)
    return f"{len(stored)} bytes, made again {len(again)}" if len(stored) != len(again) else "other bytes"


def _differing_contents(path: Path, again: bytes) -> str:
    import numpy as np

    try:
        old, new = results.read_netcdf(path), results.read_netcdf(again)
    except Exception as error:  # noqa: BLE001 - a damaged file can fail in any way
        return f"cannot be read ({type(error).__name__})"
    if old.attrs.get("inputs_hash") != new.attrs.get("inputs_hash"):
        # Tables have changed where the scenario does not see them; what a file says of all tables may differ.
        old, new = (each.drop_attrs(deep=False).assign_attrs(_own(each.attrs)) for each in (old, new))
        if old.identical(new):
            return ""
    texts = []
    for name in sorted({str(n) for n in old.variables} | {str(n) for n in new.variables}):
        if name not in old.variables or name not in new.variables:
            texts.append(f"{name} only in one")
        elif not old[name].identical(new[name]):
            a, b = old[name].values, new[name].values
            numbers = a.dtype.kind == b.dtype.kind == "f" and a.shape == b.shape
            apart = f" by up to {np.nanmax(np.abs(a - b)):g}" if numbers and a.size else ""
            texts.append(f"{name} differs{apart}")
    return listed(texts, MOST_TOLD) if texts else "same numbers, other bytes"


def _own(attrs: Mapping[Any, Any]) -> dict[Any, Any]:
    """Attributes of a file but for what it says of all tables."""
    return {name: value for name, value in attrs.items() if name not in OF_ALL_TABLES}
