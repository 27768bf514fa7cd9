"""Packed series: what comes out is what went in, to the figures promised; the text is short."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.report import packing
from simulator.report.packing import FIGURES, beside, named, pack, packed, unpack, unpacked

numbers = st.floats(-1e15, 1e15, allow_subnormal=False) | st.sampled_from([math.nan, math.inf, 0.0, 1.0])


@given(st.lists(numbers, max_size=40))
def test_numbers_come_back_to_the_figures_promised_of_the_largest(values):
    text = pack(values)
    back = unpack(text)
    known = [v for v in values if math.isfinite(v)]
    step = 10.0 ** (math.floor(math.log10(max(map(abs, known)))) - FIGURES + 1) if any(known) else 0.0
    assert [b is None for b in back] == [not math.isfinite(v) for v in values]
    for b, v in zip(back, values, strict=True):
        assert b is None or abs(b - v) <= max(0.5000001 * step, 1e-30)
    assert re.fullmatch(r"-?\d+[:;][A-Za-z0-9_.-]*(\*\d+)?", text)


@given(st.lists(st.floats(0, 1) | st.just(math.nan), min_size=1, max_size=40))
def test_shares_come_back_to_four_decimals(values):
    for b, v in zip(unpack(pack(values, 4)), values, strict=True):
        assert (b is None and math.isnan(v)) or b == round(round(v * 1e4) / 1e4, 4)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0.0] * 17, "0:A*16"),
        ([1.0] * 204, "0:C*203"),
        ([300.0, 300.0, 400.0], "2:GAC"),
        ([1.0, -1.0, math.nan, 16.0], "0:CF.iB"),
        ([], "0:"),
        ([math.nan], "0:."),
        ([1e-307, 0.0], "0:A*1"),
        ([100.0, 201.0, 302.0, math.nan, 404.0], "0;oGCA.C"),  # 100, then 101, 101 and 102 more
    ],
)
def test_texts_worked_by_hand(values, text):
    assert pack(values) == text


def test_a_smooth_series_takes_two_characters_a_number():
    months = np.arange(204)
    assert len(pack((1 - 0.2 * np.sin(months / 30) ** 2).tolist(), 4)) < 2 * months.size


def test_a_series_that_bends_little_is_written_by_how_its_steps_change():
    years = np.arange(17)
    text = pack((1000.0 * 1.04**years).tolist(), 2)
    assert ";" in text and len(text) < 0.8 * len(_steps(text))


def _steps(text):
    """The same series written by its steps."""
    numbers = unpack(text)
    whole = [round(n * 10 ** -int(text.split(";")[0])) for n in numbers]
    return packing._written(whole, ":")


def test_trees_are_packed_along_the_last_two_axes():
    array = np.arange(24.0).reshape(2, 3, 4)
    tree = {"a": packed(array), "b": packed(array[0]), "c": packed(array[0, 0])}
    assert tree["c"] == pack([0, 1, 2, 3]) == "0:ACCC"
    assert tree["b"] == " 0:ACCC :ICCC :QCCC"
    assert tree["a"][0] == tree["b"]
    back = unpacked(tree)
    np.testing.assert_array_equal(back["a"], array)
    assert back["b"] == back["a"][0] and back["c"] == [0, 1, 2, 3]


SIDES = st.lists(st.lists(st.sampled_from([0.0, 1.0, 0.25, 1e6, -3e-9, math.nan]), max_size=4), max_size=6)


@given(SIDES)
def test_series_side_by_side_are_what_each_is_alone(rows):
    texts = [pack(row) for row in rows]
    assert unpacked(beside(texts)) == [unpack(text) for text in texts]
    by_name = {f"n{k}" if k % 2 else str(k): text for k, text in enumerate(texts)}
    assert unpacked(named(by_name)) == {name: unpack(text) for name, text in by_name.items()}


def test_an_exponent_is_written_where_it_changes_and_zeros_need_none():
    rows = [[0.1, 0.2], [0.0, 0.0], [0.3, 0.1], [1000.0, 0.0], [0.0], [5000.0]]
    assert packed([row + row for row in rows[:3]]) == " -1:CCDC :A*3 :GFEF"
    assert beside(map(pack, rows)) == " -1:CC :A*1 :GF 3:CD :A :K"
    assert beside([]) == "" and named({}) == {}


@pytest.mark.parametrize("shape", [(0, 4), (1, 4), (2, 0), (0, 0), (2, 0, 3), (1, 1, 1), (0,)])
def test_tables_with_nothing_in_them_keep_their_form(shape):
    array = np.ones(shape)
    assert unpacked(packed(array)) == array.tolist()
