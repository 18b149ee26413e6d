"""What decides on an automatic answer: the answers that are on, and what was said before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Left

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import AutoAnswer, Direction, Message
from textrail.domain.inbox.rules.answers import (
    MOST_IN_WINDOW,
    WINDOW,
    Answer,
    Filling,
    Said,
    Situation,
    fill_answer,
)
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.turn import once_a_turn
from textrail.vocabulary.opening import Hours
from textrail.vocabulary.opening_words import uses_twelve

# How many texts are looked at before the older ones are asked for by name.
_HISTORY: Final = 40
_COMPARED: Final = 400
_AUTOMATIC: Final = ("auto", "compliance")
_FIELDS: Final = (
    "at",
    "direction",
    "kind",
    "answer_id",
    "sent_by_id",
    Left("body", _COMPARED),
)


@dataclass(frozen=True, slots=True)
class History:
    """What was said in a conversation so far, as far as answers ask for it."""

    is_first: bool
    given: dict[int, datetime]
    member_wrote_at: datetime | None
    recent: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    at: datetime
    direction: str
    kind: str
    answer_id: int | None
    sent_by_id: int | None
    body: str

    @property
    def ours(self) -> bool:
        return self.direction == Direction.OUTBOUND


def answers_on(business: Business, number: TrackingNumber) -> list[Answer]:
    """The answers that are on for a number: its own, its source’s, the business’s, unordered."""
    scope = Q(number=number) | Q(source=number.source_id) | Q(number=None, source=None)
    rows = AutoAnswer.objects.filter(scope, business=business, enabled=True)
    return once_a_turn(("answers", number.id), lambda: [_answer_of(number, row) for row in rows])


def _answer_of(number: TrackingNumber, row: AutoAnswer) -> Answer:
    """The answer as the rules see it, for a text to `number`."""
    scope: Literal["number", "source", "business"] = "business"
    place = "all numbers"
    if row.number_id is not None:
        scope, place = "number", number.name
    elif row.source_id is not None:
        scope, place = "source", number.source.name
    return Answer(
        id=row.id,
        trigger=row.trigger,
        scope=scope,
        place=place,
        keywords=tuple(row.keywords.split("\n")) if row.keywords else (),
        body=row.body,
        period_hours=row.period_hours,
        quiet_minutes=row.quiet_minutes,
        after_voicemail=row.after_voicemail,
        tag=row.tag,
    )


def history(
    business: Business,
    conversation_id: int,
    *,
    answer_ids: Collection[int],
    leaving_out: int | None = None,
) -> History:
    """What was said so far, without the text `leaving_out`. One statement for a conversation of
    few texts, four more for a long one."""
    rows = Message.objects.filter(business=business, conversation_id=conversation_id)
    newest = rows.exclude(status="scheduled").order_by("-at", "-id")
    values = newest.values_list(*_FIELDS, "id")[: _HISTORY + 1]
    found = [_Row(*row[:-1]) for row in values if row[-1] != leaving_out]
    given: dict[int, datetime] = {}
    for row in reversed(found):
        if row.answer_id is not None and row.ours:
            given[row.answer_id] = row.at
    by_members = [row.at for row in found if row.ours and row.sent_by_id is not None]
    is_first = not any(not row.ours for row in found)
    if len(found) >= _HISTORY:
        given = _given(conversation_id, answer_ids)
        inbound = rows.filter(direction=Direction.INBOUND).exclude(id=leaving_out or 0)
        is_first = is_first and not inbound.exists()
        by_members = by_members or _by_members(conversation_id)
        found += _answers_before(newest, found[-1].at)
    return History(
        is_first=is_first,
        given=given,
        member_wrote_at=by_members[0] if by_members else None,
        recent=tuple(_said(row) for row in reversed(found)),
    )


def situation(
    number: TrackingNumber,
    past: History,
    *,
    event: Literal["text", "missed_call", "voicemail"],
    answers: Collection[Answer],
    sender: str,
    at: datetime,
    body: str = "",
) -> Situation:
    """All that the rules ask for; the opening hours of the number only when an answer asks for
    them, and then by one statement."""
    timed = any(answer.goes_by_hours for answer in answers)
    return Situation(
        event=event,
        sender=sender,
        at=at,
        body=body,
        is_first=past.is_first,
        hours=_opening(number) if timed else None,
        twelve=uses_twelve(number.business.country),
        given=past.given,
        member_wrote_at=past.member_wrote_at,
        recent=past.recent,
    )


def fill(number: TrackingNumber, body: str, situation: Situation, name: str) -> str:
    """The words of an answer for somebody of this name."""
    filling = Filling(
        business=number.business.name,
        number=number.phone,
        name=name,
        hours=situation.hours,
        at=situation.at,
        twelve=situation.twelve,
    )
    return fill_answer(body, filling)


def _opening(number: TrackingNumber) -> Hours | None:
    return once_a_turn(("hours", number.id), lambda: numbers.opening_of(number))


def stopped_texts(business: Business, *, limit: int = 20) -> Sequence[Message]:
    """The newest texts that were not answered because they look like another machine's."""
    rows = Message.objects.filter(business=business, answered_on="stopped")
    return list(rows.select_related("contact", "number").order_by("-id")[:limit])


def _said(row: _Row) -> Said:
    return Said(row.at, row.ours, row.ours and row.kind in _AUTOMATIC, row.body)


def _answers_before(newest: QuerySet[Message], oldest: datetime) -> list[_Row]:
    """Our automatic texts of the hour before those that were looked at: behind a flood of theirs
    they still count."""
    rows = newest.filter(
        at__lt=oldest, at__gt=oldest - WINDOW, direction=Direction.OUTBOUND, kind__in=_AUTOMATIC
    )
    return [_Row(*row) for row in rows.values_list(*_FIELDS)[:MOST_IN_WINDOW]]


def _given(conversation_id: int, answer_ids: Collection[int]) -> dict[int, datetime]:
    rows = Message.objects.filter(
        conversation_id=conversation_id, direction=Direction.OUTBOUND, answer_id__in=answer_ids
    )
    return dict(rows.values_list("answer_id").annotate(Max("at")))


def _by_members(conversation_id: int) -> list[datetime]:
    rows = Message.objects.filter(
        conversation_id=conversation_id, direction=Direction.OUTBOUND, sent_by__isnull=False
    )
    newest = rows.exclude(status="scheduled").aggregate(Max("at"))["at__max"]
    return [newest] if newest else []
