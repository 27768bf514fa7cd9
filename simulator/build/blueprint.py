"""From labels to arrays: the calibrated world that a member runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulator.build.access import find_partners, make_access
from simulator.build.agents import lay_slots
from simulator.build.business import make_business
from simulator.build.credit import make_credit
from simulator.build.exogenous import make_paths, make_use, product_content
from simulator.build.held import relations_of
from simulator.build.lay_out import NODE, Layout, lay_agents, make_firms, make_slots
from simulator.build.network import Network
from simulator.build.plan import Plan
from simulator.build.shocks import make_losses, make_outages, with_shocks
from simulator.build.trade_events import add_trade_events, trade_events
from simulator.terms import FIRM_STAGES
from simulator.world.economy import Economy
from simulator.world.state import Blueprint, Firms, Ints, Kind, Labels, Process, Relations, Role, Rules

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario
    from simulator.scenario.tables import Row, Tables
    from simulator.world.policies import Policies


@dataclass(frozen=True)
class Built:
    """A world ready to run and what its making showed.

    Attributes
    ----------
    blueprint : Blueprint
    plan : Plan
    n_added : int
        Relations added so that the network fits.
    """

    blueprint: Blueprint
    plan: Plan
    n_added: int


def build(scenario: Scenario, tables: Tables, member: int = 0) -> Built:
    """Calibrate the base year and lay out the world.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
    member : int
        Member of the ensemble: it has random streams of its own, 0 those of a run without one.

    Returns
    -------
    Built

    Raises
    ------
    InputError
        When the tables do not carry the world.
    """
    plan = Plan(scenario, tables, member)
    agents, batch = lay_agents(plan)
    slot_list = lay_slots(plan.sectors, agents, batch)
    network = Network(plan.closure, plan.sectors, agents, slot_list)
    relations = relations_of(network, plan.goods)
    layout = make_slots(plan, agents, slot_list, relations)
    firms = make_firms(plan, agents)
    access = make_access(plan, firms)
    relations = find_partners(plan, network, firms, relations, access)
    sources: dict[int, Ints] = {}
    if scenario.policies:
        from simulator.build.policy_sources import add_sources

        relations, sources = add_sources(plan, network, firms, relations)
    alliance = None
    if scenario.alliance is not None:
        from simulator.build.alliance import make_alliance

        alliance, relations = make_alliance(plan, scenario.alliance, network, firms, layout.slots, relations)
    world = _blueprint(plan, firms, layout, relations)
    world = replace(
        world,
        economy=replace(
            _economy(plan, world, layout),
            access=access,
            business=make_business(plan, firms, layout),
            alliance=alliance,
            policies=_policies(plan, world, sources),
            losses=make_losses(plan, firms, layout.slots),
        ),
    )
    return Built(world, plan, network.n_added)


def _policies(plan: Plan, world: Blueprint, sources: dict[int, Ints]) -> Policies | None:
    """Policies of the scenario; None where it has none."""
    if not plan.scenario.policies:
        return None
    from simulator.build.policies import make_policies

    return make_policies(plan, world, sources)


def _economy(plan: Plan, world: Blueprint, layout: Layout) -> Economy:
    """Parts of the economy that the scenario has; a part that it does not have is not there."""
    scenario, firms, relations = plan.scenario, world.firms, world.relations
    rules = scenario.rules
    economy = Economy()
    invests = "invest" in scenario.capacity.model_dump().values()
    if rules.prices or rules.finance or invests:
        from simulator.build.prices import make_market

        market = make_market(plan, firms, layout, relations, world.paths.recipe, world.user_slot)
        economy = replace(economy, market=market)
        if rules.finance:
            from simulator.build.money import make_finance

            economy = replace(economy, finance=make_finance(plan, firms, layout.slots, relations, market))
        if invests:
            from simulator.build.expansion import make_expansion

            economy = replace(economy, expansion=make_expansion(plan, firms, market))
    if scenario.projects is not None:
        from simulator.build.projects import make_pipeline

        economy = replace(economy, projects=make_pipeline(plan, economy.market))
    if trade_events(plan):
        economy = add_trade_events(plan, economy, firms, layout.slots, relations, world.paths)
        if rules.illicit_trade:
            from simulator.build.evasion import add_evasion

            economy = add_evasion(plan, economy, firms, layout.slots, relations, world.paths)
    if rules.hoarding:
        from simulator.build.precaution import add_precaution

        economy = add_precaution(plan, economy, firms, layout.slots, relations, world.paths)
    return replace(economy, credit=make_credit(plan, firms))


def _blueprint(plan: Plan, firms: Firms, layout: Layout, relations: Relations) -> Blueprint:
    closure, slots = plan.closure, layout.slots
    kind = firms.kind[slots.firm]
    products = list(closure.products)
    place = {item: i for i, item in enumerate(plan.processes)}
    user_slot = np.flatnonzero(kind == Kind.USER)
    user_slot = user_slot[np.argsort(firms.sector[slots.firm[user_slot]])]  # the order of demand paths
    user_firm = slots.firm[user_slot]
    user_product = firms.process[user_firm] - place[products[0]]
    user_region = firms.region[user_firm]
    displaced = np.array([plan.sectors.recovery.displaced[p] for p in products])
    holder_slot = np.flatnonzero((kind == Kind.HOLDER) & (slots.role == Role.INPUT))
    holder_slot = holder_slot[np.argsort(firms.sector[slots.firm[holder_slot]])]
    collector_slot = np.flatnonzero((kind == Kind.COLLECT) & (slots.role == Role.OUTPUT))
    collector_firm = slots.firm[collector_slot]
    good_rows = {str(row["good"]): row for row in closure.tables["goods"]}
    good_product = np.array([_product_code(plan, good_rows[g], products) for g in plan.goods])
    collector_product = good_product[slots.good[collector_slot]]
    to_outside = np.isin(firms.kind[slots.firm[relations.target]], (Kind.USER, Kind.HOLDER))
    scrap_rows = np.array([good.startswith("scrap_") for (_, good, _) in layout.treatments] or [False])
    essential = essential_products(plan)
    is_input = (kind == Kind.CONVERT) & (slots.role == Role.INPUT)
    takes_refined = is_input & np.isin(slots.good, _refined(plan))
    return Blueprint(
        n_materials=len(closure.materials), n_regions=len(closure.regions), n_goods=len(plan.goods),
        n_sectors=len(plan.items), n_months=closure.n_months, firms=firms, slots=slots, relations=relations,
        processes=_process_arrays(plan),
        paths=with_shocks(plan, make_paths(plan, layout)),
        use=make_use(plan), rules=_rules(plan), outages=make_outages(plan, firms),
        origin_mix=layout.mix,
        host_sector=np.array([item.host for item in plan.items]),
        user_firm=user_firm, user_product=user_product, user_region=user_region,
        user_slot=user_slot,
        user_displaced=displaced[user_product, user_region],
        holder_slot=holder_slot,
        outside_orders=np.flatnonzero(to_outside & (relations.flow > 0)),
        collector_firm=collector_firm, collector_slot=collector_slot,
        collector_cell=collector_product * len(closure.regions) + firms.region[collector_firm],
        first_tier_slot=np.flatnonzero(takes_refined),
        refined_good=_refined(plan), good_product=good_product,
        essential=np.array([_serves(plan, g, essential) for g in plan.goods]),
        treatment_is_scrap=scrap_rows,
        stage_node=np.array([NODE[stage] for stage in FIRM_STAGES]),
        product_content=product_content(plan), start=closure.start, labels=_labels(plan),
    )  # fmt: skip


def _refined(plan: Plan) -> Ints:
    return np.array([plan.good_code[plan.sectors.refined[m]] for m in plan.closure.materials])


def _product_code(plan: Plan, row: Row, products: list[str]) -> int:
    name = row["product"]
    for i, p in enumerate(products):
        if name == p or name in plan.closure.products[p].components:
            return i
    return -1


def essential_products(plan: Plan) -> dict[str, bool]:
    """Whether each product of the world is essential: as the scenario says, else as the table does."""
    stated, names = plan.scenario.essential, plan.closure.products
    if stated is not None:
        return {name: name in stated for name in names}
    return {name: bool(plan.closure.tables["products"].one(product=name)["is_essential"]) for name in names}


def _serves(plan: Plan, good: str, essential: dict[str, bool]) -> bool:
    """Whether a good is an essential product or a component of one."""
    products = plan.closure.products.values()
    return any(essential[p.name] for p in products if good == p.name or good in p.components)


def _process_arrays(plan: Plan) -> Process:
    closure = plan.closure
    n = len(plan.processes)
    good, scrap, node = np.ones(n), np.zeros(n), np.zeros(n, dtype=np.int64)
    for i, name in enumerate(plan.processes):
        row = closure.processes.get(name)
        if row is None:
            continue
        good[i] = plan.sectors.refining_yield.get(name, closure.process_yield(name))
        scrap[i] = float(row["new_scrap_share"])
        node[i] = NODE[str(row["loss_fate"])]
    return Process(good, scrap, node)


def _rules(plan: Plan) -> Rules:
    value, rules = plan.closure.value, plan.scenario.rules
    ends = rules.stock_change == "until_end"
    return Rules(
        tau_level=value("tau_level_days"),
        tau_trend=value("tau_trend_days"),
        tau_damping=value("tau_damping_days"),
        tau_order=value("tau_order_days"),
        tau_habit=value("tau_habit_days"),
        switching=value("switching_per_month"),
        switching_floor=value("switching_floor"),
        notice=value("switching_notice"),
        spot_reserve=value("spot_reserve"),
        patience=value("patience_days"),
        stock_cap=value("supply_stock_cap"),
        release=value("stock_release_days"),
        reserve_years=value("deficit_stock_years") if ends else float(plan.closure.n_months),
        allocation=rules.allocation,
        has_spot=rules.spot,
        has_switching=rules.switching,
        has_overtime=rules.overtime,
        has_trend=rules.trend,
        end_of_life_frozen=plan.scenario.end_of_life == "frozen",
    )


def _labels(plan: Plan) -> Labels:
    closure = plan.closure
    goods = {str(row["good"]): row for row in closure.tables["goods"]}
    unit, stage = [], []
    for name in plan.processes:
        row = closure.processes.get(name)
        output = plan.chain.outputs.get(name, [""])
        unit.append("t" if len(output) != 1 or output[0] not in goods else str(goods[output[0]]["unit"]))
        stage.append(str(row["stage"]) if row else "use")
    return Labels(
        materials=tuple(closure.materials), regions=tuple(closure.regions), processes=tuple(plan.processes),
        goods=tuple(plan.goods), products=tuple(closure.products),
        good_unit=tuple(str(goods[g]["unit"]) for g in plan.goods),
        product_unit=tuple(p.unit for p in closure.products.values()),
        process_unit=tuple(unit), process_stage=tuple(stage),
        sectors=tuple((plan.process_code[item.process], item.region) for item in plan.items),
    )  # fmt: skip
