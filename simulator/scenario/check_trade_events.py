"""Cross checks of disruptions of trade and transport."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import shown
from simulator.scenario.check_world import twice, unknown
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.schema import ANY
from simulator.scenario.schema_trade_events import ExportRestriction, TradeEvent, Transport

_MATERIALS: tuple[Loc, ...] = (("world", "materials"), ("world", "products"))
_REGIONS: tuple[Loc, ...] = (("world", "regions"),)


def check_trade(loc: Loc, event: TradeEvent | Transport, labels: Labels) -> Iterator[Finding]:
    """Findings of where goods come from and go to, and what they are.

    Parameters
    ----------
    loc : tuple of str and int
    event : TradeEvent or Transport
    labels : Labels

    Yields
    ------
    Finding
    """
    for key, chosen in (("from", event.from_), ("to", event.to)):
        yield from twice((*loc, key), chosen, "where_twice")
        for index, region in enumerate(chosen):
            if region != ANY:
                also = f"{ANY} for all"
                for found in unknown((*loc, key, index), region, labels.regions, "where_region", also):
                    near = labels.region_like(region)
                    yield Finding(found.loc, found.found, found.allowed, near, found.rule, needs=_REGIONS)
    if len(event.from_) == 1 and event.from_ == event.to and event.from_ != (ANY,):
        allowed = "regions other than `from`"
        yield Finding(
            (*loc, "to"), shown(event.to[0]), allowed, "", "trade_within", needs=(((*loc, "from")),)
        )
    if isinstance(event, TradeEvent):
        yield from _goods(loc, event, labels)
    else:
        yield from _way(loc, event, labels)
    if isinstance(event, ExportRestriction):
        yield from _form(loc, event)


def _goods(loc: Loc, event: TradeEvent, labels: Labels) -> Iterator[Finding]:
    """Findings of good, material and stage."""
    if bool(event.good) == bool(event.material):
        found = "both good and material" if event.good else "neither good nor material"
        yield Finding(loc, found, "one of good and material", "", "trade_good")
    if event.good:
        goods = sorted(good for good in labels.goods if labels.has_good(good))
        for fault in unknown((*loc, "good"), event.good, goods, "good_of_world"):
            yield Finding(fault.loc, fault.found, fault.allowed, fault.nearest, fault.rule, needs=_MATERIALS)
        if event.stage:
            here = (*loc, "stage")
            yield Finding(here, event.stage, "stage with material, not with good", "", "trade_stage")
    if event.material:
        known = list(labels.world.materials)
        for fault in unknown((*loc, "material"), event.material, known, "material_of_world"):
            yield Finding(fault.loc, fault.found, fault.allowed, fault.nearest, fault.rule, needs=_MATERIALS)


def _way(loc: Loc, event: Transport, labels: Labels) -> Iterator[Finding]:
    """Findings of corridor or ends, and of the delay."""
    ends = [key for key, chosen in (("from", event.from_), ("to", event.to)) if chosen]
    if event.corridor and ends:
        here = (*loc, "corridor")
        yield Finding(here, f"both corridor and {ends[0]}", "a corridor, or from and to", "", "transport_two")
    elif not event.corridor and len(ends) < 2:
        found = f"{ends[0]} alone" if ends else "neither corridor nor from and to"
        yield Finding(loc, found, "a corridor, or from and to", "", "transport_where")
    corridors = labels.column("corridors", "corridor")
    if event.corridor:
        yield from unknown((*loc, "corridor"), event.corridor, corridors, "corridor_unknown")
    said = [
        key
        for key, value in (("factor", event.factor), ("extra_days", event.extra_days))
        if value is not None
    ]
    said += ["closed"] if event.closed else []
    if len(said) != 1:
        found = " and ".join(said) or "no delay"
        yield Finding(loc, found, "one of factor, extra_days and closed", "", "transport_delay")


def _form(loc: Loc, event: ExportRestriction) -> Iterator[Finding]:
    """Findings of what a form needs."""
    cut, tonnes = event.severity, event.tonnes_per_year
    if event.form == "quota" and (cut is None) == (tonnes is None):
        found = "both severity and tonnes_per_year" if tonnes else "neither severity nor tonnes_per_year"
        yield Finding(loc, found, "one of severity and tonnes_per_year", "", "quota_size")
    if event.form != "quota" and tonnes is not None:
        here = (*loc, "tonnes_per_year")
        yield Finding(here, f"tonnes_per_year with a {event.form}", "only with a quota", "", "form_key")
    if event.form == "licence" and cut is None:
        allowed = "the share that is not granted, from 0 to 1"
        yield Finding((*loc, "severity"), "nothing", allowed, "", "missing_key")
    if event.enforcement != 0:
        for other, is_said in ((f"a {event.form}", event.form != "quota"), ("leak", event.leak != 0)):
            if is_said:
                here, allowed = (*loc, "enforcement"), "only with a quota, and not with leak"
                yield Finding(here, f"enforcement with {other}", allowed, "", "form_key")
    if event.form != "licence":
        for key in ("processing_days", "ramp_days"):
            if getattr(event, key) != 0:
                found = f"{key} with a {event.form}"
                yield Finding((*loc, key), found, "only with a licence", "", "form_key")
