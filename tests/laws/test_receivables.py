"""Shocks of finance: credit that is cut, customers that pay late, protection from insolvency."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulator.build import build
from simulator.errors import InputError
from simulator.run.accounts import Accounts
from simulator.run.member import Member
from simulator.run.receivables import CreditShocks
from simulator.scenario import load
from simulator.world import credit as law
from simulator.world.credit import CreditShock
from simulator.world.state import MINUTES_PER_DAY
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

MONTH = 30.4375
MONEY = ("rules.finance=true", "rules.births=true", "rules.prices=false")
ALL = ["micro", "small", "medium", "large"]
SHOCK = {
    "name": "crunch",
    "kind": "finance",
    "where": {"size": ALL},
    "start": "2025-01-01",
    "duration_days": 365,
}


def says(**words):
    return "disruptions=" + json.dumps([{**SHOCK, **words}])


@cache
def paper(*sets):
    return worlds.paper("stationary", *MONEY, "period.end=2028-01-01", *sets)


@cache
def shaken(cut=0.0, delay=0.0):
    """The shipped world with a year of tighter credit and later payment for all firms."""
    built = worlds.battery_built("reference", *MONEY, "period.end=2026-07-01").blueprint
    return hit(built, cut, delay)


def hit(world, cut, delay):
    """Enterprises that failed by size over those there, and the member."""
    firms = world.firms
    reach = (firms.size >= 0).astype(float)
    shock = CreditShock(366 * MINUTES_PER_DAY, 731 * MINUTES_PER_DAY, reach, cut, 0.0, delay)
    member = Member(replace(world, economy=replace(world.economy, credit=(shock,))))
    member.run()
    failed = member.record.ledger.series["failures"][..., :2].sum(axis=(0, 1, 2, 4))
    is_firm = firms.size >= 0
    return failed / np.bincount(firms.size[is_firm], firms.enterprises[is_firm]), member


# ---------------------------------------------------------------------- what is owed


def test_what_is_owed_is_the_sales_of_the_days_by_which_customers_pay_late():
    sold = [np.array([30.0, 30.0, 30.0]), np.array([60.0, 60.0, 60.0])]
    np.testing.assert_allclose(law.still_owed(sold, np.array([0.0, 0.5, 1.25])), [0.0, 15.0, 45.0])


def test_a_shock_counts_for_the_part_of_a_month_in_which_it_lasts():
    assert law.part_of_interval(0, 10, 10, 20) == 0.0
    assert law.part_of_interval(15, 40, 10, 20) == 0.5
    assert law.part_of_interval(5, 40, 10, 20) == 1.0


def test_nothing_is_late_no_bit_changes():
    plain, nothing = paper(), paper(says())
    assert "receivables" not in nothing
    for name in plain.data_vars:
        np.testing.assert_array_equal(plain[name], nothing[name], err_msg=str(name))


def books(*sets):
    """Accounts of the paper world in a run, looked at after each step."""
    member = Member(worlds.paper_built("stationary", *MONEY, "period.end=2028-01-01", *sets).blueprint)
    seen = []
    found = next(
        action.__self__
        for actions in member.parts.months.values()
        for action in actions
        if isinstance(getattr(action, "__self__", None), Accounts)
    )
    settle = found.receivables.settle

    def watched(value):
        before = found.receivables.owed.copy()
        paid = settle(value)
        seen.append((before, value.copy(), paid.copy(), found.receivables.owed.copy()))
        return paid

    found.receivables.settle = watched
    member.run()
    return found, seen, member


def test_what_was_owed_and_sold_is_paid_or_owed_and_all_is_paid_in_the_end():
    found, seen, member = books(says(receivables_delay_days=45))
    for before, sold, paid, after in seen:
        np.testing.assert_allclose(before + sold, paid + after, rtol=1e-12, atol=1e-9)
        assert (paid >= 0).all() and (after >= 0).all()
    owed = np.array([after.sum() for *_, after in seen])
    monthly = np.array([sold.sum() for _, sold, *_ in seen])
    assert owed[20] == pytest.approx(45 / MONTH * monthly[20], rel=0.05)
    assert owed[:11].max() == owed[-1] == 0.0 and not found.receivables.is_open
    assert member.record.ledger.series["money_residual"].max() <= 1e-9
    assert sum(paid.sum() for _, _, paid, _ in seen) == pytest.approx(monthly.sum())
    late = member.record.ledger.series["receivables"].sum(axis=(1, 2, 3))
    assert 0 < late.max() <= owed.max()  # traders that cover a deficit are no firms


def test_shocks_of_one_month_multiply_add_and_of_delays_the_largest_holds():
    world = worlds.paper_built("stationary", *MONEY).blueprint
    firms = world.firms
    everyone = (firms.size >= 0).astype(float)
    year = 366 * MINUTES_PER_DAY
    shocks = tuple(
        CreditShock(0, year, everyone, cut, 0.02, days) for cut, days in ((0.5, 20.0), (0.2, 50.0))
    )
    member = Member(replace(world, economy=replace(world.economy, credit=shocks)))
    step = next(
        action
        for actions in member.parts.months.values()
        for action in actions
        if isinstance(getattr(action, "__self__", None), CreditShocks)
    )
    state = member.state
    state.now = 43_830
    state.begin_month()
    step()
    firm = everyone > 0
    np.testing.assert_allclose(state.credit_factor[firm], 0.4)
    np.testing.assert_allclose(state.extra_interest[firm], 0.04)
    assert state.pay_delay.max() == 50.0
    assert (state.credit_factor[~firm] == 1).all()


# ---------------------------------------------------------------------- who fails


def test_later_payment_and_tighter_credit_make_more_small_firms_fail():
    calm, late, tight = (shaken(*how)[0] for how in ((0.0, 0.0), (0.0, 45.0), (0.7, 45.0)))
    assert (calm == 0).all()
    assert late[:2].max() > 0.05
    assert (tight[:2] > late[:2] + 0.05).all()
    assert late[0] > late[3]
    member = shaken(0.0, 45.0)[1]
    lost = member.record.ledger.series["bad_debt"]
    assert lost.sum() > 0
    assert member.record.ledger.series["money_residual"].max() <= 1e-9


def test_equal_cash_days_give_equal_failure_rates():
    """The same delay for all sizes, which hold the same cash: no difference beyond sampling, by stage."""
    from tests.laws.test_money_failures import same_for_all_sizes

    own = same_for_all_sizes()
    world = build(load("reference", tables=own, sets=(*MONEY, "period.end=2026-01-01")), own).blueprint
    _, member = hit(world, 0.0, 45.0)
    firms = world.firms
    ever = np.asarray(member.state.kept < 1) | ~member.state.alive
    ever |= member.state.enterprises < firms.enterprises
    score = []
    for stage in range(6):
        small, large = (np.isin(firms.size, s) & (firms.stage == stage) for s in ((0, 1), (2, 3)))
        pooled = ever[small | large].mean()
        spread = np.sqrt(pooled * (1 - pooled) * (1 / small.sum() + 1 / large.sum()))
        if spread > 0:
            score.append((ever[small].mean() - ever[large].mean()) / spread)
    assert len(score) >= 3
    assert abs(np.mean(score)) * np.sqrt(len(score)) < 2.6


def protected(months):
    """Failures by month when all firms are protected for so long while customers pay late."""
    world = shaken(0.0, 60.0)[1].world
    member = Member(world)
    member.state.no_failure[:] = True

    def ends():
        member.state.no_failure[:] = False

    from simulator.run.clock import Rank

    member.clock.at(round(months * MONTH) * MINUTES_PER_DAY, Rank.POLICY, 0, ends)
    member.run()
    series = member.record.ledger.series
    return series["failures"][..., :2].sum(axis=(1, 2, 3, 4)), series["cash"].min(axis=(1, 2, 3))


def test_who_is_protected_does_not_fail_until_protection_ends():
    """Debt adds up meanwhile; some fail when it ends, and fewer in all than without protection."""
    bare = shaken(0.0, 60.0)[1].record.ledger.series["failures"][..., :2].sum(axis=(1, 2, 3, 4))
    failed, _ = protected(18.5)
    assert bare[:18].sum() > 0
    assert failed[:18].sum() == 0.0
    assert failed[18:].sum() > 0.0


# ---------------------------------------------------------------------- bad input


def test_a_shock_without_accounts_or_without_firms_is_refused():
    with pytest.raises(InputError, match="accounts"):
        worlds.paper_built("stationary", "rules.finance=false", says(credit_cut=0.5))
    with pytest.raises(InputError, match="no firm fits"):
        sets = (*MONEY, says(credit_cut=0.5, where={"size": "micro"}))
        worlds.paper_built("stationary", *sets)
