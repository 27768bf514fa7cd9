"""Evasion in a run: each month, after prices have formed, how much of what crosses is no longer declared."""

from __future__ import annotations

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.markets import Markets
from simulator.run.state import State
from simulator.world.evasion import evaded_share, wedge
from simulator.world.firms import gain
from simulator.world.state import MINUTES_PER_DAY, MINUTES_PER_MONTH, Blueprint, Floats


class Evaders:
    """Ways round limits and duties, found while it pays and given up when it no longer does.

    Parameters
    ----------
    world : Blueprint
    state : State
    ledger : Ledger
    markets : Markets or None
        Prices that limits part; without them only duties are evaded.
    """

    def __init__(self, world: Blueprint, state: State, ledger: Ledger, markets: Markets | None) -> None:
        evasion = world.economy.evasion
        if evasion is None:
            raise ValueError("nothing can be evaded in this world")
        self.state, self.evasion, self.markets = state, evasion, markets
        self._gain = gain(MINUTES_PER_MONTH / MINUTES_PER_DAY, evasion.tau)
        state.illicit = ledger.sum("exports_illicit", (world.n_goods, world.n_regions, world.n_regions))
        relations, slots = world.relations, world.slots
        self._seller = slots.firm[relations.source[evasion.relations]]
        self._outside = self._inside = np.full(len(evasion.relations), -1)
        if markets is not None:
            market = markets.market
            place = np.full((world.n_goods, world.n_regions), -1)
            place[market.good, market.region] = np.arange(len(market))
            good = slots.good[relations.source[evasion.relations]]
            self._outside = market.cell[evasion.relations]
            self._inside = place[good, world.firms.region[self._seller]]

    def step(self) -> None:
        """Move the share that evades towards what the month's duties and prices make worth while."""
        evasion, month = self.evasion, self.state.now_month
        gap, rate = evasion.gap[month, evasion.pattern], evasion.rate[month, evasion.pattern]
        apart = self._wedge() * evasion.is_limited[month, evasion.pattern]
        target = evaded_share(rate + apart, evasion.elasticity * gap, evasion.most)
        self.state.evaded += self._gain * (target - self.state.evaded)

    def _wedge(self) -> Floats:
        """Duty equivalent (relation,) [1] of how far prices outside and inside are apart."""
        if self.markets is None:
            return np.zeros(len(self._outside))
        log_price = np.log(self.markets.index)
        outside = np.where(self._outside >= 0, log_price[self._outside], 0.0)
        # where nobody at home buys the good, what it costs to make stands for its price
        cost = np.log(self.state.cost_index[self._seller])
        inside = np.where(self._inside >= 0, log_price[self._inside], cost)
        return np.where(self._outside >= 0, wedge(outside, inside), 0.0)
