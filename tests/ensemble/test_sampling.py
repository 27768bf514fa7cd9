"""Points of ensembles: more members keep those there were, each number keeps its own, ranges are covered."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc, spearmanr

from simulator.ensemble.sampling import correlated, latin, sobol
from simulator.scenario.schema_ensemble import Correlation

DECLARED = [f"assumptions.{letter}" for letter in "abcdefghij"]
OTHERS = ["demand.factors[ev_battery].value", "recovery.yields[lithium].value"]
NAMES = [*DECLARED, *OTHERS]


@pytest.mark.parametrize("n", [1, 2, 16, 100])
def test_more_members_keep_those_there_were_byte_for_byte(n):
    assert sobol(NAMES, DECLARED, n, 1).tobytes() == sobol(NAMES, DECLARED, 1300, 1)[:n].tobytes()


def test_a_number_keeps_its_points_whatever_else_is_drawn():
    whole = sobol(NAMES, DECLARED, 64, 1)
    for names in (OTHERS, [*OTHERS, *DECLARED[5:]], ["another", *NAMES], NAMES[::-1]):
        points = sobol(names, DECLARED, 64, 1)
        for name in set(names) & set(NAMES):
            assert (points[:, names.index(name)] == whole[:, NAMES.index(name)]).all(), name
    assert (latin(OTHERS, 64, 1) == latin(NAMES, 64, 1)[:, len(DECLARED) :]).all()


@pytest.mark.parametrize("size", [2, 16, 128])
def test_every_number_meets_each_part_of_its_range_once(size):
    points = sobol(NAMES, DECLARED, 512, 3)
    for start in range(0, 512, size):
        block = np.sort((points[start : start + size] * size).astype(int), axis=0)
        assert (block == np.arange(size)[:, None]).all()
    assert (np.sort((latin(NAMES, 100, 3) * 100).astype(int), axis=0) == np.arange(100)[:, None]).all()


def test_points_lie_inside_and_differ_by_seed():
    for points in (sobol(NAMES, DECLARED, 3000, 0), latin(NAMES, 3000, 0)):
        assert points.shape == (3000, len(NAMES))
        assert (points > 0).all() and (points < 1).all()
    assert not (sobol(NAMES, DECLARED, 8, 0) == sobol(NAMES, DECLARED, 8, 1)).any()
    assert not (latin(NAMES, 8, 0) == latin(NAMES, 8, 1)).any()


def test_scrambled_points_have_the_balance_of_the_sequence():
    """The first two coordinates of a Sobol sequence are a (0, m, 2)-net; scrambling keeps it."""
    points = sobol(DECLARED[:2], DECLARED, 64, 9)
    for rows in (1, 2, 4, 8, 16, 32, 64):
        cells = (points * [rows, 64 // rows]).astype(int)
        assert len(np.unique(cells, axis=0)) == 64
    assert qmc.discrepancy(points) < 0.25 * qmc.discrepancy(np.random.default_rng(9).random((64, 2)))


def errors(draw, law, n=64, tries=40):
    """Root mean square of the error of a mean over seeds."""
    return np.sqrt(np.mean([law(draw(n, seed)).mean() ** 2 for seed in range(tries)]))


@pytest.mark.parametrize(
    ("law", "gain"),
    [
        (lambda u: (u - 0.5).sum(axis=1), 10),  # numbers that add up
        (lambda u: np.prod(1 + (u[:, :4] - 0.5), axis=1) - 1, 3),  # numbers that act on each other
        (lambda u: (u[:, 0] > 0.7) * 1.0 - 0.3, 3),  # a threshold
    ],
    ids=["sum", "product", "threshold"],
)
def test_means_are_nearer_than_those_of_plain_random_numbers(law, gain):
    plain = errors(lambda n, seed: np.random.default_rng(seed).random((n, len(NAMES))), law)
    assert errors(lambda n, seed: sobol(NAMES, DECLARED, n, seed), law) < plain / gain


MANY = [f"assumptions.{i:03}" for i in range(111)]
"""As many numbers as a shipped scenario declares."""


@pytest.mark.parametrize("n", [16, 32, 64, 256])
def test_many_numbers_move_together_no_more_than_a_sequence_makes_them(n):
    """Of a digital sequence one pair in n / 2 shares its first binary digit, and is hard to tell apart.

    In the mean over pairs columns are about as near to independent ones (1 over the root of n - 1) with few
    members, and nearer with many. No design of so few members has all pairs apart: L. R. Welch, IEEE
    Transactions on Information Theory 20 (1974).
    """
    apart = np.corrcoef(sobol(MANY, MANY, n, 1).T)[np.triu_indices(len(MANY), 1)]
    root_mean_square, plain = np.sqrt((apart**2).mean()), 1.0 / np.sqrt(n - 1)
    least = max(len(MANY) / (n - 1) - 1, 0.0) / (len(MANY) - 1)
    assert np.sqrt(least) < root_mean_square
    assert root_mean_square < (1.25 * plain if n < 256 else plain)
    assert (abs(apart) > 0.6).mean() < 1.05 * 2 / n
    latin_apart = np.corrcoef(latin(MANY, n, 1).T)[np.triu_indices(len(MANY), 1)]
    assert (abs(apart) > 0.3).mean() < (abs(latin_apart) > 0.3).mean() + 0.05
    assert (abs(latin_apart) > 0.6).mean() < 0.02, "what docs send those to who must tell numbers apart"


def test_the_sequence_has_more_columns_than_are_used():
    from simulator.ensemble import sampling

    assert qmc.Sobol.MAXDIM > sampling._COLUMNS > sampling._FIRST_COLUMNS > len(MANY)


def test_two_names_in_one_column_part_without_moving_the_first(monkeypatch):
    from simulator.ensemble import sampling

    monkeypatch.setattr(sampling, "_COLUMNS", sampling._FIRST_COLUMNS + 2)
    assert sorted(sampling._columns(["x", "y"], [])) == [1024, 1025]


# ------------------------------------------------------------------------------------------ together


def together(*entries):
    return tuple(Correlation(between=(a, b), rank=rank) for a, b, rank in entries)


@pytest.mark.parametrize("rank", [-0.9, -0.3, 0.0, 0.6, 0.95])
def test_rank_correlation_is_as_asked(rank):
    asked = together((DECLARED[1], OTHERS[0], rank), (OTHERS[0], OTHERS[1], 0.2))
    points = correlated(sobol(NAMES, DECLARED, 4096, 1), NAMES, asked)
    found = spearmanr(points).statistic
    place = [NAMES.index(name) for name in (DECLARED[1], OTHERS[0], OTHERS[1])]
    assert found[place[0], place[1]] == pytest.approx(rank, abs=0.02)
    assert found[place[1], place[2]] == pytest.approx(0.2, abs=0.03)
    others = np.delete(found, place, axis=0)
    assert abs(others[:, place]).max() < 0.06
    assert abs(points.mean(axis=0) - 0.5).max() < 0.01


def test_correlated_points_keep_the_first_members_and_all_other_numbers():
    asked = together((DECLARED[0], DECLARED[3], 0.7), (DECLARED[3], OTHERS[0], -0.4))
    plain = sobol(NAMES, DECLARED, 300, 1)
    points = correlated(plain, NAMES, asked)
    assert correlated(plain[:7], NAMES, asked).tobytes() == points[:7].tobytes()
    moved = [name for i, name in enumerate(NAMES) if (points[:, i] != plain[:, i]).any()]
    assert moved == [DECLARED[3], OTHERS[0]]
    assert (points > 0).all() and (points < 1).all()
    assert correlated(plain, NAMES, ()) is plain
