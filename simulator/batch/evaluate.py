"""Outcomes at given values of factors: what sensitivity and discovery ask for, resumed like any batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator import results
from simulator.batch import store
from simulator.batch.cells import Batch, Cell
from simulator.batch.compact import OUTCOME
from simulator.batch.drive import Done, Failure, Points, Told, make_all, tasks_of

if TYPE_CHECKING:
    from simulator.scenario import Scenario
    from simulator.scenario.tables import Tables


@dataclass(frozen=True)
class Evaluated:
    """Outcomes of runs.

    Attributes
    ----------
    outcomes : tuple of str
        Names; `outcomes.describe` tells unit and meaning.
    values : (run, outcome) float
        NaN where a run failed.
    failures : tuple of Failure
    """

    outcomes: tuple[str, ...]
    values: NDArray[np.float64]
    failures: tuple[Failure, ...]


def evaluate(
    scenario: Scenario,
    tables: Tables,
    points: Sequence[Mapping[str, float]],
    folder: Path,
    *,
    member: int = 0,
    command: str = "",
    workers: int | None = None,
    scheduler: str | None = None,
    told: Told | None = None,
) -> Evaluated:
    """Run a scenario at given values of its factors.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables
    points : sequence of mapping of str to float
        Values by factor (`Ensemble.names`); one that is left out keeps its central value.
    folder : Path
        Where each run leaves its numbers; what is there already is not run again.
    member : int
        Whose random streams all runs have, so that they differ by their values alone.
    command : str
        Told with a run that failed.
    workers, scheduler, told
        As in `drive.run_batch`.

    Returns
    -------
    Evaluated

    Raises
    ------
    InputError
        Another batch writes into the folder, something in it is a link, or no scheduler answers.
    BatchStopped
        Nothing more can be written.
    """
    cell = Cell(scenario.name, scenario, len(points), is_drawn=True)
    batch = Batch((cell,), tables, folder, {}, made_by=command or f"evaluate {scenario.name}")
    given = Points([tuple(sorted(point.items())) for point in points], member)
    tasks = list(tasks_of(batch, cell, range(len(points)), given))
    store.refuse_links(folder, [path for task in tasks for path in task.paths])
    with store.locked(folder, batch.command):
        missing = [(cell, task.member) for task in tasks if not task.is_done()]
        done = Done(len(tasks), n_kept=len(tasks) - len(missing))
        make_all(batch, missing, done, workers=workers, scheduler=scheduler, told=told, points=given)
        failed = {failure.member for failure in done.failures}
        good = [task for task in tasks if task.member not in failed]
        if not good:
            return Evaluated((), np.empty((len(tasks), 0)), tuple(done.failures))
        names = tuple(str(name) for name in results.read_netcdf(good[0].paths[0])["outcome"].values)
        values = np.full((len(tasks), len(names)), np.nan)
        for task in good:
            values[task.member] = results.read_flat(task.paths[0], [OUTCOME])[OUTCOME]
    return Evaluated(names, values, tuple(sorted(done.failures, key=lambda failure: failure.member)))
