"""Listening to what was recorded of a call, for members only, and deleting it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.serving import serve_recording


@require_safe
@member_page(Permission.LOOK, shows=False)
def recording(request: MemberRequest, recording_id: int) -> HttpResponse:
    """The sound itself; a player asks for stretches of it."""
    return serve_recording(request, queries.recording(request.business, recording_id))


@require_POST
@member_page(Permission.MANAGE)
def delete_recording(request: MemberRequest, recording_id: int) -> HttpResponse:
    row = actions.delete_recording(
        business=request.business, recording_id=recording_id, actor=request.user, at=request.now
    )
    messages.success(request, "The recording was deleted.")
    if row.call is None:
        return redirect("inbox:conversations", request.business.slug)
    return redirect("inbox:conversation", request.business.slug, row.call.conversation_id)
