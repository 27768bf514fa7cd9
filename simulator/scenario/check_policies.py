"""Cross checks of policies: what they are about, values that fit, laws of the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from simulator.errors import listed, nearest, shown
from simulator.scenario.check_rows import check_dates
from simulator.scenario.check_where import check_where
from simulator.scenario.check_world import twice, unknown
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.parts import Filters
from simulator.scenario.schema import Scenario
from simulator.terms import FIRM_STAGES, SIZES

_WORLD: tuple[Loc, ...] = (("world", "materials"), ("world", "products"), ("world", "regions"))
_MAKERS = ("component", "manufacturing")
_OF_MATERIAL = ("recycled_content", "stockpile", "substitution_support")


def check_policies(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    """All findings of the policies.

    Parameters
    ----------
    scenario : Scenario
    labels : Labels

    Yields
    ------
    Finding
    """
    first: dict[str, int] = {}
    for index, said in enumerate(scenario.policies):
        loc: Loc = ("policies", index)
        if said.name in first:
            allowed = f"each name once; first is policies[{first[said.name]}]"
            yield Finding((*loc, "name"), f"{said.name} again", allowed, "", "policy_twice")
        first.setdefault(said.name, index)
        if isinstance(said, Filters):
            yield from check_where(loc, said, labels)
        else:
            yield from _labels(loc, said, labels)
        if said.value is not None:
            yield from check_dates((*loc, "value"), said.value, scenario.period)
        if hasattr(said, "preset"):
            yield from _law(loc, said, labels)
        yield from _value(loc, said)


def _labels(loc: Loc, said: Any, labels: Labels) -> Iterator[Finding]:
    """Unknown labels of keys, labels twice; then whether the labels meet."""
    processes = labels.processes
    known: dict[str, Sequence[str]] = {
        "product": labels.products,
        "region": labels.regions,
        "material": list(labels.world.materials),
        "stage": list(FIRM_STAGES),
        "size": list(SIZES),
        "process": sorted(p for p, row in processes.items() if row["stage"] == "recycling"),
    }
    wrong = False
    for key, names in known.items():
        chosen = getattr(said, key, ())
        yield from twice((*loc, key), chosen, "policy_label_twice")
        for place, label in enumerate(chosen):
            for found in unknown((*loc, key, place), label, names, f"policy_{key}"):
                wrong = True
                near = labels.region_like(label) if key == "region" else found.nearest
                yield Finding(found.loc, found.found, found.allowed, near, found.rule, needs=_WORLD)
    if not wrong and said.kind in _OF_MATERIAL:
        yield from _meets(loc, said, labels)


def _meets(loc: Loc, said: Any, labels: Labels) -> Iterator[Finding]:
    """Whether any maker of the products and regions takes the material as such."""
    products = getattr(said, "product", ())
    found: dict[str, set[str]] = {}
    for process, row in labels.processes.items():
        if row["stage"] not in _MAKERS or not _works_for(process, products, labels):
            continue
        regions = labels.regions_of(process)
        if not said.region or regions & set(said.region):
            for material in labels.taken(process):
                found.setdefault(material, set()).update(regions)
    meant = said.material or tuple(labels.world.materials)
    if labels.processes and not set(meant) & set(found):
        allowed = f"materials that makers there take as refined metal: {listed(sorted(found), 20)}"
        text = f"a policy that matches nothing: {listed(meant, 6)}"
        yield Finding(loc, text, allowed, "", "policy_matches_nothing", needs=_WORLD)


def _works_for(process: str, products: Sequence[str], labels: Labels) -> bool:
    """Whether a process makes one of some products or a component of it; any where none is named."""
    if not products:
        return True
    output = str(labels.processes[process].get("output"))
    makers = {str(row.get("output")): name for name, row in labels.processes.items()}
    parts = set().union(*(labels.inputs.get(makers.get(p, ""), set()) for p in products))
    return output in products or output in parts


def _law(loc: Loc, said: Any, labels: Labels) -> Iterator[Finding]:
    """Laws that the table does not have; a law and a value of its own, or neither."""
    laws = sorted({str(row["preset"]) for row in labels.rows("policies") if row["kind"] == said.kind} - {"*"})
    if said.preset is None and said.value is None:
        allowed = f"one of value and preset; presets are {listed(laws)}"
        yield Finding(loc, "neither value nor preset", allowed, "", "policy_without_value")
    elif said.preset is not None and said.value is not None:
        needs = ((*loc, "value"),)
        yield Finding(
            (*loc, "preset"), "both value and preset", "one of value and preset", "", "policy_two_values",
            needs=needs,
        )  # fmt: skip
    elif said.preset is not None and laws and said.preset not in laws:
        near = nearest(said.preset, laws)
        yield Finding((*loc, "preset"), shown(said.preset), listed(laws), near, "policy_preset")
    elif said.preset is not None:
        yield from _law_meets(loc, said, labels)


def _law_meets(loc: Loc, said: Any, labels: Labels) -> Iterator[Finding]:
    """Whether a law says anything about the materials meant."""
    about = {
        str(row["material"])
        for row in labels.rows("policies")
        if row["kind"] == said.kind and row["preset"] == said.preset
    }
    meant = set(said.material or labels.world.materials)
    if about and "*" not in about and not about & meant:
        found = f"{said.preset} for {listed(sorted(meant), 6)}"
        allowed = f"materials of the law: {listed(sorted(about), 20)}"
        yield Finding((*loc, "preset"), found, allowed, "", "policy_law_matches_nothing", needs=_WORLD)


def _value(loc: Loc, said: Any) -> Iterator[Finding]:
    """Values that a kind cannot have."""
    value = said.value
    if value is None:
        return
    here: Loc = (*loc, "value")
    if said.kind in ("lifetime", "moratorium") and value.interpolate == "linear":
        allowed = "step: " + ("each unit sold has one lifetime" if said.kind == "lifetime" else "0 or 1")
        yield Finding((*here, "interpolate"), "linear", allowed, "step", "policy_steps_only")
    keys: list[tuple[Any, float]] = list(zip(value.dates or (None,), value.values, strict=True))
    for day, number in keys:
        place: Loc = here if day is None else (*here, day.isoformat())
        if said.kind == "moratorium" and number not in (0.0, 1.0):
            yield Finding(place, shown(number), "0 or 1", "", "policy_on_or_off")
        elif said.kind in ("subsidy", "tax") and said.per == "sales" and number > 1:
            needs = ((*loc, "per"),)
            allowed = "a share of sales from 0 to 1; money by unit with per: unit"
            yield Finding(place, shown(number), allowed, "", "policy_share_of_sales", needs=needs)
