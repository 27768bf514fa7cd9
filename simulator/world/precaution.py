"""Precautionary demand: alarm over announced events and over deliveries that fall short (docs/model.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Alarm:
    """One event that buyers may prepare for.

    Attributes
    ----------
    name : str
    announced : int [min]
        Instant from which firms know; negative before the start.
    until : int [min]
        Instant at which it is over.
    severity : float [1]
    relation : (item,) int
        Relations that the event reaches.
    hit : (item,) float [1]
        Part of what each carries that it reaches.
    """

    name: str
    announced: int
    until: int
    severity: float
    relation: Ints
    hit: Floats


@dataclass(frozen=True)
class Precaution:
    """How buyers build up stock out of fear.

    Attributes
    ----------
    days : float [d]
        Extra cover of an input at full alarm.
    tau_alarm : float [d]
        Time in which an alarm fades.
    tau_notice : float [d]
        Time in which buyers take up an alarm, or a shortage.
    fear : float [1]
        Alarm over deliveries that fail altogether while an event of full severity is in the news. Without
        news nobody fears: shortfalls that buyers bring about by ordering more would feed themselves, and
        orders swing for decades after one shock (docs/model.md).
    data : float [1]
        Rise of the speed at which alarms are taken up, from base to full access to data.
    slots : (slot,) int
        Inputs of makers, which order.
    edges, place : (relation,) int
        Relations on which they order, and the position in `slots` of the input behind each.
    alarms : tuple of Alarm
    """

    days: float
    tau_alarm: float
    tau_notice: float
    fear: float
    data: float
    slots: Ints
    edges: Ints
    place: Ints
    alarms: tuple[Alarm, ...] = ()


def alarm_level(severity: float, age: float, tau: float) -> float:
    """Alarm that an announcement leaves.

    Parameters
    ----------
    severity : float [1]
    age : float [d]
        Time since the announcement.
    tau : float [d]

    Returns
    -------
    float [1]
        0 before the announcement.

    Source
    ------
    Proposal of this project: attention fades exponentially. An alarm that holds as long as a limit is in
    force kept cover high for years although the limit no longer bound.
    """
    return severity * float(np.exp(-age / tau)) if age > 0 else 0.0


def news_level(severity: float, age: float, past: float, tau: float) -> float:
    """How far an event is in the news, so that who is not served blames it and fears for more.

    Parameters
    ----------
    severity : float [1]
    age : float [d]
        Time since the announcement.
    past : float [d]
        Time since it was over; negative while it is not.
    tau : float [d]

    Returns
    -------
    float [1]
        0 before the announcement, the severity until the event is over, then fading.

    Source
    ------
    Proposal of this project.
    """
    return severity * float(np.exp(-max(0.0, past) / tau)) if age > 0 else 0.0


def exposure(share: Floats, hit: Floats, place: Ints, n: int) -> Floats:
    """Part of the purchases on each input that an event reaches.

    Parameters
    ----------
    share : (item,) float [1]
        Current shares of the relations that the event reaches.
    hit : (item,) float [1]
    place : (item,) int
        Input behind each relation.
    n : int

    Returns
    -------
    (n,) float [1]

    Source
    ------
    Share of purchases at risk: the usual measure of dependency.
    """
    return np.asarray(np.bincount(place, share * hit, minlength=n), dtype=np.float64)


def shortfall(share: Floats, fill: Floats, place: Ints, n: int, noticed: float) -> Floats:
    """Part of what was asked for each input that suppliers did not send at their last reviews.

    Parameters
    ----------
    share, fill : (relation,) float [1]
    place : (relation,) int
    n : int
    noticed : float [1]
        Shortfall that is taken for rounding.

    Returns
    -------
    (n,) float [1]

    Source
    ------
    Fill rate, as in the theory of inventories.
    """
    missing = np.bincount(place, share * (1.0 - fill), minlength=n)
    return np.where(missing > noticed, missing, 0.0)


def take_up(state: Floats, goal: Floats, days: float, tau: float, speed: Floats) -> Floats:
    """State of alarm after an interval: first-order adjustment to what there is to fear.

    Parameters
    ----------
    state, goal : (slot,) float [1]
    days : float [d]
    tau : float [d]
    speed : (slot,) float [1]
        1 at base; who has more access to data is quicker.

    Returns
    -------
    (slot,) float [1]

    Source
    ------
    Proposal of this project; buyers who fear shortage order more than they need (Lee, Padmanabhan and Whang
    1997, Management Science 43(4), recalled).
    """
    return np.asarray(state + -np.expm1(-days * speed / tau) * (goal - state))
