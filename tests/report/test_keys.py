"""Key tables for a terminal: few rows, with the numbers of the data."""

import numpy as np
import pytest

from simulator.report.keys import MOST_ROOTS, key_tables
from simulator.report.sentences import percent
from tests.report import fake


@pytest.fixture(scope="module")
def ds():
    return fake.dataset(years=8, economy=True, outage="lithium")


def test_benchmarks_are_told_in_the_year_they_are_due(ds):
    table = key_tables(ds)[0]
    assert table.title.endswith("in 2030") and "\u2265 40\u00a0%" in table.head[2]
    assert [row[0] for row in table.rows] == ["lithium", "cobalt", "nickel", "copper"]
    for row in table.rows:
        for k, name in enumerate(ds.benchmark.values):
            value = float(ds.crma_value.sel(year=2030, benchmark=name, material=row[0]))
            target = float(ds.crma_target.sel(benchmark=name))
            is_met = value <= target if name.endswith("_ceiling") else value >= target
            assert row[k + 1] == f"{percent(value, 0)} {'met' if is_met else 'missed'}"


def test_benchmarks_that_are_not_due_yet_are_neither_met_nor_missed():
    early = fake.dataset(years=3, economy=True)
    table = key_tables(early)[0]
    assert "in 2026, before 2030" in table.title
    assert not any("m" in cell for row in table.rows for cell in row[1:])
    early["crma_value"][:] = np.nan
    assert {cell for row in key_tables(early)[0].rows for cell in row[1:]} == {"uses none"}


def test_roots_of_the_deepest_shortage_add_up(ds):
    table = key_tables(ds)[1]
    assert table.title.startswith("Where the deepest shortage began: ")
    assert 1 < len(table.rows) <= MOST_ROOTS + 1
    assert sum(int(row[1].split("\u00a0")[0]) for row in table.rows) == pytest.approx(100, abs=2)


def test_a_result_without_either_has_no_table(ds):
    bare = ds.drop_vars(["crma_value", "unmet_by_root"])
    assert key_tables(bare) == []
