"""Who supplies, from where, at what risk: pure functions of arrays (model, section 13)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from simulator.indicators.rates import Array, Floats, share


def hhi(amount: ArrayLike, axis: int = -1) -> Floats:
    """Herfindahl-Hirschman index: sum of squared shares of those listed.

    Shares are over the sum of what is listed, never over a printed total.

    Parameters
    ----------
    amount : (..., supplier, ...) float [any]
        Not negative.
    axis : int
        Axis of the suppliers.

    Returns
    -------
    (...) float [1]
        Between 1/n and 1; 0 where there is no supply.

    Source
    ------
    Herfindahl 1950, Hirschman 1945 (recalled).
    """
    value = np.asarray(amount, dtype=float)
    shares = share(value, value.sum(axis=axis, keepdims=True), 0.0, 0.0)
    result: Floats = np.sum(shares**2, axis=axis)
    return result


def top_share(amount: ArrayLike, axis: int = -1) -> Floats:
    """Share of the largest supplier in the sum of those listed.

    Parameters
    ----------
    amount : (..., supplier, ...) float [any]
        Not negative.
    axis : int
        Axis of the suppliers.

    Returns
    -------
    (...) float [1]
        0 where there is no supply.

    Source
    ------
    Concentration ratio CR1, usual definition.
    """
    value = np.asarray(amount, dtype=float)
    result: Floats = share(value.max(axis=axis), value.sum(axis=axis), 0.0, 0.0)
    return result


def net_import_reliance(imports: Array, exports: Array, production: Array) -> Array:
    """Net imports over apparent consumption, from 0 (exporter) to 1.

    Parameters
    ----------
    imports, exports, production : (...) float [t]

    Returns
    -------
    (...) float [1]
        0 where nothing is consumed.

    Source
    ------
    European Commission 2017, methodology for establishing the EU list of critical raw materials,
    doi:10.2873/769526 (recalled): IR = (import - export) / (production + import - export).
    """
    net = imports - exports
    return np.clip(share(net, production + net, 0.0), 0.0, 1.0)


def governed_hhi(amount: ArrayLike, governance: ArrayLike, trade: ArrayLike, axis: int = -1) -> Floats:
    """Concentration in which each supplier counts with its governance and its limits on exports.

    Parameters
    ----------
    amount : (..., supplier, ...) float [any]
    governance : (supplier,) float [1]
        Worldwide Governance Indicators from 0 to 10, 10 = worst.
    trade : (supplier,) float [1]
        Trade parameter t, 1 = nothing in the way.
    axis : int
        Axis of the suppliers.

    Returns
    -------
    (...) float [1]

    Source
    ------
    European Commission 2017, doi:10.2873/769526 (recalled): sum of share^2 x WGI x t.
    """
    value = np.moveaxis(np.asarray(amount, dtype=float), axis, -1)
    shares = share(value, value.sum(axis=-1, keepdims=True), 0.0, 0.0)
    result: Floats = np.sum(shares**2 * np.asarray(governance) * np.asarray(trade), axis=-1)
    return result


def eu_supply_risk(
    world: Array, sourcing: Array, reliance: Array, recycling_input: Array, substitution: Array
) -> Array:
    """Supply risk SR of the European Union's lists of critical raw materials.

    Parameters
    ----------
    world, sourcing : (...) float [1]
        `governed_hhi` of the world's supply and of what the buyer takes, its own output included.
    reliance : (...) float [1]
        Import reliance.
    recycling_input : (...) float [1]
        EOL-RIR.
    substitution : (...) float [1]
        Substitution index, 1 = not replaceable.

    Returns
    -------
    (...) float [1]
        About 0 to 10; from 1 on a material counts as critical if it is important too.

    Source
    ------
    European Commission 2017, doi:10.2873/769526 (recalled):
    SR = [HHI_world IR / 2 + HHI_sourcing (1 - IR / 2)] (1 - EOL-RIR) SI.
    """
    half = reliance / 2.0
    return (world * half + sourcing * (1.0 - half)) * (1.0 - recycling_input) * substitution


def import_risk(imports: ArrayLike, instability: ArrayLike, production: ArrayLike, axis: int = -1) -> Floats:
    """Part of what a buyer takes that comes from abroad, each supplier counted with its instability.

    Parameters
    ----------
    imports : (..., supplier, ...) float [t]
        Without the buyer's own.
    instability : (supplier,) float [1]
        From 0 (stable) to 1.
    production : (...) float [t]
        The buyer's own output, taken to be without risk.
    axis : int
        Axis of the suppliers.

    Returns
    -------
    (...) float [1]
        0 where nothing is taken.

    Source
    ------
    Gemechu et al. 2016, doi:10.1111/jiec.12279 (recalled): sum of g x imports over (production + imports).
    """
    value = np.moveaxis(np.asarray(imports, dtype=float), axis, -1)
    risky = np.sum(value * np.asarray(instability), axis=-1)
    result: Floats = share(risky, np.asarray(production) + value.sum(axis=-1), 0.0)
    return result


def geopolrisk_score(concentration: Array, risk: Array) -> Array:
    """GeoPolRisk: concentration of the world's production times the buyer's import risk.

    Parameters
    ----------
    concentration : (...) float [1]
        `hhi` of the world's production.
    risk : (...) float [1]
        `import_risk`.

    Returns
    -------
    (...) float [1]
        From 0 to 1; times the price it is the characterisation factor [USD / t].

    Source
    ------
    Gemechu et al. 2016, doi:10.1111/jiec.12279 (recalled).
    """
    return concentration * risk
