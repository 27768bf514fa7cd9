"""Any function, and a scenario, asked by the same command."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from simulator import cli
from simulator.decisions import functions, known, sensitivity, study
from simulator.errors import InputError
from simulator.scenario.schema_ensemble import Correlation, Draws
from tests.fixtures import worlds

ISHIGAMI = "simulator.decisions.known:ishigami"
SHORT = "period.end=2025-01-01"

OWN = """
import math

def price(factors):
    if factors["demand"] > 3.0:
        raise ValueError("too much")
    return {"price": factors["demand"] / factors["supply"], "demand": factors["demand"]}

price.factors = {
    "demand": {"distribution": "triangular", "low": 1.0, "mode": 1.5, "high": 2.0},
    "supply": {"distribution": "lognormal", "median": 2.0, "sigma": 0.1},
}

def bad(factors):
    return 1.0

bad.factors = {"x": {"distribution": "uniform", "low": 2.0, "high": 1.0}, "y": {"distribution": "unifrm"}}

def breaks(factors):
    raise ValueError("always")

breaks.factors = {"x": {"distribution": "uniform", "low": 0.0, "high": 1.0}}

def often(factors):
    if factors["x"] > 0.9:
        raise ValueError("near one")
    return factors["x"]

often.factors = breaks.factors
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN, encoding="utf-8")
    return path


def typed(*words):
    return CliRunner().invoke(cli.app, ["sensitivity", *map(str, words)], catch_exceptions=False)


def test_the_command_recovers_the_indices_of_ishigami(tmp_path):
    """S1 = 0.3139, 0.4424, 0 and ST = 0.5576, 0.4424, 0.2437."""
    words = ("--model", ISHIGAMI, "--method", "sobol", "--n", 2048, "--seed", 3, "--out", tmp_path)
    told = json.loads(typed(*words, "--json").output)
    assert told["n_runs"] == 2048 * 5 and told["n_failed"] == 0
    found = {row["factor"]: row for row in told["sobol"]}
    for name, (s1, st) in known.exact().items():
        assert found[name]["s1"] == pytest.approx(s1, abs=0.02)
        assert found[name]["st"] == pytest.approx(st, abs=0.02)
    frame = pd.read_csv(tmp_path / "simulator_decisions_known_ishigami" / "sobol.csv")
    assert list(frame["factor"]) == ["x1", "x2", "x3"]
    runs = pd.read_csv(tmp_path / "simulator_decisions_known_ishigami" / "sobol_runs.csv")
    assert len(runs) == 2048 * 5 and runs["x1"].between(-np.pi, np.pi).all()


def test_twice_as_many_base_points_keep_the_runs_there_were():
    few, many = (sensitivity.plan("sobol", 4, n, seed=2) for n in (8, 16))
    assert np.array_equal(many[: len(few)], few)


def test_a_function_of_a_file_with_any_distribution(own, tmp_path):
    words = ("--model", f"{own}:price", "--out", tmp_path / "out", "--outcome", "price")
    printed = typed(*words).output
    assert "central: 0.75" in printed  # mode over median
    told = json.loads(typed(*words, "--json").output)
    supply = next(row for row in told["tornado"] if row["factor"] == "supply")
    assert supply["low"] == pytest.approx(2.0 * np.exp(-0.1 * 1.6448536), rel=1e-6)
    assert supply["at_low"] == pytest.approx(1.5 / supply["low"])
    only = json.loads(typed(*words, "--factor", "sup*", "--json").output)
    assert [row["factor"] for row in only["tornado"]] == ["supply"]
    assert only["tornado"][0] == {**supply, "rank": 1}


def test_faults_of_a_function_are_told(own):
    for text, word in (
        ("ishigami", "MODULE:FUNCTION"),
        ("no_such_module:f", "No module named"),
        (f"{own}:nothing", "a function of"),
        ("math:sin", "an attribute `factors`"),
        (f"{own}:breaks", "always"),
    ):
        with pytest.raises(InputError) as caught:
            typed("--model", text)
        assert word in str(caught.value)
    with pytest.raises(InputError) as caught:
        functions.of_model(f"{own}:bad")
    assert "above low" in str(caught.value) and "factors.x.high" in str(caught.value)
    with pytest.raises(InputError) as caught:
        functions.of_model("simulator.decisions.known:ishigam")
    assert caught.value.faults[0].nearest == "ishigami"


def test_runs_that_fail_are_told_and_the_others_kept(own, tmp_path):
    done = typed("--model", f"{own}:often", "--out", tmp_path / "out")
    assert done.exit_code == 4
    assert "failed: run 2: ValueError: near one" in done.output
    (told,) = (tmp_path / "out").glob("*/tornado.csv")
    assert np.isnan(pd.read_csv(told)["at_high"][0]) and pd.read_csv(told)["at_low"][0] == 0.05


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ((), ""),
        (("reference", "--model", ISHIGAMI), ""),
        (("--model", ISHIGAMI, "--method", "sobl"), "sobol"),
        (("--model", ISHIGAMI, "--outcome", "outcme"), "outcome"),
        (("--model", ISHIGAMI, "--factor", "x4"), ""),
        (("--model", ISHIGAMI, "--method", "sobol", "--n", 100), "128"),
    ],
)
def test_wrong_words_are_refused(words, near):
    with pytest.raises(InputError) as caught:
        typed(*words)
    assert caught.value.faults[0].nearest == near


@pytest.fixture
def paper(tmp_path):
    """The paper world of one year as something to study, with few factors."""
    tables = worlds.paper_tables()
    scenario = worlds.paper_scenario("growth", SHORT)
    return study.of_scenario(scenario, tables, tmp_path / "runs", workers=1)


def test_a_scenario_is_asked_at_the_ends_of_its_numbers(paper):
    asked = paper.only(["assumptions.eta_*"])
    assert {each.name for each in asked.factors} <= set(paper.names) and 0 < len(asked.factors) < len(
        paper.factors
    )
    design = sensitivity.plan("tornado", len(asked.factors), 1, seed=1)
    values = asked.values(design)
    assert values[0].tolist() == [each.central for each in asked.factors]
    first, again = asked.run(values), asked.run(values)
    assert first.failures == () and np.array_equal(first.values, again.values, equal_nan=True)
    plain = worlds.paper("growth", SHORT)
    from simulator.batch.outcomes import outcomes

    told = outcomes(plain)
    assert dict(zip(first.outcomes, first.values[0].tolist(), strict=True)) == pytest.approx(
        told, nan_ok=True
    )
    found = sensitivity.analyse("tornado", asked.names, design, first.values[:, 0], seed=1, values=values)
    assert len(found) == len(asked.factors)


def test_any_number_of_workers_gives_the_same_answer(tmp_path):
    """Values, and every byte that is written, with one process and with two."""
    from tests.batch.conftest import files

    tables, scenario = worlds.paper_tables(), worlds.paper_scenario("growth", SHORT)
    found = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        asked = study.of_scenario(scenario, tables, folder, workers=workers).only(["assumptions.eta_*"])
        design = sensitivity.plan("tornado", len(asked.factors), 1, seed=1)[:5]
        found.append((asked.run(asked.values(design)), files(folder)))
    (one, its), (two, theirs) = found
    assert one.outcomes == two.outcomes and one.values.tobytes() == two.values.tobytes()
    assert len(its) == 5 and its == theirs


def test_numbers_drawn_together_are_not_moved_apart_unasked(tmp_path):
    """Morris and Sobol are for independent factors: refused, unless told to ignore it; then it is said."""
    pair = Correlation(between=("assumptions.eta_default", "assumptions.tau_order_days"), rank=0.6)
    scenario = worlds.paper_scenario("growth", SHORT)
    scenario = scenario.model_copy(update={"ensemble": Draws(correlations=(pair,))})
    asked = study.of_scenario(scenario, worlds.paper_tables(), tmp_path, workers=1)
    for method in ("morris", "sobol"):
        with pytest.raises(InputError, match="drawn together") as error:
            asked.check_apart(method)
        assert "--ignore-correlations" in str(error.value)
        asked.only(["assumptions.eta_default", "assumptions.tau_level_days"]).check_apart(method)
    asked.check_apart("tornado")
    assert "as if independent" in asked.note and asked.only(["assumptions.eta_default"]).note == ""


def test_names_with_brackets_are_patterns_of_themselves():
    assert study._fits("disruptions[stop].severity", "disruptions[stop].severity")
    assert study._fits("disruptions[stop].severity", "disruptions[*")
    assert not study._fits("disruptions[stop].severity", "disruptions[halt]*")
    nothing = study.Study("calm", 1, (), lambda points: functions.gathered([{}]))
    with pytest.raises(InputError, match="nothing is uncertain"):
        nothing.only(())
