"""The last text in and the last text out of a number, for the number's own page."""

from __future__ import annotations

from datetime import datetime

from textrail.domain.inbox.models import Direction, Message
from textrail.domain.inbox.rules import NOT_LEFT
from textrail.domain.numbers.lately import Lately
from textrail.domain.numbers.models import TrackingNumber


def lately(number: TrackingNumber) -> Lately:
    """Two statements. A text that has not left counts as none."""
    return Lately(
        text_in=_last(number, Direction.INBOUND), text_out=_last(number, Direction.OUTBOUND)
    )


def _last(number: TrackingNumber, direction: Direction) -> datetime | None:
    rows = Message.objects.filter(number=number, direction=direction)
    left = rows.exclude(status__in=NOT_LEFT).order_by("-id")
    return left.values_list("at", flat=True).first()
