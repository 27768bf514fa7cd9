"""The page of a study: titles from its numbers, all factors in its data, nothing but text from names."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from simulator import cli
from simulator.errors import InputError
from simulator.report.sensitivity import Number, factor_name, sensitivity_html

ISHIGAMI = "simulator.decisions.known:ishigami"
OUTCOME = "availability_final.cobalt.worst"


def block(page):
    """Figures that the page carries."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


def rows_of(method, n=3):
    """Made-up rows: the first factor moves most, the last nothing."""
    sizes = [0.1 * (n - 1 - k) for k in range(n)]
    of = {
        "tornado": lambda s: {"low": 1.0, "high": 2.0, "at_low": 0.9 - s, "central": 0.9, "at_high": 0.9}
        | {"swing": s},
        "morris": lambda s: {"mu_star": s, "mu_star_conf": 0.01, "mu": -s, "sigma": 2.0 * s},
        "sobol": lambda s: {"s1": s, "s1_conf": 0.02, "st": 2 * s, "st_conf": 0.03, "is_clear": s > 0.05},
    }[method]  # fmt: skip
    return [
        {"outcome": OUTCOME, "factor": f"assumptions.f_{k}", "rank": k + 1, **of(size)}
        for k, size in enumerate(sizes)
    ]


def answer(method, rows, **more):
    facts = {"of": "made_up", "method": method, "n": 4, "seed": 1, "n_runs": 9, "n_failed": 0, "note": ""}
    return facts | {"outcomes": [OUTCOME], "content_key": "ab" * 32, method: rows} | more


def numbers(rows):
    return [Number(row["factor"], 1.0, 1.5, 2.0, "what it is", "where from") for row in rows[:1]] + [
        Number(row["factor"], 1.0, 1.5, 2.0) for row in rows[1:]
    ]


@pytest.mark.parametrize(
    ("method", "title"),
    [
        ("tornado", "from 70\u00a0% to 90\u00a0% with f 0 (what it is), the uncertain number"),
        ("morris", "f 0 (what it is) moves it most, by 20\u00a0points ± 1\u00a0points"),
        ("sobol", "f 0 (what it is) is behind 40\u00a0% of the variance, 20\u00a0% of it alone"),
    ],
)
def test_titles_tell_the_first_number(method, title):
    rows = rows_of(method)
    page = sensitivity_html(answer(method, rows), numbers(rows))
    (figure,) = block(page)
    assert title in figure["title"] and figure["title"].startswith("Cobalt: share of what final users")
    assert page.count(figure["title"].replace("'", "&#39;")) >= 2, "among the findings and over its chart"
    assert [row["name"] for row in figure["rows"]] == ["F 0", "F 1", "F 2"]
    assert len(figure["table"]["rows"]) == 3 and figure["table"]["head"][:2] == ["rank", "factor"]
    assert {
        "sobol": "1 of 3 numbers cannot",
        "morris": "1 of 3 numbers move",
        "tornado": "1 of 3 numbers move",
    }[method] in figure["summary"]
    assert "where from" in page and "Content-Security-Policy" in page and "http-equiv" in page


def test_what_is_left_out_of_the_picture_is_said_and_in_the_table():
    rows = rows_of("tornado", 30)
    (figure,) = block(sensitivity_html(answer("tornado", rows), numbers(rows)))
    assert (len(figure["rows"]), len(figure["table"]["rows"])) == (20, 30)
    assert "the first 20 of 30 numbers" in figure["summary"]


def test_both_ends_on_one_side_are_told():
    rows = rows_of("tornado")
    rows[0] |= {"at_low": 0.8, "at_high": 0.7}
    (figure,) = block(sensitivity_html(answer("tornado", rows), numbers(rows)))
    assert "Both ends of f 0 lie on one side of the central value" in figure["summary"]
    rows[0] |= {"at_low": 0.8, "at_high": 0.95}
    (figure,) = block(sensitivity_html(answer("tornado", rows), numbers(rows)))
    assert "Both ends" not in figure["summary"]


@pytest.mark.parametrize("method", ["tornado", "morris", "sobol"])
def test_where_nothing_moves_the_page_says_so(method):
    rows = rows_of(method)
    for row in rows:
        row |= {key: 0.0 for key in ("swing", "mu_star", "st") if key in row} | {"is_clear": False}
    title = block(sensitivity_html(answer(method, rows), numbers(rows)))[0]["title"]
    assert "No uncertain number moves this" in title or "can be told from none" in title


def test_runs_that_failed_and_names_that_are_markup():
    rows = rows_of("tornado")
    rows[0] |= {"factor": "</script><b>x", "at_low": float("nan")}
    page = sensitivity_html(
        answer("tornado", rows, of="<i>odd</i>", note="a and b", n_failed=1), numbers(rows)
    )
    assert "<i>odd" not in page and "</script><b>x" not in page and "A and b." in page
    assert "1 failed and are left out" in page.replace("of which ", "")
    assert block(page)[0]["table"]["rows"][0][4] is None


def test_names_are_for_readers():
    assert factor_name("assumptions.tau_level_days") == "Tau level days"
    assert factor_name("demand.factors[ev_battery].value") == "Demand: factors[EV battery]: value"


def test_the_command_writes_the_page_beside_its_tables(tmp_path):
    words = ["sensitivity", "--model", ISHIGAMI, "--out", str(tmp_path), "--html", str(tmp_path / "x.html")]
    done = CliRunner().invoke(cli.app, words, catch_exceptions=False)
    assert done.exit_code == 0 and "x.html" in done.output
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    rows = json.loads((tmp_path / "simulator_decisions_known_ishigami" / "tornado.json").read_text())[
        "tornado"
    ]
    (figure,) = block(page)
    assert [row["swing"] for row in figure["rows"]] == [row["swing"] for row in rows]
    assert f"loopcast sensitivity --model {ISHIGAMI} --method tornado --outcome outcome" in page


@pytest.mark.parametrize("place", ["", "x.html/y.html"])
def test_a_page_that_cannot_be_written_is_one_clear_error(tmp_path, place):
    (tmp_path / "x.html").write_text("")
    words = ["sensitivity", "--model", ISHIGAMI, "--out", str(tmp_path), "--html", str(tmp_path / place)]
    with pytest.raises(InputError, match="a file that can be written"):
        CliRunner().invoke(cli.app, words, catch_exceptions=False)
    assert not list(tmp_path.parent.glob(".*.part")) and not list(tmp_path.glob(".*"))
