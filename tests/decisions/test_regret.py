"""Regret and satisficing against a table worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.decisions import regret

POLICIES = ("nothing", "stockpile", "recycling")
FUTURES = ("calm", "outage", "boom")
# Availability in percent. Best by future: 99, 90, 85.
TABLE = np.array([[99.0, 60.0, 80.0], [97.0, 90.0, 78.0], [95.0, 85.0, 85.0]])
REGRETS = [[0.0, 30.0, 5.0], [2.0, 0.0, 7.0], [4.0, 5.0, 0.0]]


def standings(**more):
    found = regret.standings(TABLE, POLICIES, FUTURES, outcome="availability", **more)
    return {each.policy: each for each in found}


def test_regrets_by_hand():
    assert regret.regrets(TABLE).tolist() == REGRETS
    assert regret.regrets(-TABLE, regret.LOWER_IS_BETTER).tolist() == REGRETS


def test_minimax_regret_and_expected_regret_by_hand():
    found = standings()
    assert [found[p].regret_max for p in POLICIES] == [30.0, 7.0, 5.0]
    assert [found[p].regret_max_future for p in POLICIES] == ["outage", "boom", "outage"]
    assert [found[p].regret_mean for p in POLICIES] == pytest.approx([35 / 3, 3.0, 3.0])
    assert [found[p].rank_regret_max for p in POLICIES] == [3, 2, 1]
    assert [found[p].rank_regret_mean for p in POLICIES] == [3, 1, 1]
    assert [found[p].share_best for p in POLICIES] == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert [found[p].worst for p in POLICIES] == [60.0, 78.0, 85.0]


def test_weights_of_futures_change_means_and_nothing_else():
    found = standings(weights=np.array([0.9, 0.1, 0.0]))
    assert [found[p].regret_mean for p in POLICIES] == pytest.approx([3.0, 1.8, 4.1])
    assert [found[p].regret_max for p in POLICIES] == [30.0, 7.0, 5.0]


def test_satisficing_by_hand():
    found = standings(threshold=80.0)
    assert [found[p].satisfied for p in POLICIES] == pytest.approx([2 / 3, 2 / 3, 1.0])
    assert [found[p].rank_satisfied for p in POLICIES] == [2, 2, 1]
    assert np.isnan(standings()["nothing"].satisfied) and standings()["nothing"].rank_satisfied == 0
    low = regret.satisfied(TABLE, 80.0, regret.LOWER_IS_BETTER)
    assert low.tolist() == [[False, True, True], [False, False, True], [False, False, False]]


def test_thresholds_of_several_outcomes_must_hold_in_the_same_future():
    cost = np.array([[0.0, 0.0, 0.0], [4.0, 4.0, 9.0], [5.0, 1.0, 1.0]])
    values, senses = {"availability": TABLE, "cost": cost}, {"availability": "higher", "cost": "lower"}
    share = regret.all_satisfied(values, {"availability": 80.0, "cost": 4.0}, senses)
    assert share.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3])


def test_rows_of_the_chart_come_safest_first():
    rows = regret.regret_rows(list(standings().values()))
    assert [row["policy"] for row in rows] == ["recycling", "stockpile", "nothing"]


def test_a_single_policy_regrets_nothing():
    (only,) = regret.standings(TABLE[:1], POLICIES[:1], FUTURES)
    assert only.regret_max == 0.0 and only.regret_max_future == "" and only.share_best == 1.0


@pytest.mark.parametrize("values", [TABLE[:2], np.where(TABLE == 60.0, np.nan, TABLE), np.empty((3, 0))])
def test_tables_with_holes_are_refused(values):
    with pytest.raises(ValueError, match="polic"):
        regret.standings(values, POLICIES, FUTURES[: max(values.shape[1], 0)] or ())
