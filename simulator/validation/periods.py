"""Dates and periods as observations write them: a year, a half, a quarter, a month, a day, some months."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PERIOD_TEXT = (
    "a year (2011), half (2011-H2), quarter (2011-Q3), month (2011-07), day or months (2011 Jan-Mar)"
)
DAYS_PER_MONTH = 30.4375
_FORMS = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)"),
    re.compile(r"(?P<year>\d{4})-H(?P<half>[12])"),
    re.compile(r"(?P<year>\d{4})-Q(?P<quarter>[1-4])"),
    re.compile(r"(?P<year>\d{4}) (?P<first>[A-Z][a-z]{2})-(?P<last>[A-Z][a-z]{2})"),
    re.compile(r"(?P<year>\d{4})e?"),
)
_NOTE = re.compile(r"\s*(mean month|\(.*\))?\s*")


@dataclass(frozen=True)
class Span:
    """A stretch of time.

    Attributes
    ----------
    start, end : date
        First day, and the day after the last.
    is_mean_month : bool
        A flow given for it is that of its mean month, not of the whole of it.
    """

    start: date
    end: date
    is_mean_month: bool = False

    @property
    def middle(self) -> date:
        """Day in the middle, for timing and for charts."""
        return self.start + timedelta(days=(self.end - self.start).days // 2)

    @property
    def months(self) -> float:
        """Length [month]; one where a flow is given for the mean month."""
        return 1.0 if self.is_mean_month else (self.end - self.start).days / DAYS_PER_MONTH


def span(text: str) -> Span | None:
    """Stretch of time that a text means.

    Parameters
    ----------
    text : str
        As `PERIOD_TEXT` says; `mean month` or a remark in brackets may follow; `2025e` is 2025.

    Returns
    -------
    Span or None
        None where it means none.
    """
    for form in _FORMS:
        found = form.match(text.strip())
        if found is None:
            continue
        rest = _NOTE.fullmatch(text.strip()[found.end() :])
        if rest is None:
            continue
        try:
            start, end = _bounds(found.groupdict())
        except ValueError:
            return None
        return Span(start, end, rest.group(1) == "mean month")
    return None


def _bounds(part: dict[str, str]) -> tuple[date, date]:
    """First day, and the day after the last."""
    year = int(part["year"])
    if "day" in part:
        day = date(year, int(part["month"]), int(part["day"]))
        return day, day + timedelta(days=1)
    if "month" in part:
        return _months(year, int(part["month"]), int(part["month"]))
    if "half" in part:
        return _months(year, 6 * int(part["half"]) - 5, 6 * int(part["half"]))
    if "quarter" in part:
        return _months(year, 3 * int(part["quarter"]) - 2, 3 * int(part["quarter"]))
    if "first" in part:
        return _months(year, MONTHS.index(part["first"]) + 1, MONTHS.index(part["last"]) + 1)
    return _months(year, 1, 12)


def _months(year: int, first: int, last: int) -> tuple[date, date]:
    if first > last:
        raise ValueError
    return date(year, first, 1), date(year + last // 12, last % 12 + 1, 1)
