"""Calls: kept once, their status climbs, and a missed one can be answered by a text.

A call that a flow leads is asked about while it lasts (turns), reported when it ends, and its
recordings come when they are ready; in any order, and more than once. Where no report of its end
comes, the carrier is asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from textrail.carriers.contract import CallReport, CallStanding
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
from textrail.domain.inbox.rules import chasing
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import CallFlow, TrackingNumber
from textrail.outbox.actions import enqueue, tell
from textrail.outbox.models import Lane
from textrail.vocabulary.arrivals import CallTurn
from textrail.vocabulary.events import Event, EventName

SETTLE: Final = "inbox.settle_call"
LOOK: Final = "inbox.look_up_call"
# How long after a call that a report of who answered, or of a message that was left, may come.
GRACE: Final = timedelta(seconds=20)
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
def record_call(
    *,
    connection_id: int,
    carrier: str,
    call: CallReport,
    at: datetime,
    now: datetime | None = None,
) -> Call | None:
    """Keep a call once and let its status climb. None, and unclaimed, when nobody holds the number.
    `now` is when this runs, where that is later than `at`: what waits for the next report counts
    from then on, because after an outage that report may stand right behind this one.

    The first report that nobody answered makes the thread unread and may be answered by a text.
    That a call was picked up says little when a flow did it: then the turns say who talked.
    """
    number = numbers.number_held(connection_id, call.called)
    if number is None:
        keep_unclaimed(connection_id=connection_id, carrier=carrier, event=call, at=at)
        return None
    lock_funds(number)
    row = _find_or_start(number, call.carrier_ref, call.caller, at, now or at)
    standing = CallStanding(call.outcome, call.duration_seconds)
    _heed(row, standing, at, now=now or at, words=rules.storable(call.voicemail))
    return row


@transaction.atomic
def record_turn(
    *,
    connection_id: int,
    carrier: str,
    turn: CallTurn,
    at: datetime,
    now: datetime | None = None,
) -> Call | None:
    """Keep what a call went through, as the door led it, and who answered. None, and `now`, as
    above."""
    number = numbers.number_held(connection_id, turn.called)
    if number is None:
        ringing = CallReport(turn.carrier_ref, turn.caller, turn.called, "ringing")
        keep_unclaimed(connection_id=connection_id, carrier=carrier, event=ringing, at=at)
        return None
    lock_funds(number)
    row = _find_or_start(number, turn.carrier_ref, turn.caller, at, now or at)
    if not turn.flow_id:  # nobody was there to lead it, so it is over, reported or not
        _settle_soon(row, now or at)
        return row
    _keep_turn(row, number, turn)
    if turn.connected:
        climb(row, "answered", at=at, seconds=turn.seconds, by=turn.answered_by)
    elif not turn.waiting:
        _settle_or_wait(row, at, now or at)
    return row


@transaction.atomic
def settle_call(*, call_id: int, at: datetime) -> None:
    """Nobody was reported to have answered, and no message came: the call was missed."""
    row = _taken(call_id)
    if row is not None and row.status == CallStatus.RINGING:
        climb(row, "missed", at=at)


@transaction.atomic
def note_standing(*, call_id: int, standing: CallStanding | None, at: datetime) -> None:
    """Heed what the carrier says of a call when it is asked; None when it knows of no such call.

    One that goes on is asked about again. After the longest time that a call may last it was
    missed, as is one that nobody knows. What was reported meanwhile stands.
    """
    row = _taken(call_id)
    if row is None or row.status != CallStatus.RINGING or row.ended_at is not None:
        return
    goes_on = standing is not None and standing.outcome == "ringing"
    again_at = chasing.next_call_look(began_at=row.at, now=at) if goes_on else None
    if again_at is not None:
        _look_at(row, again_at)
    elif standing is None or goes_on:
        _heed(row, CallStanding("missed"), at, now=at)
    else:
        _heed(row, standing, at, now=at)


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


def _taken(call_id: int) -> Call | None:
    """A call for changing, the balance of its account first, as wherever calls change."""
    found = Call.objects.select_related("number__business__account").filter(id=call_id).first()
    if found is None:
        return None
    lock_funds(found.number)
    return _locked(call_id)


def _locked(call_id: int) -> Call | None:
    rows = Call.objects.select_for_update(of=("self",)).filter(id=call_id)
    return rows.select_related("conversation", "contact", "number__business").first()


def _find_or_start(
    number: TrackingNumber, carrier_ref: str, caller: str, at: datetime, now: datetime
) -> Call:
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
    _look_at(row, now + chasing.FIRST_CALL_LOOK)
    line = _LINES[CallStatus.RINGING]
    note_activity(conversation, number=number, line=line, at=at, heard="call")
    _adopt_recordings(row, at)
    return row


def _heed(
    call: Call, standing: CallStanding, at: datetime, *, now: datetime, words: str = ""
) -> None:
    """What a carrier says of a call, asked or not."""
    if standing.outcome != "ringing" and call.ended_at is None:
        call.ended_at = at
        call.save(update_fields=["ended_at"])
    if standing.outcome == "answered" and _is_led(call):
        _settle_or_wait(call, at, now)
    else:
        climb(call, standing.outcome, at=at, seconds=standing.duration_seconds, words=words)


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


def _settle_or_wait(call: Call, at: datetime, now: datetime) -> None:
    """A call that is over and was not answered is missed. Who rang or left a message when it ended
    may have been answered, or heard, all the same: that report is on its way, so we wait for it."""
    if call.status != CallStatus.RINGING:
        return
    if call.waiting in ("ring", "voicemail"):
        _settle_soon(call, now)
    else:
        climb(call, "missed", at=at)


# Both may text back, so they are in the lane that waits, like texts, until a worker that starts has
# read what came before: who answered may be in it.
def _settle_soon(call: Call, now: datetime) -> None:
    key = f"settle-call-{call.id}"
    enqueue(SETTLE, {"call_id": call.id}, at=now, after=GRACE, key=key, lane=Lane.SOON)


def _look_at(call: Call, at: datetime) -> None:
    enqueue(LOOK, {"call_id": call.id}, at=at, lane=Lane.SOON)


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
