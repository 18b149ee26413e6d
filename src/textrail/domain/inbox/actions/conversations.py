"""Opening a conversation, noting what happened in it, reading it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox.models import Conversation
from textrail.domain.numbers.models import TrackingNumber


@transaction.atomic
def open_conversation(
    *, business: Business, contact: Contact, number: TrackingNumber, at: datetime
) -> Conversation:
    """The conversation with `contact`, made if there is none."""
    conversation, _ = Conversation.objects.get_or_create(
        contact=contact,
        defaults={"business": business, "number": number, "last_at": at},
    )
    return conversation


def note_activity(
    conversation: Conversation,
    *,
    number: TrackingNumber,
    line: str,
    at: datetime,
    unread: int = 0,
) -> None:
    """Bring the thread up to date, inside the transaction of what happened.

    Something older than the newest activity counts as unread, but does not change the line.
    """
    row = Conversation.objects.filter(id=conversation.id)
    row.update(unread=F("unread") + unread, opened_at=Coalesce(F("opened_at"), Value(at)))
    row.filter(last_at__lte=at).update(last_at=at, last_line=line, number=number)


@transaction.atomic
def mark_read(*, business: Business, conversation_id: int) -> bool:
    """Whether anything in the conversation was unread; nothing is, now."""
    unread = Conversation.objects.filter(business=business, id=conversation_id, unread__gt=0)
    return bool(unread.update(unread=0))
