"""What a number says by itself: automatic answers, and the answers that consent asks for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.sending import queue_text
from textrail.domain.inbox.models import (
    AnswerTrigger,
    AutoAnswer,
    Conversation,
    Direction,
    Message,
)
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import PhoneNumber

AUTOMATIC = ("auto", "compliance")


def answer_consent(
    message: Message,
    contact: Contact,
    number: TrackingNumber,
    *,
    intent: Literal["opt_out", "opt_in", "help"],
) -> None:
    """Keep the proof and answer: an opt-out or opt-in once, when it changed something; help always.

    Runs inside the transaction of the text that asked.
    """
    if intent != "help":
        changed = contacts.record_consent(
            business=message.business,
            phone=PhoneNumber(contact.phone),
            kind=ConsentKind(intent),
            source="text",
            words=message.body.strip(),
            message_id=message.id,
            at=message.at,
        )
        if not changed:
            return
    body = rules.consent_answer(intent, business=message.business.name, phone=number.phone)
    if body is not None:
        _say(contact, number, message.conversation, body=body, kind="compliance", at=message.at)


def answer_automatically(
    conversation: Conversation,
    contact: Contact,
    number: TrackingNumber,
    *,
    trigger: AnswerTrigger,
    at: datetime,
) -> None:
    """Say what the number says on `trigger`, if it says anything and the contact may be texted."""
    answer = AutoAnswer.objects.filter(number=number, trigger=trigger, enabled=True).first()
    if answer is None or contact_queries.is_suppressed(conversation.business, contact.phone):
        return
    _say(contact, number, conversation, body=answer.body, kind="auto", at=at)


def is_first_text(message: Message) -> bool:
    """Whether nobody texted us in this conversation before this message."""
    earlier = Message.objects.filter(
        conversation_id=message.conversation_id, direction=Direction.INBOUND
    )
    return not earlier.exclude(id=message.id).exists()


def _say(
    contact: Contact,
    number: TrackingNumber,
    conversation: Conversation,
    *,
    body: str,
    kind: str,
    at: datetime,
) -> None:
    if contact.phone == number.phone:
        return  # somebody put our own number in as theirs, and a number cannot text itself
    lately = Message.objects.filter(
        conversation=conversation, kind__in=AUTOMATIC, at__gt=at - rules.ANSWER_WINDOW
    ).count()
    if number.sms_enabled and rules.may_answer(contact.phone, answered_lately=lately):
        # A moment later, so that the timeline reads from the cause to the answer.
        queue_text(
            business=conversation.business,
            contact=contact,
            number=number,
            body=body,
            kind=kind,
            at=at + timedelta(milliseconds=1),
        )


@transaction.atomic
def set_answer(
    *,
    business: Business,
    number: TrackingNumber,
    trigger: AnswerTrigger,
    body: str,
    enabled: bool,
    at: datetime,
    actor: User | None = None,
) -> AutoAnswer:
    """What `number` says on `trigger`. Malformed for an answer that is on and has no words."""
    text = rules.storable(body).strip()
    longest = AutoAnswer._meta.get_field("body").max_length or 0
    if enabled and not text:
        raise Malformed(
            "An answer that is on needs words.",
            hint="Write what people get, or switch the answer off.",
            field=trigger.value,
        )
    if len(text) > longest:
        raise Malformed(
            f"An answer has at most {longest} characters; this one has {len(text):,}.",
            hint="Shorten it.",
            field=trigger.value,
        )
    answer, _ = AutoAnswer.objects.update_or_create(
        number=number,
        trigger=trigger,
        defaults={"business": business, "body": text, "enabled": enabled},
    )
    record_audit(
        business=business,
        actor=actor,
        action="inbox.answer_set",
        subject=f"{number.name}: {trigger.label}",
        at=at,
    )
    return answer
