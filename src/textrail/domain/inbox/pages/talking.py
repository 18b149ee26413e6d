"""What is done in an open conversation beside writing: notes, tags, who has it, later, again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.pages import composing
from textrail.domain.inbox.pages.attending import chosen_assignee
from textrail.domain.inbox.pages.sending import reply_form
from textrail.domain.inbox.rules.quieting import QuietNow
from textrail.vocabulary.errors import Conflict, NotFound, Refusal


def _done(request: MemberRequest, conversation_id: int, *, screen: str = "talk") -> HttpResponse:
    """The parts of the page look again at what changed; without a script, the page itself."""
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Trigger": "changed"})
    where = "inbox:contact" if screen == "contact" else "inbox:conversation"
    return redirect(where, request.business.slug, conversation_id)


@require_POST
@member_page(Permission.CONVERSE, shows=False)
def add_note(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """Keep a note for the others; by htmx an empty form comes back."""
    actions.add_note(
        business=request.business,
        conversation_id=conversation_id,
        body=request.POST.get("note", ""),
        actor=request.user,
        at=request.now,
    )
    if not request.htmx:
        return redirect("inbox:conversation", request.business.slug, conversation_id)
    found = queries.conversation(request.business, conversation_id)
    response = render(request, "inbox/note_form.html", {"conversation": found, "focus": True})
    response.headers["HX-Trigger"] = "changed"
    return response


@require_POST
@member_page(Permission.CONVERSE)
def remove_note(request: MemberRequest, conversation_id: int, note_id: int) -> HttpResponse:
    """Take a note's words away: its author may, and an owner."""
    actions.remove_note(
        business=request.business, note_id=note_id, actor=request.user, at=request.now
    )
    return _done(request, conversation_id)


@require_POST
@member_page(Permission.CONVERSE)
def assign(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """Give the conversation to a member, or to nobody."""
    actions.assign(
        business=request.business,
        conversation_id=conversation_id,
        user_id=chosen_assignee(request),
        actor=request.user,
        at=request.now,
    )
    return _done(request, conversation_id, screen=request.POST.get("screen", ""))


@require_POST
@member_page(Permission.CONVERSE)
def tags(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """Give the contact a tag (`add`), or take one away (`remove`)."""
    found = queries.conversation(request.business, conversation_id)
    business = request.business
    if gone := request.POST.get("remove", ""):
        actions.remove_tags(business=business, conversation=found, names=[gone])
    if added := request.POST.get("add", "").strip():
        actions.add_tags(business=business, conversation=found, names=[added])
    if not request.htmx:
        return _done(request, conversation_id, screen="contact")
    names = contact_queries.tag_names(found.contact)
    response = render(request, "inbox/tags.html", tag_form(request, found.pk, names))
    response.headers["HX-Trigger"] = "changed"
    return response


def tag_form(request: MemberRequest, conversation_id: int, names: list[str]) -> dict[str, Any]:
    """The contact's tags, and those that the business has beside them."""
    known = [tag.name for tag in contact_queries.tags(request.business)]
    return {
        "conversation_id": conversation_id,
        "tag_names": sorted(names, key=str.casefold),
        "tag_suggestions": [name for name in known if name not in names],
    }


@require_POST
@member_page(Permission.CONVERSE)
def say_again(request: MemberRequest, message_id: int) -> HttpResponse:
    """Send the words of a failed text as a new one."""
    message = actions.say_again(
        business=request.business, message_id=message_id, actor=request.user, at=request.now
    )
    return _done(request, message.conversation_id)


@require_POST
@member_page(Permission.CONVERSE)
def cancel_text(request: MemberRequest, message_id: int) -> HttpResponse:
    """Keep a scheduled text from leaving."""
    message = actions.cancel_scheduled(
        business=request.business, message_id=message_id, at=request.now
    )
    return _done(request, message.conversation_id)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CONVERSE)
def edit_text(request: MemberRequest, message_id: int) -> HttpResponse:
    """Other words or another time for a scheduled text; or let it leave now. Words for one that
    left or was cancelled meanwhile stand in a reply."""
    refusal = None
    if request.method == "POST":
        try:
            return _change(request, message_id)
        except Refusal as error:
            refusal = error
    try:
        message = queries.scheduled_text(request.business, message_id)
    except NotFound as gone:
        if refusal is None:
            raise
        return _keep_words(request, message_id, gone)
    body = request.POST.get("body", message.body)
    context = {
        "message": message,
        "conversation": message.conversation,
        "body": body,
        "leaves_at": request.POST.get("leaves_at") or _local(request, message.leaves_at),
        "refusal": refusal,
        "offer": refusal if isinstance(refusal, QuietNow) else None,
        **composing.counter(request, body, message.contact.phone),
    }
    return render(
        request, "inbox/scheduled.html", context, status=refusal.status if refusal else 200
    )


def _change(request: MemberRequest, message_id: int) -> HttpResponse:
    changed = actions.change_scheduled(
        business=request.business,
        message_id=message_id,
        body=request.POST.get("body", ""),
        leaves_at=composing.read_time(request),
        at=request.now,
    )
    messages.success(request, "Saved.")
    return redirect("inbox:conversation", request.business.slug, changed.conversation_id)


def _keep_words(request: MemberRequest, message_id: int, gone: Refusal) -> HttpResponse:
    """The words as a reply that was not sent, with the number, and the time while it is to come."""
    text = queries.message(request.business, message_id)
    found = queries.conversation(request.business, text.conversation_id)
    hint = "Your words are kept here: send them as a new text, or leave them."
    moment = composing.local_moment(request, request.POST.get("leaves_at", ""))
    context = {
        **reply_form(
            request,
            found,
            body=request.POST.get("body", ""),
            refusal=Conflict(gone.sentence, hint=hint),
        ),
        "sender": text.number_id,
        "leaves_at": _local(request, moment) if moment and moment > request.now else "",
        "files_lost": bool(text.attachments.all()),
    }
    return render(request, "inbox/reply_page.html", context, status=409)


def _local(request: MemberRequest, moment: datetime | None) -> str:
    """How a field for day and time wants it, by the business's clocks."""
    zone = ZoneInfo(request.business.time_zone)
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}" if moment else ""
