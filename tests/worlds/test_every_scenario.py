"""Every shipped scenario, whatever its world and its events: causes sum to what is short, laws hold.

A new file in scenarios/ is run here without being named, for as long as its events take to begin, and a year.
"""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.fixtures import worlds
from tests.laws import always

NAMES = sorted(path.stem for path in (worlds.PAPER.parents[2] / "scenarios").glob("*.yaml"))
WHOLE, TWO_YEARS, WAR = "", "period.end=2026-01-01", "period.end=2028-07-01"
RUN_ANYWAY = {
    **dict.fromkeys(("reference", "announced_supply", "high_recovery", "drc_cobalt_outage_2026"), WHOLE),
    **dict.fromkeys(("lithium_refining_outage_2027", "high_recovery_drc_cobalt_outage_2026"), WHOLE),
    **dict.fromkeys(("energy_transition", "demand_aps", "demand_nze", "graphite_outage_2027"), WHOLE),
    **dict.fromkeys(("high_recovery_energy_transition", "rare_earth_processing_outage_2027"), WHOLE),
    **dict.fromkeys(("high_recovery_rare_earth_processing_outage_2027", "technology_metals"), WHOLE),
    **dict.fromkeys(("high_recovery_technology_metals", "gallium_germanium_outage"), WHOLE),
    **dict.fromkeys(("covid_like_shock", "alliance_placebo"), WHOLE),
    **dict.fromkeys(("pilot_tajikistan", "pilot_ukraine"), TWO_YEARS),
    **dict.fromkeys(("ukraine_war_outage", "ukraine_war_outage_support"), WAR),
    "ukraine_reconstruction": "period.end=2030-07-01",
    "tajikistan_antimony_control": "period.end=2030-01-01",
}
"""Settings under which tests of what a scenario says run it anyway, so that one run serves both."""
OF_PRESETS = {"eu_battery_regulation": [date(2031, 8, 18)]}
"""Beginnings of events that a preset names, not the scenario."""
CARRIED = {"electronics_parts_cover", "electronics_parts_relocation", "electronics_parts_second_source"}
"""Scenarios of a remedy that carries everybody through the shock."""
DAY = re.compile(r'(?<!"end":)"(\d{4}-\d\d-\d\d)"')
SAID_BY = {
    "outage": {"outage", "workforce"},
    "export_cap": {"export_restriction"},
    "transport": {"transport", "export_restriction"},
    "stock_loss": {"stock_loss"},
    "reserve": {"stockpile"},
}
"""Events and policies without which a cause of that kind cannot be."""


def later(day, years):
    return day.replace(day=1, year=day.year + years)


def last_day(said):
    """Day after the last one: two years, and a year after all that is said has begun."""
    begun = [date.fromisoformat(day) for day in DAY.findall(said.model_dump_json(exclude={"period"}))]
    begun += OF_PRESETS.get(said.name, [])
    return min(said.period.end, max([later(said.period.start, 2), *(later(day, 1) for day in begun)]))


def run(said):
    end = RUN_ANYWAY.get(said.name, f"period.end={last_day(said)}")
    return worlds.battery(said.name, *([end] if end else []))


def hurt(said):
    return bool(said.disruptions) and said.name not in CARRIED


@pytest.mark.parametrize("name", NAMES)
def test_parts_sum_to_the_whole_and_every_law_holds(name):
    said = worlds.battery_scenario(name)
    ds = run(said)
    for law in always.LAWS:
        law(ds)
    assert not hurt(said) or "root" in ds.dims, "a shock that nobody feels proves nothing"
    kinds = set(ds["root_kind"].values.astype(str)) if "root" in ds.dims else set()
    events = {event.kind for event in (*said.disruptions, *said.policies)}
    for kind in kinds & set(SAID_BY):
        assert SAID_BY[kind] & events, f"{kind}: nothing of it was said"
    assert "outage" not in events or not hurt(said) or "outage" in kinds


def test_many_of_them_are_short_of_something():
    assert sum(hurt(worlds.battery_scenario(name)) for name in NAMES) >= 20
    assert set(NAMES) >= {*RUN_ANYWAY, *OF_PRESETS, *CARRIED}, "named here and not there"


def test_a_missing_part_is_seen():
    ds = worlds.battery("tajikistan_antimony_control", RUN_ANYWAY["tajikistan_antimony_control"])
    largest = ds["need_unmet_by_root"].sum(("year", "region", "material")).argmax("root")
    with pytest.raises(AssertionError, match="unmet_by_root"):
        always.parts_sum(ds.drop_isel(root=[int(largest)]))
