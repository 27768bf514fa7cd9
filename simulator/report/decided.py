"""Answers that lie beside runs: which uncertain numbers matter, and which choice is safe.

`loopcast sensitivity` and `loopcast decide` leave a JSON file each. One is shown only if it was made from the
same scenario, inputs and code as the runs of the page; else the page says that it is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.batch.outcomes import describe
from simulator.errors import Fault, InputError, Place
from simulator.report.chart import REGRET, TORNADO
from simulator.report.sentences import upper
from simulator.results import StoredRun

FILES = {TORNADO: "tornado.json", REGRET: "decision.json"}
USUAL_FOLDERS = ("sensitivity", "decision")
"""Where the commands write if nothing else is asked for, in the folder of all results."""

MOST_FACTORS = 15
"""Factors of an outcome that are drawn; the file has all [1]."""


@dataclass(frozen=True)
class Decided:
    """What was found for the runs of a page.

    Attributes
    ----------
    tornado : list of dict or None
        For each run, by outcome: unit, text and rows.
    regret : dict or None
        Outcomes, and rows of each.
    notes : list of str
        What was found and left out, and why.
    """

    tornado: list[dict[str, Any] | None]
    regret: dict[str, Any] | None
    notes: list[str]

    @property
    def words(self) -> list[str]:
        """What there is, of `chart.BESIDE`."""
        return [
            *([TORNADO] if any(self.tornado) else []),
            *([REGRET] if self.regret is not None else []),
        ]


def beside(runs: Sequence[StoredRun], given: Sequence[Path] = ()) -> Decided:
    """Answers for some runs.

    Parameters
    ----------
    runs : sequence of StoredRun
    given : sequence of Path
        Files, or folders in which they are, that do not lie beside the runs.

    Raises
    ------
    InputError
        Something given is no such answer.
    """
    keys = {str(run.dataset.attrs.get("scenario")): run.record.get("content_key") for run in runs}
    swings: dict[str, dict[str, Any]] = {}
    regret: dict[str, Any] | None = None
    notes: list[str] = []
    for path, content in _answers(runs, given):
        if TORNADO in content:
            name = str(content.get("of"))
            if name not in keys or name in swings:
                continue
            if content.get("content_key") == keys[name]:
                swings[name] = _by_outcome(content[TORNADO], MOST_FACTORS)
            else:
                notes.append(_left_out(path, name))
        elif regret is None:
            theirs = dict(content.get("content_keys") or {})
            both = [name for name in keys if name in content.get("scenarios", ())]
            other = [name for name in both if theirs.get(name) != keys[name]]
            notes += [_left_out(path, name) for name in other[:1]]
            if both and not other and content[REGRET]:
                regret = {"by_outcome": _by_outcome(content[REGRET], None), **_named(content, runs)}
    return Decided([swings.get(name) for name in _names(runs)], regret, list(dict.fromkeys(notes)))


def _names(runs: Sequence[StoredRun]) -> list[str]:
    return [str(run.dataset.attrs.get("scenario")) for run in runs]


def _answers(runs: Sequence[StoredRun], given: Sequence[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Answers given, then those beside the runs, each once."""
    for place in given:
        paths = [place] if place.is_file() else [p for name in FILES.values() for p in place.rglob(name)]
        if not paths:
            raise InputError([_no_answer(place, "nothing")])
        for path in sorted(paths):
            content = _read(path)
            if content is None:
                raise InputError([_no_answer(path, "something else")])
            yield path, content
    homes = dict.fromkeys(run.folder.parent for run in runs)
    places = [run.folder / FILES[TORNADO] for run in runs]
    for home in homes:
        places += [home / USUAL_FOLDERS[0] / run.folder.name / FILES[TORNADO] for run in runs]
        places += [home / FILES[REGRET], home / USUAL_FOLDERS[1] / FILES[REGRET]]
    for path in dict.fromkeys(places):
        content = _read(path) if path.is_file() else None
        if content is not None:
            yield path, content


def _no_answer(place: Path, found: str) -> Fault:
    allowed = "what `loopcast sensitivity` (tornado) or `loopcast decide` wrote: a folder, or its JSON file"
    return Fault(Place(str(place)), found, allowed, rule="no_answer")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_answer = isinstance(content, dict) and any(isinstance(content.get(word), list) for word in FILES)
    return content if is_answer else None


def _left_out(path: Path, name: str) -> str:
    return (
        f"{path.name} beside these runs was made from other settings, inputs or code than {name}; "
        "it is not shown."
    )


def _by_outcome(rows: Sequence[Mapping[str, Any]], most: int | None) -> dict[str, Any]:
    """Rows of each outcome, with what the outcome is called and its unit."""
    found: dict[str, Any] = {}
    for row in rows:
        name = str(row["outcome"])
        if name not in found:
            unit, text = describe(name)
            found[name] = {"unit": unit, "text": text or name, "rows": []}
        if most is None or len(found[name]["rows"]) < most:
            told = {key: value for key, value in row.items() if key != "outcome"}
            if "factor" in row:
                told["name"] = factor_name(str(row["factor"]))
            found[name]["rows"].append(told)
    return found


def factor_name(name: str) -> str:
    """Name of a factor for readers: places, the words before the first dot, say where it stands.

    Parameters
    ----------
    name : str
        Such as ``assumptions.tau_level_days``.
    """
    text = name.removeprefix("assumptions.").replace("_", " ").replace(".", ": ")
    return upper(re.sub(r"\b(ev|pv|eu)\b", lambda found: found.group().upper(), text))


def _named(content: Mapping[str, Any], runs: Sequence[StoredRun]) -> dict[str, Any]:
    """Titles of the choices that stand on the page, and how many futures there are."""
    titles = {str(r.dataset.attrs.get("scenario")): str(r.dataset.attrs.get("title") or "") for r in runs}
    return {
        "titles": {name: title for name, title in titles.items() if title},
        "n_futures": dict(content.get("n_futures") or {}),
    }
