"""Small chains for vectors of the whole engine: daily review, constant orders, nothing spare.

Orders stay at the base rate, as in the hand-worked cases. With the rule that closes gaps of the pipeline
(`tau_order`), what is stuck at a blocked supplier counts as on order and holds back orders to the others; the
spot round and switching are there to mend that.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from simulator.build import build
from simulator.run.member import Member
from simulator.scenario import load
from simulator.world.disruptions import UptimeCurve
from simulator.world.state import Outages
from tests.fixtures import worlds

DAY = 1440
START = 31  # day of the outage
BASE = 100.0  # t/yr


def _tables(table, rows):
    """Paper tables cut down to copper: one mine, two refineries, makers in the North, no scrap, no way."""
    changes = {
        "materials": {"refined_counts": "nothing"},
        "collection_rates": {"rate": "0"},
        "transit": {"days": "0"},
        "processes": {"base_utilisation": "1", "overtime": "0", "new_scrap_share": "0"},
    }
    for row in rows:
        row |= changes.get(table, {})
        if table == "processes" and row["process"] == "make_cell":
            row["process_yield"] = "1"
        if table == "processes" and row["process"] == "mine_copper":
            row["base_utilisation"] = "0.5"
    if table == "regional_shares":
        in_north = [row for row in rows if row["kind"] == "manufacturing"]
        for row in in_north:
            row["share"] = "1" if row["region"] == "NORTH" else "0"
    return rows


@cache
def _built(products, refined_north):
    def change(table, rows):
        rows = _tables(table, rows)
        for row in rows:
            if table == "demand":
                row["tonnes"] = repr(BASE)
            if table == "supply" and row["process"] == "mine_copper":
                row["tonnes"] = repr(BASE if row["iso3"] == "NAA" else 0.0)
            if table == "supply" and row["process"] == "refine_copper":
                row["tonnes"] = repr(BASE * (refined_north if row["iso3"] == "NAA" else 1 - refined_north))
        if table == "uses" and products == ("other_copper",):
            rows = [row for row in rows if row["use"] == "other"]
        if table == "demand":
            kept = "other" if products == ("other_copper",) else "device"
            rows = [row for row in rows if row["use"] == kept]
        return rows

    with tempfile.TemporaryDirectory() as folder:
        tables = worlds.copied(Path(folder), change)
        scenario = load(
            {
                "schema_version": 1,
                "extends": str(worlds.PAPER / "stationary.yaml"),
                "world": {
                    "name": "chain",
                    "materials": ["copper"],
                    "products": list(products),
                    "review_days": dict.fromkeys(
                        ("extraction", "processing", "component", "manufacturing"), 1
                    ),
                },
                "period": {"start": "2024-01-01", "end": "2025-01-01"},
                "rules": {"switching": False, "spot": False, "overtime": False, "trend": False},
            },
            tables=tables,
        )
        return build(scenario, tables).blueprint


def _calm(world, **rules):
    """Expectations stay at base, no gap is closed, users wait for ever."""
    return replace(world, rules=replace(world.rules, tau_level=1e15, tau_order=1e15, patience=1e9, **rules))


def _run(world):
    """Daily records; users start with two months on order, so that makers always want all they can make."""
    member = Member(world, period=DAY)
    orders = world.outside_orders
    member.state.backlog[orders] += world.relations.flow[orders] * 61
    return member.run().series


def _hit(world, firms, days):
    curve = UptimeCurve(START * DAY, (START + days) * DAY, 1.0)
    return replace(world, outages=Outages(np.asarray(firms, dtype=float)[None, :], (curve,)))


def _where(world, process, region=None):
    labels, firms = world.labels, world.firms
    chosen = firms.process == labels.processes.index(process)
    return chosen if region is None else chosen & (firms.region == labels.regions.index(region))


def _short(filled, reviews):
    """Day on which a daily share of what is wanted first falls short, counted from the outage.

    A good made at one review can be used at the next: each step of the chain is a pipeline of one review,
    which the hand-worked cases without pipeline do not have; it is taken off.
    """
    full = filled > 1 - 1e-9
    first = int(np.flatnonzero(~full)[0])
    return first + filled[first] - reviews


def single_source_outage(share, spare, cover_days, outage_days=None):
    world = _built(("other_copper",), share)
    others = _where(world, "refine_copper", "SOUTH")
    maker = _where(world, "make_other_copper")
    refiners = _where(world, "refine_copper")
    capacity = world.firms.capacity * np.where(others, 1 + spare / (1 - share), 1.0)
    # what others can make beyond their orders they hold ready for the spot round: one review of it
    ready = np.where(others, spare / (1 - share), 0.0)
    cover = np.where(
        maker, float(cover_days), np.where(refiners, 500.0, world.firms.cover_in)
    )  # ore is no limit
    firms = replace(world.firms, capacity=capacity, cover_in=cover, cover_out=ready)
    world = _calm(replace(world, firms=firms), has_spot=spare > 0, spot_reserve=0.0)
    lasts = outage_days or 250
    world = _hit(world, _where(world, "refine_copper", "NORTH"), lasts)
    series = _run(world)
    need, met = (series[key].sum(axis=(1, 2))[START:] for key in ("need", "met"))
    assert need.min() > 0.999 * BASE / 365.25
    filled = met / need
    return {
        "start_day": _short(filled, reviews=1),
        "availability": filled[lasts - 10 : lasts].mean(),
        "product_days_lost": (1 - filled).sum(),
    }


def serial_chain(outage_days, cover_days, lead_days):
    world = _built(("device",), 1.0)
    steps = ("refine_copper", "make_cell", "make_device")
    cover, lead = world.firms.cover_in.copy(), world.relations.lead.copy()
    buyer = world.slots.firm[world.relations.target]
    for process, days, way in zip(steps, cover_days, lead_days, strict=True):
        cover[_where(world, process)] = days
        lead[_where(world, process)[buyer]] += way * DAY
    capacity = (
        np.where(_where(world, "mine_copper"), 0.5, 1.0) * world.firms.capacity
    )  # the mine has no spare either
    firms = replace(world.firms, cover_in=cover, cover_out=0 * cover, capacity=capacity)
    world = _calm(replace(world, firms=firms, relations=replace(world.relations, lead=lead)))
    world = _hit(world, _where(world, "mine_copper"), outage_days)
    made = _run(world)["production"][START:, world.firms.sector[_where(world, "make_device")][0]]
    filled = np.minimum(1.0, made / made[:10].mean())
    return {
        "start_day": _short(filled, reviews=len(steps)),
        "duration_days": (1 - filled).sum(),
    }
