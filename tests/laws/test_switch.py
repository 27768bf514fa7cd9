"""Switching: prices act like fills, equal scores change nothing, no relation dies."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.build import build
from simulator.run import orders
from simulator.run.member import Member
from simulator.world.state import MINUTES_PER_MONTH, sums
from simulator.world.trade import place_anew, switch
from tests.fixtures import worlds
from tests.laws.shocks import drawn

SHARE = np.array([0.5, 0.3, 0.2])
BUYER = np.zeros(3, dtype=np.int64)
ACTIVE = np.ones(1, dtype=bool)


def moved(fill, log_price, floor=0.0, rate=1.0):
    return switch(SHARE, np.array(fill), np.array(log_price), BUYER, 1, np.full(3, floor), rate, ACTIVE)


def test_a_dearer_supplier_loses_share_as_one_that_falls_short_would():
    np.testing.assert_allclose(moved([1, 1, 1], [0.4, 0, 0]), moved([0.6, 1, 1], [0, 0, 0]), rtol=1e-12)
    assert moved([1, 1, 1], [0.4, 0, 0])[0] < SHARE[0]


def test_equal_scores_change_nothing():
    np.testing.assert_allclose(moved([0.5, 0.5, 0.5], [0.1, 0.1, 0.1]), SHARE, rtol=1e-12)


def test_the_floor_keeps_a_relation_alive():
    share = SHARE
    for _ in range(500):
        share = switch(
            share, np.array([0.0, 1, 1]), np.zeros(3), BUYER, 1, np.array([0.01, 0.006, 0.004]), 0.15, ACTIVE
        )
    assert share[0] > 0.009
    np.testing.assert_allclose(share.sum(), 1.0)


def test_buyers_that_are_served_keep_their_shares_bit_for_bit():
    kept = switch(
        SHARE, np.array([0.2, 1, 1]), np.zeros(3), BUYER, 1, np.zeros(3), 1.0, np.zeros(1, dtype=bool)
    )
    assert (kept == SHARE).all()


# ---------------------------------------------------------------------- orders that wait in vain


def test_what_waits_is_placed_with_those_that_fill_their_orders():
    """By hand: 6 would leave the first supplier, the others take 3 and 1; the second buyer has no other."""
    buyer, first = np.array([0, 0, 0, 1, 1]), np.array([0, 3])
    leaves, room = np.array([6.0, 0, 0, 5, 5]), np.array([0.0, 3, 1, 0, 0])
    taken, placed = place_anew(leaves, room, buyer, first)
    np.testing.assert_allclose(taken, [4, 0, 0, 0, 0], rtol=1e-12)
    np.testing.assert_allclose(placed, [0, 3, 1, 0, 0], rtol=1e-12)
    taken, placed = place_anew(leaves / 3, room, buyer, first)
    np.testing.assert_allclose(placed, [0, 1.5, 0.5, 0, 0], rtol=1e-12)


AMOUNTS = st.lists(st.floats(0, 1e6), min_size=6, max_size=6)


@drawn(60)
@given(AMOUNTS, AMOUNTS)
def test_placing_anew_keeps_what_each_buyer_waits_for(leaves, room):
    buyer, first = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 3])
    taken, placed = place_anew(np.array(leaves), np.array(room), buyer, first)
    np.testing.assert_allclose(sums(buyer, taken, 2), sums(buyer, placed, 2), rtol=1e-9, atol=1e-9)
    assert (taken >= 0).all() and (taken <= np.array(leaves) * (1 + 1e-12)).all()
    assert (placed >= 0).all() and (placed <= np.array(room) * (1 + 1e-12)).all()


BAN = {"name": "ban", "kind": "export_restriction", "form": "ban", "from": "SOUTH", "good": "ore_copper"}


class Watched(Member):
    """Tells each month how much ore refiners wait for, behind the ban and elsewhere."""

    def _close(self):
        super()._close()
        if self.clock.now % MINUTES_PER_MONTH == 0:
            relations, firms, slots = self.world.relations, self.world.firms, self.world.slots
            ore = slots.good[relations.source] == self.world.labels.goods.index("ore_copper")
            seller = firms.region[slots.firm[relations.source]]
            crosses = seller != firms.region[slots.firm[relations.target]]
            behind = ore & crosses & (seller == self.world.labels.regions.index("SOUTH"))
            self.seen = [*getattr(self, "seen", []), self.state.backlog[behind].sum()]


def waits(*sets):
    changes = {"disruptions": [{**BAN, "start": "2025-01-01", "end": "2027-01-01"}]}
    scenario = worlds.paper_with(
        changes, "period.end=2027-01-01", "rules.prices=true", "rules.finance=true", *sets
    )
    member = Watched(build(scenario, worlds.paper_tables()).blueprint)
    member.run()
    return np.array(member.seen), member.record.series


def test_orders_behind_a_ban_are_withdrawn_and_more_reaches_users(monkeypatch):
    leaves, series = waits()
    monkeypatch.setattr(orders, "_place_anew", lambda state, batch, *_: state.backlog[batch.buying])
    stays, kept = waits()
    np.testing.assert_array_equal(leaves[:12], stays[:12])
    assert leaves[35] < 0.5 * stays[35]
    assert series["mass_residual"].max() < 1e-9
    assert series["delivered"].sum() > kept["delivered"].sum()
