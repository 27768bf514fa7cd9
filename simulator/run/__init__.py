"""One member: a scenario in, a data set out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import Fault, InputError, Place, nearest

if TYPE_CHECKING:
    import xarray as xr

    from simulator.build import Built
    from simulator.scenario.schema import Scenario
    from simulator.scenario.tables import Tables

Progress = Callable[[date, float], None]


def run(
    scenario: Scenario | str | Path | Mapping[str, Any],
    tables: Tables | None = None,
    *,
    member: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run one scenario, or one member of its ensemble.

    Parameters
    ----------
    scenario : Scenario, path, name of a shipped scenario, or mapping
        What to simulate.
    tables : Tables, optional
        Data; the shipped inputs if left out.
    member : int, optional
        Its random streams: enterprises, relations and events as they come. 0 are those of a run without an
        ensemble. Which numbers a member has is not decided here; `simulator.ensemble` gives its scenario.
    progress : callable, optional
        Called with the simulated date and the fraction done at the end of each period.

    Returns
    -------
    xarray.Dataset
        Variables and dimensions of `simulator.terms.VARIABLES`, monthly.

    Raises
    ------
    InputError
        When the scenario or the tables have faults; nothing is run.
    LawBroken
        When a law of the model does not hold.
    """
    from simulator.scenario.seen import seen
    from simulator.scenario.unseen import NotSeen

    checked, tables = _load(scenario, tables)
    try:
        found = _run(checked, seen(tables, checked), member, progress)
    except NotSeen:
        # Slower, never wrong: keys of results that say so cover all tables.
        found = _run(checked, tables, member, progress)
    return found if member is None else found.assign_attrs(member=member)


def _run(checked: Scenario, tables: Tables, member: int | None, progress: Progress | None) -> xr.Dataset:
    """Build a world, let it run, put its labels on."""
    from simulator.build import build
    from simulator.run.dataset import assemble
    from simulator.run.member import Member
    from simulator.world.state import MINUTES_PER_DAY, MINUTES_PER_MONTH

    built = build(checked, tables, member or 0)
    start = checked.period.start

    def tell(done: float) -> None:
        if progress is not None:
            progress(start + timedelta(days=done * (checked.period.end - start).days), done)

    days = checked.period.record_days
    period = MINUTES_PER_MONTH if days is None else max(1, round(days * MINUTES_PER_DAY))
    actor = Member(built.blueprint, period=period, trace=_traced(checked, built), progress=tell)
    return assemble(checked, tables, built, actor.run())


def _load(scenario: Any, tables: Tables | None) -> tuple[Scenario, Tables]:
    from simulator.scenario import load
    from simulator.scenario import tables as room
    from simulator.scenario.schema import Scenario as Checked

    if tables is None:
        tables = room.load()
    if not isinstance(scenario, Checked):
        scenario = load(scenario, tables=tables)
    return scenario, tables


def _traced(scenario: Scenario, built: Built) -> tuple[int, ...]:
    """Rows of the firms whose history was asked for."""
    names = {name: i for i, name in enumerate(built.blueprint.firms.name)}
    faults = [
        Fault(
            Place(scenario.name, path=f"trace[{i}]"),
            name,
            "a firm of the world: <region>-<process>-<number>",
            nearest(name, list(names)),
            rule="trace_unknown",
        )
        for i, name in enumerate(scenario.trace)
        if name not in names
    ]
    if faults:
        raise InputError(faults)
    return tuple(names[name] for name in scenario.trace)
