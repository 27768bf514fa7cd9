"""Random scenarios with every part of the economy, every kind of disruption and every policy break no law."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import results
from simulator.build import build
from simulator.run.clock import Rank
from simulator.run.dataset import assemble
from simulator.run.member import Member
from simulator.scenario.check_economy import EFFECTS
from simulator.terms import ACCOUNTS, FIRM_STAGES, MODEL_KINDS, PROGRAMME_KINDS, SCORES, SIZES
from simulator.world.state import MINUTES_PER_MONTH, Mode, sums
from tests.fixtures import worlds
from tests.laws.shocks import DISRUPTIONS, END, LATEST, POLICIES, PROJECTS, drawn
from tests.laws.test_run_random import DATED, SHARES

pytestmark = pytest.mark.xdist_group("paper")

RULES = (
    "spot",
    "switching",
    "overtime",
    "trend",
    "prices",
    "finance",
    "births",
    "curtailment",
    "thrifting",
    "variants",
    "demand_response",
    "collection_response",
    "hoarding",
    "illicit_trade",
)
SIGNED = {"cash", "money"}
"""Cash below 0 is credit drawn; accounts count from the start."""
CLOSURE = 1e-9
BOUNDED = {
    "availability",
    "availability_base_need",
    "collection_rate",
    "recycled_content",
    "old_scrap_ratio",
    "eol_recycling_input_rate",
    "old_scrap_input_rate",
    "adoption",
    "ally_fill",
}


def number(low, high):
    return st.floats(low, high).map(lambda x: round(x, 3))


def some(words):
    """A mapping with some of its keys: what is left out comes from the tables."""
    return st.fixed_dictionaries({}, optional=words)


DAYS = st.dates(date(2023, 1, 1), LATEST).map(date.isoformat)
WHERE = some(
    {
        "size": st.lists(st.sampled_from(SIZES), min_size=1, max_size=3, unique=True),
        "region": st.sampled_from(["SOUTH", "NORTH"]),
    }
)
ACCESS = st.lists(
    st.fixed_dictionaries(
        {
            "score": st.sampled_from([*SCORES, "*"]),
            "size": st.sampled_from([*SIZES, "*"]),
            "stage": st.sampled_from([*FIRM_STAGES, "*"]),
            "value": DATED,
        }
    ),
    max_size=3,
    unique_by=lambda row: (row["score"], row["size"], row["stage"]),
)
PROGRAMMES = st.lists(
    st.tuples(
        st.fixed_dictionaries({"kind": st.sampled_from(PROGRAMME_KINDS), "where": WHERE, "start": DAYS}),
        some(
            {
                "reach_per_year": number(0, 12),
                "uptake": SHARES,
                "cost_usd": number(0, 1e5),
                "effect": SHARES,
                "half_life_years": number(0.1, 9),
            }
        ),
    ),
    max_size=3,
)
EFFECT = {
    "lifetime_factor": number(0.6, 2),
    "collection": SHARES,
    "hibernation_factor": number(0, 2),
    "reuse": SHARES,
    "displacement": SHARES,
    "working_capital_factor": number(0.1, 2),
}


def model(kind):
    words = {
        "potential": SHARES,
        "innovation": number(0, 1),
        "imitation": number(0, 1),
        **{name: EFFECT[name] for name in EFFECTS[kind]},
    }
    said = {
        "kind": st.just(kind),
        "product": st.sampled_from(["device", "other_copper", "*"]),
        "region": st.sampled_from(["SOUTH", "NORTH", "*"]),
        "start": DAYS,
    }
    return st.tuples(st.fixed_dictionaries(said), some(words))


ALLIANCE = st.none() | st.tuples(
    st.fixed_dictionaries(
        {
            "where": WHERE,
            "start": DAYS,
            "join": st.sampled_from(["all", "benefit", 0.5]),
            "fee_share": number(0, 0.02),
            "shared_information": st.booleans(),
        }
    ),
    some(
        {
            "pooled_stock": st.fixed_dictionaries({"share": SHARES, "most_per_event": SHARES}),
            "matching": st.fixed_dictionaries(
                {"partners_per_year": number(0, 4), "qualification_factor": SHARES}
            ),
            "guarantee": st.fixed_dictionaries({"cover": SHARES, "fund_usd": number(0, 1e6)}),
        }
    ),
)
MINES = st.sampled_from(["base", "announced", "announced_then_demand", "demand", "invest", "invest"])
PLANTS = st.sampled_from(["base", "demand", "invest"])
SCENARIOS = st.fixed_dictionaries(
    {
        "case": st.sampled_from(["base", "STEPS"]),
        "factors": st.tuples(number(0.3, 3.0), number(0.5, 1.5)),
        "capacity": st.tuples(*[MINES] * 2, *[PLANTS] * 4),
        "collection": DATED,
        "repair": number(0, 0.5),
        "recovered": DATED,
        "frozen": st.sampled_from([False, False, True]),
        "allocation": st.sampled_from(["proportional", "largest", "essential", "oldest"]),
        "off": st.sets(st.sampled_from(RULES), max_size=4),
        "stock_change": st.sampled_from(["until_end", "forever"]),
        "agents": st.integers(1, 12),
        "disruptions": DISRUPTIONS,
        "policies": POLICIES,
        "projects": PROJECTS,
        "access": ACCESS,
        "mechanisms": st.fixed_dictionaries({score: st.booleans() for score in SCORES}),
        "programmes": PROGRAMMES,
        "models": st.lists(st.sampled_from(MODEL_KINDS).flatmap(model), max_size=2),
        "alliance": ALLIANCE,
        "seed": st.integers(0, 1000),
    }
)


MONEY = {"prices", "finance"}
OF_MONEY = {"finance", "tariff", "subsidy", "tax", "gate_fee", "deposit", "moratorium", "stockpile"}
"""Disruptions and policies that are refused where firms have no accounts or prices stand still."""


def named(parts):
    return [{"name": f"one_{i}", **said, **more} for i, (said, more) in enumerate(parts)]


def scenario(x):
    """The paper world with what was drawn laid over it."""
    factors = [
        {"product": "*", "value": {"2026-01-01": x["factors"][0]}},
        {"product": "device", "value": {"2025-03-01": x["factors"][1], "2025-09-01": 1.0}},
    ]
    given = {
        "period": {"start": "2024-01-01", "end": END.isoformat()},
        "seed": x["seed"],
        "demand": {"case": x["case"], "factors": factors},
        "capacity": dict(zip(worlds.STAGES, x["capacity"], strict=True)),
        "end_of_life": "frozen" if x["frozen"] else "live",
        "recovery": {
            "collection": [{"product": "*", "value": x["collection"]}],
            "routing": [{"product": "device", "route": "repair", "value": x["repair"]}],
            "yields": [{"process": "*", "material": "*", "value": x["recovered"]}],
        },
        "rules": {
            "allocation": x["allocation"],
            "stock_change": x["stock_change"],
            **{rule: rule not in x["off"] for rule in RULES},
        },
        "disruptions": [
            e for e in x["disruptions"] if MONEY.isdisjoint(x["off"]) or e["kind"] not in OF_MONEY
        ],
        "policies": [p for p in x["policies"] if MONEY.isdisjoint(x["off"]) or p["kind"] not in OF_MONEY],
        "access": x["access"],
        "mechanisms": x["mechanisms"],
        "programmes": named(x["programmes"]),
        "business_models": named(x["models"]),
    }
    if x["projects"] is not None:
        given["projects"] = x["projects"]
    if x["alliance"] is not None:
        (given["alliance"],) = named([x["alliance"]])
    return worlds.paper_with(given, *(f"world.agents.{stage}={x['agents']}" for stage in worlds.STAGES))


def watch(member):
    """Look at every firm each month, after accounts are settled: what holds for each, not only in sums."""
    state, world = member.state, member.world
    relations, slots = world.relations, world.slots
    source_firm, pushed = slots.firm[relations.source], relations.mode == Mode.PUSH
    whole = np.maximum(np.abs(state.mass).sum(axis=1), slots.base)[:, None]
    buys = sums(relations.target, np.where(pushed, 0.0, state.base_share), len(slots)) > 0
    alive = [state.alive.copy()]

    def before():
        """What the dead made and sent since accounts were last settled: nothing."""
        dead = ~alive[0]
        assert not state.made[dead].any()
        assert not state.sent[dead[source_firm]].any()

    def after():
        alive[0] = state.alive.copy()
        dead = ~state.alive
        assert not state.capacity[dead].any()
        assert (state.mass >= -1e-9 * whole).all()
        assert (state.qty >= -1e-9 * np.maximum(slots.base, 1e-9)).all()
        for array in (state.share, state.backlog, state.expected, state.kept, state.added, state.enterprises):
            assert (array >= 0).all()
        assert (state.kept <= 1 + 1e-12).all()
        for array in (state.uptime, state.used):
            assert ((array >= 0) & (array <= 1 + 1e-12)).all()
        assert (state.intensity > 0).all() and (state.skill > 0).all()
        assert np.isfinite(state.log_price).all() and (state.paid >= 0).all()
        bought = sums(relations.target, np.where(pushed, 0.0, state.share), len(slots))
        np.testing.assert_allclose(bought[buys], 1.0, rtol=1e-9)

    month = MINUTES_PER_MONTH
    member.clock.every(month, month, Rank.FINANCE, -1, before, member.until)
    member.clock.every(month, month, Rank.RECORD, 1, after, member.until)


def check_series(record, frozen):
    """Sums of each month: masses and money close, nothing is negative."""
    series, ledger = record.series, record.ledger.series
    assert series["mass_residual"].max() <= CLOSURE
    for key, values in {**series, **ledger}.items():
        assert not np.isinf(values).any(), key
        if key not in SIGNED | {"stock"} and not (key == "stock_in_use" and frozen):
            assert not (values < 0).any(), key
    assert (series["met"] <= series["need"] * (1 + 1e-12)).all()
    waits = (series["demand"] - series["delivered"] - series["unmet"]).cumsum(axis=0)
    assert waits.min() >= -1e-9 * series["demand"].sum(axis=0).max()
    if "idle_share" in ledger:
        assert (np.nan_to_num(ledger["idle_share"]) <= 1 + 1e-12).all()
        assert (ledger["intensity"][~np.isnan(ledger["intensity"])] > 0).all()
    if "investments_wanted" in ledger:
        done = ledger["investments_made"] + ledger["investments_blocked"].sum(axis=-1)
        wanted = ledger["investments_wanted"]
        np.testing.assert_allclose(wanted, done, rtol=1e-9, atol=1e-9 * (done.max() or 1.0))


def check_money(ledger):
    """Laws of accounts, where there are some."""
    if "money" not in ledger:
        return
    assert ledger["money_residual"].max() <= CLOSURE
    largest = ledger["money_flow"].max()
    assert np.abs(ledger["money"].sum(axis=1)).max() <= CLOSURE * largest
    cash = ledger["cash"].sum(axis=(1, 2, 3))
    gap = cash - ledger["money"][:, ACCOUNTS.index("firms")]
    assert np.abs(gap - gap[0]).max() <= CLOSURE * largest * len(cash)
    if "fund" in ledger:
        paid_in, paid_out, balance = ledger["fund"].T
        np.testing.assert_allclose(paid_in, balance + paid_out, rtol=1e-9)


def check_file(ds, frozen):
    """What the file alone shows: masses close over all nodes, shares are shares."""
    assert float(results.mass_closure(ds).max()) <= CLOSURE
    stock = ds["stock"].drop_sel(node=["lithosphere", "use"] if frozen else ["lithosphere"])
    assert (stock >= -1e-12 * stock.max(("time", "node"))).all()
    for key in BOUNDED & set(ds.data_vars):
        values = ds[key].values[~np.isnan(ds[key].values)]
        assert ((values >= 0) & (values <= 1 + 1e-9)).all(), key


@drawn(200)
@given(SCENARIOS)
def test_random_scenarios_break_no_law(x):
    said, tables = scenario(x), worlds.paper_tables()
    built = build(said, tables)
    member = Member(built.blueprint)
    watch(member)
    record = member.run()
    check_series(record, x["frozen"])
    check_money(record.ledger.series)
    if x["seed"] % 4 == 1:  # a quarter: 0 is drawn too often
        check_file(assemble(said, tables, built, record), x["frozen"])
