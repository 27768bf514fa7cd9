"""Policies of a scenario: static arrays of a world (docs/model.md, section Policies)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.world.business import Service
from simulator.world.state import Bools, Floats, Ints


@dataclass(frozen=True)
class Mandate:
    """Least share of secondary material for some makers.

    Attributes
    ----------
    policy : int
    slots : (slot,) int
        Inputs of refined material that it covers.
    least : (month, slot) float [1]
    cell : (slot,) int
        Region, product and material of each, as one code.
    premium : float [1]
        Cost of certified material over its price.
    """

    policy: int
    slots: Ints
    least: Floats
    cell: Ints
    premium: float


@dataclass(frozen=True)
class Reserve:
    """A reserve of refined material at its users.

    Attributes
    ----------
    policy : int
    slots : (slot,) int
        Inputs that hold it.
    cell : (slot,) int
        Region and material of each, as one code: what is released together.
    days : (month,) float [d]
        Target, in days of need.
    build_days, release_days : float [d]
    release_price : float [1]
    release_cover : float [d]
    holding : float [1/yr]
    """

    policy: int
    slots: Ints
    cell: Ints
    days: Floats
    build_days: float
    release_days: float
    release_price: float
    release_cover: float
    holding: float


@dataclass(frozen=True)
class Limit:
    """Largest share of a good that a buyer may take from one foreign region.

    Attributes
    ----------
    policy : int
    covers : (slot,) bool
        Inputs of all slots of the world.
    most : (month,) float [1]
    added : (source,) int
        Relations to suppliers qualified for it.
    cost : float [USD]
        Of one of them.
    """

    policy: int
    covers: Bools
    most: Floats
    added: Ints
    cost: float


@dataclass(frozen=True)
class Fee:
    """Subsidy, tax or gate fee.

    Attributes
    ----------
    policy : int
    firms : (firm,) bool
    value : (month,) float [1 or USD/unit]
        Above 0: paid to firms.
    of_sales : bool
        The value is a share of sales.
    """

    policy: int
    firms: Bools
    value: Floats
    of_sales: bool


@dataclass(frozen=True)
class Charge:
    """Cost of a policy by what collectors take, users get or time, in the region where it falls.

    Attributes
    ----------
    policy : int
    kind : str
        `collected` or `sold`: by unit; `time`: by day, in the regions that have an office for it.
    rate : (month, product, region) float [USD/unit], or (month, region) float [USD/d]
    payer : str
        Of `terms.ACCOUNTS`.
    """

    policy: int
    kind: str
    rate: Floats
    payer: str


@dataclass(frozen=True)
class Support:
    """Help to do without a material.

    Attributes
    ----------
    policy : int
    slots : (slot,) int
        Inputs whose recipes can respond.
    strength : (month,) float [1]
    cost : float [1]
        For a doubled response, over purchases.
    """

    policy: int
    slots: Ints
    strength: Floats
    cost: float


@dataclass(frozen=True)
class Moratorium:
    """Firms that are protected from insolvency.

    Attributes
    ----------
    policy : int
    firms : (firm,) bool
    holds : (month,) bool
    """

    policy: int
    firms: Bools
    holds: Bools


@dataclass(frozen=True)
class Policies:
    """Policies of a scenario. What could be known before the run is in the paths already.

    Attributes
    ----------
    n : int
        Policies that the scenario names, active or not.
    fates : (month, product, region, fate) float [1] or None
        Where uncollected products go when bans hold.
    services : tuple of Service
        Products that live longer by law; they stay their users'.
    lead : (month, firm) int [month] or None
        What permits add to the lead time of firms' own investment.
    variant_gain : (month, product, region) float [1] or None
        Factor on the response of the mix of variants.
    product_of : (slot,) int
        Product that the slot's firm works for, -1 for none.
    base_price : (good,) float [USD/unit]
        Of the base year; 0 for waste. Costs are reckoned with it where prices are not followed.
    """

    n: int
    product_of: Ints
    base_price: Floats
    mandates: tuple[Mandate, ...] = ()
    reserves: tuple[Reserve, ...] = ()
    limits: tuple[Limit, ...] = ()
    fees: tuple[Fee, ...] = ()
    charges: tuple[Charge, ...] = ()
    supports: tuple[Support, ...] = ()
    moratoria: tuple[Moratorium, ...] = ()
    fates: Floats | None = None
    services: tuple[Service, ...] = ()
    lead: Ints | None = None
    variant_gain: Floats | None = None
