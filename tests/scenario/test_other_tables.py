"""Labels come from the tables, never from the code: a world of other regions, materials and products."""

from __future__ import annotations

import pytest

from simulator.errors import InputError
from simulator.scenario import load


class Table:
    def __init__(self, columns, *rows):
        self.rows = [dict(zip(columns.split(), row, strict=True)) for row in rows]

    def column(self, name):
        return [row[name] for row in self.rows]


TABLES = {
    "regions": Table(
        "iso3 country region", ("AAA", "Alpha", "NORTH"), ("BBB", "Beta", "NORTH"), ("CCC", "C", "SOUTH")
    ),
    "materials": Table("material", ("tin",), ("zinc",)),
    "goods": Table(
        "good kind material product",
        ("ore_tin", "ore", "tin", None),
        ("ore_zinc", "ore", "zinc", None),
        ("can", "product", None, None),
        ("eol_can", "end_of_life", None, "can"),
    ),
    "processes": Table(
        "process stage output",
        ("mine_tin", "extraction", "ore_tin"),
        ("mine_zinc", "extraction", "ore_zinc"),
        ("make_can", "manufacturing", "can"),
        ("collect_can", "collection", "eol_can"),
        ("melt", "recycling", None),
    ),
    "products": Table("product component", ("can", None)),
    "content": Table(
        "product variant material kg_per_unit", ("can", "all", "tin", 2.0), ("can", "all", "zinc", 0.0)
    ),
    "supply": Table(
        "material stage iso3 process year tonnes", ("tin", "extraction", "AAA", "mine_tin", 2020, 9.0)
    ),
    "recycling_yields": Table("process good material yield", ("melt", "eol_can", "tin", 0.5)),
    "assumptions": Table("name value low high unit", ("patience", 3.0, None, 5.0, "d")),
}
WORLD = {"materials": ["tin"], "products": ["can"]}
SCENARIO = {"schema_version": 1, "world": WORLD, "period": {"start": "2020-01-01", "end": "2030-01-01"}}


def rules(**more):
    try:
        load({**SCENARIO, **more}, tables=TABLES)
    except InputError as error:
        return {fault.place.path: (fault.rule, fault.nearest) for fault in error.faults}
    return {}


def outage(**where):
    start = {"start": "2021-01-01", "duration_days": 3, "severity": 1}
    return {"disruptions": [{"name": "stop", "kind": "outage", "where": where, **start}]}


def test_labels_of_these_tables_are_good():
    assert rules(**outage(process="mine_tin", region="NORTH"), parameters={"patience": -100}) == {}
    assert (
        rules(recovery={"yields": [{"process": "melt", "good": "eol_can", "material": "tin", "value": 1}]})
        == {}
    )


def test_labels_of_the_shipped_tables_are_not():
    assert rules(world={"materials": ["lithium"], "products": ["can"]}) == {
        "world.materials[0]": ("material_unknown", "")
    }
    assert rules(**outage(region="CHN")) == {"disruptions[0].where.region[0]": ("where_region", "")}


def test_a_process_of_another_material_is_not_of_the_world():
    assert rules(**outage(process="mine_zinc"))["disruptions[0].where.process[0]"][0] == "where_process"


def test_sectors_are_where_the_tables_have_output():
    assert rules(**outage(process="mine_tin", region="SOUTH")) == {
        "disruptions[0].where": ("where_matches_nothing", "")
    }


def test_a_carved_country_leaves_its_region():
    carved = {"world": {**WORLD, "regions": {"carve": ["AAA"]}}}
    assert rules(**carved, **outage(process="mine_tin", region="AAA")) == {}
    assert rules(**carved, **outage(process="mine_tin", region="NORTH")) == {
        "disruptions[0].where": ("where_matches_nothing", "")
    }
    assert rules(**outage(process="mine_tin", region="AAA")) == {
        "disruptions[0].where.region[0]": ("where_region", "NORTH")
    }


def test_merged_regions_have_the_new_name():
    merged = {"world": {**WORLD, "regions": {"merge": {"ALL": ["NORTH", "SOUTH"]}}}}
    assert rules(**merged, **outage(process="mine_tin", region="ALL")) == {}
    assert "disruptions[0].where.region[0]" in rules(**merged, **outage(region="NORTH"))


def test_the_last_country_cannot_be_carved():
    found = rules(world={**WORLD, "regions": {"carve": ["CCC"]}})
    assert found == {"world.regions.carve[0]": ("carve_only_country", "")}


@pytest.mark.parametrize(("value", "good"), [(5, True), (5.1, False)])
def test_ranges_are_those_of_the_table(value, good):
    assert (rules(parameters={"patience": value}) == {}) is good


def test_period_may_begin_with_the_tables_base_year():
    assert (
        rules(period={"start": "2019-12-31", "end": "2030-01-01"})["period.start"][0] == "period_before_base"
    )


def test_a_demand_case_needs_rows():
    demand = Table("use material demand_case year tonnes", ("cans", "tin", "base", 2020, 9.0))
    try:
        load(SCENARIO, tables={**TABLES, "demand": demand})
    except InputError as error:
        [fault] = error.faults
    assert (fault.place.path, fault.rule, fault.found) == ("demand.case", "demand_case_without_data", "STEPS")
    assert (
        load({**SCENARIO, "demand": {"case": "base"}}, tables={**TABLES, "demand": demand}).demand.case
        == "base"
    )
