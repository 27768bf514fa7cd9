"""Cells of tables that are drawn: their laws, shares that keep their sum, declared numbers in tables."""

from __future__ import annotations

import math
import random
import shutil
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulator.run as room
from simulator.ensemble import Ensemble
from simulator.ensemble.sampling import sobol
from simulator.errors import InputError
from simulator.scenario import load, tables
from simulator.scenario.cells import Cells, Move, shared
from simulator.scenario.factors import declared_names, factors_of, undrawn
from tests.fixtures.worlds import PAPER, battery_tables, paper_tables, paper_with

WHY = {"reason": "seen in three studies", "source": "this test"}


def uniform(low, high, **more):
    return {"distribution": "uniform", "low": low, "high": high, **WHY, **more}


def fate(name, low, high, **more):
    where = {"product": "device", "fate": name}
    return {"table": "uncollected_fates", "where": where, "column": "share", **uniform(low, high), **more}


def drawing(*entries, n=16, data=None, **block):
    found = {"assumptions": False, "tables": list(entries), **block}
    return Ensemble.of(paper_with({"ensemble": found}), data or paper_tables(), n)


# ------------------------------------------------------------------------------ shares with a sum

PARTS = st.lists(st.floats(0.001, 1), min_size=2, max_size=8)


@settings(max_examples=60, deadline=None)
@given(PARTS, st.data())
def test_the_sum_stays_what_was_drawn_is_kept_and_the_rest_keeps_its_proportions(parts, data):
    old = [part / math.fsum(parts) for part in parts]
    drawn = [data.draw(st.none() | st.floats(0, 1 / len(old))) for _ in old]
    new = shared(old, drawn)
    assert math.fsum(new) == pytest.approx(math.fsum(old), abs=1e-12)
    rest = [(was, now) for was, now, one in zip(old, new, drawn, strict=True) if one is None]
    if rest:
        assert all(one is None or one == now for one, now in zip(drawn, new, strict=True))
        assert [now / was for was, now in rest] == pytest.approx([rest[0][1] / rest[0][0]] * len(rest))


@settings(max_examples=40, deadline=None)
@given(PARTS, st.data())
def test_the_order_of_rows_changes_no_bit(parts, data):
    old = [part / math.fsum(parts) for part in parts]
    drawn = [data.draw(st.none() | st.floats(0, 0.6)) for _ in old]
    order = data.draw(st.permutations(range(len(old))))
    turned = shared([old[i] for i in order], [drawn[i] for i in order])
    assert turned == [shared(old, drawn)[i] for i in order]


def test_the_old_share_drawn_changes_no_bit_though_sums_are_rounded():
    old = [0.1, 0.2, 0.3, 0.4 - 3e-7]
    assert shared(old, [None, 0.2, None, old[3]]) == old
    assert math.fsum(shared(old, [0.5, None, None, None])) == pytest.approx(math.fsum(old), abs=1e-15)


def test_the_rest_of_the_routes_as_worked_by_hand():
    assert shared([0.02, 0.03, 0.94, 0.01], [None, None, 0.88, None]) == pytest.approx(
        [0.04, 0.06, 0.88, 0.02]
    )


def test_draws_without_room_are_closed():
    assert shared([0.5, 0.3, 0.2], [0.9, 0.6, None]) == pytest.approx([0.6, 0.4, 0.0])
    assert shared([0.5, 0.5], [0.3, 0.1]) == pytest.approx([0.75, 0.25])  # none is left to give way
    assert shared([1.0, 0.0], [0.4, None]) == pytest.approx([1.0, 0.0])
    assert shared([0.5, 0.5], [0.0, 0.0]) == [0.5, 0.5]


def sums_of(table):
    """Sums of the shares of each group of a table, by column."""
    found = defaultdict(list)
    for sums in table.schema.share_sums:
        for row in table:
            found[sums.value, *(row[name] for name in sums.by)].append(row[sums.value])
    return {key: math.fsum(values) for key, values in found.items()}


def test_members_keep_every_sum_and_the_central_member_is_the_table():
    large = {"table": "size_classes", "where": {"size": "large"}, "column": "output_share"}
    found = drawing(
        fate("unknown", 0.0, 0.6), fate("landfill", 0.1, 0.3), {**large, **uniform(0.5, 1.2), "use": "factor"}
    )
    before = paper_tables()
    for index in range(16):
        member = found.member(index)
        for name in ("uncollected_fates", "size_classes"):
            assert sums_of(member.tables[name]) == pytest.approx(sums_of(before[name]), abs=1e-12)
        by_fate = {
            row["fate"]: row["share"] for row in member.tables["uncollected_fates"].where(product="device")
        }
        assert by_fate["unknown"] == member.values["uncollected_fates[unknown, device].share"]
        assert by_fate["export_used"] / by_fate["informal"] == pytest.approx(2)
        for row, old in zip(member.tables["size_classes"], before["size_classes"], strict=True):
            assert row["enterprise_share"] == old["enterprise_share"]
    share = "uncollected_fates[unknown, device].share"
    assert found.at({share: 0.2}).tables is before
    assert found.at({share: 0.3}).tables.hash != before.hash


def test_the_order_of_lines_in_a_file_changes_no_member(tmp_path):
    copy = shutil.copytree(PAPER / "inputs", tmp_path / "mine")
    header, *lines = (copy / "uncollected_fates.csv").read_text().splitlines()
    random.Random(3).shuffle(lines)
    (copy / "uncollected_fates.csv").write_text("\n".join([header, *lines]) + "\n")
    one, two = (
        drawing(fate("unknown", 0, 0.6), fate("informal", 0, 0.3), data=tables.load(folder)).member(5).tables
        for folder in (PAPER / "inputs", copy)
    )
    assert one["uncollected_fates"].rows == two["uncollected_fates"].rows


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            {**fate("unknown", 0.1, 0.5), "where": {"product": "device"}},
            "that sum to 0.4, with the least draw",
        ),
        (
            {**fate("unknown", 0.5, 4), "use": "factor", "where": {"fate": "unknown"}},
            "2, with the largest draw",
        ),
        (
            {
                "table": "routing",
                "where": {"product": "other_copper", "route": "recycling"},
                "column": "share",
            }
            | uniform(0.5, 0.9),
            "rows that leave another share of other_copper, *, 2024 above 0 to give way",
        ),
    ],
    ids=["all", "above", "alone"],
)
def test_shares_without_room_are_told_when_the_scenario_is_read(entry, told):
    with pytest.raises(InputError) as raised:
        drawing(entry)
    assert told in str(raised.value)


# --------------------------------------------------------------------------------------- laws of cells


@pytest.mark.parametrize(
    ("law", "number", "more", "new"),
    [
        ("value", 0.3, {}, 0.3),
        ("factor", 0.3, {}, 15.0),
        ("factor", 0.3, {"amount": 0.8}, 11.0),
        ("rest", 0.3, {}, 8.75),
        ("per_rest", 0.36, {}, 12.5),
        ("shift", 0.3, {"amount": -4.0}, 9.6),
        ("growth", 0.32, {"from_year": 2024}, 12.1),
        ("growth", 0.32, {"to_year": 2028}, 10 / 1.1**2),
        ("growth", 0.32, {"from_year": 2024, "amount": 1.0}, 10 + 1.32**2 - 1.2**2),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else None,
)
def test_laws_of_cells_as_worked_by_hand(law, number, more, new):
    move = Move("demand", "tonnes", (), law, 0.2, **more)
    assert move.moved(10.0, number, 2026) == pytest.approx(new)
    assert move.moved(0.2 if law == "value" else 1 / 3, 0.2, 2026) == (0.2 if law == "value" else 1 / 3)


def test_only_rows_of_the_years_meant_move():
    cells = Cells(battery_tables())
    late = Move(
        "variant_shares", "share", (("product", "ev_battery"), ("variant", "LFP")), "value", from_year=2024
    )
    rows = cells.tables["variant_shares"].rows
    assert {rows[i]["year"] for i in cells.rows(late)} == set(range(2024, 2041))
    early = {rows[i]["year"] for i in cells.rows(replace(late, from_year=None, to_year=2012))}
    assert early == {2010, 2011, 2012}


# ------------------------------------------------------------------------- declared numbers in tables

SHIPPED = ("reference", "energy_transition", "technology_metals", "pilot_ukraine", "pilot_tajikistan")


@pytest.fixture(scope="module")
def shipped_factors():
    data = battery_tables()
    said = {name: load(name, tables=data) for name in SHIPPED}
    return {name: (factors_of(one, data), undrawn(one, data)) for name, one in said.items()}


def test_every_declared_number_is_drawn_or_listed_with_its_reason(shipped_factors):
    for drawn, left_out in shipped_factors.values():
        names = [each.name for each in (*drawn, *left_out) if each.name.startswith("assumptions.")]
        assert sorted(names) == declared_names(battery_tables())
        assert all(each.reason.strip() for each in left_out)
        assert not [each for each in left_out if "another number" in each.reason or "no row" in each.reason]


def test_what_no_shipped_world_draws_has_a_reason_of_its_own(shipped_factors):
    rows = {f"assumptions.{row['name']}": row for row in battery_tables()["assumptions"]}
    drawn = {factor.name for factors, _ in shipped_factors.values() for factor in factors}
    never = {name for name in set(rows) - drawn if rows[name]["distribution"] != "fixed"}
    reasons = {each.name: each.reason for each in shipped_factors["reference"][1]}
    assert len([name for name in drawn if rows[name]["used_in"] == "tables"]) == 49
    assert len(never) == 11
    counts = {name: sum(bool(each.moves) for each in found) for name, (found, _) in shipped_factors.items()}
    assert (counts["reference"], counts["energy_transition"]) == (11, 31)  # as docs/ensembles.md says
    stated = [row for row in battery_tables()["assumption_cells"] if row["table"] is None]
    assert {name: reasons[name] for name in never} == {
        f"assumptions.{row['assumption']}": row["reason"] for row in stated
    }


def test_cells_follow_their_declared_number_and_the_central_member_is_the_tables():
    data = battery_tables()
    found = Ensemble.of(load("energy_transition", tables=data), data, 8)
    moved = [factor for factor in found.factors if factor.moves]
    assert len(moved) > 25 and all(factor.rebuilds_base_year for factor in moved)
    assert found.at({factor.name: factor.central for factor in moved}).tables is data
    member = found.member(3)
    values, mine = member.values, member.tables
    for process in ("make_ev_cell", "make_grid_cell"):
        assert mine["processes"].one(process=process)["process_yield"] == values["assumptions.cell_yield"]
    rate = mine["collection_rates"].one(product="other_copper")["rate"]
    reached = rate * mine["recycling_yields"].one(good="eol_other_copper")["yield"]
    assert reached == pytest.approx(values["assumptions.eol_rr_other_copper"])
    split = {row["product"]: row["share"] for row in mine["uses"].where(use="ev", material="copper")}
    assert split["ev_battery"] == values["assumptions.ev_copper_battery_share"]
    assert split["ev_battery"] + split["ev_motor"] == pytest.approx(1, abs=1e-12)
    later = [row["tonnes"] for row in mine["demand"].where(use="other", material="platinum", year=2034 + 6)]
    base = mine["demand"].one(use="other", material="platinum", year=2024)["tonnes"]
    grown = (1 + values["assumptions.closed_use_growth"]) ** 16
    left = 159.19173333 - (values["assumptions.platinum_automotive_tonnes"] - 97.35388238399999)
    assert base == pytest.approx(left)
    assert later == pytest.approx([159.19173333 * grown + left - 159.19173333] * 3)
    for name in ("uses", "variant_shares", "regional_shares"):
        assert sums_of(mine[name]) == pytest.approx(sums_of(data[name]), abs=1e-12)
    assert "cell_yield" not in member.scenario.parameters


def test_natural_graphite_closes_for_every_share():
    data = battery_tables()
    found = Ensemble.of(load("energy_transition", tables=data), data)
    name = "assumptions.natural_graphite_share"
    for share in found.factors[found.names.index(name)].ends:
        mine = found.at({name: share}).tables
        mined, natural, synthetic = (
            math.fsum(row["tonnes"] for row in mine["supply"].where(process=process))
            for process in ("mine_graphite", "refine_graphite_natural", "make_synthetic_graphite")
        )
        other = mine["demand"].one(use="other", material="graphite", year=2024)["tonnes"]
        assert natural / (natural + synthetic) == pytest.approx(share)
        assert mined == pytest.approx(natural / 0.45 + other, rel=1e-6)


def test_a_number_changed_in_a_table_is_kept_and_the_reason_told():
    data = battery_tables()
    rows = [
        row | {"process_yield": 0.93} if row["process"] == "make_ev_cell" else row
        for row in data["processes"]
    ]
    mine = replace(data, tables={**data.tables, "processes": replace(data["processes"], rows=rows)})
    scenario = load("reference", tables=data)
    (told,) = [each for each in undrawn(scenario, mine) if each.name == "assumptions.cell_yield"]
    assert told.reason == "the tables hold another number: 0.93 in processes, column process_yield"
    assert "assumptions.cell_yield" not in {factor.name for factor in factors_of(scenario, mine)}


def test_what_the_scenario_says_is_the_reason():
    data = battery_tables()
    off = load({"schema_version": 1, "extends": "reference", "ensemble": {"assumptions": False}}, tables=data)
    assert {each.reason for each in undrawn(off, data)} == {"the scenario says `assumptions: false`"}
    stated = load("reference", tables=data, sets=["parameters.tau_level_days=90"])
    reasons = {each.name: each.reason for each in undrawn(stated, data)}
    assert reasons["assumptions.tau_level_days"] == "the scenario states it"


# ----------------------------------------------------------------------------- draws stay what they were


def test_numbers_that_join_change_no_draw_of_the_others():
    """By name in the points: columns of declared numbers, hashed columns, and a Latin hypercube."""
    data = battery_tables()
    found = Ensemble.of(load("energy_transition", tables=data), data, 32)
    model = [factor.name for factor in found.factors if not factor.moves]
    alone = sobol(model, declared_names(data), 32, found.seed)
    place = [found.names.index(name) for name in model]
    assert found.points[:, place].tobytes() == alone.tobytes()
    for sampling in ("sobol", "latin"):
        one = drawing(fate("unknown", 0, 0.6), n=8, sampling=sampling)
        two = drawing(
            fate("informal", 0, 0.3), fate("unknown", 0, 0.6), n=8, sampling=sampling, assumptions=True
        )
        (name,) = one.names
        assert one.values[:, 0].tobytes() == two.values[:, two.names.index(name)].tobytes()


def test_more_members_keep_the_tables_of_those_there_were():
    data = battery_tables()
    scenario = load("technology_metals", tables=data)
    few, many = (Ensemble.of(scenario, data, n) for n in (16, 32))
    assert few.values.tobytes() == many.values[:16].tobytes()
    for index in (0, 15):
        one, two = few.member(index), many.member(index)
        assert one.tables.hash == two.tables.hash != data.hash
        assert one.scenario.resolved() == two.scenario.resolved()


def test_a_member_with_drawn_shares_runs_and_keeps_its_mass():
    regional = {"table": "regional_shares", "where": {"item": "cell", "region": "NORTH"}, "column": "share"}
    scenario = paper_with(
        {
            "ensemble": {
                "assumptions": False,
                "tables": [fate("unknown", 0, 0.6), regional | uniform(0.1, 0.6)],
            }
        },
        "period.end=2026-01-01",
    )
    drawn = Ensemble.of(scenario, paper_tables(), 4).member(2)
    result = room.run(drawn.scenario, drawn.tables, member=2)
    assert float(np.abs(result["mass_residual"]).max()) < 1e-9
    assert not result.equals(room.run(drawn.scenario, paper_tables(), member=2))
