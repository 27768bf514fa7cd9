"""How likely outcomes of members are, and how their means settle: arrays in, packed series out.

Of the world curves have a step for each member, or for each percent; of other places, of which there are
many, they are coarser and have fewer figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.batch.gather import PROBABILITIES
from simulator.decisions import paired
from simulator.report.packing import packed

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, Any]

FEWEST = 4
"""Members from which on the width of an interval says something: of two it is that of Student's law [1]."""

MOST_OF_WORLD, MOST_OF_PLACE = 100, 20
"""Members up to which a curve has a step for each, of the world and of other places [1]."""

TWENTIETHS = tuple(round(0.05 * i, 2) for i in range(21))
"""Probabilities of the points of curves of places where there are more members [1]."""

FIGURES_OF_PLACE = 4
"""Significant figures of the largest number of a series of a place [1]."""


def probabilities(n: int) -> list[list[float] | None]:
    """Probabilities of the points of curves, of the world and of other places.

    Parameters
    ----------
    n : int
        Members.

    Returns
    -------
    list of two lists of float [1]
        None where each member has a step.
    """
    world, place = n > MOST_OF_WORLD, n > MOST_OF_PLACE
    return [list(PROBABILITIES) if world else None, list(TWENTIETHS) if place else None]


def exceeded(values: Numbers) -> list[Any]:
    """Values that members reach or pass.

    Parameters
    ----------
    values : (place, material, member) float
        The world first.

    Returns
    -------
    list
        [place][material][point], packed; the largest first, unknown ones last.
    """
    at = probabilities(values.shape[-1])
    world, places = (
        np.apply_along_axis(_falling, -1, part, along)
        for part, along in zip((values[0], values[1:]), at, strict=True)
    )
    return [packed(world), *packed(_shortened(places))]


def _falling(values: Numbers, at: Sequence[float] | None) -> Numbers:
    """Members, the largest first and unknown ones last; or what they reach with some probabilities."""
    known = values[np.isfinite(values)]
    if at is None or not known.size:
        whole = np.full(len(values) if at is None else len(at), np.nan)
        whole[: known.size] = np.sort(known)[::-1]
        return whole
    return np.quantile(known, 1.0 - np.array(at))


def settling(values: Mapping[str, Numbers]) -> dict[str, Any]:
    """Half width of the interval of the mean over the first members.

    Parameters
    ----------
    values : mapping of str to (place, material, member) float
        By outcome, the world first.

    Returns
    -------
    dict
        ``at``: so many members; ``of`` by outcome [place][material][step]; packed. Empty where there are too
        few members.
    """
    n = max((each.shape[-1] for each in values.values()), default=0)
    if n < FEWEST:
        return {}
    at = [FEWEST * 2**k for k in range(n.bit_length()) if FEWEST * 2**k < n] + [n]
    halves = {
        key: np.stack([half_widths(each[..., :count]) for count in at], axis=-1)
        for key, each in values.items()
        if np.isfinite(each).any()
    }
    of = {key: [packed(each[0]), *packed(_shortened(each[1:]))] for key, each in halves.items()}
    return {"at": packed(at), "of": of}


def half_widths(values: Numbers) -> Numbers:
    """Half of Student's interval of means, as `paired.of_mean` has it, for many means at once.

    Parameters
    ----------
    values : (..., member) float
        What is not finite is left out.

    Returns
    -------
    (...) float
        Zero where it is rounding; NaN where fewer than `FEWEST` are known.
    """
    known = np.isfinite(values)
    n = np.maximum(known.sum(axis=-1), FEWEST)
    mean = np.where(known, values, 0.0).sum(axis=-1) / n
    square = np.where(known, values - mean[..., None], 0.0) ** 2
    counts, of = np.unique(n, return_inverse=True)
    factor = np.array([paired.student(count, paired.LEVEL) for count in counts.tolist()])[of.reshape(n.shape)]
    half = factor * np.sqrt(square.sum(axis=-1) / (n - 1) / n)
    half = np.where(half > paired.ROUNDING * np.abs(mean), half, 0.0)
    return np.where(known.sum(axis=-1) < FEWEST, np.nan, half)


def _shortened(values: Numbers) -> Numbers:
    """Series along the last axis with `FIGURES_OF_PLACE` figures of their largest number."""
    top = np.nanmax(np.abs(values), axis=-1, keepdims=True, initial=0.0)
    digits = FIGURES_OF_PLACE - 1 - np.floor(np.log10(np.where(top > 0.0, top, 1.0)))
    return np.round(values * 10.0**digits) / 10.0**digits
