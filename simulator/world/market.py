"""Prices: tightness, cost push, curtailment, saving, substitution (docs/model.md, section Prices)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simulator.world.state import Bools, Floats, Ints, sums

SCARCEST = 0.05
"""Smallest supply, as a share of need, that tightness is reckoned with."""


@dataclass(frozen=True)
class MarketRules:
    """Parameters of prices and of the responses to them; time constants in days.

    Attributes
    ----------
    moves : bool
        Prices move; else they stay at 1.
    limit : float [1]
        Largest distance of a target price from its cost, as a logarithm.
    reach : float [1]
        Part of supply and stocks that any buyer in the world can reach, whoever it buys from today.
    curtail_band : float [1]
        Margin, as a logarithm, below which a firm idles a part of its capacity.
    exit_rate : float [1/yr]
        Capacity given up in a lasting glut; starts at `exit_from` and is full `exit_band` below it.
    """

    moves: bool
    has_curtailment: bool
    has_thrifting: bool
    has_variants: bool
    has_demand_response: bool
    has_collection_response: bool
    tau_price: float
    tau_gap: float
    tau_flow: float
    tau_used: float
    limit: float
    reach: float
    curtail_band: float
    tau_thrift: float
    thrift_floor: float
    thrift_hysteresis: float
    tau_demand: float
    tau_variant: float
    variant_response: float
    collection_elasticity: float
    tau_collection: float
    exit_rate: float
    exit_from: float
    exit_band: float


@dataclass(frozen=True)
class Variants:
    """Variants of one product whose shares move with what their materials cost.

    Attributes
    ----------
    product : int
    share : (month, variant) float [1]
        Shares of the data.
    content : (month, variant, material) float [t/unit]
        Content of each variant; its mix is the recipe of the data. Materials in the order of `materials`.
    materials : (material of the product,) int
    market : (region, material of the product) int
        Market in which makers of the region buy the refined material, -1 where they do not.
    value : (material of the product,) float [USD/t]
        Base price of the refined material.
    unit_price : float [USD/unit]
        Base price of the good that is made with the materials (product or its component).
    slots : (slot,) int
        Input slots whose recipe follows the mix.
    slot_region, slot_column : (slot,) int
        Region of each, and the material as a position in `materials`.
    """

    product: int
    share: Floats
    content: Floats
    materials: Ints
    market: Ints
    value: Floats
    unit_price: float
    slots: Ints
    slot_region: Ints
    slot_column: Ints


@dataclass(frozen=True)
class Market:
    """Where prices form: one market per good and region of buyers that needs it in the base year.

    Attributes
    ----------
    price : (good, region) float [USD/unit]
        Price of the base year; consistent along the chain. Differs by region for waste and scrap only.
    good, region : (market,) int
    eta : (market,) float [1]
        Short-run supply plus demand elasticity.
    cell : (relation,) int
        Market of the relation; -1 where goods are pushed, or nobody in the region needs the good at base.
    slot_market : (slot,) int
        Market in which an input slot buys, -1 for other slots and for pushed goods.
    value_share : (slot,) float [1]
        Base purchases on the slot over the firm's base sales; inputs of converting firms, else 0.
    input_share : (firm,) float [1]
        Sum of `value_share`; for recyclers the value of the waste they buy over their sales.
    unit_cost : (firm,) float [1]
        Total cost of a unit over its base price; above `input_share`, at most `unit_cost_max`.
    sales : (firm,) float [USD/d]
        Base sales.
    curtails : (firm,) bool
        Idles capacity when the price does not cover its cost: mines and makers, no by-products or recyclers.
    thrift : (slot,) float [1]
        Long-run elasticity of the use of a refined material per unit of output; 0 where the recipe is fixed.
    user_market : (user,) int
    user_elasticity : (user,) float [1]
        Fall of demand per rise of the product's price (logarithms).
    scrap_relation, scrap_slot : (item,) int
        Pushed relations and the recyclers' slots behind them; `scrap_relation_row`, `scrap_slot_row` give
        the row of each: one per pushed good and region.
    scrap_row, scrap_market, scrap_weight : (entry,) int, int, float [1]
        Share of each refined material's market in the value of waste, rows summing to 1.
    scrap_product : (row,) int
        Product whose waste it is, -1 for new scrap.
    scrap_region : (row,) int
    variants : tuple of Variants
    rules : MarketRules
    """

    price: Floats
    good: Ints
    region: Ints
    eta: Floats
    cell: Ints
    slot_market: Ints
    value_share: Floats
    input_share: Floats
    unit_cost: Floats
    sales: Floats
    curtails: Bools
    thrift: Floats
    user_market: Ints
    user_elasticity: Floats
    scrap_relation: Ints
    scrap_relation_row: Ints
    scrap_slot: Ints
    scrap_slot_row: Ints
    scrap_row: Ints
    scrap_market: Ints
    scrap_weight: Floats
    scrap_product: Ints
    scrap_region: Ints
    rules: MarketRules
    variants: tuple[Variants, ...] = field(default=())

    def __len__(self) -> int:
        """Number of markets."""
        return len(self.eta)


@dataclass(frozen=True)
class Caps:
    """Limits on what may leave over groups of relations together.

    Attributes
    ----------
    group : (relation,) int
        Limit that the relation falls under, -1 for none.
    limit : (month, group) float [unit/d]
        Infinite where nothing is limited.
    home : (relation,) bool
        Relations inside the region of a capped supplier: what may not leave is sold there.
    """

    group: Ints
    limit: Floats
    home: Bools


def capped_share(group: Ints, asked: Floats, limit: Floats) -> Floats:
    """Part of what is asked on each relation that its limit allows.

    Parameters
    ----------
    group : (relation,) int
        -1 where there is no limit.
    asked : (relation,) float [unit/d]
    limit : (group,) float [unit/d]

    Returns
    -------
    (relation,) float [1]

    Source
    ------
    Proportional rationing of a quota; proposal of this project.
    """
    whole = sums(group + 1, asked, len(limit) + 1)
    whole[0] = 0.0
    share = np.ones(len(limit) + 1)
    np.divide(np.r_[1.0, limit], whole, out=share, where=whole > np.r_[np.inf, limit])
    return np.asarray(share[group + 1])


def supply_by_relation(need: Floats, supply: Floats, source: Ints) -> tuple[Floats, Floats]:
    """Supply that each relation can count on: the supplier's, split by need.

    Parameters
    ----------
    need : (relation,) float [unit/d]
    supply : (slot,) float [unit/d]
    source : (relation,) int

    Returns
    -------
    (relation,) float [unit/d]
    (slot,) float [unit/d]
        Need by supplier.

    Source
    ------
    Proposal of this project.
    """
    asked = sums(source, need, len(supply))
    rate = np.divide(supply, asked, out=np.zeros_like(supply), where=asked > 0)
    return need * rate[source], asked


def keep_home(
    supply: Floats, need: Floats, allowed: Floats, source: Ints, home: Bools, n_slots: int
) -> Floats:
    """Supply by relation when limits hold a part of it back: what may not leave is offered at home.

    Parameters
    ----------
    supply, need : (relation,) float [unit/d]
    allowed : (relation,) float [1]
        Part of the need that limits allow; supply never exceeds it.
    source : (relation,) int
    home : (relation,) bool
    n_slots : int

    Returns
    -------
    (relation,) float [unit/d]

    Source
    ------
    Proposal of this project; an export control parts the price at home from that abroad.
    """
    may = np.where(allowed < 1, np.minimum(supply, allowed * need), supply)
    excess = sums(source, supply - may, n_slots)
    at_home = sums(source, need * home, n_slots)
    rate = np.divide(excess, at_home, out=np.zeros_like(excess), where=at_home > 0)
    return np.asarray(may + need * home * rate[source])


def reach_world(amount: Floats, need: Floats, good: Ints, apart: Bools, reach: float) -> Floats:
    """Supply (or stock) of each market when a part of it can be reached from everywhere.

    Without this, prices of one good in two regions stay apart for decades although nothing hinders trade, and
    small markets swing (tests/laws).

    Parameters
    ----------
    amount, need : (market,) float [unit/d]
    good : (market,) int
    apart : (market,) bool
        Cut off by a limit on exports: neither reaches the world nor is reached.
    reach : float [1]

    Returns
    -------
    (market,) float [unit/d]
        Sums to the amount by good.

    Source
    ------
    Law of one price through arbitrage; the form is a proposal of this project.
    """
    n = int(good.max(initial=0)) + 1
    open_need = np.where(apart, 0.0, need)
    whole, asked = sums(good, np.where(apart, 0.0, amount), n), sums(good, open_need, n)
    mean = np.divide(whole, asked, out=np.zeros(n), where=asked > 0)[good]
    return np.asarray(np.where(apart, amount, (1 - reach) * amount + reach * open_need * mean))


def tightness(flow: Floats, need: Floats, supply: Floats, gain: float) -> Floats:
    """Smoothed logarithm of need over supply.

    Parameters
    ----------
    flow : (market,) float [1]
        Of the step before.
    need, supply : (market,) float [unit/d]
        A market without need keeps its value.
    gain : float [1]

    Returns
    -------
    (market,) float [1]

    Source
    ------
    Proposal of this project.
    """
    there = need > 0
    ratio = np.ones_like(need)
    np.divide(need, np.maximum(supply, SCARCEST * need), out=ratio, where=there)
    return np.where(there, flow + gain * (np.log(ratio) - flow), flow)


def target_price(
    log_cost: Floats, flow: Floats, gap: Floats, eta: Floats, tau_gap: float, limit: float
) -> Floats:
    """Logarithm of the price that balances a market.

    Parameters
    ----------
    log_cost : (market,) float [1]
        Cost push of its suppliers.
    flow : (market,) float [1]
        Smoothed tightness.
    gap : (market,) float [d]
        Stock missing at buyers and suppliers, in days of need.
    eta : (market,) float [1]
    tau_gap : float [d]
    limit : float [1]

    Returns
    -------
    (market,) float [1]

    Source
    ------
    Isoelastic clearing, ln P = ln(need/supply) / (supply + |demand| elasticity); the stock term is a
    proposal of this project.
    """
    return np.asarray(log_cost + np.clip(flow / eta + gap / tau_gap, -limit, limit))


def used_capacity(used: Floats, log_price: Floats, log_cost: Floats, band: float, gain: float) -> Floats:
    """Part of capacity in use: falls smoothly as the price nears the unit cost.

    Parameters
    ----------
    used : (firm,) float [1]
    log_price, log_cost : (firm,) float [1]
        Of a unit, relative to its base price.
    band : float [1]
        Margin below which a firm starts to idle.
    gain : float [1]

    Returns
    -------
    (firm,) float [1]

    Source
    ------
    Proposal of this project; on/off idling makes prices cycle (tests/laws).
    """
    target = np.clip((log_price - log_cost) / band, 0.0, 1.0)
    return np.asarray(used + gain * (target - used))


def save_material(
    level: Floats, smooth: Floats, elasticity: Floats, floor: float, down: float, up: float
) -> Floats:
    """Use of a material per unit of output after saving ("thrifting"), slow to come back.

    Parameters
    ----------
    level : (item,) float [1]
    smooth : (item,) float [1]
        Smoothed logarithm of the price.
    elasticity : (item,) float [1]
    floor : float [1]
    down, up : float [1]
        Gains while use falls and while it rises.

    Returns
    -------
    (item,) float [1]

    Source
    ------
    Hysteresis after palladium 2000 and the rare earths of 2010 (use stayed low when the price was back);
    form: proposal of this project.
    """
    target = np.maximum(floor, np.exp(-elasticity * np.maximum(0.0, smooth)))
    return np.asarray(level + np.where(target < level, down, up) * (target - level))


def variant_scores(
    content: Floats, value: Floats, log_price: Floats, unit_price: float, response: float
) -> Floats:
    """Pull away from variants whose materials have become dear.

    Parameters
    ----------
    content : (variant, material) float [t/unit]
    value : (material,) float [USD/t]
        Base prices.
    log_price : (region, material) float [1]
    unit_price : float [USD/unit]
        Base price of what is made with them.
    response : float [1]
        Logit response to cost over the base price.

    Returns
    -------
    (region, variant) float [1]
        0 at base prices.

    Source
    ------
    Multinomial logit on cost, McFadden 1974 (recalled).
    """
    dearer = np.expm1(log_price) * value / unit_price
    return np.asarray(-response * (dearer @ content.T))


def mix_factor(share: Floats, content: Floats, score: Floats) -> Floats:
    """Content of the shifted mix of variants over that of the data.

    Parameters
    ----------
    share : (variant,) float [1]
    content : (variant, material) float [t/unit]
    score : (region, variant) float [1]

    Returns
    -------
    (region, material) float [1]
        Exactly 1 where all scores of the region are equal.

    Source
    ------
    Multinomial logit around observed shares.
    """
    shift = score - score.max(axis=1, keepdims=True)
    weight = share * np.exp(shift)
    new = weight / weight.sum(axis=1, keepdims=True)
    base = share @ content
    factor = np.divide(new @ content, base, out=np.ones((len(score), content.shape[1])), where=base > 0)
    factor[(shift == 0).all(axis=1)] = 1.0
    return factor


def given_up(margin: Floats, rate: float, start: float, band: float) -> Floats:
    """Yearly share of capacity given up where prices stay below base.

    Parameters
    ----------
    margin : (firm,) float [1]
        Smoothed logarithm of price over cost push.
    rate : float [1/yr]
    start, band : float [1]

    Returns
    -------
    (firm,) float [1/yr]

    Source
    ------
    Proposal of this project: without exit one glut holds the price down for decades (tests/laws).
    """
    return np.asarray(rate * np.clip((-margin - start) / band, 0.0, 1.0))
