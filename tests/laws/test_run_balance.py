"""Laws 1 and 3 on whole runs: mass closes, from the saved file too; nothing is negative; a leak is caught.

Shipped scenarios are held to the same laws in tests/worlds/test_every_scenario.py.
"""

from __future__ import annotations

import pytest

from simulator import results
from simulator.errors import LawBroken
from simulator.run.member import Member
from simulator.run.state import State
from tests.fixtures import worlds
from tests.laws import always

pytestmark = pytest.mark.xdist_group("battery")

PAPER = ("stationary", "outage", "growth", "recovery")


@pytest.mark.parametrize("name", [*PAPER, "announced_supply", "high_recovery_drc_cobalt_outage_2026"])
def test_masses_close_in_the_file_alone(name, tmp_path):
    ds = worlds.paper(name) if name in PAPER else worlds.battery(name)
    results.to_netcdf(ds, tmp_path / "result.nc")
    import xarray as xr

    with xr.open_dataset(tmp_path / "result.nc", engine="h5netcdf", decode_coords="all") as stored:
        assert float(results.mass_closure(stored[["flow", "stock"]].load()).max()) <= 1e-9
        assert float(stored["mass_residual"].max()) <= 1e-9


@pytest.mark.parametrize("law", always.LAWS)
@pytest.mark.parametrize("name", PAPER)
def test_every_law_holds(name, law):
    law(worlds.paper(name))


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
