"""Numbers of a scenario and its tables that are drawn in an ensemble, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from simulator.scenario.check_distributions import distributions, limits_of
from simulator.scenario.distribution import Distribution
from simulator.scenario.marks import Loc
from simulator.scenario.schema_ensemble import Draws, TableNumber
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
    distribution : Distribution
    reason, source : str
    central : float
        What a run without an ensemble takes. Of an event, whose number is drawn there too, its median; of
        several rows of a table the number of the first.
    rebuilds_base_year : bool
        Whether the base year has to be closed and its firms laid out anew for each value.
    unit : str
        Empty where it is not known.
    """

    name: str
    kind: Literal["assumption", "scenario", "event", "table"]
    distribution: Distribution
    reason: str
    source: str
    central: float
    rebuilds_base_year: bool
    unit: str = ""
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
    if rules.assumptions:
        stated = set(scenario.parameters)
        found |= {each.name: each for each in _declared(tables, stated) if each.name not in found}
    return tuple(found[name] for name in sorted(found))


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
    """Numbers of tables."""
    for index, entry in enumerate(rules.tables):
        limits = cell_limits(tables[entry.table], entry)
        written = Written(("ensemble", "tables", index), table_name(entry), entry, *limits)
        rows = [row for row in tables[entry.table] if fits(row, entry) and row[entry.column] is not None]
        central = 1.0 if entry.use == "factor" or not rows else float(rows[0][entry.column])
        yield replace(_factor(written.name, "table", written, True), central=central)


def table_name(entry: TableNumber) -> str:
    """Name of a drawn number of a table: `elasticities[lithium, supply].value`."""
    said = [value for _, value in sorted(entry.where.items())]
    labels = ", ".join(value if isinstance(value, str) else f"{value:g}" for value in said)
    return f"{entry.table}[{labels or '*'}].{entry.column}"


def fits(row: Row, entry: TableNumber) -> bool:
    """Whether a row of a table is one of those meant.

    Parameters
    ----------
    row : dict
    entry : TableNumber

    Returns
    -------
    bool
    """
    return all(row.get(column) == said for column, said in entry.where.items())


def cell_limits(table: Table, entry: TableNumber) -> tuple[float, float]:
    """Range that a draw is cut to: that of the column for a value, from 0 on for a factor.

    Parameters
    ----------
    table : Table
    entry : TableNumber

    Returns
    -------
    tuple of float
    """
    rules = table.schema.column(entry.column).constraints if entry.use == "value" else {"minimum": 0.0}
    least = rules.get("minimum", rules.get("exclusiveMinimum", float("-inf")))
    return float(least), float(rules.get("maximum", rules.get("exclusiveMaximum", float("inf"))))


def with_cell(row: Row, entry: TableNumber, value: float) -> Row:
    """Row with its number drawn; an empty cell stays empty.

    Parameters
    ----------
    row : dict
    entry : TableNumber
    value : float

    Returns
    -------
    dict
    """
    old = row[entry.column]
    if old is None:
        return row
    return {**row, entry.column: old * value if entry.use == "factor" else value}


def _declared(tables: Tables, stated: set[str]) -> Iterator[Factor]:
    """Numbers of inputs/assumptions.csv that the model reads, but for those the scenario states."""
    for row in tables["assumptions"]:
        name = str(row["name"])
        if row["used_in"] != "model" or row["distribution"] == "fixed" or name in stated:
            continue
        drawn = declared_distribution(row)
        written = Written(("parameters", name), DECLARED + name, drawn, float(row["low"]), float(row["high"]))
        yield Factor(
            written.name,
            "assumption",
            drawn,
            drawn.reason,
            drawn.source,
            float(row["value"]),
            name in BASE_YEAR,
            str(row["unit"]),
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
