"""Policies: without strength nothing changes, each acts in its direction, its cost is never below 0."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr

import simulator.run as room
from tests.fixtures.worlds import paper_tables, paper_with

WITH_PRICES = ("rules.prices=true", "rules.finance=true", "period.end=2027-07-01")
FIXED = ("period.end=2026-01-01",)

IDLE: tuple[dict[str, Any], ...] = (
    {"kind": "recycled_content", "value": 0},
    {"kind": "stockpile", "material": ["copper", "cobalt"], "value": 0},
    {"kind": "diversification", "value": 1},
    {"kind": "subsidy", "value": 0},
    {"kind": "tax", "stage": "extraction", "per": "unit", "value": 0},
    {"kind": "gate_fee", "value": 0},
    {"kind": "deposit", "value": 0},
    {"kind": "landfill_ban", "value": 0},
    {"kind": "waste_export_ban", "value": 0},
    {"kind": "lifetime", "value": 1},
    {"kind": "repair", "value": 0},
    {"kind": "substitution_support", "value": 0},
    {"kind": "permit_time", "value": 0},
    {"kind": "moratorium", "value": 0},
)
"""Every kind at the value that changes nothing."""

BELOW_BASE: tuple[dict[str, Any], ...] = (
    {"kind": "recycled_content", "value": 0.001, "sources": False},
    {"kind": "diversification", "value": 0.999, "sources": False},
    {"kind": "repair", "value": 0},
)
"""Targets that the world meets anyway."""

BEGUN = 24
"""Months in which what was begun before the start comes on line in manufacturing."""

OUTAGE = {
    "name": "mines",
    "kind": "outage",
    "where": {"process": "mine_copper"},
    "start": "2025-06-01",
    "duration_days": 300,
    "severity": 0.7,
}


def named(*kinds: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": f"p{i}", **kind} for i, kind in enumerate(kinds)]


@cache
def without(name: str, *sets: str, outage: bool = False) -> xr.Dataset:
    return with_policies(name, *sets, outage=outage)


def with_policies(name: str, *sets: str, outage: bool = False, policies: Any = ()) -> xr.Dataset:
    changes: dict[str, Any] = {"policies": named(*policies)} if policies else {}
    if outage:
        changes["disruptions"] = [OUTAGE]
    return room.run(paper_with(changes, *sets, name=name), paper_tables())


@cache
def priced(kind: str, outage: bool = False, **words: Any) -> xr.Dataset:
    return with_policies("growth", *WITH_PRICES, outage=outage, policies=[{"kind": kind, **words}])


def same(one: xr.Dataset, other: xr.Dataset) -> bool:
    return all(np.array_equal(one[name], other[name], equal_nan=True) for name in one.data_vars)


def total(ds: xr.Dataset, name: str, **labels: str) -> float:
    return float(ds[name].sel(labels).sum())


@pytest.mark.parametrize(("name", "sets"), [("growth", WITH_PRICES), ("stationary", FIXED)])
def test_a_policy_without_strength_changes_no_bit_and_costs_nothing(name, sets):
    idle = with_policies(name, *sets, policies=IDLE)
    assert same(without(name, *sets), idle)
    assert not idle["policy_cost"].any() and not idle["policy_receipts"].any()


def test_a_target_below_the_base_outcome_changes_nothing():
    met = with_policies("growth", *WITH_PRICES, policies=BELOW_BASE)
    assert same(without("growth", *WITH_PRICES), met)
    assert not met["policy_cost"].any()


def test_a_policy_changes_nothing_before_its_first_date():
    late = priced("landfill_ban", value=_dated({"2026-01-01": 0.9}))
    base = without("growth", *WITH_PRICES)
    before = slice(None, "2025-12-15")
    assert np.array_equal(base["eol_collected"].sel(time=before), late["eol_collected"].sel(time=before))
    assert late["policy_cost"].sel(time=before).sum() == 0 < late["policy_cost"].sum()


class _dated(dict):  # noqa: N801 - a mapping that can be a key of the cache
    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))


# ---------------------------------------------------------------------- whom firms buy from


def test_a_mandate_raises_recycled_content_where_recyclers_offer_it():
    words = {"product": "device", "material": "copper"}
    met = priced("recycled_content", value=0.001, sources=False, **words)
    more = priced("recycled_content", value=0.6, **words)
    assert met["policy_reached"][-1] < 0.5 < more["policy_reached"][-1]
    content = more["recycled_content_product"].sel(product="device", material="copper").isel(time=-1)
    assert content.min() > 0.5
    assert more["recycled_content_product"].sel(product="other_copper").isnull().all()
    assert more["policy_cost"].sum() > 0


def test_a_limit_lowers_the_largest_foreign_share():
    open_ = priced("diversification", value=0.999, sources=False, region="NORTH", material="copper")
    held = priced("diversification", value=0.3, region="NORTH", material="copper")
    reached = [float(ds["policy_reached"][-12:].mean()) for ds in (open_, held)]
    # what the mine at home cannot deliver comes through the spot round all the same
    assert 0.3 <= reached[1] < reached[0] - 0.05


MORE_FIRMS = tuple(
    f"world.agents.{stage}={n}"
    for stage, n in (("extraction", 8), ("processing", 8), ("component", 6), ("manufacturing", 12))
)


def test_buyers_qualify_a_source_elsewhere_or_a_recycler_where_they_know_none():
    from simulator.build import build
    from simulator.world.state import Kind, Mode

    policies = named(
        {"kind": "diversification", "value": 0.5, "qualification_days": 60},
        {"kind": "recycled_content", "value": {"2026-01-01": 0.5}},
    )
    sets = (*WITH_PRICES, *MORE_FIRMS)
    worlds = [
        build(paper_with(changes, *sets, name="growth"), paper_tables()).blueprint
        for changes in ({}, {"policies": policies})
    ]
    usual, relations, levers = worlds[0].relations, worlds[1].relations, worlds[1].economy.policies
    assert levers is not None
    region = worlds[1].firms.region[worlds[1].slots.firm]
    added = levers.limits[0].added
    assert len(added) == 2
    for relation in added.tolist():
        known = (relations.target == relations.target[relation]) & (relations.flow > 0)
        assert region[relations.source[relation]] not in region[relations.source[known]]
        assert relations.ready[relation] == 60 * 1440
    kind = worlds[1].firms.kind[worlds[1].slots.firm[relations.source]]
    offers = (relations.mode == Mode.OFFER) & (kind == Kind.RECYCLE) & (relations.ready == 24 * 43_830)
    assert len(relations) - len(usual) == len(added) + offers.sum() == 3


def test_shares_are_capped_at_home_never_and_rows_keep_their_sum():
    from simulator.world.policy_laws import capped

    share = np.array([[0.9, 0.1, 0.0], [0.7, 0.2, 0.1], [1.0, 0.0, 0.0], [0.5, 0.3, 0.2]])
    home = np.zeros_like(share, dtype=bool)
    home[1, 0] = True  # its own region may have 0.7
    room_ = np.array([[1, 1, 1], [1, 1, 1], [1, 0, 0], [1, 1, 1.0]])
    new = capped(share, home, 0.65, room_)
    np.testing.assert_allclose(new.sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(new[0], [0.65, 0.225, 0.125])
    assert np.array_equal(new[1:], share[1:])  # at home, nowhere else to go, nothing too much
    assert capped(share[3:], home[3:], 0.65, room_[3:]) is not None
    tight = capped(np.array([[0.9, 0.1, 0.0]]), home[:1], 0.4, np.array([[1.0, 1.0, 1.0]]))
    np.testing.assert_allclose(tight, [[0.4, 0.35, 0.25]], atol=1e-12)


def test_recyclers_serve_those_below_their_share_first_and_offer_no_more():
    from simulator.world.policy_laws import preferred

    offer, source, buyer = np.array([6.0, 4.0, 5.0]), np.array([0, 0, 1]), np.array([0, 1, 1])
    new, more = preferred(offer, source, buyer, np.array([True, False, False]), np.array([3.0, 0.0]), 2)
    np.testing.assert_allclose(new, [9.0, 1.0, 5.0])
    np.testing.assert_allclose(more, [3.0, 0.0, 0.0])
    new, _ = preferred(offer, source, buyer, np.array([True, False, False]), np.array([30.0, 0.0]), 2)
    np.testing.assert_allclose(new, [10.0, 0.0, 5.0])
    new, _ = preferred(offer, source, buyer, np.zeros(3, dtype=bool), np.zeros(2), 2)
    assert np.array_equal(new, offer)


# ---------------------------------------------------------------------- reserves


def test_a_reserve_is_built_released_in_a_shortage_and_rebuilt():
    hit = without("growth", *WITH_PRICES, outage=True)
    held = priced("stockpile", outage=True, material=("copper",), value=45, build_days=365)
    stock = held["reserve_stock"].sum("region").sel(material="copper").to_series()
    before, least = stock["2025-06"].item(), stock["2025-07":"2026-12"].min()
    assert 0 < least < 0.5 * before or least == 0 < before
    assert stock.iloc[-1] > least
    during = {"time": slice("2025-08", "2026-12"), "material": "copper"}
    met = [float(ds["met"].sel(during).sum() / ds["need"].sel(during).sum()) for ds in (hit, held)]
    assert met[0] < met[1]
    assert held["policy_outlay"].sum() > 0 < held["policy_receipts"].sum()
    assert held["policy_cost"].min() >= 0 < held["policy_cost"].sum()


def test_what_is_reserved_is_not_used_and_never_more_than_there_is():
    from simulator.world.policy_laws import reserve_days, reserved_stock

    held, stock = np.array([5.0, 5.0, 0.0, 5.0]), np.array([9.0, 3.0, 40.0, 80.0])
    now = reserved_stock(held, stock, np.ones(4), np.full(4, 30.0), np.full(4, 20.0))
    np.testing.assert_allclose(now, [5.0, 3.0, 20.0, 30.0])  # kept; all there is; what is spare; the aim
    days = np.array([0.0, 59.0, 60.0])
    up = reserve_days(days, 60.0, np.zeros(3, dtype=bool), 30.0, 360.0, 90.0)
    np.testing.assert_allclose(up, [5.0, 60.0, 60.0])
    down = reserve_days(days, 60.0, np.ones(3, dtype=bool), 30.0, 360.0, 90.0)
    np.testing.assert_allclose(down, [0.0, 39.0, 40.0])


# ---------------------------------------------------------------------- money


def test_a_subsidy_lowers_the_price_and_a_tax_raises_it():
    price = {
        kind: float(ds["price"].sel(good="refined_copper").mean())
        for kind, ds in (
            ("none", without("growth", *WITH_PRICES)),
            ("subsidy", priced("subsidy", stage="extraction", value=0.2)),
            ("tax", priced("tax", stage="extraction", value=0.2)),
        )
    }
    assert price["subsidy"] < price["none"] < price["tax"]
    tax = priced("tax", stage="extraction", value=0.2)
    assert float(tax["policy_receipts"].sum()) == float(tax["policy_cost"].sum()) > 0


def test_a_subsidy_in_one_region_moves_output_there_and_the_state_pays_what_it_costs():
    base, paid = (
        without("growth", *WITH_PRICES),
        priced("subsidy", process="mine_copper", region="SOUTH", value=0.2),
    )
    there = {"process": "mine_copper", "region": "SOUTH"}
    assert total(paid, "production", **there) > total(base, "production", **there)
    flow = paid["money_flow"].sel(payment="state>firms") - base["money_flow"].sel(payment="state>firms")
    np.testing.assert_allclose(float(flow.sum()), float(paid["policy_cost"].sum()), rtol=1e-9)


def test_a_gate_fee_is_paid_for_each_tonne_treated():
    paid = priced("gate_fee", value=1000)
    treated = paid["production"].sel(process=["recycle_device", "recycle_metal"]).sum()
    np.testing.assert_allclose(float(paid["policy_cost"].sum()), 1000 * float(treated), rtol=1e-9)
    np.testing.assert_allclose(
        float(paid["money_flow"].sel(payment="state>firms").sum()),
        float(paid["policy_cost"].sum()),
        rtol=1e-9,
    )


def test_nobody_fails_for_want_of_money_while_a_moratorium_holds():
    causes = ["liquidity", "structural"]
    open_ = without("growth", *WITH_PRICES, outage=True)
    held = priced("moratorium", outage=True, value=1)
    assert float(open_["failures"].sel(cause=causes).sum()) > 0
    assert float(held["failures"].sel(cause=causes).sum()) == 0.0
    assert held["policy_cost"].min() >= 0 < held["policy_cost"].sum()


# ---------------------------------------------------------------------- products


@pytest.mark.parametrize(
    ("kind", "value", "fate"),
    [("deposit", 20, None), ("landfill_ban", 0.9, "landfill"), ("waste_export_ban", 0.9, "export_used")],
)
def test_more_is_collected_and_less_goes_where_it_is_banned(kind, value, fate):
    base, more = without("growth", *WITH_PRICES), priced(kind, value=value)
    assert total(more, "eol_collected") > total(base, "eol_collected")
    if fate:
        link = f"hibernating>{fate}"
        assert total(more, "flow", link=link) < total(base, "flow", link=link)
    assert more["policy_cost"].min() >= 0 < more["policy_cost"].sum()


def test_repair_brings_products_back_and_displaces_sales():
    base, more = without("growth", *WITH_PRICES), priced("repair", value=0.3)
    assert total(base, "flow", link="collection>use") == 0 < total(more, "flow", link="collection>use")
    assert total(more, "demand") < total(base, "demand")


def test_products_that_live_longer_are_bought_less():
    base = without("growth", *WITH_PRICES)
    sold = [total(priced("lifetime", value=v), "demand") for v in (0.8, 1.5)]
    assert sold[1] < total(base, "demand") < sold[0]


def test_a_longer_life_cuts_steady_sales_by_its_inverse_and_moves_nothing_else():
    from simulator.run.usage import ServiceFleet
    from simulator.world.business import Service
    from simulator.world.lifetime import survival_table
    from simulator.world.use import Cohorts

    months, factor, wanted = 480, 1.25, 10.0
    tables = [survival_table(months, "weibull", 4.0, None, 3.0, step=1 / 12, factor=f) for f in (1.0, factor)]
    empty = Cohorts(np.zeros((1, 0)), np.zeros((1, 0, 1)), np.array([0]), tables[1])
    service = Service(0, np.ones((months, 1)), empty, tables[0], 0.0, 1.0)
    fleet = ServiceFleet(service, months, 1)
    sales = []
    for month in range(months):
        units = np.array([wanted]) - fleet.displaced
        assert fleet.takes(units, month) == 1.0
        fleet.step(units, units[:, None])
        sales.append(float(units[0]))
    np.testing.assert_allclose(np.mean(sales[-60:]), wanted / factor, rtol=1e-2)  # a month is a step
    stock = float(fleet.fleet.units.sum())
    np.testing.assert_allclose(stock, wanted * 48, rtol=2e-2)


# ---------------------------------------------------------------------- materials and time


def test_support_makes_firms_save_more_of_a_material_that_is_dear():
    base, more = (
        without("growth", *WITH_PRICES, outage=True),
        priced("substitution_support", outage=True, value=1),
    )
    least = [float(ds["intensity"].sel(material="copper").min()) for ds in (base, more)]
    assert least[1] < least[0] < 1
    assert more["policy_cost"].sum() > 0


def test_permits_shift_openings_by_exactly_their_days():
    from simulator.build import build

    month = 30.4375
    plans = [
        build(
            paper_with(
                {"policies": named({"kind": "permit_time", "stage": "extraction", "value": days})}
                if days
                else {},
                name="growth",
            ),
            paper_tables(),
        ).plan
        for days in (0, 24 * month, -24 * month)
    ]
    online = [plan.courses.online("extraction")[:, 0] for plan in plans]
    np.testing.assert_allclose(online[1][24:], online[0][:-24], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(online[2][:-24], online[0][24:], rtol=1e-12)
    assert np.array_equal(*[plan.courses.online("processing") for plan in plans[:2]])


def test_permits_shift_what_firms_build_by_exactly_their_months():
    sets = (
        "period.end=2029-01-01",
        "rules.prices=true",
        "capacity.manufacturing=invest",
        "capacity.component=invest",
    )
    decided = []
    for days in (0, 182.625):
        policy = named({"kind": "permit_time", "value": days}) if days else []
        ds = room.run(paper_with({"policies": policy}, *sets, name="growth"), paper_tables())
        added = ds["capacity_added"].sum("region").sel(process="make_device").values
        decided.append(np.flatnonzero(added[BEGUN:])[0])  # before, what had begun comes on line
    assert decided[1] - decided[0] == 6
