"""Policies over the futures of a batch: what is paired, what is refused, what is written."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from simulator import cli
from simulator.decisions import choice, ensembles
from simulator.errors import InputError

WORST, PRICE, COST = "availability_final.all.worst", "price.cobalt.peak", "policy_cost.total"


@pytest.fixture
def batch(write):
    """Three policies; the third costs and helps most."""
    folders = [write(name, help_) for name, help_ in (("nothing", 0.0), ("half", 0.005), ("whole", 0.01))]
    return folders[0].parent


def typed(*words):
    return CliRunner().invoke(cli.app, list(map(str, words)), catch_exceptions=False)


def test_a_batch_is_found_whole_by_folder_and_by_name(batch):
    whole = ensembles.find([str(batch)], batch)
    assert [each.name for each in whole] == ["half", "nothing", "whole"]
    named = ensembles.find(["whole", str(batch / "nothing")], batch)
    assert [each.name for each in named] == ["whole", "nothing"]
    assert len(ensembles.find(["whole", "whole"], batch)) == 1
    with pytest.raises(InputError) as caught:
        ensembles.find(["hole", "nowhere"], batch)
    assert [fault.nearest for fault in caught.value.faults] == ["whole", ""]


def test_a_damaged_file_and_two_of_one_name_are_told(batch, tmp_path, write):
    (batch / "whole" / "ensemble.nc").write_bytes(b"no netCDF")
    with pytest.raises(InputError) as caught:
        ensembles.find(["whole"], batch)
    assert caught.value.faults[0].rule == "batch_damaged"
    twin = tmp_path / "other" / "nothing"
    twin.mkdir(parents=True)
    (twin / "ensemble.nc").write_bytes((batch / "nothing" / "ensemble.nc").read_bytes())
    with pytest.raises(InputError, match="told apart"):
        ensembles.find(["nothing", str(twin)], batch)


def test_differences_are_those_that_were_put_in(batch):
    found = ensembles.find(["nothing", "half", "whole"], batch)
    told = choice.decide(found, [WORST])
    assert [(each.scenario, each.verdict) for each in told.differences] == [
        ("half", "higher"),
        ("whole", "higher"),
    ]
    assert [each.mean.value for each in told.differences] == pytest.approx([0.005, 0.01])
    turned = choice.decide(found, [WORST], baseline="whole")
    assert [each.mean.value for each in turned.differences] == pytest.approx([-0.01, -0.005])
    assert turned.baseline == "whole"


def test_unpaired_ensembles_are_refused(write):
    folders = [write("one"), write("other_seed", seed=2), write("none_shared", members=range(100, 164))]
    one, other_seed, none_shared = (ensembles.read(folder) for folder in folders)
    for other in (other_seed, none_shared):
        with pytest.raises(InputError) as caught:
            ensembles.check_paired([one, other])
        assert caught.value.faults[0].rule == "not_paired"
    moved = write("moved", members=np.arange(1, 65))  # the same rows under other numbers
    with pytest.raises(InputError, match="other values of"):
        ensembles.check_paired([one, ensembles.read(moved)])


def test_a_longer_ensemble_is_paired_by_number_and_failed_members_are_counted(write):
    values = np.full(40, 0.9)
    values[3] = np.nan
    long, short = ensembles.read(write("long")), ensembles.read(write("short", n=40, values=values))
    told = choice.decide([long, short], [WORST])
    assert (told.differences[0].n, told.differences[0].n_missing) == (39, 25)
    assert (told.n_futures[WORST], told.n_left_out[WORST]) == (39, 25)


def test_levels_are_futures_where_all_policies_have_them(write):
    cells = [
        ensembles.read(write(f"{policy}__{level}", help_))
        for policy, help_ in (("nothing", 0.0), ("whole", 0.01))
        for level in ("low", "high")
    ]
    futures = ensembles.futures(cells, WORST)
    assert futures.policies == ("nothing", "whole") and futures.values.shape == (2, 128)
    assert futures.futures[0] == "low member 0" and futures.futures[-1] == "high member 63"
    apart = ensembles.futures(cells[:3], WORST)
    assert apart.policies == ("nothing__low", "nothing__high", "whole__low")


def test_known_senses():
    assert ensembles.better(WORST) == "higher" and ensembles.better("jobs.mean") == "higher"
    assert ensembles.better(PRICE) == ensembles.better(COST) == ensembles.better("failures.total") == "lower"
    from simulator.batch.outcomes import OUTCOMES

    assert {name.partition(".")[0] for name in OUTCOMES} >= ensembles.LESS_IS_MORE


def test_regret_and_thresholds_over_two_outcomes(batch):
    found = ensembles.find(["nothing", "half", "whole"], batch)
    told = choice.decide(found, [WORST, COST], thresholds={WORST: 0.9, COST: 0.6})
    by = {(each.outcome, each.policy): each for each in told.standings}
    assert by[WORST, "nothing"].regret_max == pytest.approx(0.01) and by[WORST, "whole"].regret_max == 0.0
    assert by[COST, "whole"].regret_max == pytest.approx(1.0) and by[COST, "nothing"].regret_max == 0.0
    assert by[COST, "whole"].satisfied == 0.0 and by[COST, "half"].satisfied == 1.0
    assert told.together["whole"] == 0.0
    assert told.together["half"] == by[WORST, "half"].satisfied > 0.5
    turned = choice.decide(found, [WORST], senses={WORST: "lower"})
    assert {each.policy: each.regret_max for each in turned.standings}["nothing"] == 0.0


def test_convergence_and_precision_are_told(batch):
    found = ensembles.find(["nothing", "whole"], batch)
    told = choice.decide(found, [WORST], precision=0.01)
    assert {row["of"] for row in told.convergence} == {"nothing", "whole", "whole less nothing"}
    wide, _, narrow = told.precision
    assert not wide["is_enough"] and wide["n_needed"] > wide["n"] == 64
    assert narrow["is_enough"] and narrow["half_width"] == pytest.approx(0.0, abs=1e-12)


def test_the_command_prints_and_writes_what_was_found(batch, tmp_path):
    out = tmp_path / "out"
    words = ("decide", "nothing", "whole", "--in", batch, "--outcome", WORST, "--threshold", 0.9)
    printed = typed(*words, "--precision", 0.01, "--out", out).output
    assert "whole against nothing: higher by 0.01" in printed and "64 members" in printed
    assert "± 0.01 needs" in printed and "good: at least 0.9" in printed
    told = json.loads((out / "decision.json").read_text(encoding="utf-8"))
    assert told["baseline"] == "nothing" and told["differences"][0]["verdict"] == "higher"
    frame = pd.read_csv(out / "regret.csv")
    assert list(frame["policy"]) == ["whole", "nothing"]
    shown = json.loads(typed(*words, "--json", "--out", out).output)
    assert shown == {**told, "precision": []}
    curve = pd.read_csv(out / "exceedance.csv")
    assert curve.groupby("scenario")["share"].max().eq(1.0).all()


def test_a_policy_against_its_copy_claims_nothing(write, tmp_path):
    folder = write("nothing").parent
    write("copy")
    printed = typed("decide", "nothing", "copy", "--in", folder, "--out", tmp_path / "out").output
    assert "no detectable change" in printed


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("--outcome", "availability_final.all.worse"), WORST),
        (("--baseline", "nothing_"), "nothing"),
        (("--better", "high"), "higher"),
        (("--threshold", "much"), ""),
        (("--threshold", "price.cobalt.peak=2"), ""),
    ],
)
def test_wrong_words_are_refused(batch, words, near):
    with pytest.raises(InputError) as caught:
        typed("decide", batch, *words)
    assert caught.value.faults[0].nearest == near


def test_discover_finds_what_was_planted_and_says_where_there_is_nothing(batch, tmp_path):
    out = tmp_path / "out"
    words = ("discover", "nothing", "--in", batch, "--outcome", WORST, "--out", out)
    printed = typed(*words, "--below", 0.8).output
    assert "demand.growth at least 0.4" in printed or "demand.growth at least 0.5" in printed
    assert "disruptions[stop].severity at least 0." in printed
    frame = pd.read_csv(out / "boxes.csv")
    assert set(frame["factor"]) == {"demand.growth", "disruptions[stop].severity"}
    assert frame["coverage"].iloc[0] > 0.9 and frame["density"].iloc[0] > 0.9
    told = json.loads(typed(*words, "--below", 0.5, "--json").output)
    assert told["boxes"] == []
    assert "no box found" in typed(*words, "--above", 2.0).output


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--below", 0.5, "--above", 0.9),
        ("--below", 0.5, "--method", "prin"),
        ("--below", 1, "--outcome", "a"),
    ],
)
def test_discover_refuses_what_it_cannot_answer(batch, words):
    with pytest.raises(InputError):
        typed("discover", batch, *words)
