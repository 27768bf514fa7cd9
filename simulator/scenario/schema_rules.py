"""What a scenario may say about the rules by which firms act."""

from __future__ import annotations

from typing import Literal

from simulator.scenario.parts import Part, said


class Rules(Part):
    """Rules of the firms that can be switched."""

    allocation: Literal["proportional", "largest", "essential", "oldest"] = said(
        "Who is served first when stock is short.", "proportional", default="proportional"
    )
    spot: bool = said("Unfilled orders are asked of other known suppliers.", True, default=True)
    switching: bool = said("Buyers move shares to suppliers that deliver.", True, default=True)
    overtime: bool = said("Capacity may be exceeded by the process's overtime.", True, default=True)
    trend: bool = said("Forecasts follow a trend.", True, default=True)
    stock_change: Literal["until_end", "forever"] = said(
        "Traders' build-up of stocks in the base year ends (assumption `stock_change_end_year`), or goes on.",
        "until_end",
        default="until_end",
    )
    prices: bool = said("Prices move; `false`: all stay at the base year's.", True, default=True)
    finance: bool = said(
        "Firms have accounts and fail without money; `false`: money limits nothing.", True, default=True
    )
    births: bool = said("New enterprises take over capacity of failed ones.", True, default=True)
    curtailment: bool = said(
        "Response to price: firms idle capacity whose cost is above the price.", True, default=True
    )
    thrifting: bool = said(
        "Response to price: firms use less of a dear material for each unit.", True, default=True
    )
    variants: bool = said(
        "Response to price: makers move to variants of a product that need less of what is dear.",
        True,
        default=True,
    )
    demand_response: bool = said(
        "Response to price: final users buy fewer of dear products.", True, default=True
    )
    collection_response: bool = said(
        "Response to price: collectors get more of dear end-of-life products.", True, default=True
    )
    illicit_trade: bool = said(
        "Goods evade quotas and duties, the more the more it pays; exports are then declared in part only.",
        True,
        default=False,
    )
    hoarding: bool = said(
        "Buyers aim at more stock when a shortage is announced or deliveries fall short.",
        True,
        default=False,
    )
