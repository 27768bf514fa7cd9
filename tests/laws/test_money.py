"""Money closes, rest is exact, and money is only a unit: laws of accounts on whole runs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from simulator import terms
from simulator.build import build
from simulator.errors import LawBroken
from simulator.run.accounts import Accounts
from simulator.run.member import Member
from simulator.scenario import load
from simulator.world import finance as law
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

MONEY = ("rules.finance=true", "rules.births=true")
OUT = worlds.outage(
    where={"region": ["SOUTH"]},
    start="2025-01-01",
    duration_days=400,
    recovery={"shape": "linear", "days": 60},
)


def changed(ds, name):
    first = ds[name].isel(time=0)
    return float(np.abs(ds[name] - first).max() / max(float(np.abs(first).max()), 1e-300))


# ---------------------------------------------------------------------- rest


@pytest.mark.parametrize("moves", ["true", "false"])
def test_cash_stays_at_its_target_for_25_years(moves):
    ds = worlds.paper("stationary", worlds.YEARS_25, *MONEY, f"rules.prices={moves}")
    for name in ("cash", "sales", "money_flow"):
        assert changed(ds, name) <= 1e-9, name
    assert float(ds["failures"].sel(cause=["liquidity", "structural"]).sum()) == 0.0


def test_the_shipped_world_rests_too():
    ds = worlds.battery("reference", *worlds.STEADY, *MONEY)
    for name in ("cash", "sales", "money_flow"):
        assert changed(ds, name) <= 1e-9, name
    assert float(ds["failures"].sel(cause=["liquidity", "structural"]).sum()) == 0.0
    assert (ds["failures"].sum("cause") == ds["births"]).all(), "usual turnover is replaced"


def test_accounts_move_no_good_where_nobody_fails():
    fixed = "rules.prices=false"
    plain = worlds.paper("outage", fixed, "rules.finance=false", "rules.births=false")
    rich = worlds.paper("outage", fixed, *MONEY)
    assert float(rich["failures"].sel(cause=["liquidity", "structural"]).sum()) == 0.0
    for name in plain.data_vars:
        np.testing.assert_array_equal(plain[name], rich[name], err_msg=str(name))


# ---------------------------------------------------------------------- the books


def troubled():
    """The paper world with a long outage in the South: firms fail, start, borrow."""
    return worlds.paper("stationary", *MONEY, "rules.prices=true", OUT)


def test_firms_fail_in_the_troubled_world():
    """What the tests below stand on."""
    ds = troubled()
    assert float(ds["failures"].sel(cause="liquidity").sum()) > 0
    assert float(ds["births"].sum()) > float(ds["failures"].sel(cause="exogenous").sum())


def test_every_account_holds_what_it_got_less_what_it_paid():
    ds = troubled()
    balance = dict.fromkeys(terms.ACCOUNTS, 0.0)
    for payment in ds["payment"].values:
        payer, payee = str(payment).split(">")
        flow = ds["money_flow"].sel(payment=payment).cumsum("time")
        balance[payer] = balance[payer] - flow
        balance[payee] = balance[payee] + flow
    scale = float(ds["money_flow"].max())
    for name, held in balance.items():
        np.testing.assert_allclose(ds["money"].sel(account=name), held, rtol=0, atol=1e-9 * scale)
    np.testing.assert_allclose(ds["money"].sum("account"), 0.0, rtol=0, atol=1e-9 * scale)
    assert float(ds["money_residual"].max()) <= 1e-9
    cash = ds["cash"].sum(["region", "stage", "size"])
    money = ds["money"].sel(account="firms")
    np.testing.assert_allclose(cash - cash[0], money - money[0], rtol=0, atol=1e-9 * scale)


def test_sales_are_what_firms_users_and_traders_pay_for_goods():
    ds = worlds.paper("stationary", *MONEY)
    paid = ds["money_flow"].sel(payment=["firms>firms", "households>firms", "outside>firms"]).sum("payment")
    np.testing.assert_allclose(ds["sales"].sum(["region", "stage", "size"]), paid, rtol=1e-12)


def test_a_leak_of_a_thousandth_is_caught(monkeypatch):
    costs = Accounts._costs

    def leaking(self):
        before = self.cash.copy()
        costs(self)
        self.cash += 1e-3 * (before - self.cash)

    monkeypatch.setattr(Accounts, "_costs", leaking)
    member = Member(worlds.paper_built("stationary", *MONEY).blueprint)
    with pytest.raises(LawBroken, match="money closes"):
        member.run()


def test_a_payment_booked_on_one_side_only_is_caught(monkeypatch):
    book = Accounts.book

    def forgetful(self, payer, payee, amount):
        book(self, payer, payee, amount)
        if (payer, payee) == (0, 2):
            self.money[payee] -= 1e-3 * amount

    monkeypatch.setattr(Accounts, "book", forgetful)
    with pytest.raises(LawBroken, match="money closes"):
        Member(worlds.paper_built("stationary", *MONEY).blueprint).run()


def test_ten_times_the_money_changes_no_index(tmp_path):
    """Prices and what a person earns times ten: the same goods, firms and failures."""
    dear = {"materials": "price_usd_per_t", "productivity": "value_added_usd_per_person"}

    def times_ten(table, rows):
        if table in dear:
            for row in rows:
                row[dear[table]] = repr(10 * float(row[dear[table]]))
        return rows

    own = worlds.copied(tmp_path, times_ten)
    scenario = load(
        {"schema_version": 1, "extends": str(worlds.PAPER / "stationary.yaml")},
        tables=own,
        sets=(*MONEY, "rules.prices=true", OUT),
    )
    base, ten = troubled(), worlds.room.run(scenario, own)
    money = {"money", "money_flow", "cash", "sales", "sales_by_process", "price_base"}
    for name in base.data_vars:
        if name.endswith("_residual"):
            continue
        factor = 10.0 if name in money else 1.0
        scale = float(np.abs(base[name]).max()) * factor
        np.testing.assert_allclose(
            ten[name], factor * base[name], rtol=1e-8, atol=1e-8 * scale, err_msg=str(name)
        )


# ---------------------------------------------------------------------- credit and loans


def accounts(*sets, **finance):
    """Accounts of the paper world by themselves: no clock, no goods."""
    from dataclasses import replace

    from simulator.run.ledger import Ledger
    from simulator.run.state import State

    world = worlds.paper_built("stationary", *MONEY, *sets).blueprint
    changed_ = replace(world.economy.finance, **finance)
    world = replace(world, economy=replace(world.economy, finance=changed_))
    state = State(world)
    return Accounts(world, state, Ledger(1))


def test_a_loan_is_paid_back_in_time_with_interest():
    books = accounts("parameters.loan_years=5")
    firm = books.firm[:1]
    books.cash[:] = 1e9  # nobody fails here
    books.lend(firm, np.array([600.0]))
    months = 0
    while books.debt[firm[0]] > 1e-9:
        books._serve_credit(books.cash.copy())
        months += 1
    assert months == 60
    rate = books.interest()[firm[0]]
    paid = -books.money[1] - 0.0  # banks: what they gave less what came back
    years = months / 12
    interest = 600.0 * rate * (years + 1 / 12) / 2
    np.testing.assert_allclose(paid, -interest, rtol=1e-3)


def test_access_to_finance_lengthens_the_credit_line_and_lowers_interest():
    books = accounts()
    line, cost, granted = books.limit.copy(), books.interest(), books.approval()
    books.state.finance_access = books.state.finance_access * 0 + 1.0
    books._aim()
    firm = books.firm
    assert (books.limit[firm] > line[firm]).all()
    assert (books.interest()[firm] < cost[firm]).all()
    assert (books.approval()[firm] > granted[firm]).all()


def test_banks_lend_on_stock_above_the_usual_up_to_a_limit():
    days, sales = np.array([10.0]), np.array([2.0])
    assert law.credit_limit(days, sales, np.array([-5.0]), 0.8)[0] == 20.0
    assert law.credit_limit(days, sales, np.array([5.0]), 0.8)[0] == 24.0


def test_money_set_free_by_running_down_stock_is_kept():
    target = law.cash_target(np.array([30.0, 30.0]), np.array([2.0, 2.0]), np.array([40.0, -40.0]))
    np.testing.assert_array_equal(target, [100.0, 60.0])


def test_fixed_cost_comes_down_in_lasting_idleness_only():
    part = np.ones(3)
    for _ in range(12):
        part = law.laid_out(part, np.array([0.0, 1.0, 2.0]), np.ones(3), 0.08)
    assert part[0] == pytest.approx(0.92**12)
    np.testing.assert_array_equal(part[1:], 1.0)


def test_a_recycler_pays_by_outturn_and_less_with_a_full_yard():
    value, won = np.array([4.0, 4.0, 4.0, 4.0, 0.0]), np.array([4.0, 2.0, 6.0, 8.0, 3.0])
    stock, usual = np.array([1.0, 1.0, 2.0, 9.0, 1.0]), np.ones(5)
    part = law.paid_part(value, won, stock, usual, 3 * usual)
    np.testing.assert_allclose(part, [1.0, 0.5, 0.75, 0.0, 0.0])


def test_margin_of_a_unit():
    log_price = np.log(np.array([1.2, 1.2]))
    cost, share = np.array([0.85, 0.85]), np.array([0.6, 0.6])
    found = law.unit_margin(log_price, cost, share, np.array([1.1, 1.0]), np.array([False, True]))
    np.testing.assert_allclose(found, [1.2 - 0.85 - 0.1, 1.2 - 0.85 - 0.12])


def test_payments_have_names_once():
    assert len(set(terms.PAYMENTS)) == len(terms.PAYMENTS) == 31
    assert json.dumps(terms.PAYMENTS)


def test_the_table_of_the_paper_world_is_read():
    built = build(worlds.paper_scenario("stationary", *MONEY), worlds.paper_tables())
    finance = built.blueprint.economy.finance
    assert set(finance.cash_days[finance.is_firm]) == {90.0}
    base = finance.sales * (1 - finance.unit_cost)
    own = finance.own_cost * built.blueprint.firms.base_rate
    np.testing.assert_allclose(base, finance.sales * (1 - finance.input_share) - own, atol=1e-9)
