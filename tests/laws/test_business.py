"""Business models: nothing without adopters, longer life sells less and moves nothing else, mass holds."""

from __future__ import annotations

import json

import numpy as np
import pytest

import simulator.run as room
from simulator.build import Built, build
from simulator.run.member import Member
from simulator.run.usage import ServiceFleet
from simulator.terms import MODEL_KINDS
from simulator.world.business import Service, bass, lifted, mixed, shared_out
from simulator.world.lifetime import survival_table
from simulator.world.use import Cohorts
from tests.fixtures.worlds import battery_built, copied, paper_tables, paper_with

NEUTRAL = {
    "product_as_service": {"lifetime_factor": 1, "collection": 0, "hibernation_factor": 1},
    "refurbish": {"reuse": 0},
    "take_back": {"collection": 0, "hibernation_factor": 1},
    "toll_recycling": {"working_capital_factor": 1},
}
"""Effects under which an adopter does what the others do."""
AT_ONCE = {"start": "2024-01-01", "innovation": 500.0, "imitation": 0.0}


def built(models, *sets, name="recovery") -> Built:
    return build(paper_with({"business_models": models}, *sets, name=name), paper_tables())


def series(world: Built):
    return Member(world.blueprint).run().series


def same(a, b) -> bool:
    return all(np.array_equal(a[name], b[name], equal_nan=True) for name in a)


def models(kinds=MODEL_KINDS, **words):
    return [{"name": k, "kind": k, "product": "*", "start": "2024-01-01", **words} for k in kinds]


@pytest.fixture(scope="module")
def usual():
    return series(built([]))


# ---------------------------------------------------------------------- nothing moves, nothing changes


def test_without_potential_nothing_changes(usual):
    world = built(models(potential=0))
    assert world.blueprint.economy.business is not None
    assert same(usual, series(world))


def test_nobody_begins_without_innovation(usual):
    assert same(usual, series(built(models(potential=1, innovation=0, imitation=5))))


@pytest.mark.parametrize("kind", [k for k in MODEL_KINDS if k != "toll_recycling"])
def test_without_effects_nothing_changes(usual, kind):
    said = {"name": kind, "kind": kind, "product": "*", "potential": 1, **AT_ONCE, **NEUTRAL[kind]}
    assert same(usual, series(built([said])))


def test_work_for_a_fee_without_effects_changes_nothing(tmp_path, usual):
    def change(table, rows):
        for row in rows:
            if table == "business_models" and row["quantity"] == "new_scrap":
                row |= {"value": "0", "low": "0"}
        return rows

    tables = copied(tmp_path / "inputs", change)
    said = {"name": "fee", "kind": "toll_recycling", "product": "*", "potential": 1, **AT_ONCE}
    scenario = paper_with({"business_models": [{**said, "working_capital_factor": 1}]}, name="recovery")
    assert same(usual, series(build(scenario, tables)))


@pytest.mark.parametrize("kind", MODEL_KINDS)
def test_mass_holds_under_every_model(usual, kind):
    got = series(built(models([kind], potential=0.8, innovation=0.3)))
    assert not same(usual, got)
    assert np.abs(got["mass_residual"]).max() < 1e-9
    assert min(got[name].min() for name in ("stock_in_use", "stock_hibernating", "eol_collected")) >= 0


# ---------------------------------------------------------------------- adoption


def test_adoption_is_the_published_curve_from_its_start_on():
    world = built(models(["take_back"], start="2026-01-01", innovation=0.03, imitation=0.38)).blueprint
    adopted = Member(world).run().ledger.series["adoption"][:, 0]
    assert (adopted[:24] == 0).all()
    years = (np.arange(len(adopted)) + 0.5) / 12 - 731 / 365.25
    np.testing.assert_allclose(adopted, bass(years, 0.03, 0.38), atol=1e-12)


def test_a_model_spreads_alike_wherever_it_is_offered():
    """The share of the potential does not depend on the region: a result tells where, not how far in each."""
    said = [{**models(["take_back"])[0], "name": n, "region": r} for n, r in (("all", "*"), ("one", "SOUTH"))]
    ds = room.run(paper_with({"business_models": said}, "period.end=2025-01-01"), paper_tables())
    assert ds["adoption"].dims == ("time", "model")
    assert ds["model_region"].values.tolist() == ["*", "SOUTH"]
    assert np.array_equal(*ds["adoption"].values.T)


def test_a_model_that_began_before_the_period_has_adopters_at_its_start():
    world = built(models(["take_back"], start="2014-01-01", innovation=0.03, imitation=0.38)).blueprint
    assert world.economy.business.adopted[0, 0] == pytest.approx(0.8128, abs=0.01)


def test_rates_are_lifted_for_adopters_alone():
    rate = np.array([0.2, 0.95])
    assert lifted(rate, [(np.array([0.5, 0.5]), 0.9)]).tolist() == [0.55, 0.95]
    assert mixed(rate, [(np.array([0.0, 1.0]), 0.2)]).tolist() == pytest.approx([0.2, 0.19])
    shares = shared_out([np.array([0.8, 0.1]), np.array([0.8, 0.2])])
    assert [share.tolist() for share in shares] == [[0.5, 0.1], [0.5, 0.2]]


# ---------------------------------------------------------------------- longer life


@pytest.mark.parametrize(("share", "longer"), [(1.0, 0.2), (0.4, 0.5), (0.7, 1.0)])
def test_a_longer_life_at_constant_stock_cuts_sales_and_moves_nothing_else(share, longer):
    n, sales = 4000, 10.0
    table = survival_table(n, "weibull", 12.0, None, 2.5, step=1 / 12)
    long = survival_table(n, "weibull", 12.0, None, 2.5, step=1 / 12, factor=1 + longer)
    one = np.zeros(1, dtype=np.int64)
    life = Cohorts(np.zeros((1, 0)), np.zeros((1, 0, 1)), one, long)
    fleet = ServiceFleet(Service(0, np.full((n, 1), share), life, table, 0.0, 0.0), n, 1)
    for month in range(n):
        units = sales - fleet.displaced  # what users still order
        part = fleet.takes(units, month)
        others = units * (1 - part)
        assert others[0] == pytest.approx((1 - share) * sales, rel=1e-12)
        fleet.step(units * part, (units * part)[:, None])
    held = fleet.fleet.units.sum()
    # stocks count the ends of months; a sale falls away in the month after the replacement not needed
    steady = sales * share * (table.sum() + 1) / (long.sum() + 1)
    assert units[0] == pytest.approx((1 - share) * sales + steady, rel=1e-9)
    assert held == pytest.approx(steady * long.sum(), rel=1e-9)
    assert held == pytest.approx(share * sales * table.sum(), rel=0.011)
    assert units[0] == pytest.approx(sales * (1 - share + share / (1 + longer)), rel=5e-3)


def test_longer_life_leaves_other_products_alone():
    said = {"name": "rent", "kind": "product_as_service", "product": "device", "potential": 1}
    said |= {"start": "2024-01-01", "innovation": 0.2, "imitation": 0}
    said |= {"lifetime_factor": 1.25, "collection": 0, "hibernation_factor": 1}
    years = "period.end=2064-01-01"
    before, after = (series(built(m, years, name="stationary")) for m in ([], [said]))
    last = slice(-10 * 12, None)  # two of the longer lives, two and a half of the others
    sold, left = (s["delivered"][:, 1:] for s in (before, after))
    np.testing.assert_allclose(left, sold, rtol=1e-9)
    fewer = after["delivered"][last, 0].sum() / before["delivered"][last, 0].sum()
    assert fewer == pytest.approx(1 / 1.25, rel=0.01)
    usual_stock, stock = (s["stock_in_use"][last, 0].sum(axis=1) for s in (before, after))
    np.testing.assert_allclose(stock, usual_stock, rtol=0.02)


def test_leased_products_come_back():
    said = {"name": "rent", "kind": "product_as_service", "product": "device", "potential": 1, **AT_ONCE}
    said |= {"lifetime_factor": 1, "collection": 0.98, "hibernation_factor": 0}
    got = series(built([said], name="stationary"))
    back, gone = (got[name][-12:, 0].sum() for name in ("eol_collected", "eol_generated"))
    assert back == pytest.approx(0.98 * gone, rel=1e-4)


def test_take_back_raises_collection_and_its_capacity_follows(usual):
    got = series(built(models(["take_back"], potential=1, collection=1, **AT_ONCE)))
    assert got["eol_collected"].sum() > 1.1 * usual["eol_collected"].sum()


def test_refurbishing_takes_units_from_recycling_and_displaces_sales(usual):
    said = models(["refurbish"], potential=1, reuse=0.5, displacement=1, **AT_ONCE)
    got = series(built(said))
    assert got["demand"].sum() < usual["demand"].sum()
    assert got["recovered"].sum() < usual["recovered"].sum()


def test_recyclers_who_work_for_a_fee_need_less_capital_and_makers_who_lease_more():
    said = [
        {"name": "fee", "kind": "toll_recycling", "product": "ev_battery", "potential": 1, **AT_ONCE},
        {"name": "rent", "kind": "product_as_service", "product": "ev_motor", "potential": 0.5, **AT_ONCE},
    ]
    world = battery_built("reference", f"business_models={json.dumps(said)}").blueprint
    capital = world.economy.business.capital[-1]
    names = np.array([world.labels.processes[p] for p in world.firms.process])
    assert (capital[names == "recycle_battery"] < 0.9).all()
    assert (capital[names == "recycle_battery"] >= 0.3 - 1e-12).all()
    np.testing.assert_allclose(capital[names == "make_ev_motor"], 1.25)
    others = ~np.isin(names, ("recycle_battery", "make_ev_motor"))
    assert (capital[others] == 1).all()
    member = Member(world)
    member.clock.run(0)
    np.testing.assert_array_equal(member.state.working_capital, world.economy.business.capital[0])
