"""Who a conversation is with: where they came from, whether they may be texted, and the proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from textrail.domain.accounts import queries as accounts
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission, Role, allows
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import ConsentEvent, ConsentReview
from textrail.domain.finding import by_key
from textrail.domain.inbox import rules
from textrail.domain.inbox.models import (
    Call,
    Conversation,
    Direction,
    Message,
    MessageStatus,
    Note,
)
from textrail.domain.inbox.queries.entries import NoteEntry, note_entry
from textrail.domain.inbox.rules.failing import warning
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import Source

_MOST_NOTES = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """What first brought them here, and when; the number's own source until they spoke."""

    source: Source
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ContactCard:
    origin: Origin
    opted_out: bool
    waiting: ConsentReview | None
    consent: Sequence[ConsentEvent]
    tags: Sequence[str]
    other_tags: Sequence[str]
    notes: Sequence[NoteEntry]
    members: Sequence[tuple[int, str]]


def conversations_of(business: Business, contact_ids: Sequence[int]) -> dict[int, int]:
    """Contact → conversation, for those who have one."""
    rows = Conversation.objects.filter(by_key(Q(business=business)), contact__in=contact_ids)
    return dict(rows.values_list("contact_id", "id"))


def contact_card(business: Business, conversation: Conversation) -> ContactCard:
    """What the contact pane shows beside the timeline. A fixed number of statements."""
    contact = conversation.contact
    return ContactCard(
        origin=_origin(conversation),
        opted_out=contacts.is_suppressed(business, contact.phone),
        waiting=contacts.open_review(business, contact.phone),
        consent=contacts.consent_history(business, contact.phone),
        tags=(names := sorted((tag.name for tag in contact.tags.all()), key=str.casefold)),
        other_tags=[tag.name for tag in contacts.tags(business) if tag.name not in names],
        notes=_notes(conversation),
        members=[
            (row.user_id, str(row.user))
            for row in accounts.members(business)
            if allows(Role(row.role), Permission.CONVERSE)
        ],
    )


def _notes(conversation: Conversation) -> list[NoteEntry]:
    rows = Note.objects.filter(conversation=conversation, removed_at=None)
    newest = rows.select_related("author").order_by("-at", "-id")[:_MOST_NOTES]
    return [note_entry(note) for note in newest]


def _origin(conversation: Conversation) -> Origin:
    texts = Message.objects.filter(conversation=conversation, direction=Direction.INBOUND)
    calls = Call.objects.filter(conversation=conversation)
    firsts: list[Message | Call] = [
        first
        for rows in (texts, calls)
        if (first := rows.select_related("source").order_by("at", "id").first()) is not None
    ]
    told = [first for first in firsts if first.source is not None]
    if not told:
        return Origin(conversation.number.source, None)
    first = min(told, key=lambda row: row.at)
    assert first.source is not None
    return Origin(first.source, first.at)


def delivery_warning(conversation: Conversation) -> str:
    """What the last text that was settled told about their phone, and that it is a number of the
    business's own; empty when there is nothing to say."""
    ours = numbers.held_number(conversation.business, conversation.contact.phone)
    if ours is not None:
        return f"This is your own number {ours.name}, so no text may go to it."
    rows = Message.objects.filter(conversation=conversation, direction=Direction.OUTBOUND)
    settled = rows.filter(status__in=(MessageStatus.DELIVERED, *rules.BROKEN))
    code = settled.order_by("-at", "-id").values_list("error_code", flat=True).first()
    return warning(code or "")
