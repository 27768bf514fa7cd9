"""Under which conditions an outcome goes wrong: scenario discovery by boxes in the space of factors.

A box is a range for each of a few factors. Its *coverage* is the share of all bad futures that lie in it, its
*density* the share of its futures that are bad. PRIM peels the data, a little of one factor at a time, until
what is left is dense; a tree (scikit-learn) splits it. Both find boxes in pure noise too, so each box is
held against what the same search finds once the outcomes are shuffled, and against futures that were not
searched: a box that luck finds as easily, or that does not hold in other futures, is no box.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.decisions.boxes import Box, Limit
from simulator.errors import Fault, InputError, Place

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]

METHODS = ("prim", "tree")
PEEL = 0.05
"""Share of the points in a box that one step of PRIM takes away [1]."""
LEAST = 0.05
"""Smallest share of all points that a box may hold [1]."""
LEVEL = 0.05
"""Largest p-value of a box that is told, and of a limit that stays [1]."""
SHUFFLES = 199
"""Shuffled outcomes that a box is held against."""
FOLDS = 5
"""Parts of the futures, each of which is left out of one search and held against what that finds."""
MOST_BOXES = 3
LIKE = 0.6
"""From this worth of one range of another factor, over that of the limit, both are told as alike [1]."""
MOST_FACTORS = 4
"""Factors that PRIM looks at, chosen by what one interval of each is worth alone."""
MOST_LEAVES = 8
"""Leaves of a tree: few enough to be read."""


Ranges = tuple["Numbers", "Numbers"]
"""Low and high of each factor: (factor,) float each."""
Search = Callable[["Numbers", "Flags"], Ranges]


def discover(
    values: Numbers,
    is_bad: Flags,
    names: Sequence[str],
    *,
    method: str = "prim",
    seed: int = 0,
    most: int = MOST_BOXES,
) -> list[Box]:
    """Boxes of bad futures, the best first; none where luck would find as good ones.

    Parameters
    ----------
    values : (future, factor) float
    is_bad : (future,) bool
    names : sequence of str
        Of the factors.
    method : str
        Of `METHODS`.
    seed : int
        Of the shuffles.
    most : int
        Boxes looked for; the next is looked for among the futures outside those found.

    Returns
    -------
    list of Box
        Coverage of each is told against all bad futures.

    Raises
    ------
    InputError
        scikit-learn is asked for and not installed.

    Source
    ------
    Friedman, J. H. and Fisher, N. I. (1999), Bump hunting in high-dimensional data, Statistics and Computing
    9, 123-143; Bryant, B. P. and Lempert, R. J. (2010), Thinking inside the box, Technological Forecasting
    and Social Change 77, 34-49 (coverage, density, quasi-p-values). The test against shuffled outcomes is a
    proposal of this project.
    """
    search = _tree if method == "tree" else _prim
    values, left = np.asarray(values, dtype=float), np.asarray(is_bad, dtype=bool).copy()
    remaining = np.arange(len(values))
    n_all_bad = int(left.sum())
    rng = np.random.default_rng(seed)
    found: list[Box] = []
    while len(found) < most and 0 < left[remaining].sum() < len(remaining):
        part, bad = values[remaining], left[remaining]
        ranges = search(part, bad)
        inside = _inside(part, ranges)
        p_value = _p_value(part, bad, _worth(inside, bad), search, rng)
        if p_value > LEVEL:
            break
        density_new = _density_elsewhere(part, bad, search, rng)
        if density_new is None:
            break
        ranges, p_values = _simplified(part, bad, ranges)
        if not p_values:
            break
        inside = _inside(part, ranges)
        low, high = ranges
        limits = tuple(
            Limit(names[i], float(low[i]), float(high[i]), p, _like(values, names, i, ranges))
            for i, p in p_values.items()
        )
        n, n_bad = int(inside.sum()), int(bad[inside].sum())
        found.append(
            Box(limits, n, n_bad, n_bad / n_all_bad, n_bad / n, float(bad.mean()), p_value, density_new),
        )
        remaining = remaining[~inside]
    return found


def _p_value(values: Numbers, bad: Flags, worth: float, search: Search, rng: np.random.Generator) -> float:
    """Share of shuffles that give a box at least as good; ends early once it is too large anyhow."""
    as_good = 0
    for done in range(1, SHUFFLES + 1):
        shuffled = rng.permutation(bad)
        as_good += _worth(_inside(values, search(values, shuffled)), shuffled) >= worth
        if as_good > LEVEL * (SHUFFLES + 1):
            return (1 + as_good) / (1 + done)
    return (1 + as_good) / (1 + SHUFFLES)


def _density_elsewhere(values: Numbers, bad: Flags, search: Search, rng: np.random.Generator) -> float | None:
    """Share of bad futures in boxes found without them; None if it is not clearly above that overall."""
    from scipy.stats import binom

    fold = rng.permutation(len(bad)) % FOLDS
    n = n_bad = 0
    for left_out in range(FOLDS):
        seen = fold != left_out
        ranges, _ = _simplified(values[seen], bad[seen], search(values[seen], bad[seen]))
        if np.isfinite(np.concatenate(ranges)).any():
            inside = _inside(values[~seen], ranges)
            n, n_bad = n + int(inside.sum()), n_bad + int(bad[~seen][inside].sum())
    is_clear = n > 0 and binom.sf(n_bad - 1, n, bad.mean()) <= LEVEL
    return n_bad / n if is_clear else None


def _worth(inside: Flags, bad: Flags) -> float:
    """Bad futures in a box beyond those expected by chance, over all futures (weighted relative accuracy)."""
    return float((bad[inside].sum() - bad.mean() * inside.sum()) / len(bad))


def _inside(values: Numbers, ranges: Ranges) -> Flags:
    low, high = ranges
    return np.asarray(((values >= low) & (values <= high)).all(axis=1))


def _prim(values: Numbers, bad: Flags) -> Ranges:
    """The box of the greatest worth on the way of peeling, then pasted; in the factors that matter alone."""
    n, n_factors = values.shape
    kept = _screened(values, bad)
    low, high = np.full(n_factors, -np.inf), np.full(n_factors, np.inf)
    inside = np.ones(n, dtype=bool)
    best, best_worth = (low.copy(), high.copy()), 0.0
    least = max(2, int(np.ceil(LEAST * n)))
    while True:
        peel = _best_peel(values[np.ix_(inside, kept)], bad[inside], least)
        if peel is None:
            break
        place, is_low, cut = peel
        (low if is_low else high)[kept[place]] = cut
        inside = _inside(values, (low, high))
        worth = _worth(inside, bad)
        if worth > best_worth:
            best, best_worth = (low.copy(), high.copy()), worth
    return _pasted(values, bad, best)


def _screened(values: Numbers, bad: Flags) -> Any:
    """Places of the factors of which one interval alone, the best, is worth most.

    Among very many factors a peel of noise looks as good as one that matters.
    """
    return np.sort(np.argsort(-_alone(values, bad), kind="stable")[:MOST_FACTORS])


def _alone(values: Numbers, bad: Flags) -> Numbers:
    """What the best single range of each factor is worth, as in `_worth`."""
    weight = (bad - bad.mean())[np.argsort(values, axis=0, kind="stable")] / len(bad)
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(weight, axis=0)])
    return np.asarray((total - np.minimum.accumulate(total, axis=0)).max(axis=0))


def _like(values: Numbers, names: Sequence[str], factor: int, ranges: Ranges) -> tuple[str, ...]:
    """Other factors of which one range holds nearly the futures that a limit holds."""
    column = values[:, factor]
    inside = (column >= ranges[0][factor]) & (column <= ranges[1][factor])
    most = inside.mean() * (1.0 - inside.mean())
    alone = _alone(values, inside)
    return tuple(name for i, name in enumerate(names) if i != factor and alone[i] >= LIKE * most)


def _best_peel(values: Numbers, bad: Flags, least: int) -> tuple[int, bool, float] | None:
    """Column, side and new limit of the peel that gains most density for what it takes away."""
    n = len(bad)
    n_cut = max(1, int(PEEL * n))
    ordered = np.partition(values, (n_cut - 1, n - n_cut), axis=0)
    candidates: list[tuple[bool, Numbers, Flags]] = [
        (True, ordered[n_cut - 1], values > ordered[n_cut - 1]),
        (False, ordered[n - n_cut], values < ordered[n - n_cut]),
    ]
    best: tuple[int, bool, float] | None = None
    best_gain = -np.inf
    for is_low, edge, kept in candidates:
        n_kept = kept.sum(axis=0)
        n_bad = bad.astype(float) @ kept
        with np.errstate(invalid="ignore", divide="ignore"):
            gain = (n_bad / n_kept - bad.mean()) / (n - n_kept)
        gain = np.where((n_kept >= least) & (n_kept < n), gain, -np.inf)
        factor = int(np.argmax(gain))
        if gain[factor] > best_gain:
            best_gain = float(gain[factor])
            column = values[kept[:, factor], factor]
            inner = column.min() if is_low else column.max()
            best = (factor, is_low, float((edge[factor] + inner) / 2.0))
    return best


def _pasted(values: Numbers, bad: Flags, ranges: Ranges) -> Ranges:
    """Limits moved out, or in, point by point while that makes the box worth more."""
    low, high = ranges[0].copy(), ranges[1].copy()
    weight = bad - bad.mean()
    for factor in np.flatnonzero(np.isfinite(low) | np.isfinite(high)):
        others = (low.copy(), high.copy())
        others[0][factor], others[1][factor] = -np.inf, np.inf
        slab = _inside(values, others)
        order = np.argsort(values[slab, factor], kind="stable")
        column, gains = values[slab, factor][order], weight[slab][order]
        if np.isfinite(low[factor]):
            low[factor] = _best_edge(column, gains, high[factor], is_low=True)
        if np.isfinite(high[factor]):
            high[factor] = _best_edge(column, gains, low[factor], is_low=False)
    return low, high


def _best_edge(column: Numbers, gains: Numbers, other: float, *, is_low: bool) -> float:
    """The limit of one factor that gives the most, the other limit given; columns rise."""
    kept = column <= other if is_low else column >= other
    ordered, gained = column[kept], gains[kept]
    if not is_low:
        ordered, gained = -ordered[::-1], gained[::-1]
    total = np.cumsum(gained[::-1])[::-1]
    is_first = np.append(True, np.diff(ordered) > 0.0)
    place = int(np.argmax(np.where(is_first, total, -np.inf)))
    edge = -np.inf if place == 0 else float((ordered[place - 1] + ordered[place]) / 2.0)
    return edge if is_low else -edge


def _tree(values: Numbers, bad: Flags) -> Ranges:
    """The leaf of the greatest worth of a small tree."""
    try:
        from sklearn.tree import DecisionTreeClassifier
    except ImportError:
        allowed = "--method prim, or scikit-learn: pip install 'loopcast[discovery]'"
        fault = Fault(Place("--method"), "scikit-learn is not installed", allowed, rule="extra_missing")
        raise InputError([fault]) from None
    least = max(2, int(np.ceil(LEAST * len(values))))
    tree = DecisionTreeClassifier(max_leaf_nodes=MOST_LEAVES, min_samples_leaf=least, random_state=0)
    shape = tree.fit(values, bad).tree_
    n_factors = values.shape[1]
    best: Ranges = (np.full(n_factors, -np.inf), np.full(n_factors, np.inf))
    best_worth = 0.0
    waiting = [(0, best)]
    while waiting:
        node, (low, high) = waiting.pop()
        if shape.children_left[node] < 0:
            worth = _worth(_inside(values, (low, high)), bad)
            if worth > best_worth:
                best, best_worth = (low, high), worth
            continue
        factor, cut = int(shape.feature[node]), float(shape.threshold[node])
        below, above = high.copy(), low.copy()
        below[factor], above[factor] = min(high[factor], cut), max(low[factor], cut)
        waiting.append((int(shape.children_left[node]), (low, below)))
        waiting.append((int(shape.children_right[node]), (above, high)))
    return best


def _simplified(values: Numbers, bad: Flags, ranges: Ranges) -> tuple[Ranges, dict[int, float]]:
    """The box without limits that may be there by luck, the least certain taken off first; p by factor."""
    low, high = ranges[0].copy(), ranges[1].copy()
    while True:
        bound = [int(i) for i in np.flatnonzero(np.isfinite(low) | np.isfinite(high))]
        p_values = {factor: _quasi_p(values, bad, (low, high), factor) for factor in bound}
        worst = max(bound, key=lambda factor: p_values[factor], default=None)
        if worst is None or p_values[worst] <= LEVEL:
            break
        low[worst], high[worst] = -np.inf, np.inf
    return (low, high), {factor: p_values[factor] for factor in sorted(bound, key=p_values.__getitem__)}


def _quasi_p(values: Numbers, bad: Flags, ranges: Ranges, factor: int) -> float:
    """Chance of as many bad futures in the box at the density that it has without this factor's limit.

    The factor is the best of all: Bonferroni's correction for having searched them.
    """
    from scipy.stats import binom

    without = (ranges[0].copy(), ranges[1].copy())
    without[0][factor], without[1][factor] = -np.inf, np.inf
    inside, wider = _inside(values, ranges), _inside(values, without)
    p_value = float(binom.sf(bad[inside].sum() - 1, inside.sum(), bad[wider].mean()))
    return float(min(1.0, p_value * values.shape[1]))
