"""What Telnyx says of a text, in its webhooks and in answers to questions, turned into ours."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from textrail.carriers.amounts import read_micros
from textrail.carriers.contract import DeliveryReport, HandedOver, InboundText, Media
from textrail.carriers.receipts import reference
from textrail.carriers.telnyx import words
from textrail.carriers.telnyx.api import Problem
from textrail.vocabulary.errors import Malformed

MOST_MEDIA = 20


class Party(msgspec.Struct, frozen=True):
    phone_number: str | None = None
    status: str | None = None


class Cost(msgspec.Struct, frozen=True):
    amount: str | float | None = None
    currency: str | None = None


class Attachment(msgspec.Struct, frozen=True):
    url: str | None = None
    content_type: str | None = None


class Message(msgspec.Struct, frozen=True):
    """A text, inbound or outbound. `to` is a bare number in some inbound ones."""

    id: str
    direction: str | None = None
    sender: Party | str | None = msgspec.field(name="from", default=None)
    to: list[Party] | str | None = None
    text: str | None = None
    media: list[Attachment] | None = None
    parts: int | None = None
    cost: Cost | None = None
    errors: list[Problem] | None = None
    webhook_url: str | None = None
    autoresponse_type: str | None = None


class Event(msgspec.Struct, frozen=True):
    event_type: str
    payload: Message


class Envelope(msgspec.Struct, frozen=True):
    data: Event


def inbound(message: Message) -> InboundText:
    sender, recipient = phone(message.sender), phone(message.to)
    if not sender or not recipient:
        raise Malformed("The text has no sender or no recipient.", field="from")
    media = [
        Media(attachment.url, attachment.content_type or "")
        for attachment in (message.media or [])[:MOST_MEDIA]
        if attachment.url
    ]
    said = (message.autoresponse_type or "").lower()
    return InboundText(
        carrier_ref=message.id,
        sender=sender,
        recipient=recipient,
        body=message.text or "",
        media=tuple(media),
        carrier_read=words.statuses().readings.get(said, ""),
    )


def report(message: Message, *, query: str = "", has_left: bool = False) -> DeliveryReport:
    """How a text stands. With `has_left` the network has it, whatever status is written beside.

    The reference is that of the address called, else that of the address kept with the text.
    """
    said = (_status(message.to) or "").lower()
    status = words.statuses().messages.get(said)
    if status is None:
        raise Malformed(f"“{said[:40]}” is no status that we know.", field="status")
    problem = message.errors[0] if message.errors else None
    kept = urlsplit(message.webhook_url or "").query
    handed = handed_over(message)
    return DeliveryReport(
        carrier_ref=message.id,
        reference=reference(query) or reference(kept),
        status="sent" if has_left and status == "accepted" else status,
        error_code=problem.name() if problem else "",
        error=problem.sentence() if problem else "",
        segments=handed.segments,
        price_micros=handed.price_micros,
        currency=handed.currency,
    )


def handed_over(message: Message) -> HandedOver:
    cost = message.cost or Cost()
    price_micros = read_micros(cost.amount)
    return HandedOver(
        carrier_ref=message.id,
        segments=message.parts or None,
        price_micros=price_micros,
        currency=(cost.currency or "").upper()[:3] if price_micros is not None else "",
    )


def phone(party: Party | Sequence[Party] | str | None) -> str:
    """The number of a party; of several the first, which is the one that Telnyx calls for."""
    if isinstance(party, str) or party is None:
        return party or ""
    if isinstance(party, Party):
        return party.phone_number or ""
    return (party[0].phone_number or "") if party else ""


def _status(to: Sequence[Party] | str | None) -> str | None:
    return to[0].status if to and not isinstance(to, str) else None
