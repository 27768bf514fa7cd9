"""The page of the episodes in a real browser: nothing requested, no error, every chart drawn."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from simulator.report.validation import validation_html
from simulator.validation.held import Outcome
from tests.fixtures import worlds
from tests.validation.test_measures import EXPORTS, PRICE, compared, one

pytestmark = pytest.mark.xdist_group("browser")


def made_outcome():
    file = SimpleNamespace(title="Made up <b>", tests="Charts.", description="")
    case = SimpleNamespace(name="made_up", file=file, tables=worlds.battery_tables())
    rows = [one(240.0, "2010"), one(30.0, "2011-H1"), one(40.0, "2011-H2", low=30, high=60)]
    words = {"simulated": PRICE, "window": "2010-01/2011-12"}
    found = (
        compared(rows, simulated=EXPORTS, base="2010"),
        compared([one(9.0, "2011-06")], name="dearest", aspect="peak_date", **words),
    )
    return Outcome(case, found, {"tau": 1.0}, "abc")


def test_page_draws_paths_and_observations(look):
    script = """
    const drawn = (id) => document.getElementById(id).data.map((t) => ({ name: t.name, n: t.x.length }));
    document.getElementById("theme").click();
    return { exports: drawn("made_up-c"), dearest: drawn("made_up-dearest"), shapes:
      document.getElementById("made_up-dearest").layout.shapes.length, ready: document.body.dataset.ready,
      bold: document.querySelectorAll("main h2 b").length };
    """
    answer = look(validation_html([made_outcome()])).run(script)
    assert answer["exports"][0] == {"name": "simulated", "n": 24}
    assert sum(trace["n"] for trace in answer["exports"][1:]) == 2
    assert [trace["name"] for trace in answer["dearest"]] == ["simulated"]
    assert answer["shapes"] == 1
    assert answer["ready"] == "yes"
    assert answer["bold"] == 0
