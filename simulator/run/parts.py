"""Parts of the economy that a world has, and the instants at which they act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.run.clock import Clock, Rank
from simulator.run.ledger import Ledger
from simulator.run.state import State
from simulator.world.state import MINUTES_PER_MONTH, Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.run.accounts import Accounts
    from simulator.run.expansion import Expansions
    from simulator.run.markets import Markets

AFTER_ARRIVALS = 900_000
"""Key of what happens after all arrivals of an instant."""

BEFORE_GOODS = 900_000
"""Key of what happens after all orders of an instant and before goods are made."""


AFTER_POLICIES = 900_000
"""Key of what adds to the state after all policies of an instant."""


class Parts:
    """Prices, money, investment, access, business models and the alliance of one run.

    A part that the world does not have is not there: nothing is computed and no bit changes.

    Parameters
    ----------
    world : Blueprint
    state : State
    ledger : Ledger
    """

    def __init__(self, world: Blueprint, state: State, ledger: Ledger) -> None:
        economy = world.economy
        markets: Markets | None = None
        self.months: dict[tuple[Rank, int], list[Callable[[], None]]] = {}
        if economy.market is not None:
            from simulator.run.markets import Markets as Prices

            markets = Prices(world, state, ledger)
            self._each_month(Rank.MARKET, 0, markets.step)
        if economy.evasion is not None:
            from simulator.run.evasion import Evaders

            self._each_month(Rank.MARKET, 0, Evaders(world, state, ledger, markets).step)
        accounts: Accounts | None = None
        if economy.finance is not None:
            from simulator.run.accounts import Accounts as Books

            accounts = Books(world, state, ledger)
            self._each_month(Rank.ARRIVAL, AFTER_ARRIVALS, accounts.failures.pass_on)
            self._each_month(Rank.FINANCE, 0, accounts.step)
        expansions: Expansions | None = None
        if economy.expansion is not None:
            from simulator.run.expansion import Expansions as Builds

            expansions = Builds(world, state, ledger, accounts)
            self._each_month(Rank.MARKET, 1, expansions.look)
            self._each_month(Rank.FINANCE, 1, expansions.step)
        if economy.projects is not None:
            from simulator.run.projects import Pipelines

            pipelines = Pipelines(world, state, ledger, accounts)
            self._each_month(Rank.MARKET, 1, pipelines.look)
            self._each_month(Rank.FINANCE, 3, pipelines.step)
        if economy.transport is not None:
            from simulator.run.ways import Ways

            self._each_month(Rank.POLICY, 0, Ways(world, state, economy.transport).step)
        if economy.access is not None:
            from simulator.run.access import AccessScores

            self._each_month(Rank.POLICY, 0, AccessScores(world, state, ledger, accounts).step)
        if economy.business is not None:
            from simulator.run.business import Adoption

            self._each_month(Rank.POLICY, 1, Adoption(world, state, ledger).step)
        if economy.alliance is not None:
            from simulator.run.alliance import Alliances

            alliances = Alliances(world, state, ledger, accounts)
            self._each_month(Rank.POLICY, 2, alliances.begin)
            self._each_month(Rank.ORDER, BEFORE_GOODS, alliances.pool)
            self._each_month(Rank.MARKET, 1, alliances.keep_books)
            self._each_month(Rank.FINANCE, 2, alliances.step)

        if economy.policies is not None:
            self._add_policies(world, state, ledger, accounts, expansions)
        self._add_shocks(world, state, ledger, accounts)

    def _add_policies(
        self,
        world: Blueprint,
        state: State,
        ledger: Ledger,
        accounts: Accounts | None,
        expansions: Expansions | None,
    ) -> None:
        """What policies ask for, and what they cost."""
        from simulator.run.policies import Levers

        levers = Levers(world, state, ledger, accounts, expansions)
        self._each_month(Rank.POLICY, 3, levers.begin)
        self._each_month(Rank.MARKET, 2, levers.keep_books)
        self._each_month(Rank.FINANCE, 4, levers.settle)

    def _add_shocks(self, world: Blueprint, state: State, ledger: Ledger, accounts: Accounts | None) -> None:
        """What fear and shocks of a month add to the state, on top of what policies ask for."""
        economy = world.economy
        has_credit = bool(economy.credit) and accounts is not None
        has_policies = economy.policies is not None
        if economy.precaution is not None or has_credit or has_policies:
            self._each_month(Rank.CAPACITY, 0, state.begin_month)
        if economy.precaution is not None:
            from simulator.run.precaution import Hoarding

            self._each_month(Rank.POLICY, AFTER_POLICIES, Hoarding(world, state, ledger).step)
        if has_credit and accounts is not None:
            from simulator.run.receivables import CreditShocks

            self._each_month(Rank.POLICY, AFTER_POLICIES, CreditShocks(world, state, accounts, ledger).step)

    def _each_month(self, rank: Rank, key: int, action: Callable[[], None]) -> None:
        self.months.setdefault((rank, key), []).append(action)

    def schedule(self, clock: Clock, set_now: Callable[[], None], until: int) -> None:
        """Put what the parts do on the clock.

        Parameters
        ----------
        clock : Clock
        set_now : callable
            Called before each action.
        until : int [min]
        """
        month = MINUTES_PER_MONTH
        for (rank, key), actions in sorted(self.months.items()):
            for action in actions:

                def act(action: Callable[[], None] = action) -> None:
                    set_now()
                    action()

                clock.every(month, 0 if rank <= Rank.POLICY else month, rank, key, act, until)
