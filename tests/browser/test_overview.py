"""Maps, differences, resilience, causes and benchmarks in a real browser: numbers are the data's."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

import numpy as np
import pytest

from simulator import totals
from simulator.report import outcomes
from simulator.report.page import html
from tests.report import made

pytestmark = pytest.mark.xdist_group("browser")

ODD = r"undefined|NaN|null|Infinity|object|\. \."


def test_the_map_draws_every_region_in_the_colour_of_its_number(look, page, rich):
    script = """
      choose("material", "cobalt"); choose("map_year", "2026"); finish();
      const maps = [...byId("map-plot").querySelectorAll(".map")];
      const regions = (svg) => [...svg.querySelectorAll("[data-region]")].map((n) => ({ code: n.dataset.region, fill: n.getAttribute("fill"), tip: n.textContent, area: n.getBBox().width * n.getBBox().height }));
      return { maps: maps.map(regions), values: FIGURES.map().panels.map((p) => p.found.map((o) => o.v)), title: title("map"), summary: byId("map-summary").textContent };"""
    found = look(page).run(script)
    assert len(found["maps"]) == 4
    for run, lands, values in zip(rich, found["maps"], found["values"], strict=True):
        assert {land["code"] for land in lands} == set(run.dataset.region.values)
        assert all(land["area"] > 0 for land in lands)
        year = totals.by_year(run.dataset[["availability_final", "content_demanded"]])
        short = 1 - year.availability_final.sel(year=2026, material="cobalt")
        np.testing.assert_allclose(values, np.maximum(short, 0), atol=6e-5)
    outage = {land["code"]: land for land in found["maps"][2]}
    colours = {land["fill"] for land in outage.values()}
    assert len(colours) > 5 and all("2026" in land["tip"] for land in outage.values())
    assert "in 2026" in found["title"] and "Congo" in found["title"]


def test_the_map_tells_on_whom_a_region_depends(look, page, rich):
    script = """
      choose("material", "nickel"); choose("map_measure", "supplier"); choose("map_year", "2030"); choose("region", "EU27"); finish();
      const eu = FIGURES.map().panels[0].found.find((o) => o.code === "EU27");
      choose("map_measure", "imports");
      const imports = FIGURES.map().panels[0].found.find((o) => o.code === "EU27");
      choose("map_measure", "supply");
      const supply = Object.fromEntries(FIGURES.map().panels[0].found.map((o) => [o.code, o.v]));
      const svg = byId("map-plot").querySelector(".map");
      finish();
      return { eu, imports, supply, last: [...byId("map-plot").querySelector(".map").querySelectorAll("[data-region]")].pop().dataset.region };"""
    found = look(page).run(script)
    trade = rich[0].dataset.trade.sel(good="refined_nickel", time=slice("2030", "2030")).sum("time")
    got = trade.sel(region_to="EU27")
    abroad = got.drop_sel(region_from="EU27")
    assert found["eu"]["v"] == pytest.approx(float(abroad.max() / got.sum()), rel=1e-4)
    assert found["eu"]["from"] == str(abroad.region_from.values[np.argmax(abroad.values)])
    assert found["imports"]["v"] == pytest.approx(float(abroad.sum() / got.sum()), rel=1e-4)
    for code, value in found["supply"].items():
        share = float(trade.sel(region_from=code).sum() / trade.sum())
        assert value == pytest.approx(share, rel=1e-3, abs=1e-6)
    assert found["last"] == "EU27"


def test_suppliers_and_mines_are_told_by_region(look, page, rich):
    script = """
      choose("material", "copper");
      const all = (run) => run.series.map((s) => s.y), bought = all(FIGURES.suppliers().panels[3]), head = title("suppliers");
      choose("supplied", "mined");
      const mined = all(FIGURES.suppliers().panels[0]), mines = title("suppliers");
      choose("region", "CHN");
      return { bought, head, mined, mines, own: all(FIGURES.suppliers().panels[0]), title: title("suppliers") };"""
    found = look(page).run(script)
    trade = totals.by_year(rich[3].dataset[["trade"]]).trade.sel(good="refined_copper")
    np.testing.assert_allclose(
        np.sum(found["bought"], axis=0), trade.sum(("region_from", "region_to")), rtol=1e-4
    )
    mined = totals.by_year(rich[0].dataset[["production"]]).production.sel(process="mine_copper")
    np.testing.assert_allclose(np.sum(found["mined"], axis=0), mined.sum("region"), rtol=1e-4)
    np.testing.assert_allclose(found["own"][0] if found["own"] else 0, mined.sel(region="CHN"), rtol=1e-4)
    last = mined.isel(year=-1)
    name = dict(zip(rich[0].dataset.region.values, rich[0].dataset.region_name.values, strict=True))
    assert found["mines"].startswith(f"{name[last.region.values[last.values.argmax()]]} mines ")
    assert "bought in the world" in found["head"] and "in China" in found["title"]


def test_differences_say_their_sign_in_words(look, page, rich):
    script = """
      const of = (o) => FIGURES.differences().panels.map((p) => ({ rows: p.rows, v: p.v }));
      const mean = of(), texts = finish() || byId("differences-plot").layout.annotations.map((a) => a.text);
      choose("outcome", "mined");
      return { mean, texts, mined: of(), title: title("differences"), csv: csvOf("differences").split("\\n")[1] };"""
    found = look(page).run(script)
    for name, key, is_relative in (("mean", "mean_availability", False), ("mined", "mined", True)):
        blocks = made.block_of(page)["runs"]
        base = np.array(blocks[0]["outcomes"][key], dtype=float)[0, :, 0]
        for part, block in zip(found[name], blocks[1:], strict=True):
            now = np.array(block["outcomes"][key], dtype=float)[0, :, 0]
            np.testing.assert_allclose(part["v"], now / base - 1 if is_relative else now - base, atol=1e-9)
    assert any("less delivered" in text for text in found["texts"])
    assert "mined" in found["title"] or "No difference" in found["title"]
    assert rich[1].dataset.attrs["title"] in found["csv"]


def test_swapping_the_baseline_swaps_the_signs(look, tmp_path):
    own = made.run(tmp_path / "own", years=4)
    hit = made.run(tmp_path / "hit", years=4, name="outage", title="An outage", outage="cobalt")
    script = "const p = FIGURES.differences().panels[0]; return { v: p.v, table: FIGURES.differences().table.rows.map((r) => r[5]), deep: FIGURES.resilience().table.rows.map((r) => r[2]) };"
    there = look(html([own, hit])).run(script)
    back = look(html([hit, own])).run(script)
    np.testing.assert_allclose(there["v"], -np.array(back["v"]), atol=1e-9)
    assert sum("less" in text for text in there["table"]) == sum("more" in text for text in back["table"]) > 0
    assert max(there["deep"]) > 0.2 > max(back["deep"])
    same = look(html([own, own])).run(
        script.replace("deep", "titles: [title('differences'), title('resilience')], deep")
    )
    assert set(same["table"]) == {"no difference"}
    assert same["titles"][0].startswith("No difference") and same["titles"][1].startswith(
        "Nothing worth telling is lost"
    )


def test_resilience_is_a_table_of_all_materials(look, page, rich):
    script = """
      choose("reference", "full"); finish();
      const table = byId("resilience-plot").querySelector("table");
      return { rows: [...table.tBodies[0].rows].map((r) => r.textContent), csv: FIGURES.resilience().table.rows, title: title("resilience") };"""
    found = look(page).run(script)
    assert len(found["rows"]) == 4 * (4 + 1)
    depth = outcomes._resilience(rich[2].dataset, rich[0].dataset, "full")["depth"]
    assert found["csv"][9][1] == "Cobalt" and depth
    assert found["csv"][9][2] == pytest.approx(0.4, abs=0.15)
    assert "cobalt" in found["title"]


def test_causes_add_up_and_are_told_apart(look, page, rich):
    script = """
      const sums = (how) => { choose("cause_by", how); return FIGURES.causes().panels[2].series.map((s) => s.y); };
      choose("material", "cobalt");
      const out = Object.fromEntries(["root", "kind", "stage", "region", "material"].map((how) => [how, sums(how)]));
      choose("cause_of", "other_cobalt"); choose("region", "CAF");
      return { ...out, title: title("causes"), table: csvOf("causes").split("\\n").slice(0, 3) };"""
    found = look(page).run(script)
    ds = rich[2].dataset
    year = totals.over_regions_by_year(ds[["need", "met"]]).sel(material="cobalt")
    for how in ("root", "kind", "stage", "region", "material"):
        np.testing.assert_allclose(
            np.sum(found[how], axis=0), year.need - year.met, rtol=1e-4, atol=1e-3 * float(year.need.max())
        )
    assert "Other cobalt" in found["title"] and "lithium extraction" in found["title"]
    assert found["table"][0].startswith("scenario,kind,stage,region,material,2024")


def test_benchmarks_and_risk_follow_the_filters(look, page, rich):
    script = """
      const all = title("crma"), rows = FIGURES.crma().table.rows.length;
      choose("material", "nickel"); choose("region", "EU27"); choose("risk", "import_reliance"); choose("risk_stage", "0");
      return { all, rows, one: title("crma"), lines: FIGURES.supply_risk().panels.map((p) => p.series.map((s) => s.y)), risk: title("supply_risk"), mine: FIGURES.kept().panels[0].series[0].y,
        cells: (finish(), [...byId("crma-plot").querySelectorAll("td.good, td.short")].length) };"""
    found = look(page).run(script)
    ds = rich[0].dataset
    assert found["rows"] == 4 * 4 * 4 and "benchmarks in 2030" in found["all"]
    assert "for nickel" in found["one"] and found["cells"] == 16
    (lines,) = found["lines"]
    expected = ds.import_reliance.sel(area="EU27", stage="extraction", material="nickel")
    np.testing.assert_allclose(lines[0], expected, atol=6e-5)
    made.same([found["mine"]], [ds.urban_mine.sel(area="EU27", material="nickel")])
    assert "European Union" in found["risk"]


def test_targets_stand_beside_the_rates_they_are_of(look, page):
    script = """
      choose("rate", "recycled_content");
      const lithium = FIGURES.rates().panels[0].series.filter((s) => s.target), copper = FIGURES.rates().panels[3].series.filter((s) => s.target);
      choose("rate", "collection_rate");
      return { lithium, copper, none: FIGURES.rates().panels.flatMap((p) => p.series).filter((s) => s.target).length };"""
    found = look(page).run(script)
    (steps,) = found["lithium"]
    assert dict(zip(steps["x"], steps["y"], strict=True)) == {
        y: 0.12 if y >= 2036 else 0.06 for y in range(2031, 2041)
    }
    assert found["copper"] == [] and found["none"] == 0


def test_no_choice_makes_a_title_or_summary_odd(look, page):
    script = f"""
      const odd = [], ids = ["heat", "map", "resilience", "differences", "suppliers", "causes", "supply_risk", "crma", "kept", "exports", "evaded", "policies"];
      const see = () => {{ for (const id of ids) {{ const f = FIGURES[id](), text = f.title + summarise(id, f); if (/{ODD}/.test(text)) odd.push(id + ": " + text.slice(0, 200)); }} }};
      for (const region of ["World", "EU27", "CAF"]) for (const measure of Object.keys(MAPPED)) for (const [k] of D.risks) {{
        state.region = region; state.map_measure = measure; state.risk = k; see(); }}
      for (const o of D.outcomes) for (const cause of ["need", ...PRODUCTS]) {{ state.outcome = o.key; state.cause_of = cause; see(); }}
      RUNS.forEach((_, i) => state.hidden.add(i)); see(); state.hidden.clear();
      return odd;"""
    opened = look(page)
    assert opened.run(script) == []
    empty = "choose('region', 'EU27'); finish(); const plot = byId('evaded-plot'); return [title('evaded'), plot.querySelectorAll('.xtick, .ytick').length, plot.offsetHeight];"
    told, ticks, height = opened.run(empty)
    assert told.startswith("Nothing exported from the European Union") and (ticks, height < 300) == (0, True)
