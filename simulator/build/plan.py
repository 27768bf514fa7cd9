"""What a world's arrays are made from: the labelled base year, its courses, chain and sectors, together."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulator.build.chain import build_chain
from simulator.build.closure import Closure
from simulator.build.courses import Courses
from simulator.build.events import Realised, realise
from simulator.build.kept import kept
from simulator.build.sectors import Sectors
from simulator.terms import FIRM_STAGES
from simulator.world.state import MINUTES_PER_DAY, MINUTES_PER_MONTH, Floats, Kind

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario
    from simulator.scenario.tables import Tables


class Plan:
    """All labelled parts of a world, with the codes that its arrays use.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
    member : int
        Member of the ensemble.

    Attributes
    ----------
    items : list of Sector
    processes, goods : list of str
        Their position is their code; final users and holders count as processes.
    """

    def __init__(self, scenario: Scenario, tables: Tables, member: int = 0) -> None:
        self.scenario, self.tables, self.member = scenario, tables, member
        self.closure = Closure(scenario, tables, member)
        self.courses = Courses(self.closure)
        self.chain = build_chain(self.closure)
        self.sectors = Sectors(self.closure, self.courses, self.chain)
        self.items = self.sectors.items
        holders = [f"hold_{m}" for m in self.closure.materials]
        self.processes = [*self.chain.processes, *self.chain.products, *holders]
        self.goods = self.chain.goods
        self.stage_code = {stage: i for i, stage in enumerate(FIRM_STAGES)}

    @cached_property
    def process_code(self) -> dict[str, int]:
        """Code of each process."""
        return {name: i for i, name in enumerate(self.processes)}

    @cached_property
    def events(self) -> tuple[Realised, ...]:
        """Disruptions as they come: every number drawn."""
        return realise(self.scenario, self.closure.n_months, self.member)

    @cached_property
    def good_code(self) -> dict[str, int]:
        """Code of each good."""
        return {name: i for i, name in enumerate(self.goods)}

    def rhythm(self, process: str, stage: str) -> tuple[int, int]:
        """Review period and phase [min] of a process."""
        if process in self.closure.products:  # final users ask when their makers look
            return self.rhythm(self.closure.products[process].maker, "manufacturing")
        if process.startswith("hold_"):
            refiner = self._refiner(self.sectors.refined[process.removeprefix("hold_")])
            return self.rhythm(refiner, "processing")
        given = self.scenario.world.review_days
        spec = given.get(process) or given.get(stage)
        row = self.closure.processes.get(process)
        if spec is not None:
            return round(spec.days * MINUTES_PER_DAY), round(spec.phase_days * MINUTES_PER_DAY)
        if row is not None and row["review_days"]:
            return round(float(row["review_days"]) * MINUTES_PER_DAY), 0
        return MINUTES_PER_MONTH, 0

    def _refiner(self, good: str) -> str:
        """First process that makes a refined good to order."""
        makers = (Kind.SOURCE, Kind.CONVERT)
        return next(
            p for p in self.chain.processes if good in self.chain.outputs[p] and self.chain.kind[p] in makers
        )

    def tier(self, index: int) -> int:
        """Topological level of a sector; final users stand above all, holders beside the refiners."""
        item = self.items[index]
        if item.kind == Kind.USER:
            return self.chain.user_tier
        if item.kind == Kind.HOLDER:
            return self.chain.tier[self._refiner(next(iter({**item.takes, **item.gives})))]
        return self.chain.tier[item.process]

    @kept
    def content(self, good: str) -> Floats:
        """Content (material,) [t/unit] of a good in the base year."""
        closure = self.closure
        row = closure.tables["goods"].one(good=good)
        out = np.zeros(len(closure.materials))
        if row["kind"] in ("ore", "refined"):
            out[closure.materials.index(str(row["material"]))] = 1.0
        elif row["kind"] == "end_of_life":
            return self.sectors.recovery.eol_content[str(row["product"])]
        else:
            held = closure.content_of(good)
            out[:] = [held.get(m, 0.0) for m in closure.materials]
        return out
