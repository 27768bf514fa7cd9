"""Trade that evades quotas and duties: as much as it pays, to the tonne, and nothing where it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.world.evasion import evaded_share, wedge
from simulator.world.firms import gain
from simulator.world.prices import capped_share
from simulator.world.state import MINUTES_PER_DAY, MINUTES_PER_MONTH
from tests.laws.shocks import drawn
from tests.laws.test_trade_events import CALM, MONEY, SOUTH, exports, restriction, run, same, tariff

pytestmark = pytest.mark.xdist_group("paper")

EVADING = (*MONEY, "rules.illicit_trade=true")
MONTH = MINUTES_PER_MONTH / MINUTES_PER_DAY
TIGHT = {"severity": 0.4}


def illicit(ds):
    return exports(ds.assign(trade=ds["exports_illicit"]))


# ---------------------------------------------------------------------- laws


def test_a_tenth_of_duty_lets_a_quarter_pass_undeclared():
    """By hand: 1 - exp(-3 x 0.1) = 0.2592; of 100 that are asked, 74.08 count against a quota of 60."""
    share = evaded_share(np.array([0.1]), np.array([3.0]), 1.0)
    assert share[0] == pytest.approx(0.259182, abs=1e-6)
    allowed = capped_share(np.array([[0]]), 100 * (1 - share), np.array([60.0]))
    assert 100 * allowed[0] == pytest.approx(80.9915, abs=1e-4)  # 60 declared, 20.99 not
    assert wedge(np.log([2.0, 1.0, 1.2]), np.log([1.6, 1.5, 1.2])) == pytest.approx([0.25, 0.0, 0.0])


@drawn(60)
@given(st.floats(0, 9), st.floats(0, 9), st.floats(0, 6), st.floats(0.1, 2))
def test_more_pays_more_evades_but_never_all(one, other, elasticity, most):
    low, high = evaded_share(np.sort([one, other]), np.full(2, elasticity), most)
    assert 0 <= low <= high < 1
    assert evaded_share(np.zeros(1), np.full(1, elasticity), most)[0] == 0


# ---------------------------------------------------------------------- quotas


def test_a_quota_is_evaded_as_far_as_prices_part_and_what_evades_does_not_use_it_up():
    plain, ds = run(restriction(**TIGHT)), run(restriction(**TIGHT), sets=EVADING)
    limit = 0.6 * exports(run())[0]
    secret, declared = illicit(ds), exports(ds) - illicit(ds)
    assert (secret[:25] == 0).all()
    assert declared[CALM].max() <= limit * (1 + 1e-9)
    assert secret[28] > 0.02 * limit
    assert exports(ds)[CALM].sum() > exports(plain)[CALM].sum()
    price = [one["price"].sel(good="refined_copper", region="NORTH").values[46] for one in (plain, ds)]
    assert price[1] < price[0]  # more arrives abroad
    np.testing.assert_array_equal(secret[49:], 0.0)  # nothing to be evaded any more
    assert float(ds["mass_residual"].max()) < 1e-9
    assert float(ds["money_residual"].max()) < 1e-9


def test_share_that_evades_follows_prices_of_the_month_before():
    ds = run(restriction(**TIGHT), sets=EVADING)
    price = ds["price"].sel(good="refined_copper")
    outside, inside = (price.sel(region=r).values for r in ("NORTH", "SOUTH"))
    share, speed = 0.0, gain(MONTH, 365.0)
    for month in range(24, 47):
        if month >= CALM.start:
            assert illicit(ds)[month] == pytest.approx(share * exports(ds)[month], rel=1e-9)
        worth = min(1.0, max(0.0, outside[month] / inside[month] - 1))
        share += speed * (1 - np.exp(-3 * worth) - share)
    assert share > 0.05


def test_what_a_restriction_let_through_held_back_and_lost_to_evasion_is_told_apart():
    ds = run(restriction(**TIGHT), sets=EVADING)
    left, evaded, held = (ds[f"export_{n}"].values[CALM, SOUTH, 0] for n in ("left", "evaded", "held_back"))
    np.testing.assert_allclose(left + evaded, exports(ds)[CALM], rtol=1e-9)
    np.testing.assert_allclose(evaded, illicit(ds)[CALM], rtol=1e-9)
    usual = exports(run())[0]
    np.testing.assert_allclose(held, np.maximum(0, usual - left - evaded), rtol=1e-6, atol=1e-9 * usual)
    assert "export_evaded" not in run(restriction(**TIGHT))


def test_better_enforcement_less_evades():
    half = restriction(**TIGHT, enforcement=0.5)
    usual, less = (illicit(run(event, sets=EVADING))[CALM] for event in (restriction(**TIGHT), half))
    assert 0 < less[:3].sum() < usual[:3].sum()


@pytest.mark.parametrize(
    ("event", "more"),
    [
        (restriction(**TIGHT, enforcement=1.0), ()),
        (restriction(**TIGHT), ("parameters.evasion_elasticity=0",)),
        (restriction(**TIGHT, leak=0.1), ()),
        (restriction(form="ban"), ()),
        (restriction(form="licence", severity=0.4), ()),
        (tariff(0.5, enforcement=1.0), ()),
    ],
    ids=["enforced", "inelastic", "own leak", "ban", "licence", "duty"],
)
def test_where_nothing_can_evade_nothing_changes_bit_for_bit(event, more):
    same(run(event, sets=(*EVADING, *more)), run(event, sets=(*MONEY, *more)))


# ---------------------------------------------------------------------- duties


def test_what_evades_pays_no_duty():
    ds = run(tariff(0.5), sets=EVADING)
    share, sent = illicit(ds) / exports(ds), exports(ds)
    # by hand: 1 - exp(-3 x 0.5) = 0.7769 in the end; a month closes 1 - exp(-30.44 / 365) of what is missing
    np.testing.assert_allclose(share[26:47] - share[25:46], (0.776870 - share[25:46]) * 0.0800081, rtol=1e-4)
    assert 0.05 < share[25] < 0.08 and share[46] > 0.6
    paid = ds["tariff_paid"].sel(region="NORTH").values
    worth = ds["price"].sel(good="refined_copper", region="NORTH").values * sent
    worth *= float(ds["price_base"].sel(good="refined_copper", region="NORTH"))
    np.testing.assert_allclose(paid[CALM], (0.5 * (1 - share) * worth)[CALM], rtol=1e-6)
    assert sent[46] > exports(run(tariff(0.5)))[46]  # a duty that is evaded moves fewer shares
    assert float(ds["money_residual"].max()) < 1e-9


def test_perfect_enforcement_of_one_event_holds_for_the_border_it_shares():
    both = run(tariff(0.5), restriction(**TIGHT, enforcement=1.0), sets=EVADING)
    assert "exports_illicit" not in both or float(both["exports_illicit"].values[CALM].sum()) == 0
