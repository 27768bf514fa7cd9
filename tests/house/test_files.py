"""Nothing long, large, generated or tied to one machine."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.sources import functions, modules, name_of, texts, tracked

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
LARGEST_BYTES = 1_000_000
REASON = "Long because"

# What a text may not name, since it exists on one machine or in one place only.
FOREIGN = {
    "a path of one machine": r"(?<![\w.~])/(?:work|root|home|opt)/",
    "a folder outside the repository": r"\.\./shared|\bshared/(?:[A-Z]+\.md|reference|bench)",
    "the host of a package registry": r"pypi\.(?:org|python)|pythonhosted|registry\.npmjs|deb\.debian\.org",
    "an index address": r"--(?:extra-)?index[-]url|--find[-]links",
}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_file_is_short_or_says_why(path):
    text = path.read_text(encoding="utf-8")
    n_lines = text.count("\n")
    assert n_lines <= LONGEST_FILE or REASON in text, f"{n_lines} lines, and no '{REASON} …'"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_functions_are_short_or_say_why(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    faults = []
    for function in functions(path):
        first = function.body[0]
        has_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        n_text = first.end_lineno - first.lineno + 1 if has_text else 0
        n_lines = function.end_lineno - function.lineno + 1 - n_text
        if n_lines > LONGEST_FUNCTION:
            body = "\n".join(lines[function.lineno - 1 : function.end_lineno])
            if REASON not in body:
                faults.append(f"{function.name}: {n_lines} lines")
    assert not faults, f"over {LONGEST_FUNCTION} lines without '{REASON} …': {faults}"


def test_names_say_what_is_inside():
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
    faults = [name_of(p) for p in modules() if p.stem in empty or p.parent.name in empty]
    assert not faults


@pytest.mark.parametrize(("what", "pattern"), FOREIGN.items(), ids=list(FOREIGN))
def test_runs_on_any_machine(what, pattern):
    faults = [
        f"{name}:{text[: match.start()].count(chr(10)) + 1} {match.group()}"
        for name, text in texts()
        if name != "tests/house/test_files.py"
        for match in re.finditer(pattern, text)
    ]
    assert not faults, f"{what}: {faults}"


def test_nothing_large_or_generated():
    large = [name_of(p) for p in tracked() if p.stat().st_size > LARGEST_BYTES]
    generated = [
        name_of(p)
        for p in tracked()
        if p.suffix in {".nc", ".pyc", ".whl", ".gz", ".zip"} or "__pycache__" in p.parts
    ]
    outputs = [name_of(p) for p in tracked() if name_of(p).startswith("outputs/") and p.name != "README.md"]
    assert not large + generated + outputs


def test_text_files_end_lines_alike():
    """But for the broken files that tests feed to the readers."""
    assert not [name for name, text in texts() if "\r" in text and not name.startswith("tests/scenario/bad/")]
