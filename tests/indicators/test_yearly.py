"""Indicators of a result: the paper world by hand, groups of regions, benchmarks, and what tables hold."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from simulator import indicators, results, totals
from simulator.build.closure import Closure
from simulator.build.suppliers import supplier_facts
from simulator.terms import BENCHMARKS, COUNTRY_GROUPS, FIRM_STAGES, VARIABLES
from tests.fixtures import worlds

YEAR = 2025
SHORT = "period.end=2027-01-01"


@pytest.fixture(scope="module")
def ds():
    return worlds.paper("stationary", SHORT)


def at(ds, name, **labels):
    return float(ds[name].sel(year=YEAR, **labels))


def test_what_stages_make_is_what_flows_say(ds):
    made = ds["stage_output"]
    out = made.sum("region")
    mined = worlds.link(ds, "lithosphere", ["extraction", "processing"])
    refined = made.sel(stage="processing").sum("region")
    assert np.allclose(out.sel(stage="extraction"), mined)
    assert np.allclose(out.sel(stage="collection"), ds["eol_collected"].sum(("region", "product")))
    assert np.allclose(made.sel(stage="recycling"), ds["recovered"].sum(("product", "origin")))
    got = ds["production"].sel(process=["refine_copper", "refine_cobalt"]).sum("region")
    assert np.allclose(refined, got.values)


def test_capacity_is_output_over_its_use(ds):
    year = ds[["stage_output", "stage_capacity"]].sel(time=str(YEAR)).sum("time").sel(region="NORTH")
    used = year["stage_output"] / year["stage_capacity"]
    assert np.allclose(used.sel(material="copper", stage=["component", "manufacturing"]), [0.5, 0.8])
    assert np.allclose(used.sel(material="copper", stage=["extraction", "processing"]), 1.0)


def test_capacity_outlives_an_outage():
    hit = worlds.paper("outage", "period.end=2028-01-01")
    south = {"region": "SOUTH", "material": "copper", "stage": "extraction"}
    made, could = (hit[name].sel(south) for name in ("stage_output", "stage_capacity"))
    assert float(made.min()) == 0.0
    assert np.allclose(could, 250 / 12)


def test_concentration_by_hand(ds):
    copper = {"material": "copper", "stage": "extraction"}
    assert at(ds, "hhi", **copper) == pytest.approx((80 / 330) ** 2 + (250 / 330) ** 2)
    assert at(ds, "largest_share", **copper) == pytest.approx(250 / 330)
    assert at(ds, "largest_firm_share", **copper) == pytest.approx(250 / 330)
    assert at(ds, "hhi", material="cobalt", stage="extraction") == pytest.approx(1.0)
    found = indicators.largest_supplier(ds).sel(year=YEAR, **copper)
    assert (str(found["region"].values), float(found["share"])) == ("SOUTH", pytest.approx(250 / 330))


def test_risk_by_hand(ds):
    """North takes 59.88 t of its own ore and 62.12 t of the South's; it ships 80 t, 20.12 t of them away."""
    north = {"area": "NORTH", "material": "copper", "stage": "extraction"}
    trade = ds["trade"].sel(time=str(YEAR), good="ore_copper").sum("time")
    home, away = (float(trade.sel(region_from=r, region_to="NORTH")) for r in ("NORTH", "SOUTH"))
    left = float(trade.sel(region_from="NORTH", region_to="SOUTH"))
    assert home + left == pytest.approx(80.0)
    reliance = (away - left) / (home + away)
    assert at(ds, "import_reliance", **north) == pytest.approx(reliance)
    world = indicators.governed_hhi([80.0, 250.0], [2, 6], [1, 1.2])
    taken = indicators.governed_hhi([home, away], [2, 6], [1, 1.1])
    origin = ds["supply_origin"].sel(time=str(YEAR), region="NORTH", material="copper").sum("time")
    recycled = float(origin.sel(origin="old_scrap") / origin.sel(origin=["primary", "old_scrap"]).sum())
    assert at(ds, "supply_risk", **north) == pytest.approx(
        indicators.eu_supply_risk(world, taken, reliance, recycled, 0.8)
    )
    risk = indicators.import_risk([away], [0.6], 80.0)
    score = indicators.geopolrisk_score(indicators.hhi([80.0, 250.0]), risk)
    assert at(ds, "geopolrisk", **north) == pytest.approx(float(score))


def test_the_world_imports_nothing_and_its_one_region_group_is_that_region(ds):
    world = ds.sel(area="World", stage=["extraction", "processing"])
    assert float(abs(world["import_reliance"]).max()) == 0.0
    assert float(abs(world["geopolrisk"]).max()) == 0.0
    for name in ("supply_risk", "geopolrisk", "urban_mine", "primary_avoided"):
        for group in ("UNECE", "EU27"):
            assert np.array_equal(
                ds[name].sel(area=group).values, ds[name].sel(area="NORTH").values, equal_nan=True
            )


def test_who_buys_none_has_no_risk(ds):
    south = {"area": "SOUTH", "material": "cobalt", "stage": "extraction"}
    assert np.isnan(at(ds, "supply_risk", **south))
    assert at(ds, "import_reliance", **south) == 0.0


def test_loop_by_hand(ds):
    """190 t of old copper scrap replace 190 t of ore; 3,250 t are in use or kept."""
    assert at(ds, "primary_avoided", area="World", material="copper") == pytest.approx(190.0)
    assert at(ds, "urban_mine", area="World", material="copper") == pytest.approx(400 + 2400 + 50 + 400)
    lost = worlds.link(ds, "hibernating", "landfill").sel(time=str(YEAR), material="copper").sum()
    assert at(ds, "landfilled", material="copper") == pytest.approx(float(lost))


RATES = [name.removesuffix("_by_area") for name in VARIABLES if name.endswith("_by_area")]


@pytest.mark.parametrize("name", ["growth", "outage"])
def test_rates_of_areas_are_ratios_of_their_sums_and_the_world_is_the_world(name):
    run = worlds.paper(name, SHORT)
    world = totals.over_regions_by_year(run)
    assert len(RATES) == 7
    for rate in RATES:
        whole = run[f"{rate}_by_area"].sel(area="World", drop=True)
        np.testing.assert_allclose(whole, world[rate].transpose(*whole.dims), rtol=1e-12)
    ends = totals.by_year(run[["eol_generated", "eol_collected", "recovered"]].sum("product"))
    old = ends["recovered"].sel(origin="old_scrap", drop=True)
    for region in run["region"].values:
        own = run.sel(area=region)
        held = {key: ends[key].sel(region=region) for key in ("eol_generated", "eol_collected")}
        for rate, part, of in (
            ("collection_rate", held["eol_collected"], held["eol_generated"]),
            ("eol_recycling_rate", old.sel(region=region), held["eol_generated"]),
            ("process_efficiency", old.sel(region=region), held["eol_collected"]),
        ):
            found = own[f"{rate}_by_area"]
            there = (of > 1e-9).values
            np.testing.assert_allclose((found * of).values[there], part.values[there], rtol=1e-12)
            assert not found.values[~there].any()
    assert len(set(run["process_efficiency_by_area"].sel(material="copper").isel(year=0).values.tolist())) > 2


def test_rates_of_an_area_by_hand(ds):
    """What makers of a region buy is theirs: 1 - primary over all, and old scrap in the rest."""
    bought = totals.by_year(ds[["supply_origin"]])["supply_origin"].sel(year=YEAR, material="copper")
    for region in ds["region"].values:
        primary, old, new = (float(bought.sel(region=region, origin=o)) for o in ds["origin"].values)
        place = {"area": region, "material": "copper"}
        whole = primary + old + new
        assert at(ds, "recycled_content_by_area", **place) == pytest.approx(
            1 - primary / whole if whole else 0
        )
        assert at(ds, "old_scrap_input_rate_by_area", **place) == pytest.approx(old / whole if whole else 0)
        assert at(ds, "old_scrap_ratio_by_area", **place) == pytest.approx(
            old / (old + new) if old + new else 0
        )
        assert at(ds, "eol_recycling_input_rate_by_area", **place) == pytest.approx(
            old / (primary + old) if primary + old else 0
        )


def test_benchmarks_by_hand(ds):
    found = indicators.crma(ds).sel(year=YEAR)
    used = ds["supply_origin"].sel(time=str(YEAR), region="NORTH").sum(("time", "origin"))
    copper = float(used.sel(material="copper"))
    value = found["value"].sel(material="copper")
    assert np.allclose(value[:2], [80 / copper, 122 / copper])
    assert float(found["output"].sel(material="copper", benchmark="recycling_benchmark")) == pytest.approx(
        102.5 / copper
    )
    sent = ds["trade"].sel(time=str(YEAR), region_from="SOUTH", region_to="NORTH").sum("time")
    most = max(float(sent.sel(good=g)) for g in ("ore_copper", "refined_copper"))
    assert float(value[3]) == pytest.approx(most / copper)
    assert found["is_met"].sel(material="copper").values.tolist() == [True, False, True, True]
    assert found["is_met"].sel(material="cobalt").values.tolist() == [False, True, False, False]
    assert found["in_time"].sel(material="copper").values.tolist() == [1.0, 0.0, 1.0, 1.0]
    assert found["year_met"].sel(material="copper").fillna(0).values.tolist() == [2024, 0, 2024, 2024]


def union(values, target, due, benchmark="extraction_benchmark"):
    years = np.arange(2028, 2028 + len(values))
    made = xr.DataArray(
        np.reshape(values, (-1, 1, 1)).astype(float),
        dims=("year", "benchmark", "material"),
        coords={"year": years, "benchmark": [benchmark], "material": ["tin"]},
    )
    one = ("benchmark", [float(target)])
    return indicators.crma(
        xr.Dataset(
            {"crma_value": made, "crma_output": made, "crma_target": one, "crma_year": ("benchmark", [due])}
        )
    ).squeeze()


@pytest.mark.parametrize(
    ("values", "due", "since", "in_time"),
    [
        ([0.05, 0.2, 0.2, 0.2], 2030, 2029, 1),
        ([0.2, 0.2, 0.05, 0.2], 2030, 2031, 0),  # what is lost again counts from when it is back
        ([0.2, 0.2, 0.2, 0.05], 2030, np.nan, 1),
        ([0.1, 0.1, 0.1, 0.1], 2030, 2028, 1),
        ([0.2, 0.2, 0.2, 0.2], 2040, 2028, np.nan),  # the run ends before
        ([np.nan] * 4, 2030, np.nan, np.nan),  # the EU uses none
    ],
)
def test_year_from_which_a_benchmark_is_met(values, due, since, in_time):
    found = union(values, 0.1, due)
    assert np.array_equal([float(found["year_met"]), float(found["in_time"])], [since, in_time], True)


def test_a_ceiling_is_met_from_below():
    found = union([0.7, 0.65, 0.6], 0.65, 2030, "single_country_ceiling")
    assert found["is_met"].values.tolist() == [False, True, True]
    assert float(found["year_met"]) == 2029


def test_shipped_targets_are_those_of_the_law():
    closure = Closure(worlds.battery_scenario("reference"), worlds.battery_tables())
    facts = supplier_facts(closure)
    assert dict(zip(BENCHMARKS, facts["crma_target"], strict=True)) == {
        "extraction_benchmark": 0.10,
        "processing_benchmark": 0.40,
        "recycling_benchmark": 0.25,
        "single_country_ceiling": 0.65,
    }
    assert set(facts["crma_year"]) == {2030}


def facts_of(*sets):
    closure = Closure(worlds.battery_scenario("reference", *sets), worlds.battery_tables())
    facts = supplier_facts(closure)
    coords = {"country_group": list(COUNTRY_GROUPS), "region": closure.regions}
    return (
        closure,
        facts,
        xr.Dataset({"membership": (("country_group", "region"), facts["membership"])}, coords=coords),
    )


def test_groups_of_the_shipped_regions_follow_borders():
    _, _, ds = facts_of()
    found = indicators.groups(ds)
    assert found["EU27"] == ["EU27"]
    assert set(found["UNECE"]) == {"EU27", "REU", "USA", "CAN", "EECA"}
    assert len(found["World"]) == 14
    assert found["CHN"] == ["CHN"]
    assert indicators.coverage(ds) == dict.fromkeys(COUNTRY_GROUPS, (1.0, 1.0))


def test_a_region_half_in_a_group_is_in_it_and_coverage_says_how_far():
    _, _, ds = facts_of('world.regions.merge={"EUR": ["EU27", "REU"], "PAC": ["CHN", "EECA"]}')
    found, covered = indicators.groups(ds), indicators.coverage(ds)
    assert found["EU27"] == ["EUR"]
    assert set(found["UNECE"]) == {"EUR", "USA", "CAN"}
    assert covered["EU27"][0] == pytest.approx(1.0)
    assert 0.5 < covered["EU27"][1] < 1.0
    assert 0.8 < covered["UNECE"][0] < 1.0
    assert covered["UNECE"][1] == pytest.approx(1.0)


def test_a_country_carved_out_stays_in_its_group():
    _, _, ds = facts_of('world.regions.carve=["DEU"]')
    assert set(indicators.groups(ds)["EU27"]) == {"EU27", "DEU"}
    assert indicators.coverage(ds)["EU27"] == pytest.approx((1.0, 1.0))


def test_countries_of_a_region_share_its_output_as_the_table_says():
    closure, facts, _ = facts_of()
    rows = worlds.battery_tables()["supply"].where(material="copper", stage="extraction")
    made = {r["iso3"]: r["tonnes"] for r in rows if closure.region_of[r["iso3"]] == "LAM"}
    cell = closure.regions.index("LAM"), closure.materials.index("copper"), FIRM_STAGES.index("extraction")
    assert len(made) > 2
    assert facts["country_hhi"][cell] == pytest.approx(float(indicators.hhi(list(made.values()))))
    assert facts["country_top"][cell] == pytest.approx(float(indicators.top_share(list(made.values()))))
    world = {r["iso3"]: r["tonnes"] for r in rows}
    region = {}
    for iso3, tonnes in world.items():
        region[closure.region_of[iso3]] = region.get(closure.region_of[iso3], 0.0) + tonnes
    share = np.array([region.get(r, 0.0) for r in closure.regions]) / sum(world.values())
    by_region = share**2 @ facts["country_hhi"][:, cell[1], cell[2]]
    assert by_region == pytest.approx(float(indicators.hhi(list(world.values()))))


def test_a_region_without_output_counts_as_one_country_with_mean_governance(ds):
    cell = {"region": "NORTH", "material": "cobalt", "stage": "extraction"}
    assert float(ds["country_hhi"].sel(cell)) == 1.0
    assert float(ds["country_risk_global"].sel(cell)) == pytest.approx((30 * 2 + 10 * 3) / 40)
    assert float(ds["country_instability"].sel(cell)) == pytest.approx((30 * 0.2 + 10 * 0.3) / 40)


def test_a_world_without_the_eu_has_no_benchmarks(ds):
    apart = ds.drop_vars([name for name in ds.data_vars if "year" in ds[name].dims])
    weight = apart["membership"].copy(data=[[0.6, 0.4], [0.0, 0.0], [0.0, 0.0]])
    found = indicators.yearly(apart.assign(membership=weight))
    assert found["area"].values.tolist() == ["World", "NORTH", "SOUTH"]
    assert "crma_value" not in found
    with pytest.raises(ValueError, match="no region"):
        indicators.crma(found)


def test_tables_and_totals_hold_indicators(ds):
    tables = results.tables(ds)
    assert {"crma", "concentration", "supply_risk", "loop", "stages_yearly", "countries"} <= set(tables)
    wide = tables["yearly"].set_index(["variable", "region"])
    assert wide.loc[("hhi", "World")].query("material == 'copper' and stage == 'extraction'")[
        YEAR
    ].item() == (pytest.approx(at(ds, "hhi", material="copper", stage="extraction")))
    assert set(wide.loc["supply_risk"].index) == {"World", "UNECE", "EU27", "NORTH", "SOUTH"}
    columns = tables["columns"].set_index("column")
    assert columns.loc["supply_risk", "table"] == "supply_risk"
    assert totals.by_year(ds)["supply_risk"].equals(ds["supply_risk"])
    assert "country_hhi" not in totals.over_regions(ds)
    assert np.allclose(totals.by_year(ds)["stage_output"], ds["stage_output"].groupby("time.year").sum())


def test_indicator_of_an_area_is_read_or_worked_out(ds):
    bare = ds.drop_vars([name for name in ds.data_vars if "year" in ds[name].dims])
    for source in (ds, bare):
        found = indicators.indicator(source, "urban_mine", "EU27")
        assert found.dims == ("year", "material")
        assert found.equals(ds["urban_mine"].sel(area="EU27"))
