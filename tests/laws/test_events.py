"""Disruptions as they come: drawn each from its own stream, each of the size that the scenario says."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from scipy import stats

from simulator.build import build
from simulator.build.events import quantile, realise
from simulator.errors import InputError
from simulator.run.member import Member
from simulator.run.record import NODE
from simulator.run.state import State
from simulator.scenario.distribution import Distribution
from simulator.world.state import MINUTES_PER_DAY, MINUTES_PER_MONTH
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")

DAY, MONTH = MINUTES_PER_DAY, MINUTES_PER_MONTH
SHORT = "period.end=2026-01-01"
MONEY = ("rules.prices=true", "rules.finance=true", "rules.hoarding=true")
FLOOD = {"name": "flood", "kind": "outage", "where": {"process": "mine_copper"}, "severity": 0.6}
WAVE = {
    "name": "wave",
    "kind": "workforce",
    "where": {"stage": "processing"},
    "random": {"rate_per_year": 0.8},
    "duration_days": {"distribution": "lognormal", "median": 40, "sigma": 0.5},
    "severity": {"distribution": "beta", "a": 2, "b": 5},
}


@cache
def _run(text, sets):
    scenario = worlds.paper_with({"disruptions": json.loads(text)}, SHORT, *sets)
    return worlds.room.run(scenario, worlds.paper_tables())


def run(*events, sets=()):
    """Result of the paper world with these events; each is run once."""
    return _run(json.dumps(events), sets)


def built(*events, sets=(SHORT,)):
    return build(worlds.paper_with({"disruptions": list(events)}, *sets), worlds.paper_tables())


def different(one, other):
    assert set(one.data_vars) == set(other.data_vars)
    return [n for n in one.data_vars if not np.array_equal(one[n].values, other[n].values, equal_nan=True)]


def drawn(*events, seed=1, years=10):
    return realise(worlds.paper_with({"disruptions": list(events), "seed": seed}), 12 * years)


# ------------------------------------------------------------------------------------------- draws


DISTRIBUTIONS = [
    ({"distribution": "uniform", "low": 0.2, "high": 0.6}, stats.uniform(0.2, 0.4)),
    ({"distribution": "triangular", "low": 0.1, "mode": 0.2, "high": 0.9}, stats.triang(0.125, 0.1, 0.8)),
    ({"distribution": "normal", "mean": 0.5, "sd": 0.4}, stats.truncnorm(-1.25, 1.25, 0.5, 0.4)),
    ({"distribution": "normal", "mean": 0.5, "sd": 0.1, "low": 0.4}, stats.truncnorm(-1, 5, 0.5, 0.1)),
    ({"distribution": "beta", "a": 2, "b": 5, "high": 0.5}, stats.beta(2, 5, 0, 0.5)),
]


@pytest.mark.parametrize(("words", "known"), DISTRIBUTIONS, ids=lambda x: str(x)[:40])
def test_quantiles_are_those_of_the_distribution(words, known):
    law = Distribution.model_validate(words)
    shares = np.linspace(0.005, 0.995, 100)
    found = [quantile(law, u, 0.0, 1.0) for u in shares]
    np.testing.assert_allclose(found, known.ppf(shares), atol=1e-9)


def test_quantiles_of_steps_and_of_the_logarithm():
    law = Distribution(distribution="discrete", values=(3.0, 1.0), weights=(1.0, 3.0))
    assert [quantile(law, u, 0.0, 9.0) for u in (0.0, 0.24, 0.26, 0.99)] == [3.0, 3.0, 1.0, 1.0]
    law = Distribution.model_validate({"distribution": "lognormal", "median": 30.0, "sigma": 0.5})
    shares = np.array([0.01, 0.5, 0.9])
    known = stats.lognorm(0.5, scale=30).ppf(shares)
    np.testing.assert_allclose([quantile(law, u, 0.0, np.inf) for u in shares], known, rtol=1e-12)


def test_random_starts_come_at_their_rate_and_stay_in_their_window():
    scenario = worlds.paper_with({"disruptions": [WAVE]})
    each = [realise(scenario.model_copy(update={"seed": seed}), 120) for seed in range(400)]
    counts = np.array([len(events) for events in each])
    assert counts.mean() == pytest.approx(8.0, abs=4 * np.sqrt(8.0 / 400))
    assert counts.var() == pytest.approx(8.0, rel=0.3)  # a Poisson process: as large as the mean
    starts = np.array([event.start for events in each for event in events])
    assert starts.min() >= 0 and starts.max() < 120 * MONTH
    assert starts.mean() / (60 * MONTH) == pytest.approx(1.0, abs=0.05)
    late = {**WAVE, "random": {"rate_per_year": 2, "from": "2026-01-01", "to": "2027-01-01"}}
    found = [event.start / DAY for seed in range(20) for event in drawn(late, seed=seed)]
    assert found and 731 <= min(found) <= max(found) < 1096


def test_the_same_seed_draws_the_same_events_and_another_event_changes_none():
    alone = drawn(WAVE)
    assert drawn(WAVE) == alone
    assert drawn(WAVE, seed=2) != alone
    calm = {**FLOOD, "start": "2025-01-01", "duration_days": {"distribution": "uniform", "low": 1, "high": 9}}
    beside = drawn({**WAVE, "name": "second"}, calm, WAVE)
    assert [event for event in beside if event.event.name == "wave"] == list(alone)
    assert len({event.name for event in beside}) == len(beside)
    # a distribution for one number leaves the draws of the others as they were
    fixed = drawn({**WAVE, "duration_days": 10})
    assert [event.severity for event in fixed] == [event.severity for event in alone]
    assert [event.start for event in fixed] == [event.start for event in alone]


def test_an_offset_moves_start_announcement_and_end():
    words = {**FLOOD, "announced": "2025-01-01", "start": "2025-03-01", "end": "2025-05-01"}
    [there] = drawn(words)
    [moved] = drawn({**words, "start_offset_days": 12.5})
    shift = 12.5 * DAY
    assert (moved.announced, moved.start, moved.end) == (
        there.announced + shift,
        there.start + shift,
        there.end + shift,
    )
    assert drawn({**words, "start_offset_days": 3700}) == ()


# ------------------------------------------------------------------------------------------- size


NOTHING = [
    {**FLOOD, "severity": 0, "duration_days": 90, "onset_days": 10},
    {"kind": "workforce", "where": {"region": "NORTH"}, "severity": 0, "duration_days": 90},
    {"kind": "demand", "severity": 0, "duration_days": 90},
    {"kind": "collection_stop", "severity": 0, "duration_days": 90},
    {"kind": "stock_loss", "where": {"region": "SOUTH"}, "severity": 0},
    {
        "kind": "export_restriction",
        "form": "licence",
        "from": "SOUTH",
        "good": "refined_copper",
        "processing_days": 60,
        "severity": 0,
    },
    {"kind": "tariff", "from": "SOUTH", "good": "refined_copper", "rate": 0},
    {"kind": "transport", "from": "SOUTH", "to": "NORTH", "extra_days": 0},
    {"kind": "finance", "where": {"region": "NORTH"}, "duration_days": 90},
]


def test_events_of_no_size_change_no_bit_though_they_are_announced():
    calm = run(sets=MONEY)
    dates = {"announced": "2024-06-01", "start": "2025-01-01"}
    events = [{**dates, **each, "name": f"nothing_{i}"} for i, each in enumerate(NOTHING)]
    nothing = run(*events, sets=MONEY)
    assert different(calm, nothing) == []
    assert len(json.loads(nothing.attrs["events"])) == len(NOTHING)
    at_random = {"random": {"rate_per_year": 2}, "duration_days": 30}
    assert different(calm, run({**FLOOD, "severity": 0, **at_random}, sets=MONEY)) == []


def test_nothing_changes_before_an_event_is_known():
    start = {"start": "2025-01-01"}  # in the thirteenth model month
    lasting = {**start, "duration_days": 60, "severity": 0.5}
    calm = run(sets=MONEY)
    hit = run(
        {**FLOOD, **lasting},
        {"name": "a", "kind": "workforce", "where": {"region": "NORTH"}, **lasting},
        {"name": "b", "kind": "demand", **lasting},
        {"name": "c", "kind": "collection_stop", **lasting},
        {"name": "d", "kind": "stock_loss", "where": {"region": "SOUTH"}, **start, "severity": 0.5},
        sets=MONEY,
    )
    first = {"time": slice(0, 12)}
    shown = [n for n in calm.data_vars if "time" in calm[n].dims and "link" not in calm[n].dims]
    for name in shown:
        one, other = (each[name].isel(first).values for each in (calm, hit))
        assert np.array_equal(one, other, equal_nan=True), name
    later = [n for n in shown if not np.array_equal(calm[n].values, hit[n].values, equal_nan=True)]
    assert {"production", "demand", "eol_collected", "stock", "price"} <= set(later)


def test_absent_persons_are_an_outage_of_the_declared_size():
    when = {"start": "2024-09-10", "duration_days": 150, "recovery": {"shape": "linear", "days": 60}}
    share = worlds.paper_tables().assumption("workforce_capacity_share")
    where = {"stage": ["extraction", "processing"]}
    absent = run({"name": "a", "kind": "workforce", "where": where, "severity": 0.9, **when})
    stopped = run({"name": "a", "kind": "outage", "where": where, "severity": 0.9 * share, **when})
    for name in ("production", "trade", "stock", "delivered"):
        np.testing.assert_allclose(absent[name].values, stopped[name].values, rtol=1e-12, atol=1e-12)
    made = "production"
    assert float(absent[made].sel(process="mine_copper").sum()) < float(
        run()[made].sel(process="mine_copper").sum()
    )


def test_lost_demand_is_the_exact_mean_of_its_course_in_each_month():
    hit = {"kind": "demand", "product": "device", "region": "NORTH", "start": "2024-03-11"}
    one = {**hit, "name": "one", "severity": 0.5, "onset_days": 30, "duration_days": 70}
    two = {**hit, "name": "two", "severity": -0.4, "duration_days": 120}
    calm, ds = run(), run(one, two)
    got = (ds["demand_announced"] / calm["demand_announced"]).sel(product="device", region="NORTH")
    minutes = np.arange(24 * 30 * 96).reshape(24, -1) * (MONTH / (30 * 96)) + MONTH / (60 * 96)
    day = (minutes - 70 * DAY) / DAY
    first = np.where((day >= 0) & (day < 70), 0.5 * np.clip(day / 30, 0, 1), 0.0)
    second = np.where((day >= 0) & (day < 120), 0.4, 0.0)
    np.testing.assert_allclose(got, ((1 - first) * (1 + second)).mean(axis=1), atol=2e-4)
    for product in ("other_copper", "other_cobalt"):
        both = [each["demand_announced"].sel(product=product).values for each in (calm, ds)]
        assert np.array_equal(*both)
    assert np.array_equal(
        *(each["demand_announced"].sel(product="device", region="SOUTH").values for each in (calm, ds))
    )


def test_users_buy_less_of_what_they_want_less():
    lost = run({"name": "a", "kind": "demand", "start": "2024-01-01", "duration_days": 731, "severity": 0.3})
    more = run({"name": "a", "kind": "demand", "start": "2024-01-01", "duration_days": 731, "severity": -0.1})
    sold = [float(ds["delivered"].sel(product="device").sum()) for ds in (lost, run(), more)]
    assert sold[0] < sold[1] < sold[2]
    np.testing.assert_allclose(lost["demand_announced"], 0.7 * run()["demand_announced"], rtol=1e-12)


def test_what_is_not_collected_goes_to_the_fates_of_the_product():
    hit = {"name": "a", "kind": "collection_stop", "start": "2024-02-01", "product": "device"}
    calm, ds = run(), run({**hit, "duration_days": 364, "severity": 1.0})
    product = {"product": "device"}
    inside = slice(2, 12)  # whole months of the stop
    assert float(ds["eol_collected"].sel(product).isel(time=inside).sum()) == 0.0
    assert float(calm["eol_collected"].sel(product).isel(time=inside).sum()) > 0.0
    half = run({**hit, "duration_days": 364, "severity": 0.5})
    for name in ("eol_generated", "eol_collected"):
        part = 0.5 if name == "eol_collected" else 1.0
        want = part * calm[name].sel(product).isel(time=inside)
        np.testing.assert_allclose(half[name].sel(product).isel(time=inside), want, rtol=1e-9)
    fates = ["landfill", "export_used", "informal", "unknown"]
    lost = [worlds.link(each, "hibernating", fates).isel(time=inside) for each in (calm, ds)]
    kept = calm["eol_collected"].sel(product).isel(time=inside).sum("region")
    np.testing.assert_allclose(lost[1] - lost[0], kept, rtol=1e-9, atol=1e-12)
    other = {"product": ["other_copper", "other_cobalt"]}
    assert np.array_equal(*(each["eol_collected"].sel(other).isel(time=inside) for each in (calm, ds)))


def test_stocks_are_lost_at_once_and_to_the_tonne():
    fire = {"name": "fire", "kind": "stock_loss", "where": {"region": "SOUTH"}, "severity": 0.25}
    world = built({**fire, "start": "2024-01-01"}).blueprint
    state = State(world)
    firms = world.firms
    theirs = (firms.region[world.slots.firm] == world.labels.regions.index("SOUTH")) & (
        firms.size[world.slots.firm] >= 0
    )
    want = 0.25 * state.mass[theirs].sum()
    member = Member(world)
    member.clock.run(0)
    waste = [link for link, (_, to) in enumerate(member.state.links.pairs) if to == NODE["disposal"]]
    gone = member.record.routes.local[waste].sum()
    np.testing.assert_allclose(member.state.qty[theirs], 0.75 * state.qty[theirs], rtol=1e-14)
    assert np.array_equal(member.state.qty[~theirs], state.qty[~theirs])
    assert gone == pytest.approx(want, rel=1e-12) and want > 0


def test_lost_stocks_are_recorded_made_again_and_mass_closes():
    fire = {
        "name": "fire",
        "kind": "stock_loss",
        "where": {"stage": "processing"},
        "good": "refined_copper",
        "start": "2024-08-15",
        "severity": 0.8,
    }
    calm, ds = run(), run(fire)
    lost = worlds.link(ds, "processing", "disposal")
    assert (lost.sum("material") > 0).values.nonzero()[0].tolist() == [7]
    assert float(lost.sel(material="cobalt").sum()) == 0.0
    before = calm["stock"].sel(node="processing", material="copper").isel(time=6)
    assert 0.0 < float(lost.sel(material="copper").sum()) < 0.8 * float(before)
    assert float(np.abs(ds["mass_residual"]).max()) < 1e-9
    mined = [float(each["production"].sel(process="mine_copper").sum()) for each in (ds, calm)]
    assert mined[0] > mined[1]


def test_two_outages_multiply_what_is_left_of_capacity():
    when = {"start": "2024-03-01", "duration_days": 200}
    flood = {**FLOOD, **when, "onset_days": 20, "recovery": {"shape": "table", "table": {"30": 0.5, "90": 0}}}
    strike = {**FLOOD, **when, "name": "strike", "kind": "workforce", "severity": 0.5}
    world = built(flood, strike).blueprint
    state = State(world)
    copper = np.array([n.split("-")[1] == "mine_copper" for n in world.firms.name])
    share = worlds.paper_tables().assumption("workforce_capacity_share")
    for day, part in ((90, 0.4), (70, 1 - 0.6 * 0.5), (275, 1 - 0.6 * 0.75)):
        state.now = day * DAY
        state.set_uptime(0)
        strikes = 1 - 0.5 * share if day < 260 else 1.0
        np.testing.assert_allclose(state.uptime[copper], part * strikes, rtol=1e-12)
        assert (state.uptime[~copper] == 1.0).all()


# ------------------------------------------------------------------------------------------- readers


def test_events_are_told_with_the_result():
    ds = worlds.room.run(
        worlds.paper_with({"disruptions": [{"preset": "south_trouble", "start": "2024-03-01"}]}, SHORT),
        worlds.paper_tables(),
    )
    stop, ban = json.loads(ds.attrs["events"])
    assert stop == {
        "name": "south_copper_stop",
        "kind": "outage",
        "target": "extraction; SOUTH; copper",
        "severity": 0.5,
        "announced": "2024-01-30",
        "start": "2024-03-01",
        "end": "2024-05-30",
        "preset": "south_trouble",
    }
    assert (ban["target"], ban["severity"]) == ("extraction copper, SOUTH to *", 1.0)
    assert (ban["start"], ban["end"]) == ("2024-05-31", "2024-08-30")
    hit = ds["production"].sel(process="mine_copper", region="SOUTH") < 0.9 * run()["production"].sel(
        process="mine_copper", region="SOUTH"
    )
    assert bool(hit.isel(time=3))


def test_targets_that_only_the_network_knows_are_refused_too():
    fire = {"name": "fire", "kind": "stock_loss", "start": "2024-02-01", "severity": 0.5}
    with pytest.raises(InputError, match="no stock of device"):
        built({**fire, "where": {"stage": "extraction"}, "good": "device"})
