"""What decides on an automatic answer: the answers that are on, and what was said before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left

from textrail.domain.accounts.models import Business
from textrail.domain.finding import by_key
from textrail.domain.inbox.models import AutoAnswer, Conversation, Direction, Message
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
    return once_a_turn(("answers", number.id), lambda: _answers_on(business, number))


def _answers_on(business: Business, number: TrackingNumber) -> list[Answer]:
    scope = Q(number=number) | Q(source=number.source_id) | Q(number=None, source=None)
    rows = AutoAnswer.objects.filter(scope, business=business, enabled=True)
    return [_answer_of(number, row) for row in rows]


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
    if len(found) < _HISTORY:
        return _history_of(found)
    past = _history_of(found + _answers_before(newest, found[-1].at))
    inbound = rows.filter(direction=Direction.INBOUND).exclude(id=leaving_out or 0)
    wrote_at = past.member_wrote_at or _by_member(conversation_id)
    return replace(
        past,
        is_first=past.is_first and not inbound.exists(),
        given=_given(conversation_id, answer_ids),
        member_wrote_at=wrote_at,
    )


def histories(
    business: Business, asked: Sequence[tuple[Message, Collection[int]]]
) -> dict[int, History]:
    """What was said before each of these texts, by conversation, for the ids of the answers that it
    may get. Two statements for all conversations of few texts, more for each long one."""
    short = _short(business, [text.conversation_id for text, _ in asked])
    few = {text.conversation_id: text for text, _ in asked if text.conversation_id in short}
    rows = Message.objects.filter(by_key(Q(business=business)), conversation_id__in=few)
    newest = rows.exclude(status="scheduled").order_by("conversation_id", "-at", "-id")
    said: dict[int, list[_Row]] = {thread_id: [] for thread_id in few}
    for *values, row_id, thread_id in newest.values_list(*_FIELDS, "id", "conversation_id"):
        if row_id != few[thread_id].id:
            said[thread_id].append(_Row(*values))
    pasts = {id_: _history_of(found) for id_, found in said.items() if len(found) < _HISTORY}
    for text, answer_ids in asked:
        if text.conversation_id not in pasts:
            pasts[text.conversation_id] = history(
                business, text.conversation_id, answer_ids=answer_ids, leaving_out=text.id
            )
    return pasts


def _short(business: Business, conversation_ids: Sequence[int]) -> set[int]:
    """Those of the conversations that have so few texts that all of them may be read."""
    rows = Message.objects.filter(conversation=OuterRef("pk")).order_by("-at", "-id")
    beyond = Subquery(rows.values("id")[_HISTORY : _HISTORY + 1])
    asked = Conversation.objects.filter(by_key(Q(business=business)), id__in=conversation_ids)
    return set(asked.alias(beyond=beyond).filter(beyond=None).values_list("id", flat=True))


def _history_of(found: Sequence[_Row]) -> History:
    """What these texts, newest first, say."""
    given: dict[int, datetime] = {}
    for row in reversed(found):
        if row.answer_id is not None and row.ours:
            given[row.answer_id] = row.at
    by_members = [row.at for row in found if row.ours and row.sent_by_id is not None]
    return History(
        is_first=all(row.ours for row in found),
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
    """The words of an answer for who is to be answered, somebody of this name."""
    filling = Filling(
        business=number.business.name,
        number=number.phone,
        name=name,
        hours=situation.hours,
        at=situation.at,
        twelve=situation.twelve,
        phone=situation.sender,
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


def _by_member(conversation_id: int) -> datetime | None:
    rows = Message.objects.filter(
        conversation_id=conversation_id, direction=Direction.OUTBOUND, sent_by__isnull=False
    )
    newest: datetime | None = rows.exclude(status="scheduled").aggregate(Max("at"))["at__max"]
    return newest
