"""Peers in an environment of their own: each script is run by itself and knows nothing of the simulator.

A script takes a file of arrays, does its work, and prints one line of JSON; its end state goes into a second
file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
FOLDER = REPOSITORY / ".venv-bench"
WANTED = HERE / "requirements.txt"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def python_of(folder: Path) -> Path:
    """Interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment() -> Path:
    """Interpreter with the peers; the environment is made when it is not there or asks for other versions."""
    stamp = FOLDER / ".stamp"
    python = python_of(FOLDER)
    if not stamp.exists() or stamp.read_text() != WANTED.read_text():
        print(f"Installing the peers in {FOLDER.name} (once; about a minute) ...", flush=True)
        venv.create(FOLDER, clear=True, with_pip=True)
        quiet = ("-qq", "--disable-pip-version-check", "--no-input")
        subprocess.run([python, "-m", "pip", *quiet, "install", "-r", WANTED], check=True)
        stamp.write_text(WANTED.read_text())
    return python


def has(python: Path | str, module: str) -> bool:
    """Whether an interpreter can import a peer."""
    found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
    return found.returncode == 0


def ask(python: Path | str, script: Path | str, *words: object, path: Path | None = None) -> Any:
    """Run a script and read the JSON of its last line."""
    env = {**os.environ, **ONE_THREAD}
    env["PYTHONPATH"] = "" if path is None else str(path)
    run = subprocess.run(
        [python, script, *map(str, words)], capture_output=True, text=True, check=False, env=env
    )
    if run.returncode:
        raise RuntimeError(f"{Path(script).name} failed:\n{run.stderr[-2000:]}")
    return json.loads(run.stdout.strip().splitlines()[-1])


def here() -> str:
    """Interpreter that runs this."""
    return sys.executable
