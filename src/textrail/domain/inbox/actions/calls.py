"""Calls: kept once, their status climbs, and a missed one can be answered by a text."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.carriers.contract import CallReport
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.answers import answer_automatically
from textrail.domain.inbox.actions.conversations import note_activity, open_conversation
from textrail.domain.inbox.actions.receiving import contact_of, keep_unclaimed
from textrail.domain.inbox.models import AnswerTrigger, Call, CallStatus
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.actions import tell
from textrail.vocabulary.events import Event, EventName

_LINES = {
    CallStatus.RINGING: "Calling now",
    CallStatus.ANSWERED: "Call, answered",
    CallStatus.MISSED: "Missed call",
    CallStatus.VOICEMAIL: "Voicemail",
    CallStatus.FAILED: "Call that failed",
}


@transaction.atomic
def record_call(*, connection_id: int, carrier: str, call: CallReport, at: datetime) -> Call | None:
    """Keep a call once and let its status climb. None, and unclaimed, when nobody holds the number.

    The first report that nobody answered makes the thread unread and may be answered by a text.
    """
    number = numbers.number_held(connection_id, call.called)
    if number is None:
        keep_unclaimed(connection_id=connection_id, carrier=carrier, event=call, at=at)
        return None
    row = _find_or_start(number, call, at)
    before = row.status
    climbing = Call.objects.filter(id=row.id, status__in=rules.calls_below(call.outcome))
    climbed = climbing.update(
        status=call.outcome,
        duration_seconds=max(call.duration_seconds, row.duration_seconds),
        voicemail=rules.storable(call.voicemail) or row.voicemail,
    )
    if climbed:
        row.refresh_from_db()
        _announce(row, number, before, at)
    return row


def _find_or_start(number: TrackingNumber, call: CallReport, at: datetime) -> Call:
    known = Call.objects.filter(number=number, carrier_ref=call.carrier_ref).first()
    if known is not None:
        return known
    contact = contact_of(number, call.caller, at)
    conversation = open_conversation(
        business=number.business, contact=contact, number=number, at=at
    )
    row = Call.objects.create(
        business=number.business,
        conversation=conversation,
        contact=contact,
        person_id=contact.person_id,
        number=number,
        source_id=number.source_id,
        carrier_ref=call.carrier_ref,
        status=CallStatus.RINGING,
        at=at,
    )
    note_activity(conversation, number=number, line=_LINES[CallStatus.RINGING], at=at)
    return row


def _announce(call: Call, number: TrackingNumber, before: str, at: datetime) -> None:
    newly_unanswered = call.status in rules.UNANSWERED and before not in rules.UNANSWERED
    line = _LINES[CallStatus(call.status)]
    note_activity(
        call.conversation, number=number, line=line, at=at, unread=1 if newly_unanswered else 0
    )
    subject: dict[str, int | str] = {"call_id": call.id, "contact_id": call.contact_id}
    tell(Event(EventName.CALL_RECORDED, call.business_id, at, subject))
    if newly_unanswered:
        answer_automatically(
            call.conversation, call.contact, number, trigger=AnswerTrigger.MISSED_CALL, at=at
        )
