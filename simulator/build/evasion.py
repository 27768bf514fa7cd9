"""Which relations can evade the quotas and duties of a scenario, month by month."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simulator.build.events import Realised
from simulator.build.plan import Plan
from simulator.build.trade_events import meant_relations
from simulator.scenario.schema_trade_events import ExportRestriction, Tariff
from simulator.world.evasion import Evasion
from simulator.world.state import MINUTES_PER_MONTH, Firms, Floats, Paths, Relations, Slots

if TYPE_CHECKING:
    from simulator.world.economy import Economy


def add_evasion(
    plan: Plan, economy: Economy, firms: Firms, slots: Slots, relations: Relations, paths: Paths
) -> Economy:
    """Economy in which quotas and duties are evaded; the same where nothing can be.

    Parameters
    ----------
    plan : Plan
    economy : Economy
        With limits and duties.
    firms, slots, relations, paths
        Of the world.

    Returns
    -------
    Economy
    """
    value = plan.closure.value
    elasticity = value("evasion_elasticity")
    most, tau = value("evasion_most"), value("evasion_days")
    events = [each for each in plan.events if _is_border(each)]
    if elasticity <= 0 or not any(_gap(each) > 0 for each in events):
        return economy
    meant = [meant_relations(plan, each, firms, slots, relations, paths) for each in events]
    which, place = np.unique(np.stack(meant), axis=1, return_inverse=True)  # (event, pattern)
    place = place.ravel()
    force = np.stack([_force(each, len(paths.normal)) for each in events], axis=1)  # (month, event)
    acts = (force > 0)[:, :, None] & which  # (month, event, pattern)
    gaps = np.where(acts, np.array([_gap(each) for each in events])[None, :, None], np.inf)
    gap = gaps.min(axis=1)
    gap[np.isinf(gap)] = 0.0
    rates = np.stack([_rate(plan, each, force[:, i]) for i, each in enumerate(events)], axis=1)
    limits = np.array([isinstance(each.event, ExportRestriction) for each in events])
    chosen = np.flatnonzero(gap.max(axis=0)[place] > 0)
    evasion = Evasion(
        elasticity=elasticity,
        most=most,
        tau=tau,
        relations=chosen,
        pattern=place[chosen],
        gap=gap,
        force=(force[:, :, None] * which).max(axis=1),
        is_limited=(acts & limits[None, :, None]).any(axis=1),
        rate=rates @ which.astype(float),
    )
    return replace(economy, evasion=evasion)


def _is_border(each: Realised) -> bool:
    """Quotas and duties that are something; a licence or a ban is worth no duty that can be named."""
    event = each.event
    is_quota = isinstance(event, ExportRestriction) and event.form == "quota"
    return (is_quota or isinstance(event, Tariff)) and not each.is_nothing


def _gap(each: Realised) -> float:
    """What enforcement leaves open; who states a leak has said what evades, so that nothing is added."""
    return 0.0 if each.value("leak") > 0 else 1.0 - each.value("enforcement")


def _force(each: Realised, n_months: int) -> Floats:
    """Part of each month (month,) [1] in which an event is in force."""
    starts = np.arange(n_months) * MINUTES_PER_MONTH
    shared = np.minimum(starts + MINUTES_PER_MONTH, each.end) - np.maximum(starts, each.start)
    return np.asarray(np.clip(shared / MINUTES_PER_MONTH, 0.0, 1.0))


def _rate(plan: Plan, each: Realised, force: Floats) -> Floats:
    """Duty (month,) [1] of an event, mean of the month; 0 for limits."""
    if not isinstance(each.event, Tariff):
        return np.zeros(len(force))
    return np.asarray(each.event.rate.series(plan.closure.dates, 0.0) * force)
