"""Files of texts. Their bytes come from strangers: served as what they are, and never run."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from textrail.domain.accounts.access import MemberRequest, member_page, open_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.inbox import queries, rules
from textrail.domain.inbox.models import Attachment
from textrail.vocabulary.errors import NotFound

_YEAR = 31_536_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@require_safe
@member_page(Permission.LOOK)
def file(request: MemberRequest, attachment_id: int) -> HttpResponse:
    """An attachment in the timeline, for members only."""
    return _serve(queries.attachment(request.business, attachment_id))


@require_safe
@open_page
def public_file(request: HttpRequest, token: str) -> HttpResponse:
    """What a carrier fetches to send a picture of ours; the address cannot be guessed."""
    if not _TOKEN.fullmatch(token):
        raise NotFound("There is no such file.")
    return _serve(queries.public_attachment(token))


def _serve(attachment: Attachment) -> HttpResponse:
    path = Path(settings.MEDIA_ROOT) / attachment.path
    if not attachment.path or not path.is_file():
        raise NotFound("This file is not here.", hint="It may still be on its way.")
    kind = rules.media_kind(attachment.content_type)
    place = "attachment" if kind == "file" else "inline"
    name = f"attachment-{attachment.id}{path.suffix}"
    return HttpResponse(
        path.read_bytes(),
        content_type=attachment.content_type,
        headers={
            "Content-Disposition": f'{place}; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": f"private, max-age={_YEAR}, immutable",
        },
    )
