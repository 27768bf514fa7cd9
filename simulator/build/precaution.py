"""Whom announced events alarm: what each of them reaches of the relations on which makers buy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.build.plan import Plan
from simulator.world.precaution import Alarm, Precaution
from simulator.world.state import Firms, Floats, Kind, Mode, Relations, Role, Slots


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
        alarms=tuple(alarm for alarm in alarms if alarm.severity > 0 and len(alarm.relation)),
    )


def alarm_over_firms(
    name: str, announced: int, severity: float, reach: Floats, slots: Slots, relations: Relations
) -> Alarm:
    """Alarm over an event that takes output of firms.

    Parameters
    ----------
    name : str
    announced : int [min]
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
    return alarm_over_relations(name, announced, severity, hit)


def alarm_over_relations(name: str, announced: int, severity: float, hit: Floats) -> Alarm:
    """Alarm over an event that holds back trade.

    Parameters
    ----------
    name : str
    announced : int [min]
    severity : float [1]
    hit : (relation,) float [1]
        Part of what each relation carries that is reached.

    Returns
    -------
    Alarm
    """
    found = np.flatnonzero(hit > 0)
    return Alarm(name, announced, severity, found, hit[found])
