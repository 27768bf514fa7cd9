"""Cases: folders with `case.yaml`, `observations.csv` and, where needed, `tables/`; read and checked.

All faults of all cases come at once. An observation is read here and used by `scoring` alone: what is run is
told by the scenario and the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.errors import Fault, InputError, Place, listed, nearest, shown
from simulator.scenario import find, load
from simulator.scenario.marks import Finding, Loc, fault_of, shown_file
from simulator.scenario.read import read_file
from simulator.scenario.schema import Scenario
from simulator.scenario.tables import Tables, shipped
from simulator.validation.observations import Observation, read_observations
from simulator.validation.periods import PERIOD_TEXT, Span, span
from simulator.validation.schema import CaseFile, Comparison
from simulator.validation.shape import shaped
from simulator.validation.world import case_tables

CASE_FILE = "case.yaml"
OBSERVATIONS_FILE = "observations.csv"
TABLES_FOLDER = "tables"


@dataclass(frozen=True)
class Case:
    """An episode, checked.

    Attributes
    ----------
    name : str
        Name of its folder.
    folder : Path
    file : CaseFile
    observations : tuple of Observation
    scenario : Scenario
    tables : Tables
        The shipped tables with the case's own laid over them.
    own_tables : tuple of str
        Names of the tables that the case changes.
    """

    name: str
    folder: Path
    file: CaseFile
    observations: tuple[Observation, ...]
    scenario: Scenario
    tables: Tables
    own_tables: tuple[str, ...] = ()


def shipped_cases() -> Path:
    """Folder of the cases that come with Loopcast."""
    return shipped("scenarios") / "validation"


def names(folder: Path) -> list[str]:
    """Names of the cases in a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of str
        Of the folders with a `case.yaml`, sorted.

    Raises
    ------
    InputError
        If there is no such folder, or no case in it.
    """
    place = Place("--cases" if folder != shipped_cases() else "cases")
    if not folder.is_dir():
        raise InputError([Fault(place, shown(str(folder)), "a folder of cases", rule="cases_folder")])
    found = sorted(path.parent.name for path in folder.glob(f"*/{CASE_FILE}"))
    if not found:
        allowed = f"a folder of cases, each a folder with {CASE_FILE} and {OBSERVATIONS_FILE}"
        raise InputError([Fault(place, f"{shown(str(folder))}, without a case", allowed, rule="cases_none")])
    return found


def read_cases(
    chosen: Sequence[str] = (), folder: Path | None = None, inputs: Path | None = None
) -> list[Case]:
    """Cases by name.

    Parameters
    ----------
    chosen : sequence of str
        Names; all of the folder if none is given.
    folder : Path, optional
        Where they lie; the shipped ones if left out.
    inputs : Path, optional
        Folder of tables instead of the shipped ones.

    Returns
    -------
    list of Case

    Raises
    ------
    InputError
        With the faults of all of them; nothing was run.
    """
    home = folder if folder is not None else shipped_cases()
    known = names(home)
    faults: list[Fault] = []
    cases: list[Case] = []
    under: Tables | None = None
    for name in dict.fromkeys(chosen or known):
        if name not in known:
            faults.append(
                Fault(
                    Place("CASE"), f"case {shown(name)}", listed(known), nearest(name, known), "case_unknown"
                )
            )
            continue
        try:
            read = read_case(home / name, inputs, under)
            under = under if read.own_tables else read.tables
            cases.append(read)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return cases


def read_case(folder: Path, inputs: Path | None = None, under: Tables | None = None) -> Case:
    """One case.

    Parameters
    ----------
    folder : Path
        With `case.yaml`, `observations.csv` and, if need be, `tables/`.
    inputs : Path, optional
        Folder of tables instead of the shipped ones.
    under : Tables, optional
        The same tables, if they have been read already.

    Raises
    ------
    InputError
        With all its faults.
    """
    path = folder / CASE_FILE
    node, faults = read_file(path, Place(shown_file(path)), "case")
    file: CaseFile | None = None
    if node is not None and not isinstance(node.value, dict):
        faults.append(Fault(Place(shown_file(path)), shown(node.value), "a mapping", rule="root_mapping"))
    elif node is not None:
        file = shaped(node, faults)
    observations = read_observations(folder / OBSERVATIONS_FILE, folder.name, faults)
    tables: Tables | None = None
    own: tuple[str, ...] = ()
    try:
        tables, own = case_tables(folder / TABLES_FOLDER, inputs, under)
    except InputError as error:
        faults += error.faults
    scenario = _scenario(folder, file, tables, inputs, faults) if file is not None else None
    if file is not None and node is not None:
        findings = list(_crossed(file, observations, scenario, tables))
        faults += [fault_of(node, finding) for finding in findings]
    if faults or file is None or scenario is None or tables is None:
        raise InputError(faults)
    return Case(folder.name, folder, file, tuple(observations), scenario, tables, own)


def _scenario(
    folder: Path, file: CaseFile, tables: Tables | None, inputs: Path | None, faults: list[Fault]
) -> Scenario | None:
    """Scenario of a case, checked against its tables."""
    source: Any = file.scenario
    if isinstance(source, str):
        beside = folder / source
        source = beside if beside.is_file() or Path(source).suffix else find(source)
    elif isinstance(source, Mapping):
        source = {"schema_version": 1, "name": folder.name, **source}
    try:
        return load(source, tables=tables, inputs=inputs)
    except InputError as error:
        faults += error.faults
        return None


def spans_of(comparison: Comparison, text: str) -> Span | None:
    """Stretch of time that a period of an observation means in a comparison."""
    return span(comparison.dates.get(text, text))


def window_of(comparison: Comparison) -> Span | None:
    """First to last month of a comparison's window; None if it says none, or none that is one."""
    first, _, last = comparison.window.partition("/")
    begin, end = span(first), span(last or first)
    return Span(begin.start, end.end) if begin and end and begin.start < end.end else None


def _crossed(
    file: CaseFile, observations: Sequence[Observation], scenario: Scenario | None, tables: Tables | None
) -> Iterator[Finding]:
    """What needs more than one value of the case, or its observations, or its world."""
    seen: dict[str, int] = {}
    for index, comparison in enumerate(file.comparisons):
        loc: Loc = ("comparisons", index)
        if comparison.name in seen:
            allowed = f"each name once; first is [{seen[comparison.name]}]"
            yield Finding((*loc, "name"), comparison.name, allowed, "", "comparison_twice")
        seen.setdefault(comparison.name, index)
        if observations:
            yield from _observed(loc, comparison, observations)
        for step, text in enumerate(comparison.base):
            if span(text) is None:
                yield Finding((*loc, "base", step), shown(text), PERIOD_TEXT, "", "period_form")
        for text, meant in comparison.dates.items():
            if span(meant) is None:
                yield Finding((*loc, "dates", text), shown(meant), PERIOD_TEXT, "", "period_form")
        yield from _aspect(loc, comparison)
        if scenario is not None and tables is not None:
            yield from _labels(loc, comparison, scenario, tables)


def _aspect(loc: Loc, comparison: Comparison) -> Iterator[Finding]:
    """Keys that an aspect needs."""
    needs_window = comparison.aspect.startswith(("peak", "lowest", "back"))
    if needs_window and window_of(comparison) is None:
        allowed = f"first and last month, such as 2010-07/2012-12: {comparison.aspect} is looked for there"
        yield Finding((*loc, "window"), shown(comparison.window or None), allowed, "", "window_missing")
    if comparison.aspect in ("back_date", "difference") and not comparison.base:
        yield Finding(
            (*loc, "base"), "nothing", f"a period: {comparison.aspect} needs it", "", "base_missing"
        )
    if comparison.simulated.measure == "recycling_relief" and not comparison.base:
        yield Finding((*loc, "base"), "nothing", "a period when supply was as usual", "", "base_missing")


def _observed(loc: Loc, comparison: Comparison, observations: Sequence[Observation]) -> Iterator[Finding]:
    """Variables and periods that a comparison names, but no observation has."""
    variables = list(dict.fromkeys(row.variable for row in observations))
    way: Loc = (*loc, "observed")
    for variable in comparison.observed:
        if variable not in variables:
            near = nearest(variable, variables)
            yield Finding(way, shown(variable), "a variable of observations.csv", near, "variable_unknown")
            continue
        rows = [row for row in observations if row.variable == variable]
        said = {row.period for row in rows}
        missing = [text for text in comparison.periods if text not in said]
        if len(comparison.observed) == 1:
            for text in missing:
                near = nearest(text, said)
                yield Finding((*loc, "periods"), shown(text), listed(said), near, "period_unknown")
        if comparison.aspect in ("level", "difference") and comparison.observed_base == "same":
            for text in comparison.base:
                if text not in said:
                    allowed = f"a period of {shown(variable)}: {listed(sorted(said))}; or observed_base: none"
                    near = nearest(text, said)
                    yield Finding((*loc, "base"), shown(text), allowed, near, "base_unobserved")
        for row in rows:
            is_used = row.period in comparison.periods or not comparison.periods
            if is_used and spans_of(comparison, row.period) is None:
                allowed = f"{PERIOD_TEXT}; or its meaning under `dates`; or other `periods`"
                yield Finding((*loc, "periods"), shown(row.period), allowed, "", "period_form")


def _labels(loc: Loc, comparison: Comparison, scenario: Scenario, tables: Tables) -> Iterator[Finding]:
    """Labels of the measure that it does not take, lacks, or the world does not have."""
    from simulator.scenario.labels import Labels

    world = Labels(scenario.world, tables)
    known = {
        "good": [name for name in world.goods if world.has_good(name)],
        "process": list(world.processes),
        "material": list(scenario.world.materials),
        **{key: list(world.regions) for key in ("region", "without", "to", "over")},
    }
    simulated = comparison.simulated
    for key, allowed in known.items():
        for label in getattr(simulated, key):
            if label not in allowed:
                near = nearest(label, allowed)
                way: Loc = (*loc, "simulated", key)
                yield Finding(way, shown(label), listed(allowed, 40), near, f"{key}_of_world")
    for key in ("good", "process", "material", "to", "over"):
        is_given = bool(getattr(simulated, key))
        if is_given and key not in simulated.needs:
            text = f"nothing: {simulated.measure} takes {', '.join(simulated.needs)}"
            yield Finding((*loc, "simulated", key), key, text, "", "label_unused", at_key=True)
        if not is_given and key in simulated.needs and key not in ("to",):
            way = (*loc, "simulated", key)
            yield Finding(way, "nothing", f"one or more: {simulated.measure} needs it", "", "label_missing")
