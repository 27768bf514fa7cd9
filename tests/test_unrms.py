"""The sheet of principles: what is measured, and that the rest says so."""

from __future__ import annotations

import pytest

from simulator.unrms import MEASURES, NOT_MEASURED, sheet
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")


def rows_of(ds):
    return sheet(ds, worlds.paper_tables()["unrms"].rows)


def test_every_principle_is_there_and_unmeasured_is_never_zero():
    rows = rows_of(worlds.paper())
    assert {row.number for row in rows} == set(range(1, 13))
    silent = {row.principle for row in rows if row.value is None}
    assert {"state_rights", "health_and_safety", "transparency", "integrated_management"} <= silent
    assert {
        "value_addition",
        "innovation",
        "core_competencies",
    } <= silent  # no prices, money, programmes here
    assert all(row.shown == NOT_MEASURED for row in rows if row.value is None)
    assert {row["principle"] for row in worlds.paper_tables()["unrms"]} >= set(MEASURES)


def test_measures_are_those_of_the_result():
    ds = worlds.paper()
    found = {(row.measure.split(",")[0], row.material): row for row in rows_of(ds)}
    ground = found["taken from the ground", "copper"]
    assert ground.value == pytest.approx(330 * 10) and ground.shown == "3300 t"
    recycled = float(ds["recycled_content"].sel(material="copper").values[-12:].mean())
    assert found["recycled content", "copper"].value == pytest.approx(recycled)
    assert found["material content delivered to final users over content demanded", "cobalt"].value <= 1


def test_with_money_more_is_measured():
    ds = worlds.paper("stationary", "rules.prices=true", "rules.finance=true")
    measured = {row.principle for row in rows_of(ds) if row.value is not None}
    assert {"value_addition", "innovation"} <= measured
