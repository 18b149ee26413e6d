"""Looking at what other channels cost and brought, and at what waits for a rate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Person
from textrail.domain.visitors.models import AdClick, Cost, OutsideClick

AT_ONCE = 5_000


def _costs(business: Business) -> QuerySet[Cost]:
    """Those that count, or will when they have a rate."""
    return Cost.objects.filter(business=business, set_aside_by="")


@dataclass(frozen=True, slots=True)
class Spending:
    """What is known of one source and medium: its days, what they cost, and what waits."""

    source: str
    medium: str
    first: date
    last: date
    minor: int
    clicks: int
    impressions: int
    waiting: int


def spendings(business: Business) -> list[Spending]:
    """All that was ever told of costs, by source and medium, the newest first."""
    found = (
        _costs(business)
        .values(source=F("traffic__source"), medium=F("traffic__medium"))
        .annotate(
            first=Min("day"),
            last=Max("day"),
            amount=Sum("minor", default=0),
            clicked=Sum("clicks"),
            seen=Sum("impressions"),
            waits=Count("id", filter=Q(minor=None)),
        )
        .order_by("-last", "source", "medium")
    )
    return [
        Spending(
            row["source"],
            row["medium"],
            row["first"],
            row["last"],
            row["amount"],
            row["clicked"],
            row["seen"],
            row["waits"],
        )
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Clicks that a source and medium brought, as far as they were told."""

    source: str
    medium: str
    clicks: int


def clicks_elsewhere(business: Business) -> list[Elsewhere]:
    """Imported clicks by source and medium, the most first."""
    found = (
        OutsideClick.objects.filter(business=business)
        .values(source=F("traffic__source"), medium=F("traffic__medium"))
        .annotate(clicked=Count("id"))
        .order_by("-clicked", "source", "medium")
    )
    return [Elsewhere(row["source"], row["medium"], row["clicked"]) for row in found]


@dataclass(frozen=True, slots=True)
class WaitingCosts:
    """How many figures wait for a rate, and in which currencies they are."""

    count: int
    currencies: tuple[str, ...]


def waiting_costs(business: Business) -> WaitingCosts:
    rows = _costs(business).filter(minor=None)
    counts = dict(rows.values_list("given_currency").annotate(Count("id")).order_by())
    return WaitingCosts(sum(counts.values()), tuple(sorted(counts)))


def costs_that_wait(business: Business, *, after: int = 0) -> list[Cost]:
    """The next costs without a rate behind the one with this id."""
    rows = _costs(business).filter(minor=None, id__gt=after)
    return list(rows.order_by("id")[:AT_ONCE])


@dataclass(frozen=True, slots=True)
class Visit:
    """A session that came with an ad's click id, and the person on whom it is written down."""

    session_id: int
    person: Person


def visits_of_ad_clicks(business: Business, ad_clicks: Collection[str]) -> dict[str, Visit]:
    """The first visit that came with each of these click ids; those of machines are nobody's."""
    if not ad_clicks:
        return {}
    rows = AdClick.objects.filter(
        business=business, value__in=ad_clicks, session__person__isnull=False
    )
    found: dict[str, Visit] = {}
    for row in rows.select_related("session__person").order_by("id"):
        person = row.session.person
        if person is not None:
            found.setdefault(row.value, Visit(row.session_id, person))
    return found
