"""How much of each limit on exports was used, from what was shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.world.state import MINUTES_PER_DAY, MINUTES_PER_MONTH, Floats, sums

if TYPE_CHECKING:
    from simulator.run.record import Recorder
    from simulator.world.trade_events import Restrictions


def restricted_exports(shown: Restrictions, record: Recorder) -> dict[str, Floats]:
    """Limits on exports, what left under them and what they held back.

    Parameters
    ----------
    shown : Restrictions
    record : Recorder
        Of a finished run.

    Returns
    -------
    dict of str to (time, region, restriction) float [unit of the restriction]
        By region that goods leave. Each counts only while the restriction is in force. What leaks counts as
        having left; what evades the limit has left as well, but against nothing that is allowed.
    """
    n_months, n, n_regions = len(shown.limit), len(shown.name), shown.to.shape[1]
    days = _overlap(record, n_months)
    part = (days @ shown.force) / days.sum(axis=1, keepdims=True)
    # of a month in force in part, that part leaves under the limit, and no more than it allows
    illicit = record.ledger.series.get("exports_illicit")
    evaded = np.zeros_like(part) if illicit is None else _leaving(illicit, shown) * part
    left = np.minimum(_leaving(record.series["trade"], shown) * part - evaded, days @ shown.most)
    usual = days @ shown.reference

    def by_event(amount: Floats) -> Floats:
        cell = shown.region * n + shown.event
        parts = [sums(cell, row * shown.per_unit, n_regions * n) for row in amount]
        return np.stack(parts).reshape(-1, n_regions, n)

    found = {
        "export_limit": by_event(days @ shown.limit),
        "export_left": by_event(left),
        "export_held_back": by_event(np.maximum(0.0, usual - left - evaded)),
    }
    return found if illicit is None else {**found, "export_evaded": by_event(evaded)}


def _leaving(trade: Floats, shown: Restrictions) -> Floats:
    """Trade (period, group) [unit] of what each group means, to where it means."""
    return np.asarray((trade[:, shown.good, shown.region] * shown.to).sum(axis=2))


def _overlap(record: Recorder, n_months: int) -> Floats:
    """Days (period, month) that periods and model months have in common."""
    first = np.arange(record.n_periods) * record.period
    month = np.arange(n_months) * MINUTES_PER_MONTH
    ends = np.minimum((first + record.period)[:, None], (month + MINUTES_PER_MONTH)[None, :])
    shared = np.maximum(0, ends - np.maximum(first[:, None], month[None, :]))
    return np.asarray(shared / MINUTES_PER_DAY)
