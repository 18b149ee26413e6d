"""When the demo's business is open, and what it says by itself to all of its numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from textrail.domain.accounts.models import Business
from textrail.domain.inbox import actions as inbox
from textrail.domain.inbox.actions import AnswerDraft
from textrail.domain.inbox.models import AnswerTrigger
from textrail.domain.numbers import actions as numbers
from textrail.vocabulary import opening
from textrail.vocabulary.opening import Span

_OFFICE: Final = (Span(8 * 60, 18 * 60),)
_SATURDAY: Final = (Span(9 * 60, 13 * 60),)
_DRAFTS: Final = (
    AnswerDraft(
        trigger=AnswerTrigger.AFTER_HOURS,
        body="Thanks for texting {business}! We are {hours}. No heat, or a smell of gas?"
        " Call {number} now.",
    ),
    AnswerDraft(
        trigger=AnswerTrigger.KEYWORD,
        body="A tune-up is $99 and takes an hour. Reply with a day that suits you, and we come.",
        keywords="price, how much, cost",
        period_hours=0,
        tag="asked the price",
    ),
)


def add_answers(business: Business, *, at: datetime) -> None:
    """Hours with the holidays of the country, and answers that go by them."""
    hours = opening.Hours(
        time_zone=business.time_zone,
        week=(_OFFICE,) * 5 + (_SATURDAY, ()),
        country=business.country,
    )
    numbers.save_hours(business=business, hours_id=None, name="Office", wanted=hours, at=at)
    for draft in _DRAFTS:
        inbox.save_answer(business=business, draft=draft, at=at)
