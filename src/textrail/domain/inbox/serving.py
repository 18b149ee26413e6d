"""Files of texts and sounds of calls. Their bytes come from strangers: served as what they are, and
never run."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from textrail.domain.inbox import rules
from textrail.domain.inbox.models import Attachment, Recording
from textrail.vocabulary.errors import NotFound
from textrail.web.ranges import ranged_file


def serve_file(request: HttpRequest, attachment: Attachment) -> HttpResponse:
    """An attachment, or the stretch of it that is asked for; NotFound while its bytes are not here.

    What no page shows is offered for keeping.
    """
    path = Path(settings.MEDIA_ROOT) / attachment.path
    if not attachment.path or not path.is_file():
        raise NotFound("This file is not here.", hint="It may still be on its way.")
    return ranged_file(
        request,
        path,
        content_type=attachment.content_type,
        name=attachment.name or f"attachment-{attachment.id}{path.suffix}",
        inline=rules.media_kind(attachment.content_type) != "file",
    )


def serve_recording(request: HttpRequest, row: Recording) -> HttpResponse:
    """The sound, or the stretch that is asked for; NotFound while its bytes are not here."""
    path = Path(settings.MEDIA_ROOT) / row.path
    if not row.path or not path.is_file():
        raise NotFound("This recording is not here.", hint="It may still be on its way.")
    name = f"recording-{row.id}{path.suffix}"
    return ranged_file(request, path, content_type=row.content_type, name=name)
