"""The sentence on where a shortage began: its numbers are the result's; none where nothing is short."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr

from simulator.report.cause_findings import LEAST_MISSED, of_run

NAMES = {"CHN": "China", "EU27": "European Union"}


def result(missing, demand=100.0, product="ev_battery"):
    """Two years, one region; `missing` [year][root] of one product."""
    lost = np.array(missing, dtype=float)[:, None, None, :]
    time = np.arange("2026-01", "2028-01", dtype="datetime64[M]").astype("datetime64[ns]")
    roots = [("outage", "processing", "CHN", "graphite"), ("capacity", "extraction", "EU27", "several")]
    coords = {
        f"root_{part}": ("root", [root[i] for root in roots])
        for i, part in enumerate(("kind", "stage", "region", "material"))
    }
    return xr.Dataset(
        {
            "unmet_by_root": (("year", "region", "product", "root"), lost),
            "demand": (("time", "region", "product"), np.full((24, 1, 1), demand / 12)),
        },
        coords={
            "time": time, "year": [2026, 2027], "region": ["EU27"], "product": [product],
            "material": ["graphite"], "is_unece": ("region", [True]), "is_eu27": ("region", [True]), **coords,
        },
        attrs={"scenario": "stop", "title": "Stop"},
    )  # fmt: skip


def test_year_product_and_shares_are_those_of_the_result():
    (found,) = of_run(result([[1, 1], [6, 2]]), NAMES, True)
    assert found.chart == "causes"
    assert found.text == (
        "In “Stop”, of the demand for EV batteries that the world misses in 2027 (8.0\u00a0% of it), "
        "75\u00a0% trace to graphite processing in China (disruption of capacity) and "
        "25\u00a0% trace to extraction in the European Union (capacity below what was asked for)."
    )


def test_one_scenario_is_not_named():
    (found,) = of_run(result([[1, 1], [6, 2]]), NAMES, False)
    assert found.text.startswith("Of the demand for EV batteries")


@pytest.mark.parametrize("missing", [0.0, 0.49 * 100 * LEAST_MISSED])
def test_where_little_is_missing_nothing_is_said(missing):
    assert of_run(result([[missing, missing], [0, 0]]), NAMES, True) == []


def test_beside_a_baseline_the_year_that_is_worse_than_it_is_told():
    base, other = result([[20, 10], [0, 0]]), result([[20, 10], [0, 4]])
    (found,) = of_run(other, NAMES, True, base)
    assert "in 2027 (4.0\u00a0% of it)" in found.text
    assert of_run(base, NAMES, True, base) == []


def test_small_roots_are_not_named():
    (found,) = of_run(result([[0, 0], [19, 1]]), NAMES, True)
    assert re.findall(r"(\d+)\u00a0% trace", found.text) == ["95"]


def test_a_result_without_roots_has_no_sentence():
    assert of_run(result([[1, 1], [6, 2]]).drop_vars("unmet_by_root"), NAMES, True) == []


def test_a_remainder_is_told_as_other_uses():
    (found,) = of_run(result([[0, 0], [6, 2]], product="other_copper"), NAMES, True)
    assert "demand for other uses of copper that" in found.text
