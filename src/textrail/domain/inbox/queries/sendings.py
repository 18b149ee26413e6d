"""When texts left us and arrived, for the room of links, which judges clicks by it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Min, Q

from textrail.domain.inbox.models import Message, MessageStatus
from textrail.domain.links.sent_texts import Sending


def sendings(message_ids: Collection[int]) -> Mapping[int, Sending]:
    """Hand-over and first report of the arrival of these texts, of any business; one statement."""
    delivered = Min("receipts__at", filter=Q(receipts__status=MessageStatus.DELIVERED))
    rows = Message.objects.filter(id__in=message_ids).order_by()
    told = rows.annotate(delivered_at=delivered)
    return {
        message_id: Sending(handed_over_at, delivered_at)
        for message_id, handed_over_at, delivered_at in told.values_list(
            "id", "handed_over_at", "delivered_at"
        )
    }
