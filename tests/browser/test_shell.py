"""What surrounds the charts: links that carry choices, filters, keyboard, paper, and what an audit of access finds."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

from pathlib import Path

import axe_core_python
import numpy as np
import pytest

from simulator import results
from simulator.report.catalogue import GROUPS
from tests.browser.pdf import pages_of, squeezed
from tests.report import fake_ensemble

pytestmark = pytest.mark.xdist_group("browser")

AXE = Path(axe_core_python.__file__).with_name("axe.min.js")
SERIOUS = ("serious", "critical")
AUDIT = """axe.run({ exclude: [".main-svg", ".map"] }, { resultTypes: ["violations"], %s })
  .then((found) => [...found.violations, ...found.incomplete.filter((v) => !v.nodes.length)].map((v) => [v.impact, v.id, v.nodes.map((n) => n.html.slice(0, 120))]))"""
COLOURS = "runOnly: ['color-contrast']"
ALL_BUT_COLOURS = "rules: { 'color-contrast': { enabled: false } }"


def test_a_link_restores_what_was_chosen(look, browser, page):
    script = """
      choose("material", "copper"); choose("region", "EU27"); choose("rate", "recycled_content");
      byId("legend").querySelectorAll("input")[2].click();
      const links = Object.fromEntries(D.charts.map((id) => [id, byId(id).querySelector("a.link").getAttribute("href")]));
      return { links, csv: csvOf("rates"), prices: csvOf("prices") };"""
    chosen = look(page).run(script)
    links = chosen["links"]
    assert links["prices"] == "#prices?material=copper&region=EU27&hidden=2"
    assert links["rates"] == "#rates?material=copper&region=EU27&rate=recycled_content&hidden=2"
    seen = "return { csv: csvOf('rates'), prices: csvOf('prices'), at: location.hash, top: byId('rates').getBoundingClientRect().top, boxes: [...byId('legend').querySelectorAll('input')].map((b) => b.checked), rate: byId('rate').value };"
    wait = "while (document.body.dataset.drawn !== 'all') await new Promise((done) => setTimeout(done, 20));"
    opened = browser.open(page, fragment=links["rates"])
    found = opened.run(wait + seen)
    assert {k: found[k] for k in ("csv", "prices")} == {k: chosen[k] for k in ("csv", "prices")}
    assert found["at"] == links["rates"]
    assert found["boxes"] == [True, True, False, True]
    assert found["rate"] == "recycled_content"
    assert -50 < found["top"] < 400
    clicked = "choose('region', 'World'); byId('rates').querySelector('a.link').click(); await new Promise((done) => setTimeout(done, 50));"
    assert opened.run(clicked + "return location.hash;") == links["rates"].replace("EU27", "World")
    broken = "location.hash = '#prices?material=unobtainium&region=%E0%A4%A&stage=99&hidden=7.x'; await new Promise((done) => setTimeout(done, 50)); return [state.every, state.region, state.hidden.size];"
    assert opened.run(broken) == [True, "World", 0]
    assert opened.faults == []
    opened.close()


def test_filters_act_on_every_chart_or_it_says_why_not(look, page):
    script = """
      choose("product", "other_cobalt");
      const take = () => Object.fromEntries(D.charts.map((id) => [id, csvOf(id) + title(id)]));
      const scope = () => Object.fromEntries(D.charts.map((id) => [id, byId(id + "-scope").textContent]));
      const start = take();
      choose("material", "nickel"); const material = take(), named = scope(), product = byId("product").value;
      choose("material", "all"); choose("region", "EU27"); const region = take(), placed = scope();
      return { start, material, region, named, placed, product, scopes: D.scopes };"""
    found = look(page).run(script)
    for chart, scope in found["scopes"].items():
        start = found["start"][chart]
        assert (found["material"][chart] != start) == bool(scope["material"]), f"material, {chart}"
        acts = scope["region"] is True
        assert (found["region"][chart] != start) == acts, f"region, {chart}"
        assert ("Nickel" in found["named"][chart]) == bool(scope["material"]), found["named"][chart]
        assert ("European Union" in found["placed"][chart]) or not acts, found["placed"][chart]
    assert found["product"] != "other_cobalt"


def test_the_keyboard_reaches_and_moves_what_a_mouse_does(look, page):
    opened = look(page)
    opened.run("document.activeElement.blur(); scrollTo(0, 0);")
    opened.press("Tab", 9)
    assert opened.run("return document.activeElement.className;") == "skip"
    before = opened.run(
        "byId('year').focus(); return [title('loop'), csvOf('loop'), byId('year-out').textContent];"
    )
    opened.press("ArrowRight", 39)
    after = opened.run("return [title('loop'), csvOf('loop'), byId('year-out').textContent];")
    assert int(after[2]) == int(before[2]) + 1
    assert after[0] != before[0] and after[1] != before[1]
    opened.run("byId('prices').querySelector('a.link').focus();")
    opened.press("Enter", 13, "\\r")
    assert opened.run("return location.hash.split('?')[0];") == "#prices"
    outline = "return document.activeElement.matches(':focus-visible') && getComputedStyle(document.activeElement).outlineStyle;"
    opened.press("Tab", 9)
    assert opened.run(outline) == "solid"


def test_contents_lead_to_every_group_and_chart(look, page):
    script = """
      const links = [...document.querySelectorAll("nav a")].map((a) => a.getAttribute("href").slice(1));
      return { links, charts: D.charts, missing: links.filter((id) => !byId(id)), open: byId("contents").open,
        ids: [...document.querySelectorAll("[id]")].map((n) => n.id), order: [...document.querySelectorAll(".chart")].map((n) => n.id) };"""
    found = look(page).run(script)
    assert found["missing"] == []
    assert set(found["charts"]) | {f"part-{key}" for key in GROUPS if key != "sure"} <= set(found["links"])
    assert found["order"] == found["charts"]
    assert [i for i in set(found["ids"]) if found["ids"].count(i) > 1] == []
    assert found["open"] is False


@pytest.mark.parametrize(
    ("width", "dark", "what"),
    [(1280, False, "rules: {}"), (1280, True, COLOURS), (390, False, ALL_BUT_COLOURS)],
)
def test_an_audit_of_access_finds_nothing_serious(look, page, width, dark, what):
    opened = look(page, width=width, dark=dark)
    opened.run(
        "finish(); byId('contents').open = true; byId('regions').querySelector('details.data').open = true;"
    )
    opened.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    opened.run(
        "const bad = document.createElement('button'); bad.id = 'bad'; byId('facts').append(bad); const faint = document.createElement('p'); faint.id = 'faint'; faint.style.color = '#777'; faint.textContent = 'faint'; byId('facts').append(faint);"
    )
    found = opened.evaluate(AUDIT % what)
    opened.run("byId('bad').remove(); byId('faint').remove();")
    planted = {v[1] for v in found if any('id="bad"' in n or 'id="faint"' in n for n in v[2])}
    assert {v[1] for v in found if not v[2]} == set(), "rules that could not be run"
    assert planted == {COLOURS: {"color-contrast"}, ALL_BUT_COLOURS: {"button-name"}}.get(
        what, {"button-name", "color-contrast"}
    )
    serious = [
        (v[1], n)
        for v in found
        if v[0] in SERIOUS
        for n in v[2]
        if 'id="bad"' not in n and 'id="faint"' not in n
    ]
    assert serious == []


def test_paper_has_all_charts_in_light_colours(look, page):
    opened = look(page, dark=True)
    opened.run("""
      addEventListener("beforeprint", () => {
        window.paper = { charts: D.charts.map((id) => [id, byId(id + "-plot").querySelectorAll("path, td").length]), line: traces("availability")[0].color,
          folds: document.querySelectorAll("details:not(.data, .words):not([open])").length, titles: D.charts.map(title) };
      }, { once: true });""")
    sheets = pages_of(opened.pdf())
    found = opened.run(
        "return { ...window.paper, light: THEMES.light.runs[0], again: traces('availability')[0].color, dark: THEMES.dark.runs[0] };"
    )
    assert (found["line"], found["again"]) == (found["light"], found["dark"])
    assert [c for c, n in found["charts"] if not n] == []
    assert found["folds"] == 0
    opened.emulate(width=1280, dark=True, media="print")
    seen = opened.run(
        "const look = (q) => getComputedStyle(document.querySelector(q)); return { ink: look('body').color, paper: look('body').backgroundColor, hidden: ['nav', '.actions', '.filters > label', '.controls', 'a.link', 'details.data'].map((q) => look(q).display) };"
    )
    opened.emulate(width=1280, dark=True)
    assert (seen["ink"], seen["paper"]) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
    assert set(seen["hidden"]) == {"none"}
    text = squeezed("".join(sheets))
    assert [t for t in found["titles"] if squeezed(t) not in text] == []
    assert [t for t in sheets if len(squeezed(t)) < 40] == [], "an empty sheet"
    assert "Assumptionsandsources" in text and "tau_order_days" in text


def test_files_of_the_page_equal_the_tables_of_the_run(look, page, rich):
    """What a reader downloads says what the run's own tables say."""
    found = look(page).run(
        "choose('region', 'IND'); return { availability: csvOf('availability'), rates: csvOf('rates') };"
    )
    rows = [line.split(",") for line in found["availability"].strip().splitlines()]
    head = rows[0]
    for run in rich:
        title = run.dataset.attrs["title"]
        table = results.tables(run.dataset)["availability"]
        own = table[table["region"] == "IND"]
        for material in ("lithium", "cobalt"):
            column = head.index(f"{material.capitalize()} · {title}")
            known = own[own["material"] == material]["availability_final"].to_numpy()
            np.testing.assert_allclose([float(r[column]) for r in rows[1:]], known, atol=6e-5)
    years = [line.split(",") for line in found["rates"].strip().splitlines()]
    assert [r[0] for r in years[1:]] == [str(y) for y in range(2024, 2041)]


def test_the_chart_of_causes_begins_with_the_shortage_that_the_first_screen_tells(look, page):
    """Of all materials it is the product of the deepest loss; a chosen material has its need told."""
    script = """
      const said = [...document.querySelectorAll("#findings .answers dd")].find((dd) => dd.querySelector("a[href='#causes']")).textContent, scope = () => byId("causes-scope").textContent;
      const start = { title: title("causes"), scope: scope() };
      choose("material", "nickel");
      return { said, start, chosen: [title("causes"), scope()], product: D.deepest };"""
    found = look(page).run(script)
    product = found["product"].replace("_", " ").replace("ev ", "EV ").replace("battery", "batter")
    assert product in found["said"] and product in found["start"]["title"]
    assert found["start"]["scope"].endswith("World") and product in found["start"]["scope"]
    assert "nickel" in found["chosen"][0].lower() and found["chosen"][1].startswith("Nickel")


def test_findings_say_what_is_charted(look, page):
    """Months, shares and counts of every shortage told are those of its line."""
    script = """
      document.querySelectorAll("#findings details").forEach((d) => { d.open = true; });
      return [...document.querySelectorAll("#findings li.short")].filter((li) => li.textContent.includes("runs short")).map((li) => {
        const said = li.textContent.replace(/\\s/g, " "), material = said.match(/upply of (.+?) runs short/)[1];
        const i = RUNS.findIndex((run) => said.includes(`\u201c${run.title}\u201d`));
        choose("material", material);
        const line = traces("availability")[i], y = Math.min(...line.y), under = line.y.filter((v) => v < D.shortage).length;
        const worst = line.y[line.x.findIndex((x) => said.includes(`(${moment(x)})`))];
        return { said, beyond: worst - y, expected: [percent(y).replace(/\\s/g, " "), `from ${moment(line.x[line.y.findIndex((v) => v < D.shortage)])}`, `${under} months`] };
      });"""
    found = look(page).run(script)
    assert found
    for each in found:
        assert [word for word in each["expected"] if word not in each["said"]] == [], each["said"]
        assert each["beyond"] <= 1e-4, each["said"]  # lines have four decimals


def test_the_table_at_a_glance_is_whole_on_a_desk_and_scrolls_in_its_box_on_a_phone(look):
    """With members it has the most columns there are."""
    opened = look(fake_ensemble.three().page)
    seen = "const box = document.querySelector('#glance .scroll'); return [box.scrollWidth - box.clientWidth, document.documentElement.scrollWidth - innerWidth, box.querySelectorAll('thead th').length];"
    beyond = {}
    for width in (1400, 1280, 1100, 390):
        opened.emulate(width=width)
        beyond[width] = opened.run(seen)
    opened.emulate(width=1280)
    assert {beyond[width][2] for width in beyond} == {9}
    assert [beyond[width][0] for width in (1400, 1280, 1100)] == [0, 0, 0]
    assert beyond[390][0] > 0
    assert max(page for _, page, _ in beyond.values()) <= 0
