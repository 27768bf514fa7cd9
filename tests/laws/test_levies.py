"""Fees and duties: paid between firms and the state, closing, and nothing where they are zero."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.run.ledger import Ledger
from simulator.run.levies import settle_duties, settle_fees
from simulator.run.member import Member
from simulator.run.state import State
from simulator.terms import ACCOUNTS, PAYMENTS
from simulator.world.state import Kind
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")

MONEY = ("rules.finance=true", "rules.births=true", "rules.prices=true", "period.end=2026-01-01")


def books():
    """Accounts of the paper world by themselves, with a month's goods made and sent."""
    from simulator.run.accounts import Accounts

    world = worlds.paper_built("stationary", *MONEY).blueprint
    state = State(world)
    found = Accounts(world, state, Ledger(1))
    state.made[:] = world.firms.base_rate * 30
    return found


def paid(accounts, who):
    return float(accounts._flows[PAYMENTS.index(who)])


def test_a_subsidy_is_paid_by_the_state_and_a_tax_to_it():
    accounts = books()
    firm = accounts.firm
    state, cash = accounts.state, accounts.cash.copy()
    state.fee[firm[0]], state.fee[firm[1]] = 2.0, -3.0
    settle_fees(accounts)
    made = state.made
    assert paid(accounts, "state>firms") == pytest.approx(2.0 * made[firm[0]])
    assert paid(accounts, "firms>state") == pytest.approx(3.0 * made[firm[1]])
    np.testing.assert_allclose(accounts.cash - cash, state.fee * made, rtol=0, atol=1e-6)
    assert accounts.money[ACCOUNTS.index("state")] == pytest.approx(-float((state.fee * made).sum()))


def test_a_subsidy_widens_the_margin_by_its_share_of_the_price():
    accounts = books()
    plain = accounts.unit_margin()
    price = accounts.finance.sales / np.maximum(accounts.world.firms.base_rate, 1e-300)
    sells = accounts.finance.is_firm & (accounts.finance.sales > 0)
    accounts.state.fee[:] = np.where(sells, 0.1 * price, 0.0)
    np.testing.assert_allclose(accounts.unit_margin()[sells] - plain[sells], 0.1)


def test_buyers_pay_duty_and_suppliers_get_what_they_got():
    accounts = books()
    firms, finance = accounts.world.firms, accounts.finance
    value = np.ones(len(finance.target_firm))
    accounts.state.tariff[:] = np.log1p(0.25)
    accounts.state.has_tariff = True
    cash = accounts.cash.copy()
    settle_duties(accounts, value)
    assert (accounts.cash <= cash).all()
    users = np.isin(finance.target_firm, np.flatnonzero(firms.kind == Kind.USER))
    assert paid(accounts, "households>state") == pytest.approx(0.25 * users.sum())
    everyone = sum(paid(accounts, f"{a}>state") for a in ("firms", "households", "outside"))
    assert everyone == pytest.approx(0.25 * len(value))


def steered(*sets, **arrays):
    """A run in which some arrays of the state are set by hand from the start, by `value(world)`."""
    world = worlds.paper_built("stationary", *MONEY, *sets).blueprint
    member = Member(world)
    for name, value in arrays.items():
        getattr(member.state, name)[...] = value(world)
    member.run()
    return member


def same(one, two):
    left, right = one.record.ledger.series, two.record.ledger.series
    return all(np.array_equal(left[name], right[name], equal_nan=True) for name in left)


def test_money_closes_in_runs_with_fees_and_duties():
    plain = steered()
    firms = plain.world.firms
    member = steered(
        fee=lambda w: np.where(np.arange(len(firms)) % 2, 0.01, -0.01) * (firms.size >= 0),
        tariff=lambda w: np.where(w.relations.lead > 5 * 1440, 0.1, 0.0),
    )
    series = member.record.ledger.series
    assert series["money_residual"].max() <= 1e-9
    flow = series["money_flow"].sum(axis=0)
    for who in ("firms>state", "state>firms"):
        assert flow[PAYMENTS.index(who)] > 0, who
    assert not same(plain, member)
    assert plain.record.ledger.series["money_flow"][:, PAYMENTS.index("firms>state")].sum() == 0
