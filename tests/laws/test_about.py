"""What goods hold, what processes handle, and what limits, policies, programmes and models are about."""

from __future__ import annotations

import pytest

from simulator import run as room
from tests.fixtures import worlds
from tests.fixtures.worlds import paper_tables, paper_with
from tests.laws.test_policies import FIXED, named
from tests.laws.test_trade_events import restriction, run

pytestmark = pytest.mark.xdist_group("paper")

COPPER, COBALT, BOTH = (1, 0), (0, 1), (1, 1)
COBALT_FIRMS = {"material": "cobalt"}


def test_goods_and_limits_on_them_know_what_they_hold():
    ds = run(restriction("south", severity=0.7))
    held = dict(zip(ds["good"].values.astype(str), map(tuple, ds["good_material"].values), strict=True))
    assert held["ore_cobalt"] == held["refined_cobalt"] == COBALT
    assert held["ore_copper"] == held["eol_other_copper"] == COPPER
    assert held["cell"] == held["device"] == held["eol_device"] == BOTH
    assert list(map(tuple, ds["restriction_material"].values)) == [COPPER]
    assert "restriction_material" not in run() and (run()["good_material"] == ds["good_material"]).all()


CASES = {
    "all": ({"kind": "permit_time", "value": 30}, BOTH),
    "material": ({"kind": "stockpile", "material": ["cobalt"], "value": 30}, COBALT),
    "product": ({"kind": "deposit", "product": ["other_copper"], "value": 1}, COPPER),
    "product of both": ({"kind": "lifetime", "product": "device", "value": 1.1}, BOTH),
    "process": ({"kind": "tax", "process": ["refine_cobalt"], "value": 0.01}, COBALT),
    "processes": ({"kind": "tax", "process": ["refine_cobalt", "mine_copper"], "value": 0.01}, BOTH),
    "product and material": (
        {"kind": "recycled_content", "product": "device", "material": ["copper"], "value": 0.01}, COPPER,
    ),
}  # fmt: skip


def test_policies_programmes_and_models_are_about_what_they_name():
    changes = {
        "policies": named(*(said for said, _ in CASES.values())),
        "programmes": [
            {"name": "any", "kind": "training", "start": "2025-01-01", "uptake": 0.1},
            {"name": "own", "kind": "training", "start": "2025-01-01", "uptake": 0.1, "where": COBALT_FIRMS},
        ],
        "business_models": [
            {"name": "any", "kind": "take_back", "product": "*", "start": "2025-01-01"},
            {"name": "own", "kind": "take_back", "product": "other_copper", "start": "2025-01-01"},
        ],
    }  # fmt: skip
    ds = room.run(paper_with(changes, *FIXED, name="stationary"), paper_tables())
    told = [tuple(map(int, row)) for row in ds["policy_material"].values]
    assert dict(zip(CASES, told, strict=True)) == {name: about for name, (_, about) in CASES.items()}
    for dim, own in (("programme", COBALT), ("model", COPPER)):
        assert list(map(tuple, ds[f"{dim}_material"].values)) == [BOTH, own], dim


def test_a_law_with_shares_by_material_is_about_those_materials_alone():
    """Batteries hold graphite and copper too; of them the regulation asks nothing."""
    ds = worlds.battery("eu_battery_regulation", "period.end=2031-10-01")
    about = ds["policy_material"].to_pandas().loc["recycled_content"]
    assert set(about.index[about > 0]) == {"cobalt", "lithium", "nickel"}
