"""Several scenarios in one go: check all, run each, write what each gives.

All scenarios are read and checked before any is run. With two or more scenarios and two or more cores, each
runs in a process of its own that writes its own folder; the bytes are those of one run after the other.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from simulator import results
from simulator.batch import pool
from simulator.batch.cells import digests
from simulator.errors import Fault, InputError, Place, RunFailed
from simulator.scenario.seen import seen

if TYPE_CHECKING:
    from simulator.batch.cells import Batch
    from simulator.scenario import Scenario
    from simulator.scenario.tables import Tables

Progress = Callable[[int, date, float], None]
"""Called with the place of the scenario in the list, its simulated date and the fraction done."""

PAGE = "report.html"


@dataclass(frozen=True)
class Job:
    """One scenario to run.

    Attributes
    ----------
    scenario : Scenario
        Checked.
    folder : Path
        Where its results go.
    command : str
        The command that repeats it alone.
    inputs : Path or None
        Folder of tables; the shipped ones if none.
    """

    scenario: Scenario
    folder: Path
    command: str
    inputs: Path | None = None


def plan(
    sources: Sequence[str],
    out: Path,
    *,
    inputs: Path | None = None,
    sets: Sequence[str] = (),
    override: Sequence[str] = (),
) -> list[Job]:
    """Jobs of some scenarios, all checked.

    Parameters
    ----------
    sources : sequence of str
        Scenario files, or names of shipped ones.
    out : Path
        Folder of all results; each run has a folder in it, called like its scenario.
    inputs : Path, optional
        Folder of tables instead of the shipped ones.
    sets, override : sequence of str
        As in `simulator.load`, for every scenario.

    Raises
    ------
    InputError
        With the faults of all scenarios; nothing was run.
    """
    from simulator.scenario import load
    from simulator.scenario.tables import load as load_tables

    faults: list[Fault] = []
    tables = None
    try:
        tables = load_tables(inputs)
    except InputError as error:
        faults += error.faults
    jobs: list[Job] = []
    seen: dict[str, str] = {}
    for source in sources:
        try:
            scenario = load(source, inputs=inputs, sets=sets, override=override, tables=tables)
        except InputError as error:
            faults += error.faults
            continue
        if scenario.name in seen:
            allowed = f"another name than that of {seen[scenario.name]}: both would write to one folder"
            faults.append(Fault(Place(source, path="name"), scenario.name, allowed, rule="name_twice"))
        seen.setdefault(scenario.name, source)
        command = _command(source, out, inputs, sets, override)
        jobs.append(Job(scenario, out / scenario.name, command, inputs))
    if faults:
        raise InputError(faults)
    return jobs


def _command(
    source: str, out: Path, inputs: Path | None, sets: Sequence[str], override: Sequence[str]
) -> str:
    words = ["loopcast", "run", source]
    for option, values in (("--override", override), ("--set", sets)):
        for value in values:
            words += [option, value]
    if inputs is not None:
        words += ["--inputs", str(inputs)]
    if out != Path("outputs"):
        words += ["--out", str(out)]
    return shlex.join(words)


def central_jobs(batch: Batch) -> list[Job]:
    """Jobs that run every cell of a batch once, with central values, beside its members.

    Parameters
    ----------
    batch : Batch
    """
    said = batch.arguments.get("inputs")
    inputs = None if said is None else Path(said)
    return [Job(cell.scenario, batch.out / cell.name, batch.command, inputs) for cell in batch.cells]


def is_done(job: Job, tables: Tables) -> bool:
    """Whether the results of a job are there, whole, and made from the same scenario, inputs and code.

    Parameters
    ----------
    job : Job
    tables : Tables
        Whole; what the scenario does not see of them does not matter.
    """
    try:
        record = json.loads((job.folder / results.RECORD_FILE).read_text(encoding="utf-8"))
        found = hashlib.sha256((job.folder / results.RESULT_FILE).read_bytes()).hexdigest()
        return (
            record["content_key"] == results.content_key(job.scenario, seen(tables, job.scenario).hash)
            and (record["inputs_read"] != "all" or record["inputs_hash"] == tables.hash)
            and record["result_sha256"] == found
            and all((job.folder / name).is_file() for name in record["files"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def run_job(job: Job, progress: Callable[[date, float], None] | None = None) -> Path:
    """Run one scenario and write its folder.

    Parameters
    ----------
    job : Job
        From `plan`.
    progress : callable, optional
        Called with the simulated date and the fraction done.

    Returns
    -------
    Path
        Its folder.
    """
    from simulator.run import run
    from simulator.scenario.tables import load as load_tables

    started, clock = datetime.now(UTC), time.perf_counter()
    tables = load_tables(job.inputs)
    dataset = run(job.scenario, tables, progress=progress)
    facts = {
        "command": job.command,
        "inputs": None if job.inputs is None else str(job.inputs),
        "inputs_seen": digests(seen(tables, job.scenario)),
        "started": started.isoformat(timespec="seconds"),
        "wall_time_s": round(time.perf_counter() - clock, 3),
    }
    return results.write(dataset, job.folder, scenario=job.scenario, facts=facts)


def run_all(
    jobs: Sequence[Job], *, progress: Progress | None = None, n_processes: int | None = None
) -> list[Path]:
    """Run jobs, several at a time where there are cores.

    Parameters
    ----------
    jobs : sequence of Job
        From `plan`.
    progress : callable, optional
        See `Progress`.
    n_processes : int, optional
        How many run at a time; as many as there are jobs and cores if left out.

    Returns
    -------
    list of Path
        Their folders, in the order of the jobs.

    Raises
    ------
    LoopcastError
        What the first job that failed says; the others are stopped.
    """
    at_a_time = min(len(jobs), n_processes or pool.cores())
    told = None if progress is None else (lambda index, what: progress(index, *what))
    ends = pool.each(_do, enumerate(jobs), n_processes=at_a_time, told=told)
    for index, result in ends:
        if isinstance(result, Exception):
            ends.close()
            raise _named(result, jobs[index])
    return [job.folder for job in jobs]


def _do(job: Job, tell: pool.Tell) -> Path:
    return run_job(job, lambda day, done: tell((day, done)))


def _named(error: Exception, job: Job) -> Exception:
    """A failure without a place of its own gets the name of the scenario."""
    plain = isinstance(error, RunFailed) and not (error.time or error.firm or error.event)
    return RunFailed(f"{job.scenario.name}: {error}") if plain else error
