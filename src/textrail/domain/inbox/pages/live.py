"""The stream that tells an open page that something changed, whichever process changed it.

All streams of a business in a process share one look at the database each second, and nobody looks
where nobody listens. PostgreSQL and SQLite alike show what other processes committed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import Gauge

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.inbox import queries

LOOK_SECONDS = 1.0
HEARTBEAT_LOOKS = 15
# Then the browser comes back by itself, and its membership is looked at again.
LIFE_LOOKS = 600
# Pages that one member has before their eyes at once in a process; the oldest gives way and asks
# less often. A browser keeps no more than six connections to one host.
MOST_STREAMS = 4
_REST_MS = 60_000

logger = logging.getLogger("textrail.inbox")
streams = Gauge("textrail_live_streams", "Pages that listen for changes.")


@dataclass
class Watch:
    """One business as its listeners in this process see it. `looks` wakes them after each look."""

    marker: str = ""
    listeners: int = 0
    ended: bool = False
    looks: asyncio.Condition = field(default_factory=asyncio.Condition)
    looking: asyncio.Task[None] | None = None


_watches: dict[int, Watch] = {}
_open: defaultdict[int, list[Listener]] = defaultdict(list)


@dataclass(eq=False)
class Listener:
    """A page that listens; `gives_way` once the same member opened too many others."""

    gives_way: bool = False


@require_GET
@member_page(Permission.LOOK)
async def stream(request: MemberRequest) -> HttpResponseBase:
    """Server-sent events. `?since=` is the marker of the page; a reconnect sends the last one."""
    known = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    response = StreamingHttpResponse(
        changes(request.business.id, known, user_id=request.user.pk),
        content_type="text/event-stream; charset=utf-8",
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


async def changes(business_id: int, known: str, *, user_id: int = 0) -> AsyncIterator[bytes]:
    """One event for each look that finds a new marker, and a comment now and then to stay open."""
    listener = _admit(user_id)
    watch = _join(business_id)
    try:
        yield b"retry: 3000\n\n"
        for look in range(LIFE_LOOKS):
            async with watch.looks:
                if not watch.ended:  # else nobody looks any more, and nobody would wake us
                    await watch.looks.wait()
            if watch.ended:
                return
            if listener.gives_way:
                yield f"retry: {_REST_MS}\n\n".encode()
                return
            if watch.marker != known:
                known = watch.marker
                yield f"id: {known}\ndata: {known}\n\n".encode()
            elif look % HEARTBEAT_LOOKS == 0:
                yield b": still here\n\n"
    finally:
        _leave(business_id, watch)
        _dismiss(user_id, listener)


def _admit(user_id: int) -> Listener:
    listener = Listener()
    mine = _open[user_id]
    mine.append(listener)
    for oldest in mine[:-MOST_STREAMS]:
        oldest.gives_way = True
    streams.inc()
    return listener


def _dismiss(user_id: int, listener: Listener) -> None:
    streams.dec()
    _open[user_id].remove(listener)
    if not _open[user_id]:
        del _open[user_id]


def _join(business_id: int) -> Watch:
    """The watch of the business in this loop of events, which begins to look with its first
    listener."""
    watch = _watches.get(business_id)
    if watch is None or watch.ended or _is_foreign(watch):
        watch = _watches[business_id] = Watch()
        watch.looking = asyncio.get_running_loop().create_task(
            _keep_looking(watch, lambda: _look(business_id))
        )
    watch.listeners += 1
    return watch


def _is_foreign(watch: Watch) -> bool:
    return watch.looking is None or watch.looking.get_loop() is not asyncio.get_running_loop()


def _leave(business_id: int, watch: Watch) -> None:
    watch.listeners -= 1
    if watch.listeners:
        return
    if watch.looking is not None:
        watch.looking.cancel()
    if _watches.get(business_id) is watch:
        del _watches[business_id]


async def _keep_looking(watch: Watch, look: Callable[[], str]) -> None:
    """Look each second while anybody listens. Where a look fails the streams end, and the pages
    come back by themselves."""
    while not watch.ended:
        try:
            watch.marker = await sync_to_async(look)()
        except Exception:  # whatever it was: who listens must not wait for a look that never comes
            logger.warning("a look for changes failed", exc_info=True)
            watch.ended = True
        async with watch.looks:
            watch.looks.notify_all()
        await asyncio.sleep(LOOK_SECONDS)


def _look(business_id: int) -> str:
    """A look holds no connection of the pool while it waits for the next one."""
    try:
        return queries.latest_change(business_id)
    finally:
        close_old_connections()
