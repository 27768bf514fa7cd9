"""What a page is made with: templates, assets, data that stay text, and a file that is there whole or not."""

from __future__ import annotations

import contextlib
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import Fault, InputError, Place

if TYPE_CHECKING:
    from jinja2 import Environment

ASSETS = Path(__file__).parent / "assets"
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Marks of Unicode that embed, override or isolate a direction of text."""


def write_whole(text: str, path: str | os.PathLike[str]) -> Path:
    """Write a file that is there whole or not at all; its folder is made when missing."""
    target = Path(path)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    except OSError as error:
        found = error.strerror or str(error)
        raise InputError(
            [Fault(Place(str(target)), found, "a file that can be written", rule="page")]
        ) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return target


def templates() -> Environment:
    """Templates of pages: what they are given stays text, and runs in the direction of the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: unturned(value) if type(value) is str else value,
    )


def unturned(text: str) -> str:
    """Text without marks that turn its direction: numbers after a name with one would read backwards."""
    return TURNS.sub("", text)


def embedded(data: Any) -> str:
    """JSON that cannot end the script element it stands in, nor turn the direction of text."""
    text = unturned(json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


@cache
def asset(name: str) -> str:
    """Text of a file that pages carry."""
    return (ASSETS / name).read_text(encoding="utf-8")


@cache
def plotly_script() -> str:
    """Script of plotly, for a page that makes no request."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
