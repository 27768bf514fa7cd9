"""Distributions that stand where a scenario takes a number: taken out, checked at their ends, put in again.

Everything but an ensemble sees the central value, so a single run of a scenario with distributions is the run
of a scenario with plain numbers. Numbers of disruptions are another matter: their types take distributions
themselves, and each start of an event draws its own (`simulator.build.events`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from pydantic import BaseModel

from simulator.errors import Place
from simulator.scenario.check_distributions import check_one
from simulator.scenario.dated import Dated, as_date
from simulator.scenario.distribution import Distribution
from simulator.scenario.marks import Finding, Loc, Node, plain, walk
from simulator.scenario.meaning import Meaning
from simulator.scenario.parts import ANY, Part, keys_of

_KEY = "distribution"
_FIXED: tuple[Loc, ...] = (("schema_version",), ("seed",), ("period", "record_days"), ("world", "year"))
_LABELS = (
    "name",
    "preset",
    "product",
    "process",
    "good",
    "material",
    "score",
    "size",
    "region",
    "stage",
    "route",
)
_NOT_READ: tuple[Loc, ...] = (("overrides",), ("ensemble",))
_SHORT_FORMS: dict[Loc, str] = {("world", "review_days"): "days", ("world", "cover_days"): "input"}
_JOIN: Loc = ("alliance", "join")  # a word or a share
_MINUTES_PER_DAY = 1440
_WHOLE_MINUTES = ("days", "phase_days")
LEAST_SHARE = 2.0**-33
"""Least share below a draw; the largest is one less this."""


@dataclass(frozen=True)
class Written:
    """A distribution of a scenario file, in place of a number.

    Attributes
    ----------
    loc : tuple of str and int
        Way to the number, before presets are expanded.
    name : str
        The same by labels: what stands before or after it in a list does not matter.
    drawn : Distribution
    least, most : float
        Range of the key.
    steps : float
        Draws are rounded to whole parts of one, this many; 0 for any number.
    place : Place
        Where it stands.
    """

    loc: Loc
    name: str
    drawn: Distribution
    least: float
    most: float
    steps: float = 0.0
    place: Place = field(default=Place(""), compare=False)

    def value(self, share: float) -> float:
        """Number below which a share of the distribution lies, as it may stand at the place."""
        from simulator.scenario.quantiles import quantile

        return self.fit(quantile(self.drawn, share, self.least, self.most))

    @property
    def central(self) -> float:
        """What stands for it in a single run: mode of a triangular distribution, else the median."""
        from simulator.scenario.quantiles import central

        return self.fit(central(self.drawn, self.least, self.most))

    @property
    def ends(self) -> tuple[float, float]:
        """Least and largest number that can be drawn."""
        return self.value(LEAST_SHARE), self.value(1.0 - LEAST_SHARE)

    def fit(self, value: float) -> float:
        """Number as it may stand at the place: a count is whole."""
        if self.steps == 1:
            return round(value)
        return round(value * self.steps) / self.steps if self.steps else value


def taken(
    tree: Node, declared: Mapping[str, tuple[float, float]]
) -> tuple[Node, list[Written], list[Finding]]:
    """Tree with central values in place of distributions.

    Parameters
    ----------
    tree : Node
        Of a whole scenario.
    declared : mapping of str to tuple of float
        Range of each declared number.

    Returns
    -------
    tree : Node
    written : list of Written
    findings : list of Finding
        What is wrong with them; a faulty one gives way to an example of its key.
    """
    from simulator.scenario.shape import thawed

    tree = _spelled_out(tree)
    raw: Any = None
    found: list[Written] = []
    findings: list[Finding] = []
    for loc, node in walk(tree):
        if not isinstance(node.value, dict) or _KEY not in node.value or loc[:1] in _NOT_READ:
            continue
        raw = thawed(plain(tree)) if raw is None else raw
        said = _number_at(loc, raw)
        if said is None:
            continue
        limits = declared.get(str(loc[-1]), _range(said)) if loc[0] == "parameters" else _range(said)
        wrong = list(_wrong(loc, node, limits))
        findings += wrong
        if wrong:
            tree = with_node(tree, loc, Node(_example(said), node.place, node.key_place))
            continue
        drawn = Distribution.model_validate(plain(node))
        one = Written(loc, label_text(loc, raw), drawn, *limits, _steps(loc, said), node.place)
        found.append(one)
        tree = with_node(tree, loc, Node(one.central, node.place, node.key_place))
    return tree, sorted(found, key=lambda each: each.name), findings


def _spelled_out(tree: Node) -> Node:
    """Tree in which a distribution that stands for a mapping of days stands inside it."""
    for way, key in _SHORT_FORMS.items():
        here: Any = tree
        for step in way:
            here = here.value.get(step) if here is not None and isinstance(here.value, dict) else None
        if here is None or not isinstance(here.value, dict):
            continue
        for name, node in here.value.items():
            if isinstance(node.value, dict) and _KEY in node.value:
                tree = with_node(tree, (*way, name), Node({key: node}, node.place, node.key_place))
    return tree


def _number_at(loc: Loc, raw: Any) -> Meaning | None:
    """What the schema says of a place that takes a plain number; None for any other."""
    from simulator.scenario.shape import at

    if loc == _JOIN:
        return Meaning(float, {"ge": 0.0, "le": 1.0}, example=0.5)
    said = at(loc, raw=raw)
    if said is None or "distribution" in said.variants:
        return None
    kind = said.kind
    is_dated = isinstance(kind, type) and issubclass(kind, Dated)
    return said if kind in (float, int) or is_dated or loc in _FIXED else None


def _wrong(loc: Loc, node: Node, limits: tuple[float, float]) -> Iterator[Finding]:
    """What is wrong with one distribution."""
    if loc in _FIXED:
        allowed = "a plain number: runs that differ in it cannot be compared"
        yield Finding(loc, "a distribution", allowed, "", "distribution_fixed")
        return
    from simulator.scenario.shape import shaped_part

    drawn, findings = shaped_part(Distribution, node)
    yield from (replace(finding, loc=(*loc, *finding.loc)) for finding in findings)
    if drawn is None or findings:
        return
    yield from check_one(loc, cast(Distribution, drawn), *limits)
    for key in ("reason", "source"):
        if not getattr(drawn, key).strip():
            allowed = "text: why this range" if key == "reason" else "text: where the range comes from"
            yield Finding((*loc, key), "nothing", allowed, "", "distribution_unfounded")


def _range(said: Meaning) -> tuple[float, float]:
    """Least and largest number of a key."""
    kind = said.kind
    if isinstance(kind, type) and issubclass(kind, Dated):
        return kind.low, kind.high
    low, high = (said.limits.get(a, said.limits.get(b)) for a, b in (("ge", "gt"), ("le", "lt")))
    return (float("-inf") if low is None else float(low)), (float("inf") if high is None else float(high))


def _steps(loc: Loc, said: Meaning) -> float:
    if said.kind is int:
        return 1.0
    is_review = loc[:2] == ("world", "review_days") and loc[-1] in _WHOLE_MINUTES
    return float(_MINUTES_PER_DAY) if is_review else 0.0


def _example(said: Meaning) -> Any:
    """A plain number that would do."""
    example = said.example
    while isinstance(example, Mapping):
        example = next(iter(example.values()))
    return example if isinstance(example, (int, float)) else 1.0


def label_text(loc: Loc, raw: Any) -> str:
    """Path in which entries of lists go by their labels: `recovery.collection[ev_battery, EU27].value`.

    Parameters
    ----------
    loc : tuple of str and int
    raw : object
        The whole tree as plain data.

    Returns
    -------
    str
        With the number of the entry where labels do not tell it from others.
    """
    parts: list[str] = []
    here = raw
    for step in loc:
        entries, here = here, here[step] if isinstance(step, int) or step in here else None
        if isinstance(step, int):
            mine = _labels(here)
            alike = [index for index, entry in enumerate(entries) if _labels(entry) == mine]
            parts.append(f"[{mine if mine and alike == [step] else step}]")
        else:
            parts.append(f".{step}" if parts else str(step))
    return "".join(parts)


def _labels(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return ""
    said = [(key, entry[key]) for key in _LABELS if key in entry]
    chosen = said[:1] if said[:1] and said[0][0] in ("name", "preset") else said
    return ", ".join(str(value) for _, value in chosen if isinstance(value, str) and value != ANY)


def with_node(tree: Node, loc: Loc, node: Node) -> Node:
    """Tree with one value replaced.

    Parameters
    ----------
    tree : Node
    loc : tuple of str and int
    node : Node

    Returns
    -------
    Node
    """
    if not loc:
        return node
    inner = tree.value.copy()
    inner[loc[0]] = with_node(inner[loc[0]], loc[1:], node)
    return Node(inner, tree.place, tree.key_place, tree.replaces)


def put(part: Any, loc: Loc, value: float) -> Any:
    """Checked part of a scenario with one number replaced; nothing is checked again.

    Parameters
    ----------
    part : Part, tuple, dict or number
    loc : tuple of str and int
        Way from the part to the number, as in a file.
    value : float

    Returns
    -------
    object
        Of the same type.
    """
    if isinstance(part, Dated):
        day = as_date(loc[0]) if loc else None
        values = tuple(
            value if day is None or when == day else old
            for when, old in zip(part.dates or (None,), part.values, strict=True)
        )
        return part.model_copy(update={"values": values})
    if not loc:
        return value
    step, rest = loc[0], loc[1:]
    if isinstance(part, BaseModel):
        name = next(n for n, info in type(part).model_fields.items() if (info.alias or n) == step)
        return part.model_copy(update={name: put(getattr(part, name), rest, value)})
    if isinstance(part, Mapping):
        return {**part, step: put(part[step], rest, value)}
    index = cast(int, step)
    return (*part[:index], put(part[index], rest, value), *part[index + 1 :])


def put_plain(data: Any, loc: Loc, drawn: Distribution) -> None:
    """Put a distribution back where its central value stands in plain data.

    Parameters
    ----------
    data : dict
        As `Scenario.resolved` writes it; changed.
    loc : tuple of str and int
    drawn : Distribution
    """
    for step in loc[:-1]:
        data = data[step]
    data[loc[-1]] = drawn.model_dump(mode="json", exclude_defaults=True)


def keys_that_fit(part: Part, loc: Loc) -> bool:
    """Whether a way leads anywhere in a part."""
    here: Any = part
    for step in loc:
        if isinstance(here, Dated):
            return True
        if isinstance(here, BaseModel):
            names = type(here).model_fields
            here = dict(zip(keys_of(type(here)), (getattr(here, name) for name in names), strict=True))
        elif isinstance(here, tuple):
            here = dict(enumerate(here))
        if not isinstance(here, Mapping) or step not in here:
            return False
        here = here[step]
    return True
