"""From a tree to a Scenario: the types of `schema` are asked, their complaints put in our words.

Where a value is at fault, the field's example stands in for it, so that all other checks can still run: one
pass tells all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from simulator.errors import listed, nearest, shown
from simulator.scenario.dated import Dated, as_date
from simulator.scenario.marks import Finding, Loc, Node, plain, walk
from simulator.scenario.meaning import Meaning, allowed_text, kinds_of, meaning
from simulator.scenario.parts import NAME_TEXT, keys_of
from simulator.scenario.schema import Scenario

_MOST_PASSES = 4
_LENGTHS = ("too_short", "too_long", "string_too_long", "string_too_short")


def at(loc: Loc, root: type[BaseModel] = Scenario, raw: Any = None) -> Meaning | None:
    """What the schema says about a place.

    Parameters
    ----------
    loc : tuple of str and int
    root : type
        Model at the root.
    raw : object
        The whole tree: what it says tells which of several types a place has.

    Returns
    -------
    Meaning or None
        None where the schema knows no such key.
    """
    here = Meaning(root, example=None)
    for depth, step in enumerate(loc):
        here = here.of(_reached(raw, loc[:depth]))
        kind, example = here.kind, here.example
        if isinstance(kind, type) and issubclass(kind, Dated):
            low_high = Meaning(float, {"ge": kind.low, "le": kind.high}, here.unit)
            return low_high if as_date(step) else Meaning(str)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            info = keys_of(kind).get(str(step))
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
    return replace(found, unit=found.unit or outer.unit, allowed=allowed)


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
    raw = thawed(plain(tree))
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
            _stand_in(raw, finding, stand_ins)
    return Shaped(scenario, findings, stand_ins)


def shaped_part(model: type[BaseModel], node: Node) -> tuple[BaseModel | None, list[Finding]]:
    """Check a mapping by itself.

    Parameters
    ----------
    model : type
        What it should be.
    node : Node

    Returns
    -------
    BaseModel or None
    list of Finding
        Their ways begin at the mapping.
    """
    raw = thawed(plain(node))
    try:
        return model.model_validate(_frozen(raw), context={"as_written": True}), []
    except ValidationError as error:
        entries = error.errors(include_url=False)
        return None, [found for entry in entries for found in _translated(entry, raw, model)]


def _nothings(tree: Node, raw: dict[str, Any]) -> tuple[list[Finding], set[Loc]]:
    """Keys without a value; an example stands in for each."""
    findings: list[Finding] = []
    stand_ins: set[Loc] = set()
    for loc, node in walk(tree):
        if node.value is not None or not loc:
            continue
        said = at(loc, raw=raw)
        if said is None:
            continue  # an unknown key, or part of an override set
        finding = Finding(loc, "nothing", "", "", "empty_value")
        if not (loc == ("world",) and node.replaces):
            allowed = f"{allowed_text(said)}; leave the key out where there is none"
            findings.append(replace(finding, allowed=allowed))
        _stand_in(raw, finding, stand_ins)
    return findings, stand_ins


def _translated(entry: Any, raw: Any, root: type[BaseModel] = Scenario) -> list[Finding]:
    """Findings of one complaint of the types."""
    kind, loc = entry["type"], _without_tags(tuple(entry["loc"]), raw, root)
    if kind.startswith("union_tag"):
        return _unknown_kind(loc, raw)
    if kind == "faults":
        return [Finding((*loc, *path), *rest) for path, *rest in entry["ctx"]["faults"]]
    if loc and loc[-1] == "[key]":
        said = at(loc[:-2], root, raw)
        allowed = NAME_TEXT if loc[0] == "overrides" else said.allowed if said else "text"
        return [Finding(loc[:-1], shown(loc[-2]), allowed, "", "key_form", at_key=True)]
    while loc and isinstance(_reached(raw, loc[:-1]), (str, int, float)):
        loc = loc[:-1]  # a short form, such as a number for a mapping of days
    if kind == "extra_forbidden":
        parent = at(loc[:-1], root, raw)
        keys = list(keys_of(parent.of(_reached(raw, loc[:-1])).kind)) if parent else []
        near = nearest(loc[-1], keys)
        return [Finding(loc, shown(loc[-1]), listed(keys, 30), near, "unknown_key", at_key=True)]
    said = at(loc, root, raw)
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


def _without_tags(loc: Loc, raw: Any, root: type[BaseModel]) -> Loc:
    """A way without the tags that the types put in where they tell kinds apart."""
    kept: Loc = ()
    skip = False
    for step in loc:
        if skip:
            skip = False
            continue
        kept = (*kept, step)
        said = at(kept, root, raw)
        skip = said is not None and said.tag is not None
    return kept


def _unknown_kind(loc: Loc, raw: Any) -> list[Finding]:
    """Finding of an entry that does not say a kind that there is."""
    said, value = at(loc, raw=raw), _reached(raw, loc)
    if said is None or not isinstance(value, dict):
        return [Finding(loc, shown(value, typed=True), "a mapping with the key kind", "", "type")]
    kinds = kinds_of(said)
    here = (*loc, "kind")
    if "kind" not in value:
        return [Finding(here, "nothing", listed(kinds, 20), "", "missing_key")]
    found = value["kind"]
    return [Finding(here, shown(found, typed=True), listed(kinds, 20), nearest(found, kinds), "choice")]


def _stand_in(raw: dict[str, Any], finding: Finding, stand_ins: set[Loc]) -> None:
    """Put the example of the field in place of a faulty value; take an unknown key out."""
    loc, rule = finding.loc, finding.rule
    if rule in ("unknown_key", "key_form"):
        _reached(raw, loc[:-1]).pop(loc[-1], None)
        return
    outer = at(loc[:-1], raw=raw) if loc[-1:] == ("kind",) and finding.nearest else None
    if outer is not None and outer.tag is not None:  # what else is wrong is told of the kind that was meant
        _reached(raw, loc[:-1])["kind"] = finding.nearest
        stand_ins.add(loc)
        return
    said = at(loc, raw=raw)
    while loc and (said is None or said.example is None):
        loc = loc[:-1]
        said = at(loc, raw=raw)
    inner = _reached(raw, loc[:-1])
    if loc and said is not None and (isinstance(inner, dict) or _has_index(inner, loc[-1])):
        inner[loc[-1]] = thawed(said.example)
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


def thawed(value: Any) -> Any:
    """Copy of plain data in which everything can be replaced.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
        Mappings as dicts, sequences as lists.
    """
    if isinstance(value, Mapping):
        return {key: thawed(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [thawed(inner) for inner in value]
    return value


def _frozen(value: Any) -> Any:
    """Copy with tuples for lists, as the strict types want."""
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(inner) for inner in value)
    return value
