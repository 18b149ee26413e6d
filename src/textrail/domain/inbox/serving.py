"""Files of texts and sounds of calls. Their bytes come from strangers: served as what they are, and
never run."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from textrail.domain.inbox import rules
from textrail.domain.inbox.models import Attachment, Recording
from textrail.vocabulary.errors import NotFound
from textrail.web.ranges import ranged_file

_YEAR = 31_536_000


def serve_file(attachment: Attachment) -> HttpResponse:
    """An attachment, whole; NotFound while its bytes are not here."""
    path = Path(settings.MEDIA_ROOT) / attachment.path
    if not attachment.path or not path.is_file():
        raise NotFound("This file is not here.", hint="It may still be on its way.")
    kind = rules.media_kind(attachment.content_type)
    name = attachment.name or f"attachment-{attachment.id}{path.suffix}"
    place = content_disposition_header(kind == "file", name) or "attachment"
    return HttpResponse(
        path.read_bytes(),
        content_type=attachment.content_type,
        headers={
            "Content-Disposition": place,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": f"private, max-age={_YEAR}, immutable",
        },
    )


def serve_recording(request: HttpRequest, row: Recording) -> HttpResponse:
    """The sound, or the stretch that is asked for; NotFound while its bytes are not here."""
    path = Path(settings.MEDIA_ROOT) / row.path
    if not row.path or not path.is_file():
        raise NotFound("This recording is not here.", hint="It may still be on its way.")
    name = f"recording-{row.id}{path.suffix}"
    return ranged_file(request, path, content_type=row.content_type, name=name)
