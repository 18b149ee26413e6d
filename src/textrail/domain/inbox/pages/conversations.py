"""The three panes: threads, the timeline, the contact. Fragments answer to what htmx replaces."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.inbox import actions, queries, rules
from textrail.domain.inbox.models import Conversation
from textrail.domain.inbox.pages.attending import see
from textrail.domain.inbox.pages.listing import list_query, read_filter, thread_list
from textrail.domain.inbox.pages.sending import reply_form
from textrail.vocabulary.errors import Forbidden, NotFound, Refusal
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.moments import read_moment

_MOST_SINCE = 1000
# What an open page asks for again by itself, beside the threads and the timeline.
_PARTS = {
    "facts": "inbox/facts.html",
    "talk-top": "inbox/talk_top.html",
    "person": "inbox/person.html",
    "tags": "inbox/tags.html",
    "reply-notice": "inbox/reply_notice.html",
}


@require_GET
@member_page(Permission.LOOK)
def conversations(request: MemberRequest) -> HttpResponse:
    """The threads; beside them, when there is room, where to choose one."""
    if request.htmx.target == "threads":
        return render(request, "inbox/threads.html", thread_list(request))
    return render(request, "inbox/conversations.html", {"screen": "threads", **_frame(request)})


@require_GET
@member_page(Permission.LOOK)
def conversation(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """One conversation, read from now on by who opens it; `?text=` opens it at a text."""
    found = queries.conversation(request.business, conversation_id)
    match request.htmx.target:
        case "threads":
            return render(request, "inbox/threads.html", thread_list(request, found))
        case "timeline" | "earlier":
            template = f"inbox/{request.htmx.target}.html"
            return render(request, template, _timeline(request, found))
        case "facts" | "talk-top" | "person" | "tags" | "reply-notice" as part:
            return render(request, _PARTS[part], _part(request, found, part))
    see(request, found.id)
    return render(request, "inbox/conversations.html", _page(request, found, screen="talk"))


@require_GET
@member_page(Permission.LOOK, shows=False)
def conversation_with(request: MemberRequest, contact_id: int) -> HttpResponse:
    """Lead to the conversation with a contact, or to a first text to them where there is none."""
    business = request.business
    known = contact_queries.contact(business, contact_id)
    found = queries.conversation_of(business, known.pk)
    if found is not None:
        return redirect("inbox:conversation", business.slug, found.pk)
    if request.may["converse"]:
        return redirect(f"{reverse('inbox:new', args=[business.slug])}?to={quote(known.phone)}")
    raise NotFound("Nothing was said with them yet.", hint="Ask who may write to begin.")


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
            actions.rename(business=request.business, conversation=found, name=name)
            return redirect("inbox:contact", request.business.slug, found.id)
        except Refusal as error:
            refusal = error
    context = {**_page(request, found, screen="contact"), "refusal": refusal}
    status = refusal.status if refusal else 200
    return render(request, "inbox/conversations.html", context, status=status)


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
    to_review = contact_queries.review_count(request.business)
    return {"marker": marker, "to_review": to_review, **thread_list(request, found)}


def _timeline(request: MemberRequest, found: Conversation) -> dict[str, Any]:
    since = read_moment(request.GET.get("since", ""))
    before = read_moment(request.GET.get("before", ""))
    text = read_id(request.GET.get("text", ""))
    if before is None and since is None and text is not None:
        before = queries.moment_behind(request.business, found, text)
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


def _part(request: MemberRequest, found: Conversation, part: str) -> dict[str, Any]:
    if part == "reply-notice":
        opted_out = contact_queries.is_suppressed(request.business, found.contact.phone)
        warning = queries.delivery_warning(found)
        return {"conversation": found, "opted_out": opted_out, "warning": warning}
    if part == "facts":
        return _contact(request, found)
    card = queries.contact_card(request.business, found)
    return {
        "conversation": found,
        "conversation_id": found.id,
        "card": card,
        "tag_names": card.tags,
        "tag_suggestions": card.other_tags,
        "filter_query": list_query(read_filter(request), request.user, ""),
    }
