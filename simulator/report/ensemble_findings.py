"""Sentences made from members: how far results range, and what a scenario changes member by member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.decisions.paired import NO_CHANGE, TOO_FEW, Difference
from simulator.report import ensembles
from simulator.report.ensembles import Members
from simulator.report.sentences import Finding, listed, percent, quoted, upper

MOST_RANGES = 3
"""Materials whose range is told; the chart has all [1]."""

PART = "90\u00a0%"
"""Of members, between the outer quantiles of the ranges."""


@dataclass(frozen=True)
class Moved:
    """What a scenario changes in one material.

    Attributes
    ----------
    material : str
    difference : Difference
        Of mean availability, by pairs of members.
    low, high : float [1]
        Between which the outer quantiles of the pairs lie.
    """

    material: str
    difference: Difference
    low: float
    high: float

    def is_told(self, least: float) -> bool:
        """Whether a change can be told from none, and is not too small to print."""
        told = self.difference.verdict not in (NO_CHANGE, TOO_FEW)
        return told and abs(self.difference.mean.value) >= least


def ranges(own: Members, materials: Sequence[str], shortage: float, lead: str) -> Finding:
    """How deep the worst month is, over members.

    Parameters
    ----------
    own : Members
    materials : sequence of str
        As they stand on the page.
    shortage : float [1]
        Below this a month is short.
    lead : str
        What the sentence begins with; empty or a place.

    Returns
    -------
    Finding
    """
    rows = []
    for material in materials:
        values = own.outcome("worst_availability", material)
        values = values[np.isfinite(values)]
        if len(values) and (values < shortage).any():
            rows.append((float(np.median(values)), material, values))
    least = percent(shortage, 0)
    if not rows:
        text = f"{lead}no month of any material falls under {least} in any of {own.n} members."
        return Finding(upper(text), "exceedance", "safe")
    parts = []
    for _, material, values in sorted(rows, key=lambda row: row[0])[:MOST_RANGES]:
        low, high = np.quantile(values, [ensembles.QUANTILES[0], ensembles.QUANTILES[-1]])
        n_short = int((values < shortage).sum())
        often = "in all of them" if n_short == len(values) else f"in {n_short} of {len(values)}"
        parts.append(f"{material} {_between(percent(float(low)), percent(float(high)))}, short {often}")
    text = f"{lead}the worst month delivers, in {PART} of {own.n} members: {'; '.join(parts)}."
    return Finding(upper(text), "exceedance", "short")


def mean_range(own: Members | None, material: str) -> str:
    """Mean availability of a material between the outer quantiles of members, as it is printed.

    Parameters
    ----------
    own : Members or None
    material : str
        As it stands on the page.
    """
    if own is None:
        return "–"
    values = own.outcome("mean_availability", material)
    values = values[np.isfinite(values)]
    if not len(values):
        return "–"
    low, high = np.quantile(values, [ensembles.QUANTILES[0], ensembles.QUANTILES[-1]])
    printed = percent(float(high))
    return printed if percent(float(low)) == printed else f"{percent(float(low))[:-2]}–{printed}"


def moved(own: Members, base: Members, materials: Sequence[str]) -> list[Moved]:
    """What a scenario changes in mean availability, for the materials of which both have members.

    Parameters
    ----------
    own, base : Members
        That can be paired.
    materials : sequence of str
        As they stand on the page.
    """
    found = []
    for material in materials:
        told, apart = ensembles.difference(own, base, "mean_availability", material)
        if told.n:
            low, high = np.quantile(apart, [ensembles.QUANTILES[0], ensembles.QUANTILES[-1]])
            found.append(Moved(material, told, float(low), float(high)))
    return found


def difference(changes: Sequence[Moved], titles: tuple[str, str], years: str, least: float) -> Finding:
    """The sentence on what a scenario changes.

    Parameters
    ----------
    changes : sequence of Moved
    titles : tuple of str
        Of the scenario and of the baseline.
    years : str
        The period in words.
    least : float [1]
        Smallest change of mean availability that is told.

    Returns
    -------
    Finding
    """
    told = sorted((c for c in changes if c.is_told(least)), key=lambda c: -abs(c.difference.mean.value))
    n = min((c.difference.n for c in changes), default=0)
    lead = f"{quoted(titles[0])} against {quoted(titles[1])}"
    count = f"{n} pairs of members"
    if not told:
        return Finding(f"{lead}: no detectable change in mean availability ({count}).", "differences")
    parts = [_told(change) for change in told[:MOST_RANGES]]
    still = [change.material for change in changes if change not in told]
    rest = f"; no detectable change for {listed(still)}" if still else ""
    text = f"{lead}, mean availability {years} ({count}): {listed(parts)}{rest}."
    return Finding(text, "differences", "better" if told[0].difference.mean.value > 0 else "worse")


def _told(change: Moved) -> str:
    """`lithium +3.1 points (between 2.0 and 4.4 in 90 % of members)`."""
    mean, low, high = (f"{100 * v:+.1f}" for v in (change.difference.mean.value, change.low, change.high))
    ends = f"{low} in {PART} of members" if low == high else f"between {low} and {high} in {PART} of members"
    return _minus(f"{change.material} {mean} points ({ends})")


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _minus(text: str) -> str:
    return text.replace(" -", " −")
