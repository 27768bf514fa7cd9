"""Random limits on exports, duties and delays break no law."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.build import build
from simulator.run.borders import restricted_exports
from simulator.run.dataset import assemble
from simulator.run.member import Member
from tests.fixtures import worlds
from tests.laws.shocks import drawn
from tests.laws.test_economy_random import LATEST, check_file, check_money, check_series, number, some, watch
from tests.laws.test_run_random import DATED, OUTAGES, SHARES, events

pytestmark = pytest.mark.xdist_group("paper")

REGIONS = st.sampled_from(["NORTH", "SOUTH", "*"])
WHEN = st.tuples(
    st.fixed_dictionaries({"start": st.dates(date(2024, 1, 1), date(2026, 6, 1)).map(date.isoformat)}),
    some({"duration_days": st.integers(1, 900)}),
)
GOODS = st.one_of(
    st.fixed_dictionaries({"good": st.sampled_from(["cell", "device", "ore_copper", "refined_cobalt"])}),
    st.fixed_dictionaries({"material": st.just("copper")}),
    st.fixed_dictionaries(
        {"material": st.just("copper"), "stage": st.sampled_from(["extraction", "component"])}
    ),
)
LIMITS = st.one_of(
    st.fixed_dictionaries({"form": st.just("quota"), "severity": SHARES, "leak": SHARES}),
    st.fixed_dictionaries({"form": st.just("quota"), "tonnes_per_year": number(0, 200)}),
    st.fixed_dictionaries({"form": st.just("ban"), "leak": SHARES}),
    st.fixed_dictionaries(
        {
            "form": st.just("licence"),
            "severity": SHARES,
            "processing_days": number(0, 200),
            "ramp_days": number(0, 200),
        }
    ),
)
LIMIT = st.tuples(
    st.fixed_dictionaries({"kind": st.just("export_restriction"), "from": REGIONS}), GOODS, LIMITS
)
DUTY = st.tuples(st.fixed_dictionaries({"kind": st.just("tariff"), "from": REGIONS, "rate": DATED}), GOODS)
WAY = st.tuples(
    st.fixed_dictionaries({"kind": st.just("transport")}),
    st.one_of(
        st.fixed_dictionaries({"from": REGIONS, "to": REGIONS}).filter(
            lambda x: x["from"] != x["to"] or x["from"] == "*"
        ),
        st.fixed_dictionaries({"corridor": st.sampled_from(["strait", "narrows"])}),
    ),
    st.one_of(
        st.just({"closed": True}),
        st.fixed_dictionaries({"extra_days": number(0, 90)}),
        st.fixed_dictionaries({"factor": number(0, 3)}),
    ),
)
EVENTS = st.lists(st.tuples(WHEN, st.one_of(LIMIT, LIMIT, DUTY, WAY)), min_size=1, max_size=4)
SCENARIOS = st.fixed_dictionaries(
    {
        "events": EVENTS,
        "outages": OUTAGES,
        "factor": number(0.5, 2.0),
        "allocation": st.sampled_from(["proportional", "largest", "essential", "oldest"]),
        "off": st.sets(st.sampled_from(["spot", "switching", "prices", "finance"]), max_size=2),
        "review": st.sampled_from([7, 30.4375]),
        "agents": st.integers(1, 6),
        "seed": st.integers(0, 1000),
    }
)


def happenings(drawn):
    """Drawn events as a scenario says them."""
    out = []
    for i, (when, parts) in enumerate(drawn):
        said = {"name": f"event_{i}"}
        for part in (*when, *parts):
            said |= part
        out.append(said)
    return out


def scenario(x):
    rules = {rule: rule not in x["off"] for rule in ("spot", "switching", "prices", "finance")}
    return worlds.paper_with(
        {
            "period": {"start": "2024-01-01", "end": "2027-01-01"},
            "seed": x["seed"],
            "demand": {"case": "STEPS", "factors": [{"product": "*", "value": {"2025-01-01": x["factor"]}}]},
            "rules": {"allocation": x["allocation"], **rules},
            "disruptions": [
                *happenings(x["events"]),
                *events([{**o, "start": min(o["start"], LATEST)} for o in x["outages"][:1]]),
            ],
        },
        f"world.review_days.refine_copper.days={x['review']}",
        *(f"world.agents.{stage}={x['agents']}" for stage in worlds.STAGES),
    )


@drawn(5)
@given(SCENARIOS)
def test_random_events_of_trade_break_no_law(x):
    said, tables = scenario(x), worlds.paper_tables()
    built = build(said, tables)
    member = Member(built.blueprint)
    watch(member)
    record = member.run()
    check_series(record, False)
    check_money(record.ledger.series)
    caps = built.blueprint.economy.caps
    if caps is not None:
        most = np.where(caps.shown.force == 1, caps.shown.most, np.inf) * 30.4375
        trade = record.series["trade"][:, caps.shown.good, caps.shown.region]
        left = (trade * caps.shown.to).sum(axis=2)
        whole = left.max() or 1.0
        if x["review"] != 7:
            assert (left <= most * (1 + 1e-9) + 1e-12 * whole).all()
        assert all((found >= 0).all() for found in restricted_exports(caps.shown, record).values())
    if x["seed"] % 4 == 0:
        check_file(assemble(said, tables, built, record), False)
