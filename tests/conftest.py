"""What every room of the tests shares: the order, the browser, golden tables."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

# Rooms from fast to slow; a room that is not named comes in the middle.
ORDER = (
    "vectors",
    "laws",
    "scenario",
    "inputs",
    "world",
    "report",
    "house",
    "run",
    "golden",
    "cli",
    "browser",
)


SHARED_RUNS = "LOOPCAST_TEST_RUNS"


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the runs of a session, made before workers start; gone when it ends."""
    if not hasattr(config, "workerinput") and SHARED_RUNS not in os.environ:
        folder = tempfile.mkdtemp(prefix="loopcast-runs-")
        os.environ[SHARED_RUNS] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(lambda: os.environ.pop(SHARED_RUNS, None))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden tables anew")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Fast tests first, so that a plain fault is seen at once; groups stay on one worker."""

    def rank(item: pytest.Item) -> tuple[bool, float]:
        parts = item.path.relative_to(REPOSITORY).parts if item.path.is_relative_to(REPOSITORY) else ()
        room = parts[1] if len(parts) > 2 else ""
        place = ORDER.index(room) if room in ORDER else len(ORDER) / 2
        return item.get_closest_marker("slow") is not None, place

    items.sort(key=rank)
    if getattr(config.option, "loadgroup", False):
        for item in items:
            _tell_group(item)


def _tell_group(item: pytest.Item) -> None:
    """Put the group into the test's address, where the scheduler looks for it.

    pytest-xdist 3.8 writes it to an attribute that pytest from 9.1 on no longer reads.
    """
    groups = sorted({str(mark.args[0]) for mark in item.iter_markers("xdist_group")})
    address = f"{item.nodeid}@{'_'.join(groups)}"
    if groups and hasattr(item, "_id") and not item.nodeid.endswith(address[len(item.nodeid) :]):
        item._id = type(item._id).parse(address)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root folder of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; without one the test is skipped, in CI it fails."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    message = "no Chromium here; on Debian: apt-get install chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with the golden file, or write it (`make golden`)."""
    rewrite = request.config.getoption("--rewrite-golden")

    def compare(path: Path, text: str) -> None:
        if rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        assert path.exists(), f"{path.name} is missing; `make golden` writes it"
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; if that is right: make golden"

    return compare
