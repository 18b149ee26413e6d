"""Finding a number for sale, buying it, and following the order. Owners and admins only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from textrail.carriers.contract import NumberOffer, NumberWanted
from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.numbers import actions, desks, queries
from textrail.domain.numbers.models import Connection, OrderState
from textrail.domain.numbers.offers import read_offer, write_offer
from textrail.domain.numbers.pages.forms import (
    CHANNELS,
    COUNTRIES,
    KINDS,
    SWITCH,
    status_of,
)
from textrail.domain.numbers.rules import (
    registration_at_purchase,
    registration_guidance,
    search_wish,
)
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.micros import Micros
from textrail.vocabulary.sealing import Seal
from textrail.web.formats import phone_text
from textrail.web.showing import show_page

_MOST = 20


@never_cache
@require_GET
@member_page(Permission.MANAGE)
def find(request: MemberRequest) -> HttpResponse:
    """What carriers sell; the search is the address, so that it can be kept and gone back to."""
    sellers = _sellers(request)
    chosen = _chosen(request.GET.get("connection", ""), sellers)
    asked = request.GET.dict()
    asked.setdefault("country", request.business.country)
    rows: list[dict[str, object]] | None = None
    refusal = None
    if chosen is not None and "country" in request.GET:
        try:
            rows = _search(request, chosen, search_wish(asked, most=_MOST))
        except Refusal as error:
            refusal = error
    context = {
        "connections": sellers,
        "chosen": chosen,
        "given": asked,
        "countries": COUNTRIES,
        "kinds": KINDS,
        "rows": rows,
        "refusal": refusal,
    }
    return render(request, "numbers/find.html", context, status=status_of(refusal))


@never_cache
@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def buy(request: MemberRequest) -> HttpResponse:
    """The last look before a number is bought, with its price; then it is ordered."""
    token = request.POST.get("offer") or request.GET.get("offer", "")
    try:
        connection, offer = read_offer(request.business, token)
    except Malformed as stale:
        if request.method == "POST":
            raise
        messages.error(request, f"{stale.sentence} {stale.hint}")
        return redirect("numbers:find", request.business.slug)
    given = {"channel": "offline", "sms": "1" if offer.sms else "", "offer": token}
    if request.method == "GET":
        return _buy_page(request, connection, offer, given, None)
    given |= request.POST.dict()
    try:
        order = actions.order_number(
            business=request.business,
            connection=connection,
            offer=offer,
            name=given.get("name", ""),
            source_name=given.get("source_name", "").strip() or given.get("name", ""),
            channel=given.get("channel", ""),
            sms_enabled=given.get("sms") == "1",
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _buy_page(request, connection, offer, given, refusal)
    return redirect("numbers:order", request.business.slug, order.pk)


@never_cache
@require_GET
@member_page(Permission.MANAGE)
def order(request: MemberRequest, order_id: int) -> HttpResponse:
    """How the order stands; it leads on to the number as soon as there is one."""
    row = queries.order(request.business, order_id)
    if row.number is not None:
        messages.success(request, "The number is yours, and set up. Text it to see it work.")
        done = redirect("numbers:number", request.business.slug, row.number.pk)
        return HttpResponseClientRedirect(done["Location"]) if request.htmx else done
    template = "numbers/order_state.html" if request.htmx else "numbers/order.html"
    context = {"order": row, "working": row.state == OrderState.BUYING}
    return render(request, template, context | _price(row.monthly_micros, row.currency))


@require_POST
@member_page(Permission.MANAGE)
def order_again(request: MemberRequest, order_id: int) -> HttpResponse:
    row = queries.order(request.business, order_id)
    actions.order_again(order=row, at=request.now, actor=request.user)
    return redirect("numbers:order", request.business.slug, row.pk)


def _search(
    request: MemberRequest, connection: Connection, wanted: NumberWanted
) -> list[dict[str, object]]:
    """The offers that nobody here holds, each with the token that buys it."""
    offers = desks.offers(connection, wanted, Seal(settings.CONFIG.secret_key()))
    held = queries.held_of(request.business, (offer.phone for offer in offers))
    return [
        {"offer": offer, "token": write_offer(request.business, connection, offer)}
        | _price(offer.monthly_micros, offer.currency)
        for offer in offers
        if offer.phone not in held
    ]


def _sellers(request: MemberRequest) -> list[Connection]:
    rows = queries.connections(request.business)
    return [row for row in rows if desks.desk_of(row) is not None]


def _chosen(given: str, rows: list[Connection]) -> Connection | None:
    """The connection that was asked for, else the first."""
    return next((row for row in rows if str(row.pk) == given), next(iter(rows), None))


def _buy_page(
    request: MemberRequest,
    connection: Connection,
    offer: NumberOffer,
    given: dict[str, Any],
    refusal: Refusal | None,
) -> HttpResponse:
    carrier = connection.carrier
    registration = registration_at_purchase(offer.phone, carrier=carrier)
    context = {
        "connection": connection,
        "offer": offer,
        "national": phone_text(offer.phone),
        "given": given,
        "sources": queries.sources(request.business),
        "channels": CHANNELS,
        "switch": SWITCH if offer.sms else SWITCH[1:],
        "registration": registration,
        "guidance": registration_guidance(offer.phone, carrier=carrier, registration=registration),
    } | _price(offer.monthly_micros, offer.currency)
    return show_page(request, "numbers/buy.html", context, refusal)


def _price(micros: int | None, currency: str) -> dict[str, str]:
    return {"monthly": str(Micros(micros, currency)) if micros is not None else ""}
