"""What policies cost and limits hold back, by region: worked by hand, and the sums of independent books."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr

from simulator.results import tables
from tests.laws.test_policies import FIXED, MORE_FIRMS, WITH_PRICES, priced, with_policies
from tests.laws.test_trade_events import CALM, restriction, run

pytestmark = pytest.mark.xdist_group("paper")

SHORT = "period.end=2026-01-01"
NORTH, SOUTH = 0, 1
MONTHS = 12
COPPER = 10_000.0
"""Price of refined copper and of a device in the paper world [USD/t, USD]."""

ALL: tuple[dict[str, Any], ...] = (
    {"kind": "recycled_content", "value": 0.6, "product": "device", "material": "copper"},
    {"kind": "stockpile", "material": ["copper"], "value": 45, "build_days": 365},
    {"kind": "diversification", "value": 0.3, "region": "NORTH", "material": "copper"},
    {"kind": "subsidy", "stage": "extraction", "value": 0.2},
    {"kind": "tax", "stage": "processing", "value": 0.1},
    {"kind": "gate_fee", "value": 1000},
    {"kind": "deposit", "value": 20},
    {"kind": "landfill_ban", "value": 0.9},
    {"kind": "repair", "value": 0.3},
    {"kind": "lifetime", "value": 1.5},
    {"kind": "substitution_support", "value": 1},
    {"kind": "permit_time", "value": -200},
    {"kind": "moratorium", "value": 1},
)
PLACES = {each["kind"]: i for i, each in enumerate(ALL)}


@cache
def together() -> xr.Dataset:
    """All kinds at once, through a shortage."""
    return with_policies("growth", *WITH_PRICES, outage=True, policies=ALL)


def alone(**words: Any) -> xr.Dataset:
    return with_policies("growth", *WITH_PRICES, SHORT, policies=[words])


def cost(ds: xr.Dataset) -> np.ndarray:
    """Cost (time, region) of the one policy."""
    assert ds["policy_cost"].dims == ("time", "region", "policy")
    return np.asarray(ds["policy_cost"].values[:, :, 0])


# ---------------------------------------------------------------------- by hand


def test_a_fee_falls_where_what_it_is_paid_for_is_made():
    """1000 USD for each tonne treated; 50 USD of tax for each tonne mined, which the state gets."""
    paid = priced("gate_fee", value=1000)
    treated = paid["production"].sel(process=["recycle_device", "recycle_metal"]).sum("process")
    np.testing.assert_allclose(cost(paid), 1000 * treated.values, rtol=1e-12)
    tax = alone(kind="tax", process="mine_copper", per="unit", value=50)
    mined = tax["production"].sel(process="mine_copper").values
    assert mined[:, NORTH].max() != mined[:, SOUTH].max()
    np.testing.assert_allclose(cost(tax), 50 * mined, rtol=1e-12)
    np.testing.assert_array_equal(tax["policy_receipts"].values, tax["policy_cost"].values)


def test_support_falls_where_the_material_is_bought():
    """0.5 % of purchases: 19.27 and 24.48 t a month at 10,000 USD/t cost 963.5 and 1224.0 USD."""
    words = {"kind": "substitution_support", "value": 1, "material": "copper"}
    ds = with_policies("stationary", *FIXED, policies=[words])
    need = ds["need"].sel(material="copper").values
    np.testing.assert_allclose(need, [[19.270833, 24.479167]] * len(need), rtol=1e-6)
    np.testing.assert_allclose(cost(ds), 0.005 * COPPER * need, rtol=1e-9)
    one = with_policies("stationary", *FIXED, policies=[words | {"region": "SOUTH"}])
    np.testing.assert_array_equal(cost(one), cost(ds) * [0, 1])


def test_what_is_counted_by_unit_falls_where_it_is_sold_or_collected():
    """A longer life: 0.2 x 10,000 USD x (1.5 - 1) a device; a deposit of 20 USD: 2 USD a device of 0.12 t."""
    longer = alone(kind="lifetime", value=1.5, product="device")
    sold = longer["delivered"].sel(product="device").values
    np.testing.assert_allclose(cost(longer), 1000 * sold, rtol=1e-12)
    back = alone(kind="deposit", value=20, product="device")
    collected = back["eol_collected"].sel(product="device").sum("material").values
    np.testing.assert_allclose(cost(back), 2 / 0.12 * collected, rtol=1e-9)


@pytest.mark.parametrize(("where", "offices"), [({"stage": "extraction"}, 1), ({}, 6)])
def test_an_office_costs_where_it_stands(where, offices):
    """2 million USD a year for each stage of a region that saves a year."""
    ds = alone(kind="permit_time", value=-365.25, **where)
    np.testing.assert_allclose(cost(ds), offices * 2e6 / MONTHS, rtol=1e-12)
    one = alone(kind="permit_time", value=-365.25, region="SOUTH", **where)
    np.testing.assert_allclose(cost(one), np.multiply(cost(ds), [0, 1]), rtol=1e-12)


def test_a_second_source_is_paid_where_its_buyer_is():
    """Two makers of the North depend on the South alone: 50,000 USD each once they are ready, in February."""
    words = {"kind": "diversification", "value": 0.5, "qualification_days": 60}
    ds = with_policies("growth", *WITH_PRICES, "period.end=2025-01-01", *MORE_FIRMS, policies=[words])
    expected = np.zeros((MONTHS, 2))
    expected[1, NORTH] = 2 * 50_000
    np.testing.assert_allclose(cost(ds), expected, rtol=1e-12)


def test_a_limit_on_exports_holds_what_leaves_each_region():
    """Both regions let 60 % of their usual exports go; one of them alone is held once more."""
    base = run()
    ds = run(restriction(severity=0.4) | {"from": "*"}, restriction("south", severity=0.7))
    names = [f"export_{name}" for name in ("limit", "left", "held_back")]
    assert all(ds[name].dims == ("time", "region", "restriction") for name in names)
    limit, left, held = (ds[name].values[CALM] for name in names)
    usual, sent = (
        one["trade"].sel(good="refined_copper").values[:, [NORTH, SOUTH], [SOUTH, NORTH]]
        for one in (base, ds)
    )
    assert (usual[0] > 0).all() and usual[0, NORTH] != usual[0, SOUTH]
    np.testing.assert_allclose(limit[:, :, 0], 0.6 * usual[:1].repeat(len(limit), axis=0), rtol=1e-9)
    np.testing.assert_allclose(limit[:, :, 1], limit[:, :, 0] * [0, 0.3 / 0.6], rtol=1e-12)
    np.testing.assert_allclose(left[:, :, 0], sent[CALM], rtol=1e-9)
    np.testing.assert_allclose(left[:, SOUTH, 1], 0.3 * usual[0, SOUTH], rtol=1e-9)
    np.testing.assert_allclose(held[:, :, 0], np.maximum(0, usual[0] - sent[CALM]), rtol=1e-9, atol=1e-12)
    assert not left[:, NORTH, 1].any() and not held[:, NORTH, 1].any()
    assert ds["restriction_material"].values.tolist() == [[1, 0], [1, 0]]  # copper, cobalt


# ---------------------------------------------------------------------- sums


def test_sums_over_regions_are_what_the_accounts_of_the_state_and_of_households_say():
    """No other payment of these three relations is there, so the books of money prove those of policies."""
    ds = together()
    paid, got, put = (ds[f"policy_{name}"].sum("region").values.T for name in ("cost", "receipts", "outlay"))
    flow = {str(name): ds["money_flow"].sel(payment=name).values for name in ds["payment"].values}

    def of(*kinds: str) -> np.ndarray:
        return np.asarray(sum(paid[PLACES[kind]] for kind in kinds))

    stock = PLACES["stockpile"]
    np.testing.assert_allclose(flow["state>firms"], of("subsidy", "gate_fee") + put[stock], rtol=1e-9)
    np.testing.assert_allclose(flow["firms>state"], of("tax") + got[stock], rtol=1e-9)
    offices = ("stockpile", "deposit", "landfill_ban", "substitution_support", "permit_time")
    np.testing.assert_allclose(flow["state>outside"], of(*offices), rtol=1e-9)
    assert float(ds["money_residual"].max()) < 1e-9
    assert got[stock].sum() > 0 < put[stock].sum()


def test_every_region_bears_what_it_is_meant_to_and_nothing_below_zero():
    ds = together()
    for name in ("policy_cost", "policy_receipts", "policy_outlay"):
        assert float(ds[name].min()) >= 0
    spent = ds["policy_cost"].sum("time").values
    both = [i for kind, i in PLACES.items() if kind not in ("recycled_content", "diversification")]
    assert (spent[:, both] > 0).all()
    assert (spent[:, PLACES["recycled_content"]] > 0).any()
    reserve = ds["reserve_stock"].sel(material="copper").max("time").values
    assert ((ds["policy_outlay"].values[:, :, PLACES["stockpile"]].sum(axis=0) > 0) == (reserve > 0)).all()


def test_a_policy_of_one_region_costs_in_that_region_alone():
    policies = [
        {k: v for k, v in each.items() if k not in ("region", "material")} | {"region": "SOUTH"}
        for each in ALL
        if each["kind"] not in ("stockpile", "recycled_content")
    ]
    ds = with_policies("growth", *WITH_PRICES, outage=True, policies=policies)
    spent = ds["policy_cost"].sum("time").values
    assert not spent[NORTH].any()
    assert (spent[SOUTH] > 0).sum() >= len(policies) - 1


# ---------------------------------------------------------------------- tables


def test_tables_leave_out_where_nothing_happens_and_years_tell_the_world_first():
    ds = run(restriction("south", severity=0.7))
    found = tables(ds[[name for name in ds.data_vars if str(name).startswith("export_")]])
    limits, yearly = found["export_limits"], found["yearly"]
    assert set(limits["region"]) == {"SOUTH"} and set(limits["unit_restriction"]) == {"t"}
    assert len(limits) == 24 and limits["export_limit"].gt(0).all()
    rows = yearly[yearly["variable"] == "export_held_back"]
    assert rows["region"].tolist() == ["World", "SOUTH"] and set(rows["unit"]) == {"t"}
    held = ds["export_held_back"].sel(time="2026").sum()
    np.testing.assert_allclose(rows[2026], float(held), rtol=1e-12)
    costs = tables(together()[["policy_cost", "policy_receipts", "policy_outlay", "policy_reached"]])
    told = costs["policies"].groupby("policy")["policy_cost"].sum()
    whole = together()["policy_cost"].sum(("time", "region")).to_series()
    assert set(whole.index) - set(told.index) == {f"p{PLACES['diversification']}"}  # met, so without cost
    np.testing.assert_allclose(told, whole[told.index], rtol=1e-12)
    assert list(costs["policies_reached"].columns) == ["time", "policy", "policy_reached"]
