"""The filter of regions in a real browser: each chart follows it to each place, or says why it does not."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

import csv
import io

import numpy as np
import pandas as pd
import pytest

from simulator import results
from simulator.terms import UNFC_CLASS_NAMES, UNFC_CLASSES

pytestmark = pytest.mark.xdist_group("browser")

K = 2
"""Run with projects and business models."""
PLACES = {"World": None, "UNECE": ["CAN", "EU27", "EECA", "USA", "REU"], "CHN": ["CHN"], "EU27": ["EU27"]}
UNIT = {"t": 1.0, "kt": 1e3, "Mt": 1e6}

SEE = """
  const see = (id, region) => { put("region", region); draw(id); return { title: title(id), said: byId(id + "-summary").textContent, scope: byId(id + "-scope").textContent, csv: csvOf(id), names: FIGURES[id]().panels.map((p) => p.title), drawn: (finish(), byId(id + "-plot")).data.length }; };
"""


def rows(told):
    return list(csv.reader(io.StringIO(told["csv"])))


@pytest.fixture(scope="module")
def pipeline(rich):
    """Rows of the table of quantities at the end of each year."""
    table = results.tables(rich[K].dataset[["pipeline"]])["pipeline"]
    table["time"] = pd.to_datetime(table["time"])
    return table[table["time"].dt.month == 12]


@pytest.mark.parametrize("material", ["copper", "cobalt"])
def test_quantities_of_projects_are_the_rows_of_the_table_in_each_place(look, page, pipeline, material):
    script = f"""{SEE} put("material", "{material}");
      return Object.fromEntries({list(PLACES)}.map((place) => [place, see("pipeline", place)]));"""
    found = look(page).run(script)
    for place, regions in PLACES.items():
        told, own = found[place], pipeline[pipeline["material"] == material]
        if regions:
            own = own[own["region"].isin(regions)]
        if own.empty:
            continue
        years = own.groupby([own["time"].dt.year, "unfc_class"])["pipeline"].sum().unstack()
        head, *body = rows(told)
        by = UNIT[head[1].split("[")[1].rstrip("]")]
        assert len(head) == 1 + years.shape[1]  # a class with nothing in it is not drawn
        for name in years.columns:
            (column,) = [k for k, words in enumerate(head) if f"· {UNFC_CLASS_NAMES[name]} [" in words]
            drawn = [by * float(row[column]) for row in body]
            np.testing.assert_allclose(drawn, years[name], rtol=1e-4, atol=1e-4)
        first, end = (years.loc[year] for year in (2024, 2040))
        share = [f"{100 * year['on_production'] / first.sum():.0f}\u00a0%" for year in (first, end)]
        assert f"{share[0]} is on production in 2024 and {share[1]} in 2040" in told["title"]
    assert set(pipeline["unfc_class"]) < set(UNFC_CLASSES)
    eu = found["EU27"]
    assert ("holds a known quantity" in eu["title"]) == (material == "cobalt")
    assert "China" in found["CHN"]["title"] and "UNECE region" in found["UNECE"]["said"]
    assert len({told["csv"] for told in found.values()}) == len(PLACES)


def test_a_place_without_projects_says_so_and_draws_no_axis(look, page):
    script = (
        f"""{SEE} put("material", "cobalt"); return ["EU27", "JKT"].map((place) => see("pipeline", place));"""
    )
    for told, place in zip(
        look(page).run(script), ("the European Union", "Japan, Korea, Taiwan"), strict=True
    ):
        assert told["title"] == f"No project or mine in {place} holds a known quantity of cobalt"
        assert told["said"] == f"{told['title']}." and told["names"] == [] and told["drawn"] == 0
        assert place.removeprefix("the ") in told["scope"]


def test_business_models_are_told_where_they_are_offered(look, page, rich):
    script = f"""{SEE} return Object.fromEntries(["World", "UNECE", "CHN", "EU27"].map((place) => [place, see("models", place)]));"""
    found = look(page).run(script)
    both = ["Leasing", "Repair shops"]
    assert [found[place]["names"] for place in ("World", "CHN", "EU27")] == [both, both, both[:1]]
    assert found["World"]["scope"] == "All materials together · World"
    everywhere = "the share is the same in every region where the model is offered"
    assert found["CHN"]["scope"] == f"All materials together · China, {everywhere}"
    assert "UNECE region" in found["UNECE"]["scope"] and found["UNECE"]["scope"].endswith(everywhere)
    assert "of its potential in the European Union by 2040" in found["EU27"]["title"]
    assert "; European Union, first to last year" in found["EU27"]["said"]
    drawn = np.array([float(row[1]) for row in rows(found["EU27"])[1:]])
    np.testing.assert_allclose(drawn, rich[K].dataset.adoption[11::12, 0], rtol=1e-4, atol=1e-5)


def test_where_no_model_is_offered_a_sentence_stands(look, page):
    script = f"""{SEE} const kept = RUNS[{K}].model_regions;
      RUNS[{K}].model_regions = ["CHN", "CHN"];
      const found = [see("models", "EU27"), see("models", "CHN")];
      RUNS[{K}].model_regions = kept;
      return found;"""
    eu, china = look(page).run(script)
    assert eu["title"] == "No business model is offered in the European Union"
    assert eu["names"] == [] and eu["scope"] == "All materials together \u00b7 European Union"
    assert china["names"] == ["Leasing", "Repair shops"]


SWEEP = """
  const places = [...byId("region").options].map((o) => o.value), found = {};
  for (const [key, { start }] of CONTROLS) put(key, start);
  for (const [key, value] of %s) put(key, value);
  for (const id of %s) {
    found[id] = places.map((place) => {
      put("region", place); draw(id);
      const { panels, table, links } = shownFigures[id], text = title(id) + byId(id + "-summary").textContent;
      return { place, names: [regionName(place), placeName(place)], title: title(id), text, scope: byId(id + "-scope").textContent, csv: csvOf(id),
        blank: table || links ? [] : panels.filter((p) => p.series && !p.bars && !p.series.some((s) => known(s.y).length)).map((p) => p.title) };
    });
  }
  return found;"""
"""What each chart says of each place that is offered, with some choices."""

EVERYWHERE = ("map", "models")
"""Charts that draw the same for some places: all regions with those chosen outlined, a share that is one for all."""


def test_every_chart_follows_to_every_region_and_group(look, page):
    """Its title or text names the place, its scope does, its numbers are others, and no axis is left blank."""
    tab = look(page)
    charts = [c for c in tab.run("return D.charts;") if c not in ("crma",)]
    found = tab.run(SWEEP % ("[]", charts))
    assert len(found) == len(charts) > 25
    for chart, told in found.items():
        world, *places = told
        assert world["place"] == "World" and places[0]["place"] == "UNECE"
        for mine in places:
            where = f"{chart} of {mine['place']}"
            assert any(name in mine["text"] for name in mine["names"]), where
            assert any(name in mine["scope"] for name in mine["names"]), where
            assert mine["blank"] == [], where
            assert mine["title"] != world["title"] and not set(mine["text"].split()) & {
                "undefined",
                "NaN",
                "null",
            }
        if chart not in EVERYWHERE:
            assert all(mine["csv"] != world["csv"] for mine in places), chart


def test_where_nobody_asks_a_sentence_stands_and_other_places_are_drawn_again(look, page):
    script = f"""{SEE} choose("material", "cobalt"); choose("product", "other_cobalt");
      const charts = ["heat", "regions", "products", "origin", "essential"], kept = RUNS.map((run) => ({{ ...run }}));
      for (const run of RUNS) {{
        const r = run.regions.indexOf("JKT"), but = (rows, value) => rows.map((row, k) => (k === r ? value(row) : row));
        const each = (value) => (tree) => (Array.isArray(tree) ? tree.map(each(value)) : value), none = each(null), nothing = each(0);
        run.availability_by_year = but(run.availability_by_year, none); run.origin = but(run.origin, nothing);
        if (run.essential) run.essential = but(run.essential, none);
        run.demand = Object.fromEntries(Object.entries(run.demand).map(([name, d]) => [name, {{ ...d, regions: d.regions.map((row, k) => (k === r - 1 ? nothing(row) : row)) }}]));
      }}
      const found = ["CHN", "JKT", "CHN"].map((place) => charts.map((id) => see(id, place)));
      RUNS.forEach((run, k) => Object.assign(run, kept[k]));
      return found;"""
    before, empty, after = look(page).run(script)
    *titles, essential = (told["title"] for told in empty)
    assert titles == [
        "Nobody asks for cobalt in Japan, Korea, Taiwan",
        "Nobody asks for cobalt in Japan, Korea, Taiwan",
        "Other cobalt: nobody in Japan, Korea, Taiwan asks for any",
        "No refined cobalt is bought in Japan, Korea, Taiwan",
    ]
    assert essential.startswith("Nobody asks for essential products") and "in Japan, Korea" in essential
    for told in empty:
        assert told["drawn"] == 0 and told["names"] == [] and told["said"] == f"{told['title']}."
    assert before == after and all(told["drawn"] for told in after)


@pytest.mark.parametrize("risk", ["hhi", "largest_share", "largest_firm_share"])
def test_a_measure_of_the_worlds_producers_says_so_in_every_place(look, page, risk):
    found = look(page).run(SWEEP % (f'[["risk", "{risk}"]]', ["supply_risk"]))["supply_risk"]
    assert len({mine["csv"] for mine in found}) == 1
    assert found[0]["scope"] == "Each material · World"
    assert {mine["scope"] for mine in found[1:]} == {
        "Each material · World: it is a measure of all producers"
    }


def test_scenarios_whose_world_has_no_such_region_are_named_and_have_no_empty_panel(look, page):
    script = """
      const was = RUNS[1].regions;
      RUNS[1].regions = was.map((code) => (code === "CHN" ? "XYZ" : code));
      put("region", "CHN");
      const ids = ["heat", "regions", "prices", "products", "firms"], found = {};
      for (const id of ids) { draw(id); const f = FIGURES[id](); found[id] = { scope: byId(id + "-scope").textContent, runs: [...new Set(f.panels.flatMap((p) => (p.series ? p.series.map((s) => s.run ?? p.run) : [p.run])))] }; }
      put("region", "World"); draw("heat");
      const world = byId("heat-scope").textContent;
      RUNS[1].regions = was;
      return { found, world, title: RUNS[1].title, n: RUNS.length };"""
    told = look(page).run(script)
    for chart, one in told["found"].items():
        assert f"China, which “{told['title']}” does not tell apart" in one["scope"], chart
        assert 1 not in one["runs"] and one["runs"], chart
    assert "tell apart" not in told["world"]
