"""Opening hours as people say and write them: `9:00-12:00, 13-17`, “open until 5 PM”. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from textrail.vocabulary import opening
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.opening import MINUTES_A_DAY, Hours, Span

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ROUND_THE_CLOCK: Final = Span(0, MINUTES_A_DAY)
MOST_SPANS: Final = 6

# Where people read a clock of twelve hours (CLDR's preferred hour format `h`, the larger ones).
_TWELVE: Final = frozenset(
    ("US", "CA", "AU", "NZ", "IN", "PH", "MX", "CO", "EG", "SA", "PK", "BD", "MY", "ZA", "PR")
)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*([ap])?\.?(?:m\.?)?\Z", re.IGNORECASE)
_DASH = re.compile(r"\s*(?:-|–|—|\bto\b|\buntil\b)\s*", re.IGNORECASE)


def uses_twelve(country: str) -> bool:
    """Whether the people of a country read “5 PM” more readily than “17:00”."""
    return country in _TWELVE


def clock_words(minute: int, *, twelve: bool) -> str:
    """`17:00`, or `5 PM`; 24:00 is midnight."""
    hour, rest = divmod(minute % MINUTES_A_DAY, 60)
    if not twelve:
        return f"{24 if minute == MINUTES_A_DAY else hour}:{rest:02}"
    half = "AM" if hour < 12 else "PM"
    return f"{hour % 12 or 12}:{rest:02} {half}" if rest else f"{hour % 12 or 12} {half}"


def spans_in_words(spans: Sequence[Span], *, twelve: bool = False) -> str:
    """`9:00–12:00, 13:00–17:00`, “closed” or “24 hours”. `read_spans` reads it back."""
    if not spans:
        return "closed"
    if any(span.closes % MINUTES_A_DAY == span.opens % MINUTES_A_DAY for span in spans):
        return "24 hours"
    return ", ".join(
        f"{clock_words(span.opens, twelve=twelve)}–{clock_words(span.closes, twelve=twelve)}"
        for span in spans
    )


def week_in_words(hours: Hours, *, twelve: bool = False) -> str:
    """`Mon–Fri 9:00–17:00, Sat 10:00–14:00`; days that are closed are left out."""
    said = []
    for spans, group in groupby(enumerate(hours.week), key=lambda each: each[1]):
        days = [day for day, _ in group]
        if spans:
            said.append(f"{_days(days)} {spans_in_words(spans, twelve=twelve)}")
    return ", ".join(said) or "closed"


def now_in_words(hours: Hours, at: datetime, *, twelve: bool = False) -> str:
    """“open until 17:00”, “closed until Monday at 9:00”: what completes “We are …”."""
    if opening.is_open(hours, at):
        end = opening.closing(hours, at)
        if end is None:
            return "open around the clock"
        soon = end - at < timedelta(hours=24)
        said = _clock_at(hours, end, twelve=twelve) if soon else _when(hours, at, end, twelve)
        return f"open until {said}"
    opens = opening.next_opening(hours, at)
    if opens is None:
        return "closed"
    today = opening.local_time_of(hours, at).date() == opening.local_time_of(hours, opens).date()
    said = _clock_at(hours, opens, twelve=twelve) if today else _when(hours, at, opens, twelve)
    return f"closed until {said}"


def opening_in_words(hours: Hours, at: datetime, *, twelve: bool = False) -> str:
    """When it is open next: “now”, “today at 13:00”, “Monday at 9:00”; empty when nobody knows."""
    opens = opening.next_opening(hours, at)
    if opens is None:
        return ""
    return "now" if opens == at else _when(hours, at, opens, twelve)


def state_in_words(hours: Hours, at: datetime, *, twelve: bool = False) -> str:
    """A line for a page: “Open now, until 17:00” or “Closed, opens Monday at 9:00”."""
    if opening.is_open(hours, at):
        said = now_in_words(hours, at, twelve=twelve).removeprefix("open ")
        return f"Open now, {said}"
    why = opening.why_closed(hours, opening.local_time_of(hours, at).date())
    closed = f"Closed ({why})" if why else "Closed"
    opens = opening_in_words(hours, at, twelve=twelve)
    return f"{closed}, opens {opens}" if opens else closed


def read_spans(text: str, *, field: str = "spans") -> tuple[Span, ...]:
    """The spans that somebody wrote, in order: `9-17`, `9am–12:30pm, 1pm–6pm`, `22-2`, “24 hours”;
    nothing and “closed” are none. Malformed when it cannot be read, or spans overlap."""
    plain = " ".join(text.replace(";", ",").split()).strip(" ,").casefold()
    if plain in {"", "closed", "-", "–"}:
        return ()
    if plain in {"24 hours", "24h", "24", "all day", "always", "open"}:
        return (ROUND_THE_CLOCK,)
    spans = sorted((_span(part, field) for part in plain.split(",")), key=lambda each: each.opens)
    if len(spans) > MOST_SPANS:
        raise Malformed(f"A day has at most {MOST_SPANS} spans.", field=field)
    for one, other in zip(spans, [*spans[1:], _next_day(spans[0])], strict=True):
        if _end(one) > other.opens:
            raise Malformed(
                f"“{' '.join(text.split())[:60]}” has spans that overlap.",
                hint="Write each span once, such as 9:00-12:00, 13:00-17:00.",
                field=field,
            )
    return tuple(spans)


def _end(span: Span) -> int:
    return span.closes if span.closes > span.opens else span.closes + MINUTES_A_DAY


def _next_day(span: Span) -> Span:
    return Span(span.opens + MINUTES_A_DAY, span.closes + MINUTES_A_DAY)


def _span(part: str, field: str) -> Span:
    ends = [end for end in _DASH.split(part.strip()) if end]
    times = [_minute(end) for end in ends]
    if len(times) == 2 and times[0] is not None and times[1] is not None:
        opens, closes = times[0], times[1]
        if opens < MINUTES_A_DAY:
            return Span(opens, closes)
    raise Malformed(
        f"“{part.strip()[:40]}” are not opening hours.",
        hint="Write them as 9:00-17:00, several with commas between, or closed.",
        field=field,
    )


def _minute(text: str) -> int | None:
    """The minute of the day of `9`, `9:30`, `9am` or `24:00`; None when it is no time."""
    if text in {"midnight", "noon"}:
        return 0 if text == "midnight" else 720
    match = _CLOCK.match(text)
    if match is None:
        return None
    hour, rest, half = int(match[1]), int(match[2] or 0), match[3]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    minute = hour * 60 + rest
    return minute if rest < 60 and minute <= MINUTES_A_DAY else None


def _days(days: Sequence[int]) -> str:
    first, last = WEEKDAYS[days[0]][:3], WEEKDAYS[days[-1]][:3]
    return first if len(days) == 1 else f"{first}–{last}"


def _clock_at(hours: Hours, moment: datetime, *, twelve: bool) -> str:
    local = opening.local_time_of(hours, moment)
    return clock_words(local.hour * 60 + local.minute, twelve=twelve)


def _when(hours: Hours, at: datetime, moment: datetime, twelve: bool) -> str:
    here, there = (opening.local_time_of(hours, each).date() for each in (at, moment))
    return f"{_day_words(here, there)} at {_clock_at(hours, moment, twelve=twelve)}"


def _day_words(today: date, day: date) -> str:
    away = (day - today).days
    if away < 2:
        return "tomorrow" if away else "today"
    named = WEEKDAYS[day.weekday()]
    return named if away < 7 else f"{named}, {day.day} {day:%B}"
