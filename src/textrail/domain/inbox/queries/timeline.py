"""One timeline: texts, calls, taps, and what the rooms beside the inbox add, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Prefetch, QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.inbox import rules
from textrail.domain.inbox import timeline as beside
from textrail.domain.inbox.models import (
    Attachment,
    Call,
    CallStatus,
    Conversation,
    Direction,
    Message,
    MessageStatus,
)
from textrail.domain.links import queries as links
from textrail.domain.links.models import Click
from textrail.vocabulary.money import Money

TIMELINE_PAGE = 60
Dated = TypeVar("Dated", Message, Call)

_FILES = Prefetch("attachments", Attachment.objects.order_by("id"))
_BY = {
    "auto": "Automatic answer",
    "compliance": "Automatic answer",
    "campaign": "Campaign",
    "opt_out": "Opted out",
}
_CALLS = {
    CallStatus.RINGING: ("phone-incoming", "Calling now", ""),
    CallStatus.ANSWERED: ("phone-call", "Called", ""),
    CallStatus.MISSED: ("phone-missed", "Missed call", "warning"),
    CallStatus.VOICEMAIL: ("voicemail", "Left a voicemail", "warning"),
    CallStatus.FAILED: ("phone-off", "A call that failed", "warning"),
}


@dataclass(frozen=True, slots=True)
class File:
    """An attachment as the page shows it: ready, on its way, or with a problem."""

    id: int
    kind: rules.MediaKind
    content_type: str
    ready: bool
    problem: str


@dataclass(frozen=True, slots=True)
class TextEntry:
    """A text in either direction. `status` and `tone` are for ours; `error` is a sentence."""

    at: datetime
    key: str
    ours: bool
    body: str
    by: str
    status: str
    tone: str
    error: str
    files: tuple[File, ...]
    is_text: bool = True

    @property
    def state(self) -> str:
        """What became of it: `Delivered`, or `Failed: The phone was off.`"""
        return f"{self.status}: {self.error}" if self.error else self.status


@dataclass(frozen=True, slots=True)
class RowEntry:
    """A slim row: an icon and one sentence (`lead` **name** · detail)."""

    at: datetime
    key: str
    icon: str
    lead: str
    name: str = ""
    detail: str = ""
    tone: str = ""
    note: str = ""
    money: Money | None = None
    is_text: bool = False


TimelineEntry = TextEntry | RowEntry


@dataclass(frozen=True, slots=True)
class Timeline:
    """A part of a timeline, oldest first; `before` leads further back."""

    entries: Sequence[TimelineEntry]
    before: datetime | None


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
        [_text(row) for row in span.newest(_texts(conversation), limit)],
        [_click(click) for click in clicks if span.holds(click.at)],
        [_call(row) for row in span.newest(_calls(conversation), limit)],
        [_row(entry) for entry in added if span.holds(entry.at)],
    ]
    stretch = rules.merge(groups, limit=limit)
    return Timeline(stretch.entries, stretch.before)


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
    return rows.select_related("sent_by").prefetch_related(_FILES)


def _calls(conversation: Conversation) -> QuerySet[Call]:
    return Call.objects.filter(conversation=conversation).select_related("number")


def _text(message: Message) -> TextEntry:
    ours = message.direction == Direction.OUTBOUND
    broken = message.status in rules.BROKEN
    return TextEntry(
        at=message.at,
        key=f"text-{message.id}",
        ours=ours,
        body=message.body,
        by=_BY.get(message.kind) or (str(message.sent_by) if message.sent_by else ""),
        status=MessageStatus(message.status).label if ours else "",
        tone="danger" if broken else "",
        error=message.error if broken else "",
        files=tuple(_file(row) for row in message.attachments.all()),
    )


def _file(attachment: Attachment) -> File:
    return File(
        id=attachment.id,
        kind=rules.media_kind(attachment.content_type),
        content_type=attachment.content_type,
        ready=bool(attachment.path),
        problem=attachment.problem,
    )


def _call(call: Call) -> RowEntry:
    icon, lead, tone = _CALLS[CallStatus(call.status)]
    return RowEntry(
        at=call.at,
        key=f"call-{call.id}",
        icon=icon,
        lead=lead,
        name=call.number.name,
        detail=_minutes(call.duration_seconds),
        tone=tone,
        note=call.voicemail,
    )


def _minutes(seconds: int) -> str:
    if not seconds:
        return ""
    return f"{seconds} s" if seconds < 60 else f"{round(seconds / 60)} min"


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
