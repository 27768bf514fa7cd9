"""Points of an ensemble in the unit cube: each number has its own coordinate, chosen and scrambled by name.

A scrambled Sobol sequence is one infinite table: a row for each member, a column for each coordinate. An
ensemble reads the columns of its numbers, so more members keep those there were, and another number, or one
less, changes none of the others. Declared numbers have the first columns, in the order of their names; any
other number has the column that its name is hashed to, far behind. Every column is scrambled on its own by
seed and name (nested uniform scrambling).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

from simulator.scenario.quantiles import pearson
from simulator.scenario.schema_ensemble import Correlation

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

_BITS = 32
_FIRST_COLUMNS = 1024
_COLUMNS = 4096
_ROWS_AT_A_TIME = 1024
_SALTS = np.arange(_BITS, dtype=np.uint64) * np.uint64(0xD1B54A32D192ED03)


def sobol(names: Sequence[str], declared: Sequence[str], n_members: int, seed: int) -> Floats:
    """Points of a scrambled Sobol sequence.

    Parameters
    ----------
    names : sequence of str
        Numbers drawn, each once.
    declared : sequence of str
        Names that have the first columns, drawn or not.
    n_members : int
    seed : int

    Returns
    -------
    (member, factor) float [1]
        In (0, 1).

    Source
    ------
    I. M. Sobol, USSR Computational Mathematics and Mathematical Physics 7 (1967), with the direction numbers
    of S. Joe and F. Kuo, SIAM Journal on Scientific Computing 30 (2008); scrambling after A. B. Owen, Annals
    of Statistics 25 (1997); a scramble by hashed prefixes after B. Burley, JCGT 9 (2020).
    """
    columns = _columns(names, declared)
    rows = [
        _plain_rows(start)[:, columns][: n_members - start] for start in range(0, n_members, _ROWS_AT_A_TIME)
    ]
    plain = np.concatenate(rows) if rows else np.zeros((0, len(names)), dtype=np.uint64)
    keys = np.array([_key(seed, "sobol", name) for name in names], dtype=np.uint64)
    return np.asarray((_scrambled(plain, keys) + 0.5) / 2.0**_BITS, dtype=np.float64)


def latin(names: Sequence[str], n_members: int, seed: int) -> Floats:
    """Points of a Latin hypercube: each of `n_members` equal parts of every range is met once.

    Parameters
    ----------
    names : sequence of str
        Numbers drawn, each once.
    n_members : int
        The points of another number of members are others altogether.
    seed : int

    Returns
    -------
    (member, factor) float [1]
        In (0, 1).

    Source
    ------
    M. D. McKay, R. J. Beckman, W. J. Conover, Technometrics 21 (1979).
    """
    found = np.empty((n_members, len(names)))
    for column, name in enumerate(names):
        rng = np.random.default_rng([seed, _key(seed, "latin", str(n_members), name)])
        within = rng.random(n_members) * (1 - 2.0**-_BITS) + 2.0 ** -(_BITS + 1)
        found[:, column] = (rng.permutation(n_members) + within) / n_members
    return found


def correlated(points: Floats, names: Sequence[str], correlations: Sequence[Correlation]) -> Floats:
    """Points drawn together through a Gaussian copula, member by member.

    Parameters
    ----------
    points : (member, factor) float [1]
        Independent, in (0, 1).
    names : sequence of str
        Of the factors; the first of a pair keeps its points.
    correlations : sequence of Correlation
        Rank correlations; the matrix must be positive definite (`check` sees to it).

    Returns
    -------
    (member, factor) float [1]
        In (0, 1).

    Source
    ------
    Gaussian copula; Pearson correlation of normal scores from the rank correlation as 2 sin(pi rank / 6),
    K. Pearson 1907, in D. Kurowicka and R. Cooke, Uncertainty Analysis, 2006, chapter 3.
    """
    if not correlations:
        return points
    together = sorted({name for pair in correlations for name in pair.between})
    place = [names.index(name) for name in together]
    lower = np.linalg.cholesky(pearson(together, correlations))
    scores = ndtri(points[:, place])
    # written out: a product of matrices may round by the number of rows, and members must not
    mixed = [sum(lower[i, j] * scores[:, j] for j in range(i + 1)) for i in range(len(together))]
    out = points.copy()
    edge = 2.0 ** -(_BITS + 1)
    out[:, place] = np.clip(ndtr(np.stack(mixed, axis=1)), edge, 1 - edge)
    moved = [column for column, row in zip(place, lower, strict=True) if np.count_nonzero(row) > 1]
    kept = np.setdiff1d(np.arange(len(names)), moved)
    out[:, kept] = points[:, kept]
    return out


def _columns(names: Sequence[str], declared: Sequence[str]) -> list[int]:
    """Column of each number; where two names want one, the later in the alphabet takes the next free one."""
    first = {name: column for column, name in enumerate(declared[:_FIRST_COLUMNS])}
    chosen = {name: first[name] for name in names if name in first}
    taken = set(chosen.values())
    room = _COLUMNS - _FIRST_COLUMNS
    for name in sorted(set(names) - set(chosen)):
        column = _key("column", name) % room
        while _FIRST_COLUMNS + column in taken:
            column = (column + 1) % room
        chosen[name] = _FIRST_COLUMNS + column
        taken.add(chosen[name])
    return [chosen[name] for name in names]


@cache
def _plain_rows(start: int) -> Words:
    """Rows (member, column) of the sequence before scrambling, as whole numbers of `_BITS` bits."""
    sequence = qmc.Sobol(_COLUMNS, scramble=False, bits=_BITS)
    if start:
        sequence.fast_forward(start)
    return np.asarray(sequence.random(_ROWS_AT_A_TIME) * 2.0**_BITS, dtype=np.uint64)


def _scrambled(plain: Words, keys: Words) -> Words:
    """Each bit flipped or not by the bits before it and the key of its column."""
    out = np.zeros_like(plain)
    one = np.uint64(1)
    for depth in range(_BITS):
        shift = np.uint64(_BITS - 1 - depth)
        prefix = plain >> (shift + one)
        salt = _mixed(keys + _SALTS[depth])
        flip = _mixed(prefix * np.uint64(0x9E3779B97F4A7C15) + salt) & one
        out |= (((plain >> shift) & one) ^ flip) << shift
    return out


def _mixed(words: Words) -> Words:
    """Whole numbers in which every bit depends on every bit (the last steps of splitmix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _key(*parts: object) -> int:
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big")
