"""What prices do in whole runs: nothing at rest, a peak in a shortage, calm long after it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from simulator.run.member import Member
from simulator.world.market import Caps
from simulator.world.state import Kind, Mode, Role
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

PRICES = ("rules.prices=true", "rules.finance=false")
OUTAGE = {"process": "mine_lithium", "region": "OCE"}
EIGHT_YEARS = "period.end=2032-01-01"


def refined(ds, material):
    return ds["price"].sel(good=f"refined_{material}")


@pytest.mark.parametrize(("eta", "tau"), [(0.4, 15), (0.4, 90), (0.8, 15), (0.8, 90)])
def test_prices_and_output_are_calm_twenty_years_after_a_shock(eta, tau):
    """No swing above 2 % in years 20 to 25, whatever the elasticity and the speed of prices."""
    sets = (
        *worlds.STEADY, worlds.YEARS_25, *PRICES,
        worlds.outage(where=OUTAGE, start="2026-01-01", duration_days=365),
        "parameters=" + json.dumps({"tau_price_days": tau}),
    )  # fmt: skip
    world = worlds.battery_built("reference", *sets).blueprint
    market = replace(world.economy.market, eta=np.full(len(world.economy.market), eta))
    record = Member(replace(world, economy=replace(world.economy, market=market))).run()
    price, output = record.ledger.series["price"], record.series["production"]
    late = slice(20 * 12, 25 * 12)
    for series in (price[:, ~np.isnan(price[0])], output[:, output[0] > 0]):
        path = np.log(series[late])
        assert np.ptp(path, axis=0).max() < 0.02
    lithium = price[:, :, world.labels.goods.index("refined_lithium")]
    assert np.nanmax(lithium) > 1.5


def long_run(*sets):
    return worlds.paper("stationary", worlds.YEARS_25, *PRICES, *sets)


def test_a_cut_raises_the_price_and_it_comes_back():
    price = refined(worlds.paper("outage", *PRICES), "copper").max("region")
    assert float(price.max()) > 1.1
    assert float(price[-1]) < 1 + 0.5 * (float(price.max()) - 1)


def test_a_glut_lowers_the_price_idles_the_dear_first_and_unwinds():
    factors = 'demand.factors=[{"product":"*","value":{"2025-01-01":0.8}}]'
    ds = long_run(factors)
    price = refined(ds, "copper").mean("region")
    assert float(price.min()) < 0.9
    assert float(ds["idle_share"].max()) > 0.01
    kept = long_run(factors, 'parameters={"exit_rate_per_year":0}')
    assert float(price[-12:].mean()) > float(refined(kept, "copper").mean("region")[-12:].mean()) + 0.05


def test_dear_mines_idle_before_cheap_ones():
    factors = 'demand.factors=[{"product":"*","value":{"2025-01-01":0.7}}]'
    world = worlds.battery_built("reference", *worlds.STEADY, *PRICES, factors, EIGHT_YEARS).blueprint
    member = Member(world)
    member.run()
    market, used = world.economy.market, member.state.used
    mines = (world.firms.kind == Kind.SOURCE) & market.curtails
    for process in np.unique(world.firms.process[mines]):
        here = np.flatnonzero(mines & (world.firms.process == process))
        order = here[np.argsort(market.unit_cost[here])]
        cheap, dear = np.array_split(order, 2)
        assert used[cheap].mean() >= used[dear].mean() - 1e-9
    assert used[mines].min() < 0.5


def export_limit(world, region, good, share):
    """A limit on what a region's makers of a good may ship abroad, as a share of base exports."""
    slots, relations, firms = world.slots, world.relations, world.firms
    source = relations.source
    code = world.labels.goods.index(good)
    mine = (slots.good[source] == code) & (slots.role[source] == Role.OUTPUT)
    mine &= (firms.region[slots.firm[source]] == region) & np.isin(relations.mode, (Mode.PULL, Mode.OFFER))
    abroad = firms.region[slots.firm[relations.target]] != region
    exports = relations.flow[mine & abroad].sum()
    assert exports > 0
    limit = np.full((world.n_months, 1), np.inf)
    limit[24:] = share * exports
    caps = Caps(np.where(mine & abroad, 0, -1)[None], limit)
    return replace(world, economy=replace(world.economy, caps=caps)), exports


@pytest.mark.parametrize("share", [0.4, 1e6])
def test_an_export_limit_parts_the_price_at_home_from_that_abroad(share):
    built = worlds.battery_built("reference", *worlds.STEADY, *PRICES, EIGHT_YEARS)
    china = built.blueprint.labels.regions.index("CHN")
    world, exports = export_limit(built.blueprint, china, "refined_cobalt", share)
    record = Member(world).run()
    good = world.labels.goods.index("refined_cobalt")
    price = record.ledger.series["price"][:, :, good]
    home, abroad = price[24:84, china], np.nanmean(np.delete(price[24:84], china, axis=1), axis=1)
    out = record.series["trade"][:, good, china, :].copy()
    out[:, china] = 0.0
    days = 30.4375
    if share < 1:
        assert (abroad / home).max() > 1.5
        assert home.min() < 1 < abroad.max()
        assert out[24:].sum(axis=1).max() <= share * exports * days * (1 + 1e-9)
    else:  # a limit that never binds changes nothing
        np.testing.assert_allclose(price[~np.isnan(price)], 1.0, atol=1e-9)


def swing(world, good, region, *, market=None):
    """Standard deviation of a logarithmic price around its three-year mean, from 2033 on."""
    economy = replace(world.economy, market=market or world.economy.market)
    price = np.log(Member(replace(world, economy=economy)).run().ledger.series["price"])
    labels = world.labels
    path = price[108:, labels.regions.index(region), labels.goods.index(good)]
    trend = np.convolve(np.pad(path, 18, "edge"), np.ones(37) / 37, "valid")
    return (path - trend).std()


def test_refiners_idled_by_their_margin_would_make_prices_swing():
    """Why they are not: a processor stands with a thin margin between two markets that move."""
    world = worlds.battery_built("energy_transition", *PRICES).blueprint
    market = world.economy.market
    makers = np.isin(world.firms.kind, (Kind.SOURCE, Kind.CONVERT, Kind.BY_PRODUCT))
    ours = swing(world, "refined_platinum", "EU27")
    assert ours < 0.04
    assert swing(world, "refined_platinum", "EU27", market=replace(market, curtails=makers)) > 3 * ours


def test_firms_that_idle_slowly_would_make_prices_swing():
    """Stocks run up while they wait: gallium, a glut for years, goes round and round."""
    world = worlds.battery_built("technology_metals", *PRICES).blueprint
    rules = replace(world.economy.market.rules, tau_used=120.0)
    ours = swing(world, "ore_gallium", "CHN")
    assert swing(world, "ore_gallium", "CHN", market=replace(world.economy.market, rules=rules)) > 2 * ours
