"""A matrix file: scenarios × levels × members, read and checked as strictly as a scenario.

Its keys are `schema_version`, `scenarios` (a list), `levels` (each a key as in `--set`, with a list of values
or a mapping of labels to values; all against all) and `members` (of each). docs/scale.md has an example.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from simulator.errors import Fault, InputError, Place, listed, nearest, shown
from simulator.scenario import find
from simulator.scenario.limits import MOST_CELLS, MOST_MEMBERS
from simulator.scenario.marks import Node, plain
from simulator.scenario.read import flow_yaml, read_file
from simulator.scenario.schema import SCHEMA_VERSION

KEYS = ("schema_version", "scenarios", "levels", "members")
_LABEL = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NO_LEVELS = ("schema_version", "extends", "overrides", "name", "ensemble.members")


@dataclass(frozen=True)
class Level:
    """One value of a key.

    Attributes
    ----------
    label : str
        Part of the name of each cell that has it.
    setting : str
        As typed after `--set`.
    place : Place
        Where the value stands.
    """

    label: str
    setting: str
    place: Place


@dataclass(frozen=True)
class Matrix:
    """Content of a matrix file.

    Attributes
    ----------
    sources : tuple of str
        Scenario files or names.
    places : tuple of Place
        Where each is named.
    axes : tuple of tuple of Level
        One for each key, in the order of the file.
    members : int or None
        Members of each cell; what the scenarios say if None.
    """

    sources: tuple[str, ...]
    places: tuple[Place, ...]
    axes: tuple[tuple[Level, ...], ...]
    members: int | None

    def combinations(self) -> Iterator[tuple[Level, ...]]:
        """One level of each axis, all against all."""
        return itertools.product(*self.axes)


def is_matrix(source: str) -> bool:
    """Whether a file has the key `scenarios`; a file that cannot be read is none.

    Parameters
    ----------
    source : str
        A path, or the name of a scenario.
    """
    path = find(source)
    if not path.is_file():
        return False
    node, _ = read_file(path, Place(source), "matrix")
    return node is not None and isinstance(node.value, dict) and "scenarios" in node.value


def read_matrix(source: str) -> Matrix:
    """A matrix from its file.

    Parameters
    ----------
    source : str
        Path of the file.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    path = find(source)
    node, faults = read_file(path, Place(source), "matrix")
    if node is None or not isinstance(node.value, dict):
        if node is not None:
            faults.append(_fault(node, shown(plain(node)), f"a mapping of {listed(KEYS)}", "root_mapping"))
        raise InputError(faults)
    reader = _Reader(node.value, path.parent, faults)
    matrix = reader.matrix(node)
    if faults:
        raise InputError(faults)
    return matrix


def _fault(node: Node, found: str, allowed: str, rule: str, near: str = "", *, at_key: bool = False) -> Fault:
    return Fault(node.key_place if at_key else node.place, found, allowed, near, rule)


class _Reader:
    """Parts of a matrix file; collects faults on the way."""

    def __init__(self, parts: dict[str, Node], folder: Path, faults: list[Fault]) -> None:
        self.parts, self.folder, self.faults = parts, folder, faults

    def matrix(self, root: Node) -> Matrix:
        for key, node in self.parts.items():
            if key not in KEYS:
                self._say(node, shown(key), listed(KEYS), "key_unknown", nearest(key, KEYS), at_key=True)
        version = self.parts.get("schema_version")
        if version is None or version.value is True or version.value != SCHEMA_VERSION:
            found = shown(plain(version) if version else None, typed=True)
            self._say(version or root, found, f"{SCHEMA_VERSION}, as `schema_version`", "schema_version")
        sources, places = self._sources()
        axes = self._axes()
        n_cells = len(sources) * math.prod(len(axis) for axis in axes)
        if n_cells > MOST_CELLS:
            self._say(root, f"{n_cells} scenarios × levels", f"at most {MOST_CELLS}", "matrix_size")
        return Matrix(sources, places, axes, self._members())

    def _say(self, node: Node, found: str, allowed: str, rule: str, near: str = "", **more: Any) -> None:
        self.faults.append(_fault(node, found, allowed, rule, near, **more))

    def _sources(self) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        node = self.parts.get("scenarios")
        if node is None or not isinstance(node.value, list) or not node.value:
            if node is not None:
                self._say(node, shown(plain(node)), "a list of scenarios", "matrix_scenarios")
            else:
                self.faults.append(
                    Fault(Place("scenarios"), "nothing", "a list of scenarios", "", "matrix_scenarios")
                )
            return (), ()
        found, places = [], []
        for each in node.value:
            if not isinstance(each.value, str) or not each.value.strip() or "\0" in each.value:
                allowed = "the name of a scenario, or a path"
                self._say(each, shown(plain(each)), allowed, "matrix_scenario")
                continue
            found.append(self._source(each.value))
            places.append(each.place)
        return tuple(found), tuple(places)

    def _source(self, text: str) -> str:
        """Paths and names are looked for beside the matrix file first."""
        names = [text] if text.endswith((".yaml", ".yml")) else [f"{text}.yaml", f"{text}.yml"]
        for name in names:
            try:
                if (self.folder / name).is_file():
                    return str(self.folder / name)
            except OSError:
                break
        return text

    def _members(self) -> int | None:
        node = self.parts.get("members")
        if node is None:
            return None
        value = node.value
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_MEMBERS:
            found = shown(plain(node), typed=True)
            self._say(node, found, f"a whole number from 1 to {MOST_MEMBERS}", "matrix_members")
            return None
        return value

    def _axes(self) -> tuple[tuple[Level, ...], ...]:
        node = self.parts.get("levels")
        if node is None:
            return ()
        if not isinstance(node.value, dict):
            self._say(node, shown(plain(node)), "a mapping of keys to lists of values", "matrix_levels")
            return ()
        last = [_words(key)[-1] if _words(key) else "" for key in node.value]
        axes: list[tuple[Level, ...]] = []
        for key, values in node.value.items():
            short = _words(key)[-1:] if last.count((_words(key) or [""])[-1]) == 1 else _words(key)
            if key in _NO_LEVELS or "=" in key or not short:
                self._say(values, shown(key), "a key as in `--set`", "matrix_key", at_key=True)
                continue
            axes.append(self._axis(key, "_".join(short), values))
        return tuple(axes)

    def _axis(self, key: str, short: str, node: Node) -> tuple[Level, ...]:
        """Levels of one key: a list of values, or a mapping of labels to values."""
        if isinstance(node.value, dict) and node.value:
            for label, value in node.value.items():
                if not _LABEL.fullmatch(label):
                    allowed = "small letters, digits and _, a letter first, at most 40"
                    self._say(value, shown(label), allowed, "matrix_label", at_key=True)
            pairs = list(node.value.items())
        elif isinstance(node.value, list) and node.value:
            pairs = [(f"{short}_{_slug(each.value, i + 1)}", each) for i, each in enumerate(node.value)]
        else:
            allowed = "a list of values, or a mapping of labels to values"
            self._say(node, shown(plain(node)), allowed, "matrix_values")
            return ()
        labels = [label for label, _ in pairs]
        for label, value in pairs:
            if labels.count(label) > 1:
                self._say(value, shown(plain(value)), "each level once", "matrix_twice")
        return tuple(Level(label, f"{key}={flow_yaml(plain(node))}", node.place) for label, node in pairs)


def _words(key: str) -> list[str]:
    """Names in a path, without indices: `disruptions[0].severity` has two."""
    return [word for word in re.split(r"[^a-z0-9_]+", re.sub(r"\[\d*\]", "", key.lower())) if word]


def _slug(value: Any, number: int) -> str:
    """A plain value as part of a name; the place in the list for what is not plain."""
    if isinstance(value, (bool, int, float, str, date)):
        text = f"{value:g}" if isinstance(value, float) else str(value)
        text = re.sub(r"^-", "minus_", text.lower()).replace("+", "")
        slug = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
        if slug:
            return slug
    return str(number)


def cell_name(scenario: str, levels: Sequence[Level]) -> str:
    """Name of a scenario with levels: readable, and good as a folder.

    Parameters
    ----------
    scenario : str
        Name of the scenario.
    levels : sequence of Level
    """
    return "__".join([scenario, *(level.label for level in levels)])
