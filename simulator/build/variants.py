"""Variants of products, such as battery chemistries, as arrays, and the slots that follow their mix."""

from __future__ import annotations

import numpy as np

from simulator.build.base_prices import BasePrices
from simulator.build.lay_out import Layout
from simulator.build.plan import Plan
from simulator.build.products import BASE_CASE, Product
from simulator.world.market import Variants
from simulator.world.state import Firms, Floats, Ints, Kind, Role


def make_variants(
    plan: Plan, prices: BasePrices, firms: Firms, layout: Layout, recipe: Floats, market: Ints
) -> tuple[Variants, ...]:
    """Variants of every product that has more than one, with the slots whose recipe follows their mix.

    Parameters
    ----------
    plan : Plan
    prices : BasePrices
    firms : Firms
    layout : Layout
    recipe : (month, recipe) float
        Units of input per unit of good output, as in `Paths`.
    market : (good, region) int
        Market of a good, -1 where there is none.
    """
    closure = plan.closure
    out = []
    for index, (name, item) in enumerate(closure.products.items()):
        materials = [m for m in item.materials if closure.takes_refined(name, m)]
        share = _shares(plan, name)
        if not materials or share is None or share.shape[1] < 2:
            continue
        goods = [plan.sectors.refined[m] for m in materials]
        rows = [layout.recipes[item.taker[m], good] for m, good in zip(materials, goods, strict=True)]
        slots, column = _slots(plan, firms, layout, item, materials)
        made = {item.made_into[m] for m in materials}
        out.append(
            Variants(
                product=index,
                share=share,
                content=_contents(plan, name, materials, share, recipe[:, rows]),
                materials=np.array([closure.materials.index(m) for m in materials]),
                market=market[[plan.good_code[good] for good in goods]].T.copy(),
                value=np.array([prices.price(good) for good in goods]),
                unit_price=prices.price(made.pop() if len(made) == 1 else name),
                slots=slots,
                slot_region=firms.region[layout.slots.firm[slots]],
                slot_column=column,
            )
        )
    return tuple(out)


def _years(plan: Plan) -> Floats:
    """Years (month,) at which variants are read; the mix of the base year holds in the base case."""
    closure = plan.closure
    if closure.scenario.demand.case == BASE_CASE:
        return np.full(closure.n_months, float(closure.base_year))
    return np.asarray(closure.years)


def _names(plan: Plan, product: str) -> list[str]:
    return sorted({str(row["variant"]) for row in plan.closure.tables["content"].where(product=product)})


def _course(years: Floats, knots: list[tuple[float, float]]) -> Floats:
    if not knots:
        return np.zeros(len(years))
    x, y = np.array(sorted(knots)).T
    return np.asarray(np.interp(years, x, y))


def _shares(plan: Plan, product: str) -> Floats | None:
    """Shares (month, variant) of the data; None where the table has none."""
    rows = plan.closure.tables["variant_shares"].where(product=product)
    if not rows:
        return None
    years = _years(plan)
    knots = [
        [(float(row["year"]), float(row["share"])) for row in rows if row["variant"] == variant]
        for variant in _names(plan, product)
    ]
    share = np.stack([_course(years, each) for each in knots], axis=1)
    return np.asarray(share / share.sum(axis=1, keepdims=True))


def _contents(plan: Plan, product: str, materials: list[str], share: Floats, recipe: Floats) -> Floats:
    """Content (month, variant, material) [t/unit], scaled so that the mix of the data is the recipe."""
    years, variants = _years(plan), _names(plan, product)
    out = np.zeros((len(years), len(variants), len(materials)))
    table = plan.closure.tables["content"]
    for j, variant in enumerate(variants):
        for k, m in enumerate(materials):
            rows = table.where(product=product, variant=variant, material=m)
            out[:, j, k] = _course(years, [(float(r["cohort_year"]), float(r["kg_per_unit"])) for r in rows])
    mix = np.einsum("tv,tvm->tm", share, out)
    scale = np.divide(recipe, mix, out=np.zeros_like(mix), where=mix > 0)
    return np.where(mix[:, None, :] > 0, out * scale[:, None, :], recipe[:, None, :])


def _slots(
    plan: Plan, firms: Firms, layout: Layout, item: Product, materials: list[str]
) -> tuple[Ints, Ints]:
    """Input slots that take the materials for a product or its component, and the material of each."""
    slots = layout.slots
    makes = (slots.role == Role.INPUT) & (firms.kind[slots.firm] == Kind.CONVERT)
    column = np.full(len(slots), -1)
    for k, m in enumerate(materials):
        taker, good = plan.process_code[item.taker[m]], plan.good_code[plan.sectors.refined[m]]
        column[makes & (firms.process[slots.firm] == taker) & (slots.good == good)] = k
    found = np.flatnonzero(column >= 0)
    return found, column[found]
