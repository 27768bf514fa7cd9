"""What differs between two scenarios, once everything is resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.scenario.read import flow_yaml
from simulator.scenario.schema import ANY, Scenario
from simulator.scenario.tables import Tables

_NAMING = ("name", "title", "description")
_LABELS = ("name", "product", "process", "good", "material", "score", "size", "region", "stage", "route")


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes
    ----------
    key : str
        YAML path; lines of lists by their labels.
    left, right : str
        Values as YAML; empty where a side has none.
    """

    key: str
    left: str
    right: str


def differences(left: Scenario, right: Scenario) -> list[Difference]:
    """What two scenarios tell the run differently; names and texts aside.

    Parameters
    ----------
    left, right : Scenario

    Returns
    -------
    list of Difference
        In the order of the keys.
    """
    flat = [dict(_flat(scenario.resolved())) for scenario in (left, right)]
    keys = list(dict.fromkeys([*flat[0], *flat[1]]))
    return [
        Difference(key, flat[0].get(key, ""), flat[1].get(key, ""))
        for key in keys
        if flat[0].get(key) != flat[1].get(key)
    ]


def table_differences(left: Tables, right: Tables) -> list[Difference]:
    """Tables whose rows differ, with the number of rows that only one side has.

    Parameters
    ----------
    left, right : Tables

    Returns
    -------
    list of Difference
        Empty if both hash to the same.
    """
    if left.hash == right.hash:
        return []
    found = [Difference("inputs hash", left.hash[:12], right.hash[:12])]
    for name in sorted({*left, *right}):
        sides = [
            {repr(sorted(row.items())) for row in tables[name].rows} if name in tables else set()
            for tables in (left, right)
        ]
        if sides[0] != sides[1]:
            only = [
                f"{len(sides[0] - sides[1])} rows of its own",
                f"{len(sides[1] - sides[0])} rows of its own",
            ]
            found.append(Difference(f"inputs/{name}.csv", *only))
    return found


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every single value with its path."""
    if isinstance(value, Mapping) and value and not _is_dated(value):
        for key, inner in value.items():
            if path not in ("", "world") or key not in _NAMING:
                yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and value and all(isinstance(line, Mapping) for line in value):
        for line in value:
            named = [str(line[key]) for key in _LABELS if key in line]
            rest = {key: inner for key, inner in line.items() if key not in _LABELS}
            yield from _flat(rest, f"{path}[{', '.join(named)}]")
    elif value not in ((), [], {}):
        yield path, flow_yaml(value)


def _is_dated(value: Mapping[str, Any]) -> bool:
    """Whether a mapping is a dated value, which is compared as a whole."""
    return any(key[:1].isdigit() for key in value) or ANY in value
