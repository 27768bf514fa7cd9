"""Pages and the schema that code writes are what the code would write now."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [("scenarios/scenario.schema.json", "*.yaml"), ("scenarios/worlds/world.schema.json", "worlds/*.yaml")],
)
def test_shipped_files_fit_the_schema_editors_use(schema, pattern):
    files = sorted((REPOSITORY / "scenarios").glob(pattern))
    assert files
    for path in files:
        named = path.read_text(encoding="utf-8").splitlines()[0]
        assert named == f"# yaml-language-server: $schema={Path(schema).name}", path.name
    tool = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [tool, "--schemafile", schema, *files], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
