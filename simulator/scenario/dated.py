"""Values over time: a number, or numbers from stated dates on."""

from __future__ import annotations

import math
import re
import sys
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from simulator.errors import nearest, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
DATE_TEXT = "a date that exists, such as 2030-01-01"
_WORDS = ("interpolate", "source")
_SHAPES = ("step", "linear")


def as_date(value: object) -> date | None:
    """Date of a YAML value, None if it is not one.

    Parameters
    ----------
    value : object
        A date, or text of the form YYYY-MM-DD (JSON has no dates).

    Returns
    -------
    datetime.date or None
    """
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    if isinstance(value, str) and ISO_DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


def is_number(value: object) -> bool:
    """Whether a YAML value is a finite number (true and false are not)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= sys.float_info.max


class Dated(BaseModel):
    """A value over time.

    Attributes
    ----------
    dates : tuple of datetime.date
        Knots, rising; empty for a plain number, which holds over the whole run.
    values : tuple of float
        One per knot; one for a plain number.
    interpolate : {"step", "linear"}
        Between knots: hold the last one, or a straight line. After the last knot both hold it.
        Before the first knot `step` keeps the value of inputs/, `linear` goes in a straight line
        from the value of inputs/ at the period's start to the first knot.
    source : str
        Where the numbers come from.
    since : datetime.date or None
        The period's start, filled in by `load`; the first knot of `linear`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    dates: tuple[date, ...] = ()
    values: tuple[float, ...]
    interpolate: Literal["step", "linear"] = "step"
    source: str = ""
    since: date | None = None

    low: ClassVar[float] = -math.inf
    high: ClassVar[float] = math.inf

    @classmethod
    def number_text(cls) -> str:
        """What a single number may be, in words."""
        if math.isfinite(cls.low) and math.isfinite(cls.high):
            return f"a number from {cls.low:g} to {cls.high:g}"
        return f"a number >= {cls.low:g}" if math.isfinite(cls.low) else "a number"

    @classmethod
    def value_text(cls) -> str:
        """What the whole value may be, in words."""
        return f"{cls.number_text()}, or dates with such numbers: {{2030-01-01: 0.9, interpolate: linear}}"

    @model_validator(mode="before")
    @classmethod
    def _read(cls, raw: Any, info: ValidationInfo) -> Any:
        if not (info.context or {}).get("as_written"):
            return raw
        faults: list[tuple[tuple[str, ...], str, str, str, str]] = []
        read: dict[str, Any] = {"since": (info.context or {}).get("since")}
        if isinstance(raw, Mapping):
            read |= cls._read_mapping(raw, faults)
        else:
            cls._check_number((), raw, cls.value_text(), faults)
            read |= {"values": (raw,)}
        if faults:
            raise PydanticCustomError("faults", "faults of a dated value", {"faults": faults})
        read["values"] = tuple(float(value) for value in read["values"])
        return read

    @classmethod
    def _check_number(
        cls,
        path: tuple[str, ...],
        value: Any,
        allowed: str,
        faults: list[tuple[tuple[str, ...], str, str, str, str]],
    ) -> None:
        if not is_number(value):
            faults.append((path, shown(value, typed=True), allowed, "", "dated_number"))
        elif not cls.low <= value <= cls.high:
            faults.append((path, shown(value), cls.number_text(), "", "dated_range"))

    @classmethod
    def _read_mapping(
        cls, raw: Mapping[Any, Any], faults: list[tuple[tuple[str, ...], str, str, str, str]]
    ) -> dict[str, Any]:
        knots: dict[date, Any] = {}
        for key, value in raw.items():
            if key in _WORDS:
                continue
            when = as_date(key)
            if when is None:
                allowed = f"{DATE_TEXT}; interpolate; source"
                faults.append(((str(key),), shown(key), allowed, nearest(key, _WORDS), "dated_key"))
                continue
            cls._check_number((str(key),), value, cls.number_text(), faults)
            knots[when] = value
        if not knots and not faults:
            faults.append(((), shown(raw), cls.value_text(), "", "dated_empty"))
        interpolate, source = raw.get("interpolate", "step"), raw.get("source", "")
        if interpolate not in _SHAPES:
            row = ("interpolate",), shown(interpolate), ", ".join(_SHAPES), nearest(interpolate, _SHAPES)
            faults.append((*row, "dated_interpolate"))
        if not isinstance(source, str):
            faults.append((("source",), shown(source), "text", "", "text_type"))
        rising = sorted(knots)
        return {
            "dates": tuple(rising),
            "values": tuple(knots[when] for when in rising),
            "interpolate": interpolate,
            "source": source,
        }

    def at(self, when: date, base: float) -> float:
        """Value on one day.

        Parameters
        ----------
        when : datetime.date
            The day.
        base : float
            Value of inputs/ on that day, unit of the value.

        Returns
        -------
        float
        """
        if not self.dates:
            return self.values[0]
        day = when.toordinal()
        knots = [knot.toordinal() for knot in self.dates]
        last = bisect_right(knots, day) - 1
        if self.interpolate == "step" or last == len(knots) - 1:
            return base if last < 0 else self.values[last]
        if last < 0:
            start = self.since.toordinal() if self.since else day
            if day <= start or knots[0] <= start:
                return base
            return base + (self.values[0] - base) * (day - start) / (knots[0] - start)
        part = (day - knots[last]) / (knots[last + 1] - knots[last])
        return self.values[last] + (self.values[last + 1] - self.values[last]) * part

    def series(self, when: Sequence[date] | ArrayLike, base: ArrayLike) -> np.ndarray:
        """Values on many days.

        Parameters
        ----------
        when : (time,) dates or datetime64
            The days.
        base : float or (time,) float
            Value of inputs/, constant or on each day, unit of the value.

        Returns
        -------
        (time,) float
            Same unit.
        """
        import numpy as np

        days = [stamp.item() for stamp in np.asarray(when, dtype="datetime64[D]")]
        bases = np.broadcast_to(np.asarray(base, dtype=float), (len(days),))
        return np.array(
            [self.at(day, float(value)) for day, value in zip(days, bases, strict=True)], dtype=float
        )

    @model_serializer(mode="plain")
    def _write(self) -> float | dict[str, Any]:
        if not self.dates and not self.source:
            return self.values[0]
        written: dict[str, Any] = {
            when.isoformat(): value for when, value in zip(self.dates, self.values, strict=False)
        }
        if self.interpolate != "step":
            written["interpolate"] = self.interpolate
        if self.source:
            written["source"] = self.source
        return written

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """JSON Schema of what a user may write."""
        number: dict[str, Any] = {"type": "number"}
        if math.isfinite(cls.low):
            number["minimum"] = cls.low
        if math.isfinite(cls.high):
            number["maximum"] = cls.high
        mapping = {
            "type": "object",
            "minProperties": 1,
            "patternProperties": {f"^{ISO_DATE.pattern}$".replace(r"\d", "[0-9]"): number},
            "properties": {
                "interpolate": {
                    "enum": list(_SHAPES),
                    "default": "step",
                    "description": "Between dates: hold the last number (step), or a straight line (linear).",
                },
                "source": {"type": "string", "description": "Where the numbers come from."},
            },
            "additionalProperties": False,
        }
        return {
            "title": cls.__name__,
            "description": (cls.__doc__ or "").splitlines()[0],
            "anyOf": [number, mapping],
        }


class Rate(Dated):
    """A share from 0 to 1, as a number or as numbers from stated dates on."""

    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0


class Factor(Dated):
    """A factor >= 0 on a value of inputs/, as a number or as numbers from stated dates on."""

    low: ClassVar[float] = 0.0
