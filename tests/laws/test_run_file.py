"""What the file alone tells: masses from the first interval on; intervals of any length keep their bounds."""

from __future__ import annotations

import numpy as np
import pytest

from simulator import results
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")


def test_masses_close_from_the_first_interval(tmp_path):
    ds = worlds.paper("outage")
    results.to_netcdf(ds, tmp_path / "result.nc")
    import xarray as xr

    with xr.open_dataset(tmp_path / "result.nc") as stored:
        closure = results.mass_closure(stored[["flow", "stock", "stock_start"]].load())
    assert closure.sizes["time"] == ds.sizes["time"]
    assert float(closure.max()) <= 1e-9


def test_a_wrong_start_is_seen():
    ds = worlds.paper("outage").copy(deep=True)
    ds["stock_start"][dict(node=1)] *= 1.001
    assert float(results.mass_closure(ds).isel(time=0).max()) > 1e-6


def test_intervals_that_are_no_months_keep_their_bounds(tmp_path):
    ds = worlds.paper("outage", "period.record_days=30.5")
    results.to_netcdf(ds, tmp_path / "result.nc")
    import xarray as xr

    with xr.open_dataset(tmp_path / "result.nc") as stored:
        assert (stored["time"].values == ds["time"].values).all()
        bounds = stored["time_bounds"].values
    assert (np.diff(bounds, axis=1) == np.timedelta64(int(30.5 * 1440), "m")).all()
    assert (bounds[1:, 0] == bounds[:-1, 1]).all()
