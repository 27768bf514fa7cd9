"""Prices of the base year: consistent along the chain, costs below them, variants that mix to the recipe."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy import stats

from simulator.build.agents import lay_slots
from simulator.build.base_prices import costs_of
from simulator.build.exogenous import make_paths
from simulator.build.lay_out import Layout, lay_agents, make_firms, make_slots
from simulator.build.network import Network
from simulator.build.plan import Plan
from simulator.build.prices import make_market
from simulator.errors import InputError
from simulator.scenario import load
from simulator.scenario import tables as shipped
from simulator.world.market import Market
from simulator.world.responses import mix_factor, variant_scores
from simulator.world.state import Firms, Floats, Kind, Mode, Relations, Role, sums
from tests.fixtures import worlds

pytestmark = pytest.mark.xdist_group("battery")

PAPER, PAPER_GROWTH = "paper", "growth"
WORLDS = (PAPER, PAPER_GROWTH, "energy_transition", "technology_metals", "battery_materials")


@dataclass(frozen=True)
class World:
    plan: Plan
    firms: Firms
    layout: Layout
    relations: Relations
    recipe: Floats
    market: Market

    @property
    def slots(self):
        return self.layout.slots

    def slot_price(self):
        """Base price (slot,) [USD/unit]."""
        return self.market.price[self.slots.good, self.firms.region[self.slots.firm]]

    def kind(self):
        return self.firms.kind[self.slots.firm]


@cache
def world(name, *sets):
    if name in (PAPER, PAPER_GROWTH):
        tables = worlds.paper_tables()
        scenario = worlds.paper_scenario("growth" if name == PAPER_GROWTH else "stationary", *sets)
    else:
        tables = worlds.battery_tables()
        scenario = load("reference", tables=tables, sets=(f"world={name}", *sets))
    return made(scenario, tables)


def made(scenario, tables):
    plan = Plan(scenario, tables)
    agents, batch = lay_agents(plan)
    slot_list = lay_slots(plan.sectors, agents, batch)
    relations = Network(plan.closure, plan.sectors, agents, slot_list).relations(plan.goods)
    layout = make_slots(plan, agents, slot_list, relations)
    firms = make_firms(plan, agents)
    users = np.flatnonzero(firms.kind[layout.slots.firm] == Kind.USER)
    recipe = make_paths(plan, layout).recipe
    market = make_market(plan, firms, layout, relations, recipe, users)
    return World(plan, firms, layout, relations, recipe, market)


@pytest.fixture(params=WORLDS)
def here(request):
    return world(request.param)


def test_refined_prices_are_those_of_the_table(here):
    for material in here.plan.closure.materials:
        stated = here.plan.closure.tables["materials"].one(material=material)["price_usd_per_t"]
        row = here.market.price[here.plan.good_code[here.plan.sectors.refined[material]]]
        assert (row == stated).all()


def test_prices_of_the_paper_world_are_those_reckoned_by_hand():
    here = world(PAPER)
    by_hand = {
        "ore_copper": 7000, "ore_cobalt": 16800, "cell": 5000, "device": 10000, "other_copper": 20000,
        "other_cobalt": 60000, "eol_device": 450, "scrap_cell": 810, "eol_other_copper": 4800,
    }  # fmt: skip
    for good, price in by_hand.items():
        assert here.market.price[here.plan.good_code[good]] == pytest.approx(price, rel=1e-9), good


def test_purchases_over_sales_are_the_input_share_and_below_cost(here):
    flow = here.relations.flow * here.slot_price()[here.relations.target]
    n = len(here.firms)
    bought = sums(here.slots.firm[here.relations.target], flow, n)
    sold = sums(here.slots.firm[here.relations.source], flow, n)
    most = here.plan.closure.value("unit_cost_max")
    market, kind = here.market, here.firms.kind
    makes = np.isin(kind, (Kind.CONVERT, Kind.RECYCLE)) & (sold > 0)
    assert makes.any()
    assert market.sales == pytest.approx(sold, rel=1e-9)
    assert bought[makes] / sold[makes] == pytest.approx(market.input_share[makes], rel=1e-8)
    assert (market.input_share[np.isin(kind, (Kind.SOURCE, Kind.BY_PRODUCT, Kind.COLLECT))] == 0).all()
    assert (market.unit_cost <= most).all()
    assert (market.unit_cost > market.input_share).all()
    shares = sums(here.slots.firm, market.value_share, n)
    assert shares[kind == Kind.CONVERT] == pytest.approx(market.input_share[kind == Kind.CONVERT], rel=1e-12)
    assert (shares[kind != Kind.CONVERT] == 0).all()


def test_every_good_that_is_bought_has_a_price(here):
    used = here.market.cell >= 0
    assert (here.slot_price()[here.relations.target[used]] > 0).all()
    at_base = here.relations.flow > 0
    assert (used == (at_base & (here.relations.mode != Mode.PUSH)))[at_base].all()


def test_input_shares_are_the_stated_ones_where_all_inputs_are_followed():
    """But for what makers get for their scrap."""
    here = world("energy_transition")
    scrap = {str(row["product"]) for row in here.plan.closure.tables["goods"] if row["kind"] == "new_scrap"}
    partial = {"make_autocatalyst", "make_pv_module"}  # palladium and tellurium are in another world
    for code, process in enumerate(here.plan.chain.processes):
        firms = (here.firms.process == code) & (here.firms.kind == Kind.CONVERT)
        if firms.any() and not scrap & set(here.plan.chain.outputs[process]) and process not in partial:
            stated = costs_of(here.plan, process)["input_share"]
            assert here.market.input_share[firms] == pytest.approx(stated, rel=1e-8), process


def test_a_world_with_fewer_materials_has_the_same_prices_and_smaller_shares():
    small, large = world("battery_materials"), world("energy_transition")
    calibration = (0.8, 1.25)
    for name in ("ev_cell", "ev_battery", "grid_battery", "ev_motor"):
        here, there = (w.market.price[w.plan.good_code[name], 0] for w in (small, large))
        assert calibration[0] < here / there < calibration[1], name
    share = [
        w.market.input_share[w.firms.process == w.plan.process_code["make_ev_cell"]].mean()
        for w in (small, large)
    ]
    assert share[0] < share[1]


def test_waste_is_worth_what_recyclers_pay_out_of_what_they_recover(here):
    closure, plan = here.plan.closure, here.plan
    for code, good in enumerate(plan.goods):
        if closure.goods[good]["kind"] not in ("end_of_life", "new_scrap"):
            continue
        process = closure.treats(good)
        paid = costs_of(plan, process)["input_share"]
        worth = sum(
            plan.content(good)[i]
            * closure.recycling_yield(process, good, m)
            * closure.tables["materials"].one(material=m)["price_usd_per_t"]
            for i, m in enumerate(closure.materials)
        )
        assert here.market.price[code] == pytest.approx(paid * worth, rel=1e-12), good


def test_rows_of_waste_share_out_all_of_its_value(here):
    market, slots = here.market, here.slots
    whole = np.bincount(market.scrap_row, market.scrap_weight, minlength=len(market.scrap_region))
    assert ((np.abs(whole - 1) < 1e-12) | (whole == 0)).all()
    assert (here.relations.mode[market.scrap_relation] == Mode.PUSH).all()
    good_of_row = np.zeros(len(whole), dtype=int)
    good_of_row[market.scrap_slot_row] = slots.good[market.scrap_slot]
    assert (
        good_of_row[market.scrap_relation_row] == slots.good[here.relations.target[market.scrap_relation]]
    ).all()
    region = here.firms.region[slots.firm[market.scrap_slot]]
    assert (market.scrap_region[market.scrap_slot_row] == region).all()
    price = market.price[good_of_row, market.scrap_region]
    assert ((price > 0) == (whole > 0)).all()
    names = [here.plan.goods[g] for g in good_of_row]
    assert [n.startswith("scrap_") for n in names] == (market.scrap_product < 0).tolist()


def test_markets_are_where_somebody_buys(here):
    market, slots = here.market, here.slots
    buys = market.slot_market >= 0
    assert (slots.role[buys] == Role.INPUT).all()
    assert (market.good[market.slot_market[buys]] == slots.good[buys]).all()
    assert (market.region[market.slot_market[buys]] == here.firms.region[slots.firm[buys]]).all()
    need = np.bincount(market.slot_market[buys], slots.base[buys], minlength=len(market))
    assert (need > 0).all()
    floor = here.plan.closure.value("eta_floor")
    assert (market.eta >= floor).all()
    assert (market.user_market >= 0).all()


def test_elasticities_are_supply_plus_demand_of_a_material_and_declared_for_the_rest():
    here = world("energy_transition")
    eta = {here.plan.goods[g]: e for g, e in zip(here.market.good, here.market.eta, strict=True)}
    assert eta["refined_lithium"] == pytest.approx(1.69 + 0.2)
    assert eta["refined_copper"] == pytest.approx(0.35 + 0.2)
    assert eta["ore_nickel"] == pytest.approx(0.71 + 0.2)
    assert eta["ev_battery"] == here.plan.closure.value("eta_default")
    paper = world(PAPER)
    eta = {paper.plan.goods[g]: e for g, e in zip(paper.market.good, paper.market.eta, strict=True)}
    assert eta["refined_copper"] == paper.plan.closure.value("eta_floor")  # 0.1 + 0.2 is below it
    assert eta["refined_cobalt"] == pytest.approx(0.4 + 0.2)


def test_without_recalled_numbers_the_declared_elasticity_holds():
    tables = shipped.load(drop_recalled=True)
    here = made(load("reference", tables=tables), tables)
    assert (here.market.eta == tables.assumption("eta_default")).all()


def test_own_costs_are_the_stated_log_normal_cut_at_the_largest_cost():
    here = world("energy_transition", "world.agents.extraction=3000")
    chosen = here.firms.process == here.plan.process_code["mine_copper"]
    row = costs_of(here.plan, "mine_copper")
    cost, most = here.market.unit_cost[chosen], here.plan.closure.value("unit_cost_max")
    assert chosen.sum() > 400
    law = stats.lognorm(s=row["unit_cost_spread"], scale=row["unit_cost"])
    assert stats.kstest(cost, lambda x: np.minimum(law.cdf(x) / law.cdf(most), 1.0)).pvalue > 1e-3


def test_costs_are_drawn_by_process_and_region_whatever_else_is_there():
    few, many = world("energy_transition"), world("energy_transition", "world.agents.recycling=500")
    for process in ("mine_copper", "make_ev_cell"):
        costs = [w.market.unit_cost[w.firms.process == w.plan.process_code[process]] for w in (few, many)]
        assert costs[0] == pytest.approx(costs[1], rel=1e-9)
    other = world("energy_transition", "seed=2")
    mines = [w.firms.process == w.plan.process_code["mine_copper"] for w in (few, other)]
    assert not np.array_equal(few.market.unit_cost[mines[0]], other.market.unit_cost[mines[1]])


def test_the_mix_of_variants_is_the_recipe():
    for name, count in (("energy_transition", 5), ("technology_metals", 1), ("battery_materials", 2)):
        here = world(name)
        assert len(here.market.variants) == count
        for v in here.market.variants:
            assert v.share.sum(axis=1) == pytest.approx(1, abs=1e-12)
            mix = np.einsum("tv,tvm->tm", v.share, v.content)
            recipe = here.recipe[:, here.slots.recipe[v.slots]]
            assert mix[:, v.slot_column] == pytest.approx(recipe, rel=1e-9)
            assert (here.slots.material[v.slots] == v.materials[v.slot_column]).all()
            assert (v.market[v.slot_region, v.slot_column] == here.market.slot_market[v.slots]).all()
            bought = here.slots.base[v.slots] > 0
            assert (v.market[v.slot_region, v.slot_column][bought] >= 0).all()
    assert world(PAPER).market.variants == ()


def test_lithium_iron_phosphate_gains_when_cobalt_and_nickel_are_dear():
    here = world("energy_transition")
    v = next(v for v in here.market.variants if v.product == 0)
    names = [here.plan.closure.materials[m] for m in v.materials]
    dear = np.log([[2.0 if n in ("cobalt", "nickel") else 1.0 for n in names]])
    response = here.market.rules.variant_response
    score = variant_scores(v.content[0], v.value, dear, v.unit_price, response)
    factor = dict(zip(names, mix_factor(v.share[0], v.content[0], score)[0], strict=True))
    assert factor["cobalt"] < 0.8
    assert factor["nickel"] < 0.8
    assert 0.8 < factor["lithium"] < 1


@pytest.mark.parametrize(
    ("good", "low", "high"),
    [
        ("ev_cell", 60, 100),
        ("ev_battery", 90, 150),
        ("ev_motor", 500, 2500),
        ("wind_turbine", 0.6e6, 1.8e6),
        ("pv_module", 0.1e6, 0.8e6),
        ("electrolyser", 0.5e6, 2.5e6),
        ("autocatalyst", 100, 500),
        ("electricity_network", 12000, 40000),
    ],
)
def test_products_cost_what_the_world_pays_in_order_of_magnitude(good, low, high):
    here = world("energy_transition")
    assert low < here.market.price[here.plan.good_code[good], 0] < high


def test_all_money_times_ten_changes_prices_alone(tmp_path):
    def dearer(name, rows):
        return [
            {**row, "price_usd_per_t": 10 * float(row["price_usd_per_t"])} if name == "materials" else row
            for row in rows
        ]

    here = world(PAPER).market
    there = made(worlds.paper_scenario(), worlds.copied(tmp_path, dearer)).market
    assert there.price == pytest.approx(10 * here.price, rel=1e-12)
    assert there.input_share == pytest.approx(here.input_share, rel=1e-12)
    assert there.unit_cost == pytest.approx(here.unit_cost, rel=1e-12)
    assert there.scrap_weight == pytest.approx(here.scrap_weight, rel=1e-12)


def test_inputs_dearer_than_the_unit_cost_are_refused(tmp_path):
    def dear(name, rows):
        changed = {"input_share": 0.95, "unit_cost": 0.99}
        return [
            {**row, **changed} if row.get("stage") == "processing" and name == "costs" else row
            for row in rows
        ]

    with pytest.raises(InputError, match=r"refine_cobalt: inputs are 0\.95 of the value of sales"):
        made(worlds.paper_scenario(), worlds.copied(tmp_path, dear))


@pytest.mark.parametrize(("stage", "good"), [("component", "cell"), ("processing", "ore_copper")])
def test_goods_made_to_order_that_would_cost_nothing_are_refused(tmp_path, stage, good):
    def free(name, rows):
        return [
            {**row, "input_share": 0} if name == "costs" and row["stage"] == stage else row for row in rows
        ]

    with pytest.raises(InputError, match=r"(cell|device|ore_copper|ore_cobalt) has no price") as error:
        made(worlds.paper_scenario(), worlds.copied(tmp_path, free))
    assert good.split("_")[0] in str(error.value)
