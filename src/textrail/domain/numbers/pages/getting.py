"""Getting a number: one for sale, one that the account has already, or a made-up one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.numbers import actions, queries
from textrail.domain.numbers.models import CarrierName, Connection, TrackingNumber
from textrail.domain.numbers.pages.forms import CHANNELS, SWITCH
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.phone import parse_phone
from textrail.web.formats import phone_text
from textrail.web.showing import show_page


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
        "free_choices": [(phone, phone_text(phone)) for phone in free],
        "sources": queries.sources(request.business),
        "given": given,
        "channels": CHANNELS,
        "switch": SWITCH,
    }
    return show_page(request, "numbers/new.html", context, refusal)
