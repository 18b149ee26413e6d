"""The media folder: how bytes get there, and what an attachment knows of them.

A name in the folder is random and says nothing; the type is what the bytes say, never a header.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from textrail.domain.inbox import rules
from textrail.domain.inbox.models import Attachment
from textrail.vocabulary.errors import Malformed, TooLarge
from textrail.vocabulary.ids import new_token


@dataclass(frozen=True, slots=True)
class KeptMedia:
    """A file in the media folder; `path` is below it, `name` what it was called before."""

    content_type: str
    path: str
    bytes: int
    name: str = ""


def keep_media(*, folder: Path, data: bytes, name: str = "") -> KeptMedia:
    """Write `data` to the media folder, whole or not at all.

    Raises TooLarge above 5 MB, and Malformed for a kind of file that texts cannot carry.
    """
    if len(data) > rules.LARGEST_MEDIA:
        raise TooLarge("The file is larger than 5 MB.", hint="Attach a smaller one.", field="media")
    content_type = rules.sniff(data)
    if content_type is None:
        raise Malformed(
            "This kind of file cannot be sent in a text.",
            hint="Attach a picture, a sound, a film, a PDF or a contact card.",
            field="media",
        )
    token = new_token()
    path = f"{token[:2]}/{token}{rules.suffix(content_type)}"
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    draft.write_bytes(data)
    os.replace(draft, target)
    return KeptMedia(content_type, path, len(data), rules.file_name(name))


def discard_media(*, folder: Path, kept: KeptMedia) -> None:
    """Take a file away again, because what it belonged to was refused."""
    (folder / kept.path).unlink(missing_ok=True)


@transaction.atomic
def fill_attachment(*, attachment_id: int, kept: KeptMedia) -> None:
    """Tell an attachment where its bytes are and what they turned out to be."""
    Attachment.objects.filter(id=attachment_id).update(
        path=kept.path, content_type=kept.content_type, bytes=kept.bytes, problem=""
    )


@transaction.atomic
def fail_attachment(*, attachment_id: int, problem: str) -> None:
    """Say in the timeline why a file is not there."""
    Attachment.objects.filter(id=attachment_id).update(problem=problem[:120])
