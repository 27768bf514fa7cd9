"""From the tree of `case.yaml` to a `CaseFile`: complaints of the types put in our words."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from simulator.errors import Fault, listed, nearest, shown
from simulator.scenario.marks import Finding, Loc, Node, fault_of, plain
from simulator.scenario.meaning import Meaning, allowed_text, meaning
from simulator.validation.schema import CaseFile


def shaped(node: Node, faults: list[Fault]) -> CaseFile | None:
    """The file as its type.

    Parameters
    ----------
    node : Node
        A mapping.
    faults : list of Fault
        What is wrong is added.

    Returns
    -------
    CaseFile or None
        None where something is wrong.
    """
    raw = plain(node)
    try:
        return CaseFile.model_validate(raw)
    except ValidationError as error:
        entries = error.errors(include_url=False)
        findings = (_finding(raw, tuple(entry["loc"]), str(entry["type"])) for entry in entries)
        faults += [fault_of(node, finding) for finding in findings]
        return None


def _said(loc: Loc) -> Meaning | None:
    """What the schema says about a place; None where it knows no such key."""
    here = Meaning(CaseFile)
    for step in loc:
        if isinstance(here.kind, type) and issubclass(here.kind, BaseModel):
            info = here.kind.model_fields.get(str(step))
            if info is None:
                return None
            here = meaning(info.annotation, info)
        elif get_origin(here.kind) in (tuple, dict):
            here = meaning(get_args(here.kind)[0 if get_origin(here.kind) is tuple else 1])
        else:
            return None
    return here


def _finding(raw: Any, loc: Loc, kind: str) -> Finding:
    """A complaint of the types in our words."""
    said = _said(loc)
    if kind == "extra_forbidden":
        parent = _said(loc[:-1])
        keys = list(parent.kind.model_fields) if parent is not None else []
        near = nearest(loc[-1], keys)
        return Finding(loc, shown(loc[-1]), listed(keys, 30), near, "unknown_key", at_key=True)
    allowed = allowed_text(said) if said is not None else "a value"
    if kind == "missing":
        return Finding(loc, "nothing", allowed, "", "missing_key")
    value = raw
    for step in loc:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            break
    return Finding(loc, shown(value, typed=True), allowed, nearest(value, allowed.split(", ")), "type")
