"""Recordings of calls: fetched from their carrier, settled, erased."""

from __future__ import annotations

from textrail.carriers.contract import Credentials
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import Recording
from textrail.outbox.contract import Context, Task
from textrail.outbox.rules import is_last
from textrail.vocabulary.errors import Permanent, Refusal, Transient, Unavailable, Unknown
from textrail.vocabulary.sounds import LARGEST_SOUND


def fetch_recording(context: Context, task: Task) -> None:
    """Bring one recording home; one that cannot be had says why in the timeline."""
    rows = Recording.objects.select_related("connection")
    wanted = rows.filter(path="", problem="", deleted_at=None)
    recording = wanted.filter(id=task.number("recording_id")).first()
    if recording is None:
        return
    try:
        data = _fetch(context, recording)
        kept = actions.keep_recording(folder=context.media_folder, data=data)
    except (Transient, Unknown, Unavailable) as failure:
        if not is_last(task.attempt):
            raise Transient(failure.sentence, code=failure.code) from failure
        problem = "The carrier did not hand over this recording."
        actions.fail_recording(recording_id=recording.id, problem=problem)
    except (Permanent, Refusal) as failure:
        actions.fail_recording(recording_id=recording.id, problem=failure.sentence)
    else:
        actions.fill_recording(recording_id=recording.id, kept=kept, at=context.clock.now())


def settle_call(context: Context, task: Task) -> None:
    """A call of which nobody said how it ended was missed."""
    actions.settle_call(call_id=task.number("call_id"), at=context.clock.now())


def erase_file(context: Context, task: Task) -> None:
    """Take a file out of the media folder; one that is gone is fine."""
    path = str(task.payload["path"])
    (context.media_folder / path).unlink(missing_ok=True)


def _fetch(context: Context, recording: Recording) -> bytes:
    connection = recording.connection
    client = context.clients.get(connection.carrier)
    if client is None:
        raise Permanent("This installation does not speak to the carrier of this recording.")
    if connection.removed_at is not None:
        raise Permanent("The carrier account that has it was removed.")
    credentials = Credentials(connection.account_ref, context.seal.open(connection.secret))
    return client.fetch_media(recording.remote_url, credentials, limit=LARGEST_SOUND)
