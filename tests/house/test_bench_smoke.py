"""Benches compare like with like: at tiny sizes ours and the peers end alike. Nothing is timed."""

from __future__ import annotations

import sys

import pytest

from tests.bench import chain, cohorts, draw, ensembles, figures, peers, rule


def _python(module):
    """An interpreter that has a peer."""
    for python in (peers.python_of(peers.FOLDER), sys.executable):
        if (str(python) == sys.executable or python.exists()) and peers.has(python, module):
            return python
    pytest.skip(f"{module} is not installed; `make bench` installs it")


def test_rule_is_one_rule_in_numpy_and_through_the_engine():
    world = rule.make_world(40, 3)
    rule.assert_alike(rule.by_numpy(world, 60), rule.by_engine(world, 60))


def test_rule_does_something():
    world = rule.make_world(40, 3)
    end = rule.by_engine(world, 60)
    assert end["backlog"].max() > 0, "nobody is ever short: allocation is not tested"
    assert end["stock"].min() >= -1e-9 * world["stock"].max()


def test_rule_is_the_same_as_mesa_agents(tmp_path):
    world = rule.make_world(30, 2)
    _, end = rule.by_mesa(_python("mesa"), tmp_path, world, 24)
    rule.assert_alike(rule.by_engine(world, 24), end)


def test_chain_sells_what_is_asked():
    chain.assert_served(chain.sold_by_ours(chain.make_chain(9, 2)), 9, 2 * chain.DAYS_OF_MONTH)


def test_peer_chain_sells_what_is_asked():
    _, units = chain.sold_by_peer(_python("SupplyNetPy"), 9, 30)
    chain.assert_served(units, 9, 30)


def test_cohorts_are_those_of_flodym(tmp_path):
    cohorts.compare(_python("flodym"), tmp_path, n_products=3, n_years=12, repeats=1)


def test_cohorts_keep_mass():
    given = cohorts.make_inflow(2, 30)
    end = cohorts.by_engine(given)
    gone = (given["inflow"] - end["outflow"]).cumsum(axis=0)
    assert abs(gone - end["stock"]).max() < 1e-9 * end["stock"].max()


def test_a_missed_target_is_called_missed():
    text = figures.lines([figures.at_most("slow", 2.0, 1.0, "s"), figures.at_least("fast", 30, 20, "x")])
    assert text.splitlines()[0].endswith("missed")
    assert text.splitlines()[1].endswith("met")


def test_peers_are_fixed_exactly_and_name_no_place():
    rows = [row for row in peers.WANTED.read_text().splitlines() if row and not row.startswith("#")]
    assert rows
    assert all(row.count("==") == 1 and "/" not in row and not row.startswith("-") for row in rows)


def test_chart_is_drawn():
    world = {"firms": 1000, "reviews": 12e3, "run": 0.1}
    more = {**world, "firms": 10_000, "reviews": 12e4}
    text = draw.svg({1: [world, more], 7: [world, more]})
    assert text.count("<polyline") == 2
    assert len(text) < 100_000


def test_members_are_made_alone_and_by_the_command():
    sets = ("period.end=2024-03-01",)
    around, run = ensembles.overhead(n=2, sets=sets)
    took, memory = ensembles.batch_of(1, 1, sets)
    assert around > 0.0 and run > 0.0 and took > 0.0
    assert 1e7 < memory < 1e11, "not bytes"


def test_figures_of_members_are_ratios(monkeypatch):
    monkeypatch.setattr(ensembles, "overhead", lambda sets: (0.004, 2.0))
    monkeypatch.setattr(ensembles, "batch_of", lambda n, workers, sets: (24.0 * 2.0 / workers, 1.5e9))
    lines = figures.lines(ensembles.figures(24)).splitlines()
    assert [line.endswith("met") for line in lines] == [False, True, True, True, True]
    assert "0.5" in lines[2] and "0.5" in lines[3]
