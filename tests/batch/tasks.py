"""A task for pools that needs nothing else to be imported."""

from __future__ import annotations

import os
import signal


def double(task, tell):
    """Twice the value; kills its process, once or always, when told."""
    kind, value, folder = task
    tell(value)
    if kind == "fails":
        raise ValueError("no")
    if kind == "killed once" and not (folder / "was_here").exists():
        (folder / "was_here").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * value
