"""The types of conversion: what counts, what it is worth, how far back a text may lie."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.conversions import actions, queries, rules
from textrail.domain.conversions.models import (
    ConversionKind,
    ConversionType,
    Repeats,
    Trigger,
    ValueRule,
)
from textrail.domain.conversions.pages.frame import show
from textrail.vocabulary.errors import NotFound, Refusal
from textrail.vocabulary.ids import read_id

_NO_NUMBER = -1  # what no field allows, so that the rules say what it does


@require_GET
@member_page(Permission.LOOK)
def types(request: MemberRequest) -> HttpResponse:
    context = {
        "types": queries.types(request.business),
        "unmatched": queries.unmatched_events(request.business),
        "presets": [(name, preset, len(preset.types)) for name, preset in rules.PRESETS.items()],
    }
    return show(request, "types", context)


@require_POST
@member_page(Permission.MANAGE)
def add_preset(request: MemberRequest) -> HttpResponse:
    """Add the types of a preset that are not there yet."""
    found = next((name for name in rules.PRESETS if name == request.POST.get("preset")), None)
    if found is None:
        raise NotFound("There is no such set of types.", hint="Choose one from the list.")
    made = actions.add_preset(
        business=request.business, preset=found, at=request.now, actor=request.user
    )
    names = ", ".join(row.name for row in made)
    messages.success(request, f"Added: {names}." if made else "All of them were here already.")
    return redirect("conversions:types", request.business.slug)


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def new_type(request: MemberRequest) -> HttpResponse:
    """Add a type; `?event=` fills in the event that came without one, `?trigger=` says whether an
    event, a call or a text counts."""
    if request.method == "GET":
        return _form(request, _suggested(request), None, heading="New type")
    form = _given(request, trigger=request.POST.get("trigger", ""))
    try:
        row = actions.add_type(
            business=request.business, form=form, at=request.now, actor=request.user
        )
    except Refusal as refusal:
        return _form(request, form, refusal, heading="New type")
    messages.success(request, f"“{row.event or row.name}” counts from now on.")
    return redirect("conversions:types", request.business.slug)


def _suggested(request: MemberRequest) -> rules.TypeDraft:
    event = request.GET.get("event", "")
    trigger = request.GET.get("trigger", "")
    if trigger == Trigger.CALL:
        return rules.TypeDraft(
            "Call answered",
            ConversionKind.CALL,
            trigger=trigger,
            window_days=7,
            value_rule=ValueRule.NONE,
            repeats=Repeats.PERSON,
            least_seconds=30,
            answered_only=True,
        )
    if trigger == Trigger.TEXT:
        return rules.TypeDraft(
            "First text",
            ConversionKind.LEAD,
            trigger=trigger,
            window_days=7,
            value_rule=ValueRule.NONE,
            repeats=Repeats.PERSON,
        )
    return rules.TypeDraft(event, ConversionKind.LEAD, event)


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def edit_type(request: MemberRequest, type_id: int) -> HttpResponse:
    row = queries.conversion_type(request.business, type_id)
    if request.method == "GET":
        return _form(
            request, queries.draft_of(request.business, row), None, heading=row.name, row=row
        )
    form = _given(request, trigger=row.trigger)
    name = row.name
    try:
        actions.change_type(
            business=request.business, type_=row, form=form, at=request.now, actor=request.user
        )
    except Refusal as refusal:
        return _form(request, form, refusal, heading=name, row=row)
    messages.success(request, "Saved.")
    return redirect("conversions:types", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def switch_type(request: MemberRequest, type_id: int) -> HttpResponse:
    """Stop counting for a type, or begin again."""
    row = queries.conversion_type(request.business, type_id)
    switch = actions.resume_type if row.ended_at else actions.end_type
    switch(business=request.business, type_=row, at=request.now, actor=request.user)
    begins = row.ended_at is not None
    messages.success(request, f"“{row.name}” counts {'again' if begins else 'no more'}.")
    return redirect("conversions:types", request.business.slug)


def _given(request: MemberRequest, *, trigger: str) -> rules.TypeDraft:
    given = request.POST

    def number(name: str, default: int) -> int:
        text = given.get(name)
        found = default if text is None else read_id(text.strip())
        return _NO_NUMBER if found is None else min(found, 10**6)

    draft = rules.TypeDraft(
        name=given.get("name", ""),
        kind=given.get("kind", ""),
        event=given.get("event", ""),
        window_days=number("window_days", _NO_NUMBER),
        trigger=trigger or Trigger.EVENT,
        refund_event=given.get("refund_event", ""),
        value_property=given.get("value_property", ""),
        fixed=given.get("fixed", ""),
        view_days=number("view_days", 1),
        least_seconds=number("least_seconds", 0),
        answered_only=bool(given.get("answered_only")),
        is_touchpoint=bool(given.get("is_touchpoint")),
    )
    sent = draft.trigger == Trigger.EVENT
    return replace(
        draft,
        value_rule=given.get("value_rule", ValueRule.PROPERTY if sent else ValueRule.NONE),
        repeats=given.get("repeats", Repeats.ORDER if sent else Repeats.ALWAYS),
    )


def _form(
    request: MemberRequest,
    form: rules.TypeDraft,
    refusal: Refusal | None,
    *,
    heading: str,
    row: ConversionType | None = None,
) -> HttpResponse:
    sent = form.trigger == Trigger.EVENT
    context = {
        "form": form,
        "row": row,
        "kinds": ConversionKind.choices,
        "values": [each for each in ValueRule.choices if sent or each[0] != ValueRule.PROPERTY],
        "repeats": [each for each in Repeats.choices if sent or each[0] != Repeats.ORDER],
        "triggers": Trigger.choices,
        "heading": heading,
    }
    return show(request, "type", context, refusal)
