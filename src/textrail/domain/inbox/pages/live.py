"""The stream that tells an open page that something changed, whichever process changed it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.inbox import queries

LOOK_SECONDS = 1.0
HEARTBEAT_LOOKS = 15
# Then the browser comes back by itself, and its membership is looked at again.
LIFE_LOOKS = 600


@require_GET
@member_page(Permission.LOOK)
async def stream(request: MemberRequest) -> HttpResponseBase:
    """Server-sent events. `?since=` is the marker of the page; a reconnect sends the last one."""
    known = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    response = StreamingHttpResponse(
        changes(request.business.id, known), content_type="text/event-stream; charset=utf-8"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


async def changes(business_id: int, known: str) -> AsyncIterator[bytes]:
    """One event for each look that finds a new marker, and a comment now and then to stay open."""
    yield b"retry: 3000\n\n"
    for look in range(LIFE_LOOKS):
        marker = await sync_to_async(_look)(business_id)
        if marker != known:
            yield f"id: {marker}\ndata: {marker}\n\n".encode()
            known = marker
        elif look % HEARTBEAT_LOOKS == 0:
            yield b": still here\n\n"
        await asyncio.sleep(LOOK_SECONDS)


def _look(business_id: int) -> str:
    """A look holds no connection of the pool while it waits for the next one."""
    try:
        return queries.latest_change(business_id)
    finally:
        close_old_connections()
