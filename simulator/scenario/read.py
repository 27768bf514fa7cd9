"""The only door to YAML: text to a tree of values with their places.

YAML 1.2, one document, plain values only. `NO` stays text, `1e3` is a number, a key twice is a fault.
Nothing a file holds can build an object, and a file that expands without bound is refused.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from simulator.errors import Fault, Place, nearest, shown
from simulator.scenario.dated import ISO_DATE, as_date, is_number
from simulator.scenario.limits import LARGEST_FILE, MOST_VALUES
from simulator.scenario.marks import Loc, Node, path_text, shown_file

_LARGEST_WHOLE = 2**63

# What the parser lets through on text that is not YAML, instead of an error of its own.
_PARSER_SLIPS = (
    RecursionError, ValueError, TypeError, AttributeError, IndexError, AssertionError, KeyError
)  # fmt: skip
_TAGS = "tag:yaml.org,2002:"
_SAID = (
    ("found duplicate anchor", "each anchor (&name) once"),
    ("found undefined alias", "an alias (*name) of an anchor (&name) above it"),
    ("found character '\\t'", "blanks; YAML does not indent with tabs"),
    ("cannot start any token", "a value; text that starts with @, %, ` or a tab needs quotes"),
    ("mapping values are not allowed", "one `key: value` per line; text that holds `: ` needs quotes"),
    ("expected a single document", "one document; leave `---` out"),
    ("unexpected end of stream", "the quote, bracket or brace that closes what was opened"),
    ("could not find expected ':'", "a colon and a blank after the key"),
    ("expected ',' or", "a comma or the closing bracket"),
    ("expected <block end>", "keys of one mapping (or dashes of one list) in the same column"),
    ("did not find expected", "keys of one mapping (or dashes of one list) in the same column"),
    ("sequence entries are not allowed", "a list on lines of its own, below its key"),
)


class _Mark:
    """Line and column of a place in a text, from 0, as the parser's marks have them."""

    def __init__(self, text: str, at: int) -> None:
        self.line = text.count("\n", 0, at)
        self.column = at - (text.rfind("\n", 0, at) + 1)


class _Walk:
    """Turns the parser's nodes into ours and collects faults on the way."""

    def __init__(self, file: str, lines: bool, prefix: Loc) -> None:
        self.file, self.lines, self.prefix = file, lines, prefix
        self.faults: list[Fault] = []
        self.count = 0
        self.open: list[int] = []

    def place(self, mark: Any, loc: Loc) -> Place:
        """Place of a mark of the parser."""
        path = path_text(loc)
        return (
            Place(self.file, mark.line + 1, mark.column + 1, path)
            if self.lines
            else Place(self.file, path=path)
        )

    def fault(self, place: Place, found: str, allowed: str, rule: str, near: str = "") -> None:
        """Note one fault."""
        self.faults.append(Fault(place, found, allowed, near, rule))

    def node(self, raw: Any, loc: Loc, key_place: Place | None = None) -> Node:
        """Tree of one node of the parser."""
        place = self.place(raw.start_mark, loc)
        key_place = key_place or place
        self.count += 1
        if self.count > MOST_VALUES or id(raw) in self.open:
            if self.count < 2 * MOST_VALUES:
                if id(raw) in self.open:
                    self.fault(place, "an alias inside its own anchor", "values that end", "yaml_circle")
                else:
                    allowed = f"at most {MOST_VALUES} values, aliases counted each time"
                    self.fault(place, "more values than that", allowed, "yaml_size")
                self.count = 2 * MOST_VALUES
            return Node(None, place, key_place)
        self.open.append(id(raw))
        kind = str(raw.tag or "").removeprefix(_TAGS)
        if raw.id == "mapping":
            value: Any = self.mapping(raw, loc)
        elif raw.id == "sequence":
            value = [self.node(child, (*loc, index)) for index, child in enumerate(raw.value)]
        else:
            value = self.scalar(raw.value, kind, place)
        expected = {"mapping": ("map",), "sequence": ("seq",)}.get(raw.id)
        if expected and kind not in expected:
            self.fault(place, f"the tag {kind}", "plain values without tags", "yaml_tag")
        self.open.pop()
        return Node(value, place, key_place)

    def mapping(self, raw: Any, loc: Loc) -> dict[str, Node]:
        """Mapping with text keys, each once."""
        inner: dict[str, Node] = {}
        first: dict[str, int] = {}
        for key, child in raw.value:
            if key.id != "scalar":
                place = self.place(key.start_mark, loc)
                self.fault(place, "a list or a mapping as key", "text as key", "yaml_key")
                continue
            name = str(key.value)
            if name == "<<":
                place = self.place(key.start_mark, (*loc, name))
                self.fault(
                    place, "<<", "keys; scenarios build on each other with `extends`", "yaml_merge_key"
                )
                continue
            place = self.place(key.start_mark, (*loc, name))
            if name in inner:
                found = f"{shown(name)} again" + (f"; first in line {first[name]}" if self.lines else "")
                self.fault(place, found, "each key once", "yaml_duplicate_key")
                continue
            first[name] = key.start_mark.line + 1
            inner[name] = self.node(child, (*loc, name), place)
        return inner

    def scalar(self, text: str, kind: str, place: Place) -> Any:
        """Plain value of a scalar by its YAML 1.2 tag."""
        if kind in ("str", "!"):
            return text
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind == "timestamp":
            return (as_date(text) or text) if ISO_DATE.fullmatch(text) else text
        if kind in ("int", "float"):
            return self.number(text, kind, place)
        self.fault(place, f"the tag {kind}", "plain values without tags", "yaml_tag")
        return None

    def number(self, text: str, kind: str, place: Place) -> int | float | None:
        """Finite number; anything else is a fault."""
        bare = text.replace("_", "").lower()
        try:
            if kind == "float":
                value: int | float = float(bare.replace(".inf", "inf").replace(".nan", "nan"))
            else:
                base = {"0x": 16, "0o": 8, "0b": 2}.get(bare.lstrip("+-")[:2], 10)
                value = int(bare, base)
        except ValueError:
            value = math.nan
        if not is_number(value) or (isinstance(value, int) and abs(value) >= _LARGEST_WHOLE):
            self.fault(place, shown(text), "a finite number", "yaml_number")
            return None
        return value


def read_text(
    text: str, file: str, *, lines: bool = True, prefix: Loc = ()
) -> tuple[Node | None, list[Fault]]:
    """Tree of YAML text.

    Parameters
    ----------
    text : str
        The text.
    file : str
        What faults call it.
    lines : bool
        Whether faults carry line and column.
    prefix : tuple of str and int
        Way to the text's root.

    Returns
    -------
    tuple of Node (None where nothing could be read) and list of Fault
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    def failed(found: str, allowed: str, rule: str, mark: Any = None) -> tuple[None, list[Fault]]:
        at = Place(file, mark.line + 1, mark.column + 1) if mark is not None and lines else Place(file)
        return None, [Fault(Place(at.file, at.line, at.column, path_text(prefix)), found, allowed, "", rule)]

    version = re.search(r"^%YAML\s+(\S+)", text, re.MULTILINE)
    if version and version[1] != "1.2":
        found = f"%YAML {version[1]}"[:80]
        return failed(found, "YAML 1.2; leave the line out", "yaml_version", _Mark(text, version.start()))
    try:
        raw = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        source = text.splitlines()
        line = source[mark.line].strip() if mark is not None and mark.line < len(source) else ""
        return failed(shown(line) if line else "the end of the text", _allowed(error), "yaml_syntax", mark)
    except (YAMLError, *_PARSER_SLIPS) as error:
        if isinstance(error, RecursionError):
            return failed("brackets inside brackets without end", "a few levels", "yaml_depth")
        at = getattr(error, "position", None)
        if not isinstance(at, int) or at >= len(text):
            return failed("text that is not YAML", "YAML 1.2", "yaml_character")
        found = f"the character U+{ord(text[at]):04X}"
        return failed(found, "printable text", "yaml_character", _Mark(text, at))
    if raw is None:
        return Node(None, Place(file, path=path_text(prefix)), Place(file)), []
    turn = _Walk(file, lines, prefix)
    try:
        node = turn.node(raw, prefix)
    except RecursionError:
        return failed("brackets inside brackets without end", "a few levels", "yaml_depth")
    return node, turn.faults


def _allowed(error: Any) -> str:
    """What the grammar wants, in our words."""
    said = f"{error.problem or ''} {error.context or ''}"
    for part, words in _SAID:
        if part in said:
            return words
    return "YAML 1.2: `key: value` lines, lists with dashes, text with special signs in quotes"


def read_file(path: Path, asked: Place, word: str) -> tuple[Node | None, list[Fault]]:
    """Tree of a file.

    Parameters
    ----------
    path : pathlib.Path
        File to read.
    asked : Place
        Where it was named, for the fault that it is not there.
    word : str
        What it should be: `scenario` or `world`.

    Returns
    -------
    tuple of Node (None where nothing could be read) and list of Fault
    """
    file = shown_file(path)
    try:
        if path.is_dir():
            return None, [Fault(asked, f"{shown(file)}, a folder", f"a {word} file", "", "file_folder")]
        if path.exists() and not path.is_file():
            return None, [
                Fault(asked, f"{shown(file)}, not a plain file", f"a {word} file", "", "file_unreadable")
            ]
        if path.stat().st_size > LARGEST_FILE:
            found = f"{path.stat().st_size} bytes"
            return None, [Fault(Place(file), found, f"at most {LARGEST_FILE} bytes", "", "file_size")]
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        names = _beside(path)
        near = nearest(path.stem, names)
        return None, [
            Fault(asked, f"{shown(file)}, which is not there", f"a {word} file", near, "file_missing")
        ]
    except (OSError, ValueError):
        return None, [
            Fault(asked, shown(str(file)), f"a {word} file that can be read", "", "file_unreadable")
        ]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        found = f"the byte 0x{data[error.start]:02x}"
        return None, [Fault(Place(file, line, column), found, "text in UTF-8", "", "file_encoding")]
    return read_text(text, file)


def _beside(path: Path) -> list[str]:
    """Names of YAML files in the folder of a file."""
    try:
        return sorted(other.stem for other in path.parent.glob("*.y*ml"))
    except OSError:
        return []


def _dates_bare(value: Any) -> Any:
    """Copy in which text that is a date becomes one, so that it is written without quotes."""
    if isinstance(value, dict):
        return {_dates_bare(key): _dates_bare(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_dates_bare(inner) for inner in value]
    return as_date(value) or value if isinstance(value, str) else value


def _written(value: Any, flow: bool) -> str:
    from io import StringIO

    from ruamel.yaml import YAML

    writer: Any = YAML(typ="safe", pure=True)
    writer.default_flow_style = flow
    writer.sort_base_mapping_type_on_output = False
    writer.allow_unicode = True
    writer.width = 10_000 if flow else 110
    out = StringIO()
    writer.dump(_dates_bare(value), out)
    return out.getvalue()


def block_yaml(value: Any) -> str:
    """Plain data as YAML, one key per line.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    return _written(value, flow=False)


def flow_yaml(value: Any) -> str:
    """Plain data as YAML on one line.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    return _written(value, flow=True).removesuffix("\n").removesuffix("\n...").strip()
