"""Groups of regions on a page: told by ratios of sums, said where they do not follow a border."""

import numpy as np
import pytest

from simulator import totals
from simulator.report import charts, places
from simulator.report.packing import unpacked
from tests.report import fake

UNECE = ["CAN", "EU27", "EECA", "USA", "REU"]


@pytest.fixture(scope="module")
def ds():
    return fake.dataset(years=3, economy=True, outage="cobalt")


@pytest.fixture(scope="module")
def block(ds):
    found = charts.block(ds)
    return found | unpacked(found["series"])


@pytest.fixture(scope="module")
def part(ds):
    """The same result with the members alone."""
    return ds.sel(region=UNECE)


def test_a_group_stands_last_and_a_region_of_its_name_is_the_group(ds, block):
    assert set(places.groups(ds)) == {"UNECE"} and set(places.groups(ds)["UNECE"]) == set(UNECE)
    assert block["regions"] == ["World", *ds.region.values, "UNECE"]
    assert block["region_names"]["UNECE"] == "UNECE region"


def test_availability_of_a_group_is_that_of_its_sums(ds, block):
    asked = ds.content_demanded.sel(region=UNECE)
    got = (asked * ds.availability_final.sel(region=UNECE)).sum("region") / asked.sum("region")
    found = np.array(block["availability"]["availability_final"][-1])
    np.testing.assert_allclose(found, got.transpose("material", "time"), atol=6e-5)
    year = (asked * ds.availability_final.sel(region=UNECE)).sum("region").groupby("time.year").sum()
    year = (year / asked.sum("region").groupby("time.year").sum()).transpose("material", "year")
    np.testing.assert_allclose(np.array(block["availability_by_year"][-1]), year, atol=6e-5)
    mean = (asked * ds.availability_final.sel(region=UNECE)).sum(("region", "time")) / asked.sum(
        ("region", "time")
    )
    np.testing.assert_allclose(np.ravel(block["outcomes"]["mean_availability"][-1]), mean, atol=6e-6)


def test_quantities_of_a_group_are_the_sums_of_its_regions(ds, block):
    rows = [block["regions"].index(r) for r in UNECE]

    def same(tree):
        values = np.array(tree, dtype=float)
        scale = np.abs(values).max()
        np.testing.assert_allclose(values[-1], values[rows].sum(axis=0), rtol=1e-4, atol=1e-4 * scale)

    same(block["origin"])
    same(block["received"])
    same(block["end_of_life"]["collected"])
    same(block["failures"])
    same(block["at_start"])
    same(block["firms"]["jobs"])
    same(block["outcomes"]["mined"])
    same(
        [[0] * 3, *block["demand"]["demand"]["regions"]]
        if False
        else _after_world(block["demand"]["unmet"]["regions"])
    )


def _after_world(regions):
    return [np.zeros_like(np.array(regions[0])).tolist(), *regions]


def test_causes_of_a_group_add_up_to_what_its_regions_miss(ds, block):
    m = list(ds.material.values).index("cobalt")
    roots = block["causes"]["needs"][-1][m]
    missing = (ds.need - ds.met).sel(region=UNECE, material="cobalt").sum("region").groupby("time.year").sum()
    np.testing.assert_allclose(np.sum(list(roots.values()), axis=0), missing, rtol=1e-4)


def test_the_price_of_a_group_is_that_of_what_its_buyers_got(ds, block, part):
    year = totals.over_regions_by_year(part[["price", "price_base", "trade"]], UNECE).price
    np.testing.assert_allclose(
        np.array(block["prices"]["regions"][-1]),
        year.sel(good=_refined(ds)).transpose("good", "year"),
        atol=6e-5,
    )
    base = totals.over_regions(part[["price", "price_base", "trade"]], UNECE).price_base
    np.testing.assert_allclose(np.ravel(block["prices"]["base"][-1]), base.sel(good=_refined(ds)), rtol=6e-5)


def _refined(ds):
    return [f"refined_{m}" for m in ds.material.values]


def test_a_group_that_regions_stand_for_in_part_says_so(ds, block):
    assert block["group_notes"]["UNECE"].startswith("the sum of European Union; ")
    inside, own = 4.7 / 4.75, 4.7 / 5
    assert (
        f"{100 * inside:.0f}\u00a0% of its members' gross domestic product" in block["group_notes"]["UNECE"]
    )
    assert f"{100 * own:.0f}\u00a0% is its members'" in block["group_notes"]["UNECE"]
    whole = ds.copy()
    whole["membership"] = (whole.membership > 0.5).astype(float)
    assert "gross" not in places.labels(whole)["group_notes"]["UNECE"]


def test_a_result_that_knows_no_groups_has_none(ds):
    bare = ds.drop_vars("membership")
    assert places.groups(bare) == {} and places.with_groups(bare, {}) is bare
    assert charts.block(bare)["regions"] == ["World", *ds.region.values]
