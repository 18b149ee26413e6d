"""The taps of a link as a file, written while they are read: a million takes no more memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission, allows
from textrail.domain.links import queries
from textrail.domain.links.rules import exports
from textrail.domain.links.rules.spans import first_moment


@require_GET
@member_page(Permission.LOOK)
async def clicks_csv(request: MemberRequest, link_id: int) -> StreamingHttpResponse:
    """Every request of the period. Names and phones are for those who write to contacts."""
    link = await sync_to_async(queries.link)(request.business, link_id)
    zone = ZoneInfo(request.business.time_zone)
    since = first_moment(request.GET.get("period", ""), now=request.now, zone=zone)
    who = allows(request.role, Permission.CONVERSE)

    async def written() -> AsyncIterator[str]:
        yield exports.header(zone, who=who)
        after: int | None = 0
        while after is not None:
            chunk = await sync_to_async(queries.click_chunk)(
                request.business, link, after=after, since=since
            )
            yield exports.lines(chunk.clicks, zone, landing=link.landing, who=who)
            after = chunk.after

    return StreamingHttpResponse(
        written(),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="taps-of-link-{link.pk}.csv"',
            "Cache-Control": "private, no-store",
        },
    )
