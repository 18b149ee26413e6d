"""Many threads at once, and what a member has read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.inbox import actions, queries
from textrail.vocabulary.errors import Forbidden, Malformed
from textrail.vocabulary.ids import read_id

MOST = 200
_ONLY_FOR_ONESELF = ("read", "unread")


@require_POST
@member_page(Permission.LOOK)
def read(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """Somebody has the conversation open before their eyes."""
    found = queries.conversation(request.business, conversation_id)
    changed = see(request, found.id)
    # The list shows it at once; without a change nothing is told, or this would go on for ever.
    return HttpResponse(status=204, headers={"HX-Trigger": "changed"} if changed else {})


def see(request: MemberRequest, conversation_id: int) -> bool:
    """The conversation is read by who asks; only who may answer reads it for the business."""
    if request.may["converse"]:
        return actions.mark_read(
            business=request.business,
            conversation_id=conversation_id,
            user=request.user,
            at=request.now,
        )
    return actions.look_into(
        business=request.business, conversation_id=conversation_id, user=request.user
    )


@require_POST
@member_page(Permission.LOOK)
def unread(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """Leave a conversation to be read again; the list is where it waits."""
    actions.mark_unread(
        business=request.business, conversation_id=conversation_id, user=request.user
    )
    return _to_list(request)


@require_POST
@member_page(Permission.LOOK)
def read_all(request: MemberRequest) -> HttpResponse:
    """Nothing is unread for who asks."""
    actions.mark_all_read(business=request.business, user=request.user, at=request.now)
    messages.success(request, "All conversations are read.")
    return _to_list(request)


@require_POST
@member_page(Permission.CONVERSE)
def settle(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """Nobody waits here: what they wrote needs no answer."""
    found = queries.conversation(request.business, conversation_id)
    actions.needs_no_answer(business=request.business, conversation_id=found.pk)
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Trigger": "changed"})
    return redirect("inbox:conversation", request.business.slug, conversation_id)


@require_POST
@member_page(Permission.LOOK)
def several(request: MemberRequest) -> HttpResponse:
    """Do one thing to up to 200 threads: read, unread, settle, assign, tag."""
    what = request.POST.get("do", "")
    if what not in _ONLY_FOR_ONESELF and not request.may["converse"]:
        raise Forbidden("Your role only looks.", hint="Ask an owner or an admin.")
    named = request.POST.getlist("id")
    read_ids = [read_id(each) for each in named]
    ids = list(dict.fromkeys(found for found in read_ids if found is not None))
    if None in read_ids:
        raise Malformed("What is chosen is no conversation.", hint="Reload the page.")
    if not ids:
        raise Malformed("No conversation is chosen.", hint="Tick those that you mean.")
    if len(named) > MOST:
        raise Malformed(
            f"At most {MOST} conversations at once; these are {len(named)}.",
            hint="Tick fewer, or filter first.",
        )
    doing = _DOINGS.get(what)
    if doing is None:
        raise Malformed("There is no such thing to do.", hint="Reload the page.")
    for conversation_id in ids:
        doing(request, conversation_id, request.now)
    words = "1 conversation" if len(ids) == 1 else f"{len(ids)} conversations"
    messages.success(request, f"Done for {words}.")
    return _to_list(request)


def _read(request: MemberRequest, conversation_id: int, at: datetime) -> None:
    see(request, conversation_id)


def _unread(request: MemberRequest, conversation_id: int, at: datetime) -> None:
    actions.mark_unread(
        business=request.business, conversation_id=conversation_id, user=request.user
    )


def _settle(request: MemberRequest, conversation_id: int, at: datetime) -> None:
    actions.needs_no_answer(business=request.business, conversation_id=conversation_id)


def chosen_assignee(request: MemberRequest) -> int | None:
    """The member whom the form names, or None when it is empty: nobody. Malformed for what names
    neither."""
    chosen = request.POST.get("assignee", "")
    user_id = read_id(chosen)
    if chosen and user_id is None:
        raise Malformed(
            "That is no member.", hint="Choose one from the list, or nobody.", field="assignee"
        )
    return user_id


def _assign(request: MemberRequest, conversation_id: int, at: datetime) -> None:
    actions.assign(
        business=request.business,
        conversation_id=conversation_id,
        user_id=chosen_assignee(request),
        actor=request.user,
        at=at,
    )


def _tag(request: MemberRequest, conversation_id: int, at: datetime) -> None:
    found = queries.conversation(request.business, conversation_id)
    name = request.POST.get("tag", "").strip()
    if not name:
        raise Malformed("No tag is named.", hint="Write one, then press Tag.", field="tag")
    actions.add_tags(business=request.business, conversation=found, names=[name])


_DOINGS: dict[str, Callable[[MemberRequest, int, datetime], None]] = {
    "read": _read,
    "unread": _unread,
    "settle": _settle,
    "assign": _assign,
    "tag": _tag,
}


def _to_list(request: MemberRequest) -> HttpResponse:
    """The list with the filters that it had, which the form brings along."""
    asked = QueryDict(request.POST.get("back", "")[:500])
    query = urlencode(
        [(name, value) for name, value in asked.items() if name != "csrfmiddlewaretoken"]
    )
    path = reverse("inbox:conversations", args=[request.business.slug])
    return redirect(f"{path}?{query}" if query else path)
