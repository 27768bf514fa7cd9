"""Findings: every number in a sentence is a number of the data; A against A claims nothing."""

import numpy as np
import pytest

from simulator.report.findings import findings, month_name, percent, scenario_name, summary, tonnes
from tests.report import fake


@pytest.fixture(scope="module")
def base():
    return fake.dataset("reference", title="Reference")


@pytest.fixture(scope="module")
def outage():
    return fake.dataset("cobalt_outage", title="No cobalt", outage="cobalt")


def world(ds, material):
    weight = ds.content_demanded.sel(material=material)
    return (ds.availability_final.sel(material=material) * weight).sum("region") / weight.sum("region")


def test_rows_are_the_numbers_of_the_data(base):
    row = next(r for r in summary([base]) if r.material == "lithium")
    series = world(base, "lithium").values
    months = base.time.values.astype("datetime64[M]").astype(str)
    assert row.first_short_month == months[np.argmax(series < 0.95)]
    assert row.worst_availability == pytest.approx(series.min())
    assert row.worst_month == months[np.argmin(series)]
    assert row.n_short_months == (series < 0.95).sum()
    weight = base.content_demanded.sel(material="lithium").sum("region").values
    assert row.mean_availability == pytest.approx((series * weight).sum() / weight.sum())
    short = base.availability_final.sel(material="lithium").values[series < 0.95]
    part = base.content_demanded.sel(material="lithium").values[series < 0.95]
    by_region = (short * part).sum(axis=0) / part.sum(axis=0)
    assert row.worst_region == base.region.values[by_region.argmin()]
    assert row.worst_region_availability == pytest.approx(by_region.min())
    assert row.mined == pytest.approx(base.flow.sel(link="lithosphere>extraction", material="lithium").sum())


def test_change_is_against_the_first_run(base, outage):
    there = {r.material: r for r in summary([base, outage]) if r.scenario == "cobalt_outage"}
    back = {r.material: r for r in summary([outage, base]) if r.scenario == "reference"}
    assert there["cobalt"].change < -0.005
    for material, row in there.items():
        assert row.change == pytest.approx(-back[material].change, abs=1e-12)
        assert row.mined_change == pytest.approx(-back[material].mined_change, abs=1e-3)


def test_sentences_say_the_numbers(base, outage):
    rows = {(r.scenario, r.material): r for r in summary([base, outage])}
    text = " ".join(f.text for f in findings([base, outage], {"OCE": "Oceania"}))
    lithium, cobalt = rows["reference", "lithium"], rows["cobalt_outage", "cobalt"]
    assert f"supply of lithium runs short from {month_name(lithium.first_short_month)}" in text
    assert f"{percent(cobalt.worst_availability)} of what final users demand" in text
    assert f"cobalt {100 * cobalt.change:+.1f} points".replace("-", "−") in text
    assert "cobalt, nickel and copper reach final users at 95\u00a0% of demand or more" in text


def test_the_same_run_twice_claims_no_difference(base):
    twin = base.copy()
    twin.attrs = {**base.attrs, "scenario": "twin", "title": "Twin"}
    found = [f for f in findings([base, twin]) if "Twin" in f.text]
    assert [f.text for f in found] == [
        "“Twin”: no detectable change in mean availability against “Reference”."
    ]


def test_less_mining_is_good_only_if_nobody_goes_without(base, outage):
    assert not [f for f in findings([base, outage]) if f.chart == "mines"]
    saver = base.copy(deep=True)
    saver.attrs = {**base.attrs, "scenario": "saver", "title": "Saver"}
    saver["flow"][:, list(base.link.values).index("lithosphere>extraction"), 3] *= 0.9
    mines = [f for f in findings([base, saver]) if f.chart == "mines"]
    assert len(mines) == 1
    assert "of copper (10.0\u00a0%) less" in mines[0].text
    assert mines[0].tone == "better"


def test_a_region_that_asks_for_nothing_is_not_the_worst(base):
    holes = base.copy(deep=True)
    holes["availability_final"][:, 0, :] = np.nan
    holes["content_demanded"][:, 0, :] = 0.0
    rows = summary([holes])
    assert all(r.worst_region != "CHN" or r.worst_region_availability == 1.0 for r in rows)
    assert all(np.isfinite(r.mean_availability) for r in rows)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "100.0 %"), (0.99999, "99.9 %"), (1 - 1e-9, "100.0 %"), (0.123, "12.3 %"), (0.0, "0.0 %")],
)
def test_what_is_not_quite_all_never_prints_as_all(value, text):
    assert percent(value) == text.replace(" ", "\u00a0")


def test_masses_read_well():
    assert [tonnes(v) for v in (3.21e6, 999.6e3, 4.1e5, 12.0)] == ["3.21 Mt", "1 Mt", "410 kt", "12 t"]


def test_unnamed_results_have_a_name(base):
    bare = base.copy()
    bare.attrs = {}
    assert scenario_name(bare) == "unnamed"
    assert findings([bare])
