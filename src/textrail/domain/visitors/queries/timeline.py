"""Visits as lines of a person's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.finding import by_key
from textrail.domain.visitors.models import Session
from textrail.domain.visitors.queries.channels import channel_names

TIMELINE_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class VisitEntry:
    """A visit in the words of the timeline."""

    at: datetime
    key: str
    icon: str
    lead: str
    name: str
    detail: str
    money: None = None


def timeline_entries(business: Business, person_ids: Sequence[int]) -> list[VisitEntry]:
    """The newest visits of the human being behind `person_ids`, in any order."""
    lives = set(contacts.surviving_ids(business, person_ids).values())
    people = contacts.ids_of_lives(business, lives)
    rows = Session.objects.filter(by_key(Q(business=business)), person__in=people)
    newest = list(rows.select_related("traffic").order_by("-started_at", "-id")[:TIMELINE_LIMIT])
    names = channel_names(business) if newest else {}
    return [_entry(row, names.get(row.traffic.channel, "")) for row in newest]


def _entry(row: Session, channel: str) -> VisitEntry:
    pages = "1 page" if row.pages == 1 else f"{row.pages:,} pages"
    return VisitEntry(
        at=row.started_at,
        key=f"session-{row.pk}",
        icon="globe",
        lead="Visited",
        name=f"{row.host}{row.path}",
        detail=", ".join(filter(None, [channel, pages, row.device])),
    )
