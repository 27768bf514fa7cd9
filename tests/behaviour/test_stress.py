"""Loss of the largest supplier: it is the largest, and what users miss is counted."""

from datetime import date

import numpy as np
import pytest
import xarray as xr

import simulator.run as room
from simulator import stress
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")


def test_the_largest_supplier_is_that_of_the_base_year():
    found = stress.largest(worlds.paper_scenario(), worlds.paper_tables())
    ds = worlds.paper("stationary")
    assert [(s.material, s.stage) for s in found] == [
        (material, stage) for material in ("copper", "cobalt") for stage in stress.STAGES
    ]
    for supplier in found:
        made = ds.production.sel(process=list(supplier.processes)).isel(time=0).sum("process")
        assert supplier.region == str(made.region[int(made.values.argmax())].values)
        assert supplier.share == pytest.approx(float(made.max() / made.sum()), rel=1e-6)


def test_users_miss_something_without_it_and_nothing_without_a_difference():
    scenario, tables = worlds.paper_scenario(), worlds.paper_tables()
    supplier = stress.largest(scenario, tables, ["extraction"])[0]
    base, without = stress.jobs(scenario, tables, [supplier], worlds.PAPER, start=date(2025, 1, 1), days=200)
    assert without.scenario.disruptions[0].where.region == (supplier.region,)
    ds, hit = (room.run(job.scenario, tables) for job in (base, without))
    found = stress.loss(supplier, ds, hit)
    assert found.missed > 0.005 and found.worst < 1.0 and found.worst_month >= "2025-02"
    assert stress.loss(supplier, ds, ds).missed == 0.0


def test_losses_are_ranked_by_what_is_missed_in_years_of_demand():
    def run(delivered):
        dims = ("time", "region", "material")
        content = np.array(delivered, dtype=float).reshape(24, 1, 1)
        ds = xr.Dataset(
            {"content_delivered": (dims, content), "content_demanded": (dims, np.ones((24, 1, 1)))}
        )
        return ds.assign_coords(
            time=np.datetime64("2024-01", "M") + np.arange(24), region=["A"], material=["tin"]
        )

    supplier = stress.Supplier("tin", "extraction", "A", ("mine_tin",), 0.5)
    full, half = run([1] * 24), run([1] * 12 + [0.5] * 12)
    found = stress.loss(supplier, full, half)
    assert (found.missed, found.worst, found.worst_month, found.region) == (0.5, 0.5, "2025-01", "A")
    none = stress.loss(supplier, full, full)
    assert [each.missed for each in stress.rank([none, found])] == [0.5, 0.0]
    assert stress.as_rows([found])[0]["missed_years_of_demand"] == 0.5
