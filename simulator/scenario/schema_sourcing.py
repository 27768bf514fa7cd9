"""What a world may say instead of the tables: sources of a material, stock, how full plants are."""

from __future__ import annotations

from typing import Any, Literal

from simulator.scenario.dated import is_number
from simulator.scenario.parts import Part, said


def as_cover(raw: Any) -> Any:
    """A number of days is the cover of inputs."""
    return {"input": raw} if is_number(raw) else raw


class Source(Part):
    """Share of a region in the world's output of a material in the base year."""

    material: str = said("Material of the world.", "lithium", allowed="a material of the world")
    stage: Literal["extraction", "processing"] = said(
        "Stage of the chain: mines, or refineries and smelters.", "processing", default="processing"
    )
    region: str = said(
        "Region of the world that has output of it in inputs/supply.csv.",
        "CHN",
        allowed="a region of the world with output",
    )
    share: float = said(
        "Its share in the world's output. The other regions keep their proportions and share the rest.",
        0.4,
        unit="1",
        ge=0,
        lt=1,
    )


class Cover(Part):
    """Stock that firms aim at."""

    input: float | None = said(
        "Stock of inputs, in days of use; as inputs/covers.csv if left out.",
        30,
        default=None,
        unit="d",
        ge=0,
    )
    output: float | None = said(
        "Stock of their own goods, in days of sales; as inputs/covers.csv if left out.",
        7,
        default=None,
        unit="d",
        ge=0,
    )
