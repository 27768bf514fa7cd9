"""Cross checks of a scenario against the tables; every fault is collected, none is raised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from simulator.errors import listed, nearest, shown
from simulator.scenario.check_disruptions import check_disruptions
from simulator.scenario.check_economy import check_economy
from simulator.scenario.check_ensemble import check_ensemble
from simulator.scenario.check_policies import check_policies
from simulator.scenario.check_projects import check_projects
from simulator.scenario.check_rows import check_dates, check_rows
from simulator.scenario.check_world import check_world, twice, unknown
from simulator.scenario.check_year import check_year
from simulator.scenario.dated import Dated
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.past import of_year
from simulator.scenario.schema import ANY, Scenario
from simulator.scenario.sourcing import check_sourcing
from simulator.scenario.tables import Tables

_PERIOD: tuple[Loc, ...] = (("period",),)
_MATERIALS: tuple[Loc, ...] = (("world", "materials"), ("world", "products"))
_REGIONS: tuple[Loc, ...] = (("world", "regions"),)
_SUM_TOLERANCE = 1e-9
_SHORTEST_PERIOD_DAYS = 28


def check(scenario: Scenario, tables: Tables) -> list[Finding]:
    """All findings that need the tables or more than one value.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables

    Returns
    -------
    list of Finding
    """
    labels = Labels(scenario.world, of_year(tables, scenario.world))
    return [
        *check_world(labels),
        *check_sourcing(labels),
        *check_year(scenario, tables),
        *_period(scenario, labels),
        *_demand(scenario, labels),
        *_essential(scenario, labels),
        *_capacity(scenario, labels),
        *_recovery(scenario, labels),
        *_dated_values(scenario),
        *check_disruptions(scenario, labels),
        *check_economy(scenario, labels),
        *check_policies(scenario, labels),
        *check_projects(scenario, labels),
        *_parameters(scenario, labels),
        *_trace(scenario, labels),
        *check_ensemble(scenario, tables),
    ]


def _period(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    period = scenario.period
    years = [int(row["year"]) for row in labels.rows("supply") if row.get("year")]
    if years and labels.world.year is None and period.start < date(min(years), 1, 1):
        allowed = f"a date from {min(years)}-01-01, the start of the base year"
        yield Finding(("period", "start"), shown(period.start), allowed, "", "period_before_base")
    if period.end <= period.start:
        allowed = f"a date after the start, {period.start}"
        yield Finding(("period", "end"), shown(period.end), allowed, "", "period_order", needs=_PERIOD)
    elif (period.end - period.start).days < _SHORTEST_PERIOD_DAYS:
        allowed = f"a date at least a month after the start, {period.start}"
        yield Finding(("period", "end"), shown(period.end), allowed, "", "period_short", needs=_PERIOD)
    case = scenario.demand.case
    known = [int(row["year"]) for row in labels.rows("demand") if row.get("demand_case") == case]
    if known and case != "base" and period.end > date(max(known) + 1, 1, 1):
        allowed = (
            f"a date up to {max(known) + 1}-01-01, where demand case {case} ends; demand case base has no end"
        )
        needs: tuple[Loc, ...] = (("demand", "case"),)
        yield Finding(("period", "end"), shown(period.end), allowed, "", "period_beyond_data", needs=needs)


def _demand(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    demand = scenario.demand
    cases = labels.column("demand", "demand_case")
    if demand.case not in ("base", "trend") and labels.world.year is None:
        yield from unknown(("demand", "case"), demand.case, cases, "demand_case_without_data", "base")
    rows: Loc = ("demand", "factors")
    yield from check_rows(
        rows, demand.factors, labels, {"product": labels.products, "region": labels.regions}
    )


def _capacity(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    stages = labels.column("capacity_paths", "stage")
    if not stages:
        return
    for stage, path in scenario.capacity.model_dump().items():
        if path.startswith("announced") and stage not in stages:
            allowed = f"base, demand; announced paths are there for {listed(stages)}"
            yield Finding(("capacity", stage), path, allowed, "", "capacity_without_path")


def _recovery(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    recovery, regions, products = scenario.recovery, labels.regions, labels.products
    goods = {name: row for name, row in labels.goods.items() if labels.has_good(name)}
    treated = sorted(name for name, row in goods.items() if row["kind"] in ("end_of_life", "new_scrap"))
    scrap = sorted(name for name in treated if goods[name]["kind"] == "new_scrap")
    recyclers = sorted(name for name, row in labels.processes.items() if row["stage"] == "recycling")
    places = {"product": products, "region": regions}
    yield from check_rows(("recovery", "collection"), recovery.collection, labels, places)
    yield from check_rows(("recovery", "routing"), recovery.routing, labels, places, ("route",))
    known = {
        "process": recyclers,
        "good": treated,
        "material": list(labels.world.materials),
        "region": regions,
    }
    yield from check_rows(("recovery", "yields"), recovery.yields, labels, known)
    yield from check_rows(
        ("recovery", "new_scrap"), recovery.new_scrap, labels, {"good": scrap, "region": regions}
    )
    yield from _yields_that_fit(scenario, labels, known)
    yield from _routing_sums(scenario)


def _yields_that_fit(scenario: Scenario, labels: Labels, known: dict[str, list[str]]) -> Iterator[Finding]:
    """Lines of yields whose labels are known each but never meet."""
    for index, row in enumerate(scenario.recovery.yields):
        said = {"process": row.process, "good": row.good, "material": row.material}
        if not labels.treats or any(label != ANY and label not in known[key] for key, label in said.items()):
            continue
        fits = [
            (process, good, material)
            for process, pairs in labels.treats.items()
            for good, material in pairs
            if all(
                label in (ANY, there)
                for label, there in zip(said.values(), (process, good, material), strict=True)
            )
        ]
        if not fits:
            goods = sorted(
                {
                    good
                    for good, material in labels.treats.get(row.process, ())
                    if row.material in (ANY, material)
                }
            )
            allowed = f"goods that {row.process} treats and that hold {row.material}: {listed(goods, 20)}"
            found = f"{row.process}, {row.good}, {row.material}"
            yield Finding(
                ("recovery", "yields", index), found, allowed, "", "yield_matches_nothing", needs=_MATERIALS
            )


def _routing_sums(scenario: Scenario) -> Iterator[Finding]:
    """Routes of one product and region that take more than there is."""
    groups: dict[tuple[str, str], list[tuple[int, Dated]]] = {}
    for index, row in enumerate(scenario.recovery.routing):
        groups.setdefault((row.product, row.region), []).append((index, row.value))
    for (product, region), rows in groups.items():
        days = sorted({day for _, value in rows for day in value.dates} | {scenario.period.start})
        for day in days:
            total = sum(value.at(day, 0.0) for _, value in rows)
            if total > 1 + _SUM_TOLERANCE:
                loc: Loc = ("recovery", "routing", rows[-1][0])
                found = f"{total:.6g} for {product} in {region} on {day}"
                needs = tuple(("recovery", "routing", index) for index, _ in rows)
                allowed = "shares of all routes that sum to at most 1"
                yield Finding(loc, found, allowed, "", "routing_sum", needs=needs)
                break


def _dated_values(scenario: Scenario) -> Iterator[Finding]:
    """Dates at which nothing could happen."""
    recovery, period = scenario.recovery, scenario.period
    if period.end <= period.start:
        return
    lists: list[tuple[Loc, Sequence[Any]]] = [
        (("demand", "factors"), scenario.demand.factors),
        (("recovery", "collection"), recovery.collection),
        (("recovery", "routing"), recovery.routing),
        (("recovery", "yields"), recovery.yields),
        (("recovery", "new_scrap"), recovery.new_scrap),
        (("access",), scenario.access),
    ]
    for loc, rows in lists:
        for index, row in enumerate(rows):
            yield from check_dates((*loc, index, "value"), row.value, period)


def _essential(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    names = scenario.essential or ()
    for index, name in enumerate(names):
        for found in unknown(("essential", index), name, labels.products, "essential_product"):
            yield Finding(found.loc, found.found, found.allowed, found.nearest, found.rule, needs=_MATERIALS)
    yield from twice(("essential",), names, "essential_twice")


def _parameters(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    # assumptions that only went into other tables would change nothing
    rows = {
        str(row["name"]): row for row in labels.rows("assumptions") if row.get("used_in", "model") == "model"
    }
    for name, value in scenario.parameters.items():
        loc = ("parameters", name)
        if rows and name not in rows:
            allowed = f"names of inputs/assumptions.csv: {listed(sorted(rows), 8)}"
            yield Finding(loc, shown(name), allowed, nearest(name, rows), "parameter_unknown", at_key=True)
        elif rows:
            low, high, unit = (rows[name].get(key) for key in ("low", "high", "unit"))
            if (low is not None and value < low) or (high is not None and value > high):
                bounds = [
                    f"from {low:g}" if low is not None else "",
                    f"to {high:g}" if high is not None else "",
                ]
                unit = f" [{unit}]" if unit else ""
                allowed = f"a number {' '.join(bound for bound in bounds if bound)}{unit}"
                yield Finding(loc, shown(value), allowed, "", "parameter_range")


def _trace(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    needs = (*_MATERIALS, *_REGIONS)
    for index, firm in enumerate(scenario.trace):
        loc: Loc = ("trace", index)
        region, process, _ = firm.split("-")
        if labels.regions and region not in labels.regions:
            allowed = f"a firm of a region of the world: {listed(labels.regions, 20)}"
            like = labels.region_like(region)
            near = firm.replace(region, like, 1) if like else ""
            yield Finding(loc, firm, allowed, near, "trace_region", needs=needs)
        elif labels.processes and process not in labels.processes:
            allowed = f"a firm of a process of the world: {listed(sorted(labels.processes))}"
            like = nearest(process, labels.processes)
            near = firm.replace(process, like) if like else ""
            yield Finding(loc, firm, allowed, near, "trace_process", needs=needs)
        elif labels.processes and region not in labels.regions_of(process):
            where = listed(sorted(labels.regions_of(process)), 20)
            yield Finding(loc, firm, f"a region with {process}: {where}", "", "trace_sector", needs=needs)
        if firm in scenario.trace[:index]:
            yield Finding(loc, f"{firm} again", "each firm once", "", "trace_twice")
