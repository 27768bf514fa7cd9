"""From the end of use to collectors: what they take and where it goes (model, section 7)."""

from __future__ import annotations

import numpy as np

from simulator.world.state import Floats

ROUTES = ("repair", "remanufacture", "recycling", "disposal")
"""Ways of a collected product, in the order of `Paths.routing`."""


def collect(available: Floats, rate: Floats, capacity: Floats) -> Floats:
    """Units that collectors take.

    Parameters
    ----------
    available : (product, region) float [unit]
    rate : (product, region) float [1]
        Collection rate of the scenario.
    capacity : (product, region) float [unit]
        What collectors can handle in the interval.

    Returns
    -------
    (product, region) float [unit]

    Source
    ------
    Proposal of this project; the rate is the collection rate CR of Graedel et al. 2011,
    doi:10.1111/j.1530-9290.2011.00342.x.
    """
    return np.minimum(available * rate, capacity)
