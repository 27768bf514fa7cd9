"""Numbers of a scenario and its tables that are drawn in an ensemble, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from simulator.scenario.cell_tables import moves_of, table_numbers, why_none
from simulator.scenario.cells import Cells, Move
from simulator.scenario.check_cells import cell_limits, move_of, table_name
from simulator.scenario.check_distributions import distributions, limits_of
from simulator.scenario.distribution import Distribution
from simulator.scenario.labels import Labels
from simulator.scenario.marks import Loc
from simulator.scenario.parts import ANY
from simulator.scenario.schema_ensemble import Draws
from simulator.scenario.written import Written

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario
    from simulator.scenario.tables import Row, Table, Tables

DECLARED = "assumptions."
_NORMAL_WIDTHS = 4
"""Low and high of a declared number with a normal distribution: two standard deviations to each side."""


@dataclass(frozen=True)
class Factor:
    """A number that is drawn in an ensemble.

    Attributes
    ----------
    name : str
        Where it stands: a path of the scenario with labels in place of positions, `assumptions.<name>`, or a
        table with the rows and column meant.
    kind : {"assumption", "scenario", "event", "table"}
        `assumption` is a declared number that the model reads; one that cells of tables hold is a `table`.
    distribution : Distribution
    reason, source : str
    central : float
        What a run without an ensemble takes. Of an event, whose number is drawn there too, its median; of
        several rows of a table the number of the first.
    rebuilds_base_year : bool
        Whether the base year has to be closed and its firms laid out anew for each value.
    unit : str
        Empty where it is not known.
    moves : tuple of Move
        Cells of tables that follow it; empty for numbers that stand elsewhere.
    """

    name: str
    kind: Literal["assumption", "scenario", "event", "table"]
    distribution: Distribution
    reason: str
    source: str
    central: float
    rebuilds_base_year: bool
    unit: str = ""
    moves: tuple[Move, ...] = ()
    _written: Written = field(repr=False, kw_only=True)

    @property
    def loc(self) -> Loc:
        """Way to the number in the scenario, before presets are expanded; in `ensemble` for a table."""
        return self._written.loc

    def value(self, share: float) -> float:
        """Number below which a share of the distribution lies.

        Parameters
        ----------
        share : float [1]
            In (0, 1).

        Returns
        -------
        float
        """
        return self._written.value(share)

    def fit(self, value: float) -> float:
        """Number as it may stand in the scenario: whole where firms are counted."""
        return self._written.fit(value)

    @property
    def ends(self) -> tuple[float, float]:
        """Least and largest number that can be drawn."""
        return self._written.ends


@dataclass(frozen=True)
class Undrawn:
    """A declared number that is not drawn.

    Attributes
    ----------
    name : str
        As a factor would have it.
    reason : str
    """

    name: str
    reason: str


def factors_of(scenario: Scenario, tables: Tables) -> tuple[Factor, ...]:
    """Numbers that an ensemble of a scenario draws.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables

    Returns
    -------
    tuple of Factor
        Sorted by name, each name once.
    """
    rules = Draws() if scenario.ensemble is None else scenario.ensemble
    found = {each.name: each for each in _of_scenario(scenario, tables)}
    found |= {each.name: each for each in _of_events(scenario) if each.name not in found}
    found |= {each.name: each for each in _of_tables(rules, tables)}
    found |= {each.name: each for each in _declared(scenario, tables) if isinstance(each, Factor)}
    return tuple(found[name] for name in sorted(found))


def undrawn(scenario: Scenario, tables: Tables) -> tuple[Undrawn, ...]:
    """Declared numbers that an ensemble of a scenario does not draw, each with the reason.

    Parameters
    ----------
    scenario : Scenario
    tables : Tables

    Returns
    -------
    tuple of Undrawn
        Sorted by name; with `factors_of` every row of inputs/assumptions.csv once.
    """
    found = (each for each in _declared(scenario, tables) if isinstance(each, Undrawn))
    return tuple(sorted(found, key=lambda each: each.name))


def declared_names(tables: Tables) -> list[str]:
    """Names of all declared numbers, drawn or not, as factors have them.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    list of str
        Sorted.
    """
    return sorted(f"{DECLARED}{row['name']}" for row in tables["assumptions"])


def declared_ranges(tables: Tables) -> dict[str, tuple[float, float]]:
    """Least and largest value of each declared number.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    dict of str to tuple of float
    """
    rows = tables["assumptions"].rows if "assumptions" in tables else ()
    stated = [(row["name"], row["low"], row["high"]) for row in rows]
    return {str(name): (low, high) for name, low, high in stated if None not in (low, high)}


def _of_scenario(scenario: Scenario, tables: Tables) -> Iterator[Factor]:
    units = {str(row["name"]): str(row["unit"]) for row in tables["assumptions"]}
    for each in scenario.written:
        is_parameter, last = each.loc[0] == "parameters", str(each.loc[-1])
        name = DECLARED + last if is_parameter else each.name
        rebuilds = last in BASE_YEAR if is_parameter else each.loc[0] in _BASE_YEAR_KEYS
        yield _factor(name, "scenario", each, rebuilds, units.get(last, "") if is_parameter else "")


def _of_events(scenario: Scenario) -> Iterator[Factor]:
    """Numbers of disruptions that have one start; those of random starts are drawn start by start."""
    from simulator.scenario.schema_disruptions import Event

    for index, event in enumerate(scenario.disruptions):
        if not isinstance(event, Event) or event.random is not None:
            continue
        for key, drawn in distributions(event).items():
            name = f"disruptions[{event.name}].{key}"
            written = Written(("disruptions", index, key), name, drawn, *limits_of(event, key))
            yield _factor(name, "event", written, False)


def _of_tables(rules: Draws, tables: Tables) -> Iterator[Factor]:
    """Numbers of tables: those that the tables state, and over them those of the scenario."""
    stated = [(("tables", "distributions"), entry) for entry in table_numbers(tables)]
    said = [(("ensemble", "tables", index), entry) for index, entry in enumerate(rules.tables)]
    cells = Cells(tables)
    for loc, entry in (*stated, *said):
        written = Written(loc, table_name(entry), entry, *cell_limits(tables[entry.table], entry))
        move = move_of(entry)
        rows = [tables[entry.table].rows[index] for index in cells.rows(move)]
        central = 1.0 if entry.use == "factor" or not rows else float(rows[0][entry.column])
        factor = _factor(written.name, "table", written, True)
        yield replace(factor, central=central, moves=(move,))


def _declared(scenario: Scenario, tables: Tables) -> Iterator[Factor | Undrawn]:
    """Each number of inputs/assumptions.csv: drawn, or why not."""
    rules = Draws() if scenario.ensemble is None else scenario.ensemble
    cells = Cells(tables)
    drawn_here = {each.loc[-1] for each in scenario.written if each.loc[0] == "parameters"}
    known = _in_world(scenario, tables)
    for row in tables["assumptions"]:
        name = str(row["name"])
        moves = moves_of(name, tables) if row["used_in"] == "tables" else []
        if name in drawn_here:
            continue
        why = _why_not(row, moves, cells, known)
        if not rules.assumptions:
            why = "the scenario says `assumptions: false`"
        elif name in scenario.parameters:
            why = "the scenario states it"
        yield Undrawn(DECLARED + name, why) if why else _of_row(row, moves)


def _why_not(row: Row, moves: list[Move], cells: Cells, known: dict[str, set[str]]) -> str:
    """Why a declared number is not drawn; empty if it is."""
    if row["distribution"] == "fixed":
        return "its row says `fixed`"
    if row["used_in"] == "validation":
        return "only the scores of `loopcast validate` read it"
    if row["used_in"] == "model":
        return ""
    if not moves:
        return why_none(str(row["name"]), cells.tables) or "no row of assumption_cells.csv names its cells"
    meant = ((move, cells.tables[move.table], index) for move in moves for index in cells.rows(move))
    held = [(move, table.rows[i]) for move, table, i in meant if _has_labels(table, table.rows[i], known)]
    if not held:
        return "this world has none of its cells"
    for move, cell in held:
        stated = cell[move.column]
        if move.law == "value" and stated != move.declared:
            return f"the tables hold another number: {stated:g} in {move.table}, column {move.column}"
    return ""


def _in_world(scenario: Scenario, tables: Tables) -> dict[str, set[str]]:
    """Labels of a world, by the column that holds them; tables are read through them."""
    labels = Labels(scenario.world, tables)
    processes, products = set(labels.processes), set(labels.products)
    hosts = {str(row["host"]) for row in labels.rows("by_products") if row["process"] in processes}
    return {
        "material": set(scenario.world.materials),
        "product": products,
        "process": processes,
        "item": products | processes | labels.components,
        "host": hosts,
    }


def _has_labels(table: Table, row: Row, known: dict[str, set[str]]) -> bool:
    """Whether a row of a table is one of a world."""
    columns = (column.name for column in table.schema.columns if column.name in known)
    return all(row[column] in known[column] or row[column] in (None, ANY) for column in columns)


def _of_row(row: Row, moves: list[Move]) -> Factor:
    """Factor of a row of inputs/assumptions.csv."""
    name = str(row["name"])
    drawn = declared_distribution(row)
    written = Written(("parameters", name), DECLARED + name, drawn, float(row["low"]), float(row["high"]))
    return Factor(
        written.name,
        "table" if moves else "assumption",
        drawn,
        drawn.reason,
        drawn.source,
        float(row["value"]),
        bool(moves) or name in BASE_YEAR,
        str(row["unit"]),
        tuple(moves),
        _written=written,
    )


def declared_distribution(row: Row) -> Distribution:
    """Distribution of a row of inputs/assumptions.csv.

    Parameters
    ----------
    row : dict
        `uniform` and `log-uniform` go from low to high whatever the value; `triangular` has its mode at the
        value; `normal` has its mean there, and low to high are four standard deviations, cut there.

    Returns
    -------
    Distribution
    """
    family, low, high = str(row["distribution"]).replace("-", ""), float(row["low"]), float(row["high"])
    words: dict[str, object] = {"distribution": family, "low": low, "high": high}
    if family == "triangular":
        words["mode"] = float(row["value"])
    elif family == "normal":
        words |= {"mean": float(row["value"]), "sd": (high - low) / _NORMAL_WIDTHS}
    return Distribution.model_validate({**words, "reason": str(row["reason"]), "source": str(row["source"])})


def _factor(
    name: str, kind: Literal["scenario", "event", "table"], written: Written, rebuilds: bool, unit: str = ""
) -> Factor:
    drawn = written.drawn
    return Factor(
        name, kind, drawn, drawn.reason, drawn.source, written.central, rebuilds, unit, _written=written
    )


_BASE_YEAR_KEYS = ("world", "period", "demand", "capacity", "recovery", "business_models", "projects")
BASE_YEAR = frozenset(
    (
        "collection_new_scrap_share",
        "home_preference",
        "lead_time_factor",
        "lognormal_size_sigma",
        "market_access",
        "new_partners_per_year",
        "project_seed_share",
        "qualification_days",
        "stock_change_end_year",
        "suppliers_base",
        "suppliers_market_access",
        "transit_within_region_days",
    )
)
"""Declared numbers that are read while the base year is closed and its firms and relations are laid out."""
