"""The tree of a file, every value with its place; findings on it become faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from simulator.errors import Fault, Place

Loc = tuple[str | int, ...]
"""Way to a value: keys and indices from 0, as in `("disruptions", 0, "severity")`."""


@dataclass(frozen=True)
class Node:
    """A value of a file with its place.

    Attributes
    ----------
    value : dict of str to Node, list of Node, or a plain value
        What stands there.
    place : Place
        Where the value stands.
    key_place : Place
        Where its key stands; the same as `place` in lists.
    replaces : bool
        A mapping that takes the place of the parent's instead of merging with it.
    """

    value: Any
    place: Place
    key_place: Place
    replaces: bool = False


@dataclass(frozen=True)
class Finding:
    """A fault before its place is known.

    Attributes
    ----------
    loc : tuple of str and int
        Way to the value in the scenario.
    found, allowed, nearest, rule : str
        As in `Fault`.
    at_key : bool
        The key is at fault, not the value.
    needs : tuple of Loc
        Other values the finding rests on; if one of them is at fault itself, this finding is dropped.
    """

    loc: Loc
    found: str
    allowed: str
    nearest: str = ""
    rule: str = ""
    at_key: bool = False
    needs: tuple[Loc, ...] = field(default=())


def path_text(loc: Loc) -> str:
    """YAML path of a way: `disruptions[0].severity`.

    Parameters
    ----------
    loc : tuple of str and int

    Returns
    -------
    str
    """
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text


def shown_file(path: Path) -> str:
    """File as the user would name it: from here if it lies below, else in full.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    str
    """
    full = full_path(path)
    here = Path.cwd()
    return full.relative_to(here).as_posix() if full.is_relative_to(here) else str(full)


def full_path(path: Path) -> Path:
    """Absolute path without links; as it stands where links lead nowhere.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    pathlib.Path
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path.absolute()


def plain(node: Node) -> Any:
    """Values of a tree without places; lists become tuples.

    Parameters
    ----------
    node : Node

    Returns
    -------
    dict, tuple or a plain value
    """
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return tuple(plain(child) for child in node.value)
    return node.value


def walk(node: Node, loc: Loc = ()) -> Iterator[tuple[Loc, Node]]:
    """Every value of a tree with its way, parents first.

    Parameters
    ----------
    node : Node
    loc : tuple of str and int
        Way to `node`.

    Yields
    ------
    tuple of Loc and Node
    """
    yield loc, node
    children: Iterator[tuple[str | int, Node]] = iter(())
    if isinstance(node.value, dict):
        children = iter(node.value.items())
    elif isinstance(node.value, list):
        children = iter(enumerate(node.value))
    for step, child in children:
        yield from walk(child, (*loc, step))


def of_plain(value: Any, file: str, loc: Loc = ()) -> Node:
    """Tree of Python data, which has no lines.

    Parameters
    ----------
    value : object
        Mappings, sequences, text, numbers, dates; numpy numbers are taken as numbers.
    file : str
        What to call the source.
    loc : tuple of str and int
        Way to the value.

    Returns
    -------
    Node
    """
    place = Place(file, path=path_text(loc))
    if isinstance(value, Mapping):
        inner: Any = {
            (key.isoformat() if isinstance(key, date) else str(key)): of_plain(child, file, (*loc, str(key)))
            for key, child in value.items()
        }
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        inner = [of_plain(child, file, (*loc, index)) for index, child in enumerate(value)]
    elif isinstance(value, Path):
        inner = str(value)
    else:
        inner = value.item() if hasattr(value, "dtype") and hasattr(value, "item") else value
    return Node(inner, place, place)


def merged(under: Node, over: Node) -> Node:
    """Two trees as one: mappings merge, everything else of the upper one replaces.

    Parameters
    ----------
    under, over : Node
        Parent and child.

    Returns
    -------
    Node
    """
    if over.replaces or not (isinstance(under.value, dict) and isinstance(over.value, dict)):
        return over
    together = dict(under.value)
    for key, child in over.value.items():
        together[key] = merged(together[key], child) if key in together else child
    return Node(together, over.place, over.key_place, under.replaces)


def fault_of(root: Node, finding: Finding) -> Fault:
    """Fault of a finding: its place looked up in the tree.

    Parameters
    ----------
    root : Node
        Tree of the scenario.
    finding : Finding

    Returns
    -------
    Fault
        At the deepest value there is on the way; its path is the whole way in the file that has it.
    """
    node, rest = root, list(finding.loc)
    while rest:
        step = rest[0]
        inner = node.value
        if isinstance(inner, dict) and step in inner:
            node = inner[str(step)]
        elif isinstance(inner, list) and isinstance(step, int) and step < len(inner):
            node = inner[step]
        else:
            break
        rest.pop(0)
    place = node.key_place if finding.at_key else node.place
    path = place.path
    for step in rest:
        path += f"[{step}]" if isinstance(step, int) else (f".{step}" if path else str(step))
    place = Place(place.file, place.line, place.column, path)
    return Fault(place, finding.found, finding.allowed, finding.nearest, finding.rule)
