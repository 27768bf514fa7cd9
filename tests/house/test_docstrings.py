"""Laws and indicators say where they come from, and arrays say shape and unit."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.sources import PACKAGE, name_of

SCIENCE = sorted((PACKAGE / "world").glob("*.py")) + sorted((PACKAGE / "indicators").glob("*.py"))
SECTIONS = ("Parameters", "Returns", "Yields", "Raises", "Source", "Attributes", "Notes", "Examples")


def public(path):
    """Functions of a module and methods of its public classes that do not start with an underscore."""
    if not path.exists():
        return
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def section(text, name):
    """Lines under a numpydoc heading, or None."""
    found = re.search(
        rf"^{name}\n-{{3,}}\n(.*?)(?=^(?:{'|'.join(SECTIONS)})\n-{{3,}}\n|\Z)", text, re.M | re.S
    )
    return found.group(1) if found else None


@pytest.mark.parametrize("path", SCIENCE, ids=name_of)
def test_every_law_names_its_source(path):
    faults = []
    for function in public(path):
        source = section(ast.get_docstring(function) or "", "Source")
        if not source or not source.strip():
            faults.append(f"{function.name}:{function.lineno}")
    assert not faults, f"no Source section: {faults}"


@pytest.mark.parametrize("path", SCIENCE, ids=name_of)
def test_every_argument_is_described(path):
    faults = []
    for function in public(path):
        arguments = [
            a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        ]
        text = section(ast.get_docstring(function) or "", "Parameters") or ""
        named = {
            name.strip(" *")
            for line in re.findall(r"^([\w*, ]+?)(?: :.*)?$", text, re.M)
            for name in line.split(",")
        }
        faults += [f"{function.name}: {a}" for a in arguments if a not in named]
    assert not faults, f"not under Parameters: {faults}"


@pytest.mark.parametrize("path", SCIENCE, ids=name_of)
def test_every_array_gives_shape_and_unit(path):
    """A described array reads `(shape) float [unit]`; integers are indices, booleans have no unit."""
    faults = []
    for function in public(path):
        text = ast.get_docstring(function) or ""
        for name in ("Parameters", "Returns"):
            for line in (section(text, name) or "").splitlines():
                kind = re.sub(r"^[\w*, ]+ : ", "", line)
                is_array = not line.startswith(" ") and re.match(r"\([^)]*\)\s*(?:float|complex)", kind)

                if is_array and not re.search(r"\[[^\]]+\]", kind):
                    faults.append(f"{function.name}: {line}")
    assert not faults, f"no [unit]: {faults}"
