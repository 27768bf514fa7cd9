"""Files of the repository as the house tests see them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "simulator"
_NOT_OURS = {".git", ".venv", "__pycache__", "outputs", "dist"}


def tracked() -> list[Path]:
    """Files git knows or would take; without git, every file that is not generated."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=REPOSITORY,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split("\0")
        files = [REPOSITORY / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        files = [
            path
            for path in REPOSITORY.rglob("*")
            if not any(
                part in _NOT_OURS or part.endswith("_cache") for part in path.relative_to(REPOSITORY).parts
            )
        ]
    return sorted(path for path in files if path.is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of every text file."""
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data:
            yield path.relative_to(REPOSITORY).as_posix(), data.decode("utf-8", errors="replace")


def modules() -> list[Path]:
    """Python files of the package."""
    return sorted(path for path in PACKAGE.rglob("*.py") if "_shipped" not in path.parts)


def name_of(path: Path) -> str:
    """Path inside the repository, for messages and test ids."""
    return path.relative_to(REPOSITORY).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, methods and inner ones included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
