"""Flows of the loop by the regions they go from and to: their sums of a period, their years in full."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.run.tiers import Links, Tier
from simulator.world.state import Floats, Ints


class Routes:
    """What every link of the loop carries, by region that ships and region that receives.

    A shipment goes from the region of the firm that ships to that of the buyer. All else stays in one place:
    mines, losses and waste in the region of the firm, use and end of life in that of the users.

    Parameters
    ----------
    links : Links
        All links of a world.
    tiers : sequence of Tier
        By level, as in `State.tiers`.
    n_regions, n_materials : int

    Attributes
    ----------
    local : (link, region, material) float [t]
        What no shipment carries, in the period so far.
    """

    def __init__(self, links: Links, tiers: Sequence[Tier], n_regions: int, n_materials: int) -> None:
        self.n_regions = n_regions
        self._codes = [tier.routes for tier in tiers]
        self._links = [np.unique(codes // n_regions**2, return_index=True) for codes in self._codes]
        self.local = np.zeros((len(links.pairs), n_regions, n_materials))
        self._period = [self.local, *(np.zeros((len(codes), n_materials)) for codes in self._codes)]
        self._year = [np.zeros_like(part) for part in self._period]
        self._years: list[list[Floats]] = []

    def ship(self, tier: Tier, mass: Floats) -> None:
        """Shipments of a tier: `mass` (route of the tier, material) [t]."""
        self._period[1 + tier.level] += mass

    def by_link(self) -> Floats:
        """World flow (link, material) [t] of the period so far."""
        flow = self.local.sum(axis=1)
        for (links, first), shipped in zip(self._links, self._period[1:], strict=True):
            if len(links):
                flow[links] += np.add.reduceat(shipped, first, axis=0)
        return np.asarray(flow)

    def close(self, ends_year: bool) -> None:
        """End a period, and the year with it."""
        for total, part in zip(self._year, self._period, strict=True):
            total += part
            part[...] = 0.0
        if ends_year:
            self._years.append(self._year)
            self._year = [np.zeros_like(part) for part in self._period]

    def by_year(self) -> tuple[Ints, Floats]:
        """Flows of the years that are closed.

        Returns
        -------
        (route, 3) int
            Link, region from, region to of the routes that carried something, in this order.
        (year, route, material) float [t]
        """
        r, n_years = self.n_regions, len(self._years)
        n_links, _, m = self.local.shape
        place = np.arange(r)
        own = ((np.arange(n_links)[:, None] * r + place) * r + place).ravel()
        every = [own, *self._codes]
        codes = np.unique(np.concatenate(every))
        mass = np.zeros((n_years, len(codes), m))
        for row, parts in enumerate(self._years):
            for some, part in zip(every, parts, strict=True):  # a tier has each code once
                mass[row, np.searchsorted(codes, some)] += part.reshape(-1, m)
        met = np.flatnonzero(mass.any(axis=(0, 2)))
        return np.stack(np.unravel_index(codes[met], (n_links, r, r)), axis=1), mass[:, met]
