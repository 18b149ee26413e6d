"""What numbers say by themselves, and how much came in on each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import AutoAnswer, Call, Direction, Message
from textrail.domain.inbox.rules import UNANSWERED
from textrail.domain.inbox.rules.answers import ORDER
from textrail.vocabulary.errors import NotFound


def answers_of(business: Business) -> list[AutoAnswer]:
    """The automatic answers of the business in the order in which they are asked."""
    rows = AutoAnswer.objects.filter(business=business).select_related("number", "source")
    order = (*ORDER, "missed_call")
    return sorted(rows, key=lambda row: (order.index(row.trigger), _nearness(row), row.id))


def answer(business: Business, answer_id: int) -> AutoAnswer:
    """An automatic answer of the business, or NotFound."""
    rows = AutoAnswer.objects.filter(business=business, id=answer_id)
    found = rows.select_related("number", "source").first()
    if found is None:
        raise NotFound("There is no such answer.", hint="Go back to the list of answers.")
    return found


def _nearness(row: AutoAnswer) -> int:
    if row.number_id is not None:
        return 0
    return 1 if row.source_id is not None else 2


@dataclass(frozen=True, slots=True)
class NumberStatistics:
    """How many texts and calls a number saw."""

    received: int = 0
    sent: int = 0
    calls: int = 0
    unanswered: int = 0


def number_statistics(
    business: Business, *, since: datetime, until: datetime
) -> dict[int, NumberStatistics]:
    """Texts and calls per number in [since, until). Two statements."""
    span = Q(business=business, at__gte=since, at__lt=until)
    texts = {
        row[0]: row[1:]
        for row in Message.objects.filter(span)
        .values("number_id")
        .values_list(
            "number_id",
            Count("id", filter=Q(direction=Direction.INBOUND)),
            Count("id", filter=Q(direction=Direction.OUTBOUND)),
        )
    }
    calls = {
        row[0]: row[1:]
        for row in Call.objects.filter(span)
        .values("number_id")
        .values_list("number_id", Count("id"), Count("id", filter=Q(status__in=UNANSWERED)))
    }
    return {
        number_id: NumberStatistics(*texts.get(number_id, (0, 0)), *calls.get(number_id, (0, 0)))
        for number_id in texts.keys() | calls.keys()
    }
