"""Switching: prices act like fills, equal scores change nothing, no relation dies."""

from __future__ import annotations

import numpy as np

from simulator.world.trade import switch

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
