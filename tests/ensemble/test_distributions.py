"""Ranges written beside the tables: `distributions.csv` is `ensemble.tables` by another door."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.ensemble import Ensemble
from simulator.errors import InputError
from simulator.scenario import load, tables
from simulator.scenario.cell_tables import cell_table_faults
from simulator.scenario.distribution import NEEDS
from tests.fixtures.worlds import PAPER, paper_tables, paper_with

BAD = Path(__file__).parents[1] / "inputs" / "bad"
HEADER = "table,where,column,use,distribution,parameters,reason,source,year,basis\n"
ROWS = (
    "collection_rates,product=device,rate,,triangular,low=.2; mode=.5; high=.7,studies,a test,2024,assumed\n"
    "uncollected_fates,product=device; fate=unknown,share,value,uniform,low=0.1; high=0.5,r,s,2024,assumed\n"
    "elasticities,,value,factor,discrete,values=0.5 1 2; weights=1 2 1,short series,s,2024,assumed\n"
)
ENTRIES = [
    {"table": "collection_rates", "where": {"product": "device"}, "column": "rate"}
    | {
        "distribution": "triangular",
        "low": 0.2,
        "mode": 0.5,
        "high": 0.7,
        "reason": "two studies",
        "source": "t",
    },
    {"table": "uncollected_fates", "where": {"product": "device", "fate": "unknown"}, "column": "share"}
    | {"distribution": "uniform", "low": 0.1, "high": 0.5, "reason": "r", "source": "s"},
    {"table": "elasticities", "column": "value", "use": "factor", "distribution": "discrete"}
    | {"values": [0.5, 1, 2], "weights": [1, 2, 1], "reason": "short series", "source": "s"},
]
NONE = {"ensemble": {"assumptions": False}}


@pytest.fixture
def copy(tmp_path):
    """A user's own copy of the tables, without files that may be missing."""
    return Path(shutil.copytree(PAPER / "inputs", tmp_path / "mine"))


@pytest.fixture
def mine(copy):
    (copy / "distributions.csv").write_text(HEADER + ROWS, encoding="utf-8")
    return tables.load(copy)


def test_a_range_beside_the_tables_draws_as_one_in_the_scenario(mine):
    here = Ensemble.of(paper_with(NONE), mine, 16)
    there = Ensemble.of(
        paper_with({"ensemble": {"assumptions": False, "tables": ENTRIES}}), paper_tables(), 16
    )
    assert here.names == there.names and len(here.names) == 3
    assert here.values.tobytes() == there.values.tobytes()
    one, two = here.member(7).tables, there.member(7).tables
    for name in ("collection_rates", "uncollected_fates", "elasticities", "supply"):
        assert one[name].rows == two[name].rows
    (rate,) = [factor for factor in here.factors if factor.name == "collection_rates[device].rate"]
    assert (rate.reason, rate.source) == ("studies", "a test")


def test_cells_keep_their_numbers_for_all_other_readers(mine):
    for name in paper_tables():
        if name != "distributions":
            assert mine[name].rows == paper_tables()[name].rows or name == "assumptions"
    found = Ensemble.of(paper_with(NONE), mine, 4)
    rate = mine["collection_rates"].where(product="device")[0]["rate"]
    assert found.central["collection_rates[device].rate"] == rate
    assert found.at({}).tables is mine


def test_what_the_scenario_says_of_the_same_cells_takes_the_place(mine):
    entry = ENTRIES[0] | {"low": 0.6, "mode": 0.65}
    found = Ensemble.of(paper_with({"ensemble": {"assumptions": False, "tables": [entry]}}), mine, 16)
    column = found.names.index("collection_rates[device].rate")
    assert len(found.names) == 3 and found.values[:, column].min() > 0.6


def test_a_range_may_be_laid_over_the_tables_by_a_folder(tmp_path):
    (tmp_path / "distributions.csv").write_text(HEADER + ROWS, encoding="utf-8")
    data = tables.load(PAPER / "inputs", overlay=tmp_path)
    assert len(Ensemble.of(paper_with(NONE), data, 2).names) == 3
    (tmp_path / "distributions.csv").write_text(HEADER + ROWS.replace("=device,rate", "=devise,rate"))
    with pytest.raises(InputError) as raised:
        tables.load(PAPER / "inputs", overlay=tmp_path)
    assert f"{tmp_path}/distributions.csv:2  column where" in str(raised.value)


def test_folders_may_lack_both_files_and_copies_have_them(copy, tmp_path):
    assert not (copy / "distributions.csv").exists()
    assert len(tables.load(copy)["distributions"]) == 0
    found = tables.load(tables.copy(tmp_path / "new"))
    assert (tmp_path / "new" / "distributions.csv").read_text() == HEADER
    assert found.hash == tables.load().hash


def test_another_range_is_another_hash(copy, mine):
    (copy / "distributions.csv").write_text(HEADER + ROWS.replace("low=.2", "low=.1"), encoding="utf-8")
    assert tables.load(copy).hash != mine.hash


@pytest.mark.parametrize("name", ["distributions", "assumption_cells"])
def test_faults_name_line_and_column_and_what_is_allowed(name, copy, golden):
    shutil.copyfile(BAD / f"{name}.csv", copy / f"{name}.csv")
    with contextlib.chdir(copy.parent), pytest.raises(InputError) as raised:
        tables.load("mine")
    golden(BAD / f"{name}.expected.txt", f"{raised.value}\n")
    for fault in raised.value.faults:
        assert fault.place.file == f"mine/{name}.csv" and fault.place.line > 1
        assert fault.found and fault.allowed and fault.rule


def test_the_example_of_the_documentation_draws_what_it_says(repository, tmp_path):
    """The file of docs/ensembles.md in a copy of the shipped tables."""
    page = (repository / "docs" / "ensembles.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```csv\n(.*?)^```", page, re.M | re.S)
    folder = tables.copy(tmp_path / "mine")
    (folder / "distributions.csv").write_text(text, encoding="utf-8")
    data = tables.load(folder)
    found = Ensemble.of(load("reference", tables=data), data, 8)
    names = [factor.name for factor in found.factors if not factor.name.startswith("assumptions.")]
    assert len(names) == len(list(csv.DictReader(io.StringIO(text))))
    assert all(f"`{name}`" in page for name in names)
    routes = {
        row["route"]: row["share"] for row in found.member(3).tables["routing"].where(product="ev_battery")
    }
    old = {row["route"]: row["share"] for row in data["routing"].where(product="ev_battery")}
    assert sum(routes.values()) == pytest.approx(1, abs=1e-12)
    assert routes["recycling"] == found.member(3).values["routing[ev_battery, recycling].share"]
    rest = [route for route in old if route != "recycling" and old[route] > 0]
    assert [routes[route] / old[route] for route in rest] == pytest.approx(
        [routes[rest[0]] / old[rest[0]]] * len(rest)
    )


NAMES = st.sampled_from(
    ["product", "route", "stage", "size", "year", "low", "high", "mode", "mean", "a", "b", "ä"]
)
SAID = st.sampled_from(
    ["device", "large", "2024", "0.2", "0.5", "1", "-1", "1 2", "nan", "inf", "1e999", "", "="]
)
PAIRS = st.lists(st.tuples(NAMES, SAID).map("=".join) | SAID, max_size=3).map("; ".join)
COLUMNS = st.sampled_from(["rate", "share", "output_share", "unit_cost", "year", "note", "no", ""])
TABLES = st.sampled_from(["collection_rates", "routing", "size_classes", "costs", "regions", "no"])
FAMILIES = st.sampled_from(list(NEEDS))


@settings(max_examples=250, deadline=None)
@given(TABLES, PAIRS, COLUMNS, st.sampled_from([None, "value", "factor"]), FAMILIES, PAIRS, st.data())
def test_whatever_stands_in_a_row_is_a_range_or_a_fault(name, where, column, use, family, parameters, data):
    if data.draw(st.booleans()):
        parameters = "; ".join(f"{need}={data.draw(SAID)}" for need in NEEDS[family][0])
    row = {"table": name, "where": where, "column": column, "use": use, "distribution": family}
    row |= {"parameters": parameters, "reason": "r", "source": "s", "year": 2024, "basis": "assumed"}
    table = replace(paper_tables()["distributions"], rows=[row], lines=[2])
    mine = replace(paper_tables(), tables={**paper_tables().tables, "distributions": table})
    faults = cell_table_faults(mine, [])
    assert all(fault.place.line == 2 and fault.found and fault.allowed for fault in faults)
    if not faults:
        assert len(Ensemble.of(paper_with(NONE), mine, 2).member(1).values) == 1
