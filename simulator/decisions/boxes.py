"""A box: ranges of a few factors in which an outcome goes wrong more often than elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Limit:
    """Range of one factor in a box.

    Attributes
    ----------
    factor : str
    low, high : float
        Minus and plus infinity where there is no limit.
    p_value : float [1]
        Chance that the box would be that dense by luck if this limit were not there (quasi-p-value), times
        the number of factors that it was chosen from, at most 1.
    like : tuple of str
        Other factors of which one range holds nearly the same futures: these cannot tell them apart. Columns
        of a Sobol sequence move together where they are many and its points few.
    """

    factor: str
    low: float
    high: float
    p_value: float
    like: tuple[str, ...] = ()


@dataclass(frozen=True)
class Box:
    """Conditions under which the outcome goes wrong.

    Attributes
    ----------
    limits : tuple of Limit
        All of them hold in the box; the one that matters most comes first.
    n, n_bad : int
        Futures in it, and bad ones among them.
    coverage, density : float [1]
    base_rate : float [1]
        Share of bad futures among all that were looked at.
    p_value : float [1]
        Share of shuffled outcomes for which the same search finds a box as good.
    density_new : float [1]
        Share of bad futures in the boxes of the same search, among futures that it had not seen.
    """

    limits: tuple[Limit, ...]
    n: int
    n_bad: int
    coverage: float
    density: float
    base_rate: float
    p_value: float
    density_new: float

    def holds(self, values: Numbers, names: Sequence[str]) -> Flags:
        """Which futures lie in it.

        Parameters
        ----------
        values : (future, factor) float
        names : sequence of str
            Of the factors.

        Returns
        -------
        (future,) bool
        """
        inside = np.ones(len(values), dtype=bool)
        for limit in self.limits:
            column = values[:, list(names).index(limit.factor)]
            inside &= (column >= limit.low) & (column <= limit.high)
        return inside

    def sentence(self) -> str:
        """The box in words."""
        where = " and ".join(_in_words(limit) for limit in self.limits)
        return (
            f"where {where}: {self.density:.0%} of {self.n} futures against {self.base_rate:.0%} overall "
            f"({self.density_new:.0%} in futures not searched), {self.coverage:.0%} of all such futures"
        )


def _in_words(limit: Limit) -> str:
    if not np.isfinite(limit.low):
        return f"{limit.factor} at most {limit.high:.4g}"
    if not np.isfinite(limit.high):
        return f"{limit.factor} at least {limit.low:.4g}"
    return f"{limit.factor} from {limit.low:.4g} to {limit.high:.4g}"
