"""Putting texts in line for the one mouth. What cannot be sent is refused here, with guidance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from textrail.carriers.limits import check_media
from textrail.domain.accounts.actions import Actor
from textrail.domain.accounts.models import ApiKey, Business, User
from textrail.domain.contacts import actions as contact_actions
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.finding import by_key
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.conversations import (
    TAIL,
    note_activity,
    note_answer,
    note_scheduled,
    open_conversation,
)
from textrail.domain.inbox.actions.forms import keep_once, sent_before
from textrail.domain.inbox.actions.media import KeptMedia
from textrail.domain.inbox.actions.paying import check_funds
from textrail.domain.inbox.actions.quieting import check_quiet
from textrail.domain.inbox.actions.senders import check_reachable, check_sender
from textrail.domain.inbox.models import (
    Attachment,
    Conversation,
    Direction,
    Message,
    MessageStatus,
)
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.actions import Piece, enqueue, enqueue_in_lines, enqueue_many, tell
from textrail.outbox.models import Lane
from textrail.vocabulary.errors import Conflict, Malformed, NotFound, Refusal
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.phone import PhoneNumber, format_phone
from textrail.vocabulary.segments import segment

HAND_OVER = "inbox.hand_over"


@dataclass(frozen=True, slots=True)
class CampaignText:
    """One recipient's text, with its link and name filled in."""

    contact_id: int
    person_id: int
    body: str
    variant_id: int | None


@transaction.atomic
def queue_text(
    *,
    business: Business,
    contact: Contact,
    number: TrackingNumber,
    body: str,
    at: datetime,
    kind: str = "chat",
    sent_by: Actor = None,
    media: Sequence[KeptMedia] = (),
    leaves_at: datetime | None = None,
    once: str = "",
    again_of: Message | None = None,
) -> Message:
    """Put one text in line, or by until `leaves_at`. Refuses, with what to do, whatever could not
    leave anyway.

    A text of kind “compliance” may go to somebody who opted out: it confirms that, or it helps.
    Two calls with the same `once` (a token of a form) put one text in line; Conflict when the
    second one asks for another text.
    """
    text = rules.check_body(body, files=len(media))
    message = Message(
        business=business,
        contact=contact,
        person_id=contact.person_id,
        number=number,
        direction=Direction.OUTBOUND,
        kind=kind,
        body=text,
        segments=segment(text).segments,
        status=MessageStatus.SCHEDULED if leaves_at else MessageStatus.QUEUED,
        sent_by=sent_by if isinstance(sent_by, User) else None,
        key_name=sent_by.name if isinstance(sent_by, ApiKey) else "",
        at=at,
        leaves_at=leaves_at,
        again_of=again_of,
    )
    known = sent_before(message, once=once)
    if known is not None:
        return known
    _check(message, media)
    message.conversation = open_conversation(
        business=business, contact=contact, number=number, at=at
    )
    kept = keep_once(message, once=once)
    if kept is message:
        _keep_files(message, media)
        _line_up(message, number, files=len(media))
    return kept


def _check(message: Message, media: Sequence[KeptMedia]) -> None:
    """The refusal of a text that could not leave now, or when it is to."""
    business, contact, number = message.business, message.contact, message.number
    check_number(business, number, media=media)
    check_recipient(business, contact, number, kind=message.kind)
    if message.kind == "auto":
        _check_held(business, contact, message.at)
    if message.kind == "chat":
        check_quiet(business, contact, at=message.leaves_at or message.at)
        if message.leaves_at is None:
            check_funds(business, contact, segments=message.segments, files=len(media))


def _keep_files(message: Message, media: Sequence[KeptMedia]) -> None:
    Attachment.objects.bulk_create(
        Attachment(
            message=message,
            content_type=kept.content_type,
            path=kept.path,
            bytes=kept.bytes,
            name=kept.name,
        )
        for kept in media
    )


def _line_up(message: Message, number: TrackingNumber, *, files: int) -> None:
    """Its work, and a line in its thread: now, or only the news that it is scheduled and a thread
    to find it in.

    What answers by itself leaves the thread as it is: the list goes on showing what they said.
    """
    at, leaves_at = message.at, message.leaves_at
    if leaves_at is not None:
        subject: dict[str, int | str] = {"message_id": message.id, "contact_id": message.contact_id}
        tell(Event(EventName.MESSAGE_SCHEDULED, message.business_id, at, subject))
        note_scheduled(message.conversation, number=number, at=at)
    elif message.kind == "chat":
        line = rules.first_line(message.body, files=files)
        note_activity(message.conversation, number=number, line=line, at=at, ours=True)
        note_answer(message.conversation, user=message.sent_by, at=at)
    hand_in(message, at=leaves_at or at)


def hand_in(message: Message, *, at: datetime) -> None:
    """Give a text that somebody wrote to the mouth at `at`, behind what it has of its thread.

    What consent is answered with has a line of its own: it never waits behind a text that cannot
    leave, and two such answers keep their order.
    """
    thread = message.conversation_id
    line = -thread if message.kind == "compliance" else thread
    enqueue(HAND_OVER, {"message_id": message.pk}, at=at, lane=Lane.SOON, line=line)


def hand_in_answers(messages: Sequence[Message]) -> None:
    """Give texts that answer by themselves to the mouth, each behind what it has of its thread."""
    pieces = [Piece({"message_id": row.pk}, row.at, row.conversation_id) for row in messages]
    enqueue_in_lines(HAND_OVER, pieces, lane=Lane.SOON)


@transaction.atomic
def start_conversation(
    *,
    business: Business,
    phone: PhoneNumber,
    number: TrackingNumber,
    body: str,
    at: datetime,
    sent_by: Actor = None,
    media: Sequence[KeptMedia] = (),
    leaves_at: datetime | None = None,
    once: str = "",
) -> Message:
    """Text somebody who may be new to us; when the text is refused, no contact is left behind."""
    contact = contact_actions.find_or_add_contact(business=business, phone=phone, at=at)
    return queue_text(
        business=business,
        contact=contact,
        number=number,
        body=body,
        at=at,
        sent_by=sent_by,
        media=media,
        leaves_at=leaves_at,
        once=once,
    )


def why_not_from(*, business: Business, number: TrackingNumber) -> Refusal | None:
    """Why no text may leave from `number` now; None when it may."""
    try:
        check_number(business, number)
    except Refusal as refusal:
        return refusal
    return None


def check_number(
    business: Business, number: TrackingNumber, *, media: Sequence[KeptMedia] = ()
) -> None:
    """The refusal of a text with these files from `number`, if no text may leave from it now."""
    if number.business_id != business.id:
        raise NotFound(
            "That number is not one of yours.",
            hint="Choose one of the numbers on the Numbers page.",
            field="number",
        )
    if number.released_at is not None:
        raise Conflict(
            f"{number.name} was given back and cannot send.",
            hint="Choose another number.",
            field="number",
            code="number_released",
        )
    check_sender(number, pictures=bool(media))
    if media:
        connection = number.connection
        sizes = [kept.bytes for kept in media]
        check_media(connection.carrier, connection.get_carrier_display(), sizes)


def check_recipient(
    business: Business, contact: Contact, number: TrackingNumber, *, kind: str
) -> None:
    """The refusal of a text to somebody who opted out or has no number, and to a number of the
    business's own."""
    check_address(business, contact, number)
    check_not_ours(business, contact.phone)
    if kind != "compliance" and contacts.is_suppressed(business, contact.phone):
        raise _opted_out(business, contact, number)


def check_address(business: Business, contact: Contact, number: TrackingNumber) -> None:
    """The refusal of a text to a stranger to the business, to who has no number, and to the number
    itself. Asks nothing of the database."""
    if contact.business_id != business.id:
        raise NotFound("That contact is not one of yours.", field="recipient")
    if contact.phone == number.phone:
        raise Malformed("A number cannot text itself.", field="recipient")
    check_reachable(contact.phone)


def check_not_ours(business: Business, phone: str) -> None:
    """Conflict when the business holds this number: a text to it costs, comes back, and may be
    answered by itself."""
    held = numbers.held_number(business, phone)
    if held is not None:
        raise Conflict(
            f"{format_phone(held.phone, home=business.country)} is your own number {held.name}.",
            hint="Write the number of who is to get the text. To try yours out, text it from a"
            " phone.",
            field="recipient",
            code="own_number",
        )


def _check_held(business: Business, contact: Contact, at: datetime) -> None:
    if contacts.is_held(business, contact.phone, at):
        raise held_back()


def held_back() -> Conflict:
    """The refusal of what no person writes to somebody whose words wait for review."""
    return Conflict(
        "Their last words may be an opt-out, so nothing goes to them that no person writes.",
        hint="Decide it on the page Consent, under Review.",
        field="recipient",
        code="consent_held",
    )


def _opted_out(business: Business, contact: Contact, number: TrackingNumber) -> Refusal:
    history = contacts.consent_history(business, contact.phone)
    proof = next((event for event in history if event.kind == ConsentKind.OPT_OUT), None)
    who = contact.name or format_phone(contact.phone, home=business.country)
    how = "opted out"
    if proof is not None:
        said = f"texted “{proof.words}”" if proof.source == "text" else "opted out"
        day = proof.at.astimezone(ZoneInfo(business.time_zone))
        how = f"{said} on {day.day} {day:%B %Y}"
    ours = format_phone(number.phone, home=business.country)
    return Conflict(
        f"{who} {how}, so no text may go to them.",
        hint=f"They can text START to {ours} to hear from you again.",
        field="recipient",
        code="opted_out",
        about=contact.phone,
    )


@transaction.atomic
def queue_campaign_texts(
    *,
    business: Business,
    number: TrackingNumber,
    texts: Sequence[CampaignText],
    campaign_id: int,
    at: datetime,
) -> list[int]:
    """Put a batch in line with a bounded number of statements; the ids in the order of `texts`.

    Conversations are made where there are none, and stay out of the list until somebody answers.
    A text that is empty or too long after merging is kept as refused and never leaves.
    """
    check_number(business, number)
    conversations = _conversations(business, number, {text.contact_id for text in texts}, at)
    messages = Message.objects.bulk_create(
        _campaign_message(business, number, text, conversations[text.contact_id], campaign_id, at)
        for text in texts
    )
    enqueue_many(
        HAND_OVER,
        [{"message_id": message.id} for message in messages if message.status == "queued"],
        at=at,
        lane=Lane.BULK,
    )
    return [message.id for message in messages]


def _conversations(
    business: Business, number: TrackingNumber, contact_ids: Iterable[int], at: datetime
) -> dict[int, int]:
    """Contact → conversation, two statements beside the inserts."""
    wanted = set(contact_ids)
    rows = Conversation.objects.filter(by_key(Q(business=business)), contact_id__in=wanted)
    known = dict(rows.values_list("contact_id", "id"))
    missing = sorted(wanted - known.keys())
    if missing:
        phones = Contact.objects.filter(business=business, id__in=missing).order_by("id")
        Conversation.objects.bulk_create(
            (
                Conversation(
                    business=business,
                    contact_id=contact_id,
                    number=number,
                    last_at=at,
                    tail=phone[-TAIL:],
                )
                for contact_id, phone in phones.values_list("id", "phone")
            ),
            ignore_conflicts=True,
        )
        known = dict(rows.values_list("contact_id", "id"))
    return known


def _campaign_message(
    business: Business,
    number: TrackingNumber,
    text: CampaignText,
    conversation_id: int,
    campaign_id: int,
    at: datetime,
) -> Message:
    message = Message(
        business=business,
        conversation_id=conversation_id,
        contact_id=text.contact_id,
        person_id=text.person_id,
        number=number,
        direction=Direction.OUTBOUND,
        kind="campaign",
        body=text.body,
        segments=segment(text.body).segments,
        status=MessageStatus.QUEUED,
        campaign_id=campaign_id,
        variant_id=text.variant_id,
        at=at,
    )
    try:
        message.body = rules.check_body(text.body, files=0)
    except Malformed as refusal:
        message.body = rules.storable(text.body)
        message.status = MessageStatus.REFUSED
        message.error_code, message.error = refusal.name, refusal.sentence
    return message
