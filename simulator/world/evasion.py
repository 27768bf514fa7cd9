"""Trade that evades limits and duties: who gains most by evading does it most (docs/model_shocks.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.world.state import Bools, Floats, Ints


@dataclass(frozen=True)
class Evasion:
    """Relations over a border with a limit or a duty that can be evaded.

    Attributes
    ----------
    elasticity : float [1]
        Rise of the logarithm of true over declared trade with the ad-valorem equivalent of what is evaded.
    most : float [1]
        Largest ad-valorem equivalent that counts.
    tau : float [d]
        Time in which ways to evade are found, and given up.
    relations : (relation that can evade,) int
    pattern : (relation that can evade,) int
        Column of the paths below: the same events act on all relations of a pattern.
    gap : (month, pattern) float [1]
        What enforcement leaves open; of several events in force the best enforced counts.
    force : (month, pattern) float [1]
        Part of the month in which any of them is in force.
    is_limited : (month, pattern) bool
        A limit on exports is in force.
    rate : (month, pattern) float [1]
        Sum of the duties in force, mean of the month.
    """

    elasticity: float
    most: float
    tau: float
    relations: Ints
    pattern: Ints
    gap: Floats
    force: Floats
    is_limited: Bools
    rate: Floats


def wedge(log_outside: Floats, log_inside: Floats) -> Floats:
    """Duty that would part two prices as far as a limit on exports does.

    Parameters
    ----------
    log_outside, log_inside : (relation,) float [1]
        Logarithms of the price where goods go and of that where they come from.

    Returns
    -------
    (relation,) float [1]
        Difference of prices over that inside, the price before duty; 0 where it is dearer inside.

    Source
    ------
    Tariff equivalent of a quota, Bhagwati 1965, in Trade, Growth and the Balance of Payments (recalled).
    """
    return np.maximum(0.0, np.expm1(log_outside - log_inside))


def evaded_share(equivalent: Floats, elasticity: Floats, most: float) -> Floats:
    """Share of what crosses a border that is not declared.

    Parameters
    ----------
    equivalent : (relation,) float [1]
        Duty, or the duty that a limit is worth, over the price before duty.
    elasticity : (relation,) float [1]
    most : float [1]
        Equivalents above it count as it.

    Returns
    -------
    (relation,) float [1]
        1 - exp(-elasticity x equivalent), below 1.

    Source
    ------
    Fisman and Wei 2004, Journal of Political Economy 112(2), doi:10.1086/381476: a percentage point more of
    tax goes with three per cent more evasion, ln(true / declared) = elasticity x rate.
    """
    return np.asarray(-np.expm1(-elasticity * np.minimum(equivalent, most)))
