"""Automatic answers put in line together, in the transaction of what they answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox.actions.sending import (
    check_address,
    check_number,
    hand_in_answers,
    held_back,
)
from textrail.domain.inbox.models import Conversation, Direction, Message, MessageStatus
from textrail.domain.inbox.queries import answering
from textrail.domain.inbox.rules import check_body
from textrail.domain.inbox.rules.answers import Answer, Situation
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Refusal
from textrail.vocabulary.segments import segment

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Saying:
    """An answer that is to be given: to whom, in what situation, and why."""

    conversation: Conversation
    contact: Contact
    number: TrackingNumber
    answer: Answer
    situation: Situation
    why: str


def say(*, business: Business, sayings: Sequence[Saying]) -> list[Message | str]:
    """For each, in order, the text that is in line now, or the sentence that speaks against it.

    Four statements, however many there are.
    """
    if not sayings:
        return []
    phones = {saying.contact.phone for saying in sayings}
    out = contacts.suppressed_phones(business, phones)
    at = min(saying.situation.at for saying in sayings)
    held = contacts.held_phones(business, phones, at)
    said = [_text_or_refusal(business, saying, out, held) for saying in sayings]
    texts = [each for each in said if isinstance(each, Message)]
    if texts:
        Message.objects.bulk_create(texts)
        hand_in_answers(texts)
    return said


def _text_or_refusal(
    business: Business, saying: Saying, out: Collection[str], held: Collection[str]
) -> Message | str:
    contact, number = saying.contact, saying.number
    try:
        text = _text(business, saying)
        check_number(business, number)
        check_address(business, contact, number)
        if contact.phone in out:
            return "They opted out"
        if contact.phone in held:
            raise held_back()
    except Refusal as refusal:
        return refusal.sentence
    return text


def _text(business: Business, saying: Saying) -> Message:
    answer, situation = saying.answer, saying.situation
    filled = answering.fill(saying.number, answer.body, situation, saying.contact.name)
    body = check_body(filled, files=0)
    return Message(
        business=business,
        conversation=saying.conversation,
        contact=saying.contact,
        person_id=saying.contact.person_id,
        number=saying.number,
        direction=Direction.OUTBOUND,
        kind="auto",
        body=body,
        segments=segment(body).segments,
        status=MessageStatus.QUEUED,
        # A moment later, so that the timeline reads from the cause to the answer.
        at=situation.at + timedelta(milliseconds=1),
        answer_id=answer.id,
        answered_on=answer.trigger,
        because=f"{answer.name}: {saying.why}"[:LONGEST_REASON],
    )
