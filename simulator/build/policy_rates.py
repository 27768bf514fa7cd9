"""Policies that are known for all months before a run: they change courses of rates and lead times.

Collection, routes, fates of what is not collected, lead times. What each policy of the scenario adds is kept,
so that its cost can be told in the run.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.world.policy_laws import banned, lifted_by_deposit, raised_share
from simulator.world.recovery import ROUTES
from simulator.world.state import DAYS_PER_YEAR, Floats

if TYPE_CHECKING:
    from simulator.build.closure import Closure

FATE_ORDER = ("landfill", "export_used", "informal", "unknown")
BANS = {"landfill_ban": "landfill", "waste_export_ban": "export_used"}
REPAIR = ROUTES.index("repair")


def fits(said: Any, **labels: str) -> bool:
    """Whether a policy is for labels; a key that it leaves out is for all.

    Parameters
    ----------
    said : Policy
    **labels : str
        Such as `product="ev_battery"`.
    """
    chosen = ((getattr(said, key, ()), label) for key, label in labels.items())
    return all(not given or label in given for given, label in chosen)


class PolicyRates:
    """Policies of a scenario that act through courses.

    Parameters
    ----------
    closure : Closure

    Attributes
    ----------
    added : dict of (int, str, str) to (month,) float [1]
        By policy, product and region: share of end-of-life products that it adds to collection, or share of
        collected products that it adds to repair.
    """

    def __init__(self, closure: Closure) -> None:
        self.closure = closure
        self.added: dict[tuple[int, str, str], Floats] = {}

    @cached_property
    def all(self) -> list[tuple[int, Any, Floats]]:
        """Place, policy and value (month,) of every policy with a dated value of its own."""
        found = []
        for place, said in enumerate(self.closure.scenario.policies):
            if said.value is not None:
                found.append((place, said, said.value.series(self.closure.dates, said.nothing)))
        return found

    def active(self, *kinds: str, **labels: str) -> list[tuple[int, Any, Floats]]:
        """Policies of some kinds that are for labels and change anything in any month."""
        return [
            (place, said, value)
            for place, said, value in self.all
            if said.kind in kinds and fits(said, **labels) and (value != said.nothing).any()
        ]

    # ------------------------------------------------------------------ end of life

    def collected(self, product: str, region: str, rate: Floats) -> Floats:
        """Collection rate (month,) with deposits and bans; the very values where there are none."""
        for place, _, value in self.active("deposit", product=product, region=region):
            elasticity = self.closure.value("collection_elasticity")
            more = lifted_by_deposit(rate, value, self.worth(product), elasticity)
            self.added[place, product, region] = more - rate
            rate = more
        bans = self.active(*BANS, product=product, region=region)
        left = np.outer(1.0 - rate, self._fates(product)) if bans else np.zeros(0)
        for place, said, value in bans:
            column = FATE_ORDER.index(BANS[said.kind])
            moved = value * left[:, column]
            left[:, column] -= moved
            self.added[place, product, region] = moved
            rate = np.minimum(1.0, rate + moved)
        return rate

    def routed(self, product: str, region: str, routes: Floats) -> Floats:
        """Shares (month, route) of collected products with a right to repair."""
        for place, _, value in self.active("repair", product=product, region=region):
            more = raised_share(routes, REPAIR, value)
            self.added[place, product, region] = more[:, REPAIR] - routes[:, REPAIR]
            routes = more
        return routes

    def _fates(self, product: str) -> Floats:
        """Shares (fate,) of what is not collected."""
        shares = np.zeros(len(FATE_ORDER))
        for row in self.closure.tables["uncollected_fates"].where(product=product):
            shares[FATE_ORDER.index(str(row["fate"]))] = float(row["share"])
        return shares / shares.sum() if shares.any() else shares

    def fates(self) -> Floats | None:
        """Shares (month, product, region, fate) of what is still not collected; None without a ban."""
        if not self.active(*BANS):
            return None
        closure = self.closure
        names, regions = list(closure.products), closure.regions
        out = np.zeros((closure.n_months, len(names), len(regions), len(FATE_ORDER)))
        for i, product in enumerate(names):
            for j, region in enumerate(regions):
                strength = np.zeros((closure.n_months, len(FATE_ORDER)))
                for _, said, value in self.active(*BANS, product=product, region=region):
                    column = FATE_ORDER.index(BANS[said.kind])
                    strength[:, column] = 1 - (1 - strength[:, column]) * (1 - value)
                out[:, i, j] = banned(self._fates(product), strength)
        return out

    def worth(self, product: str) -> float:
        """Value [USD/unit] of the metals in a product at the end of its life, at base prices."""
        units, tonnes = self.closure.end_of_life[product]
        table = self.closure.tables["materials"]
        value = sum(t * float(table.one(material=m)["price_usd_per_t"]) for m, t in tonnes.items())
        return float(value / units) if units > 0 else 0.0

    # ------------------------------------------------------------------ time

    def delay(self, stage: str, region: str) -> Floats | None:
        """Days (month,) that permits add to the lead time of new capacity; None where they add nothing."""
        found = self.active("permit_time", stage=stage, region=region)
        return sum((value for _, _, value in found), np.zeros(self.closure.n_months)) if found else None

    def years_since(self, stage: str, region: str) -> Floats | None:
        """Years (month,) since the start as lead times see them: later by what permits add.

        Never falling: what has opened stays open when permits take longer from some day on.
        """
        delay = self.delay(stage, region)
        if delay is None:
            return None
        return np.asarray(np.maximum.accumulate((self.closure.days - delay) / DAYS_PER_YEAR))
