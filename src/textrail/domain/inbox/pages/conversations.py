"""The three panes: threads, the timeline, the contact. Fragments answer to what htmx replaces."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import actions as contacts
from textrail.domain.inbox import actions, queries, rules
from textrail.domain.inbox.models import Conversation
from textrail.domain.inbox.pages.sending import reply_form
from textrail.domain.inbox.queries.threads import ThreadKind
from textrail.domain.numbers import queries as numbers
from textrail.vocabulary.errors import Forbidden, Refusal

_KINDS = [("", "Texts and calls"), ("texts", "Texts"), ("calls", "Calls")]
_MOST_SINCE = 1000


@require_GET
@member_page(Permission.LOOK)
def conversations(request: MemberRequest) -> HttpResponse:
    """The threads; beside them, when there is room, where to choose one."""
    if request.htmx.target == "threads":
        return render(request, "inbox/threads.html", _threads(request))
    return render(request, "inbox/conversations.html", {"screen": "threads", **_frame(request)})


@require_GET
@member_page(Permission.LOOK)
def conversation(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """One conversation. Opening it marks it read for the business, if the reader may answer."""
    found = queries.conversation(request.business, conversation_id)
    match request.htmx.target:
        case "threads":
            return render(request, "inbox/threads.html", _threads(request, found))
        case "timeline" | "earlier":
            template = f"inbox/{request.htmx.target}.html"
            return render(request, template, _timeline(request, found))
        case "facts":
            return render(request, "inbox/facts.html", _contact(request, found))
    if request.may["converse"]:
        actions.mark_read(business=request.business, conversation_id=found.id)
    return render(request, "inbox/conversations.html", _page(request, found, screen="talk"))


@require_http_methods(["GET", "POST"])
@member_page(Permission.LOOK)
def contact(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """The contact pane as a screen of its own, and where a name is changed."""
    found = queries.conversation(request.business, conversation_id)
    refusal = None
    if request.method == "POST":
        if not request.may["converse"]:
            raise Forbidden(
                "Your role only looks.", hint="Ask an owner or an admin to change the name."
            )
        try:
            name = request.POST.get("name", "")
            contacts.rename(business=request.business, contact=found.contact, name=name)
            return redirect("inbox:contact", request.business.slug, found.id)
        except Refusal as error:
            refusal = error
    context = {**_page(request, found, screen="contact"), "refusal": refusal}
    status = refusal.status if refusal else 200
    return render(request, "inbox/conversations.html", context, status=status)


@require_POST
@member_page(Permission.CONVERSE)
def read(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """Somebody has the conversation open before their eyes."""
    found = queries.conversation(request.business, conversation_id)
    changed = actions.mark_read(business=request.business, conversation_id=found.id)
    # The list shows it at once; without a change nothing is told, or this would go on for ever.
    headers = {"HX-Trigger": "changed"} if changed else {}
    return HttpResponse(status=204, headers=headers)


def _page(request: MemberRequest, found: Conversation, *, screen: str) -> dict[str, Any]:
    return {
        "screen": screen,
        **_frame(request, found),
        **_timeline(request, found),
        **_contact(request, found),
        **reply_form(request, found),
    }


def _frame(request: MemberRequest, found: Conversation | None = None) -> dict[str, Any]:
    marker = queries.latest_change(request.business.id)
    chosen = [(number.id, number.name) for number in numbers.numbers(request.business)]
    return {
        "marker": marker,
        "has_numbers": bool(chosen),
        "numbers": [("", "All numbers"), *chosen],
        "kinds": _KINDS,
        **_threads(request, found),
    }


def _threads(request: MemberRequest, found: Conversation | None = None) -> dict[str, Any]:
    wanted = _read_filter(request)
    after = request.GET.get("after", "")
    return {
        "conversation": found,
        "wanted": wanted,
        "is_filtered": wanted != queries.ThreadFilter(),
        "list_query": _list_query(wanted, after),
        "filter_query": _list_query(wanted, ""),
        "threads": queries.threads(request.business, wanted, after=after),
    }


def _read_filter(request: MemberRequest) -> queries.ThreadFilter:
    """What the address asks for; values that mean nothing are left out."""
    number = request.GET.get("number", "")
    kind: ThreadKind = ""
    if request.GET.get("kind") in get_args(ThreadKind):
        kind = request.GET["kind"]  # type: ignore[assignment]
    return queries.ThreadFilter(
        unread=request.GET.get("unread") == "1",
        number_id=int(number) if number.isdecimal() and len(number) < 19 else None,
        kind=kind,
        search=request.GET.get("q", "")[:100],
    )


def _list_query(wanted: queries.ThreadFilter, after: str) -> str:
    parts = {
        "unread": "1" if wanted.unread else "",
        "number": wanted.number_id or "",
        "kind": wanted.kind,
        "q": wanted.search,
        "after": after,
    }
    return urlencode({name: value for name, value in parts.items() if value})


def _timeline(request: MemberRequest, found: Conversation) -> dict[str, Any]:
    since = _moment(request.GET.get("since", ""))
    before = _moment(request.GET.get("before", ""))
    page = queries.timeline(
        request.business,
        found,
        before=before,
        since=since,
        limit=_MOST_SINCE if since else queries.TIMELINE_PAGE,
    )
    zone = ZoneInfo(request.business.time_zone)
    today = request.now.astimezone(zone).date()
    first = page.entries[0].at if page.entries else None
    return {
        "conversation": found,
        "timeline": page,
        "days": rules.by_day(page.entries, zone=zone, today=today),
        "since": (since or first or request.now).isoformat(),
        "before": page.before.isoformat() if page.before and not since else "",
        "is_live": before is None,
    }


def _contact(request: MemberRequest, found: Conversation) -> dict[str, Any]:
    return {
        "conversation": found,
        "card": queries.contact_card(request.business, found),
        "earned": queries.earned(request.business, found),
    }


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
