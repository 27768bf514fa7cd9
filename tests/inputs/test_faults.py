"""Bad tables: each fault with the text that the user reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.scenario import tables as inputs
from simulator.scenario.limits import LARGEST_TABLE

Edit = Callable[[str], str]


def swap(old: str, new: str) -> Edit:
    """First place of a text, replaced."""

    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def twice(start: str) -> Edit:
    """A line put at the end once more."""
    return lambda text: text + next(line for line in text.splitlines() if line.startswith(start)) + "\n"


# name: (table, edit, text as printed; inputs/ stands for the folder)
CASES: dict[str, tuple[str, Edit, str]] = {
    "column_missing": (
        "covers", swap("input_cover_days", "cover"),
        "inputs/covers.csv:1\n  found    no column input_cover_days\n"
        "  allowed  size, input_cover_days, output_cover_days, note, source, year, basis\n"
        "inputs/covers.csv:1  column cover\n  found    unknown column\n"
        "  allowed  size, input_cover_days, output_cover_days, note, source, year, basis",
    ),
    "column_twice": (
        "displacement", swap("product,share,note", "product,share,share"),
        "inputs/displacement.csv:1\n  found    no column note\n"
        "  allowed  product, share, note, source, year, basis\n"
        "inputs/displacement.csv:1  column share\n  found    column twice\n  allowed  once",
    ),
    "column_mistyped": (
        "lead_times", swap("central_yr", "centrl_yr"),
        "inputs/lead_times.csv:1\n  found    no column central_yr\n"
        "  allowed  stage, low_yr, central_yr, high_yr, note, source, year, basis\n"
        "inputs/lead_times.csv:1  column centrl_yr\n  found    unknown column\n"
        "  allowed  stage, low_yr, central_yr, high_yr, note, source, year, basis\n  nearest  central_yr",
    ),
    "not_a_number": (
        "lead_times", swap("15.7", "about 16"),
        "inputs/lead_times.csv:2  column central_yr\n  found    about 16\n  allowed  a number >= 0 [yr]",
    ),
    "not_finite": (
        "lead_times", swap("15.7", "nan"),
        "inputs/lead_times.csv:2  column central_yr\n  found    nan\n  allowed  a number >= 0 [yr]",
    ),
    "not_whole": (
        "supply", swap(",2024,", ",2024.5,"),
        "inputs/supply.csv:2  column year\n  found    2024.5\n"
        "  allowed  a whole number >= 1900 and <= 2100 [yr]",
    ),
    "not_a_truth_value": (
        "products", swap(",false,", ",no,"),
        "inputs/products.csv:2  column is_essential\n  found    no\n  allowed  true or false",
    ),
    "too_small": (
        "products", swap("normal,15,4", "normal,-3,4"),
        "inputs/products.csv:2  column lifetime_mean_yr\n  found    -3\n  allowed  a number > 0 [yr]",
    ),
    "too_large": (
        "collection_rates", swap("0.5,", "50,"),
        "inputs/collection_rates.csv:2  column rate\n  found    50\n  allowed  a number >= 0 and <= 1",
    ),
    "not_listed": (
        "products", swap("lognormal", "log_normal"),
        "inputs/products.csv:5  column lifetime_family\n  found    log_normal\n"
        "  allowed  weibull, lognormal, normal, folded_normal, truncated_normal, gamma, fixed\n"
        "  nearest  lognormal",
    ),
    "not_like_the_pattern": (
        "covers", lambda text: text.replace("assumed", "guessed", 1),
        "inputs/covers.csv:2  column basis\n  found    guessed\n"
        "  allowed  text like (quoted|derived|recalled|assumed).*",
    ),
    "empty": (
        "covers", swap("micro,15,", "micro,,"),
        "inputs/covers.csv:2  column input_cover_days\n  found    an empty cell\n"
        "  allowed  a number >= 0 [d]",
    ),
    "key_twice": (
        "covers", twice("small"),
        "inputs/covers.csv:6  key size\n  found    size small: as in line 3\n  allowed  each key once",
    ),
    "foreign_key": (
        "uses", swap("ev_battery", "ev_batery"),
        "inputs/uses.csv:2  column product\n  found    ev_batery\n"
        "  allowed  a product of table products: autocatalyst, electricity_network, electrolyser, "
        "electronics, ev_battery, ev_motor, grid_battery, medicines, other_aluminium, other_antimony, "
        "other_cobalt, other_copper, other_gallium, other_germanium, …\n  nearest  ev_battery",
    ),
    "foreign_key_with_wildcard": (
        "bilateral", swap("LAM,USA", "LAMM,USA"),
        "inputs/bilateral.csv:2  column region_from\n  found    LAMM\n"
        "  allowed  a region of table regions or iso3 of table regions: "
        "ABW, AFG, AGO, AIA, ALA, ALB, AND, ARE, ARG, ARM, ASM, ATA, ATF, ATG, …\n  nearest  LAM",
    ),
    "share_sum": (
        "regional_shares", swap("ev_battery,use,CHN,0.59", "ev_battery,use,CHN,0.6"),
        "inputs/regional_shares.csv:15  column share\n"
        "  found    sum 1.01 over item ev_battery, kind use\n  allowed  shares that add up to 1",
    ),
    "order": (
        "lead_times", swap("6,15.7,32", "16,15.7,32"),
        "inputs/lead_times.csv:2  column central_yr\n  found    low_yr 16, central_yr 15.7, high_yr 32\n"
        "  allowed  low_yr <= central_yr <= high_yr",
    ),
    "cells_too_many": (
        "covers", swap("micro,15,", "micro,15,5,"),
        "inputs/covers.csv:2\n  found    8 cells\n  allowed  7 cells",
    ),
    "quotes_open": (
        "covers", swap("micro", '"micro"x'),
        "inputs/covers.csv:2\n  found    ',' expected after '\"'\n  allowed  comma-separated cells",
    ),
}  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path, repository: Path) -> Path:
    """A user's own copy of the tables."""
    return Path(shutil.copytree(repository / "inputs", tmp_path / "mine"))


def faults_of(folder: Path) -> str:
    """Text of all faults, with the folder's name cut to inputs/."""
    with pytest.raises(InputError) as error:
        inputs.load(folder)
    return str(error.value).replace(str(folder), "inputs")


@pytest.mark.parametrize("case", CASES)
def test_fault_is_told(case: str, copy: Path) -> None:
    table, edit, expected = CASES[case]
    path = copy / f"{table}.csv"
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert faults_of(copy) == expected


def test_all_faults_of_all_tables_at_once(copy: Path) -> None:
    for case in ("too_large", "order", "empty", "foreign_key"):
        table, edit, _ = CASES[case]
        path = copy / f"{table}.csv"
        path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    expected = sorted(CASES[case][2] for case in ("too_large", "order", "empty", "foreign_key"))
    assert faults_of(copy) == "\n".join(expected)


def test_missing_file_does_not_bring_follow_up_faults(copy: Path) -> None:
    (copy / "regions.csv").unlink()
    assert faults_of(copy) == "inputs/regions.csv\n  found    no such file\n  allowed  table regions"


def test_text_that_is_not_utf8(copy: Path) -> None:
    path = copy / "regions.csv"
    path.write_bytes(
        path.read_bytes()
        .replace("Türkiye".encode(), "Türkiye".encode("latin-1"), 1)
        .replace(b"China", b"Ch\xefna", 1)
    )
    assert "is not UTF-8\n  allowed  UTF-8 text" in faults_of(copy)


def test_no_such_folder(tmp_path: Path) -> None:
    assert "no such folder" in faults_of(tmp_path / "nowhere")


def test_descriptor_that_is_not_json(copy: Path) -> None:
    (copy / "datapackage.json").write_text('{\n "resources": [,]}')
    assert faults_of(copy) == (
        "inputs/datapackage.json:2:16\n  found    not JSON\n  allowed  a data package descriptor"
    )


def test_descriptor_without_its_words(copy: Path) -> None:
    (copy / "datapackage.json").write_text('{"resources": [{"name": "regions", "path": "regions.csv"}]}')
    assert "incomplete descriptor: 'schema'" in faults_of(copy)


def test_copy_without_descriptor_uses_the_shipped_one(copy: Path) -> None:
    (copy / "datapackage.json").unlink()
    assert inputs.load(copy).hash == inputs.load().hash


def test_descriptor_that_leaves_a_table_out(copy: Path) -> None:
    path = copy / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["resources"] = [
        item for item in package["resources"] if item["name"] not in ("covers", "transit")
    ]
    path.write_text(json.dumps(package), encoding="utf-8")
    assert faults_of(copy) == (
        "inputs/datapackage.json\n  found    no table covers, transit\n  allowed  every table of inputs/"
    )


def test_a_huge_table_is_refused_unread(copy: Path) -> None:
    with (copy / "covers.csv").open("ab") as file:
        file.truncate(LARGEST_TABLE + 1)
    with pytest.raises(InputError) as raised:
        inputs.load(copy)
    assert "table_size" in {fault.rule for fault in raised.value.faults}
    assert f"at most {LARGEST_TABLE} bytes" in str(raised.value)
