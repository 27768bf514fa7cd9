"""Pages of odd worlds: what a user may write freely stays text, names are refused; a period of one year."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

import json
import re
import shutil
from unittest.mock import patch

import pytest

import simulator.run as room
from simulator import results
from simulator.errors import InputError
from simulator.report.page import html
from simulator.report.template import TURNS
from simulator.scenario import load, tables
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("browser")

HOSTILE = "</script><img src=x onerror=faults.push('ran')><b>& \u202eturned \u05d0\u05d1 🦆 " + "x" * 120
LABELS = ("cobalt", "device", "NORTH", "piece")
"""A material with its goods and processes, a product, a region and a unit."""
TEXTS = ("region_name", "country", "symbol", "source", "note", "reason", "line")
"""Columns of text that nothing refers to."""


def spoilt(text, words):
    """Text with words made hostile, each in its own way."""
    for word in words:
        text = re.sub(rf"(?<![A-Za-z]){word}(?![A-Za-z])", HOSTILE + word, text)
    return text


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Page of two runs of one year, of a world in which every free text is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(worlds.PAPER / "inputs", folder / "inputs")
    for path in (folder / "inputs").iterdir():
        lines = spoilt(path.read_text(encoding="utf-8"), LABELS).splitlines()
        if path.suffix == ".csv":
            heads = lines[0].split(",")
            for k in [heads.index(name) for name in TEXTS if name in heads]:
                for n, line in enumerate(lines[1:], 1):
                    cells = line.split(",")
                    if '"' not in line and cells[k]:
                        lines[n] = ",".join([*cells[:k], HOSTILE + cells[k], *cells[k + 1 :]])
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    own = worlds.with_rules(tables.load(folder / "inputs"))
    world = {
        "name": "paper",
        "title": HOSTILE,
        "materials": ["copper", HOSTILE + "cobalt"],
        "products": [HOSTILE + "device", "other_copper", f"other_{HOSTILE}cobalt"],
    }
    stored = []
    for name in ("stationary", "outage"):
        given = {
            "schema_version": 1,
            "extends": str(worlds.PAPER / f"{name}.yaml"),
            "title": f"{HOSTILE} {name}",
            "description": HOSTILE,
            "world": world,
            "period": {"start": "2026-01-01", "end": "2027-01-01"},
        }
        scenario = load(given, tables=own)
        ds = room.run(scenario, own)
        with patch.object(results, "tables", return_value={}):  # not read by pages
            facts = {"command": f"loopcast run '{HOSTILE}'"}
            kept = results.write(ds, folder / name, scenario=scenario.resolved(), facts=facts)
        stored.append(results.read(kept))
    return html(stored)


@pytest.mark.parametrize("width", [390, 1280])
def test_free_text_stays_text(look, hostile, width):
    script = """
      document.querySelectorAll("details").forEach((d) => { d.open = true; });
      const seen = [];
      for (const [material, region] of [["all", "World"], [last(MATERIALS), REGIONS.find((r) => r.length > 99)]]) { choose("material", material); choose("region", region); seen.push(...D.charts.map(title)); }
      finish();
      const wide = [...document.querySelectorAll("main *, header *, footer *")].filter((n) => !n.closest(".scroll, .plot-frame, .unseen, legend, svg") && n.getBoundingClientRect().right > innerWidth + 1);
      const cells = [...document.querySelectorAll("#glance tr")].map((tr) => [...tr.cells].map((c) => [c.scrollWidth - c.clientWidth]).filter(([over]) => over > 1).length);
      return { seen, made: document.querySelectorAll("img, main b, svg a, svg image[*|href^=http]").length, materials: MATERIALS, products: PRODUCTS, regions: REGIONS.map(regionName), units: RUNS[0].product_units,
        h3: document.querySelector("article h3").textContent, text: document.body.innerText, page: document.documentElement.scrollWidth - innerWidth, wide: wide.map((n) => n.outerHTML.slice(0, 120)).slice(0, 4), over: cells.filter(Boolean).length };"""
    found = look(hostile, width=width).run(script)
    shown = TURNS.sub("", HOSTILE)
    assert found["made"] == 0
    assert found["h3"] == f"{shown} stationary"
    for labels in ("materials", "products", "regions", "units"):
        assert [label for label in found[labels] if label.startswith(shown)], labels
    assert not TURNS.search(found["text"])  # numbers behind a name read forwards
    assert not [title for title in found["seen"] if re.search("undefined|NaN|null", title)]
    assert (found["page"] <= 0, found["wide"], found["over"]) == (True, [], 0)


def test_names_are_refused_each_with_its_place():
    where = {"process": "mine_copper", "region": "SOUTH"}
    given = {
        "name": HOSTILE,
        "world": {"name": HOSTILE, "materials": ["copper"], "products": ["device"]},
        "disruptions": [{"name": HOSTILE, "kind": "outage", "where": where, "start": "2026-01-01"}],
        "policies": [{"name": HOSTILE, "kind": "landfill_ban", "value": 0.9}],
        "programmes": [{"name": HOSTILE, "kind": "training", "start": "2026-01-01"}],
        "business_models": [{"name": HOSTILE, "kind": "product_as_service", "product": "device"}],
        "alliance": {"name": HOSTILE, "start": "2025-01-01"},
        "projects": {"add": [{"name": HOSTILE, "process": "mine_copper", "region": "SOUTH"}]},
        "trace": [HOSTILE],
        "overrides": {HOSTILE: {}},
        "parameters": {HOSTILE: 1.0},
    }
    with pytest.raises(InputError) as caught:
        worlds.paper_with(given)
    text = str(caught.value)
    for place in (
        *("name", "world.name", "disruptions[0].name", "policies[0].name", "programmes[0].name"),
        *("business_models[0].name", "alliance.name", "projects.add[0].name", "trace[0]", "overrides"),
    ):
        assert re.search(rf"{re.escape(place)}(?!\w)", text), place
    assert "\u202e" not in text and json.dumps(text)


def test_the_only_year_stands_once_on_its_axis_and_has_a_mark(look, hostile):
    script = """
      finish();
      const labels = (id) => [...byId(id + "-plot").querySelectorAll(".xaxislayer-above")].length ? [...new Set([...byId(id + "-plot").querySelectorAll("[class*=xtick]")].map((n) => n.parentNode))].map((axis) => [...axis.querySelectorAll("text")].map((t) => t.textContent)) : [];
      return { labels: Object.fromEntries(D.charts.map((id) => [id, labels(id)]).filter(([, axes]) => axes.length)), rates: byId("rates-plot").data.map((d) => d.mode) };"""
    found = look(hostile).run(script)
    assert ["2026"] in found["labels"]["heat"]
    for chart, axes in found["labels"].items():
        assert [axis for axis in axes if len(set(axis)) < len(axis)] == [], chart
    assert set(found["rates"]) == {"lines+markers"}
