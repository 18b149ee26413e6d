"""Calls: kept once, their status climbs, and a missed one can be answered by a text.

A call that a flow leads is asked about while it lasts (turns), reported when it ends, and its
recordings come when they are ready; in any order, and more than once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from textrail.carriers.contract import CallReport
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.answering import answer_call
from textrail.domain.inbox.actions.conversations import (
    note_activity,
    note_answer,
    open_conversation,
)
from textrail.domain.inbox.actions.paying import charge_call, lock_funds
from textrail.domain.inbox.actions.receiving import contact_of, keep_unclaimed
from textrail.domain.inbox.models import Call, CallStatus, Recording
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import CallFlow, TrackingNumber
from textrail.outbox.actions import enqueue, tell
from textrail.vocabulary.arrivals import CallTurn
from textrail.vocabulary.events import Event, EventName

SETTLE: Final = "inbox.settle_call"
# How long after a call that a report of who answered, or of a message that was left, may come.
GRACE: Final = timedelta(seconds=20)
# A call whose end nobody reports is settled then.
LONGEST_CALL: Final = timedelta(hours=4)
# Who called long ago is not texted back: news of a call can be late.
LATEST_TEXT_BACK: Final = timedelta(hours=1)

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
    That a call was picked up says little when a flow did it: then the turns say who talked.
    """
    number = numbers.number_held(connection_id, call.called)
    if number is None:
        keep_unclaimed(connection_id=connection_id, carrier=carrier, event=call, at=at)
        return None
    lock_funds(number)
    row = _find_or_start(number, call.carrier_ref, call.caller, at)
    if call.outcome != "ringing" and row.ended_at is None:
        row.ended_at = at
        row.save(update_fields=["ended_at"])
    if call.outcome == "answered" and _is_led(row):
        _settle_or_wait(row, at)
    else:
        seconds, words = call.duration_seconds, rules.storable(call.voicemail)
        climb(row, call.outcome, at=at, seconds=seconds, words=words)
    return row


@transaction.atomic
def record_turn(*, connection_id: int, carrier: str, turn: CallTurn, at: datetime) -> Call | None:
    """Keep what a call went through, as the door led it, and who answered. None as above."""
    number = numbers.number_held(connection_id, turn.called)
    if number is None:
        ringing = CallReport(turn.carrier_ref, turn.caller, turn.called, "ringing")
        keep_unclaimed(connection_id=connection_id, carrier=carrier, event=ringing, at=at)
        return None
    lock_funds(number)
    row = _find_or_start(number, turn.carrier_ref, turn.caller, at)
    if not turn.flow_id:  # nobody was there to lead it, so it is over, reported or not
        enqueue(SETTLE, {"call_id": row.id}, at=at, after=GRACE, key=f"settle-call-{row.id}")
        return row
    _keep_turn(row, number, turn)
    if turn.connected:
        climb(row, "answered", at=at, seconds=turn.seconds, by=turn.answered_by)
    elif not turn.waiting:
        _settle_or_wait(row, at)
    elif turn.count == 1:
        enqueue(SETTLE, {"call_id": row.id}, at=at, after=LONGEST_CALL, key=f"end-call-{row.id}")
    return row


@transaction.atomic
def settle_call(*, call_id: int, at: datetime) -> None:
    """Nobody was reported to have answered, and no message came: the call was missed."""
    row = _locked(call_id)
    if row is not None and row.status == CallStatus.RINGING:
        climb(row, "missed", at=at)


def climb(
    call: Call,
    outcome: str,
    *,
    at: datetime,
    seconds: int = 0,
    words: str = "",
    by: str = "",
) -> None:
    """Lift a call to what was reported of it, if that is higher, and say so."""
    before = call.status
    climbing = Call.objects.filter(id=call.id, status__in=rules.calls_below(outcome))
    climbed = climbing.update(
        status=outcome,
        duration_seconds=max(seconds, call.duration_seconds),
        voicemail=words or call.voicemail,
        answered_by=rules.storable(by)[:32] or call.answered_by,
    )
    if climbed:
        call.refresh_from_db()
        _announce(call, before, at)
        charge_call(call, at=at)


def _locked(call_id: int) -> Call | None:
    rows = Call.objects.select_for_update(of=("self",)).filter(id=call_id)
    return rows.select_related("conversation", "contact", "number__business").first()


def _find_or_start(number: TrackingNumber, carrier_ref: str, caller: str, at: datetime) -> Call:
    known = Call.objects.filter(number=number, carrier_ref=carrier_ref)
    found = known.values_list("id", flat=True).first()
    if found is not None and (row := _locked(found)) is not None:
        return row
    contact = contact_of(number, caller, at)
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
        carrier_ref=carrier_ref,
        status=CallStatus.RINGING,
        at=at,
    )
    line = _LINES[CallStatus.RINGING]
    note_activity(conversation, number=number, line=line, at=at, heard="call")
    _adopt_recordings(row, at)
    return row


def _is_led(call: Call) -> bool:
    """Whether something of ours picked up, so that “answered” does not mean a person."""
    return bool(call.turns) or call.recordings.filter(is_voicemail=True).exists()


def _adopt_recordings(call: Call, at: datetime) -> None:
    """Recordings that came before the call they belong to."""
    early = Recording.objects.filter(
        connection_id=call.number.connection_id, call_ref=call.carrier_ref, call=None
    )
    has_voicemail = early.filter(is_voicemail=True).exists()
    if early.update(call=call) and has_voicemail:
        climb(call, "voicemail", at=at)


def _keep_turn(call: Call, number: TrackingNumber, turn: CallTurn) -> None:
    """What the call waits for is what its latest turn says; a message may still be on its way when
    the flow is over."""
    turns = {**call.turns, str(turn.count): [rules.storable(words) for words in turn.path]}
    is_latest = turn.count >= max(map(int, call.turns), default=0)
    if is_latest and (turn.waiting or call.waiting != "voicemail"):
        call.waiting = turn.waiting
    flows = CallFlow.objects.filter(business=number.business, id=turn.flow_id)
    call.call_flow = flows.first() or call.call_flow
    call.turns = turns
    call.save(update_fields=["turns", "waiting", "call_flow"])


def _settle_or_wait(call: Call, at: datetime) -> None:
    """A call that is over and was not answered is missed. Who rang or left a message when it ended
    may have been answered, or heard, all the same: that report is on its way, so we wait for it."""
    if call.status != CallStatus.RINGING:
        return
    if call.waiting in ("ring", "voicemail"):
        enqueue(SETTLE, {"call_id": call.id}, at=at, after=GRACE, key=f"settle-call-{call.id}")
    else:
        climb(call, "missed", at=at)


def _announce(call: Call, before: str, at: datetime) -> None:
    number = call.number
    newly_unanswered = call.status in rules.UNANSWERED and before not in rules.UNANSWERED
    is_answered = call.status == CallStatus.ANSWERED
    note_activity(
        call.conversation,
        number=number,
        line=_LINES[CallStatus(call.status)],
        at=at,
        unread=1 if newly_unanswered else 0,
        heard="talk" if is_answered else "call",
    )
    if is_answered:
        note_answer(call.conversation, user=None, at=at)
    subject: dict[str, int | str] = {"call_id": call.id, "contact_id": call.contact_id}
    tell(Event(EventName.CALL_RECORDED, call.business_id, at, subject))
    if newly_unanswered and at - call.at <= LATEST_TEXT_BACK:
        answer_call(call, at=at)
