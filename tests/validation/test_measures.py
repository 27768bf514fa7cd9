"""Simulated quantities of a made-up result, worked out by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import xarray as xr

from simulator.validation import measures
from simulator.validation.held import held
from simulator.validation.observations import Observation
from simulator.validation.periods import Span, span
from simulator.validation.schema import Comparison
from simulator.validation.scores import Scale

SCALE = Scale(1.25, 91, 183, 0.05)
N = 24


def made() -> xr.Dataset:
    """Two years, two regions: exports halve in the second year, the price abroad doubles in its July."""
    time = np.datetime64("2010-01", "M") + np.arange(N)
    trade = np.zeros((N, 1, 2, 2))
    trade[:, 0, 0, 0], trade[:, 0, 0, 1] = 50.0, np.where(np.arange(N) < 12, 10.0, 5.0)
    price = np.ones((N, 2, 1))
    price[18, 1, 0] = 2.0
    production = np.stack([np.full(N, 60.0), np.where(np.arange(N) < 12, 20.0, 30.0)], axis=1)[:, :, None]
    supply = np.zeros((N, 2, 1, 3))
    supply[:, 1, 0, 0], supply[:, 1, 0, 1] = trade[:, 0, 0, 1], np.where(np.arange(N) < 12, 1.0, 1.5)
    stock = np.full((N, 2, 1), 30.0)
    stock[11] = 60.0
    trm = ("time", "region", "material")
    return xr.Dataset(
        {
            "trade": (("time", "good", "region_from", "region_to"), trade),
            "price": (("time", "region", "good"), price),
            "price_base": (("region", "good"), np.full((2, 1), 7.0)),
            "production": (("time", "region", "process"), production),
            "supply_origin": ((*trm, "origin"), supply),
            "cover": (trm, stock),
            "need": (trm, np.ones((N, 2, 1))),
            "met": (trm, np.ones((N, 2, 1))),
        },
        coords={
            "time": time.astype("datetime64[ns]"),
            "region": ["HOME", "ABROAD"],
            "region_from": ["HOME", "ABROAD"],
            "region_to": ["HOME", "ABROAD"],
            "good": ["refined_x"],
            "process": ["mine_x"],
            "material": ["x"],
            "origin": ["primary", "old_scrap", "new_scrap"],
        },
    )


def one(value: float, period: str, variable: str = "v", low: float | None = None, high: float | None = None):
    low, high = value if low is None else low, value if high is None else high
    return Observation(variable, "t", period, value, low, high, low != high, "made up", "assumed")


def compared(rows, **words):
    given = {"name": "c", "title": "C", "group": "trade", "observed": "v", **words}
    return held(made(), Comparison.model_validate(given), rows, SCALE)


EXPORTS = {"measure": "exports", "good": "refined_x", "region": "HOME"}
PRICE = {"measure": "price", "good": "refined_x", "region": "ABROAD"}


def test_paths():
    ds = made()
    exports = measures.exports(ds, ["refined_x"], ["HOME"], ["HOME", "ABROAD"])
    assert exports.over(span("2010")) == pytest.approx(10)
    assert exports.over(span("2010"), span("2011")) == pytest.approx(7.5, rel=1e-3)
    assert np.isnan(exports.over(span("2012")))
    ratio = measures.price_ratio(ds, ["refined_x"], ["ABROAD"], ["HOME"])
    assert ratio.over(span("2011-07")) == pytest.approx(2)
    assert ratio.extreme(span("2011"), highest=True) == (2.0, date(2011, 7, 16))
    shares = measures.concentration(ds, ["mine_x"], ["HOME", "ABROAD"])
    assert shares.over(span("2010")) == pytest.approx(0.75**2 + 0.25**2)
    relief = measures.recycling_relief(ds, ["x"], ["ABROAD"], [span("2010")])
    assert relief.over(span("2011")) == pytest.approx(0.1)  # half a tonne more of scrap for five missing
    assert measures.use(ds, ["x"], ["HOME"]).over(span("2010")) == pytest.approx(1)
    assert measures.cover(ds, ["x"], ["HOME", "ABROAD"]).over(span("2010-12")) == pytest.approx(60)


def test_level_is_over_its_base_and_observations_over_theirs():
    rows = [one(240.0, "2010"), one(30.0, "2011-H1"), one(10.0, "2011-07 (a note)")]
    found = compared(rows, simulated=EXPORTS, base="2010")
    half, month = found.points  # the base itself is not scored
    assert half.simulated == pytest.approx(0.5)
    assert half.observed == pytest.approx(0.25, rel=0.02)  # 5 a month after 20
    assert half.judged.score == pytest.approx(0.5, rel=0.02)
    assert month.observed == pytest.approx(0.5, rel=0.03)
    assert found.score == pytest.approx(0.75, rel=0.03)


def test_ratios_stay_as_they_are_and_amounts_are_brought_to_the_unit():
    found = compared(
        [one(56.0, "2011")], simulated=EXPORTS, base="2010", observed_base="none", factor=0.01, per=0.8
    )
    (point,) = found.points
    assert point.observed == pytest.approx(0.56)
    assert point.simulated == pytest.approx(0.5 / 0.8)
    assert point.judged.is_hit


def test_change_difference_peak_and_dates():
    (point,) = compared([one(-40.0, "2011-03")], simulated=EXPORTS, aspect="change").points
    assert (point.simulated, point.observed) == (pytest.approx(-0.5), pytest.approx(-0.4))
    assert point.judged.score == pytest.approx(0.5 / 0.6)
    (point,) = compared([one(-40.0, "2010-03")], simulated=EXPORTS, aspect="change").points
    assert not point.judged.is_hit, "no year before"
    words = {"simulated": {"measure": "cover", "material": "x"}, "base": "2010-01"}
    (point,) = compared(
        [one(1.0, "2010-12")], aspect="difference", observed_base="none", factor=30, **words
    ).points
    assert (point.simulated, point.observed) == (pytest.approx(30), 30)
    (point,) = compared([one(4.0, "2011")], simulated=PRICE, aspect="peak", window="2011-01/2011-12").points
    assert point.simulated == 2
    assert point.judged.score == pytest.approx(0.5)
    words = {"simulated": PRICE, "window": "2010-01/2011-12"}
    (point,) = compared([one(9.0, "2011-06")], aspect="peak_date", **words).points
    assert point.day == date(2011, 7, 16)
    assert point.judged.error == 16
    words = {"simulated": {"measure": "output", "process": "mine_x", "region": "ABROAD"}, "base": "2011"}
    (point,) = compared([one(9.0, "2011-01")], aspect="back_date", window="2010-01/2011-12", **words).points
    assert point.day == date(2011, 1, 16)


def test_outside_the_run_is_a_miss():
    (point,) = compared([one(1.0, "2012")], simulated=EXPORTS, base="2010", observed_base="none").points
    assert point.judged.score == 0


def test_days_count_where_intervals_are_short():
    start = np.datetime64("2010-01-01", "D") + 10 * np.arange(6)
    path = measures.Path(start, np.arange(6.0))
    assert path.over(Span(date(2010, 1, 6), date(2010, 1, 16))) == pytest.approx(0.5)
    assert path.covers(Span(date(2010, 1, 1), date(2010, 3, 2)))
    assert not path.covers(Span(date(2010, 1, 1), date(2010, 3, 3)))
