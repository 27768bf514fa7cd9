"""Laws of prices: what each does to arrays, and how the simpler rules that it replaces go wrong."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.world import prices, responses
from simulator.world.firms import gain
from simulator.world.trade import switch

MONTH = 30.4375
ONE = np.ones(1)


def month_gain(days):
    return gain(MONTH, days)


# ---------------------------------------------------------------------- forming


def test_supply_is_split_by_need():
    supply, asked = prices.supply_by_relation(
        np.array([1.0, 3.0, 2.0]), np.array([8.0, 5.0]), np.array([0, 0, 1])
    )
    np.testing.assert_allclose(supply, [2.0, 6.0, 5.0])
    np.testing.assert_allclose(asked, [4.0, 2.0])


def test_tightness_moves_to_the_logarithm_of_need_over_supply():
    flow = np.zeros(3)
    for _ in range(2000):
        flow = prices.tightness(flow, np.array([10.0, 10.0, 0.0]), np.array([8.0, 0.0, 3.0]), month_gain(365))
    np.testing.assert_allclose(flow, [np.log(10 / 8), np.log(1 / prices.SCARCEST), 0.0], rtol=1e-9)


@pytest.mark.parametrize("cut", [0.1, 0.2, 0.4])
@pytest.mark.parametrize("elasticity", [0.4, 0.5, 0.8])
def test_price_of_a_cut_stays_under_the_isoelastic_envelope(cut, elasticity):
    """(1 - q)^(-1/e) is the price at which demand alone clears a cut (vectors, isoelastic shortage)."""
    flow = np.log(np.array([1 / (1 - cut)]))
    found = np.exp(prices.target_price(np.zeros(1), flow, np.zeros(1), np.array([elasticity]), 75.0, 3.0))
    assert found == pytest.approx((1 - cut) ** (-1 / elasticity), rel=1e-12)


def test_more_need_more_price_and_less_stock_more_price():
    def price(flow, gap):
        return prices.target_price(np.zeros(1), flow * ONE, gap * ONE, 0.75 * ONE, 75.0, 3.0)[0]

    assert price(0.2, 0) > price(0, 0) == 0 > price(-0.2, 0)
    assert price(0, 20) > 0 > price(0, -20)
    assert price(50, 500) == 3.0


def test_one_price_in_the_world_when_all_can_be_reached():
    amount, need = np.array([5.0, 20.0, 3.0]), np.array([10.0, 10.0, 3.0])
    good, apart = np.array([0, 0, 1]), np.zeros(3, dtype=bool)
    far = prices.reach_world(amount, need, good, apart, 1.0)
    np.testing.assert_allclose(far, [12.5, 12.5, 3.0])
    for reach in (0.0, 0.3, 0.8):
        found = prices.reach_world(amount, need, good, apart, reach)
        np.testing.assert_allclose([found[:2].sum(), found[2]], [25.0, 3.0])
    np.testing.assert_array_equal(prices.reach_world(amount, need, good, apart, 0.0), amount)


def test_a_market_cut_off_keeps_its_own():
    amount, need = np.array([5.0, 20.0, 5.0]), np.array([10.0, 10.0, 10.0])
    apart = np.array([False, True, False])
    np.testing.assert_allclose(
        prices.reach_world(amount, need, np.zeros(3, int), apart, 1.0), [5.0, 20.0, 5.0]
    )


def test_a_limit_rations_its_group_and_keeps_the_rest_at_home():
    group, asked = np.array([-1, 0, 0, 1]), np.array([10.0, 6.0, 2.0, 4.0])
    share = prices.capped_share(group[None], asked, np.array([4.0, np.inf]))
    np.testing.assert_allclose(share, [1.0, 0.5, 0.5, 1.0])
    source, home = np.array([0, 0, 0, 1]), np.array([True, False, False, False])
    supply, _ = prices.supply_by_relation(asked, np.array([18.0, 4.0]), source)
    kept = prices.keep_home(supply, asked, share, source, home, 2)
    np.testing.assert_allclose(kept, [14.0, 3.0, 1.0, 4.0])  # 4 of 8 stay with the buyer at home
    assert kept.sum() == pytest.approx(supply.sum())


def test_netback_is_price_less_own_cost():
    found = prices.netback(np.array([1.0, 1.5, 0.1]), np.full(3, 0.9), np.full(3, 0.8))
    np.testing.assert_allclose(found, [(1 - 0.1) / 0.8, (1.5 - 0.1) / 0.8, prices.SCARCEST])


# ------------------------------------------------- simpler rules that were given up


def shortage(rule, months=60, cut=0.1):
    """Price index through a lasting cut of supply: buyers wait, nothing else responds."""
    log_price, flow, backlog, stock, cover = 0.0, np.zeros(1), 0.0, 45.0, 45.0
    path = []
    for _ in range(months):
        got = (1 - cut) * MONTH
        use = min(MONTH, stock + got)
        stock = stock + got - use
        backlog += MONTH - got
        flow = prices.tightness(flow, ONE, (1 - cut) * ONE, month_gain(365))
        if rule == "gap":
            target = prices.target_price(np.zeros(1), flow, (cover - stock) * ONE, 0.75 * ONE, 75.0, np.inf)
        else:  # orders and backlog over supply: unmet need is counted again every month
            target = np.log(np.array([(MONTH + backlog) / got])) / 0.75
        log_price += month_gain(90) * (float(target[0]) - log_price)
        path.append(log_price)
    return np.array(path)


def test_unmet_need_is_counted_once():
    ours, simple = shortage("gap"), shortage("backlog")
    assert ours[-1] - ours[-13] < 0.01  # a lasting shortage has a lasting price
    assert simple[-1] - simple[-13] > 0.1  # the simpler rule has none: it rises as long as buyers wait
    assert simple[-1] > 2 * ours[-1]


def glut(rule, months=360):
    """Output of dear firms when need falls by 5 %: capacity idles by price over cost."""
    cost = np.log(np.linspace(0.5, 0.9, 21))
    used, log_price, out = np.ones(21), 0.0, []
    for _ in range(months):
        supply = used.mean()
        target = np.log(0.95 / supply) / 0.15
        log_price += month_gain(90) * (target - log_price)
        if rule == "smooth":
            used = responses.used_capacity(used, np.full(21, log_price), cost, 0.1, month_gain(120))
        else:
            used = (log_price > cost).astype(float)
        out.append(supply)
    return np.array(out[-120:])


def test_smooth_idling_settles_and_switching_off_and_on_cycles():
    assert np.ptp(glut("smooth")) < 1e-6
    assert np.ptp(glut("on and off")) > 0.04


def test_a_share_comes_back_after_years_without_deliveries():
    """The logarithm of the fill rate as a score kills a relation for good; the difference does not."""
    buyer, floor, base = np.zeros(2, dtype=int), np.full(2, 0.01), np.array([0.5, 0.5])
    ours, simple = base.copy(), base.copy()
    for month in range(48):
        fill = np.array([1.0, 0.0 if month < 24 else 1.0])
        args = (buyer, 1, floor, 0.15, np.ones(1, dtype=bool), base, month_gain(600))
        ours = switch(ours, fill, np.zeros(2), *args)
        simple = simple * np.exp(0.15 * np.log(np.maximum(fill, 1e-6)))
        simple = simple / simple.sum()
    assert ours[1] > 0.25
    assert simple[1] < 1e-6


def test_habit_bounds_what_a_lasting_price_difference_does():
    """Without it the cheaper of two suppliers ends with everything, however small the difference."""
    buyer, floor, base = np.zeros(2, dtype=int), np.full(2, 1e-4), np.array([0.5, 0.5])
    price = np.log(np.array([1.0, 1.02]))

    def after_30_years(back):
        share = base.copy()
        for _ in range(360):
            share = switch(share, np.ones(2), price, buyer, 1, floor, 0.15, np.ones(1, bool), base, back)
        return share[1]

    assert after_30_years(month_gain(600)) == pytest.approx(0.48, abs=0.02)
    assert after_30_years(0.0) < 0.3


# ------------------------------------------------------------------ responses


def test_use_falls_with_a_lasting_price_and_comes_back_slowly():
    level, path = ONE.copy(), []
    for month in range(240):
        smooth = np.log(4.0) * ONE if month < 120 else 0 * ONE
        level = responses.save_material(level, smooth, 0.2 * ONE, 0.5, month_gain(365), month_gain(365 / 0.3))
        path.append(level[0])
    assert path[119] == pytest.approx(4.0**-0.2, rel=1e-3)
    assert path[12] - path[119] < 0.6 * (1 - path[119])
    assert path[132] < 0.5 * (
        1 + path[119]
    )  # a year after the price is back, most of the saving is still there
    assert 1 - path[239] < 0.1 * (1 - path[119])


def test_saving_has_a_floor_and_ignores_low_prices():
    level = ONE.copy()
    for _ in range(600):
        level = responses.save_material(level, 9 * ONE, 0.2 * ONE, 0.5, 0.1, 0.03)
    assert level[0] == pytest.approx(0.5)
    np.testing.assert_array_equal(responses.save_material(ONE, -ONE, 0.2 * ONE, 0.5, 0.1, 0.03), ONE)


def test_variants_shift_away_from_what_has_become_dear():
    content = np.array([[0.0, 0.1], [0.5, 0.1]])  # (LFP-like, NMC-like) x (cobalt, lithium)
    value, share = np.array([30.0, 60.0]), np.array([0.5, 0.5])
    base = responses.variant_scores(content, value, np.zeros((1, 2)), 80.0, 10.0)
    np.testing.assert_array_equal(base, 0.0)
    np.testing.assert_array_equal(responses.mix_factor(share, content, base), 1.0)
    dear = responses.variant_scores(content, value, np.log(np.array([[2.0, 1.0]])), 80.0, 10.0)
    cobalt, lithium = responses.mix_factor(share, content, dear)[0]
    assert cobalt < 0.5 and lithium == pytest.approx(1.0)


def test_capacity_goes_only_where_prices_stay_below_costs():
    rate = responses.given_up(np.log(np.array([1.0, 0.95, 0.7, 0.5])), 0.05, 0.1, 0.3)
    assert rate[0] == rate[1] == 0.0
    assert 0 < rate[2] < rate[3] == 0.05


def exit_of_a_glut(rate, years=27):
    """Price after need has fallen by 30 % for good."""
    capacity, log_price, smooth = 1.0, 0.0, 0.0
    for _ in range(years * 12):
        log_price += month_gain(90) * (np.log(0.7 / capacity) / 0.75 - log_price)
        smooth += month_gain(365) * (log_price - smooth)
        gone = responses.given_up(np.array([smooth]), rate, 0.1, 0.3)[0]
        capacity *= np.exp(-gone / 12)
    return np.exp(log_price)


def test_a_glut_unwinds_only_if_capacity_can_leave():
    assert exit_of_a_glut(0.05) > 0.85
    assert exit_of_a_glut(0.0) == pytest.approx(0.7 ** (1 / 0.75), rel=1e-3)
