"""Laws 4 and 5 on whole runs: the same bytes for the same run, and nothing before it can be known."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from datetime import date

import numpy as np
import pytest
import xarray as xr

import simulator.run as room
from simulator import results
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("paper")

MONTH = 365.25 / 12  # d
MINE = {"process": "mine_copper", "region": "SOUTH"}
CHAIN = ("growth", "period.end=2029-01-01")

SCRIPT = """
import sys
from pathlib import Path
from simulator import results
import simulator.run as room
from simulator.scenario import load, tables
from tests.fixtures import worlds
own = worlds.with_rules(tables.load(Path(sys.argv[1])))
scenario = load(worlds.PAPER / "recovery.yaml", tables=own, sets=[sys.argv[3]])
results.to_netcdf(room.run(scenario, own), sys.argv[2])
"""


def written(tables_folder, path, seed):
    where = os.pathsep.join([str(worlds.PAPER.parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": where}
    command = [sys.executable, "-c", SCRIPT, str(tables_folder), str(path), "period.end=2029-01-01"]
    subprocess.run(command, env=environment, check=True, cwd=worlds.PAPER.parents[2])
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_shuffled_rows_and_another_hash_seed_give_the_same_bytes(tmp_path):
    rng = random.Random(7)

    def shuffle(_, rows):
        rng.shuffle(rows)
        return rows

    worlds.copied(tmp_path / "shuffled", shuffle)
    first = written(worlds.PAPER / "inputs", tmp_path / "a.nc", "1")
    assert written(tmp_path / "shuffled", tmp_path / "b.nc", "2") == first


def test_the_same_run_twice_gives_the_same_bytes(tmp_path):
    for name in ("a.nc", "b.nc"):
        ds = room.run(worlds.paper_scenario(*CHAIN), worlds.paper_tables())
        results.to_netcdf(ds, tmp_path / name)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_another_seed_gives_other_firms():
    many = ("world.agents.extraction=12", "world.agents.manufacturing=12")
    first, other = (worlds.paper_built("stationary", *many, f"seed={seed}").blueprint for seed in (1, 2))
    assert not np.array_equal(first.firms.base_rate, other.firms.base_rate)


@pytest.mark.parametrize("announced", ["2026-05-01", "2026-01-01"])
def test_runs_are_identical_up_to_the_announcement(announced):
    """An interval belongs to the past if it ends before the announcement; intervals are model months."""
    words = {"where": MINE, "announced": announced, "start": "2026-05-01", "duration_days": 60}
    calm, hit = worlds.paper(*CHAIN), worlds.paper(*CHAIN, worlds.outage(**words))
    before = months_until(announced)
    assert_same(worlds.before(calm, before), worlds.before(hit, before))
    assert not np.array_equal(calm["flow"].values, hit["flow"].values)


@pytest.mark.parametrize(
    "words",
    [
        {"severity": 0.0, "recovery": {"shape": "linear", "days": 90}},
        {"severity": 0.0, "recovery": {"shape": "exponential", "days": 60}},
        {"severity": 0.0, "where": {"stage": ["processing", "collection", "recycling"]}},
    ],
)
def test_an_outage_of_size_zero_changes_nothing(words):
    given = {"where": MINE, "start": "2025-05-01", "duration_days": 90, **words}
    assert_same(worlds.paper(*CHAIN), worlds.paper(*CHAIN, worlds.outage(**given)))


def test_levers_at_base_value_change_nothing():
    at_base = worlds.paper_with(
        {
            "recovery": {
                "collection": [{"product": "device", "value": 0.5}],
                "routing": [{"product": "device", "route": "repair", "value": 0}],
                "yields": [
                    {"process": "recycle_device", "good": "scrap_cell", "material": "copper", "value": 0.9}
                ],
                "new_scrap": [{"good": "scrap_cell", "value": 0.8}],
            },
            "demand": {"factors": [{"product": "*", "value": 1.0}]},
        },
        *CHAIN[1:],
        name=CHAIN[0],
    )
    assert_same(worlds.paper(*CHAIN), room.run(at_base, worlds.paper_tables()))


def test_lines_for_regions_are_one_line_for_all():
    by_region = [{"product": "device", "region": r, "value": 0.7} for r in ("SOUTH", "NORTH")]
    one = [{"product": "device", "region": "*", "value": 0.7}]
    first, second = (
        room.run(
            worlds.paper_with({"recovery": {"collection": lines}}, *CHAIN[1:], name=CHAIN[0]),
            worlds.paper_tables(),
        )
        for lines in (by_region, one)
    )
    assert_same(first, second)


def test_a_longer_period_does_not_change_its_first_years():
    short, long = worlds.paper(*CHAIN), worlds.paper("growth")
    months = short.sizes["time"]
    assert_same(worlds.before(short, months), worlds.before(long, months))
    assert date.fromisoformat(str(short["time"].values[-1])[:10]) == date(2028, 12, 1)


def months_until(day: str) -> int:
    """Model months that end on or before the first instant of a day."""
    return int((date.fromisoformat(day) - date(2024, 1, 1)).days // MONTH)


def assert_same(first: xr.Dataset, second: xr.Dataset) -> None:
    for name in first.data_vars:
        np.testing.assert_array_equal(first[name].values, second[name].values, err_msg=str(name))


@pytest.mark.xdist_group("battery")
def test_battery_materials_twice_with_an_outage_of_size_zero_gives_the_same_numbers():
    words = {
        "where": {"process": "refine_lithium", "region": "CHN"},
        "start": "2027-01-01",
        "duration_days": 90,
    }
    built = worlds.battery("reference", worlds.outage(**words, severity=0.0))
    assert_same(worlds.battery("reference"), built)
    drc = worlds.battery("drc_cobalt_outage_2026")
    before, calm = months_until("2026-01-01"), worlds.battery("reference")
    assert_same(worlds.before(calm, before), worlds.before(drc, before))
