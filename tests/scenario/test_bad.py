"""One broken file per fault, with the text that must be printed beside it.

`python -m pytest tests/scenario/test_bad.py --rewrite-golden` writes the texts anew; read what it changed.
"""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.scenario import load

BAD = Path(__file__).parent / "bad"
FILES = sorted(path for path in BAD.glob("*.yaml") if path.is_file())


@pytest.fixture(scope="module")
def faults_of(repository, shipped_tables):
    """What is wrong with a file, seen from the repository's root."""

    @functools.cache
    def error(path):
        with contextlib.chdir(repository), pytest.raises(InputError) as raised:
            load(path.relative_to(repository), tables=shipped_tables)
        return raised.value

    return error


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_faults_are_told_as_expected(path, faults_of, golden):
    error = faults_of(path)
    golden(path.with_suffix(".expected.txt"), f"{error}\n")
    assert list(error.faults) == sorted(error.faults)


def test_no_expected_text_without_its_file():
    assert {path.name.removesuffix(".expected.txt") for path in BAD.glob("*.txt")} == {
        path.stem for path in FILES
    }


def test_there_are_many_rules_and_many_files_with_several_faults(faults_of):
    told = [faults_of(path).faults for path in FILES]
    rules = {fault.rule for faults in told for fault in faults}
    assert "" not in rules
    assert len(rules) >= 80, sorted(rules)
    assert sum(len(faults) > 1 for faults in told) >= 30


LEAKS = (
    "Traceback",
    "pydantic",
    "ruamel",
    "Input should",
    "type=",
    "Error",
    "http",
    "NoneType",
    "dict",
    "validat",
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_words_of_a_library(path, faults_of):
    text = str(faults_of(path))
    assert not [word for word in LEAKS if word in text]
    for fault in faults_of(path).faults:
        assert fault.found and fault.allowed
        assert fault.place.file
