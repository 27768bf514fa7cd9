"""A function whose sensitivity is known, to see that the methods find it.

It is reached by `loopcast sensitivity --model simulator.decisions.known:ishigami --method sobol`. Any
function can stand in its place that takes a mapping of factor to number, gives a number (or a mapping of
outcome to number), and has an attribute `factors`: each name with its distribution, as in a scenario.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

SINE_SQUARED = 7.0
QUARTIC = 0.1
_ROUND = {"distribution": "uniform", "low": -math.pi, "high": math.pi}


def ishigami(factors: Mapping[str, float]) -> float:
    """Ishigami's function of three numbers between -pi and pi, with a = 7 and b = 0.1.

    Its indices are known: S1 = 0.3139, 0.4424, 0 and ST = 0.5576, 0.4424, 0.2437.

    Parameters
    ----------
    factors : mapping of str to float
        x1, x2, x3.

    Returns
    -------
    float

    Source
    ------
    Ishigami, T. and Homma, T. (1990), An importance quantification technique in uncertainty analysis for
    computer models, Proc. ISUMA'90, 398-403.
    """
    first = math.sin(factors["x1"])
    return first + SINE_SQUARED * math.sin(factors["x2"]) ** 2 + QUARTIC * factors["x3"] ** 4 * first


def exact(a: float = SINE_SQUARED, b: float = QUARTIC) -> dict[str, tuple[float, float]]:
    """First-order and total index of each factor of Ishigami's function, from its variances in closed form.

    Parameters
    ----------
    a, b : float
        Its constants.

    Returns
    -------
    dict of str to (float [1], float [1])

    Source
    ------
    Saltelli, A. et al. (2008), Global Sensitivity Analysis: The Primer, section 4.
    """
    v1 = 0.5 * (1.0 + b * math.pi**4 / 5.0) ** 2
    v2 = a**2 / 8.0
    v13 = b**2 * math.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    whole = v1 + v2 + v13
    return {"x1": (v1 / whole, (v1 + v13) / whole), "x2": (v2 / whole, v2 / whole), "x3": (0.0, v13 / whole)}


_factors: dict[str, dict[str, Any]] = {name: dict(_ROUND) for name in ("x1", "x2", "x3")}
ishigami.factors = _factors  # type: ignore[attr-defined]
