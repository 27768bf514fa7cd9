"""Differences by member: what intervals cover, what pairing gains, which words are used."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.decisions import paired

BY_HAND = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


def worlds(rng, n, effect):
    """A baseline that varies a lot between members, and a scenario that differs from it by a little."""
    world = rng.normal(50.0, 10.0, n)
    return world + rng.normal(effect, 1.0, n), world


def test_students_interval_of_five_numbers():
    """Mean 3, standard deviation sqrt(2.5), t(4, 97.5 %) = 2.776445: half width 1.963243."""
    found = paired.of_mean(BY_HAND)
    assert found.value == 3.0
    assert found.half_width == pytest.approx(1.963243, abs=1e-6)


def test_interval_of_a_median_is_that_of_the_sign_test():
    """Ten values, 95 %: second and ninth, since P(at most 1 of 10) = 11/1024 and P(at most 2) = 56/1024."""
    found = paired.of_median(np.arange(10.0))
    assert (found.value, found.low, found.high) == (4.5, 1.0, 8.0)
    assert np.isnan(paired.of_median(BY_HAND).low)  # five are too few: 2/32 > 5 %
    assert paired.of_median(np.arange(6.0)).low == 0.0


@pytest.mark.parametrize("estimate", [paired.of_mean, paired.of_median])
@pytest.mark.parametrize("n", [12, 40])
def test_intervals_cover_as_often_as_they_say(estimate, n):
    rng = np.random.default_rng(7)
    n_trials = 1000
    held = 0
    for _ in range(n_trials):
        found = estimate(paired.differences(*worlds(rng, n, 0.5)))
        held += found.low <= 0.5 <= found.high
    three_sigma = 3.0 * np.sqrt(0.95 * 0.05 / n_trials)
    assert held / n_trials > 0.95 - three_sigma
    if estimate is paired.of_mean:
        assert held / n_trials < 0.95 + three_sigma


def test_sign_test_covers_where_differences_are_skewed():
    rng = np.random.default_rng(3)
    held = sum(
        found.low <= np.log(2.0) <= found.high
        for found in (paired.of_median(rng.exponential(1.0, 30)) for _ in range(500))
    )
    assert held / 500 >= 0.94


def test_common_draws_find_what_own_draws_do_not():
    rng = np.random.default_rng(11)
    scenario, baseline = worlds(rng, 64, 1.0)
    elsewhere = rng.permutation(baseline)
    assert paired.compare(scenario, baseline).verdict == paired.HIGHER
    assert paired.compare(scenario, elsewhere).verdict == paired.NO_CHANGE
    gain = paired.compare(scenario, baseline).gain
    assert 100.0 < gain < 400.0  # variances 100 and 101 against 1


def test_false_alarms_are_as_rare_as_stated():
    rng = np.random.default_rng(5)
    alarms = sum(paired.compare(*worlds(rng, 20, 0.0)).verdict != paired.NO_CHANGE for _ in range(400))
    assert 0.02 < alarms / 400 < 0.085


def test_a_scenario_against_itself_claims_nothing():
    values = np.random.default_rng(1).random(30)
    found = paired.compare(values, values)
    assert found.verdict == paired.NO_CHANGE
    assert (found.mean.value, found.mean.low, found.mean.high) == (0.0, 0.0, 0.0)
    assert found.share_higher == found.share_lower == 0.0
    assert found.n_needed == 2 or found.n_needed is None
    assert paired.compare(values * (1.0 + 1e-12), values).verdict == paired.NO_CHANGE  # rounding


def test_turning_the_pair_round_turns_the_sign():
    scenario, baseline = worlds(np.random.default_rng(2), 30, 2.0)
    one, other = paired.compare(scenario, baseline), paired.compare(baseline, scenario)
    assert (one.verdict, other.verdict) == (paired.HIGHER, paired.LOWER)
    assert one.mean.low == -other.mean.high and one.median.value == -other.median.value
    assert one.share_higher == other.share_lower


def test_a_difference_that_is_the_same_in_each_member_is_certain():
    found = paired.compare(BY_HAND + 2.0, BY_HAND)
    assert found.verdict == paired.HIGHER and found.mean.half_width == 0.0 and found.n_needed == 2


def test_members_that_failed_leave_their_pair_out_and_are_counted():
    scenario, baseline = BY_HAND + 1.0, BY_HAND.copy()
    scenario[1], baseline[3] = np.nan, np.nan
    found = paired.compare(scenario, baseline)
    assert (found.n, found.n_missing) == (3, 2)
    nobody = paired.compare(np.full(5, np.nan), baseline)
    assert nobody.n == 0 and nobody.verdict == paired.TOO_FEW
    assert "too few" in paired.sentence(nobody)


def test_one_member_or_none_is_too_few():
    assert paired.compare(np.array([1.0]), np.array([2.0])).verdict == paired.TOO_FEW
    with pytest.raises(ValueError, match="cannot be paired"):
        paired.differences(BY_HAND, BY_HAND[:3])


def test_members_needed_give_the_width_wanted_and_one_less_does_not():
    values = np.random.default_rng(4).normal(0.0, 3.0, 200)
    needed = paired.members_needed(values, 0.25)
    spread = np.std(values, ddof=1)
    width = [paired.student(n, 0.95) * spread / np.sqrt(n) for n in (needed, needed - 1)]
    assert width[0] <= 0.25 < width[1]
    assert paired.members_needed(values, 0.0) is None
    assert paired.members_needed(values, 1e-9) is None


def test_convergence_ends_with_all_members_and_narrows_like_a_root():
    values = np.random.default_rng(8).normal(1.0, 1.0, 1000)
    steps = paired.convergence(values)
    assert [step.n for step in steps] == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1000]
    assert steps[-1].mean == paired.of_mean(values)
    assert steps[-1].mean.half_width == pytest.approx(
        steps[-4].mean.half_width / np.sqrt(1000 / 128), rel=0.1
    )
    assert paired.convergence(np.array([np.nan])) == []
    assert set(paired.steps_as_rows(steps)[0]) == {"n", "mean", "low", "high", "half_width"}


def test_exceedance_by_hand():
    curve = paired.exceedance(np.array([3.0, 1.0, 2.0, 2.0, np.nan]))
    assert curve == [(1.0, 1.0), (2.0, 0.75), (3.0, 0.25)]
    assert paired.exceedance(np.array([])) == []


def test_sentences_say_what_was_found():
    scenario, baseline = worlds(np.random.default_rng(2), 30, 2.0)
    assert "higher by 2" in paired.sentence(paired.compare(scenario, baseline), "t")
    assert "lower by 2" in paired.sentence(paired.compare(baseline, scenario), "t")
    assert paired.NO_CHANGE in paired.sentence(paired.compare(baseline, baseline))
