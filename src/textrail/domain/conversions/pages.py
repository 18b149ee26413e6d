"""The list of conversions, the types that say what counts, and how to report them."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.conversions import actions, queries
from textrail.domain.conversions.models import ConversionKind
from textrail.vocabulary.errors import Refusal


@require_GET
@member_page(Permission.LOOK)
def conversions(request: MemberRequest) -> HttpResponse:
    type_id = _number(request.GET.get("type", ""))
    page = queries.conversion_page(
        request.business, type_id=type_id, after=request.GET.get("after", "")
    )
    kinds = [("", "All types"), *((row.id, row.name) for row in queries.types(request.business))]
    context = {
        "page": page,
        "kinds": kinds,
        "type": "" if type_id is None else type_id,
        "unmatched": queries.unmatched_events(request.business),
    }
    return render(request, "conversions/conversions.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


@require_GET
@member_page(Permission.LOOK)
def types(request: MemberRequest) -> HttpResponse:
    context = {
        "types": queries.types(request.business),
        "unmatched": queries.unmatched_events(request.business),
    }
    return render(request, "conversions/types.html", context)


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def new_type(request: MemberRequest) -> HttpResponse:
    """Add a type; `?event=` fills in the event that came without one."""
    event = request.GET.get("event", "")
    if request.method == "GET":
        suggested = actions.TypeForm(event, ConversionKind.LEAD, event, 30)
        return _type_form(request, suggested, None, heading="New type")
    form = _given_type(request)
    try:
        actions.add_type(business=request.business, form=form)
    except Refusal as refusal:
        return _type_form(request, form, refusal, heading="New type")
    messages.success(request, f"“{form.event}” counts from now on.")
    return redirect("conversions:types", request.business.slug)


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def edit_type(request: MemberRequest, type_id: int) -> HttpResponse:
    row = queries.conversion_type(request.business, type_id)
    if request.method == "GET":
        known = actions.TypeForm(row.name, row.kind, row.event, row.window_days)
        return _type_form(request, known, None, heading=row.name)
    form = _given_type(request)
    try:
        actions.change_type(business=request.business, type_=row, form=form)
    except Refusal as refusal:
        return _type_form(request, form, refusal, heading=row.name)
    messages.success(request, "Saved.")
    return redirect("conversions:types", request.business.slug)


def _given_type(request: MemberRequest) -> actions.TypeForm:
    given = request.POST
    return actions.TypeForm(
        name=given.get("name", ""),
        kind=given.get("kind", ""),
        event=given.get("event", ""),
        window_days=_number(given.get("window_days", "")) or 0,
    )


def _type_form(
    request: MemberRequest, form: actions.TypeForm, refusal: Refusal | None, *, heading: str
) -> HttpResponse:
    context = {
        "form": form,
        "kinds": ConversionKind.choices,
        "refusal": refusal,
        "heading": heading,
    }
    status = refusal.status if refusal else 200
    return render(request, "conversions/type.html", context, status=status)


@require_GET
@member_page(Permission.LOOK)
def send(request: MemberRequest) -> HttpResponse:
    """Where conversions are sent to, with snippets to copy."""
    context = {"links_url": settings.CONFIG.links_url.rstrip("/")}
    return render(request, "conversions/send.html", context)
