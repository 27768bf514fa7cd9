"""What a result says that it rests on: counts of rows by basis, assumptions, and a bound on their length."""

import json
from dataclasses import replace

import pytest

from simulator.scenario import declared
from tests.fixtures import worlds


def test_rows_of_every_table_are_counted_once():
    tables = worlds.battery_tables()
    counts = json.loads(declared.declared(tables)["tables"])
    assert {name: sum(by.values()) for name, by in counts.items()} == {n: len(tables[n]) for n in tables}
    assert sum(by.get("recalled", 0) for by in counts.values()) == tables.n_recalled


def test_assumptions_stand_with_value_range_reason_and_source():
    rows = [
        dict(zip(declared.COLUMNS, row, strict=True))
        for row in json.loads(declared.declared(worlds.battery_tables())["assumptions"])
    ]
    own = worlds.battery_tables()["assumptions"].rows
    assert [r["name"] for r in rows] == [r["name"] for r in own]
    assert all(r["reason"] for r in rows)
    first = next(r for r in rows if r["name"] == "tau_order_days")
    assert first["low"] < first["value"] < first["high"] and first["unit"] == "d"


@pytest.mark.parametrize(
    ("basis", "kind"),
    [
        ("quoted; derived: x", "quoted"),
        ("recalled: rounded", "recalled"),
        ("assumed", "assumed"),
        (None, "none"),
    ],
)
def test_kind_is_the_first_word(basis, kind):
    assert declared.kind({"basis": basis}) == kind


def test_too_long_a_list_loses_its_reasons_first():
    tables = worlds.battery_tables()
    table = tables["assumptions"]
    more = [{**row, "reason": "ü" * 400} for row in table.rows]
    long = replace(tables, tables={**tables.tables, "assumptions": replace(table, rows=more)})
    text = declared.declared(long)["assumptions"]
    assert len(text.encode()) <= declared.LONGEST
    rows = json.loads(text)
    assert len(rows) == len(more) and all(row[declared.COLUMNS.index("reason")] is None for row in rows)


def test_a_run_carries_them():
    attrs = worlds.paper("stationary").attrs
    names = [row[0] for row in json.loads(attrs["assumptions"])]
    assert "tau_order_days" in names
    assert "assumptions" in json.loads(attrs["tables"])
