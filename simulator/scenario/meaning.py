"""What the types say about a value: its type, limits, unit, example, and what may stand there in words."""

from __future__ import annotations

import types
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Discriminator, Tag
from pydantic.fields import FieldInfo

from simulator.errors import listed
from simulator.scenario.dated import DATE_TEXT, Dated
from simulator.scenario.parts import keys_of


@dataclass(frozen=True)
class Meaning:
    """What the schema says about one place.

    Attributes
    ----------
    kind : object
        Type without `Annotated` and `None`.
    limits : dict
        `ge`, `gt`, `le`, `lt`, `pattern`.
    unit, allowed : str
        As the field says.
    example : object
        A value that would do.
    variants : dict of str to type
        Types that a value may have instead of `kind`, by the tag that `tag` finds in the value.
    tag : Discriminator or None
    """

    kind: Any
    limits: dict[str, Any] = field(default_factory=dict)
    unit: str = ""
    allowed: str = ""
    example: Any = None
    variants: dict[str, Any] = field(default_factory=dict)
    tag: Discriminator | None = None

    def of(self, raw: Any) -> Meaning:
        """What is said about one value, where several types are allowed."""
        if self.tag is None:
            return self
        chosen = self.variants.get(str(self.tag.discriminator(raw)))  # type: ignore[operator]
        return self if chosen is None else replace(self, kind=chosen, variants={}, tag=None)


def meaning(kind: Any, info: FieldInfo | None = None, example: Any = None) -> Meaning:
    """What a type and its field say.

    Parameters
    ----------
    kind : type
        Annotation, `Annotated` or optional allowed.
    info : FieldInfo, optional
        The field.
    example : object
        Used if the field has none.

    Returns
    -------
    Meaning
    """
    limits: dict[str, Any] = {}
    allowed = unit = ""
    infos = [info] if info is not None else []
    variants: dict[str, Any] = {}
    tag = None if info is None else _tag(info.metadata)
    while get_origin(kind) in (Annotated, Union, types.UnionType):
        if get_origin(kind) is Annotated:
            kind, *marks = get_args(kind)
            infos += [mark for mark in marks if isinstance(mark, FieldInfo)]
            tag = tag or _tag(marks)
        else:
            if tag is not None and not variants:
                variants = _variants(kind)
            kind = next(part for part in get_args(kind) if part is not type(None))
    for each in infos:
        extra = each.json_schema_extra if isinstance(each.json_schema_extra, dict) else {}
        allowed = allowed or str(extra.get("allowed", ""))
        unit = unit or str(extra.get("unit", ""))
        example = each.examples[0] if each.examples else example
        for mark in each.metadata:
            for name in ("ge", "gt", "le", "lt", "pattern", "min_length"):
                if getattr(mark, name, None) is not None:
                    limits[name] = getattr(mark, name)
    return Meaning(kind, limits, unit, allowed, example, variants, tag)


def _tag(marks: Any) -> Discriminator | None:
    """What tells the types of a union apart, if there is something."""
    return next((mark for mark in marks if isinstance(mark, Discriminator)), None)


def _variants(union: Any) -> dict[str, Any]:
    """Types of a union by their tag."""
    found: dict[str, Any] = {}
    for part in get_args(union):
        kind, *marks = get_args(part) if get_origin(part) is Annotated else (part,)
        found |= {mark.tag: kind for mark in marks if isinstance(mark, Tag)}
    return found


def kinds_of(said: Meaning) -> list[str]:
    """Kinds among the types that a value may have.

    Parameters
    ----------
    said : Meaning

    Returns
    -------
    list of str
    """
    return [tag for tag, kind in said.variants.items() if "kind" in keys_of(kind)]


def allowed_text(said: Meaning) -> str:
    """What may stand at a place, in words.

    Parameters
    ----------
    said : Meaning

    Returns
    -------
    str
    """
    kind, unit = said.kind, f" [{said.unit}]" if said.unit and said.unit not in ("1", "firms") else ""
    if said.allowed:
        return said.allowed
    if get_origin(kind) is Literal:
        return listed(str(option) for option in get_args(kind))
    if kind is bool:
        return "true or false"
    if kind in (float, int):
        return _number_text(said) + unit
    if kind is date:
        return DATE_TEXT
    if get_origin(kind) is tuple:
        entry = meaning(get_args(kind)[0])
        if entry.tag is not None:
            return f"a list of mappings with the key kind: {listed(kinds_of(entry), 20)}"
        inner = entry.kind
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return f"a list of mappings with the keys {listed(keys_of(inner))}"
        return "a list of texts"
    if get_origin(kind) is dict:
        return "a mapping"
    if isinstance(kind, type) and issubclass(kind, Dated):
        return kind.value_text()
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"a mapping with the keys {listed(keys_of(kind))}"
    return "text"


def _number_text(said: Meaning) -> str:
    """A number and its bounds in words."""
    noun = "a whole number" if said.kind is int else "a number"
    limits = said.limits
    if "ge" in limits and "le" in limits:
        return f"{noun} from {limits['ge']:g} to {limits['le']:g}"
    if "gt" in limits and "le" in limits:
        return f"{noun} above {limits['gt']:g} and at most {limits['le']:g}"
    if "gt" in limits and "lt" in limits:
        return f"{noun} above {limits['gt']:g} and below {limits['lt']:g}"
    for name, sign in (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<")):
        if name in limits:
            return f"{noun} {sign} {limits[name]:g}"
    return noun
