"""Each declared assumption says who reads it, and that is true."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.scenario import tables

BUILD = Path(tables.__file__).parents[1] / "build"


def test_the_model_reads_what_the_table_says_it_reads():
    text = "".join(path.read_text() for path in sorted(BUILD.glob("*.py")) if path.stem != "events")
    read = set(re.findall(r'(?<!each\.)value\(\s*"([a-z0-9_]+)"\s*\)', text))
    rows = tables.load()["assumptions"].rows
    assert {str(row["name"]) for row in rows if row["used_in"] == "model"} == read


def test_some_assumptions_only_go_into_tables():
    kinds = {str(row["used_in"]) for row in tables.load()["assumptions"].rows}
    assert kinds == {"model", "tables", "validation"}
