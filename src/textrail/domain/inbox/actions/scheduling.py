"""Texts that leave later, and failed ones that are said once more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from textrail.domain.accounts.models import Business, User
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.indexing import forget_words
from textrail.domain.inbox.actions.media import KeptMedia
from textrail.domain.inbox.actions.nudging import nudge
from textrail.domain.inbox.actions.quieting import check_quiet
from textrail.domain.inbox.actions.receipts import append_receipt
from textrail.domain.inbox.actions.sending import hand_in, queue_text
from textrail.domain.inbox.models import Direction, Message, MessageStatus
from textrail.outbox.actions import tell
from textrail.vocabulary.errors import Conflict, Malformed, NotFound
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.segments import segment

LONGEST_AHEAD: Final = timedelta(days=365)
# Lost on the way: it may have arrived, so it is not said again by a click.
_UNKNOWN: Final = "outcome_unknown"


def check_time(leaves_at: datetime, *, at: datetime) -> datetime:
    """Malformed unless a text may be put by until then: a moment from `at` to a year ahead."""
    if leaves_at <= at:
        raise Malformed(
            "That time is over.",
            hint="Choose a later one, or send it now.",
            field="leaves_at",
            code="schedule_past",
        )
    if leaves_at > at + LONGEST_AHEAD:
        raise Malformed(
            "A text can wait for a year at most.",
            hint="Choose an earlier time.",
            field="leaves_at",
            code="schedule_too_far",
        )
    return leaves_at


@transaction.atomic
def change_scheduled(
    *,
    business: Business,
    message_id: int,
    body: str,
    leaves_at: datetime | None,
    at: datetime,
) -> Message:
    """Give a scheduled text other words or another time; without a time it leaves at once.

    Conflict when it has left or was cancelled in the meantime.
    """
    message = _scheduled(business, message_id)
    text = rules.check_body(body, files=message.attachments.count())
    check_quiet(business, message.contact, at=leaves_at or at)
    leaves = check_time(leaves_at, at=at) if leaves_at else at
    forget_words(message_ids=[message.pk])
    waiting = Message.objects.filter(id=message.id, status=MessageStatus.SCHEDULED)
    if not waiting.update(body=text, segments=segment(text).segments, leaves_at=leaves):
        raise _gone()
    hand_in(message, at=leaves)
    nudge(business)
    message.refresh_from_db()
    return message


@transaction.atomic
def cancel_scheduled(*, business: Business, message_id: int, at: datetime) -> Message:
    """Keep a scheduled text from leaving, for good. Conflict when it has left."""
    message = _scheduled(business, message_id)
    waiting = Message.objects.filter(id=message.id, status=MessageStatus.SCHEDULED)
    if not waiting.update(status=MessageStatus.CANCELLED, at=at):
        raise _gone()
    append_receipt(message, status=MessageStatus.CANCELLED, at=at)
    tell_of(EventName.MESSAGE_CANCELLED, message, at)
    message.refresh_from_db()
    return message


def _scheduled(business: Business, message_id: int) -> Message:
    rows = Message.objects.select_related("contact", "conversation", "number")
    found = rows.filter(
        business=business, id=message_id, direction=Direction.OUTBOUND, leaves_at__isnull=False
    ).first()
    if found is None:
        raise NotFound("There is no such scheduled text.", hint="Reload the conversation.")
    if found.status != MessageStatus.SCHEDULED:
        raise _gone()
    return found


def _gone() -> Conflict:
    return Conflict(
        "This text is not waiting any more: it left, or somebody cancelled it.",
        hint="The conversation shows what became of it.",
        code="not_scheduled",
    )


def tell_of(name: EventName, message: Message, at: datetime) -> None:
    """Tell one thing that happened to a text, inside the caller's transaction."""
    subject: dict[str, int | str] = {"message_id": message.pk, "contact_id": message.contact_id}
    tell(Event(name, message.business_id, at, subject))


@transaction.atomic
def say_again(*, business: Business, message_id: int, actor: User | None, at: datetime) -> Message:
    """A new text with the words and files of one that failed; the same one for a second click.

    Conflict for a text that did not fail, and for one of which nobody knows whether it left.
    """
    failed = _failed(business, message_id)
    files = [
        KeptMedia(row.content_type, row.path, row.bytes, row.name)
        for row in failed.attachments.exclude(path="").order_by("id")
    ]
    known = Message.objects.filter(again_of=failed).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return queue_text(
                business=business,
                contact=failed.contact,
                number=failed.number,
                body=failed.body,
                media=files,
                sent_by=actor,
                again_of=failed,
                at=at,
            )
    except IntegrityError:
        return Message.objects.get(again_of=failed)


def _failed(business: Business, message_id: int) -> Message:
    rows = Message.objects.select_related("contact", "conversation", "number")
    found = rows.filter(business=business, id=message_id, direction=Direction.OUTBOUND).first()
    if found is None:
        raise NotFound("There is no such text.", hint="Reload the conversation.")
    if found.status not in rules.BROKEN:
        raise Conflict(
            "This text did not fail.", hint="Write a new one if you want.", code="not_failed"
        )
    if found.error_code == _UNKNOWN:
        raise Conflict(
            "Nobody could say whether this text arrived, so it is not sent again by itself.",
            hint="Ask them, and write it anew if it did not.",
            code=_UNKNOWN,
        )
    return found
