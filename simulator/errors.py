"""What can go wrong and how it is said: places, faults, exit codes.

Every fault of the user's files names the place, what was found, what is allowed and, where there is one, the
nearest allowed word. Faults are collected and raised once, sorted, in one `InputError`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

_LONGEST_TEXT = 80
_LIKE_A_NUMBER = re.compile(r"[-+]?\d{1,20}(\.\d{0,20})?(e[-+]?\d{1,3})?")
_MOST_NAMES = 14
_LONGEST_WHOLE_BITS = 256


def _printable(text: str) -> str:
    """Text with escapes for signs that would break the line or the terminal."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text
    )


class ExitCode(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    BUG = 1
    INPUT = 2
    LAW = 3
    MEMBERS = 4
    INTERRUPTED = 130


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands in a file.

    Attributes
    ----------
    file : str
        File as the user would name it, or the option it came from (`--set a.b=3`).
    line, column : int
        Counted from 1; 0 when there is none.
    path : str
        YAML path (`disruptions[3].kind`) or `column <name>` of a table.
    """

    file: str
    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        """File, line and column, two blanks, path."""
        where = self.file
        if self.line:
            where += f":{self.line}"
            if self.column:
                where += f":{self.column}"
        return _printable(f"{where}  {self.path}" if self.path else where)


@dataclass(frozen=True, order=True)
class Fault:
    """One fault of the input.

    Attributes
    ----------
    place : Place
        Where it is.
    found : str
        What stands there (see `shown`).
    allowed : str
        What may stand there.
    nearest : str
        The allowed word that is most like what was found; empty if none is.
    rule : str
        Short name of the rule that was broken; not printed.
    """

    place: Place
    found: str
    allowed: str
    nearest: str = ""
    rule: str = ""

    def __str__(self) -> str:
        """Three or four lines, as printed."""
        lines = [str(self.place)]
        for name, text in (("found", self.found), ("allowed", self.allowed), ("nearest", self.nearest)):
            if text:
                lines.append(f"  {name:<7}  {_printable(text)}")
        return "\n".join(lines)


class LoopcastError(Exception):
    """Anything Loopcast says by itself; never a bug."""

    exit_code = ExitCode.BUG


class InputError(LoopcastError):
    """The input has faults; nothing was run.

    Parameters
    ----------
    faults : iterable of Fault
        All of them; doubles are dropped and the rest is sorted by place.
    """

    exit_code = ExitCode.INPUT

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        super().__init__(self.faults)

    def __str__(self) -> str:
        """All faults, one below the other."""
        return "\n".join(str(fault) for fault in self.faults)


class LawBroken(LoopcastError):  # noqa: N818 - the name says what happened
    """A law of the model does not hold; the run stops here.

    Parameters
    ----------
    law : str
        Name of the law, such as `mass closes`.
    time : str
        Simulated date.
    region, material, firm : str
        Labels; empty where the law has none.
    left, right : float
        Both sides, in the unit of the law.
    tolerance : float
        Largest difference that would have passed, same unit.
    """

    exit_code = ExitCode.LAW

    def __init__(
        self,
        law: str,
        time: str,
        region: str = "",
        material: str = "",
        firm: str = "",
        left: float = 0.0,
        right: float = 0.0,
        tolerance: float = 0.0,
    ) -> None:
        super().__init__(law, time, region, material, firm, left, right, tolerance)
        self.law, self.time = law, time
        self.region, self.material, self.firm = region, material, firm
        self.left, self.right, self.tolerance = left, right, tolerance

    def __str__(self) -> str:
        """Law and labels on one line, the sides below."""
        labels = [
            f"{name} {label}"
            for name, label in (("region", self.region), ("material", self.material), ("firm", self.firm))
            if label
        ]
        return "\n".join(
            [
                "  ".join([f"law broken: {self.law}", self.time, *labels]),
                f"  left       {self.left!r}",
                f"  right      {self.right!r}",
                f"  apart by   {abs(self.left - self.right)!r}",
                f"  tolerance  {self.tolerance!r}",
            ]
        )


class RunFailed(LoopcastError):  # noqa: N818 - as above
    """A run stopped for a reason that is neither the input nor a law.

    Parameters
    ----------
    reason : str
        What happened, in one sentence.
    time, firm, event : str
        Where in the run; empty if unknown.
    """

    exit_code = ExitCode.BUG

    def __init__(self, reason: str, time: str = "", firm: str = "", event: str = "") -> None:
        super().__init__(reason, time, firm, event)
        self.reason, self.time, self.firm, self.event = reason, time, firm, event

    def __str__(self) -> str:
        """Reason first, then where."""
        where = [
            f"{name} {label}"
            for name, label in (("time", self.time), ("firm", self.firm), ("event", self.event))
            if label
        ]
        return f"{self.reason} ({', '.join(where)})" if where else self.reason


def nearest(found: object, allowed: Iterable[str]) -> str:
    """Name among the allowed ones that is most like what was found.

    Parameters
    ----------
    found : object
        What the user wrote; only text has a nearest name.
    allowed : iterable of str
        Names that would do.

    Returns
    -------
    str
        Empty if nothing is like it.
    """
    if not isinstance(found, str) or len(found) > _LONGEST_TEXT:
        return ""
    by_lower: dict[str, str] = {}
    for name in sorted(allowed):
        by_lower.setdefault(name.lower().replace("-", "_"), name)
    word = found.lower().replace("-", "_")
    begun = [name for name in by_lower if len(word) > 1 and name.startswith(word)]
    close = begun or difflib.get_close_matches(word, list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else ""


def listed(names: Iterable[str], most: int = _MOST_NAMES) -> str:
    """Names parted by commas, cut with an ellipsis when there are many.

    Parameters
    ----------
    names : iterable of str
        In the order to print.
    most : int
        How many are printed.

    Returns
    -------
    str
    """
    all_names = list(names)
    shown_names = all_names[:most] + (["…"] if len(all_names) > most else [])
    return ", ".join(shown_names) if shown_names else "nothing"


def shown(value: object, *, typed: bool = False) -> str:
    """A value of the user's file as one short line.

    Parameters
    ----------
    value : object
        Anything YAML can hold.
    typed : bool
        Whether text and number are different there, as in YAML: text like a number then stands in quotes.

    Returns
    -------
    str
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return f"a mapping ({listed((str(key) for key in value), 5)})" if value else "an empty mapping"
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return "an empty list" if not value else f"a list of {len(value)}"
    if isinstance(value, str):
        if not value.strip():
            return "empty text"
        text = _printable(value)
        if typed and _LIKE_A_NUMBER.fullmatch(text):
            return f'"{text}"'
        return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
    if isinstance(value, int) and value.bit_length() > _LONGEST_WHOLE_BITS:
        return "a number with very many digits"
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
