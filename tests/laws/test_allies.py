"""Members against outsiders like them, told by the region of the members: nobody counts twice or nowhere."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.run.allies import ALLY, ALONE, MATCH, Groups
from simulator.run.ledger import Ledger
from simulator.world import alliance as law

N_REGIONS = 3
AMOUNTS = st.just(0.0) | st.floats(1e-3, 1e6)
firms_drawn = st.lists(
    st.tuples(
        st.booleans(),  # a member
        st.integers(0, N_REGIONS - 1),
        st.integers(0, 2),  # process
        st.integers(-1, 1),  # size class; -1 for who is compared with nobody
        st.floats(0.1, 1e4),  # enterprises
        AMOUNTS,  # sales
        st.floats(0.0, 1.0),  # part of the output made
        st.booleans(),  # alive
    ),
    min_size=1,
    max_size=14,
)


class Few(SimpleNamespace):
    """Firms with no more about them than the comparison asks for."""

    def __len__(self):
        return len(self.region)


def cells(region, process, size):
    """Firms alike: of one sector (process and region), process, stage (here: all of them), and size class."""
    levels = np.stack([process * N_REGIONS + region, process, 0 * process]) * 2 + size
    return np.where(size >= 0, levels, -1)


def groups_of(joined, region, process, size, enterprises, sales, alive=None):
    """A comparison formed, and its ledger of one month."""
    region, process, size = (np.array(each, dtype=int) for each in (region, process, size))
    firms = Few(region=region, enterprises=np.array(enterprises, dtype=float))
    parts = SimpleNamespace(
        alliance=SimpleNamespace(cells=cells(region, process, size)),
        market=SimpleNamespace(sales=np.array(sales, dtype=float)),
    )
    world = SimpleNamespace(firms=firms, economy=parts, n_regions=N_REGIONS)
    lives = np.ones(len(region), dtype=bool) if alive is None else np.array(alive)
    state = SimpleNamespace(enterprises=firms.enterprises.copy(), alive=lives)
    ledger = Ledger(1)
    groups = Groups(world, state, ledger)
    groups.form(np.array(joined))
    return groups, ledger


# ---------------------------------------------------------------------- the law

drawn = st.lists(
    st.tuples(st.booleans(), st.integers(0, 2), st.integers(-1, 3), AMOUNTS),
    min_size=1,
)


@settings(deadline=None, max_examples=60)
@given(drawn)
def test_weights_by_region_of_the_members_sum_to_the_whole(rows):
    joined, region, cell, measure = (np.array(column) for column in zip(*rows, strict=True))
    parts = law.outside_weight(joined, cell, measure, region, N_REGIONS)
    (whole,) = law.outside_weight(joined, cell, measure, np.zeros_like(region), 1)
    assert parts.shape == (N_REGIONS, len(rows)) and (parts >= 0).all()
    np.testing.assert_allclose(parts.sum(axis=0), whole, rtol=1e-12)
    assert not whole[joined | (cell < 0)].any()


@settings(deadline=None, max_examples=60)
@given(drawn)
def test_outsiders_weigh_what_a_regions_members_weigh(rows):
    joined, region, cell, measure = (np.array(column) for column in zip(*rows, strict=True))
    weight = law.outside_weight(joined, cell, measure, region, N_REGIONS)
    held = np.isin(cell, cell[~joined & (measure > 0) & (cell >= 0)])  # cells with an outsider of some weight
    for r in range(N_REGIONS):
        members = measure[joined & held & (region == r)].sum()
        assert (weight[r] * measure).sum() == pytest.approx(members, rel=1e-9)


def test_an_outsider_counts_where_the_members_are_that_it_is_like():
    joined, region = np.array([True, True, False]), np.array([0, 1, 2])
    measure = np.array([10.0, 30.0, 20.0])
    weight = law.outside_weight(joined, np.zeros(3, dtype=int), measure, region, 3)
    assert weight.tolist() == [[0, 0, 0.5], [0, 0, 1.5], [0, 0, 0]]


# ---------------------------------------------------------------------- who is compared with whom

TWO = {
    "joined": [True, True, False, True, False],
    "region": [0, 1, 2, 1, 0],
    "process": [0, 0, 0, 1, 0],
    "size": [0, 0, 0, 0, 1],
    "enterprises": [10, 30, 20, 7, 50],
    "sales": [100, 50, 300, 1, 1],
}
"""Members of one process in two regions, whose only like is in a third; one of a process of its own."""


def with_one_more(**firm):
    return {key: [*row, firm[key]] for key, row in TWO.items()}


def test_an_outsider_elsewhere_stands_for_members_of_two_regions():
    """By hand: of 20 enterprises outside 4 fail; they count for 10 and for 30 members."""
    groups, ledger = groups_of(**TWO)
    assert groups.level == 1
    groups.state.enterprises[2] -= 4
    failed, fill = np.array([0, 3, 4, 0, 0.0]), np.array([1.0, 0.9, 0.5, 0.8, 0.1])
    groups.record(np.array([90.0, 60.0, 270.0, 1.0, 1.0]), failed, fill)
    ledger.close(0)
    told = {key: series[0] for key, series in ledger.series.items()}
    assert told["ally_firms"].tolist() == [[10, 8, 0], [30, 24, 7], [0, 0, 0]]
    assert told["ally_failures"].tolist() == [[0, 2, 0], [3, 6, 0], [0, 0, 0]]
    np.testing.assert_allclose(told["ally_sales"], [[90, 90, 0], [60, 45, 1], [0, 0, 0]], rtol=1e-12)
    none = np.nan
    np.testing.assert_allclose(told["ally_fill"], [[1, 0.5, none], [0.9, 0.5, 0.8], [none] * 3], rtol=1e-12)


def test_the_first_level_of_likeness_is_used_where_any_member_has_an_outsider_there():
    more = {"joined": False, "region": 0, "process": 0, "size": 0, "enterprises": 5, "sales": 5}
    groups, ledger = groups_of(**with_one_more(**more))
    assert groups.level == 0
    groups.record(np.zeros(6), np.zeros(6), np.ones(6))
    ledger.close(0)  # the outsider elsewhere counts no more, and the members beside it have nobody
    assert ledger.series["ally_firms"][0].tolist() == [[10, 10, 0], [0, 0, 37], [0, 0, 0]]
    outside = groups.place % 3 == MATCH
    assert groups.firm[outside].tolist() == [5]


def test_the_stage_is_the_last_level_and_then_nobody_is_compared():
    only = {key: [row[3], row[2]] for key, row in TWO.items()}  # of two processes
    groups, _ = groups_of(**only)
    assert groups.level == 2 and (groups.place % 3).tolist() == [ALLY, MATCH]
    groups, ledger = groups_of(**{**TWO, "joined": [True] * 5})
    groups.record(np.zeros(5), np.zeros(5), np.ones(5))
    ledger.close(0)
    assert (groups.place % 3 == ALLY).all()  # nobody is left out where all would be
    assert ledger.series["ally_firms"][0].tolist() == [[60, 0, 0], [37, 0, 0], [20, 0, 0]]


def test_without_members_nothing_is_told():
    groups, ledger = groups_of(**{**TWO, "joined": [False] * 5})
    groups.record(np.ones(5), np.ones(5), np.ones(5))
    ledger.close(0)
    assert len(groups.firm) == 0 and np.isnan(ledger.series["ally_fill"]).all()
    assert not any(ledger.series[f"ally_{name}"].any() for name in ("firms", "sales", "failures"))


@settings(deadline=None, max_examples=60)
@given(firms_drawn)
def test_regions_sum_to_the_world_told_at_once(rows):
    """Firms, sales, failures and, weighted with firms, the part of output made: as with one region."""
    joined, region, process, size, enterprises, sales, fill, alive = zip(*rows, strict=True)
    groups, ledger = groups_of(joined, region, process, size, enterprises, sales, alive)
    world = groups.world
    once = Ledger(1)
    whole = Groups(
        SimpleNamespace(
            firms=Few(region=0 * world.firms.region, enterprises=world.firms.enterprises),
            economy=world.economy,
            n_regions=1,
        ),
        groups.state,
        once,
    )
    whole.form(np.array(joined))
    assert whole.level == groups.level
    for each, book in ((groups, ledger), (whole, once)):
        each.record(np.array(sales), np.array(enterprises) / 3, np.array(fill))
        book.close(0)
    for name in ("ally_firms", "ally_sales", "ally_failures"):
        np.testing.assert_allclose(
            ledger.series[name][0].sum(axis=0), once.series[name][0, 0], rtol=1e-12, atol=1e-12
        )
    made = np.nansum(ledger.series["ally_fill"][0] * ledger.series["ally_firms"][0], axis=0)
    expected = np.nan_to_num(once.series["ally_fill"][0, 0]) * once.series["ally_firms"][0, 0]
    np.testing.assert_allclose(made, expected, rtol=1e-12, atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(firms_drawn)
def test_every_member_is_told_once(rows):
    joined, region, process, size, enterprises, sales, _, alive = zip(*rows, strict=True)
    groups, _ = groups_of(joined, region, process, size, enterprises, sales, alive)
    group = groups.place % 3
    inside = np.isin(group, [ALLY, ALONE])
    assert sorted(groups.firm[inside].tolist()) == np.flatnonzero(joined).tolist()
    assert (groups.place[inside] // 3 == np.array(region)[groups.firm[inside]]).all()
    assert (groups.enterprises[inside] == 1).all() and (groups.sales[inside] == 1).all()
