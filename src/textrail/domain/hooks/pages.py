"""Settings, Webhooks: who is told of what, what became of each delivery, and telling it again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.hooks import actions, queries
from textrail.domain.hooks.models import Delivery, Endpoint
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.events import EventName
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.sealing import Seal
from textrail.web.showing import show_page

_WORDS = {
    EventName.LINK_CLICKED: "A link is tapped",
    EventName.LINK_CHECKED: "A link was checked",
    EventName.MESSAGE_RECEIVED: "A text comes in",
    EventName.MESSAGE_SENT: "A text has left",
    EventName.MESSAGE_DELIVERED: "A text was delivered",
    EventName.MESSAGE_FAILED: "A text failed",
    EventName.MESSAGE_SCHEDULED: "A text was scheduled",
    EventName.MESSAGE_CANCELLED: "A scheduled text was cancelled",
    EventName.CALL_RECORDED: "A call rang or ended",
    EventName.RECORDING_ADDED: "A recording can be heard",
    EventName.CONVERSATION_ASSIGNED: "A conversation was assigned",
    EventName.CONVERSATION_NOTED: "A note was written",
    EventName.MEMBER_CHANGED: "A member got another role",
    EventName.MEMBER_REMOVED: "A member was removed",
    EventName.CONVERSION_RECORDED: "A conversion was reported",
    EventName.CONTACT_OPTED_OUT: "Somebody opted out",
    EventName.CONTACT_OPTED_IN: "Somebody opted in again",
    EventName.CONSENT_HELD: "Words wait for review: an opt-out?",
    EventName.CAMPAIGN_SENT: "A campaign has left",
    EventName.CAMPAIGN_PAUSED: "A campaign was paused",
    EventName.CAMPAIGN_STOPPED: "A campaign was stopped",
    EventName.BALANCE_LOW: "The balance is low",
    EventName.NUMBER_ADDED: "A number was added",
    EventName.NUMBER_RELEASED: "A number was given up",
}
_SINCE = {
    "1": ("the last hour", timedelta(hours=1)),
    "24": ("the last day", timedelta(days=1)),
    "168": ("the last week", timedelta(days=7)),
    "720": ("the last 30 days", timedelta(days=30)),
}
_SHOWN = ("", "failed", "waiting")


@require_GET
@member_page(Permission.MANAGE)
def endpoints(request: MemberRequest) -> HttpResponse:
    context = {"rows": queries.endpoint_rows(request.business), "all": len(EventName)}
    return render(request, "hooks/endpoints.html", context)


@dataclass(frozen=True, slots=True)
class Given:
    """What is in the form, as it was sent."""

    url: str = ""
    note: str = ""
    events: tuple[str, ...] = (EventName.LINK_CLICKED.value,)
    machines: bool = False


def _given(request: MemberRequest) -> Given:
    return Given(
        url=request.POST.get("url", ""),
        note=request.POST.get("note", ""),
        events=tuple(request.POST.getlist("events")),
        machines=request.POST.get("machines") == "1",
    )


@never_cache
@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def new(request: MemberRequest) -> HttpResponse:
    """The form; the answer to it shows the secret, once."""
    if request.method == "GET":
        return _form(request, Given(), None)
    given = _given(request)
    try:
        made = actions.add_endpoint(
            business=request.business,
            url=given.url,
            note=given.note,
            events=given.events,
            machines=given.machines,
            links_url=settings.CONFIG.links_url,
            seal=_seal(),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _form(request, given, refusal)
    return _endpoint(request, made.endpoint, secret=made.secret)


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def edit(request: MemberRequest, endpoint_id: int) -> HttpResponse:
    row = queries.endpoint(request.business, endpoint_id)
    if request.method == "GET":
        given = Given(row.url, row.note, tuple(row.events), row.machines)
        return _form(request, given, None, row)
    given = _given(request)
    try:
        actions.edit_endpoint(
            endpoint=row,
            url=given.url,
            note=given.note,
            events=given.events,
            machines=given.machines,
            links_url=settings.CONFIG.links_url,
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _form(request, given, refusal, row)
    messages.success(request, "Saved.")
    return redirect("hooks:endpoint", request.business.slug, row.pk)


def _form(
    request: MemberRequest, given: Given, refusal: Refusal | None, row: Endpoint | None = None
) -> HttpResponse:
    context = {
        "given": given,
        "endpoint": row,
        "events": [(name.value, words) for name, words in _WORDS.items()],
    }
    return show_page(request, "hooks/form.html", context, refusal)


@require_GET
@member_page(Permission.MANAGE)
def endpoint(request: MemberRequest, endpoint_id: int) -> HttpResponse:
    """An endpoint with its deliveries; htmx asks for these alone, while some wait."""
    return _endpoint(request, queries.endpoint(request.business, endpoint_id))


def _endpoint(
    request: MemberRequest, row: Endpoint, *, secret: str = "", refusal: Refusal | None = None
) -> HttpResponse:
    show = request.GET.get("show", "")
    show = show if show in _SHOWN else ""
    after = read_id(request.GET.get("after", ""))
    page = queries.delivery_page(request.business, row, show=show, after=after)
    context = {
        "endpoint": row,
        "words": _told_when(row),
        "secret": secret,
        "both": row.old_secret_until and row.old_secret_until > request.now,
        "page": page,
        "show": show,
        "moving": after is None and any(delivery.due_at for delivery in page.rows),
        "since": [(key, words) for key, (words, _) in _SINCE.items()],
    }
    template = "hooks/deliveries.html" if request.htmx else "hooks/endpoint.html"
    return show_page(request, template, context, refusal)


def _told_when(row: Endpoint) -> list[str]:
    """What it wants to hear of, in words; nothing stands for all there is."""
    wanted = [_WORDS[name] for name in EventName if name.value in row.events]
    return [] if len(wanted) == len(EventName) else wanted


@require_POST
@member_page(Permission.MANAGE)
def switch(request: MemberRequest, endpoint_id: int) -> HttpResponse:
    """Disable an endpoint, or with `on=1` enable it again."""
    row = queries.endpoint(request.business, endpoint_id)
    if request.POST.get("on") == "1":
        actions.enable_endpoint(endpoint=row, at=request.now, actor=request.user)
        messages.success(request, "It is told again of what happens from now on.")
    else:
        actions.disable_endpoint(endpoint=row, at=request.now, actor=request.user)
        messages.success(request, "It is told nothing any more.")
    return redirect("hooks:endpoint", request.business.slug, row.pk)


@never_cache
@require_POST
@member_page(Permission.MANAGE)
def secret(request: MemberRequest, endpoint_id: int) -> HttpResponse:
    """A new secret, shown in the answer and never again."""
    row = queries.endpoint(request.business, endpoint_id)
    made = actions.rotate_secret(endpoint=row, seal=_seal(), at=request.now, actor=request.user)
    return _endpoint(request, made.endpoint, secret=made.secret)


@require_POST
@member_page(Permission.MANAGE)
def test(request: MemberRequest, endpoint_id: int) -> HttpResponse:
    row = queries.endpoint(request.business, endpoint_id)
    try:
        actions.send_test(endpoint=row, at=request.now)
    except Refusal as refusal:
        return _endpoint(request, row, refusal=refusal)
    messages.success(request, "A test event is on its way.")
    return redirect("hooks:endpoint", request.business.slug, row.pk)


@require_POST
@member_page(Permission.MANAGE)
def replay_failed(request: MemberRequest, endpoint_id: int) -> HttpResponse:
    row = queries.endpoint(request.business, endpoint_id)
    try:
        since = _SINCE.get(request.POST.get("since", ""))
        if since is None:
            raise Malformed("Choose since when.", field="since")
        count = actions.replay_failed(
            business=request.business,
            endpoint=row,
            since=request.now - since[1],
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _endpoint(request, row, refusal=refusal)
    told = f"{count:,} sent again." if count else "Nothing failed since then."
    messages.success(request, told)
    return redirect("hooks:endpoint", request.business.slug, row.pk)


@require_GET
@member_page(Permission.MANAGE)
def delivery(request: MemberRequest, delivery_id: int) -> HttpResponse:
    return _delivery(request, queries.delivery(request.business, delivery_id), None)


def _delivery(request: MemberRequest, row: Delivery, refusal: Refusal | None) -> HttpResponse:
    body = json.dumps(json.loads(row.payload), indent=2, ensure_ascii=False)
    context = {"delivery": row, "endpoint": row.endpoint, "body": body}
    return show_page(request, "hooks/delivery.html", context, refusal)


@require_POST
@member_page(Permission.MANAGE)
def replay(request: MemberRequest, delivery_id: int) -> HttpResponse:
    row = queries.delivery(request.business, delivery_id)
    try:
        actions.replay(delivery=row, at=request.now, actor=request.user)
    except Refusal as refusal:
        return _delivery(request, row, refusal)
    messages.success(request, "It is on its way again.")
    return redirect("hooks:endpoint", request.business.slug, row.endpoint_id)


def _seal() -> Seal:
    return Seal(settings.CONFIG.secret_key())
