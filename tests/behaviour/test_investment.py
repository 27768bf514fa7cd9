"""Shortages where mines are bound to announced projects; less of them the sooner investment can respond."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from simulator.run.member import Member
from simulator.terms import FIRM_STAGES
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("investment")

BOUND = ("capacity.extraction=announced", "capacity.processing=announced")
CASES = ("invest_steps", "invest_aps", "invest_nze")
YEAR = 2040


@cache
def member(name, *sets):
    run = Member(worlds.battery_built(name, *sets).blueprint)
    return run, run.run()


@cache
def shortfall(name, *sets):
    """Share of the content demanded in the last year that final users do not get, by material."""
    run, record = member(name, *sets)
    content = run.world.product_content[-12:]
    asked, got = (
        np.einsum("trp,tpm->m", record.series[k][-12:].transpose(0, 2, 1), content)
        for k in ("demand", "delivered")
    )
    return dict(zip(run.world.labels.materials, 1 - got / asked, strict=True))


def factor(value):
    return f"parameters.lead_time_factor={value}"


@pytest.mark.parametrize("name", CASES)
def test_announced_mines_leave_a_shortage(name):
    bound = shortfall(name, *BOUND)
    assert bound["lithium"] > 0.1, bound
    assert bound["copper"] > 0.1, bound


@pytest.mark.parametrize("name", ["invest_steps", "invest_nze"])  # the ends of the range
@pytest.mark.parametrize("material", ["lithium", "cobalt", "nickel", "copper"])
def test_investment_that_comes_in_time_takes_most_of_it(name, material):
    bound, free = shortfall(name, *BOUND)[material], shortfall(name, factor(0.5))[material]
    assert free < 0.35 * bound, f"{free:.3f} of {bound:.3f}"


@pytest.mark.parametrize("material", ["lithium", "cobalt", "nickel", "copper"])
def test_the_longer_it_takes_the_more_is_short(material):
    short = [shortfall("invest_steps", *sets)[material] for sets in ((factor(0.5),), (), (factor(2),))]
    assert short[0] < short[1] < short[2], short


def test_mines_decided_on_at_the_start_work_after_their_lead_time():
    """With 15.7 years from discovery to output, capacity of firms' own comes in the last year only."""
    run, record = member("invest_steps")
    mines = [s == "extraction" for s in run.world.labels.process_stage]
    added = record.ledger.series["capacity_added"][:, :, mines].sum(axis=(1, 2))
    months = round(15.7 * 12)
    assert not added[: months - 1].any()
    assert added[months:].min() > 0


@pytest.mark.parametrize("money", [True, False])
def test_what_is_wanted_and_not_made_has_its_reason(money):
    """Price below cost, no money, or refused by lenders; without accounts money sets no limit."""
    _, record = member("invest_steps", *(() if money else ("rules.finance=false",)))
    wanted, made, blocked = (record.ledger.series[f"investments_{k}"] for k in ("wanted", "made", "blocked"))
    np.testing.assert_allclose(made + blocked.sum(axis=-1), wanted, rtol=1e-9, atol=1e-9 * wanted.max())
    assert bool(blocked[..., 1:].any()) == money
    mines = FIRM_STAGES.index("extraction")
    first, wished = blocked[:12, :, mines, :, 0].sum(), wanted[:12, :, mines].sum()
    assert 0.2 < first / wished < 0.8  # dear mines at base prices


def test_learning_makes_what_grows_cheaper():
    run, _ = member("invest_steps")
    world, process = run.world, run.world.labels.processes
    at = {p: run.state.cost_factor[world.firms.process == i] for i, p in enumerate(process)}
    assert 0.6 < at["make_ev_cell"].max() < 0.9
    assert (at["mine_copper"] == 1.0).all()
    assert (at["make_ev_cell"] == at["make_ev_cell"][0]).all()  # all learn from all


def test_a_single_outage_is_answered_by_little_investment_that_stops():
    """After a year without half of lithium refining: makers add under 1 % of a year's sales, then nothing."""
    makers = [f"capacity.{stage}=invest" for stage in worlds.STAGES[2:]]
    hit = worlds.outage(
        where={"process": "refine_lithium", "share": 0.5}, start="2026-01-01", duration_days=365
    )
    sets = (*worlds.STEADY, worlds.YEARS_25, "rules.prices=true", *makers, hit)
    run, record = member("reference", *sets)
    wanted = record.ledger.series["investments_wanted"].sum(axis=(1, 2, 3))
    sales = run.world.economy.market.sales[run.world.economy.expansion.invests].sum() * 365.25
    assert not wanted[:24].any()
    assert 0 < wanted.sum() < 0.01 * sales
    assert wanted[-120:].sum() < 0.1 * wanted.sum()
