"""The list of links, and what can be done about one of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import actions, queries
from textrail.domain.links.models import Link
from textrail.domain.links.queries import Checked, LinkRow, Taps
from textrail.domain.links.rules.states import State, state_of
from textrail.vocabulary.ids import read_id


@dataclass(frozen=True, slots=True)
class Line:
    """A link in the list; `short` is its address for anyone, or empty."""

    link: Link
    taps: Taps
    short: str
    state: State

    @property
    def shown(self) -> str:
        """The short address as it is printed and typed."""
        return self.short.partition("://")[2]

    @property
    def leads_to(self) -> str:
        return self.link.destination.partition("://")[2]


@require_GET
@member_page(Permission.LOOK)
def links(request: MemberRequest) -> HttpResponse:
    search = request.GET.get("q", "")[:100].replace("\0", "")
    archived = request.GET.get("show") == "archived"
    page = queries.link_page(
        request.business,
        search=search,
        archived=archived,
        after=read_id(request.GET.get("after", "")),
        count=queries.taps_of_links,
    )
    checked = queries.last_checks(request.business, [row.link.pk for row in page.rows])
    context = {
        "lines": [_line(request, row, checked.get(row.link.pk)) for row in page.rows],
        "after": page.after,
        "q": search,
        "archived": archived,
        "in_use": not archived,
    }
    return render(request, "links/links.html", context)


@require_POST
@member_page(Permission.CAMPAIGN)
def share(request: MemberRequest, link_id: int) -> HttpResponse:
    row = queries.link(request.business, link_id)
    actions.share_code(link=row, at=request.now)
    return redirect("links:link", request.business.slug, row.pk)


@require_POST
@member_page(Permission.CAMPAIGN)
def archive(request: MemberRequest, link_id: int) -> HttpResponse:
    row = queries.link(request.business, link_id)
    actions.archive_link(link=row, at=request.now, actor=request.user)
    messages.success(request, f"“{row.name}” is archived. Its addresses go on working.")
    return redirect("links:links", request.business.slug)


@require_POST
@member_page(Permission.CAMPAIGN)
def unarchive(request: MemberRequest, link_id: int) -> HttpResponse:
    row = queries.link(request.business, link_id)
    actions.unarchive_link(link=row, at=request.now, actor=request.user)
    messages.success(request, f"“{row.name}” is back on the list.")
    return redirect("links:link", request.business.slug, row.pk)


def _line(request: MemberRequest, row: LinkRow, checked: Checked | None) -> Line:
    link = row.link
    state = state_of(
        now=request.now,
        archived=link.archived_at is not None,
        expires_at=link.expires_at,
        click_limit=link.click_limit,
        people=row.taps.human,
        problem=checked.worst.sentence if checked else "",
        broken=checked is not None and checked.broken,
    )
    short = queries.short_address_of(link, links_url=settings.CONFIG.links_url)
    return Line(link, row.taps, short, state)
