"""Cross checks of an ensemble: which numbers go together, which numbers of tables are drawn."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import listed, nearest, shown
from simulator.scenario.cells import Cells
from simulator.scenario.check_cells import check_table_number
from simulator.scenario.factors import factors_of
from simulator.scenario.marks import Finding, Loc
from simulator.scenario.schema import Scenario
from simulator.scenario.schema_ensemble import Correlation
from simulator.scenario.tables import Tables

_LEAST_EIGENVALUE = 1e-9


def check_ensemble(scenario: Scenario, tables: Tables) -> Iterator[Finding]:
    """All findings of the block `ensemble`.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables

    Yields
    ------
    Finding
    """
    rules = scenario.ensemble
    if rules is None:
        return
    found: list[Finding] = []
    cells = Cells(tables)
    for index, entry in enumerate(rules.tables):
        found += check_table_number(("ensemble", "tables", index), entry, rules.tables[:index], cells)
    yield from found
    if rules.correlations and not found and "assumptions" in tables:
        yield from _correlations(rules.correlations, scenario, tables)


def _correlations(pairs: tuple[Correlation, ...], scenario: Scenario, tables: Tables) -> Iterator[Finding]:
    """Findings of the numbers that are drawn together."""
    names = [factor.name for factor in factors_of(scenario, tables)]
    found: list[Finding] = []
    seen: set[frozenset[str]] = set()
    for index, pair in enumerate(pairs):
        loc: Loc = ("ensemble", "correlations", index, "between")
        for position, name in enumerate(pair.between):
            if name not in names:
                allowed = f"a number that is drawn: {listed(names, 8)}" if names else "a number that is drawn"
                near = nearest(name, names)
                found.append(Finding((*loc, position), shown(name), allowed, near, "correlation_unknown"))
        both = frozenset(pair.between)
        if len(both) == 1:
            found.append(Finding(loc, f"{pair.between[0]} twice", "two numbers", "", "correlation_self"))
        elif both in seen:
            told = " and ".join(pair.between)
            found.append(Finding(loc, f"{told} again", "each pair once", "", "correlation_twice"))
        seen.add(both)
    yield from found
    if not found:
        yield from _matrix(pairs)


def _matrix(pairs: tuple[Correlation, ...]) -> Iterator[Finding]:
    """A finding where correlations contradict each other."""
    import numpy as np

    from simulator.scenario.quantiles import pearson

    together = sorted({name for pair in pairs for name in pair.between})
    least = float(np.linalg.eigvalsh(pearson(together, pairs))[0])
    if least < _LEAST_EIGENVALUE:
        allowed = "correlations that can hold together (a positive definite matrix): bring some nearer to 0"
        found = f"least eigenvalue {least:.3g} over {listed(together, 8)}"
        yield Finding(("ensemble", "correlations"), found, allowed, "", "correlation_matrix")
