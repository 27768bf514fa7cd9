"""What firms do by process adds up to what their stages do; a process knows the materials it handles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulator import totals
from simulator.results.frames import tables
from simulator.run.about import handled
from simulator.world.state import Kind, Role
from tests.fixtures import worlds
from tests.laws import always

pytestmark = pytest.mark.xdist_group("battery")

INVEST = tuple(f"capacity.{stage}=invest" for stage in worlds.STAGES)
MONEY = ("rules.prices=true", "rules.finance=true")
SHORT = "period.end=2026-08-01"
CASES = {
    "masses alone": (),
    "money": (*MONEY, "rules.births=true"),
    "money without births": (*MONEY, "rules.births=false"),
    "investment": (*MONEY, "rules.births=true", *INVEST),
    "investment without money": ("rules.prices=true", "rules.finance=false", *INVEST),
    "by the week": ("period.record_days=7",),
}
MONEYS = ("sales", "failures")
INVESTMENTS = ("investments_wanted", "investments_made", "investments_blocked")
PAPER = {
    "copper": (
        *("mine_copper", "refine_copper", "make_cell", "make_device", "make_other_copper"),
        *("collect_device", "collect_other_copper", "recycle_device", "recycle_metal"),
    ),
    "cobalt": (
        *("mine_cobalt", "refine_cobalt", "make_cell", "make_device", "make_other_cobalt"),
        *("collect_device", "recycle_device"),
    ),
}
"""Read off the tables of the paper world."""


def run(name):
    return worlds.paper("outage", SHORT, *CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_processes_of_a_stage_add_up_to_it(name):
    ds = run(name)
    always.processes_add_up(ds)
    for each in ("n_firms", "jobs"):
        assert float(ds[f"{each}_by_process"].sum()) > 0
    assert ds.n_firms_by_process.dims == ("year", "region", "process", "size")
    assert ds.year.values.tolist() == np.unique(ds["time.year"]).tolist()


@pytest.mark.parametrize("name", CASES)
def test_money_is_told_where_money_is_part_of_the_run(name):
    ds = run(name)
    has_money, invests = "rules.finance=true" in CASES[name], INVEST[0] in CASES[name]
    assert [f"{each}_by_process" in ds for each in MONEYS] == [has_money] * 2
    assert [f"{each}_by_process" in ds for each in INVESTMENTS] == [invests] * 3
    for each in (*MONEYS, *INVESTMENTS):
        assert (each in ds) == (f"{each}_by_process" in ds)


def test_what_firms_wanted_was_made_or_not():
    ds = run("investment")
    wanted = ds.investments_wanted_by_process
    told = ds.investments_made_by_process + ds.investments_blocked_by_process.sum("reason")
    assert float(wanted.sum()) > 0
    np.testing.assert_allclose(told, wanted, rtol=1e-9, atol=1e-9 * float(wanted.max()))


@pytest.mark.parametrize("name", [*always.BY_PROCESS])
def test_a_thousandth_too_much_in_one_process_is_seen(name):
    ds = run("investment").copy(deep=True)
    values = ds[f"{name}_by_process"].values
    values[np.unravel_index(values.argmax(), values.shape)] *= 1.001
    with pytest.raises(AssertionError):
        always.processes_add_up(ds)


def test_a_missing_year_is_seen():
    with pytest.raises(AssertionError):
        always.processes_add_up(run("money").isel(year=[0]))


def test_materials_of_the_paper_world_by_hand():
    told = run("masses alone").process_material
    found = {m: tuple(told.process.values[told.sel(material=m) > 0]) for m in told.material.values}
    assert {m: set(names) for m, names in found.items()} == {m: set(names) for m, names in PAPER.items()}
    assert set(np.unique(told)) == {0.0, 1.0}


def test_recyclers_handle_what_they_treat_even_if_they_win_nothing_of_it():
    world = worlds.paper_built("recovery").blueprint
    recyclers = np.flatnonzero(world.firms.kind[world.slots.firm] == Kind.RECYCLE)
    outputs = recyclers[world.slots.role[recyclers] != Role.INPUT]
    mix = world.origin_mix.copy()
    mix[outputs] = 0.0
    np.testing.assert_array_equal(handled(replace(world, origin_mix=mix)), handled(world))
    mix[recyclers] = 0.0
    process = np.unique(world.firms.process[world.slots.firm[recyclers]])
    assert handled(world)[process].any(axis=1).all()
    assert not handled(replace(world, origin_mix=mix))[process].any()


@pytest.mark.parametrize("name", ["outage", "recovery", "high_recovery_drc_cobalt_outage_2026"])
def test_a_material_that_a_stage_makes_has_a_process_there_that_handles_it(name):
    ds = worlds.battery(name) if name.startswith("high") else worlds.paper(name)
    made = totals.by_year(ds[["stage_output"]]).stage_output.max("year")
    there = ds.n_firms_start.sum("size")
    for stage in ds.stage.values:
        own = ds.process.values[ds.stage_process.values == stage]
        firms = there.sel(process=own).dot(ds.process_material.sel(process=own), dim="process")
        assert (firms.transpose(*("region", "material")).values[made.sel(stage=stage) > 0] > 0).all(), stage


def test_enterprises_count_for_each_material_that_they_handle():
    ds = run("masses alone")
    of_material = ds.n_firms_start.dot(ds.process_material, dim=("region", "process", "size"))
    both = float(ds.n_firms_start.sel(process=["make_cell", "make_device"]).sum())
    assert both > 0
    assert float(of_material.sum()) >= float(ds.n_firms_start.sum()) + both


def test_tables():
    ds = run("investment")
    found = tables(ds)
    frame = found["firms_by_process"]
    assert list(frame.columns[:4]) == ["year", "region", "process", "size"]
    assert frame.sales_by_process.sum() == pytest.approx(float(ds.sales.sum()), rel=1e-9)
    assert found["failures_by_process"].failures_by_process.sum() == pytest.approx(float(ds.failures.sum()))
    assert found["firms_at_start"].n_firms_start.sum() == pytest.approx(float(ds.n_firms_start.sum()))
    assert len(found["process_materials"]) == ds.sizes["process"] * ds.sizes["material"]
    told = found["columns"].set_index("column").table
    assert told["investments_made_by_process"] == "firms_by_process"
    assert told["investments_blocked_by_process"] == "investments_blocked_by_process"
    assert not found["yearly"].variable.str.endswith("_by_process").any()
