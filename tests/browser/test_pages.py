"""Pages in a real browser: nothing requested, no error, every chart drawn, controls do what they say."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

import html as escaping
import json
import re
import subprocess

import numpy as np
import pytest

from simulator import batch, results, totals
from simulator.report import charts
from simulator.report.page import html
from tests.report import made

EARLY = """<script>
window.faults = [];
addEventListener("error", (e) => faults.push("error: " + e.message));
addEventListener("unhandledrejection", (e) => faults.push("rejection: " + e.reason));
document.addEventListener("securitypolicyviolation", (e) => faults.push("policy: " + e.blockedURI));
for (const k of ["error", "warn"]) { const old = console[k]; console[k] = (...a) => { faults.push(k + ": " + a.join(" ")); old(...a); }; }
</script>"""
LATE = """<script>
addEventListener("load", () => setTimeout(() => {
  let found;
  try { found = (() => { %s })(); } catch (e) { faults.push("probe: " + e.stack); }
  const text = JSON.stringify({ found, faults, requests: performance.getEntriesByType("resource").map((r) => r.name) });
  if (parent !== window) parent.postMessage(text, "*");
  const pre = document.createElement("pre"); pre.id = "probe"; pre.textContent = text; document.body.append(pre);
}, %d));
</script>"""
TOOLS = """
const choose = (id, value) => { const s = byId(id); s.value = value; s.dispatchEvent(new Event("change")); };
const traces = (id) => byId(id + "-plot").data.map((d) => ({ name: d.name, x: [...d.x], y: [...d.y], xaxis: d.xaxis, dash: d.line && d.line.dash, color: d.line && d.line.color }));
const title = (id) => byId(id + "-title").textContent;
"""
CHROMIUM_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--enable-logging=stderr",
    "--disable-background-networking",
    "--virtual-time-budget=15000",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def browse(chromium, folder, page, script, *, width=1280, delay=300, fragment=""):
    """Result of a script run in the page, and what went wrong in it."""
    text = page.replace("<head>", "<head>" + EARLY, 1)
    text = text.replace("</body>", LATE % (TOOLS + script, delay) + "</body>")
    target = folder / "page.html"
    target.write_text(text, encoding="utf-8")
    if width < 600:  # a headless window has a least width, a frame has none
        frame = folder / "frame.html"
        frame.write_text(
            f"<body><iframe src='page.html' style='width:{width}px;height:900px;border:0'></iframe><script>"
            "addEventListener('message', (e) => { const p = document.createElement('pre'); p.id = 'probe';"
            "p.textContent = e.data; document.body.append(p); });</script></body>",
            encoding="utf-8",
        )
        target = frame
    command = [
        chromium,
        *CHROMIUM_OPTIONS,
        f"--window-size={max(width, 600)},1200",
        f"--user-data-dir={folder / 'profile'}",
    ]
    done = subprocess.run(
        [*command, "--dump-dom", target.as_uri() + fragment],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    probe = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.S)
    assert probe, done.stderr[-2000:]
    answer = json.loads(escaping.unescape(probe.group(1)))
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return answer["found"], answer["faults"] + console, answer["requests"]


@pytest.fixture(scope="module")
def four():
    return made.four()


@pytest.fixture(scope="module")
def rich():
    """Four runs with prices and money, programmes in one, an alliance in another."""
    return made.four(firms=True)


@pytest.fixture(scope="module")
def page():
    return made.page(firms=True)


@pytest.mark.parametrize("firms", [False, True])
def test_every_chart_is_drawn_without_error_or_request(chromium, tmp_path, four, rich, firms):
    runs = rich if firms else four
    shown = [c.id for c in charts.shown([run.dataset for run in runs])]
    assert (len(shown) == len(charts.CHARTS)) == firms
    script = """
      return D.charts.map((id) => {
        const plot = byId(id + "-plot"), box = plot.querySelector(".main-svg").getBoundingClientRect();
        return { id, isPlot: plot.classList.contains("js-plotly-plot"), width: box.width, height: box.height,
          marks: plot.querySelectorAll(".scatterlayer path, .barlayer path, .heatmaplayer image, .sankey-link").length,
          title: title(id), summary: byId(id + "-summary").textContent };
      });"""
    found, faults, requests = browse(chromium, tmp_path, made.page(firms), script)
    assert faults == []
    assert requests == []
    assert [c["id"] for c in found] == shown
    for chart in found:
        assert chart["isPlot"] and chart["width"] > 300 and chart["height"] > 150, chart
        assert chart["marks"] > 0, chart
        assert chart["title"] and "undefined" not in chart["title"] + chart["summary"], chart
        assert "NaN" not in chart["title"] + chart["summary"], chart
        assert chart["summary"], chart


def test_the_policy_really_forbids_requests(chromium, tmp_path, page):
    script = "fetch('https://example.org/').catch(() => 0); return 1;"
    _, faults, _ = browse(chromium, tmp_path, page, script, delay=0)
    late = "new Image().src = 'https://example.org/x.png'; return 1;"
    _, more, _ = browse(chromium, tmp_path, page, late, delay=0)
    assert any("Content Security Policy" in f for f in faults)
    assert any("Content Security Policy" in f for f in more)


def test_charted_values_equal_the_data(chromium, tmp_path, page, rich):
    script = """
      choose("material", "cobalt");
      const mines = traces("mines");
      choose("product", "other_cobalt");
      return { availability: traces("availability"), mines, rates: traces("rates"), by: FIGURES.mines().panels[0].by };"""
    found, faults, _ = browse(chromium, tmp_path, page, script)
    assert faults == []
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
        np.testing.assert_allclose(np.array(line["y"]) * found["by"], mined, rtol=1e-5)


def test_scenarios_differ_in_dash_and_colour(chromium, tmp_path, page):
    found, _, _ = browse(chromium, tmp_path, page, "return traces('availability').slice(0, 4);")
    assert len({t["dash"] for t in found}) == 4
    assert len({t["color"] for t in found}) == 4


def test_controls_do_what_they_say(chromium, tmp_path, page):
    script = """
      const before = { origin: title("origin"), loop: title("loop"), lines: traces("availability").length, rate: title("rates"), firms: title("firms") };
      choose("material", "cobalt");
      const material = { origin: title("origin"), loop: title("loop") };
      choose("region", "IND");
      const region = { availability: traces("availability")[1].y[30], mines: byId("mines-plot").data[0].x.length };
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
    found, faults, _ = browse(chromium, tmp_path, page, script)
    assert faults == []
    assert "lithium" in found["before"]["origin"] and "cobalt" in found["material"]["origin"]
    assert found["before"]["loop"] != found["material"]["loop"]
    assert found["region"]["mines"] == 17
    assert found["slid"].startswith("In 2026") and found["out"] == "2026"
    assert "Congo" in found["switched"]
    assert found["measured"].startswith("Industry")
    assert found["rate"].startswith("Recycled content") and "work in" in found["firms"]
    assert (found["before"]["lines"], found["lines"]) == (16, 12)


def test_tables_and_csv_hold_what_is_charted(chromium, tmp_path, page):
    script = """
      return Object.fromEntries(D.charts.map((id) => {
        const fold = byId(id).querySelector("details.data"); fold.open = true; fillTable(id);
        const csv = csvOf(id).trim().split("\\n");
        return [id, { rows: fold.querySelectorAll("tbody tr").length, csv: csv.length - 1, head: csv[0], first: csv[1] }];
      }));"""
    found, faults, _ = browse(chromium, tmp_path, page, script)
    assert faults == []
    assert found["availability"]["rows"] == found["availability"]["csv"] == 204
    assert found["regions"]["rows"] == 4 * 14
    assert found["origin"]["rows"] == 17
    assert found["loop"]["head"].startswith("from,to,tonnes of lithium")
    assert all(part["rows"] == part["csv"] > 0 for part in found.values())


def test_dark_mode_reaches_page_and_plots(chromium, tmp_path, page):
    script = """
      const look = () => ({ page: getComputedStyle(document.body).backgroundColor, font: byId("availability-plot")._fullLayout.font.color, line: traces("availability")[0].color });
      setTheme("light"); repaint();
      const light = look(); byId("theme").click();
      return { light, dark: look(), pressed: byId("theme").getAttribute("aria-pressed") };"""
    found, faults, _ = browse(chromium, tmp_path, page, script)
    assert faults == []
    assert found["pressed"] == "true"
    for part in ("page", "font", "line"):
        assert found["light"][part] != found["dark"][part]


def test_text_stands_out_enough(chromium, tmp_path, page):
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
    found, _, _ = browse(chromium, tmp_path, page, script)
    for name in ("light", "dark"):
        assert found[name]["text"][0] >= 4.5, found[name]
        assert found[name]["lines"] >= 3.0, found[name]


def test_every_control_is_named_and_reached_by_keyboard(chromium, tmp_path, page):
    script = """
      const controls = [...document.querySelectorAll("select, input, button, summary, a[href]")];
      return controls.filter((c) => c.tabIndex < 0 || !(c.labels && [...c.labels].some((l) => l.textContent.trim()) || c.textContent.trim())).map((c) => c.outerHTML.slice(0, 80));"""
    found, faults, _ = browse(chromium, tmp_path, page, script)
    assert faults == []
    assert found == []


@pytest.mark.parametrize("n", [1, 4])
def test_nothing_overflows_on_a_phone(chromium, tmp_path, rich, n):
    script = """
      const wide = [...document.querySelectorAll("main *, header *, footer *")].filter((n) => !n.closest(".scroll, .plot-frame, .unseen, legend, svg") && n.getBoundingClientRect().right > innerWidth + 1);
      return { inner: innerWidth, page: document.documentElement.scrollWidth, wide: wide.map((n) => n.outerHTML.slice(0, 90)).slice(0, 5),
        plot: byId("availability-plot").querySelector(".main-svg").getBoundingClientRect().width };"""
    found, faults, _ = browse(chromium, tmp_path, html(rich[:n]), script, width=390)
    assert faults == []
    assert found["inner"] == 390
    assert found["page"] <= 390, found
    assert found["wide"] == []
    assert found["plot"] <= 366


def test_a_page_of_one_run_works(chromium, tmp_path, four):
    script = "choose('material', 'copper'); return { stocks: byId('stocks-plot').data.map((d) => d.type), title: title('stocks') };"
    found, faults, requests = browse(chromium, tmp_path, html(four[2:3]), script)
    assert faults == [] and requests == []
    assert "bar" in found["stocks"]
    assert "(" not in found["title"]


def test_hostile_names_stay_text_in_the_browser(chromium, tmp_path):
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
    found, faults, requests = browse(chromium, tmp_path, html([run, other]), script)
    assert faults == [] and requests == []
    assert found["links"] == found["images"] == found["bold"] == 0
    assert found["h3"] == name
    assert name in found["legend"]
    assert found["wide"] <= 0


def test_print_gives_a_document_with_all_charts(chromium, tmp_path, page):
    target = tmp_path / "page.html"
    target.write_text(page, encoding="utf-8")
    pdf = tmp_path / "page.pdf"
    command = [
        chromium,
        *CHROMIUM_OPTIONS,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--print-to-pdf={pdf}",
    ]
    subprocess.run([*command, target.as_uri()], capture_output=True, timeout=120, check=True)
    data = pdf.read_bytes()
    assert data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", data)) >= len(charts.CHARTS)


@pytest.mark.slow
def test_pages_of_a_real_run_work(chromium, tmp_path):
    names = ["reference", "high_recovery"]
    jobs = batch.plan(names, tmp_path / "out", sets=["period.end=2026-07-01"])
    stored = [results.read(folder) for folder in batch.run_all(jobs)]
    script = """
      return MATERIALS.map((m) => { choose("material", m); return D.charts.map((id) => title(id) + byId(id + "-summary").textContent).join(" "); });"""
    found, faults, requests = browse(chromium, tmp_path, html(stored), script)
    assert faults == [] and requests == []
    assert len(found) == 4
    for text in found:
        assert not re.search("undefined|NaN|null|Infinity", text), text
