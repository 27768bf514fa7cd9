"""Pages in a real browser: nothing requested, no error, every chart drawn, controls do what they say."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

import json
import re
from unittest.mock import patch

import numpy as np
import pytest

from simulator import results, totals
from simulator.report import charts
from simulator.report.page import html
from simulator.report.template import TURNS
from tests.fixtures import worlds
from tests.report import made

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def four():
    return made.four()


@pytest.mark.parametrize("firms", [False, True])
def test_every_chart_is_drawn_without_error_or_request(look, four, rich, firms):
    runs = rich if firms else four
    shown = [c.id for c in charts.shown([run.dataset for run in runs])]
    assert (len(shown) == len([c for c in charts.CHARTS if not c.beside])) == firms
    script = """
      while (document.body.dataset.drawn !== "all") await new Promise((done) => setTimeout(done, 20));
      return D.charts.map((id) => {
        const plot = byId(id + "-plot"), whole = plot.querySelector(".main-svg, .maps, table"), box = whole.getBoundingClientRect();
        return { id, isPlot: plot.classList.contains("js-plotly-plot") === whole.matches(".main-svg"), width: box.width, height: box.height,
          marks: plot.querySelectorAll(".scatterlayer path, .barlayer path, .heatmaplayer image, .sankey-link, .map path, tbody tr").length,
          title: title(id), summary: byId(id + "-summary").textContent };
      });"""
    found = look(made.page(firms)).run(script)
    assert [c["id"] for c in found] == shown
    for chart in found:
        assert chart["width"] > 300 and chart["height"] > 150, chart
        assert chart["marks"] > 0, chart
        assert chart["title"] and "undefined" not in chart["title"] + chart["summary"], chart
        assert "NaN" not in chart["title"] + chart["summary"], chart
        assert chart["summary"], chart


def test_the_policy_really_forbids_requests_and_faults_are_seen(browser, page):
    opened = browser.open(page)
    opened.run("fetch('https://example.org/').catch(() => 0); new Image().src = 'https://example.org/x.png';")
    opened.run("console.warn('a warning'); setTimeout(() => { throw new Error('thrown'); }, 0);")
    opened.run("await new Promise((done) => setTimeout(done, 100));")
    opened.close()
    said = "\n".join(opened.faults)
    assert said.count("Content Security Policy") >= 2
    assert "a warning" in said
    assert "thrown" in said


def test_charted_values_equal_the_data(look, page, rich):
    script = """
      const all = { availability: traces("availability"), rates: traces("rates") };
      choose("material", "cobalt");
      const mines = traces("mines");
      return { ...all, mines, by: FIGURES.mines().panels[0].by };"""
    found = look(page).run(script)
    lines = found["availability"]
    assert len(lines) == 16
    for m, material in enumerate(rich[0].dataset.material.values):
        for k, run in enumerate(rich):
            line = lines[4 * m + k]
            world = totals.over_regions(run.dataset)
            np.testing.assert_allclose(line["y"], world.availability_final.sel(material=material), atol=6e-5)
            assert line["x"] == run.dataset.time.values.astype("datetime64[M]").astype(str).tolist()
            rate = found["rates"][4 * m + k]
            yearly = totals.over_regions_by_year(run.dataset).eol_recycling_rate.sel(material=material)
            np.testing.assert_allclose(rate["y"], yearly, atol=6e-5)
    for line, run in zip(found["mines"], rich, strict=True):
        names = ["mine_cobalt_from_copper", "mine_cobalt_from_nickel"]
        mined = 12 * run.dataset.production.sel(process=names).sum(("process", "region"))
        np.testing.assert_allclose(np.array(line["y"]) * found["by"], mined, rtol=6e-5)


def test_scenarios_differ_in_dash_and_colour(look, page):
    found = look(page).run("return traces('availability').slice(0, 4);")
    assert len({t["dash"] for t in found}) == 4
    assert len({t["color"] for t in found}) == 4


def test_controls_do_what_they_say(look, page):
    script = """
      const before = { origin: title("origin"), loop: title("loop"), scope: byId("origin-scope").textContent, lines: traces("availability").length, rate: title("rates"), firms: title("firms") };
      choose("material", "lithium");
      const material = { origin: title("origin"), loop: title("loop"), lines: traces("availability").length };
      choose("material", "all");
      choose("region", "IND");
      const region = { availability: traces("availability")[1].y[30], mines: traces("mines")[0].x.length };
      choose("region", "World");
      const year = byId("year"); year.value = 2026; year.dispatchEvent(new Event("input"));
      const slid = title("loop"), out = byId("year-out").textContent;
      choose("detail", "2");
      const switched = title("loop");
      choose("measure", "availability");
      const measured = byId("availability-summary").textContent;
      choose("rate", "recycled_content"); choose("count", "jobs");
      const box = byId("legend").querySelectorAll("input")[3]; box.click();
      return { before, material, region, slid, out, switched, measured, rate: title("rates"), firms: title("firms"), lines: traces("availability").length };"""
    found = look(page).run(script)
    assert found["before"]["scope"] == "Cobalt, the material that runs shortest · World"
    assert "cobalt" in found["before"]["origin"] and "lithium" in found["material"]["origin"]
    assert found["material"]["lines"] == 4
    assert found["before"]["loop"] != found["material"]["loop"]
    assert found["region"]["mines"] == 17
    assert found["slid"].startswith("In 2026") and found["out"] == "2026"
    assert "Congo" in found["switched"]
    assert found["measured"].startswith("Industry")
    assert found["rate"].startswith("Recycled content") and "work in" in found["firms"]
    assert (found["before"]["lines"], found["lines"]) == (16, 12)


def test_tables_and_csv_hold_what_is_charted(look, page):
    script = """
      return Object.fromEntries(D.charts.map((id) => {
        const fold = byId(id).querySelector("details.data"); fold.open = true; fillTable(id); finish();
        const csv = csvOf(id).trim().split("\\n");
        return [id, { rows: fold.querySelectorAll("tbody tr").length, csv: csv.length - 1, head: csv[0], first: csv[1] }];
      }));"""
    found = look(page).run(script)
    assert found["availability"]["rows"] == found["availability"]["csv"] == 204
    assert found["regions"]["rows"] == 4 * 14
    assert found["origin"]["rows"] == 17
    assert found["loop"]["head"].startswith("from,to,tonnes of cobalt")
    assert all(part["rows"] == part["csv"] > 0 for part in found.values())


def test_dark_mode_reaches_page_and_plots(look, page):
    script = """
      const look = () => ({ page: getComputedStyle(document.body).backgroundColor, line: traces("availability")[0].color, font: byId("availability-plot")._fullLayout.font.color });
      setTheme("light"); repaint();
      const light = look(); byId("theme").click();
      return { light, dark: look(), pressed: byId("theme").getAttribute("aria-pressed") };"""
    found = look(page).run(script)
    assert found["pressed"] == "true"
    for part in ("page", "font", "line"):
        assert found["light"][part] != found["dark"][part]


def test_text_stands_out_enough(look, page):
    """Contrast of text and of scenario lines with what lies behind them, in both themes."""
    script = """
      const parse = (c) => { const x = c.startsWith("#") ? [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)) : c.match(/[\\d.]+/g).slice(0, 3).map(Number); return x; };
      const light = (c) => { const [r, g, b] = parse(c).map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
      const out = {};
      for (const name of ["light", "dark"]) {
        setTheme(name);
        const card = getComputedStyle(byId("findings")).backgroundColor;
        const texts = [...document.querySelectorAll("h1, h2, p, li, td, th, a, summary, .tone, label, button")].map((n) => {
          let p = n, back = ""; while (p && (!back || back === "rgba(0, 0, 0, 0)")) { back = getComputedStyle(p).backgroundColor; p = p.parentElement; }
          return [ratio(getComputedStyle(n).color, back.startsWith("color(") ? card : back), n.tagName + "." + n.className];
        });
        out[name] = { text: texts.sort((a, b) => a[0] - b[0])[0], lines: Math.min(...THEMES[name].runs.map((c) => ratio(c, card))) };
      }
      return out;"""
    found = look(page).run(script)
    for name in ("light", "dark"):
        assert found[name]["text"][0] >= 4.5, found[name]
        assert found[name]["lines"] >= 3.0, found[name]


def test_every_control_is_named_and_reached_by_keyboard(look, page):
    script = """
      const controls = [...document.querySelectorAll("select, input, button, summary, a[href]")];
      return controls.filter((c) => c.tabIndex < 0 || !(c.labels && [...c.labels].some((l) => l.textContent.trim()) || c.textContent.trim())).map((c) => c.outerHTML.slice(0, 80));"""
    found = look(page).run(script)
    assert found == []


@pytest.mark.parametrize("n", [1, 4])
def test_nothing_overflows_on_a_phone(look, rich, n):
    script = """
      finish();
      const wide = [...document.querySelectorAll("main *, header *, footer *")].filter((n) => !n.closest(".scroll, .plot-frame, .unseen, legend, svg") && n.getBoundingClientRect().right > innerWidth + 1);
      return { inner: innerWidth, page: document.documentElement.scrollWidth, wide: wide.map((n) => n.outerHTML.slice(0, 90)).slice(0, 5),
        plot: (finish(), byId("availability-plot")).querySelector(".main-svg").getBoundingClientRect().width };"""
    found = look(html(rich[:n]), width=390).run(script)
    assert found["inner"] == 390
    assert found["page"] <= 390, found
    assert found["wide"] == []
    assert found["plot"] <= 366


def test_a_page_of_one_run_works(look, four):
    script = "choose('material', 'copper'); finish(); return { stocks: byId('stocks-plot').data.map((d) => d.type), title: title('stocks') };"
    found = look(html(four[2:3])).run(script)
    assert "bar" in found["stocks"]
    assert "(" not in found["title"]


def test_hostile_names_stay_text_in_the_browser(look, tmp_path):
    name = (
        "</script><img src=x onerror=faults.push('ran')> <b>bold</b> <a href='https://example.org'>link</a> \u202e🦆 "
        + "y" * 200
    )
    run = made.run(tmp_path / "run", name="reference", title=name, description=name)
    run.dataset.attrs["events"] = json.dumps([{"name": name, "start": "2026-01-01", "end": "2027-01-01"}])
    other = made.run(tmp_path / "other", name="high_recovery", title=name[::-1], collection=0.9)
    script = """
      return { links: document.querySelectorAll("svg a, a[href^=http]").length, images: document.querySelectorAll("img").length,
        bold: document.querySelectorAll("main b").length, h3: document.querySelector("article h3").textContent,
        wide: document.documentElement.scrollWidth - innerWidth, legend: byId("legend").textContent };"""
    found = look(html([run, other])).run(script)
    assert found["links"] == found["images"] == found["bold"] == 0
    shown = TURNS.sub("", name)
    assert found["h3"] == shown
    assert shown in found["legend"]
    assert found["wide"] <= 0


def test_pages_of_real_runs_work(look, tmp_path):
    stored = []
    for name in ("reference", "high_recovery"):
        ds = worlds.battery(name, "period.end=2026-01-01")
        with patch.object(results, "tables", return_value={}):  # not read by pages
            stored.append(results.read(results.write(ds, tmp_path / name, scenario={"name": name}, facts={})))
    script = """
      const found = MATERIALS.map((m) => { choose("material", m); return D.charts.map((id) => title(id) + byId(id + "-summary").textContent + byId(id + "-scope").textContent).join(" "); });
      finish();
      return found;"""
    found = look(html(stored)).run(script)
    assert len(found) == 4
    for text in found:
        assert not re.search("undefined|NaN|null|Infinity", text), text
