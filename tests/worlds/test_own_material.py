"""The tutorial of a material of one's own, typed block by block; what comes out are the numbers typed."""

from __future__ import annotations

import io
import re
import sys
from collections import Counter
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
import xarray as xr

import simulator.run as room
from simulator import cli, results
from simulator.batch import pool
from simulator.errors import InputError
from simulator.scenario import load
from simulator.scenario import tables as inputs

pytestmark = pytest.mark.xdist_group("own_material")

REPOSITORY = Path(__file__).resolve().parents[2]
TUTORIAL = REPOSITORY / "docs" / "tutorial_own_material.md"
BLOCK = re.compile(r"^```(bash|yaml|csv)(?: (\S+))?\n(.*?)^```", re.M | re.S)


def typed(line):
    """A command, in this process, which starts no others; exit code and text."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setattr(pool, "cores", lambda: 1)
        patch.setattr(sys, "argv", line.split())
        with pytest.raises(SystemExit) as end:
            cli.main()
    return end.value.code, said.getvalue()


def type_in(kind, name, text):
    """One block, as a reader would: commands are run, rows pasted under a table, files saved."""
    if kind == "bash":
        for line in text.splitlines():
            assert line.startswith("loopcast ")
            code, said = typed(line)
            assert code == 0, f"{line}\n{said}"
    elif kind == "csv":
        header, rows = text.split("\n", 1)
        before = Path(name).read_text(encoding="utf-8")
        assert before.split("\n", 1)[0] == header, name
        Path(name).write_text(before + rows, encoding="utf-8", newline="\n")
    else:
        target = Path(text.split("\n", 1)[0].removeprefix("# "))
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("own_material")
    with chdir(where):
        for block in BLOCK.findall(TUTORIAL.read_text(encoding="utf-8")):
            type_in(*block)
    return where


@pytest.fixture(scope="module")
def calm(folder):
    return opened(folder, "tin")


def opened(folder, name):
    with xr.open_dataset(
        folder / "results" / name / "result.nc", engine="h5netcdf", decode_coords="all"
    ) as stored:
        return stored.load()


def tonnes(folder, table, **labels):
    return sum(row["tonnes"] for row in inputs.load(folder / "my_inputs")[table].where(**labels))


def test_pages_are_written(folder):
    for page in ("index.html", "tin/report.html", "tin_outage/report.html"):
        assert (folder / "results" / page).is_file(), page
    assert "Tin" in (folder / "results" / "index.html").read_text(encoding="utf-8")


def test_the_world_is_tin_with_bolivia(calm):
    assert list(calm["material"].values) == ["tin"]
    assert set(calm["product"].values) == {"computer", "other_tin"}
    assert {"BOL", "LAM"} <= set(calm["region"].values)
    assert not bool(calm["is_unece"].sel(region="BOL"))


@pytest.mark.parametrize("name", ["tin", "tin_outage"])
def test_masses_close(folder, name):
    ds = opened(folder, name)
    assert float(results.mass_closure(ds[["flow", "stock"]]).max()) <= 1e-9
    assert float(ds["mass_residual"].max()) <= 1e-9


def test_2024_is_what_was_typed(folder, calm):
    year = calm.sel(time="2024").sum("time")
    made = year["production"].sum("region")
    assert float(made.sel(process="mine_tin")) == pytest.approx(300_000, rel=1e-3)
    assert float(made.sel(process="mine_tin")) == pytest.approx(
        tonnes(folder, "supply", process="mine_tin"), rel=1e-3
    )
    assert float(made.sel(process="refine_tin")) == pytest.approx(290_000, rel=1e-3)
    assert float(year["production"].sel(process="mine_tin", region="BOL")) == pytest.approx(30_000, rel=1e-3)
    assert float(year["production"].sel(process="refine_tin", region="BOL")) == pytest.approx(
        20_000, rel=1e-3
    )
    assert float(year["delivered"].sel(product="computer").sum()) == pytest.approx(250e6, rel=1e-3)
    content = year["content_delivered"].sum()
    recovered = float(year["recovered"].sum())
    # uses of the table, and scrap that came back, which is added to the remainder
    assert float(content) == pytest.approx(280_000 + recovered, rel=2e-3)
    held = (
        calm["stock"].sel(node="stock_change", material="tin").sel(time="2024")
    )  # some is on its way from the start
    assert float(held[-1] - held[0]) * 12 / 11 == pytest.approx(10_000, rel=1e-3)
    share = year["demand"].sel(product="computer") / year["demand"].sel(product="computer").sum()
    assert float(share.sel(region=["BOL", "LAM"]).sum()) == pytest.approx(0.06, rel=1e-6)
    assert float(share.sel(region="EECA")) == 0
    assert float(calm["availability"].sel(time="2024").min()) == pytest.approx(1, abs=1e-9)


def test_the_shock_bites_after_it_begins(folder, calm):
    hit = opened(folder, "tin_outage")
    share = [
        ds["met"].sum(("region", "material")) / ds["need"].sum(("region", "material")) for ds in (calm, hit)
    ]
    fall = share[0] - share[1]
    assert float(abs(fall.sel(time=slice("2024", "2025"))).max()) == 0
    assert 0.02 < float(fall.sel(time=slice("2026", "2027")).max()) < 0.25
    assert float(fall.sel(time="2030").max()) < 0.02


@pytest.mark.parametrize("left_out", ["tin,", "tin,processing", "2030"])
def test_paths_may_be_left_out(folder, tmp_path, left_out):
    """Without an announced path capacity is that of 2024 and follows demand; a path may have fewer years."""
    where = inputs.copy(tmp_path / "inputs", folder / "my_inputs")
    rows = (where / "capacity_paths.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [
        row
        for row in rows
        if not (row.startswith(left_out) or (row.startswith("tin") and f",{left_out}," in row))
    ]
    assert len(kept) < len(rows)
    (where / "capacity_paths.csv").write_text("".join(kept), encoding="utf-8", newline="\n")
    scenario = load(folder / "tin.yaml", inputs=where, sets=["period.end=2033-01-01"])
    ds = room.run(scenario, inputs.load(where))
    mined = ds["production"].sel(process="mine_tin").sum("region").groupby("time.year").sum()
    assert float(mined.sel(year=2024)) == pytest.approx(300_000, rel=1e-3)
    assert float(mined.min()) > 270_000
    assert float(ds["availability"].min()) > 0.5


def test_only_tables_were_typed():
    kinds = Counter(kind for kind, _, _ in BLOCK.findall(TUTORIAL.read_text(encoding="utf-8")))
    fences = re.findall(r"^```(\w+)", TUTORIAL.read_text(encoding="utf-8"), re.M)
    assert sum(kinds.values()) == len(fences)
    for kind, name, text in BLOCK.findall(TUTORIAL.read_text(encoding="utf-8")):
        if kind == "csv":
            assert name.startswith("my_inputs/")
            assert all(row.endswith("assumed: made up") for row in text.splitlines()[1:]), name


def test_a_copy_never_overwrites(tmp_path):
    target = inputs.copy(tmp_path / "mine")
    assert inputs.load(target).hash == inputs.load().hash
    (target / "supply.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds files already"):
        inputs.copy(target)
    assert (target / "supply.csv").read_text(encoding="utf-8") == "mine"


def test_a_copy_needs_a_place(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="can be written"):
        inputs.copy(tmp_path / "file" / "below")
