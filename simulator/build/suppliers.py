"""What indicators must know of the countries behind regions: membership, concentration, governance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.terms import BENCHMARKS, COUNTRY_GROUPS, FIRM_STAGES
from simulator.world.state import Floats

if TYPE_CHECKING:
    from simulator.build.closure import Closure

STATED = ("extraction", "processing")
"""Stages whose output is known by country."""

SCALE = (-2.5, 2.5)
"""Ends of the scale of the Worldwide Governance Indicators, by their definition [1]."""

NOT_REPLACEABLE = 1.0
"""Substitution index of a material that the study does not have: no relief [1]."""

FLAGS = {"UNECE": "is_unece", "EU27": "is_eu27"}


def supplier_facts(closure: Closure) -> dict[str, Floats]:
    """Numbers that do not change in a run and that indicators need beside flows.

    A region stands for its countries: where the table of supply has output of the base year, its countries
    share the region's output as they did then. Elsewhere a region counts as one supplier with the mean
    governance of its countries, weighted by gross domestic product.

    Parameters
    ----------
    closure : Closure

    Returns
    -------
    dict of str to ndarray
        Variables of `terms.VARIABLES` without time.
    """
    weight = _weights(closure)
    facts = {"membership": _membership(closure, weight)}
    facts |= _countries(closure, weight)
    index = {
        str(row["material"]): float(row["substitution_index"])
        for row in closure.tables["criticality"]
        if row["material"] in closure.materials
    }
    facts["substitution_index"] = np.array([index.get(m, NOT_REPLACEABLE) for m in closure.materials])
    targets = {
        str(row["indicator"]): row for row in closure.tables["policy_targets"] if row["material"] == "*"
    }
    for name, column in (("crma_target", "value"), ("crma_year", "target_year")):
        stated = [targets.get(each) for each in BENCHMARKS]
        facts[name] = np.array([np.nan if row is None else float(row[column]) for row in stated])
    return facts


def _weights(closure: Closure) -> dict[str, float]:
    """Gross domestic product by country; one for each where no country of a region has a row."""
    gdp = {str(row["iso3"]): float(row["gdp_bn_usd"]) for row in closure.tables["country_weights"]}
    known = {region for iso3, region in closure.region_of.items() if iso3 in gdp}
    if known != set(closure.regions):
        return dict.fromkeys(closure.region_of, 1.0)
    return {iso3: gdp.get(iso3, 0.0) for iso3 in closure.region_of}


def _membership(closure: Closure, weight: dict[str, float]) -> Floats:
    """Weight (group, region) [1] of a region's countries in each group; the whole world is one."""
    out = np.zeros((len(COUNTRY_GROUPS), len(closure.regions)))
    rows = {str(row["iso3"]): row for row in closure.tables["regions"]}
    for iso3, region in closure.region_of.items():
        column = closure.regions.index(region)
        for i, group in enumerate(COUNTRY_GROUPS):
            if group not in FLAGS or rows[iso3][FLAGS[group]]:
                out[i, column] += weight[iso3]
    return out / sum(weight.values())


def _countries(closure: Closure, weight: dict[str, float]) -> dict[str, Floats]:
    """Sums over the countries of each region (region, material, stage) [1] of shares, squares and risks."""
    tables = closure.tables
    risk = {str(row["iso3"]): row["wgi_risk"] for row in tables["regions"]}
    unstable = {str(row["iso3"]): instability(row["estimate"]) for row in tables["political_stability"]}
    means = [_mean_by_region(closure, weight, each) for each in (risk, unstable)]
    shape = (len(closure.regions), len(closure.materials), len(FIRM_STAGES))
    out = {name: np.ones(shape) for name in ("country_hhi", "country_top")}
    for name, mean in zip(
        ("risk_global", "risk_eu", "instability"), (means[0], means[0], means[1]), strict=True
    ):
        out[f"country_{name}"] = np.broadcast_to(mean[:, None, None], shape).copy()
    limits = {
        (str(r["material"]), str(r["stage"]), str(r["iso3"]), str(r["scope"])): float(r["parameter"])
        for r in tables["trade_parameters"]
        if r["material"] in closure.materials
    }
    for (material, stage, region), made in _output(closure).items():
        cell = (closure.regions.index(region), closure.materials.index(material), FIRM_STAGES.index(stage))
        share = np.array(list(made.values())) / sum(made.values())
        governed = np.array([_or(risk.get(iso3), means[0][cell[0]]) for iso3 in made])
        out["country_hhi"][cell] = share @ share
        out["country_top"][cell] = share.max()
        for scope in ("global", "eu"):
            limit = np.array([limits.get((material, stage, iso3, scope), 1.0) for iso3 in made])
            out[f"country_risk_{scope}"][cell] = np.sum(share**2 * governed * limit)
        out["country_instability"][cell] = share @ np.array(
            [_or(unstable.get(iso3), means[1][cell[0]]) for iso3 in made]
        )
    return out


def instability(estimate: float) -> float:
    """Estimate of political stability on a scale from 0 to 1, where 1 is worst.

    Parameters
    ----------
    estimate : float [1]
        Of the Worldwide Governance Indicators; beyond the ends of their scale it counts as the end.
    """
    low, high = SCALE
    return min(1.0, max(0.0, (high - estimate) / (high - low)))


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _mean_by_region(closure: Closure, weight: dict[str, float], value: dict[str, Any]) -> Floats:
    """Mean (region,) over the countries that have a value; of the world where none has."""
    top, bottom = np.zeros(len(closure.regions)), np.zeros(len(closure.regions))
    for iso3, region in closure.region_of.items():
        if value.get(iso3) is not None:
            part = weight[iso3] or min(w for w in weight.values() if w > 0)
            top[closure.regions.index(region)] += part * float(value[iso3])
            bottom[closure.regions.index(region)] += part
    world = top.sum() / bottom.sum() if bottom.sum() else np.nan
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), world)


def _output(closure: Closure) -> dict[tuple[str, str, str], dict[str, float]]:
    """Output [t] of the base year by country, for each material, stage and region."""
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    for row in closure.tables["supply"]:
        material, stage, iso3 = (str(row[name]) for name in ("material", "stage", "iso3"))
        is_known = material in closure.materials and stage in STATED and iso3 in closure.region_of
        if is_known and int(row["year"]) == closure.base_year and (tonnes := float(row["tonnes"])) > 0:
            made = found.setdefault((material, stage, closure.region_of[iso3]), {})
            made[iso3] = made.get(iso3, 0.0) + tonnes
    return found
