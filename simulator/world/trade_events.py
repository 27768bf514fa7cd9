"""Quotas, licences and bans, duties and delays on the way: laws and arrays (docs/model.md)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulator.world.state import MINUTES_PER_MONTH, Bools, Floats, Ints


@dataclass(frozen=True)
class Grant:
    """Share of the reference exports that may leave while one restriction is in force.

    Attributes
    ----------
    start, end : int [min]
        In force on [start, end).
    share : float [1]
        What may leave once licences are granted; a quota's share from the first day.
    processing : int [min]
        Nothing leaves for so long after the start.
    ramp : int [min]
        After that, the share is reached in a straight line.
    """

    start: int
    end: int
    share: float
    processing: int = 0
    ramp: int = 0

    def in_force(self, t0: int, t1: int) -> int:
        """Minutes of an interval [min] on which it is in force.

        Source
        ------
        Plain overlap of two intervals.
        """
        return max(0, min(t1, self.end) - max(t0, self.start))

    def granted(self, t0: int, t1: int) -> float:
        """Integral of the share over an interval, inside the time in force.

        Parameters
        ----------
        t0, t1 : int [min]

        Returns
        -------
        float [min]
            Minutes of full reference exports; exact.

        Source
        ------
        Licences of 2023: next to nothing leaves while applications are worked on, then exports come back over
        some months (USGS Mineral Commodity Summaries 2026, gallium); the straight line is a proposal of this
        project.
        """
        a, b = max(t0, self.start), min(t1, self.end)
        if b <= a:
            return 0.0
        opens, full = self.start + self.processing, self.start + self.processing + self.ramp
        low, high = min(max(a, opens), full), min(max(b, opens), full)
        rising = 0.0
        if high > low:
            rising = (high - low) * (0.5 * (low + high) - opens) / self.ramp
        return self.share * (rising + max(0, b - max(a, full)))


def monthly_limit(
    grant: Grant, reference: Floats, leak: float = 0.0, quota: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """Limits of one group of relations, month by month.

    Parameters
    ----------
    grant : Grant
    reference : (month,) float [unit/d]
        Exports without the restriction.
    leak : float [1]
        Share of what is held back of the reference that leaves all the same.
    quota : (month,) float [unit/d], optional
        Quantity that may leave, instead of a share of the reference.

    Returns
    -------
    (month,) float [unit/d]
        What may leave on the days in force, leak included, spread over the month. Infinite in months that the
        restriction does not touch, and everywhere if it holds nothing back.
    (month,) float [unit/d]
        The same without leak; 0 in months that the restriction does not touch.
    (month,) float [1]
        Part of the month in force.

    Source
    ------
    Proposal of this project.
    """
    n = len(reference)
    limit, law, force = np.full(n, np.inf), np.zeros(n), np.zeros(n)
    if quota is None and grant.share >= 1.0:
        return limit, law, force
    for month in range(n):
        t0, t1 = month * MINUTES_PER_MONTH, (month + 1) * MINUTES_PER_MONTH
        force[month] = grant.in_force(t0, t1) / MINUTES_PER_MONTH
        if force[month] <= 0.0:
            continue
        usual = float(reference[month])
        if quota is None:
            law[month] = usual * grant.granted(t0, t1) / MINUTES_PER_MONTH
        else:
            law[month] = float(quota[month]) * force[month]
        limit[month] = law[month] + leak * max(0.0, usual * force[month] - law[month])
    return limit, law, force


@dataclass(frozen=True)
class Restrictions:
    """What the limits on exports mean, by group, so that a result can tell how much of a quota is used.

    Attributes
    ----------
    name : tuple of str
        Events.
    unit : tuple of str
        Unit of each event: tonnes of the material, or the unit of the good.
    event : (group,) int
    good, region : (group,) int
        What is limited, and where it leaves.
    to : (group, region) bool
        Where it goes.
    per_unit : (group,) float
        Units of the event per unit of the good.
    limit, most, reference : (month, group) float [unit/d]
        Limit without leak and with it, and exports without the restriction, on days in force, spread over the
        month; 0 in months without it.
    force : (month, group) float [1]
        Part of the month in force.
    of_limit : (limit,) int
        Group that each limit of `Caps` belongs to: suppliers in different rhythms have a limit each.
    """

    name: tuple[str, ...]
    unit: tuple[str, ...]
    event: Ints
    good: Ints
    region: Ints
    to: Bools
    per_unit: Floats
    limit: Floats
    most: Floats
    reference: Floats
    force: Floats
    of_limit: Ints


@dataclass(frozen=True)
class Duties:
    """Duties on goods that cross a border.

    Attributes
    ----------
    relations : (relation with a duty,) int
    slots : (relation with a duty,) int
        Buyers' slots.
    log_rate : (month, relation with a duty) float [1]
        Logarithm of one plus the sum of the rates in force, mean of the month.
    """

    relations: Ints
    slots: Ints
    log_rate: Floats


@dataclass(frozen=True)
class Delay:
    """One event on the way of some relations.

    Attributes
    ----------
    start, end : int [min]
        In force on [start, end).
    factor : float [1]
        On the time under way.
    extra : int [min]
        On top of the time under way.
    is_closed : bool
        Nothing sets out.
    detour : int [min]
        What the way round takes more, where the way is closed; -1 where there is none.
    """

    start: int
    end: int
    factor: float = 1.0
    extra: int = 0
    is_closed: bool = False
    detour: int = -1

    def is_in_force(self, now: int) -> bool:
        """Whether it acts on goods that set out now [min]."""
        return self.start <= now < self.end

    def adds(self, lead: int) -> int:
        """Minutes [min] on top of the usual time under way `lead` [min], for goods that set out.

        Source
        ------
        Proposal of this project.
        """
        if self.is_closed:
            return max(0, self.detour)
        return self.extra + round((self.factor - 1.0) * lead)


def sets_out(delays: tuple[Delay, ...], now: int) -> int:
    """Instant at which goods leave that are ready now.

    Where a closed way opens sooner than they would be round, they wait.

    Parameters
    ----------
    delays : tuple of Delay
    now : int [min]

    Returns
    -------
    int [min]

    Source
    ------
    Proposal of this project. Closing of the Suez Canal in March 2021: ships waited six days, few went round.
    """
    while True:
        ends = [d.end for d in delays if _waits(d, now)]
        if not ends:
            return now
        now = max(ends)


def added_time(delays: tuple[Delay, ...], lead: int, now: int) -> int:
    """What is added to the usual time under way of goods that leave now; of several delays the largest.

    Parameters
    ----------
    delays : tuple of Delay
    lead : int [min]
        Usual time.
    now : int [min]

    Returns
    -------
    int [min]
        Never so far below 0 that goods would arrive before they leave.

    Source
    ------
    Proposal of this project.
    """
    added = [d.adds(lead) for d in delays if d.is_in_force(now) and not _waits(d, now)]
    return max(1 - lead, max(added, default=0))


def _waits(delay: Delay, now: int) -> bool:
    """Whether goods wait for a closed way to open: it opens sooner than they would be round."""
    if not delay.is_closed or not delay.is_in_force(now):
        return False
    return delay.detour < 0 or delay.end - now < delay.detour


def arrivals(delays: tuple[Delay, ...], lead: int, now: int, interval: int) -> list[tuple[int, float]]:
    """When a shipment arrives that stands for what was sent evenly over an interval.

    What takes d longer is missing for d days, whatever the interval at which firms look: the part of a
    shipment that would arrive after the next review comes with the next shipment. What waited for a way to
    open comes when it comes.

    Parameters
    ----------
    delays : tuple of Delay
    lead : int [min]
        Usual time under way.
    now, interval : int [min]
        Instant of dispatch, and time since the last one.

    Returns
    -------
    list of (int [min], float [1])
        Times from dispatch to arrival, at least a minute, and parts that take so long; these sum to 1.

    Source
    ------
    Proposal of this project: a flow in whole shipments, exact in the mean.
    """
    since = now - interval
    if not any(d.start < now and d.end > since for d in delays):
        return [(lead, 1.0)]
    ends = {t for d in delays for t in (d.start, d.end, d.end - max(0, d.detour)) if since < t < now}
    cuts = sorted(ends | {since, now})
    parts: dict[int, float] = {}
    for a, b in pairwise(cuts):
        leaves = sets_out(delays, a)
        added = added_time(delays, lead, leaves)
        if leaves > a:
            late = max(0, leaves + added - now)
            parts[lead + late] = parts.get(lead + late, 0.0) + (b - a) / interval
            continue
        for k in range(-((now - a - added) // interval), -((now - b - added) // interval) + 1):
            end = now + k * interval - added
            share = (min(b, end) - max(a, end - interval)) / interval
            if share > 0:
                time = max(1, lead + k * interval)
                parts[time] = parts.get(time, 0.0) + share
    return sorted(parts.items())


@dataclass(frozen=True)
class Transport:
    """Delays on the way, by what relations have in common.

    Attributes
    ----------
    pattern : (relation,) int
        Row of `delays`, -1 for relations that no event touches.
    delays : tuple of tuple of Delay
    """

    pattern: Ints
    delays: tuple[tuple[Delay, ...], ...]

    def arrivals(self, pattern: int, lead: int, now: int, interval: int) -> list[tuple[int, float]]:
        """Times from dispatch to arrival of a pattern's relations [min], and their parts; see `arrivals`."""
        return [(lead, 1.0)] if pattern < 0 else arrivals(self.delays[pattern], lead, now, interval)
