"""Law 2 on whole runs: without events nothing moves for 25 years, and what does not move is the base year."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

TOLERANCE = 1e-9
GROWING = {"stock", "stock_in_use", "money", "urban_mine"}
"""Sinks and accounts fill; with a frozen end of life products in use and the urban mine do too."""
NET = {"import_reliance"}  # a small difference of large flows: held against all of it
HELD = {"cash"}  # tested with the stocks
OFFICE = {"mass_residual", "money_residual"}


def paper_frozen():
    return worlds.paper("stationary", worlds.YEARS_25, "end_of_life=frozen")


def paper_live():
    return worlds.paper("stationary", worlds.YEARS_25)


def paper_money():
    """Prices, accounts, failures and births on."""
    on = [f"rules.{rule}=true" for rule in ("prices", "finance", "births")]
    return worlds.paper("stationary", worlds.YEARS_25, *on)


def battery_frozen():
    return worlds.battery("reference", worlds.YEARS_25, *worlds.STEADY)


def technology_frozen():
    return worlds.battery("technology_metals", worlds.YEARS_25, *worlds.STEADY)


def transition_frozen():
    return worlds.battery("energy_transition", worlds.YEARS_25, *worlds.STEADY)


LIVE = [paper_live, paper_money]
RUNS = [paper_frozen, *LIVE, battery_frozen, technology_frozen, transition_frozen]


def worst_departure(values):
    """Largest departure from the first interval, relative to it (to the variable's largest where it is 0)."""
    first = values.isel({"time" if "time" in values.dims else "year": 0})
    largest = float(np.abs(first).max()) or 1.0
    scale = largest if values.name in NET else np.abs(first).where(first != 0, largest)
    return float((np.abs(values - first) / scale).max())


@pytest.mark.parametrize("run", RUNS)
def test_every_flow_and_availability_stays_at_base(run):
    ds = run()
    assert ds.sizes["time"] == 300
    found = {
        str(k): worst_departure(v)
        for k, v in ds.drop_vars(["stock_start", "price_base"], errors="ignore").data_vars.items()
        if k not in GROWING | HELD | OFFICE and {"time", "year"} & set(v.dims)
    }
    assert {k: v for k, v in found.items() if not v <= TOLERANCE} == {}
    for name in ("availability", "availability_base_need", "availability_final"):
        np.testing.assert_allclose(ds[name], 1.0, rtol=0, atol=TOLERANCE)
    assert float(ds["unmet"].max()) == 0.0
    assert float(worlds.link(ds, ["extraction", "recycling"], "by_product_unsold").max()) == 0.0


@pytest.mark.parametrize("run", RUNS)
def test_stages_hold_what_they_held(run):
    """Every stage's stock stands still; in use only where cohorts are stationary and alive.

    A stock sums what flows leave open: 300 months of 1e-11 are allowed to it.
    """
    stages = [*worlds.STAGES, "hibernating"] + (["use"] if run in LIVE else [])
    stock = run()["stock"].sel(node=stages)
    assert worst_departure(stock) <= 10 * TOLERANCE
    if run in LIVE:
        assert worst_departure(run()["stock_in_use"]) <= TOLERANCE


@pytest.mark.parametrize("run", [paper_money, *RUNS[3:]])
def test_firms_hold_the_cash_they_held(run):
    """To 1e-9 of a month's sales: the cash aimed at answers to the value of stock, which is far larger."""
    ds = run()
    first, sales = ds["cash"].isel(time=0), ds["sales"].isel(time=0)
    assert float(first.sum()) > 0
    found = np.abs(ds["cash"] - first) / sales.where(sales > 0)
    assert float(found.max()) <= TOLERANCE
    assert not float(np.abs(ds["cash"] - first).where(sales <= 0).max()) > 0


def test_the_paper_world_is_the_one_on_paper():
    """Tonnes a year as worked by hand in tests/fixtures/paper/README.md."""
    ds = paper_live()
    year = ds.isel(time=slice(0, 12))
    copper, cobalt = (dict(material=m) for m in ("copper", "cobalt"))

    def flow(source, target, material):
        return float(worlds.link(year, source, target).sel(material).sum())

    made = year["production"].sum("time")
    origin = year["supply_origin"].sum(("time", "region"))
    expected = {
        "copper mined": (flow("lithosphere", "extraction", copper), 330),
        "cobalt mined": (flow("lithosphere", "extraction", cobalt), 80),
        "copper refined from ore": (float(made.sel(process="refine_copper").sum()), 330),
        "cobalt refined": (float(made.sel(process="refine_cobalt").sum()), 64),
        "cobalt residue": (flow("processing", "processing_residue", cobalt), 16),
        "old copper scrap": (float(year["recovered"].sel(**copper, origin="old_scrap").sum()), 190),
        "new copper scrap": (float(year["recovered"].sel(**copper, origin="new_scrap").sum()), 18),
        "new cobalt scrap": (float(year["recovered"].sel(**cobalt, origin="new_scrap").sum()), 3),
        "cells": (float(made.sel(process="make_cell").sum()), 1000),
        "cells in the South": (float(made.sel(process="make_cell", region="SOUTH")), 750),
        "devices": (float(year["delivered"].sel(product="device").sum()), 1000),
        "devices collected": (float(made.sel(process="collect_device").sum()), 500),
        "copper to traders": (flow("processing", "stock_change", copper), 13),
        "cobalt to traders": (flow("processing", "stock_change", cobalt), 2),
        "copper into first makers": (float(origin.sel(copper).sum()), 525),
        "cobalt into first makers": (float(origin.sel(cobalt).sum()), 65),
        "copper in use": (float(ds["stock_in_use"].isel(time=-1).sel(copper).sum()), 2800),
        "cobalt in use": (float(ds["stock_in_use"].isel(time=-1).sel(cobalt).sum()), 200),
        "copper hibernating": (float(ds["stock_hibernating"].isel(time=-1).sel(copper).sum()), 450),
        "copper collection rate": (float(year["collection_rate"].sel(copper).mean()), 0.5),
        "copper EOL-RR": (float(year["eol_recycling_rate"].sel(copper).mean()), 0.38),
        "copper recycled content": (float(year["recycled_content"].sel(copper).mean()), 208 / 525),
    }
    wrong = {k: v for k, v in expected.items() if v[0] != pytest.approx(v[1], rel=1e-9)}
    assert wrong == {}


def test_the_paper_world_has_a_firm_for_each_sector():
    firms = worlds.paper_built().blueprint.firms
    assert int((firms.size >= 0).sum()) == 21


def test_the_paper_descriptor_is_the_shipped_one_but_for_labels():
    own, shipped = worlds.paper_tables(), worlds.battery_tables()
    assert set(own) == set(shipped)
    for name in own:
        kinds = {c.name: (c.kind, c.unit) for c in own[name].schema.columns}
        others = {c.name: (c.kind, c.unit) for c in shipped[name].schema.columns if c.name != "note"}
        assert kinds == others, name
