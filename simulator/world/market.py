"""Where prices form, and what they act on: static arrays of a world (docs/model.md, section Prices)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulator.world.state import Bools, Floats, Ints
from simulator.world.trade_events import Restrictions


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
        Idles capacity when the price does not cover its cost: mines and makers, no refiners or recyclers.
        What by-product makers idle stays in the host's residue.
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
    group : (layer, relation) int
        Limits that the relation falls under, one in each layer, -1 for none; the strictest holds.
    limit : (month, group) float [unit/d]
        Infinite where nothing is limited.
    shown : Restrictions, optional
        What the limits mean, for the result.
    open_part : (month, group) float [1], optional
        Part of the month without the limit, on which what is asked leaves; none if left out.
    """

    group: Ints
    limit: Floats
    shown: Restrictions | None = None
    open_part: Floats | None = None

    @cached_property
    def binds(self) -> Bools:
        """Months (month,) in which anything is limited."""
        return np.asarray(np.isfinite(self.limit).any(axis=1))

    def free(self, month: int) -> Floats:
        """Part of the month (group,) [1] without the limit."""
        return np.zeros(self.limit.shape[1]) if self.open_part is None else self.open_part[month]
