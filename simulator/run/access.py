"""Access scores in a run: what programmes and the scenario make of them, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.world.msme import (
    DATA,
    FINANCE,
    MARKET,
    MONTHS,
    SKILLS,
    TECHNOLOGY,
    informed,
    moved,
    recovery_gain,
    remaining,
    scores_at,
)
from simulator.world.state import Blueprint, sums

if TYPE_CHECKING:
    from simulator.run.accounts import Accounts


class AccessScores:
    """Scores of the month, and everything in the state that they move.

    Access to markets also brings partners sooner: that is in the relations of the world.

    Parameters
    ----------
    world : Blueprint
    state : State
    ledger : Ledger
    accounts : Accounts, optional
        The state pays those who carry programmes out.
    """

    def __init__(
        self, world: Blueprint, state: State, ledger: Ledger, accounts: Accounts | None = None
    ) -> None:
        access = world.economy.access
        if access is None:
            raise ValueError("the world has no access scores")
        self.world, self.state, self.access, self.accounts = world, state, access, accounts
        self.paid_until = -1
        shape = (world.n_regions, len(access.programmes))
        self._cost = ledger.sum("programme_cost", shape)
        self._reach = ledger.last("programme_reach", shape)

    def step(self) -> None:
        """Scores of the month that is under way, and what they move."""
        state, access = self.state, self.access
        score, base = scores_at(access, state.now_month), access.base
        state.informed[:] = informed(score[DATA], base[DATA])
        state.final_weight[:] = access.final_weight * state.informed
        state.switch_gain[:] = moved(score[MARKET], base[MARKET], access.switching)
        state.recovery_gain[:] = recovery_gain(score[TECHNOLOGY], base[TECHNOLOGY], access.best_yield)
        state.own_cost[:] = moved(score[TECHNOLOGY], base[TECHNOLOGY], -access.cost_saving)
        state.finance_access[:] = score[FINANCE]
        skill = moved(score[SKILLS], base[SKILLS], access.productivity)
        if (skill != state.skill).any():
            state.skill[:] = skill
            state.refresh()
        self._run_programmes()

    def _run_programmes(self) -> None:
        """Pay for those who take part since the last month; count who is under a programme's effect.

        Both are told of the region that the enterprises are in.
        """
        month, region, n = self.state.now_month, self.world.firms.region, self.world.n_regions
        enterprises = self.world.firms.enterprises * self.state.alive
        for i, programme in enumerate(self.access.programmes):
            now = (programme.joins > self.paid_until) & (programme.joins <= month)
            cost = programme.cost * sums(region, enterprises * now, n)
            self._cost[:, i] += cost
            if self.accounts is not None and cost.any():
                self.accounts.transfer("state", "outside", float(cost.sum()))
            left = remaining((month - programme.joins) / MONTHS, programme.half_life)
            self._reach[:, i] = sums(region, enterprises * left, n)
        self.paid_until = month
