"""Keeping quick replies, and the quiet hours of a business."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.models import QuickReply
from textrail.domain.inbox.queries.quieting import kept_rules
from textrail.domain.inbox.rules.quick import FIELDS, LONGEST_NAME
from textrail.vocabulary.errors import Malformed, NotFound, Refusal
from textrail.vocabulary.ids import read_id


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def quick_replies(request: MemberRequest) -> HttpResponse:
    """The list with a form for one more, or for the one of `?change=`."""
    changed, refusal = _to_change(request)
    if request.method == "POST" and refusal is None:
        try:
            kept = actions.set_quick_reply(
                business=request.business,
                reply_id=changed.pk if changed else None,
                name=request.POST.get("name", ""),
                body=request.POST.get("body", ""),
                actor=request.user,
                at=request.now,
            )
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, f"{kept.name} is saved.")
            return redirect("inbox:quick_replies", request.business.slug)
    context = {
        "rows": queries.quick_replies(request.business),
        "changed": changed,
        "name": request.POST.get("name", changed.name if changed else ""),
        "body": request.POST.get("body", changed.body if changed else ""),
        "fields": [("{" + field + "}", words) for field, words in FIELDS.items()],
        "longest_name": LONGEST_NAME,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "inbox/quick_replies.html", context, status=status)


def _to_change(request: MemberRequest) -> tuple[QuickReply | None, Refusal | None]:
    """The quick reply of `?change=`. Who saves one that was removed meanwhile keeps the words, in
    the form for a new one."""
    reply_id = read_id(request.GET.get("change", ""))
    if reply_id is None:
        return None, None
    try:
        return queries.quick_reply(request.business, reply_id), None
    except NotFound:
        if request.method != "POST":
            raise
    return None, NotFound(
        "This quick reply was removed meanwhile.", hint="Save keeps your words as a new one."
    )


@require_POST
@member_page(Permission.MANAGE)
def remove_quick_reply(request: MemberRequest, reply_id: int) -> HttpResponse:
    actions.remove_quick_reply(
        business=request.business, reply_id=reply_id, actor=request.user, at=request.now
    )
    messages.success(request, "Removed.")
    return redirect("inbox:quick_replies", request.business.slug)


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def quiet_hours(request: MemberRequest) -> HttpResponse:
    """Whether texts keep the quiet hours, narrower ones of one's own, and the rules' sources."""
    refusal = None
    if request.method == "POST":
        try:
            actions.set_quiet_hours(
                business=request.business,
                kept=request.POST.get("kept") == "1",
                opens=_hour(request, "opens", 0),
                closes=_hour(request, "closes", 24),
                actor=request.user,
                at=request.now,
            )
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, "Saved.")
            return redirect("inbox:quiet_hours", request.business.slug)
    rules = kept_rules()
    context = {
        "rule": queries.quiet_rule(request.business),
        "rules": [*rules.countries.values(), *rules.regions.values()],
        "hours": [(hour, f"{hour}:00") for hour in range(25)],
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "inbox/quiet_hours.html", context, status=status)


def _hour(request: MemberRequest, name: str, otherwise: int) -> int:
    text = request.POST.get(name, "")
    hour = read_id(text) if text else otherwise
    if hour is None:
        raise Malformed("That is no hour.", hint="Choose one from the list.", field=name)
    return hour
