"""Numbers behind benchmarks, supply risk, the urban mine and root causes: equal to what the results say."""

import numpy as np
import pytest

from simulator import totals
from simulator.report import causes, charts, security
from simulator.report.packing import unpacked
from simulator.scenario import tables
from simulator.terms import BENCHMARK_NAMES, ROOT_KINDS
from tests.report import fake, fake_indicators, made


@pytest.fixture(scope="module")
def ds():
    return fake.dataset(years=8, outage="cobalt", economy=True)


@pytest.fixture(scope="module")
def block(ds):
    return charts.block(ds)


@pytest.fixture(scope="module")
def series(block):
    return unpacked(block["series"])


def test_runs_without_the_variables_show_none_of_it():
    bare = fake.dataset(years=1)
    assert not {"causes", "crma", "supply_risk", "kept"} & {c.id for c in charts.shown([bare])}
    assert not {"causes", "crma", "risks", "kept"} & set(charts.block(bare)["series"])


def test_benchmarks_are_met_where_their_value_says_so(ds, block, series):
    found, years = series["crma"], ds.year.values.tolist()
    assert [name for name, _, _ in block["benchmarks"]] == list(BENCHMARK_NAMES)
    assert all(due == 2030 for _, _, due in block["benchmarks"])
    for b, (name, target, due) in enumerate(block["benchmarks"]):
        for m, material in enumerate(ds.material.values):
            value = ds.crma_value.sel(benchmark=name, material=material).values.tolist()
            np.testing.assert_allclose(found["value"][b][m], value, atol=6e-5)
            met = [v <= target if name.endswith("ceiling") else v >= target for v in value]
            assert found["in_time"][b][m] == met[years.index(due)]
            kept = [year for k, year in enumerate(years) if all(met[k:])]
            assert found["year_met"][b][m] == (kept[0] if kept else None)


def test_a_run_that_ends_before_the_benchmarks_are_due_says_nothing_of_them():
    early = unpacked(charts.block(fake.dataset(years=3, economy=True))["series"])["crma"]
    assert {v for row in early["in_time"] for v in row} == {None}


def test_risk_is_told_by_area_at_the_stages_that_trade(ds, block, series):
    found = series["risks"]
    assert set(found) == set(security.RISKS)
    eu = block["areas"].index("EU27")
    for k, stage in enumerate(("extraction", "processing")):
        cell = ds.supply_risk.sel(area="EU27", stage=stage, material="nickel")
        np.testing.assert_allclose(found["supply_risk"][eu][k][2], cell, atol=6e-5)
        world = ds.hhi.sel(stage=stage, material="copper")
        np.testing.assert_allclose(found["hhi"][k][3], world, atol=6e-5)
    assert set(found["supply_risk"][-1][0][0]) == {None}


def test_the_urban_mine_is_told_by_area(ds, block, series):
    found = series["kept"]
    assert len(found["urban_mine"]) == len(block["areas"])
    assert set(block["regions"]) <= set(block["areas"])
    for r, area in enumerate(block["areas"]):
        made.same(found["urban_mine"][r], ds.urban_mine.sel(area=area).transpose("material", "year"))
    made.same(found["landfilled"], ds.landfilled.T)


def test_causes_add_up_to_all_that_is_missing(ds, block, series):
    assert block["roots"][3] == ["host", "extraction", "CAF", "rare earths"]
    assert all(kind in ROOT_KINDS for kind, *_ in block["roots"])
    yearly = totals.by_year(ds[["unmet", "need", "met"]])
    world = {
        "products": yearly.unmet.sum("region").transpose("product", "year"),
        "needs": (yearly.need - yearly.met).sum("region").transpose("material", "year"),
    }
    for key, missing in world.items():
        for parts, expected in zip(series["causes"][key][0], missing.values, strict=True):
            whole = np.sum(list(parts.values()), axis=0) if parts else 0 * expected
            np.testing.assert_allclose(whole, expected, rtol=1e-4, atol=1e-4 * expected.max())


def test_causes_of_a_region_keep_their_shares(ds, series):
    region = list(ds.region.values).index("EU27")
    missing = [parts for parts in series["causes"]["needs"][1 + region] if parts]
    assert missing
    for parts in missing:
        whole = sum(map(sum, parts.values()))
        assert {k: sum(v) / whole for k, v in parts.items()} == pytest.approx(
            {"0": 0.6, "1": 0.3, "2": 0.097, causes.REST: 0.003}, rel=1e-3
        )


def test_small_causes_are_put_together_and_none_is_lost():
    roots = np.array([[5.0, 5.0], [0.02, 0.02], [0.0, 0.01], [0.0, 0.0]])
    found = causes._sparse(roots)
    assert unpacked(found) == {"0": [5.0, 5.0], causes.REST: [0.02, 0.03]}
    assert causes._sparse(np.zeros((3, 2))) == {}


def test_targets_are_rows_of_the_table():
    found = security.targets()
    rows = [r for r in tables.load()["policy_targets"].rows if r["indicator"] in security.TARGETS]
    assert len(found) == len(rows) > 0
    assert {(t["material"], t["value"], t["year"]) for t in found} == {
        (str(r["material"]), r["value"], r["target_year"]) for r in rows
    }
    assert {t["rate"] for t in found} <= set(charts.RATES)


def test_made_up_causes_are_complete():
    assert fake_indicators.SHARES.sum() == pytest.approx(1)
