"""The numbers of a business, and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.numbers import actions, desks, lately, queries
from textrail.domain.numbers.models import TrackingNumber
from textrail.domain.numbers.pages.forms import CHANNELS, SWITCH
from textrail.domain.numbers.rules import (
    SourceFields,
    keeps_from_sending,
    registration_guidance,
)
from textrail.vocabulary.errors import Refusal
from textrail.web.showing import show_page


@require_GET
@member_page(Permission.LOOK)
def numbers(request: MemberRequest) -> HttpResponse:
    context = {
        "rows": queries.numbers(request.business),
        "orders": queries.open_orders(request.business) if request.may["manage"] else [],
    }
    return render(request, "numbers/numbers.html", context)


@require_GET
@member_page(Permission.LOOK)
def number(request: MemberRequest, number_id: int) -> HttpResponse:
    return _number_page(request, queries.number(request.business, number_id), None)


@require_POST
@member_page(Permission.MANAGE)
def edit(request: MemberRequest, number_id: int) -> HttpResponse:
    row = queries.number(request.business, number_id)
    try:
        actions.update_number(
            number=row,
            name=request.POST.get("name", ""),
            sms_enabled=request.POST.get("sms") == "1",
            fields=_source_fields(request.POST.dict()),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        row = queries.number(request.business, number_id)
        return _number_page(request, row, refusal, request.POST.dict())
    messages.success(request, "Saved.")
    return redirect("numbers:number", request.business.slug, row.pk)


@require_POST
@member_page(Permission.MANAGE)
def connect(request: MemberRequest, number_id: int) -> HttpResponse:
    row = queries.number(request.business, number_id)
    actions.connect_again(number=row, at=request.now, actor=request.user)
    messages.success(request, "We ask the carrier again.")
    return redirect("numbers:number", request.business.slug, row.pk)


@require_POST
@member_page(Permission.MANAGE)
def release(request: MemberRequest, number_id: int) -> HttpResponse:
    row = queries.number(request.business, number_id)
    give_back = request.POST.get("at_carrier") == "give_back" and desks.can_give_back(row)
    actions.release_number(number=row, at=request.now, actor=request.user, give_back=give_back)
    messages.success(request, f"“{row.name}” was given up.")
    return redirect("numbers:numbers", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def give_back(request: MemberRequest, number_id: int) -> HttpResponse:
    """Ask the carrier once more to take back a number that was given up."""
    row = queries.number(request.business, number_id)
    actions.give_back_again(number=row, at=request.now)
    messages.success(request, "We ask the carrier again.")
    return redirect("numbers:number", request.business.slug, row.pk)


@require_POST
@member_page(Permission.MANAGE)
def register(request: MemberRequest, number_id: int) -> HttpResponse:
    """What the owner knows of the number's registration."""
    row = queries.number(request.business, number_id)
    actions.set_registration(
        number=row,
        registration=request.POST.get("registration", ""),
        at=request.now,
        actor=request.user,
    )
    messages.success(request, "Noted.")
    return redirect("numbers:number", request.business.slug, row.pk)


def _number_page(
    request: MemberRequest,
    row: TrackingNumber,
    refusal: Refusal | None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    source = row.source
    given = typed or {
        "name": row.name,
        "sms": "1" if row.sms_enabled else "",
        "source_name": source.name,
        "channel": source.channel,
        "source": source.source,
        "medium": source.medium,
        "campaign": source.campaign,
    }
    context: dict[str, Any] = {
        "number": row,
        "lately": lately.lately(row),
        "guidance": registration_guidance(
            row.phone, carrier=row.connection.carrier, registration=row.registration
        ),
        "blocked": keeps_from_sending(row.registration),
        "may_give_back": desks.can_give_back(row),
        "given": given,
        "sources": queries.sources(request.business),
        "channels": CHANNELS,
        "switch": SWITCH,
    }
    return show_page(request, "numbers/number.html", context, refusal)


def _source_fields(given: dict[str, str]) -> SourceFields:
    return SourceFields(
        name=given.get("source_name", ""),
        channel=given.get("channel", ""),
        source=given.get("source", ""),
        medium=given.get("medium", ""),
        campaign=given.get("campaign", ""),
    )
