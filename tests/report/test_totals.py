"""Years and groups of regions: sums of flows, last stocks, shares weighted with their own denominator."""

import numpy as np
import pytest

from simulator import results, totals
from simulator.terms import VARIABLES
from tests.report import fake


@pytest.fixture(scope="module")
def ds():
    return fake.dataset(years=3, outage="cobalt")


def test_availability_of_a_year_is_met_over_need(ds):
    year = totals.by_year(ds)
    need = ds.need.groupby("time.year").sum()
    met = ds.met.groupby("time.year").sum()
    np.testing.assert_allclose(year.availability, met / need, rtol=1e-12)


def test_availability_of_the_world_is_met_over_need(ds):
    world = totals.over_regions(ds)
    np.testing.assert_allclose(world.availability, ds.met.sum("region") / ds.need.sum("region"), rtol=1e-12)
    both = totals.over_regions_by_year(ds)
    met = ds.met.sum("region").groupby("time.year").sum()
    np.testing.assert_allclose(
        both.availability, met / ds.need.sum("region").groupby("time.year").sum(), rtol=1e-12
    )


def test_flows_add_up_and_stocks_take_the_last_value(ds):
    year = totals.by_year(ds)
    np.testing.assert_allclose(year.demand, ds.demand.groupby("time.year").sum(), rtol=1e-12)
    np.testing.assert_array_equal(year.stock, ds.stock.isel(time=slice(11, None, 12)))
    np.testing.assert_allclose(year.jobs, ds.jobs.groupby("time.year").mean(), rtol=1e-12)
    assert list(year.year.values) == [2024, 2025, 2026]


def test_a_group_of_regions_leaves_the_others_out(ds):
    part = totals.over_regions(ds, ["CHN", "USA"])
    np.testing.assert_allclose(part.need, ds.need.sel(region=["CHN", "USA"]).sum("region"), rtol=1e-12)


def test_rates_of_a_year_are_ratios_of_sums(ds):
    year = totals.by_year(ds)
    total = ds.supply_origin.sum("region").groupby("time.year").sum()
    second = total.sel(origin=["old_scrap", "new_scrap"]).sum("origin")
    np.testing.assert_allclose(year.recycled_content, second / total.sum("origin"), rtol=1e-12)


def test_unknown_shares_do_not_spoil_the_known_ones(ds):
    holes = ds.copy(deep=True)
    holes["need"][:, 0, 0] = 0.0
    holes["met"][:, 0, 0] = 0.0
    holes["availability"][:, 0, 0] = np.nan
    world = totals.over_regions(holes)
    assert np.isfinite(world.availability).all()
    assert np.isnan(totals.by_year(holes).availability[:, 0, 0]).all()


def test_every_share_has_a_weight_or_is_a_plain_mean(ds):
    shares = {n for n, v in VARIABLES.items() if v.unit == "1" and v.cell == "mean" and "time" in v.dims}
    assert shares - set(totals.WEIGHTS) == {"mass_residual", "money_residual", "jobs", "policy_reached"}


def test_wide_table_has_the_years_as_columns(ds):
    table = results.wide(ds)
    row = table[(table.variable == "demand") & (table.region == "World") & (table["product"] == "ev_battery")]
    assert row.unit.item() == "kWh"
    expected = ds.demand.sel(product="ev_battery").sum("region").groupby("time.year").sum()
    np.testing.assert_allclose(row[[2024, 2025, 2026]].to_numpy()[0], expected, rtol=1e-12)
    assert set(table.region.dropna()) == {"World", *ds.region.values}


def test_years_of_money_take_the_largest_residual():
    rich = fake.dataset(years=2, economy=True)
    rich["money_residual"][5] = 1e-12
    assert totals.by_year(rich).money_residual.values.tolist() == [1e-12, 2e-16]
    table = results.wide(rich)
    assert (table.variable == "money_residual").sum() == 1


def test_base_prices_have_no_years_and_no_sum():
    rich = fake.dataset(years=2, economy=True)
    year, world = totals.by_year(rich), totals.over_regions(rich)
    assert year.price_base.dims == ("region", "good")
    np.testing.assert_array_equal(year.price_base, rich.price_base)
    low, high = rich.price_base.min("region"), rich.price_base.max("region")
    assert (world.price_base >= low - 1e-9).all() and (world.price_base <= high + 1e-9).all()


def test_idle_capacity_of_a_group_is_weighted_with_what_it_could_make():
    rich = fake.dataset(years=1, economy=True)
    rich["idle_share"][:] = 0.0
    rich["idle_share"][:, 0] = 0.5
    made = rich.production.isel(process=0)
    could = made / (1 - rich.idle_share.isel(process=0))
    expected = (could - made).sum("region") / could.sum("region")
    np.testing.assert_allclose(totals.over_regions(rich).idle_share[:, 0], expected, rtol=1e-12)


def test_market_shares_of_a_year_and_of_the_world_are_shares_of_sums():
    rich = fake.dataset(years=2, economy=True)
    world = totals.over_regions_by_year(rich)
    whole = rich.sales.sum(("region", "size")).groupby("time.year").sum()
    expected = rich.sales.sum("region").groupby("time.year").sum() / whole
    np.testing.assert_allclose(world.market_share, expected.transpose(*world.market_share.dims), rtol=1e-12)
    np.testing.assert_allclose(world.market_share.sum("size"), 1.0, rtol=1e-12)
