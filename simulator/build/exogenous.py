"""What is exogenous in a world, as arrays: courses by model month, products in use, outages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.build.lay_out import Layout
from simulator.build.plan import Plan
from simulator.build.sectors import Sector
from simulator.terms import SIZES
from simulator.world.state import (
    MONTHS_PER_YEAR,
    Bools,
    Firms,
    Floats,
    Kind,
    Paths,
)
from simulator.world.use import Cohorts, UseStage, initial_cohorts

if TYPE_CHECKING:
    from simulator.scenario.parts import Filters

FATE_ORDER = ("landfill", "export_used", "informal", "unknown")


def make_paths(plan: Plan, layout: Layout) -> Paths:
    """Courses of everything exogenous by model month."""
    closure, courses, sectors = plan.closure, plan.courses, plan.sectors
    n, m, r = closure.n_months, len(closure.materials), len(closure.regions)
    products = closure.products
    users = [item for item in plan.items if item.kind == Kind.USER]
    holders = [item for item in plan.items if item.kind == Kind.HOLDER and item.takes]
    demand = np.zeros((n, len(users)))
    for j, item in enumerate(users):
        wanted = (
            courses.units(item.process)
            / products[item.process].units
            * courses.factor(item.process)[:, item.region]
        )
        demand[:, j] = item.rate * wanted + sectors.recovery.displaced[item.process][item.region]
    recipe = np.zeros((n, len(layout.recipes)))
    for (process, good), row in layout.recipes.items():
        recipe[:, row] = _recipe(plan, process, good)
    treatment = np.zeros((n, max(1, len(layout.treatments)), m))
    for (process, good, region), row in layout.treatments.items():
        treatment[:, row] = courses.recovery_yield(process, good, closure.regions[region])
    scrap = np.ones((n, len(plan.goods), r))
    for good in plan.goods:
        if good.startswith("scrap_"):
            scrap[:, plan.good_code[good]] = courses.new_scrap(good)
    return Paths(
        capacity=_stack(plan, [item.capacity for item in plan.items]),
        demand=demand,
        stock_change=_stock_change(plan, holders),
        recipe=recipe,
        normal=_stack(plan, [item.normal for item in plan.items]),
        host_share=_stack(plan, [item.host_share for item in plan.items]),
        collection=np.stack([sectors.recovery.collection[p] for p in products], axis=1),
        routing=np.stack([sectors.recovery.routing[p] for p in products], axis=1),
        recovery_yield=treatment,
        new_scrap=scrap,
    )


def _stack(plan: Plan, courses: list[Floats]) -> Floats:
    return np.stack([np.broadcast_to(course, (plan.closure.n_months,)) for course in courses], axis=1)


def _stock_change(plan: Plan, holders: list[Sector]) -> Floats:
    """Purchases (month, holder) [t/d]: held to the declared end, falling to nothing over its last year."""
    rate = np.array([item.rate for item in holders])
    return np.asarray(plan.courses.stock_left[:, None] * rate)


def _recipe(plan: Plan, process: str, good: str) -> Floats:
    """Input per unit of good output (month,)."""
    closure = plan.closure
    material = plan.sectors.material_of.get(good)
    amount = closure.inputs[process][good]
    if closure.processes[process]["stage"] == "processing":
        return np.full(closure.n_months, (amount or 1.0) / plan.sectors.refining_yield[process])
    if material is None:
        return np.full(closure.n_months, (amount or 1.0) / closure.process_yield(process))
    product = plan.sectors.product_of(process)
    item = closure.products[product]
    # the base year's content times the course of content; flat in the base year to the last bit
    content = plan.courses.content(product, material)
    per_unit = item.gross[material] / item.components.get(item.made_into[material], 1.0)
    return np.asarray(per_unit * (content / content[0]))


def product_content(plan: Plan) -> Floats:
    """Content (month, product, material) [t/unit] of products sold."""
    closure = plan.closure
    out = np.zeros((closure.n_months, len(closure.products), len(closure.materials)))
    for i, (name, item) in enumerate(closure.products.items()):
        for m in item.materials:
            content = plan.courses.content(name, m)
            out[:, i, closure.materials.index(m)] = item.content[m] * content / content[0]
    return out


def make_use(plan: Plan) -> UseStage:
    """Products in use at the start and what becomes of them."""
    closure, sectors = plan.closure, plan.sectors
    products, r, m = closure.products, len(closure.regions), len(closure.materials)
    cohorts, reused = [], []
    hibernation = np.array(
        [float(closure.tables["products"].one(product=p)["hibernation_mean_yr"]) for p in products]
    )
    pool, pool_mass = np.zeros((len(products), r)), np.zeros((len(products), r, m))
    frozen_units, frozen_mass = np.zeros_like(pool), np.zeros_like(pool_mass)
    for i, name in enumerate(products):
        share = sectors.recovery.use_share[name]
        cohorts.append(_cohorts(plan, name, share))
        is_reused = sectors.recovery.routing[name][:, :, :2].any()
        reused.append(_empty_cohorts(plan, name) if is_reused else None)
        units, tonnes = closure.end_of_life[name]
        frozen_units[i] = sectors.recovery.eol_units[name]
        frozen_mass[i] = sectors.recovery.eol_units[name][:, None] * sectors.recovery.eol_content[name]
        if plan.scenario.end_of_life == "frozen":
            first, mass = units / MONTHS_PER_YEAR, {k: t / MONTHS_PER_YEAR for k, t in tonnes.items()}
        else:
            all_units, all_tonnes = plan.courses.retired(name)
            first, mass = float(all_units[0]), {k: float(t[0]) for k, t in all_tonnes.items()}
        wait = hibernation[i] * MONTHS_PER_YEAR
        pool[i] = first * wait * share
        for k, t in mass.items():
            pool_mass[i, :, closure.materials.index(k)] = t * wait * share
    fates = np.zeros((len(products), len(FATE_ORDER)))
    for i, name in enumerate(products):
        for row in closure.tables["uncollected_fates"].where(product=name):
            fates[i, FATE_ORDER.index(str(row["fate"]))] = float(row["share"])
    displacement = [float(closure.tables["displacement"].one(product=p)["share"]) for p in products]
    return UseStage(
        tuple(cohorts), tuple(reused), hibernation, pool, pool_mass, frozen_units, frozen_mass,
        fates / fates.sum(axis=1, keepdims=True), np.array(displacement),
    )  # fmt: skip


def _cohorts(plan: Plan, name: str, share: Floats) -> Cohorts:
    """Products in use at the start, by region and month of entry."""
    closure = plan.closure
    item = closure.products[name]
    _, past = closure.past_sales(name)
    n = len(past) * MONTHS_PER_YEAR
    table = closure.survival(name, n + closure.n_months)
    units = initial_cohorts(past[None, :] * item.stock_factor, table[None, :], MONTHS_PER_YEAR)[0]
    content = np.stack(
        [np.repeat(closure.past_content(name, m), MONTHS_PER_YEAR) for m in item.materials], axis=-1
    )
    codes = np.array([closure.materials.index(m) for m in item.materials])
    by_region = np.broadcast_to(content, (len(share), *content.shape))
    return Cohorts(share[:, None] * units, by_region, codes, table)


def _empty_cohorts(plan: Plan, name: str) -> Cohorts:
    """Reused units: none at the start, with their own life."""
    closure = plan.closure
    item = closure.products[name]
    r = len(closure.regions)
    codes = np.array([closure.materials.index(m) for m in item.materials])
    table = closure.survival(name, closure.n_months, closure.value("reuse_lifetime_factor"))
    return Cohorts(np.zeros((r, 0)), np.zeros((r, 0, len(codes))), codes, table)


def firms_that_fit(plan: Plan, where: Filters, firms: Firms) -> Bools:
    """Firms (firm,) bool that fit every key of a filter; final users and holders never do."""
    closure = plan.closure
    fits = firms.size >= 0
    if where.stage:
        fits &= np.isin(firms.stage, [plan.stage_code[s] for s in where.stage if s in plan.stage_code])
    if where.process:
        fits &= np.isin(firms.process, [i for i, p in enumerate(plan.processes) if p in where.process])
    if where.region:
        fits &= np.isin(firms.region, [i for i, r in enumerate(closure.regions) if r in where.region])
    if where.material:
        touches = [bool(set(where.material) & _materials_of(plan, process)) for process in plan.processes]
        fits &= np.array(touches)[firms.process]
    if where.size:
        fits &= np.isin(firms.size, [SIZES.index(s) for s in where.size])
    return np.asarray(fits)


def _materials_of(plan: Plan, process: str) -> set[str]:
    """Materials that a process makes or treats."""
    goods = [*plan.chain.outputs.get(process, []), *plan.chain.inputs.get(process, [])]
    return {m for g in goods for j, m in enumerate(plan.closure.materials) if plan.content(g)[j] > 0}
