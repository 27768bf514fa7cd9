"""The ledger: series of prices, money and enterprises, beside the recorder's masses and units."""

from __future__ import annotations

import numpy as np

from simulator.world.state import Floats


class Ledger:
    """Arrays that parts of the economy fill and that are kept at the close of each period.

    Parameters
    ----------
    n_periods : int

    Attributes
    ----------
    series : dict of str to ndarray
        Closed periods by variable of `terms.VARIABLES`, first axis time.
    of_firms : dict of str to ndarray
        Flows of each firm in the year so far, first axis firm; whoever closes the year empties them.
    """

    def __init__(self, n_periods: int) -> None:
        self.n_periods = n_periods
        self.series: dict[str, Floats] = {}
        self.of_firms: dict[str, Floats] = {}
        self._open: dict[str, tuple[Floats, bool]] = {}

    def sum(self, name: str, shape: tuple[int, ...]) -> Floats:
        """Array of a flow: what is added to it in a period is kept, then it starts at 0 again.

        Parameters
        ----------
        name : str
        shape : tuple of int
            Dimensions of the variable without time.
        """
        return self._add(name, shape, True)

    def last(self, name: str, shape: tuple[int, ...]) -> Floats:
        """Array of a level: what it holds at the close of a period is kept.

        Parameters
        ----------
        name : str
        shape : tuple of int
            Dimensions of the variable without time.
        """
        return self._add(name, shape, False)

    def by_firm(self, name: str, shape: tuple[int, ...]) -> Floats:
        """Array of a flow of each firm: what is added to it in a year is told by process.

        Parameters
        ----------
        name : str
        shape : tuple of int
            Firms, then dimensions of the variable beside year, region, process and size.
        """
        self.of_firms[name] = np.zeros(shape)
        return self.of_firms[name]

    def close(self, row: int) -> None:
        """Keep a period.

        Parameters
        ----------
        row : int
        """
        if row >= self.n_periods:
            return
        for name, (array, is_flow) in self._open.items():
            self.series[name][row] = array
            if is_flow:
                array[...] = 0.0

    def _add(self, name: str, shape: tuple[int, ...], is_flow: bool) -> Floats:
        array = np.zeros(shape)
        self._open[name] = (array, is_flow)
        self.series[name] = np.zeros((self.n_periods, *shape))
        return array
