"""The project's own papers agree with each other."""

from __future__ import annotations

import re
import subprocess
import tomllib

import simulator
from tests.house.sources import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text(name):
    return (REPOSITORY / name).read_text(encoding="utf-8")


def test_one_version_everywhere():
    version = PROJECT["version"]
    assert simulator.__version__ == version
    assert f"\nversion: {version}\n" in text("CITATION.cff")
    assert f"\n## {version} " in text("CHANGELOG.md")


def test_every_promised_target_is_there():
    targets = set(re.findall(r"^(\w+):", text("Makefile"), re.M))
    assert {"run", "test", "lint", "golden", "bench", "docs", "clean"} <= targets


def test_every_target_makes_its_environment():
    for target in ("run", "test", "lint", "golden", "bench", "docs"):
        assert re.search(rf"^{target}: \$\(STAMP\)$", text("Makefile"), re.M), target


def test_ci_calls_what_people_call():
    commands = [line for line in text(".ci/run").splitlines() if line.startswith("make")]
    assert commands == ["make lint", "make test"]


def test_shell_scripts_parse():
    for name, shell in ((".ci/run", "bash"), (".ci/environment", "sh"), (".ci/browser", "sh")):
        done = subprocess.run([shell, "-n", REPOSITORY / name], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
