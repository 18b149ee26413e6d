"""One timeline: texts, calls, taps, and what the rooms beside the inbox add, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from django.db.models import Prefetch, QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import ConsentEvent, ConsentKind
from textrail.domain.inbox import rules
from textrail.domain.inbox import timeline as beside
from textrail.domain.inbox.models import (
    Assignment,
    Attachment,
    Call,
    Conversation,
    Message,
    MessageStatus,
    Note,
)
from textrail.domain.inbox.queries.calls import CallEntry, call_entry, calls_of
from textrail.domain.inbox.queries.entries import (
    NoteEntry,
    RowEntry,
    ScheduledEntry,
    TextEntry,
    assignment_entry,
    note_entry,
    scheduled_entry,
    text_entry,
)
from textrail.domain.links import queries as links
from textrail.domain.links.models import Click
from textrail.vocabulary.money import Money

TIMELINE_PAGE = 60
Dated = TypeVar("Dated", Message, Call, Note, Assignment)
_MOST_SCHEDULED = 50

_FILES = Prefetch("attachments", Attachment.objects.order_by("id"))

TimelineEntry = TextEntry | RowEntry | NoteEntry | CallEntry


@dataclass(frozen=True, slots=True)
class Timeline:
    """A part of a timeline, oldest first; `before` leads further back. `scheduled` are the texts
    that wait for their time, the next one first; only with the newest part."""

    entries: Sequence[TimelineEntry]
    before: datetime | None
    scheduled: Sequence[ScheduledEntry] = ()


def timeline(
    business: Business,
    conversation: Conversation,
    *,
    before: datetime | None = None,
    since: datetime | None = None,
    limit: int = TIMELINE_PAGE,
) -> Timeline:
    """The newest `limit` entries in [since, before). A fixed number of statements."""
    span = Span(since, before)
    added = _added(business, conversation)
    clicks = links.clicks_of_contact(business, conversation.contact_id)
    groups: list[Sequence[TimelineEntry]] = [
        [text_entry(row) for row in span.newest(_texts(conversation), limit)],
        [_click(click) for click in clicks if span.holds(click.at)],
        [call_entry(row) for row in span.newest(calls_of(conversation), limit)],
        [_row(entry) for entry in added if span.holds(entry.at)],
        [note_entry(row) for row in span.newest(_notes(conversation), limit)],
        [assignment_entry(row) for row in span.newest(_assignments(conversation), limit)],
        [entry for entry in _consents(business, conversation) if span.holds(entry.at)],
    ]
    stretch = rules.merge(groups, limit=limit)
    waiting = _scheduled(conversation) if before is None else ()
    return Timeline(stretch.entries, stretch.before, waiting)


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time; either end may be open."""

    since: datetime | None
    before: datetime | None

    def holds(self, at: datetime) -> bool:
        return (self.since is None or at >= self.since) and (
            self.before is None or at < self.before
        )

    def newest(self, rows: QuerySet[Dated], limit: int) -> list[Dated]:
        """The newest `limit` + 1 rows of the stretch, oldest first."""
        if self.since is not None:
            rows = rows.filter(at__gte=self.since)
        if self.before is not None:
            rows = rows.filter(at__lt=self.before)
        return list(rows.order_by("-at", "-id")[: limit + 1])[::-1]


def _texts(conversation: Conversation) -> QuerySet[Message]:
    rows = Message.objects.filter(conversation=conversation)
    rows = rows.exclude(status=MessageStatus.SCHEDULED)
    return rows.select_related("sent_by").prefetch_related(_FILES, "again")


def _scheduled(conversation: Conversation) -> list[ScheduledEntry]:
    rows = Message.objects.filter(conversation=conversation, status=MessageStatus.SCHEDULED)
    rows = rows.select_related("sent_by").prefetch_related(_FILES)
    return [scheduled_entry(row) for row in rows.order_by("leaves_at", "id")[:_MOST_SCHEDULED]]


def _notes(conversation: Conversation) -> QuerySet[Note]:
    rows = Note.objects.filter(conversation=conversation, removed_at=None)
    return rows.select_related("author")


def _assignments(conversation: Conversation) -> QuerySet[Assignment]:
    rows = Assignment.objects.filter(conversation=conversation)
    return rows.select_related("user", "actor")


def _consents(business: Business, conversation: Conversation) -> list[RowEntry]:
    """What was said about being texted, with the words and where it was said."""
    history = contacts.consent_history(business, conversation.contact.phone)
    return [_consent(event) for event in reversed(history)]


_CONSENTS: Final[dict[str, tuple[str, str]]] = {
    ConsentKind.OPT_OUT: ("bell-off", "danger"),
    ConsentKind.HELD: ("shield-question-mark", "warning"),
}


def _consent(event: ConsentEvent) -> RowEntry:
    icon, tone = _CONSENTS.get(event.kind, ("bell", "good"))
    return RowEntry(
        at=event.at,
        key=f"consent-{event.pk}",
        icon=icon,
        lead=event.get_kind_display(),
        detail="" if event.source == "text" else f"by {event.source}",
        tone=tone,
        note=event.words,
    )


def _click(click: Click) -> RowEntry:
    """A tap by a person; what previews and scanners fetched is told on the page of the link."""
    return RowEntry(
        at=click.at,
        key=f"click-{click.id}",
        icon="mouse-pointer-click",
        lead="Tapped",
        name=click.link.name,
        detail=" · ".join(part for part in (click.device, click.browser) if part),
        tone="accent",
    )


def _row(entry: beside.Entry) -> RowEntry:
    return RowEntry(
        at=entry.at,
        key=entry.key,
        icon=entry.icon,
        lead=entry.lead,
        name=entry.name,
        detail=entry.detail,
        tone="good" if entry.money else "",
        money=entry.money,
    )


def _added(business: Business, conversation: Conversation) -> list[beside.Entry]:
    person_ids = contacts.ids_of_person(business, conversation.contact.person)
    return beside.entries(business, person_ids)


def earned(business: Business, conversation: Conversation) -> tuple[Money, ...]:
    """What all that rooms beside the inbox know of the contact was worth, for each currency."""
    sums: dict[str, int] = {}
    for entry in _added(business, conversation):
        if entry.money is not None:
            sums[entry.money.currency] = sums.get(entry.money.currency, 0) + entry.money.minor
    return tuple(Money(minor, currency) for currency, minor in sorted(sums.items()) if minor)
