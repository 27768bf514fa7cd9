"""Whom announced events alarm: what each of them reaches of the relations on which makers buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simulator.build.events import Realised
from simulator.build.exogenous import firms_that_fit
from simulator.build.plan import Plan
from simulator.build.trade_events import meant_relations
from simulator.scenario.schema_disruptions import DemandShock, FadingEvent, Outage, StockLoss, Workforce
from simulator.scenario.schema_trade_events import Tariff
from simulator.world.economy import Economy
from simulator.world.market import Caps
from simulator.world.precaution import Alarm, Precaution
from simulator.world.state import Firms, Floats, Kind, Mode, Paths, Relations, Role, Slots


def add_precaution(
    plan: Plan, economy: Economy, firms: Firms, slots: Slots, relations: Relations, paths: Paths
) -> Economy:
    """Economy in which buyers fear what is announced; the same where nothing is to be feared.

    To be called when limits on exports are known.

    Parameters
    ----------
    plan : Plan
    economy : Economy
    firms, slots, relations, paths
        Of the world.

    Returns
    -------
    Economy
    """
    found = [_of_event(plan, each, firms, slots, relations, paths) for each in plan.events]
    alarms = [alarm for alarm in found if alarm is not None]
    alarms += _of_limits(plan, economy.caps, len(relations))
    if not alarms:
        return economy
    return replace(economy, precaution=make_precaution(plan, firms, slots, relations, alarms))


def _of_event(
    plan: Plan, each: Realised, firms: Firms, slots: Slots, relations: Relations, paths: Paths
) -> Alarm | None:
    """Alarm over an event that takes output, stock or custom, or makes goods dearer; None over others."""
    event = each.event
    if each.is_nothing:
        return None
    if isinstance(event, (Outage, Workforce, StockLoss)):
        reach = firms_that_fit(plan, event.where, firms).astype(float) * event.where.share
        if isinstance(event, Workforce):
            reach = reach * plan.closure.value("workforce_capacity_share")
        alarm = alarm_over_firms(
            each.name, each.announced, _over(each), each.severity, reach, slots, relations
        )
        if not isinstance(event, StockLoss) or not event.good:
            return alarm
        of_good = slots.good[relations.source[alarm.relation]] == plan.good_code.get(event.good, -1)
        return replace(alarm, relation=alarm.relation[of_good], hit=alarm.hit[of_good])
    if isinstance(event, DemandShock) and each.severity < 0:  # others buy more: news, but no supplier is hit
        return alarm_over_relations(
            each.name, each.announced, _over(each), -each.severity, np.zeros(len(relations))
        )
    if isinstance(event, Tariff):
        meant = meant_relations(plan, each, firms, slots, relations, paths)
        rate = min(1.0, max(event.rate.values))  # what a buyer would save by buying before it
        return alarm_over_relations(each.name, each.announced, _over(each), rate, meant.astype(float))
    return None


def _over(each: Realised) -> int:
    """Instant [min] at which an event and the recovery from it are over."""
    return each.curve.over if isinstance(each.event, FadingEvent) else each.end


def _of_limits(plan: Plan, caps: Caps | None, n_relations: int) -> list[Alarm]:
    """Alarms over limits on exports, by the largest part of usual exports that each of them holds back."""
    if caps is None or caps.shown is None:
        return []
    means = caps.shown
    usual = means.reference > 0
    left = np.divide(means.most, means.reference, out=np.ones_like(means.most), where=usual)
    held = np.clip(1.0 - left.min(axis=0, initial=1.0), 0.0, 1.0)
    events = {each.name: each for each in plan.events}
    alarms = []
    for code, name in enumerate(means.name):
        mine = np.where(means.event == code, held, 0.0)
        hit = np.zeros(n_relations)
        for layer in caps.group:
            np.maximum(hit, np.where(layer >= 0, mine[means.of_limit[layer]], 0.0), out=hit)
        worst = float(hit.max(initial=0.0))
        if worst > 0:
            alarms.append(
                alarm_over_relations(name, events[name].announced, events[name].end, worst, hit / worst)
            )
    return alarms


def make_precaution(
    plan: Plan, firms: Firms, slots: Slots, relations: Relations, alarms: Sequence[Alarm] = ()
) -> Precaution:
    """Rules and alarms of precautionary demand.

    Parameters
    ----------
    plan : Plan
    firms : Firms
    slots : Slots
    relations : Relations
    alarms : sequence of Alarm

    Returns
    -------
    Precaution
    """
    value = plan.closure.value
    orders = (firms.kind[slots.firm] == Kind.CONVERT) & (slots.role == Role.INPUT)
    chosen = np.flatnonzero(orders)
    place = np.full(len(slots), -1)
    place[chosen] = np.arange(len(chosen))
    asked = np.isin(relations.mode, (Mode.PULL, Mode.OFFER)) & (place[relations.target] >= 0)
    edges = np.flatnonzero(asked)
    return Precaution(
        days=value("hoarding_days"),
        tau_alarm=value("hoarding_alarm_days"),
        tau_notice=value("hoarding_notice_days"),
        fear=value("hoarding_fear"),
        data=value("hoarding_data"),
        slots=chosen,
        edges=edges,
        place=place[relations.target[edges]],
        alarms=tuple(alarm for alarm in alarms if alarm.severity > 0),
    )


def alarm_over_firms(
    name: str,
    announced: int,
    until: int,
    severity: float,
    reach: Floats,
    slots: Slots,
    relations: Relations,
) -> Alarm:
    """Alarm over an event that takes output of firms.

    Parameters
    ----------
    name : str
    announced, until : int [min]
    severity : float [1]
    reach : (firm,) float [1]
        Part of each firm that is hit.
    slots : Slots
    relations : Relations

    Returns
    -------
    Alarm
        Reaches every relation that these firms supply.
    """
    hit = reach[slots.firm[relations.source]]
    return alarm_over_relations(name, announced, until, severity, hit)


def alarm_over_relations(name: str, announced: int, until: int, severity: float, hit: Floats) -> Alarm:
    """Alarm over an event that holds back trade.

    Parameters
    ----------
    name : str
    announced, until : int [min]
    severity : float [1]
    hit : (relation,) float [1]
        Part of what each relation carries that is reached.

    Returns
    -------
    Alarm
    """
    found = np.flatnonzero(hit > 0)
    return Alarm(name, announced, until, severity, found, hit[found])
