"""Firms that handle a material: what a page is given equals the run's numbers by process, put together."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.report import charts, firms
from simulator.report.packing import FIGURES, unpacked
from simulator.terms import CAUSES, FIRM_STAGES, REASONS, SIZES
from tests.fixtures import worlds
from tests.report import fake

INVEST = ("rules.prices=true", "rules.finance=true", *(f"capacity.{s}=invest" for s in worlds.STAGES))


def expected(ds, place):
    """By variable: material, stage (all in a region), size, part, year; processes summed up one by one."""
    told = {}
    for name in ("n_firms", "jobs", "sales", "failures", "investments_made", "investments_blocked"):
        array = ds[f"{name}_by_process"]
        array = array.sum("region") if place is None else array.sel(region=place)
        more = {"cause": list(CAUSES), "reason": list(REASONS)}
        array = array.sel(size=list(SIZES), **{d: more[d] for d in array.dims if d in more})
        order = ("process", "size", *(d for d in array.dims if d in more), "year")
        values = array.transpose(*order).values
        stages = ds.stage_process.values
        rows = []
        for material in ds.material.values:
            own = ds.process_material.sel(material=material).values > 0
            parts = [stages == s for s in FIRM_STAGES] if place is None else [np.ones(len(stages), bool)]
            rows.append([values[own & part].sum(axis=0) for part in parts])
        told[name] = np.array(rows)
    told["investments"] = np.concatenate(
        [told.pop("investments_made")[:, :, :, None], told.pop("investments_blocked")], axis=3
    )
    return told


def close(found, values, figures=FIGURES):
    step = 10.0 ** (1 - figures) * np.abs(values).max(axis=-1, keepdims=True)
    assert (np.abs(whole(found, values.shape) - values) <= 0.51 * step + 1e-9).all()


def whole(tree, shape):
    """Nested lists as an array, with zeros for empty ones."""
    if len(shape) == 1 and len(tree):
        return np.array(tree, dtype=float)
    return np.array([whole(part, shape[1:]) for part in tree]) if len(tree) else np.zeros(shape)


@pytest.fixture(scope="module")
def made_up():
    return fake.dataset(outage="cobalt", economy=True)


@pytest.fixture(scope="module")
def paper():
    return worlds.paper("outage", "period.end=2027-01-01", *INVEST)


@pytest.mark.parametrize("name", ["made_up", "paper"])
def test_the_world_is_told_by_stage_and_size(name, request):
    ds = request.getfixturevalue(name)
    found, told = unpacked(firms.series(ds))["by_material"]["world"], expected(ds, None)
    assert set(found) == set(told)
    for key, values in told.items():
        rows = found[key]
        if key == "n_firms":
            start = [[[each[0] for each in sizes] for sizes in stages] for stages in rows]
            rows = [[[each[1:] for each in sizes] for sizes in stages] for stages in rows]
            own = ds.n_firms_start.sum("region").transpose("process", "size").values
            lithium = ds.process_material.values[:, 0] > 0
            mines = lithium & (ds.stage_process.values == "extraction")
            np.testing.assert_allclose(start[0][0], own[mines].sum(axis=0), rtol=1e-4)
        close(rows, values, FIGURES if key in ("n_firms", "failures") else firms.FEWER)


@pytest.mark.parametrize("name", ["made_up", "paper"])
def test_a_region_is_told_over_all_stages(name, request):
    ds = request.getfixturevalue(name)
    found = unpacked(firms.series(ds))["by_material"]["regions"]
    for r, region in enumerate(ds.region.values):
        for key, values in expected(ds, region).items():
            rows = found[key][r]
            if key in ("failures", "investments"):  # of all sizes together
                values = values.sum(axis=2)
            if key == "n_firms":
                rows = [[each[1:] for each in sizes] for sizes in rows]
            close(rows, values[:, 0], FIGURES if key in ("n_firms", "failures") else firms.FEWER)


def test_regions_add_up_to_the_world(made_up):
    told = unpacked(firms.series(made_up))["by_material"]
    shape = (4, 6, 4, 18)
    world = whole(told["world"]["n_firms"], shape).sum(axis=1)
    regions = whole(told["regions"]["n_firms"], (14, 4, 4, 18)).sum(axis=0)
    np.testing.assert_allclose(regions, world, rtol=1e-4)


def test_each_material_counts_those_that_handle_several(made_up):
    """Recyclers of batteries stand in lithium, cobalt and nickel in full, and not in copper."""
    world = unpacked(firms.series(made_up))["by_material"]["world"]["n_firms"]
    recycling = FIRM_STAGES.index("recycling")
    assert world[0][recycling] == world[1][recycling] == world[2][recycling]
    assert world[3][recycling] == [] and world[0][FIRM_STAGES.index("collection")] == []


def test_money_is_not_told_without_it_and_old_results_tell_nothing(made_up):
    bare = fake.dataset(years=2)
    told = charts.block(bare)["series"]["by_material"]
    assert set(told["world"]) == set(told["regions"]) == {"n_firms", "jobs"}
    old = made_up.drop_vars([n for n in made_up.data_vars if "process_material" in n or "by_process" in n])
    assert firms.series(old) == {} and "by_material" not in charts.block(old)["series"]
