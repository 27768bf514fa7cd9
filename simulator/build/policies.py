"""Policies of a scenario as arrays; what is known beforehand goes into courses (policy_rates)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.build.base_prices import BasePrices
from simulator.build.business import empty_life
from simulator.build.exogenous import firms_that_fit
from simulator.build.plan import Plan
from simulator.build.policy_rates import BANS, PolicyRates, fits
from simulator.build.policy_sources import covered_goods, covered_regions, product_of_process
from simulator.build.policy_values import limit_values, mandate_values, quantity, reserve_values
from simulator.scenario.parts import Filters
from simulator.world.business import Service
from simulator.world.policies import (
    Charge,
    Fee,
    Limit,
    Mandate,
    Moratorium,
    Policies,
    Reserve,
    Support,
)
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    Bools,
    Floats,
    Ints,
    Kind,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world.state import Blueprint

MONTH = MINUTES_PER_MONTH / MINUTES_PER_DAY


def make_policies(plan: Plan, world: Blueprint, sources: dict[int, Ints]) -> Policies | None:
    """Policies of a world.

    Parameters
    ----------
    plan : Plan
    world : Blueprint
        Without policies.
    sources : dict of int to (source, 2) int
        Slots of the relations that each policy has added.

    Returns
    -------
    Policies or None
        None where the scenario names none.
    """
    if not plan.scenario.policies:
        return None
    return _Maker(plan, world, sources).make()


class _Maker:
    """Goes through the policies of a scenario once."""

    def __init__(self, plan: Plan, world: Blueprint, sources: dict[int, Ints]) -> None:
        self.plan, self.world, self.sources = plan, world, sources
        self.closure = plan.closure
        self.rates: PolicyRates = plan.courses.policies
        self.prices = BasePrices(plan)
        self.products = list(self.closure.products)
        firms, slots = world.firms, world.slots
        self.product = product_of_process(plan)[firms.process[slots.firm]]
        self.region = firms.region[slots.firm]
        refined = np.isin(slots.good, world.refined_good)
        takes = (firms.kind[slots.firm] == Kind.CONVERT) & (slots.role == Role.INPUT)
        self.takes, self.takes_refined = takes, takes & refined

    def make(self) -> Policies:
        """All of them."""
        found: dict[str, list[Any]] = {}
        for place, said in enumerate(self.plan.scenario.policies):
            make = {
                "recycled_content": self._mandate, "stockpile": self._reserve,
                "diversification": self._limit, "subsidy": self._fee, "tax": self._fee,
                "gate_fee": self._fee, "substitution_support": self._support,
                "moratorium": self._moratorium,
            }.get(said.kind)  # fmt: skip
            made = None if make is None else make(place, said)
            if made is not None:
                found.setdefault(type(made).__name__, []).append(made)
        charges = [*self._by_flow(), *self._by_time()]
        base = self.prices
        return Policies(
            n=len(self.plan.scenario.policies),
            product_of=self.product,
            base_price=np.array([0.0 if base.is_waste(g) else base.price(g) for g in self.plan.goods]),
            mandates=tuple(found.get("Mandate", ())),
            reserves=tuple(found.get("Reserve", ())),
            limits=tuple(found.get("Limit", ())),
            fees=tuple(found.get("Fee", ())),
            supports=tuple(found.get("Support", ())),
            moratoria=tuple(found.get("Moratorium", ())),
            charges=tuple(charges),
            fates=self.rates.fates(),
            services=tuple(self._services()),
            lead=self._lead(),
            variant_gain=self._variant_gain(),
        )

    # ------------------------------------------------------------------ who is meant

    def _slots(self, said: Any) -> Bools:
        """Inputs of refined material (slot,) whose maker, product and material a policy means."""
        materials = self.closure.materials
        named = np.array([fits(said, material=m) for m in materials])
        made = np.array([fits(said, product=p) for p in self.products])
        out = self.takes_refined & covered_regions(self.plan, said)[self.region]
        out &= named[np.maximum(self.world.slots.material, 0)]
        if getattr(said, "product", ()):
            out &= (self.product >= 0) & made[self.product]
        return np.asarray(out)

    # ------------------------------------------------------------------ that act in the run

    def _mandate(self, place: int, said: Any) -> Mandate | None:
        values = mandate_values(self.closure, said)
        slots = np.flatnonzero(self._slots(said) & (self.product >= 0))
        material = self.world.slots.material[slots]
        none = np.zeros(self.closure.n_months)
        least = np.stack([values.get(m, none) for m in self.closure.materials], axis=1)[:, material]
        chosen = least.any(axis=0)
        if not chosen.any():
            return None
        slots, material = slots[chosen], material[chosen]
        n_materials = self.world.n_materials
        cell = (self.region[slots] * len(self.products) + self.product[slots]) * n_materials + material
        return Mandate(place, slots, least[:, chosen], cell, quantity(self.closure, said, "premium"))

    def _reserve(self, place: int, said: Any) -> Reserve | None:
        days = reserve_values(self.closure, said)
        slots = np.flatnonzero(self._slots(said))
        if not days.any() or not len(slots):
            return None

        def number(key: str) -> float:
            return quantity(self.closure, said, key)

        cell = self.region[slots] * self.world.n_materials + self.world.slots.material[slots]
        return Reserve(
            place, slots, cell, days, number("build_days"), number("release_days"), number("release_price"),
            number("release_cover_days"), number("holding_cost"),
        )  # fmt: skip

    def _limit(self, place: int, said: Any) -> Limit | None:
        most = limit_values(self.closure, said)
        if not (most < 1.0).any():
            return None
        plan, world = self.plan, self.world
        covers = self.takes & covered_goods(plan, said)[world.slots.good]
        covers &= covered_regions(plan, said)[self.region]
        pairs = self.sources.get(place, np.zeros((0, 2), dtype=np.int64))
        n = len(world.slots)
        code = world.relations.source * n + world.relations.target
        added = np.flatnonzero(np.isin(code, pairs[:, 0] * n + pairs[:, 1]) & (world.relations.flow == 0))
        return Limit(place, covers, most, added, quantity(self.closure, said, "qualification_cost"))

    def _fee(self, place: int, said: Any) -> Fee | None:
        value = said.value.series(self.closure.dates, 0.0)
        if not value.any():
            return None
        if said.kind == "gate_fee":
            where = Filters(stage=("recycling",), process=said.process, region=said.region, size=said.size)
        else:
            where = said
        firms = firms_that_fit(self.plan, where, self.world.firms)
        of_sales = said.kind != "gate_fee" and said.per == "sales"
        return Fee(place, firms, -value if said.kind == "tax" else value, of_sales)

    def _support(self, place: int, said: Any) -> Support | None:
        strength = said.value.series(self.closure.dates, 0.0)
        slots = np.flatnonzero(self._slots(said))
        if not strength.any() or not len(slots):
            return None
        return Support(place, slots, strength, quantity(self.closure, said, "cost"))

    def _moratorium(self, place: int, said: Any) -> Moratorium | None:
        holds = said.value.series(self.closure.dates, 0.0) > 0
        if not holds.any():
            return None
        return Moratorium(place, firms_that_fit(self.plan, said, self.world.firms), holds)

    def _variant_gain(self) -> Floats | None:
        """Factor (month, product, region) on the response of the mix of variants."""
        found = self.rates.active("substitution_support")
        if not found:
            return None
        closure = self.closure
        gain = np.ones((closure.n_months, len(self.products), len(closure.regions)))
        for _, said, value in found:
            for i, item in enumerate(closure.products.values()):
                if said.material and not set(said.material) & set(item.materials):
                    continue
                gain[:, i] += value[:, None] * covered_regions(self.plan, said)
        return gain

    def _lead(self) -> Ints | None:
        """Months (month, firm) that permits add to firms' own investment."""
        if not self.rates.active("permit_time"):
            return None
        firms, closure = self.world.firms, self.closure
        out = np.zeros((closure.n_months, len(firms)), dtype=np.int64)
        for stage, code in self.plan.stage_code.items():
            for r, region in enumerate(closure.regions):
                delay = self.rates.delay(stage, region)
                if delay is not None:
                    mine = (firms.stage == code) & (firms.region == r) & (firms.size >= 0)
                    out[:, mine] = np.round(delay / MONTH).astype(np.int64)[:, None]
        return out

    # ------------------------------------------------------------------ that act through courses

    def _services(self) -> Iterator[Service]:
        """Products sold under a law on lifetimes: a fleet for each product and factor."""
        closure = self.closure
        for i, product in enumerate(self.products):
            factor = np.ones((closure.n_months, len(closure.regions)))
            for j, region in enumerate(closure.regions):
                for _, _, value in self.rates.active("lifetime", product=product, region=region):
                    factor[:, j] *= value
            delay = float(closure.tables["products"].one(product=product)["hibernation_mean_yr"])
            for each in np.unique(factor[factor != 1.0]).tolist():
                yield Service(
                    product=i,
                    share=(factor == each).astype(float),
                    life=empty_life(self.plan, product, each),
                    survival=closure.survival(product, closure.n_months),
                    collection=0.0,
                    hibernation=delay,
                )

    def _by_flow(self) -> Iterator[Charge]:
        """Costs by unit collected or sold."""
        closure = self.closure
        shape = (closure.n_months, len(self.products), len(closure.regions))
        kinds = ("deposit", *BANS, "repair", "lifetime")
        for place, said, value in self.rates.active(*kinds):
            rate = np.zeros(shape)
            for i, product in enumerate(self.products):
                for j, region in enumerate(closure.regions):
                    if fits(said, product=product, region=region):
                        rate[:, i, j] = self._unit_cost(place, said, value, product, region)
            kind = "sold" if said.kind == "lifetime" else "collected"
            payer = "households" if said.kind in ("lifetime", "repair") else "state"
            yield Charge(place, kind, rate, payer)

    def _unit_cost(self, place: int, said: Any, value: Floats, product: str, region: str) -> Floats:
        """Cost (month,) [USD/unit] of a policy by unit collected or sold."""
        closure = self.closure
        added = self.rates.added.get((place, product, region), np.zeros(len(value)))
        if said.kind == "deposit":
            return np.asarray(quantity(closure, said, "handling") * value)
        if said.kind == "lifetime":
            share = quantity(closure, said, "cost") * np.maximum(0.0, value - 1.0)
            return np.asarray(share * self.prices.price(product))
        if said.kind == "repair":
            return np.asarray(quantity(closure, said, "cost") * added * self.prices.price(product))
        rate = self.plan.courses.collection(product)[:, closure.regions.index(region)]
        units, tonnes = closure.end_of_life[product]
        content = sum(tonnes.values()) / units if units > 0 else 0.0
        part = np.divide(added, rate, out=np.zeros_like(added), where=rate > 0)
        return np.asarray(quantity(closure, said, "cost") * content * part)

    def _by_time(self) -> Iterator[Charge]:
        """Costs by day: offices that save time, one for each stage that a region has firms of."""
        firms = self.world.firms
        for place, said, value in self.rates.active("permit_time"):
            stages = [code for stage, code in self.plan.stage_code.items() if fits(said, stage=stage)]
            mine = (firms.size >= 0) & np.isin(firms.stage, stages)
            mine &= covered_regions(self.plan, said)[firms.region]
            n = self.world.n_regions
            places = np.unique(firms.stage[mine] * n + firms.region[mine])
            offices = np.bincount(places % n, minlength=n)
            saved = np.maximum(0.0, -value) / DAYS_PER_YEAR
            cost = quantity(self.closure, said, "cost") / DAYS_PER_YEAR
            yield Charge(place, "time", cost * np.outer(saved, offices), "state")
