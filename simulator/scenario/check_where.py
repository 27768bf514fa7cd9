"""Cross checks of filters: which firms a disruption, a programme or an alliance means."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import listed
from simulator.scenario.check_world import twice, unknown
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.parts import Filters
from simulator.terms import FIRM_STAGES, SIZES

_WORLD: tuple[Loc, ...] = (("world", "materials"), ("world", "products"), ("world", "regions"))


def check_where(loc: Loc, where: Filters, labels: Labels) -> Iterator[Finding]:
    """Findings of filters: unknown labels, labels twice, keys that leave no firm.

    Parameters
    ----------
    loc : tuple of str and int
        Way to the filters.
    where : Filters
        None given fits all firms.
    labels : Labels

    Yields
    ------
    Finding
    """
    known: dict[str, list[str]] = {
        "stage": list(FIRM_STAGES),
        "process": sorted(labels.processes),
        "region": labels.regions,
        "material": list(labels.world.materials),
        "size": list(SIZES),
    }
    wrong = False
    for key, chosen in where.filters.items():
        yield from twice((*loc, key), chosen, "where_twice")
        for index, label in enumerate(chosen):
            here: Loc = (*loc, key, index)
            for found in unknown(here, label, known[key], f"where_{key}"):
                wrong = True
                near = labels.region_like(label) if key == "region" else found.nearest
                yield Finding(found.loc, found.found, found.allowed, near, found.rule, needs=_WORLD)
    if not wrong and labels.processes:
        yield from _hits(loc, where, labels)


def _hits(loc: Loc, where: Filters, labels: Labels) -> Iterator[Finding]:
    """Whether any sector fits all keys; the finding says which key left none."""
    left = {
        (process, region): row["stage"]
        for process, row in labels.processes.items()
        for region in labels.regions_of(process)
    }
    for key, chosen in where.filters.items():
        kept = {
            sector: stage
            for sector, stage in left.items()
            if (key == "stage" and stage in chosen)
            or (key == "process" and sector[0] in chosen)
            or (key == "region" and sector[1] in chosen)
            or (key == "material" and labels.materials_of(sector[0]) & set(chosen))
            or (key == "size" and labels.sizes_of(str(stage)) & set(chosen))
        }
        if not kept:
            choices = {
                "stage": sorted({str(stage) for stage in left.values()}),
                "process": sorted({process for process, _ in left}),
                "region": sorted({region for _, region in left}),
                "material": sorted(set().union(*(labels.materials_of(process) for process, _ in left))),
                "size": sorted(set().union(*(labels.sizes_of(str(stage)) for stage in left.values()))),
            }[key]
            found = f"a filter that matches nothing: no firm left after {key} {listed(chosen)}"
            allowed = f"{key} with firms that fit the other keys: {listed(choices, 20)}"
            yield Finding(loc, found, allowed, "", "where_matches_nothing", needs=_WORLD)
            return
        left = kept
