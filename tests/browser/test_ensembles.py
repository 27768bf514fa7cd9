"""Members in a real browser: bands, curves, intervals and answers are drawn, follow the filters and say how many."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

import numpy as np
import pytest

from tests.report import fake, fake_ensemble, made

pytestmark = pytest.mark.xdist_group("browser")

ODD = "undefined|NaN|null|Infinity|object"
N_MATERIALS = len(fake.MATERIALS)


@pytest.fixture(scope="module")
def page():
    return fake_ensemble.three().page


@pytest.fixture(scope="module")
def blocks(page):
    return made.block_of(page)["runs"]


def test_bands_of_members_are_drawn_around_their_median(look, page, blocks):
    script = """
      finish();
      const drawn = byId("availability-plot").data.map((d) => ({ fill: d.fill, name: d.name, y: [...d.y], x: [...d.x], axis: d.xaxis }));
      const prices = byId("prices-plot").data.filter((d) => d.fill === "toself").length;
      return { drawn, prices, title: title("availability"), summary: byId("availability-summary").textContent, price: title("prices"), note: byId("availability").innerText };"""
    found = look(page).run(script)
    areas = [d for d in found["drawn"] if d.get("fill") == "toself"]
    assert len(areas) == 3 * N_MATERIALS * 2 and found["prices"] == 3 * N_MATERIALS * 2
    outer = next(
        d
        for d in areas
        if d["axis"] == "x2" and d["name"].startswith("A year without") and "5 to 95" in d["name"]
    )
    low, _, middle, _, high = blocks[1]["fans"]["availability_final"][1]
    assert outer["y"] == [*high, *reversed(low)]
    lines = [d for d in found["drawn"] if d["axis"] == "x2" and not d.get("fill")]
    assert lines[2]["y"] == middle and lines[3]["y"] == blocks[1]["availability"]["availability_final"][0][1]
    worst = int(np.argmin(middle))
    assert f"{100 * middle[worst]:.1f}" in found["title"] and "8\u00a0members" in found["title"]
    assert f"{100 * low[worst]:.1f}\u00a0% to {100 * high[worst]:.1f}\u00a0%" in found["title"]
    assert "(8 of 100)" in found["summary"] and "8\u00a0members" in found["price"]
    assert "thick line is their median" in found["note"]


def test_bands_follow_the_filters(look, page, blocks):
    script = """
      const areas = (id) => (finish(), byId(id + "-plot").data.filter((d) => d.fill === "toself").map((d) => [...d.y])), scope = (id) => byId(id + "-scope").textContent;
      choose("material", "cobalt");
      const one = areas("availability").length;
      byId("legend").querySelectorAll("input")[2].click();
      const two = areas("availability").length;
      choose("region", "UNECE");
      const group = areas("availability")[2];
      choose("region", "EU27");
      const region = areas("availability"), lines = traces("availability").length, prices = areas("prices"), mines = areas("mines").length, csv = csvOf("availability").split("\\n");
      const said = [scope("availability"), scope("prices"), scope("heat"), scope("tornado"), title("prices")];
      choose("measure", "availability");
      const other = areas("availability").length;
      choose("measure", "availability_final"); choose("fan", "central"); choose("fan_prices", "central");
      return { one, two, group, region, lines, prices, mines, csv, said, other, central: [areas("availability").length, areas("prices").length, scope("availability")] };"""
    found = look(page).run(script)
    assert (found["one"], found["two"], found["other"], found["mines"]) == (6, 4, 0, 4)
    places = blocks[1]["regions"]
    for shown, name, place in (
        (found["region"][2], "availability_final", "EU27"),
        (found["group"], "availability_final", "UNECE"),
        (found["prices"][2], "price", "EU27"),
    ):
        low, *_, high = blocks[1]["fans_by_place"][name][places.index(place)][1]
        assert shown == [*high, *reversed(low)]
    assert found["lines"] == 4 + 4 and len(found["prices"]) == 4
    assert found["csv"][0].startswith('year,"Cobalt · Reference, median",')
    assert "Cobalt · Reference, 95 %" in found["csv"][0] and len(found["csv"]) == 1 + 4 + 1
    told, *rest = found["said"]
    assert "central" not in told + rest[0] + rest[2] and rest[1].endswith(" · run with central values")
    assert "in the European Union" in rest[3] or "EU" in rest[3]
    assert found["central"][:2] == [0, 0] and found["central"][2].endswith(" · run with central values")


def test_mines_have_bands_by_year(look, page, blocks):
    script = """
      choose("material", "cobalt");
      const drawn = (finish(), byId("mines-plot").data.map((d) => ({ fill: d.fill, x: [...d.x], y: [...d.y] }))), unit = FIGURES.mines().panels[0].by;
      return { drawn, unit, title: title("mines"), summary: byId("mines-summary").textContent, note: byId("mines").innerText };"""
    found = look(page).run(script)
    areas, lines = (
        [d for d in found["drawn"] if (d.get("fill") == "toself") is fill] for fill in (True, False)
    )
    fan = blocks[0]["fans_by_place"]["mined"][0][1]
    assert len(areas) == 6 and len(lines) == 6
    np.testing.assert_allclose(np.array(areas[0]["y"]) * found["unit"], [*fan[4], *reversed(fan[0])])
    np.testing.assert_allclose(np.array(lines[0]["y"]) * found["unit"], fan[2])
    months = np.array(blocks[0]["mines"]["world"][1]).reshape(-1, 12)
    np.testing.assert_allclose(np.array(lines[1]["y"]) * found["unit"], months.mean(axis=1))
    assert (
        "8\u00a0members" in found["title"] and "(8 of 100)" in found["summary"] and "by year" in found["note"]
    )


def test_curves_say_how_likely(look, page, blocks):
    script = """
      const first = traces("exceedance"), head = title("exceedance");
      choose("material", "cobalt"); choose("chance", "missed");
      const rows = FIGURES.exceedance().table.rows;
      return { first, head, rows, title: title("exceedance"), drawn: traces("exceedance").length };"""
    found = look(page).run(script)
    assert len(found["first"]) == 3 * N_MATERIALS and found["drawn"] == 3
    outage = next(t for t in found["first"] if t["xaxis"] == "x2" and t["name"].startswith("A year"))
    values = sorted(blocks[1]["exceeded"]["worst_availability"][0][1])
    assert outage["x"] == [*values, values[-1]] and outage["y"] == [k / 8 for k in range(8, -1, -1)]
    assert "short (under 95\u00a0%) in 100\u00a0% of 8\u00a0members" in found["head"]
    missed = [row for row in found["rows"] if row[0].startswith("A year")]
    assert [row[3] for row in missed] == sorted(blocks[1]["exceeded"]["missed"][0][1])
    assert [row[4] for row in missed] == [k / 8 for k in range(8, 0, -1)] and "cobalt" in found["title"]


def test_curves_and_settling_follow_the_region(look, browser, page, blocks):
    """Titles, words and tables are those of the place; a link with it brings them back."""
    script = """
      const ids = ["exceedance", "settling"], take = () => Object.fromEntries(ids.map((id) => [id, { title: title(id), summary: byId(id + "-summary").textContent, csv: csvOf(id), scope: byId(id + "-scope").textContent, link: byId(id).querySelector("a.link").getAttribute("href") }]));
      choose("chance", "missed"); choose("settled", "missed");
      const found = Object.fromEntries(["World", "EU27", "UNECE"].map((place) => (choose("region", place), [place, take()])));
      const rows = FIGURES.exceedance().table.rows, half = FIGURES.settling().table.rows;
      choose("settled_of", "apart");
      return { found, rows, half, apart: FIGURES.settling().table.rows, scopes: [D.scopes.exceedance.region, D.scopes.settling.region] };"""
    told = look(page).run(script)
    assert told["scopes"] == [True, True]
    places, found = blocks[1]["regions"], told["found"]
    for chart in ("exceedance", "settling"):
        for what in ("title", "summary", "csv", "scope"):
            assert len({found[place][chart][what] for place in found}) == 3, f"{chart}, {what}"
        assert "in the European Union" in found["EU27"][chart]["title"]
        for place, name in (("EU27", "European Union"), ("UNECE", "UNECE region")):
            assert f", {name}" in found[place][chart]["summary"]
            assert (
                f",{name},cobalt," in found[place][chart]["csv"]
                and ",World," not in found[place][chart]["csv"]
            )
        assert ", World" in found["World"][chart]["summary"] and " in " not in found["World"][chart]["scope"]
    row = places.index("UNECE")
    outage = [r for r in told["rows"] if r[0].startswith("A year") and r[2] == "cobalt"]
    assert [r[3] for r in outage] == sorted(blocks[1]["exceeded"]["missed"][row][1])
    for kind, key in (("half", "own"), ("apart", "apart")):
        shown = [r for r in told[kind] if r[0].startswith("A year") and r[2] == "cobalt"]
        own = blocks[1]["settling"][key]
        assert [r[3:] for r in shown] == [
            list(s) for s in zip(own["at"], own["of"]["missed"][row][1], strict=True)
        ]
    link = found["EU27"]["exceedance"]["link"]
    assert link == "#exceedance?material=all&region=EU27&chance=missed"
    opened = browser.open(page, fragment=link)
    seen = opened.run("return [title('exceedance'), csvOf('exceedance'), byId('region').value];")
    assert seen == [found["EU27"]["exceedance"]["title"], found["EU27"]["exceedance"]["csv"], "EU27"]
    assert opened.faults == []
    opened.close()


def test_a_place_without_anything_says_so_in_a_sentence(look, page):
    """Where nothing is mined there is no curve; where nothing is asked for, no share of it."""
    script = """
      const take = () => ["exceedance", "settling"].map((id) => ({ title: title(id), summary: byId(id + "-summary").textContent, n: FIGURES[id]().panels.length, rows: FIGURES[id]().table.rows.length, name: placeName(state.region) }));
      const r = RUNS[0].regions.indexOf("IND"), m = RUNS[0].materials.indexOf("cobalt"), was = {};
      const put = (key, v) => { was[key] = RUNS.map((run) => run.exceeded[key][r][m]); RUNS.forEach((run) => { run.exceeded[key][r][m] = was[key][0].map(() => v); }); };
      put("mined", 0); put("worst_availability", null);
      choose("chance", "mined"); choose("settled", "mined"); choose("region", "IND");
      const every = take();
      choose("material", "cobalt");
      const one = take();
      choose("chance", "worst_availability"); choose("settled", "worst_availability");
      const unasked = take();
      for (const key in was) RUNS.forEach((run, i) => { run.exceeded[key][r][m] = was[key][i]; });
      return { every, one, unasked };"""
    found = look(page).run(script)
    for each in found["every"]:
        assert each["n"] == N_MATERIALS - 1 and "No cobalt is mined in" in each["summary"]
    for each in found["one"]:
        assert (each["n"], each["rows"]) == (0, 0)
        assert each["title"] == f"No cobalt is mined in {each['name']} in any of the members (8 of 100)"
        assert each["summary"].startswith(each["title"])
    for each in found["unasked"]:
        assert each["n"] == 0 and each["title"].startswith(f"No cobalt is asked for in {each['name']}")


def test_coarse_curves_are_read_between_their_points(look, page):
    """Of many members a place has every fifth percent, drawn as a line."""
    script = """
      const run = RUNS[0], r = run.regions.indexOf("EU27"), m = run.materials.indexOf("cobalt"), of = run.exceeded.worst_availability[r], was = [run.members.at, of[m]];
      run.members.at = [null, Array.from({ length: 21 }, (_, k) => k / 20)];
      of[m] = Array.from({ length: 21 }, (_, k) => 1 - k / 40);
      [1, 2].forEach((i) => byId("legend").querySelectorAll("input")[i].click());
      choose("material", "cobalt"); choose("region", "EU27"); choose("chance", "worst_availability");
      finish();
      const line = byId("exceedance-plot").data[0], found = { title: title("exceedance"), shape: line.line.shape, x: [...line.x], y: [...line.y], middle: quantile(curve(run, "worst_availability", "cobalt"), 0.5) };
      [run.members.at, of[m]] = was;
      return found;"""
    found = look(page).run(script)
    assert found["shape"] == "linear" and found["middle"] == pytest.approx(0.75)
    np.testing.assert_allclose(found["x"][:21], 0.5 + np.arange(21) / 40)
    np.testing.assert_allclose(found["y"][:21], 1 - np.arange(21) / 20, atol=1e-12)
    assert "in about 90\u00a0% of 8\u00a0members" in found["title"]


def test_differences_have_intervals_or_none_is_detectable(look, page, blocks):
    script = """
      finish();
      const plot = () => (finish(), byId("differences-plot")), texts = plot().layout.annotations.map((a) => a.text), bars = plot().data.map((d) => ({ x: [...d.x], more: d.error_x && [...d.error_x.array] }));
      const head = title("differences"), table = FIGURES.differences().table;
      choose("outcome", "mined");
      const mined = FIGURES.differences().table.head;
      choose("outcome", "mean_availability"); choose("region", "UNECE");
      const group = { table: FIGURES.differences().table, title: title("differences"), scope: byId("differences-scope").textContent };
      return { texts, bars, head, table, mined, group, settled: (choose("settled_of", "apart"), traces("settling").length) };"""
    found = look(page).run(script)
    paired = blocks[1]["paired"]["mean_availability"]
    _, mean, low, high, start, end, *_ = paired["of"][0][1]
    assert found["texts"].count("no detectable change") == 3 + N_MATERIALS
    ends = [f"{100 * v:+.1f}".replace("-", "−") for v in (mean, low, high)]
    assert f"{ends[0]}\u00a0points ({ends[1]} to {ends[2]})" in found["texts"]
    assert f"({ends[1]} to {ends[2]})" in found["head"] and "8 pairs of members" in found["head"]
    bar = next(b for b in found["bars"] if b["x"][1] is not None and b["x"][1] < 0)
    assert bar["x"][1] == mean and bar["more"][1] == pytest.approx(high - mean)
    row = next(r for r in found["table"]["rows"] if r[1] == "cobalt" and r[0].startswith("A year"))
    assert row[2:8] == [8, mean, low, high, start, end]
    assert "pairs of members" in found["table"]["head"] and "pairs of members" in found["mined"]
    row = next(r for r in found["group"]["table"]["rows"] if r[1] == "cobalt" and r[0].startswith("A year"))
    assert row[3] == paired["of"][blocks[1]["regions"].index("UNECE")][1][1]
    assert "UNECE" in found["group"]["title"] and "central" not in found["group"]["scope"]
    assert found["settled"] == 2 * N_MATERIALS


def test_what_matters_and_what_is_safe_are_drawn(look, page):
    script = """
      finish();
      const bars = (id) => byId(id + "-plot").data.map((d) => ({ x: [...d.x], y: [...d.y], base: d.base, name: d.name }));
      return { tornado: bars("tornado"), regret: bars("regret"), title: title("tornado"), safe: title("regret"), csv: csvOf("tornado").split("\\n")[1] };"""
    found = look(page).run(script)
    low, high = found["tornado"]
    assert low["base"] == high["base"] == 90 and low["y"] == ["Tau order days", "Demand: growth"]
    np.testing.assert_allclose([*low["x"], *high["x"]], [-20, -10, 10, 5])
    assert "tau order days" in found["title"] and found["csv"].startswith(
        "assumptions.tau_order_days,30,365,0.7,0.9,"
    )
    assert found["regret"][0]["x"] == pytest.approx([0, 10, 20]) and found["safe"].startswith(
        "Reference is the best of 3 choices"
    )


def test_what_matters_and_what_is_safe_follow_the_material(look, page):
    script = """
      const see = (material) => { choose("material", material); return Object.fromEntries(["tornado", "regret"].map((id) => [id, [title(id), byId(id + "-scope").textContent, csvOf(id).trim().split("\\n").length]])); };
      const other = RUNS[0].tornado, found = [see("all"), see("cobalt"), see("nickel")];
      RUNS[0].tornado = { ...other, "availability_final.nickel.worst": { ...other["availability_final.cobalt.worst"], text: "nickel: as asked" } };
      return [...found, see("nickel")];"""
    every, cobalt, nickel, asked = look(page).run(script)
    assert every == cobalt and every["tornado"][1:] == ["Cobalt · World", 3]
    assert every["regret"][1:] == ["Cobalt · World", 4]
    for chart in ("tornado", "regret"):
        said, scope, n = nickel[chart]
        assert (
            said.startswith("This outcome was not asked about for nickel")
            and scope == "Nickel · World"
            and n == 1
        )
    assert asked["tornado"][0].startswith("Nickel: as asked: from ") and asked["tornado"][2] == 3


def test_no_choice_of_members_makes_a_title_or_summary_odd(look, page):
    script = f"""
      const odd = [], ids = ["availability", "prices", "mines", "exceedance", "settling", "differences", "tornado", "regret"];
      const see = () => {{ for (const id of ids) {{ const f = FIGURES[id](), text = f.title + summarise(id, f); if (/{ODD}/.test(text)) odd.push(id + ": " + text.slice(0, 200)); }} }};
      for (const region of ["World", "EU27", "UNECE"]) for (const [measure] of D.measures) {{ state.region = region; state.measure = measure; see(); }}
      for (const o of D.outcomes) {{ state.outcome = o.key; see(); }}
      for (const region of ["World", ...RUNS[0].regions.slice(-2)]) {{
        state.region = region;
        for (const o of D.drawn_outcomes) for (const of of ["own", "apart"]) {{ state.chance = state.settled = o.key; state.settled_of = of; see(); }}
      }}
      for (const o of D.outcomes) {{ state.outcome = o.key; see(); }}
      RUNS.forEach((_, i) => {{ state.hidden.add(i); see(); }}); state.hidden.clear(); state.region = "World";
      return odd;"""
    assert look(page).run(script) == []


def test_the_page_with_members_fits_a_telephone(look, page):
    found = look(page, width=390).run("finish(); return [document.documentElement.scrollWidth, innerWidth];")
    assert found[0] <= found[1]
