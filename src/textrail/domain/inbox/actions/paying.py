"""What texts and calls cost their account: asked before they leave, held, and settled by reports.

The balance is locked before the row of a text changes, everywhere, so that nobody waits in a
circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from textrail.carriers.contract import HandedOver
from textrail.domain.accounts.models import Business
from textrail.domain.billing import actions as billing
from textrail.domain.billing import queries as prices
from textrail.domain.billing.actions import Used
from textrail.domain.billing.models import Direction as Way
from textrail.domain.billing.models import Kind
from textrail.domain.billing.rules import minutes
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox.models import Call, CallStatus, Message, MessageStatus
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Refusal
from textrail.vocabulary.phone import is_e164

Taken = tuple[Message, HandedOver]  # a text, and what the carrier said when it took it

_OUTCOMES: Final[dict[str, billing.Outcome]] = {
    MessageStatus.ACCEPTED: "accepted",
    MessageStatus.SENT: "left",
    MessageStatus.DELIVERED: "left",
    MessageStatus.UNDELIVERED: "left",
    MessageStatus.FAILED: "failed",
    MessageStatus.REFUSED: "failed",
}


def check_funds(business: Business, contact: Contact, *, segments: int, files: int) -> None:
    """Conflict (`balance_too_low`) when a text to this contact could not be paid now."""
    if prices.spendable(business) is None:
        return
    price = prices.price_of(
        business,
        phone=contact.phone,
        direction=Way.OUTBOUND,
        kind=Kind.MMS if files else Kind.SMS,
        segments=max(segments, 1),
    )
    prices.check_covers(business, price)


def lock_funds(row: Message | TrackingNumber) -> None:
    """Hold the balance of the account that a text or number belongs to until the transaction ends,
    before rows of texts, calls and conversations change."""
    billing.lock(business=row.business)


def is_prepaid(business: Business) -> bool:
    """Whether texts of this business are paid from a balance before they leave."""
    return prices.spendable(business) is not None


def hold_for(message: Message, at: datetime) -> Refusal | None:
    """Hold what a claimed text costs; why it cannot be paid, if so. What confirms an opt-out, or
    helps, leaves in any case."""
    if prices.spendable(message.business) is None:
        return None
    kind = Kind.MMS if message.attachments.exists() else Kind.SMS
    try:
        billing.hold(
            business=message.business,
            used=Used(
                reference=message.reference,
                direction=Way.OUTBOUND,
                kind=kind,
                phone=message.contact.phone,
                number=message.number.phone,
                units=max(message.segments, 1),
            ),
            at=at,
            must=message.kind == "compliance",
        )
    except Refusal as refusal:
        return refusal
    return None


def give_back(message: Message, at: datetime) -> None:
    """Nothing is held for a text that is back in line."""
    billing.release(business=message.business, reference=message.reference, at=at)


def settle_for(
    message: Message,
    status: MessageStatus,
    *,
    at: datetime,
    segments: int | None = None,
    price_micros: int | None = None,
    currency: str = "",
) -> None:
    """Charge or give back what is held for a text, by what was reported of it."""
    outcome = _OUTCOMES.get(status)
    if outcome is not None:
        billing.settle(
            business=message.business,
            reference=message.reference,
            outcome=outcome,
            at=at,
            segments=segments,
            cost_micros=price_micros,
            cost_currency=currency,
        )


def settle_accepted(taken: Sequence[Taken], *, at: datetime) -> None:
    """Heed that the carrier has these texts of one business, where something is held for them; one
    statement when it pays afterwards."""
    business = taken[0][0].business
    held = prices.used(business, [text.reference for text, _ in taken])
    for text, handed in taken:
        if text.reference in held:
            settle_for(
                text,
                MessageStatus.ACCEPTED,
                at=at,
                segments=handed.segments,
                price_micros=handed.price_micros,
                currency=handed.currency,
            )


def charge_texts(business: Business, texts: Sequence[tuple[Message, int]]) -> None:
    """Charge texts that came in, each with its number of files. Never refused: what is not there is
    owed. One statement when the account is not prepaid."""
    if not is_prepaid(business):
        return
    for message, files in texts:
        used = Used(
            reference=message.reference,
            direction=Way.INBOUND,
            kind=Kind.MMS if files else Kind.SMS,
            phone=message.contact.phone,
            number=message.number.phone,
            units=max(message.segments, 1),
        )
        billing.charge(business=business, used=used, at=message.at)


def charge_call(call: Call, *, at: datetime) -> None:
    """Charge a call that somebody or something picked up, by its begun minutes so far; and where
    it was put through to a phone, the call to that phone, too, by the same minutes."""
    if call.status not in {CallStatus.ANSWERED, CallStatus.VOICEMAIL}:
        return
    used = Used(
        reference=f"call:{call.pk}",
        direction=Way.INBOUND,
        kind=Kind.CALL,
        phone=call.contact.phone,
        number=call.number.phone,
        units=minutes(call.duration_seconds),
    )
    billing.charge(business=call.number.business, used=used, at=at)
    if is_e164(call.answered_by):
        leg = replace(
            used,
            reference=f"call:{call.pk}:through",
            direction=Way.OUTBOUND,
            phone=call.answered_by,
        )
        billing.charge(business=call.number.business, used=leg, at=at)
