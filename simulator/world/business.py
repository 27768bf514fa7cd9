"""Business models of circular use: how they spread and what they change (model, section 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.world.use import Cohorts

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Service:
    """Products of one kind that stay their maker's: they live longer and come back.

    Attributes
    ----------
    product : int
    share : (month, region) float [1]
        Part of the units delivered that is used as a service.
    life : Cohorts
        Empty, with the survival of the longer life.
    survival : (month of age,) float [1]
        Survival of the life that the units would have had.
    collection : float [1]
        Share of the units that comes back, at least.
    hibernation : float [yr]
        Mean time that a unit is kept after use.
    """

    product: int
    share: Floats
    life: Cohorts
    survival: Floats
    collection: float
    hibernation: float


@dataclass(frozen=True)
class BusinessModels:
    """Business models that a scenario names. Collection, routing and new scrap are already in the paths.

    Attributes
    ----------
    adopted : (month, model) float [1]
        Share of the potential that has adopted.
    services : tuple of Service
    hibernation : (month, product, region) float [yr]
        Mean time that products are kept after use.
    displacement : (month, product, region) float [1]
        New sales displaced by one reused unit.
    capital : (month, firm) float [1]
        Factor on the working capital of firms that adopt.
    """

    adopted: Floats
    services: tuple[Service, ...]
    hibernation: Floats
    displacement: Floats
    capital: Floats


def bass(time: ArrayLike, innovation: float, imitation: float) -> Floats:
    """Share of the potential that has adopted.

    Parameters
    ----------
    time : (...,) float [yr]
        Since the first adoption; before it nobody has adopted.
    innovation, imitation : float [1/yr]
        Bass's p and q.

    Returns
    -------
    (...,) float [1]
        Without innovation nobody ever begins.

    Source
    ------
    Bass 1969, Management Science 15(5): dF/dt = (p + q F)(1 - F), F(0) = 0.
    """
    years = np.maximum(np.asarray(time, dtype=float), 0.0)
    if innovation <= 0:
        return np.zeros_like(years)
    left = np.exp(-(innovation + imitation) * years)
    return (1.0 - left) / (1.0 + imitation / innovation * left)


def bass_peak(innovation: float, imitation: float) -> float:
    """Time at which most adopt.

    Parameters
    ----------
    innovation, imitation : float [1/yr]

    Returns
    -------
    float [yr]
        0 where adoption only slows down.

    Source
    ------
    Bass 1969, Management Science 15(5): ln(q/p) / (p + q).
    """
    if imitation <= innovation:
        return 0.0
    return float(np.log(imitation / innovation) / (innovation + imitation))


def lifted(value: Floats, adopters: Sequence[tuple[Floats, float]]) -> Floats:
    """A rate where some have adopted: adopters have at least theirs, the others keep the old one.

    Parameters
    ----------
    value : (...,) float [1]
    adopters : sequence of (share, rate)
        Share (...,) float [1] of all that has adopted, and what those have.

    Returns
    -------
    (...,) float [1]
        The very value where nobody has adopted or adopters' rate is lower.

    Source
    ------
    Proposal of this project.
    """
    rise = np.zeros_like(value)
    for share, rate in adopters:
        rise += share * np.maximum(0.0, rate - value)
    return value + rise


def mixed(value: Floats, adopters: Sequence[tuple[Floats, float]]) -> Floats:
    """A quantity where some have adopted and have it changed by a factor.

    Parameters
    ----------
    value : (...,) float [any]
    adopters : sequence of (share, factor)
        Share (...,) float [1] of all that has adopted, and their factor.

    Returns
    -------
    (...,) float [any]

    Source
    ------
    Mean over adopters and others: proposal of this project.
    """
    factor = np.ones_like(value)
    for share, by in adopters:
        factor = factor + share * (by - 1.0)
    return value * factor


def shared_out(shares: Sequence[Floats]) -> list[Floats]:
    """Shares of one market that several business models of a kind take: together at most all of it.

    Parameters
    ----------
    shares : sequence of (...,) float [1]

    Returns
    -------
    list of (...,) float [1]

    Source
    ------
    Proposal of this project.
    """
    if len(shares) < 2:
        return list(shares)
    whole = np.maximum(1.0, np.sum(shares, axis=0))
    return [share / whole for share in shares]
