"""A real scheduler and workers on this machine: the same bytes as without, though a worker is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import CancelledError

import pytest

from simulator.batch import cluster, drive
from simulator.errors import RunFailed
from tests.batch.conftest import files

pytest.importorskip("distributed")

N = 5
LONGEST_S = 180
"""How long scheduler and workers may take to start on a machine that has much else to do [s]."""
QUIET = {
    "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error",
    "DASK_DISTRIBUTED__WORKER__PROFILE__INTERVAL": "1ms",  # usually 10: whatever a sampler disturbs, it shall
}


@contextlib.contextmanager
def started(*words):
    environment = {**os.environ, **QUIET}
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(batch, tmp_path):
    from distributed import Client

    here = batch(members=N, out="here")
    assert drive.run_batch(here, workers=1).failures == []
    address = f"tcp://127.0.0.1:{free_port()}"
    port = address.rpartition(":")[2]
    words = ("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    with contextlib.ExitStack() as stack:
        scheduler = (
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"
        )  # fmt: skip
        stack.enter_context(started(*scheduler))
        workers = [
            stack.enter_context(started(*words, "--local-directory", str(tmp_path / f"w{i}"))) for i in (0, 1)
        ]
        with Client(address, timeout=LONGEST_S, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=LONGEST_S)
        there = batch(members=N, out="there")

        def kill_one(done):
            if workers[0].poll() is None:
                os.kill(workers[0].pid, signal.SIGKILL)
                workers[0].wait()
                time.sleep(0.1)

        done = drive.run_batch(there, scheduler=address, told=kill_one)
    assert not done.failures, done.failures[0].reason
    assert done.n_made == N
    assert workers[0].returncode == -signal.SIGKILL
    assert files(there.out) == files(here.out)


def test_the_profiler_of_a_worker_is_off_while_members_are_written(monkeypatch):
    """It holds what frames hold: freed later, files are laid out differently."""
    from distributed import Client, LocalCluster, get_worker

    def sampled():
        return get_worker().periodic_callbacks["profile"].is_running()

    monkeypatch.setattr(cluster, "run_member", lambda _: sampled())
    words = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with LocalCluster(**words) as one, Client(one, set_as_default=False) as client:
        assert client.submit(sampled, pure=False).result() is True
        assert client.submit(cluster.on_worker, None, pure=False).result() is False


def test_a_member_that_the_cluster_loses_is_given_out_again(monkeypatch):
    """A made-up cluster that loses what it gets once, or for good."""

    class Future:
        def __init__(self, status):
            self.status, _, self.fate = status.partition(", ")

        def result(self):
            if self.fate:
                raise CancelledError(self.fate)
            return "made"

        def release(self):
            pass

    class Client:
        def __init__(self, *statuses, status="running"):
            self.statuses, self.status = iter(statuses), status

        def nthreads(self):
            return {"worker": 1}

        def submit(self, *_, **__):
            return Future(next(self.statuses))

        def as_current(self):
            return contextlib.nullcontext()

    class Dask:
        @staticmethod
        def wait(futures, return_when):
            return type("Ended", (), {"done": futures})

    monkeypatch.setattr(cluster, "_dask", lambda: Dask)
    work = type("Work", (), {"keys": ("k",)})()
    assert list(cluster._done(Client("lost", "finished"), [work])) == [(0, "made")]
    ((_, found),) = cluster._done(Client("cancelled", "lost"), [work])
    assert isinstance(found, RunFailed) and "the cluster says: lost" in str(found)
    dies = "finished, on a worker that dies before it is asked"
    assert list(cluster._done(Client(dies, "finished"), [work])) == [(0, "made")]
    with pytest.raises(CancelledError):
        list(cluster._done(Client(dies, status="closed"), [work]))
