"""What each kind of chart hands out as CSV equals the tables of the run, or a computation of its own."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

import csv
import io

import numpy as np
import pandas as pd
import pytest

from simulator import results
from simulator.report.charts import RATES
from simulator.terms import (
    CAUSE_NAMES,
    CAUSES,
    FIRM_STAGES,
    ORIGIN_NAMES,
    ORIGINS,
    REASON_NAMES,
    ROOT_KIND_NAMES,
    SIZES,
)
from tests.report import made

pytestmark = pytest.mark.xdist_group("browser")

UNECE = ["CAN", "EU27", "EECA", "USA", "REU"]
K = 2
"""Run that is looked at: a year without cobalt."""


@pytest.fixture(scope="module")
def ds(rich):
    return rich[K].dataset


TABLED = (
    *("supply_origin", "n_firms", "delivered", "unmet", "eol_collected", "trade", "failures", "flow"),
    "flow_by_region",
    *("unmet_by_root", "need_unmet_by_root", "crma_value", "collection_rate"),
    *("availability_final", "content_demanded", "demand", "need", "eol_generated", "exports_illicit"),
    *("investments_wanted", "investments_made", "investments_blocked", "programme_cost", "programme_reach"),
)
"""Variables whose tables are looked at, and their weights."""


@pytest.fixture(scope="module")
def tables(ds):
    """Tables of the run as `tables/*.csv` hold them, with the year of each month."""
    kept = ds[list(TABLED)]
    found = results.tables(kept)
    for table in found.values():
        if "time" in table:
            table["year"] = pd.to_datetime(table["time"]).dt.year
    return found


@pytest.fixture(scope="module")
def rates(ds):
    """Rows of rates in the yearly table, a column per year."""
    weights = ("supply_origin", "eol_generated", "eol_collected", "flow", "recovered", "stock_in_use")
    kept = ds[[n for n in ds.data_vars if n in (*RATES, *weights) or "rate" in n]]
    return results.tables(kept)["yearly"]


@pytest.fixture
def files(look):
    """Files of charts as downloaded, after choices have been made: rows of text by chart."""

    def get(choices, *charts):
        page = look(made.page(firms=True))
        for key, value in choices.items():
            page.run(f"choose('{key}', '{value}');")
        texts = page.run(f"return Object.fromEntries({list(charts)}.map((id) => [id, csvOf(id)]));")
        return {id_: list(csv.reader(io.StringIO(text))) for id_, text in texts.items()}

    return get


def column(rows, *words):
    """Numbers of the one column whose head holds all words."""
    (k,) = [k for k, head in enumerate(rows[0]) if all(word in head for word in words)]
    return np.array([float(row[k]) if row[k] else np.nan for row in rows[1:]])


def close(found, expected, by=1.0):
    expected = np.asarray(expected, dtype=float)
    scale = np.abs(expected).max() or 1.0
    np.testing.assert_allclose(np.asarray(found) * by, expected, rtol=1e-4, atol=2e-5 * scale)


def unit(rows):
    """Size of the unit that stands in the heads."""
    head = rows[0][1]
    return next(size for word, size in UNITS.items() if word in head)


UNITS = {
    "[Mt": 1e6,
    "[kt": 1e3,
    "[t ": 1.0,
    "[t]": 1.0,
    "[million": 1e6,
    "[thousand": 1e3,
    "[enterprises": 1.0,
    "[TWh": 1e9,
    "[GWh": 1e6,
    "[MWh": 1e3,
}


def within(ds, place):
    """Regions of a place."""
    return {"World": ds.region.values.tolist(), "UNECE": UNECE}.get(place, [place])


DOLLARS = {"[billion": 1e9, "[million": 1e6, "[thousand": 1e3}


def test_lines_and_bars_of_a_group_are_its_rows_of_the_tables(files, ds, tables):
    title = ds.attrs["title"]
    found = files(
        {"material": "cobalt", "region": "UNECE", "stage": "0"},
        "origin",
        "products",
        "stocks",
        "suppliers",
    ) | files({"region": "UNECE", "stage": "0"}, "firms", "failures")
    inside = {
        name: table[table["region"].isin(UNECE)]
        for name, table in tables.items()
        if "region" in table and name != "yearly"
    }
    own = (
        inside["supply_origin"]
        .query("material == 'cobalt'")
        .groupby(["year", "origin"])["supply_origin"]
        .sum()
        .unstack()
    )
    for origin in ORIGINS:
        close(
            column(found["origin"], title, ORIGIN_NAMES[origin]),
            own[origin],
            unit(found["origin"]),
        )
    alive = (
        inside["firms"][pd.to_datetime(inside["firms"]["time"]).dt.month == 12]
        .groupby(["year", "size"])["n_firms"]
        .sum()
        .unstack()
    )
    for size in SIZES:
        close(column(found["firms"], title, f" {size} ("), alive[size], unit(found["firms"]))
    demand = (
        inside["final_demand"].query("product == 'ev_battery'").groupby("year")[["delivered", "unmet"]].sum()
    )
    close(column(found["products"], f"deliveries · {title}"), demand["delivered"], unit(found["products"]))
    dead = inside["products_in_use"].query("material == 'cobalt'").groupby("year")["eol_collected"].sum()
    (head,) = [h for h in found["stocks"][0] if "Collected" in h and title in h]
    close(column(found["stocks"], "Collected", title), dead, next(s for w, s in UNITS.items() if w in head))
    bought = (
        tables["trade_yearly"]
        .query("good == 'refined_cobalt' and region_to in @UNECE")
        .groupby("year")["trade"]
        .sum()
    )
    parts = [k for k, head in enumerate(found["suppliers"][0]) if head.startswith(title)]
    close(
        [sum(float(row[k]) for k in parts) for row in found["suppliers"][1:]],
        bought,
        unit(found["suppliers"]),
    )
    failed = inside["failures"].groupby(["year", "cause"])["failures"].sum().unstack().fillna(0.0)
    close(
        column(found["failures"], title, CAUSE_NAMES[CAUSES[0]]), failed[CAUSES[0]], unit(found["failures"])
    )


@pytest.mark.parametrize("place", ["World", "UNECE", "JKT"])
@pytest.mark.parametrize("stage, size", [(0, 0), (2, 0), (0, 1), (5, 3)])
def test_investment_of_a_place_is_that_of_the_tables(files, ds, tables, place, stage, size):
    """Made and not made, by reason; together they are what was wanted."""
    choices = {"region": place, "invest_stage": str(stage), "invest_size": str(size)}
    rows = files(choices, "investments")["investments"]
    title = ds.attrs["title"]
    chosen = f"region in {within(ds, place)}"
    chosen += f" and stage == '{FIRM_STAGES[stage - 1]}'" * bool(stage)
    chosen += f" and size == '{SIZES[size - 1]}'" * bool(size)
    (head,) = {h[h.index("[") :] for h in rows[0][1:] if h.startswith(title)}
    by = next(n for word, n in DOLLARS.items() if word in head)
    firms = tables["firms"].query(chosen).groupby("year")[["investments_made", "investments_wanted"]].sum()
    close(column(rows, f"{title} · made"), firms["investments_made"], by)
    reasons = tables["investments_blocked"].query(chosen).groupby(["year", "reason"])["investments_blocked"]
    for reason, own in reasons.sum().unstack().items():
        close(column(rows, title, REASON_NAMES[reason]), own, by)
    parts = [k for k, h in enumerate(rows[0]) if h.startswith(f"{title} · ")]
    close([sum(float(row[k]) for k in parts) for row in rows[1:]], firms["investments_wanted"], by)


@pytest.mark.parametrize("place", ["World", "UNECE", "IND"])
def test_programmes_of_a_place_are_those_of_the_tables(files, ds, tables, place):
    rows = files({"region": place}, "programmes")["programmes"]
    own = tables["programmes"].query(f"region in {within(ds, place)} and programme == 'credit_guarantee'")
    (head,) = [h for h in rows[0] if "Credit guarantee: cost" in h]
    by = next(n for word, n in DOLLARS.items() if word in head)
    cost = own.groupby("year")["programme_cost"].sum().reindex(range(2024, 2041), fill_value=0.0)
    close(column(rows, "Credit guarantee: cost"), cost, by)
    december = own[pd.to_datetime(own["time"]).dt.month == 12]
    reach = december.groupby("year")["programme_reach"].sum().reindex(range(2024, 2041), fill_value=0.0)
    close(column(rows, "Credit guarantee: reach"), reach)


def test_prices_are_weighted_with_what_buyers_got(files, ds):
    title, good = ds.attrs["title"], "refined_cobalt"
    got = ds.trade.sel(good=good).sum("region_from").rename(region_to="region")
    price, base = ds.price.sel(good=good), ds.price_base.sel(good=good)
    world = files({"material": "cobalt"}, "prices")["prices"]
    expected = (price * got * base).sum("region") / (got * base).sum("region")
    np.testing.assert_allclose(column(world, title), expected, atol=6e-5)
    assert [row[0] for row in world[1:]] == ds.time.values.astype("datetime64[M]").astype(str).tolist()
    group = files({"material": "cobalt", "region": "UNECE"}, "prices")["prices"]
    top, bottom = (
        (x * base).sel(region=UNECE).sum("region").groupby("time.year").sum() for x in (price * got, got)
    )
    np.testing.assert_allclose(column(group, title), top / bottom, atol=6e-5)


def test_root_causes_are_those_of_the_table(files, ds, tables):
    rows = files({"material": "cobalt"}, "causes")["causes"]
    years = [int(head[:4]) for head in rows[0][5:]]
    parts = [(row[1], [float(v) for v in row[5:]]) for row in rows[1:] if row[0] == ds.attrs["title"]]
    table = tables["root_causes"].query("item == 'cobalt' and region in @ds.region.values")
    for kind in ("outage", "capacity"):
        told = [v for words, v in parts if words == ROOT_KIND_NAMES[kind]]
        own = table[table["kind"] == kind].groupby("year")["amount"].sum().reindex(years, fill_value=0.0)
        assert own.sum() > 0
        close(np.sum(told, axis=0), own)
    missing = (ds.need - ds.met).sel(material="cobalt").sum("region").groupby("time.year").sum()
    close(np.sum([v for _, v in parts], axis=0), missing)


def test_benchmarks_are_those_of_the_tables(files, ds, tables):
    found = files({"material": "nickel"}, "crma")
    value = (
        tables["crma"]
        .query("material == 'nickel'")
        .pivot(index="benchmark", columns="year", values="crma_value")
    )
    mine = [row for row in found["crma"][1:] if row[0] == ds.attrs["title"] and row[2] == "nickel"]
    assert len(mine) == len(value) == 4
    for row, name in zip(mine, ds.benchmark.values, strict=True):
        np.testing.assert_allclose([float(v) for v in row[7:]], value.loc[name], atol=6e-5)


@pytest.mark.parametrize("rate", RATES)
def test_rates_are_the_yearly_ones_of_the_table(files, ds, rates, rate):
    """Equal to the four decimals of the page; where a rate is not known, neither is told."""
    rows = files({"rate": rate}, "rates")["rates"]
    assert [row[0] for row in rows[1:]] == [str(year) for year in range(2024, 2041)]
    for material in ds.material.values:
        (own,) = rates.query("variable == @rate and material == @material")[
            list(range(2024, 2041))
        ].to_numpy()
        found = column(rows, material.capitalize(), ds.attrs["title"])
        np.testing.assert_allclose(found, own, rtol=0, atol=5.001e-5)


@pytest.mark.parametrize("place", ["EU27", "CHN", "UNECE"])
def test_rates_of_a_region_or_group_are_those_of_the_table(files, ds, rates, place):
    rate = "collection_rate"
    own = rates.query("variable == @rate + '_by_area' and region == @place").set_index("material")
    rows = files({"rate": rate, "region": place}, "rates")["rates"]
    world = files({"rate": rate, "region": "World"}, "rates")["rates"]
    years, title = list(range(2024, 2041)), ds.attrs["title"]
    for material in ("lithium", "copper"):
        found = column(rows, material.capitalize(), title)
        np.testing.assert_allclose(found, own.loc[material, years].astype(float), rtol=0, atol=5.001e-5)
        assert not np.allclose(found, column(world, material.capitalize(), title), atol=1e-3)


def test_a_yearly_rate_is_that_of_the_sums_of_the_year(rates, ds, tables):
    """By hand, out of the monthly tables: what was collected over what came to its end of life."""
    months = tables["recycling_rates"].query("material == 'nickel'")[["time", "year", "collection_rate"]]
    arose = tables["products_in_use"].query("material == 'nickel'").groupby("time")["eol_generated"].sum()
    both = months.join(arose, on="time")
    both["collected"] = both["collection_rate"] * both["eol_generated"]
    sums = both.groupby("year")[["collected", "eol_generated"]].sum()
    (own,) = rates.query("variable == 'collection_rate' and material == 'nickel'")[
        list(sums.index)
    ].to_numpy()
    np.testing.assert_allclose(own, sums["collected"] / sums["eol_generated"], rtol=1e-12)


def test_what_evades_is_the_part_of_trade_that_the_table_tells(files, ds, tables):
    rows = files({"region": "CHN"}, "evaded")["evaded"]
    trade = tables["trade_yearly"].query(
        "good == 'refined_cobalt' and region_from == 'CHN' and region_to != 'CHN'"
    )
    yearly = trade.groupby("year")[["exports_illicit", "trade"]].sum()
    years = pd.Series([int(row[0][:4]) for row in rows[1:]])
    for word, name in (("undeclared", "exports_illicit"), ("all", "trade")):
        found = pd.Series(column(rows, f"{word}, {ds.attrs['title']}")).groupby(years).sum()
        close(found, yearly[name], unit(rows))


def world_availability(tables, material):
    part = tables["availability"].query("material == @material").copy()
    part["got"] = part["availability_final"] * part["content_demanded"]
    return part.groupby("time")[["got", "content_demanded"]].sum()


def test_differences_and_resilience_come_from_availability(files, rich, ds, tables):
    found = files({"reference": "full"}, "differences", "resilience")
    base = results.tables(rich[0].dataset[["availability_final", "content_demanded"]])
    for material in ("lithium", "cobalt"):
        now, before = world_availability(tables, material), world_availability(base, material)
        (row,) = [r for r in found["differences"][1:] if r[0] == ds.attrs["title"] and r[1] == material]
        means = [part["got"].sum() / part["content_demanded"].sum() for part in (before, now)]
        np.testing.assert_allclose([float(v) for v in row[2:5]], [*means, means[1] - means[0]], atol=3e-6)
        loss = np.maximum(0, 1 - now["got"] / now["content_demanded"])
        (row,) = [
            r for r in found["resilience"][1:] if r[0] == ds.attrs["title"] and r[1] == material.capitalize()
        ]
        days = pd.to_datetime(loss.index).days_in_month
        assert float(row[2]) == pytest.approx(loss.max(), abs=2e-5)
        assert float(row[4]) == pytest.approx((loss * days).sum(), rel=1e-3, abs=2e-3)


def test_the_loop_of_a_year_is_the_flows_of_the_table(look, ds, tables):
    script = f"""
      choose("material", "cobalt"); choose("detail", "{K}");
      const year = byId("year"); year.value = 2026; year.dispatchEvent(new Event("input"));
      const names = Object.fromEntries(Object.keys(D.nodes).map((k) => [nodeName(k), k]));
      return {{ rows: tableOf("loop").rows, names, csv: csvOf("loop").trim().split("\\n").length }};"""
    found = look(made.page(firms=True)).run(script)
    part = tables["flows"].query("material == 'cobalt' and year == 2026")
    own = part.groupby(["source", "target"])["flow"].sum()
    own = own[own > 0]
    assert found["csv"] == len(found["rows"]) + 1
    sums = pd.Series({(a, b): t for a, b, t in found["rows"]})
    assert len(sums) == len(own)
    assert sums.sum() == pytest.approx(own.sum(), rel=1e-4)
    np.testing.assert_allclose(
        np.sort(sums.to_numpy()), np.sort(own.to_numpy()), rtol=1e-4, atol=1e-5 * own.max()
    )


LOOP = """
  restore("#?"); choose("detail", "%d");
  const names = Object.fromEntries(Object.keys(D.nodes).map((k) => [nodeName(k), k])), found = {};
  for (const [region, material, year] of %s) {
    choose("material", material); choose("region", region);
    const slider = byId("year"); slider.value = year; slider.dispatchEvent(new Event("input"));
    finish();
    const { link, node } = byId("loop-plot").data[0], by = shownFigures.loop.unit.by;
    const drawn = link.customdata.map((words, i) => [words, node.label[link.source[i]], node.label[link.target[i]], link.value[i] * by]);
    found[[region, material, year].join()] = { drawn, csv: csvOf("loop"), title: title("loop"), names, scope: byId("loop-scope").textContent,
      summary: byId("loop-summary").textContent, rows: tableOf("loop").rows.length };
  }
  return found;"""
"""What is drawn, handed out and said of the loop for some choices."""


def bands(table, places, material, year):
    """Tonnes by source, target and border of a place, out of the table of the run."""
    own = table.query("material == @material and year == @year").copy()
    comes, goes = own["region_from"].isin(places), own["region_to"].isin(places)
    own["border"] = np.select([comes & goes, goes, comes], ["inside", "imported", "exported"], "")
    own[["source", "target"]] = own["link"].str.split(">", expand=True)
    return own[own["border"] != ""].groupby(["source", "target", "border"])["flow_by_region"].sum()


def test_the_loop_of_a_region_or_group_is_what_the_table_has(look, tables):
    """All that is drawn is in the file, and the file has what the run's table says of place, material, year."""
    choices = [("EU27", "cobalt", "2026"), ("EU27", "copper", "2026"), ("EU27", "cobalt", "2035")]
    choices += [("CHN", "cobalt", "2026"), ("UNECE", "cobalt", "2026"), ("World", "cobalt", "2026")]
    found = look(made.page(firms=True)).run(LOOP % (K, [list(c) for c in choices]))
    sums = {}
    for place, material, year in choices[:-1]:
        told = found[f"{place},{material},{year}"]
        head, *rows = csv.reader(io.StringIO(told["csv"]))
        assert head[:3] == ["from", "to", "border"] and f"of {material} in {year}, " in head[3]
        mine = pd.Series({(told["names"][a], told["names"][b], c): float(t) for a, b, c, t in rows})
        own = bands(tables["flows_by_region"], UNECE if place == "UNECE" else [place], material, int(year))
        own = own[own > 1e-5 * own.max()]
        np.testing.assert_allclose(mine.reindex(own.index), own, rtol=2e-3, atol=2e-5 * own.max())
        assert mine.drop(own.index).sum() <= 1e-4 * own.max() and told["rows"] == len(rows)
        assert_drawn(told, mine)
        assert "comes in from elsewhere" in told["title"] and "imported" in told["summary"] + told["csv"]
        sums[place, material, year] = mine.sum()
    assert len(set(sums.values())) == len(choices) - 1  # every choice has numbers of its own
    assert found["EU27,cobalt,2026"]["scope"] == "Cobalt \u00b7 European Union"
    assert found["UNECE,cobalt,2026"]["scope"].startswith("Cobalt \u00b7 UNECE region, the sum of ")
    assert "border" not in found["World,cobalt,2026"]["csv"]
    assert found["World,cobalt,2026"]["scope"] == "Cobalt \u00b7 World"


def assert_drawn(told, mine):
    """The bands of the chart are the rows of the file; those against the order of stages are drawn twice."""
    words = {v: k for k, v in told["names"].items()}
    drawn = {}
    for text, start, end, tonnes in told["drawn"]:
        drawn.setdefault(text, []).append(tonnes)
        assert (start == "From elsewhere") == text.endswith(", imported")
        assert (end == "To elsewhere") == text.endswith(", exported")
    assert len(drawn) == len(mine)
    for (source, target, border), tonnes in mine.items():
        more = "" if border == "inside" else f", {border}"
        np.testing.assert_allclose(drawn[f"{words[source]} to {words[target]}{more}"], tonnes, rtol=1e-9)


def test_a_group_is_offered_kept_in_links_and_told_by_its_regions(look, ds):
    script = """
      restore("#causes?material=cobalt&region=UNECE");
      const options = [...byId("region").options].map((o) => o.value), odd = D.charts.filter((id) => /undefined|NaN|null/.test(title(id) + byId(id + "-summary").textContent));
      return { options, odd, scope: byId("causes-scope").textContent, link: byId("origin").querySelector("a.link").href, rows: FIGURES.regions().panels[0].rows,
        lands: FIGURES.map().panels[0].found.length, title: title("origin"), suppliers: tableOf("suppliers").head.filter((h) => h.includes("UNECE")) };"""
    found = look(made.page(firms=True)).run(script)
    assert found["options"][:2] == ["World", "UNECE"] and len(found["options"]) == 2 + len(ds.region)
    assert found["odd"] == [] and found["suppliers"] == []
    assert found["scope"].startswith("Cobalt \u00b7 UNECE region, the sum of ")
    assert "gross domestic product" in found["scope"]  # its regions do not follow its border
    assert found["link"].endswith("#origin?material=cobalt&region=UNECE")
    assert sorted(found["rows"]) == sorted(UNECE) and found["lands"] == len(ds.region)
    assert "in the UNECE region" in found["title"]
