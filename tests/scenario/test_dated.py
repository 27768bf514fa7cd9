"""Values over time."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.scenario.dated import Dated, Rate, as_date
from simulator.scenario.schema import choose
from simulator.scenario.schema_recovery import CollectionRate

START = date(2024, 1, 1)


def dated(written, kind=Dated):
    return kind.model_validate(written, context={"as_written": True, "since": START})


def test_number_holds_over_the_whole_run():
    value = dated(0.3)
    assert value.dates == ()
    assert [value.at(day, 0.9) for day in (START, date(2040, 1, 1))] == [0.3, 0.3]


def test_step_keeps_the_base_until_the_first_date():
    value = dated({"2026-01-01": 0.5, "2028-01-01": 0.8})
    days = [
        START,
        date(2025, 12, 31),
        date(2026, 1, 1),
        date(2027, 12, 31),
        date(2028, 1, 1),
        date(2040, 1, 1),
    ]
    assert [value.at(day, 0.1) for day in days] == [0.1, 0.1, 0.5, 0.5, 0.8, 0.8]


def test_linear_starts_at_the_base_at_the_period_start():
    value = dated({"2026-01-01": 0.5, "2027-01-01": 0.7, "interpolate": "linear"})
    assert value.at(START, 0.1) == 0.1
    halfway = START + (date(2026, 1, 1) - START) / 2
    assert value.at(halfway, 0.1) == pytest.approx(0.1 + 0.4 * (halfway - START).days / 731)
    assert value.at(date(2026, 1, 1), 0.1) == 0.5
    assert value.at(date(2026, 7, 2), 0.1) == pytest.approx(0.5 + 0.2 * 182 / 365)
    assert value.at(date(2035, 1, 1), 0.1) == 0.7


def test_order_in_the_file_does_not_matter():
    one, other = {"2026-01-01": 0.5, "2028-01-01": 0.8}, {"2028-01-01": 0.8, "2026-01-01": 0.5}
    assert dated(one) == dated(other)


def test_series_is_at_for_every_day():
    value = dated({"2026-01-01": 0.5, "2028-01-01": 0.8, "interpolate": "linear"})
    days = [START + timedelta(days=100 * step) for step in range(30)]
    base = np.linspace(0.2, 0.3, 30)
    expected = [value.at(day, level) for day, level in zip(days, base, strict=True)]
    np.testing.assert_array_equal(value.series(days, base), expected)
    np.testing.assert_array_equal(value.series(np.array(days, dtype="datetime64[m]"), base), expected)
    assert value.series(days, 0.2).shape == (30,)


@given(
    knots=st.dictionaries(st.dates(START, date(2040, 12, 31)), st.floats(0, 1), min_size=1, max_size=6),
    shape=st.sampled_from(["step", "linear"]),
    day=st.dates(START, date(2041, 1, 1)),
    base=st.floats(0, 1),
)
def test_value_stays_between_base_and_knots(knots, shape, day, base):
    value = dated({**{when.isoformat(): level for when, level in knots.items()}, "interpolate": shape}, Rate)
    levels = [base, *knots.values()]
    assert min(levels) - 1e-12 <= value.at(day, base) <= max(levels) + 1e-12
    for when, level in knots.items():
        assert value.at(when, base) == level
    assert dated(value.model_dump(), Rate) == value


@pytest.mark.parametrize(
    "text", ["2024-02-30", "2024-1-1", "01/02/2024", "2024-01-01T00:00:00", "", 2024, None]
)
def test_not_a_date(text):
    assert as_date(text) is None


def test_the_line_with_fewest_stars_counts_then_the_later():
    def row(product, region, value):
        written = {"product": product, "region": region, "value": value}
        return CollectionRate.model_validate(written, context={"as_written": True})

    rows = (
        row("*", "*", 0.1),
        row("ev_battery", "*", 0.2),
        row("*", "CHN", 0.3),
        row("ev_battery", "USA", 0.4),
    )
    assert choose(rows, product="ev_battery", region="USA").at(START, 0) == 0.4
    assert choose(rows, product="ev_battery", region="CHN").at(START, 0) == 0.3
    assert choose(rows, product="ev_battery", region="IND").at(START, 0) == 0.2
    assert choose(rows, product="ev_motor", region="IND").at(START, 0) == 0.1
    assert choose(rows[1:2], product="ev_motor", region="IND") is None
