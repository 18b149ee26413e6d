"""Sound files that callers hear: kept by what their bytes are, never by what a browser says."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.numbers.models import CallFlow, Sound
from textrail.domain.numbers.rules import clean_name
from textrail.vocabulary.errors import Conflict, Malformed, TooLarge
from textrail.vocabulary.ids import new_token
from textrail.vocabulary.sounds import SUFFIXES, sniff_sound

LARGEST: Final = 5 * 1024 * 1024
MOST: Final = 50
# What every carrier plays.
PLAYED: Final = frozenset({"audio/wav", "audio/mpeg"})


def add_sound(
    *,
    business: Business,
    name: str,
    data: bytes,
    folder: Path,
    at: datetime,
    actor: User | None = None,
) -> Sound:
    """Keep an MP3 or WAV of at most 5 MB. TooLarge, or Malformed for another kind."""
    name = clean_name(name)
    if len(data) > LARGEST:
        raise TooLarge("The file is larger than 5 MB.", hint="Use a shorter one.", field="file")
    content_type = sniff_sound(data)
    if content_type not in PLAYED:
        raise Malformed(
            "This file is no MP3 and no WAV.",
            hint="Save your greeting as MP3 or WAV and upload that.",
            field="file",
        )
    if Sound.objects.filter(business=business).count() >= MOST:
        raise Conflict(f"There are {MOST} sound files already.", hint="Remove one first.")
    path = f"sounds/{new_token()}{SUFFIXES[content_type]}"
    _write(folder / path, data)
    try:
        with transaction.atomic():
            sound = Sound.objects.create(
                business=business,
                name=name,
                content_type=content_type,
                path=path,
                bytes=len(data),
                created_at=at,
            )
            record_audit(business=business, actor=actor, action="sound.added", subject=name, at=at)
    except BaseException:
        (folder / path).unlink(missing_ok=True)
        raise
    return sound


def remove_sound(*, sound: Sound, folder: Path, at: datetime, actor: User | None = None) -> None:
    """Take a sound file away. Conflict while a call flow or its draft plays it."""
    rows = CallFlow.objects.filter(business_id=sound.business_id, archived_at=None)
    playing = rows.filter(flow__contains=sound.token) | rows.filter(draft__contains=sound.token)
    if (flow := playing.first()) is not None:
        raise Conflict(
            f"“{flow.name}” plays this sound file.", hint="Choose another one there first."
        )
    with transaction.atomic():
        Sound.objects.filter(id=sound.pk).delete()
        record_audit(
            business=sound.business, actor=actor, action="sound.removed", subject=sound.name, at=at
        )
    (folder / sound.path).unlink(missing_ok=True)


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    draft.write_bytes(data)
    os.replace(draft, target)
