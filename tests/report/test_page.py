"""Pages as text: complete, self-contained, small enough, and hostile names stay text."""

import json
import re

import numpy as np
import pytest

from simulator import totals
from simulator.report import charts, write_page
from simulator.report.packing import unpacked
from simulator.report.page import differences, html
from simulator.report.template import TURNS, embedded
from tests.report import fake, made
from tests.report.made import block_of, same

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)> & “quotes” \u202eright to left 🦆 "
    + "x" * 300
)


@pytest.fixture(scope="module")
def four():
    return made.four()


@pytest.fixture(scope="module")
def text():
    return made.page()


def test_page_of_four_scenarios_is_under_eight_megabytes(text):
    assert len(text.encode()) < 8e6


def test_plotly_is_embedded_once_and_all_requests_are_forbidden(text):
    assert text.count("plotly.js v") == 1
    assert (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
        in text
    )
    page = text[: text.index('<script type="application/json"')]
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)


def test_block_equals_the_data(four, text):
    found = block_of(text)["runs"]
    assert [r["scenario"] for r in found] == [r.dataset.attrs["scenario"] for r in four]
    for run, part in zip(four, found, strict=True):
        ds, world = run.dataset, totals.over_regions(run.dataset)
        series = np.array(part["availability"]["availability_final"], dtype=float)
        np.testing.assert_allclose(series[0].T, world.availability_final, atol=6e-5)
        np.testing.assert_allclose(series[1:].transpose(2, 0, 1), ds.availability_final, atol=6e-5)
        asked = np.array(part["demand"]["demand"]["world"])
        same(asked, 12 * ds.demand.sum("region").T)
        yearly = totals.over_regions_by_year(ds)
        same(part["flow"], yearly.flow.transpose("material", "link", "year"))
        mined = ds.production.sel(process=["mine_cobalt_from_copper", "mine_cobalt_from_nickel"])
        same(part["mines"]["world"][1], 12 * mined.sum(("process", "region")))
        same(part["origin"][0], yearly.supply_origin.transpose("material", "origin", "year"))
        jobs = np.array(part["firms"]["jobs"])
        same(jobs[0, 0], yearly.jobs.sum("stage").transpose("size", "year"))
        np.testing.assert_allclose(jobs[1:, 1:].sum(axis=(0, 1)), jobs[0, 0], rtol=1e-4)
        assert run.record["command"] in text


def test_unknown_numbers_become_null():
    ds = fake.dataset(years=2)
    ds["availability"][:, 0, 0] = np.nan
    assert unpacked(charts.block(ds)["series"])["availability"]["availability"][1][0][0] is None


def test_every_charted_process_name_has_its_material():
    """Materials stand on the page in words, in the results' labels with underscores."""
    ds = fake.dataset(years=2)
    words = ds.material.values.astype("U20")
    words[0] = "rare earths"
    names = [p.replace("lithium", "rare_earths") for p in ds.process.values.astype(str)]
    renamed = ds.assign_coords(material=words, process=names)
    mines = unpacked(charts.block(renamed)["series"])["mines"]["world"]
    assert min(mines[0]) > 0


def test_page_tells_inputs_sources_and_facts(four, text):
    assert "9,120 rows of input tables" in text
    assert "412 of them (4.5\u00a0%) are recalled" in text
    assert "Contains USGS data (public domain)" in text
    for run in four:
        for key in ("inputs_hash", "code_hash", "content_key", "result_sha256"):
            assert run.record[key] in text


def test_page_tells_what_differs_from_the_baseline(text):
    assert "recovery.collection" in text
    assert differences({"a": {"b": 1}, "name": "x"}, {"a": {"b": 2}, "name": "y"}) == [
        {"path": "a.b", "base": "1", "own": "2"}
    ]
    assert differences({"a": 1}, {"a": 1}) == []


def test_hostile_names_stay_text(tmp_path):
    run = made.run(tmp_path, name="reference", title=HOSTILE, description=HOSTILE)
    run.dataset.attrs["events"] = json.dumps([{"name": HOSTILE, "start": "2026-01-01", "end": "2027-01-01"}])
    run.dataset.attrs["attributions"] = HOSTILE
    run.record["command"] = f"loopcast run '{HOSTILE}'"
    page = html([run, run])
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert block_of(page)["runs"][0]["title"] == TURNS.sub("", HOSTILE)
    assert not TURNS.search(page)
    assert page.count("<script") == 3


def test_embedded_json_cannot_end_its_element():
    text = embedded({"a": "</script><!-- \u2028"})
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == {"a": "</script><!-- \u2028"}


def test_interrupted_page_leaves_nothing(four, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.report.page.html", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_page(four, tmp_path / "index.html")
    assert list(tmp_path.iterdir()) == []


def test_one_run_has_no_comparison(four):
    page = html(four[:1])
    assert "baseline" not in re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert 'id="legend"' not in page


def test_every_chart_is_fully_described():
    for chart in charts.CHARTS:
        assert chart.topic and chart.reading.endswith(".") and chart.source
    assert len({c.id for c in charts.CHARTS}) == len(charts.CHARTS)
