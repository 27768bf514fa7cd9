"""The benches run: what they time exists, and their parts make the whole. No time is asserted."""

from __future__ import annotations

import pytest

from tests.bench import bench_engine
from tests.fixtures import worlds


def test_every_part_that_is_timed_exists():
    missing = [
        name for part in bench_engine.PARTS.values() for owner, name in part if not hasattr(owner, name)
    ]
    assert not missing


def test_tables_are_aligned():
    text = bench_engine.table("title", ("part", "s"), [("a", "1.0"), ("longer", "12.5")])
    assert text.splitlines() == ["title", "part       s", "------------", "a        1.0", "longer  12.5"]


@pytest.mark.xdist_group("battery")
def test_parts_are_counted_and_put_back():
    before = [getattr(owner, name) for part in bench_engine.PARTS.values() for owner, name in part]
    with bench_engine.watched(bench_engine.PARTS) as spent:
        events = bench_engine.once(worlds.paper_built("outage").blueprint)
    assert events > 0
    assert all(calls > 0 for calls, _ in spent.values())
    assert before == [getattr(owner, name) for part in bench_engine.PARTS.values() for owner, name in part]
