"""The shipped worlds: everything they need is in the tables, and no use of their materials is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.scenario import load
from simulator.scenario import tables as inputs
from simulator.scenario.tables import Tables

WORLDS = {
    "reference": "battery_materials",
    "energy_transition": "energy_transition",
    "technology_metals": "technology_metals",
    "pilot_ukraine": "pilot_ukraine",
    "pilot_tajikistan": "pilot_tajikistan",
}
ISSUE_4 = {
    "rare_earth_processing_outage_2027": "energy_transition",
    "high_recovery_energy_transition": "energy_transition",
    "high_recovery_rare_earth_processing_outage_2027": "energy_transition",
    "graphite_outage_2027": "energy_transition",
    "demand_aps": "energy_transition",
    "demand_nze": "energy_transition",
    "gallium_germanium_outage": "technology_metals",
    "high_recovery_technology_metals": "technology_metals",
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return inputs.load()


@pytest.mark.parametrize("name", [*WORLDS, *ISSUE_4])
def test_scenario_is_of_its_world(name: str, repository: Path) -> None:
    scenario = load(repository / "scenarios" / f"{name}.yaml")
    assert scenario.name == name
    assert scenario.world.name == {**WORLDS, **ISSUE_4}[name]


@pytest.mark.parametrize("name", WORLDS)
def test_no_use_of_a_material_is_lost(name: str, tables: Tables) -> None:
    world = load(name).world
    for material in world.materials:
        assert f"other_{material}" in world.products
        rows = tables["uses"].where(material=material)
        assert {row["use"] for row in rows} == {
            row["use"] for row in tables["demand"].where(material=material)
        }
        for row in rows:
            contained = {item["material"] for item in tables["content"].where(product=row["product"])}
            assert material in contained, (row["product"], material)


@pytest.mark.parametrize("name", WORLDS)
def test_every_product_can_be_made_used_and_treated(name: str, tables: Tables) -> None:
    world = load(name).world
    makers = {row["output"]: row["process"] for row in tables["processes"] if row["output"]}
    goods = {row["good"]: row for row in tables["goods"]}
    for product in world.products:
        held = {row["material"] for row in tables["content"].where(product=product)}
        taken: set[str] = set()
        parts = [makers[product]]
        for process in parts:
            for row in tables["process_inputs"].where(process=process):
                if goods[row["input"]]["kind"] == "component":
                    assert row["amount"] > 0
                    parts.append(makers[row["input"]])
                else:
                    assert row["amount"] is None
                    taken.add(goods[row["input"]]["material"])
        assert taken == held, product
        assert makers[f"eol_{product}"]
        assert any(row["input"] == f"eol_{product}" for row in tables["process_inputs"]), product


def test_every_path_has_the_same_years(tables: Tables) -> None:
    years: dict[tuple[str, str, str], set[int]] = {}
    for row in tables["capacity_paths"]:
        years.setdefault((row["process"], row["stage"], row["iso3"]), set()).add(row["year"])
    assert set(map(frozenset, years.values())) == {frozenset({2024, 2030, 2035, 2040})}


def test_outages_of_issue_4_stop_what_they_name() -> None:
    outage = load("graphite_outage_2027").disruptions[0]
    assert set(outage.where.process) == {"refine_graphite_natural", "make_synthetic_graphite"}
    (outage,) = load("rare_earth_processing_outage_2027").disruptions
    assert (outage.severity, outage.lasts_days) == (0.5, 273)
    assert "closed by construction" in load("graphite_outage_2027").description
