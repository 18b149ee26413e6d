"""Texts whose receipts do not come: when to ask again, and when nobody asks any more."""

from __future__ import annotations

from datetime import datetime

from textrail.domain.inbox.models import Message
from textrail.domain.inbox.rules import chasing


def put_off_look(*, message: Message, at: datetime) -> None:
    """Nothing new was said. Ask later, or, when it is too old by now, say so for good.

    A text that climbed meanwhile is left alone.
    """
    left_at = message.handed_over_at or message.at
    again_at = chasing.next_look(left_at=left_at, now=at)
    rows = Message.objects.filter(id=message.id, look_up_at=message.look_up_at)
    if again_at is not None:
        rows.filter(status__in=chasing.OPEN).update(look_up_at=again_at)
        return
    given_up = rows.filter(status__in=chasing.OPEN)
    given_up.update(look_up_at=None, error_code=chasing.MISSING_CODE, error=chasing.MISSING)
