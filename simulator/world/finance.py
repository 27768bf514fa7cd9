"""A firm's money: costs, cash, credit, failure and survival (docs/model.md, section Money)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.world.state import Bools, Floats, Ints


@dataclass(frozen=True)
class FinanceRules:
    """Parameters of accounts and failures.

    Attributes
    ----------
    has_births : bool
        New enterprises replace those that end, and take over a part of what failed firms had.
    stock_credit : float [1]
        Part of the value of stock above the usual on which banks lend.
    sale_discount : float [1]
        Loss of value when the stock of a failed firm is sold.
    tau_turnover : float [d]
        Time over which banks look back at a firm's sales.
    tau_fixed : float [d]
        Time in which fixed cost comes down where capacity stays unused.
    loan_years : float [yr]
        Time over which a loan is paid back.
    takeover_days : float [d]
    takeover_share : float [1]
        Time after which an entrant takes over capacity of a failed firm, and the part of it.
    """

    has_births: bool
    stock_credit: float
    sale_discount: float
    tau_turnover: float
    tau_fixed: float
    loan_years: float
    takeover_days: float
    takeover_share: float


@dataclass(frozen=True)
class Finance:
    """Money of firms at the base year; all 0 for final users and holders.

    Attributes
    ----------
    is_firm : (firm,) bool
        Agents of a stage made of firms.
    own_cost : (firm,) float [USD/unit of output]
        Cost of a unit without the goods that the model follows.
    wage_share : (firm,) float [1]
        Part of it that goes to workers; the rest to suppliers outside the model.
    fixed_share : (firm,) float [1]
        Part of it that goes on without output.
    cash_days : (firm,) float [d]
        Days of fixed cost that a firm holds in cash.
    credit_days, credit_days_access : (firm,) float [d]
        Credit line in days of sales without access to finance, and its rise with the score.
    interest, interest_access : (firm,) float [1/yr]
    approval, approval_access : (firm,) float [1]
        Share of loan applications granted without access to finance, and its rise with the score.
    reorganised : (firm,) bool
        Works on under new owners when it fails although it would earn; others close.
    turnover : (firm,) float [1/yr]
        Enterprises that end, and start, in a usual year over those alive.
    sales : (firm,) float [USD/d]
        Base sales, over relations.
    unit_cost, input_share : (firm,) float [1]
        Total cost and purchases over sales, both of the base year.
    inputs_follow : (firm,) bool
        The price of inputs follows that of the output: recyclers.
    source_firm, target_firm : (relation,) int
    from_outside, to_users, to_outside : (relation,) int
        Relations that holders supply, that final users and holders buy on; all others are between firms.
    rules : FinanceRules
    """

    is_firm: Bools
    own_cost: Floats
    wage_share: Floats
    fixed_share: Floats
    cash_days: Floats
    credit_days: Floats
    credit_days_access: Floats
    interest: Floats
    interest_access: Floats
    approval: Floats
    approval_access: Floats
    turnover: Floats
    reorganised: Bools
    sales: Floats
    unit_cost: Floats
    input_share: Floats
    inputs_follow: Bools
    source_firm: Ints
    target_firm: Ints
    from_outside: Ints
    to_users: Ints
    to_outside: Ints
    rules: FinanceRules


def own_costs(
    cost: Floats, fixed_share: Floats, made: Floats, normal: Floats, skill: Floats
) -> tuple[Floats, Floats]:
    """Cost of an interval that varies with output, and cost that goes on without it.

    Parameters
    ----------
    cost : (firm,) float [USD/unit]
        Own cost of a unit at base output.
    fixed_share : (firm,) float [1]
    made : (firm,) float [unit]
        Output of the interval.
    normal : (firm,) float [unit]
        Output of the interval that capacity is laid out for.
    skill : (firm,) float [1]
        Productivity over base.

    Returns
    -------
    (firm,) float [USD]
        Variable.
    (firm,) float [USD]
        Fixed.

    Source
    ------
    Fixed and variable cost, textbook; the split by size class is declared (inputs/finance_by_size.csv).
    """
    fixed = cost * fixed_share
    return (cost - fixed) * made / skill, fixed * normal


def laid_out(part: Floats, made: Floats, normal: Floats, gain: float) -> Floats:
    """Part of capacity that a firm still bears fixed cost for: comes down slowly where output stays low.

    Parameters
    ----------
    part : (firm,) float [1]
        Of the step before.
    made : (firm,) float [unit]
        Output of the interval.
    normal : (firm,) float [unit]
        Output of the interval that capacity is laid out for; 0 keeps the part.
    gain : float [1]

    Returns
    -------
    (firm,) float [1]

    Source
    ------
    What is fixed in a month is variable in years (Marshall's short and long run); first-order adjustment is
    a proposal of this project.
    """
    target = np.ones_like(part)
    np.divide(made, normal, out=target, where=made < normal)
    return np.where(normal > 0, part + gain * (target - part), part)


def paid_part(value: Floats, able: Floats, stock: Floats, usual: Floats, most: Floats) -> Floats:
    """Part of the base price that a recycler pays for what is pushed to it.

    It pays by outturn, for the metal that it wins: waste that is leaner than in the base year, or waits, is
    paid less. And it pays less the more it cannot sell: nothing when its stock of output is at the largest
    that it keeps.

    Parameters
    ----------
    value : (firm,) float [USD]
        What is pushed to it in an interval, at base prices.
    able : (firm,) float [USD]
        What waste with the metal won in the interval is worth, at base prices.
    stock, usual, most : (firm,) float [USD]
        Stock of output, the usual one, and the largest that it keeps, at base prices.

    Returns
    -------
    (firm,) float [1]

    Source
    ------
    Settlement by outturn is usual in the trade with scrap; that yards which are full pay nothing is a
    proposal of this project.
    """
    treats = np.zeros_like(value)
    np.divide(able, value, out=treats, where=value > 0)
    full = np.zeros_like(value)
    np.divide(stock - usual, most - usual, out=full, where=most > usual)
    return np.asarray(treats * (1.0 - np.clip(full, 0.0, 1.0)))


def cash_target(days: Floats, fixed_per_day: Floats, missing: Floats) -> Floats:
    """Cash that a firm keeps: days of cost that goes on without revenue, and what it needs to refill stock.

    Parameters
    ----------
    days : (firm,) float [d]
    fixed_per_day : (firm,) float [USD/d]
    missing : (firm,) float [USD]
        Value of the usual stock less that of the stock now; negative where there is more.

    Returns
    -------
    (firm,) float [USD]

    Source
    ------
    Cash buffer days, JPMorgan Chase Institute 2016; money set free by running down stock is kept for it:
    proposal of this project.
    """
    return np.asarray(days * fixed_per_day + np.maximum(0.0, missing))


def credit_limit(days: Floats, sales: Floats, surplus: Floats, stock_credit: float) -> Floats:
    """Credit line: days of sales, and a part of the value of stock above the usual.

    Parameters
    ----------
    days : (firm,) float [d]
    sales : (firm,) float [USD/d]
        Smoothed.
    surplus : (firm,) float [USD]
        Value of stock now less that of the usual stock.
    stock_credit : float [1]

    Returns
    -------
    (firm,) float [USD]

    Source
    ------
    Proposal of this project; lending on inventory is a usual form of trade finance.
    """
    return np.asarray(days * sales + stock_credit * np.maximum(0.0, surplus))


def interest_due(cash: Floats, debt: Floats, rate: Floats, years: float) -> Floats:
    """Interest of an interval on drawn credit and on loans.

    Parameters
    ----------
    cash, debt : (firm,) float [USD]
        Negative cash is credit drawn.
    rate : (firm,) float [1/yr]
    years : float [yr]

    Returns
    -------
    (firm,) float [USD]

    Source
    ------
    Simple interest within the interval.
    """
    return np.asarray((np.maximum(0.0, -cash) + debt) * rate * years)


def unit_margin(
    log_price: Floats, unit_cost: Floats, input_share: Floats, cost_index: Floats, follows: Bools
) -> Floats:
    """Margin of a unit over its base price, whatever is sold.

    Parameters
    ----------
    log_price : (firm,) float [1]
        Logarithm of the price that the firm gets, over base.
    unit_cost, input_share : (firm,) float [1]
    cost_index : (firm,) float [1]
        1 + what inputs cost more than in the base year, over the base price.
    follows : (firm,) bool
        The price of inputs follows the firm's own.

    Returns
    -------
    (firm,) float [1]

    Source
    ------
    Price less unit cost.
    """
    price = np.exp(log_price)
    dearer = np.where(follows, input_share * (price - 1.0), cost_index - 1.0)
    return np.asarray(price - unit_cost - dearer)


def pays(margin: Floats, fixed: Floats, used: Floats) -> Bools:
    """Whether output below the full one would still cover fixed cost.

    Parameters
    ----------
    margin : (firm,) float [1]
        Of a unit at full output, over the base price.
    fixed : (firm,) float [1]
        Fixed cost of a unit at full output, over the base price.
    used : (firm,) float [1]
        Output over full output; more than 1 counts as 1.

    Returns
    -------
    (firm,) bool

    Source
    ------
    Break-even analysis, textbook.
    """
    return np.asarray(np.minimum(used, 1.0) * (margin + fixed) - fixed > 0.0)


def fails(cash: Floats, limit: Floats, scale: Floats) -> Bools:
    """Firms whose cash and credit are used up.

    Parameters
    ----------
    cash, limit : (firm,) float [USD]
    scale : (firm,) float [USD]
        A hair's breadth: what rounding may leave open.

    Returns
    -------
    (firm,) bool

    Source
    ------
    Illiquidity; proposal of this project after Bosio et al. 2020, who count the weeks that cash lasts.
    """
    return np.asarray(cash < -limit - scale)


def failing_part(short: Floats, means: Floats) -> Floats:
    """Part of the enterprises behind a firm that fail in a month in which they run short together.

    Means are spread over enterprises, so that a loss that goes on takes them one after the other: with a loss
    of one part in n of what they hold at rest each month, about one in n of those left fails.

    Parameters
    ----------
    short : (firm,) float [USD]
        Cash below the credit line.
    means : (firm,) float [USD]
        Cash and credit line at rest.

    Returns
    -------
    (firm,) float [1]
        Below 1.

    Source
    ------
    Proposal of this project: exponential spread of means.
    """
    return np.asarray(np.divide(short, short + means, out=np.ones_like(short), where=short + means > 0))
