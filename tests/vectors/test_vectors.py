"""Published and hand-worked numbers: the YAML files beside this one, one test per entry.

An entry is `id`, `source`, `status` (Q read in the source, D derived, R recalled), `function` (of
functions.py), `given`, `expect` and, where it is not 1e-9 relative, `tolerance`: a relative number,
or a mapping with `relative` or `absolute`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from tests.vectors import functions

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
REQUIRED = {"id", "source", "status", "function", "given", "expect"}


def read(path):
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def vectors():
    return [pytest.param(v, id=f"{path.stem}: {v['id']}") for path in FILES for v in read(path)]


def compare(found, expected, tolerance):
    if isinstance(expected, dict):
        for key, value in expected.items():
            compare(found[key], value, tolerance)
    elif isinstance(expected, str):
        assert found == expected
    else:
        np.testing.assert_allclose(found, expected, **tolerance)


@pytest.mark.parametrize("vector", vectors())
def test_vector(vector):
    if vector["function"] in functions.PENDING:
        pytest.skip("needs the whole engine")
    found = getattr(functions, vector["function"])(**vector["given"])
    stated = vector.get("tolerance", 1e-9)
    stated = stated if isinstance(stated, dict) else {"relative": stated}
    tolerance = {"rtol": stated.get("relative", 0.0), "atol": stated.get("absolute", 1e-12)}
    compare(found, vector["expect"], tolerance)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_entries_are_whole_and_named_once(path):
    entries = read(path)
    names = [v["id"] for v in entries]
    assert len(names) == len(set(names))
    for v in entries:
        assert set(v) - {"tolerance"} == REQUIRED, v["id"]
        assert v["status"] in {"Q", "D", "R"}
        assert v["function"] in functions.PENDING or hasattr(functions, v["function"]), v["id"]
