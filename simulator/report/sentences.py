"""Sentences: what a finding is, and how numbers and names stand in its text."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.totals import WORLD

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Finding:
    """One sentence and the chart that shows it.

    Attributes
    ----------
    text : str
        Plain text, figures included; never markup.
    chart : str
        Identifier of the chart on the page.
    tone : str
        `short` (a shortage), `safe` (none), `lost` (enterprises fail), `better` or `worse` than the
        baseline, or `plain`.
    word : str
        Said before it; that of the tone if left out.
    """

    text: str
    chart: str
    tone: str = "plain"
    word: str = ""


def scenario_name(ds: xr.Dataset) -> str:
    """Name of the scenario that gave a result."""
    return str(ds.attrs.get("scenario", "unnamed"))


def region_names(ds: xr.Dataset) -> dict[str, str]:
    """Names of the region codes, as far as the result has them."""
    codes = ds["region"].values.astype(str)
    names = ds["region_name"].values.astype(str) if "region_name" in ds.coords else codes
    return {WORLD: "World", **dict(zip(map(str, codes), map(str, names), strict=True))}


def percent(value: float, digits: int = 1) -> str:
    """Share as printed: `93.4 %`; what is not quite all never prints as all."""
    text = f"{100 * value:.{digits}f}"
    if value < 1 - 1e-6 and text == f"{100:.{digits}f}":
        text = f"{100 - 10**-digits:.{digits}f}"
    return f"{text}\u00a0%"


def month_name(month: str) -> str:
    """`2031-03` as `March 2031`."""
    return f"{calendar.month_name[int(month[5:7])]} {month[:4]}"


def short_month(month: str) -> str:
    """`2031-03` as `Mar 2031`, held together."""
    return f"{calendar.month_abbr[int(month[5:7])]}\u00a0{month[:4]}"


def tonnes(value: float) -> str:
    """Mass with a unit that reads well: `3.2 Mt`, `410 kt`, `12 t`."""
    for size, unit in ((1e6, "Mt"), (1e3, "kt")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} t"


def dollars(value: float) -> str:
    """Money with a unit that reads well: `3.2 billion USD`, `410 thousand USD`, `12 USD`."""
    for size, unit in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g} {unit} USD"
    return f"{value:.3g} USD"


def counted(value: float) -> str:
    """Number of enterprises, three figures: `1,230`, `12,300`, `7`."""
    return f"{float(f'{value:.3g}'):,.0f}"


def place(name: str) -> str:
    """Name of a region inside a sentence: `the European Union`, `other Europe`."""
    begins = ("European Union", "United", "Middle East", "UNECE")
    return f"the {name}" if name.startswith(begins) else f"o{name[1:]}" if name.startswith("Other ") else name


def for_readers(ds: xr.Dataset) -> xr.Dataset:
    """A result with materials by their words: rare_earths is rare earths."""
    return ds.assign_coords(material=[str(name).replace("_", " ") for name in ds["material"].values])


def quoted(title: str) -> str:
    """Title of a scenario inside a sentence."""
    return f"“{title}”"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def upper(text: str) -> str:
    """Text with its first letter large."""
    return text[:1].upper() + text[1:]
