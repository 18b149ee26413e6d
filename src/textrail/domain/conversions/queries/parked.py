"""Looking at reports that do not count yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.models import ParkedReport, ParkReason
from textrail.vocabulary.errors import NotFound

PAGE = 50


def parked_count(business: Business) -> int:
    return ParkedReport.objects.filter(business=business).count()


@dataclass(frozen=True, slots=True)
class ReasonCount:
    reason: str
    label: str
    reports: int


def parked_reasons(business: Business) -> list[ReasonCount]:
    """How many reports wait for each reason, the most frequent first."""
    rows = (
        ParkedReport.objects.filter(business=business).values("reason").annotate(size=Count("id"))
    )
    counts = [
        ReasonCount(row["reason"], ParkReason(row["reason"]).label, row["size"]) for row in rows
    ]
    return sorted(counts, key=lambda each: (-each.reports, each.reason))


@dataclass(frozen=True, slots=True)
class ParkedPage:
    """Reports, newest first; `after` asks for those behind them, None at the end."""

    rows: tuple[ParkedReport, ...]
    after: int | None


def parked_page(
    business: Business, *, reason: str = "", after: int | None = None, limit: int = PAGE
) -> ParkedPage:
    rows = ParkedReport.objects.filter(business=business)
    if reason:
        rows = rows.filter(reason=reason)
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: limit + 1])
    more = len(found) > limit
    return ParkedPage(tuple(found[:limit]), found[limit - 1].pk if more else None)


def parked_report(business: Business, report_id: int) -> ParkedReport:
    found = ParkedReport.objects.filter(business=business, id=report_id).first()
    if found is None:
        raise NotFound(
            "This report waits no more.", hint="It counts by now, or somebody put it away."
        )
    return found


def parked_before(
    business: Business, sender: str, keys: Collection[str]
) -> dict[str, ParkedReport]:
    """What waits of what a sender reported by these keys."""
    rows = ParkedReport.objects.filter(business=business, sender=sender, sender_key__in=keys)
    return {row.sender_key: row for row in rows}


def waiting_reports(
    business: Business, *, reason: str = "", above: int = 0, limit: int = 200
) -> list[ParkedReport]:
    """Reports that wait, oldest first, those above an id."""
    rows = ParkedReport.objects.filter(business=business, id__gt=above)
    return list((rows.filter(reason=reason) if reason else rows).order_by("id")[:limit])
