"""Where in a timeline a text stands that a search found."""

from __future__ import annotations

from datetime import datetime, timedelta

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import Conversation, Message, MessageStatus

_BEHIND = 8


def moment_behind(
    business: Business, conversation: Conversation, message_id: int
) -> datetime | None:
    """The moment behind which a page of the timeline may end that shows this text and a few after
    it; None when the newest page shows it, as it shows what is scheduled, and for a text of another
    conversation."""
    rows = Message.objects.filter(business=business, conversation=conversation)
    rows = rows.exclude(status=MessageStatus.SCHEDULED)
    at = rows.filter(id=message_id).values_list("at", flat=True).first()
    if at is None:
        return None
    later = rows.filter(at__gt=at).order_by("at", "id").values_list("at", flat=True)
    behind = list(later[: _BEHIND + 1])
    return behind[-1] + timedelta(microseconds=1) if len(behind) > _BEHIND else None
