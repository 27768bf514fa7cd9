"""Business models in a run: who has adopted them, and the working capital that they need."""

from __future__ import annotations

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.world.state import Blueprint


class Adoption:
    """Adoption of the month. What it does to products is part of use and end of life.

    Parameters
    ----------
    world : Blueprint
    state : State
    ledger : Ledger
    """

    def __init__(self, world: Blueprint, state: State, ledger: Ledger) -> None:
        business = world.economy.business
        if business is None:
            raise ValueError("the world has no business models")
        self.state, self.business = state, business
        self._adopted = ledger.last("adoption", (business.adopted.shape[1],))

    def step(self) -> None:
        """Share of the potential that has adopted in the month that is under way."""
        month = self.state.now_month
        self._adopted[:] = self.business.adopted[month]
        self.state.working_capital[:] = self.business.capital[month]
