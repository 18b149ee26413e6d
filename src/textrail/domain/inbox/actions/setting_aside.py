"""Texts of campaigns that hold still: put aside by the mouth when their turn comes, and taken up
again or cancelled some at a time.

Each is one conditional update: a text that is being handed over is nobody's but the mouth's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.finding import by_key
from textrail.domain.inbox import brakes
from textrail.domain.inbox.actions.sending import HAND_OVER
from textrail.domain.inbox.brakes import Obstacle
from textrail.domain.inbox.models import Message, MessageStatus, Receipt
from textrail.outbox.actions import enqueue_many
from textrail.outbox.models import Lane


def put_aside_halted(texts: Sequence[Message]) -> set[int]:
    """Put those of the texts aside whose campaigns hold still; their ids. All are in line, of one
    business, and locked by the caller's transaction. One statement where they are of campaigns."""
    business_id = texts[0].business_id
    asked = {text.campaign_id for text in texts if text.campaign_id is not None}
    halted = brakes.halted(business_id, asked)
    ids = {text.pk for text in texts if text.campaign_id in halted}
    if ids:
        Message.objects.filter(id__in=ids).update(status=MessageStatus.PAUSED)
    return ids


def put_aside(message: Message, why: Obstacle, *, at: datetime, status: MessageStatus) -> bool:
    """Put a text of a campaign aside instead of failing it, because none of that campaign can leave
    now, and have the campaign hold still; whether that was done. Inside the caller's transaction.

    Not for texts that belong to no campaign, nor for one that is not in `status` any more.
    """
    if message.campaign_id is None:
        return False
    row = Message.objects.filter(id=message.pk, status=status)
    with transaction.atomic():
        if row.update(status=MessageStatus.PAUSED) and brakes.halt(
            message.business_id, message.campaign_id, why, at
        ):
            return True
        transaction.set_rollback(True)
    return False


@transaction.atomic
def wait_for_way_out(*, message: Message, why: Obstacle, at: datetime) -> bool:
    """Put a text of a campaign aside for which there is no way to a carrier; whether it was one."""
    return put_aside(message, why, at=at, status=MessageStatus.QUEUED)


@transaction.atomic
def take_up_again(*, business: Business, campaign_id: int, limit: int, at: datetime) -> int:
    """Put up to `limit` texts of a campaign that goes on back in line; how many."""
    rows = _rows(business, campaign_id, MessageStatus.PAUSED)
    ids = sorted(rows.values_list("id", flat=True)[:limit])
    Message.objects.filter(id__in=ids).update(status=MessageStatus.QUEUED)
    payloads = [{"message_id": id_} for id_ in ids]
    enqueue_many(HAND_OVER, payloads, at=at, lane=Lane.BULK)
    return len(ids)


@transaction.atomic
def cancel_waiting(*, business: Business, campaign_id: int, limit: int, at: datetime) -> list[int]:
    """Cancel up to `limit` texts of a campaign that have not begun to leave; whom they were for.

    One that the mouth holds in this moment is passed over.
    """
    rows = _rows(business, campaign_id, MessageStatus.QUEUED, MessageStatus.PAUSED)
    found = dict(rows.values_list("id", "contact_id")[:limit])
    Message.objects.filter(id__in=found).update(status=MessageStatus.CANCELLED)
    Receipt.objects.bulk_create(
        [
            Receipt(message_id=id_, business_id=business.pk, status=MessageStatus.CANCELLED, at=at)
            for id_ in found
        ],
        ignore_conflicts=True,
    )
    return list(found.values())


def _rows(
    business: Business, campaign_id: int, *statuses: MessageStatus
) -> QuerySet[Message, Message]:
    """Texts that nobody else holds. Waiting for one would be to wait for the mouth, which may wait
    for the campaign."""
    rows = Message.objects.select_for_update(no_key=True, skip_locked=True)
    ours = by_key(Q(business=business))
    return rows.filter(ours, campaign_id=campaign_id, status__in=statuses)
