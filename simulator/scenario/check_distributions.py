"""Cross checks of numbers that are distributions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from simulator.errors import listed, shown
from simulator.scenario.distribution import NEEDS, Distribution
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.meaning import meaning
from simulator.scenario.parts import Part, keys_of


def distributions(part: Part) -> dict[str, Distribution]:
    """Distributions of a mapping, by key.

    Parameters
    ----------
    part : Part

    Returns
    -------
    dict of str to Distribution
    """
    names = type(part).model_fields
    found = {(info.alias or name): getattr(part, name) for name, info in names.items()}
    return {key: value for key, value in found.items() if isinstance(value, Distribution)}


def limits_of(part: Part, key: str) -> tuple[float, float]:
    """Least and largest number that a key allows.

    Parameters
    ----------
    part : Part
    key : str

    Returns
    -------
    tuple of float
        Infinite where there is no limit.
    """
    info = keys_of(type(part))[key]
    limits = meaning(info.annotation, info).limits
    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    return (float("-inf") if low is None else float(low)), (float("inf") if high is None else float(high))


def check_distributions(loc: Loc, part: Part) -> Iterator[Finding]:
    """Findings of the distributions of a mapping.

    Parameters
    ----------
    loc : tuple of str and int
    part : Part

    Yields
    ------
    Finding
    """
    for key, drawn in distributions(part).items():
        yield from check_one((*loc, key), drawn, *limits_of(part, key))


def check_one(loc: Loc, drawn: Distribution, least: float, most: float, key: str = "") -> Iterator[Finding]:
    """Findings of one distribution.

    Parameters
    ----------
    loc : tuple of str and int
    drawn : Distribution
    least, most : float
        Range of its key.
    key : str
        What the numbers are for, where the way does not end in it.

    Yields
    ------
    Finding
    """
    needed, may = NEEDS[drawn.distribution]
    family = drawn.distribution
    for name in needed:
        if name not in drawn.given:
            noun = "a list of numbers" if name == "values" else "a number"
            allowed = f"{noun}; {family} needs {listed(needed)}"
            yield Finding((*loc, name), "nothing", allowed, "", "distribution_needs")
    for name in sorted(drawn.given - {*needed, *may}):
        allowed = f"{listed((*needed, *may))} with {family}"
        yield Finding((*loc, name), name, allowed, "", "distribution_key", at_key=True)
    if drawn.weights and len(drawn.weights) != len(drawn.values):
        allowed = f"as many weights as values, {len(drawn.values)}"
        yield Finding((*loc, "weights"), f"{len(drawn.weights)} weights", allowed, "", "distribution_weights")
    rising = [(name, getattr(drawn, name)) for name in ("low", "mode", "high")]
    steps = [(name, value) for name, value in rising if value is not None]
    for (before, lower), (name, upper) in pairwise(steps):
        if upper < lower or (upper == lower and (before, name) == ("low", "high")):
            allowed = f"a number above {before}, {lower:g}"
            yield Finding((*loc, name), shown(upper), allowed, "", "distribution_order")
    if family == "loguniform" and drawn.low is not None and drawn.low <= 0:
        yield Finding((*loc, "low"), shown(drawn.low), "a number > 0 with loguniform", "", "distribution_low")
    low, high = drawn.support
    for name, value in (("low", low), ("high", high)):
        if value is not None and not least <= value <= most:
            bounds = [f"from {least:g}"] * (least > float("-inf")) + [f"to {most:g}"] * (most < float("inf"))
            here = (*loc, "values") if drawn.values else (*loc, name)
            allowed = f"a number {' '.join(bounds)}, the range of {key or loc[-1]}"
            yield Finding(here, shown(value), allowed, "", "distribution_range")
