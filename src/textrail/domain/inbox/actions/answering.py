"""Automatic answers to texts and missed calls. They run in the transaction of what they answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction

from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox.actions.sending import AnswerMark, queue_text
from textrail.domain.inbox.models import Call, CallStatus, Conversation, Message
from textrail.domain.inbox.queries import answering
from textrail.domain.inbox.rules import answers as rules
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Refusal

_LONGEST_REASON = 200


def answer_text(message: Message, contact: Contact, number: TrackingNumber) -> Message | None:
    """Give an inbound text, which asks nothing of consent, its automatic answer, if it gets one.

    The answer keeps which rule it is of and why; a text that is left alone because the other side
    is a machine, or because nothing can be sent to it, keeps that.
    """
    answers = answering.answers_on(message.business, number)
    texts = [answer for answer in answers if answer.trigger != "missed_call"]
    if not texts or contact.phone == number.phone:
        return None
    past = answering.history(
        message.business,
        message.conversation_id,
        answer_ids=[answer.id for answer in texts],
        leaving_out=message.id,
    )
    situation = answering.situation(
        number,
        past,
        event="text",
        answers=texts,
        sender=contact.phone,
        at=message.at,
        body=message.body,
    )
    decision = rules.decide(texts, situation)
    _tag(contact, decision)
    if decision.outcome == "said":
        answer = _say(message.conversation, contact, number, decision, situation)
        if isinstance(answer, Message):
            return answer
        _keep(message, "refused", answer)
    elif decision.outcome == "stopped":
        _keep(message, "stopped", decision.why)
    return None


def answer_call(call: Call, *, at: datetime) -> Message | None:
    """Text back who called when nobody answered, if their number's answers say so."""
    number, contact = call.number, call.contact
    answers = answering.answers_on(call.business, number)
    calls = [answer for answer in answers if answer.trigger == "missed_call"]
    if not calls or contact.phone == number.phone:
        return None
    past = answering.history(
        call.business,
        call.conversation_id,
        answer_ids=[answer.id for answer in calls],
    )
    event: Literal["voicemail", "missed_call"] = (
        "voicemail" if call.status == CallStatus.VOICEMAIL else "missed_call"
    )
    situation = answering.situation(
        number, past, event=event, answers=calls, sender=contact.phone, at=at
    )
    decision = rules.decide(calls, situation)
    if decision.outcome != "said":
        return None
    _tag(contact, decision)
    answer = _say(call.conversation, contact, number, decision, situation)
    return answer if isinstance(answer, Message) else None


def _say(
    conversation: Conversation,
    contact: Contact,
    number: TrackingNumber,
    decision: rules.Decision,
    situation: rules.Situation,
) -> Message | str:
    """The answer that is in line now, or the sentence that speaks against sending it."""
    answer = decision.answer
    assert answer is not None
    because = f"{answer.name}: {decision.why}"[:_LONGEST_REASON]
    try:
        # A moment later, so that the timeline reads from the cause to the answer.
        return queue_text(
            business=conversation.business,
            contact=contact,
            number=number,
            body=answering.fill(number, answer.body, situation, contact.name),
            kind="auto",
            conversation=conversation,
            mark=AnswerMark(answer.id, answer.trigger, because),
            at=situation.at + timedelta(milliseconds=1),
        )
    except Refusal as refusal:
        return "They opted out" if refusal.name == "opted_out" else refusal.sentence


def _tag(contact: Contact, decision: rules.Decision) -> None:
    """A keyword tags whoever writes it, also when its answer waits."""
    answer = decision.answer
    if answer is None or not answer.tag or decision.outcome == "stopped":
        return
    with transaction.atomic():
        contacts.add_tags(business=contact.business, contact=contact, names=[answer.tag])


def _keep(message: Message, outcome: Literal["stopped", "refused"], why: str) -> None:
    because = why[:_LONGEST_REASON]
    Message.objects.filter(id=message.id).update(answered_on=outcome, because=because)
