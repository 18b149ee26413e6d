"""Fetching what came with a text from its carrier, into the media folder."""

from __future__ import annotations

from textrail.carriers.contract import Credentials
from textrail.domain.inbox import actions, rules
from textrail.domain.inbox.models import Attachment
from textrail.outbox.contract import Context, Task
from textrail.outbox.rules import is_last
from textrail.vocabulary.errors import Permanent, Refusal, Transient, Unavailable, Unknown


def fetch_media(context: Context, task: Task) -> None:
    """Bring one attachment home; one that cannot be had or shown says why in the timeline."""
    rows = Attachment.objects.select_related("message__number__connection")
    attachment = rows.filter(id=task.number("attachment_id"), path="", problem="").first()
    if attachment is None:
        return
    try:
        data = _fetch(context, attachment)
        kept = actions.keep_media(folder=context.media_folder, data=data)
    except (Transient, Unknown, Unavailable) as failure:
        if not is_last(task.attempt):
            # Asking for a file twice harms nobody, so Unknown is as good as Transient here.
            raise Transient(failure.sentence, code=failure.code) from failure
        problem = "The carrier did not hand over this file."
        actions.fail_attachment(attachment_id=attachment.id, problem=problem)
    except (Permanent, Refusal) as failure:
        actions.fail_attachment(attachment_id=attachment.id, problem=failure.sentence)
    else:
        actions.fill_attachment(attachment_id=attachment.id, kept=kept)


def _fetch(context: Context, attachment: Attachment) -> bytes:
    connection = attachment.message.number.connection
    client = context.clients.get(connection.carrier)
    if client is None:
        raise Permanent("This installation does not speak to the carrier of this file.")
    if connection.removed_at is not None:
        raise Permanent("The carrier account that has it was removed.")
    credentials = Credentials(connection.account_ref, context.seal.open(connection.secret))
    return client.fetch_media(attachment.remote_url, credentials, limit=rules.LARGEST_MEDIA)
