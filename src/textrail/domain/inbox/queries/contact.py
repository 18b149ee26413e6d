"""Who a conversation is with: where they came from, whether they may be texted, and the proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import ConsentEvent
from textrail.domain.inbox.models import Call, Conversation, Direction, Message
from textrail.domain.numbers.models import Source


@dataclass(frozen=True, slots=True)
class Origin:
    """What first brought them here, and when; the number's own source until they spoke."""

    source: Source
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ContactCard:
    origin: Origin
    opted_out: bool
    consent: Sequence[ConsentEvent]
    tags: Sequence[str]


def contact_card(business: Business, conversation: Conversation) -> ContactCard:
    """What the contact pane shows beside the timeline. A fixed number of statements."""
    contact = conversation.contact
    return ContactCard(
        origin=_origin(conversation),
        opted_out=contacts.is_suppressed(business, contact.phone),
        consent=contacts.consent_history(business, contact.phone),
        tags=sorted(tag.name for tag in contact.tags.all()),
    )


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
