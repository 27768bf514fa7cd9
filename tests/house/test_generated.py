"""Pages and the schema that code writes are what the code would write now."""

from __future__ import annotations

import importlib.util

import pytest

from tests.house.sources import REPOSITORY


def generator():
    spec = importlib.util.spec_from_file_location("generate_docs", REPOSITORY / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = generator().PAGES


@pytest.mark.parametrize("name", PAGES)
def test_page_is_current(name):
    assert (REPOSITORY / name).read_text(encoding="utf-8") == PAGES[name](), f"{name}: make docs"
