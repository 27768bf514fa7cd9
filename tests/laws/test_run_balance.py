"""Laws 1 and 3 on whole runs: mass closes, from the saved file too; nothing is negative; a leak is caught."""

from __future__ import annotations

import numpy as np
import pytest

from simulator import results
from simulator.errors import LawBroken
from simulator.run.member import Member
from simulator.run.state import State
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

PAPER = ("stationary", "outage", "growth", "recovery")
SHIPPED = (
    "reference",
    "announced_supply",
    "high_recovery",
    "drc_cobalt_outage_2026",
    "lithium_refining_outage_2027",
    "high_recovery_drc_cobalt_outage_2026",
    "gallium_germanium_outage",
    "high_recovery_rare_earth_processing_outage_2027",
)


def run(name):
    return worlds.paper(name) if name in PAPER else worlds.battery(name)


@pytest.mark.parametrize("name", [*PAPER, "announced_supply", "high_recovery_drc_cobalt_outage_2026"])
def test_masses_close_in_the_file_alone(name, tmp_path):
    results.to_netcdf(run(name), tmp_path / "result.nc")
    import xarray as xr

    with xr.open_dataset(tmp_path / "result.nc", engine="h5netcdf", decode_coords="all") as stored:
        assert float(results.mass_closure(stored[["flow", "stock"]].load()).max()) <= 1e-9
        assert float(stored["mass_residual"].max()) <= 1e-9


@pytest.mark.parametrize("name", SHIPPED)
def test_masses_close(name):
    assert float(results.mass_closure(run(name)).max()) <= 1e-9
    assert float(run(name)["mass_residual"].max()) <= 1e-9


@pytest.mark.parametrize("name", [*PAPER, *SHIPPED])
def test_nothing_is_negative(name):
    """Stocks of a node are sums with the goods under way: empty ones may be off by their rounding.

    Cash below 0 is credit drawn, and accounts count from the start.
    """
    for key, values in run(name).drop_vars(["cash", "money"], errors="ignore").data_vars.items():
        rounding = 0.0
        if key == "stock":  # the ground is counted from zero down
            values = values.drop_sel(node="lithosphere")
            rounding = 1e-13 * values.max(("time", "node"))
        assert (values >= -rounding).where(values.notnull(), True).all(), key


@pytest.mark.parametrize("name", [*PAPER, *SHIPPED])
def test_what_leaves_the_ground_is_found_again(name):
    """All nodes together hold what they held at the start: mass is neither made nor lost."""
    stock = run(name)["stock"].sum("node")
    moved = np.abs(run(name)["flow"]).max(("time", "link"))
    assert (np.abs(stock - stock[0]) <= 1e-9 * moved * len(stock)).all()


@pytest.mark.parametrize("name", [*PAPER, *SHIPPED])
def test_shares_are_shares(name):
    ds = run(name)
    for key in (
        "availability",
        "availability_base_need",
        "collection_rate",
        "recycled_content",
        "old_scrap_ratio",
    ):
        values = ds[key].values[~np.isnan(ds[key].values)]
        assert ((values >= 0) & (values <= 1 + 1e-12)).all(), key
    assert (ds["met"] <= ds["need"] * (1 + 1e-12)).all()
    assert (ds["eol_collected"] <= ds["eol_generated"] * (1 + 1e-12) + 1e-9).all()


@pytest.mark.parametrize("world", ["paper", "battery"])
def test_a_leak_of_a_thousandth_is_caught(world, monkeypatch):
    """All copper loses 0.1 % on its way while nothing else changes."""
    built = worlds.paper_built("stationary") if world == "paper" else worlds.battery_built("reference")
    copper = built.blueprint.labels.materials.index("copper")
    whole = State.arrive

    def leaky(state, shipments):
        loads = [shipment.load.copy() for shipment in shipments]
        for load in loads:
            load[:, 3 * copper : 3 * copper + 3] *= 0.999
        whole(state, [s._replace(load=load) for s, load in zip(shipments, loads, strict=True)])

    monkeypatch.setattr(State, "arrive", leaky)
    with pytest.raises(LawBroken) as found:
        Member(built.blueprint).run()
    assert found.value.material == "copper"
    assert found.value.left > found.value.tolerance


@pytest.mark.parametrize("world", ["paper", "battery"])
def test_a_leak_in_making_is_caught(world, monkeypatch):
    """A thousandth of what is made vanishes."""
    from simulator.run import goods

    built = worlds.paper_built("stationary") if world == "paper" else worlds.battery_built("reference")
    whole = goods._convert

    def leaky(state, tier, batch, asked, uptime, record):
        before = state.mass[batch.outputs].copy()
        whole(state, tier, batch, asked, uptime, record)
        state.mass[batch.outputs] -= 0.001 * (state.mass[batch.outputs] - before)

    monkeypatch.setattr(goods, "_convert", leaky)
    with pytest.raises(LawBroken):
        Member(built.blueprint).run()
