"""Quiet hours: whether a phone may be texted now, by the clocks of its owner, and when next.

The hours are data with a citation (data/quiet_hours.toml). Pure but for the file that is read once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from textrail.vocabulary.areas import time_zone_of_phone
from textrail.vocabulary.phone import country_billed

OWN_FILE: Final = Path(__file__).parent / "data" / "quiet_hours.toml"
_SPAN = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])\Z")
_DAYS: Final = ("weekday",) * 5 + ("saturday", "sunday")
_DAYS_AHEAD: Final = 9
_MIDNIGHT: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of a day: from `opens`, up to but without `closes`."""

    opens: int
    closes: int

    def holds(self, minute: int) -> bool:
        return self.opens <= minute < self.closes

    def __str__(self) -> str:
        return f"{clock_words(self.opens)} to {clock_words(self.closes)}"


@dataclass(frozen=True, slots=True)
class QuietRule:
    """When texts may go to phones of a place; a span for each day from Monday."""

    place: str
    spans: tuple[Span, ...]
    citation: str
    verified_on: date
    areas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """For each country its own rule, and those of its regions by their ISO code."""

    countries: Mapping[str, QuietRule]
    regions: Mapping[tuple[str, str], QuietRule]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is to be texted: E.164, and what is on record of them; `time_zone` is IANA, or empty.

    `otherwise` is the zone that counts when neither record nor number names one.
    """

    phone: str
    otherwise: str
    time_zone: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Quiet:
    """It is too early or too late for them. `local` and `opens_at` are by their clocks; None when
    the rules leave no time at all in the days ahead."""

    rule: QuietRule
    local: datetime
    opens_at: datetime | None

    @property
    def allowed(self) -> tuple[str, str]:
        """From when to when a text may come on this day: `9:00` and `20:00`."""
        span = self.rule.spans[self.local.weekday()]
        return clock_words(span.opens), clock_words(span.closes)


def quiet_now(
    who: Recipient, at: datetime, *, rules: Rules | None = None, own: Span | None = None
) -> Quiet | None:
    """Why a text to `who` must wait at `at`, and until when; None when it may go.

    Where their number and their record name different clocks, it must be day by both. `own` are
    hours of the business that narrow the rules.
    """
    kept = _rules_of(who, rules or house_rules())
    if own is not None:
        kept = [*kept, QuietRule("your business", (own,) * 7, "", date.min)]
    zones = zones_of(who)
    broken = _broken(kept, zones, at)
    if broken is None:
        return None
    rule, zone = broken
    opens_at = _next(kept, zones, at)
    return Quiet(rule, at.astimezone(zone), opens_at and opens_at.astimezone(zone))


def zones_of(who: Recipient) -> list[ZoneInfo]:
    """The clocks that the recipient may live by, the one on record first."""
    names = [name for name in (who.time_zone, time_zone_of_phone(who.phone)) if name]
    zones = [zone for name in dict.fromkeys(names) if (zone := _zone(name)) is not None]
    return zones or [_zone(who.otherwise) or ZoneInfo("UTC")]


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _rules_of(who: Recipient, rules: Rules) -> list[QuietRule]:
    country = country_billed(who.phone)
    if country not in rules.countries:
        return []
    area = who.phone[2:5]
    regions = [
        rule
        for (place, region), rule in rules.regions.items()
        if place == country and (region == who.region.upper() or area in rule.areas)
    ]
    return [rules.countries[country], *regions]


def _broken(
    kept: Iterable[QuietRule], zones: Sequence[ZoneInfo], at: datetime
) -> tuple[QuietRule, ZoneInfo] | None:
    """The last rule, which is the narrowest, that forbids this moment, and by whose clock."""
    found = None
    for rule in kept:
        for zone in zones:
            local = at.astimezone(zone)
            if not rule.spans[local.weekday()].holds(local.hour * 60 + local.minute):
                found = (rule, zone)
    return found


def _next(kept: Sequence[QuietRule], zones: Sequence[ZoneInfo], at: datetime) -> datetime | None:
    """The first moment from `at` on that every rule allows by every clock; only where one of the
    spans opens can that be. None when a week has no such moment."""
    openings = sorted(
        moment
        for day in range(_DAYS_AHEAD)
        for zone in zones
        for rule in kept
        if (moment := _opening(rule, zone, at.astimezone(zone).date() + timedelta(days=day))) > at
    )
    return next((moment for moment in openings if _broken(kept, zones, moment) is None), None)


def _opening(rule: QuietRule, zone: ZoneInfo, day: date) -> datetime:
    opens = rule.spans[day.weekday()].opens
    return datetime.combine(day, time(opens // 60 % 24, opens % 60), zone)


def clock_words(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


# The file


@lru_cache(maxsize=1)
def house_rules() -> Rules:
    """The rules that come with Textrail."""
    return read_rules(OWN_FILE.read_text(encoding="utf-8"))


def read_rules(text: str) -> Rules:
    """The rules of a file; ValueError names what cannot be read."""
    countries: dict[str, QuietRule] = {}
    regions: dict[tuple[str, str], QuietRule] = {}
    for country, table in tomllib.loads(text).items():
        countries[country] = _rule(table)
        for region, below in table.items():
            if isinstance(below, dict) and region.isupper():
                regions[country, region] = _rule(below)
    return Rules(countries, regions)


def _rule(table: Mapping[str, Any]) -> QuietRule:
    hours = table["hours"]
    spans = [_span(hours if isinstance(hours, str) else hours[day]) for day in _DAYS]
    return QuietRule(
        place=table["name"],
        spans=tuple(spans),
        citation=table["citation"],
        verified_on=table["verified_on"],
        areas=frozenset(table.get("areas", ())),
    )


def _span(text: str) -> Span:
    found = _SPAN.match(text)
    if found is None:
        raise ValueError(f"“{text}” is not a span such as 08:00-21:00")
    first, first_minute, last, last_minute = map(int, found.groups())
    span = Span(first * 60 + first_minute, last * 60 + last_minute)
    if not span.opens < span.closes <= _MIDNIGHT:
        raise ValueError(f"“{text}” ends before it begins")
    return span
