"""What evades limits on exports and duties: of each good its part, by region of the exporter."""

import numpy as np
import pytest

from simulator.report import charts, evasion
from simulator.report.packing import unpacked
from tests.report import fake
from tests.report.made import same


@pytest.fixture(scope="module")
def ds():
    return fake.dataset(years=4, economy=True, programmes=True)


def test_only_what_crosses_a_border_and_goods_of_which_some_evades(ds):
    series, labels = unpacked(evasion.series(ds))["evaded"], evasion.labels(ds)
    assert labels == {
        "evaded_goods": ["refined cobalt"], "evaded_units": ["t"], "evaded_materials": [["cobalt"]],
    }  # fmt: skip
    trade = ds.trade.sel(good="refined_cobalt")
    within = trade.where(trade.region_from != trade.region_to, 0.0).sum("region_to")
    illicit = ds.exports_illicit.sel(good="refined_cobalt").sum("region_to")
    for name, own in (("crossed", within), ("illicit", illicit)):
        rows = np.array(series[name])[:, 0]
        same(
            rows[: 1 + ds.sizes["region"]],
            np.vstack([own.sum("region_from"), own.transpose("region_from", "time")]),
        )
        regions = ds.region.values.tolist()
        unece = list(charts.places.groups(ds)).index("UNECE")
        chosen = [regions.index(r) for r in charts.places.groups(ds)["UNECE"]]
        np.testing.assert_allclose(rows[1 + len(regions) + unece], rows[1:][chosen].sum(axis=0), rtol=1e-4)


def test_the_sentence_tells_the_largest_part_of_what_is_exported(ds):
    (told,) = evasion.findings(ds)
    trade = ds.trade.sel(good="refined_cobalt")
    crossed = float(trade.where(trade.region_from != trade.region_to, 0.0).sum())
    share = float(ds.exports_illicit.sum()) / crossed
    assert 0 < share < 0.1
    assert f"refined cobalt evades limits and duties, {100 * share:.1f}\u00a0%" in told.text
    assert told.chart == "evaded"


def test_a_result_without_evasion_has_no_chart_and_one_in_which_nothing_evades_says_so(ds):
    bare = ds.drop_vars("exports_illicit")
    assert evasion.series(bare) == evasion.labels(bare) == {} and evasion.findings(bare) == []
    assert "evaded" not in [chart.id for chart in charts.shown([bare])]
    honest = ds.assign(exports_illicit=0.0 * ds.exports_illicit)
    assert evasion.labels(honest)["evaded_goods"] == [] and evasion.findings(honest) == []
    assert "evaded" in [chart.id for chart in charts.shown([honest])]
