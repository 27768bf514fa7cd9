"""Worlds of a past base year: their year is what the tables say, they rest, and nothing later is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import simulator.run as room
from simulator.build.closure import Closure
from simulator.errors import InputError
from simulator.scenario import load, past
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("history")

WORLDS = sorted(path.stem for path in (worlds.tables.shipped("scenarios") / "worlds").glob("history_*.yaml"))
CAPACITY = dict.fromkeys(worlds.STAGES, "base")
LATER = {"start": "2014-01-01", "end": "2016-01-01"}
STEADY = {"capacity": CAPACITY, "end_of_life": "frozen", "rules": {"stock_change": "forever"}}


def scenario(name, years=1, **more):
    year = int(name.rsplit("_", 1)[1])
    stated = {
        "schema_version": 1,
        "name": name,
        "world": str(worlds.tables.shipped("scenarios") / "worlds" / f"{name}.yaml"),
        "period": {"start": f"{year}-01-01", "end": f"{year + years}-01-01"},
        "demand": {"case": "base"},
    }
    return load(stated | more, tables=worlds.battery_tables())


@cache
def calm(name):
    return room.run(scenario(name, 3, **STEADY), worlds.battery_tables())


def rules_of(name, **more):
    with pytest.raises(InputError) as error:
        scenario(name, **more)
    return {fault.rule for fault in error.value.faults}


def departure(values):
    """Largest departure from the first interval over it, or over the largest first value where it is 0."""
    first = values.isel(time=0)
    scale = np.abs(first).where(first != 0, float(np.abs(first).max()) or 1.0)
    return float((np.abs(values - first) / scale).max())


@pytest.mark.parametrize("name", WORLDS)
def test_output_by_place_is_the_table_of_the_year(name):
    ds, spec = calm(name), scenario(name)
    region = Closure(spec, worlds.battery_tables()).region_of
    table = worlds.battery_tables()["history_supply"]
    made = ds["production"].sel(time=str(spec.world.year)).sum("time")
    for material in spec.world.materials:
        counts = worlds.battery_tables()["materials"].one(material=material)["refined_counts"]
        for stage in ("extraction", "processing") if counts == "nothing" else ("extraction",):
            stated: dict[tuple[str, str], float] = {}
            for row in table.where(material=material, stage=stage, year=spec.world.year):
                key = (row["process"], region[row["iso3"]])
                stated[key] = stated.get(key, 0.0) + row["tonnes"]
            whole = sum(stated.values())
            for (process, place), tonnes in stated.items():
                found = float(made.sel(process=process, region=place))
                assert found == pytest.approx(tonnes, rel=1e-3, abs=1e-9 * whole), (process, place)
            processes = {process for process, _ in stated}
            assert float(made.sel(process=sorted(processes)).sum()) == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("name", WORLDS)
def test_demand_is_closed_to_supply(name):
    closure = Closure(scenario(name), worlds.battery_tables())
    assert closure.base_year == closure.world.year == int(name.rsplit("_", 1)[1])
    for material in closure.materials:
        supply = closure.primary[material] + closure.stated_secondary.get(material, 0.0)
        bound = 1e-6 if closure.counts(material) == "new_scrap" else 1e-12  # its table of today is rounded
        assert abs(closure.stock_change[material]) <= bound * supply
    assert not closure.path_years


@pytest.mark.parametrize("name", WORLDS)
def test_nothing_moves_without_events(name):
    ds = calm(name)
    for key in ("production", "delivered", "availability", "price", "trade", "supply_origin"):
        assert departure(ds[key]) <= 1e-9, key


def test_results_say_what_was_closed():
    ds = calm("history_nickel_2013")
    assert ds.attrs["base_year"] == 2013
    text = ds.attrs["closures"]
    assert "nickel, use other in 2013: assumed: closed, demand = refined supply of 2013\n" in text
    assert "nickel, extraction in 2013: quoted; derived: sum of the two" not in text  # quoted is not closed
    assert "nickel, price" not in text
    text = calm("history_platinum_group_2019").attrs["closures"]
    assert "platinum, price in 2019: assumed: the price of today's table" in text
    assert "platinum, processing in 2019: assumed: closed" in text


def test_prices_are_those_of_the_year():
    tables = worlds.battery_tables()
    of_2013 = past.of_year(tables, scenario("history_nickel_2013").world)
    assert of_2013["materials"].one(material="nickel")["price_usd_per_t"] == 13884
    assert of_2013["materials"].one(material="copper") == tables["materials"].one(material="copper")


def test_china_refines_ore_of_indonesia_and_the_philippines():
    ore = calm("history_nickel_2013")["trade"].sel(good="ore_nickel", time="2013").sum("time")
    china = ore.sel(region_to="CHN").drop_sel(region_from="CHN")
    abroad = float(china.sum())
    assert 0.75 < float(china.sel(region_from=["IDN", "PHL"]).sum()) / abroad < 0.98
    assert float(china.sel(region_from="IDN")) > float(china.sel(region_from="PHL"))
    # 450 kt of nickel from Indonesian ore were made outside Indonesia
    assert float(ore.sel(region_from="IDN").drop_sel(region_to="IDN").sum()) == pytest.approx(450e3, rel=0.05)


def test_china_uses_what_it_does_not_export():
    refined = calm("history_rare_earths_2009")["trade"].sel(good="refined_rare_earth_oxides", time="2009")
    sold = refined.sum("time").sel(region_from="CHN").drop_sel(region_to="CHN").sum()
    assert float(sold) == pytest.approx(43_895, rel=0.25)  # firms have some suppliers abroad as well


def test_nothing_after_the_year_is_known():
    """Observed output after the base year must not reach the world: without those rows it is the same."""
    tables, spec = worlds.battery_tables(), scenario("history_palladium_2000")
    table = tables["history_supply"]
    kept = [row for row in table.rows if row["year"] <= 2000]
    assert len(kept) < len(table)
    cut = past.replace(tables, tables={**tables.tables, "history_supply": past._rows(table, kept)})
    assert past.of_year(cut, spec.world)["supply"].rows == past.of_year(tables, spec.world)["supply"].rows


def test_demand_may_go_on_as_before():
    tables = worlds.battery_tables()
    spec = scenario("history_rare_earths_2009", 3, demand={"case": "trend"})
    closure = Closure(spec, tables)
    path = closure.course(closure.demand_total("rare_earth_oxides"))
    assert path[0] == 131_534
    assert path[-1] / path[0] == pytest.approx(1.05**2.5, rel=0.02)


def test_a_world_without_a_year_has_the_tables_as_they_are():
    spec = worlds.battery_scenario("reference")
    assert past.of_year(worlds.battery_tables(), spec.world) is worlds.battery_tables()
    assert past.closures(worlds.battery_tables(), spec.world) == []


@cache
def paper_2012():
    tables = worlds.paper_tables()
    sets = ("world.year=2012", "period.start=2012-01-01", "period.end=2014-01-01", "end_of_life=frozen")
    spec = worlds.paper_scenario("stationary", *sets)
    return spec, Closure(spec, tables), room.run(spec, tables)


def test_products_counted_in_units_have_those_of_the_year():
    _, closure, ds = paper_2012()
    history = {r["year"]: r["units"] for r in worlds.paper_tables()["sales_history"].where(product="device")}
    assert closure.products["device"].units == history[min(history)]  # sales of 2017, the first known
    made = ds["production"].sel(time="2012").sum(("time", "region"))
    assert float(made.sel(process="mine_copper")) == pytest.approx(240, rel=1e-9)
    # uses keep their shares of today
    assert closure.use_tonnes("device", "copper")[2012] == pytest.approx(380 * 107 / 507, rel=1e-12)
    for key in ("production", "delivered"):
        assert departure(ds[key]) <= 1e-9


@pytest.mark.parametrize(
    ("name", "more", "rule"),
    [
        (
            "history_nickel_2013",
            {"period": LATER},
            "period_not_in_base",
        ),
        ("history_nickel_2013", {"demand": {"case": "STEPS"}}, "case_after_year"),
        ("history_gallium_2022", {"demand": {"case": "trend"}}, "trend_without_data"),
    ],
)
def test_what_a_past_year_does_not_have_is_refused(name, more, rule):
    assert rules_of(name, **more) == {rule}


@pytest.mark.parametrize(
    ("world", "rule"),
    [
        ({"materials": ["gallium"], "products": ["other_gallium"], "year": 2009}, "year_without_data"),
        (
            {"materials": ["natural_graphite"], "products": ["other_natural_graphite"]},
            "material_without_today",
        ),
    ],
)
def test_materials_without_the_year_are_refused(world, rule):
    start = {"start": f"{world.get('year', 2024)}-01-01", "end": "2026-01-01"}
    stated = {"schema_version": 1, "world": world, "period": start, "demand": {"case": "base"}}
    with pytest.raises(InputError) as error:
        load(stated, tables=worlds.battery_tables())
    assert {fault.rule for fault in error.value.faults} == {rule}


def test_trend_is_for_the_past():
    with pytest.raises(InputError) as error:
        worlds.paper_scenario("stationary", "demand.case=trend")
    assert [fault.rule for fault in error.value.faults] == ["trend_without_year"]
