"""Ensembles as a batch leaves them, made of numbers that are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simulator import results

N = 64
OUTCOMES = ("availability_final.all.worst", "price.cobalt.peak", "policy_cost.total")
FACTORS = ("assumptions.eta_default", "demand.growth", "disruptions[stop].severity")


def drawn(n: int = N, seed: int = 1) -> np.ndarray:
    """Values of three factors in each member."""
    return np.random.default_rng(seed).random((n, len(FACTORS)))


def availability(factors: np.ndarray, help_: float) -> np.ndarray:
    """Short where the outage is severe and demand grows much; a policy helps a little everywhere."""
    is_short = (factors[:, 2] > 0.6) & (factors[:, 1] > 0.5)
    return 0.98 - 0.3 * is_short - 0.05 * factors[:, 0] + help_


@pytest.fixture
def write(tmp_path) -> Callable[..., Path]:
    """Write one ensemble into the folder of a batch."""

    def one(name: str, help_: float = 0.0, *, seed: int = 1, n: int = N, values=None, members=None) -> Path:
        factors = drawn(N, seed)[:n]
        rng = np.random.default_rng(7)
        good = availability(factors, help_) if values is None else np.asarray(values, dtype=float)
        cost = np.full(n, 100.0 * help_)
        table = np.column_stack([good, 2.0 - good + 0.001 * rng.random(n), cost])
        ds = xr.Dataset(
            {
                "outcome_value": (("member", "outcome"), table),
                "factor_value": (("member", "factor"), factors),
            },
            coords={
                "member": np.arange(n) if members is None else np.asarray(members),
                "outcome": list(OUTCOMES),
                "factor": list(FACTORS),
            },
            attrs={"scenario": name, "seed": seed},
        )
        folder = tmp_path / "batch" / name
        folder.mkdir(parents=True)
        (folder / "ensemble.nc").write_bytes(results.to_flat_netcdf(ds))
        return folder

    return one
