"""More suppliers, programmes and business models act as the evidence says: sign and size."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from simulator.build import build
from simulator.run.member import Member
from simulator.scenario import load
from tests.fixtures.worlds import battery_tables

pytestmark = pytest.mark.xdist_group("battery")

MATERIALS = ("lithium", "cobalt", "nickel", "copper")
END = {"nickel_refining_half_stop": 24 + 240 / 30.4375, "copper_refining_half_stop": 36}
"""Month in which each outage ends."""
NOTICED = 0.02
"""Shortfall that counts, as a share of the need."""


@cache
def met(name, suppliers, seed, *more):
    """Need of the announced path that was met (month, material) [t], world."""
    sets = [f"seed={seed}", *more]
    scenario = load(name, tables=battery_tables(), sets=sets, override=[f"{suppliers}_suppliers"])
    return Member(build(scenario, battery_tables()).blueprint).run().series["met_base"].sum(axis=1)


def peak_and_recovery(name, material, suppliers, seed, *more):
    """Deepest shortfall [1], and months from the outage's end to the last noticed one."""
    column = MATERIALS.index(material)
    hit, calm = (met(each, suppliers, seed, *more)[:, column] for each in (name, "supplier_networks"))
    fall = 1 - hit / calm
    noticed = np.flatnonzero(fall > NOTICED)
    last = noticed[-1] + 1 if len(noticed) else 0
    return fall.max(), max(0.0, last - END[name])


@pytest.mark.parametrize("seed", [1, 2])
def test_many_suppliers_make_a_shortage_less_deep_and_shorter(seed):
    """Half of South-East Asia's nickel refining: others fill the gap."""
    few, many = (
        peak_and_recovery("nickel_refining_half_stop", "nickel", kind, seed) for kind in ("few", "many")
    )
    assert many[0] < 0.8 * few[0]
    assert many[1] <= few[1]
    assert few[1] > 0


@pytest.mark.parametrize("seed", [1, 2])
def test_many_suppliers_make_a_large_shortage_less_deep_but_longer(seed):
    """Half of China's copper refining, prices fixed: same partners, the other sign of the time it takes."""
    few, many = (
        peak_and_recovery("copper_refining_half_stop", "copper", kind, seed) for kind in ("few", "many")
    )
    assert many[0] < few[0]
    assert many[1] > few[1] + 0.9


def test_with_prices_many_suppliers_make_a_large_shortage_less_deep():
    """Dear copper is saved and stocks come back sooner: what is left of the longer time, prices take away."""
    on = ("rules.prices=true", "rules.finance=true")
    few, many = (peak_and_recovery("copper_refining_half_stop", "copper", k, 1, *on) for k in ("few", "many"))
    assert many[0] < few[0]
    assert many[1] <= few[1] + 0.9
