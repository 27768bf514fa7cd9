"""What a run leaves on disk: complete, the same bytes each time, and enough to prove that masses close."""

import errno
import hashlib
import json
import os
import subprocess
import sys

import h5netcdf
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from simulator import results
from simulator.errors import InputError, RunFailed
from simulator.terms import VARIABLES
from tests.report import fake

SCENARIO = {"name": "reference", "seed": 1, "period": {"start": "2024-01-01", "end": "2041-01-01"}}

FORM = (2, "aaad52b5b40e")
"""Number of the form of results, and what names, dimensions and units of variables come to with it."""


@pytest.fixture(scope="module")
def ds():
    return fake.dataset(outage="cobalt")


@pytest.fixture(scope="module")
def folder(ds, tmp_path_factory):
    home = tmp_path_factory.mktemp("outputs") / "reference"
    return results.write(
        ds, home, scenario=SCENARIO, facts={"command": "loopcast run reference", "wall_time_s": 0.7}
    )


def test_round_trip(ds, folder):
    stored = results.read(folder)
    xr.testing.assert_equal(stored.dataset, ds)
    assert {k: stored.dataset.attrs[k] for k in ds.attrs} == ds.attrs


def test_equal_datasets_give_equal_bytes(ds, folder, tmp_path):
    mixed = ds[sorted(ds.data_vars, reverse=True)]
    again = results.write(mixed, tmp_path / "again", scenario=SCENARIO, facts={})
    assert (again / "result.nc").read_bytes() == (folder / "result.nc").read_bytes()
    assert results.as_bytes(mixed) == results.as_bytes(ds)


def test_the_file_says_what_made_it(ds, folder):
    attrs = results.read(folder).dataset.attrs
    assert attrs["content_key"] == results.content_key(SCENARIO, ds.attrs["inputs_hash"])
    assert attrs["code_hash"] == results.code_hash()
    assert json.loads(attrs["versions"]) == results.versions()
    assert json.loads(attrs["scenario_resolved"]) == SCENARIO


@pytest.mark.parametrize("link", ["run", "run/result.nc", "run/run.json", "run/tables"])
def test_nothing_is_written_through_a_link(ds, tmp_path, link):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(elsewhere)
    with pytest.raises(InputError, match="a link"):
        results.write(ds, tmp_path / "run", scenario=SCENARIO, facts={})
    assert list(elsewhere.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(ds, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(results, "to_csv", full)
    with pytest.raises(RunFailed, match="the disk is full"):
        results.write(ds, tmp_path / "run", scenario=SCENARIO, facts={})
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_bytes_do_not_depend_on_process_or_hash_seed(folder, tmp_path):
    code = (
        "from tests.report import fake; from simulator import results;"
        f"results.write(fake.dataset(outage='cobalt'), r'{tmp_path}', scenario={SCENARIO}, facts={{}})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONHASHSEED": "77"})
    assert (tmp_path / "result.nc").read_bytes() == (folder / "result.nc").read_bytes()


def test_every_variable_is_described_and_compressed(ds, folder):
    with h5netcdf.File(folder / "result.nc") as file:
        assert file.attrs["Conventions"].startswith("CF-1.")
        assert file["time"].attrs["units"] == "days since 1970-01-01"
        assert file["time"].attrs["calendar"] == "standard"
        assert file["time"].attrs["bounds"] == "time_bounds"
        starts, ends = file["time_bounds"][:].T
        assert (starts == file["time"][:]).all()
        assert (ends[:-1] == starts[1:]).all()
        for name in ds.data_vars:
            attrs = file[name].attrs
            term = VARIABLES[name]
            assert attrs["long_name"] == term.text
            assert attrs["cell_methods"] == f"time: {term.cell}"
            assert attrs["units"] == term.unit or attrs["units"].removeprefix("see ") in file.variables
            assert attrs["comment"]
            assert file[name].compression == "gzip"
        for name in ds.coords:
            assert file[name].attrs["long_name"]


def test_units_name_the_coordinate_that_has_them(folder):
    found = results.read(folder).dataset
    assert found["production"].attrs["units"] == "see unit_process"
    assert found["demand"].attrs["units"] == "see unit_product"
    assert found["trade"].attrs["units"] == "see unit_good"


def test_record_says_what_was_run(folder):
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["scenario"] == SCENARIO
    assert record["command"] == "loopcast run reference"
    assert record["wall_time_s"] == 0.7
    assert record["seed"] == 1
    assert len(record["content_key"]) == len(record["code_hash"]) == len(record["result_sha256"]) == 64
    assert record["law_residuals"]["mass_from_file"] < 1e-9
    assert {"python", "numpy", "xarray", "loopcast"} <= set(record["versions"])
    assert all((folder / name).is_file() for name in record["files"])


def test_content_key_changes_with_anything_that_changes_numbers():
    key = results.content_key(SCENARIO, "aa")
    assert key == results.content_key(dict(reversed(SCENARIO.items())), "aa")
    assert key != results.content_key(SCENARIO, "bb")
    assert key != results.content_key({**SCENARIO, "seed": 2}, "aa")


def test_mass_closes_from_the_file_alone(folder):
    stored = results.read(folder).dataset
    closure = results.mass_closure(stored)
    assert closure.dims == ("time", "node", "material")
    assert float(closure.max()) < 1e-9


def test_a_planted_leak_is_seen_where_it_is(ds):
    leaky = ds.copy(deep=True)
    leaky["flow"][50, list(ds.link.values).index("component>recycling"), 1] *= 0.999
    closure = results.mass_closure(leaky)
    open_ones = closure.where(closure > 1e-9, drop=True)
    assert list(open_ones.node.values) == ["component", "recycling"]
    assert list(open_ones.material.values) == ["cobalt"]
    assert list(open_ones.time.values) == [ds.time.values[50]]


def test_csv_tables_equal_the_dataset(ds, folder):
    frame = pd.read_csv(folder / "tables/availability.csv", parse_dates=["time"])
    keys = ["time", "region", "material"]
    back = frame.set_index(keys).to_xarray().sel(region=ds.region, material=ds.material)
    for name in ("need", "met", "availability", "availability_final", "cover"):
        np.testing.assert_allclose(back[name], ds[name], rtol=1e-8)
    flows = pd.read_csv(folder / "tables/flows.csv", parse_dates=["time"])
    row = flows[(flows.source == "use") & (flows.target == "hibernating") & (flows.material == "nickel")]
    np.testing.assert_allclose(row.flow, ds["flow"].sel(link="use>hibernating", material="nickel"), rtol=1e-8)
    firms = pd.read_csv(folder / "tables/firms.csv")
    assert firms.jobs.sum() == pytest.approx(float(ds.jobs.sum()))


def test_columns_table_explains_every_variable(ds, folder):
    columns = pd.read_csv(folder / "tables/columns.csv")
    assert set(columns.column) == set(ds.data_vars)
    for table, part in columns.groupby("table"):
        header = (folder / f"tables/{table}.csv").open(encoding="utf-8").readline().strip().split(",")
        assert set(part.column) <= set(header)


def test_interrupted_write_leaves_the_old_run_whole(ds, tmp_path, monkeypatch):
    home = results.write(ds, tmp_path / "run", scenario=SCENARIO, facts={"command": "first"})
    before = {p: p.read_bytes() for p in home.rglob("*") if p.is_file()}

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(results, "tables", interrupt)
    with pytest.raises(KeyboardInterrupt):
        results.write(ds, home, scenario=SCENARIO, facts={"command": "second"})
    assert {p: p.read_bytes() for p in home.rglob("*") if p.is_file()} == before


def test_interrupted_first_write_leaves_nothing_to_read(ds, tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(results, "tables", interrupt)
    with pytest.raises(KeyboardInterrupt):
        results.write(ds, tmp_path / "run", scenario=SCENARIO, facts={})
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    with pytest.raises(FileNotFoundError, match="no finished run"):
        results.read(tmp_path / "run")


def test_attributes_that_netcdf_cannot_hold_become_text(ds, tmp_path):
    odd = ds.copy()
    odd.attrs = {**ds.attrs, "nothing": None, "is_odd": True, "parts": {"b": 1, "a": [2]}}
    results.to_netcdf(odd, tmp_path / "odd.nc")
    with xr.open_dataset(tmp_path / "odd.nc") as found:
        assert "nothing" not in found.attrs
        assert found.attrs["is_odd"] == 1
        assert found.attrs["parts"] == '{"a": [2], "b": 1}'


def test_the_form_of_results_has_another_number_when_it_changes():
    """Who reads results of another form is told to run again; so a change raises `RECORD_VERSION`."""
    text = "\n".join(f"{name} {v.dims} {v.unit} {v.cell}" for name, v in sorted(VARIABLES.items()))
    assert (results.RECORD_VERSION, hashlib.sha256(text.encode()).hexdigest()[:12]) == FORM
