"""Strategic reserves in a run: bought through the orders of those who hold them, released, rebuilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.world import policy_laws as law
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    Blueprint,
    Floats,
    sums,
)

if TYPE_CHECKING:
    from simulator.run.policies import Levers

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY


class Reserves:
    """All reserves of a run.

    A slot belongs to one reserve or several; each holds its own part of the stock.

    Attributes
    ----------
    days : list of (slot,) float [d]
        What each is to last now.
    held : list of (slot,) float [unit]
        What of the stock it has.
    bought, sold : (reserve, region) float [USD]
        Since the books were last kept.
    """

    def __init__(
        self, world: Blueprint, state: State, ledger: Ledger, levers: Levers, reached: Floats
    ) -> None:
        policies = world.economy.policies
        if policies is None:
            raise ValueError("the world has no policies")
        self.world, self.state, self.levers, self.reached = world, state, levers, reached
        self.reserves = policies.reserves
        self.days = [np.zeros(len(each.slots)) for each in self.reserves]
        self.held = [np.zeros(len(each.slots)) for each in self.reserves]
        self.bought = np.zeros((len(self.reserves), world.n_regions))
        self.sold = np.zeros_like(self.bought)
        self._stock = ledger.last("reserve_stock", (world.n_regions, world.n_materials))
        self._target_days = np.zeros(len(world.slots))
        for batch in (batch for tier in state.tiers for batch in tier.batches):
            self._target_days[batch.inputs] = batch.target_days

    def step(self) -> None:
        """Build, hold or release; what is not reserved is left to production."""
        state = self.state
        state.reserved[:] = 0.0
        for i, reserve in enumerate(self.reserves):
            slots, month = reserve.slots, state.now_month
            target = float(reserve.days[month])
            need = state.need_rate[slots] * state.works[slots]
            free = np.maximum(0.0, state.qty[slots] - state.reserved[slots])
            held = np.minimum(self.held[i], free)
            released, waits = self._triggers(i, need, free - held)
            filled = np.divide(held, need, out=np.zeros_like(held), where=need > 0)
            days = np.where(released, np.minimum(self.days[i], filled), self.days[i])
            moved = law.reserve_days(days, target, released, DAYS, reserve.build_days, reserve.release_days)
            days = np.where(waits & (moved > days), days, moved)
            # what is being built comes on top of usual stock; what was built stays when stock runs short
            now = law.reserved_stock(held, free, need, days, self._target_days[slots])
            self._pay(i, now - held)
            self.days[i], self.held[i] = days, now
            state.precaution[slots] += days
            state.reserved[slots] += now
            whole = float((need * target).sum())
            self.reached[reserve.policy] = now.sum() / whole if whole > 0 else np.nan
        self._show()

    def _triggers(self, i: int, need: Floats, other: Floats) -> tuple[np.ndarray, np.ndarray]:
        """Whether (slot,) the reserve is released, and whether building it waits; by material and region."""
        reserve, levers = self.reserves[i], self.levers
        n = self.world.n_regions * self.world.n_materials
        base = levers.base_price(reserve.slots)
        index = np.divide(levers.price(reserve.slots), base, out=np.ones_like(base), where=base > 0)
        if not self.state.slot_price.any():
            index = np.ones_like(base)
        whole = sums(reserve.cell, need, n)
        stock = sums(reserve.cell, other, n)
        cover = np.divide(stock, whole, out=np.full(n, np.inf), where=whole > 0)[reserve.cell]
        is_short = cover < reserve.release_cover
        middle = (1.0 + reserve.release_price) / 2.0
        released = (index >= reserve.release_price) | is_short
        return released, released | (index > middle)

    def _pay(self, i: int, change: Floats) -> None:
        """The state pays firms for what they put aside and is paid for what they may use again."""
        reserve, accounts = self.reserves[i], self.levers.accounts
        firm = self.world.slots.firm[reserve.slots]
        # what lay at a firm that has failed goes on with its stock and is lost to the state
        value = change * self.levers.price(reserve.slots) * self.state.alive[firm]
        self.bought[i] += self.levers.by_region(np.maximum(0.0, value), reserve.slots)
        self.sold[i] += self.levers.by_region(np.maximum(0.0, -value), reserve.slots)
        if accounts is None:
            return
        whole = sums(firm, value, len(self.world.firms))
        gets, pays = np.flatnonzero(whole > 0), np.flatnonzero(whole < 0)
        if len(gets):
            accounts.receive(gets, whole[gets], "state")
        if len(pays):
            accounts.pay(pays, -whole[pays], "state")

    def keep_books(self) -> None:
        """Holding cost of a month; what was bought and sold is shown apart."""
        for i, reserve in enumerate(self.reserves):
            levers, slots = self.levers, reserve.slots
            value = levers.by_region(self.held[i] * levers.price(slots), slots)
            levers.charge(reserve.policy, reserve.holding * value * DAYS / DAYS_PER_YEAR, "state")
            levers.receipts[:, reserve.policy] += self.sold[i]
            levers.outlay[:, reserve.policy] += self.bought[i]
            self.bought[i] = self.sold[i] = 0.0

    def _show(self) -> None:
        flat = self._stock.ravel()
        flat[:] = 0.0
        for reserve, held in zip(self.reserves, self.held, strict=True):
            flat += sums(reserve.cell, held, flat.size)
