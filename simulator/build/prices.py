"""Markets of a world as arrays: base prices, elasticities, shares of value, what waste is worth, variants."""

from __future__ import annotations

import numpy as np

from simulator.build.base_prices import ANY, BasePrices, unit_costs
from simulator.build.lay_out import Layout
from simulator.build.plan import Plan
from simulator.build.variants import make_variants
from simulator.world.market import Market, MarketRules
from simulator.world.state import Bools, Firms, Floats, Ints, Kind, Mode, Relations, Role, sums


def make_market(
    plan: Plan, firms: Firms, layout: Layout, relations: Relations, recipe: Floats, user_slot: Ints
) -> Market:
    """Markets at the base year.

    Parameters
    ----------
    plan : Plan
    firms : Firms
    layout : Layout
    relations : Relations
    recipe : (month, recipe) float
        Units of input per unit of good output, as in `Paths`.
    user_slot : (user,) int

    Returns
    -------
    Market

    Raises
    ------
    InputError
        When the tables do not carry the prices.
    """
    slots, value = layout.slots, plan.closure.value
    prices = BasePrices(plan)
    price = prices.array()
    kind = firms.kind[slots.firm]
    buys = (slots.role == Role.INPUT) & np.isin(kind, (Kind.CONVERT, Kind.USER, Kind.HOLDER))
    of_cell = _cells(slots.good[buys], firms.region[slots.firm[buys]], slots.base[buys], price.shape)
    good, region = np.nonzero(of_cell >= 0)
    slot_market = np.where(buys, of_cell[slots.good, firms.region[slots.firm]], -1)
    is_pushed = relations.mode == Mode.PUSH
    worth = slots.base * price[slots.good, firms.region[slots.firm]]
    is_input = slots.role == Role.INPUT
    sales = sums(slots.firm, np.where(is_input, 0.0, worth), len(firms))
    bought = np.where(is_input & np.isin(kind, (Kind.CONVERT, Kind.RECYCLE)), worth, 0.0)
    share = np.divide(bought, sales[slots.firm], out=np.zeros(len(slots)), where=sales[slots.firm] > 0)
    input_share = sums(slots.firm, share, len(firms))
    refined = np.array([plan.closure.goods[each]["kind"] == "refined" for each in plan.goods])
    saves = (slot_market >= 0) & (kind == Kind.CONVERT) & refined[slots.good]
    cell = np.where(is_pushed, -1, slot_market[relations.target])
    waste, scrap_weight = _waste(plan, prices, firms, layout, relations, cell)
    user_market = slot_market[user_slot]
    return Market(
        price=price, good=good, region=region, eta=_eta(plan)[good], cell=cell, slot_market=slot_market,
        value_share=np.where(kind == Kind.CONVERT, share, 0.0), input_share=input_share,
        unit_cost=unit_costs(plan, firms, input_share), sales=sales,
        curtails=_idles(firms, layout, refined),
        thrift=np.where(saves, value("thrift_elasticity"), 0.0),
        user_market=user_market,
        user_elasticity=np.full(len(user_market), value("product_demand_elasticity")),
        **waste,
        scrap_weight=scrap_weight,
        rules=_rules(plan),
        variants=make_variants(plan, prices, firms, layout, recipe, of_cell),
    )  # fmt: skip


def _cells(good: Ints, region: Ints, base: Floats, shape: tuple[int, ...]) -> Ints:
    """Market (good, region) of each cell that buys in the base year, else -1."""
    need = sums(good * shape[1] + region, base, shape[0] * shape[1])
    there = need > 0
    return np.where(there, np.cumsum(there) - 1, -1).reshape(shape)


def _idles(firms: Firms, layout: Layout, refined: Bools) -> Bools:
    """Firms that idle capacity when the price does not cover their cost: mines and makers of goods.

    Refiners stand with a thin margin between two markets that move: idled by it, they make both swing by 7 %
    for ever (tests/behaviour). What they cannot sell reaches the mines as missing orders.
    """
    slots = layout.slots
    refines = np.zeros(len(firms), dtype=bool)
    refines[slots.firm[(slots.role == Role.OUTPUT) & refined[slots.good]]] = True
    mines = np.isin(firms.kind, (Kind.SOURCE, Kind.BY_PRODUCT))
    return np.asarray(mines | ((firms.kind == Kind.CONVERT) & ~refines))


def _eta(plan: Plan) -> Floats:
    """Supply plus demand elasticity (good,) within the year; declared for goods of several materials."""
    value = plan.closure.value
    floor, default = value("eta_floor"), value("eta_default")
    out = np.full(len(plan.goods), default)
    for i, good in enumerate(plan.goods):
        material = plan.closure.goods[good]["material"]
        if material is not None:
            supply = _elasticity(plan, str(material), "supply")
            demand = _elasticity(plan, str(material), "demand")
            if supply is not None and demand is not None:
                out[i] = max(floor, supply + abs(demand))
    return out


def _elasticity(plan: Plan, material: str, kind: str) -> float | None:
    """Elasticity of a material, else of all; None where the table has neither."""
    table = plan.closure.tables["elasticities"]
    found = table.where(material=material, kind=kind) or table.where(material=ANY, kind=kind)
    return float(found[0]["value"]) if found else None


def _waste(
    plan: Plan, prices: BasePrices, firms: Firms, layout: Layout, relations: Relations, cell: Ints
) -> tuple[dict[str, Ints], Floats]:
    """What waste is worth: a row per pushed good and region, entries by market of what is made of it."""
    slots = layout.slots
    n_regions = len(plan.closure.regions)
    pushed = np.flatnonzero(relations.mode == Mode.PUSH)
    treated = np.flatnonzero((slots.role == Role.INPUT) & (firms.kind[slots.firm] == Kind.RECYCLE))
    code = slots.good * n_regions + firms.region[slots.firm]
    rows = np.unique(np.r_[code[relations.target[pushed]], code[treated]])
    entry, market, weight = _worth(plan, prices, rows, _sold(firms, layout, relations, cell))
    products = list(plan.closure.products)
    goods = [plan.closure.goods[plan.goods[row // n_regions]] for row in rows]
    is_old = [row["kind"] == "end_of_life" for row in goods]
    arrays = {
        "scrap_relation": pushed,
        "scrap_relation_row": np.searchsorted(rows, code[relations.target[pushed]]),
        "scrap_slot": treated,
        "scrap_slot_row": np.searchsorted(rows, code[treated]),
        "scrap_row": entry,
        "scrap_market": market,
        "scrap_product": np.array(
            [products.index(str(g["product"])) if old else -1 for g, old in zip(goods, is_old, strict=True)],
            dtype=np.int64,
        ),
        "scrap_region": rows % n_regions,
    }
    return arrays, weight


Sold = dict[tuple[int, int, int], list[tuple[int, float]]]
"""Markets and flows by process, region and material of recyclers."""


def _sold(firms: Firms, layout: Layout, relations: Relations, cell: Ints) -> Sold:
    """Where the recyclers of a process and region sell each refined material in the base year."""
    slots = layout.slots
    of = relations.source
    sells: Bools = (firms.kind[slots.firm[of]] == Kind.RECYCLE) & (relations.flow > 0) & (cell >= 0)
    chosen = np.flatnonzero(sells)
    firm = slots.firm[of[chosen]]
    keys = np.stack([firms.process[firm], firms.region[firm], slots.material[of[chosen]], cell[chosen]])
    unique, index = np.unique(keys, axis=1, return_inverse=True)
    flow = sums(index.ravel(), relations.flow[chosen], unique.shape[1])
    out: Sold = {}
    for (process, region, material, market), each in zip(unique.T.tolist(), flow.tolist(), strict=True):
        out.setdefault((process, region, material), []).append((market, each))
    return out


def _worth(plan: Plan, prices: BasePrices, rows: Ints, sold: Sold) -> tuple[Ints, Ints, Floats]:
    """Row, market and weight of each entry; no entries where nothing of value is recovered."""
    n_regions = len(plan.closure.regions)
    entry: list[int] = []
    market: list[int] = []
    weight: list[float] = []
    for i, row in enumerate(rows.tolist()):
        good, region = plan.goods[row // n_regions], row % n_regions
        process = plan.closure.treats(good)
        recovered = prices.recovered(good)
        if process is None:
            continue
        places = {
            m: sold[plan.process_code[process], region, m]
            for m in np.flatnonzero(recovered > 0).tolist()
            if (plan.process_code[process], region, m) in sold
        }
        whole = sum(float(recovered[m]) for m in places)
        for m, found in places.items():
            flow = sum(each for _, each in found)
            for where, each in found:
                entry.append(i)
                market.append(where)
                weight.append(float(recovered[m]) / whole * each / flow)
    return np.array(entry, dtype=np.int64), np.array(market, dtype=np.int64), np.array(weight)


def _rules(plan: Plan) -> MarketRules:
    value, rules = plan.closure.value, plan.scenario.rules
    return MarketRules(
        moves=rules.prices,
        has_curtailment=rules.curtailment,
        has_thrifting=rules.thrifting,
        has_variants=rules.variants,
        has_demand_response=rules.demand_response,
        has_collection_response=rules.collection_response,
        tau_price=value("tau_price_days"),
        tau_gap=value("tau_gap_days"),
        tau_flow=value("tau_flow_days"),
        tau_used=value("tau_used_days"),
        limit=value("price_limit"),
        reach=value("market_reach"),
        curtail_band=value("curtail_band"),
        tau_thrift=value("tau_thrift_days"),
        thrift_floor=value("thrift_floor"),
        thrift_hysteresis=value("thrift_hysteresis"),
        tau_demand=value("tau_demand_days"),
        tau_variant=value("tau_variant_days"),
        variant_response=value("variant_response"),
        collection_elasticity=value("collection_elasticity"),
        tau_collection=value("tau_collection_days"),
        exit_rate=value("exit_rate_per_year"),
        exit_from=value("exit_from"),
        exit_band=value("exit_band"),
    )
