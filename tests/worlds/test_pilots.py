"""Worlds of the pilots: laws, base year, and what a control of exports can give to others."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("pilots")

PILOTS = {"pilot_tajikistan": "TJK", "pilot_ukraine": "UKR"}
TWO_YEARS = "period.end=2026-01-01"
TOLERANCE = 1e-9
BASE_YEAR = 1e-3

each_pilot = pytest.mark.parametrize("name", PILOTS)


def yearly(ds, process, **where):
    found = ds["production"].sel(process=process, **where).groupby("time.year").sum()
    return found.sum("region") if "region" in found.dims else found


@each_pilot
def test_the_base_year_is_that_of_the_tables(name):
    first = worlds.battery(name, TWO_YEARS).sel(time="2024").sum("time")
    tables = worlds.battery_tables()
    for material in worlds.battery_scenario(name).world.materials:
        stated = sum(row["tonnes"] for row in tables["supply"].where(material=material, stage="extraction"))
        mined = float(worlds.link(first, "lithosphere", "extraction").sel(material=material))
        assert mined == pytest.approx(stated, rel=BASE_YEAR), material
    region = PILOTS[name]
    for row in tables["supply"].where(iso3=region):
        if row["process"] in first["process"].values:
            made = float(first["production"].sel(process=row["process"], region=region))
            assert made == pytest.approx(row["tonnes"], rel=BASE_YEAR), row["process"]


@each_pilot
def test_nothing_moves_without_a_cause(name):
    ds = worlds.battery(name, TWO_YEARS, *worlds.STEADY, *(f"capacity.{s}=base" for s in worlds.STAGES))
    for key in ("production", "need", "met", "delivered", "price", "supply_origin", "jobs"):
        first = ds[key].isel(time=0)
        scale = np.abs(first).where(first != 0, float(np.abs(first).max()))
        assert float((np.abs(ds[key] - first) / scale).max()) <= TOLERANCE, key
    assert float(ds["unmet"].max()) == 0
    assert float(ds["mass_residual"].max()) <= TOLERANCE


@each_pilot
def test_pilot_countries_have_firms_of_every_size(name):
    ds = worlds.battery(name, TWO_YEARS)
    here = ds["n_firms"].isel(time=0).sel(region=PILOTS[name], stage=["extraction", "processing"])
    assert (here > 0).all()


def test_china_s_control_gives_others_no_more_than_their_mines_and_smelters():
    sets = ("period.end=2030-01-01",)
    calm = worlds.battery("pilot_tajikistan", *sets)
    held = worlds.battery("tajikistan_antimony_control", *sets)
    tables = worlds.battery_tables()
    mines = tables["supply"].where(material="antimony", stage="extraction")
    outside = sum(row["tonnes"] for row in mines if row["iso3"] != "CHN")
    refined = yearly(held, "refine_antimony") - yearly(held, "refine_antimony", region="CHN")
    assert float(refined.max()) <= outside
    gain = yearly(held, "refine_antimony", region="TJK") - yearly(calm, "refine_antimony", region="TJK")
    assert 0 < float(gain.sel(year=2029)) <= outside - float(refined.sel(year=2029)) + 1e4
    assert float(held["price"].sel(region="TJK", good="refined_antimony").sel(time="2025").mean()) > 1.1
    assert float(held["price"].sel(region="CHN", good="refined_antimony").sel(time="2025").mean()) < 1.0


def test_a_control_of_strength_0_changes_nothing():
    sets = ("period.end=2025-07-01",)
    held = worlds.battery(
        "tajikistan_antimony_control", *sets, "disruptions[0].severity=0", "disruptions[0].processing_days=0",
        "disruptions[0].ramp_days=0",
    )  # fmt: skip
    calm = worlds.battery("pilot_tajikistan", *sets)
    for key in calm.data_vars:
        assert np.array_equal(held[key].values, calm[key].values, equal_nan=True), key


WAR = "period.end=2028-07-01"


def test_ukraine_loses_what_the_scenario_says_and_its_small_firms_lose_jobs():
    calm, war = (worlds.battery(name, WAR) for name in ("pilot_ukraine", "ukraine_war_outage"))
    for process, lost in (("mine_graphite", 0.9), ("mine_manganese", 0.8), ("mine_titanium", 0.3)):
        usual = float(yearly(calm, process, region="UKR").sel(year=2027))
        assert float(yearly(war, process, region="UKR").sel(year=2027)) <= (1 - lost) * usual * 1.05
    small = ["micro", "small", "medium"]
    jobs = [float(ds["jobs"].sel(region="UKR", size=small, time="2027").sum()) for ds in (war, calm)]
    assert 0.3 * jobs[1] < jobs[0] < 0.8 * jobs[1]


def test_ukraine_s_mines_come_back_where_the_scenario_says():
    back = worlds.battery("ukraine_reconstruction", "period.end=2030-07-01")
    for process in ("mine_manganese", "mine_graphite"):
        made = yearly(back, process, region="UKR")
        assert float(made.sel(year=2029)) > 2 * float(made.sel(year=2027))


def test_an_alliance_and_guarantees_save_some_firms_of_ukraine_and_not_most():
    alone, helped = (
        worlds.battery(name, WAR)["failures"].sel(region="UKR").drop_sel(cause="exogenous").sum()
        for name in ("ukraine_war_outage", "ukraine_war_outage_support")
    )
    assert 0.7 * float(alone) < float(helped) < float(alone)
