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
from textrail.vocabulary.phone import PhoneNumber

AUTOMATIC = ("auto", "compliance")
ASKED_LATELY = timedelta(days=7)  # for how long a bare yes or no may answer what a member wrote

_TRIES = 3

Answered = Literal["opt_out", "opt_in", "help"]


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
) -> bool:
    """Do what a text asks for; False when it asks nothing of consent.

    Where the carrier read a keyword itself, it has answered: we keep the proof and add nothing.
    """
    asks = _asks(reading, carrier_read)
    if asks is None:
        return reading.verdict == "ambiguous" and _hold(message, contact, reading)
    if asks == "help":
        if carrier_read != "help":
            _confirm(message.conversation, contact, number, asks="help", at=message.at)
        return True
    unread = carrier_read == asks and not _says(reading, asks)
    if _is_yes_to_something_else(message.business, contact, reading, asks=asks, unread=unread):
        return False
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
    if changed and carrier_read != asks:
        _confirm(message.conversation, contact, number, asks=asks, at=message.at)
    return True


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
    theirs = rows.filter(business=business, contact__phone=review.phone)
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
) -> None:
    if contact.phone == number.phone:
        return  # somebody put our own number in as theirs, and a number cannot text itself
    business = conversation.business
    wide = asks == "opt_out" and contact_queries.revokes_all(business)
    name = business.account.name if wide else business.name
    body = rules.consent_answer(asks, business=name, phone=number.phone)
    lately = Message.objects.filter(
        conversation=conversation, kind__in=AUTOMATIC, at__gt=at - rules.ANSWER_WINDOW
    ).count()
    may = rules.may_answer(contact.phone, answered_lately=lately)
    if body is not None and number.sms_enabled and number.released_at is None and may:
        # A moment later, so that the timeline reads from the cause to the answer.
        queue_text(
            business=business,
            contact=contact,
            number=number,
            body=body,
            kind="compliance",
            at=at + timedelta(milliseconds=1),
        )
