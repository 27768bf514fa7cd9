"""What members say together is what numpy says of all of them at once; memory is bounded by a block."""

from __future__ import annotations

import numpy as np
import pytest

from simulator import results
from simulator.batch import drive, gather, store
from simulator.batch.compact import BY_PLACE, BY_REGION, compact
from simulator.batch.outcomes import OUTCOMES, describe, outcomes
from simulator.report import charts
from simulator.report.packing import unpacked
from simulator.totals import by_year, over_regions, over_regions_by_year
from tests.batch.conftest import SHORT, files
from tests.fixtures import worlds

N = 5


@pytest.fixture
def cell(batch, engine):
    """Folder of a cell with five members."""
    planned = batch(members=N)
    drive.run_batch(planned, workers=1)
    return planned.out / "growth"


def test_quantiles_and_means_are_those_of_all_members(cell):
    gathered = results.read_netcdf(cell / "ensemble.nc")
    members = [results.read_netcdf(store.member_path(cell, number)) for number in range(N)]
    names = [str(n) for n in members[0].data_vars if members[0][n].ndim]
    assert "content_demanded" in names and "jobs_by_region" in names
    for name in set(names) - set(gather.EACH):
        values = np.stack([member[name].values for member in members])
        assert gathered[name].dims == ("quantile", *members[0][name].dims)
        np.testing.assert_array_equal(gathered[name], np.quantile(values, gather.QUANTILES, axis=0))
        np.testing.assert_array_equal(gathered[f"{name}_mean"], values.mean(axis=0))
    spread = gathered["content_demanded"]
    assert (spread.sel(quantile=0.95) > spread.sel(quantile=0.05)).all()


def test_outcomes_and_factors_are_kept_by_member(cell):
    gathered = results.read_netcdf(cell / "ensemble.nc")
    assert gathered["outcome_value"].dims == ("member", "outcome")
    assert gathered["factor_value"].dims == ("member", "factor")
    jobs = gathered["outcome_value"].sel(outcome="jobs.mean")
    np.testing.assert_allclose(jobs / jobs[0], 1.0 + 0.01 * np.arange(N))
    assert gathered["factor"].size > 10
    assert gathered["unit_outcome"].sel(outcome="content_missed.copper.total") == "t"


def test_exceedance_falls_and_is_the_quantile_from_above(cell):
    gathered = results.read_netcdf(cell / "ensemble.nc")
    curve = gathered["outcome_exceeded"].sel(outcome="jobs.mean")
    assert (np.diff(curve.values) <= 0).all()
    values = gathered["outcome_value"].sel(outcome="jobs.mean").values
    assert curve.sel(probability=0.5) == pytest.approx(np.median(values))
    assert (values >= float(curve.sel(probability=0.9))).mean() >= 0.8


def test_small_blocks_give_the_same(cell, monkeypatch):
    paths = [store.member_path(cell, number) for number in range(N)]
    whole = gather.reduced(paths, range(N))
    seen = []
    read = results.read_flat

    def count(path, names):
        seen.append(len(list(names)))
        return read(path, names)

    monkeypatch.setattr(gather, "BLOCK_BYTES", 1)
    monkeypatch.setattr(results, "read_flat", count)
    assert gather.reduced(paths, range(N)).identical(whole)
    assert set(seen) == {1}


def test_all_members_open_as_one_data_set(cell):
    pytest.importorskip("dask")
    lazy = gather.open_members(cell)
    assert lazy.sizes["member"] == N and lazy["member"].values.tolist() == list(range(N))
    assert lazy["jobs"].chunks is not None
    gathered = results.read_netcdf(cell / "ensemble.nc")
    np.testing.assert_allclose(lazy["jobs"].mean("member"), gathered["jobs_mean"])
    with pytest.raises(FileNotFoundError, match="no members"):
        gather.open_members(cell / "nothing")


def test_members_that_are_there_but_not_of_this_batch_are_left_out(batch, engine):
    drive.run_batch(batch(members=4), workers=1)
    planned = batch(members=2)
    drive.run_batch(planned, workers=1)
    assert results.read_netcdf(planned.out / "growth" / "ensemble.nc").sizes["member"] == 2
    assert len(files(planned.out / "growth" / "members")) == 4


def test_the_range_told_is_that_of_the_outcomes(cell):
    n, low, median, high = gather.outcome_ranges(cell, "jobs.mean")
    assert n == N and low < median < high
    assert gather.outcome_ranges(cell / "nothing", "jobs.mean") is None


# What is kept of a run equals the totals that everything else is told by.


@pytest.fixture(scope="module")
def run():
    return worlds.paper("growth", SHORT)


@pytest.fixture(scope="module")
def priced():
    return worlds.battery("reference", "period.end=2026-01-01")


@pytest.mark.parametrize("name", ["run", "priced"])
def test_what_is_kept_is_what_totals_say(name, request):
    ds = request.getfixturevalue(name)
    kept = compact(ds, {})
    world, years = over_regions(ds), by_year(ds)
    for each in ("need", "availability", "availability_final", "content_delivered", "recycled_content"):
        np.testing.assert_allclose(kept[each][1], world[each].transpose("time", "material"), rtol=1e-12)
    n = ds.sizes["region"]
    for suffix, each in ((BY_REGION, "content_demanded"), (BY_PLACE, "availability_final")):
        wanted = years[each].transpose("year", "region", "material")
        found = kept[each + suffix][1]
        np.testing.assert_allclose(found[:, 1 : n + 1] if suffix == BY_PLACE else found, wanted, rtol=1e-12)
    wanted = years["n_firms"].sum(("stage", "size")).transpose("year", "region")
    np.testing.assert_allclose(kept["n_firms" + BY_REGION][1], wanted)
    if "price" in ds:
        wanted = world["price"].sel(good="refined_cobalt")
        found = kept["price"][1][:, list(ds["material"].values).index("cobalt")]
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("name", ["run", "priced"])
def test_what_is_kept_of_places_is_what_the_page_says(name, request):
    """Two ways to the world, regions and groups: data sets on the page, arrays for members."""
    ds = request.getfixturevalue(name)
    kept, page = compact(ds, {}), charts.block(ds)
    series = unpacked(page["series"])
    assert list(kept["place"][1]) == page["regions"] and "UNECE" in page["regions"]
    for key, found in zip(kept["place_outcome"][1], kept["place_outcome_value"][1], strict=True):
        if key in series["outcomes"]:
            wanted = np.array(series["outcomes"][key], float)[..., 0]
            np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6, err_msg=key)
        else:
            assert key in ("missed", "price_peak") or (key == "price" and np.isnan(found).all())
    wanted = np.array(series["mines"]["regions"]).transpose(2, 1, 0)
    np.testing.assert_allclose(kept["mined_by_place"][1][:, 1:], wanted, rtol=1e-4, atol=1e-6 * wanted.max())
    if "prices" in series:
        wanted = np.array(series["prices"]["regions"], float).transpose(2, 0, 1)
        np.testing.assert_allclose(kept["price_by_place"][1][:, 1:], wanted, atol=6e-5)


def test_outcomes_are_named_and_told(priced):
    found = outcomes(priced)
    years, world = over_regions_by_year(priced), over_regions(priced)
    cobalt = {"material": "cobalt"}
    last = years.sel(year=2025, **cobalt)
    assert found["availability_final.cobalt.worst"] == float(world["availability_final"].sel(cobalt).min())
    missed = (priced["content_demanded"] - priced["content_delivered"]).sel(cobalt).sum("region").clip(0)
    assert found["content_missed.cobalt.total"] == pytest.approx(float(missed.sum()))
    for rate in ("recycled_content", "eol_recycling_rate", "eol_recycling_input_rate"):
        assert found[f"{rate}.cobalt.last_year"] == pytest.approx(float(last[rate]))
    assert found["failures.total"] == pytest.approx(float(priced["failures"].sum()))
    assert found["n_firms.end"] == pytest.approx(float(priced["n_firms"].isel(time=-1).sum()))
    assert found["price.cobalt.peak"] >= found["price.cobalt.mean"] > 0
    lowest = min(found[f"availability_final.{m}.worst"] for m in priced["material"].values)
    assert found["availability_final.all.worst"] == lowest
    for name in found:
        unit, text = describe(name)
        assert unit and text, name


def test_every_outcome_that_is_listed_can_be_told():
    for pattern in OUTCOMES:
        assert describe(pattern.replace("<material>", "cobalt"))[1]
    assert describe("nothing") == ("", "")
