"""Named disruptions of the past, from inputs/disruptions.csv: a preset is one or several events.

A country of the table becomes the region of the world that holds it. Where the region holds other producers
too, the event hits the country's part of what the region puts out: the share of capacity for an outage; for
exports a quota that holds back that part. A country that the world carves out is hit as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, cast

from simulator.errors import listed, nearest, shown
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.schema import ANY, Scenario
from simulator.scenario.schema_disruptions import Event, Outage
from simulator.scenario.schema_events import Disruption
from simulator.scenario.schema_trade_events import ExportRestriction, Preset, Transport
from simulator.scenario.tables import Tables

_PERIOD: tuple[Loc, ...] = (("period",),)
_WORLD: tuple[Loc, ...] = (("world", "materials"), ("world", "products"), ("world", "regions"))
_NUMBERS = ("severity", "extra_days", "processing_days", "ramp_days")
_KINDS: dict[str, type[Event]] = {
    "outage": Outage,
    "export_restriction": ExportRestriction,
    "transport": Transport,
}


def expand(scenario: Scenario, tables: Tables) -> Scenario:
    """Scenario with the events of each preset in its place.

    Parameters
    ----------
    scenario : Scenario
        Checked.
    tables : Tables

    Returns
    -------
    Scenario
        The same object where there is no preset.
    """
    if not any(isinstance(entry, Preset) for entry in scenario.disruptions):
        return scenario
    labels = Labels(scenario.world, tables)
    events = tuple(event for entry in scenario.disruptions for event in events_of(entry, labels))
    return scenario.model_copy(update={"disruptions": events})


def events_of(entry: Disruption, labels: Labels) -> list[Event]:
    """Events that an entry of `disruptions` stands for.

    Parameters
    ----------
    entry : Event or Preset
    labels : Labels

    Returns
    -------
    list of Event
        Of a preset those for which the world has the material; none where its name is not known.
    """
    if not isinstance(entry, Preset):
        return [cast(Event, entry)]
    rows = [row for row in labels.rows("disruptions") if row["preset"] == entry.preset]
    if not rows:
        return []
    first = min(date.fromisoformat(row["start"]) for row in rows)
    shift = timedelta(0) if entry.start is None else entry.start - first
    kept = [row for row in sorted(rows, key=_order) if _is_there(row, labels)]
    return [_event(row, labels, shift, entry.severity_factor) for row in kept]


def check_preset(loc: Loc, entry: Preset, scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    """Findings of the name of a preset: unknown, without material in this world, not in the period.

    Parameters
    ----------
    loc : tuple of str and int
    entry : Preset
    scenario : Scenario
    labels : Labels

    Yields
    ------
    Finding
    """
    here: Loc = (*loc, "preset")
    known = labels.column("disruptions", "preset")
    if known and entry.preset not in known:
        allowed = f"presets of inputs/disruptions.csv: {listed(known, 30)}"
        yield Finding(here, shown(entry.preset), allowed, nearest(entry.preset, known), "preset_unknown")
        return
    events = events_of(entry, labels)
    if known and not events:
        rows = [row for row in labels.rows("disruptions") if row["preset"] == entry.preset]
        wanted = listed(dict.fromkeys(str(row["good"] or row["material"]) for row in rows))
        allowed = f"a preset for what the world has: {listed(_that_fit(labels), 30)}"
        found = f"{entry.preset} hits {wanted}, which the world does not have"
        yield Finding(here, found, allowed, "", "preset_material", needs=_WORLD)
    period = scenario.period
    if events and period.start < period.end:
        start = min(cast(date, event.start) for event in events)
        if not period.start <= start < period.end:
            allowed = f"start: a date from {period.start} to before {period.end}, the period"
            found = f"{entry.preset} starts on {start}"
            where = loc if entry.start is None else (*loc, "start")
            yield Finding(where, found, allowed, "", "preset_outside_period", needs=_PERIOD)


def _that_fit(labels: Labels) -> list[str]:
    """Presets with at least one event for which the world has the material."""
    rows = labels.rows("disruptions")
    return sorted({str(row["preset"]) for row in rows if _is_there(row, labels)})


def _is_there(row: dict[str, Any], labels: Labels) -> bool:
    """Whether the world has what a row hits."""
    material, good = row["material"], row["good"]
    return (not material or material in labels.world.materials) and (not good or labels.has_good(str(good)))


def _order(row: dict[str, Any]) -> tuple[str, str]:
    return str(row["start"]), str(row["event"])


def _event(row: dict[str, Any], labels: Labels, shift: timedelta, factor: float) -> Event:
    """Event of a row, moved and scaled."""
    kind = str(row["kind"])
    words: dict[str, Any] = {
        "name": row["event"],
        "kind": kind,
        "preset": row["preset"],
        "source": row["source"],
    }
    for key in ("announced", "start", "end"):
        if row[key]:
            words[key] = date.fromisoformat(row[key]) + shift
    words |= {key: float(row[key]) for key in _NUMBERS if row[key] is not None}
    if "severity" in words:
        words["severity"] = min(1.0, words["severity"] * factor)
    if "extra_days" in words:
        words["extra_days"] *= factor
    region, share = _place(row, labels)
    if kind == "outage":
        words |= _outage(row, region, share)
    elif kind == "export_restriction":
        words |= _restriction(row, labels, region, words["severity"] * share)
    else:
        words["corridor"] = row["corridor"]
    return _KINDS[kind].model_validate(words)


def _place(row: dict[str, Any], labels: Labels) -> tuple[str, float]:
    """Region of the world that holds a row's country, and the country's share of what the region puts out."""
    country = str(row["iso3"] or ANY)
    if country == ANY:
        return ANY, 1.0
    region = labels.world_region_of.get(country, country)
    tonnes = {True: 0.0, False: 0.0}
    for supply in labels.rows("supply"):
        here = labels.world_region_of.get(str(supply["iso3"])) == region
        if here and (supply["material"], supply["stage"]) == (row["material"], row["stage"]):
            tonnes[supply["iso3"] == country] += float(supply["tonnes"] or 0.0)
    whole = sum(tonnes.values())
    return region, tonnes[True] / whole if whole > 0 else 1.0


def _outage(row: dict[str, Any], region: str, share: float) -> dict[str, Any]:
    """Keys of an outage."""
    where: dict[str, Any] = {"material": (row["material"],), "stage": (row["stage"],), "share": share}
    if region != ANY:
        where["region"] = (region,)
    if share <= 0:
        where["share"] = 1.0  # a country without output: the check of filters tells it
    words: dict[str, Any] = {"where": where}
    if row["recovery_shape"]:
        words["recovery"] = {"shape": row["recovery_shape"], "days": float(row["recovery_days"])}
    return words


def _restriction(row: dict[str, Any], labels: Labels, region: str, severity: float) -> dict[str, Any]:
    """Keys of a restriction of exports; a ban of a part is a quota."""
    to = str(row["iso3_to"] or ANY)
    form = "quota" if row["form"] == "ban" and severity < 1 else row["form"]
    words = {
        "form": form,
        "from": (region,),
        "to": (to if to == ANY else labels.world_region_of.get(to, to),),
        "severity": severity,
    }
    if row["good"]:
        return words | {"good": row["good"]}
    return words | {"material": row["material"], "stage": row["stage"] or ""}
