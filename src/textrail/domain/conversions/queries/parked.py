"""Looking at reports that do not count yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.models import ParkedReport, ParkReason
from textrail.domain.finding import Page, newest_page, the_one

PAGE = 50


def waiting(business: Business) -> QuerySet[ParkedReport]:
    """The reports that wait, without those that somebody put away."""
    return ParkedReport.objects.filter(business=business).exclude(reason=ParkReason.PUT_AWAY)


def parked_count(business: Business) -> int:
    return waiting(business).count()


def waiting_for_rates(business: Business) -> int:
    """How many reports count nowhere until the exchange rate of their day is loaded."""
    return ParkedReport.objects.filter(business=business, reason=ParkReason.RATE_MISSING).count()


@dataclass(frozen=True, slots=True)
class ReasonCount:
    reason: str
    label: str
    reports: int


def parked_reasons(business: Business) -> list[ReasonCount]:
    """How many reports wait for each reason, the most frequent first."""
    rows = waiting(business).values("reason").annotate(size=Count("id"))
    counts = [
        ReasonCount(row["reason"], ParkReason(row["reason"]).label, row["size"]) for row in rows
    ]
    return sorted(counts, key=lambda each: (-each.reports, each.reason))


def parked_page(
    business: Business, *, reason: str = "", after: int | None = None, limit: int = PAGE
) -> Page[ParkedReport]:
    rows = waiting(business)
    if reason:
        rows = rows.filter(reason=reason)
    return newest_page(rows, after=after, limit=limit)


def parked_report(business: Business, report_id: int) -> ParkedReport:
    rows = waiting(business).filter(id=report_id)
    return the_one(
        rows, "This report waits no more.", hint="It counts by now, or somebody put it away."
    )


def parked_before(
    business: Business, sender: str, keys: Collection[str]
) -> dict[str, ParkedReport]:
    """What waits of what a sender reported by these keys, and what was put away."""
    rows = ParkedReport.objects.filter(business=business, sender=sender, sender_key__in=keys)
    return {row.sender_key: row for row in rows}


def waiting_reports(
    business: Business, *, reason: str = "", above: int = 0, limit: int = 200
) -> list[ParkedReport]:
    """Reports that wait, oldest first, those above an id."""
    rows = waiting(business).filter(id__gt=above)
    return list((rows.filter(reason=reason) if reason else rows).order_by("id")[:limit])
