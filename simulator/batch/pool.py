"""Tasks spread over processes of this machine.

Each process has a pipe of its own, so one that is killed takes nothing with it: its task is given to another.
Processes are spawned, not forked, and end by themselves when the parent is gone.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any

from simulator.errors import RunFailed

Tell = Callable[[Any], None]
Function = Callable[[Any, Tell], Any]
"""What is done with a task; it may tell the parent how far it is. A function of a module, to be spawned."""

START_S = 1.5
"""What a process costs before its first task is done: the interpreter and the libraries [s]."""

MOST_TRIES = 2


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    function: Function,
    tasks: Iterable[Any],
    n_tasks: int,
    *,
    n_processes: int | None = None,
    told: Callable[[int, Any], None] | None = None,
) -> Generator[tuple[int, Any], None, None]:
    """Do tasks in processes if that pays: the first is done here and timed.

    Parameters
    ----------
    function : callable
        See `Function`.
    tasks : iterable
        Taken one by one as processes come free.
    n_tasks : int
        How many there are.
    n_processes : int, optional
        How many at a time; as many as pay if left out.
    told : callable, optional
        Called with the place of a task and what its function tells.

    Yields
    ------
    tuple of int and object
        Place of the task in the list and its result; an exception where it failed. In the order of the ends.
    """
    waiting = iter(tasks)
    if n_processes is not None:
        yield from each(function, enumerate(waiting), n_processes=min(n_processes, n_tasks), told=told)
        return
    started = time.perf_counter()
    first = next(waiting, None)
    if first is None:
        return
    yield from each(function, [(0, first)], n_processes=1, told=told)
    left = n_tasks - 1
    took = time.perf_counter() - started
    at_a_time = min(left, cores())
    pays = at_a_time > 1 and took * left > START_S + took * left / at_a_time
    rest = enumerate(waiting, start=1)
    yield from each(function, rest, n_processes=at_a_time if pays else 1, told=told)


def each(
    function: Function,
    tasks: Iterable[tuple[int, Any]],
    *,
    n_processes: int,
    told: Callable[[int, Any], None] | None = None,
) -> Generator[tuple[int, Any], None, None]:
    """Do numbered tasks, here or in a given number of processes; parameters as in `spread`.

    Yields
    ------
    tuple of int and object
        Number of the task and its result; an exception where it failed.
    """
    if n_processes > 1:
        yield from _in_processes(function, tasks, n_processes, told)
        return
    for number, task in tasks:
        try:
            result = function(task, _telling(number, told))
        except Exception as error:  # noqa: BLE001 - the caller decides
            result = error
        yield number, result


def _telling(number: int, told: Callable[[int, Any], None] | None) -> Tell:
    return (lambda what: told(number, what)) if told is not None else (lambda _: None)


@dataclass
class _Worker:
    """A process, the parent's end of its pipe, and what it does."""

    process: Any
    pipe: Any
    number: int = -1
    task: Any = None
    tries: int = 0


def _in_processes(
    function: Function,
    tasks: Iterable[tuple[int, Any]],
    n_processes: int,
    told: Callable[[int, Any], None] | None,
) -> Generator[tuple[int, Any], None, None]:
    waiting = iter(tasks)
    again: deque[tuple[int, Any, int]] = deque()
    working: dict[Any, _Worker] = {}
    idle: list[_Worker] = []

    def next_task() -> tuple[int, Any, int] | None:
        if again:
            return again.popleft()
        found = next(waiting, None)
        return None if found is None else (*found, 0)

    try:
        while True:
            while len(working) < n_processes and (job := next_task()) is not None:
                worker = idle.pop() if idle else _started(function)
                worker.number, worker.task, worker.tries = job
                working[worker.pipe] = worker
                if not _given(worker):
                    del working[worker.pipe]
                    again.append(job)
            if not working:
                return
            for pipe in connection.wait(list(working)):
                worker = working[pipe]
                try:
                    kind, content = worker.pipe.recv()
                except (EOFError, OSError):
                    del working[pipe]
                    worker.process.join()
                    if worker.tries + 1 < MOST_TRIES:
                        again.append((worker.number, worker.task, worker.tries + 1))
                    else:
                        code = worker.process.exitcode
                        yield worker.number, RunFailed(f"its process ended with code {code} and no result")
                    continue
                if kind == "told":
                    if told is not None:
                        told(worker.number, content)
                    continue
                idle.append(working.pop(pipe))
                yield worker.number, content
    finally:
        _end(list(working.values()), idle)


def _started(function: Function) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, function), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _given(worker: _Worker) -> bool:
    """Whether the process took its task; an idle one may have been killed."""
    try:
        worker.pipe.send(worker.task)
    except OSError:
        worker.process.join()
        return False
    return True


def _end(working: list[_Worker], idle: list[_Worker]) -> None:
    """Tell each process once, an idle one by its pipe, one at work by a signal: twice could hit its end."""
    for worker in working:
        worker.process.terminate()
    for worker in (*working, *idle):
        worker.pipe.close()  # ends one, too, whose signal was lost where exceptions are ignored
    for worker in (*working, *idle):
        worker.process.join()


def _work(pipe: Any, function: Function) -> None:
    """Tasks of one process; the parent alone hears Ctrl-C and tells it to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            task = pipe.recv()
            try:
                result = function(task, lambda what: pipe.send(("told", what)))
            except Exception as error:  # noqa: BLE001 - the parent decides
                result = _sendable(error)
            pipe.send(("done", result))
    except (KeyboardInterrupt, EOFError, OSError):
        return  # told to stop, or the parent is gone


def _sendable(error: Exception) -> Exception:
    """The error itself where it survives the way to the parent, else its text."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - any reason will do
        return RunFailed(f"{type(error).__name__}: {error}")
    return error
