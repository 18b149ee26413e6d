"""A text comes in: number → contact → conversation → message → consent or an automatic answer."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from textrail.carriers.contract import CallReport, InboundText
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.contacts.rules import Reading, read_consent
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.answering import answer_text
from textrail.domain.inbox.actions.answers import heed, read_text
from textrail.domain.inbox.actions.conversations import note_activity, open_conversation
from textrail.domain.inbox.actions.paying import charge_text, lock_funds
from textrail.domain.inbox.models import (
    Attachment,
    Direction,
    Message,
    MessageStatus,
    Unclaimed,
)
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.outbox.actions import enqueue_many, tell
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.phone import PhoneNumber, named_sender
from textrail.vocabulary.segments import segment

LONGEST_SENDER = 16
OPT_OUT: Final = "opt_out"  # the kind of a text that says goodbye


@transaction.atomic
def record_inbound_text(
    *, connection_id: int, carrier: str, text: InboundText, at: datetime
) -> Message | None:
    """Keep a text once, and do what it asks for. None when nobody holds the number it was sent to:
    it is kept as unclaimed, and an opt-out counts all the same."""
    number = numbers.number_held(connection_id, text.recipient)
    if number is None:
        if keep_unclaimed(connection_id=connection_id, carrier=carrier, event=text, at=at):
            _heed_opt_out(connection_id, text, at)
        return None
    known = Message.objects.filter(
        number=number, carrier_ref=text.carrier_ref, direction=Direction.INBOUND
    ).first()
    if known is not None:
        return known
    lock_funds(number)
    contact = contact_of(number, text.sender, at)
    reading = read_text(number.business, contact, rules.storable(text.body), at=at)
    message = _store(number, contact, text, reading, at)
    _attach(message, text)
    line = rules.first_line(message.body, files=len(text.media))
    note_activity(
        message.conversation,
        number=number,
        line=line,
        at=at,
        unread=1,
        heard="text",
        waits=message.kind != OPT_OUT,
    )
    tell(
        Event(
            EventName.MESSAGE_RECEIVED,
            number.business_id,
            at,
            {"message_id": message.id, "contact_id": contact.id, "number_id": number.id},
        )
    )
    if not heed(message, contact, number, reading=reading, carrier_read=text.carrier_read):
        answer_text(message, contact, number)
    charge_text(message, files=len(text.media), at=at)
    return message


def contact_of(number: TrackingNumber, sender: str, at: datetime) -> Contact:
    """Who it is from. Short codes and names of senders become contacts, too: nothing is dropped."""
    return contacts.find_or_add_contact(business=number.business, phone=_phone_of(sender), at=at)


def _phone_of(sender: str) -> PhoneNumber:
    return PhoneNumber(named_sender(rules.storable(sender))[:LONGEST_SENDER])


def _heed_opt_out(connection_id: int, text: InboundText, at: datetime) -> None:
    """Who says STOP to a number that was given back says it to the business that wrote from it."""
    body = rules.storable(text.body)
    reading = read_consent(body)
    business = Connection.objects.select_related("business").get(id=connection_id).business
    if reading.leaves or text.carrier_read == OPT_OUT:
        contacts.record_consent(
            business=business,
            phone=_phone_of(text.sender),
            kind=ConsentKind.OPT_OUT,
            source="text" if reading.leaves else "carrier",
            words=body.strip(),
            reading=reading if reading.leaves else None,
            at=at,
        )
    elif reading.verdict == "ambiguous" and not reading.is_bare_answer:
        contacts.hold(
            business=business,
            phone=_phone_of(text.sender),
            reading=reading,
            words=body.strip(),
            message_id=None,
            at=at,
        )


def _store(
    number: TrackingNumber, contact: Contact, text: InboundText, reading: Reading, at: datetime
) -> Message:
    body = rules.storable(text.body)
    conversation = open_conversation(
        business=number.business, contact=contact, number=number, at=at
    )
    return Message.objects.create(
        business=number.business,
        conversation=conversation,
        contact=contact,
        person_id=contact.person_id,
        number=number,
        source_id=number.source_id,
        direction=Direction.INBOUND,
        kind=OPT_OUT if reading.leaves or text.carrier_read == OPT_OUT else "chat",
        body=body,
        segments=max(1, segment(body).segments),
        status=MessageStatus.RECEIVED,
        carrier_ref=text.carrier_ref,
        at=at,
    )


def _attach(message: Message, text: InboundText) -> None:
    attachments = Attachment.objects.bulk_create(
        Attachment(
            message=message,
            content_type=rules.storable(media.content_type)[:80],
            remote_url=rules.storable(media.url),
        )
        for media in text.media[: rules.MOST_MEDIA]
    )
    if attachments:
        work = [{"attachment_id": attachment.id} for attachment in attachments]
        enqueue_many("inbox.fetch_media", work, at=message.at)


def keep_unclaimed(
    *, connection_id: int, carrier: str, event: InboundText | CallReport, at: datetime
) -> bool:
    """Keep what came to a number that nobody holds, once, for the operator to see; whether it is
    kept for the first time."""
    if isinstance(event, InboundText):
        kind, sender, recipient, body = "text", event.sender, event.recipient, event.body
    else:
        kind, sender, recipient, body = "call", event.caller, event.called, event.voicemail
    _, new = Unclaimed.objects.get_or_create(
        carrier=carrier,
        carrier_ref=event.carrier_ref,
        defaults={
            "connection_id": connection_id,
            "kind": kind,
            "sender": rules.storable(sender)[:32],
            "recipient": rules.storable(recipient)[:32],
            "body": rules.storable(body),
            "at": at,
        },
    )
    return new
