"""Random disruptions of all kinds and random policies of the paper world, for tests of laws."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from simulator.terms import SIZES

FIRST, LATEST, END = date(2024, 1, 1), date(2026, 1, 1), date(2026, 7, 1)
SHARES = st.floats(0.0, 1.0).map(lambda x: round(x, 3))
DAYS = st.integers(1, 700)
STARTS = st.dates(FIRST, LATEST)
REGIONS = ("NORTH", "SOUTH")
PRODUCTS = ("device", "other_copper", "other_cobalt")
GOODS = ("cell", "device", "ore_copper", "other_copper", "refined_copper")
"""Goods that both regions sell to each other."""


def drawn(number):
    """Settings of random runs: the same draws each time, no shrinking, so that the time stays bounded."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


WHERE = st.sampled_from(
    [
        {"process": "mine_copper"},
        {"stage": "processing"},
        {"region": "NORTH"},
        {"size": list(SIZES)},
        {"material": "cobalt", "stage": ["extraction", "processing"]},
        {"stage": "recycling", "share": 0.5},
    ]
)
DRAWN = SHARES | st.sampled_from(
    [
        {"distribution": "uniform", "low": 0.1, "high": 0.9},
        {"distribution": "triangular", "low": 0.0, "mode": 0.2, "high": 1.0},
    ]
)
FADING = {
    "duration_days": DAYS,
    "severity": DRAWN,
    "recovery": st.sampled_from(
        [
            {"shape": "step"},
            {"shape": "linear", "days": 90},
            {"shape": "exponential", "days": 40},
            {"shape": "table", "table": {"30": 0.5, "90": 0}},
        ]
    ),
}
ACROSS = st.sampled_from([("NORTH", "SOUTH"), ("SOUTH", "NORTH"), ("*", "*")])
KINDS = {
    "outage": {"where": WHERE, **FADING},
    "workforce": {"where": WHERE, **FADING},
    "demand": {
        "product": st.sampled_from([*PRODUCTS, "*"]),
        "region": st.sampled_from([*REGIONS, "*"]),
        **FADING,
    },
    "collection_stop": {"product": st.sampled_from(["device", "*"]), **FADING},
    "stock_loss": {"where": WHERE, "severity": DRAWN},
    "export_restriction": {
        "across": ACROSS,
        "good": st.sampled_from(GOODS),
        "form": st.sampled_from(["quota", "licence"]),
        "severity": DRAWN,
        "duration_days": DAYS,
        "leak": st.just(0.0) | SHARES,
    },
    "tariff": {
        "across": ACROSS,
        "good": st.sampled_from(GOODS),
        "rate": st.floats(0, 1.5),
        "enforcement": SHARES,
        "duration_days": DAYS,
    },
    "transport": {
        "across": st.sampled_from([("NORTH", "SOUTH"), ("SOUTH", "NORTH")]),
        "extra_days": st.integers(0, 120),
        "duration_days": DAYS,
    },
    "finance": {
        "where": st.sampled_from([{"size": list(SIZES)}, {"region": "SOUTH"}]),
        "credit_cut": SHARES,
        "extra_interest": st.floats(0, 0.3),
        "receivables_delay_days": st.integers(0, 120),
        "duration_days": DAYS,
    },
}


def _kind(kind):
    words = st.fixed_dictionaries(
        {"kind": st.just(kind), "start": STARTS, "early": st.integers(0, 200), **KINDS[kind]}
    )
    return words.map(_said)


def _said(drawn):
    """An event as a scenario says it."""
    early = drawn.pop("early")
    start = drawn["start"]
    told = max(FIRST, date.fromordinal(start.toordinal() - early))
    across = drawn.pop("across", None)
    more = {} if across is None else {"from": across[0], "to": across[1]}
    return {**drawn, **more, "start": start.isoformat(), "announced": told.isoformat()}


DISRUPTIONS = st.lists(st.sampled_from(sorted(KINDS)).flatmap(_kind), max_size=4).map(
    lambda found: [{"name": f"event_{i}", **each} for i, each in enumerate(found)]
)


def dated(low, high):
    """A value from some day on, and another one later."""
    number = st.floats(low, high).map(lambda x: round(x, 3))
    return st.builds(lambda a, b: {"2024-06-01": a, "2025-09-01": b}, number, number)


REGION = st.sampled_from([["NORTH"], ["SOUTH"], ["NORTH", "SOUTH"]])
POLICY_KINDS = {
    "recycled_content": {"value": dated(0, 0.9)},
    "stockpile": {"material": st.just("copper"), "region": REGION, "value": dated(0, 120)},
    "diversification": {"region": REGION, "value": dated(0.3, 1)},
    "subsidy": {"where": WHERE, "value": dated(0, 0.3)},
    "tax": {"where": WHERE, "value": dated(0, 0.3)},
    "gate_fee": {"value": dated(0, 3000)},
    "deposit": {"product": st.just("device"), "value": dated(0, 20)},
    "landfill_ban": {"value": dated(0, 1)},
    "waste_export_ban": {"value": dated(0, 1)},
    "lifetime": {"product": st.just("device"), "value": dated(0.7, 2)},
    "repair": {"product": st.just("device"), "value": dated(0, 0.5)},
    "substitution_support": {"value": dated(0, 2)},
    "permit_time": {"stage": st.just("extraction"), "value": st.integers(-700, 700)},
    "moratorium": {
        "where": st.just({"size": list(SIZES)}),
        "value": st.just({"2024-06-01": 1, "2025-09-01": 0}),
    },
}


def _policy(kind):
    def said(drawn):
        where = {key: value for key, value in drawn.pop("where", {}).items() if key != "share"}
        return {**drawn, **where}

    return st.fixed_dictionaries({"kind": st.just(kind), **POLICY_KINDS[kind]}).map(said)


POLICIES = st.lists(st.sampled_from(sorted(POLICY_KINDS)).flatmap(_policy), max_size=3).map(
    lambda found: [{"name": f"policy_{i}", **each} for i, each in enumerate(found)]
)

PROJECTS = st.none() | st.fixed_dictionaries(
    {
        "reserves": st.booleans(),
        "depletion": st.booleans(),
        "confidence": st.sampled_from(["P90", "P50", "P10"]),
        "finance": st.sampled_from(["bank", "free", "none"]),
        "add": st.lists(
            st.fixed_dictionaries(
                {
                    "process": st.sampled_from(["mine_copper", "refine_copper", "refine_cobalt"]),
                    "region": st.sampled_from(REGIONS),
                    "e": st.just("E1"),
                    "f": st.sampled_from(["F1.2", "F1.3"]),
                    "capacity_per_year": st.floats(1, 3000).map(round),
                    "break_even": st.floats(0.2, 2).map(lambda x: round(x, 2)),
                    "permit_days": st.integers(0, 300),
                    "build_days": st.integers(0, 300),
                },
                optional={"opens": STARTS.map(date.isoformat)},
            ),
            max_size=2,
        ).map(lambda found: [{"name": f"project_{i}", **each} for i, each in enumerate(found)]),
    }
)
"""Projects that the rules or a date bring on line; some worlds have none."""
