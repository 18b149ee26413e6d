"""Which endpoints a business has, what they hear, and what became of their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.finding import Page, newest_page, the_one
from textrail.domain.hooks.models import Delivery, Endpoint
from textrail.domain.hooks.rules.endpoints import wants
from textrail.vocabulary.events import Event

PAGE = 50
WAITING = Q(due_at__isnull=False)
FAILED = Q(due_at__isnull=True, delivered_at__isnull=True)


def wanted(events: Sequence[Event]) -> Sequence[Event]:
    """Those of `events` that some endpoint hears of; one statement for all of them."""
    heard: dict[int, list[Endpoint]] = {}
    business_ids = {event.business_id for event in events}
    for row in Endpoint.objects.filter(business__in=business_ids, disabled_at=None):
        heard.setdefault(row.business_id, []).append(row)
    return [
        event
        for event in events
        if any(_hears(row, event) for row in heard.get(event.business_id, ()))
    ]


def hearing(business: Business, event: Event) -> list[Endpoint]:
    """The endpoints that hear of this event now."""
    rows = Endpoint.objects.filter(business=business, disabled_at=None).order_by("id")
    return [row for row in rows if _hears(row, event)]


def _hears(endpoint: Endpoint, event: Event) -> bool:
    return wants(endpoint.events, machines=endpoint.machines, event=event)


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """A line of the list, with how many deliveries wait and how many were given up."""

    endpoint: Endpoint
    waiting: int
    failed: int


def endpoint_rows(business: Business) -> list[EndpointRow]:
    """The endpoints, newest first, the disabled ones last; three statements."""
    rows = list(Endpoint.objects.filter(business=business).order_by("-id"))
    waiting, failed = _counts(rows, WAITING), _counts(rows, FAILED)
    lines = [EndpointRow(row, waiting.get(row.pk, 0), failed.get(row.pk, 0)) for row in rows]
    return sorted(lines, key=lambda line: line.endpoint.disabled_at is not None)


def _counts(endpoints: Sequence[Endpoint], which: Q) -> dict[int, int]:
    """How many such deliveries each has. Not asked of what has arrived, of which there is much."""
    rows = Delivery.objects.filter(which, endpoint__in=endpoints).order_by()
    return dict(rows.values("endpoint").annotate(n=Count("id")).values_list("endpoint", "n"))


def endpoint(business: Business, endpoint_id: int) -> Endpoint:
    rows = Endpoint.objects.filter(business=business, id=endpoint_id)
    return the_one(rows, "There is no such endpoint.", hint="Go back to the list of webhooks.")


def delivery_page(
    business: Business,
    endpoint: Endpoint,
    *,
    show: str = "",
    after: int | None = None,
    limit: int = PAGE,
) -> Page[Delivery]:
    """The newest deliveries of an endpoint; `show` is “failed”, “waiting”, or anything for all."""
    rows = Delivery.objects.filter(endpoint__business=business, endpoint=endpoint)
    if show == "failed":
        rows = rows.filter(FAILED)
    elif show == "waiting":
        rows = rows.filter(WAITING)
    return newest_page(rows.defer("payload"), after=after, limit=limit)


def delivery(business: Business, delivery_id: int) -> Delivery:
    rows = Delivery.objects.filter(endpoint__business=business, id=delivery_id)
    rows = rows.select_related("endpoint")
    return the_one(rows, "There is no such delivery.", hint="Deliveries are kept for 30 days.")


def failed_since(
    business: Business, endpoint: Endpoint, since: datetime
) -> QuerySet[Delivery, Delivery]:
    """The deliveries of an endpoint that were given up, of events since then."""
    rows = Delivery.objects.filter(endpoint__business=business, endpoint=endpoint)
    return rows.filter(FAILED, created_at__gte=since)
