"""When a business is open: weekly hours, holidays, special days, on the clocks of its zone.

Pure: hours and a moment in, answers out. A span's times are wall times; where the clock jumps over
one, it means the moment of the jump, and where the clock shows it twice, a span begins at the first
and ends at the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays
import msgspec

MINUTES_A_DAY: Final = 1440
# How far ahead an opening is looked for: longer than any closed season between two summers.
_FURTHEST: Final = 400
_LONGEST_RUN: Final = 14


class Span(msgspec.Struct, frozen=True, array_like=True):
    """From `opens` to `closes`, in minutes of the day; `closes` at or before `opens` is on the next
    day, and the night belongs to the day that it begins on."""

    opens: int
    closes: int


class SpecialDay(msgspec.Struct, frozen=True, omit_defaults=True):
    """One day (ISO date) that is not like its weekday: closed when it has no spans."""

    day: str
    name: str = ""
    spans: tuple[Span, ...] = ()


class Hours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Opening hours. `week` has the spans of seven days, Monday first.

    On the public holidays of `country` (ISO 3166; empty: none) and its `region` it is closed,
    except on those named in `open_on`; a special day decides before a holiday does.
    """

    time_zone: str
    week: tuple[tuple[Span, ...], ...]
    country: str = ""
    region: str = ""
    open_on: tuple[str, ...] = ()
    special: tuple[SpecialDay, ...] = ()


encode_hours = msgspec.json.Encoder().encode
decode_hours = msgspec.json.Decoder(Hours).decode


@dataclass(frozen=True, slots=True)
class Stretch:
    """Open from `start` up to, not including, `end` (UTC)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Holiday:
    day: date
    name: str


def is_open(hours: Hours, at: datetime) -> bool:
    return _stretch_at(hours, at) is not None


def next_opening(hours: Hours, at: datetime) -> datetime | None:
    """When it is open next (UTC): `at` itself while it is open, None when not within 400 days."""
    if is_open(hours, at):
        return at
    today = _local(hours, at).date()
    for ahead in range(-1, _FURTHEST):
        starts = (each.start for each in _stretches(hours, today + timedelta(days=ahead)))
        if (first := min((start for start in starts if start > at), default=None)) is not None:
            return first
    return None


def closing(hours: Hours, at: datetime) -> datetime | None:
    """When it closes (UTC), spans that touch taken as one; None while it is closed, and where no
    end is in sight."""
    stretch = _stretch_at(hours, at)
    if stretch is None:
        return None
    end = stretch.end
    while (following := _stretch_at(hours, end)) is not None:
        end = following.end
        if end - at > timedelta(days=_LONGEST_RUN):
            return None
    return end


def why_closed(hours: Hours, day: date) -> str:
    """The name of the holiday or special day on which it is closed all day; empty otherwise."""
    special = _special(hours, day)
    if special is not None:
        return "" if special.spans else special.name or "A special day"
    return _holiday(hours, day)


def spans_on(hours: Hours, day: date) -> tuple[Span, ...]:
    """The spans that begin on a day of the zone's calendar."""
    special = _special(hours, day)
    if special is not None:
        return special.spans
    return () if _holiday(hours, day) else hours.week[day.weekday()]


def local_time_of(hours: Hours, at: datetime) -> datetime:
    """What the clocks of the business show."""
    return _local(hours, at)


def coming_holidays(country: str, region: str, *, since: date, until: date) -> list[Holiday]:
    """The public holidays in [since, until), in order, whether it is open on them or not."""
    years = range(since.year, until.year + 1)
    found = [
        Holiday(day, name)
        for year in years
        for day, name in _holidays(country, region, year).items()
        if since <= day < until
    ]
    return sorted(found, key=lambda each: each.day)


@lru_cache(maxsize=1)
def holiday_regions() -> dict[str, tuple[str, ...]]:
    """Each country whose holidays are known, with the codes of its regions that have own ones."""
    supported = holidays.list_supported_countries(include_aliases=False)
    return {country: tuple(regions) for country, regions in supported.items()}


@lru_cache(maxsize=64)
def region_names(country: str) -> dict[str, str]:
    """The regions of a country that have holidays of their own: code and name."""
    regions = holiday_regions().get(country, ())
    if not regions:
        return {}
    names = holidays.country_holidays(country).get_subdivision_aliases()
    return {code: next(iter(names.get(code, ())), code) for code in regions}


def plain_holiday(name: str) -> str:
    """A holiday's name, whether it is kept on its own day or on the one after."""
    return name.split(" (", 1)[0].strip()


def _stretch_at(hours: Hours, at: datetime) -> Stretch | None:
    today = _local(hours, at).date()
    for day in (today - timedelta(days=1), today):
        for stretch in _stretches(hours, day):
            if stretch.start <= at < stretch.end:
                return stretch
    return None


def _stretches(hours: Hours, day: date) -> Iterator[Stretch]:
    zone = _zone(hours.time_zone)
    for span in spans_on(hours, day):
        closes = span.closes if span.closes > span.opens else span.closes + MINUTES_A_DAY
        start, end = _moment(zone, day, span.opens), _moment(zone, day, closes, last=True)
        if start < end:
            yield Stretch(start, end)


def _moment(zone: ZoneInfo, day: date, minute: int, *, last: bool = False) -> datetime:
    """The UTC moment at which the clock shows `minute` of `day`, the first or the last of two."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if second >= first:
        return second if last else first
    return _jump(zone, wall, second, first)


def _jump(zone: ZoneInfo, wall: datetime, before: datetime, after: datetime) -> datetime:
    """The moment in (before, after] at which the clock jumps over `wall`, to the second."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        shown = middle.astimezone(zone).replace(tzinfo=None)
        before, after = (before, middle) if shown > wall else (middle, after)
    return after.replace(microsecond=0)


def _local(hours: Hours, at: datetime) -> datetime:
    return at.astimezone(_zone(hours.time_zone))


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    """A zone that there is; hours kept by an older or newer list of zones fall back to UTC."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _special(hours: Hours, day: date) -> SpecialDay | None:
    wanted = day.isoformat()
    return next((each for each in hours.special if each.day == wanted), None)


def _holiday(hours: Hours, day: date) -> str:
    """The holiday for which it is closed on this day, if any."""
    if not hours.country:
        return ""
    name = _holidays(hours.country, hours.region, day.year).get(day, "")
    return "" if plain_holiday(name) in hours.open_on else name


@lru_cache(maxsize=512)
def _holidays(country: str, region: str, year: int) -> dict[date, str]:
    """The public holidays of a year, in English where they have an English name; none of a country
    or region that the list does not know."""
    regions = holiday_regions().get(country)
    if regions is None:
        return {}
    known = holidays.country_holidays(
        country, subdiv=region if region in regions else None, years=year, language="en_US"
    )
    return {day: name for day, name in known.items() if day.year == year}
