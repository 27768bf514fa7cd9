"""What all formats share: whole files, names of runs, packages that may be missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from simulator.results import StoredRun


def name_of(run: StoredRun) -> str:
    """Name of the scenario of a run."""
    return str(run.dataset.attrs.get("scenario", run.folder.name))


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary name beside the file, renamed at the end: there is never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def package(name: str, extra: str) -> Any:
    """A package of an extra.

    Parameters
    ----------
    name : str
        Of the package.
    extra : str
        That brings it.

    Raises
    ------
    InputError
        It is not installed.
    """
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        allowed = f"another format, or {name}: pip install 'loopcast[{extra}]'"
        fault = Fault(Place("--to"), f"{name} is not installed", allowed, rule="extra_missing")
        raise InputError([fault]) from None
