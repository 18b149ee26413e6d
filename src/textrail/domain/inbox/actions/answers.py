"""What a text says about consent: kept, acted on and answered in the transaction of that text.

An opt-out is confirmed once, and the confirmation is in line before anybody can see that they left
without it; an opt-in is confirmed when it changed something; help is answered always.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from textrail.carriers.contract import CarrierReading
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.contacts.models import ConsentKind, ConsentReview, Contact
from textrail.domain.contacts.rules import Reading, read_consent
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.sending import queue_text
from textrail.domain.inbox.models import Conversation, Direction, Message
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Refusal
from textrail.vocabulary.phone import PhoneNumber

AUTOMATIC = ("auto", "compliance")
ASKED_LATELY = timedelta(days=7)  # for how long a bare yes or no may answer what a member wrote

_TRIES = 3

Answered = Literal["opt_out", "opt_in", "help"]
Heeded = Literal["", "heeded", "settled"]


def read_text(business: Business, contact: Contact, body: str, *, at: datetime) -> Reading:
    """What a text asks for; a bare yes or no answers what a member of ours asked them lately."""
    reading = read_consent(body)
    if not reading.is_bare_answer or contact_queries.is_suppressed(business, contact.phone):
        return reading
    ours = Message.objects.filter(
        business=business, contact=contact, direction=Direction.OUTBOUND, at__gt=at - ASKED_LATELY
    )
    last = ours.order_by("-at", "-id").values_list("kind", "body").first()
    return read_consent(body, asked=last[1] if last and last[0] == "chat" else "")


def heed(
    message: Message,
    contact: Contact,
    number: TrackingNumber,
    *,
    reading: Reading,
    carrier_read: CarrierReading = "",
) -> Heeded:
    """Do what a text asks for. Nothing when it asks nothing of consent; “settled” when that was all
    there was to do: help was given, or they are in or out now.

    Where the carrier read a keyword itself, it has answered: we keep the proof and add nothing.
    """
    asks = _asks(reading, carrier_read)
    if asks is None:
        held = reading.verdict == "ambiguous" and _hold(message, contact, reading)
        return "heeded" if held else ""
    is_answered = carrier_read == asks
    if asks == "help":
        if not is_answered:
            is_answered = _confirm(
                message.conversation, contact, number, asks="help", at=message.at
            )
        return "settled" if is_answered else "heeded"
    unread = is_answered and not _says(reading, asks)
    if _is_yes_to_something_else(message.business, contact, reading, asks=asks, unread=unread):
        return ""
    changed = contacts.record_consent(
        business=message.business,
        phone=PhoneNumber(contact.phone),
        kind=ConsentKind(asks),
        source="carrier" if unread else "text",
        words=message.body.strip(),
        message_id=message.id,
        reading=None if unread else reading,
        at=message.at,
    )
    if changed and not is_answered:
        _confirm(message.conversation, contact, number, asks=asks, at=message.at)
    return "settled" if changed or is_answered else "heeded"


def _is_yes_to_something_else(
    business: Business, contact: Contact, reading: Reading, *, asks: Answered, unread: bool
) -> bool:
    """A bare yes opts in only who had left."""
    if asks != "opt_in" or unread or not reading.is_bare_answer:
        return False
    return not contact_queries.is_suppressed(business, contact.phone)


def _asks(reading: Reading, carrier_read: CarrierReading) -> Answered | None:
    """What is to be done: leaving goes before all else, whoever read it."""
    if reading.leaves or carrier_read == "opt_out":
        return "opt_out"
    if carrier_read:
        return carrier_read
    if reading.verdict == "opt_in":
        return "opt_in"
    return "help" if reading.verdict == "help" else None


def _says(reading: Reading, asks: Answered) -> bool:
    return reading.leaves if asks == "opt_out" else reading.verdict == asks


def _hold(message: Message, contact: Contact, reading: Reading) -> bool:
    return contacts.hold(
        business=message.business,
        phone=PhoneNumber(contact.phone),
        reading=reading,
        words=message.body.strip(),
        message_id=message.id,
        at=message.at,
    )


def decide_review(
    *, business: Business, review: ConsentReview, left: bool, why: str, actor: User, at: datetime
) -> None:
    """What a member makes of words under review. Who turns out to have left gets the one
    confirmation that they would have got at once."""
    # Texts come in several to a transaction, in any order: they may wait for this one as it waits
    # for them. PostgreSQL then undoes one of the two.
    for _ in range(_TRIES - 1):
        try:
            _decide(business, review, left=left, why=why, actor=actor, at=at)
        except OperationalError as failure:
            if connection.in_atomic_block or not isinstance(failure.__cause__, DeadlockDetected):
                raise
        else:
            return
    _decide(business, review, left=left, why=why, actor=actor, at=at)


@transaction.atomic
def _decide(
    business: Business, review: ConsentReview, *, left: bool, why: str, actor: User, at: datetime
) -> None:
    # Held before what they said is, as by a text of theirs that comes in meanwhile.
    rows = Conversation.objects.select_for_update(of=("self",), no_key=True)
    # By the contact's id: whoever asks for a phone in one statement makes PostgreSQL read all the
    # conversations of the business while nothing is known of the tables.
    contact = contact_queries.contact_by_phone(business, review.phone)
    theirs = rows.filter(business=business, contact=contact)
    conversation = theirs.select_related("contact", "number", "business__account").first()
    newly_left = contacts.decide(
        business=business, review=review, left=left, why=why, actor=actor, at=at
    )
    if newly_left and conversation is not None:
        _confirm(conversation, conversation.contact, conversation.number, asks="opt_out", at=at)


def _confirm(
    conversation: Conversation,
    contact: Contact,
    number: TrackingNumber,
    *,
    asks: Answered,
    at: datetime,
) -> bool:
    """Answer what was asked; whether it is answered now, by us or by the network itself."""
    business = conversation.business
    wide = asks == "opt_out" and contact_queries.revokes_all(business)
    name = business.account.name if wide else business.name
    body = rules.consent_answer(asks, business=name, phone=number.phone, to=contact.phone)
    if body is None:
        return True
    lately = Message.objects.filter(
        conversation=conversation, kind__in=AUTOMATIC, at__gt=at - rules.ANSWER_WINDOW
    ).count()
    if not rules.may_answer(contact.phone, answered_lately=lately):
        return False
    try:
        queue_text(
            business=business,
            contact=contact,
            number=number,
            body=body,
            kind="compliance",
            # A moment later, so that the timeline reads from the cause to the answer.
            at=at + timedelta(milliseconds=1),
        )
    except Refusal:  # the number may not send, or theirs is ours; what was said counts all the same
        return False
    return True
