"""Random numbers: each purpose and entity has its own stream, so that no other draw can shift it."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *purpose: str, member: int = 0) -> np.random.Generator:
    """Random generator of one purpose: the same whatever else is drawn.

    Parameters
    ----------
    seed : int
        Of the scenario.
    *purpose : str
        What is drawn, and for which entity (and when).
    member : int
        Member of the ensemble; 0 for a run without one.

    Returns
    -------
    numpy.random.Generator
    """
    digest = hashlib.sha256("|".join(purpose).encode()).digest()
    words = [seed, int.from_bytes(digest[:8], "big")]
    return np.random.default_rng([*words, member] if member else words)
