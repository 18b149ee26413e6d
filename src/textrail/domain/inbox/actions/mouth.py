"""The one mouth's memory: a claim before the call, and what came of the call after it.

Each action commits on its own; the call to the carrier stands between two of them (tasks/mouth.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from textrail.carriers.contract import HandedOver
from textrail.domain import bulk
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.conversations import note_activity, note_answer
from textrail.domain.inbox.actions.paying import (
    Taken,
    give_back,
    hold_for,
    is_prepaid,
    lock_funds,
    settle_accepted,
    settle_for,
)
from textrail.domain.inbox.actions.quieting import check_quiet
from textrail.domain.inbox.actions.receipts import (
    append_accepted,
    append_receipt,
    heed_opt_out,
    heed_unregistered,
    lift,
)
from textrail.domain.inbox.actions.senders import check_reachable, check_sender
from textrail.domain.inbox.actions.setting_aside import put_aside, put_aside_halted
from textrail.domain.inbox.brakes import obstacle
from textrail.domain.inbox.models import Message, MessageStatus
from textrail.domain.inbox.rules import chasing
from textrail.domain.inbox.rules.quieting import QuietNow
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Conflict, Permanent, Refusal

# What a carrier took in this moment, by the hundred: one statement, prepared once.
_ACCEPT: Final = """
    UPDATE inbox_message SET
        carrier_ref = CASE WHEN carrier_ref = '' THEN %s ELSE carrier_ref END,
        status = 'accepted', error_code = '', error = '', look_up_at = %s
    WHERE id = %s
"""


@transaction.atomic
def claim(*, messages: Sequence[Message], at: datetime) -> list[Message]:
    """Those of the texts, all of one business, that are ours to hand over now: they waited, and
    still nothing speaks against them. A bounded number of statements.

    Where something does by now (an opt-out, a number given back), the text is refused for good; of
    a campaign that holds still it is put aside, and of one none of whose texts can leave now, too.
    One transaction holds one balance, so that nobody who holds several waits for who waits for it.
    """
    lock_funds(messages[0])
    rows = Message.objects.select_for_update(no_key=True).order_by("id")
    waiting = rows.filter(id__in=[text.id for text in messages], status=MessageStatus.QUEUED)
    in_line = set(waiting.values_list("id", flat=True))
    if not in_line:
        return []
    ours = in_line - put_aside_halted([text for text in messages if text.id in in_line])
    if not ours:
        return []
    Message.objects.filter(id__in=ours).update(status=MessageStatus.HANDING_OVER, handed_over_at=at)
    claimed = [text for text in messages if text.id in ours]
    facts = _facts(claimed, at)
    return [text for text in claimed if not _is_refused(text, facts, at)]


def _is_refused(message: Message, facts: _Facts, at: datetime) -> bool:
    refusal = _objection(message, facts, at)
    if refusal is None:
        return False
    if _is_put_aside(message, refusal, at):
        return True
    _refuse(message, refusal, at)
    if message.leaves_at is not None:
        _show_refused(message, refusal, at)
    return True


def _is_put_aside(message: Message, refusal: Refusal, at: datetime) -> bool:
    """Whether a claimed text waits until what keeps its whole campaign from leaving is mended."""
    why = obstacle(refusal)
    return why is not None and put_aside(message, why, at=at, status=MessageStatus.HANDING_OVER)


def _refuse(message: Message, refusal: Refusal, at: datetime) -> None:
    append_receipt(message, status=MessageStatus.REFUSED, error_code=refusal.name, at=at)
    lift(
        message,
        status=MessageStatus.REFUSED,
        error_code=refusal.name,
        error=refusal.sentence,
        at=at,
    )


def _show_refused(message: Message, refusal: Refusal, at: datetime) -> None:
    """Nobody waits before the page for a scheduled text, so its refusal makes the thread unread."""
    line = rules.first_line(f"Not sent: {refusal.sentence}")
    note_activity(message.conversation, number=message.number, line=line, at=at, unread=1)


@transaction.atomic
def depart(*, message: Message, at: datetime) -> bool:
    """Put a scheduled text in line when its time has come; whether it was ours to do.

    From then on it stands in the timeline where it left. One that was put off or cancelled stays.
    """
    due = Message.objects.filter(id=message.id, status=MessageStatus.SCHEDULED, leaves_at__lte=at)
    if not due.update(status=MessageStatus.QUEUED, at=at):
        return False
    line = rules.first_line(message.body, files=message.attachments.count())
    note_activity(message.conversation, number=message.number, line=line, at=at, ours=True)
    note_answer(message.conversation, user=message.sent_by, at=at)
    return True


@dataclass(frozen=True, slots=True)
class _Facts:
    """What speaks against texts: which numbers may send, which are ours to receive, who left or is
    held, who pays ahead."""

    numbers: Mapping[int, TrackingNumber]
    ours: Collection[str]
    out: Collection[str]
    held: Collection[str]
    prepaid: bool


def _facts(messages: Sequence[Message], at: datetime) -> _Facts:
    business = messages[0].business
    ids = {text.number_id for text in messages}
    rows = TrackingNumber.objects.filter(id__in=ids, released_at=None, sms_enabled=True)
    phones = {text.contact.phone for text in messages}
    return _Facts(
        numbers={row.pk: row for row in rows.select_related("connection")},
        ours=numbers.phones_held(business, phones),
        out=contact_queries.suppressed_phones(business, phones),
        held=contact_queries.held_phones(business, phones, at),
        prepaid=is_prepaid(business),
    )


def _objection(message: Message, facts: _Facts, at: datetime) -> Refusal | None:
    number = facts.numbers.get(message.number_id)
    if number is None:
        return _number_gone()
    try:
        check_sender(number)
        check_reachable(message.contact.phone)
    except Conflict as refusal:
        return refusal
    if message.contact.phone in facts.ours:
        return Conflict("It would go to a number of your own.", code="own_number")
    if message.kind != "compliance" and message.contact.phone in facts.out:
        return _opted_out()
    if message.kind not in ("chat", "compliance") and message.contact.phone in facts.held:
        return Conflict("Their last words wait for review.", code="consent_held")
    if message.kind == "chat":
        try:
            check_quiet(message.business, message.contact, at=at)
        except QuietNow as refusal:
            return refusal
    return hold_for(message, at) if facts.prepaid else None


def _last_objection(message: Message) -> Refusal | None:
    senders = TrackingNumber.objects.filter(released_at=None, sms_enabled=True)
    number = senders.select_related("connection").filter(id=message.number_id).first()
    if number is None:
        return _number_gone()
    try:
        check_sender(number)
    except Conflict as refusal:
        return refusal
    return _opted_out() if _has_left_us(message) else None


def _has_left_us(message: Message) -> bool:
    """Whether nothing may go to them but what consent is answered with."""
    return message.kind != "compliance" and contact_queries.is_suppressed(
        message.business, message.contact.phone
    )


def _opted_out() -> Conflict:
    return Conflict("They opted out before this text left.", code="opted_out")


def _number_gone() -> Conflict:
    return Conflict("The number gave up texting before this left.", code="number_without_sms")


def recall(*, message: Message, claimed_at: datetime, at: datetime) -> bool:
    """The last look before the carrier is called: whether a claimed text stays here after all,
    because they opted out, or its number may not text any more, since it was claimed."""
    refusal = _last_objection(message)
    if refusal is not None:
        _take_back(message, refusal, claimed_at, at)
    return refusal is not None


@transaction.atomic
def _take_back(message: Message, refusal: Refusal, claimed_at: datetime, at: datetime) -> None:
    lock_funds(message)
    ours = Message.objects.filter(
        id=message.id, status=MessageStatus.HANDING_OVER, handed_over_at=claimed_at
    )
    if not ours.exists():
        return
    if _is_put_aside(message, refusal, at):
        give_back(message, claimed_at)
    else:
        settle_for(message, MessageStatus.REFUSED, at=at)
        _refuse(message, refusal, at)


@transaction.atomic
def release(*, message: Message, claimed_at: datetime) -> bool:
    """Put a claimed text back in line, because the carrier certainly does not have it.

    Only the claim of `claimed_at` is undone: a report or another claim that came since stands.
    """
    lock_funds(message)
    claimed = Message.objects.filter(
        id=message.id, status=MessageStatus.HANDING_OVER, handed_over_at=claimed_at
    )
    released = claimed.update(status=MessageStatus.QUEUED)
    if released:
        give_back(message, claimed_at)
    return bool(released)


def is_anothers(*, message: Message, handed: HandedOver) -> bool:
    """Whether what the carrier found was handed over as another text of ours."""
    twins = Message.objects.filter(number_id=message.number_id, carrier_ref=handed.carrier_ref)
    return twins.exclude(id=message.id).exists()


@transaction.atomic
def accept(*, taken: Sequence[Taken], at: datetime) -> None:
    """The carrier has these texts, all of one business. A report that came first may have lifted
    one higher already.

    A bounded number of statements for those that no report outran.
    """
    settle_accepted(taken, at=at)
    rows = Message.objects.select_for_update(no_key=True).order_by("id")
    held = rows.filter(id__in=[text.id for text, _ in taken], status=MessageStatus.HANDING_OVER)
    here = set(held.values_list("id", flat=True))
    plain = [each for each in taken if each[0].id in here]
    first_look = chasing.first_look(MessageStatus.ACCEPTED, at=at)
    look_up_at = None if first_look is None else bulk.moment(first_look)
    bulk.execute_each(
        _ACCEPT, [(handed.carrier_ref, look_up_at, text.id) for text, handed in plain]
    )
    append_accepted(plain, at=at)
    for message, handed in taken:
        if message.id not in here:
            _accept_late(message, handed, at)


def _accept_late(message: Message, handed: HandedOver, at: datetime) -> None:
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
    heed_unregistered(message, code=failure.code, sentence=failure.sentence)


@transaction.atomic
def give_up(
    *, message: Message, sentence: str, at: datetime, code: str = "carrier_unreachable"
) -> None:
    """Nothing more will be tried: the text fails, unless a report has said more in the meantime."""
    lock_funds(message)
    rows = Message.objects.select_for_update(no_key=True)
    if rows.filter(id=message.id, status__in=rules.UNSETTLED).first() is not None:
        _fail(message, code=code, sentence=sentence, at=at)


def _fail(message: Message, *, code: str, sentence: str, at: datetime) -> None:
    settle_for(message, MessageStatus.FAILED, at=at)
    append_receipt(message, status=MessageStatus.FAILED, error_code=code, at=at)
    lift(message, status=MessageStatus.FAILED, error_code=code, error=sentence, at=at)
