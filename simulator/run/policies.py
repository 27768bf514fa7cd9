"""Policies in a run: what they ask of firms each month, what they cost, what they have reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.run.ledger import Ledger
from simulator.run.policy_stocks import Reserves
from simulator.run.policy_trade import Limits, Mandates
from simulator.run.state import State
from simulator.world.policies import Charge, Policies
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    Blueprint,
    Floats,
    Ints,
    Kind,
    Role,
    sums,
)

if TYPE_CHECKING:
    from simulator.run.accounts import Accounts
    from simulator.run.expansion import Expansions

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY


class Levers:
    """Policies of one run.

    What they cost is entered by the region in which it falls: that of the firm, of the users who buy, of the
    collectors, of the office.

    Parameters
    ----------
    world : Blueprint
    state : State
    ledger : Ledger
    accounts : Accounts, optional
        Who bears a cost pays it.
    expansions : Expansions, optional
        Permits move the lead time of what firms build.
    """

    def __init__(
        self,
        world: Blueprint,
        state: State,
        ledger: Ledger,
        accounts: Accounts | None = None,
        expansions: Expansions | None = None,
    ) -> None:
        policies = world.economy.policies
        if policies is None:
            raise ValueError("the world has no policies")
        self.world, self.state, self.policies = world, state, policies
        self.accounts, self.expansions = accounts, expansions
        shape = (world.n_regions, policies.n)
        self.cost = ledger.sum("policy_cost", shape)
        self.receipts = ledger.sum("policy_receipts", shape)
        self.outlay = ledger.sum("policy_outlay", shape)
        reached = ledger.last("policy_reached", (policies.n,))
        reached[:] = np.nan
        self._seen_made, self._seen_sent = np.zeros_like(state.made), np.zeros_like(state.sent)
        self._unit_price = _unit_price(world, policies)
        self._fees: list[Floats] = []
        self.reserves = Reserves(world, state, ledger, self, reached) if policies.reserves else None
        self.mandates = Mandates(world, state, ledger, self, reached) if policies.mandates else None
        self.limits = Limits(world, state, self, reached) if policies.limits else None
        if self.mandates is not None:
            state.after_offers = self.mandates.prefer
        if self.limits is not None:
            state.after_switch = self.limits.hold
        self._index()

    def _index(self) -> None:
        """What the costs by unit need, found once."""
        world = self.world
        n_regions = world.n_regions
        place = np.full(len(world.slots), -1)
        place[world.user_slot] = world.user_product * n_regions + world.user_region
        self._to_user = np.flatnonzero(place[world.relations.target] >= 0)
        self._user_cell = place[world.relations.target[self._to_user]]

    # ------------------------------------------------------------------ a month

    def begin(self) -> None:
        """What holds in the month that is under way; before orders."""
        state, policies, month = self.state, self.policies, self.state.now_month
        if policies.fees:
            self._set_fees(month)
        if policies.supports:
            state.thrift_gain[:] = 1.0
            for support in policies.supports:
                state.thrift_gain[support.slots] += support.strength[month]
        if policies.moratoria:
            state.no_failure[:] = False
            for each in policies.moratoria:
                if each.holds[month]:
                    state.no_failure |= each.firms
        if policies.lead is not None and self.expansions is not None:
            self.expansions.set_lead(policies.lead[month])
        if self.reserves is not None:
            self.reserves.step()

    def _set_fees(self, month: int) -> None:
        """Fee of each unit, and over its base price."""
        state, unit = self.state, self._unit_price
        state.fee[:] = 0.0
        self._fees = []
        for fee in self.policies.fees:
            worth = unit * np.exp(state.log_sold) if fee.of_sales else np.ones_like(unit)
            self._fees.append(fee.firms * fee.value[month] * worth)
            state.fee += self._fees[-1]
        share = np.divide(state.fee, unit, out=np.zeros_like(unit), where=unit > 0)
        state.fee_share = share if share.any() else None

    def keep_books(self) -> None:
        """Costs of the month; after goods have moved, before accounts are settled."""
        state, month = self.state, self.state.now_month
        made, sent = state.made - self._seen_made, state.sent - self._seen_sent
        for fee, rate in zip(self.policies.fees, self._fees, strict=True):
            paid = self.by_region(rate * made)
            self.cost[:, fee.policy] += np.abs(paid)
            self.receipts[:, fee.policy] += np.maximum(0.0, -paid)
        for charge in self.policies.charges:
            self.charge(charge.policy, self._charged(charge, made, sent, month), charge.payer)
        for support in self.policies.supports:
            slots = support.slots
            value = self.by_region(state.need_rate[slots] * self.price(slots), slots) * DAYS
            self.charge(support.policy, support.cost * support.strength[month] * value, "state")
        for each in self.policies.moratoria:
            if each.holds[month]:
                self.cost[:, each.policy] += self._forborne(each.firms)
        if self.reserves is not None:
            self.reserves.keep_books()
        if self.mandates is not None:
            self.mandates.keep_books()
        if self.limits is not None:
            self.limits.keep_books(sent)
        self._seen_made, self._seen_sent = state.made.copy(), state.sent.copy()

    def settle(self) -> None:
        """After accounts, which may have taken up what was made and sent."""
        self._seen_made, self._seen_sent = self.state.made.copy(), self.state.sent.copy()

    # ------------------------------------------------------------------ costs

    def by_region(self, amount: Floats, slots: Ints | None = None) -> Floats:
        """Sums (region,) of amounts by firm, or of amounts (item,) at slots (item,), by the firm's region."""
        region = self.world.firms.region
        where = region if slots is None else region[self.world.slots.firm[slots]]
        return sums(where, amount, self.world.n_regions)

    def _charged(self, charge: Charge, made: Floats, sent: Floats, month: int) -> Floats:
        """Cost (region,) [USD] of a month by units collected or sold, or by time."""
        rate = charge.rate[month]
        if charge.kind == "time":
            return np.asarray(rate * DAYS)
        world = self.world
        if charge.kind == "collected":
            units = sums(world.collector_cell, made[world.collector_firm], rate.size)
        else:
            units = sums(self._user_cell, sent[self._to_user], rate.size)
        return np.asarray((units.reshape(rate.shape) * rate).sum(axis=0))

    def _forborne(self, firms: np.ndarray) -> Floats:
        """Interest (region,) [USD] of a month on what protected firms owe beyond their credit lines."""
        if self.accounts is None:
            return np.zeros(self.world.n_regions)
        beyond = np.maximum(0.0, -(self.accounts.cash + self.accounts.limit)) * firms
        return self.by_region(beyond * self.accounts.interest()) * DAYS / DAYS_PER_YEAR

    def charge(self, policy: int, amount: Floats, payer: str) -> None:
        """Enter a cost and let an account other than firms' pay it.

        Parameters
        ----------
        policy : int
        amount : (region,) float [USD]
            By region in which it falls.
        payer : str
            Of `terms.ACCOUNTS`.
        """
        self.cost[:, policy] += amount
        whole = float(amount.sum())
        if self.accounts is not None and whole > 0:
            self.accounts.transfer(payer, "outside", whole)

    def charge_firms(self, policy: int, firm: np.ndarray, amount: Floats) -> None:
        """Enter a cost that firms bear, in the region of each.

        Parameters
        ----------
        policy : int
        firm : (item,) int
        amount : (item,) float [USD]
        """
        region = self.world.firms.region[firm]
        self.cost[:, policy] += sums(region, amount, self.world.n_regions)
        if self.accounts is not None and amount.any():
            whole = sums(firm, amount, len(self.world.firms))
            payers = np.flatnonzero(whole > 0)
            self.accounts.pay(payers, whole[payers], "outside")

    def price(self, slots: np.ndarray) -> Floats:
        """Price (slot,) [USD/unit] of today; of the base year where prices are not followed."""
        if self.world.economy.market is None:
            return self.base_price(slots)
        return np.asarray(self.state.slot_price[slots])

    def base_price(self, slots: np.ndarray) -> Floats:
        """Price (slot,) [USD/unit] of the base year."""
        return np.asarray(self.policies.base_price[self.world.slots.good[slots]])


def _unit_price(world: Blueprint, policies: Policies) -> Floats:
    """Base sales over base output (firm,) [USD/unit]; recyclers by tonne treated."""
    firms, slots, market = world.firms, world.slots, world.economy.market
    if market is not None:
        sales = market.sales
    else:
        sells = (slots.role != Role.INPUT) * policies.base_price[slots.good]
        sales = sums(slots.firm, slots.base * sells, len(firms))
    able = (firms.base_rate > 0) & (firms.kind != Kind.USER) & (firms.kind != Kind.HOLDER)
    return np.divide(sales, firms.base_rate, out=np.zeros(len(firms)), where=able)
