"""What a scenario may say about recovery: collection, routes, yields, new scrap."""

from __future__ import annotations

from typing import Literal

from simulator.scenario.dated import Rate
from simulator.scenario.parts import ANY, PRODUCT_TEXT, REGION_TEXT, Part, Row, said

_REGION, _PRODUCT = REGION_TEXT, PRODUCT_TEXT


class CollectionRate(Row):
    """Share of end-of-life products that collectors get."""

    product: str = said(_PRODUCT, "ev_battery", allowed="a product of the world, or *")
    region: str = said(_REGION, "EU27", default=ANY, allowed="a region of the world, or *")
    value: Rate = said("Collected over end-of-life.", {"2031-01-01": 0.9, "interpolate": "linear"}, unit="1")


class RouteShare(Row):
    """Share of collected products that takes a route."""

    product: str = said(_PRODUCT, "ev_battery", allowed="a product of the world, or *")
    region: str = said(_REGION, "EU27", default=ANY, allowed="a region of the world, or *")
    route: Literal["repair", "remanufacture", "recycling", "disposal"] = said(
        "Where the collected product goes. The shares of a product's routes sum to at most 1.", "repair"
    )
    value: Rate = said("Share of what was collected.", 0.05, unit="1")


class RecyclingYield(Row):
    """Share of a material in treated goods that recyclers recover."""

    process: str = said(
        "Recycling process, or `*` for all.", "recycle_battery", allowed="a recycling process, or *"
    )
    good: str = said(
        "Good treated (`eol_<product>` or `scrap_<good>`), or `*` for all.",
        "*",
        default=ANY,
        allowed="eol_<product>, scrap_<good>, or *",
    )
    material: str = said(
        "Material of the world, or `*` for all.", "lithium", allowed="a material of the world, or *"
    )
    region: str = said(_REGION, "*", default=ANY, allowed="a region of the world, or *")
    value: Rate = said("Recovered over content treated.", 0.8, unit="1")


class NewScrapShare(Row):
    """Share of manufacturers' scrap that reaches recyclers."""

    good: str = said(
        "New scrap (`scrap_<good>`), or `*` for all.", "scrap_ev_cell", allowed="scrap_<good>, or *"
    )
    region: str = said(_REGION, "*", default=ANY, allowed="a region of the world, or *")
    value: Rate = said("Share that reaches recyclers; the rest is lost.", 0.95, unit="1")


class Recovery(Part):
    """Recovery rates: the heart of a scenario. What is not said here keeps the value of inputs/."""

    collection: tuple[CollectionRate, ...] = said(
        "Collection rates.", [{"product": "ev_battery", "value": 0.9}], default=()
    )
    routing: tuple[RouteShare, ...] = said(
        "Ways of collected products.",
        [{"product": "ev_battery", "route": "repair", "value": 0.05}],
        default=(),
    )
    yields: tuple[RecyclingYield, ...] = said(
        "Recycling yields.", [{"process": "recycle_battery", "material": "lithium", "value": 0.8}], default=()
    )
    new_scrap: tuple[NewScrapShare, ...] = said(
        "New scrap that reaches recyclers.", [{"good": "scrap_ev_cell", "value": 0.95}], default=()
    )
