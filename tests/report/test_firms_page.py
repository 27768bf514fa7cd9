"""Charts of prices, enterprises, alliance and programmes: there only with numbers, and equal to them."""

import json
import re

import numpy as np
import pytest

from simulator import totals
from simulator.report import charts, economy, levers
from simulator.report.packing import unpacked
from simulator.report.page import html
from simulator.terms import CAUSES, FIRM_STAGES, REASONS, SIZES, UNFC_CLASSES
from tests.report import fake, fake_economy, made
from tests.report.made import same

OF_FIRMS = {"prices", "alive", "failures", "investments", "allies", "programmes", "models"}
OF_ALL = {"firms", "alive", "at_start", "failures", "investments", "allies", "programmes", "models"}
"""Series that are as long whatever the number of materials."""
OF_LEVERS = {"policies", "exports", "pipeline", "essential"}


def floats(numbers):
    """Numbers of a page with what is not known as such."""
    return np.array(numbers, dtype=float)


def ids(datasets):
    return {c.id for c in charts.shown(datasets)}


@pytest.fixture(scope="module")
def ds():
    return fake.dataset(outage="cobalt", economy=True, alliance=True, programmes=True)


@pytest.fixture(scope="module")
def block(ds):
    return charts.block(ds)


@pytest.fixture(scope="module")
def series(block):
    return unpacked(block["series"])


def test_a_run_without_the_variables_shows_no_such_chart():
    bare = fake.dataset(years=2)
    assert ids([bare]) & OF_FIRMS == set()
    assert set(charts.block(bare)["series"]) & (OF_FIRMS | {"at_start"}) == set()
    assert ids([bare, fake.dataset(years=2, economy=True)]) & OF_FIRMS == {
        "prices",
        "alive",
        "failures",
        "investments",
    }


def test_a_programme_or_an_alliance_has_its_own_chart(ds):
    assert ids([ds]) >= OF_FIRMS
    assert "allies" not in ids([fake.dataset(years=2, programmes=True)])
    assert not {"programmes", "models"} & ids([fake.dataset(years=2, alliance=True)])
    none = ds.isel(programme=slice(0, 0))
    assert "programmes" not in ids([none])
    assert "programmes" not in charts.block(none)["series"]


def test_a_page_without_money_has_no_word_of_it():
    bare = re.sub(r"<script.*?</script>", "", html(made.four()[:1]), flags=re.S)
    full = re.sub(r"<script.*?</script>", "", made.page(firms=True), flags=re.S)
    for chart in OF_FIRMS | OF_LEVERS:
        assert f'id="{chart}"' not in bare
        assert f'id="{chart}"' in full


def test_world_price_is_what_buyers_pay_over_what_they_would_pay_at_base_prices(ds, series):
    got = ds.trade.sum("region_from").rename(region_to="region")
    for m, material in enumerate(ds.material.values):
        good = f"refined_{material}"
        value = got.sel(good=good) * ds.price_base.sel(good=good)
        world = (value * ds.price.sel(good=good)).sum("region") / value.sum("region")
        np.testing.assert_allclose(series["prices"]["world"][m], world, atol=6e-5)
        amount = got.sel(good=good).sum("time")
        base = (amount * ds.price_base.sel(good=good)).sum() / amount.sum()
        assert series["prices"]["base"][0][m][0] == pytest.approx(float(base), rel=6e-5)
        buyer = int(np.argmax(amount.values))
        year = ds.price.sel(good=good).isel(region=buyer, time=slice(24, 36))
        part = value.isel(region=buyer, time=slice(24, 36))
        mean = float((year * part).sum() / part.sum())
        assert series["prices"]["regions"][buyer][m][2] == pytest.approx(mean, abs=6e-5)


def test_a_price_is_told_in_a_month_without_trade(ds):
    still = ds[["price", "price_base", "trade"]].copy(deep=True)
    still["trade"][30] = 0.0
    assert np.isfinite(economy.prices(still)["price"].sel(good="refined_cobalt")).all()
    none = still.copy(deep=True)
    none["trade"][:] = 0.0
    assert np.isnan(economy.prices(none)["price"]).all()


def test_enterprises_left_are_those_at_the_start_less_failed_and_new(ds, series):
    start = np.array(series["at_start"])[..., 0]
    alive = np.array(series["alive"])
    change = (ds.births - ds.failures.sum("cause")).sum(("region", "stage")).cumsum("time")
    for j, size in enumerate(SIZES):
        expected = start[0, 0, j] + change.sel(size=size).values
        np.testing.assert_allclose(alive[0, j], expected, rtol=1e-4)
    np.testing.assert_allclose(start[1:15, 1:].sum(axis=(0, 1)), start[0, 0], rtol=1e-4)


def test_failures_sum_up_over_stages_and_regions(ds, series):
    failed = np.array(series["failures"])
    assert failed.shape == (16, 7, 4, len(CAUSES), 17)
    yearly = totals.over_regions_by_year(ds[["failures"]]).failures.sum("stage")
    expected = yearly.sel(cause=list(CAUSES)).transpose("size", "cause", "year")
    same(failed[0, 0], expected)
    np.testing.assert_allclose(failed[1:15, 1:].sum(axis=(0, 1)), expected, rtol=1e-3, atol=1e-3)


def test_wanted_investment_is_made_or_has_its_reason_in_each_region(ds, series):
    parts = series["investments"]
    canada = ds.region.values.tolist().index("CAN")
    assert parts[canada] == []
    whole = np.array([region or np.zeros_like(parts[0]) for region in parts])
    assert whole.shape == (14, 6, 4, 1 + len(REASONS), 17)
    years = totals.by_year(ds[["investments_wanted", "investments_made", "investments_blocked"]])
    years = years.sel(stage=list(FIRM_STAGES), size=list(SIZES), reason=list(REASONS))
    years = years.transpose("region", "stage", "size", "reason", "year")
    np.testing.assert_allclose(whole.sum(axis=3), years.investments_wanted, rtol=3e-4)
    same(whole[:, :, :, 0], years.investments_made)
    same(whole[:, :, :, 1:], years.investments_blocked)


def test_parts_in_which_nothing_happens_are_left_out():
    array = np.zeros((2, 2, 2, 3))
    array[1, 0, 1] = [4.0, 5.0, 6.0]
    found = unpacked(economy.occurring(array))
    assert found == [[], [[[0.0] * 3, [4.0, 5.0, 6.0]], []]]
    assert economy.occurring(0 * array) == []


def test_members_and_others_are_the_data_of_each_place(ds, block, series):
    found, order = series["allies"], ("group", "time")
    world = totals.over_regions(ds[list(economy.ALLIES)])
    years = totals.by_year(ds[list(economy.ALLIES)])
    unece = totals.over_regions_by_year(ds[list(economy.ALLIES)], block["groups"]["UNECE"])
    by_place = [(years.sel(region=region), i) for i, region in enumerate(block["regions"][1:15])]
    assert block["regions"][15] == "UNECE"
    for name in economy.ALLIES:
        month = 12 if name == "ally_sales" else 1  # of a place: sales a month
        np.testing.assert_allclose(floats(found["world"][name]), world[name].transpose(*order), rtol=1e-3)
        for place, i in [*by_place, (unece, 14)]:
            expected = (place[name] / month).transpose("group", "year").values
            there = (place.ally_firms + place.ally_failures > 0).transpose("group", "year").values
            told = floats(found["regions"][name][i])
            np.testing.assert_allclose(told, np.where(there, expected, np.nan), rtol=1e-3, atol=1e-2)
    same(found["fund"], ds.fund.sel(entry=["paid_in", "paid_out", "balance"]).T)
    most = np.array(found["most"])[..., 0]
    assert most[0].tolist() == [7000, 7000, 3000] == most[1:15].sum(axis=0).tolist()
    usual = np.array(found["usual"])[0, :, 0]
    np.testing.assert_allclose(usual, world.ally_sales[:12].mean("time"), rtol=1e-4)


def test_an_alliance_that_starts_late_is_told_from_then_on(ds):
    late = ds.copy(deep=True)
    for name in economy.ALLIES[:3]:
        late[name][:30] = 0.0
    found = unpacked(charts.block(late)["series"])["allies"]
    assert found["world"]["ally_firms"][0][:30] == [None] * 30
    first = [float(late[name][30].sum("region")[0]) for name in ("ally_firms", "ally_failures")]
    assert found["most"][0][0][0] == pytest.approx(sum(first), rel=1e-4)
    usual = float(late.ally_sales[30:42, :, 0].sum("region").mean())
    assert found["usual"][0][0][0] == pytest.approx(usual, rel=1e-4)
    eu = list(ds.region.values).index("EU27")
    sold = found["regions"]["ally_sales"][eu][0]
    assert sold[:2] == [None, None]
    assert sold[2] == pytest.approx(float(late.ally_sales[30:36, eu, 0].mean()), rel=1e-4)


def test_programmes_and_models_are_the_data(ds, block, series):
    assert block["programme_names"] == ["training_eu", "credit_guarantee"]
    years = totals.by_year(ds[["programme_cost", "programme_reach"]])
    for name, found in series["programmes"].items():
        assert [bool(region) for region in found] == [r in ("EU27", "IND") for r in ds.region.values]
        whole = np.array([region or np.zeros((2, 17)) for region in found])
        same(whole, years[name].transpose("region", "programme", "year"))
    np.testing.assert_allclose(series["models"][0], ds.adoption[11::12, 0], rtol=1e-4)


def test_sales_stand_beside_enterprises_and_jobs(ds, series):
    sales = np.array(series["firms"]["sales"])
    assert sales[0, 0].sum() == pytest.approx(float(ds.sales.sum()), rel=1e-4)


def test_four_scenarios_with_seven_materials_and_all_of_it_stay_under_eight_megabytes(tmp_path):
    text = html(made.runs(tmp_path, firms=True, programmes=True, alliance=True))
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S).group(1)
    runs = json.loads(data)["runs"]
    by_material = sum(
        len(json.dumps(run["series"][k])) for run in runs for k in run["series"] if k not in OF_ALL
    )
    assert len(text.encode()) + 0.75 * by_material < 8e6


def test_policies_limits_projects_and_essential_products_stand_in_the_block(ds, block, series):
    assert block["policy_names"] == ["stockpile"] and block["restriction_units"] == ["t"]
    assert_told_by_place(series["policies"], totals.by_year(ds[["policy_cost"]]).policy_cost, block)
    for name in ("export_limit", "export_left", "export_held_back"):
        assert_told_by_place(series["exports"][name], ds[name], block)
    assert_quantities(series["pipeline"], totals.by_year(ds[["pipeline"]]).pipeline)
    assert block["restriction_materials"] == [["cobalt"]] and block["evaded_materials"] == [["cobalt"]]


def test_essential_products_are_told_by_material_and_of_all_of_them(ds, block, series):
    told, met = np.array(series["essential"]), ds.availability_essential[0]
    assert np.allclose(told[0, 0], 0.9) and np.allclose(told[0, 1:, 0], 0.9 - fake_economy.LACK)
    np.testing.assert_allclose(told[1:15, 1:], np.broadcast_to(met.values[..., None], (14, 4, 17)), atol=6e-5)
    np.testing.assert_allclose(told[1:15, 0, 5], met.mean("material"), atol=6e-5)
    unece = met.sel(region=block["groups"]["UNECE"])
    np.testing.assert_allclose(told[15, :, 5], [unece.mean(), *unece.mean("region").values], atol=6e-5)


def test_essential_products_that_nobody_asks_for_are_unknown_and_weigh_nothing(ds):
    years = [totals.over_regions_by_year(ds[[f"{n}_essential" for n in ("availability", "demanded")]])]
    asked = years[0].demanded_essential.copy()
    asked.loc[{"material": "cobalt"}] = 0.0
    told = levers._essential(years[0].assign(demanded_essential=asked))
    assert np.allclose(told[0], 1 - 0.1 - (0.02 + 0.01 - 0.01) / 3)
    assert np.isnan(levers._essential(years[0].assign(demanded_essential=0 * asked))[0]).all()


def assert_quantities(found, expected):
    """By region alone, and nothing where there is nothing."""
    expected = expected.sel(unfc_class=list(UNFC_CLASSES))
    told = 0
    for of_region, region in zip(found, expected.region.values, strict=True):
        for rows, material in zip(of_region, expected.material.values, strict=bool(of_region)):
            if rows:
                own = expected.sel(region=region, material=material).transpose("unfc_class", "year")
                same(rows, own)
                total = np.sum(rows, axis=0)
                assert np.ptp(total) <= 1e-4 * total.max()
                told += float(own.sum())
    assert told == pytest.approx(float(expected.sum()))
    assert sum(map(bool, found)) == 3 and any(rows == [] for of_region in found for rows in of_region)


def assert_told_by_place(found, expected, block):
    """The world, each region, and groups as sums of their regions; [region][label][time]."""
    order = (*(d for d in expected.dims if d not in ("time", "year")), expected.dims[0])
    expected = expected.transpose(*order)
    same(found[0], expected.sum("region"))
    for place, rows in zip(block["regions"][1:], found[1:], strict=True):
        same(rows, expected.sel(region=block["groups"].get(place, [place])).sum("region"))


def test_the_sheet_of_principles_says_what_is_not_measured(ds):
    lines = levers.principles([ds, fake.dataset(years=2)])
    assert {line["name"].split(".")[0] for line in lines} == {str(n) for n in range(1, 13)}
    without = [line for line in lines if set(line["cells"]) == {"not measured"}]
    assert without and all(line["cells"] != ["0", "0"] for line in lines)
    (sold,) = [line for line in lines if "sales" in line["measure"]]
    assert sold["cells"][0].endswith("%") and sold["cells"][1] == "not measured"


def test_what_policies_cost_and_limits_hold_back_is_told_from_the_numbers(ds):
    texts = [finding.text for finding in levers.findings(ds)]
    cost = float(ds.policy_cost.sum()) / 1e6
    assert f"stockpile {cost:.3g} million USD" in texts[0]
    held, left = float(ds.export_held_back.sum()), float(ds.export_left.sum())
    assert texts[1].startswith("Graphite quota") and f"{100 * held / (held + left):.1f}" in texts[1]
    assert levers.findings(fake.dataset(years=2)) == []
