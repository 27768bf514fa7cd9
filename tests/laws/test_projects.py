"""Projects: promotion, openings, quantities, what never ships; without any nothing changes."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import simulator.run as room
from simulator import totals
from simulator.build import build
from simulator.errors import InputError
from simulator.results import frames
from simulator.terms import UNFC_CLASSES
from simulator.world import projects as law
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")

MINE = {
    "name": "north_pit",
    "process": "mine_copper",
    "region": "NORTH",
    "g1_t": 60.0,
    "g2_t": 40.0,
    "g3_t": 30.0,
    "capacity_per_year": 30.0,
    "permit_days": 100,
    "build_days": 200,
    "ramp_days": 0,
}
PRICES = ("rules.prices=true", "rules.finance=true")
REVIEWS = 6
MONTH = 30.4375
SHORT, MEDIUM = "period.end=2028-01-01", "period.end=2031-06-01"
CLASS = {name: code for code, name in enumerate(UNFC_CLASSES)}


def run(projects, *sets, **changes):
    scenario = worlds.paper_with({"projects": projects, **changes}, *sets)
    return room.run(scenario, worlds.paper_tables())


@cache
def _one(finance, more, words):
    return run({"add": [{**MINE, **dict(words)}], "finance": finance, **dict(more)}, SHORT)


def one(finance="free", more=(), **words):
    """Short run with one project."""
    return _one(finance, tuple(dict(more).items()), tuple(words.items()))


def plain():
    return one()


@cache
def busy():
    """Everything at once, with money: named, seeded, dated, made of reserves, and losses."""
    said = {
        "use": "all",
        "reserves": True,
        "add": [
            MINE,
            {**MINE, "name": "late", "region": "SOUTH", "e": "E1", "f": "F1.3", "permit_days": 400},
            {**MINE, "name": "never", "e": "E3.3", "f": "F2.3", "break_even": 0.5},
            {
                "name": "new_place",
                "process": "refine_cobalt",
                "region": "SOUTH",
                "capacity_per_year": 20.0,
                "opens": "2026-02-11",
            },
        ],
    }
    sets = (*PRICES, "parameters.project_loss_share=0.1", "period.end=2030-01-01")
    return run(said, *sets, disruptions=SHOCK)


SHOCK = [
    {
        "name": "stop",
        "kind": "outage",
        "where": {"process": "mine_copper", "region": "SOUTH"},
        "start": "2024-06-01",
        "duration_days": 700,
        "severity": 0.5,
    }
]


def last(ds, name, project):
    return float(ds[name].sel(project=project).values[-1])


# ---------------------------------------------------------------------- nothing where there is nothing


@pytest.mark.parametrize("sets", [(), PRICES])
def test_without_projects_nothing_changes(sets):
    sets = (*sets, SHORT)
    with_block = run({}, *sets)
    assert worlds.paper_built().blueprint.economy.projects is None
    for name, array in worlds.paper("stationary", *sets).data_vars.items():
        assert np.array_equal(array.values, with_block[name].values, equal_nan=True), name
    assert "pipeline" not in worlds.paper("stationary", SHORT)
    assert "project_class" not in with_block and "pipeline" in with_block


def test_a_project_that_never_opens_changes_nothing():
    idle = one(break_even=2.0)
    for name, array in worlds.paper("stationary", SHORT).data_vars.items():
        assert np.array_equal(array.values, idle[name].values, equal_nan=True), name


# ---------------------------------------------------------------------- promotion


@pytest.mark.parametrize("more", [{"permits": False}, {"finance": "none"}])
def test_without_permits_or_finance_nothing_is_approved(more):
    ds = one(more=more)
    assert (ds["project_class"] == CLASS["justified"]).values[-1].all()
    assert not ds["project_capacity"].any() and not ds["project_output"].any()


def test_a_price_below_break_even_promotes_nothing():
    ds = one(break_even=1.0001)
    assert (ds["project_class"] == CLASS["pending"]).all()
    assert not ds["project_capacity"].any()


def test_permit_days_shift_the_opening_by_exactly_those_days():
    opened = last(plain(), "project_opened", "north_pit")
    assert opened == pytest.approx(REVIEWS * MONTH + 300, abs=1e-9)
    for days in (1, 100, 365):
        later = last(one(permit_days=100 + days), "project_opened", "north_pit")
        assert later - opened == pytest.approx(days, abs=1e-9)
    assert last(one(build_days=0, permit_days=0), "project_opened", "north_pit") == pytest.approx(
        REVIEWS * MONTH
    )


def test_a_policy_on_permits_shifts_the_opening_by_its_days():
    opened = last(plain(), "project_opened", "north_pit")
    add = {"add": [MINE], "finance": "free"}
    for days, shift in ((40, 40), (-900, -100)):
        policy = [{"name": "office", "kind": "permit_time", "stage": "extraction", "value": days}]
        ds = run(add, SHORT, policies=policy)
        assert last(ds, "project_opened", "north_pit") - opened == pytest.approx(shift)
    elsewhere = [{"name": "office", "kind": "permit_time", "region": "SOUTH", "value": 40}]
    assert last(run(add, SHORT, policies=elsewhere), "project_opened", "north_pit") == opened


def test_time_to_finance_comes_on_top_and_projects_on_hold_wait_longer():
    opened = last(plain(), "project_opened", "north_pit")
    assert last(one("bank"), "project_opened", "north_pit") - opened == pytest.approx(548)
    held = last(one(f="F2.2"), "project_opened", "north_pit")
    assert held - opened == pytest.approx(REVIEWS * MONTH)
    approved = last(one(e="E1", f="F1.2"), "project_opened", "north_pit")
    assert approved == pytest.approx(200)
    justified = last(one(e="E1.2", f="F1.3"), "project_opened", "north_pit")
    assert justified == pytest.approx(300)


def test_classes_that_are_not_viable_stay():
    for e, f in (("E3.3", "F2.3"), ("E3.2", "F2.2")):
        ds = one(e=e, f=f, break_even=0.1)
        assert len(np.unique(ds["project_class"])) == 1 and not ds["project_output"].any()


def test_a_price_above_break_even_must_last():
    count = np.zeros(1, dtype=np.int64)
    seen = []
    for price in (1.1, 1.1, 0.9, 1.1, 1.0):
        count = law.in_a_row(count, np.array([price]), np.ones(1))
        seen.append(int(count[0]))
    assert seen == [1, 2, 0, 1, 2]


def test_a_shortage_promotes_what_calm_does_not():
    words = {"break_even": 1.05, "permit_days": 0, "build_days": 100}
    add = {"add": [{**MINE, **words}], "finance": "free"}
    sets = (*PRICES, SHORT)
    calm, short = run(add, *sets), run(add, *sets, disruptions=SHOCK)
    assert not calm["project_output"].any()
    assert short["project_output"].sum() > 0


def test_a_dated_opening_comes_whatever_the_price():
    ds = one(break_even=9.0, opens="2025-01-16", more={"permits": False})
    assert last(ds, "project_opened", "north_pit") == 381
    assert ds["project_output"].sum() > 0


# ---------------------------------------------------------------------- quantities


def test_only_what_is_on_production_ships():
    for ds in (plain(), busy()):
        open_now = (ds["project_class"] == CLASS["on_production"]).values
        assert open_now.any() and not open_now.all()
        for name in ("project_capacity", "project_output"):
            assert (ds[name].values[~open_now] == 0).all(), name
        assert (ds["project_output"].values[open_now] >= 0).all()


def test_mass_over_classes_is_constant_in_each_region():
    for ds in (plain(), busy()):
        total = ds["pipeline"].sum("unfc_class").transpose("time", "region", "material").values
        some = total[0] > 0
        assert some.sum() == 3  # no reserves of cobalt in the north
        assert np.abs(total[:, some] / total[0][some] - 1).max() < 1e-12 * len(ds.time)
        assert not total[:, ~some].any()
        assert (ds["pipeline"].values >= -1e-9 * total.max()).all()
    lost, won = (busy()["pipeline"].sel(unfc_class=c).values[-1] for c in ("unused", "produced"))
    np.testing.assert_allclose(lost, won / 9, rtol=1e-9)
    assert (won[:, 0] > 0).all()


def test_what_is_produced_is_what_mines_of_the_region_made():
    ds = busy()
    made = ds["mine_output"].sum("time").values
    known = ds["pipeline"].sel(unfc_class="produced").values[-1] + ds["beyond_reserves"].values[-1]
    np.testing.assert_allclose(known, made, rtol=1e-9)
    ore = worlds.link(ds, "lithosphere", "extraction").sum("time").values
    np.testing.assert_allclose(made.sum(axis=0), ore, rtol=1e-9)


def test_projects_are_told_in_their_region():
    """All that a project holds and gave, and mines at work beside it, make up what its region tells."""
    waits = {**MINE, "name": "south", "region": "SOUTH", "break_even": 9.0}
    ds = run({"add": [{**MINE, "e": "E1", "f": "F1.2"}, waits]}, SHORT)
    left, made = ds["project_left"], ds["project_output"].cumsum("time")
    assert left.sel(project="north_pit").values[-1] < 100 == left.sel(project="south").values[-1]
    for region, project, reserves in (("NORTH", "north_pit", 4000), ("SOUTH", "south", 9000)):
        told = ds["pipeline"].sel(region=region, material="copper")
        np.testing.assert_allclose(told.sum("unfc_class"), reserves + 100, rtol=1e-12)
        output = ds["mine_output"].sel(region=region, material="copper").cumsum("time")
        np.testing.assert_allclose(told.sel(unfc_class="produced"), output, rtol=1e-9)
        mines = output - made.sel(project=project)
        held = told.sum("unfc_class") - told.sel(unfc_class="produced") - left.sel(project=project)
        np.testing.assert_allclose(held, reserves - mines, rtol=1e-9)


def test_quantities_of_a_year_by_hand(tmp_path):
    """Mines hold 20 years of output, the rest is 20, 40 and 40 % justified, pending and on hold.

    Copper in the north: 80 t a year, reserves 4,000 t and a project of 100 t that becomes justified; in the
    south 250 t and 9,000 t. Cobalt in the south: 80 t and 1,200 t; in the north nobody mines its 500 t.
    """

    def more(table, rows):
        return [*rows, {**rows[2], "iso3": "NAA", "tonnes": "500"}] if table == "reserves" else rows

    said = {"projects": {"reserves": True, "finance": "none", "add": [MINE]}}
    ds = room.run(worlds.paper_with(said, SHORT), worlds.copied(tmp_path / "inputs", more))
    order = ("produced", "unused", "on_production", "approved", "justified", "pending", "on_hold")
    expected = {
        ("NORTH", "copper"): (80, 0, 1600 - 80, 0, 480 + 100, 960, 960),
        ("SOUTH", "copper"): (250, 0, 5000 - 250, 0, 800, 1600, 1600),
        ("NORTH", "cobalt"): (0, 0, 0, 0, 0, 0, 500),
        ("SOUTH", "cobalt"): (80, 0, 1200 - 80, 0, 0, 0, 0),
    }
    after = ds["pipeline"].isel(time=11)
    for (region, material), tonnes in expected.items():
        told = after.sel(region=region, material=material)
        np.testing.assert_allclose(told.sel(unfc_class=list(order)), tonnes, atol=1e-7)
        assert told.sum() == pytest.approx(sum(tonnes))
    world = totals.over_regions_by_year(ds[["pipeline"]])["pipeline"].isel(year=0)
    np.testing.assert_allclose(world.sel(material="copper").sum("unfc_class"), 13100)
    np.testing.assert_allclose(world.sel(unfc_class="on_hold"), [960 + 1600, 500])


def test_the_table_of_quantities_has_regions_and_no_rows_of_nothing():
    ds = plain()
    rows = frames.tables(ds[["pipeline"]])["pipeline"]
    assert list(rows.columns) == ["time", "region", "material", "unfc_class", "pipeline"]
    assert (rows["pipeline"] != 0).all()
    assert rows["pipeline"].sum() == pytest.approx(float(ds["pipeline"].sum()))
    assert not ((rows["region"] == "NORTH") & (rows["material"] == "cobalt")).any()


@pytest.mark.parametrize(("confidence", "tonnes"), [("P90", 60), ("P50", 100), ("P10", 130)])
def test_confidence_sets_the_quantity_and_what_is_used_up_closes(confidence, tonnes):
    shortage = [{**SHOCK[0], "where": {"process": "mine_copper"}, "duration_days": 3500, "severity": 0.2}]
    said = {"add": [{**MINE, "e": "E1", "f": "F1.2"}], "confidence": confidence, "finance": "free"}
    ds = run(said, MEDIUM, disruptions=shortage)
    assert ds["project_left"].values[0, 0] == tonnes
    assert ds["project_output"].sum().item() == pytest.approx(tonnes - last(ds, "project_left", "north_pit"))
    assert last(ds, "project_left", "north_pit") < 0.01 * tonnes
    assert last(ds, "project_capacity", "north_pit") < 0.01 * MINE["capacity_per_year"]


def test_capacity_ramps_in_a_straight_line():
    opened, ramp = np.array([10.0]), np.array([20.0])
    assert law.ramped(opened, ramp, 0.0, 10.0) == 0
    assert law.ramped(opened, ramp, 10.0, 30.0) == pytest.approx(0.5)
    assert law.ramped(opened, ramp, 30.0, 40.0) == pytest.approx(1.0)
    assert law.ramped(opened, np.zeros(1), 0.0, 40.0) == pytest.approx(0.75)


def test_years_of_production_and_what_is_not_known():
    ds = run({}, SHORT)
    years = ds["reserve_years"].sel(material="copper").values
    assert years[0].tolist() == pytest.approx([4000 / 80 - 1 / 12, 9000 / 250 - 1 / 12])
    assert np.isnan(ds["reserve_years"].sel(material="cobalt", region="NORTH").values).all()


def test_depletion_is_a_choice():
    few = ("parameters.reserve_years_on_production=5", MEDIUM)
    said = {"reserves": True, "finance": "none"}
    goes_on, ends = run(said, *few), run({**said, "depletion": True}, *few)
    at = {"process": "mine_copper", "region": "SOUTH"}
    assert np.array_equal(
        goes_on["production"].values, worlds.paper("stationary", MEDIUM)["production"].values
    )
    assert goes_on["beyond_reserves"].values[-1].sum() > 0
    assert ends["production"].sel(at).values[-1] < 0.01 * goes_on["production"].sel(at).values[-1]
    assert ends["beyond_reserves"].sel(material="copper").values[-1].sum() < 1e-6 * 9000


# ---------------------------------------------------------------------- places without firms


def test_a_project_founds_a_sector_where_there_was_none():
    word = {"name": "new", "process": "refine_cobalt", "region": "SOUTH", "capacity_per_year": 40.0}
    said = {"add": [{**word, "opens": "2025-01-01", "ramp_days": 0}]}
    out = [{**SHOCK[0], "where": {"process": "refine_cobalt", "region": "NORTH"}, "start": "2026-01-01"}]
    ds, without = run(said, SHORT, disruptions=out), run({}, SHORT, disruptions=out)
    made = ds["production"].sel(process="refine_cobalt", region="SOUTH").values
    assert made[:12].sum() == pytest.approx(0.001 * 40, rel=1e-3)
    assert made.max() > 20 / 12
    world = ds["production"].sel(process="refine_cobalt").sum("region")[0]
    assert world.item() == pytest.approx(64 / 12)
    got = [each["availability"].sel(material="cobalt", region="SOUTH").min().item() for each in (ds, without)]
    assert got[0] > got[1]
    assert ds["mass_residual"].max() < 1e-9


def test_a_place_that_cannot_carry_a_project_is_refused():
    with pytest.raises(InputError, match="mine_cobalt"):
        worlds.paper_with({"projects": {"add": [{**MINE, "process": "mine_cobalt"}]}})
    with pytest.raises(InputError, match="nearest  mine_copper"):
        worlds.paper_with({"projects": {"add": [{**MINE, "process": "mine_coper"}]}})
    with pytest.raises(InputError, match="plants have no deposit"):
        worlds.paper_with({"projects": {"add": [{**MINE, "process": "refine_copper"}]}})
    with pytest.raises(InputError, match="a pair that is a class"):
        worlds.paper_with({"projects": {"add": [{**MINE, "e": "E3.3"}]}})
    with pytest.raises(InputError, match="nearest  old_tailings"):
        worlds.paper_with({"projects": {"use": "old_tailing"}})
    with pytest.raises(InputError, match="open since 2020-01-01"):
        worlds.paper_with({"projects": {"use": ["early"]}})


def test_named_projects_and_reserves_become_projects():
    world = build(
        worlds.paper_with({"projects": {"use": "all", "reserves": True}}), worlds.paper_tables()
    ).blueprint
    plan = world.economy.projects
    assert plan.name[0] == "old_tailings" and "early" not in plan.name
    assert plan.quantity[0] == 150
    assert "reserve_south_copper_pending" in plan.name
    for material, tonnes in enumerate((13000, 1200)):
        made_of_reserves = plan.quantity[1:][plan.material[1:] == material].sum()
        whole = made_of_reserves + np.nansum(plan.held[:, material]) + plan.resting[:, material].sum()
        assert whole == pytest.approx(tonnes)
