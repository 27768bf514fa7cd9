"""Disruptions of firms, products and stocks as arrays: who is hit, along which curve."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from simulator.build.events import Realised, of_kind
from simulator.build.exogenous import firms_that_fit
from simulator.build.plan import Plan
from simulator.errors import Fault, InputError, Place, listed
from simulator.scenario.schema_disruptions import (
    CollectionStop,
    DemandShock,
    Outage,
    StockLoss,
    Workforce,
)
from simulator.world.disruptions import StockLoss as Loss
from simulator.world.disruptions import UptimeCurve, mean_factor
from simulator.world.state import MINUTES_PER_MONTH, Bools, Firms, Floats, Kind, Outages, Paths, Slots

if TYPE_CHECKING:
    from simulator.scenario.schema_disruptions import Where

ANY = "*"


def make_outages(plan: Plan, firms: Firms) -> Outages:
    """Outages and absent persons as curves and the exposure of each firm.

    Parameters
    ----------
    plan : Plan
    firms : Firms

    Returns
    -------
    Outages
        Without the events that are nothing.
    """
    curves: list[UptimeCurve] = []
    exposure: list[Floats] = []
    for each in plan.events:
        event = each.event
        if not isinstance(event, (Outage, Workforce)):
            continue
        reach = _fitting(plan, each, event.where, firms) * event.where.share
        if each.is_nothing:
            continue
        if isinstance(event, Workforce):
            reach = reach * plan.closure.value("workforce_capacity_share")
        curves.append(each.curve)
        exposure.append(reach)
    return Outages(np.array(exposure).reshape(len(curves), len(firms)), tuple(curves))


def with_shocks(plan: Plan, paths: Paths) -> Paths:
    """Paths with what disruptions take from demand and collection, as exact means of each month.

    Parameters
    ----------
    plan : Plan
    paths : Paths

    Returns
    -------
    Paths
        The same object where nothing is taken. What is taken from demand is not announced: capacity does not
        follow it.
    """
    closure = plan.closure
    products, regions = list(closure.products), closure.regions
    users = [item for item in plan.items if item.kind == Kind.USER]
    cells = [(item.process, regions[item.region]) for item in users]
    demand = _factor(plan, DemandShock, cells)
    everywhere = [(product, region) for product in products for region in regions]
    collected = _factor(plan, CollectionStop, everywhere)
    if demand is not None:
        paths = replace(paths, demand=paths.demand * demand)
    if collected is not None:
        shape = paths.collection.shape
        paths = replace(paths, collection=paths.collection * collected.reshape(shape))
    return paths


def _factor(
    plan: Plan, kind: type[DemandShock] | type[CollectionStop], cells: list[tuple[str, str]]
) -> Floats | None:
    """Factor (month, cell) on what is wanted or collected; None where there is no such event."""
    found = of_kind(plan.events, kind)
    if not found:
        return None
    reach = np.zeros((len(found), len(cells)))
    for row, (each, event) in enumerate(found):
        hit = [event.product in (ANY, p) and event.region in (ANY, r) for p, r in cells]
        if not any(hit):
            raise _nobody(plan, each, f"{event.product} is not used in {event.region}")
        reach[row] = np.array(hit) * np.sign(each.severity)
    curves = [each.curve for each, _ in found]
    edges = np.arange(plan.closure.n_months + 1) * MINUTES_PER_MONTH
    return np.array([mean_factor(curves, reach, int(a), int(b)) for a, b in pairwise(edges)])


def make_losses(plan: Plan, firms: Firms, slots: Slots) -> tuple[Loss, ...]:
    """Stocks that are destroyed, in the order of the scenario.

    Parameters
    ----------
    plan : Plan
    firms : Firms
    slots : Slots

    Returns
    -------
    tuple of StockLoss
    """
    found: list[Loss] = []
    for each, event in of_kind(plan.events, StockLoss):
        theirs = _fitting(plan, each, event.where, firms)[slots.firm] > 0
        hit = theirs
        if event.good:
            hit = theirs & (slots.good == plan.good_code.get(event.good, -1))
        if not hit.any():
            held = listed(sorted({plan.goods[good] for good in slots.good[theirs]}), 20)
            raise _nobody(plan, each, f"no stock of {event.good}", f"a good that these firms hold: {held}")
        share = each.severity * event.where.share
        found.append(Loss(max(0, each.start), np.flatnonzero(hit), share))
    return tuple(found)


def _fitting(plan: Plan, each: Realised, where: Where, firms: Firms) -> Floats:
    """Firms (firm,) that an event hits: 1, else 0."""
    fits: Bools = firms_that_fit(plan, where, firms)
    if not fits.any():
        raise _nobody(plan, each, "no firm fits")
    return fits.astype(float)


def _nobody(plan: Plan, each: Realised, found: str, allowed: str = "") -> InputError:
    """Fault of an event that would hit nothing."""
    place = Place(plan.scenario.name, path=f"disruptions {each.event.name}")
    return InputError([Fault(place, found, allowed or "a target that something fits", rule="where_empty")])
