"""Files prove themselves, a folder belongs to one batch at a time, nothing is written through links."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.batch import store
from simulator.errors import ExitCode, InputError

KEY, OTHER = "a" * 64, "b" * 64


def test_a_sealed_file_is_whole(tmp_path):
    path = tmp_path / "members" / "00000.nc"
    store.put(path, store.sealed(b"numbers", KEY))
    assert store.is_whole(path, KEY)
    assert not store.is_whole(path, OTHER)
    assert not store.is_whole(tmp_path / "nothing", KEY)
    assert not store.is_whole(tmp_path, KEY)
    assert [p.name for p in path.parent.iterdir()] == ["00000.nc"]


@given(content=st.binary(max_size=200), at=st.integers(0, 400), bit=st.integers(0, 7), cut=st.booleans())
def test_any_damage_is_seen(tmp_path_factory, content, at, bit, cut):
    data = bytearray(store.sealed(content, KEY))
    if cut:
        data = data[: at % len(data)]
    else:
        data[at % len(data)] ^= 1 << bit
    path = tmp_path_factory.mktemp("damage") / "a.nc"
    path.write_bytes(bytes(data))
    assert not store.is_whole(path, KEY)


def test_a_link_is_no_member(tmp_path):
    target = tmp_path / "elsewhere.nc"
    target.write_bytes(store.sealed(b"numbers", KEY))
    (tmp_path / "a.nc").symlink_to(target)
    assert not store.is_whole(tmp_path / "a.nc", KEY)


@pytest.mark.parametrize("link", ["cell", "cell/members", "cell/members/00000.nc"])
def test_links_on_the_way_are_refused(tmp_path, link):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (out / link).parent.mkdir(parents=True)
    (out / link).symlink_to(elsewhere)
    with pytest.raises(InputError) as raised:
        store.refuse_links(out, [out / "cell/members/00000.nc", out / "cell/members/00001.nc"])
    assert [fault.rule for fault in raised.value.faults] == ["output_link"]
    assert str(out / link) in str(raised.value)


def test_the_folder_itself_may_be_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    store.refuse_links(tmp_path / "out", [tmp_path / "out" / "cell" / "members" / "00000.nc"])


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "permission denied")]
)
def test_what_cannot_be_written_leaves_what_was_there(tmp_path, monkeypatch, number, said):
    path = tmp_path / "a.nc"
    store.put(path, b"before")

    class Full:
        def __init__(self, handle):
            self.handle = handle

        def __enter__(self):
            return self

        def __exit__(self, *_):
            os.close(self.handle)

        def write(self, data):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(store.os, "fdopen", lambda handle, _: Full(handle))
    with pytest.raises(store.BatchStopped, match=said) as raised:
        store.put(path, b"after")
    assert raised.value.exit_code == ExitCode.MEMBERS
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.nc"]


def test_two_at_once_are_refused(tmp_path):
    with store.locked(tmp_path, "loopcast batch one"):
        with pytest.raises(InputError) as raised, store.locked(tmp_path, "loopcast batch two"):
            raise AssertionError("both had the folder")
        text = str(raised.value)
        assert f"process {os.getpid()}" in text and "loopcast batch one" in text
    with store.locked(tmp_path, "loopcast batch three"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_a_dead_process_is_taken_over(tmp_path):
    code = (
        "import sys, time, pathlib; from simulator.batch import store\n"
        "with store.locked(pathlib.Path(sys.argv[1]), 'first'):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    with pytest.raises(InputError, match="first"), store.locked(tmp_path, "second"):
        raise AssertionError("both had the folder")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert json.loads((tmp_path / store.LOCK_FILE).read_text())["pid"] == process.pid
    with store.locked(tmp_path, "second"):
        assert json.loads((tmp_path / store.LOCK_FILE).read_text())["pid"] == os.getpid()
