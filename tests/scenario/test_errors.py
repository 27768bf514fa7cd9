"""Faults as they are printed, and what the exit codes are."""

from __future__ import annotations

import pickle
from datetime import date

import pytest

from simulator.errors import (
    ExitCode,
    Fault,
    InputError,
    LawBroken,
    Place,
    RunFailed,
    listed,
    nearest,
    shown,
)


def test_fault_reads_as_the_house_says():
    fault = Fault(
        Place("scenarios/reuse.yaml", 14, 9, "disruptions[3].kind"), "outtage", "outage, tariff", "outage"
    )
    assert str(fault) == (
        "scenarios/reuse.yaml:14:9  disruptions[3].kind\n"
        "  found    outtage\n"
        "  allowed  outage, tariff\n"
        "  nearest  outage"
    )


def test_fault_of_a_table():
    fault = Fault(Place("inputs/lifetimes.csv", 27, path="column lifetime_yr"), "-3", "a number > 0 [yr]")
    assert str(fault) == (
        "inputs/lifetimes.csv:27  column lifetime_yr\n  found    -3\n  allowed  a number > 0 [yr]"
    )


def test_faults_are_sorted_and_told_once():
    late, early = Fault(Place("b.yaml", 2), "x", "y"), Fault(Place("a.yaml", 9), "x", "y")
    ten = Fault(Place("b.yaml", 10), "x", "y")
    error = InputError([ten, late, early, late])
    assert error.faults == (early, late, ten)
    assert str(error) == "\n".join(map(str, (early, late, ten)))


@pytest.mark.parametrize(
    "error",
    [
        InputError([Fault(Place("a.yaml", 1, 2, "b"), "x", "y", "z", "rule")]),
        LawBroken("mass closes", "2026-03-01", "CHN", "cobalt", "", 1.0, 2.0, 1e-9),
        RunFailed("no step left", "2026-03-01", "CHN-refine_cobalt-01", "review"),
    ],
)
def test_errors_travel_between_processes(error):
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert str(back) == str(error)


def test_law_names_everything():
    text = str(
        LawBroken("mass closes", "2026-03-01", "CHN", "cobalt", "CHN-refine_cobalt-01", 1.5, 1.0, 1e-9)
    )
    for part in (
        "mass closes",
        "2026-03-01",
        "CHN",
        "cobalt",
        "CHN-refine_cobalt-01",
        "1.5",
        "1.0",
        "1e-09",
        "0.5",
    ):
        assert part in text


def test_exit_codes():
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 130]
    assert InputError([]).exit_code == 2
    assert LawBroken("x", "").exit_code == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "true"),
        (date(2030, 1, 1), "2030-01-01"),
        ({"a": 1, "b": 2}, "a mapping (a, b)"),
        ({}, "an empty mapping"),
        ([1, 2], "a list of 2"),
        ((), "an empty list"),
        ("  ", "empty text"),
        ("90", "90"),
        ("a\nb", "a\\nb"),
        (0.1 + 0.2, "0.3"),
        (2, "2"),
        ("x" * 200, "x" * 79 + "…"),
    ],
)
def test_shown(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    ("found", "near"),
    [
        ("outtage", "outage"),
        ("OUTAGE", "outage"),
        ("export-restriction", "export_restriction"),
        ("export", "export_restriction"),
        ("xyz", ""),
        (3, ""),
        ("o" * 10_000, ""),
    ],
)
def test_nearest(found, near):
    assert nearest(found, ["outage", "tariff", "export_restriction"]) == near


def test_text_like_a_number_stands_in_quotes_where_that_matters():
    assert shown("90", typed=True) == '"90"'
    assert shown(90, typed=True) == "90"
    assert shown("9a", typed=True) == "9a"


def test_listed_is_cut():
    assert listed("abc") == "a, b, c"
    assert listed("abcdef", 3) == "a, b, c, …"
    assert listed([]) == "nothing"


def test_signs_that_break_lines_are_escaped():
    fault = Fault(Place("a\nb.yaml", 1, 2, "c\ud800"), "d\x1b[31m", "e")
    assert str(fault) == "a\\nb.yaml:1:2  c\\ud800\n  found    d\\x1b[31m\n  allowed  e"
    str(fault).encode()
