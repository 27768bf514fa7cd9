"""Named disruptions of the past, from inputs/disruptions.csv: a preset is one or several events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.schema import Scenario
from simulator.scenario.schema_disruptions import Event
from simulator.scenario.schema_trade_events import Preset


def events_of(entry: Event | Preset, labels: Labels) -> list[Event]:
    """Events that an entry of `disruptions` stands for."""
    return [] if isinstance(entry, Preset) else [entry]


def check_preset(loc: Loc, entry: Preset, scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    """Findings of a preset."""
    yield Finding((*loc, "preset"), entry.preset, "", "", "preset_unknown")


__all__ = ["Any", "check_preset", "events_of"]
