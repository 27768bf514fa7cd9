"""A changed table reruns what it changes: the rest keeps its key, and its numbers."""

from __future__ import annotations

import csv
import pickle
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from simulator import cli, results
from simulator.batch import Job, central_jobs, drive, is_done, run_job
from simulator.batch.cells import Cell, Keys, plan_batch
from simulator.batch.verify import runs_in, verify
from simulator.build import build
from simulator.errors import InputError
from simulator.run import run
from simulator.scenario import load, seen, tables
from simulator.scenario.unseen import NotSeen, Unseen
from tests.batch.conftest import SHORT
from tests.fixtures import worlds
from tests.fixtures.worlds import PAPER

SHIPPED = tables.load()
TWO_MONTHS = "period.end=2024-03-01"
SEEN_BY_NONE = {"attributions", "unfc_categories", "unfc_classes", "unrms"}
CHANGED = {"boolean": lambda cell: not cell, "string": lambda cell: f"{cell}, changed"}


def other(cell, kind):
    """Another value of the same kind."""
    if kind in CHANGED:
        return CHANGED[kind](cell)
    return 3 if cell is None else cell * 3 + 1


def with_rows(of, name, rows):
    return replace(of, tables={**of.tables, name: replace(of[name], rows=rows)})


def hidden_changed(whole, part):
    """Tables in which every number and every word that a part does not show is another one."""
    for name in whole:
        table = whole[name]
        kinds = {column.name: column.kind for column in table.schema.columns}
        if name not in part:
            shown = [{}] * len(table)
        elif len(part[name]) == len(table):
            shown = part[name].rows
        else:
            continue
        rows = [
            {c: cell if dict.__contains__(there, c) else other(cell, kinds[c]) for c, cell in row.items()}
            for row, there in zip(table.rows, shown, strict=True)
        ]
        whole = with_rows(whole, name, rows)
    return whole


# What is seen.


@pytest.mark.parametrize("name", ["reference", "technology_metals", "electronics_parts"])
def test_what_is_not_seen_changes_neither_key_nor_numbers(name):
    scenario = load(name, tables=SHIPPED, sets=[TWO_MONTHS])
    part = seen.seen(SHIPPED, scenario)
    changed = hidden_changed(SHIPPED, part)
    assert changed.hash != SHIPPED.hash
    assert sum(isinstance(row, Unseen) for row in part["supply"].rows) > 50
    assert seen.seen(changed, scenario).hash == part.hash
    before, after = run(scenario, SHIPPED), run(scenario, changed)
    for found in (before, after):
        assert found.attrs["inputs_seen_hash"] == part.hash and found.attrs["inputs_read"] == "seen"
        for fact in seen.OF_ALL_TABLES:
            del found.attrs[fact]
    assert before.identical(after)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_each_cell_of_each_table_is_in_the_key_or_is_not_given(name):
    scenario = load("reference", tables=SHIPPED, sets=[TWO_MONTHS])
    part, table = seen.seen(SHIPPED, scenario), SHIPPED[name]
    if name not in part:
        with pytest.raises(NotSeen):
            part[name]
        return
    numbers = [each for each in table.schema.columns if each.kind != "string" and not each.reference]
    words = [each for each in table.schema.columns if each.name in seen.WORDS]
    first = {isinstance(row, Unseen): i for i, row in reversed(list(enumerate(part[name].rows)))}
    for index in first.values():
        given, old = part[name].rows[index], table.rows[index]
        for column in (*numbers, *words, table.schema.columns[-1]):
            rows = list(table.rows)
            rows[index] = {**old, column.name: other(old[column.name], column.kind)}
            again = seen.seen(with_rows(SHIPPED, name, rows), scenario)
            assert (again.hash != part.hash) == dict.__contains__(given, column.name), (index, column.name)


def test_every_world_can_be_built_from_what_it_sees():
    of_worlds = ("diversification_65", "tajikistan_programmes", "ukraine_war_outage_support")
    for name in of_worlds:
        scenario = load(name, tables=SHIPPED)
        build(scenario, seen.seen(SHIPPED, scenario))  # NotSeen if it asks for more


def test_scenarios_that_see_the_same_share_it():
    one, two, three = (load(name, tables=SHIPPED) for name in ("reference", "high_recovery", "demand_nze"))
    assert seen.seen(SHIPPED, one) is seen.seen(SHIPPED, two)
    assert seen.seen(SHIPPED, one) is not seen.seen(SHIPPED, three)
    sent = pickle.loads(pickle.dumps(SHIPPED))
    assert sent.parts == {} and seen.seen(sent, one).hash == seen.seen(SHIPPED, one).hash


def test_a_row_that_is_not_seen_shows_its_labels_and_refuses_all_else():
    row = Unseen({"material": "gallium"})
    assert row["material"] == row.get("material") == "gallium"
    assert pickle.loads(pickle.dumps(row)).labels() == row.labels() == {"material": "gallium"}
    assert isinstance(row | {"note": ""}, Unseen)
    for ask in (
        lambda: row["tonnes"],
        lambda: row.get("tonnes", 0.0),
        lambda: {**row},
        lambda: dict(row),
        lambda: list(row.values()),
        lambda: "tonnes" in row,
        lambda: row == {"material": "gallium"},
        lambda: row.copy(),
        lambda: {} | row,
    ):
        with pytest.raises(NotSeen):
            ask()


def test_a_law_that_asks_for_more_has_all_tables_and_says_so(monkeypatch, batch, gathered_quickly):
    sees = run(worlds.paper_scenario("growth", SHORT), worlds.paper_tables())
    own = worlds.with_rules(tables.load(PAPER / "inputs"))  # what was seen of the others is kept
    monkeypatch.setattr(seen, "_roots", lambda *_: [("materials", "material", ())])
    scenario = worlds.paper_scenario("growth", SHORT)
    found = run(scenario, own)
    assert (sees.attrs["inputs_read"], found.attrs["inputs_read"]) == ("seen", "all")
    assert found.drop_attrs().identical(sees.drop_attrs())
    planned = batch(is_full=True)
    (job,), cell = central_jobs(planned), planned.cells[0]
    run_job(job)
    drive.run_batch(planned, workers=1)
    assert is_done(job, planned.tables) and not [t for t in drive.all_tasks(planned) if not t.is_done()]
    rows = [{**row, "line": "other"} for row in planned.tables["attributions"].rows]
    changed = replace(planned, tables=with_rows(planned.tables, "attributions", rows))
    assert changed.keys_of(cell).seen == planned.keys_of(cell).seen
    assert not is_done(job, changed.tables) and not any(t.is_done() for t in drive.all_tasks(changed))


# What members rest on.


def test_draws_are_in_the_key_of_members_and_not_of_the_central_run():
    sets = ["ensemble.members=4"]
    scenario = load("reference", tables=SHIPPED, sets=sets)
    drawn, central = (Cell("reference", scenario, 4, is_drawn) for is_drawn in (True, False))
    before = [Keys.of(cell, SHIPPED).seen for cell in (drawn, central)]
    rows = [
        {**row, "high": row["high"] * 1.1} if row["name"] == "tau_order_days" else row
        for row in SHIPPED["assumptions"].rows
    ]
    after = [Keys.of(cell, with_rows(SHIPPED, "assumptions", rows)).seen for cell in (drawn, central)]
    assert before[0] != after[0] and before[0] != before[1]


def test_a_hidden_number_that_decides_what_is_drawn_is_in_the_key():
    said = {
        "table": "supply", "where": {"material": "gallium", "iso3": "CHN", "stage": "processing"},
        "column": "tonnes", "use": "value",
        "distribution": "uniform", "low": 1.0, "high": 2.0, "reason": "a test", "source": "own",
    }  # fmt: skip
    text = {"schema_version": 1, "extends": "reference", "ensemble": {"members": 2, "tables": [said]}}
    scenario = load(text, tables=SHIPPED)
    cell = Cell("one", scenario, 2, is_drawn=True)
    rows = [
        {**row, "tonnes": row["tonnes"] * 2} if row["material"] == "gallium" else row
        for row in SHIPPED["supply"].rows
    ]
    changed = with_rows(SHIPPED, "supply", rows)
    assert seen.seen(changed, scenario).hash == seen.seen(SHIPPED, scenario).hash
    assert (
        Keys.of(cell, changed).seen != Keys.of(cell, SHIPPED).seen
    )  # its central value is told with members


# Batches on a user's copy of the tables.


@pytest.fixture(scope="session")
def copied(tmp_path_factory) -> Path:
    return tables.copy(tmp_path_factory.mktemp("copied") / "inputs")


@pytest.fixture
def own(copied, tmp_path) -> Path:
    return Path(shutil.copytree(copied, tmp_path / "inputs"))


def edit(folder: Path, table: str, column: str, value: str, **where: str) -> None:
    """Another value in the rows of a table that fit."""
    path = folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    fitting = [row for row in rows if all(row[name] == said for name, said in where.items())]
    assert fitting and any(row[column] != value for row in fitting)
    for row in fitting:
        row[column] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def two(own, tmp_path, monkeypatch, capsys):
    """Type a batch of a plain scenario and one with a preset, on the copy; what it prints."""
    (tmp_path / "plain.yaml").write_text("schema_version: 1\nextends: reference\n")
    preset = "disruptions: [{preset: drc_cobalt_2025}]\n"
    (tmp_path / "shocked.yaml").write_text(f"schema_version: 1\nextends: reference\n{preset}")

    def type_in():
        words = [
            *(tmp_path / f"{name}.yaml" for name in ("plain", "shocked")),
            *("--members", 2, "--inputs", own, "--out", tmp_path / "out", "--set", "period.end=2025-06-01"),
            *("--workers", 1),
        ]
        monkeypatch.setattr(sys, "argv", ["loopcast", "batch", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        assert end.value.code == 0, said.err
        return said.out

    return type_in


def test_a_batch_reruns_what_a_change_of_a_table_changes(two, own, engine, gathered_quickly):
    assert "4 members made, 0 were there" in two()
    both = [("plain", 0), ("plain", 1), ("shocked", 0), ("shocked", 1)]
    unseen = (
        ("materials", "price_usd_per_t", "1", {"material": "gallium"}),
        ("supply", "tonnes", "1", {"material": "tungsten", "iso3": "CHN"}),
        ("assumptions", "value", "1.3", {"name": "validation_hit_factor"}),
        ("history_prices", "usd_per_t", "1", {"material": "gallium"}),
        ("unrms", "meaning", "other", {"number": "1"}),
        ("materials", "source", "a better one", {}),
        ("disruptions", "severity", "0.77", {"preset": "covid_mines_2020"}),
    )
    preset = ("disruptions", "severity", "0.5", {"event": "drc_cobalt_quota_2025"})
    price = ("materials", "price_usd_per_t", "30001", {"material": "cobalt"})
    for edits, ran, told in (
        (unseen, [], ""),
        ([preset], both[2:], "the scenario"),
        ([price], both, "tables (materials.csv)"),
    ):
        engine.runs.clear()
        for table, column, value, where in edits:
            edit(own, table, column, value, **where)
        out = two()
        assert engine.runs == ran
        assert f"{len(ran)} members made, {4 - len(ran)} were there" in out
        assert ("plain was made again" in out) == (ran == both)
        for name in {name for name, _ in ran}:
            assert f"{name} was made again; changed: {told}" in out


def test_a_finished_run_holds_for_as_long_as_what_it_saw(tmp_path):
    scenario = load("electronics_parts", tables=SHIPPED, sets=[TWO_MONTHS])
    job = Job(scenario, tmp_path / "run", "a command")
    run_job(job)
    assert is_done(job, SHIPPED)
    for material, holds in (("lithium", True), ("electronic_parts", False)):
        rows = [
            {**row, "price_usd_per_t": 1.0} if row["material"] == material else row
            for row in SHIPPED["materials"].rows
        ]
        assert is_done(job, with_rows(SHIPPED, "materials", rows)) == holds


# Made again and compared.


def test_verify_asks_for_the_tables_that_the_run_saw_and_no_others(inputs, tmp_path, gathered_quickly):
    mine = Path(shutil.copytree(inputs, tmp_path / "mine"))
    sources = [str(PAPER / "growth.yaml")]
    planned = plan_batch(sources, tmp_path / "out", inputs=mine, sets=[SHORT], members=1)
    (job,) = central_jobs(planned)
    drive.run_batch(planned, workers=1)
    members = tmp_path / "out" / "growth"
    central = run_job(replace(job, folder=tmp_path / "out" / "central"))
    edit(mine, "attributions", "line", "another line")
    edit(mine, "materials", "source", "new")
    for folder in (members, central):
        found = verify(folder, workers=1)
        assert found.n_files >= 1 and found.differing == ()
    path = central / results.RESULT_FILE
    with_other = results.read_netcdf(path)
    with_other["met"] = with_other["met"] * 2
    path.write_bytes(results.as_bytes(with_other.drop_vars("time_bounds")))
    assert "met differs" in verify(central).differing[0]
    edit(mine, "materials", "price_usd_per_t", "7", material="cobalt")
    with pytest.raises(InputError, match=r"inputs_seen\.materials"):
        verify(members, workers=1)
    assert runs_in("growth", tmp_path / "out") == [members]
