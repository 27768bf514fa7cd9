"""Accounts of one run: what firms pay and get each month, credit, loans, and the books of all accounts."""

from __future__ import annotations

import numpy as np

from simulator.errors import LawBroken
from simulator.run.failures import Failures
from simulator.run.ledger import Ledger
from simulator.run.levies import fee_margin, settle_duties, settle_fees
from simulator.run.receivables import Receivables
from simulator.run.state import State
from simulator.run.tiers import Sums
from simulator.terms import ACCOUNTS, FIRM_STAGES, PAYMENTS, SIZES
from simulator.world import finance as law
from simulator.world.firms import gain
from simulator.world.state import (
    DAYS_PER_YEAR,
    MINUTES_PER_DAY,
    MINUTES_PER_MONTH,
    MONTHS_PER_YEAR,
    Blueprint,
    Floats,
    Ints,
    Kind,
    Mode,
    Role,
    sums,
)

DAYS = MINUTES_PER_MONTH / MINUTES_PER_DAY
YEARS = DAYS / DAYS_PER_YEAR
FIRMS, BANKS, HOUSEHOLDS, STATE, OUTSIDE, FUND = range(len(ACCOUNTS))
PAYMENT = {name: code for code, name in enumerate(PAYMENTS)}
_CODE = [[PAYMENT.get(f"{a}>{b}", -1) for b in ACCOUNTS] for a in ACCOUNTS]
_TO_FIRMS = [_CODE[a][FIRMS] for a in range(BANKS, len(ACCOUNTS))]
_FROM_FIRMS = [_CODE[FIRMS][a] for a in range(BANKS, len(ACCOUNTS))]
CLOSURE_TOLERANCE = 1e-9
"""Largest open balance of money relative to the largest payment (law 1)."""


class Accounts:
    """Cash of every firm, and what the other accounts have paid and got since the start.

    Every payment takes from one account what it gives to another. A firm's cash is one number: below 0 it is
    credit drawn.

    Attributes
    ----------
    cash, debt : (firm,) float [USD]
        Debt is what is open of loans.
    target, limit : (firm,) float [USD]
        Cash aimed at and credit line, both of the last month.
    saving : (firm,) float [USD]
        What a firm keeps beyond its target, for a plan of its own.
    credit_gain : (firm,) float [1]
        Factor on the credit line.
    laid_out : (firm,) float [1]
        Part of capacity that fixed cost is borne for.
    failed, loss : (firm,) float [1, USD]
        Enterprises that failed this month for want of money or margin, and what banks lost by them.
    revenue : (firm,) float [USD]
        Of the last month.
    money : (account,) float [USD]
        Received less paid since the start.
    """

    def __init__(self, world: Blueprint, state: State, ledger: Ledger) -> None:
        finance = world.economy.finance
        if finance is None:
            raise ValueError("the world has no accounts")
        self.world, self.state, self.finance = world, state, finance
        n = len(world.firms)
        self._index(world)
        self.debt, self.due, self.saving = np.zeros(n), np.zeros(n), np.zeros(n)
        self.credit_gain, self.laid_out = np.ones(n), np.ones(n)
        self.failed, self.loss, self.revenue = np.zeros(n), np.zeros(n), np.zeros(n)
        self.turnover = finance.sales.copy()
        self.usual_stock = self._units()
        self.receivables = Receivables(world, self)
        self.limit = np.zeros(n)
        self.cash = self._aim()
        self.margins = np.tile(self.unit_margin(), (MONTHS_PER_YEAR, 1))
        self.money = ledger.last("money", (len(ACCOUNTS),))
        self._flows = ledger.sum("money_flow", (len(PAYMENTS),))
        self._residual = ledger.last("money_residual", ())
        shape = (world.n_regions, len(FIRM_STAGES), len(SIZES))
        self._sales = ledger.sum("sales", shape)
        self._sales_of = ledger.by_firm("sales_by_process", (n,))
        self._cash = ledger.last("cash", shape)
        has_duties = world.economy.duties is not None
        self.tariff_paid = ledger.sum("tariff_paid", (world.n_regions,)) if has_duties else None
        self._checked = float(self.cash.sum())
        self._since, self._largest = np.zeros(len(PAYMENTS)), 1e-300
        self.failures = Failures(world, state, self, ledger)

    def _index(self, world: Blueprint) -> None:
        """What each step needs of the world, found once."""
        firms, slots, relations, finance = world.firms, world.slots, world.relations, self.finance
        self.firm = np.flatnonzero(finance.is_firm)
        stage, size = firms.stage[self.firm], firms.size[self.firm]
        self.cell = (firms.region[self.firm] * len(FIRM_STAGES) + stage) * len(SIZES) + size
        self.n_cells = world.n_regions * len(FIRM_STAGES) * len(SIZES)
        able = finance.is_firm & (firms.capacity > 0)
        self._per_capacity = np.divide(1.0, firms.capacity, out=np.zeros(len(firms)), where=able)
        orders = (firms.kind[slots.firm] == Kind.CONVERT) & (slots.role == Role.INPUT)
        self._ordering = np.flatnonzero(orders)
        place = np.full(len(slots), -1)
        place[self._ordering] = np.arange(len(self._ordering))
        asked = np.isin(relations.mode, (Mode.PULL, Mode.OFFER)) & (place[relations.target] >= 0)
        chosen = np.flatnonzero(asked)
        n_ordering, n_relations = len(self._ordering), len(relations)
        self._waiting = Sums(place[relations.target[chosen]], n_ordering, chosen, n_relations)
        self._of_slots = Sums(slots.firm, len(firms))
        self._others = np.flatnonzero(~finance.is_firm)
        self._by_source = Sums(finance.source_firm, len(firms))
        self._by_target = Sums(finance.target_firm, len(firms))
        self._index_waste(world)
        self._gain = gain(DAYS, finance.rules.tau_turnover)
        self._gain_fixed = gain(DAYS, finance.rules.tau_fixed)

    def _index_waste(self, world: Blueprint) -> None:
        """What recyclers are pushed and what they can treat, at base prices."""
        firms, slots, relations = world.firms, world.slots, world.relations
        self._pushed = np.flatnonzero(relations.mode == Mode.PUSH)
        self._pushed_to = self.finance.target_firm[self._pushed]
        self._pushed_price = self.state.paid[self._pushed]
        market = world.economy.market
        self._waste_share = np.zeros(len(firms)) if market is None else market.input_share
        self._most_part = (1.0 + firms.overtime) / firms.utilisation
        made = (firms.kind[slots.firm] == Kind.RECYCLE) & (slots.role == Role.OUTPUT) & (slots.base > 0)
        self._made = np.flatnonzero(made)
        self._made_firm, self._made_base = slots.firm[self._made], slots.base[self._made]
        self._made_price = self.state.slot_price[self._made].copy()
        self._made_usual = sums(self._made_firm, self._made_price * self._made_base, len(firms))
        self._kept = firms.cover_out + firms.review / MINUTES_PER_DAY

    # ------------------------------------------------------------------ what others may ask and do

    def lend(self, firm: Ints, amount: Floats) -> None:
        """Give loans.

        Parameters
        ----------
        firm : (item,) int
            Each once.
        amount : (item,) float [USD]
        """
        self.cash[firm] += amount
        self.debt[firm] += amount
        self.due[firm] += amount / (self.finance.rules.loan_years * MONTHS_PER_YEAR)
        self.book(BANKS, FIRMS, float(amount.sum()))
        self._show_cash()

    def pay(self, firm: Ints, amount: Floats, account: str) -> None:
        """Firms pay an account.

        Parameters
        ----------
        firm : (item,) int
            Each once.
        amount : (item,) float [USD]
        account : str
            Of `terms.ACCOUNTS`, not `firms`.
        """
        self.cash[firm] -= amount
        self.book(FIRMS, ACCOUNTS.index(account), float(amount.sum()))
        self._show_cash()

    def receive(self, firm: Ints, amount: Floats, account: str) -> None:
        """An account pays firms; arguments as of `pay`."""
        self.cash[firm] += amount
        self.book(ACCOUNTS.index(account), FIRMS, float(amount.sum()))
        self._show_cash()

    def transfer(self, payer: str, payee: str, amount: float) -> None:
        """A payment between two accounts other than firms'.

        Parameters
        ----------
        payer, payee : str
        amount : float [USD]
        """
        self.book(ACCOUNTS.index(payer), ACCOUNTS.index(payee), amount)

    def means(self) -> Floats:
        """Cash and undrawn credit (firm,) [USD]."""
        return np.maximum(0.0, self.cash + self.limit)

    def approval(self) -> Floats:
        """Share of loan applications (firm,) [1] that banks grant."""
        finance = self.finance
        return np.clip(finance.approval + finance.approval_access * self.state.finance_access, 0.0, 1.0)

    def interest(self) -> Floats:
        """Interest (firm,) [1/yr] that a firm pays."""
        finance, state = self.finance, self.state
        rate = finance.interest + finance.interest_access * state.finance_access
        return np.maximum(0.0, rate + state.extra_interest)

    def unit_margin(self) -> Floats:
        """Margin (firm,) [1] of a unit over its base price."""
        finance, state = self.finance, self.state
        margin = law.unit_margin(
            state.log_sold, finance.unit_cost, finance.input_share, state.paid_cost, finance.inputs_follow
        )
        fee = fee_margin(self)
        return margin if fee is None else margin + fee

    def book(self, payer: int, payee: int, amount: float) -> None:
        """Write one payment [USD] into the books; whoever calls it moves the cash of firms."""
        code = _CODE[payer][payee]
        self.money[payer] -= amount
        self.money[payee] += amount
        self._flows[code] += amount
        self._since[code] += amount

    # ------------------------------------------------------------------ a month

    def step(self) -> None:
        """Settle a month: trade, costs, credit; then failures and starts."""
        self.failed[:] = 0.0
        self.loss[:] = 0.0
        opening = self.cash.copy()
        self._trade()
        if self.receivables.is_open:
            self.failures.settle_estates()
        settle_fees(self)
        self._costs()
        self._serve_credit(opening)
        aim = self._aim()
        self.margins[self.state.now_month % MONTHS_PER_YEAR] = self.unit_margin()
        self._pay_out(aim)
        self.failures.step()
        self._show_cash()
        self._check()

    def _trade(self) -> None:
        """Goods sent since the last step are paid at today's price, at once or later."""
        state, finance = self.state, self.finance
        value = state.sent * state.paid
        if len(self._pushed):
            value[self._pushed] *= self._paid_part(state.sent[self._pushed])[self._pushed_to]
        state.sent[:] = 0.0
        settle_duties(self, value)
        sold, value = value, self.receivables.settle(value)
        got, given = self._by_source(value), self._by_target(value)
        got[self._others] = 0.0
        given[self._others] = 0.0
        self.cash += got - given
        users, holders = float(value[finance.to_users].sum()), float(value[finance.to_outside].sum())
        self.book(FIRMS, OUTSIDE, float(value[finance.from_outside].sum()))
        self.book(HOUSEHOLDS, FIRMS, users)
        self.book(OUTSIDE, FIRMS, holders)
        self.book(FIRMS, FIRMS, max(0.0, float(got.sum()) - users - holders))  # rounding is no payment
        if value is not sold:
            got = self._by_source(sold)
            got[self._others] = 0.0
        self.revenue = got
        self.turnover += self._gain * (got / DAYS - self.turnover)
        self._sales.ravel()[:] += sums(self.cell, got[self.firm], self.n_cells)
        self._sales_of += got

    def _paid_part(self, sent: Floats) -> Floats:
        """Part (firm,) of the base price that recyclers pay for what is `sent` (pushed,) to them.

        The dead pay nothing.
        """
        state, firms, n = self.state, self.world.firms, len(self.cash)
        value = sums(self._pushed_to, sent * self._pushed_price, n)
        expected = np.maximum(state.expected[self._made], self._made_base)
        stock, usual, target, won = (
            sums(self._made_firm, self._made_price * amount, n)
            for amount in (
                state.qty[self._made],
                self.usual_stock[self._made] * expected / self._made_base,
                expected,
                state.supply[self._made] * DAYS,
            )
        )
        most = self.world.rules.stock_cap * self._kept * target
        part = law.paid_part(value, self._waste_share * won, stock, usual, most)
        # what waited is paid for as it is worked down; a handful that comes late is not paid for all of it
        part = np.minimum(part, self._most_part)
        return np.where(firms.kind == Kind.RECYCLE, part, 1.0) * state.alive

    def _worked(self) -> Floats:
        """Output (firm,) that costs are reckoned by; recyclers' by the metal they win, whatever it was in.

        A tonne of catalysts and a tonne of electrolysers do not hold metal of the same value.
        """
        state, firms = self.state, self.world.firms
        won = sums(self._made_firm, self._made_price * state.supply[self._made], len(firms))
        usual = self._made_usual
        rate = np.divide(won, usual, out=np.zeros_like(won), where=usual > 0) * firms.base_rate * DAYS
        return np.where((usual > 0) & state.alive, np.where(state.made > 0, rate, 0.0), state.made)

    def _costs(self) -> None:
        """Own costs: wages to households, the rest to suppliers outside."""
        state, finance = self.state, self.finance
        normal = self.world.firms.base_rate * self.size() * DAYS
        made = self._worked()
        self.laid_out = law.laid_out(self.laid_out, made, normal, self._gain_fixed)
        variable, fixed = law.own_costs(
            self._own_cost(), finance.fixed_share, made, normal * self.laid_out, state.skill
        )
        state.made[:] = 0.0
        cost = variable + fixed
        wages = finance.wage_share * cost
        self.cash -= cost
        self.book(FIRMS, HOUSEHOLDS, float(wages.sum()))
        self.book(FIRMS, OUTSIDE, float((cost - wages).sum()))

    def _serve_credit(self, opening: Floats) -> None:
        """Interest on what was owed at the start of the month, and repayment of loans."""
        if not self.debt.any() and opening.min(initial=0.0) >= 0.0:
            return
        alive = self.state.alive
        interest = law.interest_due(opening, self.debt, self.interest(), YEARS) * alive
        back = np.minimum(self.debt, self.due) * alive
        self.debt -= back
        self.due[self.debt <= 0.0] = 0.0
        self.cash -= interest + back
        self.book(FIRMS, BANKS, float(interest.sum()) + float(back.sum()))

    def _aim(self) -> Floats:
        """Cash target (firm,) [USD] of the month; sets the credit line too."""
        state, finance = self.state, self.finance
        size = self.size()
        price = state.slot_price
        usual = self._of_slots(self.usual_stock * price) * size * finance.is_firm
        missing = usual - self._of_slots(self._units() * price) * finance.is_firm
        normal = self.world.firms.base_rate * size * self.laid_out
        fixed = self._own_cost() * finance.fixed_share * normal
        days = finance.credit_days + finance.credit_days_access * self.state.finance_access
        surplus = np.minimum(-missing, (self.world.rules.stock_cap - 1.0) * usual)
        limit = law.credit_limit(days, self.turnover, surplus, finance.rules.stock_credit)
        self.limit = limit * self.credit_gain * state.credit_factor * state.alive
        self.target = law.cash_target(finance.cash_days, fixed, missing) * (
            state.working_capital * state.alive
        )
        if self.receivables.is_open:  # what will have to be paid is not given to owners
            self.target += self.receivables.payable() * state.alive
        return self.target

    def means_at_rest(self) -> Floats:
        """Cash aimed at and credit line (firm,) [USD], without what refilling stock takes."""
        finance = self.finance
        normal = self.world.firms.base_rate * self.size() * self.laid_out
        fixed = self._own_cost() * finance.fixed_share * normal
        return np.asarray(finance.cash_days * fixed + self.limit)

    def _pay_out(self, aim: Floats) -> None:
        """Owners get what is above the target."""
        out = np.maximum(0.0, self.cash - aim - self.saving) * self.state.alive
        self.cash -= out
        self.book(FIRMS, HOUSEHOLDS, float(out.sum()))

    def size(self) -> Floats:
        """Capacity (firm,) over that of the base year, productivity aside [1]."""
        state = self.state
        return np.asarray(state.capacity * self._per_capacity / state.skill)

    def _own_cost(self) -> Floats:
        """Own cost (firm,) [USD/unit] of today: experience and technology lower it."""
        return np.asarray(self.finance.own_cost * (self.state.cost_factor * self.state.own_cost))

    def _units(self) -> Floats:
        """Units (slot,) on stock or under way to makers, who have paid for them."""
        state = self.state
        units: Floats = state.qty - state.reserved  # a reserve is not the firm's own
        units[self._ordering] += state.on_order[self._ordering] - self._waiting(state.backlog)
        return units

    # ------------------------------------------------------------------ books

    def _show_cash(self) -> None:
        self._cash.ravel()[:] = sums(self.cell, self.cash[self.firm], self.n_cells)

    def _check(self) -> None:
        """Money closes: firms' cash changes by what is booked, and all accounts together by nothing."""
        total = float(self.cash.sum())
        net = float(self._since[_TO_FIRMS].sum() - self._since[_FROM_FIRMS].sum())
        gap = max(abs(total - self._checked - net), abs(float(self.money.sum())))
        self._largest = scale = max(float(np.abs(self._since).max()), self._largest)
        self._checked = total
        self._since[:] = 0.0
        self._residual[...] = gap / scale
        if not gap / scale <= CLOSURE_TOLERANCE:
            raise LawBroken(
                law="money closes", time=f"month {self.state.now_month}",
                left=gap / scale, right=0.0, tolerance=CLOSURE_TOLERANCE,
            )  # fmt: skip
