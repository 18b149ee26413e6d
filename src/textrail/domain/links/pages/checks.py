"""Where a link leads, tried: the last check with every hop, the ones before it, and a new one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import actions, queries
from textrail.vocabulary.clock import from_ms, to_ms

# A check takes half a minute at most, when every site of a link is silent.
_PATIENCE = timedelta(seconds=45)
_FORGOTTEN = timedelta(minutes=10)


@require_GET
@member_page(Permission.LOOK)
def checks(request: MemberRequest, link_id: int) -> HttpResponse:
    """The page; htmx asks for its last check every second while a new one is awaited."""
    link = queries.link(request.business, link_id)
    last = queries.last_check(request.business, link)
    asked = _asked(request)
    if asked is not None and last is not None and last.at >= asked:
        asked = None
    context: dict[str, object] = {
        "link": link,
        "here": "checks",
        "last": last,
        "asked": asked,
        "late": asked is not None and request.now - asked > _PATIENCE,
    }
    if request.htmx:
        return render(request, "links/last_check.html", context)
    context["earlier"] = queries.earlier_checks(request.business, link)
    return render(request, "links/checks.html", context)


@require_POST
@member_page(Permission.CAMPAIGN)
def check(request: MemberRequest, link_id: int) -> HttpResponse:
    link = queries.link(request.business, link_id)
    actions.request_check(link=link, at=request.now)
    here = reverse("links:checks", args=[request.business.slug, link.pk])
    return redirect(f"{here}?asked={to_ms(request.now)}")


def _asked(request: MemberRequest) -> datetime | None:
    """When a check was asked for, as the address says; None for long ago and for nonsense."""
    text = request.GET.get("asked", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 15):
        return None
    asked = from_ms(int(text))
    return asked if timedelta(0) <= request.now - asked < _FORGOTTEN else None
