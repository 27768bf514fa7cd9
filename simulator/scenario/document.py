"""What the schema writes for readers: the page docs/scenarios.md."""

from __future__ import annotations

import csv
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from simulator.scenario.dated import Dated
from simulator.scenario.meaning import Meaning, allowed_text, meaning
from simulator.scenario.parts import keys_of
from simulator.scenario.read import block_yaml, flow_yaml
from simulator.scenario.schema import Scenario, World
from simulator.scenario.schema_events import PRESET
from simulator.scenario.tables import shipped

_MERGED = ("Scenario", "World", "Period")


_INTRO = """# Scenarios

Written by `make docs` from `simulator/scenario/schema.py` and its neighbours `schema_*.py`; change it there.

A scenario is a YAML file that says what is simulated and what differs from the data in inputs/. It names a
world: the materials, products, regions and agents. `loopcast new NAME` writes one to start from, `loopcast
check FILE` tells all that is wrong with it, `loopcast check FILE --resolved` shows all that it means,
`loopcast diff A B` how two differ.

## How a file is read

- **YAML 1.2**, one document, UTF-8, at most 1 MB. `NO` is text, `1e3` a number, `2030-01-01` a date. A key
  twice, a tag, a merge key (`<<`) or an anchor that expands without bound is a fault.
- **Strict**: unknown keys, wrong types, unknown labels, numbers outside their range, dates at which nothing
  can happen and filters that match nothing are faults. All of them are told at once, with file, line,
  column, what was found, what is allowed and what was probably meant. Nothing runs until there is none.
- **`extends`** names a scenario beside the file (or one that comes with Loopcast), a path, or a list.
  Parents come first, depth first, **each file once** however often it is named; the later one wins.
  Mappings merge key by key; **everything else, lists too, replaces** what the parent says. `name`, `title`
  and `description` are not inherited. A circle is a fault.
- **`world`** is a name (a file in worlds/ beside the scenario, or one that comes with Loopcast), a path, or
  a mapping. A name replaces the parent's world; a mapping merges with it: `world: {regions: {carve:
  [COD]}}` adds a region to the world of the parent.
- **`overrides`** are named sets of changes; `--override NAME` applies them, in the order given, after
  everything else in the file. All sets are checked, applied or not.
- **`--set a.b[0].c=value`** comes last; the value is YAML. It may be given more than once.
- **Dated values** are a number, or numbers from stated dates on: `{2025-01-01: 0.5, 2031-01-01: 0.9,
  interpolate: linear, source: "..."}`. With `step` (the default) each number holds until the next date, and
  the value of inputs/ before the first one. With `linear` the way between dates is a straight line, and so
  is the way from the value of inputs/ at the period's start to the first date. After the last date the last
  number holds.
- **Lists of lines with labels** (`recovery`, `demand.factors`, `access`): `*` stands for all. Of the lines
  that fit, the one with the fewest `*` counts, then the later one. The same labels twice are a fault.
- **Distributions**: any number may be one, such as `{distribution: triangular, low: 0.2, mode: 0.4, high:
  0.9, reason: "...", source: "..."}`: uniform (low, high), loguniform (low, high), triangular (low, mode,
  high), normal (mean, sd), lognormal (median, sigma; sigma is the standard deviation of the logarithm),
  beta (a, b, between low and high, 0 and 1 if left out), discrete (values, weights) or empirical (values).
  It is cut to the range of its key and drawn for each member of an ensemble (docs/ensembles.md); a single
  run takes its median, of a triangular one its mode. Numbers of disruptions, for which `reason` and
  `source` may be left out, are drawn in a single run too, by the seed, once for each start of an event.
  `seed`, `schema_version`, `period.record_days` and `world.year` are plain numbers.
- **Carving and merging**: a country that is carved out no longer belongs to its region; merging comes after
  carving.

Editors that know JSON Schema complete and check while you write. The first line of each shipped scenario
names the schema: `# yaml-language-server: $schema=scenario.schema.json`; `loopcast schema --out
scenario.schema.json` writes it beside your own.
"""


def scenario_page() -> str:
    """Text of docs/scenarios.md.

    Returns
    -------
    str
    """
    parts = [_INTRO, "## Keys of a scenario\n", _keys(Scenario, "")]
    parts += ["## Keys of a world\n", f"{_first_line(World)}\n", _keys(World, "", World)]
    return "\n".join(parts)


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Every example of the page as a part of a scenario: its path and a mapping to merge into one.

    Returns
    -------
    list of tuple of str and dict
    """
    found: list[tuple[str, dict[str, Any]]] = []
    for name, info in Scenario.model_fields.items():
        if name not in ("schema_version", "name", "extends") and info.examples:
            found.append((name, {name: info.examples[0]}))
            found += _inner_examples(info.annotation, ((name, {}),))
    found += _inner_examples(World, (("world", {}),))
    return found


def _inner_examples(
    annotation: Any, way: tuple[tuple[str, dict[str, Any]], ...]
) -> list[tuple[str, dict[str, Any]]]:
    """Examples of a mapping's keys; `way` has each step with the keys that must stand beside it."""
    entry = _entry(annotation)
    if entry is not None and entry.tag is not None:
        return _kind_examples(entry, way)
    kind = meaning(annotation).kind
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)) or issubclass(kind, Dated):
        return []
    found: list[tuple[str, dict[str, Any]]] = []
    fields = kind.model_fields.items()
    needed = {name: info.examples[0] for name, info in fields if info.is_required() and info.examples}
    needed = {} if kind.__name__ in _MERGED else needed
    for name, info in fields:
        if info.examples and name != "schema_version":
            value: Any = needed | {name: info.examples[0]}
            for step, beside in reversed(way):
                value = beside | {step: value}
            found.append((".".join((*(step for step, _ in way), name)), value))
            found += _inner_examples(info.annotation, (*way, (name, needed)))
    return found


def _entry(annotation: Any) -> Meaning | None:
    """What is said about an entry of a list; None for what is no list."""
    kind = meaning(annotation).kind
    return meaning(get_args(kind)[0]) if get_origin(kind) is tuple else None


def _kind_examples(
    entry: Meaning, way: tuple[tuple[str, dict[str, Any]], ...]
) -> list[tuple[str, dict[str, Any]]]:
    """One example of each kind of a list's entries."""
    path = ".".join(step for step, _ in way)
    examples = {tag: getattr(kind, "example", None) for tag, kind in entry.variants.items()}
    return [(f"{path}[{tag}]", {way[0][0]: [each]}) for tag, each in examples.items() if each]


def _kinds(entry: Meaning, here: str) -> str:
    """Sections of the kinds of a list's entries: the keys that all have, then those of each kind."""
    models = entry.variants
    whole = {tag: kind for tag, kind in models.items() if "kind" in keys_of(kind)}
    shared = set.intersection(*(set(keys_of(kind)) for kind in whole.values())) - {"kind"}
    first = next(iter(whole.values()))
    rows = [(key, info) for key, info in keys_of(first).items() if key in shared and _is_alike(key, whole)]
    common = {key for key, _ in rows}
    told: set[Any] = set()
    parts = [f"### `{here}`\n\nKeys of all kinds.\n\n" + _table(rows, first, f"{here}.", told=told)]
    for tag, kind in models.items():
        name = f"`kind: {tag}`" if tag in whole else f"`{tag}`"
        before = {*common, "kind"} if tag in whole else set()
        own = [(key, info) for key, info in keys_of(kind).items() if key not in before]
        example = getattr(kind, "example", None)
        shown = f"```yaml\n{block_yaml({_key_of(here): [example]})}```\n\n" if example else ""
        text = " ".join((kind.__doc__ or "").split())
        table = _table(own, kind, f"{here}.", told=told)
        parts.append(f"### `{here}`, {name}\n\n{text}\n\n{shown}{table}" + _presets(tag))
    return "\n".join(parts)


def _presets(tag: str) -> str:
    """Table of what inputs/disruptions.csv holds; nothing but for presets."""
    if tag != PRESET:
        return ""
    with (shipped("inputs") / "disruptions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = ["| in a scenario | what | of | when it was | measured on | basis |", "|---|---|---|---|---|---|"]
    for name in dict.fromkeys(row["preset"] for row in rows):
        mine = [row for row in rows if row["preset"] == name]
        of = dict.fromkeys(row["good"] or row["material"] or row["corridor"] for row in mine)
        cells = (
            f"`{{preset: {name}}}`",
            ", ".join(dict.fromkeys(row["form"] or row["kind"] for row in mine)),
            ", ".join(of),
            f"{mine[0]['start']} to {mine[-1]['end'] or 'now'}",
            "; ".join(dict.fromkeys(row["measured_on"] for row in mine)),
            mine[0]["basis"],
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([_PRESETS_TEXT, *lines, ""])


_PRESETS_TEXT = """
Presets. A world that has none of the materials refuses a preset and says what is missing. Of a country that
the world does not carve out, the region is hit in proportion to the country's part of its output.
"""


def _key_of(here: str) -> str:
    """Key of a list from its path in the page."""
    return here.removesuffix("[]").rpartition(".")[2]


def _is_alike(key: str, models: dict[str, Any]) -> bool:
    """Whether a key means the same for all kinds."""
    infos = [keys_of(kind)[key] for kind in models.values()]
    return all((i.description, i.annotation) == (infos[0].description, infos[0].annotation) for i in infos)


def _keys(model: type[BaseModel], path: str, root: type[BaseModel] | None = None) -> str:
    """Table of a mapping's keys, then those of the mappings below it."""
    return _table(list(keys_of(model).items()), model, path, root)


def _table(
    keys: list[tuple[str, FieldInfo]],
    model: Any,
    path: str,
    root: type[BaseModel] | None = None,
    told: set[Any] | None = None,
) -> str:
    """Table of some keys of a mapping, then those of the mappings below them that were not `told` before."""
    rows = ["| key | type | unit | default | what | example |", "|---|---|---|---|---|---|"]
    below: list[str] = []
    before = ""
    for name, info in keys:
        said = meaning(info.annotation, info)
        default = "required" if info.is_required() else _default(info.default)
        unit = said.unit if said.unit not in ("1", "firms") else ""
        text = info.description or ""
        cells = (
            f"`{name}`",
            _type(said.kind, info).replace(f" [{unit}]", "").replace("<", "&lt;"),
            unit,
            default,
            "as above" if text == before else text,
            f"`{flow_yaml(said.example)}`",
        )
        before = text
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        entry = _entry(info.annotation)
        if entry is not None and entry.tag is not None:
            below.append(_kinds(entry, f"{path}{name}[]"))
            continue
        inner, mark = _inner_model(said.kind)
        if told is not None and inner is not None:
            if inner in told:
                continue
            told.add(inner)
        if inner is not None and not issubclass(inner, Dated) and not (model is Scenario and inner is World):
            here = f"{path}{name}{mark}"
            below.append(f"### `{here}`\n\n{_first_line(inner)}\n\n" + _keys(inner, f"{here}."))
    return "\n".join([*rows, "", *below])


def _inner_model(kind: Any) -> tuple[type[BaseModel] | None, str]:
    """Mapping that a value is, or is a list of, and how the path goes on."""
    mark = ""
    if get_origin(kind) is tuple:
        kind, mark = meaning(get_args(kind)[0]).kind, "[]"
    elif get_origin(kind) is dict:
        kind, mark = meaning(get_args(kind)[1]).kind, ".<name>"
    return (kind, mark) if isinstance(kind, type) and issubclass(kind, BaseModel) else (None, "")


def _type(kind: Any, info: Any) -> str:
    """Type of a key in words."""
    said = meaning(info.annotation, info)
    if isinstance(kind, type) and issubclass(kind, Dated):
        return f"dated value: {kind.number_text()}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "name or mapping" if kind is World else "mapping"
    if kind is str or said.allowed:
        return said.allowed or "text"
    if get_origin(kind) is tuple and _inner_model(kind)[0] is not None:
        return "list of mappings"
    text = allowed_text(said)
    return f"{text}, or a distribution" if "distribution" in said.variants else text


def _default(value: Any) -> str:
    """Default of a key as it would be written."""
    if value is PydanticUndefined or value is None:
        return ""
    if isinstance(value, BaseModel):
        return "as below"
    if value in ((), {}, ""):
        return "none"
    return f"`{flow_yaml(value)}`"


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]
