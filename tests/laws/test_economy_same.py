"""Same run, same bytes, and nothing acts before its day: with money, programmes and an alliance."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest

import simulator.run as room
from simulator.terms import MODEL_KINDS, PROGRAMME_KINDS, SCORES
from tests.fixtures import worlds
from tests.laws.test_run_same import months_until

pytestmark = pytest.mark.xdist_group("paper")

MONEY = ("rules.prices=true", "rules.finance=true", "rules.births=true")
SHORT = "period.end=2029-01-01"
MANY = tuple(f"world.agents.{stage}=6" for stage in worlds.STAGES)
SHOCK = {
    "name": "shock",
    "kind": "outage",
    "where": {"process": ["refine_copper", "make_cell"]},
    "start": "2025-06-01",
    "duration_days": 200,
    "severity": 0.7,
    "recovery": {"shape": "linear", "days": 60},
}
SERVICES = {
    "fee_share": 0.0005,
    "pooled_stock": {"share": 0.3, "most_per_event": 0.5},
    "shared_information": True,
    "matching": {"partners_per_year": 1.0, "qualification_factor": 0.5},
    "guarantee": {"cover": 0.5, "fund_usd": 1.0e6},
}
EVERYTHING = {
    "disruptions": [SHOCK],
    "access": [{"score": score, "size": "micro", "value": {"2026-01-01": 0.7}} for score in SCORES],
    "programmes": [{"name": kind, "kind": kind, "start": "2024-06-01"} for kind in PROGRAMME_KINDS],
    "business_models": [
        {"name": kind, "kind": kind, "product": "device", "start": "2024-06-01"} for kind in MODEL_KINDS
    ],
    "alliance": {"name": "ace", "start": "2024-06-01", "join": "benefit", **SERVICES},
    "capacity": dict.fromkeys(worlds.STAGES, "invest"),
}

SCRIPT = """
import json, sys
from pathlib import Path
import simulator.run as room
from simulator import results
from simulator.scenario import load, tables
from tests.fixtures import worlds
own = worlds.with_rules(tables.load(Path(sys.argv[1])))
said = json.loads(sys.argv[3])
scenario = load(said, tables=own, sets=json.loads(sys.argv[4]))
results.to_netcdf(room.run(scenario, own), sys.argv[2])
"""


def run(changes, *sets, name="stationary"):
    """A short run of the paper world with several firms in each sector and money on."""
    scenario = worlds.paper_with(changes, *MONEY, SHORT, *MANY, *sets, name=name)
    return room.run(scenario, worlds.paper_tables())


def written(folder, path, seed):
    where = os.pathsep.join([str(worlds.PAPER.parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": where}
    said = {"schema_version": 1, "extends": str(worlds.PAPER / "stationary.yaml"), **EVERYTHING}
    words = [str(folder), str(path), json.dumps(said), json.dumps([*MONEY, SHORT, *MANY])]
    subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], env=environment, check=True, cwd=worlds.PAPER.parents[2]
    )
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_everything_on_gives_the_same_bytes(tmp_path):
    """With rows of the tables shuffled and another hash seed."""
    rng = random.Random(11)

    def shuffle(_, rows):
        rng.shuffle(rows)
        return rows

    worlds.copied(tmp_path / "shuffled", shuffle)
    first = written(worlds.PAPER / "inputs", tmp_path / "a.nc", "1")
    assert written(worlds.PAPER / "inputs", tmp_path / "b.nc", "2") == first
    assert written(tmp_path / "shuffled", tmp_path / "c.nc", "3") == first


def different(first, second, until=None, without=()):
    """Names of variables that both have and that differ in any bit before a month."""
    found = []
    if until is not None:
        first, second = worlds.before(first, until), worlds.before(second, until)
    for name in set(first.data_vars) & set(second.data_vars) - set(without):
        pair = [ds[name] for ds in (first, second)]
        if not np.array_equal(pair[0].values, pair[1].values, equal_nan=True):
            found.append(str(name))
    return sorted(found)


@pytest.fixture(scope="module")
def shocked():
    return run({"disruptions": [SHOCK]})


LATER = "2026-03-01"
PLANS = {
    **{f"access_{score}": {"access": [{"score": score, "value": {LATER: 0.95}}]} for score in SCORES},
    **{
        f"programme_{kind}": {
            "programmes": [{"name": "one", "kind": kind, "start": LATER, "reach_per_year": 6, "uptake": 1}]
        }
        for kind in PROGRAMME_KINDS
    },
    **{
        f"model_{kind}": {
            "business_models": [
                {"name": "one", "kind": kind, "product": "device", "start": LATER, "innovation": 0.5}
            ]
        }
        for kind in MODEL_KINDS
    },
    "demand": {"demand": {"factors": [{"product": "*", "value": {LATER: 1.2}}]}},
}
QUIET = {"model_toll_recycling", "programme_technology_grant", "access_technology", "access_skills"}
"""Plans that may leave this world as it is."""
LONGER_NETWORK = {"access_market", "programme_matchmaking"}
"""Plans that add lines to the network of partners: sums over them round another way."""


@pytest.mark.parametrize("plan", PLANS)
def test_nothing_acts_before_its_day(shocked, plan):
    """Bit for bit up to the month in which it begins, with prices and money moving all the while."""
    planned = run({"disruptions": [SHOCK], **PLANS[plan]})
    before = months_until(LATER)
    if plan in LONGER_NETWORK:
        for name in ("production", "price", "cash", "delivered"):
            first, second = (ds[name].isel(time=slice(0, before)).values for ds in (shocked, planned))
            scale = np.nanmax(np.abs(first))
            np.testing.assert_allclose(second, first, rtol=0, atol=1e-9 * scale, err_msg=name)
    else:
        assert different(shocked, planned, before) == []
    if plan not in QUIET:
        assert different(shocked, planned)


@pytest.mark.parametrize("announced", ["2026-05-01", "2026-01-01"])
def test_runs_with_money_are_identical_up_to_the_announcement(announced):
    words = {**SHOCK, "announced": announced, "start": "2026-05-01"}
    calm, hit = run({}, name="growth"), run({"disruptions": [words]}, name="growth")
    assert different(calm, hit, months_until(announced)) == []
    assert {"price", "cash", "sales", "flow"} <= set(different(calm, hit))


@pytest.mark.parametrize(
    "words",
    [
        {"severity": 0.0, "recovery": {"shape": "linear", "days": 90}},
        {"severity": 0.0, "recovery": {"shape": "exponential", "days": 60}},
        {"severity": 0.0, "where": {"size": ["micro", "small"]}},
    ],
)
def test_an_outage_of_size_zero_changes_no_price_and_no_account(shocked, words):
    nothing = {**SHOCK, "name": "nothing", "start": "2026-02-01", **words}
    assert different(shocked, run({"disruptions": [SHOCK, nothing]})) == []


def test_levers_at_base_value_change_nothing_with_money_on(shocked):
    at_base = {
        "disruptions": [SHOCK],
        "demand": {"factors": [{"product": "*", "value": 1.0}]},
        "recovery": {
            "collection": [{"product": "device", "value": 0.5}],
            "routing": [{"product": "device", "route": "repair", "value": 0}],
            "new_scrap": [{"good": "scrap_cell", "value": 0.8}],
        },
        "alliance": {"name": "ace", "start": "2024-06-01"},
    }
    assert different(shocked, run(at_base)) == []
    nobody = [{"name": kind, "kind": kind, "start": "2024-06-01", "uptake": 0} for kind in PROGRAMME_KINDS]
    assert different(shocked, run({"disruptions": [SHOCK], "programmes": nobody})) == []


@pytest.mark.xdist_group("battery")
def test_the_shipped_placebo_is_the_shock_without_an_alliance():
    """All but what is only recorded of members and others like them, to the last bit."""
    shock, placebo = worlds.battery("covid_like_shock"), worlds.battery("alliance_placebo")
    own = set(placebo.data_vars) - set(shock.data_vars)
    assert own <= {"ally_firms", "ally_sales", "ally_failures", "ally_fill", "fund", "pooled", "matched"}
    assert not set(shock.data_vars) - set(placebo.data_vars)
    assert different(shock, placebo) == []
    assert float(placebo["ally_firms"].sel(group="ally").isel(time=-1).sum()) > 0
