"""Indicators of a shipped scenario: in their ranges, and in the order of the study of the EU."""

from __future__ import annotations

import numpy as np
import pytest

from simulator import indicators
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

BETWEEN_0_AND_1 = ("hhi", "largest_share", "largest_firm_share", "import_reliance", "geopolrisk")


@pytest.fixture(scope="module")
def ds():
    return worlds.battery("reference")


@pytest.mark.parametrize("name", BETWEEN_0_AND_1)
def test_shares_lie_between_nothing_and_all(ds, name):
    values = ds[name].values[np.isfinite(ds[name].values)]
    assert values.size
    assert values.min() >= 0.0
    assert values.max() <= 1.0 + 1e-12


def test_no_enterprise_is_larger_than_its_stage(ds):
    assert (ds["stage_largest"] <= ds["stage_output"].sum("region") * (1 + 1e-12)).all()


def test_materials_stand_in_the_order_of_the_study(ds):
    """Supply risk of the EU at the stage of the higher one, 2024, against the published one of 2023."""
    rows = {row["material"]: row for row in worlds.battery_tables()["criticality"].rows}
    ours = ds["supply_risk"].sel(year=2024, area="EU27").max("stage").to_series()
    published = {
        m: max(rows[m][f"supply_risk_{stage}"] or 0.0 for stage in ("extraction", "processing"))
        for m in ours.index
    }
    assert sorted(ours.index, key=ours.get) == sorted(ours.index, key=published.get)


def test_areas_add_up(ds):
    regions = list(ds["region"].values)
    for name in ("urban_mine", "primary_avoided"):
        both = ds[name].sel(area=regions).sum("area"), ds[name].sel(area="World")
        assert np.allclose(*both)
    members = indicators.groups(ds)["UNECE"]
    assert np.allclose(ds["urban_mine"].sel(area=members).sum("area"), ds["urban_mine"].sel(area="UNECE"))


def test_who_mines_what_it_uses_meets_the_benchmark(ds):
    """Mining over consumption, worked out from flows by hand."""
    found = indicators.crma(ds)["output"].sel(benchmark="extraction_benchmark", year=2024, material="copper")
    mined = ds["stage_output"].sel(region="EU27", stage="extraction", material="copper")
    used = ds["supply_origin"].sel(region="EU27", material="copper").sum("origin")
    year = ds["time"].dt.year == 2024
    assert float(found) == pytest.approx(float(mined[year].sum() / used[year].sum()))
    assert float(found) > 0.1
