"""Restrictions of exports, duties and delays of a scenario as arrays over relations and months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulator.build.events import Realised
from simulator.build.plan import Plan
from simulator.errors import Fault, InputError, Place
from simulator.scenario.schema_trade_events import ExportRestriction, Tariff, TradeEvent, Transport
from simulator.world.market import Caps
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    Bools,
    Firms,
    Floats,
    Ints,
    Paths,
    Relations,
    Slots,
    sums,
)
from simulator.world.trade_events import Delay, Duties, Grant, Restrictions, monthly_limit
from simulator.world.trade_events import Transport as Ways

if TYPE_CHECKING:
    from simulator.scenario.tables import Row
    from simulator.world.economy import Economy

ANY = "*"
KIND_OF_STAGE = {
    "extraction": ("ore",),
    "processing": ("refined",),
    "component": ("component",),
    "manufacturing": ("product",),
    "": ("ore", "refined"),
}


def trade_events(plan: Plan) -> list[Realised]:
    """Disruptions of trade and transport of a scenario as they come."""
    return [each for each in plan.events if isinstance(each.event, (TradeEvent, Transport))]


@dataclass(frozen=True)
class _Trade:
    """What relations carry, from where and to where."""

    plan: Plan
    good: Ints
    region_from: Ints
    region_to: Ints
    flow: Floats
    rhythm: Ints  # when the supplier ships
    normal: Floats  # (month, relation) normal output of the supplier's sector over base

    @property
    def crosses(self) -> Bools:
        """Relations (relation,) between two regions."""
        return np.asarray(self.region_from != self.region_to)


def add_trade_events(
    plan: Plan,
    economy: Economy,
    firms: Firms,
    slots: Slots,
    relations: Relations,
    paths: Paths,
) -> Economy:
    """Economy with limits on exports, duties and delays; what nothing acts on stays None.

    Parameters
    ----------
    plan : Plan
    economy : Economy
    firms, slots, relations, paths
        Of the world.

    Returns
    -------
    Economy

    Raises
    ------
    InputError
        When an event meets no trade at all.
    """
    trade = _trade(plan, firms, slots, relations, paths)
    events = trade_events(plan)
    caps = _caps(trade, [e for e in events if isinstance(e.event, ExportRestriction)])
    duties = _duties(trade, relations, [e for e in events if isinstance(e.event, Tariff)])
    ways = _ways(trade, [e for e in events if isinstance(e.event, Transport)])
    return replace(economy, caps=caps, duties=duties, transport=ways)


def _no_trade(plan: Plan, each: Realised, found: str) -> InputError:
    place = Place(plan.scenario.name, path=f"disruptions[{each.name}]")
    return InputError([Fault(place, found, "goods that cross these borders", rule="event_without_trade")])


def _regions(plan: Plan, chosen: Sequence[str]) -> list[int]:
    """Codes of regions; `*` stands for all."""
    regions = plan.closure.regions
    return [i for i, label in enumerate(regions) if ANY in chosen or label in chosen]


def _goods(plan: Plan, event: TradeEvent) -> list[int]:
    """Codes of the goods that an event means, in the order of the world."""
    if event.good:
        return [plan.good_code[event.good]] if event.good in plan.good_code else []
    kinds, column = KIND_OF_STAGE[event.stage], plan.closure.materials.index(event.material)
    fits = []
    for code, good in enumerate(plan.goods):
        row = plan.closure.goods[good]
        if row["kind"] in kinds and plan.content(good)[column] > 0:
            fits.append(code)
    return fits


def _meant(trade: _Trade, each: Realised) -> Bools:
    """Relations (relation,) that an event of trade acts on."""
    event = each.event
    assert isinstance(event, TradeEvent)
    plan = trade.plan
    meant = trade.crosses & np.isin(trade.good, _goods(plan, event))
    meant &= np.isin(trade.region_from, _regions(plan, event.from_))
    meant &= np.isin(trade.region_to, _regions(plan, event.to))
    if not meant.any():
        what = event.good or f"{event.material} {event.stage}".strip()
        found = f"no trade in {what} from {', '.join(event.from_)} to {', '.join(event.to)}"
        raise _no_trade(plan, each, found)
    return meant


def meant_relations(
    plan: Plan, each: Realised, firms: Firms, slots: Slots, relations: Relations, paths: Paths
) -> Bools:
    """Relations (relation,) bool that an event of trade acts on; arguments as of `add_trade_events`."""
    return _meant(_trade(plan, firms, slots, relations, paths), each)


def _trade(plan: Plan, firms: Firms, slots: Slots, relations: Relations, paths: Paths) -> _Trade:
    """What relations carry, from where, to where and when."""
    source = slots.firm[relations.source]
    when = firms.review[source] * (firms.review.max() + 1) + firms.phase[source]
    return _Trade(
        plan,
        slots.good[relations.source],
        firms.region[source],
        firms.region[slots.firm[relations.target]],
        relations.flow,
        np.unique(when, return_inverse=True)[1],
        paths.normal[:, firms.sector[source]],
    )


# ---------------------------------------------------------------------- limits on exports


class _Group(NamedTuple):
    """Relations under one limit: a good that leaves one region."""

    good: int
    region: int
    members: Ints
    reference: Floats
    per_unit: float  # units of the event per unit of the good


def _caps(trade: _Trade, events: Sequence[Realised]) -> Caps | None:
    """Limits of all restrictions that hold anything back."""
    layers: list[Ints] = []
    limits: list[Floats] = []
    open_part: list[Floats] = []
    of_limit: list[int] = []
    shown: list[tuple[int, _Group, Floats]] = []
    names: list[str] = []
    units: list[str] = []
    to: list[Bools] = []
    for each in events:
        event = each.event
        assert isinstance(event, ExportRestriction)
        meant = _meant(trade, each)
        grant = _grant(each)
        groups = _groups(trade, event, meant)
        made = [monthly_limit(grant, g.reference, each.value("leak"), q) for g, q in groups]
        if not any(force.any() for *_, force in made):
            continue
        layer = _free_layer(layers, meant)
        for (group, _), (limit, law, force) in zip(groups, made, strict=True):
            for members, share in _by_rhythm(trade, group):
                layer[members] = len(limits)
                limits.append(np.multiply(limit, share, out=limit.copy(), where=np.isfinite(limit)))
                open_part.append(1.0 - force)
                of_limit.append(len(shown))
            most = np.where(force > 0, limit, 0.0)
            shown.append((len(names), group, np.stack([law, most, group.reference * force, force])))
            to.append(np.isin(np.arange(len(trade.plan.closure.regions)), trade.region_to[group.members]))
        names.append(each.name)
        units.append("t" if event.material else str(trade.plan.closure.goods[event.good]["unit"]))
    if not limits:
        return None
    paths = np.stack([each_path for *_, each_path in shown], axis=2)  # (path, month, group)
    means = Restrictions(
        tuple(names),
        tuple(units),
        event=np.array([code for code, *_ in shown]),
        good=np.array([g.good for _, g, _ in shown]),
        region=np.array([g.region for _, g, _ in shown]),
        to=np.stack(to),
        per_unit=np.array([g.per_unit for _, g, _ in shown]),
        limit=paths[0],
        most=paths[1],
        reference=paths[2],
        force=paths[3],
        of_limit=np.array(of_limit),
    )
    return Caps(np.stack(layers), np.stack(limits, axis=1), means, np.stack(open_part, axis=1))


def _by_rhythm(trade: _Trade, group: _Group) -> list[tuple[Ints, Floats]]:
    """Members that ship at the same instants, and their share (month,) of the group's limit.

    Who ships every week and who ships every month never meet to ration one quantity: each has its own, by
    its reference.
    """
    rhythm = trade.rhythm[group.members]
    kinds = np.unique(rhythm)
    if len(kinds) == 1:
        return [(group.members, np.ones(len(group.reference)))]
    parts = []
    for kind in kinds:
        members = group.members[rhythm == kind]
        own = trade.normal[:, members] @ trade.flow[members]
        share = np.full(len(own), 1.0 / len(kinds))
        np.divide(own, group.reference, out=share, where=group.reference > 0)
        parts.append((members, share))
    return parts


def _grant(each: Realised) -> Grant:
    """Share that may leave over time."""
    return Grant(
        each.start,
        each.end,
        1.0 - each.severity,
        round(each.value("processing_days") * MINUTES_PER_DAY),
        round(each.value("ramp_days") * MINUTES_PER_DAY),
    )


def _groups(trade: _Trade, event: ExportRestriction, meant: Bools) -> list[tuple[_Group, Floats | None]]:
    """Groups of an event with their quota (month,) [unit/d]; None where a share is held back.

    The reference of a month is the base-year flow times normal output of the suppliers' sectors: what would
    leave if the announced demand were all that changed. A quota in tonnes is split like the reference.
    """
    plan = trade.plan
    n_goods = len(plan.goods)
    groups: list[_Group] = []
    contents: list[float] = []
    for code in np.unique(trade.region_from[meant] * n_goods + trade.good[meant]).tolist():
        region, good = divmod(code, n_goods)
        members = np.flatnonzero(meant & (trade.region_from == region) & (trade.good == good))
        reference = trade.normal[:, members] @ trade.flow[members]
        held = plan.content(plan.goods[good])
        content = float(held[plan.closure.materials.index(event.material)] if event.material else held.sum())
        groups.append(_Group(good, region, members, reference, content if event.material else 1.0))
        contents.append(content)
    if event.tonnes_per_year is None:
        return [(group, None) for group in groups]
    usual = np.stack([g.reference * c for g, c in zip(groups, contents, strict=True)], axis=1)
    whole = usual.sum(axis=1, keepdims=True)
    part = np.divide(usual, whole, out=np.full(usual.shape, 1.0 / len(groups)), where=whole > 0)
    tonnes = event.tonnes_per_year.series(plan.closure.dates, whole[:, 0] * DAYS_PER_YEAR) / DAYS_PER_YEAR
    return [(g, tonnes * part[:, i] / contents[i]) for i, g in enumerate(groups)]


def _free_layer(layers: list[Ints], meant: Bools) -> Ints:
    """First layer in which none of the relations falls under a limit yet."""
    for layer in layers:
        if (layer[meant] < 0).all():
            return layer
    layers.append(np.full(len(meant), -1))
    return layers[-1]


# ---------------------------------------------------------------------- duties


def _duties(trade: _Trade, relations: Relations, events: Sequence[Realised]) -> Duties | None:
    """Sum of the rates in force, by relation and month; a part of a month counts as that part of the rate."""
    starts = np.arange(len(trade.normal)) * MINUTES_PER_MONTH
    rates: list[Floats] = []
    members: list[Bools] = []
    for each in events:
        event = each.event
        assert isinstance(event, Tariff)
        meant = _meant(trade, each)
        overlap = np.minimum(starts + MINUTES_PER_MONTH, each.end) - np.maximum(starts, each.start)
        rate = event.rate.series(trade.plan.closure.dates, 0.0)
        rate = rate * np.clip(overlap / MINUTES_PER_MONTH, 0.0, 1.0)
        if (rate > 0).any():
            rates.append(rate)
            members.append(meant)
    if not rates:
        return None
    which, patterns = np.unique(np.stack(members), axis=1, return_inverse=True)
    patterns = patterns.ravel()
    by_pattern = np.log1p(np.stack(rates, axis=1) @ which.astype(float))
    chosen = np.flatnonzero(np.stack(members).any(axis=0))
    return Duties(chosen, relations.target[chosen], by_pattern[:, patterns[chosen]])


# ---------------------------------------------------------------------- delays on the way


def _ways(trade: _Trade, events: Sequence[Realised]) -> Ways | None:
    """Delays by pair of regions."""
    n = len(trade.plan.closure.regions)
    pair = trade.region_from * n + trade.region_to
    used = sums(pair, np.ones(len(pair)), n * n).reshape(n, n) > 0
    by_pair: dict[tuple[int, int], list[Delay]] = {}
    for each in events:
        event = each.event
        assert isinstance(event, Transport)
        hit = {ends: days for ends, days in _pairs(trade.plan, event).items() if used[ends]}
        if not hit:
            where = event.corridor or f"{', '.join(event.from_)} to {', '.join(event.to)}"
            raise _no_trade(trade.plan, each, f"no trade on the way: {where}")
        if each.is_nothing:
            continue
        for ends, detour in hit.items():
            by_pair.setdefault(ends, []).append(_delay(each, event, detour))
    if not by_pair:
        return None
    kinds = sorted(set(map(tuple, by_pair.values())), key=str)
    number = np.full((n, n), -1)
    for ends, delays in by_pair.items():
        number[ends] = kinds.index(tuple(delays))
    return Ways(number[trade.region_from, trade.region_to], tuple(kinds))


def _delay(each: Realised, event: Transport, detour: float | None) -> Delay:
    """Delay of one event on one way."""
    return Delay(
        each.start,
        each.end,
        1.0 if event.factor is None else each.value("factor"),
        round(each.value("extra_days") * MINUTES_PER_DAY),
        event.closed,
        -1 if detour is None else round(detour * MINUTES_PER_DAY),
    )


def _pairs(plan: Plan, event: Transport) -> dict[tuple[int, int], float | None]:
    """Pairs of regions, from and to, that an event acts on, with the days of the way round."""
    if not event.corridor:
        ends = [(a, b) for a in _regions(plan, event.from_) for b in _regions(plan, event.to)]
        return {(a, b): None for a, b in ends if a != b}
    rows = plan.closure.tables["corridors"].where(corridor=event.corridor)
    found: dict[tuple[int, int], float | None] = {}
    regions = plan.closure.regions
    for a, start in enumerate(regions):
        for b, end in enumerate(regions):
            days = _way_round(plan, rows, start, end) if a != b else []
            if days:
                found[a, b] = days[0]
    return found


def _way_round(plan: Plan, rows: Sequence[Row], start: str, end: str) -> list[float | None]:
    """Days of the way round of the row that names most of the two ends, either way; empty without a row."""
    original = plan.closure.table_region
    best: list[tuple[int, float | None]] = []
    for one, other in ((start, end), (end, start)):
        firsts, seconds = (one, original(one), ANY), (other, original(other), ANY)
        for row in rows:
            a, b, days = (row[key] for key in ("region_from", "region_to", "detour_days"))
            if a in firsts and b in seconds:
                best.append((firsts.index(a) + seconds.index(b), days))
    return [min(best, key=lambda each: each[0])[1]] if best else []
