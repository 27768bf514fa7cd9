"""Numbers behind maps, suppliers, differences and resilience: equal to what the results say."""

import json
import re

import numpy as np
import pytest

from simulator.report import charts, geography, outcomes
from simulator.report.packing import unpacked
from simulator.report.page import html
from simulator.scenario import tables
from tests.report import fake, made


@pytest.fixture(scope="module")
def base():
    return fake.dataset(years=6, economy=True)


@pytest.fixture(scope="module")
def outage():
    return fake.dataset("outage", years=6, outage="cobalt", economy=True)


@pytest.fixture(scope="module")
def series(outage, base):
    return unpacked(charts.block(outage, base)["series"])


def mean_of(ds, region, material):
    part = ds.sel(material=material)
    part = part if region is None else part.sel(region=[region])
    return float(part.content_delivered.sum() / part.content_demanded.sum())


def test_suppliers_are_the_trade_of_the_refined_material(outage, series):
    received = np.array(series["received"])
    assert received.shape == (16, 4, 14, 6)  # the world, regions, the UNECE
    year = outage.trade.sel(good="refined_cobalt").isel(time=slice(24, 36)).sum("time")
    made.same(received[1:15, 1, :, 2], year.sel(region_to=outage.region.values).transpose("region_to", ...))
    np.testing.assert_allclose(received[1:15].sum(axis=0), received[0], rtol=1e-4, atol=1e-4)
    assert received[0].sum() == pytest.approx(
        float(outage.trade.sel(good=[f"refined_{m}" for m in fake.MATERIALS]).sum()), rel=1e-4
    )


def test_mean_availability_is_all_delivered_over_all_asked_for(outage, series):
    found = series["outcomes"]["mean_availability"]
    for m, material in enumerate(fake.MATERIALS):
        assert found[0][m][0] == pytest.approx(mean_of(outage, None, material), abs=2e-6)
        assert found[4][m][0] == pytest.approx(mean_of(outage, list(fake.REGIONS)[3], material), abs=2e-6)


def test_outcomes_of_the_loop_and_of_prices(outage, series):
    found = {key: np.array(values, dtype=float)[..., 0] for key, values in series["outcomes"].items()}
    assert set(found) == {o.key for o in outcomes.OUTCOMES}
    last = outage.isel(time=slice(-12, None))
    old = last.supply_origin.sel(origin=["old_scrap", "new_scrap"]).sum(("time", "origin"))
    got = last.supply_origin.sum(("time", "origin"))
    np.testing.assert_allclose(found["recycled_content"][1:15], old / got, rtol=6e-5)
    np.testing.assert_allclose(found["recycled_content"][0], old.sum("region") / got.sum("region"), rtol=6e-5)
    nickel = outage.production.sel(process="mine_nickel").sum("time")
    np.testing.assert_allclose(found["mined"][1:15, 2], nickel, rtol=6e-5)
    assert found["mined"][0, 2] == pytest.approx(float(nickel.sum()), rel=6e-5)
    back = outage.recovered.sel(origin="old_scrap").sum(("time", "product"))
    np.testing.assert_allclose(found["recovered"][1:15], back, rtol=6e-5)
    price = outage.price.sel(good="refined_copper").mean("time")
    np.testing.assert_allclose(found["price"][1:15, 3], price, rtol=6e-5)


def test_outcomes_need_no_prices():
    bare = unpacked(charts.block(fake.dataset(years=2))["series"])
    assert "price" not in bare["outcomes"] and "mined" in bare["outcomes"]


def test_resilience_is_counted_against_the_baseline_and_against_full_delivery(outage, base, series):
    """Depth, area, time and month of the world's cobalt by a plain loop over the months."""

    def world(ds):
        part = ds.sel(material="cobalt")
        return (
            part.content_demanded.weighted(part.availability_final).sum("region")
            / part.content_demanded.sum("region")
        ).values

    now = world(outage)
    month = outage.time.values.astype("datetime64[M]")
    days = [
        int((m + 1).astype("datetime64[D]").astype(int) - m.astype("datetime64[D]").astype(int))
        for m in month
    ]
    for reference, before in (("baseline", world(base)), ("full", np.ones_like(now))):
        part = series["resilience"][reference]
        loss = [max(b - n, 0.0) for n, b in zip(now, before, strict=True)]
        low = [k for k, (n, b) in enumerate(zip(now, before, strict=True)) if n < 0.95 * b - 1e-9]
        first = next(k for k, v in enumerate(loss) if v > 1e-9)
        assert part["depth"][0][1] == pytest.approx(max(loss), abs=1e-5)
        assert part["area"][0][1] == pytest.approx(np.dot(loss, days), abs=2e-3)
        assert part["recovery"][0][1] == pytest.approx(sum(days[first : low[-1] + 1]), abs=0.06)
        assert part["worst"][0][1] == int(np.argmax(loss))


def test_a_run_loses_nothing_against_itself_and_swapped_runs_swap_signs(outage, base):
    own = unpacked(charts.block(outage)["series"])
    for key in ("depth", "area", "recovery"):
        assert not np.array(own["resilience"]["baseline"][key]).any()
    there = unpacked(charts.block(outage, base)["series"])["outcomes"]
    here = unpacked(charts.block(base, outage)["series"])["outcomes"]
    assert there["mean_availability"][0][1] < here["mean_availability"][0][1]


def test_a_loss_at_the_end_has_no_recovery(outage, base):
    hit = outage.copy(deep=True)
    hit["availability_final"][-3:] = 0.5
    part = unpacked(charts.block(hit, base)["series"])["resilience"]["baseline"]
    assert part["recovery"][0][0] is None


def test_a_baseline_with_other_months_and_materials_counts_as_full_delivery(outage, base):
    part = base.isel(time=slice(0, 24), material=slice(0, 1))
    found = unpacked(charts.block(outage, part)["series"])["resilience"]
    assert found["baseline"]["depth"][0][1:] == found["full"]["depth"][0][1:]


def test_months_have_their_days(base):
    assert outcomes.days(base)[:3].tolist() == [31, 29, 31]
    assert outcomes.days(base).sum() == 6 * 365 + 2


def test_every_country_belongs_to_one_region():
    found = geography.countries(fake.dataset(years=1))
    listed = [c for part in found.values() for c in part]
    assert len(listed) == len(set(listed))
    rows = {row["iso3"]: row["region"] for row in tables.load()["regions"].rows}
    assert all(rows[c] == region for region, part in found.items() for c in part)
    assert {"DEU", "FRA"} <= set(found["EU27"]) and "REU" in found["MEA"]


def test_a_country_carved_out_leaves_its_region():
    ds = fake.dataset(years=1)
    codes = ["COD" if r == "SAF" else r for r in ds.region.values]
    found = geography.countries(ds.assign_coords(region=codes))
    assert found["COD"] == ["COD"] and "COD" not in found["CAF"]
    assert "ZAF" not in [c for part in found.values() for c in part]


def test_a_result_says_itself_which_countries_its_regions_have():
    ds = fake.dataset(years=1)
    names = ["AUS NZL" if r == "OCE" else "" for r in ds.region.values]
    assert geography.countries(ds.assign_coords(countries=("region", names)))["OCE"] == ["AUS", "NZL"]


def test_outlines_are_compact_paths_of_known_countries():
    world = geography.outlines()
    assert geography.OUTLINES.stat().st_size <= 150_000 and "Natural Earth" in world["note"]
    known = {row["iso3"] for row in tables.load()["regions"].rows}
    assert set(world["paths"]) <= known | {""}
    assert len(world["paths"]) > 180
    left, top, width, height = world["box"]
    for path in world["paths"].values():
        assert re.fullmatch(r"(M-?\d+ ?-?\d+l[\d -]+z)+", path)
        for x, y in re.findall(r"M(-?\d+) ?(-?\d+)l", path):
            assert left <= int(x) <= left + width and top <= int(y) <= top + height


def test_the_page_carries_outlines_and_outcomes(base, tmp_path):
    text = made.page()
    data = made.block_of(text)
    assert data["world"]["paths"]["BRA"] and data["runs"][1]["countries"]["JKT"]
    assert [o["key"] for o in data["outcomes"]] == [o.key for o in outcomes.OUTCOMES]
    assert json.dumps(data["world"]).isascii()


def test_differences_take_a_second_run():
    assert 'id="differences"' in made.page()
    assert 'id="differences"' not in html(made.four()[:1])
