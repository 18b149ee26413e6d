"""Texts come in: number → contact → conversation → message → consent or an automatic answer.

Carriers bring them by the hundred, so whatever many texts need is asked and written together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from textrail.carriers.contract import CallReport, InboundText
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.contacts.rules import Reading, read_consent
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.answering import answer_texts
from textrail.domain.inbox.actions.answers import Heeded, heed, read_text
from textrail.domain.inbox.actions.conversations import (
    TextNote,
    note_texts,
    open_conversations,
    wait_no_more,
)
from textrail.domain.inbox.actions.paying import charge_texts, lock_funds
from textrail.domain.inbox.models import (
    Attachment,
    Direction,
    Message,
    MessageStatus,
    Unclaimed,
)
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.outbox.actions import enqueue_many, tell_all
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.phone import PhoneNumber, named_sender
from textrail.vocabulary.segments import segment

LONGEST_SENDER = 16
OPT_OUT: Final = "opt_out"  # the kind of a text that says goodbye


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """A text as a carrier brought it: on which connection, and when."""

    connection_id: int
    carrier: str
    text: InboundText
    at: datetime

    @property
    def phone(self) -> PhoneNumber:
        return _phone_of(self.text.sender)


@transaction.atomic
def record_inbound_texts(*, incoming: Sequence[Incoming]) -> list[Message | None]:
    """Keep each text once, and do what it asks for. None for one to a number that nobody holds: it
    is kept as unclaimed, and an opt-out counts all the same.

    Texts of one sender are kept one after the other and those of many senders together: some twenty
    statements for a turn of texts, and not for each.
    """
    kept: dict[Incoming, Message | None] = {}
    for turn in _turns(incoming):
        held: defaultdict[int, list[tuple[Incoming, TrackingNumber]]] = defaultdict(list)
        for each in turn:
            number = numbers.number_held(each.connection_id, each.text.recipient)
            if number is None:
                kept[each] = None
                _keep_stray(each)
            else:
                held[number.business_id].append((each, number))
        for heard in held.values():
            kept |= _record(heard)
    return [kept[each] for each in incoming]


def _turns(incoming: Sequence[Incoming]) -> list[list[Incoming]]:
    """The texts in turns, in each of which a sender, and a text that comes twice, is once."""
    turns: list[list[Incoming]] = []
    last: dict[Hashable, int] = {}
    for each in incoming:
        keys = (each.phone, (each.connection_id, each.text.carrier_ref))
        place = max(last.get(key, -1) for key in keys) + 1
        last |= dict.fromkeys(keys, place)
        if place == len(turns):
            turns.append([])
        turns[place].append(each)
    return turns


def _keep_stray(each: Incoming) -> None:
    if keep_unclaimed(
        connection_id=each.connection_id, carrier=each.carrier, event=each.text, at=each.at
    ):
        _heed_opt_out(each.connection_id, each.text, each.at)


def _record(came: Sequence[tuple[Incoming, TrackingNumber]]) -> dict[Incoming, Message]:
    """Texts to one business, each from somebody else."""
    known = _known(came)
    fresh = [each for each in came if each[0] not in known]
    if not fresh:
        return known
    number = fresh[0][1]
    business = number.business
    lock_funds(number)
    heard = _store(business, fresh)
    _attach(heard)
    note_texts([_note(each) for each in heard])
    tell_all([_received(each.message) for each in heard])
    heeded = {each.message: _heed(each) for each in heard}
    unheeded = [text for text, what in heeded.items() if not what]
    answered = answer_texts(business=business, texts=unheeded)
    answered += [
        text for text, what in heeded.items() if what == "settled" and rules.is_keyword(text.body)
    ]
    wait_no_more(answered)
    charge_texts(business, [(each.message, len(each.text.media)) for each in heard])
    kept = (each.message for each in heard)
    return known | dict(zip((each for each, _ in fresh), kept, strict=True))


def _known(came: Sequence[tuple[Incoming, TrackingNumber]]) -> dict[Incoming, Message]:
    """Those that came before: a carrier repeats what it is not sure about."""
    rows = Message.objects.filter(
        number__in={number.id for _, number in came},
        carrier_ref__in={each.text.carrier_ref for each, _ in came},
        direction=Direction.INBOUND,
    )
    known = {(row.number_id, row.carrier_ref): row for row in rows}
    pairs = ((each, known.get((number.id, each.text.carrier_ref))) for each, number in came)
    return {each: row for each, row in pairs if row is not None}


@dataclass(frozen=True, slots=True)
class _Heard:
    """A text that is a message now, and what it says about being texted."""

    message: Message
    text: InboundText
    reading: Reading


def _store(business: Business, fresh: Sequence[tuple[Incoming, TrackingNumber]]) -> list[_Heard]:
    people = contacts.find_or_add_contacts(
        business=business, heard={each.phone: each.at for each, _ in fresh}
    )
    threads = open_conversations(
        business=business,
        began=[(people[each.phone], number, each.at) for each, number in fresh],
    )
    heard: list[_Heard] = []
    for each, number in fresh:
        contact = people[each.phone]
        body = rules.storable(each.text.body)
        reading = read_text(business, contact, body, at=each.at)
        leaves = reading.leaves or each.text.carrier_read == OPT_OUT
        message = Message(
            business=business,
            conversation=threads[contact.pk],
            contact=contact,
            person_id=contact.person_id,
            number=number,
            source_id=number.source_id,
            direction=Direction.INBOUND,
            kind=OPT_OUT if leaves else "chat",
            body=body,
            segments=max(1, segment(body).segments),
            status=MessageStatus.RECEIVED,
            carrier_ref=each.text.carrier_ref,
            at=each.at,
        )
        heard.append(_Heard(message, each.text, reading))
    Message.objects.bulk_create(each.message for each in heard)
    return heard


def _heed(heard: _Heard) -> Heeded:
    message = heard.message
    return heed(
        message,
        message.contact,
        message.number,
        reading=heard.reading,
        carrier_read=heard.text.carrier_read,
    )


def _note(heard: _Heard) -> TextNote:
    message = heard.message
    return TextNote(
        message.conversation_id,
        message.number_id,
        rules.first_line(message.body, files=len(heard.text.media)),
        message.at,
        message.kind != OPT_OUT,
    )


def _received(message: Message) -> Event:
    subject: dict[str, int | str] = {
        "message_id": message.id,
        "contact_id": message.contact_id,
        "number_id": message.number_id,
    }
    return Event(EventName.MESSAGE_RECEIVED, message.business_id, message.at, subject)


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


def _attach(heard: Sequence[_Heard]) -> None:
    attachments = Attachment.objects.bulk_create(
        Attachment(
            message=each.message,
            content_type=rules.storable(media.content_type)[:80],
            remote_url=rules.storable(media.url),
        )
        for each in heard
        for media in each.text.media[: rules.MOST_MEDIA]
    )
    if attachments:
        work = [{"attachment_id": attachment.id} for attachment in attachments]
        enqueue_many("inbox.fetch_media", work, at=max(each.message.at for each in heard))


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
