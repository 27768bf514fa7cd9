"""Money and prices know no size of the world and no number of firms."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.run.accounts import Accounts
from simulator.run.ledger import Ledger
from simulator.run.markets import Markets
from simulator.run.state import State
from simulator.world.state import Kind
from tests.fixtures import worlds
from tests.laws.test_run_scale import (  # noqa: F401 - fixtures
    MANY,
    QUANTITIES,
    SHARES,
    complete_network,
    run,
)

pytestmark = pytest.mark.xdist_group("paper")

MONEY = ("rules.prices=true", "rules.finance=true", "rules.births=true")
NO_UNIT = SHARES | {
    *("price", "price_base", "idle_share", "intensity", "market_share", "largest_firm_share"),
    *("n_firms", "jobs", "failures", "births", "n_firms_start"),
    *("n_firms_by_process", "jobs_by_process", "failures_by_process"),
}
"""What does not grow with the world, whose firms grow."""
PER_PERSON = "value_added_usd_per_person"
SLUMP = 'demand.factors=[{"product":"*","value":{"2026-01-01":0.7,"2026-07-01":1.0}}]'


@pytest.fixture(scope="module")
def larger_firms(tmp_path_factory):
    """Tables of the paper world, a thousand times as large, made by as many firms and persons as before.

    A firm that stands for two enterprises or more fails in parts, one that stands for less as a whole: with
    more firms instead of larger ones, failures would be others.
    """

    def change(table, rows):
        for row in rows:
            for column in (QUANTITIES.get(table), {"productivity": PER_PERSON}.get(table)):
                if column:
                    row[column] = repr(1000 * float(row[column]))
        return rows

    return worlds.copied(tmp_path_factory.mktemp("larger_firms"), change)


@pytest.mark.parametrize(("name", "sets"), [("outage", ()), ("recovery", ()), ("stationary", (SLUMP,))])
def test_a_thousand_times_the_quantities_leave_prices_as_they_are(larger_firms, name, sets):
    """Masses and money a thousand times as large; indices, enterprises and failures the same."""
    once = worlds.paper(name, *MONEY, *sets)
    more = run(larger_firms, name, *MONEY, *sets)
    if sets:
        assert float(once["failures"].sel(cause="liquidity").sum()) > 0
    for key, values in once.drop_vars(["mass_residual", "money_residual"]).data_vars.items():
        wanted = values.values * (1 if key in NO_UNIT else 1000)
        scale = np.nanmax(np.abs(wanted), initial=0.0)
        np.testing.assert_allclose(more[key].values, wanted, rtol=1e-7, atol=1e-8 * scale, err_msg=str(key))


DRAWN = {
    *("unit_cost_spread", "cash_days_spread", "reorganised"),
    *("credit_days_access", "interest_access", "approval_access"),
}
"""Columns that set how firms of a class differ, by themselves or through their access scores."""


@pytest.fixture(scope="module")
def alike(tmp_path_factory):
    """Tables of the paper world in which firms of all sizes are alike: covers, cash, credit, costs."""

    def change(table, rows):
        first = rows[0] if table in {"covers", "finance_by_size"} else None
        for row in rows:
            if first is not None:
                row |= {key: value for key, value in first.items() if key != "size"}
            row |= dict.fromkeys(DRAWN & row.keys(), "0")
        return rows

    return worlds.copied(tmp_path_factory.mktemp("alike"), change)


TOTALS = (
    "flow",
    "production",
    "trade",
    "delivered",
    "price",
    "idle_share",
    "intensity",
    "money",
    "money_flow",
)


@pytest.mark.parametrize(("name", "sets"), [("outage", ()), ("growth", ()), ("stationary", (SLUMP,))])
def test_splitting_firms_into_equal_parts_leaves_prices_and_money(
    alike,
    complete_network,  # noqa: F811
    name,
    sets,
):
    """Firms that are alike and buy from all are parts of one firm, whether they live or fail."""
    still = "parameters.new_partners_per_year=0"
    few, many = (run(alike, name, *MONEY, *sets, still, *more) for more in ((), MANY))
    assert many.attrs["n_agents"] > few.attrs["n_agents"] + 50
    for key in TOTALS:
        scale = float(np.abs(few[key]).max())
        np.testing.assert_allclose(many[key].values, few[key].values, rtol=0, atol=1e-7 * scale, err_msg=key)
    for key in ("sales", "cash"):
        first, second = (ds[key].sum(["region", "size"]).values for ds in (few, many))
        scale = np.abs(first).max()
        np.testing.assert_allclose(second, first, rtol=0, atol=1e-7 * scale, err_msg=key)


def test_a_handful_of_waste_is_not_paid_for_all_that_waited():
    """Recyclers pay for the metal they win; when next to nothing comes, they win it from what lies there."""
    world = worlds.paper_built("stationary", *MONEY).blueprint
    state = State(world)
    ledger = Ledger(1)
    Markets(world, state, ledger)
    books = Accounts(world, state, ledger)
    usual = world.relations.flow[books._pushed] * 30.4375
    recyclers = world.firms.kind == Kind.RECYCLE
    np.testing.assert_allclose(books._paid_part(usual)[recyclers], 1.0, rtol=1e-9)
    for left in (1e-3, 1e-9, 1e-18):
        part = books._paid_part(left * usual)[recyclers]
        assert (part >= 1.0 - 1e-9).all() and (part <= 3.0).all()
    assert not books._paid_part(0.0 * usual)[recyclers].any()
