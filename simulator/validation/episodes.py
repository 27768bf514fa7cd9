"""Cases run, one after the other, each with its scenario and tables, and held against what was observed."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.validation.cases import Case
from simulator.validation.held import Outcome, compare
from simulator.validation.scores import Scale
from simulator.validation.world import parameter_hash, parameters

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[int, date, float], None]
"""Called with the place of the case in the list, its simulated date and the fraction done."""


def simulate(case: Case, progress: Callable[[date, float], None] | None = None) -> xr.Dataset:
    """Run a case; its observations play no part.

    Parameters
    ----------
    case : Case
    progress : callable, optional
        Called with the simulated date and the fraction done.

    Returns
    -------
    xarray.Dataset
    """
    from simulator.run import run

    return run(case.scenario, case.tables, progress=progress)


def judge(ds: xr.Dataset, case: Case) -> Outcome:
    """Hold a result against the observations of its case.

    Parameters
    ----------
    ds : xarray.Dataset
    case : Case

    Returns
    -------
    Outcome
    """
    values = parameters(case.scenario, case.tables)
    return Outcome(case, compare(ds, case, Scale.of(case.tables)), values, parameter_hash(values))


def run_cases(
    cases: Sequence[Case], *, out: Path | None = None, progress: Progress | None = None
) -> list[Outcome]:
    """Run cases and judge them.

    Parameters
    ----------
    cases : sequence of Case
    out : Path, optional
        Where each result is written, in a folder called like its case.
    progress : callable, optional
        See `Progress`.

    Returns
    -------
    list of Outcome
        In the order of the cases.
    """
    from simulator import results

    outcomes = []
    for index, case in enumerate(cases):
        started, clock = datetime.now(UTC), time.perf_counter()

        def tell(day: date, done: float, index: int = index) -> None:
            if progress is not None:
                progress(index, day, done)

        ds = simulate(case, tell)
        if out is not None:
            facts = {
                "command": shlex.join(["loopcast", "validate", case.name]),
                "started": started.isoformat(timespec="seconds"),
                "wall_time_s": round(time.perf_counter() - clock, 3),
            }
            results.write(ds, out / case.name, scenario=case.scenario, facts=facts)
        outcomes.append(judge(ds, case))
    return outcomes
