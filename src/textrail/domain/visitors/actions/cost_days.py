"""Keeping costs on their days when a business moves to another time zone.

A day of cost is a day of the calendar. The columns know it by the midnight with which it begins
where the business is, and they only ever grow: what lies at another moment is taken back there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet, Sum

from textrail.domain import bulk
from textrail.domain.accounts.actions import take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.visitors.models import Cost, CostEntry

# A midnight, a way in and a currency; of it the cost, the clicks and the impressions.
_Place = tuple[datetime, int, str]
_Sums = tuple[int, int, int]


def midnight_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def move_costs(*, business: Business, at: datetime) -> int:
    """Put every day of cost at its midnight in the zone that the business has now; how many changes
    that took."""
    with transaction.atomic():
        take_turns(business)
        zone = ZoneInfo(business.time_zone)
        counting = Cost.objects.filter(business=business, set_aside_by="")
        lacking: dict[_Place, _Sums] = defaultdict(lambda: (0, 0, 0))
        for (day, way, currency), sums in _summed(counting, "day"):
            place = (midnight_of(day, zone), way, currency)
            lacking[place] = _plus(lacking[place], sums)
        for place, sums in _summed(CostEntry.objects.filter(business=business), "day_at"):
            lacking[place] = _plus(lacking[place], [-each for each in sums])
        entries = [
            CostEntry(
                business=business,
                traffic_id=way,
                day_at=day_at,
                minor=minor,
                currency=currency,
                clicks=clicks,
                impressions=impressions,
                at=at,
            )
            for (day_at, way, currency), (minor, clicks, impressions) in lacking.items()
            if minor or clicks or impressions
        ]
        if entries:
            bulk.insert_rows(CostEntry, entries)
    return len(entries)


def _summed(rows: QuerySet[Any], day: str) -> Iterator[tuple[Any, _Sums]]:
    """Of each day, way in and currency what it cost, and how often it was clicked and seen."""
    found = rows.order_by().values_list(day, "traffic_id", "currency")
    sums = found.annotate(Sum("minor", default=0), Sum("clicks"), Sum("impressions"))
    for *place, minor, clicks, impressions in sums.iterator():
        yield tuple(place), (int(minor), int(clicks), int(impressions))


def _plus(sums: _Sums, others: Iterable[int]) -> _Sums:
    minor, clicks, impressions = (one + other for one, other in zip(sums, others, strict=True))
    return minor, clicks, impressions
