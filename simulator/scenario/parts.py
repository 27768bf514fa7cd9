"""What all mappings of the files share: strictness, names, labels, dates, and how a field is described."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.fields import FieldInfo

from simulator.scenario.dated import as_date

SCHEMA_VERSION = 1
"""Version of the file format that this Loopcast reads."""

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
MERGED_PATTERN = r"^[A-Z][A-Z0-9]*$"
TRACE_PATTERN = r"^[A-Z][A-Z0-9]*-[a-z][a-z0-9_]*-[0-9]{2,}$"
ANY = "*"
"""Stands for every label of a dimension."""


def said(
    text: str, example: Any, *, default: Any = ..., unit: str = "", allowed: str = "", **limits: Any
) -> Any:
    """Field with its text, unit, example and, where types alone do not say it, what is allowed.

    Parameters
    ----------
    text : str
        What it is, in one sentence.
    example : object
        A value that would do; it stands in for a faulty one while the rest is checked.
    default : object
        Left out: the key is required.
    unit : str
        Unit; `1` for a share or factor.
    allowed : str
        What may stand there, in words, where the type does not say it.
    **limits : object
        Bounds and patterns, as pydantic names them.

    Returns
    -------
    object
        A pydantic field.
    """
    extra: dict[str, Any] = {"unit": unit} if unit else {}
    if allowed:
        extra["allowed"] = allowed
    return Field(default, description=text, examples=[example], json_schema_extra=extra or None, **limits)


def _one_or_many(raw: Any) -> Any:
    return (raw,) if isinstance(raw, str) else raw


def _date(raw: Any) -> Any:
    return as_date(raw) or raw


Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Labels = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Day = Annotated[date, BeforeValidator(_date)]
REGION_TEXT = "Region of the world, or `*` for all."
PRODUCT_TEXT = "Product of the world, or `*` for all."
NAME_TEXT = "a name: lower-case letters, digits and _, first a letter, at most 64"


class Part(BaseModel):
    """A mapping of a file: unknown keys are faults, nothing is converted, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)


def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Keys of a mapping as a file has them, with their fields.

    Parameters
    ----------
    model : type

    Returns
    -------
    dict of str to FieldInfo
        `from` for the attribute `from_`: some keys are words of Python.
    """
    return {info.alias or name: info for name, info in model.model_fields.items()}


class Row(Part):
    """A line of a list that sets a value for labels; of lines that fit, fewest `*`, then the later, wins."""


class Filters(Part):
    """Which firms are meant: all that fit every key. A key takes one label or a list of them."""

    stage: Labels = said(
        "Stages made of firms.", "extraction", default=(), allowed="a stage or a list of stages"
    )
    process: Labels = said(
        "Processes.", "mine_cobalt_from_copper", default=(), allowed="a process or a list of processes"
    )
    region: Labels = said(
        "Regions of the world; a country carved out no longer belongs to its region.",
        "CAF",
        default=(),
        allowed="a region or a list of regions",
    )
    material: Labels = said(
        "Materials that the process makes or treats.",
        "cobalt",
        default=(),
        allowed="a material or a list of materials",
    )
    size: Labels = said(
        "Size classes.",
        ["micro", "small"],
        default=(),
        allowed="micro, small, medium or large, or a list of them",
    )

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """Keys that were given, with their labels; none for all firms."""
        keys = ("stage", "process", "region", "material", "size")
        return {key: getattr(self, key) for key in keys if getattr(self, key)}
