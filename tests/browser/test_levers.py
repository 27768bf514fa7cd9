"""Policies and limits on exports in a real browser: the place chosen decides title, panels and file."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

import csv
import io

import numpy as np
import pandas as pd
import pytest

from simulator import results

pytestmark = pytest.mark.xdist_group("browser")

PLACES = ("World", "UNECE", "EU27", "JKT", "CHN", "IND", "CAN")
CHARTS = ("policies", "exports")
K = 2
"""The run that has a policy and a limit on exports."""


@pytest.fixture
def told(look, page):
    script = f"""
      const see = (region) => {{
        choose("region", region);
        return Object.fromEntries({list(CHARTS)}.map((id) => [id, {{ title: title(id), said: byId(id + "-summary").textContent, scope: byId(id + "-scope").textContent, csv: csvOf(id), by: FIGURES[id]().panels.map((p) => p.by), names: FIGURES[id]().panels.flatMap((p) => p.series.map((s) => s.name)) }}]));
      }};
      return Object.fromEntries({list(PLACES)}.map((region) => [region, see(region)]));"""
    return look(page).run(script)


@pytest.fixture(scope="module")
def tables(rich):
    """Tables of the run as `tables/*.csv` hold them; rows in which nothing happens are not in them."""
    ds = rich[K].dataset
    names = ("policy_cost", "export_limit", "export_left", "export_held_back")
    found = results.tables(ds[list(names)])
    assert set(found["policies"]["region"]) == {"EU27", "JKT"}
    assert set(found["export_limits"]["region"]) == {"CHN", "IND"}
    return found


def rows(text):
    head, *body = csv.reader(io.StringIO(text))
    return head, np.array([[float(v) if v else np.nan for v in row[1:]] for row in body])


@pytest.mark.parametrize(
    ("place", "regions"), [("World", ["EU27", "JKT"]), ("UNECE", ["EU27"]), ("JKT", ["JKT"])]
)
def test_policies_are_those_of_the_table_in_the_place_chosen(told, tables, place, regions):
    mine = told[place]["policies"]
    table = tables["policies"]
    own = table[table["region"].isin(regions)]
    years = own.groupby(pd.to_datetime(own["time"]).dt.year)["policy_cost"].sum()
    _, found = rows(mine["csv"])
    expected = years.reindex(range(2024, 2041), fill_value=0.0)
    np.testing.assert_allclose(found[:, 0] * mine["by"][0], expected, rtol=1e-4)
    where = {"World": "", "UNECE": " in the UNECE region", "JKT": " in Japan, Korea, Taiwan"}[place]
    assert f"USD{where} from 2024 to 2040" in mine["title"]
    size, unit = mine["title"].split(" costs ")[1].split("\u00a0")
    assert unit.startswith("million USD") and float(size) == pytest.approx(
        own["policy_cost"].sum() / 1e6, rel=5e-3
    )


@pytest.mark.parametrize(
    ("place", "regions"), [("World", ["CHN", "IND"]), ("CHN", ["CHN"]), ("IND", ["IND"])]
)
def test_limits_are_those_of_the_table_that_the_place_chosen_sets(told, tables, place, regions):
    mine = told[place]["exports"]
    table = tables["export_limits"]
    own = table[table["region"].isin(regions)].groupby("time")[["export_left", "export_limit"]].sum()
    head, found = rows(mine["csv"])
    assert ["left, " in head[1], "allowed, " in head[2], len(head)] == [True, True, 3]
    for column, name in enumerate(("export_left", "export_limit")):
        np.testing.assert_allclose(found[-len(own) :, column] * mine["by"][0], own[name], rtol=1e-4)
        np.testing.assert_array_equal(found[: -len(own), column], 0.0)
    held = table[table["region"].isin(regions)]["export_held_back"].sum()
    where = {"World": "", "CHN": " China", "IND": " South Asia"}[place]
    assert f"holds back {held / 1e3:.3g}\u00a0kt, 40.0\u00a0% of what would have left{where}" in mine["title"]


@pytest.mark.parametrize(
    ("place", "chart", "sentence"),
    [
        ("CAN", "policies", "No policy costs anything in Canada"),
        ("CHN", "policies", "No policy costs anything in China"),
        ("CAN", "exports", "No scenario shown limits exports from Canada"),
        ("UNECE", "exports", "No scenario shown limits exports from the UNECE region"),
    ],
)
def test_a_place_without_any_is_said_in_a_sentence(told, place, chart, sentence):
    mine = told[place][chart]
    assert (mine["title"], mine["said"], mine["names"]) == (sentence, f"{sentence}.", [])
    assert len(mine["csv"].strip().splitlines()) == 1
    assert ("UNECE region" if place == "UNECE" else sentence.split()[-1]) in mine["scope"]


def test_each_place_has_a_title_of_its_own_and_no_odd_word(told):
    for chart in CHARTS:
        titles = [told[place][chart]["title"] for place in PLACES]
        assert len(set(titles)) == len(titles)
        for place in PLACES:
            words = told[place][chart]["title"] + told[place][chart]["said"]
            assert not any(odd in words for odd in ("undefined", "NaN", "null", "Infinity", "{"))


def test_a_material_leaves_what_is_about_it(look, page, rich):
    script = """
      const see = (material, region) => {
        choose("material", material); choose("region", region);
        return Object.fromEntries(["exports", "evaded", "essential", "policies", "programmes", "models"].map((id) => [id, { title: title(id), scope: byId(id + "-scope").textContent, csv: csvOf(id) }]));
      };
      return { all: see("all", "CHN"), cobalt: see("cobalt", "CHN"), nickel: see("nickel", "CHN"), abroad: see("nickel", "World"), europe: see("all", "EU27"), europe_nickel: see("nickel", "EU27") };"""
    found = look(page).run(script)
    for chart in ("exports", "evaded"):
        assert found["cobalt"][chart]["csv"] == found["all"][chart]["csv"]
        assert len(found["nickel"][chart]["csv"].strip().splitlines()) == 1
        assert found["all"][chart]["scope"].startswith("All materials together")
        assert found["nickel"][chart]["scope"].startswith("Nickel ")
    assert found["nickel"]["exports"]["title"] == "No scenario shown limits exports of nickel from China"
    assert (
        found["nickel"]["evaded"]["title"]
        == "Nothing with nickel that is exported from China evades limits and duties"
    )
    europe, nickel = found["europe"], found["nickel"]
    assert (
        nickel["policies"]["title"] == "No policy that covers nickel costs anything in China"
        or nickel["policies"]["title"] == "No scenario shown has a policy that covers nickel in China"
    )
    assert "USD in the European Union" in europe["policies"]["title"]
    assert (
        found["europe_nickel"]["policies"]["title"]
        == "No scenario shown has a policy that covers nickel in the European Union"
    )
    assert "Credit guarantee: cost" in europe["programmes"]["csv"] and "Training EU: cost" in europe[
        "programmes"
    ]["csv"].replace("Training eu", "Training EU")
    assert "Credit guarantee" not in found["europe_nickel"]["programmes"]["csv"]
    assert found["europe_nickel"]["programmes"]["title"].startswith(
        "Programmes that cover nickel in the European Union cost "
    )
    assert (
        "Leasing" in found["abroad"]["models"]["csv"]
        and "Repair shops" not in found["abroad"]["models"]["csv"]
    )
    assert (
        found["cobalt"]["models"]["title"] == "No business model for products with cobalt is offered in China"
    )
    assert found["abroad"]["exports"]["title"] == "No scenario shown limits exports of nickel"
    met = rich[K].dataset["availability_essential"].isel(time=0)
    for material, part in (
        ("cobalt", met.sel(region="CHN", material="cobalt")),
        ("nickel", met.sel(region="CHN", material="nickel")),
        ("all", met.sel(region="CHN").mean()),
    ):
        _, shares = rows(found[material]["essential"]["csv"])
        np.testing.assert_allclose(shares, float(part), atol=6e-5)
        assert ("demand for essential products, by content of" in found[material]["essential"]["title"]) == (
            material != "all"
        )
