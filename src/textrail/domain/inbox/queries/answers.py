"""What numbers say by themselves."""

from __future__ import annotations

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import AutoAnswer
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
