"""Recordings of calls: kept once, brought home by a task, deleted by who manages the business."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db import transaction

from textrail.carriers.contract import RecordingReport
from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.calls import climb
from textrail.domain.inbox.actions.media import KeptMedia
from textrail.domain.inbox.actions.nudging import nudge
from textrail.domain.inbox.models import Call, Recording
from textrail.domain.numbers.models import Connection
from textrail.outbox.actions import enqueue, tell
from textrail.vocabulary.errors import Malformed, NotFound, TooLarge
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.ids import new_token
from textrail.vocabulary.sounds import LARGEST_SOUND, SUFFIXES, sniff_sound

FETCH: Final = "inbox.fetch_recording"
ERASE: Final = "inbox.erase_file"


@transaction.atomic
def record_recording(
    *, connection_id: int, report: RecordingReport, at: datetime
) -> Recording | None:
    """Keep a recording once and have it fetched; what is understood of it may come later.

    It may come before its call, and finds it then. None for a connection that is gone.
    """
    connection = Connection.objects.filter(id=connection_id).first()
    if connection is None:
        return None
    row, is_new = Recording.objects.get_or_create(
        connection=connection,
        carrier_ref=report.carrier_ref[:64],
        defaults={
            "business_id": connection.business_id,
            "call": _call_of(connection, report),
            "call_ref": report.call_ref[:64],
            "remote_url": rules.storable(report.url),
            "duration_seconds": report.duration_seconds,
            "is_voicemail": report.voicemail,
            "at": at,
        },
    )
    if row.deleted_at is not None:
        return row
    if is_new:
        enqueue(FETCH, {"recording_id": row.id}, at=at)
    _keep_words(row, report)
    if row.call is not None and report.voicemail:
        climb(row.call, "voicemail", at=at)
    return row


def _call_of(connection: Connection, report: RecordingReport) -> Call | None:
    calls = Call.objects.filter(number__connection=connection, carrier_ref=report.call_ref)
    rows = calls.filter(business_id=connection.business_id)
    return rows.select_related("conversation", "contact", "number__business").first()


def _keep_words(row: Recording, report: RecordingReport) -> None:
    """What a later report knows better: how long it is, and what was said."""
    words = rules.storable(report.transcript).strip() or row.transcript
    seconds = max(report.duration_seconds, row.duration_seconds)
    if (words, seconds) != (row.transcript, row.duration_seconds):
        row.transcript, row.duration_seconds = words, seconds
        row.save(update_fields=["transcript", "duration_seconds"])


def keep_recording(*, folder: Path, data: bytes) -> KeptMedia:
    """Write a recording to the media folder, whole or not at all.

    Raises TooLarge above 50 MB, and Malformed for what is not a sound.
    """
    if len(data) > LARGEST_SOUND:
        raise TooLarge("The recording is larger than 50 MB.")
    content_type = sniff_sound(data)
    if content_type is None:
        raise Malformed("What the carrier sent is not a sound.")
    name = new_token()
    path = f"{name[:2]}/{name}{SUFFIXES[content_type]}"
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    draft.write_bytes(data)
    os.replace(draft, target)
    return KeptMedia(content_type, path, len(data))


@transaction.atomic
def fill_recording(*, recording_id: int, kept: KeptMedia, at: datetime) -> None:
    """Tell a recording where its bytes are; it can be listened to from now on. One that was deleted
    meanwhile stays deleted."""
    waiting = Recording.objects.filter(id=recording_id, path="", deleted_at=None)
    if not waiting.update(
        path=kept.path, content_type=kept.content_type, bytes=kept.bytes, problem=""
    ):
        enqueue(ERASE, {"path": kept.path}, at=at)
        return
    row = Recording.objects.select_related("call").get(id=recording_id)
    subject: dict[str, int | str] = {"recording_id": row.id}
    if row.call is not None:
        subject |= {"call_id": row.call.id, "contact_id": row.call.contact_id}
    tell(Event(EventName.RECORDING_ADDED, row.business_id, at, subject))


@transaction.atomic
def fail_recording(*, recording_id: int, problem: str) -> None:
    """Say in the timeline why a recording is not there."""
    Recording.objects.filter(id=recording_id).update(problem=problem[:120])


@transaction.atomic
def delete_recording(
    *, business: Business, recording_id: int, actor: User | None, at: datetime
) -> Recording:
    """Take a recording and its words away for good, and write down who did. NotFound when it is
    not there any more. The carrier's own copy is not touched."""
    rows = Recording.objects.select_for_update(of=("self",)).filter(
        business=business, id=recording_id, deleted_at=None
    )
    row = rows.select_related("call__contact", "call__conversation").first()
    if row is None:
        raise NotFound("There is no such recording.", hint="It may have been deleted.")
    if row.path:
        enqueue(ERASE, {"path": row.path}, at=at)
    Recording.objects.filter(id=row.id).update(
        deleted_at=at, path="", transcript="", remote_url="", bytes=0
    )
    nudge(business)
    caller = row.call.contact.phone if row.call is not None else row.call_ref
    record_audit(
        business=business,
        actor=actor,
        action="recording.deleted",
        subject=f"{caller} {row.at:%Y-%m-%d %H:%M} UTC",
        at=at,
    )
    return row
