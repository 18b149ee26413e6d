"""What came of a link between two days: numbers for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from textrail.domain.accounts.models import Business
from textrail.domain.links.models import Click, Link, Verdict
from textrail.domain.links.queries.links import Taps
from textrail.vocabulary.errors import Malformed

MOST_NAMES = 100
_HUMAN = Q(verdict=Verdict.HUMAN)
_FIRST_YEAR, _LAST_YEAR = 1970, 2970


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both included, as the business counts days; None is no bound."""

    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many taps by people had this name, most first; empty where it is not known."""

    name: str
    people: int


@dataclass(frozen=True, slots=True)
class PlaceCount:
    country: str
    region: str
    city: str
    people: int


@dataclass(frozen=True, slots=True)
class LinkStats:
    taps: Taps
    days: tuple[tuple[date, Taps], ...]
    verdicts: tuple[tuple[str, int], ...]
    devices: tuple[Counted, ...]
    systems: tuple[Counted, ...]
    browsers: tuple[Counted, ...]
    places: tuple[PlaceCount, ...]


def link_stats(business: Business, link: Link, days: Days) -> LinkStats:
    """The taps of a link within `days`; seven statements. Malformed for days in the wrong order.

    At most a hundred names of each kind, those with the most taps.
    """
    zone = ZoneInfo(business.time_zone)
    clicks = _within(Click.objects.filter(business=business, link=link), days, zone).order_by()
    people = clicks.filter(_HUMAN)
    human, raw = Count("id", filter=_HUMAN), Count("id")
    total = clicks.aggregate(human=human, raw=raw)
    by_day = clicks.annotate(day=TruncDate("at", tzinfo=zone)).values("day")
    by_day_counted = by_day.annotate(human=human, raw=raw).order_by("day")
    by_verdict = clicks.values_list("verdict").annotate(count=Count("id"))
    return LinkStats(
        taps=Taps(total["human"], total["raw"]),
        days=tuple((row["day"], Taps(row["human"], row["raw"])) for row in by_day_counted),
        verdicts=tuple(by_verdict.order_by("-count", "verdict")),
        devices=_counted(people, "device"),
        systems=_counted(people, "os"),
        browsers=_counted(people, "browser"),
        places=_places(people),
    )


def _within(clicks: QuerySet[Click], days: Days, zone: ZoneInfo) -> QuerySet[Click]:
    for name, day in (("since", days.since), ("until", days.until)):
        if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise Malformed(f"{day} is not a day of any click.", field=name)
    if days.since and days.until and days.since > days.until:
        raise Malformed("“since” is behind “until”.", hint="Exchange them.", field="since")
    if days.since:
        clicks = clicks.filter(at__gte=datetime.combine(days.since, time(), zone))
    if days.until:
        clicks = clicks.filter(at__lt=datetime.combine(days.until + timedelta(1), time(), zone))
    return clicks


def _counted(people: QuerySet[Click], field: str) -> tuple[Counted, ...]:
    rows = people.values_list(F(field)).annotate(count=Count("id")).order_by("-count", field)
    return tuple(Counted(name, count) for name, count in rows[:MOST_NAMES])


def _places(people: QuerySet[Click]) -> tuple[PlaceCount, ...]:
    fields = ("country", "region", "city")
    rows = people.exclude(country="").values_list(*fields).annotate(count=Count("id"))
    return tuple(PlaceCount(*row) for row in rows.order_by("-count", *fields)[:MOST_NAMES])
