"""The base year of the shipped world is the tables': calendar 2024, after the printed closure."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

MATERIALS = ("lithium", "cobalt", "nickel", "copper")
TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def year():
    return worlds.battery("reference").sel(time="2024").sum("time")


@pytest.fixture(scope="module")
def closure():
    return worlds.battery_built("reference").plan.closure


def stated(stage, material):
    rows = worlds.battery_tables()["supply"].where(material=material, stage=stage)
    return sum(row["tonnes"] for row in rows)


@pytest.mark.parametrize("material", MATERIALS)
def test_mined(year, material):
    mined = year["flow"].sel(material=material)[year["source"].values == "lithosphere"].sum()
    assert float(mined) == pytest.approx(stated("extraction", material), rel=TOLERANCE)


@pytest.mark.parametrize("material", MATERIALS)
def test_refined(year, material):
    """Where the table counts old scrap as refined output (copper), so does the sum."""
    refined = float(year["production"].sel(process=f"refine_{material}").sum())
    counts = worlds.battery_tables()["materials"].one(material=material)["refined_counts"]
    if counts == "old_scrap":
        refined += float(year["recovered"].sel(material=material, origin="old_scrap").sum())
    assert refined == pytest.approx(stated("processing", material), rel=TOLERANCE)


@pytest.mark.parametrize("material", MATERIALS)
def test_secondary(year, closure, material):
    """Old scrap recovered is what closure prints, for every metal."""
    recovered = float(year["recovered"].sel(material=material, origin="old_scrap").sum())
    assert recovered == pytest.approx(closure.secondary[material], rel=TOLERANCE)


def test_demand_by_product(year, closure):
    for name, product in closure.products.items():
        demanded, delivered = (float(year[key].sel(product=name).sum()) for key in ("demand", "delivered"))
        assert demanded == pytest.approx(product.units, rel=TOLERANCE), name
        assert delivered == pytest.approx(product.units, rel=TOLERANCE), name


@pytest.mark.parametrize("material", MATERIALS)
def test_demand_by_use(closure, material):
    """Content of what was delivered, plus scrap of making that does not come back, is the use's tonnes."""
    ds, tables = worlds.battery("reference"), worlds.battery_tables()
    delivered = ds["delivered"].sel(time="2024").sum(("time", "region"))
    uses = {}
    for row in tables["demand"].where(material=material, demand_case="base"):
        for carrier in tables["uses"].where(material=material, use=row["use"]):
            product = carrier["product"] if carrier["product"] in closure.products else f"other_{material}"
            uses.setdefault(product, []).append(row["tonnes"] * carrier["share"])
    for name, tonnes in uses.items():
        product = closure.products[name]
        net = product.gross[material] - product.scrap_recovered[material]
        wanted = sum(tonnes) + (closure.added[material] if name == f"other_{material}" else 0.0)
        assert float(delivered.sel(product=name)) * net == pytest.approx(wanted, rel=TOLERANCE), name


def test_nobody_is_short_in_the_base_year():
    first = worlds.battery("reference").sel(time="2024")
    for name in ("availability", "availability_base_need"):
        weighed = (first[name] * first["need"]).sum(("time", "region")) / first["need"].sum(
            ("time", "region")
        )
        np.testing.assert_allclose(weighed, 1.0, atol=TOLERANCE)
