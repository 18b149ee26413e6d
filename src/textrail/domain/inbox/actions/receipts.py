"""Receipts: what is reported about a text we sent, and the status that climbs with them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from prometheus_client import Counter

from textrail.carriers.contract import DeliveryReport, HandedOver
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.contacts.models import ConsentKind
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.conversations import wait_after_all
from textrail.domain.inbox.actions.paying import settle_for
from textrail.domain.inbox.models import Direction, Message, MessageStatus, Receipt
from textrail.domain.inbox.rules import chasing
from textrail.domain.numbers import actions as numbers
from textrail.outbox.actions import tell, tell_all
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.phone import PhoneNumber

logger = logging.getLogger("textrail.inbox")
strangers = Counter(
    "textrail_receipts_without_message_total", "Receipts for texts that we did not send."
)


@transaction.atomic
def record_receipt(*, connection_id: int, report: DeliveryReport, at: datetime) -> bool:
    """Keep a report and let the status climb; whether it told us anything new.

    Reports may come twice, late, in any order, and before our own record of the hand-over: our
    reference is committed before the carrier hears it. A report about no text of this connection
    is logged and counted.
    """
    message = _find(connection_id, report)
    if message is None:
        strangers.inc()
        logger.warning(
            "receipt for an unknown text %s on connection %d", report.carrier_ref, connection_id
        )
        return False
    settle_for(
        message,
        MessageStatus(report.status),
        at=at,
        segments=report.segments,
        price_micros=report.price_micros,
        currency=report.currency,
    )
    if report.carrier_ref and not message.carrier_ref:
        known = Message.objects.filter(id=message.id, carrier_ref="")
        known.update(carrier_ref=report.carrier_ref)
    new = append_receipt(
        message,
        status=MessageStatus(report.status),
        error_code=report.error_code,
        segments=report.segments,
        price_micros=report.price_micros,
        currency=report.currency,
        at=at,
    )
    lift(
        message,
        status=MessageStatus(report.status),
        error_code=report.error_code,
        error=report.error,
        at=at,
    )
    heed_opt_out(message, code=report.error_code, sentence=report.error, at=at)
    heed_unregistered(message, code=report.error_code, sentence=report.error)
    return new


def _find(connection_id: int, report: DeliveryReport) -> Message | None:
    """By our reference, else by the carrier's; only among the numbers of its own connection."""
    texts = Message.objects.select_related("business").filter(
        number__connection_id=connection_id, direction=Direction.OUTBOUND
    )
    found = texts.filter(reference=report.reference).first() if report.reference else None
    if found is None and report.carrier_ref:
        found = texts.filter(carrier_ref=report.carrier_ref).first()
    return found


def append_receipt(
    message: Message,
    *,
    status: MessageStatus,
    at: datetime,
    error_code: str = "",
    segments: int | None = None,
    price_micros: int | None = None,
    currency: str = "",
) -> bool:
    """Keep what was reported, once per status. Runs inside the caller's transaction."""
    _, new = Receipt.objects.get_or_create(
        message=message,
        status=status,
        defaults={
            "business_id": message.business_id,
            "error_code": error_code[:20],
            "segments": segments,
            "price_micros": price_micros or 0,
            "currency": currency,
            "at": at,
        },
    )
    return new


def append_accepted(taken: Sequence[tuple[Message, HandedOver]], *, at: datetime) -> None:
    """Keep, once each, that the carrier has these texts, which were here until now, and tell that
    they left. Runs inside the caller's transaction."""
    Receipt.objects.bulk_create(
        [
            Receipt(
                message=message,
                status=MessageStatus.ACCEPTED,
                business_id=message.business_id,
                segments=handed.segments,
                price_micros=handed.price_micros or 0,
                currency=handed.currency,
                at=at,
            )
            for message, handed in taken
        ],
        ignore_conflicts=True,
    )
    tell_all([_event(EventName.MESSAGE_SENT, message, at) for message, _ in taken])


def heed_opt_out(message: Message, *, code: str, sentence: str, at: datetime) -> None:
    """When the carrier knows of an opt-out, from now on we do, too; once for each text, because
    answer and receipts repeat it. Runs inside the caller's transaction."""
    if code not in rules.OPTED_OUT_CODES:
        return
    history = contact_queries.consent_history(message.business, message.contact.phone)
    if any(event.message_id == message.id for event in history):
        return
    contacts.record_consent(
        business=message.business,
        phone=PhoneNumber(message.contact.phone),
        kind=ConsentKind.OPT_OUT,
        source="carrier",
        words=sentence,
        message_id=message.id,
        at=at,
    )


def heed_unregistered(message: Message, *, code: str, sentence: str) -> None:
    """When the carrier says that a number is not registered, the number waits from now on. Runs
    inside the caller's transaction."""
    if not code:
        return
    numbers.heed_unregistered(
        number_id=message.number_id,
        carrier=message.number.connection.carrier,
        code=code,
        sentence=sentence,
    )


def lift(
    message: Message,
    *,
    status: MessageStatus,
    at: datetime,
    error_code: str = "",
    error: str = "",
) -> bool:
    """Let the status climb to `status` if that is higher, and tell; whether it did. Whom a text
    that broke was to answer waits after all.

    Two conditional updates, so that exactly one report tells that the text has left us.
    """
    fields = {
        "status": status,
        "error_code": error_code[:20],
        "error": error[:200],
        "look_up_at": chasing.first_look(status, at=at),
    }
    row = Message.objects.filter(id=message.id)
    lower = rules.below(status)
    here = [rung for rung in lower if rung in rules.NOT_LEFT]
    leaves = row.filter(status__in=here).update(**fields)
    lifted = leaves or row.filter(status__in=lower).update(**fields)
    if leaves and status not in {MessageStatus.FAILED, MessageStatus.REFUSED}:
        _tell(EventName.MESSAGE_SENT, message, at)
    if lifted and status == MessageStatus.DELIVERED:
        _tell(EventName.MESSAGE_DELIVERED, message, at)
    if lifted and status in rules.BROKEN:
        wait_after_all(message)
        _tell(EventName.MESSAGE_FAILED, message, at)
    return bool(lifted)


def _tell(name: EventName, message: Message, at: datetime) -> None:
    tell(_event(name, message, at))


def _event(name: EventName, message: Message, at: datetime) -> Event:
    subject: dict[str, int | str] = {"message_id": message.id, "contact_id": message.contact_id}
    return Event(name, message.business_id, at, subject)
