"""Business models of a scenario: how they spread, and what they make of rates, routes and lifetimes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulator.world.business import BusinessModels, Service, bass, lifted, mixed, shared_out
from simulator.world.recovery import ROUTES
from simulator.world.state import DAYS_PER_YEAR, Firms, Floats, Kind, Role, sums
from simulator.world.use import Cohorts

if TYPE_CHECKING:
    from simulator.build.closure import Closure
    from simulator.build.lay_out import Layout
    from simulator.build.plan import Plan
    from simulator.scenario.schema_economy import BusinessModel as Said

ANY = "*"
REPAIR, REMANUFACTURE = ROUTES.index("repair"), ROUTES.index("remanufacture")
RECYCLING, DISPOSAL = ROUTES.index("recycling"), ROUTES.index("disposal")


@dataclass(frozen=True)
class Model:
    """A business model of a scenario.

    Attributes
    ----------
    product, region : str
        `*` for all.
    adopted : (month,) float [1]
        Share of the potential.
    share : (month,) float [1]
        Share of the market.
    effects : dict of str to float
    """

    kind: str
    product: str
    region: str
    adopted: Floats
    share: Floats
    effects: dict[str, float]

    def is_for(self, product: str, region: str) -> bool:
        """Whether it is for a product in a region."""
        return self.product in (ANY, product) and self.region in (ANY, region)


class Models:
    """Business models of a scenario, by label.

    Parameters
    ----------
    closure : Closure
    """

    def __init__(self, closure: Closure) -> None:
        self.closure = closure

    @cached_property
    def all(self) -> list[Model]:
        """Every model, in the order of the scenario."""
        return [self._model(said) for said in self.closure.scenario.business_models]

    def _model(self, said: Said) -> Model:
        table = self.closure.tables["business_models"]
        effects = {str(r["quantity"]): float(r["value"]) for r in table.where(kind=said.kind)}
        effects |= {key: float(v) for key in effects if (v := getattr(said, key, None)) is not None}
        start = (said.start - self.closure.scenario.period.start).days
        years = (self.closure.days - start) / DAYS_PER_YEAR
        adopted = bass(years, effects["innovation"], effects["imitation"])
        return Model(said.kind, said.product, said.region, adopted, effects["potential"] * adopted, effects)

    def of(self, kind: str, product: str, region: str) -> list[tuple[Floats, Model]]:
        """Models of a kind for a product in a region, each with its share (month,) of the market."""
        found = [m for m in self.all if m.kind == kind and m.is_for(product, region)]
        return list(zip(shared_out([m.share for m in found]), found, strict=True))

    def collected(self, product: str, region: str, rate: Floats) -> Floats:
        """Collection rate (month,) where some sellers take products back."""
        found = self.of("take_back", product, region)
        return lifted(rate, [(share, m.effects["collection"]) for share, m in found])

    def kept(self, product: str, region: str, delay: Floats) -> Floats:
        """Time (month,) [yr] for which products are kept after use where some sellers take them back."""
        found = self.of("take_back", product, region)
        return mixed(delay, [(share, m.effects["hibernation_factor"]) for share, m in found])

    def routed(self, product: str, region: str, routes: Floats) -> Floats:
        """Shares (month, route) of collected products where some are refurbished; from recycling first."""
        more = self._refurbished(product, region, routes)
        if more is None:
            return routes
        out = routes.copy()
        more = np.minimum(more, routes[:, RECYCLING] + routes[:, DISPOSAL])
        from_recycling = np.minimum(more, routes[:, RECYCLING])
        out[:, REPAIR] += more
        out[:, RECYCLING] -= from_recycling
        out[:, DISPOSAL] -= more - from_recycling
        return out

    def displaced(self, product: str, region: str, routes: Floats, base: float) -> Floats:
        """New sales (month,) that a reused unit displaces; `routes` are those without refurbishing."""
        usual = np.full(len(routes), base)
        more = self._refurbished(product, region, routes)
        if more is None:
            return usual
        before = routes[:, REPAIR] + routes[:, REMANUFACTURE]
        gained = sum(
            share * np.maximum(0.0, m.effects["reuse"] - before) * m.effects["displacement"]
            for share, m in self.of("refurbish", product, region)
        )
        whole = before + more
        return np.asarray(np.divide(before * base + gained, whole, out=usual, where=more > 0))

    def _refurbished(self, product: str, region: str, routes: Floats) -> Floats | None:
        """Share (month,) of collected products that is reused on top; None where nobody refurbishes."""
        found = self.of("refurbish", product, region)
        before = routes[:, REPAIR] + routes[:, REMANUFACTURE]
        more = lifted(before, [(share, m.effects["reuse"]) for share, m in found]) - before
        return more if (more > 0).any() else None

    def scrap_kept(self, good: str, region: str, share: Floats) -> Floats:
        """Share (month,) of new scrap that reaches recyclers where some work for a fee."""
        found = [m for p in self.products_of(good) for m in self.of("toll_recycling", p, region)]
        different = {id(m): (s, m.effects["new_scrap"]) for s, m in found}
        return lifted(share, list(different.values()))

    def products_of(self, good: str) -> Iterator[str]:
        """Products whose end-of-life good or scrap a good is; of a component, all that hold it."""
        name = self.closure.goods[good]["product"]
        for product, item in self.closure.products.items():
            if name == product or name in item.components:
                yield product


def make_business(plan: Plan, firms: Firms, layout: Layout) -> BusinessModels | None:
    """Business models as arrays.

    Parameters
    ----------
    plan : Plan
    firms : Firms
    layout : Layout

    Returns
    -------
    BusinessModels or None
        None where the scenario has none.
    """
    models, closure = plan.courses.models, plan.closure
    if not models.all:
        return None
    shape = (closure.n_months, len(closure.products), len(closure.regions))
    hibernation, displacement = np.zeros(shape), np.zeros(shape)
    for i, product in enumerate(closure.products):
        delay = float(closure.tables["products"].one(product=product)["hibernation_mean_yr"])
        base = float(closure.tables["displacement"].one(product=product)["share"])
        for j, region in enumerate(closure.regions):
            routes = plan.courses.routing_without_models(product)[:, j]
            hibernation[:, i, j] = models.kept(product, region, np.full(shape[0], delay))
            displacement[:, i, j] = models.displaced(product, region, routes, base)
    return BusinessModels(
        adopted=np.stack([m.adopted for m in models.all], axis=1),
        services=tuple(_services(plan)),
        hibernation=hibernation,
        displacement=displacement,
        capital=_capital(plan, firms, layout),
    )


def empty_life(plan: Plan, product: str, factor: float) -> Cohorts:
    """Units of a product with another life, none at the start."""
    closure = plan.closure
    codes = np.array([closure.materials.index(m) for m in closure.products[product].materials])
    n = len(closure.regions)
    table = closure.survival(product, closure.n_months, factor)
    return Cohorts(np.zeros((n, 0)), np.zeros((n, 0, len(codes))), codes, table)


def _services(plan: Plan) -> Iterator[Service]:
    """Products used as a service; those that would change nothing are left out."""
    models, closure = plan.courses.models, plan.closure
    for i, product in enumerate(closure.products):
        delay = float(closure.tables["products"].one(product=product)["hibernation_mean_yr"])
        for model in (m for m in models.all if m.kind == "product_as_service"):
            effects = model.effects
            share = np.zeros((closure.n_months, len(closure.regions)))
            for j, region in enumerate(closure.regions):
                for part, found in models.of("product_as_service", product, region):
                    if found is model:
                        share[:, j] = part
            is_longer, is_back = effects["lifetime_factor"] != 1, effects["collection"] > 0
            is_sooner = delay > 0 and effects["hibernation_factor"] != 1
            if not share.any() or not (is_longer or is_back or is_sooner):
                continue
            yield Service(
                product=i,
                share=share,
                life=empty_life(plan, product, effects["lifetime_factor"]),
                survival=closure.survival(product, closure.n_months),
                collection=effects["collection"],
                hibernation=delay * effects["hibernation_factor"],
            )


def _capital(plan: Plan, firms: Firms, layout: Layout) -> Floats:
    """Factor (month, firm) on working capital: makers who lease need more, recyclers for a fee less.

    A recycler's adopters are the part of what it treats that comes from the model's products.
    """
    closure, slots = plan.closure, layout.slots
    factor = np.ones((closure.n_months, len(firms)))
    held = np.array([plan.content(good).sum() for good in plan.goods])
    treats = (slots.role == Role.INPUT) & (firms.kind[slots.firm] == Kind.RECYCLE)
    weight = slots.base * held[slots.good] * treats
    whole = sums(slots.firm, weight, len(firms))
    for model in plan.courses.models.all:
        by = model.effects.get("working_capital_factor", 1.0) - 1.0
        there = np.array([model.region in (ANY, region) for region in closure.regions])[firms.region]
        mine = [p for p in closure.products if model.product in (ANY, p)]
        if model.kind == "product_as_service":
            makers = [plan.process_code[closure.products[p].maker] for p in mine]
            part = np.isin(firms.process, makers).astype(float)
        elif model.kind == "toll_recycling":
            from_mine = [bool(set(plan.courses.models.products_of(g)) & set(mine)) for g in plan.goods]
            fed = sums(slots.firm, weight * np.array(from_mine)[slots.good], len(firms))
            part = np.divide(fed, whole, out=np.zeros_like(fed), where=whole > 0)
        else:
            continue
        factor += model.share[:, None] * (by * part * there)
    return np.maximum(factor, 0.0)
