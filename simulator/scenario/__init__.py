"""What the user wrote, as one frozen and checked Scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.errors import Fault, InputError, Place, listed, nearest, shown
from simulator.scenario.check import check
from simulator.scenario.factors import declared_ranges
from simulator.scenario.layers import Layers
from simulator.scenario.marks import Finding, Node, fault_of, merged, of_plain, shown_file
from simulator.scenario.presets import expand
from simulator.scenario.schema import Scenario
from simulator.scenario.shape import shaped
from simulator.scenario.tables import Tables, read, shipped
from simulator.scenario.written import Written, taken, with_node

__all__ = ["Scenario", "find", "load"]


def load(
    source: str | Path | Mapping[str, Any] | object,
    *,
    inputs: str | Path | None = None,
    sets: Sequence[str] = (),
    override: Sequence[str] = (),
    tables: Tables | None = None,
) -> Scenario:
    """Scenario of a file, or of plain data.

    Parameters
    ----------
    source : path or mapping
        A scenario file, the name of one (see `find`), or its content as Python data.
    inputs : path, optional
        Folder of tables instead of the shipped inputs/.
    sets : sequence of str
        Changes, each `a.b[0].c=value` as in `--set`.
    override : sequence of str
        Named sets of the scenario to apply, in this order, before `sets`.
    tables : Tables, optional
        Tables already read; `inputs` is not looked at then.

    Returns
    -------
    Scenario
        Frozen and checked.

    Raises
    ------
    InputError
        With all faults of the scenario, its parents, its world and the tables.
    """
    if isinstance(source, str):
        source = find(source)
    faults: list[Fault] = []
    if tables is None:
        try:
            tables, faults = read(Path(inputs) if inputs is not None else None)
        except InputError as error:
            faults += error.faults
    layers = Layers(_shipped_scenarios(), faults)
    tree, folder = _tree(layers, source)
    scenario = None
    if tree is not None:
        chosen = layers.override_trees(tree, folder)
        _check_names(layers, tree, chosen, override)
        for name, change in chosen.items():
            if name not in override:
                _checked(layers, merged(tree, change), tables)
        for name in override:
            tree = merged(tree, chosen[name]) if name in chosen else tree
        scenario = _checked(layers, layers.with_sets(tree, sets, folder), tables)
    if layers.faults or scenario is None:
        raise InputError(layers.faults)
    return scenario if tables is None else expand(scenario, tables)


def find(source: str) -> Path:
    """File that a name or a path means.

    Parameters
    ----------
    source : str
        A path; or a bare name, looked for here, in scenarios/ here, and among the shipped scenarios.

    Returns
    -------
    pathlib.Path
        The path itself where no such file is found, so that reading it tells the fault.
    """
    path = Path(source)
    folder = _shipped_scenarios()
    if path.suffix or "/" in source or not source.strip() or "\0" in source:
        return path
    for place in (Path(), Path("scenarios"), *([folder] if folder else [])):
        if (place / f"{source}.yaml").is_file():
            return place / f"{source}.yaml"
    return path if path.exists() or folder is None else folder / f"{source}.yaml"


def _shipped_scenarios() -> Path | None:
    try:
        return shipped("scenarios")
    except InputError:
        return None


def _tree(layers: Layers, source: object) -> tuple[Node | None, Path]:
    """Tree of the source and the folder in which it looks for names."""
    if isinstance(source, (str, Path)):
        path = Path(source)
        return layers.file(path, Place(shown_file(path))), path.parent
    if not isinstance(source, Mapping):
        layers.faults.append(
            Fault(Place("scenario"), shown(source), "a path or a mapping", "", "root_mapping")
        )
        return None, Path()
    return layers.tree(of_plain(source, "scenario"), Path()), Path()


def _check_names(layers: Layers, tree: Node, chosen: Mapping[str, Node], override: Sequence[str]) -> None:
    """Faults for override sets that the scenario does not have."""
    for name in override:
        if name not in chosen:
            place = Place(f"--override {shown(name)}", path="overrides")
            layers.faults.append(
                Fault(place, shown(name), listed(chosen), nearest(name, chosen), "override_unknown")
            )


def _checked(layers: Layers, tree: Node, tables: Tables | None) -> Scenario | None:
    """Scenario of a whole tree; faults go to the layers."""
    bare, written, findings = taken(tree, declared_ranges(tables) if tables is not None else {})
    scenario, found = _findings(bare, written, tables)
    findings += found
    if not findings:
        for each in written:
            findings += _at_ends(bare, each, written, tables)
    unread = {fault.place for fault in layers.faults if fault.rule.startswith("yaml_")}
    faults = [fault_of(tree, finding) for finding in findings]
    layers.faults += [fault for fault in faults if fault.place not in unread]
    return scenario


def _findings(
    tree: Node, written: Sequence[Written], tables: Tables | None
) -> tuple[Scenario | None, list[Finding]]:
    """Scenario of a tree of plain numbers and what is wrong with it."""
    result = shaped(tree)
    findings = list(result.findings)
    if result.scenario is None:
        return None, findings
    scenario = result.scenario.with_distributions(written)
    if tables is not None:
        crossed = check(scenario, tables)
        findings += [finding for finding in crossed if not result.rests_on_stand_in(finding)]
    return scenario, findings


def _at_ends(tree: Node, one: Written, written: Sequence[Written], tables: Tables | None) -> list[Finding]:
    """What is wrong with a scenario at the least and the largest draw of one of its distributions."""
    found: list[Finding] = []
    for name, value in zip(("least", "largest"), one.ends, strict=True):
        end = with_node(tree, one.loc, Node(value, one.place, one.place))
        for finding in _findings(end, written, tables)[1]:
            told = f"{finding.found}, with the {name} draw of {one.name}, {value:g}"
            found.append(replace(finding, found=told))
    return found
