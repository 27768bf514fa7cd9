"""Root causes: laws by hand, the paper world by loops, parts that sum to the whole, causes not there."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import simulator.run as room
from simulator import results, roots
from simulator.build import build
from simulator.run import record
from simulator.run.causes import years_of
from simulator.run.member import Member
from simulator.terms import ROOT_KIND_NAMES, ROOT_KINDS, ROOT_PARTS
from simulator.world import causes as law
from tests.fixtures import worlds
from tests.laws import always
from tests.laws.causes_by_hand import ByHand, Watched, alike
from tests.laws.shocks import DISRUPTIONS, POLICIES, drawn
from tests.laws.test_economy_random import OF_MONEY

# ------------------------------------------------------------------ laws, by hand


def test_layers_are_shared_by_those_who_are_short_of_them():
    """Aim 10; own capacity allows 8, one input 4, another 7: layers 8 to 10, 7 to 8, 4 to 7."""
    parts = law.shared_layers(np.array([[2.0, 6.0, 3.0, 0.0]]))
    assert parts[0] == pytest.approx([2 / 3, 2 / 3 + 1 / 2 + 3, 2 / 3 + 1 / 2, 0])


GAPS = arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.floats(0, 1e6))


@drawn(50)
@given(GAPS)
def test_layers_sum_to_the_largest_gap(gap):
    parts = law.shared_layers(gap)
    assert parts.sum(axis=1) == pytest.approx(gap.max(axis=1), rel=1e-12)
    assert (parts >= 0).all()
    assert (parts <= gap * (1 + 1e-12)).all()
    order = np.argsort(gap, axis=1, kind="stable")
    assert (np.diff(np.take_along_axis(parts, order, axis=1), axis=1) >= -1e-9).all(), (
        "who lacks more has more"
    )


def test_own_limits_are_split_by_what_is_beyond_capacity_and_what_is_taken_from_it():
    """Aim 10, possible 2 of 8: 2 are beyond capacity; 0.5 and 0.25 at work take 0.5 and 0.75 of the rest."""
    factors = np.array([[0.5, 1.0, 0.0], [0.25, 1.0, 1.0], [1.0, 1.0, 1.0]])
    aim, can, full = np.array([10.0, 10, 10]), np.array([1.0, 4, 0]), np.array([8.0, 4, 12])
    parts = law.own_parts(aim, can, full, factors)
    assert parts[:, 0] == pytest.approx([2 / 9, 7 / 9 * 0.4, 7 / 9 * 0.6, 0])
    assert parts[:, 1] == pytest.approx([1, 0, 0, 0]), "nothing keeps capacity from work"
    assert parts[:, 2] == pytest.approx([0, 1, 0, 0]), "with all of it at work there would be enough"


def test_a_standing_backlog_is_not_missed_anew():
    wanted, expected = np.array([30.0, 30.0, 5.0]), np.array([10.0, 10.0, 10.0])
    assert law.aim_of(wanted, expected, np.array([6.0, 12.0, 1.0]), 1e-12) == pytest.approx([10, 30, 5])


def test_open_orders_keep_their_causes():
    """8 open of two causes, 20 with new orders, 5 stay open: 2 of the old 8, and 3 new ones."""
    pool = law.carried(np.array([[6.0, 2, 0]]), np.array([20.0]), np.array([5.0]), np.array([[0, 0, 1.0]]))
    assert pool[0] == pytest.approx([1.5, 0.5, 3])
    assert law.mixed(pool)[0] == pytest.approx([0.3, 0.1, 0.6])


def test_years_of_periods():
    import datetime

    month = 43_830
    assert years_of(datetime.date(2024, 11, 1), month, 4).tolist() == [2024, 2024, 2025, 2025]
    assert years_of(datetime.date(2024, 12, 31), 1440, 3).tolist() == [2024, 2025, 2025]


def test_every_kind_has_a_name():
    assert set(ROOT_KINDS) == set(ROOT_KIND_NAMES)


# ------------------------------------------------------------------ the paper world, by loops


def test_paper_world_by_loops(monkeypatch):
    monkeypatch.setattr(record, "Causes", Watched)
    built = build(worlds.paper_scenario("outage", "period.end=2028-01-01"), worlds.paper_tables())
    member = Member(built.blueprint)
    causes = member.run().causes
    hand, at = ByHand(built.blueprint), causes.at
    n_short = 0
    for notes, found, lacking in causes.seen:
        hand.settle(notes)
        for slot in np.flatnonzero(at.outlet >= 0):
            base = built.blueprint.slots.base[slot] * 30
            alike(found[at.outlet[slot]], hand.open[slot], base)
            n_short += bool(hand.open[slot])
        for slot in np.flatnonzero(at.inlet >= 0):
            alike(lacking[at.inlet[slot]], hand.lacking[slot], built.blueprint.slots.base[slot] * 30)
    assert n_short > 100
    for slots, told, year_part in ((at.user, hand.unmet, 0), (at.inlet, hand.needed, 1)):
        for slot in np.flatnonzero(slots >= 0):
            found = defaultdict(float)
            for year in causes.years.values():
                for label, value in zip(causes.roots.labels, year[year_part][slots[slot]], strict=False):
                    found[label] += value
            alike(found, told[slot], built.blueprint.slots.base[slot] * 365)
    assert sum(map(len, hand.unmet.values())) > 10
    assert sum(map(len, hand.needed.values())) > 10


# ------------------------------------------------------------------ parts sum to the whole


@pytest.mark.parametrize("name", ["stationary", "growth", "recovery", "outage"])
def test_parts_sum_to_the_whole_on_paper(name):
    ds = worlds.paper(name)
    always.parts_sum(ds)
    assert ("root" in ds.dims) == (name != "stationary")


MONEY = ("rules.prices=true", "rules.finance=true")


@drawn(4)
@given(DISRUPTIONS, POLICIES, st.booleans(), st.sampled_from([7, 30.4375]), st.sampled_from([30.4375, 91]))
def test_parts_sum_to_the_whole_whatever_happens(events, policies, moves, review, period):
    words = {
        "disruptions": events,
        "policies": policies,
        "period": {"start": "2024-01-01", "end": "2026-07-01", "record_days": period},
    }
    weekly = f"world.review_days.refine_copper.days={review}"
    with_money = moves or any(each["kind"] in OF_MONEY for each in (*events, *policies))
    scenario = worlds.paper_with(words, weekly, *(MONEY if with_money else ()))
    always.parts_sum(room.run(scenario, worlds.paper_tables()))


# ------------------------------------------------------------------ a cause that is there, one that is not

SHORT, LONG = "period.end=2027-01-01", "period.end=2029-01-01"
WHEN = {"start": "2025-01-01", "duration_days": 300}
SOUTH = {"kind": "outage", "where": {"process": "mine_copper", "region": "SOUTH"}, "severity": 1.0, **WHEN}
BAN = {"kind": "export_restriction", "form": "ban", "from": "SOUTH", "to": "NORTH", "good": "refined_copper"}
WAY = {"kind": "transport", "from": "SOUTH", "to": "NORTH", "extra_days": 120}
FIRE = {"kind": "stock_loss", "where": {"region": "SOUTH"}, "severity": 1.0, "start": "2025-01-01"}
BUST = {"kind": "demand", "product": "*", "severity": 0.6, "start": "2024-03-01", "duration_days": 700}
HOARD = {"name": "hoard", "kind": "stockpile", "material": ["copper"], "value": {"2024-06-01": 90}}
PRESENT = {
    "outage": (SOUTH, (), ()),
    "export_cap": ({**BAN, **WHEN}, (), ()),
    "transport": ({**WAY, **WHEN}, (), ()),
    "stock_loss": (FIRE, (), ()),
    "reserve": (SOUTH, (HOARD,), ()),
    "idled": (BUST, (), (*MONEY, LONG)),
    "failed": (BUST, (), (*MONEY, LONG)),
}
"""Event, policies and settings under which each kind of cause is met."""


@pytest.mark.parametrize("kind", PRESENT)
def test_a_cause_is_named_where_it_is_and_nowhere_else(kind):
    event, policies, sets = PRESENT[kind]
    words = {"disruptions": [{"name": "event", **event}], "policies": list(policies)}
    ds = room.run(worlds.paper_with(words, SHORT, *sets), worlds.paper_tables())
    always.parts_sum(ds)
    found = ds["need_unmet_by_root"].groupby("root_kind").sum().sum(("year", "region", "material"))
    assert float(found.sel(root_kind=kind)) > 1e-3 * float(found.sum())
    calm = worlds.paper("growth")
    assert kind not in calm["root_kind"].values


def test_a_halt_of_one_mine_is_told_as_that():
    """The South's copper mine is the only source of cobalt, as its host: its halt is nearly all."""
    ds = worlds.paper("outage")
    for item in ("device", "cobalt", "copper", "other_cobalt"):
        kind, stage, region, material, share = roots.root_shares(ds, "World", item)[0]
        assert (kind, stage, region, material) == ("outage", "extraction", "SOUTH", "copper"), item
        assert share > 0.85, item


# ------------------------------------------------------------------ what a result tells


def test_shares_sum_to_one_and_fall():
    ds = worlds.paper("outage")
    shares = [row[4] for row in roots.root_shares(ds, ["NORTH", "SOUTH"], "device", 2027)]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    by_kind = roots.root_shares(ds, "World", "device", by=("kind",))
    assert {row[1:4] for row in by_kind} == {("", "", "")}
    assert sum(row[4] for row in by_kind) == pytest.approx(1)
    north = roots.root_amounts(ds, "NORTH", "device")
    south = roots.root_amounts(ds, "SOUTH", "device")
    world = roots.root_amounts(ds, "World", "device")
    assert sum(row[4] for row in north + south) == pytest.approx(sum(row[4] for row in world))
    assert sum(row[4] for row in world) == pytest.approx(float(ds["unmet"].sel(product="device").sum()))


def test_nothing_short_nothing_told():
    calm = worlds.paper("stationary")
    assert roots.root_shares(calm, "World", "device") == []
    assert roots.root_table(calm).empty
    assert "root_causes" not in results.tables(calm)


def test_what_is_not_there_is_said():
    ds = worlds.paper("outage")
    for arguments in (("EAST", "device"), ("World", "cell"), ("World", "device", 1999)):
        with pytest.raises(KeyError):
            roots.root_shares(ds, *arguments)
    with pytest.raises(KeyError, match="no parts"):
        roots.but_for(ds, ds, "World", "device", colour="red")


def test_table_of_root_causes():
    ds = worlds.paper("outage")
    table = results.tables(ds)["root_causes"]
    assert list(table.columns) == list(roots.COLUMNS)
    groups = table.groupby(["year", "region", "item"])
    assert groups["share"].sum().to_numpy() == pytest.approx(1)
    whole = table[(table["region"] == "World") & (table["item"] == "device")]["amount"].sum()
    assert whole == pytest.approx(float(ds["unmet"].sel(product="device").sum()))
    assert set(ds.coords) >= {f"root_{part}" for part in ROOT_PARTS}


# ------------------------------------------------------------------ against a run without the cause


def test_gap_to_the_run_without_the_cause():
    """In the world at rest nothing is short without the outage; the gap is what is not charged to it."""
    hit, calm = worlds.paper("outage"), worlds.paper("stationary")
    charged, avoided, gap = roots.but_for(hit, calm, "World", "device", kind="outage")
    assert avoided == pytest.approx(float(hit["unmet"].sel(product="device").sum()))
    assert gap == pytest.approx(charged - avoided)
    assert 0 < charged < avoided
    nobody = roots.but_for(hit, calm, "World", "device", kind="export_cap")
    assert nobody.attributed == 0


PAGE = worlds.PAPER.parents[2] / "docs" / "root_causes.md"
MARKS = ("<!-- numbers: gap -->\n", "<!-- end -->")
PAIRS = (("drc_cobalt_outage_2026", "cobalt"), ("lithium_refining_outage_2027", "lithium"))


def gap_table():
    """Table of the page: what outages of shipped scenarios are charged with, and what they add."""
    lines = ["| scenario | need without stock | charged to the outage | more than without it | gap |"]
    lines.append("|---|---:|---:|---:|---:|")
    for name, item in PAIRS:
        ds, without = worlds.battery(name), worlds.battery("reference")
        whole = sum(row[4] for row in roots.root_amounts(ds, "World", item))
        found = roots.but_for(ds, without, "World", item, kind="outage")
        lines.append(f"| {name}, {item} | " + " | ".join(f"{x / 1e3:.1f} kt" for x in (whole, *found)) + " |")
    return "\n".join(lines) + "\n"


@pytest.mark.xdist_group("battery")
def test_gap_on_the_page_is_that_of_the_runs():
    text = PAGE.read_text(encoding="utf-8")
    assert text.split(MARKS[0])[1].split(MARKS[1])[0] == gap_table(), "python tests/laws/test_causes.py"


if __name__ == "__main__":
    before, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0])
    PAGE.write_text(before + MARKS[0] + gap_table() + MARKS[1] + rest.split(MARKS[1], 1)[1], encoding="utf-8")
