"""Files of texts. Their bytes come from strangers: served as what they are, and never run."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from textrail.domain.accounts.access import MemberRequest, member_page, open_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.inbox import queries
from textrail.domain.inbox.serving import serve_file
from textrail.vocabulary.errors import NotFound

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@require_safe
@member_page(Permission.LOOK, shows=False)
def file(request: MemberRequest, attachment_id: int) -> HttpResponse:
    """An attachment in the timeline, for members only."""
    return serve_file(request, queries.attachment(request.business, attachment_id))


@require_safe
@open_page
def public_file(request: HttpRequest, token: str) -> HttpResponse:
    """What a carrier fetches to send a picture of ours; the address cannot be guessed."""
    if not _TOKEN.fullmatch(token):
        raise NotFound("There is no such file.")
    return serve_file(request, queries.public_attachment(token))
