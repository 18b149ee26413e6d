"""The numbers of a business, the page of one, and the carrier accounts they hang on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.numbers import actions, queries
from textrail.domain.numbers.models import CarrierName, Connection, TrackingNumber
from textrail.domain.numbers.rules import SourceFields, is_local, webhooks
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.phone import format_national, parse_phone
from textrail.vocabulary.sealing import Seal

_CHANNELS = (
    ("offline", "Offline: billboard, print, van"),
    ("organic", "Organic search"),
    ("paid", "Paid search or display"),
    ("social", "Social"),
    ("email", "Email"),
    ("sms", "SMS"),
    ("referral", "Another site"),
    ("direct", "Direct"),
    ("other", "Something else"),
)
_SWITCH = (("1", "On"), ("", "Off"))


@require_GET
@member_page(Permission.LOOK)
def numbers(request: MemberRequest) -> HttpResponse:
    return render(request, "numbers/numbers.html", {"rows": queries.numbers(request.business)})


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def new_number(request: MemberRequest) -> HttpResponse:
    connections = queries.connections(request.business)
    chosen = _chosen(request, connections)
    if request.method == "GET" or chosen is None:
        return _new_form(request, connections, chosen, {"channel": "offline", "sms": "1"}, None)
    given = request.POST.dict()
    try:
        number = _add(request, chosen, given)
    except Refusal as refusal:
        return _new_form(request, connections, chosen, given, refusal)
    messages.success(request, "The number is yours. Text it to see it work.")
    return redirect("numbers:number", request.business.slug, number.pk)


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
    actions.release_number(number=row, at=request.now, actor=request.user)
    messages.success(request, f"“{row.name}” was given up.")
    return redirect("numbers:numbers", request.business.slug)


@never_cache
@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def carriers(request: MemberRequest) -> HttpResponse:
    """The carrier accounts; the form connects one at Twilio. A secret is never shown again."""
    if request.method == "GET":
        return _carriers(request, None)
    try:
        actions.connect_carrier(
            business=request.business,
            carrier=CarrierName.TWILIO,
            account_ref=request.POST.get("account_ref", ""),
            secret=request.POST.get("secret", ""),
            seal=Seal(settings.CONFIG.secret_key()),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _carriers(request, refusal)
    messages.success(request, "Twilio is connected. Now add a number that you own there.")
    return redirect("numbers:carriers", request.business.slug)


def _chosen(request: MemberRequest, connections: list[Connection]) -> Connection | None:
    """The connection that was asked for, else the first."""
    given = request.POST.get("connection") or request.GET.get("connection") or ""
    return next((row for row in connections if str(row.pk) == given), next(iter(connections), None))


def _add(request: MemberRequest, connection: Connection, given: dict[str, str]) -> TrackingNumber:
    typed = given.get("phone", "").strip() or given.get("picked", "")
    if not typed:
        raise Malformed("Which number?", hint="Choose one, or type yours.", field="phone")
    return actions.add_number(
        business=request.business,
        connection=connection,
        phone=parse_phone(typed, country=request.business.country),
        name=given.get("name", ""),
        source_name=given.get("source_name", "").strip() or given.get("name", ""),
        channel=given.get("channel", ""),
        sms_enabled=given.get("sms") == "1",
        at=request.now,
        actor=request.user,
    )


def _new_form(
    request: MemberRequest,
    connections: list[Connection],
    chosen: Connection | None,
    given: dict[str, str],
    refusal: Refusal | None,
) -> HttpResponse:
    simulated = chosen is not None and chosen.carrier == CarrierName.SIMULATOR
    free = queries.free_simulated_numbers(request.business) if simulated else []
    context = {
        "connections": connections,
        "chosen": chosen,
        "simulated": simulated,
        "free_choices": [(phone, format_national(phone)) for phone in free],
        "sources": queries.sources(request.business),
        "given": given,
        "channels": _CHANNELS,
        "switch": _SWITCH,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "numbers/new.html", context, status=status)


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
        "given": given,
        "sources": queries.sources(request.business),
        "channels": _CHANNELS,
        "switch": _SWITCH,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "numbers/number.html", context, status=status)


def _source_fields(given: dict[str, str]) -> SourceFields:
    return SourceFields(
        name=given.get("source_name", ""),
        channel=given.get("channel", ""),
        source=given.get("source", ""),
        medium=given.get("medium", ""),
        campaign=given.get("campaign", ""),
    )


def _carriers(request: MemberRequest, refusal: Refusal | None) -> HttpResponse:
    links_url = settings.CONFIG.links_url
    rows = [
        (row, webhooks(links_url, row.carrier, row.token))
        for row in queries.connections(request.business)
    ]
    context = {
        "rows": rows,
        "refusal": refusal,
        "account_ref": request.POST.get("account_ref", ""),
        "out_of_reach": is_local(links_url),
        "links_url": links_url,
    }
    status = refusal.status if refusal else 200
    return render(request, "numbers/carriers.html", context, status=status)
