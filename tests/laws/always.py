"""What holds in the result of any run, whatever its world and its events: one function for each law."""

from __future__ import annotations

import numpy as np
import xarray as xr

from simulator import results, totals

CLOSES = 1e-9
NOTHING = 1e-12
"""Part of what was asked for below which nothing was missed."""
SIGNED = ["cash", "money"]
"""Cash below 0 is credit drawn, and accounts count from the start."""
BY_PROCESS = (
    *("n_firms", "jobs", "sales", "failures"),
    *("investments_wanted", "investments_made", "investments_blocked"),
)
SHARES = (
    *("availability", "availability_base_need", "collection_rate"),
    *("recycled_content", "old_scrap_ratio", "eol_recycling_input_rate", "old_scrap_input_rate"),
)


def by_year(values):
    """Calendar sums of a flow (year, …)."""
    return values.groupby("time.year").sum().transpose("year", ...)


def parts_sum(ds):
    """Roots of unmet demand and need sum to what is unmet, year by year; nothing is below zero."""
    pairs = (
        ("unmet_by_root", ds["unmet"], ds["demand"]),
        ("need_unmet_by_root", ds["need"] - ds["met"], ds["need"]),
    )
    for name, missed, asked in pairs:
        whole = by_year(missed)
        parts = ds[name].sum("root") if name in ds else 0.0 * whole
        gap = abs(parts - whole)
        assert gap.sizes == whole.sizes, f"{name}: years or labels are missing"
        assert (gap <= CLOSES * whole + NOTHING * by_year(asked)).all(), f"{name}: {float(gap.max())}"
        assert name not in ds or float(ds[name].min()) >= 0


def masses_close(ds):
    """In the engine, and out of flows and stocks alone."""
    assert float(results.mass_closure(ds).max()) <= CLOSES
    assert float(ds["mass_residual"].max()) <= CLOSES


def money_closes(ds):
    """What one account pays another gets: the sum of all accounts never moves."""
    if "money" not in ds:
        return
    assert float(ds["money_residual"].max()) <= CLOSES
    largest = float(np.abs(ds["money"]).max())
    assert float(np.abs(ds["money"].sum("account")).max()) <= CLOSES * largest


def processes_add_up(ds):
    """What firms do by process is by stage what the years of other variables are."""
    stages = ds["stage"].values
    of_stage = xr.DataArray(
        (ds["stage_process"].values == stages[:, None]).astype(float), dims=("stage", "process")
    )
    for name in BY_PROCESS:
        if name in ds:
            whole = totals.by_year(ds[[name]])[name]
            parts = ds[f"{name}_by_process"].dot(of_stage, dim="process").transpose(*whole.dims)
            assert parts.shape == whole.shape, f"{name}: years or labels are missing"
            assert float(np.abs(parts - whole).max()) <= CLOSES * float(np.abs(whole).max()), name
    if "failures" in ds:
        first = ds.isel(time=0)
        start = first["n_firms"] + first["failures"].sum("cause") - first["births"]
        parts = ds["n_firms_start"].dot(of_stage, dim="process").transpose(*start.dims)
        assert float(np.abs(parts - start).max()) <= CLOSES * float(start.max())


def nothing_is_negative(ds):
    """Stocks of a node are sums with the goods under way: empty ones may be off by their rounding."""
    for key, values in ds.drop_vars(SIGNED, errors="ignore").data_vars.items():
        rounding = 0.0
        if key == "stock":  # the ground is counted from zero down
            values = values.drop_sel(node="lithosphere")
            rounding = 1e-13 * values.max(("time", "node"))
        assert (values >= -rounding).where(values.notnull(), True).all(), key


def what_leaves_the_ground_is_found_again(ds):
    """All nodes together hold what they held at the start: mass is neither made nor lost."""
    stock = ds["stock"].sum("node")
    moved = np.abs(ds["flow"]).max(("time", "link"))
    assert (np.abs(stock - stock[0]) <= CLOSES * moved * len(stock)).all()


def shares_are_shares(ds):
    for key in SHARES:
        values = ds[key].values[~np.isnan(ds[key].values)]
        assert ((values >= 0) & (values <= 1 + 1e-12)).all(), key
    assert (ds["met"] <= ds["need"] * (1 + 1e-12)).all()
    assert (ds["eol_collected"] <= ds["eol_generated"] * (1 + 1e-12) + 1e-9).all()


def what_is_asked_for_is_told(ds):
    """All that users asked for was delivered, given up, or still waits."""
    waits = (ds["demand"] - ds["delivered"] - ds["unmet"]).cumsum("time")
    assert float(waits.min()) >= -1e-9 * float(ds["demand"].sum("time").max())


LAWS = (
    parts_sum,
    masses_close,
    money_closes,
    processes_add_up,
    nothing_is_negative,
    what_leaves_the_ground_is_found_again,
    shares_are_shares,
    what_is_asked_for_is_told,
)
