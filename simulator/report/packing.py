"""Series of numbers as short text, so that a page with many of them stays small.

A series is ``<exponent>:<steps>``: its numbers are whole multiples of ten to the exponent, and what is
written is the step from each known number to the next, in the base-64 variable-length digits of source maps
(five bits a digit, sign first). With ``;`` in place of ``:`` it is by how much each step differs from the one
before, where that is shorter: a series that bends little. A smooth series takes one to two characters a
number. ``.`` is a number that is not known; ``*n`` at the end says that the last number comes n times more.
Series that stand side by side are one text, each behind a space; one without an exponent has that of the
series before it, and what it is called stands before ``=`` where they have names. The page opens it with the
same few lines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
FIGURES = 5
"""Significant figures of the largest number of a series; the others have its last decimal [1].

Nobody reads more off a chart; tables and files of a run hold every digit.
"""
FINEST = -30
"""Smallest exponent; what is smaller than ten to it counts as nothing [1]."""

_MORE, _BITS = 32, 5
_BESIDE, _NAMED = " ", "="
_NOTHING = re.compile(r"0:A(\*\d+)?")


def pack(values: Sequence[float], decimals: int | None = None, figures: int = FIGURES) -> str:
    """One series as text.

    Parameters
    ----------
    values : (n,) sequence of float [any]
        What is not finite counts as unknown.
    decimals : int, optional
        Decimals kept; left out, the largest number has so many significant `figures`.
    figures : int [1]

    Returns
    -------
    str
        ASCII without quotation marks, backslashes or markup.
    """
    known = [v if math.isfinite(v) else None for v in values]
    top = max((abs(v) for v in known if v is not None), default=0.0)
    if decimals is not None:
        exponent = -decimals
    else:
        exponent = max(math.floor(math.log10(top)) - figures + 1, FINEST) if top > 0.0 else 0
    whole = [None if v is None else round(_scaled(v, -exponent)) for v in known]
    while any(whole) and all(not n or n % 10 == 0 for n in whole):
        whole, exponent = [n and n // 10 for n in whole], exponent + 1
    if not any(whole):
        exponent = 0
    kept = len(whole)
    while kept > 1 and whole[kept - 1] == whole[kept - 2]:
        kept -= 1
    text = f"{exponent}{min((_written(whole[:kept], sign) for sign in ':;'), key=len)}"
    return text if kept == len(whole) else f"{text}*{len(whole) - kept}"


def _written(whole: Sequence[int | None], sign: str) -> str:
    """Steps behind ``:``, or how they change behind ``;``."""
    text, before, usual = sign, 0, 0
    for n in whole:
        if n is None:
            text += "."
            continue
        text += _digits(n - before - usual)
        before, usual = n, n - before if sign == ";" else 0
    return text


def unpack(text: str) -> list[float | None]:
    """Numbers of a packed series; not known is none."""
    cut = _mark(text)
    head, is_bent, body = text[:cut], text[cut] == ";", text[cut + 1 :]
    steps, _, again = body.partition("*")
    exponent, whole, usual, part, place = int(head), 0, 0, 0, 0
    found: list[float | None] = []
    for mark in steps:
        if mark == ".":
            found.append(None)
            continue
        digit = DIGITS.index(mark)
        part, place = part | (digit & _MORE - 1) << place, place + _BITS
        if not digit & _MORE:
            step, part, place = usual + (-(part >> 1) if part & 1 else part >> 1), 0, 0
            usual, whole = step if is_bent else 0, whole + step
            found.append(_scaled(whole, exponent))
    return found + found[-1:] * int(again or 0)


def packed(array: Any, decimals: int | None = None, figures: int = FIGURES) -> Any:
    """Nested lists of an array, with its last two axes packed: the rows of a table are one text."""
    import numpy as np

    array = np.asarray(array, dtype=float)
    if array.ndim == 1:
        return pack(array.tolist(), decimals, figures)
    inner = [packed(part, decimals, figures) for part in array]
    return beside(inner) if array.ndim == 2 else inner


def beside(texts: Iterable[str], names: Iterable[str] | None = None) -> str:
    """Packed series as one text.

    Parameters
    ----------
    texts : iterable of str
        As `pack` writes them.
    names : iterable of str, optional
        What each is called, without the marks of packed series; without names they are a list.
    """
    found, before = "", ""
    for name, text in zip(repeat("") if names is None else names, texts, strict=False):
        head = text[: _mark(text)]
        is_known = head == before or (before and _NOTHING.fullmatch(text))
        before = before if is_known else head
        found += f"{_BESIDE}{name}{_NAMED if name else ''}{text[len(head) :] if is_known else text}"
    return found


def named(texts: Mapping[str, str]) -> str | dict[str, str]:
    """Packed series by name as one text; an empty mapping stays what it is."""
    return beside(texts.values(), texts) if texts else {}


def unpacked(tree: Any) -> Any:
    """The same tree with every packed series opened."""
    if isinstance(tree, str):
        head, *rows = tree.split(_BESIDE)
        return unpack(head) if head else _rows(rows)
    if isinstance(tree, dict):
        return {key: unpacked(part) for key, part in tree.items()}
    return [unpacked(part) for part in tree]


def _rows(texts: Sequence[str]) -> Any:
    """Series that stand side by side, by name where they have names."""
    found, before = {}, ""
    for number, text in enumerate(texts):
        name, _, body = text.rpartition(_NAMED)
        before = body[: _mark(body)] or before
        found[name or number] = unpack(before + body[_mark(body) :])
    return list(found.values()) if 0 in found or not found else found


def _mark(text: str) -> int:
    """Place of the mark behind the exponent."""
    return max(text.find(":"), text.find(";"))


def _scaled(value: float, exponent: int) -> float:
    """Value times ten to the exponent; by division where that is exact."""
    return float(value * 10**exponent if exponent >= 0 else value / 10**-exponent)


def _digits(step: int) -> str:
    rest, text = (-step << 1) | 1 if step < 0 else step << 1, ""
    while True:
        digit, rest = rest & _MORE - 1, rest >> _BITS
        text += DIGITS[digit | _MORE if rest else digit]
        if not rest:
            return text
