"""Texts that wait for their time."""

from __future__ import annotations

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import Message, MessageStatus
from textrail.vocabulary.errors import NotFound


def scheduled_text(business: Business, message_id: int) -> Message:
    """A text that waits for its time, with its conversation and contact, or NotFound."""
    rows = Message.objects.filter(business=business, status=MessageStatus.SCHEDULED)
    found = rows.select_related("conversation__contact", "contact", "number")
    message = found.filter(id=message_id).first()
    if message is None:
        raise NotFound(
            "This text is not waiting any more: it left, or somebody cancelled it.",
            hint="Go back to the conversation, which shows what became of it.",
        )
    return message
