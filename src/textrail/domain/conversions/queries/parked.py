"""Looking at reports that do not count yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.models import ConversionType, ParkedReport, ParkReason
from textrail.domain.finding import Page, newest_page, the_one

PAGE = 50


# Of those without a type there may be very many: what waits is named, and found by its index.
_WAITING = tuple({*ParkReason} - {ParkReason.NO_TYPE, ParkReason.PUT_AWAY})


def waiting(business: Business) -> QuerySet[ParkedReport]:
    """The reports that wait, without those that wait for a type, of which the list of events tells,
    and without those that somebody put away."""
    return ParkedReport.objects.filter(business=business, reason__in=_WAITING)


def held(business: Business) -> QuerySet[ParkedReport]:
    """All reports that may count yet: those that wait, also for a type."""
    return ParkedReport.objects.filter(business=business).exclude(reason=ParkReason.PUT_AWAY)


def kept_by_name(business: Business, names: Iterable[str]) -> dict[str, int]:
    """How many reports of each of these events are kept until a type counts it."""
    rows = ParkedReport.objects.filter(reason=ParkReason.NO_TYPE, business=business, name__in=names)
    return dict(rows.values_list("name").annotate(Count("id")))


def keeps_any(business: Business) -> bool:
    """Whether any report is kept until a type counts it."""
    return ParkedReport.objects.filter(business=business, reason=ParkReason.NO_TYPE).exists()


def kept_for(
    business: Business, type_: ConversionType, *, above: int, limit: int
) -> list[ParkedReport]:
    """Kept reports that a type counts by now, oldest first, those above an id: also what counts as
    its event because no type counts its own."""
    rows = ParkedReport.objects.filter(
        Q(name__in={type_.event, type_.refund_event} - {""}) | Q(event__otherwise=type_.event),
        business=business,
        reason=ParkReason.NO_TYPE,
        id__gt=above,
    )
    return list(rows.order_by("id")[:limit])


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
    business: Business,
    *,
    reason: str = "",
    event: str = "",
    after: int | None = None,
    limit: int = PAGE,
) -> Page[ParkedReport]:
    """Reports that wait, or those for one reason, newest first; of one event where that is named.
    What waits for a type is there for its own reason only."""
    rows = held(business).filter(reason=reason) if reason else waiting(business)
    return newest_page(rows.filter(name=event) if event else rows, after=after, limit=limit)


def parked_report(business: Business, report_id: int) -> ParkedReport:
    rows = held(business).filter(id=report_id)
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
