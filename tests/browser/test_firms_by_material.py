"""Charts of enterprises under the filter of materials: firms that handle the chosen one, in the place chosen."""

# ruff: noqa: E501 - scripts for the browser read better unbroken

from dataclasses import replace

import numpy as np
import pytest

from simulator.batch.placed import groups
from simulator.report.page import html
from simulator.terms import CAUSES, REASONS, SIZES

pytestmark = pytest.mark.xdist_group("browser")

CHARTS = ("firms", "alive", "failures", "investments")
SEE = """
  const see = (id) => ({ title: title(id), said: byId(id + "-summary").textContent, scope: byId(id + "-scope").textContent,
    panels: FIGURES[id]().panels.map((p) => p.title), lines: FIGURES[id]().panels.flatMap((p) => p.series.map((s) => s.y)),
    x: FIGURES[id]().panels.flatMap((p) => p.series.map((s) => s.x))[0], csv: csvOf(id).trim().split("\\n") });
  const all = () => Object.fromEntries(["firms", "alive", "failures", "investments"].map((id) => [id, see(id)]));
"""
STAGE = """choose("stage", "2"); choose("alive_stage", "2"); choose("failed_stage", "2"); choose("invest_stage", "2");"""
PROCESSING = "processing"


def told(ds, name, material, regions, stage=None):
    """Sum over processes that handle a material, of some regions and of a stage or of all."""
    own = ds.process_material.sel(material=material).values > 0
    if stage:
        own &= ds.stage_process.values == stage
    return ds[name].isel(process=np.flatnonzero(own)).sel(region=regions).sum(("process", "region"))


def assert_figures(found, rich, material, regions, stage=None):
    """Lines of the four charts are those of the runs, one panel for each or for each size class."""
    for k, run in enumerate(rich):
        ds = run.dataset
        firms = told(ds, "n_firms_by_process", material, regions, stage).sel(size=list(SIZES))
        start = told(ds, "n_firms_start", material, regions, stage).sel(size=list(SIZES))
        drawn = np.array(found["firms"]["lines"][4 * k : 4 * k + 4])
        np.testing.assert_allclose(drawn, firms.transpose("size", "year"), rtol=1e-4, atol=0.5)
        alive = (firms / start).transpose("size", "year").values
        for j in range(len(SIZES)):
            np.testing.assert_allclose(found["alive"]["lines"][4 * j + k], alive[j], rtol=3e-4)
        failed = told(ds, "failures_by_process", material, regions, stage).sum("size")
        drawn = np.array(found["failures"]["lines"][3 * k : 3 * k + 3])
        expected = failed.sel(cause=list(CAUSES)).transpose("cause", "year").values
        np.testing.assert_allclose(drawn, expected, rtol=1e-3, atol=1e-3 * expected.max())
        made_ = told(ds, "investments_made_by_process", material, regions, stage).sum("size").values
        blocked = told(ds, "investments_blocked_by_process", material, regions, stage).sum("size")
        blocked = blocked.sel(reason=list(REASONS)).transpose("reason", "year").values
        expected = np.concatenate([made_[None], blocked])
        drawn = np.array(found["investments"]["lines"][4 * k : 4 * k + 4])
        np.testing.assert_allclose(drawn, expected, rtol=1e-2, atol=5e-3 * expected.max())


@pytest.mark.parametrize("material", ["lithium", "copper"])
def test_a_material_leaves_the_firms_that_handle_it_in_each_place(look, page, rich, material):
    script = f"""{SEE} choose("material", "{material}");
      const world = all(); choose("region", "EU27"); const eu = all(); choose("region", "UNECE"); return {{ world, eu, unece: all() }};"""
    found = look(page).run(script)
    ds = rich[0].dataset
    places = {"world": list(ds.region.values), "eu": ["EU27"], "unece": groups(ds)["UNECE"]}
    for place, regions in places.items():
        assert_figures(found[place], rich, material, regions)
        for chart in CHARTS:
            one = found[place][chart]
            assert f"handle {material}" in one["title"], one["title"]
            assert material in one["said"].lower() and one["scope"].startswith(material.capitalize())
            assert all(head.startswith(f"{material} · ") for head in one["csv"][0].split(",")[1:2])
            assert one["csv"][0].count(f"{material} · ") == len(one["lines"]) and len(one["csv"]) == 18
            assert one["x"] == list(range(2024, 2041))
        assert ("in the European Union" in found[place]["firms"]["title"]) == (place == "eu")
    assert all(len({found[place][chart]["title"] for place in places}) == 3 for chart in CHARTS)


def test_stages_and_sizes_act_on_a_material_in_the_world(look, page, rich):
    script = f"""{SEE} choose("material", "lithium"); {STAGE} const stage = all();
      choose("failed_size", "2"); choose("invest_size", "4"); choose("count", "jobs");
      const sizes = all(); choose("count", "share"); return {{ stage, sizes, share: see("firms") }};"""
    found = look(page).run(script)
    regions = list(rich[0].dataset.region.values)
    assert_figures(found["stage"], rich, "lithium", regions, PROCESSING)
    for chart in CHARTS:
        assert "handle lithium in processing" in found["stage"][chart]["title"]
    ds = rich[0].dataset
    failed = told(ds, "failures_by_process", "lithium", regions, PROCESSING).sel(
        size="small", cause="liquidity"
    )
    np.testing.assert_allclose(
        found["sizes"]["failures"]["lines"][0], failed, rtol=1e-3, atol=1e-3 * float(failed.max())
    )
    assert "small enterprises that handle lithium in processing" in found["sizes"]["failures"]["title"]
    assert found["sizes"]["investments"]["title"].startswith(
        "Large firms that handle lithium in processing want"
    )
    invested = told(ds, "investments_made_by_process", "lithium", regions, PROCESSING).sel(size="large")
    np.testing.assert_allclose(found["sizes"]["investments"]["lines"][0], invested, rtol=1e-2)
    jobs = told(ds, "jobs_by_process", "lithium", regions, PROCESSING).sel(size="micro")
    np.testing.assert_allclose(found["sizes"]["firms"]["lines"][0], jobs, rtol=1e-2)
    assert "work in firms that handle lithium in processing" in found["sizes"]["firms"]["title"]
    shares = np.sum(found["share"]["lines"][:4], axis=0)
    np.testing.assert_allclose(shares, 1.0, rtol=1e-9)


def test_what_is_not_told_of_a_material_in_a_region_is_said(look, page):
    script = f"""{SEE} choose("material", "lithium"); choose("region", "CHN"); {STAGE}
      const stage = all(); choose("failed_size", "1"); choose("invest_size", "1"); const both = all();
      choose("failed_stage", "0"); choose("invest_stage", "0"); const size = all();
      choose("material", "all"); return {{ stage, both, size, every: all() }};"""
    found = look(page).run(script)
    alone = (
        "Firms that handle lithium are told by {} for the world alone: China has numbers of all {} together"
    )
    for chart in CHARTS:
        one = found["stage"][chart]
        assert one["title"] == alone.format("stage", "stages") and one["said"] == f"{one['title']}."
        assert one["panels"] == [] and len(one["csv"]) == 1
        assert found["every"][chart]["panels"] != []
    for chart in CHARTS[2:]:
        assert found["both"][chart]["title"] == alone.format("stage and by size", "stages and sizes")
        assert found["size"][chart]["title"] == alone.format("size", "sizes")


def test_a_material_that_nobody_handles_there_leaves_a_sentence(look, page):
    script = f"""{SEE} choose("material", "copper"); {STAGE.replace('"2"', '"5"')} return all();"""
    found = look(page).run(script)
    place = "that handle copper in collection"
    assert found["firms"]["title"].startswith(f"No enterprises {place}")
    assert found["alive"]["title"] == f"There are no enterprises {place}"
    assert found["failures"]["title"] == f"No enterprises {place} fail"
    assert found["investments"]["title"] == f"No firms {place} want to invest"
    for chart in CHARTS:
        assert found[chart]["panels"] == [] and len(found[chart]["csv"]) == 1
        assert not {"undefined", "NaN", "null"} & set(found[chart]["title"].split())


def test_with_all_materials_numbers_are_those_of_all_firms(look, page, rich):
    found = look(page).run(
        f"""{SEE} choose("material", "lithium"); choose("material", "all"); return all();"""
    )
    assert all(found[chart]["scope"] == "All materials together · World" for chart in CHARTS)
    years = rich[0].dataset.n_firms[11::12].sum(("region", "stage")).transpose("size", "time")
    np.testing.assert_allclose(found["firms"]["lines"][:4], years, rtol=1e-4)
    assert len(found["alive"]["x"]) == 204  # by month, as before


def test_results_that_do_not_tell_it_say_so(look, rich):
    old = [replace(run, dataset=run.dataset.drop_vars("process_material")) for run in rich[:2]]
    found = look(html(old)).run(
        f"""{SEE} const every = all(); choose("material", "lithium"); return {{ every, one: all() }};"""
    )
    for chart in CHARTS:
        assert found["one"][chart]["title"] == "These results do not tell which firms handle lithium"
        assert found["every"][chart]["panels"] != []
