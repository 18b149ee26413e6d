"""What would be answered: the same decision as for a text that comes in, and nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.rules import read_consent
from textrail.domain.inbox.models import Conversation
from textrail.domain.inbox.queries import answering
from textrail.domain.inbox.queries.answering import History
from textrail.domain.inbox.rules import answers as rules
from textrail.domain.numbers.models import TrackingNumber

Event = Literal["text", "missed_call", "voicemail"]
# Set aside for fiction, so that it is nobody's.
_SOMEBODY: Final = "+12025550123"


@dataclass(frozen=True, slots=True)
class Trial:
    """`consent` says what the text asks for, when consent comes first; then nothing else is asked.
    `body` is the answer with its fields filled in, when there is one."""

    consent: str = ""
    decision: rules.Decision | None = None
    body: str = ""


def try_answer(
    business: Business,
    number: TrackingNumber,
    *,
    event: Event,
    body: str,
    at: datetime,
    phone: str = "",
    texted_before: bool = False,
) -> Trial:
    """The answer to `body` at `at`: for the contact with `phone`, with all that was said, or for
    somebody new, who may have texted before."""
    if event == "text" and (asked := read_consent(body)).verdict != "none":
        return Trial(consent=asked.reason)
    contact = contacts.contact_by_phone(business, phone) if phone else None
    if contact is not None and contacts.is_suppressed(business, contact.phone):
        return Trial(consent="opted out before, so nothing is sent")
    answers = answering.answers_on(business, number)
    conversation = (
        Conversation.objects.filter(business=business, contact=contact).first() if contact else None
    )
    past = History(not texted_before, {}, None, ())
    if conversation is not None:
        ids = [answer.id for answer in answers]
        past = answering.history(business, conversation.id, answer_ids=ids)
    situation = answering.situation(
        number,
        past,
        event=event,
        answers=answers,
        sender=phone or _SOMEBODY,
        at=at,
        body=body,
    )
    decision = rules.decide(answers, situation)
    name = contact.name if contact else ""
    if decision.answer is None:
        return Trial(decision=decision, body="")
    heard_by = replace(situation, sender=phone or number.phone)
    filled = answering.fill(number, decision.answer.body, heard_by, name)
    return Trial(decision=decision, body=filled)
