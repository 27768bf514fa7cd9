"""Several scenarios in one go: check all, run each, write what each gives.

All scenarios are read and checked before any is run. With two or more scenarios and two or more cores, each
runs in a process of its own that writes its own folder; the bytes are those of one run after the other.
"""

from __future__ import annotations

import multiprocessing
import os
import shlex
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

from simulator import results
from simulator.errors import Fault, InputError, Place, RunFailed

if TYPE_CHECKING:
    from simulator.scenario import Scenario

Progress = Callable[[int, date, float], None]
"""Called with the place of the scenario in the list, its simulated date and the fraction done."""

PAGE = "report.html"
POLL_S = 0.1


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
    dataset = run(job.scenario, load_tables(job.inputs), progress=progress)
    facts = {
        "command": job.command,
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
    at_a_time = min(len(jobs), n_processes or _cores())
    if at_a_time > 1:
        _run_in_processes(jobs, at_a_time, progress)
    else:
        for index, job in enumerate(jobs):
            run_job(job, _told(index, progress))
    return [job.folder for job in jobs]


def _told(index: int, progress: Progress | None) -> Callable[[date, float], None] | None:
    if progress is None:
        return None
    return lambda day, done: progress(index, day, done)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run_in_processes(jobs: Sequence[Job], at_a_time: int, progress: Progress | None) -> None:
    context = multiprocessing.get_context("spawn")
    messages: Any = context.Queue()
    waiting = list(enumerate(jobs))
    alive: dict[int, Any] = {}
    silent: set[int] = set()
    try:
        while waiting or alive:
            while waiting and len(alive) < at_a_time:
                index, job = waiting.pop(0)
                alive[index] = context.Process(target=_work, args=(index, job, messages), daemon=True)
                alive[index].start()
            try:
                kind, index, content = messages.get(timeout=POLL_S)
            except Empty:
                ended = {i for i, process in alive.items() if process.exitcode is not None}
                _fail_if_vanished(jobs, alive, ended & silent)
                silent = ended
                continue
            if kind == "progress" and progress is not None:
                progress(index, *content)
            elif kind == "failed":
                raise content
            elif kind == "done":
                alive.pop(index).join()
    finally:
        for process in alive.values():
            process.terminate()
        for process in alive.values():
            process.join()


def _fail_if_vanished(jobs: Sequence[Job], alive: dict[int, Any], ended: set[int]) -> None:
    """Tell of a process that ended without a word (killed from outside, or out of memory)."""
    for index in sorted(ended):
        name = jobs[index].scenario.name
        raise RunFailed(f"{name}: its process ended with code {alive[index].exitcode} and no result")


def _work(index: int, job: Job, messages: Any) -> None:
    """One job in its own process; the parent alone hears Ctrl-C and tells it to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def tell(day: date, done: float) -> None:
        messages.put(("progress", index, (day, done)))

    try:
        run_job(job, tell)
        messages.put(("done", index, None))
    except KeyboardInterrupt:
        messages.cancel_join_thread()
    except Exception as error:  # noqa: BLE001 - the parent raises it
        messages.put(("failed", index, _sendable(error)))


def _sendable(error: Exception) -> Exception:
    """The error itself where it survives the way to the parent, else its text."""
    import pickle

    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - any reason will do
        return RunFailed(f"{type(error).__name__}: {error}")
    return error
