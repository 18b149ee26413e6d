"""Automatic answers to texts and missed calls. They run in the transaction of what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from django.db import transaction

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox.actions.saying import LONGEST_REASON, Saying, say
from textrail.domain.inbox.models import AnswerTrigger, Call, CallStatus, Conversation, Message
from textrail.domain.inbox.queries import answering
from textrail.domain.inbox.rules import answers as rules
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import TrackingNumber


def answer_texts(*, business: Business, texts: Sequence[Message]) -> list[Message]:
    """Give inbound texts, which ask nothing of consent, their automatic answers, where they get
    one; those of them whose keyword was answered. The texts are of different conversations.

    The answer keeps which rule it is of and why; a text that is left alone because the other side
    is a machine, or because nothing can be sent to it, keeps that.
    """
    ours = numbers.phones_held(business, {text.contact.phone for text in texts})
    theirs = [text for text in texts if text.contact.phone not in ours]  # or we answer ourselves
    asked = {text: answers for text in theirs if (answers := _answers_to(business, text))}
    pasts = answering.histories(
        business, [(text, [answer.id for answer in asked[text]]) for text in asked]
    )
    wanted: dict[Message, Saying] = {}
    for text, answers in asked.items():
        situation = answering.situation(
            text.number,
            pasts[text.conversation_id],
            event="text",
            answers=answers,
            sender=text.contact.phone,
            at=text.at,
            body=text.body,
        )
        decision = rules.decide(answers, situation)
        _tag(text.contact, decision)
        if decision.outcome == "said":
            place = (text.conversation, text.contact, text.number)
            wanted[text] = _saying(*place, decision, situation)
        elif decision.outcome == "stopped":
            _keep(text, "stopped", decision.why)
    said = say(business=business, sayings=list(wanted.values()))
    keyed: list[Message] = []
    for text, outcome in zip(wanted, said, strict=True):
        if isinstance(outcome, str):
            _keep(text, "refused", outcome)
        elif outcome.answered_on == AnswerTrigger.KEYWORD:
            keyed.append(text)
    return keyed


def _answers_to(business: Business, text: Message) -> list[rules.Answer]:
    answers = answering.answers_on(business, text.number)
    return [answer for answer in answers if answer.trigger != "missed_call"]


def answer_call(call: Call, *, at: datetime) -> Message | None:
    """Text back who called when nobody answered, if their number's answers say so."""
    number, contact = call.number, call.contact
    answers = answering.answers_on(call.business, number)
    calls = [answer for answer in answers if answer.trigger == "missed_call"]
    if not calls or numbers.held_number(call.business, contact.phone) is not None:
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
    saying = _saying(call.conversation, contact, number, decision, situation)
    [answer] = say(business=call.business, sayings=[saying])
    return answer if isinstance(answer, Message) else None


def _saying(
    conversation: Conversation,
    contact: Contact,
    number: TrackingNumber,
    decision: rules.Decision,
    situation: rules.Situation,
) -> Saying:
    assert decision.answer is not None
    return Saying(conversation, contact, number, decision.answer, situation, decision.why)


def _tag(contact: Contact, decision: rules.Decision) -> None:
    """A keyword tags whoever writes it, also when its answer waits."""
    answer = decision.answer
    if answer is None or not answer.tag or decision.outcome == "stopped":
        return
    with transaction.atomic():
        contacts.add_tags(business=contact.business, contact=contact, names=[answer.tag])


def _keep(message: Message, outcome: Literal["stopped", "refused"], why: str) -> None:
    because = why[:LONGEST_REASON]
    Message.objects.filter(id=message.id).update(answered_on=outcome, because=because)
