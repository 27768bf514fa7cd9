"""Stocks that are destroyed: at one instant a part of what is on hand is gone, to the fate `disposal`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.run.clock import Clock, Rank
from simulator.run.record import NODE, Recorder
from simulator.run.state import State
from simulator.world.disruptions import StockLoss
from simulator.world.state import Ints, by_material

AFTER_THE_LAST_TRUCK = 800_000
"""Key of a loss: what arrives at the same minute is hit too, what is ordered then is not."""


def schedule(state: State, record: Recorder, clock: Clock, set_now: Callable[[], None]) -> None:
    """Put the losses of a world on the clock.

    Parameters
    ----------
    state : State
    record : Recorder
    clock : Clock
    set_now : callable
        Called before each loss.
    """
    for number, loss in enumerate(state.world.economy.losses):

        def act(loss: StockLoss = loss) -> None:
            set_now()
            lose(state, record, loss)

        clock.at(loss.at, Rank.ARRIVAL, AFTER_THE_LAST_TRUCK + number, act)


def lose(state: State, record: Recorder, loss: StockLoss) -> None:
    """Take a part off stocks and tell the recorder where it went.

    Parameters
    ----------
    state : State
    record : Recorder
    loss : StockLoss
    """
    slots = loss.slots
    gone = state.pile[slots] * loss.share
    state.pile[slots] -= gone
    state.reserved[slots] *= 1.0 - loss.share
    record.causes.firms.lost(slots, gone[:, -1])
    mass, node = by_material(gone[:, :-1]), state.world.slots.node[slots]
    region = state.world.firms.region[state.world.slots.firm[slots]]
    for link, of_node in links_of(record, node):
        np.add.at(record.routes.local[link], region[of_node], mass[of_node])


def links_of(record: Recorder, node: Ints) -> list[tuple[int, Ints]]:
    """Link from each node to disposal, with the places of its slots.

    Parameters
    ----------
    record : Recorder
    node : (slot,) int

    Returns
    -------
    list of tuple of int and (slot of the node,) int
    """
    code = record.links.code
    return [(code(int(n), NODE["disposal"]), np.flatnonzero(node == n)) for n in np.unique(node)]
