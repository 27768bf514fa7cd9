"""Errors, scores and verdicts on numbers worked out by hand; periods as observations write them."""

from __future__ import annotations

import math
from datetime import date

import pytest

from simulator.validation.periods import span
from simulator.validation.scores import MISSING, Scale, judge_date, judge_value, mean
from tests.fixtures import worlds

SCALE = Scale(hit_factor=1.25, hit_days=91, halving_days=183, floor=0.05)


@pytest.mark.parametrize(
    ("simulated", "low", "high", "score", "is_hit"),
    [
        (2.0, 2.0, 2.0, 1.0, True),
        (4.0, 2.0, 2.0, 0.5, False),  # a factor of two scores one half
        (1.0, 2.0, 2.0, 0.5, False),
        (2.5, 2.0, 2.0, 0.8, True),  # just within a quarter
        (2.6, 2.0, 2.0, 1 / 1.3, False),
        (3.0, 2.0, 4.0, 1.0, True),  # inside the band
        (5.0, 2.0, 4.0, 0.8, True),  # counted from its nearest end
        (1.0, 2.0, 4.0, 0.5, False),
        (50.0, 12.0, math.inf, 1.0, True),  # a lower bound
        (6.0, 12.0, math.inf, 0.5, False),
        (0.0, 0.0, 0.0, 1.0, True),  # nothing and nothing
        (0.2, 0.0, 0.0, 0.25, False),  # nothing counts as the floor
        (-3.0, 0.1, 0.1, 0.5, False),
    ],
)
def test_value(simulated, low, high, score, is_hit):
    judged = judge_value(simulated, low, high, SCALE)
    assert judged.score == pytest.approx(score)
    assert judged.is_hit == is_hit
    side = (simulated > high) - (simulated < low)
    assert (judged.error > 0) - (judged.error < 0) == (side if score < 1 else 0)


def test_no_value_is_a_miss():
    assert judge_value(math.nan, 1, 1, SCALE) == MISSING
    assert judge_date(None, span("2011"), SCALE) == MISSING
    assert not MISSING.is_hit


@pytest.mark.parametrize(
    ("day", "error", "score", "is_hit"),
    [
        (date(2011, 7, 15), 0, 1.0, True),
        (date(2011, 8, 10), 10, 0.5 ** (10 / 183), True),
        (date(2011, 6, 30), -1, 0.5 ** (1 / 183), True),
        (date(2012, 1, 30), 183, 0.5, False),
    ],
)
def test_date(day, error, score, is_hit):
    judged = judge_date(day, span("2011-07"), SCALE)
    assert judged.error == error
    assert judged.score == pytest.approx(score)
    assert judged.is_hit == is_hit


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2011", "2011-01-01", "2012-01-01"),
        ("2025e", "2025-01-01", "2026-01-01"),
        ("2010-H2", "2010-07-01", "2011-01-01"),
        ("2011-Q4 (early)", "2011-10-01", "2012-01-01"),
        ("2011-12", "2011-12-01", "2012-01-01"),
        ("2012-02-29", "2012-02-29", "2012-03-01"),
        ("2023 Jan-Oct", "2023-01-01", "2023-11-01"),
        ("2023 Jan-Feb mean month", "2023-01-01", "2023-03-01"),
    ],
)
def test_period(text, first, after):
    found = span(text)
    assert (found.start, found.end) == (date.fromisoformat(first), date.fromisoformat(after))
    assert found.is_mean_month == ("mean month" in text)


@pytest.mark.parametrize(
    "text", ["peak 2011", "2010s", "2005/2010", "2011-13", "2011-02-30", "2023 Oct-Jan", ""]
)
def test_no_period(text):
    assert span(text) is None


def test_scale_is_of_the_table_and_formula_shows_it():
    scale = Scale.of(worlds.battery_tables())
    assert scale == SCALE
    assert "1.25" in scale.text
    assert "183" in scale.text
    assert math.isnan(mean([]))
