"""Files that prove themselves, a lock for a folder, and no way out of it through links.

A member's file is netCDF with one line behind it: its content key and the sha256 of all before. Readers of
HDF5 do not look behind the end that the file states. So one look tells whether a file is whole and is the one
wanted; nothing else needs to be kept, and nothing can be out of step.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.errors import ExitCode, Fault, InputError, LoopcastError, Place, shown
from simulator.results import refuse_links, why

__all__ = [
    "FULL",
    "MEMBERS",
    "BatchStopped",
    "is_whole",
    "key_of",
    "locked",
    "member_path",
    "put",
    "refuse_links",
    "sealed",
]

MEMBERS = "members"
FULL = "full"
LOCK_FILE = ".lock"
_WORD = b"\nloopcast "
_SEAL_BYTES = len(_WORD) + 64 + 1 + 64 + 1


class BatchStopped(LoopcastError):  # noqa: N818 - the name says what happened
    """A batch cannot go on; what is finished is kept.

    Parameters
    ----------
    reason : str
        What happened, in one sentence.
    """

    exit_code = ExitCode.MEMBERS


def sealed(content: bytes, key: str) -> bytes:
    """Bytes of a file with its seal.

    Parameters
    ----------
    content : bytes
        A netCDF file.
    key : str
        Hexadecimal sha256 of what it was made from.
    """
    digest = hashlib.sha256(key.encode() + content).hexdigest()
    return content + _WORD + key.encode() + b" " + digest.encode() + b"\n"


def is_whole(path: Path, *keys: str) -> bool:
    """Whether a file is there, undamaged, and made from what one of some keys stands for.

    Parameters
    ----------
    path : Path
    *keys : str
        Hexadecimal sha256.
    """
    return bool(key_of(path, *keys))


def key_of(path: Path, *keys: str) -> str:
    """Which key a file has; empty if it is not there, damaged, or made from something else.

    Parameters
    ----------
    path : Path
    *keys : str
        Hexadecimal sha256.
    """
    if path.is_symlink():
        return ""
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    content, seal = data[:-_SEAL_BYTES], data[-_SEAL_BYTES:]
    said = next((key for key in keys if content and key.encode() in seal), "")
    return said if said and data == sealed(content, said) else ""


def member_path(folder: Path, member: int, kind: str = MEMBERS) -> Path:
    """File of a member in the folder of its cell.

    Parameters
    ----------
    folder : Path
    member : int
    kind : str
        `MEMBERS`, or `FULL` for whole results.
    """
    return folder / kind / f"{member:05d}.nc"


def put(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made when missing.
    data : bytes

    Raises
    ------
    BatchStopped
        There is no room for it, or no right to write it.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(part, flags, 0o666), "wb") as file:
                file.write(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise BatchStopped(f"cannot write {path}: {why(error)}") from None


@contextmanager
def locked(out: Path, command: str) -> Iterator[None]:
    """Keep a folder of results to this process.

    The system lets go of the lock when the process ends, however it ends.

    Parameters
    ----------
    out : Path
        Made when missing.
    command : str
        Told to others who want the folder.

    Raises
    ------
    InputError
        Another process that is alive writes there.
    BatchStopped
        The folder cannot be made.
    """
    path = out / LOCK_FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError as error:
        raise BatchStopped(f"cannot write {path}: {why(error)}") from None
    try:
        # A file that was removed since it was opened is no longer the lock.
        if not _take(handle) or not path.exists() or not os.path.samestat(os.fstat(handle), path.stat()):
            raise InputError([_held(out, path)])
        os.ftruncate(handle, 0)
        who = {"pid": os.getpid(), "host": socket.gethostname(), "command": command}
        os.write(handle, json.dumps(who).encode())
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _held(out: Path, path: Path) -> Fault:
    try:
        who = json.loads(path.read_text(encoding="utf-8"))
        text = f"process {who['pid']} on {who['host']}, `{who['command']}`"
    except (OSError, ValueError, KeyError, TypeError):
        text = "another batch"
    allowed = "one batch at a time in a folder; wait for it, or name another folder with --out"
    return Fault(Place(str(out)), shown(f"{text} writes there"), allowed, rule="batch_locked")


def _take(handle: int) -> bool:
    """Whether the lock is ours now."""
    try:
        import fcntl
    except ImportError:  # Windows
        return _take_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _take_windows(handle: int) -> bool:
    import importlib

    room = importlib.import_module("msvcrt")
    try:
        room.locking(handle, room.LK_NBLCK, 1)
    except OSError:
        return False
    return True
