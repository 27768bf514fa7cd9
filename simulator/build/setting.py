"""Time and place of a world: model months, regions, declared values, before any law."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulator.build.kept import kept
from simulator.build.streams import stream
from simulator.errors import Fault, InputError, Place
from simulator.scenario.past import of_year
from simulator.scenario.sourcing import sourced
from simulator.world.state import DAYS_PER_YEAR, MINUTES_PER_DAY, MINUTES_PER_MONTH, MONTHS_PER_YEAR, Floats

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario
    from simulator.scenario.tables import Tables


class Setting:
    """Scenario and tables, seen as months, regions and numbers.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
    member : int
        Member of the ensemble.

    Attributes
    ----------
    materials, regions : list of str
    region_of : dict of str to str
        Region of each country (ISO3), after carving and merging.
    base_year : int
        The year that calibration reproduces: the world's, else the first of the supply table.
    """

    def __init__(self, scenario: Scenario, tables: Tables, member: int = 0) -> None:
        self.scenario, self.member = scenario, member
        self.world = scenario.world
        self.tables = tables = sourced(of_year(tables, self.world), self.world)
        self.materials = list(self.world.materials)
        self.start = scenario.period.start
        days = (scenario.period.end - scenario.period.start).days
        self.n_months = max(1, round(days / DAYS_PER_YEAR * MONTHS_PER_YEAR))
        self.region_of = self._regions()
        self.regions = list(dict.fromkeys(self.region_of.values()))
        if scenario.projects is not None:
            from simulator.build.projects import with_seeds

            self.tables = tables = with_seeds(self)
        self.base_year = min(int(row["year"]) for row in tables["supply"])

    # ------------------------------------------------------------------ numbers and time

    def value(self, name: str) -> float:
        """Declared assumption, as the scenario overrides it."""
        if name in self.scenario.parameters:
            return float(self.scenario.parameters[name])
        return self.tables.assumption(name)

    def draws(self, *purpose: str) -> np.random.Generator:
        """Random generator of one purpose and entity in this member."""
        return stream(self.scenario.seed, *purpose, member=self.member)

    @cached_property
    def days(self) -> Floats:
        """Middle of each model month in days since the start."""
        middle = (np.arange(self.n_months) + 0.5) * MINUTES_PER_MONTH / MINUTES_PER_DAY
        return np.asarray(middle)

    @cached_property
    def dates(self) -> list[date]:
        """Day in the middle of each model month."""
        return [self.start + timedelta(days=float(day)) for day in self.days]

    @cached_property
    def years(self) -> Floats:
        """Middle of each model month on the scale of annual data.

        The base year's value holds through that year; later values are reached in the middle of their
        year, so that a year's mean is its value where the path is straight.
        """
        turn = date(self.base_year + 1, 1, 1)
        since = np.array([(day - turn).days for day in self.dates]) / DAYS_PER_YEAR
        return np.asarray(np.where(since <= 0, self.base_year, self.base_year + 1 + since))

    def course(self, knots: dict[int, float]) -> Floats:
        """Annual data on model months: flat in the base year, then straight lines to mid-years."""
        base = knots[self.base_year]
        later = sorted(year for year in knots if year > self.base_year)
        x = [self.base_year, self.base_year + 1, *(year + 0.5 for year in later)]
        y = [base, base, *(knots[year] for year in later)]
        return np.interp(self.years, x, y)

    # ------------------------------------------------------------------ regions

    def _regions(self) -> dict[str, str]:
        """Region of each country, after carving and merging."""
        spec = self.world.regions
        region = self.old_region | {iso3: iso3 for iso3 in spec.carve}
        for new, old in spec.merge.items():
            region = {iso3: new if name in old else name for iso3, name in region.items()}
        order = {str(row["region"]): i for i, row in enumerate(self.tables["regions"])}
        return dict(sorted(region.items(), key=lambda item: (order.get(item[1], 10**6), item[1], item[0])))

    @cached_property
    def old_region(self) -> dict[str, str]:
        """Region of each country as the tables group them."""
        return {str(row["iso3"]): str(row["region"]) for row in self.tables["regions"]}

    @cached_property
    def _weights(self) -> dict[str, float]:
        return {str(row["iso3"]): float(row["gdp_bn_usd"]) for row in self.tables["country_weights"]}

    @kept
    def regional(self, item: str, kind: str) -> Floats:
        """Shares (region,) of an item's use or making.

        Countries carry the share of their old region in proportion to gross domestic product.
        """
        rows = self.tables["regional_shares"].where(item=item, kind=kind)
        if not rows:
            raise InputError(
                [
                    Fault(
                        Place(self.tables["regional_shares"].file),
                        f"no shares of {kind} for {item}",
                        "one row a region",
                        rule="no_shares",
                    )
                ]
            )
        out = dict.fromkeys(self.regions, 0.0)
        for row in rows:
            members = [iso3 for iso3, name in self.old_region.items() if name == row["region"]]
            weight = np.array([self._weights.get(iso3, 0.0) for iso3 in members])
            if weight.sum() <= 0:
                weight = np.ones(len(members))
            for iso3, part in zip(members, weight / weight.sum(), strict=True):
                out[self.region_of[iso3]] += float(row["share"]) * part
        shares = np.array([out[name] for name in self.regions])
        return np.asarray(shares / shares.sum())

    @cached_property
    def table_regions(self) -> list[str]:
        """Label to look up rates by: a carved country takes the rows of its old region."""
        return [self.table_region(name) for name in self.regions]

    def table_region(self, region: str) -> str:
        """Old region of a carved country, else the region itself (REU is also the code of a country)."""
        return self.old_region[region] if region in self.world.regions.carve else region
