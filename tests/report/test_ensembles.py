"""What a page says of members: each number by an independent way from the members' own results."""

from __future__ import annotations

import json
import re
from itertools import chain

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from simulator.decisions import paired
from simulator.decisions.ensembles import Gathered
from simulator.errors import InputError
from simulator.report import charts, decided, economy, ensemble_findings, ensembles
from simulator.report.findings import by_run
from simulator.report.packing import unpacked
from simulator.report.page import html
from tests.report import fake, fake_ensemble, made

Q = (0.05, 0.25, 0.5, 0.75, 0.95)
OUTER = [0.05, 0.95]


@pytest.fixture(scope="module")
def three():
    return fake_ensemble.three()


@pytest.fixture(scope="module")
def blocks(three):
    return made.block_of(three.page)["runs"]


@pytest.fixture(scope="module")
def single(three):
    """The page's own numbers of the members of the first two scenarios, each as if it were a run."""
    return [[unpacked(charts.block(ds)["series"]) for ds in three.members[i]] for i in (0, 1)]


def served(members, material, region=None):
    """Share of what is asked for that is delivered (member, month), from the quantities themselves."""
    parts = [ds.sel(material=material, region=region or list(fake.REGIONS)) for ds in members]
    return np.array([p.content_delivered.sum("region") / p.content_demanded.sum("region") for p in parts])


def mean_served(members, material):
    parts = [ds.sel(material=material) for ds in members]
    return np.array([float(p.content_delivered.sum() / p.content_demanded.sum()) for p in parts])


def test_fans_of_the_world_are_quantiles_of_what_members_deliver(three, blocks):
    fans = np.array(blocks[1]["fans"]["availability_final"])
    assert fans.shape == (4, 5, 48)
    for m, material in enumerate(fake.MATERIALS):
        expected = np.quantile(served(three.members[1], material), Q, axis=0)
        np.testing.assert_allclose(fans[m], expected, atol=6e-5)
    assert (fans[1, 4] - fans[1, 0] > 0.05).all() and (np.ptp(fans[2], axis=0) == 0).all()


def test_fans_of_places_are_quantiles_of_years(three, blocks):
    """The world, regions and a group; the first and the last by hand."""
    places = blocks[1]["regions"]
    fans = np.array(blocks[1]["fans_by_place"]["availability_final"])
    assert places == ["World", *fake.REGIONS, "UNECE"] and fans.shape == (16, 4, 5, 4)
    for place, regions in (
        ("World", list(fake.REGIONS)), ("EU27", ["EU27"]), ("UNECE", blocks[1]["groups"]["UNECE"]),
    ):  # fmt: skip
        parts = [ds.sel(material="cobalt", region=regions, time="2026") for ds in three.members[1]]
        year = [float(p.content_delivered.sum() / p.content_demanded.sum()) for p in parts]
        np.testing.assert_allclose(fans[places.index(place), 1, :, 2], np.quantile(year, Q), atol=6e-5)


def test_fans_of_prices_and_mines_by_place_hold_what_single_runs_say(single, blocks):
    """The page's own numbers of each member, put together after."""
    prices = np.quantile([np.array(s["prices"]["regions"], float) for s in single[1]], Q, axis=0)
    found = np.array(blocks[1]["fans_by_place"]["price"], float)[1:]
    np.testing.assert_allclose(found, prices.transpose(1, 2, 0, 3), atol=1.1e-4, equal_nan=True)
    mined = np.quantile([s["mines"]["regions"] for s in single[1]], Q, axis=0)
    found = np.array(blocks[1]["fans_by_place"]["mined"])[1:]
    np.testing.assert_allclose(found, mined.transpose(2, 1, 0, 3), rtol=1e-3, atol=1e-3 * mined.max())


def test_fans_of_prices_are_those_of_the_price_that_the_page_draws(three, blocks):
    """Members' prices are put together as those of a single run are."""
    prices = [economy.prices(ds)["price"].sel(good="refined_lithium").values for ds in three.members[0]]
    fans = np.array(blocks[0]["fans"]["price"])[0]
    np.testing.assert_allclose(fans, np.quantile(prices, Q, axis=0), rtol=1e-3, atol=6e-5)


def test_the_numbers_of_places_that_members_add_stay_small(three, blocks):
    """What the page carries of a scenario more: some bytes for each place, material and year."""
    series = ensembles.block(
        three.sides[1].members, three.sides[0].members, list(fake.MATERIALS), blocks[1]["regions"]
    )["series"]
    n_cells = 16 * len(fake.MATERIALS)
    assert len(json.dumps(series["paired"])) < 60 * len(series["paired"]) * n_cells
    assert len(json.dumps(series["fans_by_place"])) < 3 * 5 * n_cells * (3 + 4 * 6)


def test_curves_hold_every_member_the_largest_first(three, blocks):
    for key, expected in (
        ("mean_availability", mean_served(three.members[1], "cobalt")),
        ("worst_availability", served(three.members[1], "cobalt").min(axis=1)),
    ):
        found = blocks[1]["exceeded"][key][1]
        np.testing.assert_allclose(found, np.sort(expected)[::-1], atol=2e-6)
    lost = [
        float((ds.content_demanded - ds.content_delivered).sel(material="cobalt").sum())
        for ds in three.members[1]
    ]
    np.testing.assert_allclose(blocks[1]["exceeded"]["missed"][1], np.sort(lost)[::-1], rtol=1e-4)
    assert blocks[1]["members"] == {"n": fake_ensemble.N, "wanted": fake_ensemble.WANTED, "at": None}


def test_differences_are_student_intervals_of_pairs_of_members(three, blocks):
    own, base = (mean_served(members, "cobalt") for members in (three.members[1], three.members[0]))
    apart = own - base
    half = stats.t.ppf(0.975, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart))
    found = blocks[1]["paired"]["mean_availability"]
    verdict, *ends, low, high, higher, lower = found["of"][0][1]
    assert ends == pytest.approx((apart.mean(), apart.mean() - half, apart.mean() + half), abs=1e-6)
    assert (low, high) == pytest.approx(tuple(np.quantile(apart, OUTER)), abs=1e-6)
    assert paired.compare(own, base).verdict == paired.LOWER and (verdict, higher, lower) == (-1, 0, 1)
    assert (found["n"][0][1], found["needed"][0][1]) == (fake_ensemble.N, None)


def test_differences_of_places_are_those_of_the_page_of_each_member(single, blocks):
    """Every outcome, place and material: mean over members of the page's own numbers."""
    found = blocks[1]["paired"]
    assert set(found) == set(single[0][0]["outcomes"]) and len(found) == 6
    for key, of in found.items():
        b, a = (np.array([one["outcomes"][key] for one in side], float)[..., 0] for side in single)
        is_share = key in ("mean_availability", "worst_availability", "recycled_content")
        by = 1.0 if is_share else np.where(b.mean(axis=0) > 0, b.mean(axis=0), np.nan)
        told = np.array(of["of"], float)[..., 1]
        np.testing.assert_allclose(told, (a - b).mean(axis=0) / by, atol=2e-5, equal_nan=True, err_msg=key)
    place = blocks[1]["regions"].index("UNECE")
    assert found["mean_availability"]["of"][place][1][0] == -1


def test_the_same_scenario_twice_has_no_detectable_change(three, blocks):
    for key, of in blocks[2]["paired"].items():
        for pair in (pair for row in of["of"] for pair in row):
            assert pair[:6] in ([0.0] * 6, [None] * 6), key
    text = by_run([r.dataset for r in three.runs], None, [s.members for s in three.sides])[2][0].text
    assert "no detectable change" in text and "points" not in text
    rows = re.search(r"<tbody>(?:(?!</tbody>).)*The same again.*?</tbody>", three.page, re.S).group(0)
    assert rows.count("<td>none</td>") >= 4


def test_swapping_the_baseline_flips_the_signs(three):
    own, base = three.sides[1].members, three.sides[0].members
    places, materials = ["World", "EU27", "UNECE"], list(fake.MATERIALS)
    there, back = (
        unpacked(ensembles.block(*pair, materials, places)["series"]["paired"])
        for pair in ((own, base), (base, own))
    )
    for key in ("mean_availability", "worst_availability", "recycled_content"):
        for a, b in zip(*(chain.from_iterable(side[key]["of"]) for side in (there, back)), strict=True):
            assert a[:3] + a[4:5] == pytest.approx([-v for v in (b[0], b[1], b[3], b[5])], abs=1.1e-6)
            assert a[6:] == b[:5:-1]
    assert there["mean_availability"]["of"][0][1][0] == -1
    worse, better = (
        ensemble_findings.difference(ensemble_findings.moved(x, y, materials), ("a", "b"), "1 to 2", 5e-4)
        for x, y in ((own, base), (base, own))
    )
    assert (worse.tone, better.tone) == ("worse", "better")
    assert "−" in worse.text and "cobalt +" in better.text


def test_half_widths_are_those_of_the_first_members(three, blocks):
    values = mean_served(three.members[0], "cobalt")
    steps = blocks[0]["settling"]["mean_availability"][1]
    assert [n for n, _ in steps["own"]] == [4, 8] and steps["apart"] == []
    for n, half in steps["own"]:
        expected = stats.t.ppf(0.975, n - 1) * values[:n].std(ddof=1) / np.sqrt(n)
        assert half == pytest.approx(expected, rel=1e-4)
    assert [half for _, half in blocks[2]["settling"]["mean_availability"][1]["apart"]] == [0.0] * 2


def test_sentences_tell_ranges_and_intervals(three):
    parts = by_run([r.dataset for r in three.runs], None, [s.members for s in three.sides])
    worst = served(three.members[1], "cobalt").min(axis=1)
    low, high = np.quantile(worst, OUTER)
    text = parts[1][1].text
    assert f"cobalt {100 * low:.1f}\u00a0% to {100 * high:.1f}\u00a0%, short in all of them" in text
    apart = mean_served(three.members[1], "cobalt") - mean_served(three.members[0], "cobalt")
    ends = [f"{100 * v:+.1f}".replace("-", "−") for v in (apart.mean(), *np.quantile(apart, OUTER))]
    expected = f"cobalt {ends[0]} points (between {ends[1]} and {ends[2]} in 90\u00a0% of members)"
    assert expected in parts[1][0].text and "(8 pairs of members)" in parts[1][0].text
    assert parts[1][0].chart == "differences" and parts[1][1].chart == "exceedance"


def test_the_page_says_how_many_members_of_how_many(three):
    assert (
        three.page.count(
            "Ranges are those of 8 of 100 members, each with its own draw of 2 uncertain numbers."
        )
        == 3
    )
    assert "Ranges: 8 of 100 members" in three.page and re.search(r"90 % of\s+members", three.page)
    data = made.block_of(three.page)
    assert {"exceedance", "settling", "tornado", "regret"} < set(data["charts"])
    assert 'id="fan"' in three.page and 'id="fan_prices"' in three.page and 'id="fan_mines"' in three.page
    assert "all others of the run with central values" in three.page


def test_members_of_something_else_are_not_shown(tmp_path):
    run = fake_ensemble.run(tmp_path, years=1, economy=True)
    assert ensembles.beside(run) == ensembles.Beside()
    for attrs, what in (
        ({"content_key": "x", "scenario_resolved": json.dumps({"name": "other"})}, "other settings and"),
        ({"content_key": "x", "inputs_hash": "x"}, "other inputs and"),
        ({"content_key": "x", "code_hash": "x", "inputs_hash": "x"}, "other inputs and code and"),
    ):
        fake_ensemble.put(run, 2, **attrs)
        side = ensembles.beside(run)
        assert side.members is None and what in side.note and "makes it anew" in side.note
    fake_ensemble.put(run, 1)
    assert ensembles.beside(run).members is None and "one member" in ensembles.beside(run).note
    (run.folder / "ensemble.nc").write_bytes(b"nothing of use")
    side = ensembles.beside(run)
    assert side.members is None and "cannot be read" in side.note
    page = html([run])
    assert side.note in page and 'id="fan"' not in page
    assert not {"exceedance", "settling", "tornado", "regret"} & set(made.block_of(page)["charts"])


def many(name, values, seed=1):
    """An ensemble of many members with one outcome of one material."""
    n, outcome = len(values), "availability_final.cobalt.mean"
    exceeded = np.quantile(values, 1 - np.arange(1, 100) / 100)
    ds = xr.Dataset(
        {"outcome_exceeded": (("probability", "outcome"), exceeded[:, None])},
        coords={"outcome": [outcome], "material": ["cobalt"]},
    )
    table = np.asarray(values)[:, None]
    own = Gathered(name, None, seed, np.arange(n), (outcome,), table, (), np.empty((n, 0)))
    return ensembles.Members(own, ds, n)


def test_curves_of_many_members_have_a_point_for_each_percent():
    values = np.random.default_rng(2).random(500)
    own = many("a", values)
    assert own.count == "500 members" and len(ensembles._at(own)) == 99
    found = unpacked(ensembles._exceeded(own, "availability_final.cobalt.mean"))
    np.testing.assert_allclose(found, np.quantile(values, 1 - np.array(ensembles._at(own))), atol=2e-6)


def test_members_with_other_draws_are_not_paired():
    values = np.linspace(0.2, 0.9, 20)
    a, b = many("a", values), many("b", values, seed=2)
    assert ensembles.is_pair(a, many("b", values)) and not ensembles.is_pair(a, b)
    assert not ensembles.is_pair(a, None) and not ensembles.is_pair(None, b)


def test_a_small_change_that_can_be_told_is_not_printed_as_one():
    values = np.linspace(0.2, 0.9, 20)
    (moved,) = ensemble_findings.moved(many("a", values + 1e-4), many("b", values), ["cobalt"])
    assert moved.difference.verdict == paired.HIGHER and not moved.is_told(5e-4) and moved.is_told(5e-5)


def test_answers_beside_runs_are_shown_if_they_are_theirs(three, tmp_path):
    data = made.block_of(three.page)
    (outcome,) = data["runs"][0]["tornado"].values()
    assert outcome["unit"] == "1" and [row["rank"] for row in outcome["rows"]] == [1, 2]
    assert data["runs"][1]["tornado"] is None
    (judged,) = data["regret"]["by_outcome"].values()
    assert [row["policy"] for row in judged["rows"]] == ["reference", "cobalt_outage", "again"]
    run = fake_ensemble.run(tmp_path, years=1)
    told = {
        "of": "reference",
        "content_key": run.record["content_key"],
        "tornado": [{"outcome": "x", "factor": "f"}],
    }
    given = tmp_path / "elsewhere" / "tornado.json"
    given.parent.mkdir()
    given.write_text(json.dumps(told))
    assert decided.beside([run]).tornado == [None]
    assert decided.beside([run], [given.parent]).words == ["tornado"]
    given.write_text(json.dumps(told | {"content_key": "other"}))
    found = decided.beside([run], [given])
    assert found.words == [] and "other settings, inputs or code than reference" in found.notes[0]
    for content in ("{}", "[1]", "{"):
        given.write_text(content)
        with pytest.raises(InputError, match=r"tornado\.json"):
            decided.beside([run], [given])
    with pytest.raises(InputError, match="nowhere"):
        decided.beside([run], [tmp_path / "nowhere"])


def test_charts_with_members_keep_the_numbers_of_the_central_run(three):
    bare = unpacked(charts.block(three.runs[1].dataset)["series"])
    with_members = made.block_of(three.page)["runs"][1]
    assert with_members["availability"] == bare["availability"] and with_members["prices"] == bare["prices"]
