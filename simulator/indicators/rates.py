"""Recycling rates: pure functions of arrays (model, sections 7 and 13).

Each function takes numpy arrays or xarray DataArrays of one shape and gives the same kind back.
A share of nothing has a stated value, so that no division by zero hides in a chart.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Array: TypeAlias = Any
"""numpy array, xarray DataArray or number."""


def share(part: Array, whole: Array, empty: float, tiny: float = 1e-12) -> Array:
    """Part of a whole, with a stated value where there is no whole.

    Parameters
    ----------
    part, whole : (...) float [any, the same]
    empty : float [1]
        Value where the whole is not above `tiny`.
    tiny : float [as whole]

    Returns
    -------
    (...) float [1]

    Source
    ------
    Arithmetic.
    """
    is_there = whole > tiny
    if hasattr(whole, "where"):
        return (part / whole.where(is_there, 1.0)).where(is_there, empty)
    return np.where(is_there, part / np.where(is_there, whole, 1.0), empty)[()]


def collection_rate(collected: Array, generated: Array) -> Array:
    """Collection rate CR: share of end-of-life material that collectors take.

    Parameters
    ----------
    collected, generated : (...) float [t]

    Returns
    -------
    (...) float [1]
        0 where nothing came to its end.

    Source
    ------
    UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return share(collected, generated, 0.0)


def process_efficiency(recovered: Array, collected: Array) -> Array:
    """Recycling process efficiency rate RPR: share of collected material that is recovered.

    Parameters
    ----------
    recovered : (...) float [t]
        From old scrap.
    collected : (...) float [t]

    Returns
    -------
    (...) float [1]
        0 where nothing was collected.

    Source
    ------
    UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return share(recovered, collected, 0.0)


def eol_recycling_rate(recovered: Array, generated: Array) -> Array:
    """End-of-life recycling rate EOL-RR = CR x RPR.

    Parameters
    ----------
    recovered : (...) float [t]
        From old scrap.
    generated : (...) float [t]
        Material in products at the end of their life.

    Returns
    -------
    (...) float [1]
        0 where nothing came to its end.

    Source
    ------
    UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return share(recovered, generated, 0.0)


def recycled_content(primary: Array, old_scrap: Array, new_scrap: Array) -> Array:
    """Recycled content RC: secondary material of both kinds over all input.

    Parameters
    ----------
    primary, old_scrap, new_scrap : (...) float [t]
        Material entering manufacture by origin.

    Returns
    -------
    (...) float [1]
        0 where there is no input.

    Source
    ------
    UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return share(old_scrap + new_scrap, primary + old_scrap + new_scrap, 0.0)


def old_scrap_ratio(old_scrap: Array, new_scrap: Array) -> Array:
    """Old-scrap ratio OSR: old scrap over all secondary material.

    Parameters
    ----------
    old_scrap, new_scrap : (...) float [t]
        Recovered material by origin.

    Returns
    -------
    (...) float [1]
        0 where nothing is recovered.

    Source
    ------
    UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return share(old_scrap, old_scrap + new_scrap, 0.0)


def eol_recycling_input_rate(primary: Array, old_scrap: Array) -> Array:
    """EOL-RIR of the EU: old-scrap secondary over primary and old-scrap secondary.

    New scrap is left out of both sides; `old_scrap_input_rate` has it in the denominator.

    Parameters
    ----------
    primary, old_scrap : (...) float [t]
        Material entering manufacture by origin.

    Returns
    -------
    (...) float [1]
        0 where there is no input.

    Source
    ------
    Talens Peiró et al. 2018, EC JRC, doi:10.2760/909515 (recalled).
    """
    return share(old_scrap, primary + old_scrap, 0.0)


def old_scrap_input_rate(primary: Array, old_scrap: Array, new_scrap: Array) -> Array:
    """Old-scrap secondary over all input, new scrap too.

    Parameters
    ----------
    primary, old_scrap, new_scrap : (...) float [t]
        Material entering manufacture by origin.

    Returns
    -------
    (...) float [1]
        0 where there is no input.

    Source
    ------
    Variant of EOL-RIR with new scrap in the denominator; proposal of this project for the name.
    """
    return share(old_scrap, primary + old_scrap + new_scrap, 0.0)


def mean_uses(recycling_rate: Array) -> Array:
    """Mean number of times an atom is used before it is lost.

    Parameters
    ----------
    recycling_rate : (...) float [1]
        EOL-RR, below 1.

    Returns
    -------
    (...) float [1]

    Source
    ------
    Geometric series 1 / (1 - EOL-RR); Eckelman & Daigo 2008, doi:10.1016/j.ecolecon.2008.02.015 (recalled).
    """
    return 1.0 / (1.0 - recycling_rate)


def recycled_content_bound(recycling_rate: Array, growth: Array, lifetime: Array) -> Array:
    """Recycled content that growth allows: what comes back was sold one lifetime ago.

    Parameters
    ----------
    recycling_rate : (...) float [1]
        EOL-RR.
    growth : (...) float [1 / yr]
        Of sales.
    lifetime : (...) float [yr]
        Fixed.

    Returns
    -------
    (...) float [1]

    Source
    ------
    RC = EOL-RR (1 + g)^-L; UNEP / Graedel et al. 2011, doi:10.1111/j.1530-9290.2011.00342.x (recalled).
    """
    return recycling_rate * (1.0 + growth) ** -lifetime


def primary_equivalent(secondary: Array, refined: Array, residue: Array) -> Array:
    """Primary extraction that secondary material stands for: what mines would have had to deliver.

    One tonne of secondary material replaces one refined tonne, and a refined tonne takes 1 / yield tonnes in
    ore. That is the most that can be avoided: where cheaper material is used more, less is (rebound).

    Parameters
    ----------
    secondary : (...) float [t]
        From old scrap; new scrap would not be there without the input it comes from.
    refined, residue : (...) float [t]
        Output of processing and what it loses.

    Returns
    -------
    (...) float [t]
        The secondary material itself where nothing is refined.

    Source
    ------
    Displacement one for one, as doubted in doi:10.1111/jiec.12355 (recalled).
    """
    return secondary / share(refined, refined + residue, 1.0)
