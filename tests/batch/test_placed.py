"""Outcomes of places: of the world they are the named outcomes, of a place those of its regions as one."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.batch.compact import compact
from simulator.batch.outcomes import outcomes
from simulator.batch.placed import PLACE_OUTCOMES, sums
from simulator.report import charts
from simulator.report.packing import unpacked
from tests.batch.conftest import SHORT
from tests.fixtures import worlds

NAMED = {
    "worst_availability": "availability_final.{}.worst",
    "mean_availability": "availability_final.{}.mean",
    "missed": "content_missed.{}.total",
    "recycled_content": "recycled_content.{}.last_year",
    "price": "price.{}.mean",
    "price_peak": "price.{}.peak",
}
"""Outcomes that both have."""


def without_demand(ds):
    """Nobody in the first region asks for the first material, and nobody anywhere in the first months."""
    found = ds.copy(deep=True)
    for name, empty in (("content_demanded", 0.0), ("content_delivered", 0.0), ("availability_final", 1.0)):
        values = found[name].transpose("time", "region", "material").values
        values[:, 0, 0] = values[:3, :, 0] = empty
        found[name] = (("time", "region", "material"), values)
    return found


@pytest.fixture(scope="module", params=["paper", "ends in August", "priced", "without demand"])
def run(request):
    if request.param == "priced":
        return worlds.battery("reference", "period.end=2026-01-01")
    end = "period.end=2025-09-01" if request.param == "ends in August" else SHORT
    ds = worlds.paper("growth", end)
    return without_demand(ds) if request.param == "without demand" else ds


def told(ds):
    """Outcomes by key and place (material,)."""
    kept = compact(ds, {})
    return {
        (str(key), str(place)): values
        for key, rows in zip(kept["place_outcome"][1], kept["place_outcome_value"][1], strict=True)
        for place, values in zip(kept["place"][1], rows, strict=True)
    }


def test_outcomes_of_the_world_are_the_named_ones(run):
    found, named = told(run), outcomes(run)
    n_known = 0
    for key, pattern in NAMED.items():
        for material, value in zip(run["material"].values, found[key, "World"], strict=True):
            wanted = named.get(pattern.format(material), np.nan)
            np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-12, err_msg=f"{key} {material}")
            n_known += np.isfinite(wanted)
    assert n_known >= 4 * run.sizes["material"]
    assert set(NAMED) < set(PLACE_OUTCOMES)


def test_outcomes_of_a_place_are_those_of_its_regions_as_one(run):
    """A group told as if nobody else were in the world."""
    found = told(run)
    (group, own), *_ = list(sums(run).items())[1:]
    part = run["region"].values[own]
    asked, got = (
        run[name].sel(region=part).sum("region") for name in ("content_demanded", "content_delivered")
    )
    missed = (asked - got).clip(0).sum("time")
    np.testing.assert_allclose(found["missed", group], missed, rtol=1e-12, atol=1e-9)
    worst = (got / asked).where(asked > 0).min("time")
    np.testing.assert_allclose(found["worst_availability", group], worst, rtol=1e-9)
    np.testing.assert_allclose(
        found["mean_availability", group], got.sum("time") / asked.sum("time"), rtol=1e-12
    )
    for region in run["region"].values:
        assert not (found["price_peak", region] < found["price", region] * (1 - 1e-12)).any()


def test_who_asks_for_nothing_has_no_availability_and_misses_nothing():
    ds = without_demand(worlds.paper("growth", SHORT))
    found, place = told(ds), str(ds["region"].values[0])
    for key in ("mean_availability", "worst_availability"):
        assert np.isnan(found[key, place][0]) and np.isfinite(found[key, place][1:]).all()
    assert found["missed", place][0] == 0.0
    page = unpacked(charts.block(ds)["series"])["outcomes"]
    assert page["mean_availability"][1][0] == page["worst_availability"][1][0] == [None]
