"""Cross checks of access scores, programmes, business models and the alliance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from simulator.errors import listed, shown
from simulator.scenario.check_rows import check_rows
from simulator.scenario.check_where import check_where
from simulator.scenario.check_world import unknown
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.schema import ANY, BusinessModel, Programme, Scenario
from simulator.terms import FIRM_STAGES, SIZES

_PERIOD: tuple[Loc, ...] = (("period",),)
_PRODUCTS: tuple[Loc, ...] = (("world", "materials"), ("world", "products"))
_REGIONS: tuple[Loc, ...] = (("world", "regions"),)
EFFECTS: dict[str, tuple[str, ...]] = {
    "product_as_service": ("lifetime_factor", "collection", "hibernation_factor", "working_capital_factor"),
    "refurbish": ("reuse", "displacement"),
    "take_back": ("collection", "hibernation_factor"),
    "toll_recycling": ("working_capital_factor",),
}
"""Effects that each kind of business model has."""


def check_economy(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    """All findings of what a scenario says about enterprises.

    Parameters
    ----------
    scenario : Scenario
    labels : Labels

    Yields
    ------
    Finding
    """
    keys = ("score", "size", "stage")
    yield from check_rows(("access",), scenario.access, labels, {"region": labels.regions}, keys)
    yield from _access_that_fits(scenario, labels)
    yield from _names(("programmes",), scenario.programmes)
    for index, programme in enumerate(scenario.programmes):
        loc: Loc = ("programmes", index)
        yield from _times(loc, programme.start, programme.end, scenario)
        yield from check_where((*loc, "where"), programme.where, labels)
    yield from _names(("business_models",), scenario.business_models)
    for index, model in enumerate(scenario.business_models):
        loc = ("business_models", index)
        yield from _times(loc, model.start, None, scenario)
        yield from _model(loc, model, labels)
    if scenario.alliance is not None:
        yield from _times(("alliance",), scenario.alliance.start, None, scenario)
        yield from check_where(("alliance", "where"), scenario.alliance.where, labels)


def _names(loc: Loc, named: Sequence[Programme | BusinessModel]) -> Iterator[Finding]:
    """Names that stand in a list more than once."""
    first: dict[str, int] = {}
    for index, one in enumerate(named):
        if one.name in first:
            allowed = f"each name once; first is {loc[0]}[{first[one.name]}]"
            yield Finding((*loc, index, "name"), f"{one.name} again", allowed, "", "name_twice")
        first.setdefault(one.name, index)


def _times(loc: Loc, start: date, end: date | None, scenario: Scenario) -> Iterator[Finding]:
    """Starts after the period; ends before the start or before the period."""
    period = scenario.period
    in_order = period.start < period.end
    if in_order and start >= period.end:
        allowed = f"a date before the period's end, {period.end}"
        yield Finding((*loc, "start"), shown(start), allowed, "", "start_after_period", needs=_PERIOD)
    if end is None:
        return
    if end <= start:
        allowed, needs = f"a date after the start, {start}", ((*loc, "start"),)
        yield Finding((*loc, "end"), shown(end), allowed, "", "end_before_start", needs=needs)
    elif in_order and end <= period.start:
        allowed = f"a date after the period's start, {period.start}"
        yield Finding((*loc, "end"), shown(end), allowed, "", "end_before_period", needs=_PERIOD)


def _access_that_fits(scenario: Scenario, labels: Labels) -> Iterator[Finding]:
    """Lines of access whose labels are known each but never meet."""
    if not (labels.processes and scenario.access):
        return
    regions: dict[str, set[str]] = {stage: set() for stage in FIRM_STAGES}
    for process, entry in labels.processes.items():
        regions.setdefault(str(entry["stage"]), set()).update(labels.regions_of(process))
    for index, row in enumerate(scenario.access):
        if row.region not in (ANY, *labels.regions):
            continue
        stages = [
            stage
            for stage in FIRM_STAGES
            if (regions[stage] if row.region == ANY else row.region in regions[stage])
            and row.size in (ANY, *labels.sizes_of(stage))
        ]
        if row.stage not in stages and not (row.stage == ANY and stages):
            found = f"a line that matches no firm: {row.size}, {row.region}, {row.stage}"
            allowed = _meeting(row.size, row.region, stages, labels)
            needs = (*_PRODUCTS, *_REGIONS)
            yield Finding(("access", index), found, allowed, "", "access_matches_nothing", needs=needs)


def _meeting(size: str, region: str, stages: Sequence[str], labels: Labels) -> str:
    """What would do in place of a line that matches no firm."""
    if stages:
        return f"a stage with firms that fit size {size} and region {region}: {listed(stages)}"
    sizes = [name for name in SIZES if any(name in labels.sizes_of(stage) for stage in FIRM_STAGES)]
    return f"a size and a region that have firms; sizes with firms are {listed(sizes)}"


def _model(loc: Loc, model: BusinessModel, labels: Labels) -> Iterator[Finding]:
    """Unknown labels, and effects that its kind does not have."""
    known = {"product": (labels.products, _PRODUCTS), "region": (labels.regions, _REGIONS)}
    for key, (names, needs) in known.items():
        label = getattr(model, key)
        if label != ANY:
            for found in unknown((*loc, key), label, names, f"{key}_of_world", f"{ANY} for all"):
                near = labels.region_like(label) if key == "region" else found.nearest
                yield Finding(found.loc, found.found, found.allowed, near, found.rule, needs=needs)
    own = EFFECTS[model.kind]
    for effect in dict.fromkeys(name for names in EFFECTS.values() for name in names):
        if getattr(model, effect) is not None and effect not in own:
            found_text = f"{effect}, which {model.kind} does not change"
            needs = ((*loc, "kind"),)
            allowed = f"effects of {model.kind}: {listed(own)}"
            yield Finding((*loc, effect), found_text, allowed, "", "model_effect", at_key=True, needs=needs)
