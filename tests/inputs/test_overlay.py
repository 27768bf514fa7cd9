"""Rows laid over the tables: the same key replaces, a new key adds, faults name the file they stand in."""

from __future__ import annotations

import pytest

from simulator.errors import InputError
from simulator.scenario import tables as inputs
from simulator.scenario.provenance import source_of
from tests.fixtures import worlds

PAPER = worlds.PAPER / "inputs"
HEAD = "material,stage,iso3,process,year,tonnes,source,basis\n"
END = ",test,assumed: made up\n"


def laid(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return inputs.load(PAPER, overlay=folder)


def faults(folder, **files):
    with pytest.raises(InputError) as error:
        laid(folder, **files)
    return [
        (fault.place.file.rsplit("/", 1)[1], fault.place.line, fault.rule) for fault in error.value.faults
    ]


def test_the_same_key_replaces_and_a_new_key_adds(tmp_path):
    over = f"copper,extraction,NAA,mine_copper,2024,90{END}copper,extraction,NBB,mine_copper,2024,7{END}"
    tables, under = laid(tmp_path, supply=HEAD + over), inputs.load(PAPER)
    assert len(tables["supply"]) == len(under["supply"]) + 1
    assert tables["supply"].one(iso3="NAA", process="mine_copper")["tonnes"] == 90
    assert tables["supply"].one(iso3="SAA", process="mine_copper")["tonnes"] == 250
    assert tables.hash != under.hash
    assert tables["demand"].rows == under["demand"].rows


def test_no_overlay_and_an_empty_one_change_nothing(tmp_path):
    (tmp_path / "README.md").write_text("what is no table is not read")
    assert laid(tmp_path).hash == inputs.load(PAPER).hash


def test_a_later_folder_lies_on_an_earlier_one(tmp_path):
    folders = [tmp_path / name for name in ("first", "second")]
    for folder, tonnes in zip(folders, (90, 95), strict=True):
        folder.mkdir()
        row = f"copper,extraction,NAA,mine_copper,2024,{tonnes}{END}"
        (folder / "supply.csv").write_text(HEAD + row, encoding="utf-8")
    tables = inputs.load(PAPER, overlay=folders)
    assert tables["supply"].one(iso3="NAA", process="mine_copper")["tonnes"] == 95


def test_a_row_knows_its_file(tmp_path):
    tables = laid(tmp_path, supply=f"{HEAD}copper,extraction,NAA,mine_copper,2024,90{END}")
    [row] = source_of(tables, "supply", ["iso3=NAA", "process=mine_copper"])
    assert row.place == f"{tmp_path}/supply.csv:2"
    [row] = source_of(tables, "supply", ["iso3=SAA", "process=mine_copper"])
    assert row.place == f"{PAPER}/supply.csv:3"


def test_faults_name_file_and_line(tmp_path):
    rows = f"copper,extraction,NAA,mine_copper,2024,many{END}tin,extraction,NAA,mine_copper,2024,1{END}"
    found = faults(tmp_path, supply=HEAD + rows, suply="x\n")
    assert ("supply.csv", 2, "type_number") in found
    assert ("supply.csv", 3, "reference") in found
    assert ("suply.csv", 0, "overlay_unknown") in found


def test_a_key_stands_once_in_an_overlay_and_columns_are_those_of_the_table(tmp_path):
    row = f"copper,extraction,NAA,mine_copper,2024,1{END}"
    assert faults(tmp_path, supply=HEAD + row + row)[0] == ("supply.csv", 3, "key_twice")
    assert faults(tmp_path, supply="material,tonnes\n")[0][2] == "column_missing"


def test_shares_add_up_after_the_overlay(tmp_path):
    head = (PAPER / "regional_shares.csv").read_text(encoding="utf-8").split("\n", 1)[0]
    row = "device,use,NORTH,0.7,test,2024,assumed: made up\n"
    assert faults(tmp_path, regional_shares=f"{head}\n{row}") == [("regional_shares.csv", 2, "share_sum")]
    more = "device,use,SOUTH,0.3,test,2024,assumed: made up\n"
    assert laid(tmp_path, regional_shares=f"{head}\n{row}{more}")["regional_shares"].where(item="device")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        inputs.load(PAPER, overlay=tmp_path / "none")
