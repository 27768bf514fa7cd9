"""Charts of prices and enterprises in a real browser: numbers are the data's, controls do what they say."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

import numpy as np
import pytest

from simulator import totals
from simulator.batch.placed import groups
from simulator.report import economy
from simulator.report.packing import beside, named, pack, unpack, unpacked
from simulator.report.page import html
from simulator.terms import SIZES
from tests.report import made

pytestmark = pytest.mark.xdist_group("browser")


def test_page_opens_packed_series_as_they_were_packed(look, page):
    rng = np.random.default_rng(5)
    series = [(rng.standard_normal(30) * 10.0**k).tolist() for k in range(-9, 10)]
    series += [[0.0] * 5, [1.0, float("nan"), 1.0, 1.0], [float("nan")], [], [123456.0, -1.0, 7.0]]
    texts = [pack(s) for s in series] + [pack(s, 4) for s in series]
    found = look(page).run(f"return {texts}.map(unpack);")
    assert found == [unpack(t) for t in texts]
    trees = [beside(texts), beside(texts[:1]), named({f"n{k}": t for k, t in enumerate(texts)}), beside([])]
    assert look(page).run(f"return {trees}.map(opened);") == [unpacked(tree) for tree in trees]


def test_charted_prices_and_enterprises_equal_the_data(look, page, rich):
    script = """
      const out = { prices: traces("prices"), alive: traces("alive"), names: FIGURES.prices().panels.map((p) => p.unit) };
      choose("count", "sales"); choose("failed_size", "1");
      return { ...out, firms: traces("firms"), by: FIGURES.firms().panels[0].by, failures: traces("failures"), allies: traces("allies"), reach: traces("programmes") };"""
    found = look(page).run(script)
    assert len(found["prices"]) == len(found["alive"]) == 16
    for k, run in enumerate(rich):
        ds = run.dataset
        world = economy.prices(ds)["price"]
        for m, material in enumerate(ds.material.values):
            line = found["prices"][4 * m + k]
            np.testing.assert_allclose(line["y"], world.sel(good=f"refined_{material}"), atol=6e-5)
            assert len(line["x"]) == 204
        left = ds.n_firms.sum(("region", "stage")) / economy.at_start(ds).sum(("region", "stage"))
        for j, size in enumerate(SIZES):
            np.testing.assert_allclose(found["alive"][4 * j + k]["y"], left.sel(size=size), rtol=1.1e-4)
        year = totals.over_regions_by_year(ds[["sales", "failures"]]).sum("stage")
        sold = np.array([t["y"] for t in found["firms"][4 * k : 4 * k + 4]]) * found["by"]
        np.testing.assert_allclose(sold, year.sales.transpose("size", "year"), rtol=1e-4)
        failed = np.array([t["y"] for t in found["failures"][3 * k : 3 * k + 3]])
        np.testing.assert_allclose(
            failed, year.failures.sel(size="micro").transpose("cause", "year"), rtol=1e-3, atol=0.6
        )
    allied = rich[3].dataset
    fill = totals.over_regions(allied[["ally_fill", "ally_firms"]]).ally_fill
    np.testing.assert_allclose(found["allies"][6]["y"], fill.sel(group="ally"), atol=6e-5)
    reach = rich[2].dataset.programme_reach.sum("region")[11::12, 0]
    np.testing.assert_allclose(found["reach"][1]["y"], reach, rtol=1e-4)
    assert all("USD/t" in name for name in found["names"])


def test_controls_of_firms_do_what_they_say(look, page):
    script = """
      const see = () => Object.fromEntries(["prices", "alive", "failures", "investments", "firms"].map((id) => [id, title(id)]));
      const before = see();
      choose("alive_stage", "2"); choose("failed_stage", "6"); choose("failed_size", "2"); choose("invest_stage", "1"); choose("invest_size", "4"); choose("count", "sales");
      const after = see();
      choose("region", "EU27");
      return { before, after, region: see(), months: traces("prices")[0].x.length, open: (byId("allies").querySelector("details.data").open = true, fillTable("allies"), csvOf("allies").split("\\n")[0]) };"""
    found = look(page).run(script)
    before, after, region = found["before"], found["after"], found["region"]
    assert "processing" in after["alive"] and "processing" not in before["alive"]
    assert "small enterprises in recycling" in after["failures"]
    assert after["investments"].startswith("Large firms in extraction want to invest")
    assert "sell goods for" in after["firms"] and "USD" in after["firms"]
    assert before["prices"] == after["prices"] != region["prices"]
    assert "in the European Union" in region["prices"] and found["months"] == 17
    assert "in the European Union" in region["failures"]
    assert "members of the alliance" in found["open"] and "similar firms outside" in found["open"]


def test_investment_and_programmes_follow_the_region_or_say_that_there_are_none(look, page):
    script = """
      const see = (region) => {
        choose("region", region);
        return Object.fromEntries(["investments", "programmes"].map((id) => [id, { title: title(id), said: byId(id + "-summary").textContent, scope: byId(id + "-scope").textContent, panels: FIGURES[id]().panels.map((p) => p.title), rows: csvOf(id).trim().split("\\n").length - 1 }]));
      };
      choose("invest_stage", "1"); choose("invest_size", "2");
      return Object.fromEntries(["World", "UNECE", "EU27", "IND", "CAN"].map((region) => [region, see(region)]));"""
    found = look(page).run(script)
    world, eu, india, canada = (found[place] for place in ("World", "EU27", "IND", "CAN"))
    assert world["investments"]["title"].startswith("Small firms in extraction want to invest")
    assert eu["investments"]["title"].startswith("Small firms in extraction in the European Union want to")
    assert "Extraction, European Union, first to last year" in eu["investments"]["said"]
    assert len(eu["investments"]["panels"]) == 4 and eu["investments"]["rows"] == 17
    none = "No small firms in extraction in Canada want to invest"
    assert canada["investments"]["title"] == none and canada["investments"]["said"] == f"{none}."
    assert canada["investments"]["panels"] == [] and canada["investments"]["rows"] == 0
    assert world["programmes"]["title"].startswith("Programmes cost")
    assert "Programmes in the European Union cost" in eu["programmes"]["title"]
    assert len(world["programmes"]["panels"]) == len(eu["programmes"]["panels"]) == 4
    assert india["programmes"]["panels"] == ["Credit guarantee: cost", "Credit guarantee: reach"]
    assert canada["programmes"]["title"] == "No programme reaches an enterprise in Canada"
    assert canada["programmes"]["panels"] == [] and canada["programmes"]["rows"] == 0
    for name in ("investments", "programmes"):
        assert len({found[place][name]["title"] for place in found}) == 5
        assert all("UNECE region" in found["UNECE"][name][k] for k in ("title", "scope"))
        assert "Canada" in canada[name]["scope"]


def test_members_and_others_follow_the_region(look, page, rich):
    script = """
      const see = (region) => {
        choose("region", region);
        return { title: title("allies"), said: byId("allies-summary").textContent, scope: byId("allies-scope").textContent, lines: FIGURES.allies().panels.map((p) => p.series), csv: csvOf("allies") };
      };
      return Object.fromEntries(["World", "UNECE", "EU27", "CHN", "CAF", "CAN"].map((region) => [region, see(region)]));"""
    found = look(page).run(script)
    ds, names = rich[3].dataset, ["ally_firms", "ally_failures", "ally_sales", "ally_fill"]
    for place, regions in (("EU27", ["EU27"]), ("CHN", ["CHN"]), ("UNECE", groups(ds)["UNECE"])):
        years = totals.over_regions_by_year(ds[names], regions).sel(group=["ally", "match"])
        months = totals.over_regions(ds[names], regions).sel(group=["ally", "match"])
        most = (months.ally_firms + months.ally_failures).max("time")
        expected = (
            years.ally_firms / most,
            years.ally_failures.cumsum("year") / most,
            years.ally_sales / 12 / months.ally_sales[:12].mean("time"),
            years.ally_fill,
        )
        for lines, values in zip(found[place]["lines"], expected, strict=True):  # no fund: it is of the world
            drawn = [line["y"] for line in lines]
            np.testing.assert_allclose(drawn, values.transpose("group", "year"), rtol=1e-3, atol=1e-4)
    assert len(found["World"]["lines"]) == 5 and "fund" not in found["World"]["scope"]
    assert found["EU27"]["scope"].endswith(
        "the guarantee fund is one for all members and shown for the world"
    )
    told = {place: each["title"] for place, each in found.items()}
    assert "of the alliance's members in China fail up to 2040, against" in told["CHN"]
    assert "in the European Union" in told["EU27"] and "in the UNECE region" in told["UNECE"]
    assert "UNECE region" in found["UNECE"]["said"]
    assert "nobody to compare them with" in told["CAF"] and "in Central Africa" in told["CAF"]
    (alone,) = found["CAF"]["lines"][3]
    fill = totals.by_year(ds[names]).ally_fill.sel(region="CAF", group="alone")
    np.testing.assert_allclose(alone["y"], fill, rtol=1e-3)
    assert "members whom no firm outside is like" in found["CAF"]["csv"]
    assert told["CAN"] == "The alliance has no members in Canada" and found["CAN"]["lines"] == []
    assert found["CAN"]["said"] == f"{told['CAN']}."


def test_runs_without_money_are_left_out_beside_those_with_it(look, tmp_path, rich):
    bare = made.run(tmp_path / "bare", name="bare", title="Bare")
    script = """
      choose("count", "sales");
      return { prices: traces("prices").length, failures: traces("failures").length, text: D.charts.map((id) => title(id) + byId(id + "-summary").textContent).join(" ") };"""
    found = look(html([bare, rich[3]])).run(script)
    assert (found["prices"], found["failures"]) == (4, 3)
    for wrong in ("undefined", "NaN", "null", "Infinity"):
        assert wrong not in found["text"]
    script = "byId('legend').querySelectorAll('input')[1].click(); return D.charts.map((id) => title(id) + byId(id + '-summary').textContent).join(' ');"
    text = look(html([bare, rich[3]])).run(script)
    for wrong in ("undefined", "NaN", "null", "Infinity"):
        assert wrong not in text
