"""Policies: static arrays of a world, and the rules by which they act (docs/model.md, section Policies)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.world.business import Service
from simulator.world.state import Bools, Floats, Ints, sums

ROUNDS = 8
"""Rounds in which what exceeds a cap is handed to others; each fills at least one region."""


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
    """Cost of a policy by what collectors take, users get or time.

    Attributes
    ----------
    policy : int
    kind : str
        `collected` or `sold`: by unit; `time`: by day.
    rate : (month, product, region) float [USD/unit], or (month,) float [USD/d]
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


def lifted_by_deposit(rate: Floats, deposit: Floats, worth: float, elasticity: float) -> Floats:
    """Collection rate when users get money back.

    Parameters
    ----------
    rate : (month,) float [1]
    deposit : (month,) float [USD/unit]
    worth : float [USD/unit]
        Value of the metals in it.
    elasticity : float [1]

    Returns
    -------
    (month,) float [1]
        At most 1, or the old rate where that is higher; the very rate where the deposit is 0.

    Source
    ------
    The collection response to the value of waste, taken for a deposit too: proposal of this project.
    """
    if worth <= 0:
        return rate
    return np.where(deposit > 0, np.minimum(1.0, rate * (1.0 + deposit / worth) ** elasticity), rate)


def raised_share(routes: Floats, chosen: int, least: Floats) -> Floats:
    """Shares of routes when one has a least share; the others give way in proportion.

    Parameters
    ----------
    routes : (month, route) float [1]
        Rows sum to 1.
    chosen : int
    least : (month,) float [1]

    Returns
    -------
    (month, route) float [1]
        The very rows where the route has its least share already.

    Source
    ------
    Proposal of this project.
    """
    old = routes[:, chosen]
    short = least > old
    rest = np.divide(1.0 - least, 1.0 - old, out=np.ones_like(old), where=short & (old < 1.0))
    out = np.where(short[:, None], routes * rest[:, None], routes)
    out[:, chosen] = np.where(short, least, old)
    return out


def banned(shares: Floats, strength: Floats) -> Floats:
    """Shares of fates among what is still not collected when some fates are banned.

    Parameters
    ----------
    shares : (fate,) float [1]
        Sum to 1.
    strength : (month, fate) float [1]

    Returns
    -------
    (month, fate) float [1]
        Sum to 1; the old shares where everything is banned: what collectors have no room for must stay.

    Source
    ------
    Proposal of this project.
    """
    left = shares * (1.0 - strength)
    whole = left.sum(axis=1, keepdims=True)
    return np.where(whole > 0, left / np.where(whole > 0, whole, 1.0), shares)


def capped(share: Floats, home: Bools, most: float, room: Floats) -> Floats:
    """Shares of regions in what each buyer takes when no foreign region may have more than a cap.

    Parameters
    ----------
    share : (buyer, region) float [1]
    home : (buyer, region) bool
        Never capped.
    most : float [1]
    room : (buyer, region) float [1]
        Weight of the suppliers there that could take more; 0 where there is none.

    Returns
    -------
    (buyer, region) float [1]
        Rows keep their sum. What nobody else can take stays where it was: a buyer without other suppliers is
        not stopped. The very row where no region has too much.

    Source
    ------
    Regulation (EU) 2024/1252, Art. 5(1), for the rule; how what is too much is handed on: proposal of this
    project.
    """
    whole = share.sum(axis=1, keepdims=True)
    limit = np.where(home, np.inf, most * whole)
    excess = np.maximum(0.0, share - limit)
    over = excess.sum(axis=1)
    if not over.any():
        return share
    rows = np.flatnonzero(over > 0)
    out = share[rows] - excess[rows]
    can = np.where(excess[rows] > 0, 0.0, room[rows])
    limit, left = limit[rows], over[rows]
    for _ in range(ROUNDS):
        weight = np.where(out < limit, can, 0.0)
        total = weight.sum(axis=1)
        rate = np.divide(left, total, out=np.zeros_like(left), where=total > 0)
        more = np.minimum(weight * rate[:, None], limit - out)
        out = out + more
        left = np.maximum(0.0, left - more.sum(axis=1))
        if not (left > 1e-12).any():
            break
    out += excess[rows] * (left / over[rows])[:, None]
    result = share.copy()
    result[rows] = out
    return result


def preferred(
    offer: Floats, source: Ints, buyer: Ints, wants: Bools, lacks: Floats, n_sources: int
) -> tuple[Floats, Floats]:
    """Offers of recyclers when some buyers lack secondary material: these are served from the others' part.

    Parameters
    ----------
    offer : (relation,) float [unit/d]
        As split by need.
    source, buyer : (relation,) int
        Recycler's slot and buyer's slot, both counted from 0.
    wants : (relation,) bool
        The relation's buyer lacks some.
    lacks : (buyer,) float [unit/d]
    n_sources : int

    Returns
    -------
    (relation,) float [unit/d]
        Sums by recycler are kept; the very offers where nobody lacks anything.
    (relation,) float [unit/d]
        What buyers that lack some get on top.

    Source
    ------
    Proposal of this project.
    """
    pool = sums(source, np.where(wants, 0.0, offer), n_sources)
    weight = np.where(wants, pool[source], 0.0)
    whole = sums(buyer, weight, len(lacks))
    share = np.divide(weight, whole[buyer], out=np.zeros_like(weight), where=whole[buyer] > 0)
    asked = lacks[buyer] * share
    total = sums(source, asked, n_sources)
    part = np.divide(pool, total, out=np.ones_like(pool), where=total > pool)
    more = asked * part[source]
    given = sums(source, more, n_sources)
    keep = np.divide(pool - given, pool, out=np.ones_like(pool), where=pool > 0)
    kept = offer * np.where(wants, 1.0, np.maximum(0.0, keep)[source])
    return kept + more, more


def reserve_days(
    days: Floats, target: float, released: Bools, month_days: float, build_days: float, release_days: float
) -> Floats:
    """Days of need that a reserve is to last a month later.

    Parameters
    ----------
    days : (slot,) float [d]
    target : float [d]
    released : (slot,) bool
        It is being released.
    month_days, build_days, release_days : float [d]

    Returns
    -------
    (slot,) float [d]
        Rises by an equal step each month to the target; falls by one when it is released or the target is
        lower.

    Source
    ------
    Proposal of this project.
    """
    up = np.minimum(target, days + target * (month_days / build_days))
    step = np.maximum(target, days.max(initial=0.0)) * (month_days / release_days)
    down = np.maximum(0.0, days - step)
    falls = released | (days > target)
    floor = np.where(released, 0.0, target)
    return np.where(falls, np.maximum(floor, down), up)


def reserved_stock(held: Floats, stock: Floats, need: Floats, days: Floats, usual: Floats) -> Floats:
    """Part of the stock that is reserved: what there is beyond usual stock, up to the reserve aimed at.

    A reserve once built is kept when other stock runs short: only its release sets it free.

    Parameters
    ----------
    held, stock : (slot,) float [unit]
        Reserved until now; stock on hand.
    need : (slot,) float [unit/d]
    days : (slot,) float [d]
        Reserve aimed at.
    usual : (slot,) float [d]
        Usual stock.

    Returns
    -------
    (slot,) float [unit]

    Source
    ------
    Proposal of this project.
    """
    aim = need * days
    spare = np.maximum(0.0, stock - need * usual)
    return np.minimum(np.minimum(aim, np.maximum(held, spare)), np.maximum(0.0, stock))


def secondary_share(mass: Floats, weight: Floats, cell: Ints, n: int) -> Floats:
    """Share of old and new scrap in what makers take in.

    Parameters
    ----------
    mass : (slot, origin) float [t]
        Of the slot's material.
    weight : (slot,) float [t/d]
        What is taken in.
    cell : (slot,) int
    n : int
        Cells.

    Returns
    -------
    (n,) float [1]
        Not a number where nothing is taken in.

    Source
    ------
    Recycled content: secondary over all input.
    """
    whole = mass.sum(axis=1)
    there = whole > 0
    part = np.divide(mass[:, 1] + mass[:, 2], whole, out=np.zeros_like(whole), where=there)
    weight = weight * there
    top, bottom = sums(cell, part * weight, n), sums(cell, weight, n)
    return np.divide(top, bottom, out=np.full(n, np.nan), where=bottom > 0)
