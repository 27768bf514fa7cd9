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
from simulator.report import charts, curves, decided, economy, ensemble_findings, ensembles
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
        found = blocks[1]["exceeded"][key][0][1]
        np.testing.assert_allclose(found, np.sort(expected)[::-1], atol=6e-6)
    lost = [
        float((ds.content_demanded - ds.content_delivered).sel(material="cobalt").sum())
        for ds in three.members[1]
    ]
    np.testing.assert_allclose(blocks[1]["exceeded"]["missed"][0][1], np.sort(lost)[::-1], rtol=1e-4)
    assert blocks[1]["members"] == {"n": fake_ensemble.N, "wanted": fake_ensemble.WANTED, "at": [None, None]}


def test_curves_of_places_are_what_members_are_kept_with(three, blocks):
    """Every outcome, place and material: the members of ``ensemble.nc``, with four figures."""
    kept = three.sides[1].members.dataset["place_outcome_value"]
    found, places = blocks[1]["exceeded"], blocks[1]["regions"]
    assert set(found) == set(kept["place_outcome"].values) and len(found) == 8
    for key, rows in found.items():
        for place, row in zip(places, rows, strict=True):
            for material, values in zip(fake.MATERIALS, row, strict=True):
                wanted = kept.sel(place_outcome=key, place=place, material=material).values
                known = np.sort(wanted[np.isfinite(wanted)])[::-1]
                assert values[len(known) :] == [None] * (fake_ensemble.N - len(known))
                least = 5.1e-5 if place == "World" else 5.1e-4
                np.testing.assert_allclose(values[: len(known)], known, atol=least * max([0.0, *known]))
    assert len(set(found["missed"][places.index("EU27")][1])) == fake_ensemble.N
    assert (np.array(found["price_peak"][0][:2]) >= np.array(found["price"][0][:2])).all()


@pytest.mark.parametrize(
    ("n", "of_world", "of_place"), [(20, 20, 20), (21, 21, 21), (60, 60, 21), (101, 99, 21)]
)
def test_curves_of_places_grow_coarse_before_those_of_the_world(n, of_world, of_place):
    values = np.random.default_rng(3).normal(0.8, 0.05, (2, 3, n))
    values[1, 2] = np.nan
    world, place = unpacked(curves.exceeded(values))
    at = curves.probabilities(n)
    assert [len(world[0]), len(place[0])] == [of_world, of_place] and place[2] == [None] * of_place
    assert [each is not None for each in at] == [n > 100, n > 20]
    for found, own, probabilities in ((world[1], values[0, 1], at[0]), (place[1], values[1, 1], at[1])):
        told = np.sort(own)[::-1] if probabilities is None else np.quantile(own, 1 - np.array(probabilities))
        np.testing.assert_allclose(found, told, atol=6e-6 if found is world[1] else 6e-5)
    assert {round(1e4 * v, 6) % 1 for v in place[0]} == {0.0}


def test_a_place_has_four_figures_of_its_own_whatever_others_have():
    values = np.array([[[1.0, 2.0]], [[123456.0, 100.0]], [[0.00123456, 0.0]], [[0.0, 0.0]]])
    _, large, small, none = unpacked(curves.exceeded(values))
    assert (large, small, none) == ([[123500.0, 100.0]], [[0.001235, 0.0]], [[0.0, 0.0]])


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
        np.testing.assert_allclose(told, (a - b).mean(axis=0) / by, atol=1e-4, equal_nan=True, err_msg=key)
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


@pytest.mark.parametrize("place", ["World", "EU27", "UNECE"])
def test_half_widths_are_those_of_the_first_members(three, blocks, place):
    kept = three.sides[0].members.dataset["place_outcome_value"]
    values = kept.sel(place_outcome="mean_availability", place=place, material="cobalt").values
    row = blocks[0]["regions"].index(place)
    told = blocks[0]["settling"]["own"]
    assert told["at"] == [4, 8] and blocks[0]["settling"]["apart"] == {}
    for n, half in zip(told["at"], told["of"]["mean_availability"][row][1], strict=True):
        expected = stats.t.ppf(0.975, n - 1) * values[: int(n)].std(ddof=1) / np.sqrt(n)
        assert half == pytest.approx(expected, rel=1e-4 if place == "World" else 2e-3)
    for key, rows in blocks[2]["settling"]["apart"]["of"].items():
        assert {v for cells in rows[row] for v in cells} <= {0.0, None}, key


def test_half_widths_of_differences_are_those_of_pairs(three, blocks):
    a, b = (
        three.sides[i]
        .members.dataset["place_outcome_value"]
        .sel(place_outcome="missed", place="EU27", material="cobalt")
        for i in (1, 0)
    )
    told, row = blocks[1]["settling"]["apart"], blocks[1]["regions"].index("EU27")
    apart = (a - b).values
    expected = stats.t.ppf(0.975, 7) * apart.std(ddof=1) / np.sqrt(8)
    assert told["at"][-1] == 8 and told["of"]["missed"][row][1][-1] == pytest.approx(expected, rel=2e-3)


def test_half_widths_of_many_means_are_those_of_each():
    values = np.random.default_rng(4).normal(5.0, 1.0, (3, 4, 9))
    values[0, 0, [1, 5]] = np.nan
    values[1, 2] = np.nan
    values[1, 3, 3:] = np.nan
    values[2, 0] = 0.1 + 0.2
    found = curves.half_widths(values)
    for cell in np.ndindex(3, 4):
        known = values[cell][np.isfinite(values[cell])]
        wanted = paired.of_mean(known).half_width if len(known) > 3 else np.nan
        np.testing.assert_allclose(found[cell], wanted, rtol=1e-12, atol=1e-15)
    assert found[2, 0] == 0.0 and np.isnan(found[1, 2:]).all() and np.isfinite(found).sum() == 10


def test_members_that_are_not_known_widen_no_interval():
    values = np.array([0.1, np.nan, 0.3, 0.2, 0.5, 0.4, np.nan, 0.6])
    told = unpacked(curves.settling({"price": np.stack([values, np.full(8, np.nan)])[:, None]}))
    assert told["at"] == [4, 8] and told["of"]["price"][1] == [[None, None]]
    few, all_ = told["of"]["price"][0][0]
    assert few is None, "three of the first four are known"
    known = values[np.isfinite(values)]
    assert all_ == pytest.approx(stats.t.ppf(0.975, 5) * known.std(ddof=1) / np.sqrt(6), rel=1e-4)
    assert curves.settling({"price": values[None, None, :3]}) == {}


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
    """An ensemble of many members, the same number for every outcome of one material in the world."""
    n = len(values)
    table = np.broadcast_to(np.asarray(values)[:, None, None, None], (n, len(ensembles.PLACE_OUTCOMES), 1, 1))
    ds = xr.Dataset(
        {"place_outcome_value": (("member", "place_outcome", "place", "material"), table)},
        coords={"place_outcome": list(ensembles.PLACE_OUTCOMES), "place": ["World"], "material": ["cobalt"]},
    )
    own = Gathered(name, None, seed, np.arange(n), (), np.empty((n, 0)), (), np.empty((n, 0)))
    return ensembles.Members(own, ds, n)


def test_curves_of_many_members_have_a_point_for_each_percent():
    values = np.random.default_rng(2).random(500)
    own = many("a", values)
    at = curves.probabilities(own.n)[0]
    assert own.count == "500 members" and len(at) == 99
    found = unpacked(curves.exceeded(own.outcome("mean_availability", "cobalt")[None, None].repeat(2, 0)))
    np.testing.assert_allclose(found[0][0], np.quantile(values, 1 - np.array(at)), atol=6e-6)
    assert np.isnan(own.outcome("mean_availability", "unobtainium")).all()


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
