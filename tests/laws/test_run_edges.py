"""Worlds at the edge of what tables can say: they must run, or be refused before a run."""

from __future__ import annotations

import numpy as np
import pytest

import simulator.run as room
from simulator.scenario import load
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")


def only_in(region, item, kind):
    def change(table, rows):
        for row in rows:
            if table == "regional_shares" and (row["item"], row["kind"]) == (item, kind):
                row["share"] = "1" if row["region"] == region else "0"
        return rows

    return change


def test_a_product_may_be_used_in_one_region_only(tmp_path):
    tables = worlds.copied(tmp_path, only_in("NORTH", "other_cobalt", "use"))
    ds = room.run(load(worlds.PAPER / "stationary.yaml", tables=tables), tables)
    assert float(ds["delivered"].sel(product="other_cobalt", region="SOUTH").sum()) == 0.0
    np.testing.assert_allclose(ds["availability_final"].sel(region="NORTH"), 1.0, atol=1e-12)


def test_a_material_recovered_for_the_first_time_is_not_lost(tmp_path):
    """No cells are made in the North, so its recycler gives no cobalt in the base year."""
    tables = worlds.copied(tmp_path, only_in("SOUTH", "cell", "manufacturing"))
    line = {"process": "recycle_device", "good": "eol_device", "material": "cobalt", "value": 0.8}
    given = {
        "schema_version": 1,
        "extends": str(worlds.PAPER / "stationary.yaml"),
        "recovery": {"yields": [line]},
    }
    room.run(load(given, tables=tables), tables)


MIXED = [
    ("world.review_days.refine_copper=15.21875",),
    ("world.review_days.mine_copper=7.5",),
    ("world.review_days.refine_cobalt=10",),
]


@pytest.mark.parametrize("sets", MIXED)
def test_reviews_of_different_length_leave_final_users_served(sets):
    ds, calm = worlds.paper("stationary", *sets), worlds.paper("stationary")
    np.testing.assert_allclose(ds["delivered"], calm["delivered"], rtol=1e-9)


def test_reviews_at_another_day_of_the_month_leave_final_users_served():
    ds = worlds.paper("stationary", "world.review_days.refine_copper={days: 30.4375, phase_days: 10}")
    np.testing.assert_allclose(ds["delivered"], worlds.paper("stationary")["delivered"], rtol=1e-9)
