"""What stands in a cell of a CSV file that says when: a moment, or a day. Pure.

What can be read in two ways is never guessed row by row: the file has one order of day and month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from textrail.vocabulary.errors import Malformed

# How days are written: the year first or the month by its name, the month first, the day first.
DateOrder = Literal["iso", "month", "day"]
_NOON: Final = 12
_CLOCK: Final = (
    r"(?:(?:,?\s+|T|\s+at\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?)?\Z"
)
_NUMERIC: Final = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})" + _CLOCK, re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([/.\-])(\d{1,2})\2(\d{1,2})" + _CLOCK, re.ASCII)
_DAY_NAMED: Final = re.compile(r"(\d{1,2})[ \-]([A-Za-z]{3,9})\.?[ \-,]+(\d{4})" + _CLOCK, re.ASCII)
_MONTH_NAMED: Final = re.compile(
    r"(?:[A-Za-z]{3,9},? +)?([A-Za-z]{3,9})\.? +(\d{1,2}),? +(\d{4})" + _CLOCK, re.ASCII
)
_UNIX: Final = re.compile(r"\d{9,10}(?P<ms>\d{3})?\Z", re.ASCII)
_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)


def read_moment(text: str, dates: DateOrder, *, zone: str) -> datetime | None:
    """A moment as it is written; in the business's time zone where none is told, at noon where no
    hour is; None for no text."""
    if not text:
        return None
    moment = _moment(text, dates)
    if moment is None:
        raise Malformed(
            f"“{text[:30]}” is not a time.",
            hint="Write 2026-03-02 15:00, or choose how days are written.",
            field="at",
        )
    try:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        return aware.astimezone(UTC)
    except OverflowError as error:
        raise Malformed(f"“{text[:30]}” is not a time that can be.", field="at") from error


def read_day(text: str, dates: DateOrder) -> date | None:
    """The day that a cell names, whatever hour stands behind it; None for no text."""
    if not text:
        return None
    moment = _moment(text, dates)
    if moment is None:
        raise Malformed(
            f"“{text[:30]}” is not a day.",
            hint="Write 2026-03-02, or choose how days are written.",
            field="day",
        )
    return moment.date()


def _moment(text: str, dates: DateOrder) -> datetime | None:
    try:
        return _iso(text) or _unix(text) or _named(text) or _numeric(text, dates)
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        found = _YEAR_FIRST.match(text)
        return _made(found, int(found[1]), int(found[3]), int(found[4])) if found else None
    return moment.replace(hour=_NOON) if len(text) <= len("2026-03-02") else moment


def _unix(text: str) -> datetime | None:
    """Seconds, or milliseconds, since 1970."""
    found = _UNIX.match(text)
    if found is None:
        return None
    return datetime.fromtimestamp(int(text) / (1000 if found["ms"] else 1), UTC)


def _named(text: str) -> datetime | None:
    if found := _DAY_NAMED.match(text):
        day, name, year = int(found[1]), found[2], int(found[3])
    elif found := _MONTH_NAMED.match(text):
        day, name, year = int(found[2]), found[1], int(found[3])
    else:
        return None
    return _made(found, year, _MONTHS.index(name[:3].casefold()) + 1, day)


def _numeric(text: str, dates: DateOrder) -> datetime | None:
    found = _NUMERIC.match(text)
    if found is None or dates == "iso":
        return None
    first, second = int(found[1]), int(found[3])
    month, day = (first, second) if dates == "month" else (second, first)
    year = int(found[4]) + (2000 if len(found[4]) == 2 else 0)
    return _made(found, year, month, day)


def _made(found: re.Match[str], year: int, month: int, day: int) -> datetime:
    if found["hour"] is None:
        return datetime(year, month, day, _NOON)  # noqa: DTZ001 -- gets its zone later
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if found["half"] in "pP" else 0)
    second = int(found["second"] or 0)
    moment = datetime(year, month, day, hour, int(found["minute"]), second)  # noqa: DTZ001
    if found["zone"] is None:
        return moment
    offset = "+0000" if found["zone"].isalpha() else found["zone"]
    return datetime.strptime(f"{moment:%Y-%m-%dT%H:%M:%S}{offset}", "%Y-%m-%dT%H:%M:%S%z")


def guess_dates(texts: Iterable[str]) -> DateOrder | None:
    """How the days of a file are written; None where the month and the day cannot be told apart."""
    orders: set[DateOrder] = set()
    open_question = False
    for text in texts:
        if (found := _NUMERIC.match(text)) is None:
            continue
        first, second = int(found[1]), int(found[3])
        if second > len(_MONTHS) >= first:
            orders.add("month")
        elif first > len(_MONTHS) or found[2] == ".":  # nobody writes months first with points
            orders.add("day")
        else:
            open_question = True
    if len(orders) == 1:
        return orders.pop()
    return None if orders or open_question else "iso"
