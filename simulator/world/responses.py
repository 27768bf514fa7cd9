"""What prices change: idle capacity, saving, variants, exit (docs/model.md, section Prices)."""

from __future__ import annotations

import numpy as np

from simulator.world.state import Floats


def used_capacity(used: Floats, log_price: Floats, log_cost: Floats, band: float, gain: float) -> Floats:
    """Part of capacity in use: falls smoothly as the price nears the unit cost.

    Parameters
    ----------
    used : (firm,) float [1]
    log_price, log_cost : (firm,) float [1]
        Of a unit, relative to its base price.
    band : float [1]
        Margin below which a firm starts to idle.
    gain : float [1]

    Returns
    -------
    (firm,) float [1]

    Source
    ------
    Proposal of this project; on/off idling makes prices cycle (tests/laws).
    """
    target = np.clip((log_price - log_cost) / band, 0.0, 1.0)
    return np.asarray(used + gain * (target - used))


def save_material(
    level: Floats, smooth: Floats, elasticity: Floats, floor: float, down: float, up: float
) -> Floats:
    """Use of a material per unit of output after saving ("thrifting"), slow to come back.

    Parameters
    ----------
    level : (item,) float [1]
    smooth : (item,) float [1]
        Smoothed logarithm of the price.
    elasticity : (item,) float [1]
    floor : float [1]
    down, up : float [1]
        Gains while use falls and while it rises.

    Returns
    -------
    (item,) float [1]

    Source
    ------
    Hysteresis after palladium 2000 and the rare earths of 2010 (use stayed low when the price was back);
    form: proposal of this project.
    """
    target = np.maximum(floor, np.exp(-elasticity * np.maximum(0.0, smooth)))
    return np.asarray(level + np.where(target < level, down, up) * (target - level))


def variant_scores(
    content: Floats, value: Floats, log_price: Floats, unit_price: float, response: float
) -> Floats:
    """Pull away from variants whose materials have become dear.

    Parameters
    ----------
    content : (variant, material) float [t/unit]
    value : (material,) float [USD/t]
        Base prices.
    log_price : (region, material) float [1]
    unit_price : float [USD/unit]
        Base price of what is made with them.
    response : float [1]
        Logit response to cost over the base price.

    Returns
    -------
    (region, variant) float [1]
        0 at base prices.

    Source
    ------
    Multinomial logit on cost, McFadden 1974 (recalled).
    """
    dearer = np.expm1(log_price) * value / unit_price
    return np.asarray(-response * (dearer @ content.T))


def mix_factor(share: Floats, content: Floats, score: Floats) -> Floats:
    """Content of the shifted mix of variants over that of the data.

    Parameters
    ----------
    share : (variant,) float [1]
    content : (variant, material) float [t/unit]
    score : (region, variant) float [1]

    Returns
    -------
    (region, material) float [1]
        Exactly 1 where all scores of the region are equal.

    Source
    ------
    Multinomial logit around observed shares.
    """
    shift = score - score.max(axis=1, keepdims=True)
    weight = share * np.exp(shift)
    new = weight / weight.sum(axis=1, keepdims=True)
    base = share @ content
    factor = np.divide(new @ content, base, out=np.ones((len(score), content.shape[1])), where=base > 0)
    factor[(shift == 0).all(axis=1)] = 1.0
    return factor


def given_up(margin: Floats, rate: float, start: float, band: float) -> Floats:
    """Yearly share of capacity given up where prices stay below base.

    Parameters
    ----------
    margin : (firm,) float [1]
        Smoothed logarithm of price over cost push.
    rate : float [1/yr]
    start, band : float [1]

    Returns
    -------
    (firm,) float [1/yr]

    Source
    ------
    Proposal of this project: without exit one glut holds the price down for decades (tests/laws).
    """
    return np.asarray(rate * np.clip((-margin - start) / band, 0.0, 1.0))
