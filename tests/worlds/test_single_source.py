"""Demonstration worlds against closed forms: when parts run out, how much is made then, what is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import simulator.run as room
from simulator.scenario import load
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("pilots")

YEAR = 365.25
DAILY = 100_000 / YEAR
START = "2024-03-04"  # day 63: a whole number of weeks
SUPPLIER_STOCK = 0.25  # reviews of output that suppliers hold, or what spare capacity takes


@cache
def without_transport():
    """The shipped tables with goods there as soon as they are sent: no pipeline."""
    tables = worlds.battery_tables()
    rows = [{**row, "days": 0.0} for row in tables["transit"].rows]
    return replace(tables, tables={**tables.tables, "transit": replace(tables["transit"], rows=rows)})


def blocked(days, *regions, part="electronic_parts"):
    where = {"process": f"make_{part}"}
    return "disruptions=" + json.dumps(
        [
            {"name": f"stop_{i}", "kind": "outage", "where": {**where, "region": region}, "start": START,
             "duration_days": days, "severity": 1.0}
            for i, region in enumerate(regions)
        ]
    )  # fmt: skip


def told(ds):
    """Lowest share of need met at a review, and days of output lost."""
    need, met = (ds[key].sum(("region", "material")).values for key in ("need", "met"))
    asked = need > 0
    return float((met[asked] / need[asked]).min()), float((need - met).sum() / DAILY)


def run_electronics(share, cover, spare, days, review, tables):
    use = (1 - share) / (1 - share + spare)
    held = max(1 / use - 1, SUPPLIER_STOCK) * review
    ds = room.run(
        load(
            "electronics_parts",
            tables=tables,
            sets=(
                f"world.sourcing[0].share={share}", f"world.cover_days.manufacturing.input={cover}",
                f"world.cover_days.processing.output={held}", f"world.utilisation.processing={use}",
                f"world.review_days.processing={review}", f"world.review_days.manufacturing={review}",
                f"period.end={np.datetime64(START) + int(days) + 40}", blocked(days, "CHN"),
            ),
        ),
        tables,
    )  # fmt: skip
    return told(ds)


# VECTORS 5.2, and shares, covers and spare capacity of no special choice
CASES = (
    (0.4, 15, 0.0, 37.5), (0.4, 30, 0.0, 75.0), (0.4, 60, 0.0, 150.0),
    (0.8, 15, 0.0, 18.75), (0.8, 30, 0.0, 37.5), (0.8, 60, 0.0, 75.0),
    (0.4, 30, 0.1, 100.0), (0.8, 30, 0.2, 50.0), (0.55, 21, 0.07, 43.75),
)  # fmt: skip


@pytest.mark.parametrize(("share", "cover", "spare", "day"), CASES)
def test_parts_run_out_when_the_closed_form_says_and_stay_at_what_others_send(share, cover, spare, day):
    """The day is read from what is lost until deliveries are back, to parts of a review."""
    days = round(day) + 60
    low, lost = run_electronics(share, cover, spare, days, 1, without_transport())
    gap = share - spare
    # suppliers' own stock is cover; spare output begins a day later
    held = max(spare / (1 - share), SUPPLIER_STOCK)
    assert days - lost / gap == pytest.approx(day + (held - spare) / gap, abs=1.0)
    assert days - lost / gap == pytest.approx(day, abs=1.0 + (held - spare) / gap)
    assert low == pytest.approx(1 - gap, abs=1e-3)


@pytest.mark.parametrize(("share", "spare"), [(0.4, 0.0), (0.8, 0.0), (0.4, 0.1)])
def test_the_same_with_a_look_at_stock_once_a_week(share, spare):
    gap, days = share - spare, 200
    low, lost = run_electronics(share, 30, spare, days, 7, without_transport())
    assert days - lost / gap == pytest.approx(30 / gap, abs=7.0)
    assert low == pytest.approx(1 - gap, abs=1e-3)


@pytest.mark.parametrize(("share", "expected"), [(0.4, 6.0), (0.8, 42.0)])
def test_days_of_output_lost_in_an_outage_of_90_days(share, expected):
    _, lost = run_electronics(share, 30, 0.0, 90, 1, without_transport())
    assert lost == pytest.approx(expected, abs=share)  # to one review


def test_parts_never_run_out_where_others_can_make_all_of_it():
    low, lost = run_electronics(0.4, 30, 0.4, 250, 1, without_transport())
    assert low == pytest.approx(1.0, abs=1e-9) and lost == pytest.approx(0.0, abs=1e-6)


def test_goods_under_way_put_off_the_start_and_the_end_by_the_time_of_transport():
    tables = worlds.battery_tables()
    days = worlds.battery_built("electronics_parts").blueprint.relations.lead.max() / 1440
    assert days == 35
    ds = worlds.battery("electronics_parts", blocked(90, "CHN"), "period.end=2024-10-01")
    short = np.flatnonzero((ds["met"] < ds["need"] * (1 - 1e-6)).any(("region", "material")).values) - 63
    assert short[0] == pytest.approx(75 + days, abs=2)
    assert short[-1] == pytest.approx(90 + days, abs=1)
    assert told(ds)[1] == pytest.approx(6.0, abs=0.4)
    assert "electronic_parts" in {row["material"] for row in tables["materials"]}


def test_two_blocked_regions_count_together_and_one_counts_alone():
    start = ("period.end=2024-09-01",)
    part = "pharma_ingredients"
    both = worlds.battery(part, blocked(90, "CHN", "IND", part=part), *start)
    one = worlds.battery(part, blocked(90, "CHN", part=part), *start)
    assert told(both) == pytest.approx((0.2, 42.0), abs=0.8)
    assert told(one) == pytest.approx((0.6, 6.0), abs=0.4)


@pytest.mark.parametrize("remedy", ["second_source", "cover", "relocation"])
def test_each_remedy_carries_through_90_days(remedy):
    ds = worlds.battery(f"electronics_parts_{remedy}", "period.end=2024-10-01")
    assert told(ds)[1] == pytest.approx(0.0, abs=1e-6)


def test_a_pooled_stock_helps_makers_that_differ():
    agents = ("world.agents.manufacturing=40", "world.agents.processing=20", "period.end=2024-10-01")
    alone = told(worlds.battery("electronics_parts_outage", *agents))[1]
    pooled = told(worlds.battery("electronics_parts_pooled", agents[-1]))[1]
    assert 0 < pooled < 0.99 * alone


def test_shares_keep_the_world_s_total_and_the_others_proportions():
    tables = worlds.battery_tables()
    built = worlds.battery_built("electronics_parts", "world.sourcing[0].share=0.7")
    rows = built.plan.closure.tables["supply"].where(material="electronic_parts")
    before = {row["iso3"]: row["tonnes"] for row in tables["supply"].where(material="electronic_parts")}
    after = {row["iso3"]: row["tonnes"] for row in rows}
    assert sum(after.values()) == pytest.approx(sum(before.values()), rel=1e-12)
    assert after["CHN"] == pytest.approx(0.7 * sum(after.values()), rel=1e-12)
    others = [after[country] / before[country] for country in after if country != "CHN"]
    np.testing.assert_allclose(others, 0.5, rtol=1e-12)


def test_a_world_that_says_nothing_of_its_own_has_the_tables_as_they_are():
    assert worlds.battery_built("pilot_tajikistan").plan.closure.tables is worlds.battery_tables()
