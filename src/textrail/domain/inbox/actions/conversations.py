"""Opening a conversation, and noting what happened in it: unread, waiting, answered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, Greatest

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox.actions.nudging import nudge
from textrail.domain.inbox.models import Conversation, FirstAnswer
from textrail.domain.numbers.models import TrackingNumber

TAIL = 4

# How somebody reached us. “call” is one that nobody took, and “talk” one that somebody did.
Heard = Literal["", "text", "call", "talk"]


@transaction.atomic
def open_conversation(
    *, business: Business, contact: Contact, number: TrackingNumber, at: datetime
) -> Conversation:
    """The conversation with `contact`, made if there is none."""
    conversation, _ = Conversation.objects.get_or_create(
        contact=contact,
        defaults={
            "business": business,
            "number": number,
            "last_at": at,
            "tail": contact.phone[-TAIL:],
        },
    )
    return conversation


def note_activity(
    conversation: Conversation,
    *,
    number: TrackingNumber,
    line: str,
    at: datetime,
    unread: int = 0,
    heard: Heard = "",
    waits: bool = True,
) -> None:
    """Bring the thread up to date, inside the transaction of what happened.

    Something older than the newest activity counts as unread, but does not change the line. What
    was `heard` of them makes the thread wait for an answer; a goodbye `waits` for none any more.
    """
    row = Conversation.objects.filter(id=conversation.id)
    changes: dict[str, object] = {"opened_at": Coalesce(F("opened_at"), Value(at))}
    if heard == "text":
        changes["has_texts"] = True
    elif heard:
        changes["has_calls"] = True
    if unread:
        changes["unread"] = F("unread") + unread
        changes["inbound"] = F("inbound") + unread
        changes["inbound_at"] = _later("inbound_at", at)
    if unread and heard:
        changes["waiting_since"] = Coalesce(F("waiting_since"), Value(at)) if waits else None
    row.update(**changes)
    row.filter(last_at__lte=at).update(last_at=at, last_line=line, number=number)


def _later(field: str, at: datetime) -> Case:
    """The later of a moment that may be empty and `at`."""
    empty = When(**{f"{field}__isnull": True}, then=Value(at))
    return Case(empty, default=Greatest(F(field), Value(at)))


def note_answer(conversation: Conversation, *, user: User | None, at: datetime) -> bool:
    """A person of ours wrote or spoke: whoever waited has been answered, and how long that took is
    kept. Whether anybody waited. Runs inside the transaction of the answer.

    An answer that is older than the question, which a late report may tell of, answers nothing.
    """
    waiting = Conversation.objects.filter(id=conversation.id, waiting_since__lte=at)
    asked_at = waiting.values_list("waiting_since", flat=True).first()
    if asked_at is None or not waiting.filter(waiting_since=asked_at).update(waiting_since=None):
        return False
    FirstAnswer.objects.create(
        business_id=conversation.business_id,
        conversation_id=conversation.id,
        user=user,
        asked_at=asked_at,
        at=at,
        seconds=round((at - asked_at).total_seconds()),
    )
    return True


@transaction.atomic
def needs_no_answer(*, business: Business, conversation_id: int) -> bool:
    """Whether somebody waited in the conversation; nobody does, now, and no time is kept of it."""
    waiting = Conversation.objects.filter(
        business=business, id=conversation_id, waiting_since__isnull=False
    )
    settled = bool(waiting.update(waiting_since=None))
    if settled:
        nudge(business)
    return settled
