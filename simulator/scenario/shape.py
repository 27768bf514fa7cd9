"""From a tree to a Scenario: the types of `schema` are asked, their complaints put in our words.

Where a value is at fault, the field's example stands in for it, so that all other checks can still run: one
pass tells all.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from simulator.errors import listed, nearest, shown
from simulator.scenario.dated import DATE_TEXT, Dated, as_date
from simulator.scenario.marks import Finding, Loc, Node, plain, walk
from simulator.scenario.parts import NAME_TEXT
from simulator.scenario.schema import Scenario

_MOST_PASSES = 4
_LENGTHS = ("too_short", "too_long", "string_too_long", "string_too_short")


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
    """

    kind: Any
    limits: dict[str, Any] = field(default_factory=dict)
    unit: str = ""
    allowed: str = ""
    example: Any = None


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
    while get_origin(kind) in (Annotated, Union, types.UnionType):
        if get_origin(kind) is Annotated:
            kind, *marks = get_args(kind)
            infos += [mark for mark in marks if isinstance(mark, FieldInfo)]
        else:
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
    return Meaning(kind, limits, unit, allowed, example)


def at(loc: Loc, root: type[BaseModel] = Scenario) -> Meaning | None:
    """What the schema says about a place.

    Parameters
    ----------
    loc : tuple of str and int
    root : type
        Model at the root.

    Returns
    -------
    Meaning or None
        None where the schema knows no such key.
    """
    here = Meaning(root, example=None)
    for step in loc:
        kind, example = here.kind, here.example
        if isinstance(kind, type) and issubclass(kind, Dated):
            low_high = Meaning(float, {"ge": kind.low, "le": kind.high}, here.unit)
            return low_high if as_date(step) else Meaning(str)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            info = kind.model_fields.get(str(step))
            if info is None:
                return None
            here = meaning(info.annotation, info)
        elif get_origin(kind) is tuple:
            inner = example[0] if isinstance(example, (list, tuple)) and example else example
            here = _inner(get_args(kind)[0], inner, here)
        elif get_origin(kind) is dict:
            inner = next(iter(example.values())) if isinstance(example, dict) and example else None
            here = _inner(get_args(kind)[1], inner, here)
        else:
            return None
    return here


def _inner(kind: Any, example: Any, outer: Meaning) -> Meaning:
    """Meaning of an entry of a list or mapping."""
    found = meaning(kind, None, example)
    allowed = found.allowed or (outer.allowed if found.kind is str else "")
    return Meaning(found.kind, found.limits, found.unit or outer.unit, allowed, found.example)


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
        inner = meaning(get_args(kind)[0]).kind
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return f"a list of mappings with the keys {listed(inner.model_fields)}"
        return "a list of texts"
    if get_origin(kind) is dict:
        return "a mapping"
    if isinstance(kind, type) and issubclass(kind, Dated):
        return kind.value_text()
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"a mapping with the keys {listed(kind.model_fields)}"
    return "text"


def _number_text(said: Meaning) -> str:
    """A number and its bounds in words."""
    noun = "a whole number" if said.kind is int else "a number"
    limits = said.limits
    if "ge" in limits and "le" in limits:
        return f"{noun} from {limits['ge']:g} to {limits['le']:g}"
    if "gt" in limits and "le" in limits:
        return f"{noun} above {limits['gt']:g} and at most {limits['le']:g}"
    for name, sign in (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<")):
        if name in limits:
            return f"{noun} {sign} {limits[name]:g}"
    return noun


@dataclass
class Shaped:
    """Outcome of the shape check.

    Attributes
    ----------
    scenario : Scenario or None
        With examples in place of faulty values; None where even that fails.
    findings : list of Finding
        What is wrong.
    stand_ins : set of Loc
        Places where an example stands.
    """

    scenario: Scenario | None
    findings: list[Finding]
    stand_ins: set[Loc]

    def rests_on_stand_in(self, finding: Finding) -> bool:
        """Whether a finding is about a value that is not the user's own."""
        for loc in (finding.loc, *finding.needs):
            for other in self.stand_ins:
                short = min(len(loc), len(other))
                if loc[:short] == other[:short]:
                    return True
        return False


def shaped(tree: Node) -> Shaped:
    """Check a tree against the types.

    Parameters
    ----------
    tree : Node
        A mapping, parents and sets applied.

    Returns
    -------
    Shaped
    """
    raw = _thawed(plain(tree))
    findings, stand_ins = _nothings(tree, raw)
    scenario: Scenario | None = None
    for _ in range(_MOST_PASSES):
        period = raw.get("period")
        since = as_date(period.get("start")) if isinstance(period, dict) else None
        try:
            scenario = Scenario.model_validate(_frozen(raw), context={"as_written": True, "since": since})
            break
        except ValidationError as error:
            new = [found for entry in error.errors(include_url=False) for found in _translated(entry, raw)]
        before = set(stand_ins)
        for finding in new:
            if not any(finding.loc[: len(loc)] == loc for loc in before):
                findings.append(finding)
            _stand_in(raw, finding.loc, finding.rule, stand_ins)
    return Shaped(scenario, findings, stand_ins)


def _nothings(tree: Node, raw: dict[str, Any]) -> tuple[list[Finding], set[Loc]]:
    """Keys without a value; an example stands in for each."""
    findings: list[Finding] = []
    stand_ins: set[Loc] = set()
    for loc, node in walk(tree):
        if node.value is not None or not loc:
            continue
        said = at(loc)
        if said is None:
            continue  # an unknown key, or part of an override set
        if not (loc == ("world",) and node.replaces):
            allowed = f"{allowed_text(said)}; leave the key out where there is none"
            findings.append(Finding(loc, "nothing", allowed, "", "empty_value"))
        _stand_in(raw, loc, "empty_value", stand_ins)
    return findings, stand_ins


def _translated(entry: Any, raw: Any) -> list[Finding]:
    """Findings of one complaint of the types."""
    kind, loc = entry["type"], tuple(entry["loc"])
    if kind == "faults":
        return [Finding((*loc, *path), *rest) for path, *rest in entry["ctx"]["faults"]]
    if loc and loc[-1] == "[key]":
        said = at(loc[:-2])
        allowed = NAME_TEXT if loc[0] == "overrides" else said.allowed if said else "text"
        return [Finding(loc[:-1], shown(loc[-2]), allowed, "", "key_form", at_key=True)]
    while loc and isinstance(_reached(raw, loc[:-1]), (str, int, float)):
        loc = loc[:-1]  # a short form, such as a number for a mapping of days
    if kind == "extra_forbidden":
        parent = at(loc[:-1])
        keys = list(parent.kind.model_fields) if parent else []
        near = nearest(loc[-1], keys)
        return [Finding(loc, shown(loc[-1]), listed(keys, 30), near, "unknown_key", at_key=True)]
    said = at(loc)
    allowed = allowed_text(said) if said else "a value"
    if kind == "missing":
        return [Finding(loc, "nothing", allowed, "", "missing_key")]
    value = _reached(raw, loc)
    near, rule = "", "type"
    if said is not None and get_origin(said.kind) is Literal:
        near, rule = nearest(value, (str(option) for option in get_args(said.kind))), "choice"
    elif kind.startswith(("greater_than", "less_than")):
        rule = "number_range"
    elif kind == "string_pattern_mismatch":
        rule = "text_form"
    elif kind in _LENGTHS:
        rule = "length"
    elif kind.startswith("date"):
        rule = "date_form"
    return [Finding(loc, shown(value, typed=True), allowed, near, rule)]


def _stand_in(raw: dict[str, Any], loc: Loc, rule: str, stand_ins: set[Loc]) -> None:
    """Put the example of the field in place of a faulty value; take an unknown key out."""
    if rule in ("unknown_key", "key_form"):
        _reached(raw, loc[:-1]).pop(loc[-1], None)
        return
    said = at(loc)
    while loc and (said is None or said.example is None):
        loc = loc[:-1]
        said = at(loc)
    inner = _reached(raw, loc[:-1])
    if loc and said is not None and (isinstance(inner, dict) or _has_index(inner, loc[-1])):
        inner[loc[-1]] = _thawed(said.example)
        stand_ins.add(loc)


def _reached(raw: Any, loc: Loc) -> Any:
    """Value at a place, None where the way ends before."""
    for step in loc:
        if not (_has_index(raw, step) or (isinstance(raw, dict) and step in raw)):
            return None
        raw = raw[step]
    return raw


def _has_index(value: Any, step: object) -> bool:
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


def _thawed(value: Any) -> Any:
    """Copy in which everything can be replaced."""
    if isinstance(value, Mapping):
        return {key: _thawed(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_thawed(inner) for inner in value]
    return value


def _frozen(value: Any) -> Any:
    """Copy with tuples for lists, as the strict types want."""
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(inner) for inner in value)
    return value
