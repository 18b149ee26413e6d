"""The one mouth's memory: a claim before the call, and what came of the call after it.

Each action commits on its own; the call to the carrier stands between two of them (tasks/mouth.py).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.carriers.contract import HandedOver
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.receipts import append_receipt, heed_opt_out, lift
from textrail.domain.inbox.models import Message, MessageStatus
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Conflict, Permanent


@transaction.atomic
def claim(*, message: Message, at: datetime) -> bool:
    """Whether the text is ours to hand over now: it waited, and still nothing speaks against it.

    When something does by now (an opt-out, a number given back), the text is refused for good.
    """
    waiting = Message.objects.filter(id=message.id, status=MessageStatus.QUEUED)
    if not waiting.update(status=MessageStatus.HANDING_OVER, handed_over_at=at):
        return False
    refusal = _objection(message)
    if refusal is not None:
        append_receipt(message, status=MessageStatus.REFUSED, error_code=refusal.name, at=at)
        lift(
            message,
            status=MessageStatus.REFUSED,
            error_code=refusal.name,
            error=refusal.sentence,
            at=at,
        )
    return refusal is None


def _objection(message: Message) -> Conflict | None:
    held = TrackingNumber.objects.filter(
        id=message.number_id, released_at=None, sms_enabled=True
    ).exists()
    if not held:
        return Conflict("The number gave up texting before this left.", code="number_without_sms")
    suppressed = message.kind != "compliance" and contact_queries.is_suppressed(
        message.business, message.contact.phone
    )
    if suppressed:
        return Conflict("They opted out before this text left.", code="opted_out")
    return None


@transaction.atomic
def release(*, message: Message, claimed_at: datetime) -> bool:
    """Put a claimed text back in line, because the carrier certainly does not have it.

    Only the claim of `claimed_at` is undone: a report or another claim that came since stands.
    """
    claimed = Message.objects.filter(
        id=message.id, status=MessageStatus.HANDING_OVER, handed_over_at=claimed_at
    )
    return bool(claimed.update(status=MessageStatus.QUEUED))


def is_anothers(*, message: Message, handed: HandedOver) -> bool:
    """Whether what the carrier found was handed over as another text of ours."""
    twins = Message.objects.filter(number_id=message.number_id, carrier_ref=handed.carrier_ref)
    return twins.exclude(id=message.id).exists()


@transaction.atomic
def accept(*, message: Message, handed: HandedOver, at: datetime) -> None:
    """The carrier has the text. A report that came first may have lifted it higher already."""
    unnamed = Message.objects.filter(id=message.id, carrier_ref="")
    unnamed.update(carrier_ref=handed.carrier_ref)
    append_receipt(
        message,
        status=MessageStatus.ACCEPTED,
        segments=handed.segments,
        price_micros=handed.price_micros,
        currency=handed.currency,
        at=at,
    )
    lift(message, status=MessageStatus.ACCEPTED, at=at)


@transaction.atomic
def reject(*, message: Message, failure: Permanent, at: datetime) -> None:
    """The carrier said no for good. When it knows of an opt-out, from now on we do, too."""
    _fail(message, code=failure.code, sentence=failure.sentence, at=at)
    heed_opt_out(message, code=failure.code, sentence=failure.sentence, at=at)


@transaction.atomic
def give_up(
    *, message: Message, sentence: str, at: datetime, code: str = "carrier_unreachable"
) -> None:
    """Nothing more will be tried: the text fails, unless a report has said more in the meantime."""
    rows = Message.objects.select_for_update(no_key=True)
    if rows.filter(id=message.id, status__in=rules.UNSETTLED).first() is not None:
        _fail(message, code=code, sentence=sentence, at=at)


def _fail(message: Message, *, code: str, sentence: str, at: datetime) -> None:
    append_receipt(message, status=MessageStatus.FAILED, error_code=code, at=at)
    lift(message, status=MessageStatus.FAILED, error_code=code, error=sentence, at=at)
