"""Sound files that callers hear: listed and listened to by members, fetched by carriers."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from textrail.domain.accounts.access import MemberRequest, member_page, open_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.numbers import actions, queries
from textrail.domain.numbers.actions.sounds import LARGEST
from textrail.domain.numbers.models import Sound
from textrail.vocabulary.errors import Malformed, NotFound, Refusal
from textrail.web.ranges import ranged_file
from textrail.web.showing import show_page

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@require_safe
@member_page(Permission.LOOK)
def sounds(request: MemberRequest) -> HttpResponse:
    return _sounds(request, None)


@require_POST
@member_page(Permission.MANAGE)
def add_sound(request: MemberRequest) -> HttpResponse:
    try:
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise Malformed("Which file?", hint="Choose an MP3 or WAV.", field="file")
        actions.add_sound(
            business=request.business,
            name=request.POST.get("name", "").strip() or Path(file.name or "Sound").stem[:80],
            data=file.read(LARGEST + 1),
            folder=Path(settings.MEDIA_ROOT),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _sounds(request, refusal)
    messages.success(request, "Saved. Choose it in a greeting or in voicemail.")
    return redirect("numbers:sounds", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def remove_sound(request: MemberRequest, sound_id: int) -> HttpResponse:
    try:
        actions.remove_sound(
            sound=queries.sound(request.business, sound_id),
            folder=Path(settings.MEDIA_ROOT),
            at=request.now,
            actor=request.user,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _sounds(request, refusal)
    messages.success(request, "Removed.")
    return redirect("numbers:sounds", request.business.slug)


@require_safe
@member_page(Permission.LOOK, shows=False)
def sound_file(request: MemberRequest, sound_id: int) -> HttpResponse:
    return _serve(request, queries.sound(request.business, sound_id))


@require_safe
@open_page
def public_sound(request: HttpRequest, token: str) -> HttpResponse:
    """What a carrier plays to a caller; the address cannot be guessed."""
    if not _TOKEN.fullmatch(token):
        raise NotFound("There is no such sound file.")
    return _serve(request, queries.public_sound(token))


def _sounds(request: MemberRequest, refusal: Refusal | None) -> HttpResponse:
    context = {"rows": queries.sounds(request.business)}
    return show_page(request, "numbers/sounds.html", context, refusal)


def _serve(request: HttpRequest, row: Sound) -> HttpResponse:
    path = Path(settings.MEDIA_ROOT) / row.path
    if not path.is_file():
        raise NotFound("This sound file is not here.")
    name = f"sound-{row.pk}{path.suffix}"
    return ranged_file(request, path, content_type=row.content_type, name=name)
