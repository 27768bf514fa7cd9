"""Cross checks of projects: labels, names, classes, dates, whether anything could carry them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from simulator.errors import listed, nearest, shown
from simulator.scenario.check_world import unknown
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.schema_projects import ALL, Project, Projects
from simulator.terms import UNFC_CODES

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario

_PERIOD: tuple[Loc, ...] = (("period",),)
_PRODUCTS: tuple[Loc, ...] = (("world", "materials"), ("world", "products"))
_REGIONS: tuple[Loc, ...] = (("world", "regions"),)
_QUANTITIES = ("g1_t", "g2_t", "g3_t")


def check_projects(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    """All findings of what a scenario says about projects.

    Parameters
    ----------
    scenario : Scenario
    labels : Labels

    Yields
    ------
    Finding
    """
    said = scenario.projects
    if said is None:
        return
    known = {str(row["name"]): row for row in labels.rows("projects")}
    yield from _used(scenario, said, known, labels)
    first: dict[str, int] = {}
    for index, project in enumerate(said.add):
        loc: Loc = ("projects", "add", index)
        name = project.name
        if name in first:
            allowed = f"each name once; first is projects.add[{first[name]}]"
            yield Finding((*loc, "name"), f"{name} again", allowed, "", "name_twice")
        elif name == ALL or name in known:
            allowed = "a name that inputs/projects.csv does not have, and not all"
            yield Finding((*loc, "name"), name, allowed, "", "project_name_taken")
        first.setdefault(name, index)
        yield from _place(loc, project, labels)
        yield from _class(loc, project)
        yield from _opening(loc, project, scenario)


def _used(
    scenario: Scenario, said: Projects, known: dict[str, dict[str, Any]], labels: Labels
) -> Iterator[Finding]:
    """Named projects that are not there, that the world cannot carry, or that work already."""
    for index, name in enumerate(said.use):
        loc: Loc = ("projects", "use", index)
        if name in said.use[:index]:
            yield Finding(loc, f"{name} again", "each name once", "", "project_twice")
        elif name == ALL:
            if len(said.use) > 1:
                yield Finding(loc, f"{ALL} among names", f"{ALL}, or names", "", "project_all")
        elif name not in known:
            yield from unknown(loc, name, sorted(known), "project_unknown", ALL)
        elif labels.processes and str(known[name]["process"]) not in labels.processes:
            there = [n for n, row in known.items() if str(row["process"]) in labels.processes]
            allowed = f"projects whose process the world has: {listed(sorted(there)) or 'none is named'}"
            found = f"{name}, which adds to {known[name]['process']}"
            yield Finding(loc, found, allowed, "", "project_process", needs=_PRODUCTS)
        else:
            opens = known[name].get("opens")
            if opens and date.fromisoformat(str(opens)) < scenario.period.start:
                allowed = f"a project that opens from the period's start, {scenario.period.start}"
                yield Finding(loc, f"{name}, open since {opens}", allowed, "", "project_open", needs=_PERIOD)


def _place(loc: Loc, project: Project, labels: Labels) -> Iterator[Finding]:
    """Unknown process or region, by-products, and places where nothing could carry a project."""
    fits = True
    for key, names, needs in (
        ("process", sorted(can_have(labels)), _PRODUCTS),
        ("region", labels.regions, _REGIONS),
    ):
        label = getattr(project, key)
        for each in unknown((*loc, key), label, names, f"project_{key}"):
            fits = False
            near = labels.region_like(label) if key == "region" else nearest(label, names)
            yield Finding(each.loc, each.found, each.allowed, near, each.rule, needs=needs)
    if not fits or not labels.processes:
        return
    stage = str(labels.processes[project.process]["stage"])
    there = sorted(labels.regions_of(project.process))
    if stage not in ("extraction", "processing") and project.region not in there:
        allowed = f"a region with {project.process}: {listed(there, 20)}"
        near = nearest(project.region, there)
        yield Finding((*loc, "region"), project.region, allowed, near, "project_sector", needs=_PRODUCTS)
    if stage != "extraction":
        for key in _QUANTITIES:
            if getattr(project, key) is not None:
                found = f"{key} of a plant, {project.process}"
                allowed = "quantities of mines and old tailings only: plants have no deposit"
                yield Finding((*loc, key), found, allowed, "", "project_quantity", needs=_PRODUCTS)
    elif all(not getattr(project, key) for key in _QUANTITIES) and project.g1_t is not None:
        allowed = "a quantity above 0, or none of g1_t, g2_t and g3_t where it is not known"
        yield Finding((*loc, "g1_t"), "no quantity at all", allowed, "", "project_empty")


def can_have(labels: Labels) -> set[str]:
    """Processes of the world that projects may add to: all but by-products.

    Parameters
    ----------
    labels : Labels
    """
    tied = set(labels.column("by_products", "process"))
    return {name for name in labels.processes if name not in tied}


def _class(loc: Loc, project: Project) -> Iterator[Finding]:
    """Pairs of viability and feasibility that are no class."""
    pairs = [(e, f) for e, f in UNFC_CODES if f != "F1.1"]
    if (project.viability, project.f) not in pairs:
        allowed = f"a pair that is a class: {listed(f'{e} {f}' for e, f in pairs)}"
        needs = ((*loc, "e"),)
        yield Finding((*loc, "f"), f"{project.e} {project.f}", allowed, "", "project_class", needs=needs)


def _opening(loc: Loc, project: Project, scenario: Scenario) -> Iterator[Finding]:
    period = scenario.period
    if project.opens is None or period.end <= period.start:
        return
    if not period.start <= project.opens < period.end:
        allowed = f"a date from {period.start} to before {period.end}, the period"
        yield Finding((*loc, "opens"), shown(project.opens), allowed, "", "project_outside", needs=_PERIOD)
