"""What a scenario may say about its ensemble: how many members, how they are drawn, what goes together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.scenario.distribution import Distribution
from simulator.scenario.parts import Part, said


class TableNumber(Distribution):
    """A number of a table that is drawn: a distribution, and which cells it is for."""

    table: str = said(
        "Table of inputs/, without .csv.", "elasticities", allowed="the name of a table of inputs/"
    )
    where: dict[str, str | float] = said(
        "Columns and what stands in them: the rows meant are those that fit all.",
        {"material": "lithium"},
        default={},
        allowed="a mapping of columns of the table to what stands in them",
    )
    column: str = said("Column with the number.", "value", allowed="a column of the table that holds numbers")
    use: Literal["value", "factor"] = said(
        "Whether the draw takes the place of the number, or multiplies it (one draw for all rows meant).",
        "factor",
        default="value",
    )


class Correlation(Part):
    """Two numbers that are drawn together."""

    between: Annotated[tuple[str, ...], Field(min_length=2, max_length=2)] = said(
        "The two numbers, by name.",
        ["assumptions.tau_level_days", "assumptions.tau_trend_days"],
        allowed="a list of two numbers that are drawn",
    )
    rank: float = said("Rank correlation (Spearman).", 0.6, unit="1", gt=-1, lt=1)


class Draws(Part):
    """How an ensemble is drawn; a single run takes central values and none of this."""

    members: int = said("Members, each one run.", 100, default=100, ge=1, le=1_000_000)
    sampling: Literal["sobol", "latin"] = said(
        "`sobol`: a scrambled Sobol sequence, so that more members keep those there were; `latin`: a Latin "
        "hypercube, for which the number of members is fixed.",
        "sobol",
        default="sobol",
    )
    assumptions: bool = said(
        "Whether the declared numbers of inputs/assumptions.csv are drawn as their rows say.",
        False,
        default=True,
    )
    tables: tuple[TableNumber, ...] = said(
        "Numbers of tables of inputs/ that are drawn.",
        [
            {
                "table": "elasticities",
                "where": {"material": "lithium"},
                "column": "value",
                "use": "factor",
                "distribution": "uniform",
                "low": 0.5,
                "high": 2,
                "reason": "Short series.",
                "source": "this project",
            }
        ],
        default=(),
    )
    correlations: tuple[Correlation, ...] = said(
        "Numbers that are drawn together; what is not said is independent.",
        [{"between": ["assumptions.tau_level_days", "assumptions.tau_trend_days"], "rank": 0.6}],
        default=(),
    )
