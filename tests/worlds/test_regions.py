"""A country carved out and its rest are the old region; merged regions are the sum; groups follow."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

import simulator.run as room
from simulator import results
from simulator.build.plan import Plan
from simulator.errors import InputError
from tests.fixtures import worlds

NAMES = ("reference", "energy_transition", "technology_metals")
GROUP = {"reference": "battery"}
CARVED = (["UKR", "TJK", "FIN"], ["COD"], ["CHL", "AUS"], ["DEU", "FRA", "JPN"], ["ZAF", "RUS", "IDN"])
TOLERANCE = 1e-9
EUROPE = {"EUR": ["EU27", "REU"]}
SHORT = "period.end=2026-01-01"

each_world = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(GROUP.get(name, name))) for name in NAMES]
)


def old_regions():
    return {str(row["iso3"]): str(row["region"]) for row in worlds.battery_tables()["regions"]}


def scenario(name, carve=(), merge=None, *sets):
    return worlds.battery_scenario(name, *_sets(carve, merge), *sets)


def _sets(carve, merge):
    return f"world.regions.carve={json.dumps(list(carve))}", f"world.regions.merge={json.dumps(merge or {})}"


@cache
def plan_of(name, *sets):
    return Plan(worlds.battery_scenario(name, *sets), worlds.battery_tables())


def flows(name, carve=(), merge=None, group=None):
    """Base-year flows by (process, region, good) once regions are put together again."""
    plan = plan_of(name, *_sets(carve, merge))
    out = {}
    for sector in plan.items:
        region = plan.closure.regions[sector.region]
        region = (group or {}).get(region, region)
        parts = {"rate": sector.rate, **sector.takes, **{f"{k} made": v for k, v in sector.gives.items()}}
        for good, quantity in parts.items():
            key = (sector.process, region, good)
            out[key] = out.get(key, 0.0) + float(quantity)
    return out


def same(one, other):
    """Largest difference over the world's flow of the process and good."""
    scale = {}
    for (process, _, good), value in one.items():
        scale[process, good] = scale.get((process, good), 0.0) + value
    wrong = {}
    for key in {*one, *other}:
        gap = abs(one.get(key, 0.0) - other.get(key, 0.0))
        if not gap <= TOLERANCE * scale.get((key[0], key[2]), 0.0):
            wrong[key] = gap
    return wrong


@each_world
@pytest.mark.parametrize("carve", CARVED, ids="-".join)
def test_carved_and_rest_are_the_old_region(name, carve):
    """Mined, refined, made, used, collected, recycled: by region, product and good."""
    back = {iso3: old_regions()[iso3] for iso3 in carve}
    assert same(flows(name), flows(name, carve, group=back)) == {}


@each_world
def test_merged_regions_are_the_sum(name):
    into = {"EU27": "EUR", "REU": "EUR"}
    assert same(flows(name, group=into), flows(name, merge=EUROPE)) == {}


@each_world
def test_a_country_can_leave_a_merged_region(name):
    into = {"EU27": "EUR", "REU": "EUR", "DEU": "EUR", "GBR": "EUR"}
    assert same(flows(name, group=into), flows(name, ["DEU", "GBR"], EUROPE, into)) == {}


@each_world
def test_carved_worlds_run(name):
    """Balanced from the first month on; every country of the batch is there with flows of its own."""
    carve = ["UKR", "TJK", "FIN", "COD", "CHL", "AUS"]
    ds = room.run(scenario(name, carve, None, SHORT), worlds.battery_tables())
    assert set(carve) <= set(ds["region"].values)
    assert float(results.mass_closure(ds).max()) <= TOLERANCE
    assert float(ds["availability"].isel(time=0).min()) == pytest.approx(1, abs=1e-9)
    whole = worlds.battery(name)
    for key in ("production", "demand", "eol_generated"):
        one = whole[key].isel(time=0).sum("region")
        np.testing.assert_allclose(
            ds[key].isel(time=0).sum("region"), one, rtol=1e-6, atol=1e-9 * float(one.max())
        )
    # the world's sums differ by no more than the network lets them: same tables, another draw of relations
    assert float(ds["demand"].sel(region="UKR").sum()) > 0
    if "cobalt" in ds["material"].values:
        assert float(ds["production"].sel(region="COD", process="mine_cobalt_from_copper").sum()) > 0


@each_world
def test_every_country_with_output_can_be_carved_out(name):
    """All countries of the supply table at once, but one that stays in each region."""
    old, countries = old_regions(), []
    left = {region: sum(r == region for r in old.values()) for region in old.values()}
    for iso3 in sorted({str(row["iso3"]) for row in worlds.battery_tables()["supply"]}):
        if iso3 not in left and left[old[iso3]] > 1:
            countries.append(iso3)
            left[old[iso3]] -= 1
    assert len(countries) > 70
    assert same(flows(name), flows(name, countries, group=old | {region: region for region in left})) == {}


@pytest.mark.xdist_group("technology_metals")
def test_a_country_without_data_is_a_region_without_firms():
    ds = room.run(scenario("technology_metals", ["TUV", "UKR"], None, SHORT), worlds.battery_tables())
    empty = ds.sel(region="TUV")
    for key in ("n_firms", "jobs", "demand", "delivered", "production", "need", "stock_in_use"):
        assert float(empty[key].sum()) == 0, key
    assert (empty["availability"] == 1).all()  # nothing was asked for
    assert float(ds["demand"].sel(region="UKR").sum()) > 0


@pytest.mark.xdist_group("technology_metals")
@pytest.mark.parametrize(
    ("carve", "said"),
    [
        (["USA"], "code of a region"),
        (["KOR", "PRK", "JPN", "TWN"], "last country"),
        (["CAN"], "only country"),
        (["XYZ"], "ISO3"),
        (["UKR", "UKR"], "again"),
    ],
)
def test_what_cannot_be_carved_is_refused(carve, said):
    with pytest.raises(InputError, match=said):
        scenario("technology_metals", carve)


# ------------------------------------------------------------------ groups, ways, imports


def members(name, carve, merge=None):
    ds = room.run(scenario(name, carve, merge, "period.end=2024-03-01"), worlds.battery_tables())
    told = {
        c: r
        for r, listed in zip(ds["region"].values, ds["countries"].values, strict=True)
        for c in listed.split()
    }
    assert {told[country] for country in carve} == set(carve) and len(told) > 200
    assert {told[c] for c in ("FRA", "CHE")} == ({"EUR"} if merge == EUROPE else {"EU27", "REU"})
    return {flag: set(ds["region"].values[ds[flag].values]) for flag in ("is_unece", "is_eu27")}


UNECE = {"EU27", "REU", "USA", "CAN", "EECA"}


@pytest.mark.xdist_group("technology_metals")
@pytest.mark.parametrize(
    ("carve", "merge", "unece", "eu27"),
    [
        ([], {}, UNECE, {"EU27"}),
        (["UKR", "TJK", "FIN", "CHL"], {}, UNECE | {"UKR", "TJK", "FIN"}, {"EU27", "FIN"}),
        ([], EUROPE, UNECE - {"EU27", "REU"} | {"EUR"}, set()),
        (["DEU", "GBR"], EUROPE, UNECE - {"EU27", "REU"} | {"EUR", "DEU", "GBR"}, {"DEU"}),
        ([], {"NORTH": ["USA", "JKT"]}, UNECE - {"USA"}, {"EU27"}),
    ],
)
def test_groups_follow_the_countries(carve, merge, unece, eu27):
    assert members("technology_metals", carve, merge) == {"is_unece": unece, "is_eu27": eu27}


def _relations(carve, good):
    """Relations of a good as (regions of supplier, of buyer, flow, lead [d]), and the labels of regions."""
    built = worlds.battery_built("reference", *_sets(carve, None))
    world = built.blueprint
    place = world.firms.region[world.slots.firm]
    mine = world.slots.good[world.relations.source] == world.labels.goods.index(good)
    source, target = (place[getattr(world.relations, end)[mine]] for end in ("source", "target"))
    return (
        source,
        target,
        world.relations.flow[mine],
        world.relations.lead[mine] / 1440,
        list(world.labels.regions),
    )


def _days(carve, good, start, end):
    source, target, _, days, regions = _relations(carve, good)
    found = days[(source == regions.index(start)) & (target == regions.index(end))]
    assert len(found), f"nobody in {end} buys {good} in {start}"
    return set(np.round(found, 6))


@pytest.mark.xdist_group("battery")
def test_other_europe_is_not_reunion():
    """REU is a region and the code of Réunion, which is in MEA: its ways are those of the region."""
    assert old_regions()["REU"] == "MEA"
    assert _days([], "refined_nickel", "REU", "IND") == {35}
    assert _days([], "refined_nickel", "REU", "EU27") == {7}


BATCH = ["CHL", "COD", "DEU"]


@pytest.mark.xdist_group("battery")
def test_a_carved_country_keeps_the_ways_of_its_region():
    assert _days(BATCH, "ore_cobalt", "COD", "CHN") == _days(BATCH, "ore_cobalt", "CAF", "CHN") == {68}
    assert (
        _days(BATCH, "refined_copper", "CHL", "USA") == _days(BATCH, "refined_copper", "LAM", "USA") == {20}
    )
    assert _days(BATCH, "refined_copper", "DEU", "EU27") == {7}


@pytest.mark.xdist_group("battery")
def test_a_carved_country_has_its_part_of_known_imports():
    """Refined copper of the USA from Latin America: Chile and the rest as before, by output."""

    def bought(carve):
        source, target, flow, _, regions = _relations(carve, "refined_copper")
        to = (target == regions.index("USA")) & (source != regions.index("USA"))
        parts = {name: flow[to & (source == i)].sum() for i, name in enumerate(regions)}
        return {name: part / sum(parts.values()) for name, part in parts.items()}

    whole, carved = bought([]), bought(BATCH)
    assert carved["CHL"] + carved["LAM"] == pytest.approx(whole["LAM"], abs=0.03)
    rows = worlds.battery_tables()["supply"].where(process="refine_copper")
    made = {
        name: sum(
            r["tonnes"] for r in rows if old_regions()[r["iso3"]] == "LAM" and (r["iso3"] == "CHL") == name
        )
        for name in (True, False)
    }
    assert carved["CHL"] / carved["LAM"] == pytest.approx(made[True] / made[False], rel=0.1)
