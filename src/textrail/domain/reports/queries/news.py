"""What was learnt of people since a period was over, and how many of its conversions it moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.conversions.models import Conversion
from textrail.domain.finding import by_key
from textrail.domain.reports.rules import Choice
from textrail.vocabulary.clock import from_ms

# How far back changes are told: of a period that still runs, and of one that is over.
OF_A_RUNNING_PERIOD = timedelta(days=7)
AT_MOST = timedelta(days=90)
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class News:
    """From `since` on `joined` people turned out to be one with others, and `split` were taken
    apart again; `conversions` of the period, which were counted before, may be credited in another
    way now."""

    since: datetime
    joined: int
    split: int
    conversions: int


def identity_news(business: Business, choice: Choice, now: datetime) -> News | None:
    """None where nothing was learnt that touches a conversion of the period."""
    span = choice.period.span(ZoneInfo(business.time_zone))
    first, end = from_ms(span.from_ms), from_ms(span.until_ms)
    since = now - OF_A_RUNNING_PERIOD if end > now else max(end, now - AT_MOST)
    changes = contacts.identity_changes(business, since, now)
    ids = sorted(changes.person_ids)
    counted = Conversion.objects.filter(
        by_key(Q(business=business, at__gte=first, at__lt=end, received_at__lt=since))
    )
    conversions = sum(
        counted.filter(person_id__in=ids[start : start + _AT_ONCE]).count()
        for start in range(0, len(ids), _AT_ONCE)
    )
    if not conversions:
        return None
    return News(since, changes.joined, changes.split, conversions)
