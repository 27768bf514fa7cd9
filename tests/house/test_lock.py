"""The lock file fixes every package exactly and names no place to get it from."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.sources import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
PINS = {
    canonicalize_name(name): Version(version)
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", LOCK, re.M)
}


def test_every_line_is_an_exact_version():
    lines = [line for line in LOCK.splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(PINS), "a line that is no exact version, or a name twice"


def test_every_dependency_is_fixed_within_its_bounds():
    extras = PROJECT["optional-dependencies"].values()
    wanted = [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]
    for text in wanted:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        assert name in PINS, f"{name} is not in requirements.lock"
        assert requirement.specifier.contains(PINS[name], prereleases=True), f"{name}: {PINS[name]}"


def test_dependencies_have_lower_bounds_only():
    for text in PROJECT["dependencies"]:
        assert {clause.operator for clause in Requirement(text).specifier} == {">="}, text
