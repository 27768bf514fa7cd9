"""Indicators of a shipped scenario: in their ranges, and in the order of the study of the EU."""

from __future__ import annotations

import numpy as np
import pytest

from simulator import indicators
from tests.fixtures import worlds
from tests.house.sources import REPOSITORY

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


def test_the_page_says_how_far_ores_are_from_the_study_and_why():
    """Supply risk of the EU in 2024, shares of the world's mines, and of what the EU takes."""
    ds, page = worlds.battery("energy_transition"), (REPOSITORY / "docs" / "model.md").read_text("utf-8")
    rows = {row["material"]: row["supply_risk_extraction"] for row in worlds.battery_tables()["criticality"]}
    risk = ds["supply_risk"].sel(year=2024, area="EU27", stage="extraction")
    nickel, rare = (f"{float(risk.sel(material=m)):.1f}" for m in ("nickel", "rare_earths"))
    assert f"SR of nickel ore is {nickel} for the EU where the study has {rows['nickel']}" in page
    assert f"of rare-earth ore {rare} where it has {rows['rare_earths']}" in page
    mined = worlds.battery_tables()["supply"].where(stage="extraction", year=2024)

    def share_of(iso3, material):
        tonnes = {row["iso3"]: row["tonnes"] for row in mined if row["material"] == material}
        return f"{tonnes[iso3] / sum(tonnes.values()):.0%}".replace("%", " %")

    assert f"has {share_of('IDN', 'nickel')} of mined nickel" in page.replace("\n", " ")
    assert f"China {share_of('CHN', 'rare_earths')} of mined magnet rare earths" in page.replace("\n", " ")
    bought = ds["trade"].sel(time="2024", region_to="EU27").sum("time")
    for good, region, words in (
        ("nickel", "SEA", "nickel ore from"),
        ("rare_earths", "CHN", "rare-earth ore from"),
    ):
        got = bought.sel(good=f"ore_{good}")
        part = float(got.sel(region_from=region) / got.sum())
        assert f"{part:.0%} of {words}".replace("%", " %") in page.replace("\n", " ")
