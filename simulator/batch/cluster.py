"""Members on a Dask cluster: the same function, sent to workers that share no disk and no memory with us.

Scenario and tables travel with each task (some 200 kB), the member's bytes come back and are written here. So
a worker that dies takes nothing with it; the scheduler gives its tasks to others. Only a few tasks per thread
are out at a time: neither the scheduler nor this process grows with the number of members.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Generator, Iterable
from concurrent import futures
from typing import Any

from simulator.batch.member import Made, Work, run_member
from simulator.batch.pool import MOST_TRIES
from simulator.batch.store import BatchStopped
from simulator.errors import Fault, InputError, Place, RunFailed, shown

PER_THREAD = 2
"""Tasks out at a time for each thread of the cluster: one that runs, one that waits."""

WAIT_S = 10
"""How long a scheduler has to answer [s]."""


def on_cluster(works: Iterable[Work], address: str) -> Generator[tuple[int, Any], None, None]:
    """Do tasks on the workers of a scheduler.

    Parameters
    ----------
    works : iterable of Work
        Taken as workers come free.
    address : str
        Such as ``tcp://10.0.0.1:8786``.

    Yields
    ------
    tuple of int and object
        Place of the task in the list and its result; an exception where it failed.

    Raises
    ------
    InputError
        Dask is not installed, no scheduler answers, or it has no workers.
    BatchStopped
        The scheduler is gone.
    """
    client = _client(address)
    try:
        yield from _done(client, iter(works))
    except (OSError, asyncio.CancelledError, futures.CancelledError) as error:
        raise BatchStopped(f"the scheduler at {address} does not answer any more: {error}") from None
    finally:
        with contextlib.suppress(OSError):
            client.close()


def _done(client: Any, works: Any) -> Generator[tuple[int, Any], None, None]:
    out: dict[Any, tuple[int, Work, int]] = {}
    waiting = enumerate(works)

    def give(index: int, work: Work, tries: int) -> None:
        key = f"member-{index}-{tries}-{work.keys[0]}"
        out[client.submit(on_worker, work, key=key, pure=False)] = (index, work, tries)

    while True:
        room = max(1, PER_THREAD * sum(client.nthreads().values()))
        while len(out) < room and (task := next(waiting, None)) is not None:
            give(*task, 0)
        if not out:
            return
        with client.as_current():
            ended = _dask().wait(list(out), return_when="FIRST_COMPLETED").done
        for future in ended:
            index, work, tries = out.pop(future)
            found = _found(client, future)
            if isinstance(found, _GivenUp) and tries + 1 < MOST_TRIES:
                give(index, work, tries + 1)
            else:
                yield index, found
            future.release()


def _found(client: Any, future: Any) -> Any:
    """Result of a future that has ended, or why there is none."""
    try:
        return future.result() if future.status == "finished" else _failure(future)
    except (asyncio.CancelledError, futures.CancelledError) as error:
        if client.status != "running":
            raise  # the scheduler is gone
        return _GivenUp(f"the cluster lost the result: {error}")  # its worker died before it was fetched


class _GivenUp(RunFailed):
    """The cluster lost a member, as when its worker dies; the member itself did not fail."""


def on_worker(work: Work) -> Made:
    """Run one member inside a worker.

    Parameters
    ----------
    work : Work

    Returns
    -------
    Made
    """
    import importlib

    _stop_sampling(_dask().get_worker())
    # Files are written into memory here; without this, xarray asks the cluster for a lock on them.
    with importlib.import_module("dask").config.set(scheduler="synchronous"):
        return run_member(work)


def _stop_sampling(worker: Any) -> None:
    """Switch off the profiler of a worker.

    It looks at the frames of running threads some times a second, and keeps what they hold alive meanwhile.
    What HDF5 deletes while somebody holds it leaves its room in the file later: equal numbers, other bytes.
    """
    sampler, is_off = getattr(worker, "periodic_callbacks", {}).get("profile"), threading.Event()
    if sampler is None or not sampler.is_running():
        return

    def stop() -> None:
        sampler.stop()
        is_off.set()

    worker.loop.add_callback(stop)  # loops are stopped from their own thread
    is_off.wait(WAIT_S)


def _failure(future: Any) -> Exception:
    error = future.exception() if future.status == "error" else None
    if isinstance(error, Exception) and type(error).__module__.startswith("distributed"):
        return _GivenUp(f"the cluster gave the member up: {error}")
    return error if isinstance(error, Exception) else _GivenUp(f"the cluster says: {future.status}")


def _dask() -> Any:
    """The package, untyped as it is."""
    import importlib

    try:
        return importlib.import_module("distributed")
    except ImportError:
        allowed = "Dask, which `pip install loopcast[cluster]` installs"
        place = Place("--scheduler")
        raise InputError([Fault(place, "no Dask", allowed, rule="scheduler_package")]) from None


def _client(address: str) -> Any:
    place, room = Place("--scheduler"), _dask()
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in ("distributed", "tornado"):  # what goes wrong is told here, in a sentence
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        # Not the default one: files that this process writes are no business of the scheduler.
        client = room.Client(address, timeout=WAIT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        found = f"{shown(address)}: {str(error).splitlines()[0] if str(error) else 'no answer'}"
        allowed = "a scheduler that answers, such as tcp://10.0.0.1:8786; `dask scheduler` starts one"
        raise InputError([Fault(place, found, allowed, rule="scheduler_answer")]) from None
    if not client.nthreads():
        client.close()
        allowed = "a scheduler with workers; `dask worker ADDRESS --nthreads 1` starts one"
        raise InputError([Fault(place, f"{shown(address)} has no workers", allowed, rule="scheduler_empty")])
    return client
