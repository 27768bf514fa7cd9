"""What is exported is what was run: every number comes back."""

from __future__ import annotations

import builtins
import importlib.util

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from simulator import cli, export, results
from simulator.errors import InputError
from simulator.export import excel, iamc_format
from simulator.results.frames import tables
from simulator.terms import VARIABLES
from simulator.totals import by_year, over_regions_by_year
from tests.report import fake

NAMES = ("reference", "cobalt_outage")
told_sources = export.sources


def small(ds):
    """Few labels, so that tables are short."""
    few = {dim: slice(0, 3) for dim in ("region", "region_from", "region_to", "product", "process", "good")}
    return ds.isel({**few, "material": slice(0, 2)}, missing_dims="ignore")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Two runs of three years as `loopcast run` leaves them."""
    folder = tmp_path_factory.mktemp("outputs")
    for name, more in zip(NAMES, ({}, {"outage": "cobalt"}), strict=True):
        ds = small(fake.dataset(name, years=3, **more))
        facts = {"command": f"loopcast run {name}"}
        results.write(ds, folder / name, scenario={"name": name, "seed": 1}, facts=facts)
    return folder


@pytest.fixture(scope="module")
def runs(home):
    return [results.read(home / name) for name in NAMES]


def typed(*words):
    return CliRunner().invoke(cli.app, ["export", *map(str, words)], catch_exceptions=False)


def test_csv_is_the_tables_of_the_run_byte_for_byte(home, tmp_path):
    done = typed(*NAMES, "--in", home, "--to", "csv", "--out", tmp_path)
    assert done.output.split() == [str(tmp_path / name) for name in NAMES]
    for name in NAMES:
        own = {path.name: path.read_bytes() for path in (home / name / "tables").iterdir()}
        assert {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} == own


def test_tables_of_a_run_that_wrote_none_are_made(home, runs, tmp_path):
    bare = results.StoredRun(runs[0].dataset, {**runs[0].record, "files": []}, runs[0].folder)
    (folder,) = export.write([bare], "csv", tmp_path)
    for name in ("availability", "yearly", "columns"):
        made, own = (pd.read_csv(f / f"{name}.csv") for f in (folder, home / "reference" / "tables"))
        rows = ["variable", "region"] if name == "yearly" else []
        if name != "availability":
            made, own = (frame.sort_values(rows or "column", kind="stable") for frame in (made, own))
        pd.testing.assert_frame_equal(made[own.columns].reset_index(drop=True), own.reset_index(drop=True))


def test_netcdf_is_the_result_byte_for_byte(home, runs, tmp_path):
    assert typed("reference", "--in", home, "--to", "netcdf", "--out", tmp_path / "a.nc").exit_code == 0
    assert (tmp_path / "a.nc").read_bytes() == (home / "reference" / "result.nc").read_bytes()
    both = export.write(runs, "netcdf", tmp_path)
    assert [path.name for path in both] == ["reference.nc", "cobalt_outage.nc"]


def test_parquet_has_every_bit(runs, tmp_path):
    (folder,) = export.write(runs[:1], "parquet", tmp_path)
    for name, frame in tables(runs[0].dataset).items():
        back = pd.read_parquet(folder / f"{name}.parquet")
        assert list(back.columns) == list(map(str, frame.columns)), name
        for column in frame.select_dtypes("number"):
            assert np.array_equal(back[str(column)], frame[column], equal_nan=True), (name, column)
    export.parquet(tables(runs[0].dataset)["yearly"], tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == (folder / "yearly.parquet").read_bytes()


@pytest.fixture(scope="module", autouse=True)
def no_sources():
    """Tables are read once, where their sources are what is tested."""
    frame = pd.DataFrame({"table": ["supply"], "source": ["somebody"], "rows": [1], "recalled": [0]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excel, "sources", lambda *_: frame)
        yield


@pytest.fixture(scope="module")
def book(runs, tmp_path_factory):
    from openpyxl import load_workbook

    path = tmp_path_factory.mktemp("book") / "both.xlsx"
    assert export.write(runs, "xlsx", path) == [path]
    return load_workbook(path)


def rows_of(sheet):
    head, *rows = sheet.iter_rows(values_only=True)
    return head, rows


def test_workbook_has_notes_and_the_years_of_all_runs(book, runs):
    assert book.sheetnames == ["notes", "sources", *excel.YEARLY]
    told = {(scenario or "", what): value for scenario, what, value in rows_of(book["notes"])[1]}
    for run, name in zip(runs, NAMES, strict=True):
        assert told[name, "command"] == f"loopcast run {name}"
        assert told[name, "result.nc sha256"] == run.record["result_sha256"]
        assert told[name, "seed"] == 1
    assert f"{len(rows_of(book['yearly'])[1]):,} rows" in told["", "sheet yearly"]
    head, rows = rows_of(book["columns"])
    told = {(row[head.index("column")], row[head.index("unit")]) for row in rows}
    assert ("need", "t") in told and ("availability", "1") in told


def test_numbers_of_the_workbook_are_numbers_and_those_of_the_result(book, runs):
    head, rows = rows_of(book["yearly"])
    years = [column for column in head if isinstance(column, int)]
    assert len(years) == 3
    frame = pd.DataFrame(rows, columns=list(head))
    for run, name in zip(runs, NAMES, strict=True):
        mine = frame[(frame["scenario"] == name) & (frame["variable"] == "content_delivered")]
        world = over_regions_by_year(run.dataset)["content_delivered"]
        for _, row in mine[mine["region"] == "World"].iterrows():
            values = [row[year] for year in years]
            assert all(isinstance(value, int | float) for value in values)
            assert values == pytest.approx(world.sel(material=row["material"]).values.tolist(), rel=1e-15)
        assert len(mine) == world.sizes["material"] * (1 + run.dataset.sizes["region"])


@pytest.fixture
def short_book(monkeypatch):
    """A workbook of one short table."""
    frame = pd.DataFrame({"region": ["A", "B"], "value": [1.5, np.nan]})
    monkeypatch.setattr(excel, "_sheets", lambda *_: {"regions": frame})


@pytest.mark.usefixtures("short_book")
def test_the_same_runs_give_the_same_workbook(runs, tmp_path):
    first, again = (export.write(runs[:1], "xlsx", tmp_path / f"{i}.xlsx")[0] for i in range(2))
    assert first.read_bytes() == again.read_bytes()


def test_a_workbook_by_month_has_dates(runs, tmp_path):
    from openpyxl import load_workbook

    part = runs[0].dataset.isel(region=[0], time=slice(0, 36))[["availability", "need"]]
    run = results.StoredRun(part, runs[0].record, runs[0].folder)
    frame = excel._sheets([run], monthly=True)["availability"]
    path = tmp_path / "months.xlsx"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excel, "_sheets", lambda *_: {"availability": frame})
        patch.setattr(excel, "ROWS_OF_SHEET", 30)
        export.workbook([run], path, monthly=True)
    book = load_workbook(path)
    n_sheets = -(-len(frame) // 29)
    assert book.sheetnames[2:] == ["availability", *(f"availability ({i})" for i in range(2, n_sheets + 1))]
    head, rows = rows_of(book["availability"])
    assert len(rows) == 29
    assert rows[0][head.index("time")] == frame["time"].iloc[0].to_pydatetime()
    assert rows[3][head.index("need")] == frame["need"].iloc[3]
    notes = [row for row in rows_of(book["notes"])[1] if row[1] == "sheet availability"]
    assert f"in {n_sheets} sheets" in notes[0][2]


@pytest.mark.usefixtures("short_book")
def test_hostile_texts_stay_texts(runs, tmp_path):
    from openpyxl import load_workbook

    title = '=HYPERLINK("http://x")'
    run = results.StoredRun(runs[0].dataset.assign_attrs(title=title), runs[0].record, runs[0].folder)
    (path,) = export.write([run], "xlsx", tmp_path)
    assert path.name == "reference.xlsx"
    cells = [row for row in load_workbook(path)["notes"].iter_rows() if row[1].value == "title"]
    assert cells[0][2].value == title and cells[0][2].data_type != "f"


def test_sources_are_told_where_the_tables_are_those_of_the_runs(runs, monkeypatch):
    from simulator.scenario.tables import load

    frame = told_sources(runs)
    assert len(frame) == 1 and "--inputs" in frame["source"][0]
    known = load()
    monkeypatch.setattr("simulator.scenario.tables.load", lambda *_: known)
    run = results.StoredRun(runs[0].dataset, {**runs[0].record, "inputs_hash": known.hash}, runs[0].folder)
    frame = told_sources([run])
    assert frame["rows"].sum() == sum(len(known[name]) for name in known)
    assert frame["recalled"].sum() == known.n_recalled > 0


def test_iamc_is_the_years_of_the_result(runs, tmp_path):
    (path,) = export.write(runs, "iamc", tmp_path)
    frame = pd.read_csv(path)
    assert list(frame.columns[:5]) == ["model", "scenario", "region", "variable", "unit"]
    assert all(column.isdigit() and len(column) == 4 for column in frame.columns[5:])
    assert not frame.duplicated(list(frame.columns[:5])).any()
    assert not frame[list(frame.columns[:5])].isna().any().any()
    assert set(frame["scenario"]) == set(NAMES)
    regional = by_year(runs[1].dataset)["availability_final"]
    region, material = str(regional["region"][2].item()), str(regional["material"][1].item())
    wanted = f"Availability|Final|{iamc_format._title(material)}"
    (row,) = frame[
        (frame["scenario"] == NAMES[1]) & (frame["region"] == region) & (frame["variable"] == wanted)
    ].to_dict("records")
    expected = regional.sel(region=region, material=material)
    assert [row[str(year)] for year in expected["year"].values] == pytest.approx(expected.values, rel=1e-8)
    assert row["unit"] == 1 or row["unit"] == "1"


def test_every_variable_has_a_name_of_its_own_without_signs():
    names = [export.iamc_name(name) for name in VARIABLES]
    assert len(set(names)) == len(names)
    assert not [name for name in names if "_" in name or name.startswith("|") or name.endswith("|")]
    assert export.iamc_name("availability_final") == "Availability|Final"
    assert iamc_format._title("a|b_c") == "A/b C" and iamc_format._title("ev_battery") == "EV Battery"
    assert set(iamc_format.NAMES) <= set(VARIABLES)


@pytest.mark.skipif(importlib.util.find_spec("pyam") is None, reason="pyam is not installed")
def test_pyam_reads_it(runs, tmp_path):
    import pyam

    (path,) = export.write(runs, "iamc", tmp_path)
    frame = pyam.IamDataFrame(path)
    assert set(frame.scenario) == set(NAMES) and "World" in frame.region
    table = pd.read_csv(path)
    assert len(frame.data) == table[table.columns[5:]].notna().sum().sum()


def test_what_cannot_be_written_is_told(home, runs, tmp_path, monkeypatch):
    with pytest.raises(InputError) as caught:
        typed("reference", "--in", home, "--to", "exel")
    assert caught.value.faults[0].allowed == "csv, xlsx, parquet, iamc, netcdf"
    with pytest.raises(InputError, match="overwrite each other"):
        export.write([runs[0], runs[0]], "csv", tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="a path that can be written"):
        export.write(runs, "csv", tmp_path / "file")
    real = builtins.__import__

    def without(name, *more):
        if name.startswith(("xlsxwriter", "pyarrow")):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr("importlib.import_module", without)
    for to, extra in (("xlsx", "excel"), ("parquet", "parquet")):
        with pytest.raises(InputError, match=rf"loopcast\[{extra}\]"):
            export.write(runs, to, tmp_path)
    assert not list(tmp_path.rglob("*.part"))
