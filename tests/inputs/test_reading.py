"""Reading tables: types, order, hash, recalled rows, and the source of a number."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from simulator.errors import InputError
from simulator.scenario import tables as inputs
from simulator.scenario.provenance import source_of
from simulator.scenario.tables import Tables, is_recalled


@pytest.fixture(scope="module")
def tables() -> Tables:
    return inputs.load()


@pytest.fixture
def copy(tmp_path: Path, repository: Path) -> Path:
    """A user's own copy of the tables."""
    return Path(shutil.copytree(repository / "inputs", tmp_path / "mine"))


def test_copy_reads_as_the_shipped_tables(tables: Tables, copy: Path) -> None:
    mine = inputs.load(copy)
    assert mine.hash == tables.hash
    assert mine.folder == copy
    assert mine["supply"].rows == tables["supply"].rows


def test_shuffled_rows_and_columns_give_the_same_tables(tables: Tables, copy: Path) -> None:
    rng = random.Random(5)
    for path in copy.glob("*.csv"):
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        rng.shuffle(rows)
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    covers = copy / "covers.csv"
    cells = [line.split(",") for line in ["size,input_cover_days,output_cover_days,source,year,basis,note"]]
    for row in tables["covers"]:
        cells.append([f'"{row[name]}"' for name in cells[0]])
    covers.write_text("\r\n".join(",".join(line) for line in cells) + "\r\n", encoding="utf-8")
    shuffled = inputs.load(copy)
    assert shuffled.hash == tables.hash
    for name in tables:
        assert shuffled[name].rows == tables[name].rows


def test_another_number_gives_another_hash(tables: Tables, copy: Path) -> None:
    path = copy / "covers.csv"
    path.write_text(path.read_text().replace("large,45", "large,46"))
    assert inputs.load(copy).hash != tables.hash


def test_columns_are_typed(tables: Tables) -> None:
    table = tables["regions"]
    assert isinstance(table.column("iso3"), list)
    assert table.column("is_unece").dtype == bool
    assert np.isnan(table.column("wgi_risk")).any()
    assert table.column("year").dtype == np.int64
    assert tables["supply"].column("tonnes").dtype == float
    assert tables["process_inputs"].one(process="make_ev_cell", input="refined_lithium")["amount"] is None


def test_line_is_that_of_the_file(tables: Tables, repository: Path) -> None:
    table = tables["supply"]
    text = (repository / "inputs" / "supply.csv").read_text(encoding="utf-8").splitlines()
    for index in (0, 17, len(table) - 1):
        assert f",{table.rows[index]['iso3']},{table.rows[index]['process']}," in text[table.line(index) - 1]


def test_recalled_rows_are_counted_and_can_be_left_out(tables: Tables, repository: Path) -> None:
    recalled = sum(is_recalled(row) for name in tables for row in tables[name])
    assert tables.n_recalled == recalled > 0
    assert tables.n_dropped == 0
    without = inputs.load(drop_recalled=True)
    assert without.n_recalled == 0
    assert without.n_dropped == recalled
    assert sum(len(without[name]) for name in without) == sum(len(tables[name]) for name in tables) - recalled
    assert without.hash != tables.hash
    assert not without["country_weights"].rows


def test_what_the_world_needs_does_not_hang_on_memory(tables: Tables) -> None:
    may_go = {"country_weights", "elasticities", "policy_targets", "transit"}
    may_go |= {"unfc_categories", "unfc_classes", "unrms"}  # words, not numbers
    may_go |= {"corridors", "disruptions", "policies"}  # only for scenarios that name one
    may_go |= {"disruptions", "corridors", "policies"}  # read only where a scenario names what they hold
    assert {name for name in tables if any(is_recalled(row) for row in tables[name])} <= may_go


def test_names_that_do_not_exist_say_so(tables: Tables) -> None:
    with pytest.raises(InputError, match="nearest  supply"):
        tables["supplies"]
    with pytest.raises(InputError, match="nearest  tau_order_days"):
        tables.assumption("tau_order_day")
    assert tables.assumption("tau_order_days") == 106
    with pytest.raises(InputError, match="0 rows with stage = use"):
        tables["lead_times"].one(stage="use")


def test_source_of_a_number(tables: Tables) -> None:
    (found,) = source_of(tables, "lead_times", ["stage=extraction"])
    assert found.key == "stage=extraction"
    assert ("central_yr", "15.7", "yr") in found.values
    assert found.source.startswith("S&P Global")
    assert (found.year, found.basis) == ("2023", "quoted")
    assert found.place.startswith("inputs/lead_times.csv:")


def test_source_takes_numbers_and_units_of_the_row(tables: Tables) -> None:
    (found,) = source_of(
        tables, "capacity_paths", ["iso3=COD", "year=2035", "material=copper", "stage=extraction"]
    )
    assert found.values == [("tonnes", "2662000", "t/yr")]
    (found,) = source_of(tables, "assumptions", ["name=patience_days"])
    assert ("value", "60", "d") in found.values
    assert len(source_of(tables, "covers", [])) == 4


def test_source_names_what_is_wrong(tables: Tables) -> None:
    with pytest.raises(InputError) as error:
        source_of(tables, "supply", ["material=cobolt"])
    assert str(error.value) == (
        "inputs source supply  material=cobolt\n"
        "  found    no such row\n"
        "  allowed  a row that exists; material: aluminium, antimony, cobalt, copper, electronic_parts, "
        "gallium, germanium, graphite, lithium, manganese, nickel, palladium, pharma_ingredients, platinum, "
        "rare_earths, tellurium, titanium, tungsten\n"
        "  nearest  cobalt"
    )
    with pytest.raises(InputError) as error:
        source_of(tables, "supply", ["materiaal=cobalt", "COD"])
    assert "nearest  material" in str(error.value)
    assert "no equals sign" in str(error.value)


def test_shipped_folders_are_found(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert inputs.shipped("inputs") == repository / "inputs"
    installed = tmp_path / "site-packages" / "simulator"
    (installed / "scenario").mkdir(parents=True)
    (installed / "_shipped" / "inputs").mkdir(parents=True)
    monkeypatch.setattr(inputs, "__file__", str(installed / "scenario" / "tables.py"))
    assert inputs.shipped("inputs") == installed / "_shipped" / "inputs"
    with pytest.raises(InputError, match="no such folder"):
        inputs.shipped("scenarios")
