"""What the state pays and takes each month: fees for what is made, duty on what crosses a border."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.terms import ACCOUNTS
from simulator.world.state import Floats, Kind, sums

if TYPE_CHECKING:
    from simulator.run.accounts import Accounts

FIRMS, HOUSEHOLDS, STATE, OUTSIDE = (
    ACCOUNTS.index(name) for name in ("firms", "households", "state", "outside")
)


def settle_fees(accounts: Accounts) -> None:
    """The state pays a fee for each unit made since the last step, or takes it where it is negative.

    To be called before costs are settled, which closes the count of what was made. Where all fees are 0
    nothing is computed.

    Parameters
    ----------
    accounts : Accounts
    """
    state = accounts.state
    if not state.fee.any():
        return
    amount = state.fee * state.made * accounts.finance.is_firm
    accounts.cash += amount
    accounts.book(STATE, FIRMS, float(np.maximum(0.0, amount).sum()))
    accounts.book(FIRMS, STATE, float(np.maximum(0.0, -amount).sum()))


def fee_margin(accounts: Accounts) -> Floats | None:
    """What fees add to the margin of a unit (firm,) [1], over its base price; None where there are none."""
    state, finance = accounts.state, accounts.finance
    if not state.fee.any():
        return None
    worth = state.fee * accounts.world.firms.base_rate
    return np.divide(worth, finance.sales, out=np.zeros_like(worth), where=finance.sales > 0)


def settle_duties(accounts: Accounts, value: Floats) -> None:
    """Buyers pay duty to the state on what was sent to them; what suppliers get is not touched.

    Where no relation bears a duty nothing is computed.

    Parameters
    ----------
    accounts : Accounts
    value : (relation,) float [USD]
        Of goods sent since the last step, without duty.
    """
    state, finance, firms = accounts.state, accounts.finance, accounts.world.firms
    if not state.has_tariff:
        return
    duty = value * np.expm1(state.tariff)
    by_buyer = sums(finance.target_firm, duty, len(firms))
    if accounts.tariff_paid is not None:
        accounts.tariff_paid += sums(firms.region, by_buyer, len(accounts.tariff_paid))
    own = by_buyer * finance.is_firm
    users = firms.kind == Kind.USER
    accounts.cash -= own
    accounts.book(FIRMS, STATE, float(own.sum()))
    accounts.book(HOUSEHOLDS, STATE, float(by_buyer[users].sum()))
    accounts.book(OUTSIDE, STATE, float(by_buyer[~users & ~finance.is_firm].sum()))
