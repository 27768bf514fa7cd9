"""Numbers of which only a distribution is known: `{distribution: uniform, low: 0.2, high: 0.9}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, WithJsonSchema

from simulator.scenario.parts import Part, said

NEEDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "uniform": (("low", "high"), ()),
    "loguniform": (("low", "high"), ()),
    "triangular": (("low", "mode", "high"), ()),
    "normal": (("mean", "sd"), ("low", "high")),
    "lognormal": (("median", "sigma"), ("low", "high")),
    "beta": (("a", "b"), ("low", "high")),
    "discrete": (("values",), ("weights",)),
    "empirical": (("values",), ()),
}
"""What each family must have, and what it may have besides."""

_Positive = Annotated[float, Field(gt=0)]


class Distribution(Part):
    """A number drawn once per member, or per event and member, cut to the range that the key allows."""

    distribution: Literal[
        "uniform", "loguniform", "triangular", "normal", "lognormal", "beta", "discrete", "empirical"
    ] = said(
        "Family: uniform (low, high), loguniform (low, high), triangular (low, mode, high), normal (mean, "
        "sd), lognormal (median, sigma), beta (a, b, between low and high), discrete (values, weights) or "
        "empirical (values: what was observed, straight lines between).",
        "triangular",
    )
    low: float | None = said("Least value; normal and lognormal: where it is cut.", 0.2, default=None)
    mode: float | None = said("Most likely value.", 0.4, default=None)
    high: float | None = said("Largest value; normal and lognormal: where it is cut.", 0.9, default=None)
    mean: float | None = said("Mean before cutting.", 0.5, default=None)
    sd: float | None = said("Standard deviation before cutting.", 0.1, default=None, gt=0)
    median: float | None = said("Median before cutting.", 30, default=None, gt=0)
    sigma: float | None = said("Standard deviation of the logarithm.", 0.5, default=None, gt=0)
    a: float | None = said("First exponent of a beta distribution.", 2, default=None, gt=0)
    b: float | None = said("Second exponent of a beta distribution.", 5, default=None, gt=0)
    values: tuple[float, ...] = said(
        "Values of a discrete distribution, or observations of an empirical one.",
        [0.2, 0.8],
        default=(),
        allowed="a list of numbers",
    )
    weights: tuple[_Positive, ...] = said(
        "Weight of each value; all alike if left out.", [3, 1], default=(), allowed="a list of numbers > 0"
    )
    reason: str = said(
        "Why this range; needed everywhere but for disruptions.", "Range of three studies.", default=""
    )
    source: str = said("Where the range comes from; needed with `reason`.", "Ecoinvent 3.9", default="")

    @property
    def given(self) -> set[str]:
        """Numbers that were given."""
        return {key for key in Distribution.model_fields if getattr(self, key) not in (None, (), "")} - {
            "distribution",
            "reason",
            "source",
        }

    @property
    def support(self) -> tuple[float | None, float | None]:
        """Least and largest value as stated; None where the range of the key cuts."""
        if self.distribution in ("discrete", "empirical"):
            return (min(self.values), max(self.values)) if self.values else (None, None)
        if self.distribution == "beta":
            return (0.0 if self.low is None else self.low, 1.0 if self.high is None else self.high)
        return self.low, self.high


def number_or_distribution(raw: Any) -> str:
    """Tag of a value: a mapping is a distribution.

    Parameters
    ----------
    raw : object

    Returns
    -------
    str
    """
    return "distribution" if isinstance(raw, (Mapping, Distribution)) else "number"


_Drawn = Annotated[Distribution, Tag("distribution")]
_WHICH = Discriminator(number_or_distribution)
Share = Annotated[Annotated[float, Field(ge=0, le=1), Tag("number")] | _Drawn, _WHICH]
"""A share from 0 to 1, or its distribution."""
SignedShare = Annotated[Annotated[float, Field(ge=-1, le=1), Tag("number")] | _Drawn, _WHICH]
"""A share from -1 to 1, or its distribution."""
Amount = Annotated[Annotated[float, Field(ge=0), Tag("number")] | _Drawn, _WHICH]
"""A number >= 0, or its distribution."""
Length = Annotated[Annotated[float, Field(gt=0), Tag("number")] | _Drawn, _WHICH]
"""A number > 0, or its distribution."""
Offset = Annotated[Annotated[float, Tag("number")] | _Drawn, _WHICH]
"""A number, or its distribution."""

Table = Annotated[
    dict[str, Annotated[float, Field(ge=0, le=1)]],
    WithJsonSchema(
        {
            "type": "object",
            "patternProperties": {"^[0-9]+([.][0-9]+)?$": {"type": "number", "minimum": 0, "maximum": 1}},
            "additionalProperties": False,
        }
    ),
]
"""Days after the end, as text, to the part of the loss that is left."""
