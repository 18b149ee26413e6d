"""How long people wait for a first answer: from their text or missed call to the first text or
call of a person of ours. Automatic answers are none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import FirstAnswer


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """The median of `answers` waits in seconds; None without any."""

    answers: int
    seconds: int | None


def answer_time(
    business: Business, *, since: datetime, until: datetime, user_id: int | None = None
) -> AnswerTime:
    """The median first-answer time of what was answered in [since, until), by one member or all.

    The median of an even number of waits is the lower of the two in the middle. Two statements.
    """
    rows = FirstAnswer.objects.filter(business=business, at__gte=since, at__lt=until)
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    count = rows.count()
    if not count:
        return AnswerTime(0, None)
    middle = (count - 1) // 2
    return AnswerTime(count, rows.order_by("seconds").values_list("seconds", flat=True)[middle])
