"""Calls as a timeline shows them: what they went through, who answered, what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import Call, CallStatus, Conversation, Recording
from textrail.vocabulary.errors import NotFound

_SHOWN = {
    CallStatus.RINGING: ("phone-incoming", "Calling now", ""),
    CallStatus.ANSWERED: ("phone-call", "Called", ""),
    CallStatus.MISSED: ("phone-missed", "Missed call", "warning"),
    CallStatus.VOICEMAIL: ("voicemail", "Left a voicemail", "warning"),
    CallStatus.FAILED: ("phone-off", "A call that failed", "warning"),
}
_KEPT = Prefetch("recordings", Recording.objects.filter(deleted_at=None).order_by("at", "id"))


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as a page shows it: to be listened to, on its way, or with a problem."""

    id: int
    what: str
    seconds: int
    content_type: str
    transcript: str
    ready: bool
    problem: str


@dataclass(frozen=True, slots=True)
class CallEntry:
    """A call in a timeline. `path` says in words what it went through; `note` is what was said
    after the beep, where the carrier wrote it down and nothing can be listened to."""

    at: datetime
    key: str
    icon: str
    lead: str
    name: str
    detail: str
    tone: str
    flow: str
    path: Sequence[str]
    recordings: Sequence[Heard]
    note: str = ""
    is_text: bool = False
    kind: str = "call"


def calls_of(conversation: Conversation) -> QuerySet[Call]:
    rows = Call.objects.filter(conversation=conversation)
    return rows.select_related("number", "call_flow").prefetch_related(_KEPT)


def call_entry(call: Call) -> CallEntry:
    """A call as `calls_of` read it."""
    icon, lead, tone = _SHOWN[CallStatus(call.status)]
    heard = tuple(map(_heard, call.recordings.all()))
    told = any(each.transcript for each in heard)
    return CallEntry(
        at=call.at,
        key=f"call-{call.id}",
        icon=icon,
        lead=lead,
        name=call.number.name,
        detail=_length(call.duration_seconds),
        tone=tone,
        flow=call.call_flow.name if call.call_flow else "",
        path=path_of(call),
        recordings=heard,
        note="" if told else call.voicemail,
    )


def path_of(call: Call) -> list[str]:
    """What a call went through, in words and in its order."""
    return [words for _, turn in sorted(call.turns.items(), key=_by_count) for words in turn]


def _length(seconds: int) -> str:
    """How long people talked, in words; nothing when they did not."""
    if seconds < 60:
        return f"{seconds} s" if seconds else ""
    return f"{seconds // 60} min {seconds % 60} s" if seconds % 60 else f"{seconds // 60} min"


def recording(business: Business, recording_id: int) -> Recording:
    """A recording of the business that was not deleted, fetched or not; NotFound else."""
    rows = Recording.objects.filter(business=business, id=recording_id, deleted_at=None)
    found = rows.select_related("call__conversation").first()
    if found is None:
        raise NotFound("There is no such recording.", hint="It may have been deleted.")
    return found


def _by_count(turn: tuple[str, object]) -> int:
    return int(turn[0])


def _heard(row: Recording) -> Heard:
    return Heard(
        id=row.id,
        what="Voicemail" if row.is_voicemail else "Recording",
        seconds=row.duration_seconds,
        content_type=row.content_type,
        transcript=row.transcript,
        ready=bool(row.path),
        problem=row.problem,
    )
