"""Putting texts in line for the one mouth. What cannot be sent is refused here, with guidance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contact_actions
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.conversations import note_activity, open_conversation
from textrail.domain.inbox.actions.media import KeptMedia
from textrail.domain.inbox.models import (
    Attachment,
    Conversation,
    Direction,
    Message,
    MessageStatus,
)
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.actions import enqueue, enqueue_many
from textrail.vocabulary.errors import Conflict, Malformed, NotFound, Refusal
from textrail.vocabulary.phone import PhoneNumber, format_national
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
    sent_by: User | None = None,
    media: Sequence[KeptMedia] = (),
) -> Message:
    """Put one text in line. Refuses, with what to do, whatever could not leave anyway.

    A text of kind “compliance” may go to somebody who opted out: it confirms that, or it helps.
    """
    text = rules.check_body(body, files=len(media))
    _check_number(business, number)
    _check_contact(business, contact, number, kind=kind)
    conversation = open_conversation(business=business, contact=contact, number=number, at=at)
    message = Message.objects.create(
        business=business,
        conversation=conversation,
        contact=contact,
        person_id=contact.person_id,
        number=number,
        direction=Direction.OUTBOUND,
        kind=kind,
        body=text,
        segments=max(1, segment(text).segments),
        status=MessageStatus.QUEUED,
        sent_by=sent_by,
        at=at,
    )
    Attachment.objects.bulk_create(
        Attachment(
            message=message, content_type=kept.content_type, path=kept.path, bytes=kept.bytes
        )
        for kept in media
    )
    note_activity(conversation, number=number, line=rules.first_line(text, files=len(media)), at=at)
    enqueue(HAND_OVER, {"message_id": message.id}, at=at)
    return message


@transaction.atomic
def start_conversation(
    *,
    business: Business,
    phone: PhoneNumber,
    number: TrackingNumber,
    body: str,
    at: datetime,
    sent_by: User | None = None,
    media: Sequence[KeptMedia] = (),
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
    )


def _check_number(business: Business, number: TrackingNumber) -> None:
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
    if not number.sms_enabled:
        raise Conflict(
            f"{number.name} takes calls only.",
            hint="Switch texting on for it on the Numbers page, or choose another number.",
            field="number",
            code="number_without_sms",
        )


def _check_contact(
    business: Business, contact: Contact, number: TrackingNumber, *, kind: str
) -> None:
    if contact.business_id != business.id:
        raise NotFound("That contact is not one of yours.", field="recipient")
    if contact.phone == number.phone:
        raise Malformed("A number cannot text itself.", field="recipient")
    if kind != "compliance" and contacts.is_suppressed(business, contact.phone):
        raise _opted_out(business, contact, number)


def _opted_out(business: Business, contact: Contact, number: TrackingNumber) -> Refusal:
    history = contacts.consent_history(business, contact.phone)
    proof = next((event for event in history if event.kind == ConsentKind.OPT_OUT), None)
    who = contact.name or format_national(contact.phone)
    how = "opted out"
    if proof is not None:
        said = f"texted “{proof.words}”" if proof.source == "text" else "opted out"
        how = f"{said} on {proof.at.day} {proof.at:%B %Y}"
    return Conflict(
        f"{who} {how}, so no text may go to them.",
        hint=f"They can text START to {format_national(number.phone)} to hear from you again.",
        field="recipient",
        code="opted_out",
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
    _check_number(business, number)
    conversations = _conversations(business, number, {text.contact_id for text in texts}, at)
    messages = Message.objects.bulk_create(
        _campaign_message(business, number, text, conversations[text.contact_id], campaign_id, at)
        for text in texts
    )
    enqueue_many(
        HAND_OVER,
        [{"message_id": message.id} for message in messages if message.status == "queued"],
        at=at,
    )
    return [message.id for message in messages]


def _conversations(
    business: Business, number: TrackingNumber, contact_ids: Iterable[int], at: datetime
) -> dict[int, int]:
    """Contact → conversation, two statements beside the inserts."""
    wanted = set(contact_ids)
    rows = Conversation.objects.filter(business=business, contact_id__in=wanted)
    known = dict(rows.values_list("contact_id", "id"))
    missing = sorted(wanted - known.keys())
    if missing:
        Conversation.objects.bulk_create(
            (
                Conversation(business=business, contact_id=contact_id, number=number, last_at=at)
                for contact_id in missing
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
        segments=max(1, segment(text.body).segments),
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
