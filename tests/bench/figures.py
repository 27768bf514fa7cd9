"""What a bench gives: a figure, its target, and whether it is met."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """One line of `make bench`."""

    what: str
    figure: str
    target: str
    is_met: bool | None

    @property
    def verdict(self) -> str:
        """Text of the last column."""
        return "" if self.is_met is None else "met" if self.is_met else "missed"


def at_most(what: str, value: float, limit: float, unit: str) -> Figure:
    """A figure that is good when it is small."""
    return Figure(what, f"{value:.2f} {unit}", f"<= {limit:g} {unit}", value <= limit)


def at_least(what: str, value: float, limit: float, unit: str) -> Figure:
    """A figure that is good when it is large."""
    return Figure(what, f"{value:.1f} {unit}", f">= {limit:g} {unit}", value >= limit)


def plain(what: str, text: str) -> Figure:
    """A figure without a target."""
    return Figure(what, text, "", None)


def lines(figures: list[Figure], width: int = 74) -> str:
    """Figures as aligned text."""
    rows = [f"  {f.what:<{width}} {f.figure:>16} {f.target:>14}  {f.verdict}".rstrip() for f in figures]
    return "\n".join(rows)


def processor_seconds(action: Callable[[], Any], repeats: int = 5) -> tuple[float, Any]:
    """Median processor time of an action and what it gave last; little disturbed by what else runs."""
    spent, result = [], None
    for _ in range(repeats):
        start = time.process_time()
        result = action()
        spent.append(time.process_time() - start)
    return statistics.median(spent), result
