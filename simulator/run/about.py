"""What things of a run are about: which materials goods hold, processes handle, limits and policies mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.scenario.parts import ANY
from simulator.terms import VARIABLES
from simulator.world.state import Blueprint, Bools, Floats, Kind, Role

if TYPE_CHECKING:
    import xarray as xr

    from simulator.build import Built
    from simulator.world.trade_events import Restrictions


def materials_of(built: Built, ds: xr.Dataset) -> xr.Dataset:
    """Add the materials that goods hold, that processes handle, and that limits, policies, ... are about.

    Parameters
    ----------
    built : Built
    ds : xarray.Dataset
        Result with its labels.

    Returns
    -------
    xarray.Dataset
        With ``good_material``, ``process_material`` and, where there are such, ``restriction_material``,
        ``policy_material``, ``programme_material`` and ``model_material`` (what, material) [1]: 1 where it is
        so. A policy, programme or business model is about what its products hold, its processes handle and
        the materials that it names have in common; one that names none of them is about all. Of a law on
        recycled content, materials without a share are none of its business.
    """
    world, scenario = built.blueprint, built.plan.scenario
    goods, processes = _in_goods(world), handled(world)
    holds = {
        "material": np.eye(world.n_materials),
        "product": goods,
        "process": processes.astype(float),
    }
    names = {
        "material": world.labels.materials, "product": world.labels.goods, "process": world.labels.processes,
    }  # fmt: skip
    rows = {key: dict(zip(names[key], holds[key], strict=True)) for key in holds}
    kinds = [list(world.labels.processes).index(str(name)) for name in ds["process"].values]
    found = {"good_material": goods, "process_material": holds["process"][kinds]}
    caps = world.economy.caps
    if "restriction" in ds.coords and caps is not None and caps.shown is not None:
        found["restriction_material"] = _of_restrictions(caps.shown, goods)
    stated: dict[str, Sequence[Any]] = {
        "policy": scenario.policies,
        "model": scenario.business_models,
        "programme": [each.where for each in scenario.programmes],
    }
    for dim, entries in stated.items():
        if dim in ds.coords:
            found[f"{dim}_material"] = np.array([_named(each, rows, world.n_materials) for each in entries])
    if "policy" in ds.coords:
        _keep_mandated(world, found["policy_material"])
    return ds.assign({name: (VARIABLES[name].dims, each) for name, each in found.items()})


def handled(world: Blueprint) -> Bools:
    """Materials that each process handles: what its inputs or its output hold in the base year.

    Recyclers handle what is in the waste that they take, won or lost; of what they could win they may never
    see any.

    Parameters
    ----------
    world : Blueprint

    Returns
    -------
    (process, material) bool
    """
    slots, firms = world.slots, world.firms
    counts = (firms.kind[slots.firm] != Kind.RECYCLE) | (slots.role == Role.INPUT)
    slot, material = np.nonzero((world.origin_mix.sum(axis=2) > 0) & counts[:, None])
    found = np.zeros((len(world.labels.processes), world.n_materials), dtype=bool)
    found[firms.process[slots.firm[slot]], material] = True
    return found


def _in_goods(world: Blueprint) -> Floats:
    """What holds which material: 1 (good, material) where stocks of a good do in the base year."""
    slot, material = np.nonzero(world.origin_mix.sum(axis=2) > 0)
    held = np.zeros((world.n_goods, world.n_materials))
    held[world.slots.good[slot], material] = 1.0
    return held


def _of_restrictions(shown: Restrictions, held: Floats) -> Floats:
    """What each limit on exports is about: 1 (restriction, material) where a good that it means holds it."""
    found = np.zeros((len(shown.name), held.shape[1]))
    np.maximum.at(found, shown.event, held[shown.good])
    return found


def _keep_mandated(world: Blueprint, about: Floats) -> None:
    """Of laws with shares by material, leave those (policy, material) that a share is set for."""
    policies = world.economy.policies
    for mandate in policies.mandates if policies is not None else ():
        asked = world.slots.material[mandate.slots[(mandate.least > 0).any(axis=0)]]
        if asked.size:
            about[mandate.policy, np.setdiff1d(np.arange(about.shape[1]), asked)] = 0.0


def _named(entry: Any, rows: dict[str, dict[str, Floats]], n_materials: int) -> Floats:
    """Materials (material,) of what an entry of a scenario names; all where it names nothing."""
    about, nothing = np.ones(n_materials), np.zeros(n_materials)
    for key, known in rows.items():
        labels = getattr(entry, key, ())
        labels = [labels] if isinstance(labels, str) else labels
        if labels and ANY not in labels:
            about = about * np.max([known.get(label, nothing) for label in labels], axis=0)
    return about
