"""From files to one tree: `extends`, worlds, named overrides, `--set`.

Parents come first, depth first, each file once however often it is named; then the scenario itself, then
the override sets in the order asked for, then `--set`. Mappings merge, everything else (lists too)
replaces. `name`, `title`, `description` and `schema_version` belong to a file and are not inherited.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulator.errors import Fault, Place, listed, nearest, shown
from simulator.scenario.marks import Loc, Node, full_path, merged, path_text
from simulator.scenario.read import read_file, read_text
from simulator.scenario.schema import SCHEMA_VERSION

_OWN_KEYS = ("schema_version", "name", "title", "description", "extends")
_ENDINGS = (".yaml", ".yml")
_STEP = re.compile(r"([^.\[\]=]+)|\[(\d+)\]")


@dataclass
class Layers:
    """Collects the files of one scenario.

    Attributes
    ----------
    shipped : pathlib.Path or None
        Folder of the scenarios that come with Loopcast; looked at when a name is not beside the file.
    faults : list of Fault
        What was wrong so far.
    """

    shipped: Path | None = None
    faults: list[Fault] = field(default_factory=list)
    _done: set[Path] = field(default_factory=set)

    def file(self, path: Path, asked: Place) -> Node | None:
        """Tree of a scenario file with its parents.

        Parameters
        ----------
        path : pathlib.Path
        asked : Place
            Where the file was named.

        Returns
        -------
        Node or None
            None where the file itself cannot be read.
        """
        node, faults = read_file(path, asked, "scenario")
        self.faults += faults
        if node is None or not self._is_mapping(node):
            return None
        if "name" not in node.value and re.fullmatch(r"[a-z][a-z0-9_]{0,63}", path.stem):
            place = Place(node.place.file, 1, 1, "name")
            node.value["name"] = Node(path.stem, place, place)
        return self.tree(node, path.parent, (full_path(path),))

    def tree(self, node: Node, folder: Path, chain: tuple[Path, ...] = ()) -> Node:
        """Tree of a scenario that is already read, with its parents.

        Parameters
        ----------
        node : Node
            A mapping.
        folder : pathlib.Path
            Where names are looked for.
        chain : tuple of pathlib.Path
            Files that led here, the scenario itself last.

        Returns
        -------
        Node
        """
        self._version(node)
        under: Node | None = None
        for parent in self._parents(node, folder, chain):
            parent = _without(parent, _OWN_KEYS)
            under = parent if under is None else merged(under, parent)
        node = self._with_world(node, folder)
        return node if under is None else merged(under, node)

    def _fault(self, place: Place, found: str, allowed: str, rule: str, near: str = "") -> None:
        self.faults.append(Fault(place, found, allowed, near, rule))

    def _is_mapping(self, node: Node) -> bool:
        if isinstance(node.value, dict):
            return True
        place = Place(node.place.file, node.place.line, node.place.column, node.place.path)
        allowed = "a mapping, `key: value` on each line; `loopcast new NAME` writes one to start from"
        self._fault(place, shown(_bare(node)), allowed, "root_mapping")
        return False

    def _version(self, node: Node) -> None:
        """Check the file's schema version and leave a good one in its place."""
        stated = node.value.get("schema_version")
        value = stated.value if stated is not None else None
        if not isinstance(value, bool) and value == SCHEMA_VERSION and isinstance(value, int):
            return
        allowed = f"{SCHEMA_VERSION}, the version this Loopcast reads"
        if isinstance(value, int) and not isinstance(value, bool):
            if value > SCHEMA_VERSION:
                allowed += "; the file is newer: it needs a newer Loopcast"
            else:
                allowed += "; the file is older: bring it up to docs/scenarios.md"
        place = stated.place if stated is not None else _below(node.place, "schema_version")
        rule = "schema_version" if stated is not None else "schema_version_missing"
        self._fault(place, shown(_bare(stated) if stated else None, typed=True), allowed, rule)
        node.value["schema_version"] = Node(SCHEMA_VERSION, place, place)

    def _parents(self, node: Node, folder: Path, chain: tuple[Path, ...]) -> list[Node]:
        """Trees of what a scenario extends, each file once over the whole scenario."""
        said = node.value.get("extends")
        if said is None:
            return []
        names = said.value if isinstance(said.value, list) else [said]
        found: list[Node] = []
        for name in names:
            if not isinstance(name.value, str) or not name.value.strip():
                continue  # the shape check says so
            path = self._find(name, folder, "scenario")
            if path is None or not self._follow(path, name, chain):
                continue
            parent, faults = read_file(path, name.place, "scenario")
            self.faults += faults
            if parent is not None and self._is_mapping(parent):
                found.append(self.tree(parent, path.parent, (*chain, full_path(path))))
        return found

    def _follow(self, path: Path, name: Node, chain: tuple[Path, ...]) -> bool:
        """Whether a parent is to be read now: not in a circle, not a second time."""
        full = full_path(path)
        if full in chain:
            circle = " -> ".join(step.stem for step in (*chain[chain.index(full) :], full))
            self._fault(name.place, circle, "parents that do not lead back here", "extends_circle")
            return False
        if full in self._done:
            return False
        self._done.add(full)
        return True

    def _find(self, name: Node, folder: Path, kind: str) -> Path | None:
        """File that a name or path means; None and a fault if there is none."""
        text: str = name.value
        inner = "worlds" if kind == "world" else "."
        if (text.endswith(_ENDINGS) or "/" in text) and Path(text).name and "\0" not in text:
            path = Path(text) if Path(text).is_absolute() else folder / text
            return path if path.suffix in _ENDINGS else path.with_name(path.name + ".yaml")
        folders = [folder / inner] + ([self.shipped / inner] if self.shipped else [])
        for place in folders:
            for ending in _ENDINGS:
                try:
                    if (place / (text + ending)).is_file():
                        return place / (text + ending)
                except (OSError, ValueError):
                    continue
        names = sorted(
            {path.stem for place in folders for ending in _ENDINGS for path in place.glob("*" + ending)}
        )
        self._fault(name.place, shown(text), listed(names), f"{kind}_unknown", nearest(text, names))
        return None

    def _with_world(self, node: Node, folder: Path) -> Node:
        """The tree with the name of its world replaced by the world's file."""
        said = node.value.get("world")
        if said is None or not isinstance(said.value, str) or not said.value.strip():
            return node
        path = self._find(said, folder, "world")
        world: Node | None = None
        if path is not None:
            world, faults = read_file(path, said.place, "world")
            self.faults += faults
        if world is None or not self._is_mapping(world):
            return Node({**node.value, "world": _lost(said)}, node.place, node.key_place)
        self._version(world)
        if "name" not in world.value and path is not None:
            world.value["name"] = Node(path.stem, world.place, world.place)
        world = Node(world.value, world.place, world.key_place, replaces=True)
        return Node({**node.value, "world": world}, node.place, node.key_place)

    def override_trees(self, tree: Node, folder: Path) -> dict[str, Node]:
        """The tree with each of its named sets applied, by name."""
        sets = tree.value.get("overrides")
        if sets is None or not isinstance(sets.value, dict):
            return {}
        applied: dict[str, Node] = {}
        for name, change in sets.value.items():
            if isinstance(change.value, dict):
                self._own_keys(change)
                change = self._with_world(_without(change, (*_OWN_KEYS, "overrides")), folder)
                applied[name] = change
        return applied

    def _own_keys(self, change: Node) -> None:
        """Sets change what is simulated, not what the file is."""
        for key in (*_OWN_KEYS, "overrides"):
            if key in change.value:
                allowed = f"keys other than {listed((*_OWN_KEYS, 'overrides'))}"
                self._fault(change.value[key].key_place, key, allowed, "override_key")

    def with_sets(self, tree: Node, sets: Sequence[str], folder: Path) -> Node:
        """The tree with `--set` changes applied.

        Parameters
        ----------
        tree : Node
        sets : sequence of str
            Each `a.b[0].c=value`, the value in YAML.
        folder : pathlib.Path
            Where the name of a world is looked for.

        Returns
        -------
        Node
        """
        for text in sets:
            change = self._one_set(text)
            if change is not None:
                loc, value = change
                tree = self._put(tree, loc, 0, value) or tree
                tree = self._with_world(tree, folder)
        return tree

    def _one_set(self, text: str) -> tuple[Loc, Node] | None:
        key, equals, written = text.partition("=")
        file = f"--set {shown(text)}"
        steps: list[str | int] = []
        at = 0
        while at < len(key):
            hit = _STEP.match(key, at)
            if hit is None:
                break
            steps.append(hit[1] if hit[1] is not None else int(hit[2]))
            at = hit.end()
            if at < len(key) and key[at] == "." and at + 1 < len(key):
                at += 1
        if not equals or at < len(key) or not steps or not isinstance(steps[0], str):
            allowed = "key=value: parameters.tau_order_days=90, disruptions[0].severity=0.5"
            self._fault(Place(file), shown(text), allowed, "set_form")
            return None
        loc = tuple(steps)
        node, faults = read_text(written, file, lines=False, prefix=loc)
        self.faults += faults
        if steps[0] in (*_OWN_KEYS[:1], "extends", "overrides"):
            found = str(steps[0])
            self._fault(Place(file, path=found), found, "a key that the file does not need itself", "set_key")
            return None
        return None if node is None or faults else (loc, node)

    def _put(self, node: Node, loc: Loc, depth: int, value: Node) -> Node | None:
        """Copy of a tree with one value put in; None and a fault where the way ends."""
        if depth == len(loc):
            return value
        step, file = loc[depth], value.place.file
        if isinstance(step, int):
            if not isinstance(node.value, list) or step >= len(node.value):
                length = len(node.value) if isinstance(node.value, list) else 0
                allowed = f"an index from 0 to {length - 1}" if length else "a list that has entries"
                place = Place(file, path=path_text(loc[: depth + 1]))
                self._fault(place, str(step), allowed, "set_index")
                return None
            inner = self._put(node.value[step], loc, depth + 1, value)
            if inner is None:
                return None
            return Node([*node.value[:step], inner, *node.value[step + 1 :]], node.place, node.key_place)
        if not isinstance(node.value, dict):
            place = Place(file, path=path_text(loc[: depth + 1]))
            self._fault(place, shown(_bare(node)), "a mapping with this key", "set_key")
            return None
        place = Place(file, path=path_text(loc[: depth + 1]))
        child = node.value.get(step, Node({}, place, place))
        inner = self._put(child, loc, depth + 1, value)
        return None if inner is None else Node({**node.value, step: inner}, node.place, node.key_place)


def _lost(said: Node) -> Node:
    """Stands for a world whose file could not be read; the fault is already noted."""
    return Node(None, said.place, said.key_place, replaces=True)


def _bare(node: Node | None) -> object:
    """Value of a node as far as `shown` needs it."""
    if node is None:
        return None
    return dict.fromkeys(node.value) if isinstance(node.value, dict) else node.value


def _below(place: Place, key: str) -> Place:
    return Place(place.file, place.line, place.column, f"{place.path}.{key}" if place.path else key)


def _without(node: Node, keys: Sequence[str]) -> Node:
    """A mapping without some keys."""
    kept = {key: child for key, child in node.value.items() if key not in keys}
    return Node(kept, node.place, node.key_place, node.replaces)
