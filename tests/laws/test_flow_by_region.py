"""Flows by region sum to the world's, close at every node of every region, and agree with other variables."""

from __future__ import annotations

import numpy as np
import pytest

from simulator import totals
from simulator.batch.compact import compact
from simulator.errors import LawBroken
from simulator.run.member import Member
from simulator.run.routes import Routes
from simulator.terms import FATES, NODES
from simulator.world.state import by_material
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

PAPER = ("stationary", "outage", "growth", "recovery")
PLACES = [node for node in NODES if node not in (*FATES, "lithosphere")]


def run(name):
    return worlds.paper(name) if name in PAPER else worlds.battery(name)


def over_routes(ds):
    """Sums (year, link, material) of all routes of a link."""
    whole = totals.regional_flows(ds, ds.region.values)
    assert not whole.imports.any() and not whole.exports.any()
    return whole.inside


def gap(ds):
    """Largest difference from the world's flow, over the largest flow of the material."""
    flow = totals.by_year(ds[["flow"]]).flow.transpose("year", "link", "material")
    return float((np.abs(over_routes(ds) - flow) / np.abs(flow).max(("year", "link"))).max())


@pytest.mark.parametrize("name", [*PAPER, "high_recovery_drc_cobalt_outage_2026"])
def test_regions_add_up_to_the_world(name):
    ds = run(name)
    assert gap(ds) <= 1e-9
    assert len(set(ds.route.values)) == ds.sizes["route"] and (ds.flow_by_region >= 0).all()
    assert ds.flow_by_region.any(("year", "material")).all()  # a route that carried nothing is not listed


def test_a_thousandth_too_much_on_one_route_is_seen():
    ds = run("outage").copy(deep=True)
    ds["flow_by_region"][:, int(ds.flow_by_region.sum(("year", "material")).argmax("route"))] *= 1.001
    assert gap(ds) > 1e-5


def test_a_part_of_the_year_counts():
    ds = worlds.paper("outage", "period.end=2026-08-01")
    assert ds.year.values.tolist() == np.unique(ds["time.year"]).tolist()
    assert gap(ds) <= 1e-9


def test_shipments_that_are_not_recorded_break_the_balance(monkeypatch):
    whole = Routes.ship
    monkeypatch.setattr(Routes, "ship", lambda self, tier, mass: whole(self, tier, 0.999 * mass))
    with pytest.raises(LawBroken):
        Member(worlds.paper_built("outage").blueprint).run()


@pytest.mark.parametrize("name", [*PAPER, "high_recovery_drc_cobalt_outage_2026"])
def test_places_add_up_to_the_world_and_trade_balances(name):
    """What regions take from each other they also give each other; two regions as one trade less."""
    ds = run(name)
    parts = [totals.regional_flows(ds, [region]) for region in ds.region.values]
    inside, imports, exports = (sum(part[key] for part in parts) for key in ("inside", "imports", "exports"))
    scale = over_routes(ds).max(("year", "link"))
    assert float((np.abs(imports - exports) / scale).max()) <= 1e-12
    assert float((np.abs(inside + exports - over_routes(ds)) / scale).max()) <= 1e-12
    two = totals.regional_flows(ds, ds.region.values[:2])
    own = parts[0].inside + parts[1].inside
    assert (two.inside >= own * (1 - 1e-12)).all() and (two.inside > 1.001 * own).any()
    assert float(two.imports.sum()) < float((parts[0] + parts[1]).imports.sum())


@pytest.mark.parametrize(
    "sets", [(), ("rules.finance=false",), ('recovery.collection={"level": 0.9, "from": "2025-01-01"}',)]
)
def test_mass_closes_at_every_node_of_every_region(sets):
    """What came less what went is what is there more: in stocks, on the way there, in use and kept."""
    world = worlds.paper_built("outage").blueprint
    member = Member(world)
    before = held(member)
    record = member.run()
    routes, mass = record.routes.by_year()
    pairs = np.array(record.links.pairs)[routes[:, 0]]
    net = np.zeros_like(before)
    np.add.at(net, (pairs[:, 1], routes[:, 2]), mass.sum(axis=0))
    np.subtract.at(net, (pairs[:, 0], routes[:, 1]), mass.sum(axis=0))
    chosen = [NODES.index(node) for node in PLACES]
    open_ = np.abs(held(member) - before - net)[chosen]
    assert (open_ <= 1e-9 * np.abs(net[chosen]).max(axis=(0, 1))).all()


def held(member):
    """Mass (node, region, material) [t] in stocks, on the way to them, in use and kept."""
    world, usage = member.world, member.usage
    mass = member.state.mass.copy()
    for shipment in (s for several in member.arriving.values() for s in several):
        np.add.at(mass, shipment.group.slots, shipment.load[:, :-1])
    found = np.zeros((len(NODES), world.n_regions, world.n_materials))
    np.add.at(found, (world.slots.node, world.firms.region[world.slots.firm]), by_material(mass))
    found[NODES.index("use")] += usage.in_use().sum(axis=0)
    found[NODES.index("hibernating")] += usage.hibernating_mass.sum(axis=0)
    return found


@pytest.mark.parametrize("name", ["recovery", "high_recovery_drc_cobalt_outage_2026"])
def test_regions_are_those_of_other_variables(name):
    ds = run(name)
    yearly = totals.by_year(ds[["stage_output", "eol_collected", "trade"]])
    for link, own in (
        ("lithosphere>extraction", yearly.stage_output.sel(stage="extraction")),
        ("hibernating>collection", yearly.eol_collected.sum("product")),
    ):
        found = [totals.regional_flows(ds, [r]).inside.sel(link=link).values for r in ds.region.values]
        np.testing.assert_allclose(
            np.stack(found, 1), own.transpose("year", "region", "material"), rtol=1e-9, atol=1e-9
        )
    refined = yearly.trade.sel(good="refined_copper")
    of, to = ("processing", "recycling", "stock_change"), ("component", "manufacturing", "stock_change")
    links = [f"{a}>{b}" for a in of for b in to]
    for region in ds.region.values:
        part = totals.regional_flows(ds, [region]).sel(material="copper")
        part = part.sel(link=[name for name in links if name in ds.link.values]).sum("link")
        come = refined.sel(region_to=region).sum("region_from") - refined.sel(
            region_from=region, region_to=region
        )
        np.testing.assert_allclose(part.imports, come, rtol=1e-9, atol=1e-9 * float(refined.max()))


def test_members_do_not_carry_it():
    assert all("route" not in dims for dims, _ in compact(run("outage"), {}).values())
