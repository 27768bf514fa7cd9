"""Sensitivity of functions whose sensitivity is known."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from simulator.decisions import known, sensitivity
from simulator.errors import InputError

NAMES = ("x1", "x2", "x3")
SLOPES = np.array([1.0, -2.0, 0.5])


def ishigami(design):
    points = -np.pi + 2.0 * np.pi * design
    return np.array([known.ishigami(dict(zip(NAMES, row, strict=True))) for row in points])


def linear(design):
    return 10.0 + np.where(np.isnan(design), 0.5, design) @ SLOPES


def by_factor(found):
    return {each.factor: each for each in found}


def test_closed_form_of_ishigami_is_that_of_the_literature():
    exact = known.exact()
    assert [exact[x][0] for x in NAMES] == pytest.approx([0.3139, 0.4424, 0.0], abs=5e-5)
    assert [exact[x][1] for x in NAMES] == pytest.approx([0.5576, 0.4424, 0.2437], abs=5e-5)


def test_sobol_recovers_ishigami():
    design = sensitivity.plan("sobol", 3, 2048, seed=7)
    found = sensitivity.analyse("sobol", NAMES, design, ishigami(design), seed=7)
    assert [each.factor for each in found] == ["x1", "x2", "x3"]  # by total index
    for name, (s1, st) in known.exact().items():
        told = by_factor(found)[name]
        assert told.s1 == pytest.approx(s1, abs=0.02) and told.st == pytest.approx(st, abs=0.02)
        assert abs(told.s1 - s1) < 1.5 * told.s1_conf and abs(told.st - st) < 1.5 * told.st_conf
        assert told.is_clear


def test_interval_narrows_with_more_points():
    width = []
    for n in (64, 1024):
        design = sensitivity.plan("sobol", 3, n, seed=7)
        found = sensitivity.analyse("sobol", NAMES, design, ishigami(design), seed=7)
        width.append(max(each.st_conf for each in found))
    assert width[1] < width[0] / 2.5


def test_morris_of_a_line_is_its_slopes_and_nothing_else():
    """From 5 % to 95 % of a factor uniform on (0, 1) it is 0.9 of its slope; no bend, no interaction."""
    design = sensitivity.plan("morris", 3, 8, seed=3)
    assert design.min() == pytest.approx(0.05) and design.max() == pytest.approx(0.95)
    found = sensitivity.analyse("morris", NAMES, design, linear(design), seed=3)
    assert [each.factor for each in found] == ["x2", "x1", "x3"]
    assert [each.mu_star for each in found] == pytest.approx([1.8, 0.9, 0.45])
    assert [each.mu for each in found] == pytest.approx([-1.8, 0.9, 0.45])
    assert [each.sigma for each in found] == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)


def test_morris_sees_that_the_third_factor_of_ishigami_acts_through_the_first():
    design = sensitivity.plan("morris", 3, 64, seed=3)
    found = by_factor(sensitivity.analyse("morris", NAMES, design, ishigami(design), seed=3))
    assert found["x3"].sigma > found["x3"].mu_star_conf and abs(found["x3"].mu) < found["x3"].mu_star
    assert found["x1"].mu_star > found["x1"].mu_star_conf > 0.0


def test_tornado_of_a_line_is_its_slopes():
    design = sensitivity.plan("tornado", 3, 1, seed=0)
    assert len(design) == sensitivity.n_runs("tornado", 3, 1) == 7
    assert np.isnan(design[0]).all() and np.isfinite(design[1:]).sum() == 6
    values = np.where(np.isnan(design), 0.5, design)
    found = sensitivity.analyse("tornado", NAMES, design, linear(design), seed=0, values=values)
    assert [each.factor for each in found] == ["x2", "x1", "x3"]
    assert [each.swing for each in found] == pytest.approx([1.8, 0.9, 0.45])
    assert (found[0].low, found[0].high) == (0.05, 0.95)
    assert found[0].at_low == pytest.approx(found[0].central + 0.9)
    rows = sensitivity.tornado_rows(found)
    assert [row["low_less_central"] for row in rows] == pytest.approx([0.9, -0.45, -0.225])
    assert [row["high_less_central"] for row in rows] == pytest.approx([-0.9, 0.45, 0.225])


def test_tornado_sees_a_hump_and_puts_what_failed_last():
    found = sensitivity.tornado(("hump", "none", "failed"), np.array([5.0, 1, 2, 5, 5 + 1e-13, np.nan, 5]))
    assert [(each.factor, each.rank) for each in found] == [("hump", 1), ("none", 2), ("failed", 3)]
    assert found[0].swing == 4.0 and found[1].swing == 0.0


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_design_and_answer_are_the_same_again(method):
    first, again = (sensitivity.plan(method, 3, 8, seed=5) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, sensitivity.plan(method, 3, 8, seed=6))
    assert len(first) == sensitivity.n_runs(method, 3, 8)
    assert (first > 0.0).all() and (first < 1.0).all()
    told = [sensitivity.analyse(method, NAMES, first, ishigami(first), seed=5) for _ in range(2)]
    assert told[0] == told[1]


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_sets_with_a_failed_run_are_left_out_whole(method):
    design = sensitivity.plan(method, 3, 16, seed=5)
    outcome = linear(design)
    block = len(design) // 16
    holed = outcome.copy()
    holed[2 * block + 1] = np.nan
    assert sensitivity.n_whole(NAMES, method, holed) == 15
    kept = np.delete(np.arange(len(design)), np.s_[2 * block : 3 * block])
    told = sensitivity.analyse(method, NAMES, design, holed, seed=1)
    assert told == sensitivity.analyse(method, NAMES, design[kept], outcome[kept], seed=1)
    with pytest.raises(InputError, match="whole sets"):
        sensitivity.analyse(method, NAMES, design, np.full(len(design), np.nan), seed=1)


@pytest.mark.parametrize("method", sensitivity.METHODS)
def test_an_outcome_that_does_not_vary_depends_on_nothing(method):
    design = sensitivity.plan(method, 3, 4, seed=5)
    outcome = 3.0 + 1e-14 * np.nan_to_num(design[:, 0])
    found = sensitivity.analyse(method, NAMES, design, outcome, seed=1)
    size = {"tornado": "swing", "morris": "mu_star", "sobol": "st"}[method]
    assert [(each.factor, getattr(each, size)) for each in found] == [(name, 0.0) for name in NAMES]


@pytest.mark.parametrize(
    ("method", "n", "near"),
    [("sobol", 100, "128"), ("sobol", 70, "64"), ("sobol", 1, "2"), ("morris", 1, "")],
)
def test_numbers_that_a_method_cannot_take_are_refused(method, n, near):
    with pytest.raises(InputError) as caught:
        sensitivity.plan(method, 3, n, seed=1)
    assert caught.value.faults[0].nearest == near


def test_what_to_install_is_said_where_salib_is_missing(monkeypatch):
    real = builtins.__import__

    def without(name, *more):
        if name.startswith("SALib"):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"loopcast\[sensitivity\]"):
        sensitivity.plan("sobol", 3, 4, seed=1)
    assert len(sensitivity.plan("tornado", 3, 4, seed=1)) == 7
