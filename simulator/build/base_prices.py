"""Prices of the base year, consistent along the chain, and what a unit costs each firm.

Refined materials have the prices of the table. What is made of them is worth its inputs over the input share
of its maker; ore what refiners pay for it; waste and scrap what recyclers do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from simulator.build.kept import kept
from simulator.build.plan import Plan
from simulator.errors import Fault, InputError, Place
from simulator.world.state import Firms, Floats, Kind

if TYPE_CHECKING:
    from simulator.scenario.tables import Row

ANY = "*"


def costs_of(plan: Plan, process: str) -> Row:
    """Row of the costs of a process: its own, else that of its stage."""
    table, stage = plan.closure.tables["costs"], str(plan.closure.processes[process]["stage"])
    own = table.where(stage=stage, process=process)
    return own[0] if own else table.one(stage=stage, process=ANY)


class BasePrices:
    """Base price of every good of a world.

    Inputs are reckoned with all materials of the tables, followed in the world or not: worlds that follow
    fewer materials have the same prices and smaller shares of inputs.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.closure = plan, plan.closure
        self.base = np.array([float(plan.closure.base_year)])

    def array(self) -> Floats:
        """Prices (good, region) [USD/unit]; an error where what is made to order would cost nothing."""
        out = np.zeros((len(self.plan.goods), len(self.closure.regions)))
        for i, good in enumerate(self.plan.goods):
            out[i] = self.waste(good) if self.is_waste(good) else self.price(good)
            if not out[i].any() and not self.is_waste(good):
                place = Place(self.closure.tables["costs"].file)
                allowed = "a maker or refiner with inputs and an input share above 0"
                raise InputError([Fault(place, f"{good} has no price", allowed, rule="no_price")])
        return out

    def is_waste(self, good: str) -> bool:
        """Whether a good is waste or scrap."""
        return self.closure.goods[good]["kind"] in ("end_of_life", "new_scrap")

    def refined(self, material: str) -> float:
        """Price [USD/t] of a refined material, followed or not."""
        return float(self.closure.tables["materials"].one(material=material)["price_usd_per_t"])

    @kept
    def price(self, good: str) -> float:
        """Price [USD/unit] of ore, refined material, component or product."""
        row = self.closure.goods[good]
        if row["kind"] == "refined":
            return self.refined(str(row["material"]))
        if row["kind"] == "ore":
            return self._ore(good, str(row["material"]))
        process = self._maker(good)
        share = float(costs_of(self.plan, process)["input_share"])
        return self._inputs(process, self._product(good)) / share if share > 0 else 0.0

    def _maker(self, good: str) -> str:
        return next(name for name, row in self.closure.processes.items() if row["output"] == good)

    def _product(self, good: str) -> str:
        """Product of the world that a product or component belongs to."""
        products = self.closure.products
        if good in products:
            return good
        return next(name for name, p in products.items() if good in self.closure.inputs.get(p.maker, {}))

    def _ore(self, good: str, material: str) -> float:
        """What refiners pay: their input share of the refined price, by the refined material they get."""
        worth = weight = 0.0
        for item in self.plan.items:
            taken = item.takes.get(good, 0.0)
            if item.stage == "processing" and taken > 0:
                share = float(costs_of(self.plan, item.process)["input_share"])
                worth += share * self.refined(material) * item.rate
                weight += taken
        if weight > 0:
            return worth / weight
        row = self.closure.tables["costs"].one(stage="processing", process=ANY)
        return float(row["input_share"]) * self.refined(material)

    def _inputs(self, process: str, product: str) -> float:
        """Value [USD/unit of output] of what a maker takes in."""
        item, goods = self.closure.products[product], self.closure.goods
        good_yield = self.closure.process_yield(process)
        output = str(self.closure.processes[process]["output"])
        amount = 1.0 if output == product else float(self.closure.inputs[item.maker][output] or 1.0)
        total = 0.0
        for good, per_unit in self.closure.inputs.get(process, {}).items():
            material = goods[good]["material"]
            if material is None:
                total += float(per_unit or 1.0) / good_yield * self.price(good)
            elif item.taker.get(str(material)) == process:
                total += item.gross[str(material)] / amount * self.price(good)
            elif str(material) not in item.taker and not self._in_part(process, product, str(material)):
                held = float(self.closure.mix_content(product, str(material), self.base)[0])
                total += held / good_yield / amount * self.price(good)
        return total

    def _in_part(self, process: str, product: str, material: str) -> bool:
        """Whether a component, not the process itself, takes a material that is not followed."""
        if process != self.closure.products[product].maker:
            return False
        goods, inputs = self.closure.goods, self.closure.inputs
        parts = [good for good in inputs[process] if goods[good]["kind"] == "component"]
        taken = [goods[good]["material"] for part in parts for good in inputs.get(self._maker(part), {})]
        return material in taken

    @kept
    def recovered(self, good: str) -> Floats:
        """Value (material,) [USD/unit] of the refined metal that recyclers get out of waste or scrap."""
        out = np.zeros(len(self.closure.materials))
        process = self.closure.treats(good)
        if process is None:
            return out
        content = self.plan.content(good)
        for i, m in enumerate(self.closure.materials):
            out[i] = content[i] * self.closure.recycling_yield(process, good, m) * self.refined(m)
        return out

    def waste(self, good: str) -> float:
        """Price [USD/unit] of waste or scrap: what recyclers pay out of what they recover."""
        process = self.closure.treats(good)
        if process is None:
            return 0.0
        return float(costs_of(self.plan, process)["input_share"]) * float(self.recovered(good).sum())


def unit_costs(plan: Plan, firms: Firms, input_share: Floats) -> Floats:
    """Total cost of a unit over its base price, drawn for each firm.

    The own cost (all but the inputs that are followed) is log-normal around that of the process, cut off
    where the total would pass the largest cost at which firms work in the base year.

    Parameters
    ----------
    plan : Plan
    firms : Firms
    input_share : (firm,) float [1]

    Returns
    -------
    (firm,) float [1]
        Above `input_share`; the largest cost for users and holders, who make nothing.

    Raises
    ------
    InputError
        Where inputs cost as much as the whole unit.
    """
    closure = plan.closure
    most = closure.value("unit_cost_max")
    out = np.full(len(firms), most)
    for i, item in enumerate(plan.items):
        if item.kind in (Kind.USER, Kind.HOLDER):
            continue
        here = np.flatnonzero(firms.sector == i)
        row = costs_of(plan, item.process)
        own = float(row["unit_cost"]) - input_share[here]
        room = most - input_share[here]
        if not (own > 0).all() or not (room > 0).all():
            _refuse(plan, item.process, float(input_share[here].max()), min(most, float(row["unit_cost"])))
        spread = float(row["unit_cost_spread"])
        region = closure.regions[item.region]
        draw = 1 - closure.draws("unit_cost", item.process, region).random(len(here))
        if spread > 0:
            below = ndtr(np.log(room / own) / spread)
            own = own * np.exp(spread * ndtri(draw * below))
        out[here] = input_share[here] + np.minimum(own, room)
    return out


def _refuse(plan: Plan, process: str, found: float, most: float) -> None:
    place = Place(plan.closure.tables["costs"].file)
    text = f"{process}: inputs are {found:.3g} of the value of sales"
    raise InputError([Fault(place, text, f"less than its unit cost, {most:.3g}", rule="cost_below_inputs")])
