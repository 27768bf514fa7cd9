"""A planted box is found, and noise holds none."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from simulator.decisions import discovery
from simulator.errors import InputError

NAMES = tuple(f"x{i}" for i in range(6))


@pytest.fixture(autouse=True)
def fewer_shuffles(monkeypatch):
    """Enough to tell one in twenty."""
    monkeypatch.setattr(discovery, "SHUFFLES", 39)


def planted(n=200, seed=1):
    values = np.random.default_rng(seed).random((n, len(NAMES)))
    return values, (values[:, 1] > 0.6) & (values[:, 4] < 0.5)


@pytest.mark.parametrize("method", discovery.METHODS)
def test_a_planted_box_is_found(method):
    values, bad = planted()
    (box,) = discovery.discover(values, bad, NAMES, method=method)
    limits = {limit.factor: limit for limit in box.limits}
    assert set(limits) == {"x1", "x4"}
    assert limits["x1"].low == pytest.approx(0.6, abs=0.03) and limits["x1"].high == np.inf
    assert limits["x4"].high == pytest.approx(0.5, abs=0.03) and limits["x4"].low == -np.inf
    assert box.coverage > 0.95 and box.density > 0.95
    assert box.p_value <= discovery.LEVEL and all(limit.p_value < 1e-6 for limit in box.limits)
    assert (box.n, box.n_bad) == (box.holds(values, NAMES).sum(), bad[box.holds(values, NAMES)].sum())
    assert box.base_rate == bad.mean()


@pytest.mark.parametrize("method", discovery.METHODS)
def test_a_planted_box_is_found_among_a_hundred_factors(method):
    values = np.random.default_rng(8).random((100, 100))
    names = [f"x{i}" for i in range(100)]
    boxes = discovery.discover(values, (values[:, 40] > 0.6) & (values[:, 70] < 0.5), names, method=method)
    assert {limit.factor for limit in boxes[0].limits} == {"x40", "x70"}
    assert boxes[0].coverage > 0.9 and boxes[0].density > 0.75
    assert 0.5 < boxes[0].density_new <= 1.0


@pytest.mark.parametrize("method", discovery.METHODS)
def test_a_planted_box_is_found_in_noise(method):
    """Nine of ten futures in the box are bad, and one of twenty outside."""
    values, inside = planted(400, seed=2)
    rng = np.random.default_rng(3)
    bad = rng.random(len(values)) < np.where(inside, 0.9, 0.05)
    box = discovery.discover(values, bad, NAMES, method=method)[0]
    assert {limit.factor for limit in box.limits} == {"x1", "x4"}
    assert box.density > 0.75 and box.coverage > 0.75


def test_a_band_in_the_middle_has_two_ends():
    values = np.random.default_rng(4).random((200, 3))
    bad = np.abs(values[:, 2] - 0.5) < 0.1
    (box,) = discovery.discover(values, bad, NAMES[:3])
    (limit,) = box.limits
    assert (limit.factor, limit.low, limit.high) == (
        "x2",
        pytest.approx(0.4, abs=0.02),
        pytest.approx(0.6, abs=0.02),
    )
    assert "x2 from 0." in box.sentence() and "against" in box.sentence()


def test_two_boxes_are_found_one_after_the_other():
    values = np.random.default_rng(5).random((250, 4))
    bad = (values[:, 0] > 0.75) | ((values[:, 1] < 0.4) & (values[:, 2] < 0.4))
    boxes = discovery.discover(values, bad, NAMES[:4])
    assert sorted(sorted(limit.factor for limit in box.limits) for box in boxes) == [["x0"], ["x1", "x2"]]
    assert sum(box.coverage for box in boxes) > 0.95


def test_a_factor_with_few_values_is_peeled_by_value():
    rng = np.random.default_rng(6)
    values = np.column_stack([rng.integers(0, 3, 200).astype(float), rng.random(200)])
    (box,) = discovery.discover(values, values[:, 0] == 2.0, ("kind", "other"))
    assert [(limit.factor, limit.low, limit.high) for limit in box.limits] == [("kind", 1.5, np.inf)]
    assert box.coverage == box.density == 1.0


@pytest.mark.parametrize("method", discovery.METHODS)
def test_noise_holds_no_box(method):
    n_found = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        values, bad = rng.random((80, 6)), rng.random(80) < 0.2
        n_found += bool(discovery.discover(values, bad, NAMES, method=method, seed=seed))
    assert n_found <= 2  # one in twenty by design


def test_factors_that_moved_together_are_named():
    """A third of the futures, and the middle range of another factor that holds the same ones."""
    values, _ = planted(200)
    values[:, 3] = 0.5 + np.where(values[:, 1] > 0.6, 0.3, 1.0) * (values[:, 3] - 0.5)
    values[:, 3] = np.where((values[:, 1] <= 0.6) & (np.abs(values[:, 3] - 0.5) < 0.15), 0.9, values[:, 3])
    (box,) = discovery.discover(values, values[:, 1] > 0.6, NAMES)
    (limit,) = box.limits
    assert {limit.factor, *limit.like} == {"x1", "x3"}
    plain, bad = planted(200)
    assert all(not each.like for each in discovery.discover(plain, bad, NAMES)[0].limits)


def test_a_box_that_does_not_hold_in_other_futures_is_not_told(monkeypatch):
    """A search that names a range of its own futures, whatever they are."""
    values, bad = planted(100)

    def by_heart(part, flags):
        own = part[flags][:, 0]
        return np.array([own[0] - 1e-9, *[-np.inf] * 5]), np.array([own[0] + 1e-9, *[np.inf] * 5])

    rng = np.random.default_rng(1)
    assert discovery._density_elsewhere(values, bad, by_heart, rng) is None
    assert discovery._density_elsewhere(values, bad, discovery._prim, rng) > 0.8


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_nothing_is_found_where_all_futures_are_alike(share):
    values, _ = planted(50)
    assert discovery.discover(values, np.full(50, share, dtype=bool), NAMES) == []


def test_the_same_boxes_are_found_again():
    values, bad = planted(80)
    assert discovery.discover(values, bad, NAMES, seed=9) == discovery.discover(values, bad, NAMES, seed=9)


def test_what_to_install_is_said_where_scikit_learn_is_missing(monkeypatch):
    real = builtins.__import__

    def without(name, *more):
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    values, bad = planted(60)
    with pytest.raises(InputError, match=r"loopcast\[discovery\]"):
        discovery.discover(values, bad, NAMES, method="tree")
